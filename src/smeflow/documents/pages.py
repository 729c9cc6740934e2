"""Some pages of a document, as a document of their own."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from smeflow._text import sha256
from smeflow.documents.base import Document


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


def only_pages(document: Document, pages: PageRange) -> Document:
    """Give *document* with these pages alone; they keep their numbers, and the document the file's bytes."""
    kept = tuple(page for page in document.pages if pages.first <= page.number <= pages.last)
    fields = {**document.fields, "pages": str(pages)}
    return replace(document, pages=kept, parts=(), fields=fields, sha256=pages.version(document.sha256))
