"""Where a ledger's rows lie: what the rest asks of a database, and the file of SQLite that does it.

`postgres` does the same. Nothing outside of the two knows which database it is.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from smeflow.errors import LedgerBusy, LedgerDamaged
from smeflow.i18n import Phrase, say
from smeflow.ledger.opening import (
    LEDGER_FILE,
    CompiledSql,
    compiled_sql,
    damage_error,
    keep_private,
    open_connection,
    prepare_schema,
    sealed_since,
    translate_error,
    verify_rows,
    write_seal,
)
from smeflow.ledger.writer import LedgerConnection, LedgerCursor


class LedgerDatabase(Protocol):
    """A place that holds one ledger."""

    @property
    def sql(self) -> CompiledSql:
        """The statements as it understands them."""
        ...

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What its connections raise."""
        ...

    @property
    def shared(self) -> bool:
        """Whether several processes may work on one recipe: then a lease may be lost while a call is out."""
        ...

    @property
    def mended(self) -> bool:
        """Others could read what is there, and can no longer."""
        ...

    def open(self, *, create: bool, check: bool) -> tuple[LedgerConnection, LedgerConnection]:
        """Connect to write and to read, with the tables as this version knows them."""
        ...

    def snapshot(self) -> AbstractContextManager[Callable[[str, dict[str, object]], LedgerCursor]]:
        """Run statements that see everything as it stands at one moment; rows come as they are asked for."""
        ...

    def translate(self, error: Exception) -> Exception:
        """Say what an error of its means."""
        ...

    def hopeless(self, error: Exception) -> bool:
        """Tell whether jobs that failed together would fail one by one too."""
        ...

    def damage(self, what: Phrase) -> LedgerDamaged:
        """Make the error that says that something is not what was written."""
        ...

    def close(self, *, changed: bool) -> None:
        """Close what `open` opened."""
        ...


class SqliteFile:
    """A ledger in one file of a folder."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    shared = False

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.path, self._clock = folder / LEDGER_FILE, clock
        self.sql = compiled_sql()
        self.mended = keep_private(folder)
        self._open: list[LedgerConnection] = []
        self._checked: datetime | None = None
        self._sealed = False

    def open(self, *, create: bool, check: bool) -> tuple[LedgerConnection, LedgerConnection]:
        """Open the file twice; every row is looked at first where *check* says so and no seal spares it.

        Who opens without *check* reads no seal, which costs as much as the file is large, and writes none.
        """
        if check:
            self._checked = sealed_since(self.path, self._clock())
            self._sealed = self._checked is not None
        writing = self._connect(create=create)
        opened = self.path.stat().st_ino
        prepare_schema(writing, self.path)
        if self.path.stat().st_ino != opened:
            raise LedgerBusy(
                say("The ledger {path} was replaced just now. Run again.", path=self.path), pid=None
            )
        if check and self._checked is None:
            verify_rows(writing, self.path)
            self._checked = self._clock()
        return writing, self._connect(create=False)

    def _connect(self, *, create: bool) -> "SqliteConnection":
        connection = open_connection(self.path, create=create, factory=SqliteConnection)
        self._open.append(connection)
        return connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Callable[[str, dict[str, object]], LedgerCursor]]:
        """Read in one transaction of a connection of its own, without holding anybody up."""
        connection = open_connection(self.path, create=False)
        try:
            connection.execute("BEGIN")
            yield connection.execute
        finally:
            connection.close()

    def translate(self, error: Exception) -> Exception:
        """Say what an error of SQLite means."""
        return translate_error(error, self.path) if isinstance(error, sqlite3.Error) else error

    def hopeless(self, error: Exception) -> bool:
        """Tell whether the disk is full or the file is broken."""
        return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.IntegrityError)

    def damage(self, what: Phrase) -> LedgerDamaged:
        """Make the error that says where the damage is and how it is mended."""
        return damage_error(self.path, what)

    def close(self, *, changed: bool) -> None:
        """Close it; the last one to do so puts the write-ahead file into the ledger."""
        for connection in self._open:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        if self._checked is not None and (changed or not self._sealed):
            write_seal(self.path, self._checked)


class SqliteConnection(sqlite3.Connection):
    """SQLite's own connection, with the words that it has none for."""

    def insert(self, sql: str, row: Mapping[str, object], /) -> int:
        """Add a row; give the number SQLite gave it."""
        return self.execute(sql, row).lastrowid or 0

    def begin(self) -> None:
        """Begin to write."""
        self.execute("BEGIN IMMEDIATE")

    def renewed(self, error: Exception) -> bool:
        """Tell that a file is not lost as a connection is."""
        return False
