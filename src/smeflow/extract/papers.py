"""Which documents of a case may hold the record, and what the readers without a model made of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import cast

from smeflow._text import folded
from smeflow.documents.document import Document
from smeflow.documents.xml import STATUS_FIELD
from smeflow.extract.field_values import bare_value, canonical_text
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import (
    FieldSpec,
    ProofRules,
    ReaderContext,
    ReaderSlot,
    RecordKind,
    RecordReader,
)
from smeflow.kinds.records import Check, FieldRival, Finding, Reading
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


def unproven_fields(
    papers: PaperReadings, checks: Sequence[Check], kind: RecordKind, wanted: Sequence[str]
) -> tuple[str, ...]:
    """Name what is wanted and was read, but is not proven: a check of it failed. A file's own data are."""
    rules = kind.rules.names if kind.rules else ()
    told = {*rules, *kind.proof.only_told}
    failed = {n for check in checks if check.passed is False and check.name not in told for n in check.fields}
    return () if papers.exact else tuple(name for name in wanted if name in failed)


def printed_choices(papers: PaperReadings, fields: Collection[str]) -> list[str]:
    """Give a line for each field that is open: the values it could have, each as it is printed."""
    lines = []
    for name in fields:
        printed: dict[str, str] = {}
        for reading in papers.readings:
            own = reading.findings.get(name)
            if own is not None and own.quote is not None:
                printed.setdefault(_one_line(own.quote.text), "")
            for rival in reading.rivals.get(name, ()):
                if rival.quote is not None:
                    beside = f" (beside: {_one_line(rival.label)})" if rival.label else ""
                    printed.setdefault(_one_line(rival.quote.text), beside)
        if printed:
            lines.append(f"{name}: " + " | ".join(f"{text}{beside}" for text, beside in printed.items()))
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())


def weigh_model(papers: PaperReadings, model: Reading, rules: ProofRules) -> tuple[PaperReadings, Reading]:
    """Hold a model's values against the page where the page's reader proves nothing.

    A grounded value of the model goes before an unproven one, but where only the latter is tied to its field
    or makes the sums close. The page is judged again with what goes first: what its laws uphold then is
    upheld, whoever read it. The model's word itself counts for nothing.
    """
    page = papers.readings[0] if len(papers.readings) == 1 else None
    if page is None or papers.exact or page.judged_with is None:
        return papers, model
    first = _contested(page, model, rules)
    if not first:
        return papers, model
    again = page.judged_with(first)
    lost = _lost(page, again, first, rules)
    first = {name: finding for name, finding in first.items() if name not in lost}
    again = page.judged_with(first) if lost else again
    kept = {name: f for name, f in again.findings.items() if name not in first or name in page.findings}
    own = {name: page.findings[name] for name in first if name in page.findings}
    rivals = {name: _with_rival(again, name, finding, first) for name, finding in own.items()}
    rivals |= {name: _with_rival(again, name, model.findings[name], first) for name in lost}
    judged = replace(again, findings={**kept, **own}, rivals={**again.rivals, **rivals})
    ranked = replace(model, outranks=frozenset(first), upheld=again.upheld & first.keys())
    return replace(papers, readings=(judged,)), ranked


def _contested(page: Reading, model: Reading, rules: ProofRules) -> dict[str, Finding]:
    """Give the model's values of what the page leaves out, or reads otherwise and does not prove."""
    failed = _failed_checks(page)
    differ = {
        name
        for name in rules.guarded
        if name in model.findings
        and (name not in page.findings or _bare(page.findings[name]) != _bare(model.findings[name]))
    }
    contested = {name for name in differ if name not in page.findings or name in failed}
    if contested.intersection(rules.sums):  # sums are one value
        contested |= differ.intersection(rules.sums)
    return {name: _untyped(model.findings[name]) for name in rules.guarded if name in contested}


def _lost(page: Reading, again: Reading, first: Mapping[str, Finding], rules: ProofRules) -> frozenset[str]:
    """Name where the page's own value is tied to its field, or makes the sums, and the model's is not."""
    before, after = _failed_checks(page), _failed_checks(again)
    lost = {
        name
        for name in first
        if name in page.findings and "tied" in after.get(name, ()) and "tied" not in before.get(name, ())
    }
    sums = first.keys() & set(rules.sums)
    if sums and _closes(page, rules.sums) and not _closes(again, rules.sums):
        return frozenset(lost | sums)
    return frozenset(lost if not lost.intersection(rules.sums) else lost | sums)


def _closes(reading: Reading, sums: Sequence[str]) -> bool:
    if not all(name in reading.findings for name in sums):
        return False
    *parts, whole = (reading.findings[name].value for name in sums)
    return bool(sum(parts) == whole)


def _failed_checks(reading: Reading) -> dict[str, set[str]]:
    failed: dict[str, set[str]] = {}
    for check in reading.checks:
        for name in check.fields if check.passed is False else ():
            failed.setdefault(name, set()).add(check.name)
    return failed


def _with_rival(
    again: Reading, name: str, finding: Finding, first: Collection[str]
) -> tuple[FieldRival, ...]:
    """Put the value that did not go first among the rivals: open, unless the first is upheld."""
    upheld = name in first and name in again.upheld
    why = say("It was read without a model, and nothing proves it.") if upheld else None
    value = bare_value(finding.value)
    others = tuple(r for r in again.rivals.get(name, ()) if canonical_text(r.value) != canonical_text(value))
    return (FieldRival(value=value, quote=finding.quote, why=why), *others)


def _untyped(finding: Finding) -> Finding:
    return replace(finding, value=bare_value(finding.value))


def _bare(finding: Finding) -> object:
    value = bare_value(finding.value)
    return abs(value) if isinstance(value, Decimal) else folded(str(value))
