"""Read the lines of an invoice, over all its pages. They are given only where they add up to a total.

No heading is needed: the amounts of lines stand in one column, from the first to where their sum is reached.
Rows that repeat the sum so far are no lines, nor are rows that labels call sums. Where all lines have a
product, the rows between them count for nothing. Which other numbers a line has tells `table_columns`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, islice, product

from smeflow._text import folded
from smeflow.documents.document import Box
from smeflow.i18n import say
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.table_columns import HEADING_REACH, Cells, cells_of
from smeflow.invoices.page.table_rows import ALIGNED, Number, TableRow, columns_of, rows_of
from smeflow.invoices.page.view import PageView, once, same_column
from smeflow.invoices.record import InvoiceLine
from smeflow.kinds.records import Finding

_MOST_CHANGES = 6
"""Of so many printed discounts and charges each choice of two is tried."""
_MOST_STARTS = 6
"""At so many places of a column its lines may begin."""


@dataclass(frozen=True, kw_only=True)
class FoundLines:
    """Lines that add up to a total, less the allowances and plus the charges that are printed."""

    lines: tuple[InvoiceLine, ...]
    total: Decimal
    allowances: tuple[Number, ...] = ()
    charges: tuple[Number, ...] = ()
    first: tuple[int, int, int] = (0, 0, 0)
    """Page index, start and end of the first line."""
    box: Box
    """Where the first line's amount stands."""


@dataclass(frozen=True, kw_only=True)
class _Closed:
    """Rows whose amounts make a total."""

    rows: list[TableRow]
    allowances: tuple[Number, ...] = ()
    charges: tuple[Number, ...] = ()


_Changes = Mapping[Decimal, tuple[tuple[Number, ...], tuple[Number, ...]]]
"""By what they add to a sum: allowances and charges."""
_NO_CHANGES: _Changes = {ZERO: ((), ())}


@once
def find_lines(
    view: PageView, net: Decimal, *, credit: bool = False, others: tuple[Decimal, ...] = ()
) -> FoundLines | None:
    """Find the lines that make *net*; None where no column of rows does. Of a *credit* note signs turn.

    Where *others* are given, VAT and total, a printed amount that is none of them may lie between the lines
    and the net, whatever it is called.
    """
    closed, sign = _closed_lines(view, net, credit=credit, others=others)
    if closed is None:
        return None
    cells = cells_of(view, closed.rows)
    lines = tuple(
        _line(row, cell, number, sign=sign, credit=credit)
        for number, (row, cell) in enumerate(zip(closed.rows, cells, strict=True), start=1)
    )
    total = sum((line.net for line in lines if line.net is not None), ZERO)
    return _found(closed, lines, total)


@once
def find_taxed_lines(view: PageView, gross: Decimal, others: tuple[Decimal, ...]) -> FoundLines | None:
    """Find the lines whose prices hold the tax: they make *gross*, and none is the net or VAT (*others*)."""
    closed, _ = _closed_lines(view, gross)
    if closed is None or not (len(closed.rows) > 1 or closed.rows[0].product):
        return None
    if any(row.net.value.amount in others and not row.product for row in closed.rows):
        return None
    cells = cells_of(view, closed.rows)
    lines = tuple(
        InvoiceLine(
            id=str(number), name=row.words or None, quantity=cell.quantity, unit=row.unit,
            gross=row.net.value.amount, vat_rate=cell.rate,
        )
        for number, (row, cell) in enumerate(zip(closed.rows, cells, strict=True), start=1)
    )  # fmt: skip
    return _found(closed, lines, gross)


def _found(closed: _Closed, lines: tuple[InvoiceLine, ...], total: Decimal) -> FoundLines:
    first = closed.rows[0]
    return FoundLines(
        lines=lines, total=total, allowances=closed.allowances, charges=closed.charges,
        first=(first.page, first.start, first.end), box=first.net.box,
    )  # fmt: skip


def _line(row: TableRow, cells: Cells, number: int, *, sign: int, credit: bool) -> InvoiceLine:
    """Make a line; where signs turn, those of net and quantity do, and of a credit note all are taken off."""
    quantity, price = cells.quantity, cells.price
    if sign < 0 and credit:
        quantity, price = (None if value is None else abs(value) for value in (quantity, price))
    elif sign < 0:
        quantity = None if quantity is None else -quantity
    return InvoiceLine(
        id=str(number), name=row.words or None, quantity=quantity, unit=row.unit, unit_price=price,
        net=sign * row.net.value.amount, vat_rate=cells.rate,
    )  # fmt: skip


def _closed_lines(
    view: PageView,
    total: Decimal,
    *,
    credit: bool = False,
    others: tuple[Decimal, ...] = (),
) -> tuple[_Closed | None, int]:
    """Give the rows that make a total, and the sign that turns their amounts into it."""
    for sign in (1, -1) if credit or total < 0 else (1,):
        for closed in _closings(view, sign * total, others=others):
            if sign > 0 or all(row.net.value.amount * sign * total >= 0 for row in closed.rows):
                return closed, sign
    return None, 1


def _closings(view: PageView, total: Decimal, *, others: tuple[Decimal, ...]) -> Iterator[_Closed]:
    """Give the choices of rows that make a total, the surest first: rows with a product, then stretches."""
    columns = columns_of(view)
    priced = [rows for column in columns if (rows := [row for row in column if row.product])]
    kinds = [_NO_CHANGES, *([_changes(view)] if total > 0 else [])]
    yield from (closed for terms in kinds for rows in priced if (closed := _close(rows, total, terms)))
    for terms, column in product(kinds, columns):
        for start in islice(_starts(column), _MOST_STARTS):
            closed = _close_stretch(column, start, total, terms)
            if closed and (len(closed.rows) > 1 or closed.rows[0].product or closed.rows[0].named):
                yield closed
    if others and total > 0:
        amounts = {amount: spot for amount, spot in _printed(view).items() if amount not in others}
        yield from (closed for rows in priced if (closed := _close_by_difference(rows, total, amounts)))


def _close_by_difference(
    rows: list[TableRow], total: Decimal, amounts: Mapping[Decimal, Number]
) -> _Closed | None:
    """Close rows whose sum is printed, and what lies between it and the total too, whatever it is called."""
    so_far = sum((row.net.value.amount for row in rows), ZERO)
    term = amounts.get(abs(total - so_far))
    if so_far not in amounts or term is None or len(rows) < _LEAST_ROWS:
        return None
    less = total < so_far
    return _Closed(rows=rows, allowances=(term,) if less else (), charges=() if less else (term,))


_LEAST_ROWS = 2
"""The sum of fewer rows is the row itself."""


def _close(rows: list[TableRow], total: Decimal, changes: _Changes) -> _Closed | None:
    missing = total - sum((row.net.value.amount for row in rows), ZERO)
    terms = changes.get(missing.quantize(CENT))
    return _Closed(rows=rows, allowances=terms[0], charges=terms[1]) if terms else None


def _starts(column: Sequence[TableRow]) -> Iterator[int]:
    """Give where the lines of a column may begin: at its top, at the first product, behind a sum."""
    yield 0
    first = next((index for index, row in enumerate(column) if row.product), 0)
    if first:
        yield first
    for index, row in enumerate(column[:-1]):
        if row.is_sum and not column[index + 1].is_sum and index + 1 != first:
            yield index + 1


def _close_stretch(
    column: Sequence[TableRow], start: int, total: Decimal, changes: _Changes
) -> _Closed | None:
    """Add the rows of a column up until they make a total; sums on the way are left out.

    A discount or charge is a line where another line follows, and a term of the total where none does. In a
    table without products a charge above the first sum is a line like any other.
    """
    lines: list[TableRow] = []
    pending: list[TableRow] = []
    so_far = of_group = of_pending = ZERO
    turned = -1 if total < 0 else 1
    unlike_lines = False
    for index in range(start, len(column)):
        row = column[index]
        amount = row.net.value.amount
        if not row.product and lines and amount in (so_far, of_group) and (len(lines) > 1 or row.is_sum):
            of_group, unlike_lines = ZERO, True
        elif row.change and (unlike_lines or row.change == "allowance"):
            pending.append(row)
            of_pending += -abs(amount) if row.change == "allowance" else abs(amount)
            if lines and same_amount(so_far + turned * of_pending, total):
                return _with_terms(lines, pending)
        elif row.product or row.change or (row.words and not row.is_sum):
            added = sum((line.net.value.amount for line in (*pending, row)), ZERO)
            so_far, of_group, of_pending = so_far + added, of_group + added, ZERO
            lines += [*pending, row]
            pending, unlike_lines = [], unlike_lines or row.product is not None
            terms = changes.get((total - so_far).quantize(CENT))
            if terms and so_far:
                free = _free_of_charge(column[index + 1 :])
                return _Closed(rows=[*lines, *free], allowances=terms[0], charges=terms[1])
    return _close(pending, total, _NO_CHANGES) if pending and not lines else None


def _with_terms(lines: list[TableRow], terms: Sequence[TableRow]) -> _Closed:
    found = {kind: tuple(row.net for row in terms if row.change == kind) for kind in ("allowance", "charge")}
    return _Closed(rows=lines, allowances=found["allowance"], charges=found["charge"])


def _free_of_charge(rows: Sequence[TableRow]) -> list[TableRow]:
    """Give the lines at nothing that follow the last one with an amount."""
    free = []
    for row in rows:
        if row.net.value.amount or row.is_sum or not row.product:
            break
        free.append(row)
    return free


_WITHOUT_VAT = re.compile(r"\bht\b|hors|ohne|excl|exkl|\bex\b|\bnet|w/o|without|before|senza|sin iva|netto")


def is_net_column(view: PageView, lines: FoundLines) -> bool:
    """Tell whether the heading over the lines' amounts says that they are without VAT."""
    headings = [
        piece for piece in view.pieces[lines.first[0]]
        if piece.end <= lines.first[1] and lines.box.top - piece.box.top < HEADING_REACH
        and same_column(piece.box, lines.box, ALIGNED)
    ]  # fmt: skip
    return any(_WITHOUT_VAT.search(folded(piece.text)) for piece in headings)


@once
def _printed(view: PageView) -> Mapping[Decimal, Number]:
    """Give the amounts of the pages, without their sign."""
    return {abs(spot.value.amount): spot for spot in view.amounts if spot.value.money}


@once
def _changes(view: PageView) -> _Changes:
    """Give what up to two printed discounts and two charges add to the lines, the fewest first."""
    terms: dict[str, dict[Decimal, Number]] = {"allowance": {}, "charge": {}}
    for row in rows_of(view):
        if (
            row.change
            and row.net is row.numbers[-1]
            and row.net.value.amount
            and len(terms[row.change]) < _MOST_CHANGES
        ):
            terms[row.change].setdefault(abs(row.net.value.amount), row.net)
    chosen: dict[Decimal, tuple[tuple[Number, ...], tuple[Number, ...]]] = {}
    choices = {
        name: [c for size in range(3) for c in combinations(found.values(), size)]
        for name, found in terms.items()
    }
    both = product(choices["allowance"], choices["charge"])
    for allowances, charges in sorted(both, key=lambda c: len(c[0]) + len(c[1])):
        added = sum((abs(n.value.amount) for n in charges), ZERO)
        added -= sum((abs(n.value.amount) for n in allowances), ZERO)
        chosen.setdefault(added.quantize(CENT), (allowances, charges))
    return chosen


def net_of_column(view: PageView, total: Finding) -> dict[str, Finding]:
    """Take the only total as the net one too, where it sums a column that is headed as without VAT."""
    found = find_lines(view, total.value)
    if found is None or not is_net_column(view, found):
        return {}
    note = say("It sums a column that is headed as without VAT.")
    return {"total_net": replace(total, note=note), "lines": Finding(value=found.lines, quote=total.quote)}


def line_findings(view: PageView, amounts: Mapping[str, Finding], *, credit: bool) -> dict[str, Finding]:
    """Give the lines where they add up to the net total, with what is taken off or added between them.

    Where none do, lines that make the total hold the tax: they have a gross amount and no net.
    """
    net, vat, gross = (amounts[name].value for name in ("total_net", "total_vat", "total_gross"))
    found = find_lines(view, net, credit=credit, others=(vat, gross))
    if vat and (found is None or not (len(found.lines) > 1 or found.lines[0].quantity)):
        taxed = find_taxed_lines(view, gross, (vat, net))
        if taxed and (found is None or len(taxed.lines) > 1):
            return {"lines": Finding(value=taxed.lines, quote=view.quote_span(*taxed.first))}
    if found is None:
        return {}
    quote = view.quote_span(*found.first)
    findings = {"lines": Finding(value=found.lines, quote=quote)}
    for name, terms in (("total_allowances", found.allowances), ("total_charges", found.charges)):
        if terms:
            value = sum((abs(term.value.amount) for term in terms), ZERO)
            note = say("Added up from {n} printed amounts.", n=len(terms)) if len(terms) > 1 else None
            findings[name] = Finding(value=value, quote=view.quote(terms[0]), note=note)
    if len(findings) > 1:
        note = say("Reckoned from the lines.")
        findings["total_lines"] = Finding(value=found.total, quote=quote, note=note)
    return findings
