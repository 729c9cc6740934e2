"""Pictures of pages for a model that sees, no larger than its provider takes."""

import struct
from collections.abc import Iterator, Sequence

from smeflow.documents.base import Document
from smeflow.documents.show import page_png
from smeflow.errors import DocumentError
from smeflow.llm.base import LLM, Picture, Place, Sight

MOST_DPI, LEAST_DPI = 200, 20


def sight_of(llm: LLM) -> Sight | None:
    """Tell how large an image *llm* takes; None where it sees none, or does not say."""
    place: Place | None = getattr(llm, "place", None)
    return place.sees if place is not None else None


def pictures_of(documents: Sequence[Document], sight: Sight, most: int) -> tuple[Picture, ...]:
    """Draw the first *most* pages of the documents that have pages; what cannot be drawn is left out."""
    found: list[Picture] = []
    for document, page in _pages(documents):
        if len(found) == most:
            break
        data = _drawn(document, page, sight)
        if data is not None:
            found.append(Picture.of("image/png", data))
    return tuple(found)


def _pages(documents: Sequence[Document]) -> Iterator[tuple[Document, int]]:
    for document in documents:
        if document.media_type == "application/pdf" or document.media_type.startswith("image/"):
            for page in document.pages:
                yield document, page.number


def _drawn(document: Document, number: int, sight: Sight) -> bytes | None:
    page = document.pages[number - 1]
    longest = max(page.width, page.height)
    dpi = min(MOST_DPI, int(sight.side * 72 / longest)) if longest else MOST_DPI
    while dpi >= LEAST_DPI:
        try:
            data = _within(page_png(document, number, dpi), sight.side)
        except DocumentError:
            return None
        if data is None:
            return None
        if len(data) <= sight.bytes:
            return data
        dpi = int(dpi * 0.7)
    return None


def _within(data: bytes, side: int) -> bytes | None:
    """Scale a PNG whose longest side is longer than *side*; None where what scales is not installed."""
    width, height = struct.unpack(">II", data[16:24])
    if max(width, height) <= side:
        return data
    from io import BytesIO

    try:
        from PIL import Image
    except ImportError:
        return None
    with Image.open(BytesIO(data)) as image:
        image.thumbnail((side, side))
        out = BytesIO()
        image.save(out, "PNG", optimize=True)
        return out.getvalue()
