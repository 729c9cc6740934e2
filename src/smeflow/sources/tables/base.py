"""What every kind of table shares: how a recipe names it, and how it gets into the book."""

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from smeflow.facts.book import Book, Held


class TableFrom(BaseModel):
    """Where a table comes from. A kind is a class with one more field, its own word."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    word: ClassVar[str]
    """What a recipe calls it: ``file``, ``sql``."""

    date: str | None = None
    """The column that says when a row happened; the first column with days unless told."""

    @property
    def shown(self) -> str:
        """What a person calls it."""
        return str(getattr(self, self.word))

    @property
    def dated(self) -> str | None:
        """The column that dates rows where nobody named one; None for the first with days."""
        return self.date

    def hold(self, book: Book, name: str) -> Held:
        """Read it into *book* under *name*.

        Raises:
            SourceError: It cannot be read.
        """
        raise NotImplementedError


def zone_of(context: Mapping[str, Any] | None) -> ZoneInfo:
    """Give the recipe's time zone."""
    return ZoneInfo((context or {}).get("timezone") or "Europe/Paris")


__all__ = ["Book", "Held", "TableFrom", "zone_of"]
