"""Check that a text says no figure and no date that is not a fact."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from smeflow.facts.base import Fact
from smeflow.i18n import Phrase, say
from smeflow.readers.amounts import find_amounts
from smeflow.readers.dates import find_dates
from smeflow.readers.places import occurrences

_NUMBERING = re.compile(r"(?m)^\s*(?:\(?\d{1,2}[.)]|[-*•]\s*\d{1,2}[.)])\s")
_DIGITS = re.compile(r"[\w.,'’/\-–]*\d[\w.,'’/\-–]*")


def check_prose(text: str, facts: Iterable[Fact]) -> tuple[Phrase, ...]:
    """Name every figure and date in *text* that no fact holds, in the order they are said.

    A figure may be written in any format (``1 234,50``, ``1,234.50``), a date in any of its forms; a fact's
    own text may be quoted whole. A figure that is rounded, negated or computed from facts is no fact. Figures
    in words are not seen.
    """
    known = list(facts)
    left = _without(text, [f.shown for f in known] + [f.value for f in known if isinstance(f.value, str)])
    left = _NUMBERING.sub(lambda m: " " * len(m[0]), left)
    days = {f.value for f in known if isinstance(f.value, date)}
    amounts = {f.value for f in known if isinstance(f.value, Decimal)}
    wrong: list[tuple[int, str]] = []
    for found in find_dates(left):
        if not days & {found.value, found.other}:
            wrong.append((found.start, text[found.start : found.end]))
        left = _blank(left, found.start, found.end)
    for amount in list(find_amounts(left)):
        if not amounts & {amount.value, amount.other}:
            wrong.append((amount.start, text[amount.start : amount.end]))
        left = _blank(left, amount.start, amount.end)
    wrong += [(match.start(), match[0]) for match in _DIGITS.finditer(left)]
    return tuple(say("{figure} is in the text and is no fact.", figure=found) for _, found in sorted(wrong))


def _without(text: str, quotes: Sequence[str]) -> str:
    """Blank out what is quoted whole, the longest first."""
    for quote in sorted({q for q in quotes if any(c.isdigit() for c in q)}, key=len, reverse=True):
        for start, end in list(occurrences(text, quote)):
            text = _blank(text, start, end)
    return text


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]
