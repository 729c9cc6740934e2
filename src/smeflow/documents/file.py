"""A foreign file on its way to becoming a document, and the limits that are checked on that way."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from smeflow._text import sha256, visible
from smeflow.documents.base import Document, Limits
from smeflow.errors import LimitExceeded, SmeflowError
from smeflow.i18n import Phrase, say

Ocr = Literal["tesseract", "rapidocr"]
"""The quick recogniser of pictures, and the slower and surer one (extra ``ocr``)."""


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
    ocr: Ocr = "tesseract"
    """What recognises pictures."""
    spent: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    """What archives unpacked so far, shared with every file inside: archives in archives multiply."""

    def document(self, **values: object) -> Document:
        """Make this file's document; name, media type, bytes and hash are its own."""
        made = Document(name=self.name, media_type=self.media_type, data=self.data, sha256=sha256(self.data))
        return dataclasses.replace(made, **values)  # type: ignore[arg-type]  # checked by the dataclass itself


class FileReader(Protocol):
    """Make a document of a file of one media type; what it cannot read it raises as a `DocumentError`."""

    def __call__(self, file: File, /) -> Document:
        """Read."""
        ...


def attached(file: File, data: bytes, *, name: str, media_type: str = "") -> Document:
    """Read *data* found inside *file*; what cannot be read stays a part, with the reason as its problem."""
    part = dataclasses.replace(
        file, name=harmless_name(name), media_type=media_type, data=data, depth=file.depth + 1
    )
    try:
        if part.depth > file.limits.depth:
            raise too_much("depth", file.limits.depth, part.depth, part.name)
        return file.read_part(part)
    except SmeflowError as error:
        return part.document(problems=(error.phrase,))


def harmless_name(name: str) -> str:
    """Keep of a foreign file name what is safe to show and to use: no folders, no control characters."""
    bare = visible(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    bare = "".join(c for c in bare if c.isprintable()).strip()
    return bare[:200] or "file"


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


def too_much(limit: str, value: float, found: float | None, name: str) -> LimitExceeded:
    """Make the error that names *limit*."""
    phrase = Phrase(LIMIT_PHRASES[limit].template, {"name": name, "value": value, "found": found})
    return LimitExceeded(phrase, limit=limit, value=value, found=found, name=name)


def within(limit: str, value: float, found: float, name: str) -> None:
    """Raise `LimitExceeded` where *found* is more than *value*."""
    if found > value:
        raise too_much(limit, value, found, name)


def bounded_text(text: str, file: File) -> str:
    """Give *text* back unless it is longer than the limit."""
    within("characters", file.limits.characters, len(text), file.name)
    return text


def empty(name: str) -> Phrase:
    """Say that a file has no bytes."""
    return say("{name} is empty. Ask the sender for it again.", name=name)
