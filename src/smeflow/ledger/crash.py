"""A switch for tests: die at the k-th durable step, so that every moment of a crash can be tried."""

import os
import signal
import threading
from collections.abc import Mapping


class CrashPoint:
    """Counts durable steps and kills the process at the one ``SMEFLOW_CRASH_AT`` names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.at = int(environ.get("SMEFLOW_CRASH_AT", "0") or 0)
        self.passed = 0
        self._lock = threading.Lock()

    def here(self) -> None:
        """Pass a moment just before or just after something becomes durable."""
        if not self.at:
            return
        with self._lock:
            self.passed += 1
            if self.passed == self.at:
                _die()


def _die() -> None:
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)  # Windows has no SIGKILL; nothing is flushed or cleaned up here either
