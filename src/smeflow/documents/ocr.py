"""Recognise the words of a picture with the Tesseract program."""

import os
import shutil
import statistics
import subprocess
from collections import defaultdict
from functools import cache

from smeflow.documents.file import File, too_much
from smeflow.documents.lines import Placed, clean
from smeflow.errors import UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

LANGUAGES = ("fra", "eng", "deu")
_DESCENDERS = frozenset("gjpqy,;()[]{}|Q@§ç/$")
_NOISE_UNDER = 30
"""Marks without a letter or digit count only when Tesseract is surer of them than this, of 100."""
_ROW = 12


class MissingTesseract(UnsupportedDocument):
    """The program that reads pictures is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "{name} is a picture, and the program Tesseract, which reads pictures, is not installed. "
                "Install it (on Debian: apt install tesseract-ocr tesseract-ocr-fra), then run again.",
                name=name,
            ),
            name=name,
        )


def recognise(pixels: bytes, width: int, height: int, stride: int, *, dpi: int, file: File) -> list[Placed]:
    """Recognise a grey picture (a byte a point); words lie in points of the picture.

    Raises:
        MissingTesseract: The program is not there.
        LimitExceeded: It took longer than the limit.
    """
    rows = (
        pixels
        if stride == width
        else b"".join(pixels[y * stride : y * stride + width] for y in range(height))
    )
    picture = b"P5 %d %d 255\n" % (width, height) + rows[: width * height]
    return words_of(run_tesseract(picture, dpi=dpi, file=file))


def run_tesseract(picture: bytes, *, dpi: int, file: File) -> str:
    """Give Tesseract's table (TSV) of the words in *picture*."""
    program = shutil.which("tesseract")
    languages = installed_languages(program) if program else ()
    if program is None or not languages:
        raise MissingTesseract(file.name)
    command = [program, "stdin", "stdout", "-l", "+".join(languages), "--dpi", str(dpi), "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads slow it down beside others
    try:
        done = subprocess.run(
            command,
            input=picture,
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
    """Make words of Tesseract's table; a page that lies askew is straightened for its lines' sake."""
    by_line: dict[tuple[str, ...], list[Placed]] = defaultdict(list)
    for row in table.splitlines()[1:]:
        cells = row.split("\t", _ROW - 1)
        if len(cells) < _ROW or cells[0] != "5":
            continue
        text = clean(cells[11])
        if not text or (float(cells[10]) < _NOISE_UNDER and not any(c.isalnum() for c in text)):
            continue
        left, top, width, height = (float(c) for c in cells[6:10])
        deep = any(c in _DESCENDERS for c in text)
        baseline = top + height * (0.8 if deep else 1.0)
        word = Placed(text, left, top, left + width, top + height, baseline, height)
        by_line[tuple(cells[1:5])].append(word)
    for line in by_line.values():
        size = statistics.median(word.size for word in line)
        for word in line:
            word.size = size
    slope = _slope(list(by_line.values()))
    words = [word for line in by_line.values() for word in line]
    for word in words:
        word.baseline -= slope * word.left
    return words


def _slope(lines: list[list[Placed]]) -> float:
    """Give how far the lines sink for each point to the right, by the middle one of the long lines."""
    slopes = [
        (line[-1].baseline - line[0].baseline) / (line[-1].left - line[0].left)
        for line in lines
        if len(line) >= 3 and line[-1].left - line[0].left > 20 * line[0].size
    ]
    return statistics.median(slopes) if len(slopes) >= 3 else 0.0
