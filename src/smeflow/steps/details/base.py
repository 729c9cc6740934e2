"""Words of a text that say something, and where they stand."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Urgency = Literal["high", "normal", "low"]
LONGEST = 8_000
"""Characters that are searched: what is asked stands near the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing a text says."""

    value: str
    quote: str
    """As it stands in the text."""
    start: int
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A day something is asked for by."""

    day: date
    quote: str
    start: int
