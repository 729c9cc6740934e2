"""Open a ledger's file, find damage before anything is done with it, and seal it when it is closed.

The seal is the hash of the closed file. A file that has it is, bit for bit, one whose rows were checked; any
other is checked row by row, whatever the reason. A seal that is lost or old costs time, never safety.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import time
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeVar, overload

from smeflow._text import sha256
from smeflow.errors import LedgerDamaged, LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.writer import covered, crc

SEAL_FILE = "ledger.seal"
MAX_SEAL_AGE = timedelta(days=7)
"""After this long every row is looked at again, sealed or not."""


def sealed_since(path: Path, now: datetime) -> datetime | None:
    """Give when the rows of the ledger were last looked at, if it is as it was then."""
    if _has_more(path):
        return None
    try:
        seal = json.loads((path.parent / SEAL_FILE).read_text(encoding="ascii"))
        checked = datetime.fromisoformat(seal["checked"])
        if seal["size"] != path.stat().st_size or not timedelta(0) <= now - checked < MAX_SEAL_AGE:
            return None
        return checked if seal["sha256"] == _hash(path) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_seal(path: Path, checked: datetime) -> None:
    """Seal a closed ledger whose rows were looked at at *checked*; not while somebody else has it open."""
    if _has_more(path):
        return
    with contextlib.suppress(OSError):
        seal = {"size": path.stat().st_size, "sha256": _hash(path), "checked": checked.isoformat()}
        temporary = path.with_name(f"{SEAL_FILE}.{os.getpid()}")
        try:
            handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(seal, file)
            temporary.replace(path.parent / SEAL_FILE)
        finally:
            temporary.unlink(missing_ok=True)


def _has_more(path: Path) -> bool:
    """Tell whether something stands in the write-ahead file that is not in the ledger yet."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


BUSY_SECONDS = 60
"""How long another program may hold the file before we give up."""
LEDGER_FILE = "ledger.db"
_NAMED = re.compile(r'CREATE (?:UNIQUE )?(?:TABLE|INDEX) "?(\w+)')
_ROOM = 256 * 1024
"""With less than this free, a failed write is taken for a full disk."""


@dataclass(frozen=True)
class CompiledSql:
    """The schema and its statements as ``sqlite.json`` or ``postgres.json`` has them."""

    version: int
    tables: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    covered: dict[str, tuple[str, ...]]
    statements: dict[str, str]
    largest_row: int | None
    """From how many bytes on a document is a file beside the ledger; None: it is always a row."""


@cache
def compiled_sql(database: str = "sqlite") -> CompiledSql:
    """Read the schema compiled for *database*: ``sqlite`` or ``postgres``."""
    file = resources.files("smeflow.ledger").joinpath(f"{database}.json")
    schema = json.loads(file.read_text(encoding="utf-8"))
    columns = {table: tuple(names) for table, names in schema["columns"].items()}
    spoken_for = {table: covered(names) for table, names in columns.items()}
    return CompiledSql(
        schema["version"],
        tuple(schema["tables"]),
        columns,
        spoken_for,
        schema["statements"],
        schema["largest_row"],
    )


Connection = TypeVar("Connection", bound=sqlite3.Connection)


@overload
def open_connection(path: Path, *, create: bool) -> sqlite3.Connection: ...
@overload
def open_connection(path: Path, *, create: bool, factory: type[Connection]) -> Connection: ...
def open_connection(
    path: Path, *, create: bool, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """Open the file, with the settings that make a commit survive a power cut. Nothing is checked yet."""
    if create and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        sync_folder(path.parent)
    if not path.exists():
        raise LedgerError(say("There is no ledger in {folder}.", folder=path.parent))
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=factory
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        _to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -4000")
    connection.execute("PRAGMA journal_size_limit = 4000000")
    return connection


STATE_FOLDER = ".smeflow"


def keep_private(folder: Path) -> bool:
    """Take the rights of others away from the files of a ledger; tell whether there were any.

    The folder itself is closed too where it is called ``.smeflow``; another one may hold what is not ours.
    Windows gives rights by folder, and none here.
    """
    if os.name != "posix" or not folder.is_dir():
        return False
    own = folder.name == STATE_FOLDER
    loose = [folder] if own and _is_loose(folder) else []
    loose += [p for p in folder.iterdir() if (own or p.name.startswith("ledger.")) and _is_loose(p)]
    if not loose:
        return False
    inside = [p for top in ([folder] if own else [folder / "blobs"]) for p in top.rglob("*") if _is_loose(p)]
    for path in dict.fromkeys((*loose, *inside)):
        with contextlib.suppress(OSError):  # another's file: its owner alone can
            path.chmod(0o700 if path.is_dir() else 0o600)
    return not any(_is_loose(path) for path in loose)


def mended_notice(folder: Path) -> Phrase:
    """Say that `keep_private` took rights away."""
    return say(
        "Other users of this machine could read {folder}; its rights are mended, and it is yours alone now.",
        folder=folder,
    )


def _is_loose(path: Path) -> bool:
    """Whether others may do anything with *path*; a link has no rights of its own."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return not stat.S_ISLNK(mode) and bool(mode & 0o077)


def _to_wal(connection: sqlite3.Connection) -> None:
    """Turn to WAL; where others open a new ledger at once SQLite refuses this without waiting."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def prepare_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file; refuse a file of a newer smeflow."""
    sql = compiled_sql()
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' LIMIT 1").fetchone():
            if (path.parent / SEAL_FILE).exists():  # a ledger was here, and was closed
                raise damage_error(path, say("it is empty"))
            for statement in sql.tables:
                connection.execute(statement)
            row = ("schema", str(sql.version))
            connection.execute("INSERT INTO meta (name, value, crc) VALUES (?, ?, ?)", (*row, crc(row)))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    stored = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if not stored:
        raise damage_error(path, say("the row that tells its version is missing"))
    if int(stored[0]) < sql.version:
        _keep_before_migration(connection, path, int(stored[0]))
        _add_new_tables(connection, sql)
    if int(stored[0]) > sql.version:
        raise LedgerError(
            say(
                "The ledger {path} was written by a newer smeflow. Install that version to use it.", path=path
            )
        )


def _keep_before_migration(connection: sqlite3.Connection, path: Path, schema: int) -> None:
    """Copy the file as the older smeflow left it, beside it, named by its schema and the day."""
    day = datetime.now(UTC).date().isoformat()
    kept = path.with_name(f"{path.stem}.schema-{schema}.{day}{path.suffix}")
    if kept.exists():  # left by a migration that was cut off; whole, since it got its name last
        return
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
        with contextlib.closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(kept)
        sync_folder(kept.parent)
    finally:
        part.unlink(missing_ok=True)


def _add_new_tables(connection: sqlite3.Connection, sql: CompiledSql) -> None:
    """Bring the file of an older smeflow up to date. Versions differ in whole tables only, so far."""
    existing = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in sql.tables:
            name = _NAMED.match(statement)
            if name is not None and name[1] not in existing:
                connection.execute(statement)
        row = ("schema", str(sql.version))
        connection.execute("UPDATE meta SET value = ?, crc = ? WHERE name = ?", (row[1], crc(row), row[0]))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def verify_rows(connection: sqlite3.Connection, path: Path, tables: Collection[str] | None = None) -> None:
    """Check the file's structure and every row's checksum; *tables*: of these alone, for an older schema.

    Raises:
        LedgerDamaged: Something is not what was written; the message says where.
    """
    verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise damage_error(path, say("SQLite says: {told}", told=verdict))
    for table, columns in compiled_sql().columns.items():
        if tables is not None and table not in tables:
            continue
        if table == "blobs":
            _verify_blobs(connection, path)
            continue
        first = columns[0]
        listed = ", ".join(f'"{c}"' for c in (*covered(columns), "crc"))
        position = "rowid" if first == "id" else f'"{first}"'
        for number, *row, stored in connection.execute(f"SELECT {position}, {listed} FROM {table}"):  # noqa: S608 - our names
            if zlib.crc32("\x1f".join(map(str, row)).encode("utf-8", "surrogatepass")) != stored:
                raise damage_error(path, say("row {row} of {table} has changed", row=number, table=table))


def _verify_blobs(connection: sqlite3.Connection, path: Path) -> None:
    for name, size, data, stored in connection.execute("SELECT sha256, size, data, crc FROM blobs"):
        intact = data is None or sha256(data) == name
        if not intact or crc((name, size)) != stored:
            raise damage_error(path, say("the document {name} has changed", name=name[:12]))


def damage_error(path: Path, what: Phrase) -> LedgerDamaged:
    """Make the error that tells where the damage is and what to do."""
    repair = say(
        "Save what is whole with: smeflow repair --state {folder} (or put back a copy from before).",
        folder=path.parent,
    )
    phrase = say(
        "The ledger {path} is damaged: {what}. Nothing was asked or written. {repair}",
        path=path,
        what=what,
        repair=repair,
    )
    return LedgerDamaged(phrase, where=str(what), repair=str(repair))


def translate_error(error: sqlite3.Error, path: Path) -> Exception:
    """Say what an error of SQLite means: disk full (an `OSError`), damage, or a file we may not write."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # foreign: not set where Python raises it
    if code == sqlite3.SQLITE_FULL or (
        code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(path)
    ):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damage_error(path, say("SQLite says: {told}", told=error))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerError(
            say(
                "Another program has held the ledger {path} for {seconds} s. Close it and run again.",
                path=path,
                seconds=BUSY_SECONDS,
            )
        )
    if "UTF-8" in str(error):
        return damage_error(path, say("SQLite says: {told}", told=error))
    return LedgerError(say("The ledger {path} cannot be read or written: {told}", path=path, told=error))


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _ROOM
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Make a new name in *folder* durable, where the system has a way to; Windows needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
