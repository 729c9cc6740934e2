"""Find the amounts that labels name as net, VAT, total, due or paid, and how well each fits.

A label stands before its amount, over it, or in a row of headings over as many amounts.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from decimal import Decimal

from smeflow.invoices.page.vat_and_payment import WEAK_LABEL, AmountFit, FitTable, in_mention, names_term
from smeflow.invoices.page.view import (
    AMOUNT_FIELDS,
    LabelledValue,
    PageAmount,
    PageView,
    PlacedLabel,
    PlacedValue,
    by_line,
    once,
)

_STRONG = 3.0
SUMMED = 2.6
"""What an amount scores that a heading names, or that sums VAT by rate."""
_SUMMED_FIELDS = AMOUNT_FIELDS - {"prepaid"}


def size_of(amount: Decimal, *, credit: bool) -> Decimal:
    """Give an amount as it counts: of a *credit* note without its sign."""
    return abs(amount) if credit else amount


@once
def fits_of_field(view: PageView, name: str, *, credit: bool) -> FitTable:
    """Score the amounts that stand beside the labels of a field."""
    table: FitTable = {}
    last = len(view.pages) - 1
    cents = view.recognised and _prints_cents(view)  # an amount without them has lost its comma
    spots = [
        s
        for s in view.amounts
        if not s.value.percent and not (cents and s.value.amount and not s.value.cents)
    ]
    money, any_sum = by_line(s for s in spots if s.value.money), by_line(spots)
    for label in view.labels_of(name):
        strong = _STRONG if not label.hit.weak else WEAK_LABEL
        if name == "total_vat" and in_mention(view, label):
            continue  # "TVA non applicable" names no amount
        links = [n for n in view.links(label, money, stops=AMOUNT_FIELDS) if not _ends_sentence(view, n)]
        if not links and not label.hit.weak and not _prints_cents(view):
            links = [
                n
                for n in view.links(label, any_sum, stops=AMOUNT_FIELDS)
                if _may_be_total(view, n.spot, label)
            ]
        for order, link in enumerate(links[:4]):
            score = strong - link.cost - (0.6 if order and name != "total_vat" else 0.0)
            score += 0.2 if link.spot.page == last else 0.0
            amount = size_of(link.spot.value.amount, credit=credit)
            keep_better(table, amount, AmountFit(score, link.spot))
    for spot in (*_under_headings(view, name), *_in_order(view, name)):
        keep_better(table, size_of(spot.value.amount, credit=credit), AmountFit(SUMMED, spot))
    return table


def _ends_sentence(view: PageView, link: LabelledValue[PageAmount]) -> bool:
    """Tell whether a sentence ends between a label and an amount: what the next one says is its own."""
    if link.spot.line != link.label.line or link.spot.page != link.label.page:
        return False
    return _SENTENCE.search(view.pages[link.spot.page].text, link.label.end, link.spot.start) is not None


_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?]\s+[A-ZÀ-Ý][a-zà-ÿ]+\s")


def _in_order(view: PageView, name: str) -> Iterator[PlacedValue[PageAmount]]:
    """Give the amounts that a row of labels names in order: as many stand on the next line."""
    rows = {(label.page, label.line): None for label in view.labels_of(name)}
    on_line = by_line(label for label in view.labels if label.hit.field in AMOUNT_FIELDS)
    for page, line in rows:
        spots = view.money_on(page, line + 1)
        if len(spots) < _LEAST_ROW or view.money_on(page, line):
            continue
        labels = on_line.get((page, line), ())
        starts = sorted({label.start for label in labels})
        if len(starts) != len(spots):
            continue
        if len(view.money_on(page, line + 2)) >= len(spots):
            continue  # it is the first of the rows of a table
        for start, spot in zip(starts, spots, strict=True):
            if any(o.start == start and o.hit.field == name for o in labels):
                yield spot


_LEAST_ROW = 3
"""Fewer labels in a row may head something else."""


def keep_better(table: FitTable, amount: Decimal, fit: AmountFit) -> None:
    """Put a fit into a table where none is there that is as good."""
    if amount not in table or table[amount].score < fit.score:
        table[amount] = fit


def _under_headings(view: PageView, name: str) -> Iterable[PlacedValue[PageAmount]]:
    """Give the amounts of a line of totals that stand in the column headed by a label of the field.

    A heading that says little ("HT", "TTC") counts in a row that heads net, VAT and total. The line may be
    the difference that a correction makes.
    """
    lines = {
        (t.page, t.line) for t in view.labels if t.hit.weak and t.hit.field == "total_gross" and t.piece_start
    }
    lines |= {
        (number, pieces[0].line)
        for number, pieces in view.lines()
        if len(pieces[0].text) < _SHORT_NAME and names_term("difference", pieces[0].text)
    }
    headings = by_line(view.labels_of(*_SUMMED_FIELDS) if lines else ())
    heading_rows = {
        place: telling
        for place, row in headings.items()
        if (telling := [h for h in row if not h.hit.weak or {o.hit.field for o in row} >= _OF_A_SUM])
    }
    rows_of: dict[int, list[int]] = {}
    for page, line in sorted(heading_rows):
        rows_of.setdefault(page, []).append(line)
    for page, line in sorted(lines):
        spots, above = view.money_on(page, line), rows_of.get(page, [])
        nearest = bisect_left(above, line)
        for spot in spots if len(spots) > 1 else ():
            rows = (heading_rows[page, above[n]] for n in range(nearest - 1, -1, -1))
            over = (row for row in ([h for h in row if _is_over(h, spot)] for row in rows) if row)
            if any(h.hit.field == name for h in next(over, ())):
                yield spot


def _is_over(heading: PlacedLabel, spot: PlacedValue[PageAmount]) -> bool:
    return heading.box.left < spot.box.right and spot.box.left < heading.box.right + 0.03


_SHORT_NAME = 30
_OF_A_SUM = frozenset({"total_net", "total_vat", "total_gross"})


def _may_be_total(view: PageView, spot: PlacedValue[PageAmount], label: PlacedLabel) -> bool:
    """Tell whether an amount without decimals may be a total: it ends its piece beside the label."""
    piece = view.piece_of(spot)
    text = view.text_of(spot)
    digits = text.strip("+-").replace(" ", "")
    return spot.line == label.line and spot.end == piece.end and digits.isdigit() and len(text) < 9


def _prints_cents(view: PageView) -> bool:
    """Tell whether the document prints cents at all."""
    return any(spot.value.cents for spot in view.amounts)
