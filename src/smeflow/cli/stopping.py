"""End a run when a person or the system asks for it: politely, and within seconds whatever comes."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from smeflow.cli.exits import INTERRUPTED, TERMINATED

PATIENCE_SECONDS = 4.0
"""How long calls under way may end by themselves; what is not written down by then is done again."""
LAST_SECONDS = 4.8
"""After the signal, by when the process is gone, whatever there still is to say."""
CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Stop:
    """Whether to stop, and the code to end with."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.code: int | None = None
        self._timer: threading.Timer | None = None
        self._asked = 0.0

    def ask(self, signum: int, _frame: object) -> None:
        """Take a signal: the first one asks, a second one does not wait."""
        code = CODES.get(signal.Signals(signum), INTERRUPTED)
        if self.code is not None:
            os._exit(code)  # safe at any moment: what counts is already on the disk
        self.code, self._asked = code, time.monotonic()
        self.event.set()
        self._end_later(code, PATIENCE_SECONDS)

    def tell(self) -> None:
        """Give what was stopped a moment more to say how far it came."""
        if self.code is not None:
            self._end_later(self.code, max(0.1, self._asked + LAST_SECONDS - time.monotonic()))

    def _end_later(self, code: int, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, os._exit, (code,))
        self._timer.daemon = True
        self._timer.start()


@contextmanager
def stopping() -> Iterator[Stop]:
    """Turn Ctrl-C and SIGTERM into a request to stop, until the block ends."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {s: signal.signal(s, stop.ask) for s in CODES}
    try:
        yield stop
    finally:
        if stop.code is None:  # else the timer must still be able to end a process that hangs
            for signum, handler in before.items():
                signal.signal(signum, handler)
