"""Whose mailbox it is, where a mail lies in it, and what a recipe wants done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from smeflow.i18n import Phrase, say

Security = Literal["tls", "starttls"]


@dataclass(frozen=True, kw_only=True)
class Account:
    """One mailbox on one server. Holds no secret."""

    address: str
    """``contact@atelier.fr``: whose mail it is."""
    host: str
    port: int = 993
    user: str = ""
    """What to log in as, where it is not the address: Microsoft's shared mailboxes."""
    security: Security = "tls"
    """There is no mode without encryption."""
    certificate: Path | None = None
    """A certificate to trust besides those of the system: a server of the firm's own."""

    @property
    def login(self) -> str:
        """The name to log in with."""
        return self.user or self.address


@runtime_checkable
class MailboxSource(Protocol):
    """A source that is a mailbox."""

    @property
    def account(self) -> Account:
        """Where to log in."""
        ...

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLocation:
    """Where a mail lies: a server numbers the mails of a folder, for as long as its ``validity`` stays."""

    folder: str
    validity: int
    uid: int
    mark: str
    """What the mail is recognised by when a folder is numbered anew: time of arrival, size, Message-ID."""
    key: str
    """The item it is; empty for mail from before the recipe."""
    by: str = ""
    """``smeflow`` where we put it there ourselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCursor:
    """How far a folder has been gone through: all mails below ``following`` are known."""

    validity: int
    following: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSummary:
    """What a server tells of one mail without its content."""

    uid: int
    mark: str
    size: int
    arrived: datetime | None
    flags: tuple[str, ...] = ()
    gmail: str = ""
    """Gmail's own number of the message, the same under all its labels."""


class MailIndex(Protocol):
    """What is known of where mails lie. Each note is durable when its call returns."""

    def cursor(self, folder: str) -> FolderCursor | None:
        """Tell how far *folder* has been gone through; None where it was never looked into."""
        ...

    def begin(self, folder: str, cursor: FolderCursor, places: list[MailLocation]) -> None:
        """Forget what was known of *folder* and note *places*, all at once: at first sight, or renumbered."""
        ...

    def note(self, places: list[MailLocation], folder: str = "", cursor: FolderCursor | None = None) -> None:
        """Note where mails lie, and how far *folder* is gone through."""
        ...

    def noted(self, folder: str, validity: int, start: int) -> set[int]:
        """Give the numbers from *start* that are noted already."""
        ...

    def in_folder(self, folder: str) -> list[MailLocation]:
        """Give all that is noted of *folder*, oldest note first."""
        ...

    def of(self, key: str) -> list[MailLocation]:
        """Give every place an item was seen at, the last one last."""
        ...


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One thing a recipe wants done with a mail."""

    kind: str
    """``read``, ``flag``, ``keyword``, ``draft``, ``send`` or ``move``; the word is its row in `ACTIONS`."""
    target: str
    """The folder, the flag, or whom it goes to."""
    content: str = ""
    """The subject on the first line and the text behind it, of what is written."""
    by: str = ""
    """Who let it be sent: a person's name, or ``rule``."""


@dataclass(frozen=True, kw_only=True)
class ActionRecord:
    """An effect on one mail, as it is written down before and after it is done."""

    effect: Effect
    key: str
    """The item whose mail it is about."""
    recipe: str
    name: str = ""
    """What a person calls the mail."""
    item: int = 0
    """The item's number in the ledger."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What it takes to finish or to undo it after a crash."""


class EffectSkipped(Exception):
    """An effect is not done and will not be: a person was faster, or the mail does not allow it."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


class EffectDeferred(Exception):
    """An effect cannot be done now: where the mail lies must be looked up first."""


def describe_effect(effect: Effect) -> Phrase:
    """Give one effect as a person reads it."""
    words = {
        "move": say("move to {folder}", folder=effect.target),
        "keyword": say("tag with {keyword}", keyword=effect.target),
        "read": say("mark as read"),
        "flag": say("mark with a star"),
        "draft": say("put an answer into the drafts"),
        "send": say("send an answer to {address}", address=effect.target),
    }
    return words.get(effect.kind, say("{kind}: {target}", kind=effect.kind, target=effect.target))
