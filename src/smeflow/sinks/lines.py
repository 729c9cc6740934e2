"""JSON lines: an object for each finished item, in a file or on the standard output."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve, shown
from smeflow._text import sha256
from smeflow.expression import Expression, parse
from smeflow.sinks.base import Put, SinkItem, SinkMemory
from smeflow.sinks.files import plain
from smeflow.sinks.spot import open_spot, put_file, told
from smeflow.sinks.table import in_order


class LinesFile(BaseModel):
    """A line of JSON for each item: ``{"key", "name", "value"}``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    lines: str = "-"
    """The file, relative to the recipe; ``-`` is the standard output."""
    value: str | None = None
    """What stands in the line: an expression; all results, unless told."""
    _path: Path | None = PrivateAttr(default=None)
    _name: str = PrivateAttr(default="-")
    _value: Expression | None = PrivateAttr(default=None)

    @field_validator("lines")
    @classmethod
    def _inside(cls, lines: str, info: ValidationInfo) -> str:
        if lines != "-":
            resolve(lines, info.context)
        return lines

    @field_validator("value")
    @classmethod
    def _is_expression(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            (info.context or {}).get("compile", parse)(value)
        return value

    def model_post_init(self, context: Any, /) -> None:
        """Find the file and compile what is written."""
        if self.lines != "-":
            self._path = resolve(self.lines, context) if context else Path(self.lines).resolve()
            self._name = shown(self._path, context) if context else self.lines
        self._value = (context or {}).get("compile", parse)(self.value) if self.value else None

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
        ordered = sorted(items, key=in_order)
        data = "".join(self._line(item) + "\n" for item in ordered).encode("utf-8", "replace")
        if self._path is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return Put(path="-", rows=len(ordered), sha256=sha256(data), changed=True)
        with open_spot(self._path.parent) as spot, told(self._path):
            written = put_file(spot, self._path.name, data, memory, f"lines {self._name}")
        return Put(
            path=str(self._path.with_name(written.name)),
            rows=len(ordered),
            sha256=sha256(data),
            changed=written.changed,
            notes=(written.note,) if written.note else (),
        )

    def _line(self, item: SinkItem) -> str:
        value = self._value(item.case) if self._value else dict(item.case.results)
        said = {"key": item.key, "name": item.name, "value": plain(value)}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
