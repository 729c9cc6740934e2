"""What only Gmail does: one message in several folders, under one number of its own."""

from datetime import UTC, datetime

import pytest

from smeflow.kinds.mailbox import FolderCursor, MailSummary
from smeflow.mail.client import SelectedFolder, _summary
from smeflow.mail.source import Mailbox, _FolderVisit

pytestmark = pytest.mark.requires_module("imap_tools")
MAIL = b"From: a@x.fr\r\nSubject: Facture\r\nMessage-ID: <1@x>\r\n\r\nBonjour\r\n"
ANSWER = (
    b'7 (X-GM-MSGID 1278455344230334865 UID 42 INTERNALDATE "23-Nov-2026 08:00:00 +0000" RFC822.SIZE 60 '
    b"FLAGS (\\Seen) BODY[HEADER.FIELDS (MESSAGE-ID)] {20}"
)


class Folder:
    """A folder of Gmail as a connection shows it."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def open(self, folder):
        return SelectedFolder(
            folder=folder, validity=1, following=len(self.numbers) + 1, mails=len(self.numbers)
        )

    def from_uid(self, uid):
        return [n for n in range(1, len(self.numbers) + 1) if n >= uid]

    def summaries(self, uids):
        at = datetime(2026, 11, 23, tzinfo=UTC)
        return [
            MailSummary(uid=n, mark=f"m{self.numbers[n - 1]}", size=60, arrived=at, gmail=self.numbers[n - 1])
            for n in uids
        ]

    def fetch(self, uid):
        # a label that was set since is a header more: the bytes differ, the message is the same
        return b"X-Gmail-Labels: %d\r\n" % id(self) + MAIL


class Book:
    """What is noted of places."""

    def __init__(self):
        self.places, self.cursors = [], {}

    def cursor(self, folder):
        return self.cursors.get(folder, FolderCursor(validity=1, following=1))

    def noted(self, folder, validity, start):
        return set()

    def note(self, places, folder="", cursor=None):
        self.places += places
        self.cursors[folder] = cursor

    def of(self, key):
        return [place for place in self.places if place.key == key]


def test_the_number_of_a_message_is_read_from_the_servers_answer():
    """It is the same under all labels."""
    assert _summary(ANSWER, b"Message-ID: <1@x>\r\n").gmail == "1278455344230334865"


def test_a_message_under_several_labels_is_one_item():
    """In one look and in a later one, in whatever folder it shows up."""
    source = Mailbox(mailbox="a@gmail.example", host="localhost", folders=("INBOX", "Factures"))
    book, given = Book(), set()

    def looked(folder, session):
        visit = _FolderVisit(source, session, book, folder, given)
        batch = visit.batch(visit.begin(), last=True)
        found = [arrival.key for arrival in batch.arrivals]
        batch.settle()
        return found

    assert looked("INBOX", Folder("11", "12")) == ["gmail-11", "gmail-12"]
    assert looked("Factures", Folder("11", "13")) == ["gmail-13"]
    given.clear()
    assert looked("[Gmail]/All Mail", Folder("13", "12", "11", "14")) == ["gmail-14"]
    assert len(book.of("gmail-11")) == 3
