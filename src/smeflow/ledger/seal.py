"""Remember that a ledger was whole when it was closed, so that the next opening need not go over every row.

The seal is the hash of the closed file. A file that has it is, bit for bit, one whose rows were checked; any
other is checked row by row, whatever the reason. A seal that is lost or old costs time, never safety.
"""

import contextlib
import hashlib
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

FILE = "ledger.seal"
LONGEST = timedelta(days=7)
"""After this long every row is looked at again, sealed or not."""


def sealed(path: Path, now: datetime) -> datetime | None:
    """Give when the rows of the ledger were last looked at, if it is as it was then."""
    if _has_more(path):
        return None
    try:
        told = json.loads((path.parent / FILE).read_text(encoding="ascii"))
        checked = datetime.fromisoformat(told["checked"])
        if told["size"] != path.stat().st_size or not timedelta(0) <= now - checked < LONGEST:
            return None
        return checked if told["sha256"] == _hash(path) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def seal(path: Path, checked: datetime) -> None:
    """Seal a closed ledger whose rows were looked at at *checked*; not while somebody else has it open."""
    if _has_more(path):
        return
    with contextlib.suppress(OSError):
        told = {"size": path.stat().st_size, "sha256": _hash(path), "checked": checked.isoformat()}
        temporary = path.with_name(f"{FILE}.{os.getpid()}")
        try:
            handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(told, file)
            temporary.replace(path.parent / FILE)
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
