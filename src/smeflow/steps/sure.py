"""How sure a lead is: a probability fitted on examples sorted as if unknown, and the lead that is enough.

The probability is a logistic curve over the lead's logarithm. It starts from a curve fitted on third
parties' labelled mails (``benchmarks/triage.py --fit``) and is drawn from there to what the firm's own
examples say. The lead that is enough is not read off that curve but counted: the smallest above which no more
of the left-out examples came out wrong than is allowed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp, log
from statistics import median

from smeflow.steps.base import Result

LEAST = 12
"""So many left-out examples must lead so clearly; fewer say nothing about one in fifty."""
SMALLEST_LEAD = 0.003
CAUTION = 1.2
"""A lead chosen on the outcomes it is judged by flatters itself: so much more is asked, up to the usual."""
PULL_LEVEL, PULL_SLOPE = 1.0, 5.0
"""How many examples' worth the shipped curve counts."""
MIDDLE = log(0.15)
Outcome = tuple[float, bool]
"""A lead, and whether it was right."""


class Curve(Result):
    """The chance of being right as a lead grows."""

    level: float
    slope: float
    cases: int = 0
    """How many labelled texts it rests on."""

    def chance(self, lead: float) -> float:
        """Give the probability, never quite 0 or 1."""
        return round(min(max(_logistic(self.level + self.slope * _at(lead)), 0.001), 0.999), 4)


@dataclass(frozen=True, kw_only=True)
class Sure:
    """What the examples say about leads."""

    curve: Curve
    enough: float | None
    """The lead from which on a label stands alone; None: too few examples to say."""
    examples: int = 0


def fitted(outcomes: Sequence[Outcome], right: float, shipped: Curve, caution: float = CAUTION) -> Sure:
    """Fit to *outcomes*; *right* is the share of labels given alone that must be right."""
    counted = enough(outcomes, right)
    if counted is not None:
        usual = median(lead for lead, was_right in outcomes if was_right)
        counted = max(counted, min(counted * caution, usual))
    return Sure(curve=fit_curve(outcomes, shipped), enough=counted, examples=len(outcomes))


def enough(outcomes: Sequence[Outcome], right: float) -> float | None:
    """Find the smallest lead above which the share *right* of at least `LEAST` outcomes were right."""
    found = None
    wrong = 0
    ranked = sorted(outcomes, key=lambda outcome: (-outcome[0], outcome[1]))
    for kept, (lead, was_right) in enumerate(ranked, start=1):
        wrong += not was_right
        last_of_its_kind = kept == len(ranked) or ranked[kept][0] < lead
        if kept >= LEAST and last_of_its_kind and wrong <= (1 - right) * kept:
            found = lead
    return found


def fit_curve(outcomes: Sequence[Outcome], shipped: Curve) -> Curve:
    """Draw the *shipped* curve towards *outcomes*, by Newton's method."""
    level, slope = shipped.level, shipped.slope
    points = [(_at(lead), float(was_right)) for lead, was_right in outcomes]
    for _ in range(30):
        g0, g1 = PULL_LEVEL * (shipped.level - level), PULL_SLOPE * (shipped.slope - slope)
        h00, h01, h11 = PULL_LEVEL, 0.0, PULL_SLOPE
        for x, right in points:
            chance = _logistic(level + slope * x)
            bend = chance * (1 - chance)
            g0, g1 = g0 + right - chance, g1 + (right - chance) * x
            h00, h01, h11 = h00 + bend, h01 + bend * x, h11 + bend * x * x
        area = h00 * h11 - h01 * h01
        level += max(-1.0, min(1.0, (h11 * g0 - h01 * g1) / area))
        slope += max(-1.0, min(1.0, (h00 * g1 - h01 * g0) / area))
    return Curve(level=round(level, 4), slope=round(max(slope, 0.05), 4), cases=shipped.cases + len(outcomes))


@cache
def shipped_curves() -> dict[str, Curve]:
    """Read the curves that ship with smeflow: one for embeddings, one for runs of letters alone."""
    text = resources.files("smeflow.steps").joinpath("triage_confidence.json").read_text(encoding="utf-8")
    return {view: Curve.model_validate(curve) for view, curve in json.loads(text).items()}


def _at(lead: float) -> float:
    return log(max(lead, SMALLEST_LEAD)) - MIDDLE


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))
