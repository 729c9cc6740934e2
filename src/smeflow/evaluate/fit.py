"""Fit probabilities on labelled cases: a logistic regression with a small pull towards no opinion."""

from collections.abc import Iterable, Mapping, Sequence
from math import exp

from smeflow.evaluate.base import CaseScore
from smeflow.steps.confidence import Calibration, Weights

FIELD_PULL, RECORD_PULL = 3.0, 1.0
"""How strongly weights are drawn to 0: a signal seen once or twice decides little."""
ROUNDS = 60
BIAS = ""
Labelled = tuple[Mapping[str, float], bool]


def fit(cases: Sequence[CaseScore]) -> Calibration:
    """Fit the weights for fields and records on *cases*."""
    fields = [(one.signals, one.verdict == "right") for case in cases for one in case.fields if one.signals]
    records = [(case.signals, case.exact) for case in cases if case.signals]
    readers = sorted({one.reader for case in cases for one in case.fields if one.reader})
    return Calibration(
        fields=logistic(fields, FIELD_PULL), records=logistic(records, RECORD_PULL), readers=tuple(readers)
    )


def logistic(labelled: Iterable[Labelled], pull: float) -> Weights:
    """Fit by Newton's method, one weight at a time: few signals, each seen in few of some thousand cases."""
    rows = list(labelled)
    seen: dict[str, list[tuple[int, float]]] = {BIAS: [(n, 1.0) for n in range(len(rows))]}
    for n, (signals, _) in enumerate(rows):
        for name, value in signals.items():
            if value:
                seen.setdefault(name, []).append((n, value))
    weights, totals = dict.fromkeys(sorted(seen), 0.0), [0.0] * len(rows)
    for _ in range(ROUNDS):
        for name in weights:
            slope = bend = 0.01 if name == BIAS else pull
            slope *= -weights[name]
            for n, x in seen[name]:
                likely = 1 / (1 + exp(-max(-30.0, min(30.0, totals[n]))))
                slope += x * (rows[n][1] - likely)
                bend += x * x * likely * (1 - likely)
            step = max(-2.0, min(2.0, slope / bend))
            weights[name] += step
            for n, x in seen[name]:
                totals[n] += step * x
    kept = {k: round(w, 4) for k, w in weights.items() if k != BIAS and abs(w) >= 0.00005}
    return Weights(bias=round(weights[BIAS], 4), weights=kept, cases=len(rows))
