"""Cut a case into the cases it holds: the attachments of a mail, the invoices of a file."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from smeflow._text import sha256
from smeflow.documents.base import BESIDE, Document
from smeflow.documents.einvoice import STATUS
from smeflow.documents.pages import only_pages
from smeflow.record_kinds import Split, every
from smeflow.step import Case

ZIP = "application/zip"
PAPERS = ("application/pdf", "application/xml", "text/xml", "image/", "application/zip")
"""What an invoice comes as; an archive that is left is a pair, or one that could not be opened."""


def split(case: Case, how: str) -> tuple[Case, ...]:
    """Give the cases *case* holds, called ``case/part``; nothing where it is one piece.

    ``attachments``: each attachment of a mail, each file of an archive. A kind's own word, ``invoices``: each
    of these that may be one, and each invoice of a PDF that surely holds several: where that is not sure the
    file stays whole, and the step that reads it says so.
    """
    if not case.documents:
        return ()
    first = case.documents[0]
    inside = list(paired(opened(_inside(case))))
    own = next((row.split for row in every() if row.split and row.split.word == how), None)
    if own and first.media_type == ZIP and [d.sha256 for d in inside] == [first.sha256]:
        return ()  # data and page of one invoice: they are read together
    if own:
        found = [p for d in inside if d.media_type.startswith(PAPERS) for p in (*_pieces(d, own),) or (d,)]
        found = found if first.is_message or first.media_type == ZIP or found != [first] else []
    elif first.is_message:
        found = [d for d in first.parts if d.data and not d.fields.get(BESIDE)]  # a mail in it is one piece
    else:
        found = list(opened(first.parts)) if first.media_type == ZIP else []
    return tuple(Case.of(document, id=f"{case.id}/{document.name}", known=case.known) for document in found)


def _inside(case: Case) -> Sequence[Document]:
    """Give what may hold invoices: a mail's attachments, an archive's files, a file that stands alone."""
    first = case.documents[0]
    if first.is_message:
        return [d for d in case.documents[1:] if d.data]
    return case.documents if len(case.documents) == 1 else ()


def opened(documents: Iterable[Document]) -> Iterator[Document]:
    """Open archives, however deep; one that could not be opened stays as it is."""
    for document in documents:
        if document.media_type == ZIP and document.parts:
            yield from opened(document.parts)
        else:
            yield document


def paired(documents: Iterable[Document]) -> Iterator[Document]:
    """Put the data and the page of one invoice together again: ``F1.xml`` and ``F1.pdf`` are one paper."""
    held = list(documents)
    by_stem: dict[str, list[Document]] = {}
    for document in held:
        by_stem.setdefault(document.name.rpartition(".")[0].casefold(), []).append(document)
    done: set[int] = set()
    for document in held:
        both = by_stem[document.name.rpartition(".")[0].casefold()]
        kinds = sorted(one.media_type.rpartition("/")[2] for one in both)
        if kinds != ["pdf", "xml"] or any(one.fields.get(STATUS) for one in both):
            yield document
        elif id(both) not in done:
            done.add(id(both))
            yield _bundle(both)


def _bundle(both: Sequence[Document]) -> Document:
    """Make one file of two, the same bytes each time."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for document in sorted(both, key=lambda one: one.name):
            archive.writestr(zipfile.ZipInfo(document.name), document.data)
    data = held.getvalue()
    name = f"{both[0].name.rpartition('.')[0]}.zip"
    return Document(name=name, media_type=ZIP, data=data, sha256=sha256(data), parts=tuple(both))


def _pieces(document: Document, own: Split) -> Iterator[Document]:
    for pages in own.find(document):
        yield replace(only_pages(document, pages), name=pages.named(document.name))
