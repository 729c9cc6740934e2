"""What the scores add up to: accuracy by group, errors at each coverage, calibration, a threshold."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log

from smeflow.evaluate.base import CaseScore, FieldScore
from smeflow.evaluate.rates import Rate, upper_bound

BINS = 10


@dataclass(frozen=True, kw_only=True)
class Point:
    """What is taken without a person from this threshold on."""

    threshold: float
    coverage: Rate
    errors: Rate
    """Of what is taken, so many are wrong somewhere and nobody sees it: the silent-error rate."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The lowest threshold that keeps the errors below what was asked for, at 95 % confidence."""

    wanted: float
    point: Point | None
    """None: no threshold does, mostly since there are too few labels."""
    bound: float
    """The upper bound of the error rate at that point; at the strictest point where there is none."""
    labels_needed: int
    """Cases without one error that would be needed to show so low a rate."""


def by_field(cases: Iterable[CaseScore]) -> dict[str, dict[str, int]]:
    """Count the verdicts of each field."""
    return _verdicts((one.name, one) for case in cases for one in case.fields)


def by_reader(cases: Iterable[CaseScore]) -> dict[str, dict[str, int]]:
    """Count the verdicts of what each reader read."""
    return _verdicts((one.reader or "–", one) for case in cases for one in case.fields)


def _verdicts(named: Iterable[tuple[str, FieldScore]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, one in named:
        counts = found.setdefault(name, {"right": 0, "wrong": 0, "missing": 0, "invented": 0})
        counts[one.verdict] += 1
    return found


def exact_by(cases: Iterable[CaseScore], group: str) -> dict[str, Rate]:
    """Give how many cases are right in every field, for each member of *group*."""
    found: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        if group in case.groups:
            found[case.groups[group]].append(case.exact)
    return {name: Rate(sum(all_), len(all_)) for name, all_ in sorted(found.items())}


def curve(cases: Sequence[CaseScore]) -> list[Point]:
    """Give the silent errors at each coverage, the strictest threshold first."""
    points = []
    for threshold in sorted({case.rank for case in cases}, reverse=True):
        taken = [case for case in cases if case.rank >= threshold]
        wrong = sum(not case.exact for case in taken)
        points.append(
            Point(threshold=threshold, coverage=Rate(len(taken), len(cases)), errors=Rate(wrong, len(taken)))
        )
    return points


def propose(cases: Sequence[CaseScore], wanted: float) -> Proposal:
    """Find the threshold with the most coverage whose error rate is at most *wanted*, at 95 % confidence."""
    points = curve(cases)
    needed = ceil(log(0.05) / log(1 - wanted))
    fitting = [p for p in points if upper_bound(p.errors.count, p.errors.total) <= wanted]
    best = fitting[-1] if fitting else None
    shown = best or (points[0] if points else None)
    bound = upper_bound(shown.errors.count, shown.errors.total) if shown else 1.0
    return Proposal(wanted=wanted, point=best, bound=bound, labels_needed=needed)


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Cases with about one confidence."""

    told: float
    """Their mean confidence."""
    right: Rate


def calibration(cases: Iterable[CaseScore]) -> list[Bin]:
    """Put the confidence of records beside how many were right."""
    return _bins([(case.confidence, case.exact) for case in cases if case.confidence is not None])


def field_calibration(cases: Iterable[CaseScore]) -> list[Bin]:
    """Put the confidence of fields beside how many were right."""
    fields = (one for case in cases for one in case.fields if one.confidence is not None)
    return _bins([(one.confidence or 0.0, one.verdict == "right") for one in fields])


def _bins(pairs: Sequence[tuple[float, bool]]) -> list[Bin]:
    place: Callable[[float], int] = lambda told: min(BINS - 1, int(told * BINS))  # noqa: E731 - one line, used once
    found: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for told, right in pairs:
        found[place(told)].append((told, right))
    return [
        Bin(told=sum(t for t, _ in rows) / len(rows), right=Rate(sum(r for _, r in rows), len(rows)))
        for _, rows in sorted(found.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Give how far confidence and truth are apart on average (expected calibration error)."""
    total = sum(one.right.total for one in bins)
    return sum(abs(one.told - one.right.value) * one.right.total for one in bins) / total if total else 0.0
