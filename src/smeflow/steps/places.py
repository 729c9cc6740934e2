"""Where a record is read from: the paper that holds it, and what the readers without a model made of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from smeflow._text import folded
from smeflow.documents.base import Document
from smeflow.i18n import Phrase
from smeflow.readers.base import Check, Reading
from smeflow.record_kinds import FieldSpec, RecordKind, RecordReader, Slot, Sought
from smeflow.steps.papers import Paper, everything, papers, statuses, unread


@dataclass(frozen=True, kw_only=True)
class Place:
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


def record_place(
    documents: Sequence[Document], kind: RecordKind, sought: Sought, slots: Collection[str]
) -> Place:
    """Find the record among *documents*, file by file, and read it with the readers that are wanted."""
    readers = {slot: reader for slot, reader in kind.readers.items() if slot in slots}
    groups = _grouped([_read(paper, readers, sought) for paper in papers(documents)])
    if not groups:
        told = tuple(_told(documents))
        return Place(documents=everything(documents), unread=unread(documents), problems=told)
    chosen = max(groups, key=_fullness)
    ones = [paper for paper in groups if _is_one(paper, kind)]
    several = max(len(ones), *(_count(paper) for paper in groups), 1)
    readings = [r for r in (chosen.exact, chosen.page) if r and (r.findings or r.problems)]
    data = chosen.exact if chosen.exact and chosen.exact.record is not None else None
    checks = kind.papers.against(data, chosen.page, chosen.visible) if data else ()
    if data and chosen.page:  # the data count; the page only fills what they leave out
        rest = {n: f for n, f in chosen.page.findings.items() if n not in data.findings}
        readings = [data, replace(chosen.page, findings=rest)]
    return Place(
        documents=chosen.visible,
        readings=tuple(readings),
        exact=data is not None,
        checks=checks,
        several=several,
        unread=unread(documents),
        problems=(*_told(documents), *(problem for reading in readings for problem in reading.problems)),
    )


def fields_place(documents: Sequence[Document], specs: Mapping[str, FieldSpec], *, layout: bool) -> Place:
    """Read labelled fields from all documents of a case."""
    visible = everything(documents)
    place = Place(documents=visible, unread=unread(documents), problems=tuple(_told(documents)))
    if not layout or not visible:
        return place
    from smeflow.readers.labels import Wanted, read_labelled

    plain = {name: spec for name, spec in specs.items() if spec.plain}
    kinds = {name: spec.choices or cast("Wanted", spec.kind) for name, spec in plain.items()}
    reading = read_labelled(visible, kinds)
    if reading is None:
        return place
    problems = (*place.problems, *reading.problems)
    return replace(place, readings=(reading,), problems=problems, several=reading.several)


def _told(documents: Sequence[Document]) -> list[Phrase]:
    """Give what the files themselves say is wrong with them, and with what is inside."""
    said = [problem for document in documents for inner in document.walk() for problem in inner.problems]
    return [*said, *statuses(documents)]


def _read(paper: Paper, readers: Mapping[Slot, RecordReader], sought: Sought) -> Paper:
    exact, layout = readers.get("exact"), readers.get("layout")
    data = exact(paper.documents, sought) if exact else None
    page = layout(paper.visible, sought) if layout and paper.has_page else None
    return replace(paper, exact=data, page=page)


def _grouped(read: Sequence[Paper]) -> list[Paper]:
    """Put files of the same number together."""
    groups: dict[str, Paper] = {}
    for place, paper in enumerate(read):
        key = folded(paper.number or "") or f"\0{place}"
        groups[key] = groups[key].beside(paper) if key in groups else paper
    return list(groups.values())


def _fullness(paper: Paper) -> tuple[bool, int]:
    found = len(paper.page.findings) if paper.page else 0
    return paper.exact is not None and paper.exact.record is not None, found


def _is_one(paper: Paper, kind: RecordKind) -> bool:
    """Tell whether a paper is a record of its own: by its data, or by what was read from its page."""
    if paper.exact is not None and paper.exact.record is not None:
        return True
    return paper.page is not None and kind.papers.is_one(paper.page)


def _count(paper: Paper) -> int:
    return max((reading.several for reading in (paper.exact, paper.page) if reading), default=1)
