"""The open file: one connection that writes in groups, one that reads, and the clock."""

import contextlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from smeflow.ledger.crash import CrashPoint
from smeflow.ledger.opening import FILE, CompiledSql, compiled_sql, connect, prepare, translated, verify
from smeflow.ledger.seal import seal, sealed
from smeflow.ledger.writer import Row, Transaction, Writer

T = TypeVar("T")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """Write a time so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


class Store:
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
        self.folder, self.path = folder, folder / FILE
        self.clock, self.chance = clock, chance
        self.sql = compiled_sql()
        self.crash = CrashPoint(os.environ)
        self._reading = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        self._checked = sealed(self.path, clock())
        self._sealed = self._checked is not None
        try:
            writing = self._connect(create=create)
            prepare(writing, self.path)
            if check and self._checked is None:
                verify(writing, self.path)
                self._checked = clock()
            self._reader = self._connect(create=False)
        except sqlite3.Error as error:
            self._close_all()
            raise translated(error, self.path) from error
        except BaseException:
            self._close_all()
            raise
        self._writer = Writer(writing, self.sql, self.crash.here)

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        connection = connect(self.path, create=create)
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
            raise translated(error, self.path) from error

    def write_later(
        self, job: Callable[[Transaction], object], failed: Callable[[BaseException], None]
    ) -> None:
        """Let *job* become durable with the next transaction; see `Writer.write_later`."""

        def told(error: BaseException) -> None:
            failed(translated(error, self.path) if isinstance(error, sqlite3.Error) else error)

        self._writer.write_later(job, told)

    def flush(self) -> None:
        """Make durable what waits for the next transaction."""
        try:
            self._writer.flush()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

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
            raise translated(error, self.path) from error

    def tuples(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Give all rows as tuples, for where there are many."""
        return self._fetch(name, parameters)[0]

    def _fetch(self, name: str, parameters: dict[str, object]) -> tuple[list[tuple[Any, ...]], list[str]]:
        try:
            with self._reading:
                cursor = self._reader.execute(self.sql.statements[name], parameters)
                return cursor.fetchall(), [c[0] for c in cursor.description]
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    @contextlib.contextmanager
    def snapshot(self) -> "Iterator[Snapshot]":
        """Read at length, everything as it stands at one moment, without holding anybody up."""
        connection = connect(self.path, create=False)
        try:
            connection.execute("BEGIN")
            yield Snapshot(connection, self.sql)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        finally:
            connection.close()

    def now(self) -> str:
        """Give the time as it is written."""
        return stamp(self.clock())

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
            seal(self.path, self._checked)

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
