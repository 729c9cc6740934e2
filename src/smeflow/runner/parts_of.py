"""What ``split:`` makes of a case: the parts that become items of their own."""

from smeflow.documents.base import Document
from smeflow.documents.pages import PageRange
from smeflow.ledger.parts import PAGES, Part
from smeflow.step import Case
from smeflow.steps.parts import split


def parts_of(case: Case, how: str) -> tuple[Part, ...] | None:
    """Give the parts of *case*; None where it is one piece and is worked on as it is."""
    return tuple(_part(part.documents[0]) for part in split(case, how)) or None


def _part(document: Document) -> Part:
    written = document.fields.get(PAGES)
    pages = PageRange.of(written) if written else None
    return Part(name=document.name, media_type=document.media_type, data=document.data, pages=pages)
