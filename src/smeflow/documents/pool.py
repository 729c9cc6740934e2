"""Keep a few child processes that parse foreign files, and end those that take too long.

They speak in frames on a pipe: JSON and bytes, nothing that could run. A frame is its length
(4 bytes, big end first) and its bytes. A message is a head (JSON) and one frame for each piece of data; the
head says how many.
"""

import atexit
from collections.abc import Sequence
from functools import cache
from typing import Any

from smeflow.documents.document import Box, Document
from smeflow.documents.file import File, limit_exceeded
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
        return unpacked(reply["document"], pieces, file.data)

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
        try:
            reply, pieces = self.workers.ask(
                head, [file.data], seconds=seconds, longest_seconds=seconds * _PATIENCE
            )
        except WorkerEnded as ended:
            raise _broke_down(file, timed_out=ended.timed_out) from None
        if "error" in reply:
            raise unpacked_error(reply["error"])
        return reply, pieces

    def close(self) -> None:
        """End all processes that are idle, and the others when they are done."""
        self.workers.close()


def _broke_down(file: File, *, timed_out: bool) -> LimitExceeded | UnreadableDocument:
    if timed_out:
        return limit_exceeded("seconds", file.limits.seconds, None, file.name)
    return UnreadableDocument(
        say(
            "The reader of {name} broke down on it: the file is damaged or hostile. "
            "Ask the sender for it again.",
            name=file.name,
        )
    )


@cache
def shared_pool() -> Pool:
    """Give this process's pool: as many workers as cores, at most four, closed at exit."""
    pool = Pool(core_count(4))
    atexit.register(pool.close)
    return pool
