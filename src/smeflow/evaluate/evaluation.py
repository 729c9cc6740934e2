"""Score what a recipe's steps found, and tell it all as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smeflow.evaluate.base import CaseScore
from smeflow.evaluate.rates import Rate
from smeflow.evaluate.score import score
from smeflow.evaluate.tables import (
    Bin,
    Proposal,
    by_field,
    by_reader,
    calibration,
    calibration_error,
    curve,
    exact_by,
    field_calibration,
)
from smeflow.evaluate.truth import Truth, decided, match
from smeflow.ledger.ledger import Ledger
from smeflow.step import Step

GROUPS = ("supplier", "reader", "language")


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What one step found on the cases whose truth is known."""

    recipe: str
    step: str
    cases: tuple[CaseScore, ...]
    unmatched: tuple[str, ...] = ()
    """Cases the truth speaks of that the ledger does not hold, or on which the step found nothing."""

    @property
    def exact(self) -> Rate:
        """Cases right in every field."""
        return Rate(sum(case.exact for case in self.cases), len(self.cases))

    @property
    def fields(self) -> Rate:
        """Fields that are right, of all."""
        verdicts = [one.verdict == "right" for case in self.cases for one in case.fields]
        return Rate(sum(verdicts), len(verdicts))

    @property
    def silent(self) -> Rate:
        """Of the cases that passed without a person, those that are wrong somewhere."""
        passed = [case for case in self.cases if case.accepted]
        return Rate(sum(not case.exact for case in passed), len(passed))

    @property
    def proven_wrong(self) -> Rate:
        """Of the cases told as proven, those that are wrong somewhere."""
        proven = [case for case in self.cases if case.proven]
        return Rate(sum(not case.exact for case in proven), len(proven))


def evaluate(ledger: Ledger, recipe: str, step: Step[Any], truths: Sequence[Truth] | None) -> Evaluation:
    """Score what *step* found against *truths*; None takes what people decided in review as the truth."""
    items = list(ledger.items(recipe))
    if truths is None:
        told = [(decided(ledger, item, step.name), item) for item in items]
        pairs = [(truth, item) for truth, item in told if truth is not None]
        unmatched: list[str] = []
    else:
        matched = list(match(list(truths), items))
        pairs = [(truth, item) for truth, item in matched if item is not None]
        unmatched = [truth.name for truth, item in matched if item is None]
    cases = []
    for truth, item in pairs:
        made = score(ledger, item, step, truth)
        cases.append(made) if made is not None and made.fields else unmatched.append(truth.name)
    return Evaluation(recipe=recipe, step=step.name, cases=tuple(cases), unmatched=tuple(unmatched))


def as_json(found: Evaluation, proposal: Proposal | None = None) -> dict[str, Any]:
    """Give the whole evaluation as JSON values; each rate with its interval at 95 %."""
    cases = found.cases
    return {
        "recipe": found.recipe,
        "step": found.step,
        "cases": len(cases),
        "unmatched": list(found.unmatched),
        "exact": _rate(found.exact),
        "fields_right": _rate(found.fields),
        "silent_errors": _rate(found.silent),
        "proven_wrong": _rate(found.proven_wrong),
        "by_field": by_field(cases),
        "by_reader": by_reader(cases),
        "exact_by": {group: _rates(exact_by(cases, group)) for group in GROUPS},
        "curve": [
            {"threshold": p.threshold, "coverage": _rate(p.coverage), "silent_errors": _rate(p.errors)}
            for p in curve(cases)
        ],
        "calibration": {
            "cases": _bins(calibration(cases)),
            "fields": _bins(field_calibration(cases)),
        },
        "proposal": None if proposal is None else _proposal(proposal),
        "wrong": [
            {"case": case.name, "field": f.name, "is": f.verdict, "expected": f.expected, "found": f.found}
            for case in cases
            for f in case.fields
            if f.verdict != "right"
        ],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {
        "count": rate.count,
        "total": rate.total,
        "rate": round(rate.value, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _rates(rates: Mapping[str, Rate]) -> dict[str, Any]:
    return {name: _rate(rate) for name, rate in rates.items()}


def _bins(bins: Sequence[Bin]) -> dict[str, Any]:
    rows = [{"told": round(one.told, 4), **_rate(one.right)} for one in bins]
    return {"error": round(calibration_error(bins), 4), "bins": rows}


def _proposal(made: Proposal) -> dict[str, Any]:
    point = made.point
    return {
        "max_error": made.wanted,
        "threshold": point.threshold if point else None,
        "coverage": _rate(point.coverage) if point else None,
        "silent_errors": _rate(point.errors) if point else None,
        "bound": round(made.bound, 4),
        "labels_needed": made.labels_needed,
    }
