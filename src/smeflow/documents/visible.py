"""Tell which words of a PDF page nobody can see: by what was drawn and, in doubt, by the page's picture."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Hidden = Literal["invisible", "tiny", "outside", "same colour", "covered"]

TINY_POINTS = 1.5
"""Letters lower than this cannot be read by anyone."""
_INVISIBLE_MODES = (3, 7)
_LIGHT = 200
_CLEAR = 12
"""An alpha at or under this cannot be seen."""
_CONTRAST = 14
"""The least difference between two points of a place where something can be read, of 255."""


@dataclass(frozen=True, slots=True)
class Style:
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
class Drawn:
    """What lies on one page besides its letters."""

    surfaces: list[Surface] = field(default_factory=list)
    orders: dict[int, int] = field(default_factory=dict)
    """Address of a text object to its place in the order of drawing."""


def drawn_on(page: Any, raw: Any) -> Drawn:
    """List the pictures and filled shapes of *page*, and the order in which its text was drawn."""
    drawn = Drawn()
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
            elif kind == raw.FPDF_PAGEOBJ_IMAGE or (kind == raw.FPDF_PAGEOBJ_PATH and _filled(item, raw)):
                surface = _surface(item, order, raw, picture=kind == raw.FPDF_PAGEOBJ_IMAGE)
                if surface is not None:
                    drawn.surfaces.append(surface)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < 4:
                stack.append((item, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, depth + 1))
    return drawn


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


def suspicion(style: Style, x: float, y: float, drawn: Drawn) -> Hidden | None:
    """Say why a word whose middle is at (x, y) may be hidden; the picture of the page decides."""
    if style.colour[3] <= _CLEAR:
        return "same colour"
    under = [s for s in drawn.surfaces if s.holds(x, y)]
    if style.order >= 0 and any(s.order > style.order for s in under):
        return "covered"
    if style.faint:
        return "same colour"
    if any(_alike(s.colour, style.colour) for s in under if not s.picture):
        return "same colour"
    return None


def is_invisible(style: Style, x: float, y: float, drawn: Drawn) -> tuple[bool, bool]:
    """Say whether letters are drawn without ink, and whether over a picture, as those of a scan are."""
    if style.mode not in _INVISIBLE_MODES:
        return False, False
    return True, any(s.picture and s.holds(x, y) for s in drawn.surfaces)


def _alike(one: Sequence[int], other: Sequence[int]) -> bool:
    return max(abs(a - b) for a, b in zip(one[:3], other[:3], strict=True)) < 24


@dataclass(frozen=True, slots=True)
class Picture:
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
