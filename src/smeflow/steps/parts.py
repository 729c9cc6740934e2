"""Cut a case into the cases it holds: the attachments of a mail, the invoices of a file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from smeflow.documents.base import BESIDE, Document
from smeflow.documents.pages import only_pages
from smeflow.step import Case
from smeflow.steps.bundles import find_invoices

MAIL = "message/rfc822"
ZIP = "application/zip"
PAPERS = ("application/pdf", "application/xml", "text/xml", "image/")
"""What an invoice comes as."""


def split(case: Case, how: Literal["invoices", "attachments"]) -> tuple[Case, ...]:
    """Give the cases *case* holds, called ``case/part``; nothing where it is one piece.

    ``attachments``: each attachment of a mail, each file of an archive. ``invoices``: each of these that may
    be one, and each invoice of a PDF that surely holds several: where that is not sure the file stays whole,
    and the step that reads it says so.
    """
    if not case.documents:
        return ()
    first = case.documents[0]
    if first.media_type == ZIP and first.parts:
        inside = list(opened(first.parts))
        found = (
            inside
            if how == "attachments"
            else [p for d in inside if d.media_type.startswith(PAPERS) for p in (*_invoices(d),) or (d,)]
        )
    elif first.media_type == MAIL:
        attached = list(opened(d for d in case.documents[1:] if d.data))
        found = (
            [d for d in first.parts if d.data and not d.fields.get(BESIDE)]  # a mail in it is one piece
            if how == "attachments"
            else [p for d in attached if d.media_type.startswith(PAPERS) for p in (*_invoices(d),) or (d,)]
        )
    else:
        found = list(_invoices(first)) if how == "invoices" and len(case.documents) == 1 else []
    return tuple(Case.of(document, id=f"{case.id}/{document.name}", known=case.known) for document in found)


def opened(documents: Iterable[Document]) -> Iterator[Document]:
    """Open archives, however deep; one that could not be opened stays as it is."""
    for document in documents:
        if document.media_type == ZIP and document.parts:
            yield from opened(document.parts)
        else:
            yield document


def _invoices(document: Document) -> Iterator[Document]:
    for pages in find_invoices(document):
        yield replace(only_pages(document, pages), name=pages.named(document.name))
