"""Typed tables in DuckDB, the book that facts are computed from, and what all kinds of table share.

Nothing but these tables can be read from it. A query over them may make a further one.
"""

import csv
import re
import tempfile
import threading
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, count
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

from smeflow._optional import import_extra
from smeflow._text import folded, hash_of
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.tables.column_types import ColumnKind, ColumnType

LINE = "_line"
_SECONDS = 60.0
MAX_SELECTED_ROWS = 1_000_000
"""How many rows one query may give to Python; a table may have more."""
MAX_QUERY_ROWS = 20_000_000
_SCALE = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")
_NO_COLUMN = re.compile(r'(?:Referenced column|not have a column named) "(.+?)"')
_NO_TABLE = re.compile(r"Table with name (.+?) does not exist")
_WHOLE = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?")


class FactError(SourceError):
    """A figure that cannot be computed; the phrase says which column or word is wrong."""


class TooFewRows(FactError):
    """A figure that cannot be computed yet: there are too few rows or periods. No mistake of the recipe."""


@dataclass(frozen=True, kw_only=True)
class LoadedTable:
    """A table as the book holds it."""

    name: str
    source: str
    """The file or query, as the recipe names it."""
    sha256: str
    columns: dict[str, ColumnType]
    rows: int
    notes: tuple[Phrase, ...] = ()
    """What was found odd in it: lines set aside, cells that could not be read."""
    scales: dict[str, int] = field(default_factory=dict)
    """Digits behind the decimal mark that a column's numbers have at most."""

    def column(self, name: str) -> str:
        """Find a column whatever its case and accents.

        Raises:
            FactError: There is none; the message lists what there is.
        """
        wanted = folded(name)
        for column in self.columns:
            if folded(column) == wanted:
                return column
        raise _no_column([self], name)

    def of_kind(self, *kinds: str) -> list[str]:
        """Name the columns of these kinds."""
        return [name for name, column in self.columns.items() if column.kind in kinds]


def _no_column(tables: Sequence[LoadedTable], column: str) -> FactError:
    """Say that none of *tables* has the column, and what they have."""
    return FactError(
        say(
            "Table {table} has no column {column}; it has: {columns}.",
            table=", ".join(table.name for table in tables),
            column=column,
            columns=", ".join(dict.fromkeys(column for table in tables for column in table.columns)),
        )
    )


class TableBook:
    """A DuckDB of tables in memory. Use as a context manager; one thread at a time."""

    def __init__(self, *, memory: str = "400MB", threads: int = 2, zone: str = "Europe/Paris") -> None:
        duckdb = import_extra("duckdb", "report")
        self._duckdb: Any = duckdb
        self._folder = tempfile.TemporaryDirectory(prefix="smeflow-")
        self.folder = Path(self._folder.name)
        """Where what is loaded lies for a moment; gone when the book is closed."""
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
        self.tables: dict[str, LoadedTable] = {}
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

    def add(self, table: LoadedTable) -> LoadedTable:
        """Make known a table that stands in the database."""
        self.tables[table.name] = table
        return table

    def table(self, name: str | None = None) -> LoadedTable:
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
        raise self._no_table(str(name))

    @contextmanager
    def rows_file(self, rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> Iterator[Path]:
        """Write rows where DuckDB reads them from."""
        path = Path(self._folder.name) / "rows.csv"
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
        try:
            yield path
        finally:
            path.unlink()

    def select(
        self, sql: str, *, at_most: int = MAX_SELECTED_ROWS
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run one query and give its columns and rows. Only a SELECT is run, and not for long.

        Raises:
            FactError: It is none, takes too long, gives more rows than *at_most*, or DuckDB refuses it.
        """
        statement = self.check(sql)
        with self._time_limit(sql):
            result = self.con.execute(statement)
            columns, rows = [column[0] for column in result.description], result.fetchmany(at_most + 1)
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
            raise self._query_error(sql, error) from None
        if len(statements) != 1 or statements[0].type != self._duckdb.StatementType.SELECT:
            raise FactError(say("A figure is computed by one SELECT; this is none: {sql}", sql=_short(sql)))
        return statements[0]

    def run(self, statement: str) -> Any:
        """Run a statement of our own, around a query that was checked.

        Raises:
            FactError: DuckDB refuses it, or it takes too long.
        """
        with self._time_limit(statement):
            return self.con.execute(statement)

    @contextmanager
    def _time_limit(self, sql: str) -> Iterator[None]:
        """Interrupt what takes longer than a minute."""
        timer = threading.Timer(_SECONDS, self.con.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except self._duckdb.Error as error:
            raise self._query_error(sql, error) from None
        finally:
            timer.cancel()

    def _query_error(self, sql: str, error: Exception) -> FactError:
        """Say in our words what DuckDB refuses: a column or a table that is not there, else as it says it."""
        tables = list(self.tables.values())
        if tables and (match := _NO_COLUMN.search(str(error))):
            read = [table for table in tables if re.search(rf"\b{re.escape(table.name)}\b", sql)]
            return _no_column(read or tables, match[1])
        if tables and (match := _NO_TABLE.search(str(error))):
            return self._no_table(match[1])
        why = " ".join(str(error).split("\n\nLINE")[0].split())
        return FactError(say("The query {sql} cannot be run: {why}", sql=_short(sql), why=why[:300]))

    def _no_table(self, name: str) -> FactError:
        names = ", ".join(self.tables)
        return FactError(say("There is no table {name}; there are: {names}.", name=name, names=names))


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 120 else text[:117] + "…"


def quoted(name: str) -> str:
    """Write a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def unused_name(name: str, used: Container[str]) -> str:
    """Number a name where it is taken: ``sales``, ``sales_2``."""
    numbered = (f"{name}_{n}" for n in count(2))
    return next(each for each in chain([name], numbered) if each not in used)


def literal(value: str) -> str:
    """Write a text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def read_csv_sql(path: Path, columns: Mapping[str, str], *, separator: str = ",", options: str = "") -> str:
    """Write the SQL that reads a CSV of ours, its cells quoted by doubling: names and types are given."""
    typed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return (
        f"read_csv({literal(str(path))}, header=false, auto_detect=false, delim={literal(separator)}, "
        f"quote='\"', escape='\"', {options}columns={{{typed}}})"
    )


def fact_cell(value: Any) -> str | None:
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


class TableOrigin(BaseModel):
    """Where a table comes from. A kind is a class with one more field, its own word."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    word: ClassVar[str]
    """What a recipe calls it: ``file``, ``sql``."""

    date: str | None = None
    """The column that says when a row happened; the first column with days unless told."""

    @property
    def shown(self) -> str:
        """What a person calls it."""
        return str(getattr(self, self.word))

    @property
    def dated(self) -> str | None:
        """The column that dates rows where nobody named one; None for the first with days."""
        return self.date

    def load_into(self, book: TableBook, name: str) -> LoadedTable:
        """Read it into *book* under *name*.

        Raises:
            SourceError: It cannot be read.
        """
        raise NotImplementedError


class PathOrigin(TableOrigin):
    """A table that is a file: the field that bears the kind's word holds its path, relative to the recipe."""

    _path: Path = PrivateAttr()
    _shown: str = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Find the file."""
        written = super().shown
        recipe = RecipeContext.of(context)
        self._path, self._shown = recipe.path(written), recipe.shown(written)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def shown(self) -> str:
        """The file as the recipe names it."""
        return self._shown


def load_query(book: TableBook, name: str, sql: str) -> LoadedTable:
    """Keep what *sql* gives as the table *name*. It sees the tables in *book* and nothing else.

    Raises:
        FactError: It is no SELECT, or cannot be run.
    """
    sql = sql.strip().rstrip(";")
    book.check(sql)
    described = book.run(f"DESCRIBE SELECT * FROM ({sql})").fetchall()
    columns = {row[0]: str(row[1]) for row in described if not row[0].startswith(LINE)}
    if not columns:
        raise FactError(say("The table {name} has no columns.", name=name))
    listed = ", ".join(
        f"{quoted(c)}::DATE AS {quoted(c)}" if kind.startswith("TIMESTAMP") else quoted(c)
        for c, kind in columns.items()
    )
    book.run(
        f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT row_number() OVER () AS {LINE}, {listed} "
        f"FROM (SELECT * FROM ({sql}) LIMIT {MAX_QUERY_ROWS + 1})"
    )
    rows = book.run(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
    if rows > MAX_QUERY_ROWS:
        raise FactError(say("The table {name} has more than {limit} rows.", name=name, limit=MAX_QUERY_ROWS))
    return book.add(
        LoadedTable(
            name=name,
            source=name,
            sha256=hash_of([sql, *(t.sha256 for t in book.tables.values())]),
            columns={column: ColumnType(kind=_kind(kind)) for column, kind in columns.items()},
            scales={c: scale for c, kind in columns.items() if (scale := _scale(kind)) is not None},
            rows=rows,
            notes=(say("{name} is made of other tables by a query.", name=name),),
        )
    )


def _kind(sql: str) -> ColumnKind:
    if sql.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or _WHOLE.fullmatch(sql):
        return "number"
    return "date" if sql.startswith(("DATE", "TIMESTAMP")) else "text"


def _scale(sql: str) -> int | None:
    if match := _SCALE.match(sql):
        return int(match[1])
    return 0 if _WHOLE.fullmatch(sql) else None
