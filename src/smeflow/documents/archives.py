"""Files that hold many documents: mailboxes in one file, and ZIP archives."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from smeflow.documents.document import MAIL, Document
from smeflow.documents.file import File, check_limit, empty_file_phrase, read_attached
from smeflow.errors import UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

MBOX = "application/mbox"
_FROM = re.compile(rb"From \S.*?\d\d:\d\d")
_YEAR = re.compile(rb"\d{4}")
_STUFFED = re.compile(rb"^>+From ")
_LONGEST_LINE = 1_000_000


def mails_in(stream: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """Give the bytes of each mail in turn; None for one that is larger than *max_bytes*.

    A line ``From …`` with a time begins a mail behind an empty line; one that was marked with ``>`` is text.
    """
    lines: list[bytes] = []
    size, began, empty = 0, False, True
    while line := stream.readline(_LONGEST_LINE):
        if empty and (opening := _FROM.match(line)) and _YEAR.search(line, opening.end()):
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
    mails = list(mails_in(BytesIO(file.data), file.limits.bytes))
    if not mails:
        raise UnreadableDocument(say("{name} holds no mail.", name=file.name))
    check_limit("parts", file.limits.parts, len(mails), file.name)
    parts = tuple(
        read_attached(file, data or b"", name=f"mail {n}", media_type=MAIL) for n, data in enumerate(mails, 1)
    )
    return file.document(parts=parts)


_CHUNK = 65_536
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
"""What marks a ZIP that is a file of another kind: presentations, books, programs."""
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENCRYPTED = 0x1


def read_zip(file: File) -> Document:
    """Read every file of an archive as a part; one that cannot be read stays a part, with its reason.

    Raises:
        UnreadableDocument: It is damaged or locked with a password.
        UnsupportedDocument: It is a presentation or another kind of file that only looks like an archive.
        LimitExceeded: It holds too many files, or they unpack to too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(file.data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _is_litter(m.filename)]
            if any(member.filename in _OFFICE for member in members):
                raise foreign_archive(file)
            _spend(file, "parts", len(members))
            parts = tuple(_parts(archive, members, file))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableDocument(
            say("{name} is a damaged archive. Ask the sender for it again.", name=file.name)
        ) from error
    if not parts:
        raise UnreadableDocument(empty_file_phrase(file.name))
    return file.document(parts=parts)


def _parts(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], file: File) -> Iterator[Document]:
    before = 0
    for member in members:
        data = unpack(archive, member, file, before)
        before += len(data)
        yield read_attached(file, data, name=member.filename)


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: File, before: int) -> bytes:
    """Unpack one file of an archive of which *before* bytes were unpacked, as far as its limits allow.

    Raises:
        UnreadableDocument: It is locked with a password.
        LimitExceeded: All that was unpacked of it together is too much.
    """
    if member.flag_bits & _ENCRYPTED:
        raise UnreadableDocument(
            say("{name} is locked with a password. Ask the sender for it without one.", name=file.name)
        )
    data = bytearray()
    with archive.open(member) as stream:
        while piece := stream.read(_CHUNK):
            data += piece
            _spend(file, "bytes", len(piece))
            if (total := before + len(data)) > _CHUNK:
                check_limit("ratio", file.limits.ratio, total // max(len(file.data), 1), file.name)
    return bytes(data)


def _spend(file: File, limit: str, amount: int) -> None:
    """Count against a limit that nested archives share."""
    file.spent[limit] = file.spent.get(limit, 0) + amount
    check_limit(limit, getattr(file.limits, limit), file.spent[limit], file.name)


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER) or name.rpartition("/")[2] in _LITTER


def foreign_archive(file: File) -> UnsupportedDocument:
    """Say that *file* only looks like an archive of documents."""
    return UnsupportedDocument(
        say(
            "{name} is no archive of documents but a file of another kind. Save it as PDF and send that.",
            name=file.name,
        )
    )
