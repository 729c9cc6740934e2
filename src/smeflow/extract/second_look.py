"""Look at a picture again with the better recogniser, where the quick one left something open."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from smeflow._text import folded
from smeflow.documents.document import Box, Document
from smeflow.documents.ocr import tesseract_ready
from smeflow.documents.page_text import box_of
from smeflow.documents.show import read_strips
from smeflow.errors import DocumentError
from smeflow.extract.grounding import spans_of_value
from smeflow.extract.papers import PaperReadings
from smeflow.kinds.record_kind import ReadTwice
from smeflow.kinds.records import FieldKind, Finding, Reading

Recogniser = Literal["tesseract", "rapidocr", "auto"]


def look_again(
    documents: Sequence[Document],
    papers: PaperReadings,
    read_papers: Callable[[Sequence[Document]], PaperReadings],
    recogniser: Recogniser,
    *,
    whole: Callable[[PaperReadings], bool],
    wanted: Collection[str],
    once: ReadTwice | None,
) -> PaperReadings:
    """Give *papers*, or what RapidOCR's words of its pictures come to.

    Of two looks the one that found more of what is *wanted* counts. Where *whole* says that nothing is
    missing, ``auto`` has RapidOCR look only at the places that no arithmetic confirms. What both recognisers
    read alike counts as confirmed. Where one of the two is not installed, or a file cannot be opened again,
    the first look stands.
    """
    pictures = [d for d in papers.documents if d.data and any(page.origin == "ocr" for page in d.pages)]
    if recogniser == "tesseract" or not pictures or not tesseract_ready():
        return papers  # without Tesseract RapidOCR took the first look: it would only agree with itself
    if recogniser == "auto" and whole(papers):
        return confirm_places(papers, pictures, once)
    try:
        clearer = {d.sha256: _recognised(d) for d in pictures}
    except DocumentError:
        return papers
    second = read_papers([_with_pages(document, clearer) for document in documents])
    main, other = _ordered(papers, second, wanted)
    if not main.readings or not other.readings or once is None:
        return main
    if main.readings[0].reader != "layout" or other.readings[0].reader != "layout":
        return main
    return replace(main, readings=(combine_looks(main, other, once), *main.readings[1:]))


def confirm_places(
    papers: PaperReadings, pictures: Sequence[Document], once: ReadTwice | None
) -> PaperReadings:
    """Have RapidOCR read again, line by line, what is still confirmed by nothing."""
    if once is None:
        return papers
    main = papers.readings[0] if papers.readings and papers.readings[0].reader == "layout" else None
    left = _left_open(main) if main else ()
    if main is None or not left:
        return papers
    again = _read_again(main, left, pictures)
    alike = {name for name, text in again if _says(text, main.findings[name], once.fields[name])}
    check = once.check([name for name in left if name not in alike])
    checks = tuple(check if c.name == "recognised" else c for c in main.checks)
    return replace(papers, readings=(replace(main, checks=checks), *papers.readings[1:]))


def _read_again(
    main: Reading, left: Sequence[str], pictures: Sequence[Document]
) -> Iterator[tuple[str, str]]:
    """Read the places of some fields again: field and what stands there."""
    for document in pictures:
        places = {
            name: (quote.page, quote.box)
            for name in left
            if (quote := main.findings[name].quote) and quote.document == document.name
            if quote.page is not None and quote.box is not None
        }
        try:
            texts = read_strips(document, list(places.values())) if places else []
        except DocumentError:
            continue
        yield from zip(places, texts, strict=False)


def _says(text: str, found: Finding, kind: FieldKind) -> bool:
    """Tell whether a line that was read again says the value, and nothing else of its sort."""
    printed = found.quote.text if found.quote else ""
    return _bare(printed) == _bare(text) != "" or any(True for _ in spans_of_value(found.value, kind, text))


def _recognised(document: Document) -> Document:
    from smeflow.documents.read import read

    return read(document.data, name=document.name, media_type=document.media_type, ocr="rapidocr")


def _with_pages(document: Document, clearer: dict[str, Document]) -> Document:
    """Put the pages that were recognised anew in their places."""
    parts = tuple(_with_pages(part, clearer) for part in document.parts)
    better = clearer.get(document.sha256)
    if better is None:
        return replace(document, parts=parts)
    return replace(document, parts=parts, pages=better.pages, problems=better.problems)


def _ordered(
    papers: PaperReadings, second: PaperReadings, wanted: Collection[str]
) -> tuple[PaperReadings, PaperReadings]:
    """Put the look that found more in front; of two that found as much the surer one counts."""

    def count(look: PaperReadings) -> int:
        return max((sum(n in r.findings for n in wanted) for r in look.readings), default=0)

    return (papers, second) if count(papers) > count(second) else (second, papers)


def combine_looks(main: PaperReadings, other: PaperReadings, once: ReadTwice) -> Reading:
    """Fill the gaps of *main* from *other*, and take what both recognisers read alike as confirmed.

    It is read alike where the other look found the same value, or found none but has it in its words at the
    same place: which field a line belongs to is the reader's matter, what its letters are the recognisers'.
    """
    mine, theirs = main.readings[0], other.readings[0]
    filled = {n: f for n, f in theirs.findings.items() if n not in once.derived and n not in mine.findings}
    alike = {n for n, found in mine.findings.items() if _alike(n, found, theirs, other.documents, once)}
    alike |= {n for n, found in filled.items() if _alike(n, found, mine, main.documents, once)}
    left = [*_left_open(mine), *(name for name in _left_open(theirs) if name in filled)]
    check = once.check([name for name in once.fields if name in left and name not in alike])
    checks = tuple(check if c.name == "recognised" else c for c in mine.checks)
    return replace(mine, findings={**filled, **mine.findings}, checks=checks)


def _left_open(reading: Reading) -> tuple[str, ...]:
    return next((check.fields for check in reading.checks if check.name == "recognised"), ())


def _alike(name: str, found: Finding, other: Reading, seen: Sequence[Document], once: ReadTwice) -> bool:
    if name in other.findings:
        return bool(_bare(found.value) == _bare(other.findings[name].value))
    return name in once.fields and _stands(found, once.fields[name], seen)


def _stands(found: Finding, kind: FieldKind, seen: Sequence[Document]) -> bool:
    """Tell whether the other recogniser's words hold the value where this one has it."""
    quote = found.quote
    if quote is None or quote.box is None:
        return False
    boxes = (
        box_of(page, *span)
        for document in seen
        if document.name == quote.document
        for page in document.pages
        if page.number == quote.page
        for span in spans_of_value(found.value, kind, page.text)
    )
    return any(box is not None and _over(box, quote.box) for box in boxes)


def _over(one: Box, two: Box) -> bool:
    return (
        max(one.left, two.left) < min(one.right, two.right)
        and max(one.top, two.top) < min(one.bottom, two.bottom)
    )  # fmt: skip


def _bare(value: Any) -> Any:
    return re.sub(r"[\W_]", "", folded(value)) if isinstance(value, str) else value
