"""Decisions of people: rows of their own, each made on exactly what the person saw."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from smeflow._text import canonical_json, sha256
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import add_audit_entry
from smeflow.ledger.between import accept_claims, forget_decision, reject_claims
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


def record_note(store: LedgerStore, item: ItemRow, *, person: str, note: str) -> int:
    """Keep what *person* says about an item. It decides nothing, and no decision has to wait for it.

    Gives the note's number.
    """

    def job(transaction: Transaction) -> int:
        row = transaction.rows("get items", id_=item.id)[0]
        return _add(transaction, row, _decision_on(row, "note", person, note, store.now()))

    return store.write(job)


def record_split(
    store: LedgerStore,
    item: ItemRow,
    starts: Sequence[int],
    *,
    pages: Sequence[int],
    person: str,
    note: str = "",
) -> int:
    """Let a file of *pages* become several items at the next run: one begins on each page of *starts*.

    Gives the decision's number.

    Raises:
        LedgerError: None can begin there, or it is no longer what the person saw.
    """
    if len(pages) < 2:
        raise LedgerError(say("{name} has one page: it cannot be split.", name=item.name))
    if not starts or not set(starts) <= set(pages[1:]):
        raise LedgerError(
            say(
                "{name}: say on which pages a new document begins, from {first} to {last}.",
                name=item.name,
                first=pages[1],
                last=pages[-1],
            )
        )
    after = canonical_json(sorted(set(starts)))
    return record_decision(store, item, action="split", person=person, step=WHOLE, after=after, note=note)


WHOLE = ""
"""The step of a decision that is about the item itself and no value of it."""


def split_starts(store: LedgerStore, item: ItemRow) -> tuple[int, ...]:
    """Give the pages on which a person said new documents begin; none where nobody did."""
    if item.lease <= 1:
        return ()
    decision = standing_decisions(reviews_of(store, item.id), item.version).get(WHOLE)
    split = decision is not None and decision.action == "split"
    return tuple(json.loads(decision.after or "[]")) if decision is not None and split else ()


def take_back(store: LedgerStore, item: ItemRow, *, person: str, note: str = "", decision: int = 0) -> int:
    """Take the last decision on an item back: the next run goes on as if it had not been made.

    What other items owe to it is looked at again too: an account it let pass, a paper it rejected. A file
    that was split is one item again, and its parts are left out. *decision* is the number of the decision
    the person saw, 0 for whichever is the last. Gives the number of the row that says so; both are kept.

    Raises:
        LedgerError: There is none, another one came since, or the answer it let go was sent.
    """

    def job(transaction: Transaction) -> int:
        row = transaction.rows("get items", id_=item.id)[0]
        reviews = [review_of(each) for each in transaction.rows("reviews of item", item=item.id)]
        standing = decisions_in_force(reviews, row["version"])
        last = standing[-1] if standing else None
        if last is None:
            raise LedgerError(say("{name}: there is no decision to take back.", name=row["name"]))
        if decision not in (0, last.id):
            raise _changed_since(row["name"], reviews[-1])
        if last.action in ("approve", "correct"):
            _require_not_sent(transaction, row)
        at = store.now()
        undone = {**_decision_on(row, "undo", person, note, at), "step": last.step}
        number = _add(transaction, row, undone)
        _look_again(transaction, forget_decision(transaction, row["id"], last), at, own_reason=True)
        if last.action == "split":
            _leave_parts_out(transaction, row["id"], at)
        changes = state_changes("open", Reason(kind="new", step=last.step), at)
        changes["outcome"] = canonical_json(_outcome_before(transaction, row, last))
        takes = json.loads(row["takes"])
        if last.action == "again" and takes.get(last.step):
            changes["takes"] = canonical_json({**takes, last.step: takes[last.step] - 1})
        changes |= {"lease": row["lease"] + 1, "tries": 0, "parts": None}
        change_item(transaction, row["id"], row["lease"], changes)
        mark_changed(transaction, row["recipe"])
        return number

    return store.write(job)


def _decision_on(row: Row, action: Action, person: str, note: str, at: str) -> Row:
    """Give what is written of a decision that looks at no value."""
    empty = {"step": "", "result_hash": "", "before": None, "after": None}
    return {"item": row["id"], "version": row["version"], **empty} | {
        "action": action,
        "person": person,
        "note": note,
        "at": at,
    }


def _add(transaction: Transaction, row: Row, decision: Row) -> int:
    number = transaction.add("reviews", dict(decision))
    kind, at = decision["action"], decision["at"]
    add_audit_entry(transaction, at=at, kind=kind, item=row["id"], salt=row["salt"], payload=decision)
    return number


def _require_not_sent(transaction: Transaction, row: Row) -> None:
    for effect in transaction.rows("effects of item", item=row["id"]):
        if effect["kind"] == "send" and effect["state"] in ("begun", "done"):
            what = say(
                "{name}: its answer was sent at {at}. What was sent cannot be taken back.",
                name=row["name"],
                at=effect["at"],
            )
            raise LedgerError(what)


def _outcome_before(transaction: Transaction, row: Row, decision: ReviewRow) -> dict[str, Any]:
    """Give where the values of an item stood before *decision*."""
    outcome: dict[str, Any] = json.loads(row["outcome"])
    if outcome.get(decision.step) != f"d{decision.id}":
        return outcome
    for result in transaction.rows("results of item", item=row["id"]):
        if (result["version"], result["step"], result["hash"]) == (
            row["version"],
            decision.step,
            decision.result_hash,
        ):
            outcome[decision.step] = f"r{result['id']}"
    for earlier in transaction.rows("reviews of item", item=row["id"]):
        if earlier["id"] < decision.id and sha256(earlier["after"] or "") == decision.result_hash:
            outcome[decision.step] = f"d{earlier['id']}"
    if outcome[decision.step] == f"d{decision.id}":  # it was typed in where nothing had been found
        del outcome[decision.step]
    return outcome


def _leave_parts_out(transaction: Transaction, item: int, at: str) -> None:
    gone = Reason(kind="gone", phrases=(say("the file is one item again"),))
    for row in transaction.rows("children", parent=item):
        left_out = {**state_changes("skipped", gone, at), "lease": row["lease"] + 1}
        change_item(transaction, row["id"], row["lease"], left_out)


def _look_again(transaction: Transaction, items: Sequence[int], at: str, *, own_reason: bool = False) -> None:
    """Open items that were held back by a comparison with others alone; with *own_reason* all that ended."""
    for number in items:
        row = transaction.rows("get items", id_=number)[0]
        held = row["state"] == "review" and reason_of(row["reason"]).kind == "between"
        if held or (own_reason and row["state"] in ("review", "done")):
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
    raise _changed_since(item.name, review_of(reviews[-1]) if reviews else None)


def _changed_since(name: str, review: ReviewRow | None) -> LedgerError:
    last = say("Its content or its result is another one now.") if review is None else decided_phrase(review)
    return LedgerError(
        say(
            "{name} has changed since you saw it. {last} Nothing was written; look at it again.",
            name=name,
            last=last,
        )
    )


def decided_phrase(review: ReviewRow) -> Phrase:
    """Say who decided what and when."""
    action = ACTION_WORDS[review.action]
    return say("{person}: {action}, {at}.", person=review.person, action=action, at=review.at)


ACTION_WORDS: Mapping[Action, Phrase] = {
    "approve": say("approved"),
    "correct": say("corrected"),
    "reject": say("rejected"),
    "again": say("asked again"),
    "split": say("split"),
    "note": say("noted"),
    "undo": say("taken back"),
}


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
    """Give the decision that holds for each step of this version: the last one that was not taken back."""
    return {review.step: review for review in decisions_in_force(reviews, version)}


def decisions_in_force(reviews: Sequence[ReviewRow], version: str) -> list[ReviewRow]:
    """Give what was decided on this version, oldest first, without what was taken back and without notes."""
    standing: list[ReviewRow] = []
    for review in reviews:
        if review.version != version or review.action == "note":
            continue
        if review.action != "undo":
            standing.append(review)
        elif standing:
            standing.pop()
    return standing
