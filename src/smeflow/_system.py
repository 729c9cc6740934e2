"""What is asked of the operating system.

Paths kept inside a folder, locks on files, processes started and ended, and what a process may use.
"""

import contextlib
import errno
import math
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from smeflow._text import sha256, strip_invisible

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
MAX_PART_BYTES = 150
DISK_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})  # foreign: Windows has no quota
"""The numbers of errors that say there is no room."""
O_BINARY: int = getattr(os, "O_BINARY", 0)  # foreign: Windows alone has it
O_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)  # foreign: Windows has none


def safe_path_part(text: str) -> str:
    """Make a harmless part of a path out of any text: no separators, devices, dots in front or hidden signs.

    What is too long is cut and gets a mark of the whole, so that two long names stay two.
    """
    clean = unicodedata.normalize("NFC", strip_invisible(text.encode("utf-8", "replace").decode()))
    clean = _FORBIDDEN.sub(
        "_", "".join(c for c in clean if unicodedata.category(c) not in {"Cc", "Cs", "Co"})
    )
    clean = clean.strip().lstrip(".").rstrip(". ").strip() or "_"
    if _DEVICES.fullmatch(clean):
        clean = f"_{clean}"
    if len(clean.encode()) <= MAX_PART_BYTES:
        return clean
    stem, dot, ending = clean.rpartition(".")
    ending = f".{ending}" if dot and len(ending.encode()) <= 10 else ""
    stem = stem if ending else clean
    room = MAX_PART_BYTES - len(ending.encode()) - 9
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + "~" + sha256(text)[:8] + ending


def lock(file: IO[bytes]) -> None:
    """Take the lock on *file*, or raise at once.

    Raises:
        OSError: Another process, or another open file of this one, holds it.
    """
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def unlock(file: IO[bytes]) -> None:
    """Give the lock on *file* back."""
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_UN)


_POSIX: Mapping[str, Any] = {"start_new_session": True}
_WINDOWS: Mapping[str, Any] = {"creationflags": 0x00000200}  # CREATE_NEW_PROCESS_GROUP
_OWN_GROUP = _WINDOWS if os.name == "nt" else _POSIX
"""Ctrl-C is for the parent to decide on, and what the child started ends with it."""


def start_module(module: str, *, stderr: IO[bytes] | int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """Run *module* with pipes to its input and output; nothing is imported from the working folder."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        **_OWN_GROUP,
    )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, and where the system has groups all that it started; one that has ended is left."""
    if process.poll() is not None:
        return
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def end(process: "subprocess.Popen[bytes]", *, patience_seconds: float = 0.0) -> None:
    """Close its input, wait so long for it to go by itself, then kill it; it has ended when this returns."""
    if patience_seconds:
        _close_input(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_seconds)
    kill(process)
    process.wait()
    _close_input(process)


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # what was written to a process that is gone cannot be flushed
            process.stdin.close()


CPU_SPENT: int | None = getattr(signal, "SIGXCPU", None)  # foreign: Windows has no such signal
"""What ends a process whose processor time is spent."""


def limit_memory(most_bytes: int) -> None:
    """Let this process have *most_bytes* more than it has; where no system limits that, time bounds it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    which = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    _lower(which, _data_bytes() + most_bytes)


def _data_bytes() -> int:
    """Give what this process holds already: what a parser left of earlier files is no fault of the next."""
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_bytes().split()[5])
    return pages * os.sysconf("SC_PAGE_SIZE")


def limit_cpu(seconds: float) -> None:
    """Let this process compute for *seconds* from now on, then end; clocks on the wall count waiting too."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _lower(resource.RLIMIT_CORE, 0)  # a dump of what foreign bytes did helps nobody
    _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds))


def _lower(which: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(which)
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (soft, hard))
