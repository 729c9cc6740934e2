"""Choose each field's value by learning and by law, and say what else it could have been."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from smeflow.documents.document import Quote
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import ZERO
from smeflow.invoices.page.assignment import Decided, Facts, decide
from smeflow.invoices.page.candidates import Candidate, Value, amount_key, find_candidates
from smeflow.invoices.page.features import FIELDS
from smeflow.invoices.page.labelled_amounts import fits_of_field
from smeflow.invoices.page.names import may_be_same_firm
from smeflow.invoices.page.other_sums import amounts_aside
from smeflow.invoices.page.particulars import numbers_on_page
from smeflow.invoices.page.ranker import Featured, Ranked, RankerWeights, rank
from smeflow.invoices.page.vat_and_payment import find_exemptions
from smeflow.invoices.page.vat_by_rate import (
    KNOWN_RATES,
    bare_rates,
    rate_rows,
    row_stretches,
    sales_tax_rates,
    taxes_at_rates,
)
from smeflow.invoices.page.vat_rates import legal_rates
from smeflow.invoices.page.view import PageView, once
from smeflow.kinds.field_names import field_name
from smeflow.kinds.records import Check

MARGINS: Mapping[str, tuple[float, float]] = {
    "number": (1.21, 2.17),
    "issue_date": (2.23, 4.11),
    "seller": (2.85, 5.84),
    "currency": (0.25, 0.25),
    "total_net": (0.25, 0.25),
    "total_vat": (0.25, 0.25),
    "total_gross": (0.25, 0.25),
}
"""How far ahead of every other value a field must be to be unique, as the logarithm of odds: where something
ties it to the field, and where nothing does.

Fitted on the tuning families by ``scripts/fit_margins.py``.
"""
_TERMS = re.compile(
    r"(?<![\d.,])(\d{1,3})\s*(?:jours?|days?|tagen?|tage|dagen|giorni|gg|d[ií]as|dni)\b", re.IGNORECASE
)
_SUMS = ("total_net", "total_vat", "total_gross")
_RIVALS = 4
MOST_CANDIDATES = 5000
"""Candidates of one kind among which is chosen: a page has some hundreds, and no one looks through more."""
MOST_DAYS = 500
"""Different days among which is chosen: each is held against each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another value that a field could have."""

    value: Value | None
    """None: the page may not print the field at all."""
    quote: Quote | None
    behind: float
    """Logarithm of the odds against it."""
    breaks: str | None
    """The law that its best assignment breaks."""
    labelled: bool = False
    """It has a label of the field too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """The value chosen for a field."""

    value: Value | None
    """None: the page does not print it."""
    quote: Quote | None
    probability: float
    """What the ranker alone gives it."""
    margin: float
    """How far the best assignment with another value is behind, as the logarithm of odds."""
    ties: tuple[str, ...] = ()
    """What ties it to the field: its own label, the title's line, a block with a valid number."""
    rivals: tuple[Rival, ...] = ()
    candidate: Candidate | None = None
    apart: float = 0.0
    """The margin, but where the rules agree, of values that are no other cut of the same words."""
    by_rules: Rival | None = None
    """What the rules chose, where that is another value."""
    agreed: bool = False
    """The rules chose it too."""
    recut: bool = False
    """The rules chose another cut of the same words."""

    @property
    def labelled(self) -> bool:
        """A label of the field is its own."""
        return "label" in self.ties

    @property
    def tied(self) -> bool:
        """Something of its own ties it to the field; a legal form is a firm's, whatever its role."""
        return bool(set(self.ties) - {"legal form"})

    @property
    def stands_out(self) -> bool:
        """The rules chose it too, and no other value has a label of the field."""
        return self.labelled and self.agreed and not any(r.labelled for r in self.rivals)

    @property
    def key(self) -> str | None:
        """The key of the candidate chosen."""
        return self.candidate.key if self.candidate else None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What was chosen for each field."""

    fields: Mapping[str, FieldChoice] = field(default_factory=dict)

    def value(self, name: str) -> Value | None:
        """Give the value of a field; None where the page does not print it."""
        choice = self.fields.get(name)
        return choice.value if choice else None

    def checks(
        self, margins: Mapping[str, tuple[float, float]] = MARGINS, *, closed: bool = False
    ) -> tuple[Check, ...]:
        """Check that nothing else could be a field's value: a failed check for each that may be another.

        A number that nothing ties and the rules did not find may be another paper's. Where the rules chose
        it too, another cut of the same words is no other value; and if the sums are
        *closed*, a label of its own that no rival has is enough.
        """
        return tuple(
            not_unique(name, choice)
            for name, (tied, untied) in margins.items()
            if (choice := self.fields.get(name))
            and choice.value is not None
            and (
                choice.recut
                or choice.apart < (tied if choice.tied else untied)
                or (name == "number" and not choice.tied and not choice.agreed)
            )
            and not (closed and choice.stands_out)
        )


def not_unique(name: str, choice: FieldChoice) -> Check:
    """Give the failed check of a field that may have another value."""
    return Check(name="unique", passed=False, detail=_two_values(name, choice), fields=(name,))


def _two_values(name: str, choice: FieldChoice) -> Phrase:
    rival = next((r for r in choice.rivals if r.value is not None), None)
    if rival is None:
        return say(
            "{field}: {value} stands there, but it may be something else.",
            field=field_name(name),
            value=str(choice.value),
        )
    return say(
        "{field}: {value} or {rival} could be it.",
        field=field_name(name),
        value=str(choice.value),
        rival=str(rival.value),
    )


def choose(
    view: PageView,
    *,
    by_rules: Mapping[str, str] | None = None,
    own_names: Sequence[str] = (),
    learned: RankerWeights | None = None,
) -> Choices | None:
    """Choose a value for each field of `FIELDS`; None where there is too much to choose from.

    *by_rules* are the keys of what the rules chose; *own_names* are the firm's own: it buys.
    """
    candidates = find_candidates(view)
    most = max(len(getattr(candidates, kind)) for kind in FIELDS.values())
    if most > MOST_CANDIDATES or len({c.key for c in candidates.dates}) > MOST_DAYS:
        return None
    featured = Featured(view, candidates, by_rules or {}, tuple(own_names))
    ranked = rank(featured, learned)
    firms = featured.candidates.firms
    own = {c.key for c in firms for name in own_names if name and may_be_same_firm(str(c.value), name)}
    ranked["seller"] = _without(ranked["seller"], own)
    facts = facts_of(view)
    for name in _SUMS:
        ranked[name] = _without(ranked[name], facts.aside)
    decided = decide(ranked, facts)
    fields = {name: _choice(view, featured, name, decided[name]) for name in FIELDS}
    if _holds_impossible_day(view):
        fields["issue_date"] = replace(fields["issue_date"], margin=0.0)
    return Choices(fields=fields)


_NUMERIC_DAY = re.compile(
    r"(?<![\w./-])(?:\d{1,2}([/.-])\d{1,2}\1(?:20\d\d)|20\d\d(?:02(?:29|3[01])|(?:0[469]|11)31))(?![\w/-]|[.,]\d)"
)


def _holds_impossible_day(view: PageView) -> bool:
    """Tell whether a day is printed that no calendar has: what was meant may be the date of issue."""
    read = {(spot.page, spot.start) for spot in view.dates}
    return any(
        (number, match.start()) not in read
        for number, page in enumerate(view.pages)
        for match in _NUMERIC_DAY.finditer(page.text)
    )


def _without(ranked: Sequence[Ranked], keys: AbstractSet[str]) -> list[Ranked]:
    """Leave values out: we ourselves never sell to us, and sums of a whole order are not this paper's."""
    kept = [r for r in ranked if r.key not in keys]
    whole = sum(r.probability for r in kept) or 1.0
    return [Ranked(key=r.key, probability=r.probability / whole, best=r.best) for r in kept]


_MOST_PAIRS = 50
"""Labelled nets and totals that are tried together for VAT at several rates."""


@once
def facts_of(view: PageView) -> Facts:
    """Give what the pages say besides the candidates."""
    rows = rate_rows(view, credit=True)
    sums = {sum((row.amount for row in part), ZERO) for part in row_stretches(rows) if len(part) > 1}
    labelled = (fits_of_field(view, name, credit=True) for name in ("total_net", "total_gross", "amount_due"))
    nets, *grosses = labelled
    pairs = [(net, gross) for net in nets for table in grosses for gross in table if net < gross]
    sums |= {gross - net for net, gross in pairs[:_MOST_PAIRS] if taxes_at_rates(view, net, gross)}
    terms = {int(days) for days in _TERMS.findall(view.text)}
    countries = {n.value[:2] for n in numbers_on_page(view) if n.kind == "vat_id"} or _home(view)
    legal = legal_rates(countries, {spot.value.value for spot in view.dates}) if countries else None
    rates = (legal or frozenset(KNOWN_RATES)) | sales_tax_rates(view)
    named = ({spot.value.amount for spot in view.amounts if spot.value.percent} | bare_rates(view)) & rates
    return Facts(
        exempt=bool(find_exemptions(view)),
        rates=rates,
        several_rates=len(named) > 1,
        summed_vat=frozenset(amount_key(amount) for amount in sums),
        aside=frozenset(map(amount_key, amounts_aside(view))),
        terms=frozenset(terms),
        same_firm=_may_be_same,
    )


def _home(view: PageView) -> set[str]:
    """Tell that a French company number stands on the page."""
    return {"FR"} if any(n.kind == "legal_id" for n in numbers_on_page(view)) else set()


def _may_be_same(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) > 3 and (one in other or other in one))


def _choice(view: PageView, featured: Featured, name: str, decided: Decided) -> FieldChoice:
    best = decided.best
    rule = featured.chosen_by_rules.get(name)
    other = next((r for r in decided.rivals if rule is not None and r[0].key == rule), None)
    rivals = tuple(_rival(view, featured, name, rival) for rival in decided.rivals[:_RIVALS])
    agreed = rule is not None and rule == best.key
    others = (behind for r, behind, _ in decided.rivals if not (agreed and _same_words(best.best, r.best)))
    return FieldChoice(
        value=best.best.value if best.best else None,
        quote=_quote(view, best.best),
        probability=best.probability,
        margin=decided.margin,
        ties=tuple(_ties(featured, name, best.best)) if best.best else (),
        rivals=rivals,
        candidate=best.best,
        apart=next(others, decided.rivals[-1][1] if decided.rivals else decided.margin),
        by_rules=_rival(view, featured, name, other) if other else None,
        agreed=agreed,
        recut=other is not None and _same_words(best.best, other[0].best),
    )


def _same_words(one: Candidate | None, other: Candidate | None) -> bool:
    """Tell whether two candidates for a name or a number are cut of the same words."""
    if one is None or other is None or one.kind not in ("firm", "number"):
        return False
    overlap = one.page == other.page and one.start < other.end and other.start < one.end
    return overlap or (one.kind == "firm" and _may_be_same(one.key, other.key))


def _rival(view: PageView, featured: Featured, name: str, rival: tuple[Ranked, float, str | None]) -> Rival:
    ranked, behind, law = rival
    place = ranked.best
    return Rival(
        value=place.value if place else None,
        quote=_quote(view, place),
        behind=behind,
        breaks=law,
        labelled=place is not None and "label" in _ties(featured, name, place),
    )


def _quote(view: PageView, candidate: Candidate | None) -> Quote | None:
    return view.quote_span(candidate.page, candidate.start, candidate.end) if candidate else None


_LABELLED = ("lo:", "ll:", "la:", "lh:", "lr:", "lu:", "lk:")


def _ties(featured: Featured, name: str, candidate: Candidate) -> list[str]:
    """Say what ties a candidate to a field."""
    kind = FIELDS[name]
    place = getattr(featured.candidates, kind).index(candidate)
    said = set(featured.of_kind(kind)[place])
    ties = ["label"] if _is_labelled(name, said) else []
    if featured.title and (candidate.page, candidate.line) == (featured.title[0], featured.title[2]):
        ties.append("title")
    if kind == "firms":
        ties += [tie for tie, signs in _TIES_OF_FIRMS.items() if signs & said]
    return ties


def _is_labelled(name: str, said: set[str]) -> bool:
    """Tell whether a label of a field is a place's own.

    A label around it is not where another label, or for a number any word, stands right before it.
    """
    if f"lo:{name}" in said:
        return True
    if any(s.startswith("lo:") and s != "lo:none" and "~" not in s for s in said):
        return False
    if FIELDS[name] == "numbers" and "nb0" not in said:
        return False
    return any(f"{where}{name}" in said for where in _LABELLED)


_TIES_OF_FIRMS: Mapping[str, frozenset[str]] = {
    "legal form": frozenset({"lfTrue"}),
    "identifier": frozenset({"breg"}),
    "domain": frozenset({"dom"}),
    "supplier": frozenset({"ll:seller", "la:seller", "lo:seller", "lt:seller:0", "lt:seller:1"}),
    "repeated": frozenset({"c2", "c3"}),
}
"""What ties a name to a firm: none of it stands on a heading."""
