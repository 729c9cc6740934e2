"""Look at a picture again with another recogniser, where the quick one left something open."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from smeflow._text import folded
from smeflow.documents.document import Box, Document
from smeflow.documents.file import OcrEngine
from smeflow.documents.ocr import first_recogniser, second_recogniser
from smeflow.documents.page_text import box_of
from smeflow.documents.show import read_strips
from smeflow.errors import DocumentError
from smeflow.extract.grounding import spans_of_value
from smeflow.extract.papers import PaperReadings
from smeflow.kinds.record_kind import ReadTwice
from smeflow.kinds.records import FieldKind, Finding, Reading

Recogniser = Literal["auto", "paddle", "tesseract", "rapidocr"]


def look_again(
    documents: Sequence[Document],
    papers: PaperReadings,
    read_papers: Callable[[Sequence[Document]], PaperReadings],
    recogniser: Recogniser,
    *,
    is_complete: Callable[[PaperReadings], bool],
    wanted: Collection[str],
    read_twice: ReadTwice | None,
) -> PaperReadings:
    """Give *papers*, or what a second look at their pictures comes to.

    Of two looks the second, surer one counts, and the first fills its gaps. Where *is_complete* says that
    nothing is missing, and no check speaks against it, ``auto`` looks again only at the places that no
    arithmetic confirms. What both looks read alike counts as confirmed. Where nothing else is installed, or a
    file cannot be opened again, the first stands.
    """
    pictures = [d for d in papers.documents if d.data and any(page.origin == "ocr" for page in d.pages)]
    engine = _second_engine(recogniser)
    if engine is None or not pictures:
        return papers
    if recogniser == "auto" and is_complete(papers) and not _objects(papers):
        return confirm_places(papers, pictures, read_twice)
    try:
        clearer = {d.sha256: _recognise_again(d, engine) for d in pictures}
    except DocumentError:
        return papers
    second = read_papers([_with_pages(document, clearer) for document in documents])
    if recogniser == "tesseract":
        return second
    main, other = _surer_first(papers, second, wanted)
    if not main.readings or not other.readings or read_twice is None:
        return main
    if main.readings[0].reader != "layout" or other.readings[0].reader != "layout":
        return main
    return replace(main, readings=(combine_looks(main, other, read_twice), *main.readings[1:]))


def _objects(papers: PaperReadings) -> bool:
    """Tell whether a check speaks against what was read: a letter may have been misread."""
    checks = (check for reading in papers.readings for check in reading.checks)
    return any(check.passed is False for check in checks if check.name != "recognised")


def _second_engine(recogniser: Recogniser) -> OcrEngine | None:
    """Give what looks again; None where it would only agree with itself, or is not installed."""
    match recogniser:
        case "auto":
            return second_recogniser()
        case "paddle":
            return "paddle-small" if first_recogniser() == "paddle" else None
        case _:
            return None if recogniser == first_recogniser() else recogniser


def confirm_places(
    papers: PaperReadings, pictures: Sequence[Document], read_twice: ReadTwice | None
) -> PaperReadings:
    """Have the second recogniser read again, line by line, what is still confirmed by nothing."""
    if read_twice is None:
        return papers
    main = papers.readings[0] if papers.readings and papers.readings[0].reader == "layout" else None
    unconfirmed = _unconfirmed(main) if main else ()
    if main is None or not unconfirmed:
        return papers
    read_again = _read_again(main, unconfirmed, pictures)
    confirmed = {
        name for name, text in read_again if _confirms(text, main.findings[name], read_twice.fields[name])
    }
    check = read_twice.check([name for name in unconfirmed if name not in confirmed])
    checks = tuple(check if c.name == "recognised" else c for c in main.checks)
    return replace(papers, readings=(replace(main, checks=checks), *papers.readings[1:]))


def _read_again(
    main: Reading, names: Sequence[str], pictures: Sequence[Document]
) -> Iterator[tuple[str, str]]:
    """Read the places of some fields again: field and what stands there."""
    for document in pictures:
        places = {
            name: (quote.page, quote.box)
            for name in names
            if (quote := main.findings[name].quote) and quote.document == document.name
            if quote.page is not None and quote.box is not None
        }
        try:
            texts = read_strips(document, list(places.values())) if places else []
        except DocumentError:
            continue
        yield from zip(places, texts, strict=False)


def _confirms(text: str, finding: Finding, kind: FieldKind) -> bool:
    """Tell whether a line that was read again says the value, and nothing else of its sort."""
    printed = finding.quote.text if finding.quote else ""
    return _bare(printed) == _bare(text) != "" or any(True for _ in spans_of_value(finding.value, kind, text))


def _recognise_again(document: Document, engine: OcrEngine) -> Document:
    from smeflow.documents.read import read

    return read(document.data, name=document.name, media_type=document.media_type, ocr=engine)


def _with_pages(document: Document, clearer: dict[str, Document]) -> Document:
    """Put the pages that were recognised anew in their places."""
    parts = tuple(_with_pages(part, clearer) for part in document.parts)
    better = clearer.get(document.sha256)
    if better is None:
        return replace(document, parts=parts)
    return replace(document, parts=parts, pages=better.pages, problems=better.problems)


def _surer_first(
    papers: PaperReadings, second: PaperReadings, wanted: Collection[str]
) -> tuple[PaperReadings, PaperReadings]:
    """Put the surer second look in front, unless it found less than half of what the first did."""

    def count(look: PaperReadings) -> int:
        return max((sum(n in r.findings for n in wanted) for r in look.readings), default=0)

    return (papers, second) if count(papers) > 2 * count(second) else (second, papers)


def combine_looks(main: PaperReadings, other: PaperReadings, rules: ReadTwice) -> Reading:
    """Fill the gaps of *main* from *other*, and take what both recognisers read alike as confirmed.

    It is read alike where the other look found the same value, or found none but has it in its words at the
    same place: which field a line belongs to is the reader's matter, what its letters are the recognisers'.
    """
    first, second = main.readings[0], other.readings[0]
    filled = {n: f for n, f in second.findings.items() if n not in rules.derived and n not in first.findings}
    confirmed = {
        n for n, finding in first.findings.items() if _agrees(n, finding, second, other.documents, rules)
    }
    confirmed |= {n for n, finding in filled.items() if _agrees(n, finding, first, main.documents, rules)}
    unconfirmed = [*_unconfirmed(first), *(name for name in _unconfirmed(second) if name in filled)]
    check = rules.check([name for name in rules.fields if name in unconfirmed and name not in confirmed])
    checks = tuple(check if c.name == "recognised" else c for c in first.checks)
    return replace(first, findings={**filled, **first.findings}, checks=checks)


def _unconfirmed(reading: Reading) -> tuple[str, ...]:
    return next((check.fields for check in reading.checks if check.name == "recognised"), ())


def _agrees(
    name: str, finding: Finding, other: Reading, documents: Sequence[Document], rules: ReadTwice
) -> bool:
    if name in other.findings:
        return bool(_bare(finding.value) == _bare(other.findings[name].value))
    return name in rules.fields and _is_printed(finding, rules.fields[name], documents)


def _is_printed(finding: Finding, kind: FieldKind, documents: Sequence[Document]) -> bool:
    """Tell whether the other recogniser's words hold the value where this one has it."""
    quote = finding.quote
    if quote is None or quote.box is None:
        return False
    boxes = (
        box_of(page, *span)
        for document in documents
        if document.name == quote.document
        for page in document.pages
        if page.number == quote.page
        for span in spans_of_value(finding.value, kind, page.text)
    )
    return any(box is not None and _overlap(box, quote.box) for box in boxes)


def _overlap(first: Box, second: Box) -> bool:
    return (
        max(first.left, second.left) < min(first.right, second.right)
        and max(first.top, second.top) < min(first.bottom, second.bottom)
    )  # fmt: skip


def _bare(value: Any) -> Any:
    return re.sub(r"[\W_]", "", folded(value)) if isinstance(value, str) else value
