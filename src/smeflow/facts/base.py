"""What is known for certain and may be said: a name, a value, and how it was come by."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value that was computed or read, never written by a model."""

    name: str
    value: Decimal | date | str
    text: str = ""
    """As it is to be printed; by default its value."""
    unit: str = ""
    """A currency code, ``%``, or what is counted."""
    query: str = ""
    """How it was computed: the expression, or the column and its filter."""
    rows: int | None = None
    """How many rows it rests on."""
    source: str = ""
    """The document, table or result it comes from."""

    @property
    def shown(self) -> str:
        """The text to print."""
        return self.text or str(self.value)
