"""Child processes that do one job after another within limits, and the messages to them and back."""

import contextlib
import json
import os
import queue
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from smeflow import _system
from smeflow.documents.document import Box, Document, Limits, Page, Word
from smeflow.errors import DocumentError, LimitExceeded, SmeflowError, UnreadableDocument, UnsupportedDocument
from smeflow.i18n import phrase_from_json, phrase_to_json

_LENGTH = struct.Struct(">I")


def send(pipe: BinaryIO, head: dict[str, Any], pieces: list[bytes]) -> None:
    """Write one message."""
    text = json.dumps({**head, "pieces": len(pieces)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for frame in (text, *pieces):
        pipe.write(_LENGTH.pack(len(frame)))
        pipe.write(frame)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Read one message.

    Raises:
        EOFError: The other side is gone.
    """
    head = json.loads(_frame(pipe).decode("utf-8", "surrogatepass"))
    return head, [_frame(pipe) for _ in range(head["pieces"])]


def _frame(pipe: BinaryIO) -> bytes:
    start = pipe.read(_LENGTH.size)
    if len(start) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(start)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return bytes(data)


def serve(answer: Callable[[dict[str, Any], list[bytes], BinaryIO], None]) -> None:
    """Give *answer* each message that comes in until there are no more, and the pipe to answer on."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land among the answers
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            answer(*receive(requests), answers)


def packed(document: Document, pieces: list[bytes], *, with_data: bool) -> dict[str, Any]:
    """Write *document* as JSON; the bytes of its parts go into *pieces*, its own only *with_data*."""
    if with_data:
        pieces.append(document.data)
    return {
        "name": document.name,
        "media_type": document.media_type,
        "pages": [_packed_page(page) for page in document.pages],
        "fields": dict(document.fields),
        "data": len(pieces) - 1 if with_data else None,
        "parts": [packed(part, pieces, with_data=True) for part in document.parts],
        "sha256": document.sha256,
        "problems": [phrase_to_json(p) for p in document.problems],
        "unread": [phrase_to_json(p) for p in document.unread],
        "language": document.language,
    }


def unpacked(plain: dict[str, Any], pieces: list[bytes], data: bytes) -> Document:
    """Make the document that `packed` wrote; *data* are its own bytes where they were not sent."""
    return Document(
        name=plain["name"],
        media_type=plain["media_type"],
        pages=tuple(_unpacked_page(page) for page in plain["pages"]),
        fields=plain["fields"],
        parts=tuple(unpacked(part, pieces, b"") for part in plain["parts"]),
        data=data if plain["data"] is None else pieces[plain["data"]],
        sha256=plain["sha256"],
        problems=tuple(phrase_from_json(p) for p in plain["problems"]),
        unread=tuple(phrase_from_json(p) for p in plain["unread"]),
        language=plain["language"],
    )


def _packed_page(page: Page) -> list[Any]:
    words = [[w.text, w.box.left, w.box.top, w.box.right, w.box.bottom, w.start, w.line] for w in page.words]
    return [page.number, page.text, page.width, page.height, page.origin, words]


def _unpacked_page(plain: list[Any]) -> Page:
    number, text, width, height, origin, words = plain
    placed = tuple(Word(w[0], Box(w[1], w[2], w[3], w[4]), w[5], w[6]) for w in words)
    return Page(number=number, text=text, width=width, height=height, words=placed, origin=origin)


_ERRORS: dict[str, Any] = {
    kind.__name__: kind for kind in (DocumentError, UnreadableDocument, UnsupportedDocument, LimitExceeded)
}
"""What a child process may report; a subclass of its own comes back as the nearest of these."""


def packed_error(error: SmeflowError) -> dict[str, Any]:
    """Write an error as the name of its class and what it carries."""
    plain: dict[str, Any] = {"kind": "DocumentError", "phrase": phrase_to_json(error.phrase), "name": ""}
    if isinstance(error, DocumentError):
        plain["kind"] = next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _ERRORS)
        plain["name"] = error.name
    if isinstance(error, LimitExceeded):
        plain |= {"limit": error.limit, "value": error.value, "found": error.found}
    return plain


def unpacked_error(plain: dict[str, Any]) -> DocumentError:
    """Make the error that `packed_error` wrote."""
    phrase = phrase_from_json(plain["phrase"])
    if plain["kind"] == "LimitExceeded":
        return LimitExceeded(
            phrase, limit=plain["limit"], value=plain["value"], found=plain["found"], name=plain["name"]
        )
    error: DocumentError = _ERRORS[plain["kind"]](phrase, name=plain["name"])
    return error


def packed_limits(limits: Limits) -> dict[str, float]:
    """Write limits as JSON."""
    return {name: getattr(limits, name) for name in Limits.__slots__}


class WorkerEnded(Exception):
    """The process was ended since it took too long, or it broke down; the next request gets a new one."""

    def __init__(self, *, timed_out: bool, spent: bool = False) -> None:
        super().__init__()
        self.timed_out = timed_out
        self.spent = spent
        """Whether it had computed for as long as it may; else the clock on the wall had run out."""


class Worker:
    """One child process. Used by one thread at a time."""

    def __init__(self, module: str) -> None:
        self.process = _system.start_module(module)
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
            spent = not watch.timed_out and self._spent_its_time()
            raise WorkerEnded(timed_out=watch.timed_out or spent, spent=spent) from error
        finally:
            watch.stop()

    def _spent_its_time(self) -> bool:
        """Tell whether the system ended it for the processor time it took."""
        if _system.CPU_SPENT is None:
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        return self.process.returncode == -_system.CPU_SPENT

    def end(self) -> None:
        """End the process and all it started."""
        _system.end(self.process)
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
                    _system.kill(self._worker.process)
                    return
                self._changed.wait(left)


class WorkerPool:
    """Hands each request to a free child process. Safe to use from many threads."""

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

        A process that says ``more_time`` gets *seconds* anew from then on, *longest_seconds* in all. One that
        breaks down after other jobs may have died of what they left in it: a fresh one gets it once more.

        Raises:
            WorkerEnded: It took too long or broke down.
        """
        worker = self._idle.get()
        longest_seconds = max(seconds, longest_seconds)
        try:
            worker = self._ready(worker)
            try:
                return worker.ask(head, pieces, seconds, longest_seconds)
            except WorkerEnded as ended:
                if ended.timed_out or worker.jobs == 1:
                    raise
            worker.end()
            worker = Worker(self._module)
            return worker.ask(head, pieces, seconds, longest_seconds)
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
        with contextlib.suppress(queue.Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for worker in idle:
            if worker is not None:
                worker.end()
            self._idle.put(None)


def core_count(limit: int) -> int:
    """Give how many processes may work at once: one a core, at most *limit*."""
    return min(limit, os.cpu_count() or 1)
