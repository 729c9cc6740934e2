"""Closed batches of accounting entries: an entry leaves in exactly one, and none is ever changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from smeflow._text import canonical_json
from smeflow.errors import LedgerError
from smeflow.i18n import say
from smeflow.ledger.audit import chain
from smeflow.ledger.blobs import note_blob, place_file
from smeflow.ledger.store import Store
from smeflow.ledger.writer import Row, Transaction

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


def batches_of(store: Store, journal: str) -> list[BatchRow]:
    """Give the batches of a journal, oldest first."""
    rows = store.read("batches of journal", journal=journal)
    return [_batch(row, _ending_of(store, row["id"])) for row in rows]


def booked_in(store: Store, journal: str) -> list[BookedRow]:
    """Give every entry that left, oldest first."""
    return [
        BookedRow(**{name: row[name] for name in BookedRow.__slots__} | {"reversal": bool(row["reversal"])})
        for row in store.read("booked in journal", journal=journal)
    ]


def close(
    store: Store,
    *,
    journal: str,
    period: str,
    person: str,
    entries: Sequence[NewEntry],
    after: int,
    write: Callable[[int], bytes],
    ending: str = TEXT,
) -> BatchRow:
    """Number the entries, keep their file and close the batch, all in one transaction.

    *write* makes the file, given the number of the first entry. *after* is the last entry that had left when
    the new ones were chosen.

    Raises:
        LedgerError: Somebody else closed a batch in between; nothing was written.
    """

    def job(transaction: Transaction) -> Row:
        left = transaction.rows("booked in journal", journal=journal)
        if (left[-1]["id"] if left else 0) != after:
            raise LedgerError(say("Somebody exported in the meantime. Nothing was written; export again."))
        before = transaction.rows("batches of journal", journal=journal)
        first = before[-1]["last"] + 1 if before else 1
        data, at = write(first), store.now()
        blob = place_file(store, data)
        note_blob(transaction, blob, data)
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
        for entry in entries:
            made = {"item": entry.item, "hash": entry.hash, "reversal": int(entry.reversal)}
            transaction.add("booked", {"batch": row["id"], "entry": entry.entry, **made})
        chain(transaction, at=at, kind="batch", payload=canonical_json([journal, period, first, blob]))
        return row

    return _batch(store.write(job), ending)


_ENDING = "\nbatch\nending "
"""Before a batch's number, among what is remembered; no recipe has an empty name."""


def _ending_of(store: Store, batch: int) -> str:
    found = store.first("get memory", name_=f"{_ENDING}{batch}")
    return str(found[1]) if found is not None else TEXT


def _batch(row: Row, ending: str) -> BatchRow:
    given = {name: row[name] for name in BatchRow.__slots__ if name not in ("at", "ending")}
    return BatchRow(**given, at=datetime.fromisoformat(row["at"]), ending=ending)
