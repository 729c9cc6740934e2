"""Put words that lie anywhere on a page into lines, and lines into the page's text.

Two words are on one line when their baselines are close for their size, however far apart they stand: an
amount at the right edge is on the line of its label. A line never takes in a word that does not fit *all*
its words, so that a tall title beside small print joins one line of it and not three.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from smeflow._text import visible
from smeflow.documents.base import Box, Page, Word

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
class Placed:
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

    def scaled(self, factor: float) -> "Placed":
        """Give the word as it lies on a page drawn *factor* times as large."""
        return Placed(
            self.text,
            self.left * factor,
            self.top * factor,
            self.right * factor,
            self.bottom * factor,
            self.baseline * factor,
            self.size * factor,
            self.turned,
        )


def clean(text: str) -> str:
    """Give the letters of a word as a reader would type them: NFC, no ligatures, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", visible(text.translate(_LIGATURES)))
    return _CONTROL.sub("", text) if not text.isprintable() else text.strip()


def in_lines(words: Iterable[Placed]) -> list[list[Placed]]:
    """Group *words* into lines from top to bottom, each from left to right."""
    lines: list[list[Placed]] = []
    for word in sorted((w for w in words if not w.turned), key=lambda w: (w.baseline, w.left)):
        for line in reversed(lines[-4:]):
            if all(_level(word, other) for other in line):
                line.append(word)
                break
        else:
            lines.append([word])
    lines.sort(key=lambda line: sum(w.baseline for w in line) / len(line))
    for line in lines:
        line.sort(key=lambda w: w.left)
    return lines


def _level(one: Placed, other: Placed) -> bool:
    small, large = sorted((one.size, other.size))
    return abs(one.baseline - other.baseline) <= min(0.45 * large, 0.7 * small)


def page_of(
    words: Sequence[Placed],
    *,
    number: int,
    width: float,
    height: float,
    origin: Literal["text", "ocr"] = "text",
) -> Page:
    """Make a page whose text is its lines and whose words point into that text."""
    lines = [*in_lines(words), *turned_lines([w for w in words if w.turned])]
    placed: list[Word] = []
    pieces: list[str] = []
    offset = 0
    for number_of_line, line in enumerate(lines, start=1):
        if pieces:
            pieces.append("\n")
            offset += 1
        before: Placed | None = None
        for word in line:
            if before is not None:
                gap = word.left - before.right
                space = "  " if not word.turned and gap > COLUMN_GAP * min(word.size, before.size) else " "
                pieces.append(space)
                offset += len(space)
            box = Box(*_fractions(word, width, height))
            placed.append(Word(word.text, box, offset, number_of_line))
            pieces.append(word.text)
            offset += len(word.text)
            before = word
    return Page(
        number=number, text="".join(pieces), width=width, height=height, words=tuple(placed), origin=origin
    )


def turned_lines(words: Sequence[Placed]) -> list[list[Placed]]:
    """Group words that run up, down or upside down, in the order they came, by where they run."""
    lines: list[list[Placed]] = []
    for word in words:
        last = lines[-1][-1] if lines else None
        if last is not None and (
            _near(last.left, word.left, word.size) or _near(last.top, word.top, word.size)
        ):
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def _near(one: float, other: float, size: float) -> bool:
    return abs(one - other) <= 0.5 * size


def _fractions(word: Placed, width: float, height: float) -> tuple[float, float, float, float]:
    return (
        round(min(max(word.left / width, 0.0), 1.0), 5),
        round(min(max(word.top / height, 0.0), 1.0), 5),
        round(min(max(word.right / width, 0.0), 1.0), 5),
        round(min(max(word.bottom / height, 0.0), 1.0), 5),
    )
