"""Read a ZIP as what it holds: each file a part, within bounds on their number, size, ratio and depth.

Nothing is ever unpacked onto the disk, and no name inside it is used as a path. Every byte is counted as it
is unpacked: what the archive says of itself is not believed.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from smeflow.documents.base import Document
from smeflow.documents.file import File, attached, empty, within
from smeflow.errors import UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

_CHUNK = 65_536
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
"""What marks a ZIP that is a file of another kind: spreadsheets, texts, programs."""
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENCRYPTED = 0x1


def read_zip(file: File) -> Document:
    """Read every file of an archive as a part; one that cannot be read stays a part, with its reason.

    Raises:
        UnreadableDocument: It is damaged or locked with a password.
        UnsupportedDocument: It is a spreadsheet or another kind of file that only looks like an archive.
        LimitExceeded: It holds too many files, or they unpack to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
            if any(one.filename in _OFFICE for one in inside):
                raise _unsupported(file)
            _spend(file, "parts", len(inside))
            parts = tuple(_parts(archive, inside, file))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableDocument(
            say("{name} is a damaged archive. Ask the sender for it again.", name=file.name), name=file.name
        ) from error
    if not parts:
        raise UnreadableDocument(empty(file.name), name=file.name)
    return file.document(parts=parts)


def _parts(archive: zipfile.ZipFile, inside: list[zipfile.ZipInfo], file: File) -> Iterator[Document]:
    unpacked = 0
    for one in inside:
        if one.flag_bits & _ENCRYPTED:
            raise UnreadableDocument(
                say("{name} is locked with a password. Ask the sender for it without one.", name=file.name),
                name=file.name,
            )
        data = bytearray()
        with archive.open(one) as stream:
            while piece := stream.read(_CHUNK):
                data += piece
                unpacked += len(piece)
                _spend(file, "bytes", len(piece))
                if unpacked > _CHUNK:
                    within("ratio", file.limits.ratio, unpacked // max(len(file.data), 1), file.name)
        yield attached(file, bytes(data), name=one.filename)


def _spend(file: File, limit: str, more: int) -> None:
    """Count against a bound that all archives in one another share."""
    file.spent[limit] = file.spent.get(limit, 0) + more
    within(limit, getattr(file.limits, limit), file.spent[limit], file.name)


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER) or name.rpartition("/")[2] in _LITTER


def _unsupported(file: File) -> UnsupportedDocument:
    return UnsupportedDocument(
        say("{name} is no archive of documents but a file of another kind, which smeflow cannot read here.",
            name=file.name),
        name=file.name,
    )  # fmt: skip
