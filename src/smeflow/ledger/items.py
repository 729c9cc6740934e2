"""Items: read them, change one under its lease, count them."""

import json
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from smeflow._text import canonical_json
from smeflow.i18n import Phrase, phrase_from_json, phrase_to_json, say
from smeflow.ledger.audit import add_audit_entry
from smeflow.ledger.rows import NO_REASON, Counts, ItemRow, Reason, State
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row, Transaction


class LeaseLost(Exception):
    """Somebody else has claimed the item since; what the former holder would have written is rolled back."""


def reason_json(reason: Reason) -> str:
    """Write a reason."""
    return canonical_json(
        {"kind": reason.kind, "step": reason.step, "phrases": [phrase_to_json(p) for p in reason.phrases]}
    )


@lru_cache(maxsize=256)
def reason_of(text: str) -> Reason:
    """Read a reason; most items share a few."""
    written = json.loads(text)
    return Reason(
        kind=written["kind"],
        step=written["step"],
        phrases=tuple(phrase_from_json(p) for p in written["phrases"]),
    )


def item_of(row: Row) -> ItemRow:
    """Make an item of its row."""
    return ItemRow(
        **{name: row[name] for name in _AS_IS},
        fields=json.loads(row["fields"]),
        state=cast("State", row["state"]),
        reason=reason_of(row["reason"]),
        due_at=_time(row["due_at"]),
        takes=json.loads(row["takes"]),
        outcome=json.loads(row["outcome"]),
        wanted=bool(row["wanted"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        ended_at=_time(row["ended_at"]),
        row=row,
    )


_AS_IS = (
    *(
        "id",
        "recipe",
        "source",
        "key",
        "version",
        "name",
        "media_type",
        "blob",
        "lease",
        "parent",
        "part",
        "parts",
    ),
    *("seq", "nth", "plan", "tries", "salt"),
)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def new_item_row(store: LedgerStore, **columns: object) -> Row:
    """Make the row of an item that has just come in; *columns* must have what says which it is."""
    blank: Row = {
        "fields": "{}",
        "state": "open",
        "reason": OPEN_NEW,
        "due_at": None,
        "parked_at": None,
        "lease": 0,
        "takes": "{}",
        "parent": None,
        "part": "",
        "parts": None,
        "nth": 0,
        "plan": "",
        "outcome": "{}",
        "wanted": 0,
        "tries": 0,
        "salt": store.chance(),
        "created_at": store.now(),
        "ended_at": None,
    }
    return {**blank, **columns}


OPEN_NEW = reason_json(Reason(kind="new"))


def change_item(
    transaction: Transaction,
    item: int,
    lease: int | None,
    changes: Mapping[str, object],
    known: Row | None = None,
) -> Row:
    """Write *changes* on an item, on condition that its lease is still *lease* (None: whatever it is).

    *known* spares reading the row: whoever changes one raises its lease.

    Raises:
        LeaseLost: It is not; nothing of the job is written.
    """
    rows = [{**known}] if known is not None else transaction.rows("get items", id_=item)
    if not rows or lease not in (None, rows[0]["lease"]):
        raise LeaseLost(item)
    row = rows[0]
    current = row["lease"]
    row.update(changes)
    form = "move" if changes.keys() <= MOVES else "set"
    if transaction.set("items", row, form, lease=current) != 1:
        raise LeaseLost(item)
    return row


MOVES = frozenset(
    (
        "lease",
        "state",
        "reason",
        "due_at",
        "parked_at",
        "takes",
        "parts",
        "plan",
        "outcome",
        "wanted",
        "tries",
        "ended_at",
    )
)
"""The columns that the statement ``move items`` writes."""


def state_changes(
    state: State,
    reason: Reason,
    at: str,
    *,
    due_at: str | None = None,
    plan: str = "",
    outcome: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Give the changes that put an item in *state*."""
    changes: dict[str, object] = {
        "state": state,
        "reason": reason_json(reason),
        "due_at": due_at,
        "parked_at": at if due_at else None,
        "ended_at": None if state == "open" else at,
    }
    if plan:
        changes["plan"] = plan
    if outcome is not None:
        changes["outcome"] = canonical_json(outcome)
    return changes


def mark_changed(transaction: Transaction, recipe: str) -> None:
    """Note that what sinks show of *recipe* may have changed."""
    name = f"stamp {recipe}"
    count = transaction.memo.get(name)
    if count is None:
        row = transaction.first("get stamps", recipe_=recipe)
        if row is None:
            transaction.add("stamps", {"recipe": recipe, "changes": 1})
            transaction.memo[name] = 1
            return
        count = int(row[1])
        transaction.memo[name] = count + 1
        transaction.set("stamps", {"recipe": recipe, "changes": count + 1})


def change_count(store: LedgerStore, recipe: str) -> int:
    """Give a number that grows whenever what sinks show of *recipe* may have changed."""
    row = store.first("get stamps", recipe_=recipe)
    return int(row[1]) if row else 0


def claim_items(
    store: LedgerStore,
    recipe: str,
    most: int,
    after: tuple[int, int] = (-1, -1),
    without: Container[int] = (),
) -> list[ItemRow]:
    """Take up to *most* items that are open and due, in order, behind the place *after*; raise their leases.

    Those in *without* are in good hands already.
    """
    where = {"recipe": recipe, "seq": after[0], "nth": after[1], "most": most}
    if not store.first("ready", now=store.now(), **where):
        return []

    def job(transaction: Transaction) -> list[Row]:
        ready = transaction.rows("ready", now=store.now(), **where)
        claimed = [row for row in ready if row["id"] not in without]
        for row in claimed:
            lease = row["lease"]
            row["lease"] = lease + 1
            transaction.set("items", row, "lease", lease=lease)
        return claimed

    return [item_of(row) for row in store.write(job)]


def claim_item(store: LedgerStore, number: int) -> ItemRow | None:
    """Take the item *number* if it is open, due or not, whatever its lease; raise it."""

    def job(transaction: Transaction) -> Row | None:
        rows = transaction.rows("get items", id_=number)
        if not rows or rows[0]["state"] != "open":
            return None
        return change_item(transaction, number, rows[0]["lease"], {"lease": rows[0]["lease"] + 1})

    row = store.write(job)
    return item_of(row) if row else None


def claim_handed(store: LedgerStore, leases: Mapping[int, int]) -> list[ItemRow]:
    """Take those items that are open, due or not, and still have the lease *leases* tells; raise it."""

    def job(transaction: Transaction) -> list[Row]:
        claimed: list[Row] = []
        for number, lease in leases.items():
            rows = transaction.rows("get items", id_=number)
            if not rows or (rows[0]["state"], rows[0]["lease"]) != ("open", lease):
                continue
            claimed.append(rows[0] | {"lease": lease + 1})
            transaction.set("items", claimed[-1], "lease", lease=lease)
        return claimed

    return [item_of(row) for row in store.write(job)]


def give_back(store: LedgerStore, number: int, lease: int) -> bool:
    """Take an item away from whoever claimed it with *lease*; tell whether they had it still."""
    reason = Reason(kind="interrupted", phrases=(say("interrupted; the next run goes on with it"),))

    def job(transaction: Transaction) -> bool:
        rows = transaction.rows("get items", id_=number)
        if not rows or rows[0]["state"] != "open" or rows[0]["lease"] != lease:
            return False
        again = {**state_changes("open", reason, store.now()), "lease": lease + 1}
        change_item(transaction, number, lease, again)
        return True

    return store.write(job)


def abandon_items(store: LedgerStore, ids: Iterable[int]) -> None:
    """Take items away from whoever works on them: they stay open, and late writes to them are refused."""
    reason = Reason(kind="interrupted", phrases=(say("interrupted; the next run goes on with it"),))

    def job(transaction: Transaction) -> None:
        for number in ids:
            row = transaction.rows("get items", id_=number)[0]
            if row["state"] == "open":
                again = {**state_changes("open", reason, store.now()), "lease": row["lease"] + 1}
                change_item(transaction, number, row["lease"], again)

    store.write(job)


def count_items(store: LedgerStore, recipe: str | None = None) -> Counts:
    """Count the items of *recipe* (of all recipes) in each state."""
    names = [recipe] if recipe is not None else recipe_names(store)
    total = dict.fromkeys(("done", "review", "failed", "skipped", "open"), 0)
    for name in names:
        for state, count in store.tuples("counts", recipe=name):
            total[state] += count
    return Counts(**total)


def recipe_names(store: LedgerStore) -> list[str]:
    """List the recipes that have items."""
    return [name for (name,) in store.tuples("recipes")]


def reopen_items(
    store: LedgerStore, ids: Iterable[int], *, again: Iterable[str] = (), anew: bool = True
) -> int:
    """Open ended items again, with their results kept.

    The steps in *again* are asked once more. *anew*: what the item was ended with no longer stands by itself,
    the present recipe decides which results are missing.
    """
    wanted, steps, reason = list(ids), list(again), Reason(kind="new")

    def job(transaction: Transaction) -> int:
        at = store.now()
        for number in wanted:
            row = transaction.rows("get items", id_=number)[0]
            takes = json.loads(row["takes"])
            takes |= {step: takes.get(step, 0) + 1 for step in steps}
            more = {"lease": row["lease"] + 1, "takes": canonical_json(takes), "tries": 0}
            more |= {"outcome": "{}"} if anew else {}
            change_item(transaction, number, row["lease"], {**state_changes("open", reason, at), **more})
            add_audit_entry(
                transaction,
                at=at,
                kind="reopened",
                item=number,
                salt=row["salt"],
                payload=reason_json(reason),
            )
            mark_changed(transaction, row["recipe"])
        return len(wanted)

    return store.write(job) if wanted else 0


def hold_for_person(store: LedgerStore, item: ItemRow, *, kind: str, step: str, phrase: Phrase) -> None:
    """Let a finished item wait for a person, its results kept; *kind* says what it waits for.

    Raises:
        LeaseLost: It is another one by now.
    """
    reason = Reason(kind=kind, step=step, phrases=(phrase,))
    if item.state == "review" and item.reason == reason:
        return
    _move(store, item, "review", reason)


def finish_held_items(store: LedgerStore, items: Iterable[ItemRow]) -> None:
    """Finish items that were held back: what they waited for is there.

    Raises:
        LeaseLost: One is another one by now.
    """
    for item in items:
        _move(store, item, "done", NO_REASON)


def _move(store: LedgerStore, item: ItemRow, state: State, reason: Reason) -> None:
    def job(transaction: Transaction) -> None:
        at = store.now()
        change_item(
            transaction, item.id, item.lease, {**state_changes(state, reason, at), "lease": item.lease + 1}
        )
        add_audit_entry(
            transaction, at=at, kind=state, item=item.id, salt=item.salt, payload=reason_json(reason)
        )
        mark_changed(transaction, item.recipe)

    store.write(job)


def distinct_phrases(*phrases: Phrase) -> tuple[Phrase, ...]:
    """Give the phrases once each, in order."""
    return tuple(dict(zip(map(str, phrases), phrases, strict=True)).values())


def leave_item(store: LedgerStore, transaction: Transaction, number: int) -> None:
    """Leave an item out whose source has it no more."""
    row = transaction.rows("get items", id_=number)[0]
    reason = Reason(kind="gone", phrases=(say("no longer in the source"),))
    if row["reason"] == reason_json(reason):
        return
    at = store.now()
    change_item(
        transaction, number, row["lease"], {**state_changes("skipped", reason, at), "lease": row["lease"] + 1}
    )
    add_audit_entry(transaction, at=at, kind="gone", item=number, salt=row["salt"], payload=row["version"])
    mark_changed(transaction, row["recipe"])
