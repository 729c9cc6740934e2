"""The open file: one connection that writes in groups, one that reads, the clock, and the blobs.

The bytes of documents are kept under the hash of their content: small ones as rows, large ones as files.
"""

import contextlib
import os
import secrets
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from smeflow._system import O_BINARY
from smeflow._text import sha256
from smeflow.errors import LedgerDamaged
from smeflow.i18n import say
from smeflow.ledger.audit import RowCoverage
from smeflow.ledger.opening import (
    LEDGER_FILE,
    CompiledSql,
    compiled_sql,
    damage_error,
    keep_private,
    open_connection,
    prepare_schema,
    sealed_since,
    sync_folder,
    translate_error,
    verify_rows,
    write_seal,
)
from smeflow.ledger.writer import Row, Transaction, Writer


class CrashPoint:
    """Counts durable steps and kills the process at the one ``SMEFLOW_CRASH_AT`` names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.at = int(environ.get("SMEFLOW_CRASH_AT", "0") or 0)
        self.passed = 0
        self._lock = threading.Lock()

    def here(self) -> None:
        """Pass a moment just before or just after something becomes durable."""
        if not self.at:
            return
        with self._lock:
            self.passed += 1
            if self.passed == self.at:
                _die()


def _die() -> None:
    if hasattr(signal, "SIGKILL"):  # foreign: not on Windows
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)  # Windows has no SIGKILL; nothing is flushed or cleaned up here either


T = TypeVar("T")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


def utc_stamp(at: datetime) -> str:
    """Write a time so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


class LedgerStore:
    """A ledger's file. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        create: bool,
        check: bool,
        clock: Clock = utc_now,
        chance: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """Open *folder*; *check* every row first. *chance* gives the salts of the audit chain."""
        self.folder, self.path = folder, folder / LEDGER_FILE
        self.clock, self.chance = clock, chance
        self.sql = compiled_sql()
        self.crash = CrashPoint(os.environ)
        self.mended = keep_private(folder)
        """Others could read the folder, and can no longer."""
        self._reading = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        self._checked = sealed_since(self.path, clock())
        self._sealed = self._checked is not None
        try:
            writing = self._connect(create=create)
            prepare_schema(writing, self.path)
            if check and self._checked is None:
                verify_rows(writing, self.path)
                self._checked = clock()
            self._reader = self._connect(create=False)
        except sqlite3.Error as error:
            self._close_all()
            raise translate_error(error, self.path) from error
        except BaseException:
            self._close_all()
            raise
        self._writer = Writer(writing, self.sql, self.crash.here, RowCoverage(self.sql))

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        connection = open_connection(self.path, create=create)
        self._open.append(connection)
        return connection

    def write(self, job: Callable[[Transaction], T]) -> T:
        """Run *job* and return when what it wrote is on the disk; see `Writer.write`.

        Raises:
            OSError: The disk is full.
            LedgerError: The file is damaged, or held by another program for too long.
        """
        try:
            return self._writer.write(job)
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    def write_later(
        self, job: Callable[[Transaction], object], failed: Callable[[BaseException], None]
    ) -> None:
        """Let *job* become durable with the next transaction; see `Writer.write_later`."""

        def report(error: BaseException) -> None:
            failed(translate_error(error, self.path) if isinstance(error, sqlite3.Error) else error)

        self._writer.write_later(job, report)

    def flush(self) -> None:
        """Make durable what waits for the next transaction."""
        try:
            self._writer.flush()
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    def read(self, name: str, **parameters: object) -> list[Row]:
        """Give all rows of the statement called *name*."""
        cursor_rows, names = self._fetch(name, parameters)
        return [dict(zip(names, row, strict=True)) for row in cursor_rows]

    def first(self, name: str, **parameters: object) -> tuple[Any, ...] | None:
        """Give the first row of the statement called *name*, as a tuple."""
        try:
            with self._reading:
                cursor = self._reader.execute(self.sql.statements[name], parameters)
                row: tuple[Any, ...] | None = cursor.fetchone()
                cursor.close()
                return row
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    def tuples(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Give all rows as tuples, for where there are many."""
        return self._fetch(name, parameters)[0]

    def _fetch(self, name: str, parameters: dict[str, object]) -> tuple[list[tuple[Any, ...]], list[str]]:
        try:
            with self._reading:
                cursor = self._reader.execute(self.sql.statements[name], parameters)
                return cursor.fetchall(), [c[0] for c in cursor.description]
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    @contextlib.contextmanager
    def snapshot(self) -> "Iterator[Snapshot]":
        """Read at length, everything as it stands at one moment, without holding anybody up."""
        connection = open_connection(self.path, create=False)
        try:
            connection.execute("BEGIN")
            yield Snapshot(connection, self.sql)
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error
        finally:
            connection.close()

    def now(self) -> str:
        """Give the time as it is written."""
        return utc_stamp(self.clock())

    @property
    def commits(self) -> int:
        """How many transactions were committed since opening."""
        return self._writer.commits

    def close(self) -> None:
        """Put everything into the one file and close it; what is written later raises."""
        with contextlib.suppress(sqlite3.Error):
            self._writer.flush()
        with contextlib.suppress(sqlite3.Error), self._reading:
            self._reader.close()
        self._close_all()  # the last one to close puts the write-ahead file into the ledger
        if self._checked is not None and (self.commits or not self._sealed):
            write_seal(self.path, self._checked)

    def _close_all(self) -> None:
        for connection in self._open:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


class Snapshot:
    """The ledger as it stood at one moment; rows come one by one, however many there are."""

    def __init__(self, connection: sqlite3.Connection, sql: CompiledSql) -> None:
        self._connection, self._sql = connection, sql

    def rows(self, name: str, **parameters: object) -> Iterator[Row]:
        """Go through the rows of the statement called *name*."""
        cursor = self._connection.execute(self._sql.statements[name], parameters)
        names = [c[0] for c in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


_NEW = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | O_BINARY
LARGE = 16_384
"""From this many bytes on, content is a file of its own: rows are read whole at each opening."""


def store_blob(store: LedgerStore, data: bytes) -> str:
    """Make large *data* durable before the row that names it. Gives its hash."""
    name = sha256(data)
    if len(data) >= LARGE:
        path = blob_file(store.folder, name)
        if not path.exists():
            store.crash.here()
            _write(path, data)
    return name


def record_blob(transaction: Transaction, name: str, data: bytes) -> None:
    """Write the row of *data*, once."""
    if transaction.first("get blobs", sha256_=name) is None:
        small = len(data) < LARGE
        transaction.add("blobs", {"sha256": name, "size": len(data), "data": data if small else None})


def blob_data(store: LedgerStore, name: str) -> bytes:
    """Give the bytes called *name*.

    Raises:
        LedgerDamaged: They are gone, or are not what was kept.
    """
    row = store.first("get blobs", sha256_=name)
    data: bytes | None = row[2] if row else None
    if row and data is None:
        with contextlib.suppress(OSError):
            data = blob_file(store.folder, name).read_bytes()
    if data is None or sha256(data) != name:
        raise _lost(store, name)
    return data


def _lost(store: LedgerStore, name: str) -> LedgerDamaged:
    return damage_error(store.path, say("the document {name} has changed", name=name[:12]))


def blob_file(folder: Path, name: str) -> Path:
    """Give the file that a large document called *name* lies in."""
    return folder / "blobs" / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there, whatever happens."""
    for folder in (path.parent.parent, path.parent):  # the mode holds for the last one made alone
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        with os.fdopen(os.open(temporary, _NEW, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
