"""The words of a page as lines and places.

Reading order, turning what lies askew, finding where a value stands.
"""

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from smeflow import _text
from smeflow._text import folded, strip_invisible
from smeflow.documents.document import Box, Document, Page, Quote, Word

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling

COLUMN_GAP = 1.5
"""A gap wider than this many times the size of the letters is shown as two spaces."""

_LIGATURES = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\x02": "-",
        "\ufffe": "-",
    }
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


@dataclass(slots=True)
class PlacedWord:
    """A word and where it lies, in points from the page's top left corner as a reader sees the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    size: float
    turned: bool = False
    """It does not run from left to right; it gets a line of its own behind the others."""

    def scaled(self, factor: float) -> "PlacedWord":
        """Give the word as it lies on a page drawn *factor* times as large."""
        return PlacedWord(
            self.text,
            self.left * factor,
            self.top * factor,
            self.right * factor,
            self.bottom * factor,
            self.baseline * factor,
            self.size * factor,
            self.turned,
        )


def clean_word(text: str) -> str:
    """Give the letters of a word as a reader would type them: NFC, no ligatures, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", strip_invisible(text.translate(_LIGATURES)))
    return _CONTROL.sub("", text) if not text.isprintable() else text.strip()


def group_lines(words: Iterable[PlacedWord]) -> list[list[PlacedWord]]:
    """Group *words* into lines from top to bottom, each from left to right."""
    lines: list[list[PlacedWord]] = []
    for word in sorted((w for w in words if not w.turned), key=lambda w: (w.baseline, w.left)):
        for line in reversed(lines[-4:]):
            if all(_on_one_line(word, other) for other in line):
                line.append(word)
                break
        else:
            lines.append([word])
    lines.sort(key=lambda line: sum(w.baseline for w in line) / len(line))
    for line in lines:
        line.sort(key=lambda w: w.left)
    return lines


def _on_one_line(word: PlacedWord, other: PlacedWord) -> bool:
    small, large = sorted((word.size, other.size))
    return abs(word.baseline - other.baseline) <= min(0.45 * large, 0.7 * small)


def build_page(
    words: Sequence[PlacedWord],
    *,
    number: int,
    width: float,
    height: float,
    origin: Literal["text", "ocr"] = "text",
) -> Page:
    """Make a page whose text is its lines and whose words point into that text."""
    lines = [*map(_closed_up, group_lines(words)), *group_turned_lines([w for w in words if w.turned])]
    placed: list[Word] = []
    pieces: list[str] = []
    offset = 0
    for number_of_line, line in enumerate(lines, start=1):
        if pieces:
            pieces.append("\n")
            offset += 1
        before: PlacedWord | None = None
        for word in line:
            if before is not None:
                gap = word.left - before.right
                space = "  " if not word.turned and gap > COLUMN_GAP * min(word.size, before.size) else " "
                pieces.append(space)
                offset += len(space)
            placed.append(Word(word.text, _box(word, width, height), offset, number_of_line))
            pieces.append(word.text)
            offset += len(word.text)
            before = word
    return Page(
        number=number, text="".join(pieces), width=width, height=height, words=tuple(placed), origin=origin
    )


_LEAST_SPACED = 5
"""So many letters in a row that stand apart are a word in letters set apart."""
_SPACED_GAP, _WORD_GAP = 2.5, 1.6
"""Letters set apart are nearer than so many times their size; a gap so many times the usual ends a word."""


def _closed_up(line: list[PlacedWord]) -> list[PlacedWord]:
    """Close up words printed in letters set apart, "F A C T U R E  N o  1 2", where their gaps tell words."""
    closed: list[PlacedWord] = []
    run: list[PlacedWord] = []
    for word in [*line, None]:
        near = bool(run) and word is not None and word.left - run[-1].right < _SPACED_GAP * word.size
        if word is not None and len(word.text) <= 2 and not word.turned and (near or not run):
            run.append(word)
            continue
        closed += _words_of_run(run)
        run = []
        if word is not None and len(word.text) <= 2 and not word.turned:
            run = [word]
        elif word is not None:
            closed.append(word)
    return closed


def _words_of_run(run: list[PlacedWord]) -> list[PlacedWord]:
    """Give the words of a run of short words: those themselves, unless they are letters set apart."""
    single = sum(len(word.text) == 1 for word in run)
    gaps = sorted(right.left - left.right for left, right in pairwise(run))
    if len(run) < _LEAST_SPACED or 4 * single < 3 * len(run) or gaps[len(gaps) // 2] <= 0:
        return run
    words, widest = [replace(run[0])], _WORD_GAP * gaps[len(gaps) // 2]
    for left, right in pairwise(run):
        if right.left - left.right > widest:
            words.append(replace(right))
            continue
        word = words[-1]
        word.text += right.text
        word.right = max(word.right, right.right)
        word.top, word.bottom = min(word.top, right.top), max(word.bottom, right.bottom)
    return words


def group_turned_lines(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Group words that run up, down or upside down, in the order they came, by where they run."""
    lines: list[list[PlacedWord]] = []
    for word in words:
        last = lines[-1][-1] if lines else None
        if last is not None and (
            _aligned(last.left, word.left, word.size) or _aligned(last.top, word.top, word.size)
        ):
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def _aligned(first: float, second: float, size: float) -> bool:
    return abs(first - second) <= 0.5 * size


def _box(word: PlacedWord, width: float, height: float) -> Box:
    def fraction(coordinate: float, whole: float) -> float:
        return round(min(max(coordinate / whole, 0.0), 1.0), 5)

    left, right = fraction(word.left, width), fraction(word.right, width)
    return Box(left, fraction(word.top, height), right, fraction(word.bottom, height))


_MOST_ASKEW_DEGREES = 4.0


def angle_of(grey: "Image") -> float:
    """Give how many degrees a page's lines sink to the right: the turn at which they stand out most.

    Rows of a straight page are either dark or white; the small copy is turned step by step until their
    darkness differs most.
    """
    from PIL.Image import Resampling

    small = grey.copy()
    small.thumbnail((700, 700))

    def contrast(angle: float) -> float:
        turned = small.rotate(angle, resample=Resampling.BILINEAR, fillcolor=255)
        left, right = turned.width // 10, turned.width - turned.width // 10
        rows = (
            turned.crop((left, 0, right, turned.height)).resize((1, turned.height), Resampling.BOX).tobytes()
        )
        return sum((a - b) ** 2 for a, b in pairwise(rows))

    coarse = max((step * 0.5 for step in range(-8, 9)), key=lambda a: (contrast(a), -abs(a)))
    fine = max((coarse + step * 0.1 for step in range(-4, 5)), key=lambda a: (contrast(a), -abs(a)))
    # a plain picture has no best turn: only what stands out is believed
    return fine if abs(fine) <= _MOST_ASKEW_DEGREES and contrast(fine) > 1.1 * contrast(0.0) else 0.0


def straighten(grey: "Image", resample: "Resampling") -> tuple["Image", float]:
    """Turn a page until its lines are level, and give the angle; one that is nearly level stays as it is."""
    askew = angle_of(grey)
    return (grey.rotate(askew, resample=resample, fillcolor=255) if abs(askew) >= 0.2 else grey), askew


def turned_back(word: PlacedWord, angle: float, x: float, y: float) -> PlacedWord:
    """Give the place of a word on the page before it was straightened; its baseline stays straight."""
    turn = math.radians(angle)
    across, down = (word.left + word.right) / 2 - x, (word.top + word.bottom) / 2 - y
    dx = across * math.cos(turn) - down * math.sin(turn) + x - (word.left + word.right) / 2
    dy = across * math.sin(turn) + down * math.cos(turn) + y - (word.top + word.bottom) / 2
    word.left, word.right, word.top, word.bottom = (
        word.left + dx,
        word.right + dx,
        word.top + dy,
        word.bottom + dy,
    )
    return word


_PIECE = re.compile(r"\S+(?:[^\S\n\t\f]\S+)*")
_LONGEST = 1000
"""No printed line is longer; the work on a piece may grow with its square."""
_COLUMNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one line. Where a page has no boxes, columns and lines of its text stand in for them."""

    text: str
    start: int
    end: int
    line: int
    box: Box
    page: int = 1


def pieces_of(page: Page) -> tuple[Piece, ...]:
    """Cut *page* into its pieces, in reading order."""
    pieces: list[Piece] = []
    offset = 0
    lines = page.text.split("\n")
    for number, line in enumerate(lines):
        for left, right in _stretches(line):
            start, end = offset + left, offset + right
            top = number / len(lines)
            box = box_of(page, start, end) or Box(
                left / _COLUMNS, top, right / _COLUMNS, top + 0.8 / len(lines)
            )
            text = line[left:right]
            pieces.append(Piece(text=text, start=start, end=end, line=number + 1, box=box, page=page.number))
        offset += len(line) + 1
    return tuple(pieces)


def _stretches(line: str) -> Iterator[tuple[int, int]]:
    """Give the stretches of a line between wide gaps; one that is too long is cut at a space."""
    for match in _PIECE.finditer(line):
        start, end = match.span()
        while end - start > _LONGEST:
            cut = max(line.rfind(" ", start, start + _LONGEST), start + _LONGEST // 2)
            yield start, cut
            start = cut + (line[cut] == " ")
        if start < end:
            yield start, end


_START = attrgetter("start")


def box_of(page: Page, start: int, end: int) -> Box | None:
    """Give the box around the words of a span of the page's text; the words stand in the text's order."""
    box: Box | None = None
    first = bisect_right(page.words, start, key=_START)
    while first and page.words[first - 1].end > start:
        first -= 1
    for at in range(first, len(page.words)):
        word = page.words[at]
        if word.start >= end:
            break
        box = word.box if box is None else box.around(word.box)
    return box


def quote_of(document: Document, page: Page, start: int, end: int, path: str | None = None) -> Quote:
    """Quote a span of a page as printed."""
    return Quote(
        text=page.text[start:end],
        document=document.name,
        page=page.number,
        box=box_of(page, start, end),
        start=start,
        end=end,
        path=path,
    )


folded_map = lru_cache(maxsize=64)(_text.folded_map)
"""`_text.folded_map`, which remembers the texts that are looked into again and again: lines and pages."""


def occurrences(text: str, phrase: str) -> Iterator[tuple[int, int]]:
    """Find where *phrase* stands in *text*, as whole words, whatever the case, accents and spaces."""
    needle = folded(phrase)
    if not needle:
        return
    flat, origin = folded_map(text)
    position = flat.find(needle)
    while position >= 0:
        end = position + len(needle)
        if not (_joins(flat, position - 1, position) or _joins(flat, end - 1, end)):
            yield origin[position], origin[end - 1] + 1
        position = flat.find(needle, position + 1)


def _joins(text: str, left: int, right: int) -> bool:
    """Tell whether the letters at two neighbouring places belong to one word or number."""
    if left < 0 or right >= len(text):
        return False
    before, after = text[left], text[right]
    if before.isalnum() and after.isalnum():
        return True
    # 12 is no whole number in 12.50 or 3-12, nor 01 in FA-01
    if after.isdigit() and before in ".,-/" and left > 0:
        return text[left - 1].isalnum()
    return before.isdigit() and after in ".,-/" and right + 1 < len(text) and text[right + 1].isdigit()
