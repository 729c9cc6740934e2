"""Fit a firm's own probabilities, and say whether they are better than those that ship with smeflow."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from smeflow.evaluate.base import CaseScore
from smeflow.evaluate.fit import fit
from smeflow.steps.confidence import Calibration, default_calibration

ENOUGH = 30
"""Fewer labelled cases than this fit nothing."""
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Own:
    """What was fitted, and how far its word was from the truth (Brier score, 0 is best) on cases left out."""

    calibration: Calibration
    cases: int
    brier: float
    brier_shipped: float

    @property
    def better(self) -> bool:
        """Whether it may take the place of what ships."""
        return self.cases >= ENOUGH and self.brier <= self.brier_shipped


def fit_own(cases: Sequence[CaseScore]) -> Own:
    """Fit on all *cases*; measure by leaving out a fifth of the suppliers at a time."""
    shipped = default_calibration()
    own: list[float] = []
    others: list[float] = []
    for fold in range(FOLDS):
        left_out = [case for case in cases if _fold(case) == fold and case.signals]
        if not left_out:
            continue
        made = fit([case for case in cases if _fold(case) != fold])
        own += [(made.records.probability(case.signals) - case.exact) ** 2 for case in left_out]
        others += [(shipped.records.probability(case.signals) - case.exact) ** 2 for case in left_out]
    many = max(1, len(own))
    return Own(
        calibration=fit(cases), cases=len(own), brier=sum(own) / many, brier_shipped=sum(others) / many
    )


def _fold(case: CaseScore) -> int:
    """Keep one supplier's cases together: its next invoice looks like its last."""
    name = case.groups.get("supplier", case.name)
    return int(hashlib.sha256(name.lower().encode()).hexdigest(), 16) % FOLDS
