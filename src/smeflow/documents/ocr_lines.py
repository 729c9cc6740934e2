"""Words out of recognised lines: a recogniser that only boxes whole lines gives neither words nor a baseline.

A line is cut where its ink has gaps, and a photographed page, whose lines lean more and more, is made level.
"""

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from smeflow.documents.page_text import PlacedWord, clean_word

if TYPE_CHECKING:
    from PIL.Image import Image

Lean = Callable[[float], float]
"""How far a line at a height of the page falls, in points a point to the right."""

_NARROW, _BROAD = frozenset("iljtfrI1.,:;'!|()[] -/"), frozenset("mwMW@%ABCDEGHKNOQRUVXYZ&")
_NARROW_WIDTH, _BROAD_WIDTH = 0.6, 1.35
"""Of an ordinary letter's width, in the sans serif faces that invoices and tills print."""
_INK = 0.12
"""Of the darkest column of a line: what is lighter is paper."""
_REACH = 2.2
"""So many letters from where a space is expected its gap is looked for."""
_BASELINE = 0.28
"""How far the letters' foot lies under the middle of a line's box, of its height."""
_LETTER_SIZE = 0.75
"""The size of letters, of the height of their box."""
_LONG, _TALL = 5.0, 2.2
"""A line so long, in heights of a line, shows how it leans; a box so tall holds more than one."""
_FEWEST_LINES = 3
_SAME_LEAN = 0.004
"""Lines that lean so little apart lean alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedLine:
    """A line's text and the box around it, in the picture's points."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float = 1.0

    @property
    def height(self) -> int:
        """How tall the box is."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The height of its middle on the page."""
        return (self.top + self.bottom) / 2


def place_words(picture: "Image", lines: Sequence[RecognisedLine]) -> list[PlacedWord]:
    """Make words of the *lines* of a grey *picture*; their baselines are as if the page lay flat."""
    heights = [line.height for line in lines if line.text]
    if not heights:
        return []
    usual = statistics.median(heights)
    lean = _lean_of(picture, lines, usual)
    return [word for line in lines for word in _words_of(picture, line, usual, lean)]


def _words_of(picture: "Image", line: RecognisedLine, usual: float, lean: Lean) -> Iterator[PlacedWord]:
    spans = list(_spans_of_words(line.text))
    if not spans or line.right - line.left < 2 or line.height < 2:
        return
    fall, across = lean(line.middle), (line.left + line.right) / 2
    for (start, end), (left, right) in zip(spans, _cuts(picture, line, spans), strict=True):
        word = clean_word(line.text[start:end])
        if not word:
            continue
        x = (left + right) / 2
        # along the line to the word, and back to the middle of the page as its neighbours are
        level = line.middle + fall * (x - across) - fall * (x - picture.width / 2)
        yield PlacedWord(
            word,
            left,
            line.top,
            right,
            line.bottom,
            level + _BASELINE * min(line.height, usual),
            _LETTER_SIZE * min(line.height, 1.3 * usual),
        )


_LOST_GAP = re.compile(
    r"(?<=[^\s|])(?=\|)|(?<=\|)(?=[^\s|])"  # the rule of a table, read as a letter
    r"|(?<=\d)(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{4})"  # "AR-2025-7939Rechnung"
    r"|(?<=[a-zß-öø-ÿ]{5})(?=\d{3})"  # "Rechnung2025"
)
_ADDRESS = re.compile(r"@|://|www\.|\.[a-z]{2,4}\b")
"""What mails and sites are told by: words and numbers stand together in them."""


def _spans_of_words(text: str) -> Iterator[tuple[int, int]]:
    """Give where words begin and end: at spaces, and where a recogniser misses a gap as no one prints it."""
    for match in re.finditer(r"\S+", text):
        start, end = match.span()
        lost = () if _ADDRESS.search(match[0]) else _LOST_GAP.finditer(match[0])
        edges = [start, *(start + gap.start() for gap in lost), end]
        yield from pairwise(edges)


def _cuts(
    picture: "Image", line: RecognisedLine, spans: Sequence[tuple[int, int]]
) -> list[tuple[float, float]]:
    """Give where each word of *line* begins and ends: between them lies the gap that fits a space best."""
    ink = _ink(picture, line)
    first, last = ink.index(True), len(ink) - ink[::-1].index(True)
    gaps = list(_gaps(ink, first, last))
    widths = list(map(_width, line.text))
    point = (last - first) / sum(widths)
    edges = [first + point * width for width in accumulate(widths, initial=0.0)]
    starts, ends = [float(first)], []
    for (_, before), (after, _) in pairwise(spans):
        expected = (edges[before] + edges[after]) / 2
        reach = _REACH * point
        near = (g for g in gaps if starts[-1] <= g[0] < expected + reach and g[1] > expected - reach)
        left, right = max(
            near,
            key=lambda gap: (gap[1] - gap[0]) - abs((gap[0] + gap[1]) / 2 - expected) / 4,
            default=(edges[before], edges[after]),
        )
        ends.append(float(left))
        starts.append(float(right))
    ends.append(float(last))
    return [
        (line.left + start, line.left + max(end, start + 1)) for start, end in zip(starts, ends, strict=True)
    ]


def _ink(picture: "Image", line: RecognisedLine) -> list[bool]:
    """Tell of each column of *line* whether there is ink; of one without any, all count."""
    from PIL.Image import Resampling

    strip = picture.crop((line.left, line.top, line.right, line.bottom))
    columns = strip.resize((strip.width, 1), Resampling.BOX).tobytes()
    paper = sorted(columns)[int(len(columns) * 0.9)]
    darkness = [paper - column for column in columns]
    floor = _INK * max(darkness)
    dark = [value > floor for value in darkness]
    return dark if any(dark) else [True] * len(dark)


def _gaps(ink: Sequence[bool], first: int, last: int) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for column in range(first, last):
        if not ink[column]:
            start = column if start is None else start
        elif start is not None:
            yield start, column
            start = None


def _width(letter: str) -> float:
    return _NARROW_WIDTH if letter in _NARROW else _BROAD_WIDTH if letter in _BROAD else 1.0


def _lean_of(picture: "Image", lines: Sequence[RecognisedLine], usual: float) -> Lean:
    """Fit how lines lean, from the top of the page to its foot; what a few odd lines do does not count."""
    leaning = [
        (line.middle, _lean_of_line(picture, line), line.right - line.left)
        for line in lines
        if line.text and line.right - line.left > _LONG * usual and line.height < _TALL * usual
    ]
    if len(leaning) < _FEWEST_LINES:
        return lambda _: 0.0
    fit = _fit(leaning)
    for _ in range(2):
        distances = [abs(lean - fit(height)) for height, lean, _ in leaning]
        allowed = max(_SAME_LEAN, 2 * statistics.median(distances))
        fit = _fit([row for row, off in zip(leaning, distances, strict=True) if off <= allowed])
    return fit


def _fit(rows: Sequence[tuple[float, float, int]]) -> Lean:
    """Fit a straight line through heights and leans, each row with its weight."""
    weight = sum(row[2] for row in rows)
    height = sum(y * w for y, _, w in rows) / weight
    lean = sum(value * w for _, value, w in rows) / weight
    spread = sum(w * (y - height) ** 2 for y, _, w in rows)
    slope = sum(w * (y - height) * (value - lean) for y, value, w in rows) / spread if spread else 0.0
    return lambda y: lean + slope * (y - height)


def _lean_of_line(picture: "Image", line: RecognisedLine) -> float:
    """Measure how a line leans: how far the rows of its right end must move to lie on those of its left."""
    quarter = max(8, (line.right - line.left) // 4)
    left = _rows(picture, line, line.left, line.left + quarter)
    right = _rows(picture, line, line.right - quarter, line.right)
    count = len(left)

    def likeness(shift: int) -> float:
        shared = range(max(0, -shift), min(count, count - shift))
        return float(sum(left[n] * right[n + shift] for n in shared) / (count - abs(shift)) ** 0.5)

    reach = count // 2
    best = max(range(-reach, reach + 1), key=lambda shift: (likeness(shift), -abs(shift)))
    return best / (line.right - line.left - quarter)


def _rows(picture: "Image", line: RecognisedLine, left: int, right: int) -> list[int]:
    """Give how dark each row of a stretch of *line* is."""
    from PIL.Image import Resampling

    rows = (
        picture.crop((left, line.top, right, line.bottom)).resize((1, line.height), Resampling.BOX).tobytes()
    )
    return [max(rows) - row for row in rows]
