"""How many threads a model may use: the cores that nobody else is using."""

import os
import time
from collections.abc import Callable
from pathlib import Path

_STAT = Path("/proc/stat")
_SAMPLE_SECONDS = 0.3


def usable_cores() -> int:
    """Count the cores this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def free_cores(
    *, read: Callable[[], str] = lambda: _STAT.read_text(encoding="ascii"), seconds: float = _SAMPLE_SECONDS
) -> int:
    """Give how many cores were idle a moment ago, at least 1; all of them where the system does not tell.

    Two threads on one free core wait for each other at every layer: that is slower than one.
    """
    cores = usable_cores()
    try:
        before = _times(read())
        time.sleep(seconds)
        after = _times(read())
    except (OSError, ValueError, IndexError):
        return max(1, round(cores - _load()))
    total, idle = after[0] - before[0], after[1] - before[1]
    return cores if total <= 0 else max(1, min(cores, int(cores * idle / total + 0.5)))


def _times(stat: str) -> tuple[int, int]:
    """Give all ticks and the idle ones."""
    ticks = [int(word) for word in stat.splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def _load() -> float:
    average = getattr(os, "getloadavg", None)
    return float(average()[0]) if average is not None else 0.0
