"""Finished items that an older recipe made: tell how many there are and what redoing costs, or take them."""

from collections.abc import Iterator

from smeflow.engine.context import RunContext
from smeflow.engine.lookups import hash_of_answer_now
from smeflow.i18n import Phrase, say
from smeflow.ledger.calls import nanos_to_money
from smeflow.ledger.finish import lookups_of, results_of
from smeflow.ledger.items import item_of, reopen_items
from smeflow.ledger.rows import ItemRow, State

FINISHED: tuple[State, ...] = ("done", "review")
REDO_CHOICES = ("changed", "stale", "failed", "all")
"""What may be redone by name."""


def outdated_notice(context: RunContext) -> Phrase | None:
    """Say how many finished items keep answers of an older recipe, and about what redoing them would cost."""
    plans, now = context.store.tuples("plans", recipe=context.recipe), context.plans
    count = sum(n for plan, state, _, n in plans if state in FINISHED and plan not in ("", *now))
    if not count:
        return None
    present = context.store.tuples("cost of present", recipe=context.recipe)
    again = [row for row in present if not context.stands(row[1], row[2])]
    calls, nanos = sum(row[3] for row in again), sum(row[4] for row in again)
    if not calls or not context.has_model:
        return say(
            "{n} finished items keep what an older recipe gave. Redo them with: --redo changed", n=count
        )
    return say(
        "{n} finished items keep what an older recipe gave; redoing them makes up to {calls} calls "
        "and costs about {cost}. Redo them with: --redo changed",
        n=count,
        calls=calls,
        cost=nanos_to_money(nanos, context.budget.currency),
    )


def reopen_finished(context: RunContext, redo: str | None) -> int:
    """Open finished items again: those that can only win, and those somebody asked for. Gives how many."""
    opened = 0
    plans = context.store.tuples("plans", recipe=context.recipe)
    if context.has_model and any(wanted and state in FINISHED for _, state, wanted, _ in plans):
        opened += reopen_items(
            context.store, [i.id for i in _items_in(context, *FINISHED) if i.wanted], anew=False
        )
    if any(state == "failed" for _, state, _, _ in plans):
        opened += reopen_items(
            context.store, [i.id for i in _items_in(context, "failed") if _worth_retrying(context, i, redo)]
        )
    if redo == "changed":
        now = context.plans
        old = [i.id for i in _items_in(context, *FINISHED) if i.parts is None and i.plan not in now]
        opened += reopen_items(context.store, old)
    elif redo == "stale":
        for item in _items_in(context, *FINISHED):
            steps = _stale_steps(context, item)
            opened += reopen_items(context.store, [item.id], again=steps) if steps else 0
    elif redo == "all":
        every = [i.id for i in _items_in(context, *FINISHED) if i.parts is None]
        opened += reopen_items(context.store, every, again=context.prints)
    return opened


def _worth_retrying(context: RunContext, item: ItemRow, redo: str | None) -> bool:
    """Tell whether a failed item is tried again: a step failed under another plan, or somebody asks."""
    return redo in ("failed", "all") or (item.reason.kind == "step" and item.plan not in context.plans)


def _items_in(context: RunContext, *states: State) -> Iterator[ItemRow]:
    for state in states:
        with context.store.snapshot() as now:
            yield from map(item_of, now.rows("items in state", recipe=context.recipe, state=state))


def _stale_steps(context: RunContext, item: ItemRow) -> list[str]:
    """Give the steps with a look-up that would be answered otherwise now."""
    standing = {where for where in item.outcome.values() if isinstance(where, str)}
    with_lookups = [
        r for r in results_of(context.store, item.id) if f"r{r.id}" in standing and r.lookups != "[]"
    ]
    return [
        result.step
        for result in with_lookups
        if any(hash_of_answer_now(context.known, asked) != answer for asked, answer in lookups_of(result))
    ]
