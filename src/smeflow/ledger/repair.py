"""Save what is whole in a damaged ledger into a new one, and let nothing be booked or sent twice for it.

The damaged files are kept aside. What is lost is asked again, or, where something may have been booked or
sent, waits for a person. An item whose own row is lost stays as a number, so that what it claimed still
speaks against a second one.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from smeflow._system import lock
from smeflow.errors import LedgerBusy, LedgerDamaged, LedgerError
from smeflow.i18n import say
from smeflow.ledger.audit import CLAIMS, AuditHead
from smeflow.ledger.mend import NOTHING, Damage, RepairReport, is_kept, mend_ledger, row_age
from smeflow.ledger.opening import (
    LEDGER_FILE,
    compiled_sql,
    open_connection,
    prepare_schema,
    sync_folder,
    translate_error,
    verify_rows,
)
from smeflow.ledger.salvage import NUMBERED, DamagedFile, RowFinder
from smeflow.ledger.store import Clock, blob_path, utc_now
from smeflow.ledger.writer import Row, crc


def repair_ledger(folder: Path, *, heads: Iterable[AuditHead] = (), clock: Clock = utc_now) -> RepairReport:
    """Save all undamaged rows of the ledger in *folder* into a new one that takes its place.

    *heads* are entries of the audit chain that were kept elsewhere; new entries get numbers behind theirs.

    Raises:
        LedgerBusy: Another process uses the ledger.
        LedgerError: There is none, or a newer smeflow wrote it.
        OSError: The disk is full, or the folder may not be written.
    """
    path = folder / LEDGER_FILE
    if not path.is_file():
        raise LedgerError(say("There is no ledger in {folder}.", folder=folder))
    with contextlib.ExitStack() as stack:
        _hold_locks(folder, stack)
        _refuse_users(folder)
        if _is_whole(folder, path):
            return RepairReport()
        before = _written(path)
        source = _unfinished(path) or path
        inside = folder / f"repair-{os.getpid()}"
        stack.callback(shutil.rmtree, inside, ignore_errors=True)
        repair = _Repair(folder, inside, clock)
        repair.save(source)
        known = max((head.number for head in heads), default=0)
        report = repair.report
        mend_ledger(
            inside / LEDGER_FILE,
            folder,
            report,
            Damage(
                broken=repair.broken,
                claims_lost=repair.claims_lost,
                entries_lost=repair.entries_lost,
                last_known=known,
            ),
            clock,
        )
        _refuse_users(folder)
        if _written(path) != before:
            raise _busy(folder)
        report.aside = _swap(path, inside / LEDGER_FILE, clock(), source)
        return report


def _hold_locks(folder: Path, stack: contextlib.ExitStack) -> None:
    """Hold the lock of every recipe that was ever run here."""
    for file in sorted((folder / "locks").glob("*.lock")):
        handle = stack.enter_context(file.open("ab"))
        try:
            lock(handle)
        except OSError:
            raise _busy(folder) from None


def _refuse_users(folder: Path) -> None:
    """Refuse while somebody has the ledger open; Windows refuses to replace such a file by itself."""
    if os.name != "posix":
        return
    import fcntl

    with (folder / LEDGER_FILE).open("r+b") as handle:
        try:  # the bytes SQLite locks: whoever has the file open holds one of them
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 512, 0x40000000)
        except OSError:
            raise _busy(folder) from None


def _written(path: Path) -> list[str]:
    """Give what changes when somebody writes into the ledger; an empty write-ahead file says nothing."""
    files = (path, path.with_name(path.name + "-wal"))
    hashes = []
    for file in files:
        if file.exists() and file.stat().st_size:
            with file.open("rb") as stream:
                hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return hashes


def _busy(folder: Path) -> LedgerBusy:
    return LedgerBusy(
        say(
            "Another process uses the ledger in {folder}. Wait until it ends, or stop it, and repair again.",
            folder=folder,
        ),
        pid=None,
    )


def _is_whole(folder: Path, path: Path) -> bool:
    connection: sqlite3.Connection | None = None
    try:
        connection = open_connection(path, create=False)
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return False
        prepare_schema(connection, path)
        verify_rows(connection, path)
        large = [n for (n,) in connection.execute("SELECT sha256 FROM blobs WHERE data IS NULL")]
        held = {n for (n,) in connection.execute("SELECT sha256 FROM blobs")}
        wanted = {n for (n,) in connection.execute("SELECT DISTINCT blob FROM items WHERE blob != ''")}
    except LedgerDamaged:
        return False
    except sqlite3.Error as error:
        if isinstance(told := translate_error(error, path), LedgerDamaged):
            return False
        raise told from error
    finally:
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
    return wanted <= held and all(is_kept(folder, name) for name in large)


def _unfinished(path: Path) -> Path | None:
    """Give the copy aside that a repair made which ended before the new ledger was in place."""
    return next((p for p in path.parent.glob("ledger.damaged-*.db") if p.samefile(path)), None)


def _swap(path: Path, new: Path, now: datetime, source: Path) -> Path:
    """Put *new* in place of the ledger; give the name the damaged one is kept under."""
    aside = source
    if source == path:
        stem = f"ledger.damaged-{now:%Y%m%dT%H%M%S}"
        nth = 1
        while (aside := path.with_name(f"{stem}{f'-{nth}' if nth > 1 else ''}.db")).exists():
            nth += 1
        wal = path.with_name(path.name + "-wal")
        if wal.exists():
            shutil.copy2(wal, aside.with_name(aside.name + "-wal"))
        try:
            os.link(path, aside)
        except OSError:  # a file system without links
            shutil.copy2(path, aside)
        sync_folder(path.parent)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    new.replace(path)
    sync_folder(path.parent)
    return aside


class _Repair:
    """One repair: the rows go into a ledger in *inside* first."""

    def __init__(self, folder: Path, inside: Path, clock: Clock) -> None:
        self.folder, self.inside, self.clock = folder, inside, clock
        self.sql = compiled_sql()
        self.report = RepairReport()
        self.broken: dict[str, set[int]] = {}
        """The numbers of rows that are there and are not what was written."""
        self.entries_lost = False
        """Entries of the audit chain may have stood in what cannot be read."""
        self.claims_lost = False
        """Claims may have."""

    def save(self, source: Path) -> None:
        """Put each whole row of *source* into the new ledger."""
        damaged = DamagedFile(source)
        try:
            connection = open_connection(self.inside / LEDGER_FILE, create=True)
            try:
                prepare_schema(connection, self.inside / LEDGER_FILE)
                connection.execute("BEGIN")
                self._copy(damaged, connection)
                self._keep_documents(connection)
                connection.execute("COMMIT")
            finally:
                connection.close()
            unreadable = damaged.unreadable()
            self.report.unreadable_pages = len(unreadable) + max(damaged.pages_cut() - 1, 0)
            owners = damaged.tables()
            harmed = {owners.get(page, "") for page in unreadable}
            self.entries_lost = bool(harmed & {"audit", ""})
            self.claims_lost = bool(harmed & {CLAIMS, ""}) or CLAIMS in self.broken
        finally:
            damaged.close()

    def _copy(self, damaged: DamagedFile, connection: sqlite3.Connection) -> None:
        finder, owners = RowFinder(self.sql), damaged.tables()
        saved, lost = Counter[str](), Counter[str]()
        for leaf in damaged.leaves():
            for key, values in damaged.rows(leaf):
                owner = owners.get(leaf)
                match = finder.find(key, values or (), owner)
                if isinstance(match, tuple):
                    table, row = match
                    if table == "meta":
                        self._refuse_newer(row)
                    elif (kept := self._put(connection, table, row)) is not None:
                        saved[table] += kept
                        lost[table] += not kept
                elif match is not None and match.table != "meta":
                    self.broken.setdefault(match.table, set()).add(key)
        self.report.saved = dict(+saved)
        # Of a table whose rows have numbers these are counted with its missing numbers.
        lost.update({t: len(keys) for t, keys in self.broken.items() if not self._numbered(t)})
        self.report.lost = dict(+lost)

    def _numbered(self, table: str) -> bool:
        return table in self.sql.columns and self.sql.columns[table][0] in NUMBERED

    def _refuse_newer(self, row: Row) -> None:
        if row["name"] == "schema" and int(row["value"]) > self.sql.version:
            path = self.folder / LEDGER_FILE
            raise LedgerError(
                say(
                    "The ledger {path} was written by a newer smeflow. Install that version to use it.",
                    path=path,
                )
            )

    def _put(self, connection: sqlite3.Connection, table: str, row: Row) -> bool | None:
        """Write *row*; None where it is there already, False where another has its place."""
        columns = self.sql.columns[table]
        names = ", ".join(f'"{name}"' for name in columns)
        values = tuple(row[name] for name in columns)
        places = ", ".join("?" * len(columns))
        insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - our names
        if connection.execute(insert, values).rowcount:
            return True
        key = columns[0]
        select = f'SELECT {names} FROM {table} WHERE "{key}" = ?'  # noqa: S608 - our names
        there = connection.execute(select, (row[key],)).fetchone()
        if there is None:
            return False
        if there != values and row_age(row) > row_age(dict(zip(columns, there, strict=True))):
            connection.execute(insert.replace("IGNORE", "REPLACE", 1), values)
        return None

    def _keep_documents(self, connection: sqlite3.Connection) -> None:
        """Write the row of a document again whose own file is whole."""
        lacking = "SELECT DISTINCT blob FROM items WHERE blob NOT IN (SELECT sha256 FROM blobs)"
        for (name,) in connection.execute(lacking).fetchall():
            if is_kept(self.folder, name):
                size = blob_path(self.folder, name).stat().st_size
                row = (name, size, None, crc((name, size)))
                connection.execute("INSERT INTO blobs (sha256, size, data, crc) VALUES (?, ?, ?, ?)", row)
        empty = (NOTHING, 0, b"", crc((NOTHING, 0)))
        connection.execute("INSERT OR IGNORE INTO blobs (sha256, size, data, crc) VALUES (?, ?, ?, ?)", empty)
