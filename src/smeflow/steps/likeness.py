"""How much a text is like known examples, in plain Python: three views that must agree before they decide.

Character n-grams need no language, word list or model; they forgive typing mistakes and inflection. The
views are the label whose best three examples are nearest, the label of the one nearest example, and the label
whose words the text has (naive Bayes on words present). How clear a lead must be is fitted on the examples
themselves, each sorted in turn as if it were not known: a lead that was wrong too often is not used.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smeflow._text import folded

SIZES = (3, 4, 5)
NEAREST = 3
MOST_TRIED = 200
"""Examples that are sorted again to fit the lead; of more, every second or third."""
LEAST_LEAD = 0.4
"""With few examples a smaller lead is chance, whatever they say of themselves."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 7
_SMOOTH = 0.3


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How near a text is to each label, and how clearly one leads."""

    scores: dict[str, float]
    """The mean cosine with each label's nearest examples, 0 to 1."""
    best: str | None
    lead: float = 0.0
    """How far the best is before the second, as a share of the best: 0 to 1."""
    agreed: bool = False
    """All three views say the same."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What examples taught."""

    labels: tuple[str, ...]
    weights: Mapping[str, float]
    postings: Mapping[str, Sequence[tuple[int, float]]]
    """For each n-gram the examples that hold it, with its weight there."""
    holding: Mapping[str, frozenset[int]]
    """For each word the examples that hold it."""
    lead_needed: float | None = None
    """None: there are too few examples to trust any lead."""

    def compare(self, text: str, leave_out: int | None = None) -> Likeness:
        """Compare *text* with each label's examples; with *leave_out*, as if that example were not known."""
        near = [(nearness, at) for at, nearness in self._nearness(text).items() if at != leave_out]
        by_label: dict[str, list[float]] = defaultdict(list)
        for nearness, at in sorted(near, reverse=True):
            by_label[self.labels[at]].append(nearness)
        scores = {label: sum(best[:NEAREST]) / NEAREST for label, best in by_label.items()}
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or ranked[0][1] <= 0:
            return Likeness(scores=scores, best=None)
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        best = ranked[0][0]
        agreed = self.labels[max(near)[1]] == best == self._by_words(text, leave_out)
        return Likeness(scores=scores, best=best, lead=(ranked[0][1] - second) / ranked[0][1], agreed=agreed)

    def trusted(self, found: Likeness) -> bool:
        """Tell whether the lead is one the examples themselves bear out."""
        return self.lead_needed is not None and found.agreed and found.lead >= self.lead_needed

    def _nearness(self, text: str) -> dict[int, float]:
        found: dict[int, float] = defaultdict(float)
        for gram, weight in _vector(_grams(text), self.weights).items():
            for at, other in self.postings.get(gram, ()):
                found[at] += weight * other
        return found

    def _by_words(self, text: str, leave_out: int | None) -> str | None:
        counts = Counter(label for at, label in enumerate(self.labels) if at != leave_out)
        total = sum(counts.values())
        scores = dict.fromkeys(counts, 0.0)
        for word in _words(text):
            holders = self.holding.get(word, frozenset()) - {leave_out}
            if not holders:
                continue
            held = Counter(self.labels[at] for at in holders)
            usual = math.log((len(holders) + _SMOOTH) / (total + 2 * _SMOOTH))
            for label, count in counts.items():
                scores[label] += math.log((held[label] + _SMOOTH) / (count + 2 * _SMOOTH)) - usual
        return max(sorted(scores), key=scores.__getitem__, default=None)


def learn(examples: Sequence[tuple[str, str]], right: float) -> Examples:
    """Learn from (label, text) pairs; a lead is trusted where at least *right* of such leads were right.

    The same examples in the same order always teach the same.
    """
    grams = [_grams(text) for _, text in examples]
    seen = Counter(gram for found in grams for gram in found)
    count = len(examples)
    weights = {
        gram: math.log((1 + count) / (1 + n)) + 1 for gram, n in seen.items() if n * 2 <= count or count < 8
    }
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    holding: dict[str, set[int]] = defaultdict(set)
    for at, found in enumerate(grams):
        for gram, weight in _vector(found, weights).items():
            postings[gram].append((at, weight))
        for word in _words(examples[at][1]):
            holding[word].add(at)
    taught = Examples(
        labels=tuple(label for label, _ in examples),
        weights=weights,
        postings=dict(postings),
        holding={word: frozenset(places) for word, places in holding.items()},
    )
    tried = range(0, count, max(1, count // MOST_TRIED))
    sorted_again = [(taught.compare(examples[at][1], leave_out=at), examples[at][0]) for at in tried]
    outcomes = [(found.lead, found.best == label) for found, label in sorted_again if found.agreed]
    return Examples(
        labels=taught.labels,
        weights=taught.weights,
        postings=taught.postings,
        holding=taught.holding,
        lead_needed=_lead_needed(outcomes, right),
    )


def _lead_needed(outcomes: list[tuple[float, bool]], right: float) -> float | None:
    """Find the smallest lead above which enough answers are right, counting one more as wrong."""
    needed = None
    wrong = 0
    for kept, (lead, was_right) in enumerate(sorted(outcomes, reverse=True), start=1):
        wrong += not was_right
        if 1 - (wrong + 1) / (kept + 1) >= right:
            needed = lead
    return None if needed is None else max(needed, LEAST_LEAD)


def _words(text: str) -> list[str]:
    return sorted({word[:_STEM] for word in _WORD.findall(folded(text))})


def _grams(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in folded(text).split():
        padded = f" {word} "
        for size in SIZES:
            found.update(padded[i : i + size] for i in range(len(padded) - size + 1))
    return found


def _vector(grams: Counter[str], weights: Mapping[str, float]) -> dict[str, float]:
    vector = {g: (1 + math.log(n)) * weights[g] for g, n in grams.items() if g in weights}
    norm = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {gram: weight / norm for gram, weight in vector.items()} if norm else {}
