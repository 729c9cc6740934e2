"""The readers, one row a media type."""

import dataclasses

from smeflow.documents.base import MAIL, MESSAGE, Document
from smeflow.documents.file import File, FileReader, empty, within
from smeflow.documents.html import read_html
from smeflow.documents.invitation import CALENDAR, read_invitation
from smeflow.documents.mail import read_mail
from smeflow.documents.mbox import MBOX, read_mbox
from smeflow.documents.sniff import HTML, MSG, PDF, XML, ZIP, media_type_of
from smeflow.documents.text import FACTS, ROW, read_facts, read_message, read_row, read_text
from smeflow.documents.tnef import TNEF, read_tnef
from smeflow.errors import UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say


def _pdf(file: File) -> Document:
    from smeflow.documents.pdf import read_pdf

    return read_pdf(file)


def _xml(file: File) -> Document:
    from smeflow.documents.einvoice import read_xml

    return read_xml(file)


def _msg(file: File) -> Document:
    from smeflow.documents.msg import read_msg

    return read_msg(file)


def _zip(file: File) -> Document:
    from smeflow.documents.archive import read_zip

    return read_zip(file)


def _image(file: File) -> Document:
    from smeflow.documents.image import read_image

    return read_image(file)


READERS: dict[str, FileReader] = {
    PDF: _pdf,
    XML: _xml,
    "text/xml": _xml,
    ZIP: _zip,
    "image/png": _image,
    "image/jpeg": _image,
    "image/tiff": _image,
    MAIL: read_mail,
    MSG: _msg,
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
RISKY = frozenset({PDF, XML, "text/xml", ZIP, "image/png", "image/jpeg", "image/tiff", MSG})
"""Read in a child process: their parsers are written in C, or foreign and old."""


def sniffed(file: File) -> File:
    """Give *file* with the media type its bytes tell, checked for size.

    Raises:
        UnreadableDocument: It has no bytes.
        UnsupportedDocument: No reader knows what it is.
        LimitExceeded: It is too large.
    """
    if not file.data:
        raise UnreadableDocument(empty(file.name), name=file.name)
    within("bytes", file.limits.bytes, len(file.data), file.name)
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
                "Send PDF, a picture, .eml, XML, HTML or text.",
                name=file.name,
                kind=file.media_type,
            ),
            name=file.name,
        )
    return reader


def read_here(file: File) -> Document:
    """Read *file* in this process, whatever it is."""
    file = sniffed(file)
    return reader_of(file)(file)
