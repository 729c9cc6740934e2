"""Read the lines of an invoice, over all its pages. They are given only where they add up to the net total.

No heading is needed: a line is a row whose last amount stands in one column with the others. Which of its
numbers are quantity and price, their product tells. Rows that are sums, rates or payments begin with a label.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, islice

from smeflow._text import folded
from smeflow.documents.page_text import Piece
from smeflow.i18n import say
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.vat_and_payment import names_term
from smeflow.invoices.page.vat_by_rate import KNOWN_RATES
from smeflow.invoices.page.view import AMOUNT_FIELDS, PageAmount, PageView, PlacedValue, same_column
from smeflow.invoices.record import InvoiceLine
from smeflow.kinds.records import Finding

_ALIGNED = 0.012
"""How far apart, in widths of a page, the right ends of a column's amounts may lie."""
_HEAD = 0.12
"""How far above the first line, of the page's height, its heading may stand."""
_MOST_ROWS = 2000
_MOST_CHANGES = 6
"""Of so many printed discounts and charges every choice is tried."""
_UNIT = re.compile(r"^[^\W\d_]{1,10}\.?(?:\(s\))?$")


@dataclass(frozen=True, kw_only=True)
class FoundLines:
    """Lines that add up to the net total, less the allowances and plus the charges that are printed."""

    lines: tuple[InvoiceLine, ...]
    total: Decimal
    allowances: PlacedValue[PageAmount] | None = None
    charges: PlacedValue[PageAmount] | None = None
    first: tuple[int, int, int] = (0, 0, 0)
    """Page index, start and end of the first line."""


@dataclass(frozen=True, kw_only=True)
class _LineRow:
    page: int
    line: int
    start: int
    end: int
    net: PlacedValue[PageAmount]
    quantity: Decimal | None
    price: Decimal | None
    rate: Decimal | None
    name: str
    unit: str | None

    def negated(self) -> "_LineRow":
        """Give the row with its sign taken off."""
        amount = replace(self.net.value, amount=-self.net.value.amount)
        quantity, price = (None if v is None else abs(v) for v in (self.quantity, self.price))
        return replace(self, net=replace(self.net, value=amount), quantity=quantity, price=price)


def find_lines(view: PageView, net: Decimal, *, credit: bool = False) -> FoundLines | None:
    """Find the lines that make *net*; None where no column of rows does. Of a *credit* note signs turn."""
    changes = _allowances_and_charges(view)
    last = _closing_column(_columns(list(islice(_rows(view), _MOST_ROWS))), net, changes, credit=credit)
    if last is not None or net == 0:
        return last
    rows = list(islice(_rows(view, anywhere=True), _MOST_ROWS))
    columns = (*_columns(rows), *_columns(rows, by_left=True))
    return _closing_column((c for c in columns if len(c) > 1), net, changes, credit=credit)


def _closing_column(
    columns: Iterable[list[_LineRow]],
    net: Decimal,
    changes: Mapping[str, Sequence[PlacedValue[PageAmount]]],
    *,
    credit: bool,
) -> FoundLines | None:
    for column in columns:
        named = all(row.name for row in column)
        for chosen in ([row for row in column if row.quantity is not None], column if named else []):
            negative = credit and all(row.net.value.amount < 0 for row in chosen)
            signed = [row.negated() for row in chosen] if negative else chosen
            found = _closing_lines(signed, net, changes) if signed else None
            if found:
                return found
    return None


_WITHOUT_VAT = re.compile(r"\bht\b|hors|ohne|excl|exkl|\bex\b|\bnet|w/o|without|before|senza|sin iva|netto")


def is_net_column(view: PageView, lines: FoundLines) -> bool:
    """Tell whether the heading over the lines' amounts says that they are without VAT."""
    amounts = view.amounts_by_line.get((lines.first[0], _line_at(view, lines)), ())
    if not amounts:
        return False
    box = amounts[-1].box
    headings = [
        piece for piece in view.pieces[lines.first[0]]
        if piece.end <= lines.first[1] and box.top - piece.box.top < _HEAD
        and same_column(piece.box, box, _ALIGNED)
    ]  # fmt: skip
    return any(_WITHOUT_VAT.search(folded(piece.text)) for piece in headings)


def _line_at(view: PageView, lines: FoundLines) -> int:
    page, start, _ = lines.first
    return next(piece.line for piece in view.pieces[page] if piece.start >= start)


def _columns(rows: Sequence[_LineRow], *, by_left: bool = False) -> Iterator[list[_LineRow]]:
    """Give the rows whose amounts end at one place, or begin there, the fullest column first."""
    columns: list[list[_LineRow]] = []
    for row in rows:
        for column in columns:
            first, box = column[0].net.box, row.net.box
            if abs(first.left - box.left if by_left else first.right - box.right) < _ALIGNED:
                column.append(row)
                break
        else:
            columns.append([row])
    yield from sorted(columns, key=len, reverse=True)


def _closing_lines(
    rows: Sequence[_LineRow], net: Decimal, changes: Mapping[str, Sequence[PlacedValue[PageAmount]]]
) -> FoundLines | None:
    """Give the rows where they make the net total, with at most one allowance and one charge."""
    total = sum((row.net.value.amount for row in rows), ZERO)
    lines = tuple(_line(row, number) for number, row in enumerate(rows, start=1))
    first = rows[0].page, rows[0].start, rows[0].end
    if same_amount(total, net):
        return FoundLines(lines=lines, total=total, first=first)
    for allowance in (None, *changes["allowance"]):
        for charge in (None, *changes["charge"]):
            deducted = abs(allowance.value.amount) if allowance else ZERO
            added = abs(charge.value.amount) if charge else ZERO
            if (allowance or charge) and same_amount(total - deducted + added, net):
                return FoundLines(lines=lines, total=total, allowances=allowance, charges=charge, first=first)
    return None


def _line(row: _LineRow, number: int) -> InvoiceLine:
    return InvoiceLine(
        id=str(number), name=row.name or None, quantity=row.quantity, unit=row.unit, unit_price=row.price,
        net=row.net.value.amount, vat_rate=row.rate,
    )  # fmt: skip


def _allowances_and_charges(view: PageView) -> dict[str, list[PlacedValue[PageAmount]]]:
    """Give the printed discounts and charges on the whole invoice, by what their labels say."""
    changes: dict[str, list[PlacedValue[PageAmount]]] = {"allowance": [], "charge": []}
    for label in view.labels_of("other_amount"):
        text = view.text_of(label)
        less = names_term("discount", text)
        kind = "allowance" if less else "charge" if names_term("charge", text) else ""
        spots = view.money_on(label.page, label.line)
        following = [s for s in spots if s.start >= label.end and not s.value.percent and s.value.amount]
        if kind and label.piece_start and following and len(changes[kind]) < _MOST_CHANGES:
            changes[kind].append(following[-1])
    return changes


def _rows(view: PageView, *, anywhere: bool = False) -> Iterator[_LineRow]:
    """Give what may be lines: rows with words and an amount that no label of a sum begins.

    The net is the last amount of a row without a day; *anywhere*, each of its amounts may be, in any row.
    """
    sums = {(label.page, label.line) for label in view.labels_of(*AMOUNT_FIELDS) if label.piece_start}
    sums |= set() if anywhere else {(s.page, s.line) for s in view.dates}
    names: list[str] = []
    page = -1
    for number, pieces in view.lines():
        if number != page:
            page, names = number, []
        at = number, pieces[0].line
        spots = list(view.amounts_by_line.get(at, ()))
        money = [s for s in spots if s.value.money and not s.value.percent]
        words = _words(pieces, spots)
        if (
            not money
            or not money[-1].value.cents
            or not (money[-1].value.amount or _product(spots, money[-1]))
        ):
            names = [words] if words and not spots else []
            continue
        if at in sums and not _product(spots, money[-1]):
            continue
        for spot in money if anywhere else money[-1:]:
            yield _row(number, pieces, spots, spot, words or " ".join(names))
        names = []


def _words(pieces: Sequence[Piece], spots: Sequence[PlacedValue[PageAmount]]) -> str:
    """Give the longest stretch of words on a line, without the numbers at its ends."""
    amount_pieces = {s.piece for s in spots}
    texts = [re.sub(r"^\d{1,3}[.)]?\s+(?=\S)", "", p.text) for p in pieces]
    worded = [t for t in texts if len(re.findall(r"[^\W\d_]", t)) > 2 and not _UNIT.match(t)]
    return max(worded, key=len, default="") if amount_pieces or worded else ""


def _row(
    page: int,
    pieces: Sequence[Piece],
    spots: Sequence[PlacedValue[PageAmount]],
    net: PlacedValue[PageAmount],
    words: str,
) -> _LineRow:
    product = _product(spots, net)
    discount = product[2] if product else ZERO
    percentages = [s.value.amount for s in spots if s.value.percent and s.value.amount != (discount or None)]
    rates = [rate for rate in percentages if rate in (*KNOWN_RATES, ZERO)]
    units = [p.text for p in pieces if _UNIT.match(p.text) and p.text != words]
    return _LineRow(
        page=page, line=pieces[0].line, start=pieces[0].start, end=pieces[-1].end, net=net,
        quantity=product[0] if product else None, price=product[1] if product else None,
        rate=rates[0] if len(set(rates)) == 1 else None, name=words.strip(), unit=units[0] if units else None,
    )  # fmt: skip


def _product(
    spots: Sequence[PlacedValue[PageAmount]], net: PlacedValue[PageAmount]
) -> tuple[Decimal, Decimal, Decimal] | None:
    """Find quantity and price whose product an amount is, less a percentage (0 where there is none)."""
    before = [s for s in spots if s.end <= net.start] or [s for s in spots if s is not net]
    discounts = {ZERO, *(s.value.amount for s in before if ZERO < s.value.amount < 100)}
    numbers = [s for s in before if not s.value.percent]
    for first, second in reversed(list(combinations(numbers, 2))):
        undiscounted = first.value.amount * second.value.amount
        for discount in sorted(discounts):
            product = (undiscounted * (100 - discount) / 100).quantize(CENT, rounding=ROUND_HALF_UP)
            if undiscounted and same_amount(product, net.value.amount, CENT if abs(product) > 1 else ZERO):
                return (*_quantity_and_price(first, second), discount)
    return None


def _quantity_and_price(
    first: PlacedValue[PageAmount], second: PlacedValue[PageAmount]
) -> tuple[Decimal, Decimal]:
    """Tell quantity and price apart: the price has a currency or decimals, else it stands behind."""
    integral = [spot.value.amount.as_tuple().exponent == 0 for spot in (first, second)]
    price_first = (first.value.money and not second.value.money) or integral == [False, True]
    quantity, price = (second, first) if price_first else (first, second)
    return quantity.value.amount, price.value.amount


def net_of_column(view: PageView, total: Finding) -> dict[str, Finding]:
    """Take the only total as the net one too, where it sums a column that is headed as without VAT."""
    found = find_lines(view, total.value)
    if found is None or not is_net_column(view, found):
        return {}
    note = say("It sums a column that is headed as without VAT.")
    return {"total_net": replace(total, note=note), "lines": Finding(value=found.lines, quote=total.quote)}
