"""What is kept between items: what they claim of the world, and the numbered batches of the books."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from smeflow._text import canonical_json, sha256
from smeflow.core.claims import Claim
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.history import add_audit_entry
from smeflow.ledger.rows import ItemRow, columns_of
from smeflow.ledger.store import LedgerStore, record_blob, store_blob
from smeflow.ledger.writer import Row, Transaction

NEW = "new"
"""Stands for "nothing was accepted under this key yet" among what a person was told."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What speaks against ending an item without a person."""

    step: str
    phrase: Phrase


def compare_claims(
    transaction: Transaction,
    item: ItemRow,
    claims: Sequence[tuple[str, Claim]],
    *,
    accepted: Collection[str],
    done: bool,
    at: str,
) -> list[Doubt]:
    """Write down what *item* claims now, and give what a person must look at first.

    *accepted* names the steps whose result a person has let pass: of these, only what that person was not
    told is a doubt. *done* says that nothing else holds the item back.
    """
    rows = transaction.rows("claims of item", item=item.id) if item.lease > 1 else []
    if not claims and not rows:
        return []
    before = {(row["rule"], row["key"], row["value"]): set(json.loads(row["told"])) for row in rows}
    settled = _settled_values(rows)
    objections = [
        list(_changed(claim, settled) if claim.rule == FROZEN else _against(transaction, item, claim))
        for _, claim in claims
    ]
    doubts: list[Doubt] = []
    for (step, claim), marks in zip(claims, objections, strict=True):
        seen = before.get((claim.rule, claim.key, claim.value), set()) if step in accepted else set()
        doubts += [Doubt(step=step, phrase=phrase) for mark, phrase in marks if mark not in seen]
    if rows:
        transaction.drop("drop claims of item", item=item.id)
    passed = int(done and not doubts)
    for (step, claim), marks in zip(claims, objections, strict=True):
        row: Row = {"item": item.id, "step": step, "rule": claim.rule, "key": claim.key, "value": claim.value}
        notes = canonical_json(_notes(claim, marks, settled, passed))
        transaction.add("claims", {**row, "told": notes, "passed": passed, "at": at})
    return _once(doubts)


def forget_claims(transaction: Transaction, item: int) -> None:
    """Take away what an item claimed: it was put aside."""
    transaction.drop("drop claims of item", item=item)


def accept_claims(transaction: Transaction, item: int, step: str) -> list[int]:
    """Trust what *step* claimed of *item*, since a person approved it.

    Gives the items that may wait for nothing else: they ask to pay to the account that is now known.
    """
    alike: list[int] = []
    for row in transaction.rows("claims of item", item=item):
        if row["step"] != step:
            continue
        if not row["passed"]:
            transaction.set("claims", {**row, "passed": 1})
        if row["rule"] == "steady":
            others = transaction.rows("claims alike", rule=row["rule"], key=row["key"], item=item)
            alike += [
                other["item"]
                for other in others
                if other["value"] == row["value"] and other["state"] == "review"
            ]
    return alike


def already_there(what: Phrase, name: str, there: str, here: str) -> Phrase:
    """Say that *what* came before as *name*; where they say different things of it, show both."""
    if not there or there == here:
        return say("{what} is there already: {name}", what=what, name=name)
    return say(
        "{what} is there already: {name}. There it is over {there}, here over {here}",
        what=what,
        name=name,
        there=there,
        here=here,
    )


def settled_beside(store: LedgerStore, item: int, other: int) -> bool:
    """Tell whether a person was told of *other* and let *item* pass beside it, or the other way round."""
    pairs = ((item, other), (other, item))
    return any(
        row["passed"] and f"item {told_of}" in json.loads(row["told"])
        for number, told_of in pairs
        for row in store.read("claims of item", item=number)
        if row["rule"] == "sole"
    )


FROZEN = "frozen"
_WAS = "was "


def _settled_values(rows: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """Give what the item was done with: by key, the value and how a person read it."""
    settled = {}
    for row in rows:
        if row["rule"] != FROZEN:
            continue
        marks = [mark for mark in json.loads(row["told"]) if mark.startswith(_WAS)]
        value, _, shown = marks[0].removeprefix(_WAS).partition(" ") if marks else ("", "", "")
        if value:
            settled[row["key"]] = (value, shown)
    return settled


def _changed(claim: Claim, settled: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, Phrase]]:
    before = settled.get(claim.key)
    if before and before[0] != claim.value:
        data = {**claim.about.data, "before": before[1] or "…"}
        yield f"{claim.value} after {before[0]}", Phrase(claim.about.template, data)


def _notes(
    claim: Claim, marks: Sequence[tuple[str, Phrase]], settled: Mapping[str, tuple[str, str]], passed: int
) -> list[str]:
    """Give what is written down beside a claim: what a person was told, and what the item was done with."""
    notes = {mark for mark, _ in marks}
    if claim.rule == FROZEN:
        standing = (claim.value, claim.shown) if passed else settled.get(claim.key)
        notes |= {f"{_WAS}{standing[0]} {standing[1]}"} if standing else set()
    return sorted(notes)


def _against(transaction: Transaction, item: ItemRow, claim: Claim) -> Iterator[tuple[str, Phrase]]:
    """Give what speaks against a claim, each with a mark that names it."""
    others = transaction.rows("claims alike", rule=claim.rule, key=claim.key, item=item.id)
    if claim.rule == "sole":
        for other in others:
            if _same_paper(item, other) or not _conflict(item, claim, other):
                continue
            phrase = say("{what} is there already: {name}", what=claim.about, name=other["name"])
            yield f"item {other['item']}", phrase
        return
    if claim.rule == "within":
        yield from _beyond(others, claim)
        return
    trusted = {*claim.known, *(row["value"] for row in others if row["passed"])}
    if not trusted and claim.new is not None:
        yield NEW, claim.new
    elif trusted and claim.value not in trusted:
        yield sha256(canonical_json(sorted(trusted)))[:16], claim.about


def _beyond(others: Sequence[Row], claim: Claim) -> Iterator[tuple[str, Phrase]]:
    """Give what an amount goes beyond: the amount that is left of the known one."""
    if claim.new is not None:
        yield NEW, claim.new
    if not claim.known:
        return
    used = sum((Decimal(row["value"]) for row in others if row["passed"]), Decimal(0))
    if used + Decimal(claim.value) > Decimal(claim.known[0]):
        data = {**claim.about.data, "used": used}
        yield f"beyond {used}", Phrase(claim.about.template, data)


def _same_paper(item: ItemRow, other: Row) -> bool:
    """Tell whether it is no second invoice: another recipe reads the same bytes, or the file was moved."""
    return bool(
        other["blob"] == item.blob and (other["recipe"] != item.recipe or other["state"] == "skipped")
    )


def _conflict(item: ItemRow, claim: Claim, other: Row) -> bool:
    """Tell whether *other* came first: it has passed, or it waits and arrived before.

    What a person let pass beside this item is settled for both.
    """
    if other["passed"] and f"item {item.id}" in json.loads(other["told"]):
        return False
    if claim.value and other["value"] and claim.value != other["value"]:
        return False
    earlier = (other["seq"], other["nth"]) < (item.seq, item.nth) or other["recipe"] != item.recipe
    return bool(other["passed"] or (other["state"] in ("review", "open") and earlier))


def _once(doubts: Iterable[Doubt]) -> list[Doubt]:
    return list({str(doubt.phrase): doubt for doubt in doubts}.values())


TEXT = ".txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch that left."""

    id: int
    journal: str
    period: str
    """``2026-10``."""
    first: int
    """The number of its first entry in the journal."""
    last: int
    blob: str
    """SHA-256 of its file, byte for byte."""
    person: str
    at: datetime
    ending: str = TEXT
    """Of its file's name."""
    nth: int = 0
    """Its number in the journal, from 1; higher than how many there are where files of others stood there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedRow:
    """One entry of a batch."""

    id: int
    batch: int
    item: int
    hash: str
    """Of the value it was made from."""
    reversal: bool
    """It takes an earlier entry of the item back."""
    entry: str
    """JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry that is to leave."""

    item: int
    hash: str
    reversal: bool
    entry: str


def batches_of(store: LedgerStore, journal: str) -> list[BatchRow]:
    """Give the batches of a journal, oldest first."""
    batches: list[BatchRow] = []
    for row in store.read("batches of journal", journal=journal):
        nth = int(_note_on(store, _NTH, row["id"], str(batches[-1].nth + 1 if batches else 1)))
        batches.append(_batch(row, _note_on(store, _ENDING, row["id"], TEXT), nth))
    return batches


def booked_in(store: LedgerStore, journal: str) -> list[BookedRow]:
    """Give every entry that left, oldest first."""
    return [
        BookedRow(**columns_of(BookedRow, row, read=("reversal",)), reversal=bool(row["reversal"]))
        for row in store.read("booked in journal", journal=journal)
    ]


def close_batch(
    store: LedgerStore,
    *,
    journal: str,
    period: str,
    person: str,
    entries: Sequence[NewEntry],
    after: int,
    write: Callable[[int], bytes],
    ending: str = TEXT,
    last_elsewhere: int = 0,
    nth_elsewhere: int = 0,
) -> BatchRow:
    """Number the entries, keep their file and close the batch, all in one transaction.

    *write* makes the file, given the number of the first entry. *after* is the last entry that had left when
    the new ones were chosen. *last_elsewhere* and *nth_elsewhere* are the highest numbers of an entry and of
    a batch in files that this ledger does not know: numbers go on behind them.

    Raises:
        LedgerError: Somebody else closed a batch in between; nothing was written.
    """
    standing = batches_of(store, journal)
    numbered = standing[-1].nth if standing else 0

    def job(transaction: Transaction) -> Row:
        left = transaction.rows("booked in journal", journal=journal)
        if (left[-1]["id"] if left else 0) != after:
            raise LedgerError(say("Somebody exported in the meantime. Nothing was written; export again."))
        before = transaction.rows("batches of journal", journal=journal)
        first = max(before[-1]["last"] if before else 0, last_elsewhere) + 1
        nth = max(numbered, nth_elsewhere) + 1
        data, at = write(first), store.now()
        blob = store_blob(store, data)
        record_blob(transaction, blob, data)
        row: Row = {
            "journal": journal,
            "period": period,
            "first": first,
            "last": first + len(entries) - 1,
            "blob": blob,
            "person": person,
            "at": at,
        }
        row["id"] = transaction.add("batches", row)
        if ending != TEXT:
            transaction.add("memory", {"name": f"{_ENDING}{row['id']}", "value": ending})
        if nth != numbered + 1:
            transaction.add("memory", {"name": f"{_NTH}{row['id']}", "value": str(nth)})
        for entry in entries:
            columns = {"item": entry.item, "hash": entry.hash, "reversal": int(entry.reversal)}
            transaction.add("booked", {"batch": row["id"], "entry": entry.entry, **columns})
        add_audit_entry(
            transaction, at=at, kind="batch", payload=canonical_json([journal, period, first, blob])
        )
        return row

    return _batch(store.write(job), ending, max(numbered, nth_elsewhere) + 1)


_ENDING, _NTH = "\nbatch\nending ", "\nbatch\nnth "
"""Before a batch's number, among what is remembered; no recipe has an empty name."""


def _note_on(store: LedgerStore, kind: str, batch: int, otherwise: str) -> str:
    row = store.first("get memory", name_=f"{kind}{batch}")
    return str(row[1]) if row is not None else otherwise


def _batch(row: Row, ending: str, nth: int) -> BatchRow:
    columns = columns_of(BatchRow, row, read=("at", "ending", "nth"))
    return BatchRow(**columns, at=datetime.fromisoformat(row["at"]), ending=ending, nth=nth)
