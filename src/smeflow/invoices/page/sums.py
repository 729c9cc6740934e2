"""Which amounts of a page make sums with which: net and VAT a total, a total less a payment what is due.

Of sums that add up but for one that is not printed, the laws tell that one: BT-109 is what the lines make
with charges and without allowances, BT-112 is with VAT and before anything is paid, kept back or withheld.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import cached_property
from heapq import merge
from itertools import groupby

from smeflow.i18n import say
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.candidates import Candidate
from smeflow.invoices.page.vat_and_payment import (
    AmountFit,
    ChosenAmount,
    FitTable,
    deducted,
    find_exemptions,
    names_term,
)
from smeflow.invoices.page.vat_by_rate import KNOWN_RATES, RateRow, row_stretches, taxes_at_rates
from smeflow.invoices.page.view import PageAmount, PageView, PlacedValue
from smeflow.invoices.record_parts import VatBreakdown

_MOST = 60
"""Of the largest amounts that are tried against each other; a page of a long list has more."""
_MOST_ADDED = 200
"""Amounts of a column that are added up to find their sum under them."""
_COLUMN = 0.012
"""Right edges that are no further apart stand in one column, as shares of the width."""
_HIGHEST = Decimal("0.28")
"""No rate of VAT in Europe takes more of the net."""


class SumFacts:
    """The sums among the amounts of a page, found once; amounts in cents by their keys."""

    def __init__(self, amounts: Sequence[Candidate]) -> None:
        self._places = amounts
        keys = sorted({c.key for c in amounts}, key=Decimal, reverse=True)
        self.cents = {int(Decimal(key) * 100): key for key in keys[:_MOST] if Decimal(key) > 0}

    @cached_property
    def triples(self) -> tuple[tuple[int, int, int, bool], ...]:
        """Net, VAT and gross in cents that add up, the largest gross first, and whether a known rate fits."""
        triples = []
        values = list(self.cents)
        for place, gross in enumerate(values):
            for net in values[place + 1 :]:
                vat = gross - net
                if vat > float(_HIGHEST) * net:
                    break
                if vat in self.cents:
                    rated = any(abs(net * float(rate) / 100 - vat) <= 1.5 for rate in KNOWN_RATES)
                    triples.append((net, vat, gross, rated))
        return tuple(triples)

    @cached_property
    def _roles(self) -> dict[str, set[str]]:
        roles: dict[str, set[str]] = {}
        for order, (net, vat, gross, rated) in enumerate(self.triples):
            for cents, role in ((net, "N"), (vat, "V"), (gross, "G")):
                said = roles.setdefault(self.cents[cents], set())
                said.add(f"3{role}{'r' if rated else '~'}")
                if order == 0:
                    said.add(f"3{role}first")
        best = next((t for t in self.triples if t[3]), None)
        if best:
            for cents, role in zip(best, "NVG", strict=False):
                roles.setdefault(self.cents[cents], set()).add(f"3{role}best")
        return roles

    @cached_property
    def _columns(self) -> set[str]:
        """The keys of amounts that are the sum of two or more amounts above them in their column."""
        sums = set()
        above: dict[tuple[int, int], list[tuple[int, float, Decimal]]] = {}
        for _, line in groupby(enumerate(self._places), key=lambda place: (place[1].page, place[1].line)):
            on_line = [(order, c, Decimal(c.key)) for order, c in line]
            for _, candidate, wanted in on_line:
                total = Decimal(0)
                for count, amount in enumerate(_upwards(above, candidate), start=1):
                    total += amount
                    if count > 1 and total == wanted:
                        sums.add(candidate.key)
                    if total > wanted or count == _MOST_ADDED:
                        break
            for order, c, amount in on_line:
                column = c.page, int(c.box.right / _COLUMN)
                above.setdefault(column, []).append((order, c.box.right, amount))
        return sums

    @cached_property
    def _paid(self) -> dict[str, set[str]]:
        """The roles of amounts in "total less payment is due", for the totals of a sum with VAT."""
        roles: dict[str, set[str]] = {}
        for gross in {t[2] for t in self.triples}:
            for paid in self.cents:
                if 0 < paid < gross and gross - paid in self.cents and not self._is_vat(gross, paid):
                    roles.setdefault(self.cents[paid], set()).add("4P")
                    roles.setdefault(self.cents[gross - paid], set()).add("4D")
        return roles

    def _is_vat(self, gross: int, paid: int) -> bool:
        return any(t[2] == gross and paid in t[:2] for t in self.triples)

    def said(self, key: str) -> Iterator[str]:
        """Say which sums an amount is part of."""
        roles = self._roles.get(key, set())
        yield from sorted(roles)
        yield from sorted(self._paid.get(key, ()))
        if key in self._columns:
            yield "5sum"
        if not roles:
            yield f"3none{bool(self.triples)}"
        if key == "0.00":
            yield "0"


def _upwards(
    above: Mapping[tuple[int, int], Sequence[tuple[int, float, Decimal]]], candidate: Candidate
) -> Iterator[Decimal]:
    """Go up the column of an amount; *above* has order, right edge and amount by page and column."""
    right = candidate.box.right
    columns = (above.get((candidate.page, int(right / _COLUMN) + step), ()) for step in (-1, 0, 1))
    for _, edge, amount in merge(*map(reversed, columns), key=lambda other: -other[0]):
        if abs(edge - right) < _COLUMN:
            yield amount


Reckoned = tuple[float, dict[str, ChosenAmount]]
"""How well sums fit, and what they are."""
_RECKONED = 2.0
"""What a sum that is not printed scores: less than one beside its label."""


def reckoned_sums(
    view: PageView, tables: Mapping[str, FitTable], rows: Sequence[RateRow], printed: AbstractSet[Decimal]
) -> Iterator[Reckoned]:
    """Give net, VAT and gross where one of them is not printed, but follows from terms that are."""
    yield from _of_rates(view, tables["total_gross"], rows, printed)
    yield from _of_taxes(view, tables, printed)
    for vat, v in tables["total_vat"].items():
        if vat > 0 and v.score > 0:
            yield from _before_deductions(view, tables, printed, (vat, v))
            yield from _with_terms(view, tables, printed, (vat, v))


def _of_rates(
    view: PageView, grosses: FitTable, rows: Sequence[RateRow], printed: AbstractSet[Decimal]
) -> Iterator[Reckoned]:
    """Give the sums of the bases and of the VAT at each rate, where no net of all is printed."""
    for part in row_stretches(rows):
        net, vat = sum((r.base for r in part), ZERO), sum((r.amount for r in part), ZERO)
        g = grosses.get(net + vat)
        several = len(part) > 1 and len({row.rate for row in part}) == len(part)
        if several and g and g.score > 0 and net not in printed:
            spots = view.money_on(part[0].page, part[0].line)
            base = next(s for s in spots if abs(s.value.amount) == part[0].base)
            tax = next(s for s in spots if abs(s.value.amount) == part[0].amount)
            note = say("The sum of the VAT at each rate.")
            yield (
                g.score + 2 * _RECKONED,
                {
                    "total_net": ChosenAmount(
                        amount=net, quote=view.quote(base), note=say("The sum of what is taxed at each rate.")
                    ),
                    "total_vat": ChosenAmount(amount=vat, quote=view.quote(tax), note=note),
                    "total_gross": ChosenAmount(amount=net + vat, spot=g.spot),
                },
            )


def _of_taxes(
    view: PageView, tables: Mapping[str, FitTable], printed: AbstractSet[Decimal]
) -> Iterator[Reckoned]:
    """Give a labelled net and gross between which VAT at several rates lies, with no base and no sum."""
    for net, n in tables["total_net"].items():
        for gross, g in tables["total_gross"].items():
            if n.score > 0 and g.score > 0 and gross - net not in printed:
                taxes = taxes_at_rates(view, net, gross)
                if taxes:
                    note = say("The sum of the VAT at each rate.")
                    yield (
                        n.score + g.score + _RECKONED,
                        {
                            "total_net": ChosenAmount(amount=net, spot=n.spot),
                            "total_vat": ChosenAmount(
                                amount=gross - net, quote=view.quote(taxes[0].spot), note=note
                            ),
                            "total_gross": ChosenAmount(amount=gross, spot=g.spot),
                        },
                    )


def _before_deductions(
    view: PageView,
    tables: Mapping[str, FitTable],
    printed: AbstractSet[Decimal],
    tax: tuple[Decimal, AmountFit],
) -> Iterator[Reckoned]:
    """Give net, VAT and their sum where only what is left of it is printed: "IVA, IRPF, total a pagar"."""
    vat, v = tax
    for net, n in tables["total_net"].items():
        if n.score <= 0 or net + vat in printed or not _is_rated(vat, net):
            continue
        for due, d in {**tables["total_gross"], **tables["amount_due"]}.items():
            if 0 < due < net + vat and d.score > 0 and deducted(view, net + vat - due):
                note = say("Net and VAT, before anything is taken off.")
                yield (
                    n.score + v.score + _RECKONED,
                    {
                        "total_net": ChosenAmount(amount=net, spot=n.spot),
                        "total_vat": ChosenAmount(amount=vat, spot=v.spot),
                        "total_gross": ChosenAmount(amount=net + vat, quote=view.quote(n.spot), note=note),
                    },
                )


def _with_terms(
    view: PageView,
    tables: Mapping[str, FitTable],
    printed: AbstractSet[Decimal],
    tax: tuple[Decimal, AmountFit],
) -> Iterator[Reckoned]:
    """Give the net that a subtotal makes with a charge and without a discount, where it is not printed."""
    vat, v = tax
    charges, discounts = (_terms(view, kind) for kind in ("charge", "discount"))
    for gross, g in tables["total_gross"].items() if charges or discounts else ():
        net = gross - vat
        if g.score <= 0 or net <= 0 or net in printed or not _is_rated(vat, net):
            continue
        for subtotal, s in tables["total_net"].items():
            changes = {c - d for c in (ZERO, *charges) for d in (ZERO, *discounts)}
            if s.score > 0 and net - subtotal in changes - {ZERO}:
                note = say("The subtotal with what is added and taken off.")
                yield (
                    g.score + v.score + _RECKONED,
                    {
                        "total_net": ChosenAmount(amount=net, quote=view.quote(s.spot), note=note),
                        "total_vat": ChosenAmount(amount=vat, spot=v.spot),
                        "total_gross": ChosenAmount(amount=gross, spot=g.spot),
                    },
                )


_MOST_CHANGES = 6


def _terms(view: PageView, kind: str) -> tuple[Decimal, ...]:
    """Give the amounts of the lines that name a charge or a discount and hold no other amount."""
    found: list[PlacedValue[PageAmount]] = []
    for number, pieces in view.lines():
        if names_term(kind, pieces[0].text):
            spots = view.money_on(number, pieces[0].line)
            found += spots if len(spots) == 1 else []
    return tuple(abs(spot.value.amount) for spot in found[:_MOST_CHANGES])


def _is_rated(vat: Decimal, net: Decimal) -> bool:
    return any(same_amount(net * rate / 100, vat, 2 * CENT) for rate in KNOWN_RATES)


CENTS_OF_LINES = Decimal("0.03")
"""By so much may VAT that is rounded line by line differ from that of the sum."""
_OWN_LABEL = 2.0
"""What an amount scores beside a label that says which sum it is, not only "total"."""


def has_own_label(table: FitTable, amount: Decimal) -> bool:
    """Tell whether an amount stands beside a label that says which sum it is."""
    return amount in table and table[amount].score >= _OWN_LABEL


def may_be_net_and_vat(
    net: Decimal, vat: Decimal, rates: Sequence[Decimal], labelled: Mapping[str, FitTable]
) -> bool:
    """Tell whether VAT is that of a legal rate, or both are called so and no rate is higher."""
    if any(same_amount(net * rate / 100, vat, CENTS_OF_LINES) for rate in rates):
        return True
    called = has_own_label(labelled["total_net"], net) and has_own_label(labelled["total_vat"], vat)
    return called and vat <= net * max(rates, default=ZERO) / 100 + CENTS_OF_LINES


def are_tied(
    view: PageView,
    values: tuple[Decimal, Decimal, Decimal],
    labelled: Mapping[str, FitTable],
    *,
    rates: AbstractSet[Decimal],
    parts: Sequence[VatBreakdown],
) -> bool:
    """Tell whether labels and laws tie net, VAT and gross to what they are.

    The total has a label, another of them too or a row for each rate, and VAT is that of legal rates. Where
    no rate is told, each of the three has a label, VAT and another one of its own. Where the total has none,
    net and VAT have their own and it is the largest amount of all; or one sentence tells the three.
    """
    net, vat, gross = values
    names = ("total_net", "total_vat", "total_gross")
    fits = [labelled[name].get(amount) for name, amount in zip(names, values, strict=True)]
    named = fits[2] is not None or gross in labelled["amount_due"]
    if not vat:
        untaxed = bool(find_exemptions(view)) and net == gross
        return named or (untaxed and has_own_label(labelled["total_net"], net))
    if find_exemptions(view):
        return False
    taxed = [part for part in parts if part.rate]
    by_parts = bool(taxed) and all(part.rate in rates for part in taxed)
    by_rate = any(same_amount(net * rate / 100, vat, CENTS_OF_LINES) for rate in rates if rate > 0)
    own = [has_own_label(labelled[name], amount) for name, amount in zip(names, values, strict=True)]
    possible = vat <= net * max(rates, default=ZERO) / 100 + CENTS_OF_LINES
    if possible and net + vat == gross and is_told_in_sentence(view, values):
        return True
    if named:
        other = fits[0] is not None or fits[1] is not None or (by_parts and len(taxed) > 1)
        called = (
            own[1] and sum(own) > 1 and None not in fits
        )  # one of net and total may say no more than "Total"
        return (other and (by_rate or by_parts)) or (called and possible)
    largest = max((abs(s.value.amount) for s in view.amounts if s.value.money), default=ZERO)
    return all(own[:2]) and (by_rate or by_parts) and gross == largest


_SENTENCE, _BEHIND = 160, 24
"""How long a sentence that tells the sums is at most, and how far behind VAT its name may stand."""
_TOTALS_OF_SENTENCE = frozenset({"total_net", "total_gross", "amount_due"})


def is_told_in_sentence(view: PageView, values: tuple[Decimal, Decimal, Decimal]) -> bool:
    """Tell whether a sentence says the total and then the net and VAT that make it, and names VAT so.

    No other amount stands between them, and nothing says that they were paid before: "we ask you to pay
    120.00 (100.00 plus VAT of 20.00)".
    """
    net, vat, gross = values
    money = [spot for spot in view.amounts if spot.value.money]
    for first, second, third in zip(money, money[1:], money[2:], strict=False):
        if tuple(abs(spot.value.amount) for spot in (first, second, third)) != (gross, net, vat):
            continue
        if first.page != third.page or not first.line <= second.line <= third.line <= first.line + 2:
            continue
        near = [o for o in view.labels if o.page == first.page and o.start < third.end + _BEHIND]
        names_vat = any(o.hit.field == "total_vat" and o.start >= second.end for o in near)
        named = any(o.hit.field in _TOTALS_OF_SENTENCE and o.start >= first.end for o in near)
        paid = any(o.hit.field == "prepaid" and o.line == first.line and o.end <= first.start for o in near)
        if third.end - first.start <= _SENTENCE and names_vat and named and not paid:
            return True
    return False
