"""What a sink takes and what it says back. A sink is a projection of the ledger: put twice, equal bytes."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from smeflow.core.case import Case
from smeflow.i18n import Phrase
from smeflow.kinds.mailbox import Account, Effect

SinkMemory = MutableMapping[str, str]
"""What a sink wrote last: a name of its own -> the hash of the content. Kept by the ledger.

Each assignment must be durable before it returns: a sink writes down what it is about to put in place, so
that a crash in between is not taken for a change by hand.
"""


@dataclass(frozen=True, kw_only=True)
class SinkItem:
    """One finished item. Only items that are done come here."""

    recipe: str
    key: str
    name: str
    version: str
    case: Case
    parent: str | None = None
    """The key of the item it was split from."""
    attached: bool = False
    """It is one of the files that hang on a mail."""
    finished_at: datetime | None = None
    approved: Mapping[str, str] = field(default_factory=dict)
    """Steps whose present result a person let pass or gave, each with who it was; for what is done once."""
    held: bool = False
    """It waits for a person or for work. Only sinks that keep what was put for it before get such items."""


@dataclass(frozen=True, kw_only=True)
class Put:
    """What a sink did."""

    path: str
    """The file, or the folder of many files; ``-`` for the standard output."""
    rows: int
    sha256: str
    """Of the file, or of the list of files with theirs."""
    changed: bool
    """Whether anything on the disk is other than before."""
    notes: tuple[Phrase, ...] = field(default=())
    """What a person should know: a file changed by hand was left alone."""


class Sink(Protocol):
    """Where results go, as a whole: what was put before and is no longer among *items* disappears."""

    @property
    def name(self) -> str:
        """The target: a path as it is written in the recipe."""
        ...

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Bring the target to what *items* say. Equal items give equal bytes, whenever and in whatever order.

        Raises:
            SinkError: It cannot be written; the message names the path. What was there is still there.
        """
        ...


@runtime_checkable
class HoldingSink(Protocol):
    """A sink that may keep what was approved once while its new version waits for a person."""

    @property
    def keeps_held(self) -> bool:
        """Whether it does."""
        ...


@runtime_checkable
class AttachmentSink(Protocol):
    """A sink that may also take the files of a mail that are no part it was split into."""

    @property
    def takes_aside(self) -> bool:
        """Whether it does."""
        ...


@runtime_checkable
class ActingSink(Protocol):
    """A sink that does something once for each mail, instead of keeping a file up to date."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    @property
    def acting(self) -> bool:
        """Whether it does anything, or only lists what it would do."""
        ...

    @property
    def account(self) -> Account | None:
        """The mailbox it acts in."""
        ...

    def effects(self, item: SinkItem) -> Sequence[Effect]:
        """Give what is to be done with a finished item, in this order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is delivered once for a finished item as it is now."""

    id: str
    """The same for the same content, however often it is tried."""
    content: Mapping[str, Any]
    to: str
    """Where it goes, as a person may see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAnswer:
    """How a delivery was answered, with a status as HTTP has it; 0 where nothing was."""

    status: int
    reason: str = ""
    """Why, in the other side's words."""
    wait_seconds: float | None = None
    """How long it asks to wait."""

    @property
    def took(self) -> bool:
        """Whether it accepted."""
        return 200 <= self.status < 300

    @property
    def final(self) -> bool:
        """Whether trying again is of no use: it refused, or sends us elsewhere."""
        return 300 <= self.status < 500 and self.status not in {408, 409, 423, 425, 429}


@runtime_checkable
class DeliveringSink(Protocol):
    """A sink that delivers something once for each finished item, to somebody who may not be there."""

    @property
    def name(self) -> str:
        """Where it delivers to, as a person may see it."""
        ...

    def parcel(self, item: SinkItem) -> Parcel | None:
        """Give what is to be delivered; None where nothing is."""
        ...

    def deliver(self, parcel: Parcel, corrects: str, at: int) -> DeliveryAnswer:
        """Try once.

        Raises:
            SinkError: It may not be, or cannot be, whoever is there.
        """
        ...


@runtime_checkable
class RetractingSink(Protocol):
    """A delivering sink that can take back what it delivered."""

    def retraction(self, item: SinkItem, delivered: str) -> Parcel:
        """Give what says that the parcel *delivered* no longer holds: its item was rejected, or is left out.

        *item* has no results any more. Equal ones give equal parcels.
        """
        ...
