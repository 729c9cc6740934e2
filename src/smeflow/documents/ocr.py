"""Recognise the words of a picture: by PaddleOCR's models in faster-paddle, by Tesseract or by RapidOCR.

The models lie in the wheels: nothing is fetched. What is installed decides who looks first, and who again.
"""

import io
import math
import os
import shutil
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from smeflow._optional import import_extra
from smeflow.documents.file import File, OcrEngine, limit_exceeded
from smeflow.documents.ocr_lines import RecognisedLine, place_words
from smeflow.documents.page_text import PlacedWord, clean_word, straighten, turned_back
from smeflow.errors import MissingExtra, UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

if TYPE_CHECKING:
    from PIL.Image import Image

LANGUAGES = ("fra", "eng", "deu")
_DESCENDERS = frozenset("gjpqy,;()[]{}|Q@§ç/$")
_NOISE_UNDER = 30
"""Marks without a letter or digit count only when Tesseract is surer of them than this, of 100."""
_NOISE_UNDER_PADDLE = 0.5
"""Of 1: a line the model is less sure of is a stain or a drawing."""
_DETECTED_SIDE = 1280
"""At 1600 the same lines of a page of A4 were found, for a third more memory (575 for 426 MB) and time."""
_CELLS = 12
_WANTED_SIDE = 1600
"""Points on the shorter side of a page of which Tesseract reads most: A4 at 190 dots an inch."""
_MOST_ENLARGED = 2


class MissingTesseract(UnsupportedDocument):
    """Nothing that reads pictures is installed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "{name} is a picture, and nothing that reads pictures is installed. Install it with: "
                'pip install "smeflow[ocr]", or the program Tesseract (on Debian: '
                "apt install tesseract-ocr tesseract-ocr-fra). Then run again.",
                name=name,
            )
        )


def recognise_words(grey: "Image", *, file: File) -> list[PlacedWord]:
    """Recognise a grey picture with what *file* asks for; words lie in the picture's points.

    What is not installed is stood in for by what takes the first look here.

    Raises:
        MissingTesseract: Nothing that recognises pictures is installed; `MissingRecogniser` where one was
            asked for that is not.
        LimitExceeded: It took longer than the limit.
    """
    engine = second_recogniser() if file.ocr == "second" else file.ocr
    if engine is None or engine == "auto" or (engine == "tesseract" and not tesseract_ready()):
        engine = first_recogniser()
    if engine is None:
        raise MissingTesseract(file.name)
    if engine == "rapidocr":
        return recognise_with_rapidocr(grey, file=file)
    if engine == "tesseract":
        return recognise_with_tesseract(grey, file=file)
    return recognise_with_paddle(grey, file=file, small=engine == "paddle-small")


def first_recogniser() -> OcrEngine | None:
    """Give what takes the first look here: the quickest of the good ones that is installed."""
    if _installed("faster_paddle"):
        return "paddle"
    if tesseract_ready():
        return "tesseract"
    return "rapidocr" if _installed("rapidocr") else None


def second_recogniser() -> OcrEngine | None:
    """Give what looks again where the first look left something open; None where it would be the same."""
    first = first_recogniser()
    if first == "paddle":
        return "paddle-small"
    return "rapidocr" if first == "tesseract" and _installed("rapidocr") else None


@cache
def _installed(package: str) -> bool:
    try:
        import_module(package)
    except ImportError:
        return False
    return True


def recognise_with_tesseract(grey: "Image", *, file: File) -> list[PlacedWord]:
    """Recognise a grey picture by the program Tesseract."""
    from PIL.Image import Resampling

    factor = min(max(_WANTED_SIDE / max(min(grey.size), 1), 1.0), _MOST_ENLARGED)
    size = round(grey.width * factor), round(grey.height * factor)
    large = grey.resize(size, 1) if factor > 1.05 else grey
    factor = large.width / max(grey.width, 1)
    straight, askew = straighten(large, Resampling.BILINEAR)
    words = words_of(run_tesseract(straight, file=file))
    if straight is not large:
        words = [turned_back(word, askew, large.width / 2, large.height / 2) for word in words]
    return [word.scaled(1 / factor) for word in words]


def tesseract_ready() -> bool:
    """True when Tesseract and one of its languages are installed."""
    program = shutil.which("tesseract")
    return program is not None and bool(installed_languages(program))


def run_tesseract(picture: "Image", *, file: File) -> str:
    """Give Tesseract's table (TSV) of the words in *picture*."""
    program = shutil.which("tesseract")
    if program is None:
        raise MissingTesseract(file.name)
    stream = io.BytesIO()
    picture.save(stream, "PPM")
    languages = "+".join(installed_languages(program))
    command = [program, "stdin", "stdout", "-l", languages, "--dpi", "200", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads slow it down beside others
    try:
        completed = subprocess.run(
            command,
            input=stream.getvalue(),
            capture_output=True,
            timeout=file.limits.seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise limit_exceeded("seconds", file.limits.seconds, None, file.name) from error
    if completed.returncode != 0:
        raise UnreadableDocument(
            say("The picture {name} cannot be read. Ask the sender for it again.", name=file.name)
        )
    return completed.stdout.decode("utf-8", errors="replace")


@cache
def installed_languages(program: str) -> tuple[str, ...]:
    """List those of our languages that Tesseract has, or the first it has where it has none of them."""
    completed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=False)
    lines = completed.stdout.decode(errors="replace").splitlines()[1:]
    available = list(filter(None, map(str.strip, lines)))
    preferred = tuple(language for language in LANGUAGES if language in available)
    return preferred or tuple(language for language in available if language != "osd")[:1]


def words_of(table: str) -> list[PlacedWord]:
    """Make words of Tesseract's table, all words of a line of one size."""
    by_line: dict[tuple[str, ...], list[PlacedWord]] = defaultdict(list)
    for row in table.splitlines()[1:]:
        cells = row.split("\t", _CELLS - 1)
        if len(cells) < _CELLS or cells[0] != "5":
            continue
        text = clean_word(cells[11])
        if not text or (float(cells[10]) < _NOISE_UNDER and not any(c.isalnum() for c in text)):
            continue
        left, top, width, height = (float(c) for c in cells[6:10])
        deep = any(c in _DESCENDERS for c in text)
        baseline = top + height * (0.8 if deep else 1.0)
        by_line[tuple(cells[1:5])].append(
            PlacedWord(text, left, top, left + width, top + height, baseline, height)
        )
    for line in by_line.values():
        size = statistics.median(word.size for word in line)
        for word in line:
            word.size = size
    return [word for line in by_line.values() for word in line]


_WIDE = str.maketrans("：；，（）％！？＃＋－／［］", ":;,()%!?#+-/[]")
_LETTERS_DEPTH = 0.22
"""How far a box reaches below the baseline, of its height."""


class MissingRecogniser(UnsupportedDocument):
    """The package of a recogniser is not installed."""

    def __init__(self, name: str, *, package: str, extra: str) -> None:
        missing = MissingExtra(package=package, extra=extra)
        super().__init__(say("The picture {name} was not read. {why}", name=name, why=missing.phrase))


def recognise_with_rapidocr(grey: "Image", *, file: File) -> list[PlacedWord]:
    """Recognise a grey picture; words lie in its points, their baselines as if it were straight.

    Raises:
        MissingRecogniser: RapidOCR is not installed.
    """
    engine = _engine_for(file.name)
    from PIL.Image import Resampling

    numpy = import_extra("numpy", "ocr-rapid")
    straight, askew = straighten(grey, Resampling.BICUBIC)
    points = numpy.array(straight.convert("RGB"))
    try:
        # what one call leaves out, the engine remembers from the call before: so each says all of it
        result = engine(points, use_det=True, use_cls=False, use_rec=True, return_word_box=True)
    except Exception as error:
        if "alloc" in str(error):  # onnxruntime has no class of its own for it
            raise MemoryError from error
        raise
    words = [placed for line in result.word_results or () for placed in _line(line)]
    if straight is not grey:
        words = [turned_back(word, askew, grey.width / 2, grey.height / 2) for word in words]
    return words


def recognise_with_paddle(grey: "Image", *, file: File, small: bool) -> list[PlacedWord]:
    """Recognise a grey picture; *small* is the larger of the two bundled models, slower and surer.

    Raises:
        MissingRecogniser: The package is not installed.
    """
    engine = _paddle(file.name, "small" if small else "tiny")
    from PIL.Image import Resampling

    straight, askew = straighten(grey, Resampling.BICUBIC)
    words = place_words(straight, list(_paddle_lines(engine, straight)))
    if straight is not grey:
        words = [turned_back(word, askew, grey.width / 2, grey.height / 2) for word in words]
    return words


def recognise_line(grey: "Image", *, name: str) -> str:
    """Recognise the one line of letters that a picture holds, by the second look; "" where there is none.

    Raises:
        MissingRecogniser: Nothing is installed that could look again.
    """
    if second_recogniser() == "paddle-small":
        lines = sorted(_paddle_lines(_paddle(name, "small"), grey), key=lambda line: line.left)
        return " ".join(line.text for line in lines)
    engine = _engine_for(name)
    numpy = import_extra("numpy", "ocr-rapid")
    result = engine(
        numpy.array(grey.convert("RGB")), use_det=False, use_cls=False, use_rec=True, return_word_box=False
    )
    return " ".join(str(text).translate(_WIDE) for text in result.txts or ())


def _paddle_lines(engine: Any, grey: "Image") -> Iterator[RecognisedLine]:
    picture = io.BytesIO()
    grey.save(picture, "BMP")
    for line in engine.ocr(picture.getvalue())["bounds"].values():
        (left, top), (right, bottom) = line["topLeftCoord"], line["bottomRightCoord"]
        if line["confidence"] >= _NOISE_UNDER_PADDLE:
            yield RecognisedLine(
                text=str(line["text"]).translate(_WIDE),
                left=max(0, left),
                top=max(0, top),
                right=min(grey.width, right),
                bottom=min(grey.height, bottom),
                confidence=float(line["confidence"]),
            )


def _paddle(name: str, size: str) -> Any:
    try:
        return _paddle_engine(size)
    except MissingExtra as error:
        raise MissingRecogniser(name, package="faster-paddle", extra="ocr") from error


@cache
def _paddle_engine(size: str) -> Any:
    """Load a model, once in a process; one thread, since others work beside it.

    Lines are looked for on a page of at most `_DETECTED_SIDE` points, and read as large as the page came.
    """
    return import_extra("faster_paddle", "ocr").OcrEngine(
        model_size=size, threads=1, det_max_side=_DETECTED_SIDE
    )


def _line(line: Any) -> list[PlacedWord]:
    """Make the words of one line; all have its size and baseline."""
    placed = []
    for text, _, corners in line:
        word = clean_word(str(text).translate(_WIDE))
        if word:
            xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
            height = math.dist(corners[0], corners[3])
            top, bottom = min(ys), max(ys)
            baseline = sum(sorted(ys)[-2:]) / 2 - _LETTERS_DEPTH * height
            placed.append(PlacedWord(word, min(xs), top, max(xs), bottom, baseline, 0.75 * height))
    return placed


def _engine_for(name: str) -> Any:
    try:
        return _engine()
    except MissingExtra as error:
        raise MissingRecogniser(name, package="rapidocr", extra="ocr-rapid") from error


@cache
def _engine() -> Any:
    """Load the models, once in a process; one thread, since others work beside it.

    Lines are read one by one: in batches its memory grows with every new width. They are detected on a page
    of at most 1600 points (at 2000 a page of A4 came near the limit of memory) and read as large as it came.
    """
    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    detection = {"Det.limit_type": "max", "Det.limit_side_len": 1600}
    params = {"Global.log_level": "error", "Rec.rec_batch_num": 1, **detection, **threads}
    return import_extra("rapidocr", "ocr-rapid").RapidOCR(params=params)
