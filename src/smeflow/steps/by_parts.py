"""A long document for a model: cut into parts of whole pages, and what was read of them put together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from smeflow.documents.base import Document
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Finding, Reading
from smeflow.record_kinds import FieldSpec
from smeflow.steps.kinds import same, told


def parts_of(documents: tuple[Document, ...], most: int) -> list[tuple[Document, ...]]:
    """Cut documents into parts of whole pages that a model can be shown; short ones stay one part."""
    if sum(len(document.text) for document in documents) <= most:
        return [documents]
    parts: list[list[Document]] = []
    room = 0
    for document in documents:
        for page in document.pages:
            if not page.text.strip():
                continue
            if not parts or len(page.text) > room:
                parts.append([])
                room = most
            room -= len(page.text)
            here = parts[-1]
            if here and here[-1].sha256 == document.sha256 and here[-1].name == document.name:
                here[-1] = replace(here[-1], pages=(*here[-1].pages, page))
            else:
                here.append(replace(document, pages=(page,), parts=()))
    return [tuple(part) for part in parts] or [documents]


def joined(readings: Sequence[Reading], specs: Mapping[str, FieldSpec]) -> tuple[Reading, list[Phrase]]:
    """Put together what was read part by part.

    Lists follow one another; an amount is taken from the last part that has it, for totals stand at the end.
    Of any other field two different values leave it open; the phrases say so.
    """
    findings: dict[str, Finding] = {}
    open_: list[Phrase] = []
    for field, spec in specs.items():
        found = [reading.findings[field] for reading in readings if field in reading.findings]
        if not found:
            continue
        values = [getattr(one.value, "value", one.value) for one in found]
        if spec.many:
            findings[field] = replace(found[0], value=[row for rows in values for row in rows])
        elif spec.kind in ("money", "number"):
            findings[field] = found[-1]
        elif all(same(values[0], other, spec.kind) for other in values[1:]):
            findings[field] = found[0]
        else:
            each = ", ".join(dict.fromkeys(str(told(value)) for value in values))
            open_.append(say("{field}: the pages say different things: {values}.", field=field, values=each))
    return Reading(reader="model", findings=findings), open_
