"""Results of steps, and the end of an item: written together, so that one never stands without the other."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from smeflow._text import canonical_json, sha256
from smeflow.claims import Claim
from smeflow.ledger.audit import chain
from smeflow.ledger.between import compare
from smeflow.ledger.items import change, end_of, phrases, touch
from smeflow.ledger.rows import ItemRow, Reason, ResultRow, State
from smeflow.ledger.store import Store
from smeflow.ledger.writer import Row, Transaction


@dataclass(frozen=True, kw_only=True)
class NewResult:
    """What a step gave, not written yet."""

    step: str
    fingerprint: str
    input: str
    """The hash of the results the step could see."""
    take: int
    value: str
    """JSON."""
    wanted: bool = False
    lookups: Sequence[tuple[str, str]] = ()

    @cached_property
    def hash(self) -> str:
        """Identify the value; an approval names it."""
        return sha256(self.value)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Where a piece of work left its item."""

    state: State
    reason: Reason = Reason()  # noqa: RUF009 - frozen
    due_at: str | None = None
    wait_seconds: float | None = None
    """How long until then, when it was put off; not written down."""
    plan: str = ""
    outcome: Mapping[str, Any] = field(default_factory=dict)
    """Per step ``r`` and a result's number, ``d`` and a decision's, ``n`` and a place in ``new``, a text."""
    new: Sequence[NewResult] = ()
    wanted: bool = False
    tries: int = 0
    parts: int | None = None
    claims: Sequence[tuple[str, Claim]] = ()
    """What each step's result claims, to be compared with other items."""
    accepted: frozenset[str] = frozenset()
    """The steps whose result a person has let pass."""


def finish(
    store: Store,
    item: ItemRow,
    ending: Ending,
    smeflow: str,
    failed: Callable[[BaseException], None] | None = None,
) -> None:
    """Write the new results and the state of a claimed item; durable before this returns.

    With *failed* it becomes durable a moment later, and *failed* is told of an error: the replies are written
    already, so that a crash in between costs nothing but work.

    Raises:
        TakenOver: Somebody else holds the item now; nothing is written.
    """

    def job(transaction: Transaction) -> None:
        at = store.now()
        state, reason = _compared(transaction, item, ending, at)
        changes = end_of(state, reason, at, due_at=ending.due_at, plan=ending.plan)
        # A stale holder's results are rolled back with its change of state, which is refused below.
        numbers = [transaction.add("results", _row(item, new, smeflow, at)) for new in ending.new]
        outcome = {step: _place(where, numbers) for step, where in ending.outcome.items()}
        more = {
            "outcome": canonical_json(outcome),
            "wanted": int(ending.wanted),
            "tries": ending.tries,
            "parts": ending.parts,
        }
        change(transaction, item.id, item.lease, {**changes, **more}, item.row)
        if state != "open":
            payload = [item.key, item.version, state, [n.hash for n in ending.new]]
            chain(transaction, at=at, kind=state, item=item.id, salt=item.salt, payload=payload)
            touch(transaction, item.recipe)

    if failed is None:
        store.write(job)
    else:
        store.write_later(job, failed)


def _compared(transaction: Transaction, item: ItemRow, ending: Ending, at: str) -> tuple[State, Reason]:
    """Give the state and reason an item ends with, once it was compared with the others."""
    if ending.state not in ("done", "review"):
        return ending.state, ending.reason
    done = ending.state == "done"
    doubts = compare(transaction, item, ending.claims, accepted=ending.accepted, done=done, at=at)
    if not doubts:
        return ending.state, ending.reason
    told = phrases(*ending.reason.phrases, *(doubt.phrase for doubt in doubts))
    if done:
        return "review", Reason(kind="between", step=doubts[0].step, phrases=told)
    return "review", replace(ending.reason, phrases=told)


def _place(where: object, numbers: list[int]) -> object:
    if isinstance(where, str) and where.startswith("n"):
        return f"r{numbers[int(where[1:])]}"
    return where


def _row(item: ItemRow, new: NewResult, smeflow: str, at: str) -> Row:
    return {
        "item": item.id,
        "version": item.version,
        "step": new.step,
        "fingerprint": new.fingerprint,
        "input": new.input,
        "take": new.take,
        "value": new.value,
        "hash": new.hash,
        "wanted": int(new.wanted),
        "lookups": canonical_json(new.lookups) if new.lookups else "[]",
        "smeflow": smeflow,
        "at": at,
    }


def result_of(row: Row) -> ResultRow:
    """Make a result of its row."""
    given = {name: row[name] for name in ResultRow.__slots__ if name not in ("wanted", "at")}
    return ResultRow(**given, wanted=bool(row["wanted"]), at=datetime.fromisoformat(row["at"]))


def results_of(store: Store, item: int) -> list[ResultRow]:
    """Give every result ever made for an item, oldest first."""
    return [result_of(row) for row in store.read("results of item", item=item)]


def lookups_of(result: ResultRow) -> list[tuple[str, str]]:
    """Give what a step asked of what the firm knows, each with the hash of the answer."""
    return [(asked, answer) for asked, answer in json.loads(result.lookups)]
