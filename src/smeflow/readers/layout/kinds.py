"""Tell by its title what a document is: an invoice, a credit note, or something that must not be booked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import cast, get_args

from smeflow._text import folded
from smeflow.documents.base import Quote
from smeflow.i18n import Phrase, say
from smeflow.readers.layout.view import View
from smeflow.readers.places import Piece
from smeflow.records import InvoiceKind

NOT_BOOKED: Mapping[str, Phrase] = {
    "not a quote": say("This is a quote, not an invoice: it is not booked."),
    "not a pro forma": say("This is a pro forma invoice: it is not booked."),
    "not an order": say("This is an order, not an invoice: it is not booked."),
    "not a delivery note": say("This is a delivery note, not an invoice: it is not booked."),
    "not a statement": say("This is a statement of account, not an invoice: it is not booked."),
    "not a reminder": say("This is a reminder of an invoice, not the invoice: it is not booked."),
}
_REST = re.compile(
    r"[\s:.\-–#*|/]*(?:(?:n\s?°|(?:nos?|nr|num|numero|number|nummer|ref|copie|copy|original|duplicata|"
    r"des versicherers)\b)[\s:.#°]*)*"
    r"(?:(?:du|vom|of|del|van|date|dated|von)\b.*|[a-z]{0,6}[\s\-/.]?\d[\w\s\-/.:,()]*|\(.*\).*|(?:seite|page)\b.*)?"
)
_HEADER = 0.5
"""A title stands in the upper half of its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What a document calls itself."""

    kind: InvoiceKind | None
    quote: Quote | None = None
    not_booked: Phrase | None = None
    receipt: bool = False


@lru_cache(maxsize=1)
def _titles() -> tuple[tuple[str, str], ...]:
    data = json.loads((resources.files("smeflow.readers.layout") / "titles.json").read_text(encoding="utf-8"))
    pairs = {_key(word): kind for kind, words in data.items() for word in words}
    return tuple(sorted(pairs.items(), key=lambda pair: -len(pair[0])))


def _key(text: str) -> str:
    return re.sub(r"[\s\-]+", " ", folded(text)).strip()


def title_of(view: View) -> Title:
    """Find the title. Of several the largest print counts, then a word that forbids booking."""
    found: list[tuple[float, bool, str, int, Piece]] = []
    for piece in view.pieces[0] if view.pieces else ():
        kind = kind_of(piece.text) if piece.box.top < _HEADER else None
        if kind:
            size = round((piece.box.bottom - piece.box.top) * (view.pages[0].height or 1), 1)
            found.append((size, kind.startswith("not"), kind, 0, piece))
    if not found:
        return Title(kind=None)
    forbidden = [f for f in found if f[2] == "not a pro forma"]
    largest = max(size for size, *_ in found)
    near = forbidden or [f for f in found if f[0] >= 0.85 * largest]
    first = max(near, key=lambda f: _rank(f[2], f[4], f[0] >= 0.95 * largest))
    return _title(view, first[2], first[3], first[4])


def _rank(kind: str, piece: Piece, large: bool) -> tuple[object, ...]:  # noqa: FBT001 - only for sorting
    """Order titles: a name, not a label with its value; capitals; what forbids booking; what stands higher.

    An order or a delivery note is often named on an invoice: it forbids nothing beside an invoice's title.
    """
    named = kind in {"not an order", "not a delivery note"}
    forbids = kind.startswith("not") and not named
    return (
        ":" not in piece.text,
        large,
        forbids,
        kind != "receipt",
        piece.text.isupper(),
        not named,
        -piece.start,
    )


def _title(view: View, kind: str, page: int, piece: Piece) -> Title:
    quote = view.quote_span(page, piece.start, piece.end)
    if kind in NOT_BOOKED:
        return Title(kind=None, quote=quote, not_booked=NOT_BOOKED[kind])
    if kind not in get_args(InvoiceKind):
        return Title(kind=None, quote=quote, receipt=True)
    return Title(kind=cast("InvoiceKind", kind), quote=quote)


def kind_of(text: str) -> str | None:
    """Tell what a piece names if it is a title: the word, perhaps with a number and a date, and no more."""
    key = _key(text).lstrip("*-#:| .").rstrip("*. ")
    spaced = re.sub(r"\b(\w) (?=\w\b)", r"\1", key)  # F A C T U R E
    for candidate in (key, spaced):
        for title, kind in _titles():
            if candidate.startswith(title) and _REST.fullmatch(candidate[len(title) :]):
                behind = candidate[len(title) : len(title) + 1]
                if not behind.isalpha():
                    return kind
    return None
