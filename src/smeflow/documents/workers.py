"""Keep a few child processes that work on foreign files, and end those that take too long.

What a child does is its module's matter: it answers messages (`smeflow.documents.wire`) until its input ends.
"""

import os
import queue
import threading
import time
from typing import Any, BinaryIO, cast

from smeflow import _processes
from smeflow.documents.wire import receive, send


class WorkerEnded(Exception):
    """The process was ended since it took too long, or it broke down; the next request gets a new one."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__()
        self.timed_out = timed_out


class Worker:
    """One child process. Used by one thread at a time."""

    def __init__(self, module: str) -> None:
        self.process = _processes.start_module(module)
        self.jobs = 0

    def ask(
        self, head: dict[str, Any], pieces: list[bytes], seconds: float, longest_seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send one request and wait for its answer; see `WorkerPool.ask`."""
        self.jobs += 1
        watch = _Watch(self, seconds, longest_seconds)
        try:
            send(cast(BinaryIO, self.process.stdin), head, pieces)
            while True:
                reply, answered = receive(cast(BinaryIO, self.process.stdout))
                if not reply.get("more_time"):
                    return reply, answered
                watch.extend()
        except (EOFError, OSError, ValueError) as error:
            raise WorkerEnded(timed_out=watch.timed_out) from error
        finally:
            watch.stop()

    def end(self) -> None:
        """End the process and all it started."""
        _processes.end(self.process)
        if self.process.stdout is not None:
            self.process.stdout.close()


class _Watch:
    """End a worker at its deadline; pipes have no time-out of their own on every system."""

    def __init__(self, worker: Worker, seconds: float, longest_seconds: float) -> None:
        self.timed_out = False
        self._worker = worker
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._latest = time.monotonic() + longest_seconds
        self._changed = threading.Condition()
        self._done = False
        threading.Thread(target=self._run, daemon=True).start()

    def extend(self) -> None:
        with self._changed:
            self._deadline = min(time.monotonic() + self._seconds, self._latest)

    def stop(self) -> None:
        with self._changed:
            self._done = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._done:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    self.timed_out = True
                    _processes.kill(self._worker.process)
                    return
                self._changed.wait(left)


class WorkerPool:
    """Hand each request to a child process of its own turn. Safe to use from many threads."""

    def __init__(self, module: str, *, size: int, jobs_a_worker: int) -> None:
        """Keep at most *size* processes of *module*; each starts when it is first wanted.

        After *jobs_a_worker* jobs a process is replaced, so that what a parser leaks does not add up.
        """
        self._module = module
        self._jobs = jobs_a_worker
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)  # a place without a process yet
        self._closed = False

    def ask(
        self, head: dict[str, Any], pieces: list[bytes], *, seconds: float, longest_seconds: float = 0.0
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Give what a process answers within *seconds*.

        A process that says ``more_time`` gets *seconds* anew from then on, *longest_seconds* in all.

        Raises:
            WorkerEnded: It took too long or broke down.
        """
        worker = self._idle.get()
        try:
            worker = self._ready(worker)
            return worker.ask(head, pieces, seconds, max(seconds, longest_seconds))
        except BaseException:  # Ctrl-C too: its answer would be taken for the next one's
            if worker is not None:
                worker.end()
                worker = None
            raise
        finally:
            if self._closed and worker is not None:
                worker.end()
                worker = None
            self._idle.put(worker)

    def _ready(self, worker: Worker | None) -> Worker:
        if worker is not None and worker.jobs < self._jobs and worker.process.poll() is None:
            return worker
        if worker is not None:
            worker.end()
        return Worker(self._module)

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


def cores(most: int) -> int:
    """Give how many processes may work at once: one a core, at most *most*."""
    return min(most, os.cpu_count() or 1)
