"""Decisions of people: rows of their own, each made on exactly what the person saw."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from smeflow._text import canonical_json, sha256
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import add_audit_entry
from smeflow.ledger.between import accept_claims, reject_claims
from smeflow.ledger.items import change_item, mark_changed, reason_of, state_changes
from smeflow.ledger.rows import Action, ItemRow, Reason, ReviewRow, columns_of
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row, Transaction

UNDECIDED = "undecided"
"""Why an item waits whose step's ``when`` cannot be decided."""
WANTED = "wanted"
"""What an approval of such an item says: whether the step is taken."""


def wanted_by(review: ReviewRow) -> bool:
    """Tell whether an approval takes the step that nobody could decide."""
    return bool(json.loads(review.after).get(WANTED, True)) if review.after else True


def record_decision(
    store: LedgerStore,
    item: ItemRow,
    *,
    action: Action,
    person: str,
    step: str,
    result_hash: str = "",
    before: str | None = None,
    after: str | None = None,
    note: str = "",
) -> int:
    """Write a decision down and open the item again, so that the next run goes on from it.

    *item* is the item as the person saw it, *result_hash* the value they saw. ``approve`` lets the value
    pass, ``correct`` puts *after* (JSON) in its place, ``again`` asks anew, ``reject`` ends the item.
    Gives the decision's number.

    Raises:
        LedgerError: Somebody decided, or the item changed, in the meantime: it is not what this person saw.
    """

    def job(transaction: Transaction) -> int:
        row = transaction.rows("get items", id_=item.id)[0]
        _require_unchanged(transaction, row, item, step, result_hash)
        at = store.now()
        decision = {
            "item": item.id,
            "version": item.version,
            "step": step,
            "result_hash": result_hash,
            "action": action,
            "person": person,
            "before": before,
            "after": after,
            "note": note,
            "at": at,
        }
        number = transaction.add("reviews", dict(decision))
        changes = _changes(row, action, step, person, note, at)
        if action == "reject":
            _hold_alike(transaction, reject_claims(transaction, row, person, note), at)
        if action == "approve":
            _look_again(transaction, accept_claims(transaction, item.id, step), at)
        change_item(transaction, item.id, row["lease"], {**changes, "lease": row["lease"] + 1, "tries": 0})
        add_audit_entry(transaction, at=at, kind=action, item=item.id, salt=row["salt"], payload=decision)
        mark_changed(transaction, row["recipe"])
        return number

    return store.write(job)


def _look_again(transaction: Transaction, items: Sequence[int], at: str) -> None:
    """Open items that were held back by a comparison with others alone."""
    for number in items:
        row = transaction.rows("get items", id_=number)[0]
        if row["state"] == "review" and reason_of(row["reason"]).kind == "between":
            again = {**state_changes("open", Reason(kind="new"), at), "lease": row["lease"] + 1}
            change_item(transaction, number, row["lease"], again)
            mark_changed(transaction, row["recipe"])


def _hold_alike(transaction: Transaction, alike: Sequence[tuple[int, str, Phrase]], at: str) -> None:
    """Let the same paper that is done as another item wait for a person."""
    for number, step, why in alike:
        row = transaction.rows("get items", id_=number)[0]
        reason = Reason(kind="between", step=step, phrases=(why,))
        held = {**state_changes("review", reason, at), "lease": row["lease"] + 1}
        change_item(transaction, number, row["lease"], held)
        add_audit_entry(transaction, at=at, kind="review", item=number, salt=row["salt"], payload=str(why))
        mark_changed(transaction, row["recipe"])


def _require_unchanged(
    transaction: Transaction, row: Row, item: ItemRow, step: str, result_hash: str
) -> None:
    reviews = [r for r in transaction.rows("reviews of item", item=item.id) if r["version"] == item.version]
    seen = (
        row["version"] == item.version
        and row["state"] == item.state
        and row["outcome"] == canonical_json(item.outcome)
        and reason_of(row["reason"]) == item.reason
    )
    if seen and current_hash(transaction, row, step) == result_hash:
        return
    last: Phrase = (
        say(
            "{person} decided {action} at {at}.",
            person=reviews[-1]["person"],
            action=reviews[-1]["action"],
            at=reviews[-1]["at"],
        )
        if reviews
        else say("Its content or its result is another one now.")
    )
    raise LedgerError(
        say(
            "{name} has changed since you saw it. {last} Nothing was written; look at it again.",
            name=item.name,
            last=last,
        )
    )


def current_hash(transaction: Transaction, row: Row, step: str) -> str:
    """Give the hash of the value an item's *step* has now; empty where it has none."""
    where = json.loads(row["outcome"]).get(step)
    if not isinstance(where, str):
        return ""
    if where.startswith("r"):
        return str(transaction.rows("get results", id_=int(where[1:]))[0]["hash"])
    return sha256(transaction.rows("get reviews", id_=int(where[1:]))[0]["after"] or "")


def _changes(row: Row, action: Action, step: str, person: str, note: str, at: str) -> dict[str, Any]:
    if action == "reject":
        why = (
            say("rejected by {person}: {note}", person=person, note=note)
            if note
            else say("rejected by {person}", person=person)
        )
        return state_changes("skipped", Reason(kind="rejected", step=step, phrases=(why,)), at)
    changes = state_changes("open", Reason(kind="new", step=step), at)
    if action == "again":
        takes = json.loads(row["takes"])
        changes["takes"] = canonical_json({**takes, step: takes.get(step, 0) + 1})
    return changes


def review_of(row: Row) -> ReviewRow:
    """Make a decision of its row."""
    columns = columns_of(ReviewRow, row, read=("at",))
    return ReviewRow(**columns, at=datetime.fromisoformat(row["at"]))


def reviews_of(store: LedgerStore, item: int) -> list[ReviewRow]:
    """Give every decision ever made on an item, oldest first."""
    return [review_of(row) for row in store.read("reviews of item", item=item)]


def standing_decisions(reviews: Sequence[ReviewRow], version: str) -> dict[str, ReviewRow]:
    """Give the decision that holds for each step of this version: the last one."""
    return {r.step: r for r in reviews if r.version == version}
