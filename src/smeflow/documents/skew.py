"""Tell how askew a scanned page lies, and where a word of it lies once the page is turned back."""

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from smeflow.documents.lines import Placed

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_ASKEW = 4.0
"""Degrees."""


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
    return fine if abs(fine) <= _MOST_ASKEW and contrast(fine) > 1.1 * contrast(0.0) else 0.0


def turned_back(word: Placed, angle: float, x: float, y: float) -> Placed:
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
