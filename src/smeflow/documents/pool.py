"""Keep a few child processes that parse foreign files, and end those that take too long.

They speak in frames on a pipe: JSON and bytes, nothing that could run. A frame is its length
(4 bytes, big end first) and its bytes. A message is a head (JSON) and one frame for each piece of data; the
head says how many.
"""

import atexit
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from smeflow.documents.document import Box, Document, Limits
from smeflow.documents.file import File, limit_exceeded, with_parts_read
from smeflow.documents.workers import (
    WorkerEnded,
    WorkerPool,
    core_count,
    packed_limits,
    unpacked,
    unpacked_error,
)
from smeflow.errors import LimitExceeded, UnreadableDocument
from smeflow.i18n import say

FILES_A_WORKER = 200
_PATIENCE = 10
"""A file with pictures to recognise may take this many times the limit in all, and the limit for each."""
_LEAST_MEMORY, _MEMORY_A_BYTE = 160_000_000, 15
_LEAST_SECONDS, _BYTES_A_SECOND = 4.0, 50_000
"""Seconds of the processor; on the wall a file may take all that `Limits.seconds` gives."""


class Pool:
    """Child processes that read files. Safe to use from many threads."""

    def __init__(self, size: int) -> None:
        self.workers = WorkerPool("smeflow.documents.worker", size=size, jobs_a_worker=FILES_A_WORKER)

    def read(self, file: File) -> Document:
        """Read *file* in a child process.

        Raises:
            LimitExceeded: It took too long or too much memory.
            UnreadableDocument: It cannot be read, or the process broke down on it.
        """
        reply, pieces = self._ask(file)
        return with_parts_read(unpacked(reply["document"], pieces, file.data), file)

    def picture(self, file: File, page: int, dpi: int) -> bytes:
        """Draw a page of *file* in a child process; a PNG."""
        return self._ask(file, page=page, dpi=dpi)[1][0]

    def strips(self, file: File, strips: Sequence[tuple[int, Box]]) -> list[str]:
        """Recognise places of *file* in a child process: by page, from 1, and box."""
        places = [[page, box.left, box.top, box.right, box.bottom] for page, box in strips]
        return list(self._ask(file, strips=places)[0]["texts"])

    def _ask(
        self, file: File, *, page: int | None = None, dpi: int = 0, strips: list[list[float]] | None = None
    ) -> tuple[dict[str, Any], list[bytes]]:
        head = {
            "media_type": file.media_type,
            "depth": file.depth,
            "ocr": file.ocr,
            "page": page,
            "dpi": dpi,
            "strips": strips,
        }
        return self.ask(file.name, file.data, file.limits, head)

    def ask(
        self, name: str, data: bytes, limits: Limits, head: dict[str, Any]
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Ask a child process about *data*, called *name* in what goes wrong; ``function`` in *head* does it.

        Raises:
            DocumentError: It cannot be read, took too long or too much memory, or the process broke down.
        """
        mine = allowed(limits, len(data))
        head = {
            **head,
            "name": name,
            "limits": packed_limits(replace(mine, seconds=limits.seconds)),  # the wall's, not the processor's
            "cpu_seconds": mine.seconds,
            "most_memory_bytes": limits.memory_bytes,
        }
        try:
            reply, pieces = self.workers.ask(
                head, [data], seconds=limits.seconds, longest_seconds=limits.seconds * _PATIENCE
            )
        except WorkerEnded as ended:
            raise _broke_down(name, limits if ended.timed_out and not ended.spent else mine, ended) from None
        if "error" in reply:
            raise unpacked_error(reply["error"])
        return reply, pieces

    def close(self) -> None:
        """End all processes that are idle, and the others when they are done."""
        self.workers.close()


def allowed(limits: Limits, size: int) -> Limits:
    """Give what a file of *size* bytes may take: within *limits*, a small one less than a large one.

    An honest file takes memory and time as it is large; a bomb is small.
    """
    memory = min(limits.memory_bytes, _LEAST_MEMORY + _MEMORY_A_BYTE * size)
    seconds = min(limits.seconds, _LEAST_SECONDS + size / _BYTES_A_SECOND)
    return replace(limits, memory_bytes=memory, seconds=round(seconds, 1))


def _broke_down(name: str, limits: Limits, ended: WorkerEnded) -> LimitExceeded | UnreadableDocument:
    if ended.timed_out:
        return limit_exceeded("seconds", limits.seconds, None, name)
    return UnreadableDocument(
        say(
            "The reader of {name} broke down on it: the file is damaged or hostile, or needs more than "
            "{value} bytes of memory, its limit `memory_bytes`. Ask the sender for it again.",
            name=name,
            value=limits.memory_bytes,
        )
    )


@cache
def shared_pool() -> Pool:
    """Give this process's pool: as many workers as cores, at most four, closed at exit."""
    pool = Pool(core_count(4))
    atexit.register(pool.close)
    return pool
