"""Tables in DuckDB, typed: what facts are computed from. Nothing but these tables can be read from it."""

import csv
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from smeflow._optional import need
from smeflow.errors import SourceError
from smeflow.facts.kinds import ReadAs
from smeflow.i18n import Phrase, say

LINE = "_line"
_SECONDS = 60.0
MAX_ROWS = 1_000_000
"""How many rows one query may give to Python; a table may have more."""


class FactError(SourceError):
    """A figure that cannot be computed; the phrase says which column or word is wrong."""


class TooFew(FactError):
    """A figure that cannot be computed yet: there are too few rows or periods. No mistake of the recipe."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A table as the book holds it."""

    name: str
    source: str
    """The file or query, as the recipe names it."""
    sha256: str
    columns: dict[str, ReadAs]
    rows: int
    told: tuple[Phrase, ...] = ()
    scales: dict[str, int] = field(default_factory=dict)
    """Digits behind the decimal mark that a column's numbers have at most."""

    def column(self, name: str) -> str:
        """Find a column whatever its case and accents.

        Raises:
            FactError: There is none; the message lists what there is.
        """
        from smeflow._text import folded

        wanted = folded(name)
        for column in self.columns:
            if folded(column) == wanted:
                return column
        raise FactError(
            say(
                "Table {table} has no column {column}; it has: {columns}.",
                table=self.name,
                column=name,
                columns=", ".join(self.columns),
            )
        )

    def of_kind(self, *kinds: str) -> list[str]:
        """Name the columns of these kinds."""
        return [name for name, how in self.columns.items() if how.kind in kinds]


class Book:
    """A DuckDB of tables in memory. Use as a context manager; one thread at a time."""

    def __init__(self, *, memory: str = "400MB", threads: int = 2, zone: str = "Europe/Paris") -> None:
        duckdb = need("duckdb", "report")
        self._duckdb: Any = duckdb
        self._folder = tempfile.TemporaryDirectory(prefix="smeflow-")
        self.con: Any = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory,
                "threads": threads,
                "temp_directory": self._folder.name,
                "max_temp_directory_size": "4GB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self.con.execute(f"SET TimeZone = {literal(zone)}")
        self.tables: dict[str, Held] = {}
        self.errors: type[Exception] = duckdb.Error
        """What DuckDB raises where it refuses a statement."""
        self._locked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self.con.close()
        self._folder.cleanup()

    def lock(self) -> None:
        """Let nothing in or out any more: queries see these tables and no file."""
        if not self._locked:
            self.con.execute("SET enable_external_access = false")
            self.con.execute("SET lock_configuration = true")
            self._locked = True

    def table(self, name: str | None = None) -> Held:
        """Give the table called *name*, or the first.

        Raises:
            FactError: There is none.
        """
        if name is None and self.tables:
            return next(iter(self.tables.values()))
        if name in self.tables:
            return self.tables[name]
        if not self.tables:
            raise FactError(say("There is no table in this case."))
        names = ", ".join(self.tables)
        raise FactError(say("There is no table {name}; there are: {names}.", name=name, names=names))

    @contextmanager
    def written(self, rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> Iterator[Path]:
        """Write rows where DuckDB reads them from."""
        path = Path(self._folder.name) / "rows.csv"
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
        try:
            yield path
        finally:
            path.unlink()

    def select(self, sql: str, *, at_most: int = MAX_ROWS) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run one query and give its columns and rows. Only a SELECT is run, and not for long.

        Raises:
            FactError: It is none, takes too long, gives more rows than *at_most*, or DuckDB refuses it.
        """
        statement = self.check(sql)
        with self._in_time(sql):
            found = self.con.execute(statement)
            columns, rows = [column[0] for column in found.description], found.fetchmany(at_most + 1)
        if len(rows) > at_most:
            raise FactError(
                say("The query {sql} gives more than {limit} rows.", sql=_short(sql), limit=at_most)
            )
        return columns, rows

    def check(self, sql: str) -> Any:
        """Make sure that *sql* is one SELECT, and let nothing in or out from now on.

        Raises:
            FactError: It is none.
        """
        self.lock()
        try:
            statements = self._duckdb.extract_statements(sql)
        except self._duckdb.Error as error:
            raise _broken(sql, error) from None
        if len(statements) != 1 or statements[0].type != self._duckdb.StatementType.SELECT:
            raise FactError(say("A figure is computed by one SELECT; this is none: {sql}", sql=_short(sql)))
        return statements[0]

    def run(self, statement: str) -> Any:
        """Run a statement of our own, around a query that was checked.

        Raises:
            FactError: DuckDB refuses it, or it takes too long.
        """
        with self._in_time(statement):
            return self.con.execute(statement)

    @contextmanager
    def _in_time(self, sql: str) -> Iterator[None]:
        """Interrupt what takes longer than a minute."""
        timer = threading.Timer(_SECONDS, self.con.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except self._duckdb.Error as error:
            raise _broken(sql, error) from None
        finally:
            timer.cancel()


def _broken(sql: str, error: Exception) -> FactError:
    why = " ".join(str(error).split("\n\nLINE")[0].split())
    return FactError(say("The query {sql} cannot be run: {why}", sql=_short(sql), why=why[:300]))


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 120 else text[:117] + "…"


def quoted(name: str) -> str:
    """Write a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Write a text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def cell_of(value: Any) -> str | None:
    """Put a value DuckDB gives in the one form of facts."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - the test for "not a number"
            return None
        return f"{Decimal(repr(value)).normalize():f}" if value else "0"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
