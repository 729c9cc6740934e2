"""Kernel ridge regression: a label's score is a weighted sum of how near a text is to each known one.

One system of equations is solved for all labels, so nothing is drawn by chance and nothing iterates; and its
inverse tells, without learning again, what each known text would have scored had it not been known. Plain
Python; NumPy takes over where it is installed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul
from typing import Any

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """What was learned: for each label a weight a known text."""

    columns: Rows
    left_out: Rows
    """For each known text the scores it gets from the others alone."""

    def scores(self, near: Sequence[float]) -> list[float]:
        """Score a text that is so *near* to each known one."""
        return [sum(map(mul, column, near)) for column in self.columns]


def learn(near: Rows, wanted: Rows, doubt: Sequence[float]) -> Ridge:
    """Learn *wanted* (a row of scores a text) from how *near* the texts are to one another.

    *doubt* is how little each text is to be believed: the larger, the less its score is reproduced.
    """
    system = [[*row] for row in near]
    for at, much in enumerate(doubt):
        system[at][at] += much
    columns, diagonal = _solved(system, [list(column) for column in zip(*wanted, strict=True)])
    left_out = [
        [want - column[at] / diagonal[at] for want, column in zip(row, columns, strict=True)]
        for at, row in enumerate(wanted)
    ]
    return Ridge(columns=columns, left_out=left_out)


def numpy_or_none() -> Any:
    """Give NumPy where it is installed."""
    try:
        import numpy as np
    except ImportError:
        return None
    return np


def _solved(system: list[list[float]], columns: list[list[float]]) -> tuple[Rows, list[float]]:
    np = numpy_or_none()
    if np is None:
        return solved_plainly(system, columns)
    inverse = np.linalg.inv(np.array(system))
    return (np.array(columns) @ inverse).tolist(), np.diag(inverse).tolist()


def solved_plainly(system: list[list[float]], columns: list[list[float]]) -> tuple[Rows, list[float]]:
    """Solve a symmetric positive system for each of *columns*; give the inverse's diagonal too."""
    lower = _cholesky(system)
    inverse = [_inverse_column(lower, at) for at in range(len(system))]
    found = []
    for column in columns:
        forward: list[float] = []
        for row, value in zip(lower, column, strict=True):
            forward.append((value - sum(map(mul, row, forward))) / row[-1])
        found.append([sum(map(mul, inverse[at], forward[at:])) for at in range(len(system))])
    return found, [sum(map(mul, column, column)) for column in inverse]


def _cholesky(system: list[list[float]]) -> list[list[float]]:
    lower: list[list[float]] = []
    for at, values in enumerate(system):
        row: list[float] = []
        for other in lower:
            row.append((values[len(row)] - sum(map(mul, row, other))) / other[-1])
        row.append(sqrt(max(values[at] - sum(map(mul, row, row)), 1e-12)))
        lower.append(row)
    return lower


def _inverse_column(lower: list[list[float]], at: int) -> list[float]:
    """Give column *at* of the inverse of a lower triangle, from its diagonal down."""
    found = [1 / lower[at][at]]
    for row in lower[at + 1 :]:
        found.append(-sum(map(mul, row[at:], found)) / row[-1])
    return found
