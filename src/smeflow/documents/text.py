"""Plain text, and one row of a table as a document."""

import codecs
import json
import unicodedata

from smeflow._text import sha256, visible
from smeflow.documents.base import Document, Page
from smeflow.documents.file import File, bounded_text, within
from smeflow.errors import UnreadableDocument
from smeflow.i18n import Phrase, say

ROW = "application/vnd.smeflow.row+json"
FACTS = "application/vnd.smeflow.facts+json"
_MANY_INVISIBLE = 8

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes, charset: str | None = None) -> str:
    """Turn bytes into text: by a byte order mark, else *charset* if it fits, else UTF-8, else Windows-1252.

    Never fails: where even Windows-1252 has no letter, the byte's Latin-1 character stands.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return tidy(data[len(mark) :].decode(encoding, errors="replace"))
    for encoding in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return tidy(data.decode(encoding))
        except (UnicodeError, LookupError, ValueError):
            continue
    return tidy(data.decode("latin-1"))


def tidy(text: str) -> str:
    """Put *text* in the form all documents have: NFC, line feeds alone, no NUL."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def seen(text: str, name: str) -> tuple[str, tuple[Phrase, ...]]:
    """Drop the characters nobody sees, and tell where there are so many that they could be a message."""
    if text.isascii():
        return text, ()
    shown = visible(text)
    if len(text) - len(shown) < _MANY_INVISIBLE:
        return shown, ()
    return shown, (say("{name} holds characters nobody can see; they were not read.", name=name),)


def read_text(file: File) -> Document:
    """Read plain text as one page."""
    text, problems = seen(bounded_text(decoded(file.data), file), file.name)
    return file.document(pages=(Page(number=1, text=text),), problems=problems)


def read_row(file: File) -> Document:
    """Read one row: its cells as fields, and as text a line ``column: value`` for each that is not empty.

    A column called ``text`` is the text itself: its cell stands without a label.
    """
    try:
        cells = json.loads(file.data)
    except (ValueError, RecursionError):
        cells = None
    if not isinstance(cells, dict):
        raise UnreadableDocument(
            say("{name} is not a row: a row is a JSON object of cells.", name=file.name), name=file.name
        )
    within("columns", file.limits.columns, len(cells), file.name)
    fields = {str(column): _cell(value) for column, value in cells.items()}
    lines = [
        value if column == "text" else f"{column}: {value}"
        for column, value in fields.items()
        if value.strip()
    ]
    text, problems = seen(bounded_text("\n".join(lines), file), file.name)
    return Document(
        name=file.name,
        media_type=file.media_type,
        pages=(Page(number=1, text=text),),
        fields=fields,
        data=file.data,
        sha256=sha256(file.data),
        problems=problems,
    )


def read_message(file: File) -> Document:
    """Read a message that is no mail: its ``text``, and as fields what else is told of it."""
    try:
        told = json.loads(file.data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        raise UnreadableDocument(
            say("{name} is not a message: a message is a JSON object with a text.", name=file.name),
            name=file.name,
        )
    within("columns", file.limits.columns, len(told), file.name)
    fields = {str(name): _cell(value) for name, value in told.items() if name != "text"}
    text, problems = seen(bounded_text(tidy(told["text"]), file), file.name)
    return file.document(pages=(Page(number=1, text=text),), fields=fields, problems=problems)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return tidy(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def read_facts(file: File) -> Document:
    """Read the computed facts of a period: its single figures as text and fields, all else in the bytes."""
    try:
        told = json.loads(file.data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("fields"), dict):
        raise UnreadableDocument(say("{name} holds no computed facts.", name=file.name), name=file.name)
    fields = {str(name): _cell(value) for name, value in told["fields"].items()}
    return file.document(pages=(Page(number=1, text=str(told.get("text", ""))),), fields=fields)
