"""Recognise the words of a picture with the Tesseract program, once it is straightened and enlarged."""

import io
import os
import shutil
import statistics
import subprocess
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from smeflow.documents.file import File, too_much
from smeflow.documents.lines import Placed, clean
from smeflow.documents.skew import angle_of, turned_back
from smeflow.errors import UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

if TYPE_CHECKING:
    from PIL.Image import Image

LANGUAGES = ("fra", "eng", "deu")
_DESCENDERS = frozenset("gjpqy,;()[]{}|Q@§ç/$")
_NOISE_UNDER = 30
"""Marks without a letter or digit count only when Tesseract is surer of them than this, of 100."""
_CELLS = 12
_WANTED_SIDE = 1600
"""Points on the shorter side of a page of which Tesseract reads most: A4 at 190 dots an inch."""
_MOST_ENLARGED = 2


class MissingTesseract(UnsupportedDocument):
    """The program that reads pictures is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "{name} is a picture, and the program Tesseract, which reads pictures, is not installed. "
                "Install it (on Debian: apt install tesseract-ocr tesseract-ocr-fra), or a slower one with: "
                'pip install "smeflow[ocr]". Then run again.',
                name=name,
            ),
            name=name,
        )


def recognise(grey: "Image", *, file: File) -> list[Placed]:
    """Recognise a grey picture with what *file* asks for; words lie in the picture's points.

    Where Tesseract was asked for and is not there, RapidOCR reads in its place, if it is installed.

    Raises:
        MissingTesseract: The program is not there; `MissingRapid` likewise.
        LimitExceeded: It took longer than the limit.
    """
    if file.ocr == "rapidocr" or (not ready() and find_spec("rapidocr") is not None):
        from smeflow.documents.rapid import recognise_surely

        return recognise_surely(grey, file=file)
    if not ready():
        raise MissingTesseract(file.name)
    from PIL.Image import Resampling

    factor = min(max(_WANTED_SIDE / max(min(grey.size), 1), 1.0), _MOST_ENLARGED)
    large = (
        grey.resize((round(grey.width * factor), round(grey.height * factor)), 1) if factor > 1.05 else grey
    )
    factor = large.width / max(grey.width, 1)
    askew = angle_of(large)
    straight = (
        large.rotate(askew, resample=Resampling.BILINEAR, fillcolor=255) if abs(askew) >= 0.2 else large
    )
    words = words_of(run_tesseract(straight, file=file))
    if straight is not large:
        words = [turned_back(word, askew, large.width / 2, large.height / 2) for word in words]
    return [word.scaled(1 / factor) for word in words]


def ready() -> bool:
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
        done = subprocess.run(
            command,
            input=stream.getvalue(),
            capture_output=True,
            timeout=file.limits.seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise too_much("seconds", file.limits.seconds, None, file.name) from error
    if done.returncode != 0:
        raise UnreadableDocument(
            say("The picture {name} cannot be read. Ask the sender for it again.", name=file.name),
            name=file.name,
        )
    return done.stdout.decode("utf-8", errors="replace")


@cache
def installed_languages(program: str) -> tuple[str, ...]:
    """Give those of our languages that Tesseract has; whatever it has where it has none of them."""
    done = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=False)
    there = [line.strip() for line in done.stdout.decode(errors="replace").splitlines()[1:] if line.strip()]
    ours = tuple(language for language in LANGUAGES if language in there)
    return ours or tuple(language for language in there if language != "osd")[:1]


def words_of(table: str) -> list[Placed]:
    """Make words of Tesseract's table, all words of a line of one size."""
    by_line: dict[tuple[str, ...], list[Placed]] = defaultdict(list)
    for row in table.splitlines()[1:]:
        cells = row.split("\t", _CELLS - 1)
        if len(cells) < _CELLS or cells[0] != "5":
            continue
        text = clean(cells[11])
        if not text or (float(cells[10]) < _NOISE_UNDER and not any(c.isalnum() for c in text)):
            continue
        left, top, width, height = (float(c) for c in cells[6:10])
        deep = any(c in _DESCENDERS for c in text)
        baseline = top + height * (0.8 if deep else 1.0)
        by_line[tuple(cells[1:5])].append(
            Placed(text, left, top, left + width, top + height, baseline, height)
        )
    for line in by_line.values():
        size = statistics.median(word.size for word in line)
        for word in line:
            word.size = size
    return [word for line in by_line.values() for word in line]
