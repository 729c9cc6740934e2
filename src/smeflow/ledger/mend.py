"""Say what a repair of a damaged ledger could not save, and what becomes of the items it was of.

What is lost is asked again, or, where something may have been booked or sent, waits for a person. An item
whose own row is lost stays as a number, so that what it claimed still speaks against a second one.
"""

import contextlib
import json
import math
import secrets
import sqlite3
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smeflow._text import canonical_json, sha256
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import (
    BEGIN,
    CLAIMS,
    REPAIR,
    AuditHead,
    RowCoverage,
    add_audit_entry,
)
from smeflow.ledger.database import SqliteConnection
from smeflow.ledger.items import change_item, mark_changed, reason_json, state_changes
from smeflow.ledger.opening import (
    compiled_sql,
    open_connection,
    verify_rows,
)
from smeflow.ledger.rows import Reason, State
from smeflow.ledger.salvage import NUMBERED
from smeflow.ledger.store import Clock, blob_path, utc_stamp
from smeflow.ledger.verify import AuditChain, changed_row, compare_rows
from smeflow.ledger.writer import Row, Transaction

NEVER_DELETED = (
    "items",
    "results",
    "calls",
    "reviews",
    "runs",
    "deliveries",
    "effects",
    "batches",
    "booked",
    "audit",
)
"""Tables of whose rows none is ever taken away: a missing number is a lost row."""
NOTHING = sha256(b"")


@dataclass(kw_only=True)
class RepairReport:
    """What was saved, and what was lost."""

    aside: Path | None = None
    """Where the damaged file is kept; None where the ledger is whole and nothing was changed."""
    saved: dict[str, int] = field(default_factory=dict)
    """Rows by table."""
    lost: dict[str, int] = field(default_factory=dict)
    """Rows by table; of those that nothing tells of, none are counted."""
    unreadable_pages: int = 0
    """Pages that could not be read; what stood in them may be lost without a trace."""
    lost_items: tuple[int, ...] = ()
    """The numbers of items of which nothing but the number is left."""
    asked_again: tuple[str, ...] = ()
    """Names of items opened again, since answers or decisions of theirs are lost."""
    held: tuple[str, ...] = ()
    """Names of items that wait for a person, since what was booked or sent for them is lost."""
    documents: tuple[str, ...] = ()
    """Names of items whose document is lost; those still open come back when their source gives it again."""
    findings: tuple[Phrase, ...] = ()
    """Saved rows that the audit chain speaks against."""
    head: str = ""
    """The last entry of the audit chain, with the repair in it."""

    @property
    def whole(self) -> bool:
        """Whether nothing was lost."""
        return not (self.unreadable_pages or self.findings or self.documents or any(self.lost.values()))


def is_kept(folder: Path, name: str) -> bool:
    """Whether the document called *name* lies whole in a file of its own."""
    try:
        return sha256(blob_path(folder, name).read_bytes()) == name
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What is known of what could not be saved."""

    broken: Mapping[str, set[int]]
    """The numbers of rows that are there and are not what was written, by table."""
    claims_lost: bool
    """Rows of claims may have stood there."""
    entries_lost: bool
    """Entries of the audit chain may have stood in what cannot be read."""
    last_known: int
    """The number of the last entry that is known elsewhere; new ones get numbers behind it."""


def mend_ledger(path: Path, folder: Path, report: RepairReport, damage: Damage, clock: Clock) -> None:
    """Write down what was lost in the new ledger at *path*, and what becomes of it; verify it.

    *folder* has the documents; *report* gets what was lost.
    """
    with contextlib.closing(open_connection(path, create=False, factory=SqliteConnection)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        at, sql = utc_stamp(clock()), compiled_sql()
        coverage = RowCoverage(sql)
        transaction = Transaction(connection, sql, coverage)
        coverage.begin(transaction, "", 0, at)
        transaction.finish()
        chain = AuditChain()
        broken_at = chain.follow(transaction.rows("all audit"))
        missing = _missing_rows(connection, chain, damage)
        if broken_at is not None and not any(first == broken_at for first, _ in chain.gaps):
            report.findings = (say("entry {n} of the chain is not what was written there", n=broken_at),)
        for table, numbers in missing.items():
            report.lost[table] = report.lost.get(table, 0) + len(numbers)
        report.lost_items = tuple(sorted(missing.get("items", ())))
        transaction.memo["audit"] = (max(chain.last, damage.last_known), chain.hashes.get(chain.last, BEGIN))
        lost = {table: _stretches(numbers) for table, numbers in sorted(missing.items())}
        add_audit_entry(transaction, at=at, kind=f"{REPAIR} {canonical_json(lost)}", payload=lost)
        items_of = {row: entry.item for row, entry in chain.payloads.items()}
        for number in report.lost_items:
            _add_stub(connection, transaction, number, at)
        unsure: set[int] = set()
        report.findings += tuple(_cover_again(transaction, coverage, chain, missing, damage, unsure))
        if unsure:
            report.lost[CLAIMS] = max(report.lost.get(CLAIMS, 0), len(unsure))
        _Consequences(folder, report, transaction, connection, at).write(missing, items_of, unsure)
        transaction.finish()
        number, digest = transaction.first("last audit") or (0, BEGIN)
        report.head = str(AuditHead(number=int(number), hash=str(digest)))
        connection.execute("COMMIT")
        verify_rows(connection, path)


def _cover_again(
    transaction: Transaction,
    coverage: RowCoverage,
    chain: AuditChain,
    missing: Mapping[str, set[int]],
    damage: Damage,
    unsure: set[int],
) -> Iterator[Phrase]:
    """Give saved rows a new entry where theirs is lost; give those that the chain speaks against.

    *unsure* gets the items of which claims are lost.
    """
    lost_items, lost_calls = missing.get("items", set()), missing.get("calls", set())
    last_lost = math.inf if damage.entries_lost else max(missing.get("audit", {0}))
    for row in list(compare_rows(transaction, compiled_sql(), chain)):
        if row.state in ("held", "uncovered") or (row.table == "items" and row.key in lost_items):
            continue
        unsalted = row.item in lost_items or (row.table == "ends" and row.key in lost_calls)
        if row.table == CLAIMS and (unsalted or row.entry < last_lost or damage.claims_lost):
            if damage.claims_lost:
                unsure.add(row.item)
            transaction.memo.setdefault(CLAIMS, {}).setdefault(row.item, "")
        elif row.table != CLAIMS and (unsalted or row.entry < last_lost):
            coverage(transaction, row.table, row.key, row.row, added=False)
        else:
            yield changed_row(row.table, row.key)


def _missing_rows(connection: sqlite3.Connection, chain: AuditChain, damage: Damage) -> dict[str, set[int]]:
    """Give the numbers of lost rows by table: those the chain knows, and those that are left out."""
    missing: dict[str, set[int]] = {}
    for table, columns in compiled_sql().columns.items():
        if columns[0] not in NUMBERED:
            continue
        there = {n for (n,) in connection.execute(f'SELECT "{columns[0]}" FROM {table}')}  # noqa: S608 - our names
        covered = {key for name, key in chain.payloads if name == table and table != CLAIMS}
        told = covered | damage.broken.get(table, set())
        if table in NEVER_DELETED:
            named = damage.last_known if table == "audit" else _last_named(connection, table)
            told |= set(range(1, _last_plausible({named, *there, *told}) + 1))
        lost = {n for n in told - there if n > 0 and not chain.is_lost(table, n)}
        if lost:
            missing[table] = lost
    return missing


def _last_plausible(numbers: set[int]) -> int:
    """Give the highest number; not one that a damaged cell made up, far behind the others."""
    most = 2 * len(numbers) + 100_000
    return max((n for n in numbers if n <= most), default=0)


_NAMED_IN = {
    "items": ("item", ("results", "calls", "reviews", "claims", "booked", "effects")),
    "batches": ("batch", ("booked",)),
    "runs": ("run", ("calls", "effects")),
    "calls": ("call", ("ends",)),
}
"""Which column of which tables has the number of a row of another."""


def _last_named(connection: sqlite3.Connection, table: str) -> int:
    """Give the highest number of a row of *table* that a saved row names."""
    column, tables = _NAMED_IN.get(table, ("", ()))
    return max(
        *(int(connection.execute(f"SELECT max({column}) FROM {t}").fetchone()[0] or 0) for t in tables),  # noqa: S608 - our names
        0,
        0,
    )


def _stretches(numbers: Iterable[int]) -> list[list[int]]:
    """Write numbers as first and last of each stretch without a gap."""
    stretches: list[list[int]] = []
    for n in sorted(numbers):
        if stretches and stretches[-1][1] == n - 1:
            stretches[-1][1] = n
        else:
            stretches.append([n, n])
    return stretches


def row_age(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Order two states of one row: what only grows, then its latest time."""
    grown = [int(row.get(name) or 0) for name in ("lease", "changes", "nanos", "passed")]
    return (*grown, max(str(row.get(name) or "") for name in ("at", "ended_at", "created_at")))


LOST = "lost"
"""The reason of an item of which something is lost that nobody can give again."""


def _add_stub(connection: sqlite3.Connection, transaction: Transaction, number: int, at: str) -> None:
    """Keep the number of an item whose row is lost, so that what it claimed still speaks against another."""
    recipe = next(
        (
            str(match[0])
            for query in (
                "SELECT recipe FROM runs WHERE id IN (SELECT run FROM calls WHERE item = ?1)",
                "SELECT recipe FROM effects WHERE item = ?1",
                "SELECT recipe FROM items WHERE parent = ?1",
                "SELECT recipe FROM runs WHERE ?1 > 0 ORDER BY id DESC LIMIT 1",
                "SELECT recipe FROM items WHERE ?1 > 0 ORDER BY id DESC LIMIT 1",
            )
            if (match := connection.execute(query, (number,)).fetchone())
        ),
        "?",
    )
    phrase = say("its row was lost to damage; when its source gives it again it is a new item")
    row: Row = {
        **dict.fromkeys(("source", "version", "part", "plan"), ""),
        **dict.fromkeys(("fields", "takes", "outcome"), "{}"),
        **dict.fromkeys(("due_at", "parked_at", "parent", "parts"), None),
        **dict.fromkeys(("lease", "seq", "nth", "wanted", "tries"), 0),
        "id": number,
        "recipe": recipe,
        "key": f"lost {number}",
        "name": f"lost {number}",
        "media_type": "application/octet-stream",
        "blob": NOTHING,
        "state": "skipped",
        "reason": reason_json(Reason(kind=LOST, phrases=(phrase,))),
        "salt": secrets.token_hex(8),
        "created_at": at,
        "ended_at": at,
        "crc": 0,
    }
    names = tuple(row)
    listed, places = ", ".join(f'"{n}"' for n in names), ", ".join("?" * len(names))
    connection.execute(f"INSERT INTO items ({listed}) VALUES ({places})", tuple(row.values()))  # noqa: S608 - our names
    transaction.set("items", row, lease=0)


class _Consequences:
    """What becomes of items of which something is lost."""

    def __init__(
        self,
        folder: Path,
        report: RepairReport,
        transaction: Transaction,
        connection: sqlite3.Connection,
        at: str,
    ) -> None:
        self.folder, self.report, self.transaction, self.at = folder, report, transaction, at
        self._connection = connection
        self._names = {int(n): str(name) for n, name in connection.execute("SELECT id, name FROM items")}

    def write(
        self,
        missing: Mapping[str, set[int]],
        items_of: Mapping[tuple[str, int], int],
        unsure: Container[int],
    ) -> None:
        """Hold, open again and leave out; count anew what was spent."""
        risky = {
            items_of.get((table, n), 0) for table in ("effects", "booked") for n in missing.get(table, ())
        }
        lost_documents = self._lost_documents()
        held, opened, told = [], [], []
        for row in self.transaction.rows("all items"):
            number, name = row["id"], row["name"]
            if row["state"] == "skipped":
                continue
            if number in lost_documents:
                told.append(name)
            if number in risky:
                phrase = say(
                    "what was booked, sent or moved for it was lost to damage: look before it is done again"
                )
                self._move(row, "review", Reason(kind=LOST, phrases=(phrase,)))
                held.append(name)
            elif number in lost_documents and row["state"] == "open":
                phrase = say("its document was lost to damage; it is read when its source gives it again")
                self._move(row, "skipped", Reason(kind="gone", phrases=(phrase,)))
            elif number not in lost_documents and (number in unsure or self._lacks(row, missing)):
                self._move(row, "open", Reason(kind="new"), outcome="{}")
                opened.append(name)
        self.report.held, self.report.asked_again = tuple(held), tuple(opened)
        self.report.documents = tuple(told)
        self._count_spent()
        for (recipe,) in self._connection.execute("SELECT DISTINCT recipe FROM items").fetchall():
            mark_changed(self.transaction, recipe)

    def _move(self, row: Row, state: State, reason: Reason, **more: object) -> None:
        changes = {**state_changes(state, reason, self.at), "lease": row["lease"] + 1, **more}
        change_item(self.transaction, row["id"], row["lease"], changes)

    @staticmethod
    def _lacks(row: Row, missing: Mapping[str, set[int]]) -> bool:
        """Whether a result or a decision that the item stands on is lost."""
        for where in json.loads(row["outcome"]).values():
            table = {"r": "results", "d": "reviews"}.get(where[:1]) if isinstance(where, str) else None
            if table and where[1:].isdecimal() and int(where[1:]) in missing.get(table, ()):
                return True
        return False

    def _lost_documents(self) -> set[int]:
        rows = self._connection.execute(
            "SELECT items.id, items.blob, blobs.sha256, blobs.data IS NULL FROM items "
            "LEFT JOIN blobs ON blobs.sha256 = items.blob WHERE items.blob != ''"
        ).fetchall()
        kept: dict[str, bool] = {}
        for _, name, there, large in rows:
            if name not in kept:
                kept[name] = there is not None and (not large or is_kept(self.folder, name))
        return {number for number, name, _, _ in rows if not kept[name]}

    def _count_spent(self) -> None:
        """Write the sums again that are lost: what the saved calls cost, and no less."""
        sums: Counter[str] = Counter()
        query = (
            "SELECT calls.item, calls.month, runs.purse, coalesce(ends.nanos, calls.nanos) FROM calls "
            "LEFT JOIN ends ON ends.call = calls.id LEFT JOIN runs ON runs.id = calls.run"
        )
        for item, month, purse, nanos in self._connection.execute(query):
            for name in (f"item {item}", f"month {month}", purse):
                sums[name or ""] += nanos
        there = {name for (name,) in self._connection.execute("SELECT purse FROM spent")}
        for name, nanos in sums.items():
            if name and name not in there and nanos:
                self.transaction.add("spent", {"purse": name, "nanos": nanos})
