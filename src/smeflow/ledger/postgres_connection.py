"""A connection to a ledger in PostgreSQL: its address, what its errors mean, and how it is made again.

A connection that breaks is made again, and the transaction once more. Where it broke during the commit, the
mark that each transaction leaves says whether it was committed: nothing is written twice or lost.
"""

import contextlib
import errno
import os
import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from smeflow._optional import import_extra
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.opening import BUSY_SECONDS
from smeflow.ledger.writer import LedgerCursor

if TYPE_CHECKING:
    import psycopg

SCHEMA = "smeflow"
"""The schema a ledger is in, unless its address names another: ``?schema=client_17``."""
AWAY_SECONDS = 60.0
"""How long a server may be away before we give up."""
MARKS = "smeflow_marks"
"""Has the number of the last transaction of each writer."""
STOPPED_SECONDS = 10
"""A process that stands still so long in the middle of a write loses it."""
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class LedgerUrl:
    """The address of a ledger in PostgreSQL. Its text never shows the password."""

    address: str = field(repr=False)
    """As libpq takes it, without what is ours."""
    schema: str
    shown: str
    """``host:port/database``, and the schema where it is not the usual one."""

    @classmethod
    def parse(cls, text: str) -> "LedgerUrl":
        """Read ``postgresql://user:password@host:port/database?schema=name``.

        Raises:
            ValueError: It is none.
        """
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError:
            raise ValueError(_no_address()) from None
        if parts.scheme not in ("postgresql", "postgres"):
            raise ValueError(_no_address())
        options = parse_qsl(parts.query, keep_blank_values=True)
        schema = next((value for name, value in options if name == "schema"), SCHEMA)
        if not _PLAIN_NAME.fullmatch(schema):
            raise ValueError(
                say("the schema {name} needs a name of small letters, digits and _", name=repr(schema))
            )
        query = urlencode([(name, value) for name, value in options if name != "schema"])
        place = f"{parts.hostname or 'localhost'}{f':{port}' if port else ''}{unquote(parts.path)}"
        shown = place if schema == SCHEMA else f"{place} ({schema})"
        return cls(parts._replace(query=query).geturl(), schema, shown)

    def __str__(self) -> str:
        return self.shown

    @property
    def password(self) -> str:
        """The password in it; empty where it has none."""
        return unquote(urlsplit(self.address).password or "")


@dataclass(frozen=True, kw_only=True)
class ProviderLimit:
    """How often and how many at once all workers together may ask one provider."""

    per_second: float | None = None
    at_once: int | None = None

    @property
    def gap_seconds(self) -> float:
        """The time between two calls that keeps every sliding second within the limit; 0: no limit.

        A call may begin a twentieth of a second after its turn, so one less fits into a second.
        """
        if self.per_second is None:
            return 0.0
        return 1.05 / (self.per_second - 1) if self.per_second >= 2 else 1.05 / self.per_second


@dataclass(frozen=True, kw_only=True)
class SharedLedger:
    """A ledger that several machines work on."""

    url: LedgerUrl
    stalled_seconds: float = 30.0
    """A worker that gave no sign for so long is taken for dead."""
    limits: Mapping[str, ProviderLimit] = field(default_factory=dict)
    """By provider."""


def _no_address() -> Phrase:
    return say("that is no address of a ledger; write one such as postgresql://user:password@host/database")


class PostgresConnection:
    """A connection that is made again when it breaks, and learns what became of a commit it saw no end of."""

    def __init__(self, url: LedgerUrl) -> None:
        self._url = url
        self._lock = f"BEGIN; SELECT pg_advisory_xact_lock({lock_number(url.schema)})"
        self._writer, self._number = secrets.token_hex(8), 0
        self._connection = connected(url)
        self._stands_again = False
        """It was lost and made again; whoever hears of the error has not asked yet."""

    def execute(self, sql: str, parameters: Any = None, /) -> LedgerCursor:
        """Run a statement."""
        return self._connection.execute(sql, escaped(parameters or {}))

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run a statement for each set of parameters, sent together."""
        self._connection.cursor().executemany(sql, [escaped(each) for each in parameters])

    def insert(self, sql: str, row: Mapping[str, object], /) -> int:
        """Add a row; give its number where its table numbers them."""
        cursor = self._connection.execute(sql, escaped(row))
        numbered = cursor.fetchone() if cursor.description else None
        return int(numbered[0]) if numbered else 0

    def begin(self) -> None:
        """Begin to write once nobody else writes, and leave a mark that is committed with the rest."""
        self._number += 1
        self._connection.execute(
            f"{self._lock}; INSERT INTO {MARKS} VALUES ('{self._writer}', {self._number}) "  # noqa: S608 - ours
            "ON CONFLICT (writer) DO UPDATE SET number = excluded.number",
            prepare=False,
        )

    def begin_unmarked(self) -> None:
        """Begin to write where there is no table for marks yet."""
        self._connection.execute(self._lock, prepare=False)

    def commit(self) -> None:
        """Commit; where the connection breaks in it, find out whether it was committed."""
        import psycopg

        try:
            self._connection.execute("COMMIT")
        except psycopg.Error as error:
            if not self._is_lost(error):
                raise
            self._stands_again = not self._was_committed(error)
            if self._stands_again:
                raise

    def rollback(self) -> None:
        """Take back what was written since `begin`; a server that is away has done so."""
        import psycopg

        if not self._connection.closed:
            with contextlib.suppress(psycopg.Error):
                self._connection.execute("ROLLBACK")

    def renewed(self, error: Exception) -> bool:
        """Connect again where the connection is lost; give up after `AWAY_SECONDS`."""
        import psycopg

        if self._stands_again:
            self._stands_again = False
            return True
        if not self._is_lost(error):
            return False
        until = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                self._connection = connected(self._url)
                return True
            except psycopg.Error:
                if time.monotonic() > until:
                    return False
                time.sleep(0.2)

    def _is_lost(self, error: Exception) -> bool:
        """Tell whether the connection is gone, or the server has said that it is about to be."""
        import psycopg

        gone = psycopg.errors
        ending = (gone.AdminShutdown, gone.CrashShutdown, gone.IdleInTransactionSessionTimeout)
        if isinstance(error, ending):
            self._connection.close()
        return isinstance(error, psycopg.Error) and self._connection.closed

    def _was_committed(self, error: Exception) -> bool:
        """Ask what became of the transaction whose end was not heard.

        Raises:
            LedgerError: The server did not come back, so that nobody knows.
        """
        import psycopg

        while self.renewed(error) or not self._connection.closed:
            try:
                self._connection.execute(self._lock, prepare=False)  # once it is ours, the lost one has ended
                query = f"SELECT number FROM {MARKS} WHERE writer = %s"  # noqa: S608 - our name
                row = self._connection.execute(query, (self._writer,)).fetchone()
                self._connection.execute("ROLLBACK")
            except psycopg.Error as again:
                if not self._is_lost(again):
                    raise
                error = again
                continue
            return row is not None and int(row[0]) == self._number
        raise LedgerError(
            say(
                "The server of the ledger {name} went away while something was being written, and did not "
                "come back. Run again when it is there: what was written then stands, and nothing twice.",
                name=self._url.shown,
            )
        )

    def close(self) -> None:
        """End it, and take its mark away."""
        import psycopg

        if self._number and not self._connection.closed:
            with contextlib.suppress(psycopg.Error):
                query = f"DELETE FROM {MARKS} WHERE writer = %s"  # noqa: S608 - our name
                self._connection.execute(query, (self._writer,))
        self._connection.close()


def lock_number(name: str) -> int:
    """Give the number of the advisory lock of all that write into the schema *name*."""
    return 0x5_3AEF_0000_0000 + zlib.crc32(name.encode())


def connected(url: LedgerUrl, **more: Any) -> "psycopg.Connection[Any]":
    """Connect, so that a commit survives a power cut and nobody waits for a peer that is gone."""
    import psycopg
    from psycopg.adapt import Loader

    class Whole(Loader):
        """A sum of whole numbers is one."""

        def load(self, data: Any) -> int:
            return int(bytes(data))

    settings = {
        "search_path": url.schema,
        "synchronous_commit": "on",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{STOPPED_SECONDS}s",
        "client_encoding": "UTF8",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    connection: psycopg.Connection[Any] = psycopg.connect(
        url.address,
        autocommit=True,
        row_factory=_restored,
        prepare_threshold=2,
        connect_timeout=10,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=20_000,
        application_name="smeflow",
        options=options,
        **more,
    )
    connection.prepared_max = 300
    connection.adapters.register_loader("numeric", Whole)
    return connection


@contextlib.contextmanager
def one_moment(url: LedgerUrl) -> Iterator[Callable[[str, tuple[object, ...]], list[tuple[Any, ...]]]]:
    """Give what runs queries with ``?`` for their parameters, over what stands now; nothing can be written.

    Raises:
        MissingExtra: The package that speaks to PostgreSQL is not installed.
        LedgerError: The server cannot be reached, or there is no ledger.
    """
    psycopg = import_extra("psycopg", "postgres")
    try:
        with contextlib.closing(connected(url)) as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = connection.execute("SELECT to_regclass('items')").fetchone()
            if found is None or found[0] is None:
                raise LedgerError(
                    say("There is no ledger in {folder}. Run a recipe first.", folder=url.shown)
                )

            def query(sql: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
                return connection.execute(sql.replace("?", "%s").encode(), parameters).fetchall()

            yield query
    except psycopg.Error as error:
        raise explained(error, url) from error


NUL, ESCAPE = "\0", "\U0010fffe"
"""PostgreSQL keeps no NUL in a text: it is written as `ESCAPE` and 0, and `ESCAPE` as itself and 1."""


def escaped(parameters: Any) -> Any:
    """Give *parameters* so that PostgreSQL keeps each text as it is."""
    if isinstance(parameters, Mapping):
        for value in parameters.values():
            if type(value) is str and (NUL in value or ESCAPE in value):
                return {name: _escape(value) for name, value in parameters.items()}
    return parameters


def _escape(value: object) -> object:
    if type(value) is not str:
        return value
    return value.replace(ESCAPE, f"{ESCAPE}1").replace(NUL, f"{ESCAPE}0")


def _unescape(value: object) -> object:
    if type(value) is not str:
        return value
    return value.replace(f"{ESCAPE}0", NUL).replace(f"{ESCAPE}1", ESCAPE)


def _restored(cursor: Any) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    def row(values: Sequence[Any]) -> tuple[Any, ...]:
        for value in values:
            if type(value) is str and ESCAPE in value:
                return tuple(map(_unescape, values))
        return tuple(values)

    return row


def explained(error: Exception, url: LedgerUrl) -> Exception:
    """Say what an error of PostgreSQL means: disk full (an `OSError`), read-only, away, a wrong password."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return error
    name, reported = url.shown, " ".join(str(error).split())
    if url.password:
        reported = reported.replace(url.password, "***")
    if isinstance(error, psycopg.errors.DiskFull):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return LedgerError(
            say("The ledger {name} may only be read: its server is a copy, or set so. Nothing was lost; name "
                "the server that is written to.", name=name)
        )  # fmt: skip
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return LedgerError(
            say("The user of the ledger {name} may not do this: {told}. Give it the right to create and "
                "write in its schema.", name=name, told=reported)
        )  # fmt: skip
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return LedgerError(
            say(
                "Another program has held the ledger {path} for {seconds} s. Close it and run again.",
                path=name,
                seconds=BUSY_SECONDS,
            )
        )
    if ("password" in reported and "authentication" in reported) or "no password supplied" in reported:
        return LedgerError(
            say("The ledger {name} refuses the user or the password. Nothing was asked or written; look at "
                "the address in SMEFLOW_LEDGER or smeflow.toml.", name=name)
        )  # fmt: skip
    if isinstance(error, psycopg.OperationalError):
        return LedgerError(
            say("The ledger {name} cannot be reached: {told}. Nothing is lost; run again when it is there.",
                name=name, told=reported)
        )  # fmt: skip
    return LedgerError(say("The ledger {path} cannot be read or written: {told}", path=name, told=reported))
