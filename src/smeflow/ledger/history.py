"""What happened: runs, what they wrote where, what sinks remember, and the batches of books."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smeflow._text import canonical_json
from smeflow.errors import LedgerError
from smeflow.i18n import say
from smeflow.ledger.audit import add_audit_entry
from smeflow.ledger.rows import DeliveryRow, RunRow, columns_of
from smeflow.ledger.store import LedgerStore, blob_data, record_blob, store_blob
from smeflow.ledger.writer import Row, Transaction


def begin_run(
    store: LedgerStore, *, recipe: str, text_hash: str, plan: str, llm: str, smeflow: str, pid: int
) -> RunRow:
    """Write down that a run begins. One that goes on after a crash spends from the crashed run's budget."""

    def job(transaction: Transaction) -> int:
        at = store.now()
        last = transaction.rows("last run", recipe=recipe)[:1]
        crashed = bool(last) and last[0]["ended_at"] is None
        purse = last[0]["purse"] if crashed else f"run {recipe} {store.chance()}"
        row = {
            "recipe": recipe,
            "text_hash": text_hash,
            "plan": plan,
            "llm": llm,
            "purse": purse,
            "smeflow": smeflow,
            "pid": pid,
            "started_at": at,
            "ended_at": None,
            "stopped": None,
            "summary": None,
        }
        number = transaction.add("runs", row)
        add_audit_entry(transaction, at=at, kind="run", payload=[recipe, text_hash, plan, llm, smeflow])
        return number

    number = store.write(job)
    return run_of(store.read("get runs", id_=number)[0])


def end_run(store: LedgerStore, run: RunRow, *, stopped: str | None, summary: str) -> None:
    """Write down how a run ended."""

    def job(transaction: Transaction) -> None:
        row = transaction.rows("get runs", id_=run.id)[0]
        row.update(ended_at=store.now(), stopped=stopped, summary=summary)
        transaction.set("runs", row)

    store.write(job)


def run_of(row: Row) -> RunRow:
    """Make a run of its row."""
    columns = columns_of(RunRow, row, read=("started_at", "ended_at"))
    ended = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
    return RunRow(**columns, started_at=datetime.fromisoformat(row["started_at"]), ended_at=ended)


def record_delivery(
    store: LedgerStore, *, recipe: str, sink: str, path: str, sha256: str, key: str, rows: int
) -> None:
    """Write down what a sink wrote."""

    def job(transaction: Transaction) -> None:
        at = store.now()
        row = {
            "recipe": recipe,
            "sink": sink,
            "path": path,
            "sha256": sha256,
            "key": key,
            "state": "done",
            "rows": rows,
            "corrects": None,
            "at": at,
        }
        transaction.add("deliveries", row)
        add_audit_entry(transaction, at=at, kind="delivery", payload=[recipe, sink, path, sha256, rows])

    store.write(job)


def last_delivery(store: LedgerStore, recipe: str, sink: str) -> DeliveryRow | None:
    """Give what a sink of a recipe wrote last."""
    rows = store.read("last deliveries", recipe=recipe, sink=sink)
    if not rows:
        return None
    columns = columns_of(DeliveryRow, rows[0], read=("at",))
    return DeliveryRow(**columns, at=datetime.fromisoformat(rows[0]["at"]))


@dataclass(frozen=True)
class LedgerSinkMemory(MutableMapping[str, str]):
    """What the sinks of one recipe wrote last. Each assignment is durable before it returns."""

    store: LedgerStore
    recipe: str

    def __getitem__(self, name: str) -> str:
        """Give what was kept under *name*."""
        row = self.store.first("get memory", name_=self._full(name))
        if row is None:
            raise KeyError(name)
        return str(row[1])

    def __setitem__(self, name: str, value: str) -> None:
        """Keep *value* under *name*."""
        row = {"name": self._full(name), "value": value}
        self.store.write(lambda transaction: transaction.put("memory", row))

    def __delitem__(self, name: str) -> None:
        """Forget *name*."""
        self[name]
        self.store.write(lambda transaction: transaction.drop("forget memory", name_=self._full(name)))

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        start = f"{self.recipe}\n"
        names = [str(row[0]) for row in self.store.tuples("all memory")]
        return iter([name.removeprefix(start) for name in names if name.startswith(start)])

    def __len__(self) -> int:
        """Count the names."""
        return sum(1 for _ in self)

    def _full(self, name: str) -> str:
        return f"{self.recipe}\n{name}"


class AwayItems:
    """The items of a source that are kept and were not there when it was last gone through."""

    def __init__(self, store: LedgerStore, recipe: str, source: str) -> None:
        self._memory = LedgerSinkMemory(store, recipe)
        self._name = f"\naway {source}"  # a name no sink uses for itself
        self._written = self._memory.get(self._name, "")
        self.numbers = frozenset(_numbers_in(self._written))

    def note(self, numbers: Iterable[int]) -> None:
        """Keep which items are away now."""
        text = _ranges(sorted(numbers))
        if text != self._written:
            self._memory[self._name] = self._written = text


def _ranges(numbers: Iterable[int]) -> str:
    """Write ascending numbers as ``1-5,8``: what was filed away mostly came in one after another."""
    pairs: list[list[int]] = []
    for number in numbers:
        if pairs and pairs[-1][1] == number - 1:
            pairs[-1][1] = number
        else:
            pairs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in pairs)


def _numbers_in(ranges: str) -> Iterator[int]:
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


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


def stands_in_books(store: LedgerStore, item: int) -> bool:
    """Tell whether an entry of *item* left that was not taken back."""
    rows = store.read("booked of item", item=item)
    return bool(rows) and not rows[-1]["reversal"]


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
    last_used, nth_used = _numbers_used(store, journal)
    last_elsewhere, nth_elsewhere = max(last_elsewhere, last_used), max(nth_elsewhere, nth_used)
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


_ENDING, _NTH, NUMBERS_USED, _LOST = (f"\nbatch\n{kind} " for kind in ("ending", "nth", "used", "lost"))
"""Before a batch's number, or a journal's code, among what is remembered; no recipe has an empty name."""


def note_numbers_used(transaction: Transaction, used: Mapping[str, tuple[int, int]]) -> None:
    """Remember the last numbers of an entry and of a batch, by journal, of a ledger this one replaces."""
    for journal, numbers in used.items():
        name = f"{NUMBERS_USED}{journal}"
        known = numbers_in(_note(transaction, name), journal)
        last, nth = map(max, zip(numbers, known, strict=True))
        transaction.put("memory", {"name": name, "value": f"{last} {nth}"})


def batches_in_order(
    rows: Iterable[tuple[int, str, str, str]], notes: Mapping[str, str]
) -> Iterator[tuple[str, int, str, str]]:
    """Give the journal, its number in it, the file's name and the hash of each batch, oldest first.

    *rows* are number, journal, period and hash; *notes* is what the ledger remembers.
    """
    last: dict[str, int] = {}
    for number, journal, period, blob in rows:
        nth = last[journal] = int(notes.get(f"{_NTH}{number}", last.get(journal, 0) + 1))
        ending = notes.get(f"{_ENDING}{number}", TEXT)
        yield journal, nth, name_of_batch(journal, period, nth, ending), blob


def name_of_batch(journal: str, period: str, nth: int, ending: str) -> str:
    """Name a batch's file: journal, period and the batch's number in the journal.

    In an *ending* such as ``EXTF_*.csv`` the name stands in the place of the star.
    """
    name = f"{journal}-{period}-{nth:04d}"
    return ending.replace("*", name) if "*" in ending else name + ending


def lost_in(notes: Mapping[str, str], journal: str) -> dict[str, str]:
    """Give the batches of ledgers that were replaced, by the name of their file, with their hashes."""
    lost: dict[str, str] = json.loads(notes.get(f"{_LOST}{journal}", "{}"))
    return lost


def note_lost_batches(
    transaction: Transaction, lost: Mapping[str, Mapping[str, str]], data: Mapping[str, bytes]
) -> None:
    """Remember the batches of a ledger this one replaces, by journal; *data* are their small files."""
    for journal, files in lost.items():
        name = f"{_LOST}{journal}"
        known = lost_in(_note(transaction, name), journal)
        transaction.put("memory", {"name": name, "value": canonical_json({**known, **files})})
    for name, content in data.items():
        record_blob(transaction, name, content)


def lost_batches(store: LedgerStore, journal: str) -> dict[str, bytes]:
    """Give the files of batches that left of ledgers this one took the place of, by their names."""
    files = lost_in(_note(store, f"{_LOST}{journal}"), journal)
    return {name: blob_data(store, blob) for name, blob in files.items()}


def _note(read: LedgerStore | Transaction, name: str) -> dict[str, str]:
    row = read.first("get memory", name_=name)
    return {name: str(row[1])} if row is not None else {}


def numbers_in(notes: Mapping[str, str], journal: str) -> tuple[int, int]:
    """Give the last numbers of an entry and of a batch that ledgers used which were replaced."""
    last, nth = notes.get(f"{NUMBERS_USED}{journal}", "0 0").split()
    return int(last), int(nth)


def next_entry_number(store: LedgerStore, journal: str, last_elsewhere: int = 0) -> int:
    """Give the number the next entry of a journal would get; *last_elsewhere* as in `close_batch`."""
    batches = store.read("batches of journal", journal=journal)
    last = batches[-1]["last"] if batches else 0
    return int(max(last, last_elsewhere, _numbers_used(store, journal)[0])) + 1


def _numbers_used(store: LedgerStore, journal: str) -> tuple[int, int]:
    return numbers_in(_note(store, f"{NUMBERS_USED}{journal}"), journal)


def _note_on(store: LedgerStore, kind: str, batch: int, otherwise: str) -> str:
    row = store.first("get memory", name_=f"{kind}{batch}")
    return str(row[1]) if row is not None else otherwise


def _batch(row: Row, ending: str, nth: int) -> BatchRow:
    columns = columns_of(BatchRow, row, read=("at", "ending", "nth"))
    return BatchRow(**columns, at=datetime.fromisoformat(row["at"]), ending=ending, nth=nth)
