"""Decide among whole assignments: of the likeliest values of each field, those that keep the laws together.

Fields that no law ties are decided apart. A broken law weighs `BROKEN`: a sum that is printed wrong is told,
not healed by a number that nobody called a total. A law that cannot be checked weighs nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import product

from smeflow.invoices.page.ranker import Ranked

BROKEN = 5.0
"""What a broken law costs, as the logarithm of odds; set by hand, fitted to nothing."""
_BEST = 6
"""Values of a field that are tried together with those of others."""
_LEAST = 1e-6
"""A value less likely than this is not tried: so far behind is the last rival at most."""
GROUPS: tuple[tuple[str, ...], ...] = (
    ("total_net", "total_vat", "total_gross"),
    ("total_gross", "amount_due", "prepaid"),
    ("issue_date", "due_date"),
    ("delivery_date",),
    ("number", "preceding_invoice"),
    ("seller", "buyer"),
    ("currency",),
)
"""Fields that laws tie together; the gross total stands in two groups, each of which tells the other."""
_SHARED = "total_gross"
_ROUNDING = Decimal("0.03")
"""By so much may the VAT that is rounded line by line differ from that of the sum."""
Assignment = Mapping[str, str | None]
Law = Callable[[Assignment, "Facts"], bool | None]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the pages say besides, for the laws."""

    exempt: bool = False
    """A mention says why no VAT is charged."""
    rates: frozenset[Decimal] = frozenset()
    """The rates of VAT that may be charged, in per cent."""
    several_rates: bool = False
    """The page names more than one of them."""
    summed_vat: frozenset[str] = frozenset()
    """Amounts of VAT that are the sum of the VAT at several rates."""
    aside: frozenset[str] = frozenset()
    """Amounts that are printed only as of before or as cumulative."""
    terms: frozenset[int] = frozenset()
    """Days until it is due, as printed."""
    same_firm: Callable[[str, str], bool] = str.__eq__


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The value of a field in the best assignment, and how far the best one with another value is behind."""

    best: Ranked
    margin: float
    """Logarithm of the odds against the best assignment in which this field has another value."""
    rivals: tuple[tuple[Ranked, float, str | None], ...]
    """Other values, how far each is behind, and the law it breaks."""
    breaks: str | None = None
    """The law that even the best assignment breaks."""


def decide(ranked: Mapping[str, Sequence[Ranked]], facts: Facts) -> dict[str, Decided]:
    """Find the best assignment of each group, and the margin of every field in it."""
    options = {name: _options(values) for name, values in ranked.items()}
    sums, payment, *others = ((group, _weighed(group, options, facts)) for group in GROUPS)
    paid, summed = _tried(*payment, {})[_SHARED], _tried(*sums, {})[_SHARED]
    tried = _tried(*payment, _message(summed, options)) | _tried(*sums, _message(paid, options))
    for group in others:
        tried |= _tried(*group, {})
    return {name: _decided(options[name], scores) for name, scores in tried.items()}


_Scores = dict[str | None, tuple[float, str | None]]
"""The score of the best assignment in which a field has a value, and the law that it breaks."""


def _message(scores: _Scores, options: Mapping[str, Sequence[Ranked]]) -> dict[str | None, float]:
    """Give what one group says of the shared field's values, their own likelihood apart."""
    return {value.key: scores[value.key][0] - _log(value) for value in options[_SHARED]}


def _log(value: Ranked) -> float:
    return math.log(max(value.probability, _LEAST / 10))


_Weighed = Sequence[tuple[tuple[str | None, ...], float, str | None]]
"""Every assignment of a group: the keys of its fields, its score, and the first law it breaks."""


def _weighed(group: Sequence[str], options: Mapping[str, Sequence[Ranked]], facts: Facts) -> _Weighed:
    """Weigh every assignment of a group by how likely its values are and which laws it breaks."""
    laws = [(law, holds) for law, (fields, holds) in LAWS.items() if set(fields) <= set(group)]
    logs = {name: [(value.key, _log(value)) for value in options[name]] for name in group}
    weighed = []
    for values in product(*logs.values()):
        keys = tuple(key for key, _ in values)
        assignment = dict(zip(group, keys, strict=True))
        broken = [law for law, holds in laws if holds(assignment, facts) is False]
        score = sum(log for _, log in values) - BROKEN * len(broken)
        weighed.append((keys, score, broken[0] if broken else None))
    return weighed


def _tried(group: Sequence[str], weighed: _Weighed, told: Mapping[str | None, float]) -> dict[str, _Scores]:
    """Find the best assignment for every value; *told* is what another group says of the shared field."""
    scores: dict[str, _Scores] = {name: {} for name in group}
    shared = group.index(_SHARED) if told else 0
    for keys, alone, broken in weighed:
        score = alone + told.get(keys[shared], 0.0) if told else alone
        for name, key in zip(group, keys, strict=True):
            if key not in scores[name] or scores[name][key][0] < score:
                scores[name][key] = score, broken
    return scores


def _options(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Give the likeliest values, and that there is none."""
    few = [r for r in ranked[:_BEST] if r.probability > _LEAST]
    return few if any(r.key is None for r in few) else [*few, *(r for r in ranked if r.key is None)]


def _decided(options: Sequence[Ranked], scores: _Scores) -> Decided:
    order = sorted(options, key=lambda r: -scores[r.key][0])
    best, top = order[0], scores[order[0].key][0]
    rivals = tuple((r, top - scores[r.key][0], scores[r.key][1]) for r in order[1:])
    margin = rivals[0][1] if rivals else -math.log(_LEAST)
    return Decided(best=best, margin=margin, rivals=rivals, breaks=scores[best.key][1])


def _amount(assignment: Assignment, name: str) -> Decimal | None:
    key = assignment.get(name)
    return None if key is None else _decimal(key)


_decimal = lru_cache(maxsize=256)(Decimal)


def net_and_vat_make_gross(assignment: Assignment, facts: Facts) -> bool | None:
    """Net and VAT make gross; where no VAT is printed, net is gross or a legal rate lies between them."""
    net, vat, gross = (_amount(assignment, name) for name in ("total_net", "total_vat", "total_gross"))
    if net is None or gross is None:
        return None
    if vat is not None:
        return net + vat == gross
    if net == gross:
        return True if facts.exempt else None
    vat = gross - net
    fits = (abs(net * rate / 100 - vat) <= _ROUNDING for rate in facts.rates)
    printed = str(vat) in facts.summed_vat or any(fits)
    return None if net < gross and printed else False


def rate_is_legal(assignment: Assignment, facts: Facts) -> bool | None:
    """VAT is net times a rate that may be charged, or the sum of the VAT at several rates.

    Of several rates that are named without a table, all that is known is that no rate is higher.
    """
    net, vat = _amount(assignment, "total_net"), _amount(assignment, "total_vat")
    if not net or not vat or not facts.rates:
        return None
    if assignment["total_vat"] in facts.summed_vat or any(
        abs(net * rate / 100 - vat) <= _ROUNDING for rate in facts.rates
    ):
        return True
    return None if facts.several_rates and vat < net * max(facts.rates) / 100 else False


def sums_are_its_own(assignment: Assignment, facts: Facts) -> bool | None:
    """None of its sums is what was invoiced before, or counts from the beginning."""
    if not facts.aside:
        return None
    return not any(assignment[name] in facts.aside for name in ("total_net", "total_vat", "total_gross"))


def due_is_gross_less_paid(assignment: Assignment, _facts: Facts) -> bool | None:
    """What is due is the total less what was paid before."""
    gross, due = _amount(assignment, "total_gross"), _amount(assignment, "amount_due")
    if gross is None or due is None:
        return None
    return gross - (_amount(assignment, "prepaid") or Decimal(0)) == due


def due_after_issue(assignment: Assignment, _facts: Facts) -> bool | None:
    """It is not due before it is issued."""
    issued, due = assignment.get("issue_date"), assignment.get("due_date")
    return None if issued is None or due is None else due >= issued


def due_by_terms(assignment: Assignment, facts: Facts) -> bool | None:
    """It is due when the one printed term says, counted from its date."""
    issued, due = assignment.get("issue_date"), assignment.get("due_date")
    if issued is None or due is None or len(facts.terms) != 1:
        return None
    apart = date.fromisoformat(due) - date.fromisoformat(issued)
    return True if apart == timedelta(days=next(iter(facts.terms))) else None


def number_is_its_own(assignment: Assignment, _facts: Facts) -> bool | None:
    """Its number is not that of the invoice before it."""
    number, before = assignment.get("number"), assignment.get("preceding_invoice")
    return None if number is None or before is None else number != before


def parties_differ(assignment: Assignment, facts: Facts) -> bool | None:
    """Who sells does not buy."""
    seller, buyer = assignment.get("seller"), assignment.get("buyer")
    return None if seller is None or buyer is None else not facts.same_firm(seller, buyer)


LAWS: Mapping[str, tuple[tuple[str, ...], Law]] = {
    "net+vat=gross": (("total_net", "total_vat", "total_gross"), net_and_vat_make_gross),
    "legal rate": (("total_net", "total_vat"), rate_is_legal),
    "not of before": (("total_net", "total_vat", "total_gross"), sums_are_its_own),
    "gross-prepaid=due": (("total_gross", "amount_due", "prepaid"), due_is_gross_less_paid),
    "due>=issue": (("issue_date", "due_date"), due_after_issue),
    "due=issue+terms": (("issue_date", "due_date"), due_by_terms),
    "number": (("number", "preceding_invoice"), number_is_its_own),
    "parties": (("seller", "buyer"), parties_differ),
}
"""The fields a law speaks of, and whether it holds; None where it cannot be checked."""
