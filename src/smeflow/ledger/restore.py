"""Put a backup back, keep what stood there aside, and tell what the restored ledger does not know."""

import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from smeflow.errors import LedgerBusy, LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import AuditHead, add_audit_entry, audit_head
from smeflow.ledger.backup import (
    STATE_COPY,
    WORKSPACE_COPY,
    Backup,
    alone_with_backups,
    file_hash,
    last_entry,
    not_whole,
    read_backup,
)
from smeflow.ledger.history import (
    NUMBERS_USED,
    batches_in_order,
    lost_in,
    note_lost_batches,
    note_numbers_used,
    numbers_in,
)
from smeflow.ledger.opening import LEDGER_FILE, SEAL_FILE, sync_folder
from smeflow.ledger.store import CrashPoint, LedgerStore, blob_path, utc_now
from smeflow.ledger.writer import Transaction

_HASHES = re.compile(r"(?:-|[0-9a-f]{64})(?: [0-9a-f]{64})*")
_RESTORING = "restoring"


@dataclass(frozen=True, kw_only=True)
class Newer:
    """What a ledger holds that a backup does not."""

    readable: bool = True
    """Whether that ledger could be read at all; else nothing is known of it."""
    descends: bool = True
    """Whether the backup was made of that ledger; else of another, or of one that was restored since."""
    entries: int = 0
    """Entries of its audit chain."""
    until: str = ""
    """When the last of them was written."""
    items: tuple[str, ...] = ()
    """The items that were finished, by recipe and name."""
    calls: int = 0
    nanos: int = 0
    """What these calls cost, in billionths of the budget's currency."""
    decisions: int = 0
    effects: int = 0
    """Mails sent or moved, and deliveries."""
    batches: tuple[str, ...] = ()
    """Batches of the books, as journal, period and numbers."""
    numbers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The last numbers of an entry and of a batch in each journal."""
    lost: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Batches that left, by journal and the name of their file, with their hashes."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Those of their files that are small, by hash; large ones stay where they lie."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """What sinks wrote last, by the names they remember it under."""

    def __bool__(self) -> bool:
        """Tell whether something would be lost, or whether that cannot be told."""
        return not self.readable or not self.descends or self.entries > 0


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came of a restore."""

    backup: Backup
    newer: Newer
    aside: Path | None
    """Where the ledger that stood there is kept; None where there was none."""
    head: AuditHead
    """Of the ledger as it stands now."""


def restore_backup(
    file: Path,
    folder: Path,
    *,
    root: Path,
    accept_loss: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> Restored:
    """Put the ledger of a backup in *folder*; one that is there is kept aside. *root* is the workspace.

    At every moment either ledger stands there whole. What sinks wrote and which numbers of the books were
    used is taken over from the ledger that stood there: that happened, whatever the ledger knows.

    Raises:
        LedgerDamaged: The backup is not whole.
        LedgerBusy: Somebody has the ledger open.
        LedgerError: The ledger there holds what the backup does not, or cannot be read, and *accept_loss*
            does not say that this may go.
    """
    with alone_with_backups(folder):
        backup = read_backup(file)
        crash, path, work = CrashPoint(os.environ), folder / LEDGER_FILE, folder / _RESTORING
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            crash.here()
            _unpack(backup, work)
            with _held(path, work) as standing:
                newer = _newer(standing, work / LEDGER_FILE) if path.exists() else Newer()
                if newer and not accept_loss:
                    raise LedgerError(_refusal(newer, path))
                head = _prepare(work, backup, newer, clock)
                crash.here()
                _put_files(work, folder, root)
                crash.here()
                aside = _swap(work / LEDGER_FILE, path, standing, f"{clock():%Y-%m-%dT%H%M%S}", crash)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Restored(backup=backup, newer=newer, aside=aside, head=head)


def _unpack(backup: Backup, work: Path) -> None:
    """Write the members out, and hold what was written against the hashes once more."""
    with tarfile.open(backup.file, mode="r:") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name in backup.files else None
            if content is None:
                continue
            place = work / member.name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
                shutil.copyfileobj(content, out)
                out.flush()
                os.fsync(out.fileno())
            if file_hash(place) != backup.files[member.name]:
                raise not_whole(backup.file, say("{name} has changed", name=member.name))


@contextmanager
def _held(path: Path, work: Path) -> Iterator[sqlite3.Connection | None]:
    """Hold the ledger that stands there against everybody; None where there is none, or none that opens.

    Of one that does not open SQLite may throw away what was written ahead: a copy of that goes to *work*.
    """
    if not path.exists():
        yield None
        return
    ahead = path.with_name(path.name + "-wal")
    if ahead.exists():
        shutil.copyfile(ahead, work / ahead.name)
    connection = sqlite3.connect(path, timeout=3.0, isolation_level=None)
    try:
        held = _exclusive(connection, path)
        if held is None:
            connection.close()
            if (work / ahead.name).exists():
                shutil.copyfile(work / ahead.name, ahead)
        yield held
    finally:
        connection.close()


def _exclusive(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection | None:
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = DELETE")  # what is in the write-ahead file goes into it
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # foreign: not set where Python raises it
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            busy = say("The ledger {path} is in use. Stop the run and all who look at it.", path=path)
            raise LedgerBusy(busy, pid=None) from error
        return None
    return connection


def _newer(standing: sqlite3.Connection | None, restored: Path) -> Newer:
    """Compare the ledger that stands there with the one of the backup."""
    if standing is None:
        return Newer(readable=False)
    try:
        standing.execute("ATTACH ? AS backup", (str(restored),))
        try:
            return _compared(standing)
        finally:
            standing.execute("DETACH backup")
    except (sqlite3.Error, ValueError, TypeError):
        return Newer(readable=False)


def _compared(both: sqlite3.Connection) -> Newer:
    last, there = last_entry(both)[0], both.execute("SELECT max(n) FROM backup.audit").fetchone()[0] or 0
    common = _last_common_entry(both, min(last, there))
    if common == last:
        return Newer()
    batches = _rows(both, "SELECT journal, period, first, last FROM batches {new}", "batches", "blob")
    numbers, lost = _books(both)
    calls, nanos = _rows(both, "SELECT count(*), coalesce(sum(nanos), 0) FROM ends {new}", "ends", "call")[0]
    return Newer(
        descends=common == there,
        entries=last - common,
        until=str(both.execute("SELECT at FROM audit WHERE n = ?", (last,)).fetchone()[0]),
        items=tuple(f"{recipe}: {name}" for recipe, name in both.execute(_FINISHED)),
        calls=int(calls),
        nanos=int(nanos),
        decisions=int(_rows(both, "SELECT count(*) FROM reviews {new}", "reviews")[0][0]),
        effects=int(both.execute(_EFFECTS).fetchone()[0]),
        batches=tuple(f"{journal} {period} {first}–{end}" for journal, period, first, end in batches),
        numbers=numbers,
        lost=lost,
        contents=_contents(both, [blob for files in lost.values() for blob in files.values()]),
        hashes={n: v for n, v in both.execute("SELECT name, value FROM memory") if _HASHES.fullmatch(v)},
    )


_FINISHED = """SELECT recipe, coalesce(nullif(name, ''), key) FROM items
WHERE state IN ('done', 'review') AND NOT EXISTS (SELECT 1 FROM backup.items AS old WHERE old.id = items.id
AND old.version = items.version AND old.state = items.state AND old.outcome = items.outcome) ORDER BY id"""
_EFFECTS = """SELECT count(*) FROM effects WHERE state = 'done' AND NOT EXISTS
(SELECT 1 FROM backup.effects AS old WHERE old.key = effects.key AND old.state = 'done')"""


def _rows(both: sqlite3.Connection, query: str, table: str, key: str = "id") -> list[tuple[Any, ...]]:
    new = f"WHERE {key} NOT IN (SELECT {key} FROM backup.{table})"  # noqa: S608 - our own names
    return both.execute(query.format(new=new)).fetchall()


def _books(
    both: sqlite3.Connection,
) -> tuple[dict[str, tuple[int, int]], dict[str, dict[str, str]]]:
    """Give the numbers the books have come to, and the batches the backup does not know.

    Both in this ledger or in one that it took the place of.
    """
    notes = dict(both.execute("SELECT name, value FROM memory"))
    kept = {blob for (blob,) in both.execute("SELECT blob FROM backup.batches")}
    journals = [name.removeprefix(NUMBERS_USED) for name in notes if name.startswith(NUMBERS_USED)]
    used = {journal: numbers_in(notes, journal) for journal in journals}
    lost = {journal: lost_in(notes, journal) for journal in journals}
    rows = both.execute("SELECT id, journal, period, blob FROM batches ORDER BY id").fetchall()
    last = dict(both.execute("SELECT journal, max(last) FROM batches GROUP BY journal"))
    for journal, nth, name, blob in batches_in_order(rows, notes):
        before_last, before_nth = used.get(journal, (0, 0))
        used[journal] = max(last[journal], before_last), max(nth, before_nth)
        lost.setdefault(journal, {})
        if blob not in kept:
            lost[journal][name] = blob
    return used, lost


def _contents(both: sqlite3.Connection, blobs: list[str]) -> dict[str, bytes]:
    query = "SELECT data FROM blobs WHERE sha256 = ? AND data IS NOT NULL"
    return {blob: row[0] for blob in blobs if (row := both.execute(query, (blob,)).fetchone())}


def _last_common_entry(both: sqlite3.Connection, most: int) -> int:
    """Find where two chains part: entries are equal up to there, each has the hash of the last."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        equal = "SELECT a.hash = b.hash FROM audit AS a JOIN backup.audit AS b ON a.n = b.n WHERE a.n = ?"
        row = both.execute(equal, (middle,)).fetchone()
        low, high = (middle, high) if row and row[0] else (low, middle - 1)
    return low


def _refusal(newer: Newer, path: Path) -> Phrase:
    if not newer.readable:
        return say(
            "The ledger {path} cannot be read, so nobody can tell what it holds that the backup does not. "
            "Nothing was changed. To put the backup in its place all the same: --accept-loss",
            path=path,
        )
    return say(
        "The ledger {path} holds what the backup does not, until {until}: {items} finished items, {calls} "
        "calls, {decisions} decisions, {batches} batches of the books. Nothing was changed. To put the "
        "backup in its place all the same: --accept-loss",
        path=path,
        until=newer.until,
        items=len(newer.items),
        calls=newer.calls,
        decisions=newer.decisions,
        batches=len(newer.batches),
    )


def _prepare(work: Path, backup: Backup, newer: Newer, clock: Callable[[], datetime]) -> AuditHead:
    """Check the restored ledger row by row, and write into it what it must know of the time since."""
    store = LedgerStore(work, create=False, check=True, clock=clock)
    try:

        def job(transaction: Transaction) -> None:
            for name, value in newer.hashes.items():
                transaction.put("memory", {"name": name, "value": value})
            note_numbers_used(transaction, newer.numbers)
            note_lost_batches(transaction, newer.lost, newer.contents)
            told = [str(backup.head), newer.entries, newer.descends, newer.readable]
            add_audit_entry(transaction, at=store.now(), kind="restored", payload=told)

        store.write(job)
        return audit_head(store)
    finally:
        store.close()


def _put_files(work: Path, folder: Path, root: Path) -> None:
    """Put the documents where the ledger looks for them, and other files where there are none."""
    touched: set[Path] = set()
    for source in sorted((work / "blobs").glob("*/*")):
        place = blob_path(folder, source.name)
        if not place.exists() or file_hash(place) != source.name:
            for each in (place.parent.parent, place.parent):
                each.mkdir(parents=True, exist_ok=True, mode=0o700)
            source.replace(place)  # its bytes are on the disk already
            touched |= {place.parent, place.parent.parent}
    for each in sorted(touched):
        sync_folder(each)
    for start, target in ((STATE_COPY, folder), (WORKSPACE_COPY, root)):
        for source in sorted((work / start).glob("*")):
            if not (target / source.name).exists():
                shutil.copyfile(source, target / source.name)
                (target / source.name).chmod(0o600 if start == STATE_COPY else 0o644)


def _swap(
    new: Path, path: Path, standing: sqlite3.Connection | None, stamp: str, crash: CrashPoint
) -> Path | None:
    """Put *new* in the place of *path*, which is kept under another name; whole at every moment."""
    aside: Path | None = None
    if path.exists():
        aside = _free_name(path, f"ledger.replaced-{stamp}")
        extra = [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
        _keep(path, aside)
        if standing is None:  # it could not be opened: what it wrote ahead goes along unread
            for each in extra:
                if each.exists():
                    _keep(each, aside.with_name(aside.name + each.name.removeprefix(path.name)))
                    each.unlink()
        sync_folder(path.parent)
        crash.here()
    path.with_name(SEAL_FILE).unlink(missing_ok=True)
    if standing is not None and os.name == "nt":
        standing.close()  # Windows replaces no open file
    new.replace(path)
    sync_folder(path.parent)
    crash.here()
    return aside


def _free_name(path: Path, stem: str) -> Path:
    """Give a name nothing is kept under: clocks are set back, and two restores may come within a second."""
    nth = 1
    while (aside := path.with_name(f"{stem}{f'-{nth}' if nth > 1 else ''}.db")).exists():
        if aside.samefile(path):  # kept by a restore that was cut off
            break
        nth += 1
    return aside


def _keep(file: Path, aside: Path) -> None:
    aside.unlink(missing_ok=True)
    with suppress(OSError):
        aside.hardlink_to(file)
        return
    shutil.copyfile(file, aside)
    aside.chmod(0o600)
