"""A ledger in PostgreSQL, for several machines: the tables of a schema, and one writer at a time.

Whoever writes holds an advisory lock until the commit, as SQLite has one writer. So every promise that rests
on nobody writing between a read and a write (the budget, the audit chain, a lease, what two items claim) is
kept by the same code. A process that stops in the middle is cut off by the server, and its write taken back.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from smeflow._optional import import_extra
from smeflow.errors import LedgerDamaged, LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.opening import CompiledSql, compiled_sql
from smeflow.ledger.postgres_connection import (
    LedgerUrl,
    PostgresConnection,
    connected,
    escaped,
    explained,
)
from smeflow.ledger.writer import LedgerConnection, LedgerCursor, crc

OLDEST_SERVER = 130_000
T = TypeVar("T")


class PostgresDatabase:
    """The ledger in one schema of a database."""

    shared = True
    mended = False

    def __init__(self, url: LedgerUrl) -> None:
        """Stand for the ledger at *url*; nothing is connected yet.

        Raises:
            MissingExtra: The package that speaks to PostgreSQL is not installed.
        """
        self.url, self.sql = url, compiled_sql("postgres")
        self.errors: tuple[type[Exception], ...] = (import_extra("psycopg", "postgres").Error,)
        self._open: list[PostgresConnection] = []

    def open(self, *, create: bool, check: bool) -> tuple[LedgerConnection, LedgerConnection]:
        """Connect twice. Rows are not looked at: the server answers for them, and the audit chain for people.

        Raises:
            LedgerError: It cannot be reached or used, there is none, or a newer smeflow wrote it.
        """
        writing = self.connect()
        _prepare(writing, self.url, self.sql, create=create)
        return writing, self.connect()

    def has_ledger(self) -> bool:
        """Tell whether there is a ledger.

        Raises:
            LedgerError: The server cannot be reached.
        """
        return self._looked_up(lambda connection: _stored_version(connection) is not None)

    def last_entry(self) -> int:
        """Give the number of the audit chain's last entry: it grows with whatever is written."""

        def last(connection: PostgresConnection) -> int:
            row = connection.execute(self.sql.statements["last audit"]).fetchone()
            return int(row[0]) if row else 0

        return self._looked_up(last)

    def _looked_up(self, look: Callable[[PostgresConnection], T]) -> T:
        try:
            connection = PostgresConnection(self.url)
            try:
                return look(connection)
            finally:
                connection.close()
        except self.errors as error:
            raise self.translate(error) from error

    def connect(self) -> "PostgresConnection":
        """Give one more connection, which is closed with the others."""
        connection = PostgresConnection(self.url)
        self._open.append(connection)
        return connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Callable[[str, dict[str, object]], LedgerCursor]]:
        """Read in one transaction of a connection of its own; rows come some hundreds at a time."""
        connection = connected(self.url)
        try:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            number = 0

            def execute(sql: str, parameters: dict[str, object]) -> LedgerCursor:
                nonlocal number
                number += 1
                return connection.cursor(f"rows{number}").execute(sql, escaped(parameters))

            yield execute
        finally:
            connection.close()

    def translate(self, error: Exception) -> Exception:
        """Say what an error of the server means; the password is in no message."""
        return explained(error, self.url)

    def hopeless(self, error: Exception) -> bool:
        """Tell whether the server is away, full or refuses us: one job alone would fare no better."""
        import psycopg

        return isinstance(error, psycopg.Error) and not isinstance(
            error, psycopg.IntegrityError | psycopg.DataError
        )

    def damage(self, what: Phrase) -> LedgerDamaged:
        """Make the error that says that something is not what was written."""
        repair = say("Put back a backup of the database, or ask who looks after it.")
        phrase = say(
            "The ledger {name} is damaged: {what}. Nothing was asked or written. {repair}",
            name=self.url.shown,
            what=what,
            repair=repair,
        )
        return LedgerDamaged(phrase, where=str(what), repair=str(repair))

    def close(self, *, changed: bool) -> None:
        """Close every connection."""
        for connection in self._open:
            connection.close()


def _prepare(connection: PostgresConnection, url: LedgerUrl, sql: CompiledSql, *, create: bool) -> None:
    """Make the tables where there are none; bring those of an older version up to date."""
    server, encoding = connection.execute(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
    ).fetchone()
    if server < OLDEST_SERVER or encoding != "UTF8":
        raise LedgerError(
            say(
                "The ledger {name} needs PostgreSQL 13 or newer and a database in UTF8; this one is "
                "{version} in {encoding}.",
                name=url.shown,
                version=server // 10_000,
                encoding=encoding,
            )
        )
    stored = _stored_version(connection)
    if stored is None and not create:
        raise LedgerError(say("There is no ledger in {folder}. Run a recipe first.", folder=url.shown))
    if stored is None or stored < sql.version:
        _make_tables(connection, url, sql)
    if (stored or 0) > sql.version:
        raise LedgerError(
            say(
                "The ledger {path} was written by a newer smeflow. Install that version to use it.",
                path=url.shown,
            )
        )


def _stored_version(connection: PostgresConnection) -> int | None:
    if connection.execute("SELECT to_regclass('meta')").fetchone()[0] is None:
        return None
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    return int(row[0]) if row else None


def _make_tables(connection: PostgresConnection, url: LedgerUrl, sql: CompiledSql) -> None:
    """Make what is missing, all of it or nothing; versions differ in whole tables only, so far."""
    connection.begin()
    try:
        if connection.execute("SELECT to_regnamespace(%(name)s)", {"name": url.schema}).fetchone()[0] is None:
            connection.execute(f"CREATE SCHEMA {url.schema}")
        if (_stored_version(connection) or 0) < sql.version:  # nobody was faster
            for statement in sql.tables:
                connection.execute(
                    re.sub(r"^(CREATE (?:UNIQUE )?(?:TABLE|INDEX)) ", r"\1 IF NOT EXISTS ", statement)
                )
            row = ("schema", str(sql.version))
            connection.execute(
                "INSERT INTO meta (name, value, crc) VALUES (%(name)s, %(value)s, %(crc)s) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value, crc = excluded.crc",
                {"name": row[0], "value": row[1], "crc": crc(row)},
            )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
