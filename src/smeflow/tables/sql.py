"""A table that is a query to the firm's own database, which is only read, through SQLAlchemy."""

import re
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr, ValidationInfo, field_validator

from smeflow._text import mask_addresses
from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.tables.book import LoadedTable, TableBook, TableOrigin
from smeflow.tables.load import load_rows
from smeflow.tables.read import MAX_COLUMNS, MAX_ROWS, cell_text

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`")
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|replace\s+into|drop|alter|create|truncate|grant|revoke|call|exec|execute|"
    r"copy|attach|detach|pragma|vacuum|into\s+(?:out|dump)file|lock|set)\b",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")
_BATCH = 2_000


def reads_only(sql: str) -> bool:
    """Whether *sql* is one statement that reads, by its words. The transaction is read-only besides."""
    bare = _QUOTED.sub("''", _COMMENT.sub(" ", sql)).strip().rstrip(";").strip()
    reads = re.match(r"(select|with)\b", bare, re.IGNORECASE)
    return bool(reads) and ";" not in bare and not _WRITES.search(bare)


def checked_url(url: str, recipe: RecipeContext) -> Any:
    """Read a URL; a SQLite file must lie where the recipe may read.

    Raises:
        ValueError: It is none, or its file lies elsewhere.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(
            say("that is no address of a database; write one such as sqlite:///sales.db")
        ) from None
    if parsed.get_backend_name() == "sqlite":
        path = recipe.path(parsed.database or "").resolve()
        options = {"mode": "ro", "uri": "true"}
        return parsed.set(drivername="sqlite", database=f"file:{quote(str(path))}", query=options)
    return parsed


def shown_url(url: str) -> str:
    """Name a database without user and password."""
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Path(parsed.database or "").name
    return f"{parsed.host or 'localhost'}/{parsed.database or ''}"


def query_rows(
    url: str, sql: str, seconds: float, recipe: RecipeContext
) -> tuple[list[str], Iterator[Sequence[str]]]:
    """Run one SELECT; give its columns and, as they are fetched, its rows as text.

    Raises:
        SourceError: The database cannot be reached, or refuses the query.
    """
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    shown, timer, zone = shown_url(url), None, recipe.zone
    try:
        engine = sqlalchemy.create_engine(checked_url(url, recipe), poolclass=sqlalchemy.NullPool)
        connection = engine.connect()
        _make_read_only(connection, engine.dialect.name, seconds)
        timer = _timer(connection, engine.dialect.name, seconds)
        result = connection.execution_options(stream_results=True).execute(_as_written(sql))
    except ModuleNotFoundError as error:
        why = say("the driver {module} is not installed", module=error.name or "")
        raise SourceError(say("The database {name} cannot be read: {why}.", name=shown, why=why)) from None
    except (SQLAlchemyError, OSError) as error:
        if timer is not None:
            timer.cancel()
        raise _database_error(shown, error) from None
    columns = [str(key) for key in result.keys()]  # noqa: SIM118 - a result is no mapping
    if len(columns) > MAX_COLUMNS:
        raise SourceError(
            say("The database {name} gives more than {limit} columns.", name=shown, limit=MAX_COLUMNS)
        )

    def rows() -> Iterator[Sequence[str]]:
        count = 0
        try:
            while batch := result.fetchmany(_BATCH):
                count += len(batch)
                if count > MAX_ROWS:
                    raise SourceError(
                        say("The database {name} gives more than {limit} rows.", name=shown, limit=MAX_ROWS)
                    )
                yield from ([cell_text(_as_local_time(cell, zone)) for cell in row] for row in batch)
        except (SQLAlchemyError, OSError) as error:
            raise _database_error(shown, error) from None
        finally:
            timer.cancel()
            connection.rollback()
            connection.close()
            engine.dispose()

    return columns, rows()


def _as_local_time(cell: object, zone: ZoneInfo) -> object:
    """Put a time that has an offset in the recipe's time zone: its day is the day it was here."""
    aware = isinstance(cell, datetime) and cell.tzinfo is not None
    return cell.astimezone(zone).replace(tzinfo=None, microsecond=0) if aware else cell  # type: ignore[attr-defined]  # just looked at


def _as_written(sql: str) -> Any:
    """Give a query that is sent as it stands: no ``:name`` and no ``%`` of it is a parameter."""
    import sqlalchemy

    plain = _COMMENT.sub(" ", sql).strip().rstrip(";")
    return sqlalchemy.text(_PARAMETER.sub(r"\\:", plain))


def _make_read_only(connection: Any, dialect: str, seconds: float) -> None:
    """Ask the database itself to let nothing be written in this transaction."""
    milliseconds = int(seconds * 1000)
    for statement in {
        "postgresql": ("SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = {milliseconds}"),
        "mysql": (f"SET SESSION max_execution_time = {milliseconds}", "START TRANSACTION READ ONLY"),
        "mariadb": (f"SET SESSION max_statement_time = {seconds}", "START TRANSACTION READ ONLY"),
        "sqlite": ("PRAGMA query_only = ON",),
        "oracle": ("SET TRANSACTION READ ONLY",),
    }.get(dialect, ()):
        connection.exec_driver_sql(statement)


def _timer(connection: Any, dialect: str, seconds: float) -> threading.Timer:
    """Interrupt a query that takes too long where the database has no clock of its own for it."""
    driver = connection.connection.driver_connection
    timer = threading.Timer(seconds, driver.interrupt if dialect == "sqlite" else lambda: None)
    timer.daemon = True
    timer.start()
    return timer


def _database_error(shown: str, error: Exception) -> SourceError:
    """Tell what the database said, without the address it may repeat."""
    from sqlalchemy.exc import DBAPIError

    message = str(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    first_line = next(iter(message.splitlines()), "")
    why = mask_addresses(" ".join(first_line.split()))[:200]
    return SourceError(say("The database {name} cannot be read: {why}.", name=shown, why=why))


class SqlTable(TableOrigin):
    """A query to a database: ``{sql: "SELECT * FROM invoices", url: "${SALES_DB}"}``.

    The transaction is read-only and rolled back. Whoever may only read in the database is the safest user.
    """

    word: ClassVar[str] = "sql"
    sql: str
    """One SELECT, in the SQL of that database."""
    url: str
    """Which database, as SQLAlchemy writes it: ``postgresql+psycopg://…``, ``sqlite:///sales.db``. What
    holds a password comes from the environment: ``${SALES_DB}``."""
    seconds: float = 60.0
    """How long the query may take."""
    _recipe: RecipeContext = PrivateAttr()

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str, info: ValidationInfo) -> str:
        checked_url(url, RecipeContext.of(info.context))
        return url

    @field_validator("sql")
    @classmethod
    def _reads(cls, sql: str) -> str:
        if not reads_only(sql):
            raise ValueError(say("a table is one SELECT; nothing else is sent to a database"))
        return sql

    def model_post_init(self, context: Any, /) -> None:
        """Keep where the recipe lies."""
        self._recipe = RecipeContext.of(context)

    @property
    def shown(self) -> str:
        """The database without user and password."""
        return shown_url(self.url)

    def load_into(self, book: TableBook, name: str) -> LoadedTable:
        """Run the query and keep its rows."""
        columns, rows = query_rows(self.url, self.sql, self.seconds, self._recipe)
        return load_rows(book, name, columns, rows, source=self.shown)
