"""Read the value beside a label, for any fields: ``Total: 12.00 EUR``, a cell beside or below its heading."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from smeflow._text import folded
from smeflow.documents.base import Document, Page, Quote
from smeflow.i18n import Phrase, say
from smeflow.readers.amounts import find_amounts
from smeflow.readers.base import Finding, Labels, Reading
from smeflow.readers.dates import find_dates
from smeflow.readers.grounding import ROW
from smeflow.readers.lexicon import lexicon
from smeflow.readers.places import Piece, occurrences, pieces_of, quote_of
from smeflow.readers.values import FieldKind, Value, parse_value

Wanted = FieldKind | tuple[str, ...] | list[str]
"""A kind, or the choices of a closed list."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": ("number",),
    "invoice_number": ("number",),
    "date": ("issue_date", "issue_date_weak"),
    "issue_date": ("issue_date", "issue_date_weak"),
    "due": ("due_date",),
    "due_date": ("due_date",),
    "total": ("total_gross", "total_gross_weak", "amount_due"),
    "amount": ("total_gross", "total_gross_weak", "amount_due"),
    "total_gross": ("total_gross", "total_gross_weak"),
    "total_net": ("total_net",),
    "net": ("total_net",),
    "total_vat": ("total_vat",),
    "vat": ("total_vat",),
    "amount_due": ("amount_due",),
    "supplier": ("seller",),
    "seller": ("seller",),
    "vendor": ("seller",),
    "customer": ("buyer",),
    "buyer": ("buyer",),
    "client": ("buyer",),
    "order": ("order_reference",),
    "order_number": ("order_reference",),
    "order_reference": ("order_reference",),
}
"""Fields whose labels in other languages are known."""
_BEHIND_LABEL = re.compile(r"[ \t]*(?:[:=]|\.{2,}|\u2026)[ \t]*")
_BEFORE_LABEL = re.compile(r"(?:^|[\n\t,;|•*>\-(]|  )\s*$")
_BELOW = 3.5
"""How many times its own height a value may stand below its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    value: Value
    quote: Quote
    rank: tuple[int, int]


def read_labelled(
    documents: Sequence[Document], fields: Mapping[str, Wanted], *, labels: Labels | None = None
) -> Reading | None:
    """Read *fields* where they stand beside a label that is the field's name or a word known for it.

    A field is left out, and told, where two places with equally good labels hold different values.
    """
    findings: dict[str, Finding] = {}
    problems: list[Phrase] = []
    for field, wanted in fields.items():
        found = [c for document in documents for c in _in_document(document, field, wanted, labels)]
        best = [c for c in found if c.rank == min(o.rank for o in found)]
        values = {folded(str(c.value)) for c in best}
        if len(values) == 1:
            findings[field] = Finding(value=best[0].value, quote=best[0].quote)
        elif values:
            printed = ", ".join(dict.fromkeys(c.quote.text for c in best))
            problems.append(
                say("{field}: several values stand beside it: {values}.", field=field, values=printed)
            )
    if not findings and not problems:
        return None
    return Reading(reader="labels", findings=findings, problems=tuple(problems))


def _in_document(
    document: Document, field: str, wanted: Wanted, labels: Labels | None
) -> Iterator[_Candidate]:
    if document.media_type != ROW:
        for page in document.pages:
            yield from _on_page(document, page, field, wanted, labels)
        return
    for column, cell in document.fields.items():
        if folded(column.replace("_", " ")) == folded(field.replace("_", " ")):
            value = parse_value(cell, _kind(wanted)[0], choices=_kind(wanted)[1])
            if value is not None:
                quote = Quote(text=cell, document=document.name, path=column, start=0, end=len(cell))
                yield _Candidate(value=value, quote=quote, rank=(0, 0))
        for found in _on_page(document, Page(number=1, text=cell), field, wanted, labels):
            quote = replace(found.quote, page=None, path=column)
            yield replace(found, quote=quote)


def _on_page(
    document: Document, page: Page, field: str, wanted: Wanted, labels: Labels | None
) -> Iterator[_Candidate]:
    pieces = pieces_of(page)
    for fit, start, end in _labels_on(page, pieces, field, labels):
        for place, (at, to) in _beside(page, pieces, start, end):
            read = _start_of(page.text[at:to], wanted, place)
            if read:
                quote = quote_of(document, page, at + read[1], at + read[2])
                yield _Candidate(value=read[0], quote=quote, rank=(fit, place))
                break


def _labels_on(
    page: Page, pieces: Sequence[Piece], field: str, labels: Labels | None
) -> Iterator[tuple[int, int, int]]:
    """Give where the field's labels stand, each with how well it fits: 0 its own name, 1 a synonym."""
    own = set(occurrences(page.text, field.replace("_", " "))) | set(occurrences(page.text, field))
    for start, end in own:
        yield 0, start, end
    aliases = {alias.removesuffix("_weak") for alias in ALIASES.get(field, ())} | {field}
    weak = any(alias.endswith("_weak") for alias in ALIASES.get(field, ()))
    for piece in pieces:
        for hit in lexicon(labels).find(piece.text):
            span = piece.start + hit.start, piece.start + hit.end
            if hit.field in aliases and (weak or not hit.weak) and span not in own:
                yield 1, *span


def _beside(
    page: Page, pieces: Sequence[Piece], start: int, end: int
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Give the stretches of text that may hold the value of a label: behind it, to its right, below it."""
    own = next((p for p in pieces if p.start <= start < p.end), None)
    if own is None or not _BEFORE_LABEL.search(page.text[max(0, start - 40) : start]):
        return
    colon = _BEHIND_LABEL.match(page.text, end)
    if colon and colon.end() < own.end:
        yield 0, (colon.end(), own.end)
        return
    alone = not page.text[end : own.end].strip(" .:=*")
    if not alone:
        yield 1, (end, own.end)
        return
    right = [p for p in pieces if p.line == own.line and p.start >= own.end]
    if right:
        yield (0 if colon else 1), (right[0].start, right[0].end)
    below = [
        p
        for p in pieces
        if p.box.left < own.box.right
        and own.box.left < p.box.right
        and 0 < p.box.top - own.box.top < _BELOW * (own.box.bottom - own.box.top)
    ]
    if below:
        nearest = min(below, key=lambda p: p.box.top)
        yield 2, (nearest.start, nearest.end)


def _kind(wanted: Wanted) -> tuple[FieldKind, tuple[str, ...]]:
    return ("choice", tuple(wanted)) if isinstance(wanted, tuple | list) else (wanted, ())


def _start_of(text: str, wanted: Wanted, place: int) -> tuple[Value, int, int] | None:
    """Read the value at the start of *text*; give it with its span. A bare text needs a colon or a cell."""
    text = re.split(r"\s[|•]\s|\s{2,}|[;,]\s+(?=[^\W\d_][\w ]{0,30}[:=])", text.rstrip(" ,;"))[0]
    kind, choices = _kind(wanted)
    lead = len(text) - len(text.lstrip())
    if kind in {"money", "number"}:
        amount = next(find_amounts(text), None)
        return (amount.value, amount.start, amount.end) if amount and amount.start <= 2 else None
    if kind == "date":
        found = next(find_dates(text), None)
        fits = found is not None and re.fullmatch(r"\s*[^\W\d_]{0,10}\.?,?\s*", text[: found.start])
        return (found.value, found.start, found.end) if found and fits else None
    if kind == "choice":
        begun = [c for c in choices if f"{folded(text)} ".startswith(f"{folded(c)} ")]
        return (max(begun, key=len), lead, len(text)) if begun else None
    if place == 1:  # without colon or cell only a number-like word is sure to be the value
        word = text.split(maxsplit=1)[0]
        text = text[: lead + len(word)] if any(c.isdigit() for c in word) else ""
    value = parse_value(text, kind)
    return (value, lead, len(text)) if value is not None else None
