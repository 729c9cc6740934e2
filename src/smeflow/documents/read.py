"""Read a file of any kind: the reader of each media type, and a cache of what was read lately."""

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from smeflow._text import a_kind_of, sha256
from smeflow.documents.archives import MBOX, read_mbox
from smeflow.documents.calendar import CALENDAR, read_invitation
from smeflow.documents.document import FACTS, MAIL, MESSAGE, ROW, Document, Limits
from smeflow.documents.file import (
    HEIC,
    HTML,
    MSG,
    OFFICE,
    OLE,
    PDF,
    RTF,
    XML,
    ZIP,
    File,
    FileReader,
    OcrEngine,
    check_limit,
    empty_file_phrase,
    harmless_name,
    media_type_of,
)
from smeflow.documents.html import read_html
from smeflow.documents.image import read_image
from smeflow.documents.mail import read_mail
from smeflow.documents.msg import read_msg
from smeflow.documents.office import read_packed, refuse_old_office
from smeflow.documents.pdf import read_pdf
from smeflow.documents.pool import shared_pool
from smeflow.documents.text import read_facts, read_message, read_row, read_text
from smeflow.documents.tnef import TNEF, read_tnef
from smeflow.documents.xml import read_xml
from smeflow.errors import UnreadableDocument, UnsupportedDocument, os_error_reason
from smeflow.i18n import say

READERS: dict[str, FileReader] = {
    PDF: read_pdf,
    XML: read_xml,
    "text/xml": read_xml,
    ZIP: read_packed,
    OFFICE: read_packed,
    "image/png": read_image,
    "image/jpeg": read_image,
    "image/tiff": read_image,
    HEIC: read_image,
    OLE: refuse_old_office,
    RTF: refuse_old_office,
    MAIL: read_mail,
    MSG: read_msg,
    MBOX: read_mbox,
    TNEF: read_tnef,
    CALENDAR: read_invitation,
    HTML: read_html,
    ROW: read_row,
    MESSAGE: read_message,
    FACTS: read_facts,
    "text/plain": read_text,
    "text/csv": read_text,
    "application/json": read_text,
}
READ_IN_CHILD = frozenset(
    {PDF, XML, "text/xml", ZIP, OFFICE, "image/png", "image/jpeg", "image/tiff", HEIC, MSG, HTML}
)
"""Read in a child process: their parsers are written in C, or foreign and old."""
_IN_CHILD_IF_LARGE = frozenset({MAIL, TNEF, CALENDAR})
_SMALL_BYTES = 32_000
"""A mail so small is read here, unless it holds HTML: its readers are Python alone, and where the standard
library is quadratic in the length of a header, this length bounds it."""
MESSAGE_FILES = frozenset({MAIL, MSG})
"""Their attachments are read each on its own; see `smeflow.documents.file.with_parts_read`."""


def identify(file: File) -> File:
    """Give *file* with the media type its bytes show, checked for size.

    Raises:
        UnreadableDocument: It has no bytes.
        UnsupportedDocument: No reader knows what it is.
        LimitExceeded: It is too large.
    """
    if not file.data:
        raise UnreadableDocument(empty_file_phrase(file.name))
    check_limit("bytes", file.limits.bytes, len(file.data), file.name)
    media_type = media_type_of(file.data, file.name, file.media_type)
    return file if media_type == file.media_type else dataclasses.replace(file, media_type=media_type)


def reader_of(file: File) -> FileReader:
    """Find the reader of a file's media type; any text is read as text."""
    reader = READERS.get(file.media_type)
    if reader is None and file.media_type.startswith("text/"):
        return read_text
    if reader is None:
        raise UnsupportedDocument(
            say(
                "{name} ({kind}) is of a kind smeflow cannot read. "
                "Save it as PDF, or send a picture, .docx, .xlsx, .odt, .eml, XML, HTML or text.",
                name=file.name,
                kind=file.media_type,
            )
        )
    return reader


def read_in_process(file: File) -> Document:
    """Read *file* in this process, whatever its kind."""
    file = identify(file)
    return reader_of(file)(file)


_STANDARD = Limits()


def is_risky(file: File) -> bool:
    """Tell whether a child process reads *file*.

    Text, rows and messages are read here: they are decoded and put in one form, in time and memory that grow
    with their length alone. So are archives of mails, which are only cut into mails.
    """
    if file.media_type in _IN_CHILD_IF_LARGE:
        return len(file.data) > _SMALL_BYTES or b"html" in file.data.lower()
    return file.media_type in READ_IN_CHILD


def read_guarded(file: File) -> Document:
    """Read *file*: in a child process where its kind is risky, else here."""
    file = identify(file)
    return shared_pool().read(file) if is_risky(file) else reader_of(file)(file)


def read(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    media_type: str | None = None,
    limits: Limits = _STANDARD,
    ocr: OcrEngine = "auto",
    read_file: Callable[[File], Document] = read_guarded,
) -> Document:
    """Read a file (by its path) or bytes as a document.

    Its first bytes decide what a file is; then *media_type*, then its name. Files whose parsers are risky are
    read in a child process, which alone dies of them. *ocr* recognises pages that are pictures. *read_file*
    reads the file and what is inside it: a run has one that remembers (`DocumentCache`).

    Raises:
        UnreadableDocument: It is empty, cut, damaged or locked.
        UnsupportedDocument: No reader knows what it is.
        LimitExceeded: It is too large, too deep or too slow; the error names the limit.
        TypeError: It is neither a path nor bytes.
        ValueError: It is an address: nothing is fetched here.
    """
    _require_file(source)
    data = source if isinstance(source, bytes) else _bytes_of(Path(source), limits)
    called = name or ("document" if isinstance(source, bytes) else Path(source).name)
    file = File(
        name=harmless_name(called),
        media_type=media_type or "",
        data=data,
        limits=limits,
        ocr=ocr,
        read_part=read_file,
    )
    return read_file(file)


def _require_file(source: object) -> None:
    if not isinstance(source, str | Path | bytes):
        remedy = "it is read already" if isinstance(source, Document) else "give a path, or its bytes"
        raise TypeError(f"{a_kind_of(source)} cannot be read: {remedy}")
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        raise ValueError("read takes a file and no address: fetch it first, and give its bytes with a name=")


def _bytes_of(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(limits.bytes + 1)  # one more: `identify` sees that it is too large
    except OSError as error:
        raise UnreadableDocument(
            say("{path} cannot be opened: {why}.", path=str(path), why=os_error_reason(error)),
            name=path.name,
        ) from error


MOST_BYTES = 64_000_000
_BYTES_PER_WORD = 300
"""Roughly the memory a word with its box takes."""
_Key = tuple[object, ...]


@dataclass(frozen=True)
class _Read:
    document: Document
    depth: int
    """How deep it lay where it was read."""
    height: int
    """How deep what is inside it goes."""
    size: int


@dataclass
class DocumentCache:
    """Reads files like `read_guarded`, and remembers what was read lately. One a run, safe to share.

    Only files that are read in a child process are kept: the others cost less than looking them up.
    """

    most_bytes: int = MOST_BYTES
    _kept: "OrderedDict[_Key, _Read]" = field(default_factory=OrderedDict, init=False, repr=False)
    _under_way: "dict[_Key, Future[_Read]]" = field(default_factory=dict, init=False, repr=False)
    _size: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def read(self, file: File) -> Document:
        """Read *file*, or give what it was read as; of several threads with the same file, one reads it.

        Raises:
            DocumentError: It cannot be read.
        """
        file = identify(file)
        if not is_risky(file):
            return reader_of(file)(file)
        key = (sha256(file.data), file.name, file.media_type, file.ocr, file.limits)
        with self._lock:
            known = self._kept.get(key)
            if known is not None and _same_at(known, file):
                self._kept.move_to_end(key)
                return known.document
            running = self._under_way.get(key)
            future: Future[_Read] = Future()
            if running is None:
                self._under_way[key] = future
        if running is not None:
            known = running.result()
            return known.document if _same_at(known, file) else read_guarded(file)
        return self._read_first(key, file, future)

    def _read_first(self, key: _Key, file: File, future: "Future[_Read]") -> Document:
        try:
            document = read_guarded(file)
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            future.set_exception(error)
            raise
        known = _Read(document, file.depth, _height(document), _size_of(document))
        with self._lock:
            del self._under_way[key]
            self._keep(key, known)
        future.set_result(known)
        return document

    def _keep(self, key: _Key, known: _Read) -> None:
        old = self._kept.pop(key, None)
        self._size += known.size - (old.size if old else 0)
        self._kept[key] = known
        while self._size > self.most_bytes:
            self._size -= self._kept.popitem(last=False)[1].size


def _same_at(known: _Read, file: File) -> bool:
    """Tell whether a file reads the same at another depth: nothing in it lies deeper than is allowed."""
    return known.depth == file.depth or max(known.depth, file.depth) + known.height <= file.limits.depth


def _height(document: Document) -> int:
    return max((1 + _height(part) for part in document.parts), default=0)


def _size_of(document: Document) -> int:
    """Estimate the memory a document takes."""
    return sum(
        len(each.data) + sum(len(page.text) + _BYTES_PER_WORD * len(page.words) for page in each.pages)
        for each in document.walk()
    )
