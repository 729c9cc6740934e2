"""Tell which sums of a page are not this paper's: what was before, a whole order, an early payment, a year.

A line says so, or the heading of a column, or words over a box of sums of its own. Words for each are in
``sum_terms.json``. What else is printed of the same amount keeps it among this paper's.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

from smeflow.documents.page_text import Piece, box_of
from smeflow.extract.labels import LabelHit
from smeflow.invoices.page.vat_and_payment import names_term
from smeflow.invoices.page.view import AMOUNT_FIELDS, PageAmount, PageView, PlacedValue, once, same_column

Spot = PlacedValue[PageAmount]
_LONGEST_HEADING = 80
_LONGEST_OVER_BOX = 110
_MOST_IN_BOX = 12
"""Amounts under a heading that are tried against each other."""
_NEAR = 6.6
"""How many letters' heights below its heading a box of sums begins at most."""
_DEEP = 16
"""How many letters' heights below its heading its total stands at most."""
_LEAST_EARLY = Decimal("0.9")
"""No more than a tenth is taken off for paying early."""
_ROUNDED = Decimal("0.03")
_OTHER_PAPERS = frozenset({"order_reference", "preceding_invoice", "other_number"})


@once
def amounts_aside(view: PageView) -> frozenset[Decimal]:
    """Give the amounts that are printed only as another's: of before, from the beginning, of a whole order.

    The line on which they stand says so, the heading of their column, as in a statement of works
    ("cumulative", "previous", "this month"), or words over a box of sums.
    """
    headings = [(number, piece) for number, piece in view.all_pieces() if _speaks_of_before(piece.text)]
    boxed = {(spot.page, spot.start) for box in _boxes_of_others(view) for spot in box}
    if not headings and not boxed:
        return frozenset()
    aside: dict[Decimal, bool] = {}
    for spot in view.amounts:
        amount = abs(spot.value.amount)
        aside[amount] = aside.get(amount, True) and (
            (spot.page, spot.start) in boxed
            or any(n == spot.page and p.line == spot.line and p.start < spot.start for n, p in headings)
            or _is_headed(view, spot, headings)
        )
    return frozenset(amount for amount, only in aside.items() if only)


def _speaks_of_before(text: str) -> bool:
    short = len(text) < _LONGEST_HEADING
    return short and any(names_term(kind, text) for kind in ("before", "cumulative", "corrected", "account"))


def _is_headed(view: PageView, spot: Spot, headings: Sequence[tuple[int, Piece]]) -> bool:
    """Tell whether the nearest words over an amount in its column are one of *headings*.

    Of the headings of several columns in one piece ("Cumul Précédent Situation") those over the amount count.
    """
    above = [
        p for p in view.pieces[spot.page]
        if p.line < spot.line and same_column(p.box, spot.box) and not any(map(str.isdigit, p.text))
    ]  # fmt: skip
    if not above or not any(n == spot.page and p is above[-1] for n, p in headings):
        return False
    over = [
        word[0]
        for word in re.finditer(r"\S+", above[-1].text)
        if (
            box := box_of(view.pages[spot.page], above[-1].start + word.start(), above[-1].start + word.end())
        )
        and same_column(box, spot.box)
    ]
    return not over or _speaks_of_before(" ".join(over)) or len(above[-1].text.split()) > _MOST_COLUMNS


_MOST_COLUMNS = 4
"""Words of a piece that may be as many headings; more are a sentence."""


def _boxes_of_others(view: PageView) -> Iterator[tuple[Spot, Spot, Spot]]:
    """Give net, VAT and total that stand under words for something else than this paper's sums.

    Only where other sums are left: of a whole order this paper's are less, and of an early payment all three
    are more in one proportion.
    """
    headings = [
        (number, piece, kind)
        for number, piece in view.all_pieces()
        if len(piece.text) < _LONGEST_OVER_BOX
        for kind in ("early payment", "whole order", "for information")
        if names_term(kind, piece.text)
    ]
    if not headings:
        return
    sums = [_amounts(triple) for triple in _closed(_money(view))]
    for number, piece, kind in headings:
        box = _box_below(view, number, piece)
        if box is None:
            continue
        net, vat, gross = _amounts(box)
        others = [other for other in sums if other != (net, vat, gross)]
        if kind == "early payment":
            fits = any(_is_proportional((net, vat, gross), other) for other in others)
        else:
            fits = any(kind != "whole order" or other[2] < gross for other in others)
        if fits:
            yield box


def _box_below(view: PageView, number: int, heading: Piece) -> tuple[Spot, Spot, Spot] | None:
    """Give the first net, VAT and total that add up below a heading, in its column or right of its left."""
    height = max(heading.box.height, 1e-6)
    below = [
        spot for spot in _money(view)
        if spot.page == number and 0 < (spot.box.top - heading.box.top) / height < _DEEP
        and spot.box.left > heading.box.left - 0.03
    ]  # fmt: skip
    if not below or (min(s.box.top for s in below) - heading.box.top) / height > _NEAR:
        return None
    found = {
        _amounts(box): box
        for spots in ([s for s in below if same_column(s.box, heading.box, 0.03)], below)
        if (box := _first_closed(spots)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _money(view: PageView) -> list[Spot]:
    return [spot for spot in view.amounts if spot.value.money and spot.value.amount]


def _first_closed(spots: Sequence[Spot]) -> tuple[Spot, Spot, Spot] | None:
    """Give the sums that close highest on the page; None where several close on that line."""
    ordered = sorted(spots[:_MOST_IN_BOX], key=lambda s: (round(s.box.top, 3), s.box.left))
    for end in range(3, len(ordered) + 1):
        closed = list(_closed(ordered[:end]))
        if closed:
            return closed[0] if len({_amounts(t) for t in closed}) == 1 else None
    return None


def _closed(spots: Sequence[Spot]) -> Iterator[tuple[Spot, Spot, Spot]]:
    """Give every net, VAT and total among some amounts of which the VAT is no more than a rate takes."""
    places = {abs(spot.value.amount): spot for spot in reversed(spots)}
    for larger, smaller in combinations(sorted(places, reverse=True)[:_MOST_TRIED], 2):
        if larger + smaller in places and smaller < larger * _HIGHEST:
            yield places[larger], places[smaller], places[larger + smaller]


_MOST_TRIED = 60
_HIGHEST = Decimal("0.28")
"""No rate of VAT in Europe takes more of the net."""


def _amounts(triple: tuple[Spot, Spot, Spot]) -> tuple[Decimal, Decimal, Decimal]:
    net, vat, gross = (abs(spot.value.amount) for spot in triple)
    return net, vat, gross


def _is_proportional(early: Sequence[Decimal], other: Sequence[Decimal]) -> bool:
    """Tell whether sums are others less one percentage of each."""
    share = early[2] / other[2]
    return _LEAST_EARLY <= share < 1 and all(
        abs(more * share - less) <= _ROUNDED for less, more in zip(early, other, strict=True)
    )


def takes_back(view: PageView) -> bool:
    """Tell whether the sums of a correction are all negative: what was invoiced before and after is aside."""
    less, more = ([s for s in _money(view) if (s.value.amount < 0) is negative] for negative in (True, False))
    aside = amounts_aside(view)
    own = [triple for triple in map(_amounts, _closed(less)) if not {*triple} <= aside]
    return bool(own) and all({*_amounts(other)} & aside for other in _closed(more))


def is_called_otherwise(view: PageView, spot: Spot) -> bool:
    """Tell whether what stands before an amount on its line says that it is another, or another paper's.

    The nearest label is that of a discount, a payment on account, a charge; or the piece names an order, a
    quote or an invoice before, with its number or day.
    """
    piece = view.piece_of(spot)
    before = [o for o in view.labels if (o.page, o.line) == (spot.page, spot.line) and o.end <= spot.start]
    sums = [o for o in before if o.hit.field in AMOUNT_FIELDS]
    if sums and _is_other(sums[-1].hit):
        return True
    named = [o for o in before if o.hit.field in _OTHER_PAPERS and o.start >= piece.start]
    text = view.pages[spot.page].text
    return any(any(map(str.isdigit, text[o.end : spot.start])) for o in named)


def is_converted(view: PageView, spots: Sequence[Spot], currency: str) -> bool:
    """Tell whether an amount is printed in other currencies alone, and nothing there adds up to it.

    A total turned into another currency stands by itself; sums that add up in it are a paper's own.
    """
    if not spots or any(spot.value.currency in (None, currency) for spot in spots):
        return False
    printed = {abs(spot.value.amount) for spot in _money(view)}
    amount = abs(spots[0].value.amount)
    return not any(amount - part in printed for part in printed if part < amount)


def is_in_row_of_another(view: PageView, spot: Spot, issued: date | None) -> bool:
    """Tell whether an amount stands in a row of sums that begins with another day: an invoice before this."""
    row = view.money_on(spot.page, spot.line)
    days = [d for d in view.dates if (d.page, d.line) == (spot.page, spot.line) and d.end <= row[0].start]
    return (
        bool(days) and all(issued not in (d.value.value, d.value.other) for d in days) and any(_closed(row))
    )


def _is_other(hit: LabelHit) -> bool:
    return hit.field in {"other_amount", "prepaid"} and not hit.weak


@once
def find_disbursement(view: PageView) -> Spot | None:
    """Find what the seller laid out in the buyer's name, where just one such amount is printed."""
    disbursed = [
        spots[-1]
        for number, pieces in view.lines()
        if names_term("laid out", " ".join(piece.text for piece in pieces))
        and (spots := view.money_on(number, pieces[0].line))
    ]
    return disbursed[0] if len(disbursed) == 1 and disbursed[0].value.amount > 0 else None
