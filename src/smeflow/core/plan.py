"""The only control flow: a list of steps, each with "skip unless" and "let a person look if"."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from smeflow._text import shortened
from smeflow.core.case import Case, Skipped, Step, require_step
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


@dataclass(frozen=True, slots=True, repr=False)
class Hold:
    """A person must look before anything later happens."""

    entry: Entry
    reasons: tuple[Phrase, ...]

    def __str__(self) -> str:
        return f"{self.entry.step.name}: {'; '.join(map(str, self.reasons))}"

    def __repr__(self) -> str:
        return f"<held at {shortened(str(self), 180)}>"


Next = Do | Skip | Hold | None


def plan_of(steps: Sequence[Step[Any] | Entry]) -> tuple[Entry, ...]:
    """Make a plan of steps, or of entries where a step has a condition.

    Raises:
        TypeError: Something in it is no step; the message says what to write.
        ValueError: There is none, or two have one name.
    """
    if isinstance(steps, str | bytes | Entry) or not isinstance(steps, Iterable):
        name = getattr(steps, "name", "step")  # foreign: whatever was given
        raise TypeError(f"give a list of steps: [{name}]")
    entries = tuple(each if isinstance(each, Entry) else Entry(step=require_step(each)) for each in steps)
    if not entries:
        raise ValueError("the list of steps is empty: give at least one, such as [kind]")
    names = [require_step(entry.step).name for entry in entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(
            f"two steps are called {twice!r}: results are kept by name, so give one another name=, such as "
            f"name='{twice}_2'"
        )
    return entries


def entry_of(step: Step[Any] | str, entries: Sequence[Entry]) -> Entry:
    """Find the entry of *step*, given itself or by name.

    Raises:
        ValueError: It is not in the plan; the message names those that are.
    """
    name = step if isinstance(step, str) else require_step(step).name
    found = next((entry for entry in entries if entry.step.name == name), None)
    if found is None:
        names = ", ".join(entry.step.name for entry in entries)
        raise ValueError(f"there is no step {name!r} in this run; its steps are: {names}")
    return found


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


_EACH_ONE = say("a person looks at each one, as the recipe asks")


def is_wish(reason: Phrase) -> bool:
    """Tell whether a reason of `Hold` is the recipe's wish for a person, and nothing that was found."""
    return "condition" in reason.data or reason == _EACH_ONE


def _start(entry: Entry, case: Case) -> Next:
    wanted = True if entry.when is None else entry.when(case)
    if wanted is None:
        why = say(
            "cannot decide whether step {step} is wanted: {condition}",
            step=entry.step.name,
            condition=_written(entry.when_text, entry.when),
        )
        return Hold(entry, (why,))
    if not wanted:
        return Skip(entry, say("not {condition}", condition=_written(entry.when_text, entry.when)))
    return Do(entry)


def _written(text: str, condition: Condition | None) -> str:
    """Give a condition as it was written: its text, or the name of the function."""
    return text or str(getattr(condition, "__name__", condition))  # foreign: any callable of a user's own


def _review_reasons(entry: Entry, case: Case) -> tuple[Phrase, ...]:
    verdict = entry.review(case) if entry.review else False
    condition = _written(entry.review_text, entry.review)
    if verdict is None:
        why = entry.undecided(case) if entry.undecided else None
        if why is None:
            return (say("cannot decide: {condition}", condition=condition),)
        return (say("cannot decide, since {why}: {condition}", why=why, condition=condition),)
    if not verdict:
        return ()
    if entry.review_text.lower() == "true":
        return (_EACH_ONE,)
    return (say("review is asked for: {condition}", condition=condition),)
