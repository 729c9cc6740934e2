"""Take the letters of a PDF page from PDFium and cut them into words, in the order of the file.

PDFium is asked for each letter several times, and the functions `pypdfium2.raw` declares spend most of that
on checking pointers: those used here are declared anew with plain addresses, which halves the time of a page.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import atan2, degrees, hypot
from typing import Any

from smeflow.documents.visible import Drawn, Style

_ADDRESS, _INT, _UINT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint


@dataclass(slots=True)
class Run:
    """Letters that make one word, in the page's own coordinates."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    x: float
    y: float
    """Where its first letter stands on the baseline."""
    style: Style


def overprinted(run: Run, runs: Sequence[Run], drawn: Drawn) -> bool:
    """True when other letters stand on what covers a word: what its place shows is theirs."""
    x, y = (run.left + run.right) / 2, (run.bottom + run.top) / 2
    lids = [s.order for s in drawn.surfaces if s.order > run.style.order and s.holds(x, y)]
    return bool(lids) and any(
        other.style.order > min(lids)
        and other.text != run.text
        and min(other.right, run.right) > max(other.left, run.left)
        and other.bottom <= y <= other.top
        for other in runs
    )


class _Pdfium:
    """The functions of PDFium that are called for every letter."""

    def __init__(self) -> None:
        from pypdfium2 import raw

        def plain(name: str, result: Any, *arguments: Any) -> Any:
            place = ctypes.cast(getattr(raw, name), ctypes.c_void_p).value
            return ctypes.PYFUNCTYPE(result, *arguments)(place)  # type: ignore[arg-type]  # an address is never None here

        one = (_ADDRESS, _INT)
        self.count = plain("FPDFText_CountChars", _INT, _ADDRESS)
        self.unicode = plain("FPDFText_GetUnicode", _UINT, *one)
        self.box = plain("FPDFText_GetCharBox", _INT, *one, *[_ADDRESS] * 4)
        self.origin = plain("FPDFText_GetCharOrigin", _INT, *one, *[_ADDRESS] * 2)
        self.item = plain("FPDFText_GetTextObject", _ADDRESS, *one)
        self.size = plain("FPDFText_GetFontSize", ctypes.c_double, *one)
        self.matrix = plain("FPDFText_GetMatrix", _INT, *one, _ADDRESS)
        self.colour = plain("FPDFText_GetFillColor", _INT, *one, *[_ADDRESS] * 4)
        self.mode = plain("FPDFTextObj_GetTextRenderMode", _INT, _ADDRESS)


@cache
def _pdfium() -> _Pdfium:
    return _Pdfium()


def count_letters(text_page: Any) -> int:
    """Count the letters of a page, spaces included."""
    return int(_pdfium().count(address_of(text_page.raw)))


def address_of(pointer: Any) -> int:
    """Give the address a ctypes pointer holds."""
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def runs_of(text_page: Any, orders: dict[int, int]) -> Iterator[Run]:
    """Go through the letters and cut them into words at spaces, wide gaps and changes of line.

    *orders* gives each text object's place in the order of drawing.
    """
    pdfium = _pdfium()
    page = address_of(text_page.raw)
    numbers = (ctypes.c_double * 4)()
    first = ctypes.addressof(numbers)
    places = (first, first + 8, first + 16, first + 24)  # left, right, bottom, top: PDFium's order
    styles: dict[int, Style] = {}
    style = Style(0.0, 0.0, 0, (0, 0, 0, 255))
    run: Run | None = None
    last = 0
    for index in range(pdfium.count(page)):
        code = pdfium.unicode(page, index)
        letter = chr(code) if code < 0x110000 else "\ufffd"
        if code == 0 or letter.isspace():
            if run is not None:
                yield run
                run = None
            continue
        pdfium.box(page, index, *places)
        left, right, bottom, top = numbers
        item = pdfium.item(page, index) or last
        if run is None or item != last:
            if item not in styles:
                styles[item] = _style(pdfium, page, index, item, orders.get(item, -1))
            style, last = styles[item], item
        if run is not None and _breaks(run, style, left, right, bottom, top):
            yield run
            run = None
        if run is None:
            pdfium.origin(page, index, *places[:2])
            run = Run(letter, left, bottom, right, top, numbers[0], numbers[1], style)
            continue
        run.text += letter
        run.left, run.right = min(run.left, left), max(run.right, right)
        run.bottom, run.top = min(run.bottom, bottom), max(run.top, top)
    if run is not None:
        yield run


def _breaks(run: Run, style: Style, left: float, right: float, bottom: float, top: float) -> bool:
    """True when the next letter begins another word although no space stands before it."""
    before = run.style
    if style is not before and (style.mode != before.mode or style.faint != before.faint):
        return True  # letters nobody sees must not hide in a word that is seen
    if abs(before.angle) > 30 or abs(style.angle) > 30:
        return False
    size = max(before.size, 1.0)
    if left - run.right > 0.6 * size or right < run.left:
        return True
    return bottom > run.top + 0.3 * size or top < run.bottom - 0.3 * size


def _style(pdfium: _Pdfium, page: int, index: int, item: int, order: int) -> Style:
    matrix = (ctypes.c_float * 6)()
    size = pdfium.size(page, index)
    angle = 0.0
    if pdfium.matrix(page, index, ctypes.addressof(matrix)):
        a, b, c, d = matrix[:4]
        size *= hypot(c, d)
        angle = degrees(atan2(b, a))
    colour = (ctypes.c_uint * 4)(0, 0, 0, 255)
    start = ctypes.addressof(colour)
    pdfium.colour(page, index, start, start + 4, start + 8, start + 12)
    red, green, blue, alpha = colour
    mode = pdfium.mode(item) if item else 0
    return Style(size, angle, mode, (red, green, blue, alpha), order)
