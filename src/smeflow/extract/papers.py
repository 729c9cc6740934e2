"""Which documents of a case may hold the record, and what the readers without a model made of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from smeflow._text import folded
from smeflow.documents.document import Document
from smeflow.documents.xml import STATUS_FIELD
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import FieldSpec, ReaderContext, ReaderSlot, RecordKind, RecordReader
from smeflow.kinds.records import Check, Reading
from smeflow.kinds.steps import is_printed

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
    def has_data(self) -> bool:
        """Whether its data hold a whole record."""
        return self.exact is not None and self.exact.record is not None

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


def _fuller(first: Reading | None, second: Reading | None) -> Reading | None:
    if first is None or second is None:
        return first or second
    return second if len(second.findings) > len(first.findings) else first


def _is_xml(document: Document) -> bool:
    return document.media_type.endswith("xml")


def candidate_papers(documents: Sequence[Document]) -> list[Paper]:
    """Give each attachment that may hold a record; the message where nothing attached says anything."""
    messages = [d for d in documents if d.is_message]
    others = [d for d in without_messages(documents) if _says_something(d) and not d.fields.get(STATUS_FIELD)]
    chosen = [d for d in others if is_printed(d)] or others or messages
    return [Paper(documents=(d,)) for d in chosen]


def without_messages(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Give every file that is no mail, once; of a mail what is attached to it."""
    files: dict[tuple[str, str], Document] = {}
    for document in documents:
        for file in _unpacked(document):
            files.setdefault((file.name, file.sha256 or file.text), file)
    return tuple(files.values())


def _unpacked(document: Document) -> tuple[Document, ...]:
    """Open mails and archives; an archive that could not be opened stays, with its reason."""
    opened = document.is_message or (document.media_type == ZIP and document.parts)
    return without_messages(document.parts) if opened else (document,)


def status_messages(documents: Sequence[Document]) -> tuple[Phrase, ...]:
    """Say which of the files are messages of a platform about an invoice: kept, and not read as one."""
    return tuple(
        say(
            "{name} is a platform's message about invoice {number}: {status}. It is kept, not read as one.",
            name=document.name,
            number=document.fields.get("status_of", "?"),
            status=document.fields[STATUS_FIELD],
        )
        for document in without_messages(documents)
        if document.fields.get(STATUS_FIELD)
    )


def unreadable_reasons(documents: Sequence[Document]) -> tuple[Phrase, ...]:
    """Say which attachments of the kind invoices come as could not be read: one may be what is wanted."""
    files = without_messages(documents)
    unread = (d for d in files if not d.pages and (is_printed(d) or d.media_type == ZIP))
    return tuple(problem for document in unread for problem in document.problems)


def readable_documents(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Give every document a person can read, once: messages first, then what is attached."""
    messages = tuple(d for d in documents if d.is_message)
    rest = (d for d in without_messages(documents) if not d.fields.get(STATUS_FIELD))
    readable = (d for d in (*messages, *rest) if d.text.strip())
    return tuple(replace(document, parts=()) for document in readable)


def _says_something(document: Document) -> bool:
    return any(inner.text.strip() or _is_xml(inner) for inner in document.walk())


@dataclass(frozen=True, kw_only=True)
class PaperReadings:
    """What a record is read from, before any model is asked."""

    documents: tuple[Document, ...]
    """What a model is shown and quotes are looked for in."""
    readings: tuple[Reading, ...] = ()
    """In the order in which they count."""
    exact: bool = False
    checks: tuple[Check, ...] = ()
    several: int = 1
    unread: tuple[Phrase, ...] = ()
    """Why attachments that may hold a record could not be read."""
    problems: tuple[Phrase, ...] = ()


def read_papers(
    documents: Sequence[Document], kind: RecordKind, context: ReaderContext, slots: Collection[str]
) -> PaperReadings:
    """Find the record among *documents*, file by file, and read it with the readers that are wanted."""
    readers = {slot: reader for slot, reader in kind.readers.items() if slot in slots}
    groups = _by_number([_read_paper(paper, readers, context) for paper in candidate_papers(documents)])
    if not groups:
        return _unread(documents)
    chosen = max(groups, key=_fullness)
    several = max(sum(_is_record(paper, kind) for paper in groups), *map(_count, groups), 1)
    readings = [r for r in (chosen.exact, chosen.page) if r and (r.findings or r.problems)]
    data = chosen.exact if chosen.has_data else None
    checks = kind.papers.against(data, chosen.page, chosen.visible) if data else ()
    if data and chosen.page:  # the data count; the page only fills what they leave out
        page_only = {n: f for n, f in chosen.page.findings.items() if n not in data.findings}
        readings = [data, replace(chosen.page, findings=page_only)]
    return PaperReadings(
        documents=chosen.visible,
        readings=tuple(readings),
        exact=data is not None,
        checks=checks,
        several=several,
        unread=unreadable_reasons(documents),
        problems=(
            *_document_problems(documents),
            *(problem for reading in readings for problem in reading.problems),
        ),
    )


def read_labelled_fields(
    documents: Sequence[Document], specs: Mapping[str, FieldSpec], *, layout: bool
) -> PaperReadings:
    """Read labelled fields from all documents of a case."""
    papers = _unread(documents)
    if not layout or not papers.documents:
        return papers
    reading = read_beside_labels(papers.documents, specs)
    if reading is None:
        return papers
    problems = (*papers.problems, *reading.problems)
    return replace(papers, readings=(reading,), problems=problems, several=reading.several)


def read_beside_labels(documents: Sequence[Document], specs: Mapping[str, FieldSpec]) -> Reading | None:
    """Read the fields that may stand beside a label."""
    from smeflow.extract.labels import Wanted, read_labelled

    def wanted(spec: FieldSpec) -> Wanted:
        if spec.names or spec.kind in ("boolean", "datetime", "union") or spec.python is float:
            return spec
        return spec.choices or cast("Wanted", spec.kind)

    return read_labelled(documents, {name: wanted(spec) for name, spec in specs.items() if spec.plain})


def _unread(documents: Sequence[Document]) -> PaperReadings:
    """Give what can be read, before anybody reads it."""
    return PaperReadings(
        documents=readable_documents(documents),
        unread=unreadable_reasons(documents),
        problems=tuple(_document_problems(documents)),
    )


def _document_problems(documents: Sequence[Document]) -> list[Phrase]:
    """Give what the files themselves say is wrong with them, and with what is inside."""
    problems = [problem for outer in documents for inner in outer.walk() for problem in inner.problems]
    return [*problems, *status_messages(documents)]


def _read_paper(paper: Paper, readers: Mapping[ReaderSlot, RecordReader], context: ReaderContext) -> Paper:
    exact, layout = readers.get("exact"), readers.get("layout")
    data = exact(paper.documents, context) if exact else None
    if data and data.record is not None:
        paper = replace(paper, documents=tuple(_with_own_page(d, data) for d in paper.documents))
    page = layout(paper.visible, context) if layout and paper.has_page else None
    return replace(paper, exact=data, page=page)


def _with_own_page(document: Document, data: Reading) -> Document:
    """Leave out of XML what is attached to it and is not its page: that prints its number."""
    found = data.findings.get("number")
    number = _without_blanks(str(found.value)) if found and found.value else ""
    if not number or not _is_xml(document):
        return document
    own = (part for part in document.parts if not part.text.strip() or number in _without_blanks(part.text))
    return replace(document, parts=tuple(own))


def _without_blanks(text: str) -> str:
    return "".join(folded(text).split())


def _by_number(papers: Sequence[Paper]) -> list[Paper]:
    """Put files of the same number together."""
    groups: dict[str, Paper] = {}
    for index, paper in enumerate(papers):
        key = folded(paper.number or "") or f"\0{index}"
        groups[key] = groups[key].beside(paper) if key in groups else paper
    return list(groups.values())


def _fullness(paper: Paper) -> tuple[bool, int]:
    return paper.has_data, len(paper.page.findings) if paper.page else 0


def _is_record(paper: Paper, kind: RecordKind) -> bool:
    """Tell whether a paper is a record of its own: by its data, or by what was read from its page."""
    return paper.has_data or (paper.page is not None and kind.papers.is_one(paper.page))


def _count(paper: Paper) -> int:
    return max((reading.several for reading in (paper.exact, paper.page) if reading), default=1)
