"""End a claimed item: with its steps' results, or split into parts that become items of their own.

Results and the item's end are written together, so that one never stands without the other.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from smeflow._text import canonical_json, sha256
from smeflow.core.claims import Claim
from smeflow.documents.document import PageRange
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import add_audit_entry, know_salt
from smeflow.ledger.between import compare_claims
from smeflow.ledger.items import (
    change_item,
    distinct_phrases,
    mark_changed,
    new_item_row,
    reason_of,
    state_changes,
)
from smeflow.ledger.rows import NO_REASON, ItemRow, Reason, ResultKind, ResultRow, State, columns_of
from smeflow.ledger.store import LedgerStore, record_blob, store_blob
from smeflow.ledger.writer import Row, Transaction


@dataclass(frozen=True, kw_only=True)
class NewResult:
    """What a step gave, not written yet."""

    step: str
    fingerprint: str
    kind: ResultKind
    input: str
    """The hash of the results the step could see."""
    take: int
    value: str
    """JSON."""
    wanted: bool = False
    lookups: Sequence[tuple[str, str]] = ()
    hash: str = field(init=False)
    """Identifies the value; an approval names it."""

    def __post_init__(self) -> None:
        """Hash the value once: it is asked for three times."""
        object.__setattr__(self, "hash", sha256(self.value))


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Where a piece of work left its item."""

    state: State
    reason: Reason = NO_REASON
    due_at: str | None = None
    wait_seconds: float | None = None
    """How long until then, when it was put off; not written down."""
    until_reached: bool = False
    """The model server was never there: this run goes on with it once the server is; not written down."""
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


def finish_item(
    store: LedgerStore,
    item: ItemRow,
    ending: Ending,
    smeflow: str,
    failed: Callable[[BaseException], None] | None = None,
    told: Callable[[State, Reason], None] = lambda *_: None,
) -> None:
    """Write the new results and the state of a claimed item; durable before this returns.

    *told* is told the state once the item was compared with the others, and may be told so twice.

    With *failed* it becomes durable a moment later, and *failed* is told of an error: the replies are written
    already, so that a crash in between costs nothing but work.

    Raises:
        LeaseLost: Somebody else holds the item now; nothing is written.
    """

    def job(transaction: Transaction) -> None:
        at = store.now()
        know_salt(transaction, item.id, item.salt)
        state, reason = _compared(transaction, item, ending, at)
        changes = state_changes(state, reason, at, due_at=ending.due_at, plan=ending.plan)
        # A stale holder's results are rolled back with its change of state, which is refused below.
        numbers = [transaction.add("results", _row(item, new, smeflow, at)) for new in ending.new]
        for new in ending.new:
            _name_kind(transaction, new)
        outcome = {step: _place(where, numbers) for step, where in ending.outcome.items()}
        more = {
            "outcome": canonical_json(outcome),
            "wanted": int(ending.wanted),
            "tries": ending.tries,
            "parts": ending.parts,
        }
        change_item(transaction, item.id, item.lease, {**changes, **more}, item.row)
        if state != "open":
            payload = [item.key, item.version, state, [n.hash for n in ending.new]]
            add_audit_entry(transaction, at=at, kind=state, item=item.id, salt=item.salt, payload=payload)
            mark_changed(transaction, item.recipe)
        told(state, reason)

    if failed is None:
        store.write(job)
    else:
        store.write_later(job, failed)


def _compared(transaction: Transaction, item: ItemRow, ending: Ending, at: str) -> tuple[State, Reason]:
    """Give the state and reason an item ends with, once it was compared with the others."""
    if ending.state not in ("done", "review"):
        return ending.state, ending.reason
    done = ending.state == "done"
    doubts = compare_claims(transaction, item, ending.claims, accepted=ending.accepted, done=done, at=at)
    if not doubts:
        return ending.state, ending.reason
    phrases = distinct_phrases(*ending.reason.phrases, *(doubt.phrase for doubt in doubts))
    if done:
        return "review", Reason(kind="between", step=doubts[0].step, phrases=phrases)
    return "review", replace(ending.reason, phrases=phrases)


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


def _name_kind(transaction: Transaction, new: NewResult) -> None:
    """Write down what a result is, once for all of its fingerprint."""
    kind, memo = (new.kind.step, new.kind.result, new.kind.record), f"kind {new.fingerprint}"
    if transaction.memo.get(memo) == kind:
        return
    known = transaction.first("get kinds", fingerprint_=new.fingerprint)
    row = {"fingerprint": new.fingerprint, **asdict(new.kind)} if known is None or known[1:4] != kind else {}
    if known is None:
        transaction.add("kinds", row)
    elif row:  # a function whose version stayed the same returns another type now
        transaction.set("kinds", row)
    transaction.memo[memo] = kind


def result_of(row: Row) -> ResultRow:
    """Make a result of its row."""
    columns = columns_of(ResultRow, row, read=("wanted", "at"))
    return ResultRow(**columns, wanted=bool(row["wanted"]), at=datetime.fromisoformat(row["at"]))


def results_of(store: LedgerStore, item: int) -> list[ResultRow]:
    """Give every result ever made for an item, oldest first."""
    return [result_of(row) for row in store.read("results of item", item=item)]


def lookups_of(result: ResultRow) -> list[tuple[str, str]]:
    """Give what a step asked of what the firm knows, each with the hash of the answer."""
    return [(asked, answer) for asked, answer in json.loads(result.lookups)]


ASIDE = "aside"
"""The reason of an item that is kept and that no step reads: what came with the parts of another."""
PAGES = "pages"
"""The field of an item that says which pages of its file it is."""


@dataclass(frozen=True, kw_only=True)
class ItemPart:
    """One part of an item's content."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    pages: PageRange | None = None
    """Which pages of the file it is; None for the whole file."""

    @property
    def version(self) -> str:
        """What tells it from another part: the file's hash, and its pages."""
        file_hash = sha256(self.data)
        return self.pages.version(file_hash) if self.pages else file_hash


def split_item(
    store: LedgerStore, item: ItemRow, parts: Sequence[ItemPart], aside: Sequence[ItemPart] = ()
) -> int:
    """End a claimed item as split, and let each part be an item ``parent/part``; gives how many there are.

    What came with them and is no part is kept *aside*: an item that is left out, and told.

    Raises:
        LeaseLost: Somebody else holds the item now.
    """
    pieces = (*parts, *aside)
    blobs = [store_blob(store, piece.data) for piece in pieces]
    names = _names(pieces)

    def job(transaction: Transaction) -> None:
        at = store.now()
        known = {row["part"]: row for row in transaction.rows("children", parent=item.id)}
        for nth, (part, blob, name) in enumerate(zip(pieces, blobs, names, strict=True), 1):
            record_blob(transaction, blob, part.data)
            before, left = known.pop(name, None), nth > len(parts)
            _child(store, transaction, item, part, blob=blob, name=name, nth=nth, known=before, aside=left)
        for row in known.values():
            gone = Reason(kind="gone", phrases=(say("no longer in the source"),))
            change_item(
                transaction,
                row["id"],
                row["lease"],
                {**state_changes("skipped", gone, at), "lease": row["lease"] + 1},
            )
        reason = Reason(kind="split", phrases=(_split_phrase(len(parts)), *_aside_phrases(aside)))
        changes = {
            **state_changes("done", reason, at, outcome={}),
            "parts": len(parts),
            "tries": 0,
            "wanted": 0,
        }
        change_item(transaction, item.id, item.lease, changes)
        add_audit_entry(transaction, at=at, kind="split", item=item.id, salt=item.salt, payload=blobs)
        mark_changed(transaction, item.recipe)

    store.write(job)
    return len(parts)


def _split_phrase(parts: int) -> Phrase:
    return say("its one part is an item of its own") if parts == 1 else say("split into {n} parts", n=parts)


def _aside_phrases(aside: Sequence[ItemPart]) -> tuple[Phrase, ...]:
    names = ", ".join(part.name for part in aside)
    return (say("kept beside them, and read by no step: {names}", names=names),) if aside else ()


def _names(parts: Sequence[ItemPart]) -> list[str]:
    """Give each part a name of its own; the second ``a.pdf`` is ``a.pdf (2)``."""
    counts: Counter[str] = Counter()
    names: dict[str, None] = {}
    for part in parts:
        counts[part.name] += 1
        name = part.name if counts[part.name] == 1 else f"{part.name} ({counts[part.name]})"
        while name in names:  # a file may be called so from the beginning
            counts[part.name] += 1
            name = f"{part.name} ({counts[part.name]})"
        names[name] = None
    return list(names)


def _child(
    store: LedgerStore,
    transaction: Transaction,
    parent: ItemRow,
    part: ItemPart,
    *,
    blob: str,
    name: str,
    nth: int,
    known: Row | None,
    aside: bool,
) -> None:
    at = store.now()
    version = part.version
    if known and known["version"] == version and reason_of(known["reason"]).kind != "gone":
        return
    key = f"{parent.key}/{name}"
    same = [
        row
        for row in transaction.rows("items by version", recipe=parent.recipe, version=version)
        if row["state"] != "skipped" and row["key"] != key
    ]
    twin = (
        Reason(kind="duplicate", phrases=(say("duplicate of {name}", name=same[0]["name"]),))
        if same
        else None
    )
    if aside:
        twin = Reason(
            kind=ASIDE, phrases=(say("came with {name} and is no part it is split into", name=parent.name),)
        )
    state = state_changes("skipped", twin, at) if twin else state_changes("open", Reason(kind="new"), at)
    fields = canonical_json({PAGES: str(part.pages)} if part.pages else {})
    what: Row = {
        "version": version,
        "media_type": part.media_type,
        "blob": blob,
        "fields": fields,
        "nth": nth,
    }
    what |= state
    if known:
        changes = {
            **what,
            "outcome": "{}",
            "takes": "{}",
            "wanted": 0,
            "lease": known["lease"] + 1,
            "tries": 0,
        }
        change_item(transaction, known["id"], known["lease"], changes)
        return
    row = new_item_row(
        store, recipe=parent.recipe, source=parent.source, key=key, name=name, seq=parent.seq, **what
    )
    row |= {"parent": parent.id, "part": name}
    number = transaction.add("items", row)
    add_audit_entry(transaction, at=at, kind="arrived", item=number, salt=row["salt"], payload=[key, version])
