"""VAT by rate: the rates charged somewhere, the rows of a table of rates, and VAT at several of them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from smeflow._text import folded
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.vat_and_payment import Exemption, find_exemptions
from smeflow.invoices.page.view import PageAmount, PageView, PlacedValue, once
from smeflow.invoices.record_parts import VatBreakdown

_RATES = "2.1 2.6 3 3.8 4 4.8 5 5.5 6 7 7.7 8 8.1 8.5 9 9.5 10 12 13 13.5 14 15 16 17 18 19 20 21 22 23 25 27"
KNOWN_RATES = tuple(Decimal(rate) for rate in _RATES.split(" "))
"""Rates of VAT in Europe, and of GST and sales taxes elsewhere, in per cent."""
_RATE_TEXT = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_TENFOLD = {Decimal(10)}
"""Ten pieces at 4.50 look like 10 % of 45.00."""
_BARE_RATE = re.compile(r"(?<![\w.,])(\d{1,2}(?:[.,]\d{1,2})?)(?![\w.,%]|\s?[€$£])")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """A line of a table of rates: base, rate and VAT that fit together."""

    base: Decimal
    rate: Decimal
    amount: Decimal
    page: int
    line: int


_MOST_SUMS = 100
"""A line of more amounts is none of base, rate and tax; each would be held against each."""


@once
def rate_rows(view: PageView, *, credit: bool) -> list[RateRow]:
    """Find the lines on which base times a printed rate makes an amount of VAT."""
    rows: list[RateRow] = []
    for number, pieces in view.lines():
        text = "  ".join(piece.text for piece in pieces)
        spots = view.money_on(number, pieces[0].line)
        if len(spots) > _MOST_SUMS:
            continue
        sums = [
            abs(spot.value.amount) if credit or view.text_of(spot)[:1] == "(" else spot.value.amount
            for spot in spots
        ]
        rates = {Decimal(r.replace(",", ".")) for r in _RATE_TEXT.findall(text)}
        if not rates:
            rates = {Decimal(r.replace(",", ".")) for r in _BARE_RATE.findall(text)} & set(KNOWN_RATES)
            rates -= _TENFOLD if re.search(r"[^\W\d_]{3}", text) else set()
        fits = {
            (base, rate, amount)
            for base, amount in (*combinations(sums, 2), *((b, a) for a, b in combinations(sums, 2)))
            for rate in rates
            if rate > 0 and amount > 0 and base > amount and same_amount(base * rate / 100, amount, CENT)
        }
        if len(fits) == 1:
            base, rate, amount = fits.pop()
            rows.append(RateRow(base=base, rate=rate, amount=amount, page=number, line=pieces[0].line))
    return rows


def proofs_by_sums(
    rows: Sequence[RateRow], printed: AbstractSet[Decimal]
) -> dict[tuple[Decimal, Decimal], float]:
    """Tell what net and VAT of each stretch of rate rows prove.

    A stretch whose sums are printed proves them; a part of it is then one rate among several, and no total.
    """
    parts = row_stretches(rows)
    printed_parts = [p for p in parts if len(p) > 1 and _net(p) in printed and _vat(p) in printed]
    proofs: dict[tuple[Decimal, Decimal], float] = {}
    for part in parts:
        is_part = any(len(w) > len(part) and all(row in w for row in part) for w in printed_parts)
        key = _net(part), _vat(part)
        proofs[key] = max(proofs.get(key, -9.0), -3.0 if is_part else 1.5)
    return proofs


def _net(rows: Sequence[RateRow]) -> Decimal:
    return sum((row.base for row in rows), ZERO)


def _vat(rows: Sequence[RateRow]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)


def row_stretches(rows: Sequence[RateRow]) -> list[Sequence[RateRow]]:
    """Give the stretches of neighbouring rows."""
    return [rows[i:j] for i in range(len(rows)) for j in range(i + 1, min(len(rows), i + 8) + 1)]


def breakdown(
    view: PageView, rows: Sequence[RateRow], values: tuple[Decimal, Decimal, Decimal]
) -> tuple[VatBreakdown, ...]:
    """Give the VAT per rate where rows were found that make up the totals, or one rate does.

    What is left of the net without VAT needs a mention that says why. Of two mentions the one
    beside the amounts counts ("articles 262 ter and/or 283-2" below them decides nothing); else neither.
    """
    net, vat, _ = values
    mentions = find_exemptions(view)
    candidates = [m for m in mentions if m.summed] if len(mentions) > 1 else mentions
    exemption = candidates[0] if len(candidates) == 1 else None
    for part in row_stretches(rows):
        if (_net(part), _vat(part)) == (net, vat):
            return tuple(_taxed_part(row.rate, row.base, row.amount) for row in part)
    for part in row_stretches(rows) if exemption else ():
        if exemption and _vat(part) == vat and _net(part) < net:
            taxed = (_taxed_part(row.rate, row.base, row.amount) for row in part)
            return (*taxed, _exempt_part(exemption, net - _net(part)))
    for part in row_stretches(rows):
        if _vat(part) == vat and _net(part) < net and net - _net(part) in _untaxed_bases(view):
            taxed = (_taxed_part(row.rate, row.base, row.amount) for row in part)
            return (*taxed, VatBreakdown(category="Z", rate=ZERO, base=net - _net(part), amount=ZERO))
    if vat == ZERO and net > ZERO:
        rated = (
            (VatBreakdown(category="Z", rate=ZERO, base=net, amount=ZERO),) if _is_zero_rated(view) else ()
        )
        return (_exempt_part(exemption, net),) if exemption else rated
    rates = {s.value.amount for s in view.amounts if s.value.percent} & set(KNOWN_RATES)
    fitting = [rate for rate in rates if same_amount(net * rate / 100, vat, CENT)]
    return (_taxed_part(fitting[0], net, vat),) if len(fitting) == 1 and not rows else ()


def _untaxed_bases(view: PageView) -> frozenset[Decimal]:
    """Give the amounts that stand in a row of rates at 0 %, with VAT of nothing."""
    return frozenset(
        abs(spot.value.amount)
        for row in _zero_rows(view)
        for spot in row
        if any(not other.value.amount for other in row)
    )


def _zero_rows(view: PageView) -> Iterator[Sequence[PlacedValue[PageAmount]]]:
    for number, pieces in view.lines():
        if _ZERO_RATE.search("  ".join(piece.text for piece in pieces)):
            yield view.money_on(number, pieces[0].line)


_ZERO_RATE = re.compile(r"(?<![\d.,])0(?:[.,]0{1,2})?\s?%")


def _is_zero_rated(view: PageView) -> bool:
    """Tell whether VAT of nothing is printed at 0 %: "VAT @ 0 %: 0.00"."""
    lines = {(label.page, label.line) for label in view.labels_of("total_vat")}
    rows = [row for row in _zero_rows(view) if row and (row[0].page, row[0].line) in lines]
    return bool(rows) and all(not row[-1].value.amount for row in rows)


def sales_tax_rates(view: PageView) -> frozenset[Decimal]:
    """Give the rates printed beside a sales tax: America's states and towns each set their own."""
    behind = (
        _TAX_RATE.match(view.text_behind(label))
        for label in view.labels_of("total_vat")
        if "sales tax" in folded(view.text_of(label))
    )
    rates = (Decimal(match[1].replace(",", ".")) for match in behind if match)
    return frozenset(rate for rate in rates if 0 < rate <= _MOST_SALES_TAX)


_TAX_RATE = re.compile(r"\W{0,4}(\d{1,2}(?:[.,]\d{1,3})?)\s?(?:%|\))")
_MOST_SALES_TAX = 13
"""Per cent; no state, county and town together take more."""


def bare_rates(view: PageView) -> frozenset[Decimal]:
    """Give the known rates that stand right behind a label of VAT, without a sign: "TVA 5,5"."""
    behind = (_BARE_BEHIND.match(view.text_behind(label)) for label in view.labels_of("total_vat"))
    return frozenset(Decimal(m[1].replace(",", ".")) for m in behind if m) & frozenset(KNOWN_RATES)


_BARE_BEHIND = re.compile(r"[\s:@(]{0,3}(\d{1,2}(?:[.,]\d)?)(?![\d.,]*\d)(?!\s?%)")


def _taxed_part(rate: Decimal, base: Decimal, amount: Decimal) -> VatBreakdown:
    return VatBreakdown(category="S", rate=rate, base=base, amount=amount)


def _exempt_part(mention: Exemption, base: Decimal) -> VatBreakdown:
    reason = mention.quote.text.strip()
    return VatBreakdown(category=mention.category, rate=ZERO, base=base, amount=ZERO, exemption=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedTax:
    """An amount of VAT and the rate that makes it; what is taxed need not be printed."""

    rate: Decimal
    spot: PlacedValue[PageAmount]


_MOST_RATES = 4


@once
def taxes_at_rates(view: PageView, net: Decimal, gross: Decimal) -> tuple[RatedTax, ...]:
    """Find the VAT at two or three printed rates that lies between net and gross; nothing where none does.

    Two equations tell it, whatever stands beside the amounts: together they are the difference, and what is
    taxed by them is the net. Each rounds by half a cent.
    """
    printed: dict[Decimal, PlacedValue[PageAmount]] = {}
    for spot in view.amounts:
        if spot.value.money:
            printed.setdefault(abs(spot.value.amount), spot)
    named = {s.value.amount for s in view.amounts if s.value.percent} & set(KNOWN_RATES) | bare_rates(view)
    rates = sorted(rate for rate in named if rate > 0)
    tax, net = abs(gross - net), abs(net)
    solutions = [
        *(s for pair in combinations(rates, 2) for s in _solved(pair, net, tax, printed)),
        *(
            ((third, more), *rest)
            for third in rates
            for pair in combinations([rate for rate in rates if rate != third], 2)
            for more in printed
            if 0 < more < tax
            for rest in _solved(pair, net - more * 100 / third, tax - more, printed, loose=third)
        ),
    ] if 1 < len(rates) <= _MOST_RATES and 0 < tax < net else []  # fmt: skip
    found = {frozenset(solution) for solution in solutions}
    if len(found) != 1:
        return ()
    return tuple(RatedTax(rate=rate, spot=printed[amount]) for rate, amount in sorted(next(iter(found))))


def taxed_parts(view: PageView, values: tuple[Decimal, Decimal, Decimal]) -> tuple[VatBreakdown, ...]:
    """Give the VAT at each rate of net, VAT and gross, where what is taxed is not printed."""
    taxes = taxes_at_rates(view, values[0], values[2])
    return tuple(VatBreakdown(category="S", rate=t.rate, amount=abs(t.spot.value.amount)) for t in taxes)


def _solved(
    pair: tuple[Decimal, ...],
    net: Decimal,
    tax: Decimal,
    printed: Mapping[Decimal, object],
    *,
    loose: Decimal | None = None,
) -> Iterator[tuple[tuple[Decimal, Decimal], ...]]:
    """Give the printed VAT at two rates that together are *tax*, on what together is *net*."""
    low, high = pair
    first = (net - tax * 100 / high) / (100 / low - 100 / high)
    slack = sum((_HALF_CENT * 100 / rate for rate in (*pair, *([loose] if loose else []))), CENT)
    for amount in (first.quantize(CENT) + step * CENT for step in range(-2, 3)):
        rest = tax - amount
        taxed = amount * 100 / low + rest * 100 / high
        if amount in printed and rest in printed and min(amount, rest) > 0 and abs(taxed - net) <= slack:
            yield (low, amount), (high, rest)


_HALF_CENT = Decimal("0.005")


def makes_total(view: PageView, gross: Decimal, nets: Iterable[Decimal]) -> bool:
    """Tell whether the rows of several rates, or VAT at several on one of some nets, make a total."""
    stretches = row_stretches(rate_rows(view, credit=True))
    by_rows = any(len(rows) > 1 and sum(r.base + r.amount for r in rows) == gross for rows in stretches)
    return by_rows or any(taxes_at_rates(view, net, gross) for net in nets if net < gross)
