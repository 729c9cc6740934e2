"""A foreign file before it is a document: what its first bytes say it is, and the limits it is held to."""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import Literal, Protocol

from smeflow._text import sha256, strip_invisible
from smeflow.documents.document import MAIL, Document, Limits
from smeflow.errors import LimitExceeded, SmeflowError
from smeflow.i18n import Phrase, say

PDF = "application/pdf"
XML = "application/xml"
HTML = "text/html"
TEXT = "text/plain"
ZIP = "application/zip"
MSG = "application/vnd.ms-outlook"
HEIC = "image/heic"
OLE = "application/x-ole-storage"
RTF = "application/rtf"
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
"""Names a stream that every mail of Outlook's has and no other document."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"{\\rtf", RTF),
)
_ANY_MAGIC = tuple(magic for magic, _ in _MAGIC)
_BY_NAME = {
    ".eml": MAIL, ".mht": MAIL, ".txt": TEXT, ".md": TEXT, ".csv": "text/csv", ".tsv": TEXT, ".html": HTML,
    ".htm": HTML, ".xml": XML, ".json": TEXT, ".jsonl": TEXT, ".log": TEXT, ".ics": "text/calendar",
    ".vcf": TEXT, ".mbox": "application/mbox",
}  # fmt: skip
OFFICE = "application/vnd.openxmlformats"
"""The document of an office program: an archive inside, whose parts say what it is."""
_OFFICE_ENDINGS = (*(".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".docm", ".xlsm", ".epub", ".jar"),)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""What stands behind ``ftyp`` in the pictures of telephones."""
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|p|span)\b", re.IGNORECASE)
_MAIL_HEADERS = frozenset({
    "from", "to", "subject", "date", "message-id", "received", "return-path", "mime-version", "delivered-to",
    "reply-to", "content-type",
})  # fmt: skip
_FIRST_HEADER = re.compile(rb"\A(?:From [^\r\n]*\r?\n|>From [^\r\n]*\r?\n)*[A-Za-z][A-Za-z0-9-]*:")


def media_type_of(data: bytes, name: str = "", claimed: str = "") -> str:
    """Give the media type of *data*; ``application/octet-stream`` where nothing is known.

    Bytes that say what they are win over *claimed*, which wins over the name's ending.
    """
    start = data[:4096]
    for magic, media_type in _MAGIC if start.startswith(_ANY_MAGIC) else ():
        if start.startswith(magic):
            if media_type == ZIP and name.lower().endswith(_OFFICE_ENDINGS):
                return OFFICE
            outlook = _OUTLOOK in data or name.lower().endswith(".msg")
            return MSG if media_type == OLE and outlook else media_type
    if picture := _boxed_picture_type(start):
        return picture
    if b"%PDF-" in start[:1024] and not _looks_like_mail(start[: start.find(b"%PDF-")]):
        return PDF
    claimed = claimed.partition(";")[0].strip().lower()
    if claimed.endswith("+json") or claimed == MAIL:
        return claimed
    if name.lower().endswith(".mbox") or claimed == "application/mbox":
        return "application/mbox"
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in start and not wide and not _looks_like_wide_xml(start):
        return "application/octet-stream"
    return _text_type(start, name, claimed)


def _boxed_picture_type(start: bytes) -> str:
    """Name a picture whose mark does not stand at its very beginning."""
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "image/webp"
    is_heic = start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS and b"avif" not in start[:64]
    return HEIC if is_heic else ""


def _text_type(start: bytes, name: str, claimed: str) -> str:
    ending = "." + name.lower().rpartition(".")[2] if "." in name else ""
    bare = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if _HTML_START.match(bare) or (
        bare.startswith(b"<") and (ending in (".html", ".htm") or claimed == HTML)
    ):
        return HTML
    if bare.startswith(b"<?xml"):
        return HTML if b"<html" in bare[:1024].lower() else XML
    if bare.startswith(b"<") and (ending == ".xml" or claimed.endswith("xml") or b"xmlns" in bare):
        return XML
    if _BY_NAME.get(ending) == MAIL or (
        claimed in ("", TEXT) and ending in ("", ".txt") and _looks_like_mail(start)
    ):
        return MAIL
    if claimed.startswith("text/"):
        return claimed
    return _BY_NAME.get(ending, TEXT)


def _looks_like_mail(start: bytes) -> bool:
    """True when the bytes begin with header lines of which at least two are those of every mail."""
    if not _FIRST_HEADER.match(start.lstrip(b"\r\n")):
        return False
    headers = BytesHeaderParser().parsebytes(start.lstrip(b"\r\n"))
    return len(_MAIL_HEADERS & {key.lower() for key in headers}) >= 2


def _looks_like_wide_xml(start: bytes) -> bool:
    return start.startswith((b"<\0?\0", b"\0<\0?"))


OcrEngine = Literal["auto", "second", "paddle", "paddle-small", "tesseract", "rapidocr"]
"""What recognises pictures: one by its name, or ``auto``, the best first look that is installed, or
``second``, the one that looks again where the first left something open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Bytes with a name and a media type, and how to read what is inside them."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits, repr=False)
    depth: int = 0
    """How many files stand around this one."""
    read_part: Callable[["File"], Document] = field(repr=False)
    """Read a file that was inside this one."""
    more_time: Callable[[], None] = field(default=lambda: None, repr=False)
    """Say that work goes on and is slow for a reason: called before a picture is recognised."""
    ocr: OcrEngine = "auto"
    """What recognises pictures."""
    spent: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    """What archives unpacked so far, shared with every file inside: archives in archives multiply."""

    def document(self, **values: object) -> Document:
        """Make this file's document; name, media type, bytes and hash are its own."""
        own = {"name": self.name, "media_type": self.media_type, "data": self.data}
        return Document(**{**own, "sha256": sha256(self.data), **values})  # type: ignore[arg-type]  # checked by the dataclass itself


class FileReader(Protocol):
    """Make a document of a file of one media type; what it cannot read it raises as a `DocumentError`."""

    def __call__(self, file: File, /) -> Document:
        """Read."""
        ...


def read_attached(file: File, data: bytes, *, name: str, media_type: str = "") -> Document:
    """Read *data* found inside *file*; what cannot be read stays a part, with the reason as its problem."""
    part = dataclasses.replace(
        file, name=harmless_name(name), media_type=media_type, data=data, depth=file.depth + 1
    )
    return read_inside(part)


UNREAD = "unread"
"""A field of a part that a child process left to its parent to read: how deep it lies."""


def with_parts_read(document: Document, file: File) -> Document:
    """Read the parts of *file* that its reader left unread."""
    if not document.parts:
        return document
    return dataclasses.replace(document, parts=tuple(_part_read(part, file) for part in document.parts))


def _part_read(part: Document, file: File) -> Document:
    if UNREAD not in part.fields:
        return with_parts_read(part, file)
    depth = int(part.fields[UNREAD])
    return read_inside(
        dataclasses.replace(file, name=part.name, media_type=part.media_type, data=part.data, depth=depth)
    )


def read_inside(part: File) -> Document:
    """Read a file found inside another; see `read_attached`."""
    try:
        if part.depth > part.limits.depth:
            raise limit_exceeded("depth", part.limits.depth, part.depth, part.name)
        return part.read_part(part)
    except SmeflowError as error:
        return part.document(problems=(error.phrase,))


_LONGEST_NAME = 200


def harmless_name(name: str) -> str:
    """Keep of a foreign file name what is safe to show and to use: no folders, no control characters.

    A long one keeps its ending: patterns such as ``*.pdf`` ask for it.
    """
    bare = strip_invisible(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    bare = "".join(c for c in bare if c.isprintable()).strip()
    ending = bare[-10:].rpartition(".")[2] if len(bare) > _LONGEST_NAME and "." in bare[-10:] else ""
    return f"{bare[: _LONGEST_NAME - 1 - len(ending)]}.{ending}" if ending else bare[:_LONGEST_NAME] or "file"


LIMIT_PHRASES: dict[str, Phrase] = {
    "bytes": say("{name} has {found} bytes; the limit `bytes` is {value}. Split it into smaller files."),
    "pages": say("{name} has {found} pages; the limit `pages` is {value}. Split it into smaller files."),
    "parts": say("{name} holds {found} parts; the limit `parts` is {value}. Look at it yourself."),
    "depth": say("{name} is nested {found} deep; the limit `depth` is {value}. Look at it yourself."),
    "ratio": say(
        "{name} unpacks to {found} times its size; the limit `ratio` is {value}. Look at it yourself."
    ),
    "pixels": say("{name} has {found} pixels; the limit `pixels` is {value}. Look at it yourself."),
    "seconds": say(
        "{name} took longer than {value} seconds to read; that is the limit `seconds`. Look at it yourself."
    ),
    "memory_bytes": say(
        "{name} needs more than {value} bytes of memory; that is the limit `memory_bytes`. "
        "Look at it yourself."
    ),
    "columns": say(
        "{name} has {found} columns; the limit `columns` is {value}. Split it into smaller files."
    ),
    "rows": say("{name} has {found} rows; the limit `rows` is {value}. Split it into smaller files."),
    "characters": say(
        "{name} holds {found} characters of text; the limit `characters` is {value}. "
        "Split it into smaller files."
    ),
}


def limit_exceeded(limit: str, value: float, found: float | None, name: str) -> LimitExceeded:
    """Make the error that names *limit*."""
    phrase = Phrase(LIMIT_PHRASES[limit].template, {"name": name, "value": value, "found": found})
    return LimitExceeded(phrase, limit=limit, value=value, found=found, name=name)


def check_limit(limit: str, value: float, found: float, name: str) -> None:
    """Raise `LimitExceeded` where *found* is more than *value*."""
    if found > value:
        raise limit_exceeded(limit, value, found, name)


def bounded_text(text: str, file: File) -> str:
    """Give *text* back unless it is longer than the limit."""
    check_limit("characters", file.limits.characters, len(text), file.name)
    return text


def empty_file_phrase(name: str) -> Phrase:
    """Say that a file has no bytes."""
    return say("{name} is empty. Ask the sender for it again.", name=name)
