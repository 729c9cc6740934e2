"""Who uses the machine's one place for a model."""

import contextlib
import os
from pathlib import Path

from smeflow._locks import lock, unlock


def holder_of(place: Path) -> int | None:
    """Give the process that holds the lock *place*, 0 where it is not known; None: nobody else does."""
    try:
        file = place.open("r+b")
    except OSError:  # nobody ever did
        return None
    with file:
        try:
            lock(file)
        except OSError:
            pid = 0
            with contextlib.suppress(OSError, ValueError):
                pid = int(place.with_suffix(".pid").read_text(encoding="ascii"))
            return None if pid == os.getpid() else pid
        unlock(file)
    return None
