"""JSON objects, one a line, from the standard input or a file."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve, shown
from smeflow._text import sha256
from smeflow.errors import SourceError, system_words
from smeflow.facts.grid import as_text
from smeflow.i18n import say
from smeflow.sources.base import ROW, Arrival, Unreadable, arrival
from smeflow.sources.table import row_bytes

MAX_LINE = 10_000_000


class Lines(BaseModel):
    """Every line is a case: a JSON object such as ``{"id": "7", "subject": "…", "text": "…"}``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    lines: str = "-"
    """The file, relative to the recipe; ``-`` is the standard input."""
    key: str = "id"
    """What tells lines apart; a line without it is known by its content."""
    _path: Path | None = PrivateAttr(default=None)
    _name: str = PrivateAttr(default="-")

    @field_validator("lines")
    @classmethod
    def _inside(cls, lines: str, info: ValidationInfo) -> str:
        if lines != "-":
            resolve(lines, info.context)
        return lines

    def model_post_init(self, context: Any, /) -> None:
        """Find the file."""
        if self.lines != "-":
            self._path = resolve(self.lines, context)
            self._name = shown(self._path, context) if context else self.lines

    @property
    def name(self) -> str:
        """The file as the recipe names it, or ``-``."""
        return self._name

    @property
    def path(self) -> Path | None:
        """Where it lies; None for the standard input."""
        return self._path

    @property
    def complete(self) -> bool:
        """A file holds all there is; the standard input only what comes now."""
        return self._path is not None

    def cases(self) -> Iterator[Arrival | Unreadable]:
        """Go through the lines in their order."""
        if self._path is None:
            yield from self._read(sys.stdin.buffer)
            return
        try:
            stream = self._path.open("rb")
        except OSError as error:
            phrase = say("The file {path} cannot be read: {why}.", path=self._path, why=system_words(error))
            raise SourceError(phrase) from None
        with stream:
            yield from self._read(stream)

    def _read(self, stream: BinaryIO) -> Iterator[Arrival | Unreadable]:
        seen: Counter[str] = Counter()
        number = 0
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if not line.strip():
                continue
            taken = self._take(line.lstrip(b"\xef\xbb\xbf"), number)
            seen[taken.key] += 1
            if seen[taken.key] > 1:
                why = say("line {line}: the key {key} was there before", line=number, key=taken.key)
                yield Unreadable(key=f"{taken.key}#{seen[taken.key]}", phrase=why)
            else:
                yield taken
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE + 1)  # the rest of a line that is too long

    def _take(self, line: bytes, number: int) -> Arrival | Unreadable:
        if len(line) > MAX_LINE:
            why = say("line {line} is longer than {limit} bytes", line=number, limit=MAX_LINE)
            return Unreadable(key=f"line {number}", phrase=why)
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            why = say("line {line} is no JSON object", line=number)
            return Unreadable(key=f"line {number}", phrase=why)
        row = {str(name): as_text(cell) for name, cell in value.items()}
        data = row_bytes(row)
        key = row.get(self.key, "").strip() or sha256(data)[:16]
        return arrival(key, f"line {number}", ROW, data, row)
