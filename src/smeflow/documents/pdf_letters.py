"""The letters of a PDF page, what lies over and under them, and what a PDF says where nobody looks.

Here are the single tests of what nobody can see; `pdf._visible_words` asks them in order and keeps the rest.
PDFium is asked for each letter several times: its functions are declared anew with plain addresses, since the
pointers that `pypdfium2.raw` declares take twice the time a page.
"""

import ctypes
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import atan2, degrees, hypot
from typing import Any, Literal

from smeflow._text import shortened
from smeflow.documents.page_text import clean_word
from smeflow.i18n import Phrase, say

HiddenReason = Literal["invisible", "tiny", "outside", "same colour", "covered", "replaced"]

TINY_POINTS = 1.5
"""Letters lower than this cannot be read by anyone."""
_INVISIBLE_MODES, _LIGHT = (3, 7), 200
_CLEAR = 12
"""An alpha at or under this cannot be seen."""
_CONTRAST = 14
"""The least difference between two points of a place where something can be read, of 255."""


@dataclass(frozen=True, slots=True)
class LetterStyle:
    """How a run of letters is drawn."""

    size: float
    angle: float
    """Degrees, against the clock, before the page is turned."""
    mode: int
    colour: tuple[int, int, int, int]
    order: int = -1
    """Its place among the page's drawn objects."""

    @property
    def faint(self) -> bool:
        """True for a colour that on white paper can hardly be seen."""
        return self.colour[3] <= _CLEAR or min(self.colour[:3]) >= _LIGHT


@dataclass(frozen=True, slots=True)
class Surface:
    """A filled shape or a picture, in the page's own coordinates (y upwards)."""

    left: float
    bottom: float
    right: float
    top: float
    order: int
    picture: bool
    colour: tuple[int, int, int, int] = (0, 0, 0, 255)

    def holds(self, x: float, y: float) -> bool:
        """True when the point lies on it."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top


@dataclass(slots=True)
class DrawnObjects:
    """What lies on one page besides its letters."""

    surfaces: list[Surface] = field(default_factory=list)
    orders: dict[int, int] = field(default_factory=dict)
    """Address of a text object to its place in the order of drawing."""
    replaced: list[str] = field(default_factory=list)
    """What the page names in place of letters that it draws otherwise."""


def drawn_objects(page: Any, raw: Any) -> DrawnObjects:
    """List the pictures and filled shapes of *page*, and the order in which its text was drawn."""
    drawn = DrawnObjects()
    stack = [(page.raw, raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, 0)]
    order = 0
    while stack:
        parent, count, get, depth = stack.pop()
        for index in range(min(count(parent), 20_000)):
            item = get(parent, index)
            order += 1
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                drawn.orders[ctypes.cast(item, ctypes.c_void_p).value or 0] = order
                drawn.replaced.extend(_taken_off(item, raw))
            elif kind == raw.FPDF_PAGEOBJ_IMAGE or (kind == raw.FPDF_PAGEOBJ_PATH and _filled(item, raw)):
                surface = _surface(item, order, raw, picture=kind == raw.FPDF_PAGEOBJ_IMAGE)
                if surface is not None:
                    drawn.surfaces.append(surface)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < 4:
                stack.append((item, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, depth + 1))
    return drawn


_LIGATURE = re.compile(r"f{0,2}[fijlthkb]|[cst]t|ti|Th|[iI][jJ]|[oaOA][eE]")


def _taken_off(item: Any, raw: Any) -> Iterator[str]:
    """Take off what a page says in place of the letters it draws (``ActualText``); give it.

    PDFium would read that instead: a page could show one amount and be read with another. What has neither
    letters nor figures (a hyphen at a line's end) stays, and so do the letters a font draws as one sign.
    """
    for index in reversed(range(raw.FPDFPageObj_CountMarks(item))):
        mark = raw.FPDFPageObj_GetMark(item, index)
        size, asked = ctypes.c_ulong(), (mark, b"ActualText")
        if not raw.FPDFPageObjMark_GetParamStringValue(*asked, None, 0, size) or size.value <= 2:
            continue
        letters = (ctypes.c_ushort * (size.value // 2))()
        raw.FPDFPageObjMark_GetParamStringValue(*asked, letters, size.value, size)
        text = bytes(letters).decode("utf-16-le", "replace").rstrip("\0")
        says_more = any(map(str.isalnum, text)) and not _LIGATURE.fullmatch(text)
        if says_more and raw.FPDFPageObj_RemoveMark(item, mark):
            yield text


def _filled(item: Any, raw: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(item, mode, stroke)) and mode.value != 0


def _surface(item: Any, order: int, raw: Any, *, picture: bool) -> Surface | None:
    box = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(item, *box):
        return None
    left, bottom, right, top = (b.value for b in box)
    colour = (0, 0, 0, 255) if picture else fill_colour(raw.FPDFPageObj_GetFillColor, item)
    if colour[3] <= _CLEAR:
        return None
    return Surface(left, bottom, right, top, order, picture, colour)


def fill_colour(get: Any, *what: Any) -> tuple[int, int, int, int]:
    """Ask PDFium for a fill colour; black where it has none to tell."""
    parts = [ctypes.c_uint() for _ in range(4)]
    if not get(*what, *parts):
        return (0, 0, 0, 255)
    red, green, blue, alpha = (p.value for p in parts)
    return (red, green, blue, alpha)


def hiding_suspected(style: LetterStyle, x: float, y: float, drawn: DrawnObjects) -> HiddenReason | None:
    """Say why a word whose middle is at (x, y) may be hidden; the picture of the page decides."""
    if style.colour[3] <= _CLEAR:
        return "same colour"
    under = [s for s in drawn.surfaces if s.holds(x, y)]
    if style.order >= 0 and any(s.order > style.order for s in under):
        return "covered"
    if style.faint:
        return "same colour"
    if any(_same_colour(s.colour, style.colour) for s in under if not s.picture):
        return "same colour"
    return None


def is_invisible(style: LetterStyle, x: float, y: float, drawn: DrawnObjects) -> tuple[bool, bool]:
    """Say whether letters are drawn without ink, and whether over a picture, as those of a scan are."""
    if style.mode not in _INVISIBLE_MODES:
        return False, False
    return True, any(s.picture and s.holds(x, y) for s in drawn.surfaces)


def _same_colour(first: Sequence[int], second: Sequence[int]) -> bool:
    return max(abs(a - b) for a, b in zip(first[:3], second[:3], strict=True)) < 24


@dataclass(frozen=True, slots=True)
class PagePixels:
    """A page drawn small, three bytes a point, to see whether a place of it shows anything."""

    pixels: bytes
    width: int
    height: int
    stride: int
    channels: int

    def shows(self, left: float, top: float, right: float, bottom: float) -> bool:
        """True when the place, given in fractions of the page, is not all of one colour."""
        x1, x2 = int(left * self.width), int(right * self.width) + 1
        y1, y2 = int(top * self.height), int(bottom * self.height) + 1
        x1, x2 = max(x1, 0), min(max(x2, x1 + 2), self.width)
        y1, y2 = max(y1, 0), min(max(y2, y1 + 2), self.height)
        low, high = [255, 255, 255], [0, 0, 0]
        for y in range(y1, y2):
            row = self.pixels[y * self.stride + x1 * self.channels : y * self.stride + x2 * self.channels]
            for channel in range(3):
                points = row[channel :: self.channels]
                if points:
                    low[channel] = min(low[channel], *points)
                    high[channel] = max(high[channel], *points)
        return max(h - s for h, s in zip(high, low, strict=True)) >= _CONTRAST


_ADDRESS, _INT, _UINT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint


@dataclass(slots=True)
class LetterRun:
    """Letters that make one word, in the page's own coordinates."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    x: float
    y: float
    """Where its first letter stands on the baseline."""
    style: LetterStyle


def overprinted(run: LetterRun, runs: Sequence[LetterRun], drawn: DrawnObjects) -> bool:
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
            address = ctypes.cast(getattr(raw, name), ctypes.c_void_p).value
            return ctypes.PYFUNCTYPE(result, *arguments)(address)  # type: ignore[arg-type]  # an address is never None here

        letter = (_ADDRESS, _INT)
        self.count = plain("FPDFText_CountChars", _INT, _ADDRESS)
        self.unicode = plain("FPDFText_GetUnicode", _UINT, *letter)
        self.box = plain("FPDFText_GetCharBox", _INT, *letter, *[_ADDRESS] * 4)
        self.origin = plain("FPDFText_GetCharOrigin", _INT, *letter, *[_ADDRESS] * 2)
        self.item = plain("FPDFText_GetTextObject", _ADDRESS, *letter)
        self.size = plain("FPDFText_GetFontSize", ctypes.c_double, *letter)
        self.matrix = plain("FPDFText_GetMatrix", _INT, *letter, _ADDRESS)
        self.colour = plain("FPDFText_GetFillColor", _INT, *letter, *[_ADDRESS] * 4)
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


def letter_runs(text_page: Any, orders: dict[int, int]) -> Iterator[LetterRun]:
    """Go through the letters and cut them into words at spaces, wide gaps and changes of line.

    *orders* gives each text object's place in the order of drawing.
    """
    pdfium = _pdfium()
    page = address_of(text_page.raw)
    numbers = (ctypes.c_double * 4)()
    first = ctypes.addressof(numbers)
    places = (first, first + 8, first + 16, first + 24)  # left, right, bottom, top: PDFium's order
    styles: dict[int, LetterStyle] = {}
    style = LetterStyle(0.0, 0.0, 0, (0, 0, 0, 255))
    run: LetterRun | None = None
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
            run = LetterRun(letter, left, bottom, right, top, numbers[0], numbers[1], style)
            continue
        run.text += letter
        run.left, run.right = min(run.left, left), max(run.right, right)
        run.bottom, run.top = min(run.bottom, bottom), max(run.top, top)
    if run is not None:
        yield run


def _breaks(run: LetterRun, style: LetterStyle, left: float, right: float, bottom: float, top: float) -> bool:
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


def _style(pdfium: _Pdfium, page: int, index: int, item: int, order: int) -> LetterStyle:
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
    return LetterStyle(size, angle, mode, (red, green, blue, alpha), order)


_MOST = 200
_LETTERS = 2_000
_POPUP, _LINK, _WIDGET = 16, 2, 20
"""Annotations that hold no words of their own: what opens another, a link, a field of a form."""
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_TAGS = frozenset(map(chr, range(0xE0000, 0xE0080)))
_NO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff")
_A_FEW = 3
"""A program may set so many characters without width for its own reasons."""
_SAMPLE = 60


def annotation_notes(page: Any, number: int, name: str) -> Iterator[Phrase]:
    """Say which notes stand on a page besides what is printed; they are not read."""
    from pypdfium2 import raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            if raw.FPDFAnnot_GetSubtype(annotation) not in (_POPUP, _LINK, _WIDGET):
                text = _string(raw, annotation, b"Contents")
                if text:
                    yield say(
                        "Page {page} of {name} holds a note that is not printed; it was not read: “{sample}”",
                        page=number,
                        name=name,
                        sample=shortened(text, _SAMPLE),
                    )
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _string(raw: Any, annotation: Any, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= 2:
        return ""
    room = min(size, 2 * _LETTERS)
    buffer = (ctypes.c_ushort * (room // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, room)
    return clean_line(bytes(buffer)[:room].decode("utf-16-le", errors="replace"))


def hidden_character_notes(texts: Iterable[str], number: int, name: str) -> Iterator[Phrase]:
    """Say that a page holds characters nobody sees; they are left out of its words."""
    turning = hidden = 0
    for text in texts:
        turning += sum(c in _TURNING or c in _TAGS for c in text)
        hidden += sum(c in _NO_WIDTH for c in text)
    if turning or hidden > _A_FEW:
        yield say(
            "Page {page} of {name} holds {n} characters that nobody sees; they were left out.",
            page=number,
            name=name,
            n=turning + hidden,
        )


def clean_line(text: str) -> str:
    """Make one harmless line of a text."""
    return " ".join(filter(None, (clean_word(word) for word in text.replace("\0", " ").split())))
