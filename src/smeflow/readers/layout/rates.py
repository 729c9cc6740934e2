"""Read the tables of rates: lines on which base times rate is VAT, what they prove, and the VAT per rate."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from smeflow.readers.arithmetic import CENT, ZERO, same
from smeflow.readers.layout.exemptions import Exemption, find_exemptions
from smeflow.readers.layout.view import View
from smeflow.records import VatBreakdown

_RATES = "2.1 2.6 3 3.8 4 4.8 5 5.5 6 7 7.7 8 8.1 8.5 9 9.5 10 12 13 13.5 14 15 16 17 18 19 20 21 22 23 25 27"
RATES = tuple(Decimal(rate) for rate in _RATES.split(" "))
"""Rates of VAT in Europe, and of GST and sales taxes elsewhere, in per cent."""
_RATE_TEXT = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_TENFOLD = {Decimal(10)}
"""Ten pieces at 4.50 look like 10 % of 45.00."""
_BARE_RATE = re.compile(r"(?<![\w.,])(\d{1,2}(?:[.,]\d{1,2})?)(?![\w.,%]|\s?[€$£])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a table of rates: base, rate and VAT that fit together."""

    base: Decimal
    rate: Decimal
    amount: Decimal
    page: int
    line: int


def rate_rows(view: View, *, credit: bool) -> list[Row]:
    """Find the lines on which base times a printed rate makes an amount of VAT."""
    rows: list[Row] = []
    for number, pieces in view.lines():
        text = "  ".join(piece.text for piece in pieces)
        sums = [
            abs(s.value.amount) if credit else s.value.amount
            for s in view.sums_by_line.get((number, pieces[0].line), ())
            if s.value.money
        ]
        rates = {Decimal(r.replace(",", ".")) for r in _RATE_TEXT.findall(text)}
        if not rates:
            rates = {Decimal(r.replace(",", ".")) for r in _BARE_RATE.findall(text)} & set(RATES)
            rates -= _TENFOLD if re.search(r"[^\W\d_]{3}", text) else set()
        fits = {
            (base, rate, amount)
            for base, amount in (*combinations(sums, 2), *((b, a) for a, b in combinations(sums, 2)))
            for rate in rates
            if rate > 0 and amount > 0 and base > amount and same(base * rate / 100, amount, CENT)
        }
        if len(fits) == 1:
            base, rate, amount = fits.pop()
            rows.append(Row(base=base, rate=rate, amount=amount, page=number, line=pieces[0].line))
    return rows


def summed(rows: Sequence[Row], printed: AbstractSet[Decimal]) -> dict[tuple[Decimal, Decimal], float]:
    """Tell what net and VAT of each stretch of rate rows prove.

    A stretch whose sums are printed proves them; a part of it is then one rate among several, and no total.
    """
    parts = parts_of(rows)
    whole = [p for p in parts if len(p) > 1 and _net(p) in printed and _vat(p) in printed]
    proofs: dict[tuple[Decimal, Decimal], float] = {}
    for part in parts:
        inner = any(len(w) > len(part) and all(row in w for row in part) for w in whole)
        proofs[_net(part), _vat(part)] = max(
            proofs.get((_net(part), _vat(part)), -9.0), -3.0 if inner else 1.5
        )
    return proofs


def _net(rows: Sequence[Row]) -> Decimal:
    return sum((row.base for row in rows), ZERO)


def _vat(rows: Sequence[Row]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)


def parts_of(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Give the stretches of neighbouring rows."""
    return [rows[i:j] for i in range(len(rows)) for j in range(i + 1, min(len(rows), i + 8) + 1)]


def breakdown(
    view: View, rows: Sequence[Row], values: tuple[Decimal, Decimal, Decimal]
) -> tuple[VatBreakdown, ...]:
    """Give the VAT per rate where rows were found that make up the totals, or one rate does.

    What is left of the net without VAT needs a mention that says why. Of two mentions the one
    beside the amounts counts ("articles 262 ter and/or 283-2" below them decides nothing); else neither.
    """
    net, vat, _ = values
    mentions = find_exemptions(view)
    beside = [m for m in mentions if m.summed] if len(mentions) > 1 else mentions
    why = beside[0] if len(beside) == 1 else None
    for part in parts_of(rows):
        if (_net(part), _vat(part)) == (net, vat):
            return tuple(_taxed_part(r.rate, r.base, r.amount) for r in part)
    for part in parts_of(rows) if why else ():
        if _vat(part) == vat and _net(part) < net:
            return (*(_taxed_part(r.rate, r.base, r.amount) for r in part), _free(why, net - _net(part)))
    if vat == ZERO and net > ZERO:
        return (_free(why, net),) if why else ()
    rates = {s.value.amount for s in view.sums if s.value.percent} & set(RATES)
    fitting = [rate for rate in rates if same(net * rate / 100, vat, CENT)]
    return (_taxed_part(fitting[0], net, vat),) if len(fitting) == 1 and not rows else ()


def _taxed_part(rate: Decimal, base: Decimal, amount: Decimal) -> VatBreakdown:
    return VatBreakdown(category="S", rate=rate, base=base, amount=amount)


def _free(why: Exemption | None, base: Decimal) -> VatBreakdown:
    if why is None:
        return VatBreakdown(rate=ZERO, base=base, amount=ZERO)
    return VatBreakdown(
        category=why.category, rate=ZERO, base=base, amount=ZERO, exemption=why.quote.text.strip()
    )
