"""Show a document and the places of its values: strips cut out of a page, and HTML for a notebook."""

import base64
import math
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from smeflow._optional import import_extra
from smeflow.documents.document import Box, Document, Quote
from smeflow.documents.file import PDF, File
from smeflow.documents.image import open_image, seek_page, upright
from smeflow.documents.page_text import PlacedWord, clean_word, straighten, turned_back
from smeflow.documents.pool import shared_pool
from smeflow.documents.read import identify, read_guarded
from smeflow.errors import DocumentError
from smeflow.i18n import Language, say

if TYPE_CHECKING:
    from PIL.Image import Image

Strip = tuple[int, Box]
"""A page, from 1, and a place on it."""
MAX_STRIPS = 40
"""Of so many places each is read; what lies behind stays unread."""
_DPI = 200
_HIGH, _WIDE = 0.25, 0.35
"""How far around a place it is cut out, in heights of its line."""


def read_strips(document: Document, strips: Sequence[Strip]) -> list[str]:
    """Read the places of a PDF or picture in a child process; "" where nothing was recognised.

    Raises:
        DocumentError: Nothing is installed that could look again, or the file cannot be opened again.
    """
    return shared_pool().strips(_file_of(document), list(strips)[:MAX_STRIPS])


def _file_of(document: Document) -> File:
    """Give the file a document was read from, to be opened once more."""
    return identify(
        File(name=document.name, media_type=document.media_type, data=document.data, read_part=read_guarded)
    )


def strips_here(file: File, strips: Sequence[Strip]) -> list[str]:
    """Read the places of *file* in this process."""
    from smeflow.documents.ocr import recognise_line

    texts: dict[int, str] = {}
    order = sorted(range(len(strips)), key=lambda n: strips[n][0])
    for page, numbers in groupby(order, key=lambda n: strips[n][0]):
        grey = _page(file, page)
        grey, askew = straighten(grey, import_extra("PIL.Image", "ocr").Resampling.BICUBIC)
        file.more_time()
        for n in numbers:
            texts[n] = clean_word(recognise_line(_cut(grey, strips[n][1], askew), name=file.name))
    return [texts[n] for n in range(len(strips))]


def _page(file: File, number: int) -> "Image":
    if file.media_type != PDF:
        with open_image(file) as image:
            seek_page(image, number)
            return upright(image, file.name)
    from smeflow.documents.pdf import grey_picture, open_pdf, scale_of

    pdf = open_pdf(file)
    try:
        sheet = pdf.get_page(number - 1)
        return grey_picture(sheet, scale_of(sheet, _DPI, file), file.name)
    finally:
        pdf.close()


def _cut(straight: "Image", box: Box, askew: float) -> "Image":
    """Cut a place, given as it lies on the page that came, out of the page made straight."""
    width, height = straight.size
    left, right = box.left * width, box.right * width
    top, bottom = box.top * height, box.bottom * height
    line = max(bottom - top - (right - left) * math.tan(math.radians(abs(askew))), 8.0)
    middle = (top + bottom) / 2
    place = PlacedWord("", left, middle - line / 2, right, middle + line / 2, middle, line)
    if abs(askew) >= 0.2:
        place = turned_back(place, -askew, width / 2, height / 2)
    return straight.crop(
        (
            max(0, round(place.left - _WIDE * line)),
            max(0, round(place.top - _HIGH * line)),
            min(width, round(place.right + _WIDE * line)),
            min(height, round(place.bottom + _HIGH * line)),
        )
    )


_BOX = (
    "position:absolute;outline:2px solid #d97706;outline-offset:2px;background:rgba(251,191,36,.2);"
    "border-radius:2px"
)
_MOST_TEXT = 20_000


def page_png(document: Document, page: int, dpi: int = 100) -> bytes:
    """Draw page *page* (from 1) of a PDF or picture as PNG.

    Raises:
        UnsupportedDocument: It has no such page, or is no document of pages.
        UnreadableDocument: Its bytes are not there any more or cannot be drawn.
    """
    return shared_pool().picture(_file_of(document), page, dpi)


def has_pictures(document: Document) -> bool:
    """Tell whether *document* has pages that can be drawn."""
    return document.media_type == PDF or document.media_type.startswith("image/")


def document_html(
    document: Document, quotes: Sequence[Quote] = (), max_pages: int = 3, language: Language = "en"
) -> str:
    """Show *document* and where *quotes* stand in it. Self-contained: no script, no address."""
    own_quotes = [quote for quote in quotes if quote.document == document.name]
    head = f'<div style="font-weight:600;margin:.5em 0">{escape(document.name)}</div>'
    numbers = _pages_to_show(document, own_quotes, max_pages) if has_pictures(document) else []
    body = [_page_html(document, number, own_quotes, language) for number in numbers]
    if not body or not all(body):
        body = [_data_html(document, own_quotes) or _text_html(document, own_quotes)]
    notes = "".join(f"<li>{escape(problem.render(language))}</li>" for problem in document.problems)
    notes_html = f'<ul style="color:#92400e">{notes}</ul>' if notes else ""
    return f'<div style="font-family:sans-serif;max-width:60em">{head}{notes_html}{"".join(body)}</div>'


def _pages_to_show(document: Document, quotes: Sequence[Quote], limit: int) -> list[int]:
    """Choose the first page and those with quotes, in order."""
    quoted = sorted({quote.page for quote in quotes if quote.page})
    others = [page.number for page in document.pages if page.number not in quoted]
    return sorted([*quoted, *others][:limit])


def _page_html(document: Document, number: int, quotes: Sequence[Quote], language: Language) -> str:
    try:
        picture = page_png(document, number)
    except DocumentError:
        return ""
    boxes = "".join(_box_html(quote) for quote in quotes if quote.page == number and quote.box)
    data = base64.b64encode(picture).decode()
    label = escape(say("Page {page} of {name}", page=number, name=document.name).render(language))
    image = f'<img alt="{label}" src="data:image/png;base64,{data}" style="display:block;width:100%">'
    return f'<div style="position:relative;border:1px solid #ccc;margin-bottom:1em">{image}{boxes}</div>'


def _box_html(quote: Quote) -> str:
    box = quote.box
    if box is None:
        return ""
    place = (
        f"left:{box.left * 100:.3f}%;top:{box.top * 100:.3f}%;"
        f"width:{(box.right - box.left) * 100:.3f}%;height:{(box.bottom - box.top) * 100:.3f}%"
    )
    return f'<div title="{escape(quote.text)}" style="{place};{_BOX}"></div>'


def _data_html(document: Document, quotes: Sequence[Quote]) -> str:
    """Show of the data in XML what was read: a row each, under the last names of its path."""
    if "root" not in document.fields:
        return ""
    rows: dict[str, None] = {}
    for quote in quotes:
        text = document.text
        at = quote.start if quote.start is not None else text.find(quote.text) if quote.text else -1
        if 0 <= at < len(text):
            path, _, value = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].partition(": ")
            label = " › ".join(path.split("/")[-2:])
            rows[f"<tr><td>{escape(label)}</td><td><mark>{escape(value)}</mark></td></tr>"] = None
    return f'<table style="border-spacing:.8em .2em">{"".join(rows)}</table>' if rows else ""


def _text_html(document: Document, quotes: Sequence[Quote]) -> str:
    pieces = []
    for page in document.pages:
        page_quotes = [q for q in quotes if q.page in (None, page.number)]
        pieces.append(_marked(page.text[:_MOST_TEXT], page_quotes))
        if len(page.text) > _MOST_TEXT:
            pieces.append("…")
    style = "white-space:pre-wrap;border:1px solid #ccc;padding:.6em;margin:0 0 1em"
    return f'<pre style="{style}">{"<hr>".join(pieces)}</pre>'


def _marked(text: str, quotes: Sequence[Quote]) -> str:
    """Mark the spans of *quotes* in *text*; where two overlap, the first counts."""
    spans = []
    for quote in quotes:
        start = quote.start if quote.start is not None else text.find(quote.text) if quote.text else -1
        if start >= 0:
            spans.append((start, quote.end if quote.end is not None else start + len(quote.text)))
    pieces, position = [], 0
    for start, end in sorted(spans):
        if start < position or end > len(text):
            continue
        pieces += [escape(text[position:start]), "<mark>", escape(text[start:end]), "</mark>"]
        position = end
    return "".join(pieces) + escape(text[position:])
