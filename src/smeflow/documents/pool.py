"""Keep a few child processes that parse foreign files, and end those that take too long."""

import atexit
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, BinaryIO, cast

from smeflow.documents.base import Box, Document
from smeflow.documents.file import File, too_much
from smeflow.documents.wire import packed_limits, receive, send, unpacked, unpacked_error
from smeflow.errors import LimitExceeded, UnreadableDocument
from smeflow.i18n import say

FILES_A_WORKER = 200
"""After so many files a worker is replaced, so that what a parser leaks does not add up."""
_PATIENCE = 10
"""A file with pictures to recognise may take this many times the limit in all, and the limit for each."""


class Worker:
    """One child process. Used by one thread at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "smeflow.documents.worker"]
        # its own group: Ctrl-C is for the parent to decide on, and what the child started ends with it
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
        self.files = 0
        self.timed_out = False

    def ask(
        self, file: File, page: int | None, dpi: int, strips: list[list[float]] | None = None
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send one request and wait for its answer.

        Raises:
            EOFError: The process broke down or was ended.
        """
        self.files += 1
        head = {
            "name": file.name,
            "media_type": file.media_type,
            "depth": file.depth,
            "ocr": file.ocr,
            "limits": packed_limits(file.limits),
            "page": page,
            "dpi": dpi,
            "strips": strips,
        }
        seconds = file.limits.seconds
        watch = _Watch(self, seconds)
        try:
            send(cast(BinaryIO, self.process.stdin), head, [file.data])
            while True:
                reply, pieces = receive(cast(BinaryIO, self.process.stdout))
                if not reply.get("more_time"):
                    return reply, pieces
                watch.extend(seconds)
        except OSError as error:
            raise EOFError from error
        finally:
            watch.stop()

    def end(self) -> None:
        """End the process and all it started."""
        if self.process.poll() is None:
            if os.name == "posix":
                try:
                    os.killpg(self.process.pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    self.process.kill()
            else:
                self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was written to a process that is gone cannot be flushed
                    continue


class _Watch:
    """End a worker at its deadline; pipes have no time-out of their own on every system."""

    def __init__(self, worker: Worker, seconds: float) -> None:
        self._worker = worker
        self._latest = time.monotonic() + seconds * _PATIENCE
        self._deadline = time.monotonic() + seconds
        self._changed = threading.Condition()
        self._done = False
        threading.Thread(target=self._run, daemon=True).start()

    def extend(self, seconds: float) -> None:
        with self._changed:
            self._deadline = min(time.monotonic() + seconds, self._latest)

    def stop(self) -> None:
        with self._changed:
            self._done = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._done:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    self._worker.timed_out = True
                    self._worker.process.kill()
                    return
                self._changed.wait(left)


class Pool:
    """Hand each file to a child process of its own turn. Safe to use from many threads."""

    def __init__(self, size: int) -> None:
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)  # a place; its process starts when it is first wanted
        self._closed = False

    def read(self, file: File) -> Document:
        """Read *file* in a child process.

        Raises:
            LimitExceeded: It took too long or too much memory.
            UnreadableDocument: It cannot be read, or the process broke down on it.
        """
        reply, pieces = self._ask(file, None, 0)
        return unpacked(reply["document"], pieces, file.data)

    def picture(self, file: File, page: int, dpi: int) -> bytes:
        """Draw a page of *file* in a child process; a PNG."""
        return self._ask(file, page, dpi)[1][0]

    def strips(self, file: File, strips: Sequence[tuple[int, Box]]) -> list[str]:
        """Recognise places of *file* in a child process: by page, from 1, and box."""
        asked = [[page, box.left, box.top, box.right, box.bottom] for page, box in strips]
        return list(self._ask(file, None, 0, strips=asked)[0]["texts"])

    def _ask(
        self, file: File, page: int | None, dpi: int, strips: list[list[float]] | None = None
    ) -> tuple[dict[str, Any], list[bytes]]:
        worker = self._idle.get()
        try:
            if worker is None or worker.files >= FILES_A_WORKER or worker.process.poll() is not None:
                if worker is not None:
                    worker.end()
                worker = Worker()
            reply, pieces = worker.ask(file, page, dpi, strips)
        except EOFError:
            broken, worker = worker, None
            raise self._broke_down(cast(Worker, broken), file) from None
        except BaseException:  # Ctrl-C while it works: its answer would be taken for the next file's
            if worker is not None:
                worker.end()
                worker = None
            raise
        finally:
            if self._closed and worker is not None:
                worker.end()
                worker = None
            self._idle.put(worker)
        if "error" in reply:
            raise unpacked_error(reply["error"])
        return reply, pieces

    def _broke_down(self, worker: Worker, file: File) -> LimitExceeded | UnreadableDocument:
        worker.end()
        if worker.timed_out:
            return too_much("seconds", file.limits.seconds, None, file.name)
        return UnreadableDocument(
            say(
                "The reader of {name} broke down on it: the file is damaged or hostile. "
                "Ask the sender for it again.",
                name=file.name,
            ),
            name=file.name,
        )

    def close(self) -> None:
        """End all processes that are idle, and the others when they are done."""
        self._closed = True
        idle: list[Worker | None] = []
        while True:
            try:
                idle.append(self._idle.get_nowait())
            except queue.Empty:
                break
        for worker in idle:
            if worker is not None:
                worker.end()
            self._idle.put(None)


@cache
def shared_pool() -> Pool:
    """Give this process's pool: as many workers as cores, at most four, closed at exit."""
    pool = Pool(min(4, os.cpu_count() or 1))
    atexit.register(pool.close)
    return pool
