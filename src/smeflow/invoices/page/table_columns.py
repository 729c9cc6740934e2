"""The columns of a table of lines: what headings say, and which number of a row is quantity, price or rate.

A product that makes the net tells quantity and price of its row, and where both stand in the others. Where a
discount is taken off that is not printed, or no price is, headings tell it, or the one column of numbers.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources

from smeflow._text import folded
from smeflow.documents.document import Box
from smeflow.documents.page_text import Piece, folded_map
from smeflow.invoices.checks import ZERO
from smeflow.invoices.page.table_rows import ALIGNED, Number, TableRow
from smeflow.invoices.page.vat_by_rate import KNOWN_RATES
from smeflow.invoices.page.view import PageView, same_column

HEADING_REACH = 0.12
"""How far above the first line, of the page's height, its heading may stand."""
_ROLES = ("quantity", "price", "total", "rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What a row has in the columns of its table."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    rate: Decimal | None = None


def cells_of(view: PageView, rows: Sequence[TableRow]) -> list[Cells]:
    """Give what the rows of one table have as quantity, price and rate."""
    headings = _headings(view, rows[0])
    roles = {role for role, _ in headings}
    price_first = _price_first(rows)
    places = _places(rows, price_first=price_first)
    alone = {} if places or "quantity" in roles else _only_column(rows)
    cells = []
    for index, row in enumerate(rows):
        quantity, price = _of_product(row, headings, price_first=price_first)
        if quantity is None or price is None:
            free = [n for n in row.numbers if n is not row.net and not n.value.percent]
            below = {role: _below(view, headings, role, free) for role in ("quantity", "price")}
            quantity = below["quantity"] or _beside(places, "quantity", free) or alone.get(index)
            price = below["price"] or (None if "price" in roles else _beside(places, "price", free))
            price = None if price is quantity else price
        cells.append(
            Cells(
                quantity=quantity.value.amount if quantity else None,
                price=price.value.amount if price else None,
                rate=_rate(view, row, headings),
            )
        )
    return cells


def _of_product(
    row: TableRow, headings: Sequence[tuple[str, Box]], *, price_first: bool
) -> tuple[Number | None, Number | None]:
    """Give quantity and price of a product: which is which say headings, else what most rows show."""
    if row.product is None:
        return None, None
    left, right = row.product.left, row.product.right
    under = [_role_over(headings, number.box) for number in (left, right)]
    if under[0] != under[1] and {"quantity", "price"} & set(under):
        swapped = under[0] == "price" or under[1] == "quantity"
    else:
        swapped = price_first
    return (right, left) if swapped else (left, right)


def _price_first(rows: Sequence[TableRow]) -> bool:
    """Tell whether in most rows the price seems to stand before the quantity."""
    products = [row.product for row in rows if row.product]
    return 2 * sum(product.price_first for product in products) > len(products)


def _places(rows: Sequence[TableRow], *, price_first: bool) -> Mapping[str, tuple[Box, ...]]:
    """Give where quantity and price stand in the rows whose product tells it."""
    products = [row.product for row in rows if row.product][:_MOST_EXAMPLES]
    if not products:
        return {}
    left, right = tuple(p.left.box for p in products), tuple(p.right.box for p in products)
    return {"quantity": right, "price": left} if price_first else {"quantity": left, "price": right}


_MOST_EXAMPLES = 8


def _beside(places: Mapping[str, Sequence[Box]], role: str, numbers: Sequence[Number]) -> Number | None:
    """Give the number that stands in the column of these places."""
    found = [n for n in numbers if any(in_one_column(n.box, box) for box in places.get(role, ()))]
    return found[0] if len(found) == 1 else None


def in_one_column(first: Box, second: Box) -> bool:
    """Tell whether two boxes have the same left edge, right edge or middle."""
    left, right = first.left - second.left, first.right - second.right
    return min(abs(left), abs(right), abs(left + right) / 2) < ALIGNED


def _only_column(rows: Sequence[TableRow]) -> Mapping[int, Number]:
    """Give the numbers of the one column that all rows have and that counts neither rows nor per cent."""
    rates = set() if any(n.value.percent for n in rows[0].numbers) else {*KNOWN_RATES, ZERO}
    full = []
    for first in rows[0].numbers:
        if first is rows[0].net or first.value.percent or (first.value.money and first.value.currency):
            continue
        column = [n for row in rows if (n := next((n for n in row.numbers if _alike(n, first, row)), None))]
        values = [n.value.amount for n in column]
        counted = values == list(range(1, len(rows) + 1)) or set(values) <= rates
        if len(column) == len(rows) and not counted and all(0 < v < _MOST_OF_ONE for v in values):
            full.append(dict(enumerate(column)))
    return full[0] if len(full) == 1 and len(rows) > 1 else {}


_MOST_OF_ONE = 10_000
"""A longer number is an article's."""


def _alike(number: Number, first: Number, row: TableRow) -> bool:
    return number is not row.net and not number.value.percent and in_one_column(number.box, first.box)


def _rate(view: PageView, row: TableRow, headings: Sequence[tuple[str, Box]]) -> Decimal | None:
    """Give the rate of VAT of a row: the one percentage that is no discount, or what its heading tells."""
    discount = row.product.discount if row.product else ZERO
    percentages = {n.value.amount for n in row.numbers if n.value.percent} - {discount or None}
    rates = [rate for rate in percentages if rate in (*KNOWN_RATES, ZERO)]
    if len(rates) == 1:
        return rates[0]
    headed = [n for n in row.numbers if n is not row.net and _role_over(headings, n.box) == "rate"]
    told = {n.value.amount for n in headed} & {*KNOWN_RATES, ZERO}
    return told.pop() if len(told) == 1 else None


def _below(
    view: PageView, headings: Sequence[tuple[str, Box]], role: str, numbers: Sequence[Number]
) -> Number | None:
    """Give the number that stands below the heading of a role and of no other."""
    boxes = [box for name, box in headings if name == role]
    found = [n for n in numbers if boxes and _role_over(headings, n.box) == role]
    return min(found, key=lambda n: (not _begins(view, n), _distance(boxes[0], n.box)), default=None)


def _begins(view: PageView, number: Number) -> bool:
    """Tell whether no word stands before a number in its piece: it is none of a name."""
    return not re.search(r"[^\W\d_]", view.text_before(number))


def _role_over(headings: Sequence[tuple[str, Box]], box: Box) -> str:
    """Give the role of the heading that is nearest above a number."""
    nearest = min(headings, key=lambda heading: _distance(heading[1], box), default=None)
    return nearest[0] if nearest and _distance(nearest[1], box)[0] < _NEAR else ""


_NEAR = 0.04
"""How far beside its heading, in widths of a page, a number may stand."""


def _distance(heading: Box, box: Box) -> tuple[float, float]:
    gap = max(0.0, heading.left - box.right, box.left - heading.right)
    left, right = heading.left - box.left, heading.right - box.right
    return gap, min(abs(left), abs(right), abs(left + right) / 2)


_HEADING_LINES = 4


def _headings(view: PageView, first: TableRow) -> list[tuple[str, Box]]:
    """Give the headings above the first row and what each says, where one says quantity or price."""
    above: dict[int, list[Piece]] = {}
    for piece in view.pieces[first.page]:
        if piece.start >= first.start:
            break
        if first.net.box.top - piece.box.top < HEADING_REACH and piece.line >= first.line - _MOST_BETWEEN:
            above.setdefault(piece.line, []).append(piece)
    found: list[tuple[str, Box]] = []
    lines = sorted(above, reverse=True)
    for number, line in enumerate(lines):
        headings = [h for piece in above[line] for h in _headings_in(view, first.page, piece)]
        if {"quantity", "price"} & {role for role, _ in headings}:
            found = headings
            beside = [other for other in lines[max(0, number - 1) : number + 2] if other != line]
            for other in beside:
                found = _with_second_line(view, first.page, found, above[other])
            break
    return [h for h in found if h[0] != "total" or not same_column(h[1], first.net.box)]


_MOST_BETWEEN = 8
"""So many lines may stand between a heading and the first row."""


def _with_second_line(
    view: PageView, page: int, headings: list[tuple[str, Box]], pieces: Sequence[Piece]
) -> list[tuple[str, Box]]:
    """Add what the line above or below the headings heads, where no heading stands there yet."""
    more = []
    for piece in pieces:
        if re.search(r"\d", piece.text) or len(piece.text) > _LONGEST_HEADING:
            continue
        for role, box in _headings_in(view, page, piece):
            if role and not any(same_column(box, known) for _, known in headings):
                more.append((role, box))
    return headings + more


_LONGEST_HEADING = 40


def _headings_in(view: PageView, page: int, piece: Piece) -> Iterator[tuple[str, Box]]:
    """Cut a piece of a heading row where it names several columns; an unknown one has no role."""
    flat, origin = folded_map(piece.text)
    matches = [(m.lastgroup or "", *m.span()) for m in _words().finditer(flat)]
    totals = [(start, end) for role, start, end in matches if role == "total"]
    parts: list[tuple[str, int, int]] = []
    for role, start, end in matches:
        single = " " not in flat[start:end] and "." not in flat[start:end]
        by_total = any(0 <= start - e <= 1 or 0 <= s - end <= 1 for s, e in totals)
        meant = "total" if role == "price" and single and by_total else role
        if parts and (meant == parts[-1][0] or (meant == "rate" and parts[-1][0] in {"price", "total"})):
            parts[-1] = parts[-1][0], parts[-1][1], end
        else:
            parts.append((meant, start, end))
    if len(parts) < 2 and not (parts and parts[0][0] == "quantity"):
        yield (parts[0][0] if parts else ""), piece.box
        return
    last = 0
    for number, (role, start, end) in enumerate(parts):
        if re.search(r"\w{3}", flat[last:start]):
            yield "", _box(view, page, piece, origin, last, start)
        following = parts[number + 1][1] if number + 1 < len(parts) else len(flat)
        unit = _UNIT_OF_QUANTITY.match(flat, end)
        reach = following if role != "quantity" else unit.end() if unit else end
        yield role, _box(view, page, piece, origin, start, reach)
        last = reach
    if re.search(r"\w{3}", flat[last:]):
        yield "", _box(view, page, piece, origin, last, len(flat))


_UNIT_OF_QUANTITY = re.compile(r"\s?(?:\([^)]*\)|[^\W\d_]{1,4}\.)")


def _box(view: PageView, page: int, piece: Piece, origin: Sequence[int], start: int, end: int) -> Box:
    return view.box_within(page, piece, origin[start], origin[max(start, end - 1)] + 1)


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    """Give what finds a word of a heading, as the group of its role; the longest word first."""
    text = (resources.files("smeflow.invoices.page") / "table_words.json").read_text(encoding="utf-8")
    table = json.loads(text)
    groups = []
    for role in ("price", "quantity", "total", "rate"):
        words = sorted({folded(w) for of in table[role].values() for w in of}, key=len, reverse=True)
        groups.append(rf"(?P<{role}>" + "|".join(map(re.escape, words)) + ")")
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)")
