"""Pieces of a page: stretches of one line without a wide gap, each with its box and its place in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from smeflow._text import folded
from smeflow.documents.base import Box, Document, Page, Quote

_PIECE = re.compile(r"[^\s](?:[^\n\t]*?[^\s])?(?=\s{2,}|\t|\n|\f|$)")
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
    found: list[Piece] = []
    offset = 0
    height = page.text.count("\n") + 1
    for number, line in enumerate(page.text.split("\n")):
        for match in _PIECE.finditer(line):
            start, end = offset + match.start(), offset + match.end()
            box = box_of(page, start, end) or Box(
                match.start() / _COLUMNS, number / height, match.end() / _COLUMNS, (number + 0.8) / height
            )
            found.append(
                Piece(text=match[0], start=start, end=end, line=number + 1, box=box, page=page.number)
            )
        offset += len(line) + 1
    return tuple(found)


def box_of(page: Page, start: int, end: int) -> Box | None:
    """Give the box around the words of a span of the page's text."""
    box: Box | None = None
    for word in page.words:
        if word.start < end and start < word.end:
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


@lru_cache(maxsize=64)
def folded_map(text: str) -> tuple[str, tuple[int, ...]]:
    """Fold *text* and tell for each letter of the result where it came from."""
    letters: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        if char.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
                origin.append(at)
            continue
        for letter in char.lower() if char.isascii() else folded(char):
            letters.append(letter)
            origin.append(at)
    return "".join(letters), tuple(origin)


def occurrences(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Find where *wanted* stands in *text*, as whole words, whatever the case, accents and spaces."""
    needle = folded(wanted)
    if not needle:
        return
    flat, origin = folded_map(text)
    at = flat.find(needle)
    while at >= 0:
        end = at + len(needle)
        if not (_joins(flat, at - 1, at) or _joins(flat, end - 1, end)):
            yield origin[at], origin[end - 1] + 1
        at = flat.find(needle, at + 1)


def _joins(text: str, left: int, right: int) -> bool:
    """Tell whether the letters at two neighbouring places belong to one word or number."""
    if left < 0 or right >= len(text):
        return False
    one, two = text[left], text[right]
    if one.isalnum() and two.isalnum():
        return True
    # 12 is no whole number in 12.50 or 3-12, nor 01 in FA-01
    if two.isdigit() and one in ".,-/" and left > 0:
        return text[left - 1].isalnum()
    return one.isdigit() and two in ".,-/" and right + 1 < len(text) and text[right + 1].isdigit()
