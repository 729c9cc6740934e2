"""Texts as weighted runs of letters: no word list or model needed, and typing mistakes are forgiven.

A run is two to four letters within a word, digits taken as one digit; a run weighs more the fewer texts hold
it. Two texts are as near as the cosine of the angle between their weights: 0 to 1.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from smeflow._text import folded

SIZES = (2, 3, 4)
LONGEST = 3_000
"""Characters of a text that count: what a mail is about stands at its top."""
_DIGIT = re.compile(r"\d")
Vector = Mapping[str, float]


class Runs:
    """The runs of known texts, ready to be compared with another. Safe to share between threads."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [counts(text) for text in texts]
        spread = Counter(run for each in counted for run in each)
        total = len(texts)
        self.size = total
        self.weights = {run: math.log((1 + total) / (1 + n)) + 1 for run, n in spread.items()}
        self.vectors = [self._weighed(each) for each in counted]
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, vector in enumerate(self.vectors):
            for run, weight in vector.items():
                postings[run].append((at, weight))
        self._postings = {run: tuple(places) for run, places in postings.items()}

    def near(self, text: str) -> list[float]:
        """Give the cosine of *text* with each known text, in their order."""
        return self.near_vector(self._weighed(counts(text)))

    def near_vector(self, vector: Vector) -> list[float]:
        """Give the cosine of *vector* with each known text, in their order."""
        found = [0.0] * self.size
        for run, weight in vector.items():
            for at, other in self._postings[run]:
                found[at] += weight * other
        return found

    def _weighed(self, runs: Mapping[str, int]) -> Vector:
        known = self.weights
        vector = {run: _SUBLINEAR[min(n, 99)] * known[run] for run, n in runs.items() if run in known}
        length = math.sqrt(sum(weight * weight for weight in vector.values()))
        return {run: weight / length for run, weight in vector.items()} if length else {}


_SUBLINEAR = (0.0, *(1 + math.log(n) for n in range(1, 100)))


def counts(text: str) -> Counter[str]:
    """Count the runs of *text*."""
    found: Counter[str] = Counter()
    for word, times in Counter(_words(text)).items():
        for run in _runs(word):
            found[run] += times
    return found


def _words(text: str) -> Iterable[str]:
    return _DIGIT.sub("0", folded(text[:LONGEST])).split()


@lru_cache(maxsize=20_000)
def _runs(word: str) -> tuple[str, ...]:
    padded = f" {word[:60]} "
    return tuple(padded[i : i + size] for size in SIZES for i in range(len(padded) - size + 1))
