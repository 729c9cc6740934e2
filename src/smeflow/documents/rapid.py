"""Recognise the words of a picture with RapidOCR: slower than Tesseract, and surer on poor pictures.

Its models lie in its wheel: nothing is fetched. It costs some seconds of CPU a page.
"""

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from smeflow._optional import need
from smeflow.documents.file import File
from smeflow.documents.lines import Placed, clean
from smeflow.documents.skew import angle_of, turned_back
from smeflow.errors import MissingExtra, UnsupportedDocument
from smeflow.i18n import say

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDE = str.maketrans("：；，（）％！？＃＋－／［］", ":;,()%!?#+-/[]")
_LETTERS_DEPTH = 0.22
"""How far a box reaches below the baseline, of its height."""


class MissingRapid(UnsupportedDocument):
    """The package of the better recogniser is not installed."""

    def __init__(self, name: str) -> None:
        missing = MissingExtra(package="rapidocr", extra="ocr")
        super().__init__(
            say("The picture {name} was not read. {why}", name=name, why=missing.phrase), name=name
        )


def recognise_surely(grey: "Image", *, file: File) -> list[Placed]:
    """Recognise a grey picture; words lie in its points, their baselines as if it were straight.

    Raises:
        MissingRapid: RapidOCR is not installed.
    """
    try:
        engine = _engine()
    except MissingExtra as error:
        raise MissingRapid(file.name) from error
    from PIL.Image import Resampling

    numpy = need("numpy", "ocr")
    askew = angle_of(grey)
    straight = grey.rotate(askew, resample=Resampling.BICUBIC, fillcolor=255) if abs(askew) >= 0.2 else grey
    points = numpy.array(straight.convert("RGB"))
    try:
        # what one call leaves out, the engine remembers from the call before: all is said each time
        found = engine(points, use_det=True, use_cls=False, use_rec=True, return_word_box=True)
    except Exception as error:
        if "alloc" in str(error):  # onnxruntime has no class of its own for it
            raise MemoryError from error
        raise
    words = [placed for line in found.word_results or () for placed in _line(line)]
    if straight is not grey:
        words = [turned_back(word, askew, grey.width / 2, grey.height / 2) for word in words]
    return words


def recognise_line(grey: "Image", *, name: str) -> str:
    """Recognise the one line of letters that a picture holds; "" where there is none.

    Raises:
        MissingRapid: RapidOCR is not installed.
    """
    try:
        engine = _engine()
    except MissingExtra as error:
        raise MissingRapid(name) from error
    numpy = need("numpy", "ocr")
    found = engine(
        numpy.array(grey.convert("RGB")), use_det=False, use_cls=False, use_rec=True, return_word_box=False
    )
    return " ".join(str(text).translate(_WIDE) for text in found.txts or ())


def _line(line: Any) -> list[Placed]:
    """Make the words of one line; all have its size and baseline."""
    placed = []
    for text, _, corners in line:
        word = clean(str(text).translate(_WIDE))
        if word:
            across, down = [float(x) for x, _ in corners], [float(y) for _, y in corners]
            height = math.dist(corners[0], corners[3])
            top, bottom = min(down), max(down)
            baseline = sum(sorted(down)[-2:]) / 2 - _LETTERS_DEPTH * height
            placed.append(Placed(word, min(across), top, max(across), bottom, baseline, 0.75 * height))
    return placed


@cache
def _engine() -> Any:
    """Load the models, once in a process; one thread, since others work beside it.

    Lines are read one by one: in batches its memory grows with every new width. They are looked for on a page
    of at most 1600 points (at 2000 a page of A4 came near the limit of memory) and read as large as it came.
    """
    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    looked = {"Det.limit_type": "max", "Det.limit_side_len": 1600}
    params = {"Global.log_level": "error", "Rec.rec_batch_num": 1, **looked, **one}
    return need("rapidocr", "ocr").RapidOCR(params=params)
