"""Mail as cases: a mailbox over IMAP, from now on and without changing anything there.

Or an archive (``.mbox``).
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow._system import safe_path_part
from smeflow._text import sha256
from smeflow.documents.document import MAIL
from smeflow.documents.mail import header
from smeflow.errors import SourceError
from smeflow.files.folder import mails_of_archive
from smeflow.i18n import say
from smeflow.kinds.mailbox import Account, FolderCursor, MailIndex, MailLocation, MailSummary
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sources import Arrival, ArrivalBatch, DiskSource, UnreadableArrival, make_arrival
from smeflow.mail.client import MailClient, SelectedFolder
from smeflow.mail.connect import open_mailbox, server_errors_as_source_error

MAX_BYTES = 50_000_000
BATCH_SIZE = 200
"""How many mails are taken in before the place in the folder is noted."""


class Mailbox(BaseModel):
    """The mail that arrives in a mailbox from now on; with ``since``, older mail too.

    A mail is known by its content, so that one that is moved, copied, or numbered anew by its server stays
    the same item. Looking marks nothing as read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    mailbox: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """Whose mail: ``contact@atelier.fr``."""
    host: str
    """The mail server: ``imap.gmail.com``, ``outlook.office365.com``, ``ssl0.ovh.net``."""
    port: int = Field(default=993, ge=1, le=65535)
    """Its port."""
    user: str = ""
    """What to log in as, where it is not the address: a shared mailbox."""
    security: Literal["tls", "starttls"] = "tls"
    """How the connection is encrypted; there is none without."""
    certificate: str | None = None
    """The certificate of a server of the firm's own, a file relative to the recipe."""
    folders: tuple[str, ...] = Field(default=("INBOX",), min_length=1)
    """The folders that are read."""
    since: date | None = None
    """Also take mail that arrived on this day or later; without it, mail from now on."""
    _account: Account = PrivateAttr()

    @field_validator("folders", mode="before")
    @classmethod
    def _list(cls, folders: object) -> object:
        return (folders,) if isinstance(folders, str) else folders

    @field_validator("certificate")
    @classmethod
    def _inside(cls, certificate: str | None, info: ValidationInfo) -> str | None:
        if certificate is not None and not RecipeContext.of(info.context).path(certificate).is_file():
            raise ValueError(say("{path} does not exist", path=certificate))
        return certificate

    def model_post_init(self, context: Any, /) -> None:
        """Put together where to log in."""
        self._account = Account(
            address=self.mailbox,
            host=self.host,
            port=self.port,
            user=self.user,
            security=self.security,
            certificate=RecipeContext.of(context).path(self.certificate) if self.certificate else None,
        )

    @property
    def name(self) -> str:
        """The address."""
        return self.mailbox

    @property
    def account(self) -> Account:
        """Where to log in."""
        return self._account

    @property
    def complete(self) -> bool:
        """A mail that a person files or deletes is no item less."""
        return False

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the mail there is (with ``since``, from then on), noting nothing."""
        given: set[str] = set()
        with open_mailbox(self._account) as session:
            for folder in self.folders:
                session.open(folder)
                uids = session.since(self.since) if self.since else session.uids()
                for seen in session.look(uids):
                    mail = _fetch(session, seen)
                    if mail is not None and mail.key not in given:
                        given.add(mail.key)
                        yield mail

    def batches(self, book: MailIndex) -> Iterator[ArrivalBatch]:
        """Give the mail that came since, folder by folder."""
        given: set[str] = set()
        with open_mailbox(self._account) as session:
            for folder in self.folders:
                visit = _FolderVisit(self, session, book, folder, given)
                found = visit.begin()
                for start in range(0, max(len(found), 1), BATCH_SIZE):
                    yield visit.batch(
                        found[start : start + BATCH_SIZE], last=start + BATCH_SIZE >= len(found)
                    )


class _FolderVisit:
    """One look into one folder."""

    def __init__(
        self, source: Mailbox, session: MailClient, book: MailIndex, folder: str, given: set[str]
    ) -> None:
        self.account, self.since = source.account, source.since
        self.session, self.book, self.folder, self.given = session, book, folder, given
        self.opened: SelectedFolder = session.open(folder)

    def begin(self) -> list[int]:
        """Give the numbers of what is new, however the folder was numbered before."""
        cursor = self.book.cursor(self.folder)
        if cursor is None:
            self._first_sight()
        elif cursor.validity != self.opened.validity:
            self._numbered_anew()
        cursor = self.book.cursor(self.folder)
        start = cursor.following if cursor else 1
        known = self.book.noted(self.folder, self.opened.validity, start)
        return [uid for uid in self.session.from_uid(start) if uid not in known]

    def batch(self, uids: list[int], *, last: bool) -> ArrivalBatch:
        """Give some of it; the cursor moves on behind the last."""
        places: list[MailLocation] = []
        cursor = (
            FolderCursor(validity=self.opened.validity, following=self.opened.following) if last else None
        )

        def settle() -> None:
            self.book.note(places, self.folder, cursor)

        return ArrivalBatch(arrivals=self._arrivals(uids, places), settle=settle)

    def _arrivals(self, uids: list[int], places: list[MailLocation]) -> Iterator[Arrival | UnreadableArrival]:
        for seen, mail in self._taken(uids):
            places.append(self._place(seen, mail.key))
            if mail.key not in self.given and not self.book.of(mail.key):
                self.given.add(mail.key)
                yield mail

    def _taken(self, uids: list[int]) -> Iterator[tuple[MailSummary, Arrival | UnreadableArrival]]:
        with server_errors_as_source_error(self.account):
            for seen in list(self.session.look(uids)):
                mail = _fetch(self.session, seen)
                if mail is not None:  # else it was moved away or deleted this moment
                    yield seen, mail

    def _first_sight(self) -> None:
        """Note what is there already: without ``since`` none of it is taken."""
        wanted = set(self.session.since(self.since)) if self.since else set()
        older = [uid for uid in self.session.uids() if uid not in wanted and uid < self.opened.following]
        first = min(wanted, default=self.opened.following)
        places = [self._place(seen, "") for seen in self.session.look(older)]
        self.book.begin(self.folder, FolderCursor(validity=self.opened.validity, following=first), places)

    def _numbered_anew(self) -> None:
        """Recognise the mails under their new numbers; what is not recognised for sure is new."""
        by_mark: dict[str, list[MailLocation]] = {}
        for place in self.book.in_folder(self.folder):
            by_mark.setdefault(place.mark, []).append(place)
        seen = list(self.session.look(self.session.uids()))
        there = Counter(one.mark for one in seen)
        places = [
            self._place(one, by_mark[one.mark][0].key)
            for one in seen
            if len({p.key for p in by_mark.get(one.mark, ())}) == 1
            and there[one.mark] <= len(by_mark[one.mark])
        ]
        self.book.begin(self.folder, FolderCursor(validity=self.opened.validity, following=1), places)

    def _place(self, seen: MailSummary, key: str) -> MailLocation:
        return MailLocation(
            folder=self.folder, validity=self.opened.validity, uid=seen.uid, mark=seen.mark, key=key
        )


def _fetch(session: MailClient, seen: MailSummary) -> Arrival | UnreadableArrival | None:
    if seen.size > MAX_BYTES:
        why = say("is larger than {limit} bytes ({found})", limit=MAX_BYTES, found=seen.size)
        return UnreadableArrival(key=f"mail-{seen.mark[:20]}", phrase=why)
    data = session.fetch(seen.uid)
    if data is None:
        return None
    key = f"gmail-{seen.gmail}" if seen.gmail else f"mail-{sha256(data)[:20]}"
    return make_arrival(key, _name(data, seen), MAIL, data)


def _name(data: bytes, seen: MailSummary) -> str:
    """Name a mail as a file would be: its day and its subject."""
    head = re.split(rb"\r?\n\r?\n", data[:100_000], maxsplit=1)[0]
    subject = header(message_from_bytes(head, policy=policy.compat32), "subject")[:80]
    day = f"{seen.arrived:%Y-%m-%d} " if seen.arrived else ""
    return safe_path_part(f"{day}{subject or 'mail'}.eml")


class Archive(DiskSource):
    """Every mail of an archive is a case: ``mbox: 2025.mbox``. The archive is read one mail at a time."""

    place: ClassVar[str] = "mbox"

    mbox: str
    """The archive, relative to the recipe."""

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the mails in their order."""
        if not self.path.is_file():
            raise SourceError(say("The archive {path} is not there.", path=self.path))
        yield from mails_of_archive(self.path, self.path.name)
