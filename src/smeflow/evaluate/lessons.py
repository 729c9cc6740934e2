"""Corrections become examples: some teach, some are kept apart to measure, and what would do harm is left.

What people decided about a triage step's items is its lesson. By the hash of its key a quarter of the items
is kept apart: those never teach, they measure. A change is measured on them and on the examples there were,
each sorted as if unknown; where fewer come out right than before, or more wrong ones would pass unseen, it is
not taken up, or only the labels of it that do no harm.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from smeflow._text import folded, sha256
from smeflow.documents.document import MAIL
from smeflow.documents.mail import headers_of
from smeflow.engine.cases import case_of
from smeflow.errors import SmeflowError
from smeflow.evaluate.scoring import decided_value
from smeflow.ledger import items
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.reviews import standing_decisions
from smeflow.ledger.rows import ItemRow
from smeflow.recipe.load import Recipe
from smeflow.triage.labels import (
    TEST_USE,
    Example,
    LabelRule,
    read_examples,
    read_rules,
    rows_of_examples,
    rules_file,
)
from smeflow.triage.likeness import compared_example, learn_examples
from smeflow.triage.step import Triage, match_rule
from smeflow.triage.words import CaseText

TEST_ONE_IN = 4
"""One item in so many measures instead of teaching."""
LONGEST = 3_000


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One item whose label a person gave or approved."""

    key: str
    example: Example
    teaches: bool

    @property
    def line(self) -> dict[str, Any]:
        """The line of JSON it is kept as."""
        example = self.example
        row: dict[str, Any] = {"id": self.key, "label": example.label}
        row |= {"labels": list(example.labels)} if len(example.labels) > 1 else {}
        row |= {"subject": example.subject, "from": example.sender, "text": example.text}
        return row if self.teaches else {**row, "use": TEST_USE}


@dataclass(frozen=True, kw_only=True)
class SortingScore:
    """How what is known sorts what is known to be true."""

    right: int
    of: int
    silent: int
    """Wrong, and sure: nobody would have looked."""

    def worse_than(self, other: "SortingScore") -> bool:
        """Tell whether the result fell."""
        return self.right < other.right or self.silent > other.silent


@dataclass(frozen=True, kw_only=True)
class LearningOutcome:
    """What comes of a batch of lessons."""

    before: SortingScore
    after: SortingScore
    taken: tuple[Lesson, ...]
    refused: tuple[Lesson, ...]
    """They would have made the result worse."""
    tests: tuple[Lesson, ...]
    """New ones that measure."""
    known: int
    """Decisions that were learned before."""


def collect_lessons(ledger: Ledger, recipe: str, step: Triage) -> list[Lesson]:
    """Collect what people decided about the items of *recipe*, in the order the items came."""
    lessons = []
    for item in ledger.items(recipe):
        labels = _decided(ledger, item, step)
        example = _example(ledger, item, labels) if labels else None
        if example is not None:
            is_test = int(sha256(item.key)[:8], 16) % TEST_ONE_IN == 0
            lessons.append(Lesson(key=item.key, example=example, teaches=not is_test))
    return lessons


def learn_from(step: Triage, file: Path, decided: Sequence[Lesson]) -> LearningOutcome:
    """Measure what *decided* would teach beside the examples of *step* and what *file* holds already.

    Raises:
        ValueError: The file cannot be read.
    """
    kept = {str(row.get("id")): row for _, row in rows_of_examples(file)} if file.is_file() else {}
    new = [lesson for lesson in decided if _is_new(lesson, kept.get(lesson.key))]
    changed = {lesson.key for lesson in new}
    old_tests = [
        _lesson_of(row) for key, row in kept.items() if row.get("use") == TEST_USE and key not in changed
    ]
    tests = [*old_tests, *(lesson for lesson in new if not lesson.teaches)]
    # a corrected correction is taken out of what teaches before it is measured again
    learned = len(read_examples(file)) if file.is_file() else 0
    before_file = list(step.examples[: len(step.examples) - learned])
    base = before_file + [
        _lesson_of(row).example
        for key, row in kept.items()
        if row.get("use") != TEST_USE and key not in changed
    ]
    truths = [lesson.example for lesson in tests]
    before = measure_sorting(step, base, (), truths)
    taken, after, refused = _choose_harmless(
        step, base, [lesson for lesson in new if lesson.teaches], truths, before
    )
    return LearningOutcome(
        before=before,
        after=after,
        taken=tuple(taken),
        refused=tuple(refused),
        tests=tuple(lesson for lesson in new if not lesson.teaches),
        known=len(decided) - len(new),
    )


def measure_sorting(
    step: Triage, base: Sequence[Example], more: Sequence[Example], truths: Sequence[Example]
) -> SortingScore:
    """Sort *truths*, and *base* as if each were unknown, by what *base* and *more* teach."""
    known = learn_examples(
        step.labels, [*base, *more], right=step.threshold, by=step.likeness, many=step.many
    )
    senders = any(example.sender for example in (*base, *more))
    right = silent = 0
    for truth in truths:
        comparison = known.compare(compared_example(truth, senders=senders))
        is_right = comparison.best in truth.of
        right += is_right
        silent += comparison.sure and not is_right
    each = len(step.labels) if step.many else 1
    left_out = known.outcomes[: len(base) * each]
    enough = known.sure.enough
    right += sum(was_right for _, was_right in left_out)
    silent += sum(enough is not None and lead >= enough and not was_right for lead, was_right in left_out)
    return SortingScore(right=right, of=len(truths) + len(left_out), silent=silent)


def write_examples(file: Path, outcome: LearningOutcome) -> None:
    """Add what was taken, and the new tests, to *file*; a line of the same item is replaced."""
    rows = {str(row.get("id")): dict(row) for _, row in rows_of_examples(file)} if file.is_file() else {}
    rows |= {lesson.key: lesson.line for lesson in (*outcome.taken, *outcome.tests)}
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.values())
    file.parent.mkdir(parents=True, exist_ok=True)
    replacement = file.with_name(f"{file.name}.new")
    replacement.write_text(text, encoding="utf-8")
    replacement.replace(file)


def _choose_harmless(
    step: Triage, base: list[Example], new: list[Lesson], truths: list[Example], before: SortingScore
) -> tuple[list[Lesson], SortingScore, list[Lesson]]:
    """Take all, or else label by label what does no harm."""
    together = measure_sorting(step, base, [lesson.example for lesson in new], truths)
    if not together.worse_than(before):
        return new, together, []
    taken: list[Lesson] = []
    after, refused = before, []
    for label in dict.fromkeys(lesson.example.label for lesson in new):
        batch = [lesson for lesson in new if lesson.example.label == label]
        score = measure_sorting(step, base, [lesson.example for lesson in (*taken, *batch)], truths)
        if score.worse_than(after):
            refused += batch
        else:
            taken, after = [*taken, *batch], score
    return taken, after, refused


def _decided(ledger: Ledger, item: ItemRow, step: Triage) -> tuple[str, ...]:
    """Give the labels a person gave or approved; none where nobody did."""
    value = decided_value(ledger, item, step.name) or {}
    labels = value.get("labels") or [value.get("label")]
    return tuple(label for label in labels if label in step.labels)


def _example(ledger: Ledger, item: ItemRow, labels: tuple[str, ...]) -> Example | None:
    try:
        pieces = CaseText.of(case_of(ledger, item))
    except SmeflowError:
        return None  # what cannot be read any more teaches nothing
    subject = pieces.subject if pieces.named else ""
    return Example(
        label=labels[0],
        labels=labels if len(labels) > 1 else (),
        text=pieces.text[:LONGEST],
        subject=subject,
        sender=pieces.sender,
    )


def _is_new(lesson: Lesson, kept: Mapping[str, Any] | None) -> bool:
    return kept is None or _lesson_of(kept).example.of != lesson.example.of


def _lesson_of(row: Mapping[str, Any]) -> Lesson:
    example = Example(
        label=str(row.get("label")),
        labels=tuple(row.get("labels") or ()),
        text=str(row.get("text") or ""),
        subject=str(row.get("subject") or ""),
        sender=str(row.get("from") or ""),
    )
    return Lesson(key=str(row.get("id")), example=example, teaches=row.get("use") != TEST_USE)


# --- rules that corrections suggest -------------------------------------------------------------------

MOVED_TWICE = 2
"""How many mails a person moved alike make a proposal."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_LEAST_LETTERS = 8
"""How many letters the words of a subject need that are proposed as a rule: "re" and "votre" say nothing."""
MOST_WORDS = 4


@dataclass(frozen=True, kw_only=True)
class RuleProposal:
    """A rule that would have done what a person did by hand."""

    rule: LabelRule
    moved: tuple[str, ...]
    """The names of what the person moved."""


@dataclass(frozen=True, kw_only=True)
class _Moved:
    """One mail a person decided about."""

    name: str
    sender: str
    subject: str
    label: str
    by_hand: bool
    """The person gave another label than the step had."""


def propose_rules(ledger: Ledger, recipe: str, step: Triage, file: Path) -> list[RuleProposal]:
    """Propose a rule for each sender, and for each phrase of subjects, that a person moved twice alike.

    None is proposed that contradicts a decision of a person, that a rule covers already, or that somebody
    refused; *file* is where `rules_file` keeps these.

    Raises:
        ValueError: The file cannot be read.
    """
    accepted, refused = read_rules(file)
    seen = [
        _moved(ledger, items.item_of(row), step)
        for row in ledger.store.read("items decided", recipe=recipe, step=step.name)
    ]
    decided = [each for each in seen if each is not None]
    uncovered = [each for each in decided if each.by_hand and not _is_covered(each, step.rules)]
    proposals = [*_by_sender(uncovered, decided)]
    covered = {name for proposal in proposals for name in proposal.moved}
    proposals += _by_subject([each for each in uncovered if each.name not in covered], decided)
    known = {_content(rule) for rule in (*accepted, *refused)}
    return [each for each in proposals if _content(each.rule) not in known]


def proposals_of(ledger: Ledger, recipe: Recipe) -> Iterator[tuple[Triage, Path, RuleProposal]]:
    """Give what is proposed for each step of *recipe* that learns, with the file accepted rules go into.

    Raises:
        ValueError: A file of rules cannot be read.
    """
    for entry in recipe.entries:
        step = entry.step
        if isinstance(step, Triage) and step.learned:
            file = rules_file(recipe.folder / step.learned)
            for proposal in propose_rules(ledger, recipe.name, step, file):
                yield step, file, proposal


def _content(rule: LabelRule) -> tuple[object, ...]:
    return rule.label, rule.sender, rule.subject


def _moved(ledger: Ledger, item: ItemRow, step: Triage) -> _Moved | None:
    review = standing_decisions(ledger.reviews(item), item.version).get(step.name)
    labels = _decided(ledger, item, step)
    if review is None or not labels or item.media_type != MAIL:
        return None
    before = json.loads(review.before) if review.before else {}
    head = headers_of(ledger.data(item))
    by_hand = review.action == "correct" and before.get("label") != labels[0]
    _, sender = parseaddr(head.get("from", ""))
    return _Moved(
        name=item.name or item.key,
        sender=sender.lower(),
        subject=head.get("subject", ""),
        label=labels[0],
        by_hand=by_hand,
    )


def _is_covered(mail: _Moved, rules: Sequence[LabelRule]) -> bool:
    pieces = CaseText(subject=mail.subject, sender=mail.sender, text="")
    return any(match_rule(rule, pieces) is not None and rule.label == mail.label for rule in rules)


def _by_sender(moved: Sequence[_Moved], decided: Sequence[_Moved]) -> Iterator[RuleProposal]:
    for sender, label in dict.fromkeys((each.sender, each.label) for each in moved if each.sender):
        alike = [each for each in moved if (each.sender, each.label) == (sender, label)]
        others = {each.label for each in decided if each.sender == sender}
        if len(alike) >= MOVED_TWICE and others == {label}:
            names = tuple(each.name for each in alike)
            yield RuleProposal(rule=LabelRule.model_validate({"label": label, "from": sender}), moved=names)


def _by_subject(moved: Sequence[_Moved], decided: Sequence[_Moved]) -> Iterator[RuleProposal]:
    """Take the longest run of words that two subjects share and that no mail of another label has."""
    taken: set[str] = set()
    for number, one in enumerate(moved):
        for other in moved[number + 1 :]:
            if one.label != other.label or {one.name, other.name} & taken:
                continue
            words = next(
                (
                    each
                    for each in _runs(one.subject)
                    if each in folded(other.subject) and _is_own(each, one.label, decided)
                ),
                None,
            )
            if words is not None:
                alike = tuple(
                    each.name for each in moved if each.label == one.label and words in folded(each.subject)
                )
                taken.update(alike)
                yield RuleProposal(rule=LabelRule(label=one.label, subject=(words,)), moved=alike)


def _runs(subject: str) -> list[str]:
    """Give the runs of words of a subject, the longest first, without numbers and marks between them."""
    flat = folded(subject)
    words = list(_WORD.finditer(flat))
    runs = [
        flat[words[start].start() : words[end].end()]
        for start in range(len(words))
        for end in range(start, min(start + MOST_WORDS, len(words)))
    ]
    return sorted({run for run in runs if len(run) >= _LEAST_LETTERS}, key=lambda run: (-len(run), run))


def _is_own(words: str, label: str, decided: Sequence[_Moved]) -> bool:
    return all(each.label == label for each in decided if words in folded(each.subject))
