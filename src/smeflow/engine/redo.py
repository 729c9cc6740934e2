"""What would be done again: finished items of an older recipe, and what a recipe sent under another name."""

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from smeflow._text import hash_of
from smeflow.engine.context import RunContext
from smeflow.engine.lookups import hash_of_answer_now
from smeflow.engine.own_steps import Rule
from smeflow.errors import SourceError
from smeflow.extract.step import Extract
from smeflow.i18n import Phrase, say
from smeflow.kinds.sinks import ActingSink, DeliveringSink
from smeflow.ledger.finish import lookups_of, results_of
from smeflow.ledger.history import LedgerSinkMemory
from smeflow.ledger.items import count_items, item_of, reopen_items
from smeflow.ledger.mail import PLAN
from smeflow.ledger.rows import ItemRow, State, nanos_to_money
from smeflow.money import Money
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import Company

FINISHED: tuple[State, ...] = ("done", "review")
REDO_CHOICES = ("changed", "stale", "failed", "firm", "all")
"""What may be redone by name."""
_FIRM, _OWED = "\nfirm", "\nfirm owed"
"""Names no sink uses for itself: who the firm was when items were read, and since when it is another."""


def look_again_at_firm(
    context: RunContext, recipe: Recipe, company: Company, redo: str | None
) -> Phrase | None:
    """Open what was read for a firm that ``smeflow.toml`` describes otherwise now; tell what that is.

    What no model was asked about is read again at once. For the rest its price is told until somebody asks
    for it with ``redo``. What a person approved or corrected holds.
    """
    memory = LedgerSinkMemory(context.store, recipe.name)
    told = company.model_dump(include=set(_IDENTITY), mode="json")
    now, before = hash_of(told), memory.get(_FIRM)
    changed_at = memory.get(_OWED, "")
    if before is None:
        memory[_FIRM] = now
    elif before != now:
        changed_at = memory[_OWED] = context.store.now()
    if not changed_at:
        return None
    changed = datetime.fromisoformat(changed_at)
    answers = context.store.tuples("cost of present", recipe=recipe.name)
    names = [entry.step.name for entry in recipe.entries if isinstance(entry.step, Extract | Rule)]
    free = paid = calls = nanos = 0
    for item in _items_in(context, *FINISHED):
        steps = [name for name in names if str(item.outcome.get(name, "")).startswith("r")]
        if not steps or item.parts is not None or item.ended_at is None or item.ended_at >= changed:
            continue
        asked = [answer for answer in answers if answer[0] == item.id and answer[1] in steps and answer[3]]
        if asked and redo != "firm":
            paid += 1
            calls, nanos = calls + sum(row[3] for row in asked), nanos + sum(row[4] for row in asked)
        elif before != now or redo == "firm":
            free += reopen_items(context.store, [item.id], again=steps)
    if not paid:
        memory[_OWED] = ""
    memory[_FIRM] = now  # last: what a crash left unopened is opened by the next run
    return _told_of_firm(free, paid, calls, nanos_to_money(nanos, context.budget.currency))


_IDENTITY = ("names", "siren", "sirets", "vat_ids", "ibans", "mail_domains")


def _told_of_firm(free: int, paid: int, calls: int, cost: Money) -> Phrase | None:
    if paid:
        return say(
            "{n} items were read with a model when smeflow.toml said otherwise who the firm is; to read them "
            "again makes up to {calls} calls and costs about {cost}: --redo firm",
            n=paid,
            calls=calls,
            cost=cost,
        )
    if free:
        return say("smeflow.toml says otherwise who the firm is: {n} items were read again.", n=free)
    return None


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


def refuse_new_name(context: RunContext, recipe: Recipe, root: Path) -> None:
    """Refuse the first run of a recipe that was given another name: what it sent would leave once more.

    It is taken for renamed where another recipe reads the same source and sent something to a sink of the
    same name, and has the same steps, or no longer lies in the workspace at *root*.

    Raises:
        SourceError: It is so; nothing was taken in.
    """
    store, sends = context.store, (DeliveringSink, ActingSink)
    sinks = {sink.name for sink in recipe.sinks if isinstance(sink, sends)}
    if not sinks or count_items(store, recipe.name).items:
        return
    for (before,) in store.tuples("recipes"):
        alike = store.read("last run", recipe=before)[0]["plan"] == context.plan
        if not alike and (recipe.path == Path() or _lies_in(before, root, recipe.path.parent)):
            continue
        for row in store.read("effects of recipe", recipe=before):
            sent = row["state"] == "done" and row["kind"] != PLAN and row["sink"] in sinks
            if sent and store.read("get items", id_=row["item"])[0]["source"] == recipe.source.name:
                raise SourceError(
                    say(
                        "{recipe} reads what {before} reads and sends it to {sink} too, as if it had another "
                        "name now. All that left would leave once more, so nothing was done. Call it "
                        "{before} again; if both are to send, say so: smeflow run {recipe} --accept-loss",
                        recipe=recipe.name,
                        before=before,
                        sink=row["sink"],
                    )
                )


def _lies_in(name: str, root: Path, folder: Path) -> bool:
    """Tell whether a recipe called *name* lies in *folder*, in the workspace, or in a folder of it."""
    head = re.compile(rf"""^recipe:\s*["']?{re.escape(name)}["']?\s*(#.*)?$""", re.MULTILINE)
    files = (*folder.glob("*.y*ml"), *root.glob("*.y*ml"), *root.glob("*/*.y*ml"))
    for file in files:
        with contextlib.suppress(OSError):  # what nobody may read is no recipe of this person's
            if head.search(file.read_text(encoding="utf-8", errors="replace")):
                return True
    return False


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
        if any(
            hash_of_answer_now(context.known, asked) not in (None, answer)
            for asked, answer in lookups_of(result)
        )
    ]
