"""Cut an archive of mails (``.mbox``, RFC 4155) into its mails."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from smeflow.documents.base import MAIL, Document
from smeflow.documents.file import File, attached, within
from smeflow.errors import UnreadableDocument
from smeflow.i18n import say

MBOX = "application/mbox"
_FROM = re.compile(rb"From \S.*\d\d:\d\d.*\d{4}")
_STUFFED = re.compile(rb"^>+From ")
_LONGEST_LINE = 1_000_000


def mails_in(stream: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """Give the bytes of each mail in turn; None for one that is larger than *max_bytes*.

    A line ``From …`` with a time begins a mail behind an empty line; one that was marked with ``>`` is text.
    """
    lines: list[bytes] = []
    size, began, empty = 0, False, True
    while line := stream.readline(_LONGEST_LINE):
        if empty and _FROM.match(line):
            if began:
                yield _joined(lines, size, max_bytes)
            lines, size, began = [], 0, True
        elif began:
            size += len(line)
            if size <= max_bytes:
                lines.append(line[1:] if _STUFFED.match(line) else line)
        empty = not line.strip()
    if began:
        yield _joined(lines, size, max_bytes)


def _joined(lines: list[bytes], size: int, max_bytes: int) -> bytes | None:
    if size > max_bytes:
        return None
    if lines and not lines[-1].strip():
        lines.pop()  # the empty line belongs to the archive
    return b"".join(lines)


def read_mbox(file: File) -> Document:
    """Read an archive as a whole: each mail a part. As a source each mail is an item of its own.

    Raises:
        UnreadableDocument: There is no mail in it.
        LimitExceeded: It holds more mails than parts may be.
    """
    found = list(mails_in(BytesIO(file.data), file.limits.bytes))
    if not found:
        raise UnreadableDocument(say("{name} holds no mail.", name=file.name), name=file.name)
    within("parts", file.limits.parts, len(found), file.name)
    parts = tuple(
        attached(file, data or b"", name=f"mail {n}", media_type=MAIL) for n, data in enumerate(found, 1)
    )
    return file.document(parts=parts)
