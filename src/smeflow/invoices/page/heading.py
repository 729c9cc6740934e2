"""What a document calls itself, an invoice, a credit note or something that is not booked, and its number."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from statistics import median
from typing import cast, get_args

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.view import AMOUNT_FIELDS, PageView, PlacedLabel, same_column
from smeflow.invoices.record import InvoiceKind
from smeflow.values.dates import find_dates

NOT_BOOKED: Mapping[str, Phrase] = {
    "not a quote": say("This is a quote, not an invoice: it is not booked."),
    "not a pro forma": say("This is a pro forma invoice: it is not booked."),
    "not an order": say("This is an order, not an invoice: it is not booked."),
    "not a delivery note": say("This is a delivery note, not an invoice: it is not booked."),
    "not a statement": say("This is a statement of account, not an invoice: it is not booked."),
    "not a reminder": say("This is a reminder of an invoice, not the invoice: it is not booked."),
}
_REST = re.compile(
    r"[\s:.\-–#*|/]*(?:(?:n\.?\s?[°o]|(?:nos?|nr|nro|num|numer|numero|numar|number|nummer|cislo|c|ref|copie|copy|original|"
    r"oryginal|originale|kopia|copia|duplikat|2a via|duplicata|des \w+)\b)[\s:.#°]*)*"
    r"(?:(?:du|vom|of|del|van|date|dated|von)\b.*|(?:z dnia|ze dne|de|em)\b.*\d.*|"
    r"(?:[a-z]{1,3}[\s\-/.]){0,2}[a-z]{0,6}[\s\-/.]?\d[\w\s\-/.:,()]*|\(.*\).*|(?:seite|page|strona|str|pagina)\b.*)?"
)
_HEADER = 0.5
"""A title stands in the upper half of its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTitle:
    """What a document calls itself."""

    kind: InvoiceKind | None
    quote: Quote | None = None
    not_booked: Phrase | None = None
    receipt: bool = False


@lru_cache(maxsize=1)
def _titles() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Give titles and their kinds by their first two letters, the longest first."""
    data = json.loads((resources.files("smeflow.invoices.page") / "titles.json").read_text(encoding="utf-8"))
    pairs = {_key(word): kind for kind, words in data.items() for word in words}
    titles: dict[str, tuple[tuple[str, str], ...]] = {}
    for title, kind in sorted(pairs.items(), key=lambda pair: -len(pair[0])):
        titles[title[:2]] = (*titles.get(title[:2], ()), (title, kind))
    return titles


def _key(text: str) -> str:
    return re.sub(r"[\s\-]+", " ", folded(text)).strip()


def find_title(view: PageView) -> DocumentTitle:
    """Find the title. Of several the largest print counts, then a word that forbids booking."""
    titles: list[tuple[float, str, Piece]] = []
    for piece in view.pieces[0] if view.pieces else ():
        kind = kind_of_title(piece.text) if piece.box.top < _HEADER else None
        if kind and not _heads_table(view, piece):
            size = round(piece.box.height * (view.pages[0].height or 1), 1)
            titles.append((size, kind, piece))
    if _names_invoice(view):
        usual = median(round(p.box.height * (view.pages[0].height or 1), 1) for p in view.pieces[0])
        titles = [
            t for t in titles if t[1] not in _MENTIONED or t[0] > 1.15 * usual or not _is_in_form(view, t[2])
        ]
    if not titles:
        return DocumentTitle(kind=None)
    pro_formas = [title for title in titles if title[1] == "not a pro forma"]
    largest = max(size for size, *_ in titles)
    candidates = pro_formas or [title for title in titles if title[0] >= 0.85 * largest]
    _, kind, piece = max(candidates, key=lambda title: _rank(title[1], title[2], title[0] >= 0.95 * largest))
    return _document_title(view, kind, piece)


def _heads_table(view: PageView, piece: Piece) -> bool:
    """Tell whether a word stands among headings of a table: "Débit  Crédit  Solde"."""
    row = [other for other in view.pieces[0] if other.line == piece.line]
    words = [other for other in row if not any(map(str.isdigit, other.text))]
    tall = max(other.box.height for other in row) * _TALLER
    return len(words) >= _COLUMNS_OF_TABLE and len(words) == len(row) and piece.box.height < tall


_COLUMNS_OF_TABLE, _TALLER = 4, 1.15


def _names_invoice(view: PageView) -> bool:
    """Tell whether a label names the number or the day of an invoice: the paper is one."""
    labels = [o for o in view.labels_of("number", "issue_date") if o.page == 0 and not o.hit.weak]
    return any(_INVOICE_WORD.search(folded(view.text_of(label))) for label in labels)


def _is_in_form(view: PageView, piece: Piece) -> bool:
    """Tell whether a word stands among labels on its line, or beside or over a value, as a label does."""
    pieces = view.pieces[0]
    behind = next((p for p in pieces if p.line == piece.line and p.start >= piece.end), None)
    if ":" in piece.text or (behind is not None and _BARE_VALUE.fullmatch(behind.text)):
        return True
    labels = [o for o in view.labels if (o.page, o.line) == (0, piece.line) and not o.hit.weak]
    if any(not piece.start <= o.start < piece.end for o in labels):
        return True
    below = next((p for p in pieces if p.line > piece.line and same_column(p.box, piece.box)), None)
    return below is not None and _BARE_VALUE.fullmatch(below.text) is not None


_INVOICE_WORD = re.compile(r"factu|rechnung|invoice|faktur|fattur|fatur|avoir|gutschrift|credit")
_MENTIONED = frozenset({"not a quote", "not an order", "not a delivery note"})
"""What invoices mention: in letters of the usual size such a word is a label, no title."""
_BARE_VALUE = re.compile(r"(?:[A-Z]{1,4} )?\S*\d\S*(?: [/\-]? ?\S*\d\S*)?")


def _rank(kind: str, piece: Piece, large: bool) -> tuple[object, ...]:  # noqa: FBT001 - only for sorting
    """Order titles: a name, not a label with its value; capitals; what forbids booking; what stands higher.

    An order or a delivery note is often named on an invoice: it forbids nothing beside an invoice's title.
    """
    named = kind in _MENTIONED - {"not a quote"}
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


def _document_title(view: PageView, kind: str, piece: Piece) -> DocumentTitle:
    quote = view.quote_span(0, piece.start, piece.end)
    if kind in NOT_BOOKED:
        return DocumentTitle(kind=None, quote=quote, not_booked=NOT_BOOKED[kind])
    if kind not in get_args(InvoiceKind):
        return DocumentTitle(kind=None, quote=quote, receipt=True)
    return DocumentTitle(kind=cast("InvoiceKind", kind), quote=quote)


@lru_cache(maxsize=1 << 12)
def kind_of_title(text: str) -> str | None:
    """Tell what a piece names if it is a title: the word, perhaps with a number and a date, and no more."""
    key = _key(text).lstrip("*-#:| .").rstrip("*. ")
    spaced = _LETTER_APART.sub(r"\1", key)
    for candidate in dict.fromkeys((key, spaced)):
        for title, kind in _titles().get(candidate[:2], ()):
            behind = candidate[len(title) :]
            if not candidate.startswith(title) or behind[:1].isalpha():
                continue
            second = _SECOND_LANGUAGE.match(behind)
            if _REST.fullmatch(behind) or (second and kind_of_title(behind[second.end() :]) == kind):
                return kind
    return None


_LETTER_APART = re.compile(r"\b(\w) (?=\w\b)")
"""A letter of a word that is printed wide: F A C T U R E."""
_SECOND_LANGUAGE = re.compile(r" ?[/|–-] ?(?=[^\W\d_]{3})")
"""What stands between a title and the same in another language: "Rechnung / Invoice"."""


_VALUE = re.compile(
    r"[\s:.#=°\-–|]*(?:\([^)]{1,24}\)[\s:.]*)?(?:(?:n\.?\s?[°º]|no\.?|nr\.?|nro\.?|num\.?|č\.|#|№|:)[\s:.#°]*)?"
    r"(?P<value>(?-i:[A-Z]{2,4}\s(?=[A-Z\d]{1,6}/\d))?[^\W_](?:[\w/.\-–#]|_)*(?:\s(?=[\d/\-])[\d/\-]{2,}(?![.,]\d)|\s/\s(?=[A-Z]{0,3}\d)[\dA-Z]{1,8}(?!\w|[.,/\-]\d)){0,3})",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s?[-–/]\s*")
_WORDS_FOR_NUMBER = (
    "no nr nro n num numero numer numar number nummer cislo # № ° id ref nbr reference referentie referencia "
    "riferimento kennung sorszama"
)
_NUMBER_WORDS = frozenset(_WORDS_FOR_NUMBER.split(" "))
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
class FoundNumber:
    """A number, where it stands and how sure its label is."""

    text: str
    page: int
    score: float
    quote: Quote


def find_invoice_numbers(view: PageView, title: DocumentTitle) -> list[FoundNumber]:
    """Give the invoice numbers of a document, the best first; each different number once."""
    best: dict[str, FoundNumber] = {}
    for number in _candidates(view, title):
        key = folded(number.text)
        if key not in best or best[key].score < number.score:
            best[key] = number
    others = {folded(n.text) for f in ("other_number", "preceding_invoice") for n in _labelled(view, f, 0.0)}
    plausible = [n for key, n in best.items() if not (key in others and n.score < 2.5)]
    if title.kind == "credit_note":  # "Credit note 12" beside "Invoice 7": the other is what it corrects
        credited = {folded(n.text) for n in _labelled(view, "number", 0.0, pattern=_A_CREDIT)}
        invoices = {folded(n.text) for n in _labelled(view, "number", 0.0, pattern=_AN_INVOICE)} - credited
        plausible = [n for n in plausible if not (credited and folded(n.text) in invoices)]
    return sorted(plausible, key=lambda n: (-n.score, n.page))


def labelled_numbers(view: PageView, field: str, title: DocumentTitle) -> Iterator[FoundNumber]:
    """Give every number that a label, or for ``number`` the title, calls that of *field*."""
    return _candidates(view, title) if field == "number" else _labelled(view, field, 0.0)


def find_preceding(view: PageView, number: str | None) -> FoundNumber | None:
    """Find the invoice a credit note or a corrected invoice refers to, where one and no other is named.

    Beside a number of its own, what a credit note calls an invoice's number is that of the other.
    """
    named = {folded(n.text): n for n in _labelled(view, "preceding_invoice", 1.0)}
    named = named or {folded(n.text): n for n in (called_invoices(view) if number else ())}
    named.pop(folded(number or ""), None)
    return next(iter(named.values())) if len(named) == 1 else None


def called_invoices(view: PageView) -> Iterator[FoundNumber]:
    """Give every number that a label calls an invoice's; on a credit note that may be the other one's."""
    return _labelled(view, "number", 1.0, pattern=_AN_INVOICE)


def _candidates(view: PageView, title: DocumentTitle) -> Iterator[FoundNumber]:
    yield from _labelled(view, "number", 3.0, title)
    if title.kind is None or title.quote is None:
        return
    if titled := _behind_title(view, title.quote):
        yield titled
    for label in (each for each in view.labels_of("number") if each.hit.weak and each.page == 0):
        score = 2.5 if _in_title(view, label, title.quote) else 1.6
        if score > 2 or _below_title(view, label, title.quote):
            yield from filter(None, [_number_of_label(view, label, score)])


def _behind_title(view: PageView, title: Quote) -> FoundNumber | None:
    """Read the number behind a title: "FACTURE DE SOLDE F240088", "Rachunek FA2408"."""
    page = next((n for n, p in enumerate(view.pages) if p.number == title.page), None)
    words = re.match(r"[^\W\d_]+(?:[ '’-][^\W\d_]+){0,3}(?=\s+\S*\d)", title.text.strip())
    if page is None or words is None or title.start is None:
        return None
    begin = title.start + title.text.find(words[0]) + len(_title_words(words[0]))
    number = _read_number(view.pages[page].text[begin : title.end], bare=True)
    if number is None:
        return None
    text, at = number
    quote = view.quote_span(page, begin + at, begin + at + len(text))
    return FoundNumber(text=text, page=page, score=2.0, quote=quote)


def _title_words(words: str) -> str:
    """Leave a series off a title: "Faktura VAT FV" names an invoice, and FV begins its number."""
    known = dict(_titles().get(_key(words)[:2], ()))
    begins = (words.rsplit(" ", n)[0] for n in range(words.count(" ") + 1))
    return next((text for text in begins if _key(text) in known), words)


def _labelled(
    view: PageView,
    field: str,
    score: float,
    title: DocumentTitle | None = None,
    *,
    pattern: re.Pattern[str] | None = None,
) -> Iterator[FoundNumber]:
    for label in view.labels_of(field):
        if pattern and not pattern.search(view.text_of(label)):
            continue
        if not label.hit.weak and not (field == "number" and _belongs_to_amount(view, label)):
            bare = field == "number" and _lacks_number_word(view, label)
            sure = score - (1.0 if bare else 0.0) + _bonus(view, label, title)
            if number := _number_of_label(view, label, sure, bare=bare):
                yield number


def _belongs_to_amount(view: PageView, label: PlacedLabel) -> bool:
    """Tell whether a label stands behind an amount's on its line: "Acompte facture F12  -200,00"."""
    start = view.piece_of(label).start
    return any(
        other.page == label.page and start <= other.start < label.start and other.hit.field in AMOUNT_FIELDS
        for other in view.labels_of(*AMOUNT_FIELDS)
    )


def _bonus(view: PageView, label: PlacedLabel, title: DocumentTitle | None) -> float:
    if title and title.quote and title.kind and _in_title(view, label, title.quote):
        return 0.7
    sentence = len(view.text_before(label).split()) > 3
    return -0.5 if sentence else 0.0


def _in_title(view: PageView, label: PlacedLabel, title: Quote) -> bool:
    page = view.pages[label.page].number
    return title.page == page and (title.start or 0) <= label.start < (title.end or 0)


def _lacks_number_word(view: PageView, label: PlacedLabel) -> bool:
    """Tell whether the label is only a word such as "Invoice", without a word for number."""
    words = re.findall(r"[^\W_]+|[#№°]", folded(view.text_of(label)))
    return not any(w in _NUMBER_WORDS or w.endswith(("nummer", "nr")) for w in words)


def _below_title(view: PageView, label: PlacedLabel, title: Quote) -> bool:
    """Tell whether a bare "N°" stands right under or beside the title."""
    piece = view.piece_of(label)
    words = folded(view.text_of(label))
    if (
        title.page != view.pages[label.page].number
        or piece.start != label.start
        or not words.startswith(("n", "#"))
    ):
        return False
    box = title.box
    if box is None:
        return 0 < label.start - (title.end or 0) < 60
    height = box.height
    return -0.5 * height < label.box.top - box.bottom < 2.5 * height and label.box.left < box.right + 0.25


def _number_of_label(
    view: PageView, label: PlacedLabel, score: float, *, bare: bool = False
) -> FoundNumber | None:
    """Read the number behind, to the right of or below a label."""
    page = view.pages[label.page]
    piece = view.piece_of(label)
    for cost, (start, end) in enumerate(_places(view, label)):
        if bare and start > piece.end:
            return None  # a bare word heads no column
        number = _read_number(page.text[start:end], bare=bare)
        if number:
            text, at = number
            quote = view.quote_span(label.page, start + at, start + at + len(text))
            has_number_word = bare and re.search(r"n°|no|nr|num|#|№", folded(page.text[start : start + at]))
            confidence = score + (0.8 if has_number_word else 0) - 0.2 * cost
            return FoundNumber(text=text, page=label.page, score=confidence, quote=quote)
        if start == label.end and re.search(r"\w", page.text[start:end]):
            return None  # something else stands there
    return None


def _places(view: PageView, label: PlacedLabel) -> Iterator[tuple[int, int]]:
    """Give the stretches of text in which the value of a label may stand."""
    pieces = view.pieces[label.page]
    piece = pieces[label.piece]
    if label.end < piece.end:
        yield label.end, piece.end
        if re.search(r"[^\W_]", view.text_behind(label)):
            return
    right = next((p for p in pieces if p.line == piece.line and p.start >= piece.end), None)
    if right and _may_hold_value(view, label.page, right):
        yield right.start, right.end
    reach = 3 * piece.box.height
    below = (
        p for p in pieces if same_column(p.box, piece.box, 0.01) and 0 < p.box.top - piece.box.top < reach
    )
    nearest = min(below, key=lambda p: p.box.top, default=None)
    if nearest and _may_hold_value(view, label.page, nearest):
        yield nearest.start, nearest.end


def _may_hold_value(view: PageView, page: int, piece: Piece) -> bool:
    """Tell whether a piece holds no label; the sign before a number is none: "#1357"."""
    labels = [o for o in view.labels if o.page == page and piece.start <= o.start < piece.end]
    return all(o.hit.weak and o.hit.field == "number" and o.start == piece.start for o in labels)


def _read_number(text: str, *, bare: bool) -> tuple[str, int] | None:
    """Read a number at the start of *text*."""
    match = _VALUE.match(text)
    if not match:
        return None
    value = match["value"].rstrip(" .-–/")
    if _CUT.fullmatch(text[match.start("value") + len(value) :]):
        return None  # its rest stands on the next line
    first = value.split(" ")[0]
    if not any(c.isdigit() for c in first) and not (first.isupper() and len(first) < 6):
        return None
    days = [d for d in find_dates(text) if d.start <= match.start("value") < d.end]
    if days or not any(c.isdigit() for c in value) or _STOP.match(folded(value)):
        return None
    if len(value) > 40 or re.fullmatch(r"\d+[.,]\d\d|.*%", value):
        return None
    if bare and re.fullmatch(r"(?:19|20)\d\d|\d{1,2}|\d{1,3}/\d{1,3}", value):
        return None  # a year or a page
    return value, match.start("value")
