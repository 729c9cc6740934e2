"""Find the mention that says why no VAT is charged, and the category it stands for (BT-118, BT-121).

The mentions live in ``exemptions.json``; the first entry that fits counts, so a general word stands last.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from smeflow._text import folded
from smeflow.documents.base import Quote
from smeflow.readers.layout.view import View
from smeflow.readers.places import Piece

_NEGATED = re.compile(r"\bnot? (?:exempt|zero)|non[- ]exempt")
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Why no VAT is charged."""

    category: str
    code: str | None
    """Of the list VATEX."""
    quote: Quote
    summed: bool = False
    """It stands on a line with amounts, as in a table of rates."""


def find_exemptions(view: View) -> tuple[Exemption, ...]:
    """Give the mentions on the pages, the most particular first; of a category the first printed."""
    found: dict[str, tuple[int, bool, Exemption]] = {}
    for number, pieces in enumerate(view.pieces):
        for piece in pieces:
            hit = _mention(piece)
            if hit is None:
                continue
            order, category, code = hit
            quote = view.quote_span(number, piece.start, piece.end)
            summed = any(s.value.money for s in view.sums_by_line.get((number, piece.line), ()))
            if category not in found or (order, not summed) < found[category][:2]:
                made = Exemption(category=category, code=code, quote=quote, summed=summed)
                found[category] = (order, not summed, made)
    return tuple(exemption for *_, exemption in sorted(found.values(), key=lambda hit: hit[:2]))


def _mention(piece: Piece) -> tuple[int, str, str | None] | None:
    if len(piece.text) > _LONGEST or len(piece.text) < 4:  # general terms speak of all that may be
        return None
    flat = re.sub(r"\s+", " ", folded(piece.text).replace("’", "'"))
    for order, (pattern, category, code) in enumerate(_mentions()):
        if pattern.search(flat) and not _NEGATED.search(flat):
            return order, category, code
    return None


@lru_cache(maxsize=1)
def _mentions() -> tuple[tuple[re.Pattern[str], str, str | None], ...]:
    text = (resources.files("smeflow.readers.layout") / "exemptions.json").read_text(encoding="utf-8")
    return tuple(
        (re.compile("|".join(rf"(?<!\w){re.escape(folded(m))}(?!\w)" for m in row["mentions"])),
         row["category"], row["code"])
        for row in json.loads(text)
    )  # fmt: skip
