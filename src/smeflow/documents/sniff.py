"""Tell what a file is from its first bytes, and only then from its name."""

import re
from email.parser import BytesHeaderParser

from smeflow.documents.base import MAIL

PDF = "application/pdf"
XML = "application/xml"
HTML = "text/html"
TEXT = "text/plain"
ZIP = "application/zip"
MSG = "application/vnd.ms-outlook"
_OLE = "application/x-ole-storage"
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
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
)
_BY_NAME = {
    ".eml": MAIL, ".mht": MAIL, ".txt": TEXT, ".md": TEXT, ".csv": "text/csv", ".tsv": TEXT, ".html": HTML,
    ".htm": HTML, ".xml": XML, ".json": TEXT, ".jsonl": TEXT, ".log": TEXT, ".ics": "text/calendar",
    ".vcf": TEXT, ".mbox": "application/mbox",
}  # fmt: skip
OFFICE = "application/vnd.openxmlformats"
"""A spreadsheet or a text: an archive within, and no reader of ours."""
_OFFICE_ENDINGS = (*(".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".docm", ".xlsm", ".epub", ".jar"),)
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
    for magic, media_type in _MAGIC:
        if start.startswith(magic):
            if media_type == ZIP and name.lower().endswith(_OFFICE_ENDINGS):
                return OFFICE
            outlook = _OUTLOOK in data or name.lower().endswith(".msg")
            return MSG if media_type == _OLE and outlook else media_type
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "image/webp"
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
