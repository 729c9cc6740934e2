"""JSON objects, one a line: cases from the standard input or a file, results to either."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, PrivateAttr

from smeflow._text import sha256
from smeflow.documents.document import ROW
from smeflow.errors import SourceError, os_error_reason
from smeflow.expressions.language import Expression
from smeflow.files.output import put_whole_file
from smeflow.files.results import to_json_value
from smeflow.i18n import say
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext, RecipePath
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory
from smeflow.kinds.sources import Arrival, UnreadableArrival, make_arrival
from smeflow.tables.read import cell_text
from smeflow.tables.rows import row_bytes
from smeflow.tables.table_file import natural_order

MAX_LINE = 10_000_000


class Lines(BaseModel):
    """Every line is a case: a JSON object such as ``{"id": "7", "subject": "…", "text": "…"}``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    lines: RecipePath = "-"
    """The file, relative to the recipe; ``-`` is the standard input."""
    key: str = "id"
    """What tells lines apart; a line without it is known by its content."""
    _path: Path | None = PrivateAttr(default=None)
    _name: str = PrivateAttr(default="-")

    def model_post_init(self, context: Any, /) -> None:
        """Find the file."""
        if self.lines != "-":
            recipe = RecipeContext.of(context)
            self._path, self._name = recipe.path(self.lines), recipe.shown(self.lines)

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

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the lines in their order."""
        if self._path is None:
            yield from self._read(sys.stdin.buffer)
            return
        try:
            stream = self._path.open("rb")
        except OSError as error:
            phrase = say(
                "The file {path} cannot be read: {why}.", path=self._path, why=os_error_reason(error)
            )
            raise SourceError(phrase) from None
        with stream:
            yield from self._read(stream)

    def _read(self, stream: BinaryIO) -> Iterator[Arrival | UnreadableArrival]:
        seen: Counter[str] = Counter()
        number = 0
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if not line.strip():
                continue
            arrival = self._arrival(line.lstrip(b"\xef\xbb\xbf"), number)
            seen[arrival.key] += 1
            if seen[arrival.key] > 1:
                why = say("line {line}: the key {key} was there before", line=number, key=arrival.key)
                yield UnreadableArrival(key=f"{arrival.key}#{seen[arrival.key]}", phrase=why)
            else:
                yield arrival
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE + 1)  # the rest of a line that is too long

    def _arrival(self, line: bytes, number: int) -> Arrival | UnreadableArrival:
        if len(line) > MAX_LINE:
            why = say("line {line} is longer than {limit} bytes", line=number, limit=MAX_LINE)
            return UnreadableArrival(key=f"line {number}", phrase=why)
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            why = say("line {line} is no JSON object", line=number)
            return UnreadableArrival(key=f"line {number}", phrase=why)
        row = {str(name): cell_text(cell) for name, cell in value.items()}
        data = row_bytes(row)
        key = row.get(self.key, "").strip() or sha256(data)[:16]
        return make_arrival(key, f"line {number}", ROW, data, row)


class LinesFile(BaseModel):
    """A line of JSON for each item: ``{"key", "name", "value"}``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    lines: RecipePath = "-"
    """The file, relative to the recipe; ``-`` is the standard output."""
    value: ExpressionText | None = None
    """What stands in the line: an expression; all results, unless told."""
    _path: Path | None = PrivateAttr(default=None)
    _name: str = PrivateAttr(default="-")
    _value: Expression | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Find the file and compile what is written."""
        recipe = RecipeContext.of(context)
        if self.lines != "-":
            self._path, self._name = recipe.path(self.lines).resolve(), recipe.shown(self.lines)
        self._value = recipe.compile(self.value) if self.value else None

    @property
    def name(self) -> str:
        """The file as the recipe names it, or ``-``."""
        return self._name

    @property
    def path(self) -> Path | None:
        """Where it lies; None for the standard output."""
        return self._path

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write all lines, unless the file says the same already."""
        ordered = sorted(items, key=natural_order)
        data = "".join(self._line(item) + "\n" for item in ordered).encode("utf-8", "replace")
        if self._path is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return Put(path="-", rows=len(ordered), sha256=sha256(data), changed=True)
        return put_whole_file(self._path, data, memory, f"lines {self._name}", rows=len(ordered))

    def _line(self, item: SinkItem) -> str:
        value = self._value(item.case) if self._value else dict(item.case.results)
        line = {"key": item.key, "name": item.name, "value": to_json_value(value)}
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
