"""What waits for a person, and what a person may decide about it.

Let it pass, give right values, put it aside, ask again.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smeflow.errors import LedgerError
from smeflow.i18n import say
from smeflow.ledger.reviews import UNDECIDED, WANTED
from smeflow.ledger.rows import ItemRow, State

if TYPE_CHECKING:
    from smeflow.core.case import Step
    from smeflow.ledger.ledger import Ledger

WAITING_STATES: tuple[State, ...] = ("review", "failed")


def waiting_items(ledger: "Ledger", recipe: str = "") -> list[ItemRow]:
    """Give the items of *recipe* (of all recipes) that a person must look at, in the order they came."""
    names = [recipe] if recipe else ledger.recipes()
    rows = [row for name in names for state in WAITING_STATES for row in ledger.items(name, state)]
    return sorted(rows, key=lambda row: (row.recipe, row.seq, row.nth))


def approve(
    ledger: "Ledger", item: "ItemRow", person: str, note: str = "", *, wanted: bool | None = None
) -> int:
    """Let what was found pass, as it is; gives the decision's number.

    *wanted* answers for a step whose condition cannot be decided: true takes it, false leaves it out.

    Raises:
        LedgerError: The item does not wait for that, or is no longer what the person saw.
    """
    _require_state(item, "review")
    if item.reason.kind == UNDECIDED and wanted is None:
        raise LedgerError(
            say(
                "{name}: nobody can tell whether step {step} is wanted. Say it with --answer yes (take the "
                "step) or --answer no (leave it out), or give the value that is missing: "
                "smeflow review correct ITEM --set STEP.FIELD=VALUE.",
                name=item.name,
                step=item.reason.step,
            )
        )
    if item.reason.kind == "between" and not note.strip():
        raise LedgerError(
            say(
                "{name}: say with --note how you checked it, for it is kept: {why}.",
                name=item.name,
                why=item.reason.phrases[0],
            )
        )
    step, before, seen_hash = _value_seen(ledger, item)
    after = json.dumps({WANTED: wanted}) if item.reason.kind == UNDECIDED else None
    return ledger.record_decision(
        item,
        action="approve",
        person=person,
        step=step,
        result_hash=seen_hash,
        before=before,
        after=after,
        note=note,
    )


def correct(
    ledger: "Ledger",
    item: "ItemRow",
    steps: "Mapping[str, Step[Any]]",
    changes: Mapping[str, str],
    person: str,
    note: str = "",
) -> int:
    """Put values a person gives in the place of what was found; the checks run again on them.

    *changes* are texts by field: ``{"total_net": "12.00"}`` for the step that waits, or with the name of
    another before it: ``invoice.total_net``.

    Raises:
        ValueError: A value does not fit its field; the phrase in it says which.
        LedgerError: The item does not wait for that, or is no longer what the person saw.
    """
    from smeflow.engine.cases import ResultCodec
    from smeflow.review.corrections import correct_result, split_by_step

    _require_state(item, "review", "failed", "done")
    step_name, fields = split_by_step(changes, steps, item.reason.step or _last_step(item))
    step, codec = steps[step_name], ResultCodec()
    stored = ledger.value(item, step_name)
    value = codec.read(step, stored[0]) if stored else None
    after = codec.write(step, correct_result(step, value, fields, person))
    before, seen_hash = stored or (None, "")
    return ledger.record_decision(
        item,
        action="correct",
        person=person,
        step=step_name,
        result_hash=seen_hash,
        before=before,
        after=after,
        note=note,
    )


def relabel(
    ledger: "Ledger", item: "ItemRow", steps: "Mapping[str, Step[Any]]", step: str, label: str, person: str
) -> int | None:
    """Take a label a person gave outside of review, such as by moving a mail into the folder of that label.

    It is a correction like any other: later steps run again on it, and `smeflow learn` takes it up. None
    where the item has that label already.

    Raises:
        ValueError: The step has no such label.
        LedgerError: The item is still open, or no longer what the person saw.
    """
    stored = ledger.value(item, step)
    if stored and json.loads(stored[0]).get("label") == label:
        return None
    return correct(ledger, item, steps, {f"{step}.label": label}, person)


def reject(ledger: "Ledger", item: "ItemRow", person: str, reason: str) -> int:
    """Put an item aside: it goes into no table and is not asked about again.

    Raises:
        LedgerError: It is put aside already, or is no longer what the person saw.
    """
    _require_state(item, "review", "failed", "open", "done")
    step, before, seen_hash = _value_seen(ledger, item)
    return ledger.record_decision(
        item, action="reject", person=person, step=step, result_hash=seen_hash, before=before, note=reason
    )


def ask_again(ledger: "Ledger", item: "ItemRow", person: str, note: str = "") -> int:
    """Ask the step that is in doubt once more at the next run: old replies are not used, and this may cost.

    Raises:
        LedgerError: The item does not wait for that, or is no longer what the person saw.
    """
    _require_state(item, "review", "failed", "done")
    step, before, seen_hash = _value_seen(ledger, item)
    return ledger.record_decision(
        item, action="again", person=person, step=step, result_hash=seen_hash, before=before, note=note
    )


def _value_seen(ledger: "Ledger", item: "ItemRow") -> tuple[str, str | None, str]:
    """Give the step a decision is about, its value as JSON and the value's hash."""
    step = item.reason.step or _last_step(item)
    stored = ledger.value(item, step)
    return (step, *stored) if stored else (step, None, "")


def _last_step(item: "ItemRow") -> str:
    return next((name for name in reversed(list(item.outcome)) if isinstance(item.outcome[name], str)), "")


def _require_state(item: "ItemRow", *states: str) -> None:
    if item.state not in states:
        what = say(
            "{name} does not wait for this decision: it is {state}.",
            name=item.name,
            state=STATE_WORDS[item.state],
        )
        raise LedgerError(what)


STATE_WORDS = {
    "done": say("done"),
    "review": say("in review"),
    "failed": say("failed"),
    "skipped": say("left out"),
    "open": say("still open"),
}
