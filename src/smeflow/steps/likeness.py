"""How much a text is like known examples: character n-grams and the nearest centroid, in plain Python.

Character n-grams need no language, no word list and no model; they forgive typing mistakes and inflection.
Each label's centroid is the mean of its examples' vectors. How large a lead must be is fitted on the examples
themselves, each sorted in turn as if it were not known: a lead that was wrong too often is not used.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smeflow._text import folded

Vector = dict[str, float]
SIZES = (3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How near a text is to each label, and how clearly one leads."""

    scores: dict[str, float]
    """Cosine with each label's centroid, 0 to 1."""
    best: str | None
    lead: float
    """How far the best is before the second, as a share of the best: 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What examples taught."""

    weights: Mapping[str, float]
    sums: Mapping[str, Vector]
    squares: Mapping[str, float]
    """The squared length of each sum."""
    lead_needed: float | None
    """None: there are too few examples to trust any lead."""

    def compare(self, text: str) -> Likeness:
        """Compare *text* with each label's examples."""
        return _nearest(_vector(_grams(text), self.weights), self.sums, self.squares)

    def trusted(self, found: Likeness) -> bool:
        """Tell whether the lead is one the examples themselves bear out."""
        return self.lead_needed is not None and found.best is not None and found.lead >= self.lead_needed


def learn(examples: Sequence[tuple[str, str]], right: float) -> Examples:
    """Learn from (label, text) pairs; a lead is trusted where at least *right* of such leads were right.

    The same examples in the same order always teach the same.
    """
    grams = [_grams(text) for _, text in examples]
    seen = Counter(gram for found in grams for gram in found)
    count = len(examples)
    weights = {gram: math.log((1 + count) / (1 + n)) + 1 for gram, n in seen.items() if n > 1 or count < 20}
    vectors = [_vector(found, weights) for found in grams]
    sums: dict[str, Vector] = defaultdict(lambda: defaultdict(float))
    for (label, _), vector in zip(examples, vectors, strict=True):
        for gram, weight in vector.items():
            sums[label][gram] += weight
    counts = Counter(label for label, _ in examples)
    squares = {label: sum(weight * weight for weight in total.values()) for label, total in sums.items()}
    outcomes = []
    for (label, _), vector in zip(examples, vectors, strict=True):
        if counts[label] > 1 and vector:
            found = _nearest(vector, sums, squares, leave_out=label)
            outcomes.append((found.lead, found.best == label))
    return Examples(
        weights=weights, sums=dict(sums), squares=squares, lead_needed=_lead_needed(outcomes, right)
    )


def _lead_needed(outcomes: list[tuple[float, bool]], right: float) -> float | None:
    """Find the smallest lead above which enough answers are right, counting one more as wrong."""
    needed = None
    wrong = 0
    for kept, (lead, was_right) in enumerate(sorted(outcomes, reverse=True), start=1):
        wrong += not was_right
        if 1 - (wrong + 1) / (kept + 1) >= right:
            needed = lead
    return needed


def _nearest(
    vector: Vector, sums: Mapping[str, Vector], squares: Mapping[str, float], leave_out: str | None = None
) -> Likeness:
    scores = {}
    for label, total in sums.items():
        dot = sum(weight * total.get(gram, 0.0) for gram, weight in vector.items())
        square = squares[label]
        if label == leave_out:  # the vector is of length 1 and part of the sum: take it out of both
            square, dot = square - 2 * dot + 1, dot - 1
        scores[label] = max(0.0, dot / math.sqrt(square)) if square > 1e-9 else 0.0
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][1] <= 0:
        return Likeness(scores=scores, best=None, lead=0.0)
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    return Likeness(scores=scores, best=ranked[0][0], lead=(ranked[0][1] - second) / ranked[0][1])


def _grams(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in folded(text).split():
        padded = f" {word} "
        for size in SIZES:
            found.update(padded[i : i + size] for i in range(len(padded) - size + 1))
    return found


def _vector(grams: Counter[str], weights: Mapping[str, float]) -> Vector:
    vector = {g: (1 + math.log(n)) * weights[g] for g, n in grams.items() if g in weights}
    norm = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {gram: weight / norm for gram, weight in vector.items()} if norm else {}
