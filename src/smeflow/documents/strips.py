"""Recognise a few places of a page anew with RapidOCR: a line costs a hundredth of what its page does.

A second recogniser that reads the same letters at the same place confirms them. Runs in the child process.
"""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from smeflow._optional import need
from smeflow.documents.base import Box, Document
from smeflow.documents.file import File
from smeflow.documents.image import opened_image, upright
from smeflow.documents.lines import Placed, clean
from smeflow.documents.skew import angle_of, turned_back
from smeflow.documents.sniff import PDF

if TYPE_CHECKING:
    from PIL.Image import Image

Strip = tuple[int, Box]
"""A page, from 1, and a place on it."""
MOST = 40
"""Of so many places each is read; what lies behind stays unread."""
_DPI = 200
_HIGH, _WIDE = 0.25, 0.35
"""How far around a place it is cut out, in heights of its line."""


def read_strips(document: Document, strips: Sequence[Strip]) -> list[str]:
    """Read the places of a PDF or picture in a child process; "" where nothing was recognised.

    Raises:
        DocumentError: RapidOCR is not installed, or the file cannot be opened again.
    """
    from smeflow.documents.kinds import sniffed
    from smeflow.documents.pool import shared_pool
    from smeflow.documents.read import read_guarded

    file = File(
        name=document.name, media_type=document.media_type, data=document.data, read_part=read_guarded
    )
    return shared_pool().strips(sniffed(file), list(strips)[:MOST])


def strips_here(file: File, strips: Sequence[Strip]) -> list[str]:
    """Read the places of *file* in this process."""
    from smeflow.documents.rapid import recognise_line

    texts: dict[int, str] = {}
    order = sorted(range(len(strips)), key=lambda n: strips[n][0])
    for page, numbers in groupby(order, key=lambda n: strips[n][0]):
        grey = _page(file, page)
        askew = angle_of(grey)
        if abs(askew) >= 0.2:
            grey = grey.rotate(askew, resample=need("PIL.Image", "ocr").Resampling.BICUBIC, fillcolor=255)
        file.more_time()
        for n in numbers:
            texts[n] = clean(recognise_line(_cut(grey, strips[n][1], askew), name=file.name))
    return [texts[n] for n in range(len(strips))]


def _page(file: File, number: int) -> "Image":
    if file.media_type != PDF:
        with opened_image(file) as image:
            image.seek(min(number, getattr(image, "n_frames", 1)) - 1)
            return upright(image, file.name)
    from smeflow.documents.pdf import grey_picture, opened

    pdf = opened(file)
    try:
        sheet = pdf.get_page(number - 1)
        width, height = sheet.get_size()
        scale = min(_DPI / 72, (file.limits.pixels / max(width * height, 1)) ** 0.5)
        return grey_picture(sheet, scale, file.name)
    finally:
        pdf.close()


def _cut(straight: "Image", box: Box, askew: float) -> "Image":
    """Cut a place, given as it lies on the page that came, out of the page made straight."""
    width, height = straight.size
    left, right = box.left * width, box.right * width
    top, bottom = box.top * height, box.bottom * height
    line = max(bottom - top - (right - left) * math.tan(math.radians(abs(askew))), 8.0)
    middle = (top + bottom) / 2
    place = Placed("", left, middle - line / 2, right, middle + line / 2, middle, line)
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
