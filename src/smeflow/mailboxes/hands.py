"""One connection through which mails are touched: where a mail lies now, and which folder is which."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from smeflow.i18n import say
from smeflow.mailboxes.base import Account, Deed, Later, Left, Place, PlaceBook
from smeflow.mailboxes.post import Letterbox, letterbox
from smeflow.mailboxes.session import Opened, Session, message_id_in

DRAFTS = ("Drafts", "Brouillons", "Entwürfe", "[Gmail]/Drafts", "[Gmail]/Brouillons")
SENT = ("Sent", "Sent Items", "Sent Messages", "Envoyés", "Éléments envoyés", "Gesendet", "[Gmail]/Sent Mail")


@dataclass
class Hands:
    """One connection through which mails are touched. Remembers what it saw of the folders."""

    account: Account
    session: Session
    book: PlaceBook
    read: Callable[[str], bytes]
    """Gives the bytes of a mail by its item's key."""
    clock: Callable[[], datetime]
    sender: Account | None = None
    """The server that sends, where anything is sent."""
    note: Callable[[Deed, Mapping[str, Any]], None] = lambda _deed, _detail: None
    """Writes down how far an effect is, before it goes on."""
    had_answer: Callable[[Deed], bool] = lambda _deed: False
    """Tells whether whom it goes to had an automatic answer within a day."""
    ending: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    """Ends what was opened on the way."""
    _post: Letterbox | None = None
    _open: Opened | None = None
    _there: set[int] = field(default_factory=set)
    _ids: dict[str, set[str]] = field(default_factory=dict)

    def enter(self, folder: str) -> Opened:
        """Open a folder for changes, unless it is open."""
        if self._open is None or self._open.folder != folder:
            self._open = self.session.open(folder, readonly=False)
            self._there = set(self.session.uids())
        return self._open

    def still_there(self, place: Place) -> bool:
        """Tell whether a mail lies where it was seen.

        Raises:
            Later: The folder has been numbered anew since.
        """
        if self.enter(place.folder).validity != place.validity:
            raise Later
        return place.uid in self._there

    def gone(self, uid: int) -> None:
        """Take note that a mail is not in the open folder any more."""
        self._there.discard(uid)

    def place_of(self, deed: Deed) -> Place:
        """Find where the mail lies now.

        Raises:
            Left: A person moved or deleted it.
            Later: Its folder has been numbered anew since it was looked through.
        """
        places = self.book.of(deed.key)
        if not places:
            raise Left(say("the mail is not there any more"))
        if not self.still_there(places[-1]):
            raise Left(say("the mail is not in {folder} any more", folder=places[-1].folder))
        return places[-1]

    def ids_in(self, folder: str) -> set[str]:
        """Give the Message-IDs of all mails in a folder; asked once."""
        if folder not in self._ids:
            self.enter(folder)
            self._ids[folder] = {message_id_in(head) for head in self.session.headers()}
        return self._ids[folder]

    def folder(self, written: str) -> str:
        """Name a folder as this server does: a recipe writes ``/`` between levels."""
        return written.replace("/", self.session.separator())

    def drafts(self) -> str:
        """Find the folder of drafts."""
        return self.session.special("\\Drafts", DRAFTS) or "Drafts"

    def sent(self) -> str | None:
        """Find the folder of what was sent."""
        return self.session.special("\\Sent", SENT)

    def post(self) -> Letterbox:
        """Open the server that sends, when the first mail goes.

        Raises:
            SinkError: It cannot be reached.
        """
        if self._post is None:
            self._post = self.ending.enter_context(letterbox(self.sender or self.account))
        return self._post
