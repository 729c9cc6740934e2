"""What a source gives: cases to be, one after another, as bytes under a key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator

from smeflow._text import sha256
from smeflow.i18n import Phrase
from smeflow.kinds.mailbox import MailIndex
from smeflow.kinds.recipe_context import RecipeContext


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One thing that came in. The same key with another version is the same item, changed."""

    key: str
    """Stable within the source: a relative path with ``/``, the key column of a row."""
    version: str
    """The hash of the content, nothing else: a new date on an unchanged file is no change."""
    name: str
    """What a person calls it."""
    media_type: str
    data: bytes = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class UnreadableArrival:
    """Something is there under *key* and could not be taken; the others go on."""

    key: str
    phrase: Phrase


class Source(Protocol):
    """Where cases come from."""

    @property
    def name(self) -> str:
        """What a person calls it: the folder, the file."""
        ...

    @property
    def complete(self) -> bool:
        """Whether `cases` gives all there is, so that a key not seen any more is gone."""
        ...

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through what is there now, in an order that stays the same.

        Raises:
            SourceError: The source as a whole cannot be read.
        """
        ...


@runtime_checkable
class IntakeSource(Protocol):
    """A source things come in at: what was taken in is kept whatever becomes of it there."""

    @property
    def keeps_items(self) -> bool:
        """Whether an item stays when it is gone from the source; one that says no is a mirror."""
        ...


@dataclass(frozen=True, kw_only=True)
class ArrivalBatch:
    """Some of what came in, to be taken in as a whole."""

    arrivals: Iterator[Arrival | UnreadableArrival]
    settle: Callable[[], None]
    """Called once all arrivals are durable: only now may the source go on behind them."""


@runtime_checkable
class ResumableSource(Protocol):
    """A source that goes on where it was, instead of going through everything each time."""

    def batches(self, index: MailIndex) -> Iterator[ArrivalBatch]:
        """Give what came in since; an arrival that was not settled comes again.

        Raises:
            SourceError: It cannot be read; what was settled before stays so.
        """
        ...


@runtime_checkable
class OnDisk(Protocol):
    """A source or sink that lies on the disk."""

    @property
    def path(self) -> Path | None:
        """Where it lies; None for the standard input and output."""
        ...


def path_of(part: object) -> Path | None:
    """Tell where a source or sink lies on the disk; None where it does not."""
    return part.path if isinstance(part, OnDisk) and isinstance(part.path, Path) else None


@runtime_checkable
class RemarkingSource(Protocol):
    """A source with something to say once it was gone through."""

    @property
    def remarks(self) -> tuple[Phrase, ...]:
        """What was odd when it was last gone through."""
        ...


@runtime_checkable
class SelectiveSource(Protocol):
    """A source that takes some of what is there: what it leaves is told, so that nobody waits for it."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was there and not taken when it was last gone through."""
        ...


class DiskSource(BaseModel):
    """A source that lies on the disk, where the field named `place` says.

    A path that leads out of the recipe's folder is reported when the recipe is read, at its line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    place: ClassVar[str]
    """The field that holds the path, relative to the recipe."""
    _path: Path = PrivateAttr()
    _name: str = PrivateAttr()

    @field_validator("*")
    @classmethod
    def _inside(cls, value: object, info: ValidationInfo) -> object:
        if info.field_name == cls.place:
            RecipeContext.of(info.context).path(str(value))
        return value

    def model_post_init(self, context: Any, /) -> None:
        """Find the file or folder."""
        written, recipe = getattr(self, self.place), RecipeContext.of(context)
        self._path, self._name = recipe.path(written), recipe.shown(written)

    @property
    def name(self) -> str:
        """The file or folder as the recipe names it."""
        return self._name

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def complete(self) -> bool:
        """What is not there any more is gone."""
        return True


@runtime_checkable
class FactSource(Source, Protocol):
    """A source whose cases hold facts, computed as the recipe's steps ask for them."""

    def computing(self, facts: Mapping[str, Any], locale: str) -> Source:
        """Give the same source that computes *facts* (a measure by name) for readers in *locale*."""
        ...


def make_arrival(
    key: str, name: str, media_type: str, data: bytes, fields: Mapping[str, str] | None = None
) -> Arrival:
    """Make an arrival whose version is the hash of its bytes."""
    version = sha256(data)
    return Arrival(key=key, version=version, name=name, media_type=media_type, data=data, fields=fields or {})
