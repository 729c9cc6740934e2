"""Rates with their uncertainty, by Clopper and Pearson's exact interval."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int
    total: int

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
    whole = lgamma(total + 1)
    terms = (
        whole - lgamma(k + 1) - lgamma(total - k + 1) + k * log(rate) + (total - k) * log1p(-rate)
        for k in range(count + 1)
    )
    return min(1.0, sum(map(exp, terms)))


def _solve(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return high
