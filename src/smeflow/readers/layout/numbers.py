"""Find the number of an invoice: what stands behind a label for it and is no date, amount or other number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smeflow._text import folded
from smeflow.documents.base import Quote
from smeflow.readers.dates import find_dates
from smeflow.readers.layout.kinds import Title
from smeflow.readers.layout.view import AMOUNTS, Label, View

_VALUE = re.compile(
    r"[\s:.#=°\-–|]*(?:\([^)]{1,24}\)[\s:.]*)?(?:(?:n°|no\.?|nr\.?|num\.?|#|№|:)[\s:.#°]*)?"
    r"(?P<value>[^\W_](?:[\w/.\-–#]|_)*(?:\s(?=[\d/\-])[\d/\-]{2,}(?![.,]\d)){0,3})",
    re.IGNORECASE,
)
_NOT = re.compile(r"(?:19|20)\d\d|\d{1,2}|[a-z]+\d?|\d+[.,]\d\d|.*%", re.IGNORECASE)
_NUMBER_WORDS = frozenset(
    ["no", "nr", "n", "num", "numero", "number", "nummer", "#", "№", "°", "id", "ref", "nbr"]
)
_STOP = re.compile(
    r"^(?:du|vom|of|del|page|seite|pagina|date|datum|total|and|et|und|to|an|le|de|sur|from|par|by|dated)$"
)
_A_CREDIT = re.compile(r"avoir|gutschrift|credit|crédit", re.IGNORECASE)
_AN_INVOICE = re.compile(
    r"^(?!.*(?:avoir|acompte|gutschrift|cr[eé]dit|korrektur|rectificativ))"
    r".*(?:facture|invoice|rechnung|factuur|fattura|factura)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number, where it stands and how sure its label is."""

    text: str
    page: int
    score: float
    quote: Quote


def find_numbers(view: View, title: Title) -> list[Number]:
    """Give the invoice numbers of a document, the best first; each different number once."""
    best: dict[str, Number] = {}
    for number in _candidates(view, title):
        key = folded(number.text)
        if key not in best or best[key].score < number.score:
            best[key] = number
    others = {folded(n.text) for f in ("other_number", "preceding_invoice") for n in _labelled(view, f, 0.0)}
    kept = [n for k, n in best.items() if not (k in others and n.score < 2.5)]
    if (
        title.kind == "credit_note"
    ):  # "Credit note No. 12" beside "Invoice No. 7": the other is what it corrects
        own = {folded(n.text) for n in _labelled(view, "number", 0.0, says=_A_CREDIT)}
        invoices = {folded(n.text) for n in _labelled(view, "number", 0.0, says=_AN_INVOICE)} - own
        kept = [n for n in kept if not (own and folded(n.text) in invoices)]
    return sorted(kept, key=lambda n: (-n.score, n.page))


def find_preceding(view: View, number: str | None) -> Number | None:
    """Find the invoice a credit note or a corrected invoice refers to, where one and no other is named.

    Beside a number of its own, what a credit note calls an invoice's number is that of the other.
    """
    named = {folded(n.text): n for n in _labelled(view, "preceding_invoice", 1.0)}
    if number and not named:
        named = {folded(n.text): n for n in _labelled(view, "number", 1.0, says=_AN_INVOICE)}
    named.pop(folded(number or ""), None)
    return next(iter(named.values())) if len(named) == 1 else None


def _candidates(view: View, title: Title) -> Iterator[Number]:
    yield from _labelled(view, "number", 3.0, title)
    titled = _behind_title(view, title.quote) if title.kind and title.quote else None
    if titled:
        yield titled
    for label in view.named("number"):
        if label.hit.weak and label.page == 0 and title.kind is not None and title.quote is not None:
            score = (
                2.5
                if _in_title(view, label, title.quote)
                else 1.6
                if _below_title(view, label, title.quote)
                else 0
            )
            number = _value(view, label, score) if score else None
            if number:
                yield number


def _behind_title(view: View, title: Quote) -> Number | None:
    """Read the number behind a title of several words: "FACTURE DE SOLDE F240088"."""
    page = next((n for n, p in enumerate(view.pages) if p.number == title.page), None)
    words = re.match(r"[^\W\d_]+(?:[ '’-][^\W\d_]+){1,3}(?=\s+\S*\d)", title.text.strip())
    if page is None or words is None or title.start is None:
        return None
    begin = title.start + title.text.find(words[0]) + len(words[0])
    found = _read(view.pages[page].text[begin : title.end], bare=True)
    if found is None:
        return None
    text, at = found
    quote = view.quote_span(page, begin + at, begin + at + len(text))
    return Number(text=text, page=page, score=2.0, quote=quote)


def _labelled(
    view: View, field: str, score: float, title: Title | None = None, *, says: re.Pattern[str] | None = None
) -> Iterator[Number]:
    for label in view.named(field):
        if says and not says.search(view.pages[label.page].text[label.start : label.end]):
            continue
        if not label.hit.weak and not (field == "number" and _of_an_amount(view, label)):
            bare = _bare(view, label)
            number = _value(
                view, label, score - (1.0 if bare else 0.0) + _bonus(view, label, title), bare=bare
            )
            if number:
                yield number


def _of_an_amount(view: View, label: Label) -> bool:
    """Tell whether a label stands behind an amount's on its line: "Acompte facture F12  -200,00"."""
    start = view.pieces[label.page][label.piece].start
    return any(
        other.page == label.page and start <= other.start < label.start and other.hit.field in AMOUNTS
        for other in view.named(*AMOUNTS)
    )


def _bonus(view: View, label: Label, title: Title | None) -> float:
    if title and title.quote and title.kind and _in_title(view, label, title.quote):
        return 0.7
    start = view.pieces[label.page][label.piece].start
    sentence = len(view.pages[label.page].text[start : label.start].split()) > 3
    return -0.5 if sentence else 0.0


def _in_title(view: View, label: Label, title: Quote) -> bool:
    page = view.pages[label.page].number
    return title.page == page and (title.start or 0) <= label.start < (title.end or 0)


def _bare(view: View, label: Label) -> bool:
    """Tell whether the label is only a word such as "Invoice", without a word for number."""
    words = re.findall(r"[^\W_]+|[#№°]", folded(view.pages[label.page].text[label.start : label.end]))
    return not any(w in _NUMBER_WORDS or w.endswith(("nummer", "nr")) for w in words)


def _below_title(view: View, label: Label, title: Quote) -> bool:
    """Tell whether a bare "N°" stands right under or beside the title."""
    piece = view.pieces[label.page][label.piece]
    words = folded(view.pages[label.page].text[label.start : label.end])
    if (
        title.page != view.pages[label.page].number
        or piece.start != label.start
        or not words.startswith(("n", "#"))
    ):
        return False
    box = title.box
    if box is None:
        return 0 < label.start - (title.end or 0) < 60
    height = box.bottom - box.top
    return -0.5 * height < label.box.top - box.bottom < 2.5 * height and label.box.left < box.right + 0.25


def _value(view: View, label: Label, score: float, *, bare: bool = False) -> Number | None:
    """Read the number behind, to the right of or below a label."""
    page = view.pages[label.page]
    own = view.pieces[label.page][label.piece]
    for cost, (start, end) in enumerate(_places(view, label)):
        if bare and start > own.end:
            return None  # a bare word heads no column
        found = _read(page.text[start:end], bare=bare)
        if found:
            text, at = found
            quote = view.quote_span(label.page, start + at, start + at + len(text))
            said = bare and re.search(r"n°|no|nr|num|#|№", folded(page.text[start : start + at]))
            return Number(
                text=text, page=label.page, score=score + (0.8 if said else 0) - 0.2 * cost, quote=quote
            )
        if start == label.end and re.search(r"\w", page.text[start:end]):
            return None  # something else stands there
    return None


def _places(view: View, label: Label) -> Iterator[tuple[int, int]]:
    """Give the stretches of text in which the value of a label may stand."""
    pieces = view.pieces[label.page]
    own = pieces[label.piece]
    if label.end < own.end:
        yield label.end, own.end
        if re.search(r"[^\W_]", view.pages[label.page].text[label.end : own.end]):
            return
    right = [p for p in pieces if p.line == own.line and p.start >= own.end]
    taken = [
        o for o in view.labels if o.page == label.page and right and right[0].start <= o.start < right[0].end
    ]
    if right and not taken:
        yield right[0].start, right[0].end
    height = own.box.bottom - own.box.top
    below = [
        p for p in pieces
        if p.box.left < own.box.right + 0.01 and own.box.left - 0.01 < p.box.right
        and 0 < p.box.top - own.box.top < 3 * height
    ]  # fmt: skip
    if below:
        nearest = min(below, key=lambda p: p.box.top)
        if not any(o.page == label.page and nearest.start <= o.start < nearest.end for o in view.labels):
            yield nearest.start, nearest.end


def _read(text: str, *, bare: bool) -> tuple[str, int] | None:
    """Read a number at the start of *text*."""
    match = _VALUE.match(text)
    if not match:
        return None
    value = match["value"].rstrip(".-–/")
    days = [d for d in find_dates(text) if d.start <= match.start("value") < d.end]
    if days or not any(c.isdigit() for c in value) or _STOP.match(folded(value)):
        return None
    if len(value) > 40 or re.fullmatch(r"\d+[.,]\d\d|.*%", value):
        return None
    if bare and re.fullmatch(r"(?:19|20)\d\d|\d{1,2}|\d{1,3}/\d{1,3}", value):
        return None  # a year or a page
    return value, match.start("value")
