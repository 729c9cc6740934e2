"""Read a file, whatever it is, as a document."""

from collections.abc import Callable
from pathlib import Path

from smeflow.documents.base import Document, Limits
from smeflow.documents.file import File, Ocr, harmless_name
from smeflow.documents.kinds import READERS, RISKY, reader_of, sniffed
from smeflow.documents.pool import shared_pool
from smeflow.errors import UnreadableDocument, system_words
from smeflow.i18n import say

_STANDARD = Limits()


def read_guarded(file: File) -> Document:
    """Read *file*: in a child process where its kind is risky, else here."""
    file = sniffed(file)
    reader = reader_of(file)
    return shared_pool().read(file) if file.media_type in RISKY else reader(file)


def read(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    media_type: str | None = None,
    limits: Limits = _STANDARD,
    ocr: Ocr = "tesseract",
    read_file: Callable[[File], Document] = read_guarded,
) -> Document:
    """Read a file (by its path) or bytes as a document.

    What a file is, its first bytes tell; then *media_type*, then its name. Files whose parsers are risky are
    read in a child process, which alone dies of them. *ocr* recognises pages that are pictures. *read_file*
    reads the file and what is inside it: a run has one that remembers (`smeflow.documents.parsed`).

    Raises:
        UnreadableDocument: It is empty, cut, damaged or locked.
        UnsupportedDocument: No reader knows what it is.
        LimitExceeded: It is too large, too deep or too slow; the error names the limit.
    """
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


def _bytes_of(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(
                limits.bytes + 1
            )  # one more than allowed: `sniffed` tells that it is too large
    except OSError as error:
        raise UnreadableDocument(
            say("{path} cannot be opened: {why}.", path=str(path), why=system_words(error)),
            name=path.name,
        ) from error


__all__ = ["READERS", "read", "read_guarded"]
