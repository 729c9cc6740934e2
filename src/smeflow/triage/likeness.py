"""How like known examples a text is, and how sure that is: sentence embeddings and letters, no model asked.

Every label is also an example of itself: its name, its description and the words every office knows it by
are learned beside the texts, so that two corrections are enough to begin with. A text less near to the
examples than they are to one another is unlike them.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any, Literal

from smeflow.i18n import Phrase, say
from smeflow.triage import learning
from smeflow.triage.labels import Example
from smeflow.triage.learning import (
    ConfidenceCurve,
    LeadConfidence,
    LetterNgrams,
    Outcome,
    embedder,
    fit_confidence,
    has_embeddings,
    shipped_curves,
)
from smeflow.triage.words import CaseText, WordScores, is_degree, label_name, label_phrases

LikenessMode = Literal["auto", "letters", "embeddings"]
LETTERS = 0.15
"""What nearness by letters counts beside embeddings."""
DOUBT = 1.0
TEMPERATURE = 0.1
"""How far scores are spread when they are shown as shares."""
NEIGHBOURS = 3
"""How near a text is to what is known is told by its nearest few examples together."""
LONELY_SHARE = 0.05
"""A text less near than this share of the examples are to one another is unlike all of them."""
HIGHEST_FLOOR = 0.25
"""Examples that are copies of one another do not make every other text strange."""
MOST_TEXTS, MOST_TEXTS_IN_PYTHON = 2_000, 400
"""Examples learned from; without NumPy fewer, so that it stays a matter of seconds."""


@dataclass(frozen=True, kw_only=True)
class ComparedText:
    """A text as it is compared."""

    whole: str
    """What its letters are taken from."""
    short: str
    """What is embedded."""


@dataclass(frozen=True, kw_only=True)
class TrainingText:
    """A text and the labels it belongs under; ``of`` is empty where it belongs under none."""

    of: frozenset[str]
    text: ComparedText


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How well each label fits a text."""

    scores: Mapping[str, float]
    """Shares that add up to 1; for several labels each on its own, 0 to 1."""
    best: str | None
    lead: float = 0.0
    """How far the best is before the second; for several labels, before what would be no label."""
    confidence: float | None = None
    sure: bool = False
    """The lead is one the examples bear out."""
    several: tuple[str, ...] = ()
    """Every label that is sure, where a text may have several."""
    unlike: bool = False
    """No example is near."""
    nearest: tuple[int, ...] = ()
    """The numbers of the nearest examples, the nearest first."""

    def why_unsure(self, words: WordScores) -> Phrase:
        """Say why no label was given, beside what its *words* say."""
        if self.unlike and self.best:
            return say("It is unlike every example; the nearest label is {label}.", label=self.best)
        if words.best and self.best and words.best != self.best:
            return say("Its words say {one}, the examples say {two}.", one=words.best, two=self.best)
        if self.best:
            return say("No label is clear; the nearest is {label}.", label=self.best)
        return say("No label is clear.")


@dataclass(frozen=True, kw_only=True)
class LearnedLabels:
    """What examples and labels taught."""

    labels: tuple[str, ...]
    lessons: tuple[TrainingText, ...] = field(repr=False)
    ngrams: LetterNgrams
    ridge: learning.Ridge
    sure: LeadConfidence
    many: bool
    floors: tuple[float, float]
    """The nearness, by letters and in all, below which a text is unlike every example."""
    points: Any = None
    centre: Any = None
    outcomes: tuple[Outcome, ...] = field(default=(), repr=False)

    @property
    def examples(self) -> int:
        """How many there are."""
        return len(self.lessons)

    def compare(self, text: ComparedText) -> Likeness:
        """Compare *text* with all that is known."""
        letters = self.ngrams.near(text.whole)
        near = self._with_meaning(letters, text)
        scores = self.ridge.scores(near)
        known = near[: self.examples]
        nearest = sorted(range(len(known)), key=lambda number: (-known[number], number))[:8]
        views = zip((letters[: self.examples], known), self.floors, strict=True)
        unlike = bool(known) and any(_nearness(view) < floor for view, floor in views)
        base = Likeness(scores={}, best=None, unlike=unlike, nearest=tuple(nearest))
        return self._several(scores, base) if self.many else self._single(scores, base)

    def _single(self, scores: Sequence[float], base: Likeness) -> Likeness:
        best, lead = _leader(scores)
        return replace(
            base,
            scores=_shares(self.labels, scores),
            best=self.labels[best] if lead > 0 else None,
            lead=lead,
            confidence=self._confidence(lead),
            sure=not base.unlike and self._enough(lead),
        )

    def _several(self, scores: Sequence[float], base: Likeness) -> Likeness:
        leads = {label: score + 1 for label, score in zip(self.labels, scores, strict=True)}
        best = max(leads, key=lambda label: (leads[label], label))
        sure = [label for label in self.labels if self._enough(leads[label])]
        sure.sort(key=lambda label: -leads[label])
        return replace(
            base,
            scores={label: min(max(lead / 2, 0.0), 1.0) for label, lead in leads.items()},
            best=best,
            lead=leads[best],
            confidence=self._confidence(leads[sure[-1] if sure else best]),
            sure=bool(sure) and not base.unlike,
            several=tuple(sure),
        )

    def _confidence(self, lead: float) -> float | None:
        return self.sure.curve.chance(lead) if self.examples else None

    def _enough(self, lead: float) -> bool:
        return self.sure.enough is not None and lead >= self.sure.enough - 1e-9

    def _with_meaning(self, letters: list[float], text: ComparedText) -> list[float]:
        if self.points is None:
            return letters
        point = _unit(embedder().embed([text.short]) - self.centre)[0]
        return _blended(letters, (self.points @ point).tolist())


def _blended(letters: Sequence[float], meaning: Sequence[float]) -> list[float]:
    return [LETTERS * a + (1 - LETTERS) * b for a, b in zip(letters, meaning, strict=True)]


def learn_examples(
    labels: Mapping[str, str], examples: Sequence[Example], *, right: float, by: LikenessMode, many: bool
) -> LearnedLabels:
    """Learn from *examples*, and from the names, descriptions and known words of *labels*.

    *right* is the share of labels given alone that must be right. The same examples teach the same.

    Raises:
        MissingExtra: Embeddings are asked for by name and are not installed.
    """
    senders = any(example.sender for example in examples)
    lessons = _most_recent(
        [
            TrainingText(of=frozenset(example.of), text=compared_example(example, senders=senders))
            for example in examples
        ]
    )
    named = bool(lessons) or any(about or not is_degree(label) for label, about in labels.items())
    of_labels = [text for label, about in labels.items() for text in _label_texts(label, about, named=named)]
    texts = [*lessons, *of_labels]
    ngrams = LetterNgrams([each.text.whole for each in texts])
    letters = near = [ngrams.near_vector(vector) for vector in ngrams.vectors]
    points = centre = None
    embedded = by == "embeddings" or (by == "auto" and has_embeddings())
    if embedded:
        points, centre = _embedded_points(texts, len(lessons))
        near = [_blended(*rows) for rows in zip(letters, (points @ points.T).tolist(), strict=True)]
    names = tuple(labels)
    targets = [_target_scores(names, each.of) for each in texts]
    ridge = learning.fit_ridge(near, targets, _doubts(lessons) + [DOUBT] * len(of_labels))
    outcomes = (_outcomes_of_each if many else _outcomes)(names, lessons, ridge.left_out[: len(lessons)])
    shipped = shipped_curves()["embeddings" if embedded else "letters"]
    return LearnedLabels(
        labels=names,
        lessons=tuple(lessons),
        ngrams=ngrams,
        ridge=ridge,
        sure=_lead_confidence(outcomes, right, shipped, many=many),
        many=many,
        floors=(_nearness_floor(letters, len(lessons)), _nearness_floor(near, len(lessons))),
        points=points,
        centre=centre,
        outcomes=tuple(outcomes),
    )


def compared_text(pieces: CaseText, *, senders: bool) -> ComparedText:
    """Give *pieces* as they are compared with examples."""
    subject = pieces.subject if pieces.named else ""
    rest = "\n".join(f"{name}\n{text}" for name, text in pieces.attachments)
    return _compared(pieces.sender if senders else "", subject, f"{pieces.text}\n{rest}")


def compared_example(example: Example, *, senders: bool) -> ComparedText:
    """Give an example as it is compared."""
    return _compared(example.sender if senders else "", example.subject, example.text)


def _compared(sender: str, subject: str, text: str) -> ComparedText:
    content = f"{subject}\n{text}".strip()
    return ComparedText(whole=f"{sender}\n{content}" if sender else content, short=content)


def _label_texts(label: str, about: str, *, named: bool) -> list[TrainingText]:
    """Give what a label's name and description teach; a degree such as "urgent" names no matter.

    Where nothing else is known, no example, no description and no other name, the names are all there is.
    """
    name = label_name(label)
    if named and is_degree(label):
        texts = [about] if about else []
    else:
        texts = [f"{name}: {about}" if about else name, *label_phrases(label)]
    return [TrainingText(of=frozenset({label}), text=ComparedText(whole=text, short=text)) for text in texts]


def _lead_confidence(
    outcomes: Sequence[Outcome], right: float, shipped: ConfidenceCurve, *, many: bool
) -> LeadConfidence:
    """Fit; where there may be several labels, a lead is before no label and has a scale of its own."""
    if many:
        return fit_confidence(outcomes, right, ConfidenceCurve(level=0.0, slope=shipped.slope))
    return fit_confidence(outcomes, right, shipped)


def _most_recent(lessons: Sequence[TrainingText]) -> list[TrainingText]:
    """Keep as many as can be learned from in time: of each label in turn, the last ones first."""
    most = MOST_TEXTS if learning.numpy_or_none() else MOST_TEXTS_IN_PYTHON
    if len(lessons) <= most:
        return list(lessons)
    counts: Counter[frozenset[str]] = Counter()
    ranks: dict[int, tuple[int, int]] = {}
    for number in reversed(range(len(lessons))):
        counts[lessons[number].of] += 1
        ranks[number] = (counts[lessons[number].of], -number)
    return [lessons[number] for number in sorted(sorted(ranks, key=ranks.__getitem__)[:most])]


def _embedded_points(rows: Sequence[TrainingText], examples: int) -> tuple[Any, Any]:
    """Embed every row around the middle of its kind: all mails share what makes them mails."""
    import numpy as np

    raw = embedder().embed([row.text.short for row in rows])
    middle = raw[:examples].mean(axis=0) if examples >= 4 else raw.mean(axis=0)
    others = raw[examples:].mean(axis=0) if examples < len(rows) else middle
    return np.vstack([_unit(raw[:examples] - middle), _unit(raw[examples:] - others)]), middle


def _unit(rows: Any) -> Any:
    import numpy as np

    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


def _target_scores(labels: Sequence[str], of: Collection[str]) -> list[float]:
    other = -1 / (len(labels) - 1) if len(of) < 2 else -1.0
    return [1.0 if label in of else other for label in labels]


def _doubts(lessons: Sequence[TrainingText]) -> list[float]:
    """Believe the examples of a rare label more, so that a frequent one does not drown it."""
    counts = Counter(label for lesson in lessons for label in lesson.of or {""})
    usual = counts.total() / max(1, len(counts))
    return [DOUBT * (min(counts[label] for label in lesson.of or {""}) / usual) ** 0.5 for lesson in lessons]


def _outcomes(
    labels: Sequence[str], lessons: Sequence[TrainingText], left_out: learning.Rows
) -> list[Outcome]:
    leaders = ((lesson, *_leader(scores)) for lesson, scores in zip(lessons, left_out, strict=True))
    return [(lead, labels[best] in lesson.of) for lesson, best, lead in leaders]


def _outcomes_of_each(
    labels: Sequence[str], lessons: Sequence[TrainingText], left_out: learning.Rows
) -> list[Outcome]:
    return [
        (score + 1, label in lesson.of)
        for lesson, scores in zip(lessons, left_out, strict=True)
        for label, score in zip(labels, scores, strict=True)
    ]


def _leader(scores: Sequence[float]) -> tuple[int, float]:
    first, second = sorted(range(len(scores)), key=lambda number: (-scores[number], number))[:2]
    return first, scores[first] - scores[second]


def _nearness(near: Sequence[float]) -> float:
    nearest = sorted(near, reverse=True)[:NEIGHBOURS]
    return sum(nearest) / len(nearest)


def _nearness_floor(near: learning.Rows, examples: int) -> float:
    """Give how near the loneliest examples are to their nearest others."""
    if examples < 5:
        return 0.0
    rows = [[n for b, n in enumerate(near[a][:examples]) if b != a] for a in range(examples)]
    return min(sorted(map(_nearness, rows))[int(examples * LONELY_SHARE)], HIGHEST_FLOOR)


def _shares(labels: Sequence[str], scores: Sequence[float]) -> dict[str, float]:
    top = max(scores)
    parts = [exp((score - top) / TEMPERATURE) for score in scores]
    return {label: part / sum(parts) for label, part in zip(labels, parts, strict=True)}
