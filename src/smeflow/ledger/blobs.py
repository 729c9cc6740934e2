"""The bytes of documents, kept under the hash of their content: small ones as rows, large ones as files."""

import contextlib
import os
import threading
from pathlib import Path

from smeflow._text import sha256
from smeflow.errors import LedgerDamaged
from smeflow.i18n import say
from smeflow.ledger.opening import damaged, sync_folder
from smeflow.ledger.store import Store
from smeflow.ledger.writer import Transaction

_NEW = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_BINARY", 0)
LARGE = 16_384
"""From this many bytes on, content is a file of its own: rows are read whole at each opening."""


def place_file(store: Store, data: bytes) -> str:
    """Make large *data* durable before the row that names it. Gives its hash."""
    name = sha256(data)
    if len(data) >= LARGE:
        path = _file(store.folder, name)
        if not path.exists():
            store.crash.here()
            _write(path, data)
    return name


def note_blob(transaction: Transaction, name: str, data: bytes) -> None:
    """Write the row of *data*, once."""
    if transaction.one("get blobs", sha256_=name) is None:
        small = len(data) < LARGE
        transaction.add("blobs", {"sha256": name, "size": len(data), "data": data if small else None})


def blob_data(store: Store, name: str) -> bytes:
    """Give the bytes called *name*.

    Raises:
        LedgerDamaged: They are gone, or are not what was kept.
    """
    row = store.first("get blobs", sha256_=name)
    data: bytes | None = row[2] if row else None
    if row and data is None:
        with contextlib.suppress(OSError):
            data = _file(store.folder, name).read_bytes()
    if data is None or sha256(data) != name:
        raise _lost(store, name)
    return data


def _lost(store: Store, name: str) -> LedgerDamaged:
    return damaged(store.path, say("the document {name} has changed", name=name[:12]))


def _file(folder: Path, name: str) -> Path:
    return folder / "blobs" / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        with os.fdopen(os.open(temporary, _NEW, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
