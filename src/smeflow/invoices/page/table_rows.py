"""The rows of a page that may be lines: their amounts, their words, and the products that make them.

Which of them are lines says their sum (`lines`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, islice

from smeflow.documents.page_text import Piece
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.vat_and_payment import names_term
from smeflow.invoices.page.view import (
    AMOUNT_FIELDS,
    PageAmount,
    PageDate,
    PageView,
    PlacedValue,
    by_line,
    once,
)

Number = PlacedValue[PageAmount]

ALIGNED = 0.012
"""How far apart, in widths of a page, the edges of a column's amounts may lie."""
_MOST_ROWS = 2000
_MOST_NUMBERS = 12
"""A row of more numbers is no line."""
_MOST_COLUMNS = 12
"""Of so many columns of amounts, the fullest, the lines are looked for."""
_UNIT = re.compile(r"^[^\W\d_]{1,10}\.?(?:\(s\))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Quantity and price whose product, less a percentage, an amount is."""

    left: Number
    right: Number
    discount: Decimal

    @property
    def price_first(self) -> bool:
        """The price seems to stand before the quantity: it alone has a currency, or decimals."""
        integral = [n.value.amount.as_tuple().exponent == 0 for n in (self.left, self.right)]
        return (self.left.value.money and not self.right.value.money) or integral == [False, True]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of the page that may be a line, with the amount that may be its net."""

    page: int
    line: int
    start: int
    end: int
    numbers: tuple[Number, ...]
    net: Number
    words: str
    named: bool
    """The words stand on its own line, not above it."""
    unit: str | None
    is_sum: bool
    """A label of a sum begins it."""
    change: str
    """``allowance`` or ``charge`` where its words say so, and no product says that it is a line."""
    product: Product | None


def find_product(numbers: Sequence[Number], net: Number) -> Product | None:
    """Find quantity and price whose product an amount is, less a percentage (0 where there is none)."""
    before = [n for n in numbers if n.end <= net.start]
    if len(before) < 2:
        before = [n for n in numbers if n is not net]
    factors = [n for n in before if not n.value.percent and n.value.amount]
    wanted = net.value.amount
    near = abs(float(wanted))
    discounts = sorted({ZERO, *(n.value.amount for n in before if ZERO < n.value.amount < 100)})
    for left, right in reversed(list(combinations(factors, 2))):
        whole = abs(float(left.value.amount) * float(right.value.amount))
        for discount in discounts:
            if abs(whole * (100 - float(discount)) / 100 - near) > 0.02 + 1e-9 * whole:
                continue
            exact = left.value.amount * right.value.amount * (100 - discount) / 100
            product = exact.quantize(CENT, rounding=ROUND_HALF_UP)
            if same_amount(product, wanted, CENT if abs(product) > 1 else ZERO):
                return Product(left=left, right=right, discount=discount)
    return None


@once
def columns_of(view: PageView) -> list[list[TableRow]]:
    """Give the columns of amounts that may be the lines' nets: those with most products first.

    Amounts of a column have one edge or their middle in common; rows with a product may stand anywhere.
    """
    rows = rows_of(view)
    columns: dict[frozenset[int], list[TableRow]] = {}
    for edge in ("right", "left", "middle"):
        by_place: dict[int, list[TableRow]] = {}
        for row in rows:
            place = _edge(row, edge)
            at = round(place / ALIGNED)
            near = [n for n in (at, at - 1, at + 1) if n in by_place]
            same = next((n for n in near if abs(_edge(by_place[n][0], edge) - place) < ALIGNED), at)
            by_place.setdefault(same, []).append(row)
        for column in sorted(by_place.values(), key=_fullness, reverse=True)[:_MOST_COLUMNS]:
            columns.setdefault(frozenset(map(id, column)), column)
    anywhere = {(row.page, row.line): row for row in rows if row.product}.values()
    columns.setdefault(frozenset(map(id, anywhere)), list(anywhere))
    return list(columns.values())


def _edge(row: TableRow, edge: str) -> float:
    box = row.net.box
    return {"right": box.right, "left": box.left, "middle": (box.left + box.right) / 2}[edge]


def _fullness(column: Sequence[TableRow]) -> tuple[int, int, float]:
    return sum(row.product is not None for row in column), len(column), column[0].net.box.right


@once
def rows_of(view: PageView) -> tuple[TableRow, ...]:
    """Give what may be lines, in reading order: each amount of each row that has one."""
    return tuple(islice(_find_rows(view), _MOST_ROWS))


def _find_rows(view: PageView) -> Iterator[TableRow]:
    sums: dict[tuple[int, int], int] = {}
    for label in view.labels_of(*AMOUNT_FIELDS):
        if label.piece_start:
            sums.setdefault((label.page, label.line), label.start)
    days = by_line(view.dates)
    words_above = ""
    page = -1
    lines = list(view.lines())
    for at, (number, pieces) in enumerate(lines):
        if number != page:
            page, words_above = number, ""
        place = number, pieces[0].line
        numbers = tuple(view.amounts_by_line.get(place, ()))
        words = _words(pieces, days.get(place, ()))
        nets = _nets(numbers)
        if not nets:
            words_above = words if len(numbers) < 2 or _multiplies(pieces) else ""
            continue
        units = [p.text for p in pieces if _UNIT.match(p.text) and p.text != words]
        change = _change(pieces, nets[-1]) if words else ""
        for net in nets:
            found = find_product(numbers, net) or _product_beside(view, lines[max(0, at - 1) : at + 2], net)
            yield TableRow(
                page=number, line=place[1], start=pieces[0].start, end=pieces[-1].end, numbers=numbers,
                net=net, words=(words or words_above).strip(), named=bool(words),
                unit=units[0] if units else None, is_sum=sums.get(place, net.end) < net.start,
                change="" if found else change, product=found,
            )  # fmt: skip
        words_above = ""


def _nets(numbers: Sequence[Number]) -> Sequence[Number]:
    """Give the amounts of a row that may be its net: money, or a bare product of two bare numbers."""
    if len(numbers) > _MOST_NUMBERS:
        return ()
    money = [n for n in numbers if n.value.money and not n.value.percent]
    if money or len(numbers) < _LEAST_FACTORS + 1 or numbers[-1].value.percent:
        return money
    return numbers[-1:] if find_product(numbers, numbers[-1]) else ()


_LEAST_FACTORS = 2
_TIMES = re.compile(r"\d\s?\S{0,4}\s?[x×*@]\s?\D{0,4}\d")


def _multiplies(pieces: Sequence[Piece]) -> bool:
    return any(_TIMES.search(piece.text) for piece in pieces)


def _product_beside(
    view: PageView, lines: Sequence[tuple[int, Sequence[Piece]]], net: Number
) -> Product | None:
    """Find "3 x 6,84" on the line above or below the amount that it makes."""
    for page, pieces in lines:
        if page == net.page and pieces[0].line != net.line and _multiplies(pieces):
            numbers = view.amounts_by_line.get((page, pieces[0].line), ())
            found = find_product(numbers, net) if len(numbers) <= _MOST_NUMBERS else None
            if found:
                return found
    return None


def _change(pieces: Sequence[Piece], amount: Number) -> str:
    """Tell whether the words of a row name a discount or a charge."""
    text = " ".join(p.text for p in pieces if p.start < amount.start)
    return "allowance" if names_term("discount", text) else "charge" if names_term("charge", text) else ""


def _words(pieces: Sequence[Piece], days: Sequence[PlacedValue[PageDate]]) -> str:
    """Give the longest stretch of words on a line, without the numbers and days before them."""
    texts = []
    for piece in pieces:
        begun = max((day.end for day in days if piece.start <= day.start < piece.end), default=piece.start)
        texts.append(re.sub(r"^\d{1,3}[.)]?\s+(?=\S)", "", piece.text[begun - piece.start :].strip()))
    worded = [text for text in texts if len(re.findall(r"[^\W\d_]", text)) > 2]
    return max((t for t in worded if not _UNIT.match(t)), key=len, default=worded[0] if worded else "")
