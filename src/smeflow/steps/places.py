"""Where a record is read from: the paper that holds it, and what the readers without a model made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from smeflow._text import folded
from smeflow.documents.base import Document
from smeflow.i18n import Phrase
from smeflow.readers.base import Check, Labels, Reading, Suppliers
from smeflow.records import REQUIRED
from smeflow.steps.fields import FieldSpec
from smeflow.steps.invoices import page_against_data
from smeflow.steps.ours import Firm, own_ids
from smeflow.steps.papers import Paper, everything, papers, statuses, unread

ENOUGH = 4
"""Of what an invoice must have, so much makes a page one; one less where it calls itself an invoice."""


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


def invoice_place(
    documents: Sequence[Document],
    *,
    exact: bool,
    layout: bool,
    firm: Firm | None = None,
    labels: Labels | None = None,
    suppliers: Suppliers | None = None,
) -> Place:
    """Find the invoice among *documents* and read it with the readers that are wanted."""
    by_page = partial(_page, firm=firm, labels=labels, suppliers=suppliers) if layout else None
    read = [_read(paper, exact=exact, by_page=by_page) for paper in papers(documents)]
    groups = _grouped(read)
    if not groups:
        told = tuple(_told(documents))
        return Place(documents=everything(documents), unread=unread(documents), problems=told)
    chosen = max(groups, key=_fullness)
    invoices = [paper for paper in groups if _is_invoice(paper)]
    several = max(len(invoices), *(_count(paper) for paper in groups), 1)
    readings = [r for r in (chosen.exact, chosen.page) if r and (r.findings or r.problems)]
    data = chosen.exact if chosen.exact and chosen.exact.record is not None else None
    checks = page_against_data(data, chosen.page, chosen.visible) if data else ()
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


def _read(paper: Paper, *, exact: bool, by_page: Callable[[Paper], Reading | None] | None) -> Paper:
    data = page = None
    if exact:
        from smeflow.readers.einvoice import read_einvoice

        data = read_einvoice(paper.documents)
    if by_page is not None and paper.has_page:
        page = by_page(paper)
    return replace(paper, exact=data, page=page)


def _page(
    paper: Paper, *, firm: Firm | None, labels: Labels | None, suppliers: Suppliers | None
) -> Reading | None:
    from smeflow.readers.layout import read_invoice

    names, ids = (firm.names, own_ids(firm)) if firm else ((), ())
    return read_invoice(
        paper.visible, company_names=names, company_ids=ids, labels=labels, suppliers=suppliers
    )


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


def _is_invoice(paper: Paper) -> bool:
    """Tell whether a paper is an invoice of its own: by its data, its title, or what was read from it."""
    if paper.exact is not None and paper.exact.record is not None:
        return True
    if paper.page is None or any(c.name == "is_invoice" and c.passed is False for c in paper.page.checks):
        return False
    found = paper.page.findings
    if "total_gross" not in found and "number" not in found:
        return False
    return sum(name in found for name in REQUIRED) >= (ENOUGH - 1 if "kind" in found else ENOUGH)


def _count(paper: Paper) -> int:
    return max((reading.several for reading in (paper.exact, paper.page) if reading), default=1)
