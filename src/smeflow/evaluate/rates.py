"""What the scores add up to: rates with intervals, errors at each coverage, calibration, a threshold."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p

from smeflow.evaluate.scoring import CaseScore, FieldScore

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int
    total: int

    @classmethod
    def of(cls, outcomes: Iterable[bool]) -> "Rate":
        """Count the outcomes that are true."""
        counted = list(outcomes)
        return cls(sum(counted), len(counted))

    @property
    def value(self) -> float:
        """The rate; 0 of none is 0."""
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The two-sided interval at 95 %; of no case, anything is possible."""
        if not self.total:
            return 0.0, 1.0
        half = (1 - CONFIDENCE) / 2
        return _lower(self.count, self.total, half), upper_bound(self.count, self.total, half)


def upper_bound(count: int, total: int, chance: float = 1 - CONFIDENCE) -> float:
    """Give the rate that would show *count* or fewer of *total* with just this *chance* (one-sided)."""
    if not total or count >= total:
        return 1.0
    return _solve(lambda rate: _at_most(count, total, rate) - chance)


def _lower(count: int, total: int, chance: float) -> float:
    if not count:
        return 0.0
    return _solve(lambda rate: chance - (1 - _at_most(count - 1, total, rate)))


def _at_most(count: int, total: int, rate: float) -> float:
    """Give the chance of *count* or fewer, summed in logarithms so that large totals do not overflow."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return float(count >= total)
    log_factorial = lgamma(total + 1)
    terms = (
        log_factorial - lgamma(k + 1) - lgamma(total - k + 1) + k * log(rate) + (total - k) * log1p(-rate)
        for k in range(count + 1)
    )
    return min(1.0, sum(map(exp, terms)))


def _solve(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return high


BINS = 10


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """What is taken without a person from this threshold on."""

    threshold: float
    coverage: Rate
    errors: Rate
    """Of what is taken, so many are wrong somewhere and nobody sees it: the silent-error rate."""


@dataclass(frozen=True, kw_only=True)
class ThresholdProposal:
    """The lowest threshold that keeps the errors below what was asked for, at 95 % confidence."""

    wanted: float
    point: CurvePoint | None
    """None: no threshold does, mostly since there are too few labels."""
    bound: float
    """The upper bound of the error rate at that point; at the strictest point where there is none."""
    labels_needed: int
    """Cases without one error that would be needed to show so low a rate."""


def by_field(cases: Iterable[CaseScore]) -> dict[str, dict[str, int]]:
    """Count the verdicts of each field."""
    return _count_verdicts((field.name, field) for case in cases for field in case.fields)


def by_reader(cases: Iterable[CaseScore]) -> dict[str, dict[str, int]]:
    """Count the verdicts of what each reader read."""
    return _count_verdicts((field.reader or "–", field) for case in cases for field in case.fields)


def _count_verdicts(named: Iterable[tuple[str, FieldScore]]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for name, field in named:
        counts.setdefault(name, {"right": 0, "wrong": 0, "missing": 0, "invented": 0})[field.verdict] += 1
    return counts


def exact_by(cases: Iterable[CaseScore], group: str) -> dict[str, Rate]:
    """Give how many cases are right in every field, for each member of *group*."""
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        if group in case.groups:
            outcomes[case.groups[group]].append(case.exact)
    return {member: Rate.of(exact) for member, exact in sorted(outcomes.items())}


def error_curve(cases: Sequence[CaseScore]) -> list[CurvePoint]:
    """Give the silent errors at each coverage, the strictest threshold first."""
    points = []
    for threshold in sorted({case.rank for case in cases}, reverse=True):
        passing = [case for case in cases if case.rank >= threshold]
        errors = Rate.of(not case.exact for case in passing)
        points.append(CurvePoint(threshold=threshold, coverage=Rate(len(passing), len(cases)), errors=errors))
    return points


def propose_threshold(cases: Sequence[CaseScore], wanted: float) -> ThresholdProposal:
    """Find the threshold with the most coverage whose error rate is at most *wanted*, at 95 % confidence."""
    points = error_curve(cases)
    needed = ceil(log(0.05) / log(1 - wanted))
    fitting = [p for p in points if upper_bound(p.errors.count, p.errors.total) <= wanted]
    best = fitting[-1] if fitting else None
    reported = best or (points[0] if points else None)
    bound = upper_bound(reported.errors.count, reported.errors.total) if reported else 1.0
    return ThresholdProposal(wanted=wanted, point=best, bound=bound, labels_needed=needed)


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Cases with about one confidence."""

    confidence: float
    """Their mean confidence."""
    right: Rate


def calibration(cases: Iterable[CaseScore]) -> list[CalibrationBin]:
    """Put the confidence of records beside how many were right."""
    return _bins([(case.confidence, case.exact) for case in cases if case.confidence is not None])


def field_calibration(cases: Iterable[CaseScore]) -> list[CalibrationBin]:
    """Put the confidence of fields beside how many were right."""
    fields = (field for case in cases for field in case.fields)
    return _bins([(f.confidence, f.verdict == "right") for f in fields if f.confidence is not None])


def _bins(pairs: Sequence[tuple[float, bool]]) -> list[CalibrationBin]:
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in pairs:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    return [
        CalibrationBin(
            confidence=sum(confidence for confidence, _ in rows) / len(rows),
            right=Rate.of(right for _, right in rows),
        )
        for _, rows in sorted(bins.items())
    ]


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Give how far confidence and truth are apart on average (expected calibration error)."""
    total = sum(bin_.right.total for bin_ in bins)
    distances = (abs(bin_.confidence - bin_.right.value) * bin_.right.total for bin_ in bins)
    return sum(distances) / total if total else 0.0
