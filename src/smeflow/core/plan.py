"""The only control flow: a list of steps, each with "skip unless" and "let a person look if"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from smeflow.core.case import Case, Skipped, Step
from smeflow.core.step import doubts_of
from smeflow.i18n import Phrase, say

Condition = Callable[[Case], bool | None]
"""True, false, or None: it cannot be decided (a value is missing, currencies differ)."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a plan."""

    step: Step[Any]
    when: Condition | None = None
    review: Condition | None = None
    when_text: str = ""
    """The condition as it was written, to tell a person why."""
    review_text: str = ""
    llm: str = ""
    """The models this step asks, as written; empty: those of the recipe."""
    agree: int = 1
    """How many of them must agree."""
    undecided: Callable[[Case], Phrase | None] | None = None
    """Says what kept the review's condition from being decided."""

    @property
    def is_parsed(self) -> bool:
        """Whether each condition that stands there as text can be asked."""
        return bool((self.when or not self.when_text) and (self.review or not self.review_text))


@dataclass(frozen=True, slots=True)
class Do:
    """Run the entry's step now."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave the entry's step out."""

    entry: Entry
    why: Phrase


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must look before anything later happens."""

    entry: Entry
    reasons: tuple[Phrase, ...]


Next = Do | Skip | Hold | None


def next_entry(entries: Sequence[Entry], case: Case, accepted: frozenset[str] = frozenset()) -> Next:
    """Say what to do next with *case*; None when the plan is through.

    *accepted* names the steps whose present result a person has approved or given: their ``review`` is not
    asked again. Both drivers, in memory and durable, call this and nothing else, so they cannot disagree.
    """
    for entry in entries:
        name = entry.step.name
        if name not in case.results:
            return _start(entry, case)
        value = case.results[name]
        if isinstance(value, Skipped) or name in accepted:
            continue
        reasons = doubts_of(value) + _review_reasons(entry, case)
        if reasons:
            return Hold(entry, reasons)
    return None


def _start(entry: Entry, case: Case) -> Next:
    wanted = True if entry.when is None else entry.when(case)
    if wanted is None:
        why = say(
            "cannot decide whether step {step} is wanted: {condition}",
            step=entry.step.name,
            condition=entry.when_text,
        )
        return Hold(entry, (why,))
    if not wanted:
        return Skip(entry, say("not {condition}", condition=entry.when_text))
    return Do(entry)


def _review_reasons(entry: Entry, case: Case) -> tuple[Phrase, ...]:
    verdict = entry.review(case) if entry.review else False
    if verdict is None:
        why = entry.undecided(case) if entry.undecided else None
        if why is None:
            return (say("cannot decide: {condition}", condition=entry.review_text),)
        return (say("cannot decide, since {why}: {condition}", why=why, condition=entry.review_text),)
    if not verdict:
        return ()
    if entry.review_text.lower() == "true":
        return (say("a person looks at each one, as the recipe asks"),)
    return (say("review is asked for: {condition}", condition=entry.review_text),)
