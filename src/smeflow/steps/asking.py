"""Read what a case asks into the fields of a `Label`, each with the place it was read from."""

from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

from smeflow.documents.base import Document
from smeflow.readers.dates import parse_date
from smeflow.step import Case
from smeflow.steps.base import FieldReading
from smeflow.steps.details.base import Said
from smeflow.steps.details.deadlines import deadlines
from smeflow.steps.details.references import references
from smeflow.steps.details.requests import asked, attention, urgency
from smeflow.steps.label import Reference

RULES = "rules"
_LOUD = ("high", "urgent", "1")


def asking(case: Case) -> dict[str, Any]:
    """Give urgency, deadline, requests, attention and references of *case*, as fields of a `Label`."""
    first = case.documents[0] if case.documents else None
    text = _text(case, first)
    if not text.strip():
        return {}
    written = written_on(first)
    due = next(iter(deadlines(text, written)), None)
    urgent = urgency(text, due, written) or _marked(first)
    named = attention(text)
    fields = {}
    if urgent:
        fields["urgency"] = _reading(urgent.value, urgent.quote, first)
    if due:
        fields["due"] = _reading(due.day.isoformat(), due.quote, first)
    if named:
        fields["attention"] = _reading(named.value, named.quote, first)
    found = tuple(_references(text, case, first))
    return {
        "urgency": urgent.value if urgent else "normal",
        "due": due.day if due else None,
        "asked": tuple(dict.fromkeys(one.value for one in asked(text))),
        "attention": named.value if named else None,
        "references": found,
        "numbers": {one.kind: one.value for one in reversed(found)},
        "fields": fields,
    }


def written_on(document: Document | None) -> date | None:
    """Give the day a mail was written, by its header."""
    told = document.fields.get("date", "") if document else ""
    if not told:
        return None
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(told).date()
    except (ValueError, TypeError, IndexError):
        return parse_date(told)


def _text(case: Case, first: Document | None) -> str:
    subject = first.fields.get("subject", "") if first else ""
    return f"{subject}\n{case.text}" if subject else case.text


def _marked(first: Document | None) -> Said | None:
    """Take a mail's own mark of importance where its words say nothing."""
    for name in ("importance", "x-priority", "priority"):
        told = first.fields.get(name, "") if first else ""
        if told.strip().lower().startswith(_LOUD):
            return Said(value="high", quote=told, start=0)
    return None


def _reading(value: str, quote: str, first: Document | None) -> FieldReading:
    document, page = _place(quote, first)
    return FieldReading(value=value, quote=quote, document=document, page=page, reader=RULES)


def _place(quote: str, first: Document | None) -> tuple[str | None, int | None]:
    if first is None:
        return None, None
    return first.name, next((page.number for page in first.pages if quote in page.text), None)


def _references(text: str, case: Case, first: Document | None) -> Iterator[Reference]:
    """Find references in the message, then in the heads of what is attached to it."""
    seen = set()
    attached = [(d.text[:1_500], d) for d in case.documents[1:]]
    for part, document in ((text, first), *attached):
        for one in references(part):
            if (one.kind, one.value) not in seen:
                seen.add((one.kind, one.value))
                name, page = _place(one.quote, document)
                yield Reference(kind=one.kind, value=one.value, quote=one.quote, document=name, page=page)
