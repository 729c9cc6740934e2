"""Find where a value is printed. What is printed nowhere was not read but invented."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from smeflow._text import folded, folded_in_place
from smeflow.documents.document import Document, Page, Quote
from smeflow.documents.page_text import box_of, occurrences, quote_of
from smeflow.kinds.records import FieldKind
from smeflow.money import Money
from smeflow.values.amounts import find_amounts
from smeflow.values.dates import find_dates, find_datetimes

ROW_MEDIA_TYPE = "application/vnd.smeflow.row+json"
_SEPARATORS = re.compile(r"\s[.\-/]\s|[\s.\-/]{0,2}")


def ground(
    value: object, kind: FieldKind, documents: Sequence[Document], *, near: Sequence[str] = ()
) -> Quote | None:
    """Find *value* as it is printed in *documents* or in what they contain; None when it is nowhere.

    Amounts and dates are found in any format, identifiers with any spaces between, text whatever
    its case and accents; never inside a longer number or word. Of several places the one closest to a word of
    *near* is taken, else the first. A page is preferred to the XML inside it.
    """
    if value is None or value == "":
        return None
    inside = [d for outer in documents for d in outer.walk()]
    for document in sorted(inside, key=lambda d: d.media_type.endswith("xml")):
        quote = _in_document(value, kind, document, near)
        if quote:
            return quote
    return None


def _in_document(value: object, kind: FieldKind, document: Document, near: Sequence[str]) -> Quote | None:
    if document.media_type == ROW_MEDIA_TYPE:
        cell = _in_fields(value, kind, document)
        if cell:
            return cell
    best: tuple[float, Quote] | None = None
    for page in document.pages:
        labels = [span for word in near for span in occurrences(page.text, word)]
        for start, end in spans_of_value(value, kind, page.text):
            distance = min((_distance(page, label, (start, end)) for label in labels), default=1e6)
            if best is None or distance < best[0]:
                best = distance, quote_of(document, page, start, end)
    return best[1] if best else _in_fields(value, kind, document)


def _in_fields(value: object, kind: FieldKind, document: Document) -> Quote | None:
    for name, text in document.fields.items():
        for start, end in spans_of_value(value, kind, text):
            return Quote(text=text[start:end], document=document.name, path=name, start=start, end=end)
    return None


def spans_of_value(value: object, kind: FieldKind, text: str) -> Iterator[tuple[int, int]]:
    """Give every place in *text* where *value* is printed."""
    if isinstance(value, Money):
        value = value.amount
    if kind in {"money", "number"} and isinstance(value, Decimal | int | float):
        number = Decimal(str(value))
        for offset, line in _lines(text):
            for amount in find_amounts(line):
                if number in {amount.value, amount.other}:
                    yield offset + amount.start, offset + amount.end
    elif isinstance(value, date):
        for printed in find_datetimes(text) if isinstance(value, datetime) else find_dates(text):
            if value in {printed.value, printed.other}:
                yield printed.start, printed.end
    elif kind in {"identifier", "iban", "phone"} or str(value).isdecimal():
        yield from _identifier(str(value), text)
    else:
        yield from occurrences(text, str(value))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    offset = 0
    for line in re.split(r"(\n|\t| {2,})", text):  # a wide gap divides columns: no amount goes across
        yield offset, line
        offset += len(line)


def _identifier(value: str, text: str) -> Iterator[tuple[int, int]]:
    """Find an identifier whatever separators it is printed with; digits beside it must not belong to it."""
    letters = [c for c in folded(value) if c.isalnum()]
    if not letters:
        return
    lowered = folded_in_place(text)
    grouped: list[tuple[int, int]] = []
    matched = False
    for start, end in _spelt(letters, lowered):
        before, after = lowered[max(0, start - 2) : start], lowered[end : end + 2]
        if re.search(r"\w[.\-/]$", before) or re.match(r"[.\-/]\w", after):
            continue
        digit_before = letters[0].isdigit() and re.search(r"\d $", before)
        if digit_before or (letters[-1].isdigit() and re.match(r" \d", after)):
            if end - start == len(letters) > 4:  # shorter, it may be a group of a spaced number
                grouped.append((start, end))
            continue
        matched = True
        yield start, end
    if not matched:
        yield from grouped


def _spelt(letters: Sequence[str], text: str) -> Iterator[tuple[int, int]]:
    """Give where *letters* stand one after the other as a whole word, few separators between them.

    A pattern made for each value would cost more to compile than a page takes to walk through.
    """
    start = text.find(letters[0])
    while start >= 0:
        end = None if text[start - 1 : start].isalnum() else _end_of(letters, text, start)
        if end is not None:
            yield start, end
        start = text.find(letters[0], end or start + 1)


def _end_of(letters: Sequence[str], text: str, start: int) -> int | None:
    end = start + 1
    for letter in letters[1:]:
        if text[end : end + 1] != letter and (gap := _SEPARATORS.match(text, end)):
            end = gap.end()
            if text[end : end + 1] != letter:
                return None
        end += 1
    return None if text[end : end + 1].isalnum() else end


def _distance(page: Page, label: tuple[int, int], span: tuple[int, int]) -> float:
    """Tell how far a value stands from a label: right of it is near, below it less, elsewhere far."""
    label_box, value_box = box_of(page, *label), box_of(page, *span)
    if label_box is None or value_box is None:
        gap = span[0] - label[1]
        return gap if gap >= 0 else 1000 - gap
    down = (value_box.top + value_box.bottom - label_box.top - label_box.bottom) / 2
    across = value_box.left - label_box.right
    if abs(down) < 0.008:
        return abs(across) if across >= -0.005 else 0.5 + abs(across)
    return (2 * down if down > 0 else 1 - 4 * down) + abs(value_box.left - label_box.left)
