"""Keep the child process that holds the rules, and end it when it takes too long."""

import atexit
import os
import subprocess
import sys
import threading
from functools import cache
from typing import Any, BinaryIO, cast

from smeflow.documents.wire import receive, send

SECONDS = 20.0
"""So long may one invoice take; the rules are compiled anew in a child that starts."""
_FILES = 500
"""After so many files a child is replaced, so that what its parsers leak does not add up."""


class Broken(Exception):
    """The child was ended, or broke down."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__()
        self.timed_out = timed_out


class Child:
    """One process. Used by one thread at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "smeflow.einvoices.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
        self.files = 0

    def ask(
        self, head: dict[str, Any], pieces: list[bytes], seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send one request and wait for its answer.

        Raises:
            Broken: It took longer than *seconds*, or the process broke down.
        """
        self.files += 1
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            send(cast(BinaryIO, self.process.stdin), head, pieces)
            return receive(cast(BinaryIO, self.process.stdout))
        except (EOFError, OSError, ValueError) as error:
            raise Broken(timed_out=late.is_set()) from error
        finally:
            timer.cancel()

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was written to a process that is gone cannot be flushed
                    continue


class Children:
    """Hand each request to a child of its own turn. Safe to use from many threads."""

    def __init__(self, most: int) -> None:
        self._turn = threading.BoundedSemaphore(most)
        self._idle: list[Child] = []
        self._lock = threading.Lock()

    def ask(
        self, head: dict[str, Any], pieces: list[bytes], seconds: float = SECONDS
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Ask a child.

        Raises:
            Broken: It took longer than *seconds*, or broke down; the next request gets a new one.
        """
        with self._turn:
            child = self._take()
            try:
                answer = child.ask(head, pieces, seconds)
            except BaseException:  # Ctrl-C too: its answer would be taken for the next file's
                child.end()
                raise
            self._give_back(child)
            return answer

    def _take(self) -> Child:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        if child is not None and child.process.poll() is None and child.files < _FILES:
            return child
        if child is not None:
            child.end()
        return Child()

    def _give_back(self, child: Child) -> None:
        with self._lock:
            self._idle.append(child)

    def close(self) -> None:
        """End all that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()


@cache
def shared_children() -> Children:
    """Give this process's children: at most two, since each holds some 200 MB of compiled rules."""
    children = Children(min(2, os.cpu_count() or 1))
    atexit.register(children.close)
    return children
