"""What a reader makes of a file: pages with words and boxes, and quotes that point back into them.

Pages and lines count from 1; spans count characters from 0, end excluded; boxes are in fractions of the
page (0 to 1) from its top left corner, so that they fit an image of any size.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from pkgutil import resolve_name
from typing import Literal

from smeflow._text import sha256
from smeflow.i18n import Phrase

SHOWN_BY = "smeflow.documents.show:document_html"
"""Shows a document in a notebook. Named and not imported: it stands above all readers, as they above this."""
MAIL = "message/rfc822"
MESSAGE = "application/vnd.smeflow.message+json"
"""A message that is no mail, such as one of a chat: a JSON object with ``text`` and, as far as they are
known, ``from``, ``subject`` and ``date``."""
ROW = "application/vnd.smeflow.row+json"
"""The media type of a row: a JSON object of text cells, in the order of the columns."""
FACTS = "application/vnd.smeflow.facts+json"
"""The computed facts of a period."""
DECORATION = "beside"
"""A field of a part that belongs to the mail and is no document: a logo in the text, a signature's seal. It
has a name and bytes and was not read; no case has it among its documents."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in fractions of its width and height, from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """How far its bottom is below its top."""
        return self.bottom - self.top

    def around(self, other: "Box") -> "Box":
        """Give the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """One word as printed, with its box and its place in the page's text."""

    text: str
    box: Box
    start: int
    """Offset of its first character in ``Page.text``."""
    line: int = 0
    """The line it stands on, from 1; 0 where lines are unknown."""

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. Text without pages (a mail, a row) is one page without words."""

    number: int
    text: str
    width: float = 0.0
    """In points (1/72 inch); 0 where there is no paper."""
    height: float = 0.0
    words: tuple[Word, ...] = ()
    origin: Literal["text", "ocr"] = "text"
    """Whether the words were in the file or were recognised from its picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The place in a document that a value was read from."""

    text: str
    """As printed, never corrected."""
    document: str
    """`Document.name`."""
    page: int | None = None
    box: Box | None = None
    start: int | None = None
    """Offset in the page's text."""
    end: int | None = None
    path: str | None = None
    """The XPath in an XML document, or the column of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under named columns. Every cell is text, as it stands in the file."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class Document:
    """A file that was read. Frozen; equal when name and content are."""

    name: str
    """What a person calls it: a file name, ``message`` or ``row 12``."""
    media_type: str
    pages: tuple[Page, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Named values that stand beside the text: a mail's headers (``subject``, ``from``, ``date``, RFC 5322
    names in lower case), a row's columns, a PDF's title."""
    parts: tuple["Document", ...] = ()
    """What was inside: a mail's attachments, a PDF's embedded files."""
    table: Table | None = None
    data: bytes = field(default=b"", repr=False, compare=False)
    """The bytes it was read from."""
    sha256: str = ""
    problems: tuple[Phrase, ...] = ()
    """What a person should know: a part that could not be read, text nobody can see, a limit reached."""
    unread: tuple[Phrase, ...] = ()
    """Of `problems`, those that say that something of it is missing here: a page, a file in it."""
    language: str | None = None
    """Two letters (ISO 639-1) where it was detected."""

    @property
    def is_message(self) -> bool:
        """Whether somebody sent it: it has a sender, a subject perhaps, and what came with it as parts."""
        return is_message(self.media_type)

    @property
    def text(self) -> str:
        """The text of all pages, a form feed between two."""
        return "\f".join(page.text for page in self.pages)

    def walk(self) -> Iterator["Document"]:
        """Go through this document and everything inside it, depth first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def __repr__(self) -> str:
        counts = [f"{len(self.pages)} pages" if len(self.pages) != 1 else "1 page"]
        counts += [f"{len(self.parts)} parts"] if self.parts else []
        problems = "".join(f"; {problem}" for problem in self.problems[:5])
        return f"<Document {self.name}: {self.media_type}, {', '.join(counts)}{problems}>"

    def _repr_html_(self) -> str:
        return str(resolve_name(SHOWN_BY)(self))


def is_message(media_type: str) -> bool:
    """Tell whether what is of this type is a message: a mail, or one a source of its own declares to be."""
    return media_type in (MAIL, MESSAGE)


def text_document(
    text: str, *, name: str = "text", media_type: str = "text/plain", fields: Mapping[str, str] | None = None
) -> Document:
    """Make a document of one page from *text*."""
    return Document(
        name=name,
        media_type=media_type,
        pages=(Page(number=1, text=text),),
        fields=fields or {},
        data=text.encode(),
        sha256=sha256(text),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a foreign file is read before `LimitExceeded` names the limit. Every one has a default."""

    bytes: int = 50_000_000
    pages: int = 300
    parts: int = 200
    """Attachments, embedded files and MIME parts together."""
    depth: int = 8
    """Mail inside mail, MIME parts inside parts, XML elements times 16."""
    ratio: int = 200
    """Bytes unpacked for one byte packed."""
    pixels: int = 60_000_000
    seconds: float = 30.0
    """On the wall. Of the processor a small file gets less: 4, and one more for each 50,000 of its bytes."""
    memory_bytes: int = 1_000_000_000
    """At most. A small file gets less: 240,000,000, and 15 for each of its bytes; all where a picture is
    recognised."""
    columns: int = 500
    rows: int = 1_000_000
    characters: int = 5_000_000
    """Text taken from one document."""


@dataclass(frozen=True, slots=True)
class PageRange:
    """Pages of a document, from 1, the last one included. Written as ``2-3``, or ``2`` for one."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}" if self.last > self.first else str(self.first)

    @classmethod
    def of(cls, written: str) -> "PageRange":
        """Read what ``str`` wrote."""
        first, _, last = written.partition("-")
        return cls(int(first), int(last or first))

    def named(self, name: str) -> str:
        """Name these pages of the file *name*: ``scan.pdf`` gives ``scan p2-3.pdf``."""
        path = PurePosixPath(name)
        return f"{path.stem} p{self}{path.suffix}"

    def version(self, whole: str) -> str:
        """Give the hash that stands for these pages, from the hash of the *whole* file."""
        return sha256(f"{whole}#{self}")


def select_pages(document: Document, pages: PageRange) -> Document:
    """Give *document* with these pages alone; they keep their numbers, and the document the file's bytes."""
    kept = tuple(page for page in document.pages if pages.first <= page.number <= pages.last)
    fields = {**document.fields, "pages": str(pages)}
    return replace(document, pages=kept, parts=(), fields=fields, sha256=pages.version(document.sha256))
