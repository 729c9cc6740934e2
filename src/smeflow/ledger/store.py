"""The open ledger: one connection that writes in groups, one that reads, the clock, and the blobs.

The bytes of documents are kept under the hash of their content: small ones as rows, and large ones as files
beside a ledger that is a file itself.
"""

import contextlib
import os
import secrets
import signal
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
from smeflow.ledger.database import LedgerDatabase, SqliteFile
from smeflow.ledger.opening import LEDGER_FILE, sync_folder
from smeflow.ledger.writer import LedgerCursor, Row, SqlStatements, Transaction, Writer


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
    """An open ledger's rows. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        create: bool,
        check: bool,
        clock: Clock = utc_now,
        chance: Callable[[], str] = lambda: secrets.token_hex(8),
        database: LedgerDatabase | None = None,
    ) -> None:
        """Open the ledger in *folder*, or in *database*, beside which *folder* holds what is this machine's.

        *check* looks at every row first, where that is ours to do. *chance* gives the salts of the audit
        chain.
        """
        self.folder, self.path = folder, folder / LEDGER_FILE
        self.clock, self.chance = clock, chance
        self.database = database or SqliteFile(folder, clock)
        self.sql = self.database.sql
        self.crash = CrashPoint(os.environ)
        self._reading = threading.Lock()
        try:
            writing, self._reader = self.database.open(create=create, check=check)
        except self.database.errors as error:
            self.database.close(changed=False)
            raise self.database.translate(error) from error
        except BaseException:
            self.database.close(changed=False)
            raise
        self._writer = Writer(
            writing, self.sql, self.crash.here, RowCoverage(self.sql), self.database.hopeless
        )

    @property
    def mended(self) -> bool:
        """Others could read the folder, and can no longer."""
        return self.database.mended

    def write(self, job: Callable[[Transaction], T]) -> T:
        """Run *job* and return when what it wrote is on the disk; see `Writer.write`.

        Raises:
            OSError: The disk is full.
            LedgerError: The file is damaged, or held by another program for too long.
        """
        try:
            return self._writer.write(job)
        except self.database.errors as error:
            raise self.database.translate(error) from error

    def write_later(
        self, job: Callable[[Transaction], object], failed: Callable[[BaseException], None]
    ) -> None:
        """Let *job* become durable with the next transaction; see `Writer.write_later`."""

        def report(error: BaseException) -> None:
            failed(self.database.translate(error) if isinstance(error, self.database.errors) else error)

        self._writer.write_later(job, report)

    def flush(self) -> None:
        """Make durable what waits for the next transaction."""
        try:
            self._writer.flush()
        except self.database.errors as error:
            raise self.database.translate(error) from error

    def read(self, name: str, **parameters: object) -> list[Row]:
        """Give all rows of the statement called *name*."""
        cursor_rows, names = self._fetch(name, parameters)
        return [dict(zip(names, row, strict=True)) for row in cursor_rows]

    def first(self, name: str, **parameters: object) -> tuple[Any, ...] | None:
        """Give the first row of the statement called *name*, as a tuple."""

        def one(cursor: LedgerCursor) -> tuple[Any, ...] | None:
            row: tuple[Any, ...] | None = cursor.fetchone()
            cursor.close()
            return row

        return self._asked(name, parameters, one)

    def tuples(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Give all rows as tuples, for where there are many."""
        return self._asked(name, parameters, lambda cursor: cursor.fetchall())

    def _fetch(self, name: str, parameters: dict[str, object]) -> tuple[list[tuple[Any, ...]], list[str]]:
        return self._asked(
            name, parameters, lambda cursor: (cursor.fetchall(), [c[0] for c in cursor.description])
        )

    def _asked(self, name: str, parameters: dict[str, object], take: Callable[[LedgerCursor], T]) -> T:
        statement = self.sql.statements[name]
        try:
            with self._reading:
                try:
                    return take(self._reader.execute(statement, parameters))
                except self.database.errors as error:
                    if not self._reader.renewed(error):
                        raise
                    return take(self._reader.execute(statement, parameters))
        except self.database.errors as error:
            raise self.database.translate(error) from error

    @contextlib.contextmanager
    def snapshot(self) -> "Iterator[Snapshot]":
        """Read at length, everything as it stands at one moment, without holding anybody up."""
        try:
            with self.database.snapshot() as execute:
                yield Snapshot(execute, self.sql)
        except self.database.errors as error:
            raise self.database.translate(error) from error

    def now(self) -> str:
        """Give the time as it is written."""
        return utc_stamp(self.clock())

    @property
    def commits(self) -> int:
        """How many transactions were committed since opening."""
        return self._writer.commits

    def close(self) -> None:
        """Make durable what waits and close; what is written later raises."""
        with contextlib.suppress(*self.database.errors):
            self._writer.flush()
        with contextlib.suppress(*self.database.errors), self._reading:
            self._reader.close()
        self.database.close(changed=bool(self.commits))


class Snapshot:
    """The ledger as it stood at one moment; rows come one by one, however many there are."""

    def __init__(self, execute: Callable[[str, dict[str, object]], LedgerCursor], sql: SqlStatements) -> None:
        self._execute, self._sql = execute, sql

    def rows(self, name: str, **parameters: object) -> Iterator[Row]:
        """Go through the rows of the statement called *name*."""
        cursor = self._execute(self._sql.statements[name], parameters)
        names: list[str] = []
        for row in cursor:
            names = names or [c[0] for c in cursor.description]
            yield dict(zip(names, row, strict=True))


_NEW = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | O_BINARY


def store_blob(store: LedgerStore, data: bytes) -> str:
    """Make large *data* durable before the row that names it. Gives its hash."""
    name, largest = sha256(data), store.sql.largest_row
    if largest is not None and len(data) >= largest:
        path = blob_path(store.folder, name)
        if not path.exists():
            store.crash.here()
            _write(path, data)
    return name


def record_blob(transaction: Transaction, name: str, data: bytes) -> None:
    """Write the row of *data*, once."""
    if transaction.first("size of blob", sha256_=name) is None:
        largest = transaction.sql.largest_row
        small = largest is None or len(data) < largest
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
            data = blob_path(store.folder, name).read_bytes()
    if data is None or sha256(data) != name:
        raise _lost(store, name)
    return data


def _lost(store: LedgerStore, name: str) -> LedgerDamaged:
    return store.database.damage(say("the document {name} has changed", name=name[:12]))


def blob_path(folder: Path, name: str) -> Path:
    """Give where the bytes called *name* lie when they are a file of their own."""
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
