"""Backups: one file that holds a whole ledger, made while others write, and verified; see `restore`.

A backup is a tar archive whose first member, ``manifest.json``, names every other with its hash. The ledger
in it is SQLite's online copy of one moment; the documents it names were durable before it named them.
"""

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from smeflow import __version__
from smeflow._system import lock, unlock
from smeflow._text import canonical_json, sha256
from smeflow.errors import LedgerBusy, LedgerDamaged, LedgerError
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import AuditHead
from smeflow.ledger.opening import (
    LEDGER_FILE,
    open_connection,
    sync_folder,
    translate_error,
    verify_rows,
)
from smeflow.ledger.store import CrashPoint, blob_path, utc_now, utc_stamp

FORMAT = 1
MANIFEST = "manifest.json"
ENDING = ".tar"
WORKSPACE_COPY = "workspace/"
"""Before the names of the workspace's own files in a backup, ``smeflow.toml`` above all."""
STATE_COPY = "state/"
"""Before the names of small files beside the ledger, such as the providers a person agreed to."""
_MEMBER = re.compile(r"ledger\.db|blobs/[0-9a-f]{2}/[0-9a-f]{64}|(?:state|workspace)/[\w-][\w.-]*")
_NOT_KEPT = re.compile(r"ledger\.|smeflow-crash-|.*\.part$|\.")
_SNAPSHOT = "backup.new"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What a backup says of itself."""

    file: Path
    head: AuditHead
    at: str
    """When it was made, ISO 8601 in UTC."""
    schema: int
    smeflow: str
    items: int
    files: Mapping[str, str]
    """The hash of each member, by name."""
    size: int = 0
    """Bytes of the whole file."""


@contextmanager
def alone_with_backups(folder: Path) -> Iterator[None]:
    """Hold the folder against another backup or restore."""
    locks = folder / "locks"
    for each in (folder, locks):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (locks / "backup.lock").open("ab") as file:
        (locks / "backup.lock").chmod(0o600)
        try:
            lock(file)
        except OSError:
            busy = say(
                "Another backup or restore of {folder} is under way. Wait until it ends.", folder=folder
            )
            raise LedgerBusy(busy, pid=None) from None
        try:
            yield
        finally:
            unlock(file)


def make_backup(
    folder: Path, to: Path, *, workspace: Sequence[Path] = (), clock: Callable[[], datetime] = utc_now
) -> Backup:
    """Copy the ledger in *folder* into one file, whoever writes into it meanwhile, and verify that file.

    *to* is the file, which ends with ``.tar``, or a folder to put it in under a name with the time.
    *workspace* names files that go along, to be put back where there are none.

    Raises:
        LedgerDamaged: The ledger is not what was written: such a thing is no backup.
        LedgerError: There is no ledger, or *to* is there already.
        OSError: The disk is full, or *to* may not be written.
    """
    path, crash = folder / LEDGER_FILE, CrashPoint(os.environ)
    if not path.is_file():
        raise LedgerError(say("There is no ledger in {folder}.", folder=folder))
    at = clock()
    file = to if to.suffix == ENDING else to / f"smeflow-{at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}{ENDING}"
    if file.exists():
        raise LedgerError(say("{file} is there already; a backup overwrites nothing.", file=file))
    part = file.with_name(f".{sha256(str(folder.resolve()))[:8]}.backup.part")  # the next one overwrites it
    file.parent.mkdir(parents=True, exist_ok=True)
    with alone_with_backups(folder):
        work = folder / _SNAPSHOT
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            crash.here()
            snapshot = work / LEDGER_FILE
            about = _copy_ledger(path, snapshot)
            crash.here()
            members = _members(folder, snapshot, about.pop("blobs"), workspace)
            made_by = {"format": FORMAT, "smeflow": __version__, "at": utc_stamp(at)}
            manifest = made_by | about | {"files": {name: digest for name, (_, digest) in members.items()}}
            _write_archive(part, manifest, members, crash)
            made = read_backup(part)
            crash.here()
            part.replace(file)
            sync_folder(file.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
            part.unlink(missing_ok=True)
    return Backup(**{**vars(made), "file": file})


def _members(
    folder: Path, snapshot: Path, blobs: Sequence[str], workspace: Sequence[Path]
) -> dict[str, tuple[Path, str]]:
    """Give the file and the hash of each member, by name."""
    members = {LEDGER_FILE: (snapshot, file_hash(snapshot))}
    members |= {f"blobs/{name[:2]}/{name}": (blob_path(folder, name), name) for name in blobs}
    loose = [p for p in sorted(folder.iterdir()) if p.is_file() and not _NOT_KEPT.match(p.name)]
    for start, files in ((STATE_COPY, loose), (WORKSPACE_COPY, workspace)):
        present = [file for file in files if file.is_file() and _MEMBER.fullmatch(f"{start}{file.name}")]
        members |= {f"{start}{file.name}": (file, file_hash(file)) for file in present}
    return members


def _copy_ledger(path: Path, copy: Path) -> dict[str, Any]:
    """Copy the ledger as it stands at one moment, verify the copy, and tell what is in it."""
    try:
        with closing(open_connection(path, create=False)) as source, closing(sqlite3.connect(copy)) as target:
            copy.chmod(0o600)
            source.backup(target)  # all pages in one read transaction: writers go on, and it is one moment
            target.execute("PRAGMA journal_mode = DELETE")
            tables = [n for (n,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            verify_rows(target, path, tables)
            number, digest = last_entry(target)
            return {
                "schema": _schema(target),
                "audit": str(AuditHead(number=number, hash=digest)),
                "items": target.execute("SELECT count(*) FROM items").fetchone()[0],
                "blobs": [n for (n,) in target.execute("SELECT sha256 FROM blobs WHERE data IS NULL")],
            }
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def _schema(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0])


def last_entry(connection: sqlite3.Connection) -> tuple[int, str]:
    """Give number and hash of the last entry of the audit chain."""
    last = connection.execute("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    return (int(last[0]), str(last[1])) if last else (0, "0" * 64)


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_archive(
    part: Path, manifest: dict[str, object], members: Mapping[str, tuple[Path, str]], crash: CrashPoint
) -> None:
    text = canonical_json(manifest)
    told = canonical_json({"manifest": text, "sha256": sha256(text)}).encode()
    handle = os.open(part, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(_member(MANIFEST, len(told)), io.BytesIO(told))
            for name, (path, _) in members.items():
                try:
                    with path.open("rb") as file:
                        archive.addfile(_member(name, os.fstat(file.fileno()).st_size), file)
                except FileNotFoundError as error:
                    gone = say("the document {name} has changed", name=path.name[:12])
                    raise not_whole(path.parent, gone) from error
        crash.here()
        stream.flush()
        os.fsync(stream.fileno())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def read_backup(file: Path) -> Backup:
    """Read what a backup says of itself, once each of its members was found to be what it says.

    Raises:
        LedgerDamaged: It is cut, changed or no backup; the message says what.
        LedgerError: A newer smeflow made it.
        OSError: It cannot be read.
    """
    try:
        with tarfile.open(file, mode="r:") as archive:
            members = iter(archive)
            first = next(members, None)
            said = _manifest(file, archive, first)
            pending = dict(said["files"])
            for member in members:
                expected = pending.pop(member.name, None)
                content = archive.extractfile(member) if member.isreg() else None
                if expected is None or content is None or not _MEMBER.fullmatch(member.name):
                    raise not_whole(file, say("{name} does not belong in it", name=member.name))
                if hashlib.file_digest(cast("io.BufferedReader", content), "sha256").hexdigest() != expected:
                    raise not_whole(file, say("{name} has changed", name=member.name))
            if pending:
                raise not_whole(file, say("{name} is missing", name=next(iter(pending))))
    except (tarfile.TarError, EOFError) as error:
        raise not_whole(file, say("it is cut off, or no backup at all")) from error
    return Backup(
        file=file,
        head=AuditHead.parse(said["audit"], str(file)),
        size=file.stat().st_size,
        **{name: said[name] for name in ("at", "schema", "smeflow", "items", "files")},
    )


def _manifest(file: Path, archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> dict[str, Any]:
    content = archive.extractfile(member) if member is not None and member.name == MANIFEST else None
    try:
        told = json.loads(content.read()) if content is not None else {}
        said: dict[str, Any] = json.loads(told["manifest"])
        if sha256(told["manifest"]) != told["sha256"]:
            raise not_whole(file, say("{name} has changed", name=MANIFEST))
    except (ValueError, KeyError, TypeError) as error:
        raise not_whole(file, say("it is cut off, or no backup at all")) from error
    if int(said["format"]) > FORMAT:
        raise LedgerError(say("The backup {file} was made by a newer smeflow. Install that one.", file=file))
    return said


def not_whole(file: Path, what: Phrase) -> LedgerDamaged:
    """Make the error that tells what is wrong with a backup."""
    repair = say("Nothing was changed. Take another backup.")
    phrase = say("The backup {file} is not whole: {what}. {repair}", file=file, what=what, repair=repair)
    return LedgerDamaged(phrase, where=str(what), repair=str(repair))
