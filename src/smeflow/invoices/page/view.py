"""What stands on a document's pages: pieces, labels, amounts, dates, and which values a label may mean."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, wraps
from itertools import groupby
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from smeflow._text import folded
from smeflow.documents.document import Box, Document, Page, Quote
from smeflow.documents.page_text import Piece, box_of, pieces_of, quote_of
from smeflow.extract.labels import MOST_CHARACTERS, LabelHit, lexicon, page_beginning
from smeflow.invoices.page.headings import hits_over_two_lines, with_deadlines, with_tax_words
from smeflow.kinds.records import Labels
from smeflow.values.amounts import DecimalMark, decimal_mark, find_amounts
from smeflow.values.dates import find_dates

V = TypeVar("V")
P = ParamSpec("P")
S = TypeVar("S", bound="Placed")
DATE_FIELDS = frozenset({"issue_date", "due_date", "delivery_date", "other_date"})
AMOUNT_FIELDS = frozenset({"total_net", "total_vat", "total_gross", "amount_due", "prepaid", "other_amount"})
_EXCEPT = re.compile(r"(?:ohne|exkl\.?|excl\.?|hors|sans|without|w/o|ex|zonder|senza|sin)$")
BELOW = 3.6
"""How many times its height a value may stand below the label that heads it."""
_LINES = 12
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A stretch of text where it is printed."""

    page: int
    """Index of the page, from 0."""
    line: int
    start: int
    end: int
    box: Box
    piece: int
    """Index of the piece it stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedValue(Placed, Generic[V]):
    """A value where it is printed."""

    value: V


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAmount:
    """An amount as printed on a page."""

    amount: Decimal
    currency: str | None
    money: bool
    """It has two decimals or a currency: it can be a total."""
    percent: bool
    cents: bool
    """It has two decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDate:
    """A date as printed, with its other reading where day and month cannot be told apart."""

    value: date
    other: date | None
    compact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLabel(Placed):
    """A label where it is printed."""

    hit: LabelHit
    piece_start: bool
    """It begins its piece."""


ByLine = Mapping[tuple[int, int], Sequence[S]]
"""What stands on pages, by page (from 0) and line."""


_MOST_ON_LINE = 200
"""A line of more labels or values is a list: none of them belongs to another."""


def by_line(placed: Iterable[S]) -> ByLine[S]:
    """Sort values or labels by where they stand."""
    lines: dict[tuple[int, int], list[S]] = {}
    for item in placed:
        on_line = lines.setdefault((item.page, item.line), [])
        if len(on_line) < _MOST_ON_LINE:
            on_line.append(item)
    return lines


def same_column(first: Box, second: Box, slack: float = 0.0) -> bool:
    """Tell whether two boxes stand one above the other."""
    return first.left < second.right + slack and second.left - slack < first.right


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledValue(Generic[V]):
    """A value a label may mean; a low *cost* is a close one."""

    label: PlacedLabel
    spot: PlacedValue[V]
    cost: float


class PageView:
    """The pages of one document, looked at once."""

    def __init__(self, document: Document, pages: Sequence[Page], labels: Labels | None = None) -> None:
        self.document = document
        self.pages = tuple(map(page_beginning, pages))
        self.cut = tuple(page.number for page in pages if len(page.text) > MOST_CHARACTERS)
        """The pages of which only the beginning is looked at."""
        self.words = lexicon(labels)
        self._labels_of: dict[tuple[str, ...], tuple[PlacedLabel, ...]] = {}
        self.remembered: dict[Hashable, Any] = {}
        """What functions of the view made of it (`once`)."""

    @cached_property
    def text(self) -> str:
        """The text of all pages."""
        return "\f".join(page.text for page in self.pages)

    @property
    def is_receipt(self) -> bool:
        """It is one long narrow page, as a till prints it."""
        page = self.pages[0] if len(self.pages) == 1 else None
        return page is not None and page.height > 1.6 * (page.width or page.height)

    @property
    def recognised(self) -> bool:
        """Some words were recognised from a picture: they may be misread."""
        return any(page.origin == "ocr" for page in self.pages)

    @cached_property
    def pieces(self) -> tuple[tuple[Piece, ...], ...]:
        """The pieces of every page."""
        return tuple(pieces_of(page) for page in self.pages)

    @cached_property
    def mark(self) -> DecimalMark | None:
        """How this document writes decimals."""
        return decimal_mark(self.text)

    @cached_property
    def labels(self) -> tuple[PlacedLabel, ...]:
        """Every label on every page, in reading order."""
        broken = [hits_over_two_lines(self.words, pieces) for pieces in self.pieces]
        upper = [{first for first, _ in over.values()} for over in broken]
        placed = []
        for number, index, piece in self._indexed_pieces():
            hits = with_tax_words(self.words.find(piece.text), piece.text)
            hits = with_deadlines(hits, piece.text)
            if index in broken[number]:
                whole = broken[number][index][1]
                hits = [whole, *(hit for hit in hits if hit.start >= whole.end)]
            elif index in upper[number]:
                hits = []
            placed += [self._label(hit, number, index, piece) for hit in hits]
        return tuple(label for label in placed if not self._heads_without_vat(label))

    def _label(self, hit: LabelHit, page: int, index: int, piece: Piece) -> PlacedLabel:
        return PlacedLabel(
            hit=hit, page=page, piece=index, line=piece.line, start=piece.start + hit.start,
            end=piece.start + hit.end, box=self.box_within(page, piece, hit.start, hit.end),
            piece_start=hit.start == 0,
        )  # fmt: skip

    def _heads_without_vat(self, label: PlacedLabel) -> bool:
        """Tell whether a heading over two lines says "ohne / MwSt.": it heads no VAT."""
        piece = self.piece_of(label)
        if label.hit.field != "total_vat" or not label.piece_start or label.end < piece.end - 1:
            return False
        height = piece.box.height
        return any(
            0 < piece.box.top - above.box.top < 2 * height
            and same_column(above.box, piece.box)
            and _EXCEPT.search(folded(above.text))
            for above in self.pieces[label.page]
        )

    @cached_property
    def amounts(self) -> tuple[PlacedValue[PageAmount], ...]:
        """Every amount on every page."""
        return tuple(self._find_amounts())

    @cached_property
    def amounts_by_line(self) -> ByLine[PlacedValue[PageAmount]]:
        """The amounts by page and line."""
        return by_line(self.amounts)

    def money_on(self, page: int, line: int) -> list[PlacedValue[PageAmount]]:
        """Give the amounts on a line that can be totals."""
        return [spot for spot in self.amounts_by_line.get((page, line), ()) if spot.value.money]

    def _find_amounts(self) -> Iterator[PlacedValue[PageAmount]]:
        for number, index, piece in self._indexed_pieces(digits=True):
            days = list(find_dates(piece.text))
            for printed in find_amounts(piece.text, decimal=self.mark):
                if any(printed.start < day.end and day.start < printed.end for day in days):
                    continue
                text = piece.text[printed.start : printed.end]
                percent = bool(re.match(r"\s?%", piece.text[printed.end :]))
                cents = bool(re.search(r"[.,]\d\d(?!\d)", text))
                money = cents or printed.currency is not None or re.search(r"\$|[.,]-|[.,][–—]", text)
                value = PageAmount(
                    amount=printed.value, currency=printed.currency, percent=percent, cents=cents,
                    money=bool(money) and not percent,
                )  # fmt: skip
                yield self._spot(value, number, index, piece, printed.start, printed.end)

    @cached_property
    def dates(self) -> tuple[PlacedValue[PageDate], ...]:
        """Every date on every page."""
        return tuple(self._find_dates())

    def _find_dates(self) -> Iterator[PlacedValue[PageDate]]:
        for number, index, piece in self._indexed_pieces(digits=True):
            for printed in find_dates(piece.text):
                day = PageDate(value=printed.value, other=printed.other)
                yield self._spot(day, number, index, piece, printed.start, printed.end)
            for match in re.finditer(r"(?<![\w.,/-])(20\d\d)([01]\d)([0-3]\d)(?![\w/-]|[.,]\d)", piece.text):
                try:
                    value = date(int(match[1]), int(match[2]), int(match[3]))
                except ValueError:
                    continue
                yield self._spot(
                    PageDate(value=value, other=None, compact=True), number, index, piece, *match.span()
                )

    def all_pieces(self) -> Iterator[tuple[int, Piece]]:
        """Go through the pieces of all pages: page index and piece."""
        return ((number, piece) for number, pieces in enumerate(self.pieces) for piece in pieces)

    def _indexed_pieces(self, *, digits: bool = False) -> Iterator[tuple[int, int, Piece]]:
        for number, pieces in enumerate(self.pieces):
            for index, piece in enumerate(pieces):
                if not digits or _DIGIT.search(piece.text):
                    yield number, index, piece

    def _spot(self, value: V, page: int, index: int, piece: Piece, start: int, end: int) -> PlacedValue[V]:
        return PlacedValue(
            value=value, page=page, line=piece.line, start=piece.start + start, end=piece.start + end,
            box=self.box_within(page, piece, start, end), piece=index,
        )  # fmt: skip

    def box_within(self, page: int, piece: Piece, start: int, end: int) -> Box:
        """Give the box of a part of a piece, estimated on a page without boxes."""
        known = box_of(self.pages[page], piece.start + start, piece.start + end)
        width = (piece.box.right - piece.box.left) / max(1, piece.end - piece.start)
        left = piece.box.left + start * width
        return known or Box(left, piece.box.top, left + (end - start) * width, piece.box.bottom)

    def piece_of(self, placed: Placed) -> Piece:
        """Give the piece that something stands in."""
        return self.pieces[placed.page][placed.piece]

    def text_of(self, placed: Placed) -> str:
        """Give something as it is printed."""
        return self.pages[placed.page].text[placed.start : placed.end]

    def text_before(self, placed: Placed) -> str:
        """Give what stands before something in its piece."""
        return self.pages[placed.page].text[self.piece_of(placed).start : placed.start]

    def text_behind(self, placed: Placed) -> str:
        """Give what stands behind something in its piece."""
        return self.pages[placed.page].text[placed.end : self.piece_of(placed).end]

    def labels_of(self, *fields: str) -> tuple[PlacedLabel, ...]:
        """Give the labels of some fields."""
        if fields not in self._labels_of:
            self._labels_of[fields] = tuple(label for label in self.labels if label.hit.field in fields)
        return self._labels_of[fields]

    def labels_beside(self, label: PlacedLabel) -> Sequence[PlacedLabel]:
        """Give the labels on a label's line."""
        return self._labels_by_line[label.page, label.line]

    def has_label(self, page: int, piece: Piece, *fields: str) -> bool:
        """Tell whether a piece holds a label, of *fields* if any are named."""
        labels = self.labels_of(*fields) if fields else self.labels
        return any(label.page == page and piece.start <= label.start < piece.end for label in labels)

    def begins_with(self, text: str, field: str) -> bool:
        """Tell whether the first of several words is a label of *field*."""
        word, _, rest = text.partition(" ")
        return bool(rest) and any(
            hit.field == field and (hit.start, hit.end) == (0, len(word)) for hit in self.words.find(word)
        )

    def quote(self, spot: PlacedValue[V]) -> Quote:
        """Quote a value as printed."""
        return quote_of(self.document, self.pages[spot.page], spot.start, spot.end)

    def quote_span(self, page: int, start: int, end: int) -> Quote:
        """Quote a stretch of a page."""
        return quote_of(self.document, self.pages[page], start, end)

    def links(
        self, label: PlacedLabel, spots: ByLine[PlacedValue[V]], *, stops: frozenset[str], reach: float = 1.0
    ) -> list[LabelledValue[V]]:
        """Give the values *label* may mean, the closest first: behind it, to its right, below it.

        A label of one of the fields *stops* on the same line ends its reach.
        """
        costs: list[tuple[PlacedValue[V], float]] = []
        stop = self._next_label(label, stops)
        on_line = spots.get((label.page, label.line), ())
        following = [spot for spot in on_line if label.end <= spot.start < stop]
        for order, spot in enumerate(following):
            costs.append((spot, 0.05 * order + 0.1 * (spot.box.left - label.box.right)))
        if not following and self._heads(label, stop):
            height = max(label.box.height, 1e-6)
            for spot in (s for n in range(1, _LINES) for s in spots.get((label.page, label.line + n), ())):
                down = (spot.box.top - label.box.top) / height
                aligned = abs(spot.box.right - label.box.right) < 0.02
                below = aligned or same_column(spot.box, label.box, 0.01)
                if 0.5 < down < BELOW * reach and below and not self._between(label, spot):
                    costs.append((spot, 0.3 + 0.05 * down))
        costs.sort(key=lambda cost: cost[1])
        return [LabelledValue(label=label, spot=spot, cost=cost) for spot, cost in costs]

    @cached_property
    def _labels_by_line(self) -> ByLine[PlacedLabel]:
        return by_line(self.labels)

    def _next_label(self, label: PlacedLabel, stops: frozenset[str]) -> int:
        """Give where the next label of another value of its sort begins on the same line."""
        later = [
            other.start
            for other in self._labels_by_line[label.page, label.line]
            if other.start >= label.end
            and not (other.hit.weak and other.start - label.end < 2)
            and other.hit.field in stops
        ]
        return min(later, default=1 << 30)

    def _heads(self, label: PlacedLabel, stop: int) -> bool:
        """Tell whether nothing but a label stands behind the label in its piece: it may head a column."""
        piece = self.piece_of(label)
        following = self.pages[label.page].text[label.end : min(piece.end, stop)]
        return len(re.sub(r"\([^)]*\)|[\W_]", "", following)) <= 4

    def _between(self, label: PlacedLabel, spot: PlacedValue[V]) -> bool:
        """Tell whether another label of the same column stands between a heading and a value."""
        return any(
            label.box.top + 1e-4 < other.box.top <= spot.box.top + 1e-4
            and same_column(other.box, label.box)
            and not (other.line == spot.line and other.start > spot.start)
            for line in range(label.line + 1, spot.line + 1)
            for other in self._labels_by_line.get((label.page, line), ())
        )

    def lines(self) -> Iterator[tuple[int, list[Piece]]]:
        """Go through the lines of all pages: page index and pieces."""
        for number, pieces in enumerate(self.pieces):
            for _, line in groupby(pieces, key=lambda p: p.line):
                yield number, list(line)


def once(make: Callable[Concatenate[PageView, P], V]) -> Callable[Concatenate[PageView, P], V]:
    """Let a view remember what a function makes of it; nobody may change what is remembered."""

    @wraps(make)
    def remembered(view: PageView, *args: P.args, **kwargs: P.kwargs) -> V:
        key = make, args, tuple(kwargs.items())
        if key not in view.remembered:
            view.remembered[key] = make(view, *args, **kwargs)
        return cast("V", view.remembered[key])

    return cast("Callable[Concatenate[PageView, P], V]", remembered)
