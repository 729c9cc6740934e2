"""Evaluate a recipe on labelled cases: score it, fit what confidence means there, and draw the result."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import exp
from typing import Any

from smeflow.core.case import Step
from smeflow.evaluate.rates import (
    CalibrationBin,
    CurvePoint,
    Rate,
    ThresholdProposal,
    by_field,
    by_reader,
    calibration,
    calibration_error,
    error_curve,
    exact_by,
    field_calibration,
)
from smeflow.evaluate.scoring import CaseScore, Truth, match_items, score_item, truth_from_review
from smeflow.extract.confidence import Calibration, Weights, default_calibration
from smeflow.i18n import Language, Phrase, say
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow

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
        return Rate.of(case.exact for case in self.cases)

    @property
    def fields(self) -> Rate:
        """Fields that are right, of all."""
        return Rate.of(field.verdict == "right" for case in self.cases for field in case.fields)

    @property
    def silent(self) -> Rate:
        """Of the cases that passed without a person, those that are wrong somewhere."""
        return Rate.of(not case.exact for case in self.cases if case.accepted)

    @property
    def proven_wrong(self) -> Rate:
        """Of the cases told as proven, those that are wrong somewhere."""
        return Rate.of(not case.exact for case in self.cases if case.proven)


def evaluate(ledger: Ledger, recipe: str, step: Step[Any], truths: Sequence[Truth] | None) -> Evaluation:
    """Score what *step* found against *truths*; None takes what people decided in review as the truth."""
    items = list(ledger.items(recipe))
    pairs: Iterable[tuple[Truth, ItemRow | None]]
    if truths is None:
        decided = ((truth_from_review(ledger, item, step), item) for item in items)
        pairs = [(truth, item) for truth, item in decided if truth is not None]
    else:
        pairs = match_items(list(truths), items)
    cases, unmatched = [], []
    for truth, item in pairs:
        score = score_item(ledger, item, step, truth) if item is not None else None
        cases.append(score) if score is not None and score.fields else unmatched.append(truth.name)
    return Evaluation(recipe=recipe, step=step.name, cases=tuple(cases), unmatched=tuple(unmatched))


def evaluation_json(evaluation: Evaluation, proposal: ThresholdProposal | None = None) -> dict[str, Any]:
    """Give the whole evaluation as JSON values; each rate with its interval at 95 %."""
    cases = evaluation.cases
    return {
        "recipe": evaluation.recipe,
        "step": evaluation.step,
        "cases": len(cases),
        "unmatched": list(evaluation.unmatched),
        "exact": _rate(evaluation.exact),
        "fields_right": _rate(evaluation.fields),
        "silent_errors": _rate(evaluation.silent),
        "proven_wrong": _rate(evaluation.proven_wrong),
        "by_field": by_field(cases),
        "by_reader": by_reader(cases),
        "exact_by": {
            group: {member: _rate(rate) for member, rate in exact_by(cases, group).items()}
            for group in GROUPS
        },
        "curve": [
            {"threshold": p.threshold, "coverage": _rate(p.coverage), "silent_errors": _rate(p.errors)}
            for p in error_curve(cases)
        ],
        "calibration": {"cases": _bins(calibration(cases)), "fields": _bins(field_calibration(cases))},
        "proposal": None if proposal is None else _proposal(proposal),
        "wrong": [
            {"case": case.name, "field": f.name, "is": f.verdict, "expected": f.expected, "found": f.found}
            for case in cases
            for f in case.fields
            if f.verdict != "right"
        ],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = (round(bound, 4) for bound in rate.interval)
    return {"count": rate.count, "total": rate.total, "rate": round(rate.value, 4), "low": low, "high": high}


def _bins(bins: Sequence[CalibrationBin]) -> dict[str, Any]:
    rows = [{"told": round(bin_.confidence, 4), **_rate(bin_.right)} for bin_ in bins]
    return {"error": round(calibration_error(bins), 4), "bins": rows}


def _proposal(proposal: ThresholdProposal) -> dict[str, Any]:
    point = proposal.point
    return {
        "max_error": proposal.wanted,
        "threshold": point.threshold if point else None,
        "coverage": _rate(point.coverage) if point else None,
        "silent_errors": _rate(point.errors) if point else None,
        "bound": round(proposal.bound, 4),
        "labels_needed": proposal.labels_needed,
    }


FIELD_PULL, RECORD_PULL = 3.0, 1.0
"""How strongly weights are drawn to 0: a signal seen once or twice decides little."""
ROUNDS = 60
BIAS = ""
Labelled = tuple[Mapping[str, float], bool]


def fit_calibration(cases: Sequence[CaseScore]) -> Calibration:
    """Fit the weights for fields and records on *cases*."""
    fields = [field for case in cases for field in case.fields]
    signals = [(field.signals, field.verdict == "right") for field in fields if field.signals]
    records = [(case.signals, case.exact) for case in cases if case.signals]
    return Calibration(
        fields=fit_logistic(signals, FIELD_PULL),
        records=fit_logistic(records, RECORD_PULL),
        readers=tuple(sorted({field.reader for field in fields if field.reader})),
    )


def fit_logistic(labelled: Iterable[Labelled], pull: float) -> Weights:
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


LEAST_CASES = 30
"""Fewer labelled cases than this fit nothing."""
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class FittedCalibration:
    """What was fitted, and how far its word was from the truth (Brier score, 0 is best) on cases left out."""

    calibration: Calibration
    cases: int
    brier: float
    brier_shipped: float

    @property
    def better(self) -> bool:
        """Whether it may take the place of what ships."""
        return self.cases >= LEAST_CASES and self.brier <= self.brier_shipped


def fit_and_compare(cases: Sequence[CaseScore]) -> FittedCalibration:
    """Fit on all *cases*; measure by leaving out a fifth of the suppliers at a time."""
    shipped = default_calibration()
    fitted_errors: list[float] = []
    shipped_errors: list[float] = []
    for fold in range(FOLDS):
        left_out = [case for case in cases if _fold(case) == fold and case.signals]
        if left_out:
            fitted = fit_calibration([case for case in cases if _fold(case) != fold])
            fitted_errors += _brier_errors(fitted, left_out)
            shipped_errors += _brier_errors(shipped, left_out)
    count = len(fitted_errors)
    return FittedCalibration(
        calibration=fit_calibration(cases),
        cases=count,
        brier=sum(fitted_errors) / max(1, count),
        brier_shipped=sum(shipped_errors) / max(1, count),
    )


def _brier_errors(calibration: Calibration, cases: Sequence[CaseScore]) -> list[float]:
    weights = calibration.records
    mean = sum(case.exact for case in cases) / len(cases)
    told = (weights.probability(case.signals) if weights else mean for case in cases)
    return [(likely - case.exact) ** 2 for likely, case in zip(told, cases, strict=True)]


def _fold(case: CaseScore) -> int:
    """Keep one supplier's cases together: its next invoice looks like its last."""
    name = case.groups.get("supplier", case.name)
    return int(hashlib.sha256(name.lower().encode()).hexdigest(), 16) % FOLDS


SIDE, GAP, TOP = 300, 90, 60
BLUE, ORANGE, GREY, INK = "#0072b2", "#d55e00", "#bbbbbb", "#222222"
"""Told apart by those who do not see red and green."""


def draw_evaluation(cases: Sequence[CaseScore], language: Language) -> str:
    """Give the SVG; its title and description say in words what it shows."""
    points = error_curve(cases)
    worst = max([0.05, *(p.errors.interval[1] for p in points if p.coverage.value > 0.2)])
    left = [
        *_frame(GAP, say("cases without a person"), say("of these wrong somewhere"), worst, language),
        _band(points, worst),
        _line([(p.coverage.value, p.errors.value / worst) for p in points], GAP, BLUE),
    ]
    start = GAP * 2 + SIDE
    right = [
        *_frame(start, say("confidence told"), say("right in truth"), 1.0, language),
        _line([(0, 0), (1, 1)], start, GREY),
        _dots(field_calibration(cases), start, BLUE),
        _dots(calibration(cases), start, ORANGE),
    ]
    titles = [
        _text(GAP, 30, say("Silent errors at each coverage, with 95 % interval"), language, size=14),
        _text(start, 30, say("Calibration: fields blue, whole records orange"), language, size=14),
    ]
    width, height = GAP * 3 + SIDE * 2, TOP + SIDE + 70
    body = "\n".join([*titles, *left, *right])
    title = say("What {n} labelled cases say about this recipe", n=len(cases)).render(language)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="sans-serif" role="img" lang="{language}">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n{body}\n</svg>\n'
    )


def _frame(left: int, x_title: Phrase, y_title: Phrase, y_max: float, language: Language) -> list[str]:
    y_label = _text(0, 0, y_title, language, anchor="middle")
    lines = [
        f'<path d="M{left} {TOP}V{TOP + SIDE}H{left + SIDE}" fill="none" stroke="{INK}"/>',
        _text(left + SIDE / 2, TOP + SIDE + 45, x_title, language, anchor="middle"),
        f'<g transform="translate({left - 55} {TOP + SIDE / 2}) rotate(-90)">{y_label}</g>',
    ]
    for n in range(5):
        share = n / 4
        lines.append(_number(left + SIDE * share, TOP + SIDE + 20, share, "middle", language))
        lines.append(_number(left - 8, TOP + SIDE * (1 - share) + 4, share * y_max, "end", language))
    return lines


def _band(points: Sequence[CurvePoint], worst: float) -> str:
    upper = [(p.coverage.value, min(1.0, p.errors.interval[1] / worst)) for p in points]
    lower = [(p.coverage.value, p.errors.interval[0] / worst) for p in reversed(points)]
    return f'<polygon points="{_points(upper + lower, GAP)}" fill="{BLUE}" fill-opacity="0.15"/>'


def _line(points: Sequence[tuple[float, float]], left: int, colour: str) -> str:
    return f'<polyline points="{_points(points, left)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _dots(bins: Sequence[CalibrationBin], left: int, colour: str) -> str:
    """Draw a dot a bin, as large as the bin has cases, with its interval."""
    drawn = []
    for bin_ in bins:
        x, y = left + SIDE * bin_.confidence, TOP + SIDE * (1 - bin_.right.value)
        low, high = (TOP + SIDE * (1 - edge) for edge in bin_.right.interval)
        size = 3 + min(6.0, bin_.right.total**0.5 / 4)
        drawn.append(f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>')
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}"/>')
    return "\n".join(drawn)


def _points(points: Sequence[tuple[float, float]], left: int) -> str:
    return " ".join(f"{left + SIDE * x:.1f},{TOP + SIDE * (1 - min(1.0, y)):.1f}" for x, y in points)


def _number(x: float, y: float, share: float, anchor: str, language: Language) -> str:
    text = f"{share:.1%}" if share < 0.1 and share else f"{share:.0%}"
    shown = text.replace(".", ",").replace("%", "\u202f%") if language == "fr" else text
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" fill="{INK}">{shown}</text>'


def _text(
    x: float, y: float, phrase: Phrase, language: Language, *, size: int = 12, anchor: str = "start"
) -> str:
    shown = escape(phrase.render(language))
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} font-size="{size}" fill="{INK}">{shown}</text>'
