"""Pieces of a page: stretches of one line without a wide gap, each with its box and its place in the text."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from smeflow import _text
from smeflow._text import folded
from smeflow.documents.base import Box, Document, Page, Quote

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
    found: list[Piece] = []
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
            found.append(Piece(text=text, start=start, end=end, line=number + 1, box=box, page=page.number))
        offset += len(line) + 1
    return tuple(found)


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


def box_of(page: Page, start: int, end: int) -> Box | None:
    """Give the box around the words of a span of the page's text; the words stand in the text's order."""
    box: Box | None = None
    first = bisect_right(page.words, start, key=lambda word: word.end)
    for word in page.words[first:]:
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
