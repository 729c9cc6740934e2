"""Which documents of a case may hold the record: each paper with what is inside it, or the message itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from smeflow.documents.base import Document
from smeflow.documents.einvoice import STATUS
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Reading
from smeflow.steps.base import is_printed

ZIP = "application/zip"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One or more files that are the same paper, and what readers made of it."""

    documents: tuple[Document, ...]
    exact: Reading | None = None
    page: Reading | None = None

    @cached_property
    def visible(self) -> tuple[Document, ...]:
        """What a person sees: everything but XML, which counts only where there is nothing else.

        Each stands alone, without what is inside it, so that a value is quoted from where it is seen.
        """
        inner = [replace(d, parts=()) for outer in self.documents for d in outer.walk() if d.text.strip()]
        return tuple(d for d in inner if not _is_xml(d)) or tuple(inner)

    @property
    def has_page(self) -> bool:
        """Whether there is more than XML."""
        return any(not _is_xml(document) for document in self.visible)

    @property
    def number(self) -> str | None:
        """The record's number, where a reader found one."""
        for reading in (self.exact, self.page):
            finding = reading.findings.get("number") if reading else None
            if finding and finding.value:
                return str(finding.value)
        return None

    def beside(self, other: "Paper") -> "Paper":
        """Put two files of the same paper together: the XML of one, the page of the other."""
        return replace(
            self,
            documents=(*self.documents, *other.documents),
            exact=self.exact or other.exact,
            page=_fuller(self.page, other.page),
        )


def _fuller(one: Reading | None, other: Reading | None) -> Reading | None:
    if one is None or other is None:
        return one or other
    return other if len(other.findings) > len(one.findings) else one


def _is_xml(document: Document) -> bool:
    return document.media_type.endswith("xml")


def papers(documents: Sequence[Document]) -> list[Paper]:
    """Give each attachment that may hold a record; the message where nothing attached says anything."""
    messages = [d for d in documents if d.is_message]
    others = [d for d in without_mails(documents) if _says_something(d) and not d.fields.get(STATUS)]
    chosen = [d for d in others if is_printed(d)] or others or messages
    return [Paper(documents=(d,)) for d in chosen]


def without_mails(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Give every file that is no mail, once; of a mail what is attached to it."""
    found: dict[tuple[str, str], Document] = {}
    for document in documents:
        for each in _inside(document):
            found.setdefault((each.name, each.sha256 or each.text), each)
    return tuple(found.values())


def _inside(document: Document) -> tuple[Document, ...]:
    """Open mails and archives; an archive that could not be opened stays, with its reason."""
    opened = document.is_message or (document.media_type == ZIP and document.parts)
    return without_mails(document.parts) if opened else (document,)


def statuses(documents: Sequence[Document]) -> tuple[Phrase, ...]:
    """Say which of the files are messages of a platform about an invoice: kept, and not read as one."""
    return tuple(
        say(
            "{name} is a platform's message about invoice {number}: {status}. It is kept, not read as one.",
            name=document.name,
            number=document.fields.get("status_of", "?"),
            status=document.fields[STATUS],
        )
        for document in without_mails(documents)
        if document.fields.get(STATUS)
    )


def unread(documents: Sequence[Document]) -> tuple[Phrase, ...]:
    """Say which attachments of the kind invoices come as could not be read: one may be what is wanted."""
    lost = (d for d in without_mails(documents) if not d.pages and (is_printed(d) or d.media_type == ZIP))
    return tuple(problem for document in lost for problem in document.problems)


def everything(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Give every document a person can read, once: messages first, then what is attached."""
    messages = tuple(d for d in documents if d.is_message)
    rest = (d for d in without_mails(documents) if not d.fields.get(STATUS))
    readable = (d for d in (*messages, *rest) if d.text.strip())
    return tuple(replace(document, parts=()) for document in readable)


def _says_something(document: Document) -> bool:
    return any(inner.text.strip() or _is_xml(inner) for inner in document.walk())
