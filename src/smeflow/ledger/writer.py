"""One transaction for all who wait: group commit.

A commit costs a write to the disk whatever stands in it. While one thread commits, others line up; whoever
leads next writes for all of them in one transaction, and each is woken when its own part is durable. There is
no thread of its own: a lone writer pays no hand-over, and nothing runs when nobody writes.
"""

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar, cast

T = TypeVar("T")
Row = dict[str, Any]
COPIED_TOGETHER = 200


class LedgerCursor(Protocol):
    """What a statement gave."""

    @property
    def description(self) -> Any:
        """Its columns, the name of each first."""
        ...

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Give the next row."""
        ...

    def fetchall(self) -> list[Any]:
        """Give the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows."""
        ...

    def close(self) -> object:
        """Forget the rest."""
        ...


class LedgerConnection(Protocol):
    """One connection to a ledger's database."""

    def execute(self, sql: str, parameters: Any = ..., /) -> LedgerCursor:
        """Run a statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run a statement once for each set of parameters."""
        ...

    def insert(self, sql: str, row: Mapping[str, object], /) -> int:
        """Add a row; give its number where its table numbers them."""
        ...

    def begin(self) -> None:
        """Begin to write, alone: whoever else writes waits until this ends."""
        ...

    def commit(self) -> None:
        """Make durable what was written since `begin`."""
        ...

    def rollback(self) -> None:
        """Take back what was written since `begin`, if anything was begun."""
        ...

    def renewed(self, error: Exception) -> bool:
        """Tell whether *error* was a lost connection, nothing was written by it, and it stands again."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class SqlStatements(Protocol):
    """The ledger's statements by name, and the columns of its tables."""

    @property
    def statements(self) -> Mapping[str, str]:
        """SQL with ``:named`` parameters."""
        ...

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Column names of each table, ``crc`` last."""
        ...

    @property
    def covered(self) -> Mapping[str, tuple[str, ...]]:
        """The columns each table's checksum speaks for."""
        ...

    @property
    def largest_row(self) -> int | None:
        """From how many bytes on a document is a file beside the ledger; None: it is always a row."""
        ...


def crc(values: Iterable[object]) -> int:
    """Compute a row's checksum over its columns in order: it finds damage, the audit chain malice."""
    return zlib.crc32("\x1f".join(map(str, values)).encode("utf-8", "surrogatepass"))


class RowWritten(Protocol):
    """Is told of each row that was written, but for a mere lease, in the transaction that writes it."""

    def __call__(self, transaction: "Transaction", table: str, key: int, row: Row, /, *, added: bool) -> None:
        """Note it."""
        ...

    def dropped(self, transaction: "Transaction", name: str, parameters: Row, /) -> None:
        """Note that the statement *name* took rows away."""
        ...

    def finish(self, transaction: "Transaction", /) -> None:
        """Write what is to be written once for a whole transaction, at its end."""
        ...


class Transaction:
    """What a job may do. All of a job's statements become durable together with those of its neighbours."""

    def __init__(
        self, connection: LedgerConnection, sql: SqlStatements, written: "RowWritten | None" = None
    ) -> None:
        self._connection, self.sql, self._written = connection, sql, written
        self.memo: dict[str, Any] = {}
        """What jobs of one transaction tell each other, so that they need not read it again."""
        self._later: dict[str, list[Row]] = {}

    def rows(self, name: str, **parameters: object) -> list[Row]:
        """Read with the statement called *name*."""
        cursor = self._connection.execute(self.sql.statements[name], parameters)
        names = [c[0] for c in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def first(self, name: str, **parameters: object) -> tuple[Any, ...] | None:
        """Read the first row as it is."""
        return cast(
            "tuple[Any, ...] | None",
            self._connection.execute(self.sql.statements[name], parameters).fetchone(),
        )

    def add(self, table: str, row: Row) -> int:
        """Add *row* with its checksum; give its number where the table numbers its rows."""
        row["crc"] = checksum(table, row, self.sql)
        number = self._connection.insert(self.sql.statements[f"add {table}"], row)
        if self._written is not None:
            self._written(self, table, number, row, added=True)
        return number

    def add_later(self, table: str, row: Row) -> None:
        """Add *row*, which has its own number and which nothing of this transaction reads, at its end."""
        row["crc"] = checksum(table, row, self.sql)
        self._later.setdefault(table, []).append(row)

    def finish(self) -> None:
        """Write what was left for the end."""
        if self._written is not None:
            self._written.finish(self)
        for table, rows in self._later.items():
            self._connection.executemany(self.sql.statements[f"add {table}"], rows)
        self._later = {}

    def set(self, table: str, row: Row, form: str = "set", **guard: object) -> int:
        """Write *row* whole over the one with its key, if *guard* still stands. Gives the rows changed."""
        row["crc"] = checksum(table, row, self.sql)
        key = self.sql.columns[table][0]
        guards = {f"{name}_": value for name, value in {key: row[key], **guard}.items()}
        changed = self._connection.execute(self.sql.statements[f"{form} {table}"], {**row, **guards}).rowcount
        if changed and self._written is not None and form != "lease":
            self._written(self, table, row[key], row, added=False)
        return changed

    def put(self, table: str, row: Row) -> None:
        """Write *row* whole over the one with its key, or add it where there is none."""
        if self.set(table, row) == 0:
            self.add(table, row)

    def copy(self, table: str, rows: Iterable[Row], *, together: int = COPIED_TOGETHER) -> int:
        """Add *rows* as they stand in another ledger, with their numbers and checksums; give how many.

        So many as are sent *together* are held in memory.
        """
        waiting, count = iter(rows), 0
        while batch := list(islice(waiting, together)):
            self._connection.executemany(self.sql.statements[f"copy {table}"], batch)
            count += len(batch)
        return count

    def drop(self, name: str, **parameters: object) -> None:
        """Run a statement that takes rows away."""
        self._connection.execute(self.sql.statements[name], parameters)
        if self._written is not None:
            self._written.dropped(self, name, parameters)


def checksum(table: str, row: Row, sql: SqlStatements) -> int:
    """Compute the checksum of *row*; see `covered`."""
    return crc(map(row.__getitem__, sql.covered[table]))


def covered(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Give the columns a row's checksum speaks for.

    Not ``id``, which the database numbers, nor a blob's bytes, which its name proves.
    """
    return tuple(c for c in columns[:-1] if c not in ("id", "data"))


MAX_UNAWAITED = 32
MAX_RENEWALS = 5
"""So often a transaction is begun anew whose connection was lost."""
"""So many jobs that nobody waits for make a transaction of their own."""


@dataclass(eq=False)
class _Waiting(Generic[T]):
    job: Callable[[Transaction], T]
    failed: Callable[[BaseException], None] | None = None
    """Told of an error where nobody waits for the end."""
    wake: threading.Lock = field(default_factory=threading.Lock)
    leads: bool = False
    ended: bool = False
    value: T | None = None
    error: BaseException | None = None


class Writer:
    """Runs jobs, many threads' in one transaction; each call returns when its job is on the disk."""

    def __init__(
        self,
        connection: LedgerConnection,
        sql: SqlStatements,
        crash: Callable[[], None],
        written: RowWritten | None = None,
        hopeless: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        """Write over *connection*; *hopeless* tells of which errors jobs need not be tried one by one."""
        self._connection, self._sql, self._crash, self._written = connection, sql, crash, written
        self._hopeless = hopeless
        self._lock = threading.Lock()
        self._line: list[_Waiting[Any]] = []
        self._led = False
        self._unawaited = 0
        self.commits = 0

    def write(self, job: Callable[[Transaction], T]) -> T:
        """Run *job* in a transaction and return what it returns once that is durable.

        A job must be safe to run twice: when a neighbour fails, the transaction is rolled back and each of
        its jobs runs again alone. A job that raises writes nothing.
        """
        waiting: _Waiting[T] = _Waiting(job)
        waiting.wake.acquire()
        with self._lock:
            self._line.append(waiting)
            lead = not self._led
            self._led = True
        if not lead:
            self._wait(waiting)
        if not waiting.ended:
            self._lead()
        if waiting.error is not None:
            raise waiting.error
        return cast("T", waiting.value)

    def write_later(
        self, job: Callable[[Transaction], object], failed: Callable[[BaseException], None]
    ) -> None:
        """Let *job* become durable with the next transaction, at the latest when `MAX_UNAWAITED` wait.

        For what costs nothing to do again. Jobs run in the order they came; *failed* is told of an error.
        """
        with self._lock:
            self._line.append(_Waiting(job, failed))
            self._unawaited += 1
            lead = self._unawaited >= MAX_UNAWAITED and not self._led
            self._led = self._led or lead
        if lead:
            self._lead()

    def flush(self) -> None:
        """Make durable what waits, if anything does."""
        if self._line:
            self.write(lambda _: None)

    def _wait(self, waiting: _Waiting[Any]) -> None:
        try:
            waiting.wake.acquire()
        except BaseException:  # Ctrl-C in a script: leave the line; if it was our turn, the next one leads
            with self._lock:
                if waiting in self._line:
                    self._line.remove(waiting)
                if waiting.leads:
                    self._appoint()
            raise

    def _appoint(self) -> None:
        """Let the first of the line who waits lead; the caller holds the lock."""
        following = next((waiting for waiting in self._line if waiting.failed is None), None)
        self._led = following is not None
        if following is not None:
            following.leads = True
            following.wake.release()

    def _lead(self) -> None:
        with self._lock:
            batch, self._line, self._unawaited = self._line, [], 0
        try:
            self._commit(batch)
        finally:
            with self._lock:
                self._appoint()
            for waiting in batch:
                waiting.ended = True
                if waiting.failed is None:
                    waiting.wake.release()
                elif waiting.error is not None:
                    waiting.failed(waiting.error)

    def _commit(self, batch: list[_Waiting[Any]]) -> None:
        try:
            values = self._run([waiting.job for waiting in batch])
        except BaseException as error:  # noqa: BLE001 - whatever it is goes to those who wait
            if len(batch) == 1 or not isinstance(error, Exception) or self._hopeless(error):
                for waiting in batch:
                    waiting.error = error
                return
            for waiting in batch:
                self._commit([waiting])
            return
        for waiting, value in zip(batch, values, strict=True):
            waiting.value = value

    def _run(self, jobs: list[Callable[[Transaction], Any]]) -> list[Any]:
        for _ in range(MAX_RENEWALS):
            try:
                return self._run_once(jobs)
            except Exception as error:
                if not self._connection.renewed(error):
                    raise
        return self._run_once(jobs)

    def _run_once(self, jobs: list[Callable[[Transaction], Any]]) -> list[Any]:
        connection = self._connection
        connection.begin()
        try:
            transaction = Transaction(connection, self._sql, self._written)
            values = [job(transaction) for job in jobs]
            transaction.finish()
            self._crash()
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        self.commits += 1
        self._crash()
        return values
