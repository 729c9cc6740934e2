"""Look at a picture again with the better recogniser, where the quick one left something open."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from smeflow._text import folded
from smeflow.documents.base import Document
from smeflow.errors import DocumentError
from smeflow.readers.base import Check, Finding, Reading
from smeflow.records import REQUIRED
from smeflow.steps.places import Place

Recogniser = Literal["tesseract", "rapidocr", "auto"]


def look_again(
    documents: Sequence[Document],
    place: Place,
    read_place: Callable[[Sequence[Document]], Place],
    recogniser: Recogniser,
    *,
    whole: Callable[[Place], bool],
) -> Place:
    """Give *place*, or what RapidOCR's words of its pictures come to.

    ``auto`` spares it where *whole* says that nothing is missing. What both recognisers read alike counts as
    confirmed. Where RapidOCR is not installed, or a file cannot be opened again, the first look stands.
    """
    pictures = [d for d in place.documents if d.data and any(page.origin == "ocr" for page in d.pages)]
    if recogniser == "tesseract" or not pictures or (recogniser == "auto" and whole(place)):
        return place
    try:
        clearer = {d.sha256: _recognised(d) for d in pictures}
    except DocumentError:
        return place
    second = read_place([_with(document, clearer) for document in documents])
    main, other = (place, second) if _count(place) > _count(second) else (second, place)
    if not main.readings or not other.readings:
        return main
    readings = tuple(
        _together(reading, other.readings[0]) if reading.reader == "layout" else reading
        for reading in main.readings
    )
    return replace(main, readings=readings)


def _recognised(document: Document) -> Document:
    from smeflow.documents.read import read

    return read(document.data, name=document.name, media_type=document.media_type, ocr="rapidocr")


def _with(document: Document, clearer: dict[str, Document]) -> Document:
    """Put the pages that were recognised anew in their places."""
    parts = tuple(_with(part, clearer) for part in document.parts)
    better = clearer.get(document.sha256)
    if better is None:
        return replace(document, parts=parts)
    return replace(document, parts=parts, pages=better.pages, problems=better.problems)


def _count(place: Place) -> int:
    """Count what an invoice must have; of two looks that found as much the surer one counts."""
    return max((sum(n in r.findings for n in REQUIRED) for r in place.readings), default=0)


def _together(main: Reading, other: Reading) -> Reading:
    """Fill *main*'s gaps from *other*, and take what both read alike as confirmed."""
    findings = {**{n: f for n, f in other.findings.items() if n not in _DERIVED}, **main.findings}
    alike = {
        n for n, found in main.findings.items() if n in other.findings and _same(found, other.findings[n])
    }
    checks = tuple(_confirmed(c, alike) if c.name == "recognised" else c for c in main.checks)
    return replace(main, findings=findings, checks=checks)


_DERIVED = frozenset({"vat", "lines", "seller_details", "buyer_details"})
"""What hangs together and is taken from one look only."""


def _confirmed(check: Check, alike: set[str]) -> Check:
    left = tuple(name for name in check.fields if name not in alike)
    return replace(check, passed=True, detail=None, fields=()) if not left else check


def _same(one: Finding, other: Finding) -> bool:
    return bool(_bare(one.value) == _bare(other.value))


def _bare(value: Any) -> Any:
    return re.sub(r"[\W_]", "", folded(value)) if isinstance(value, str) else value
