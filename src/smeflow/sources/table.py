"""The rows of a table: CSV or a spreadsheet."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve, shown
from smeflow._text import sha256
from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.sources.base import ROW, Arrival, Unreadable, arrival
from smeflow.sources.cells import read_table


class TableRows(BaseModel):
    """Every row of a table. A row is a case.

    With ``key``, a column, a row that changes stays the same item. Without it a row is known by its content:
    rows may be added, moved and sorted without being done again, and a row that changes is a new item.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    table: str
    """The file (CSV, XLSX, ODS), relative to the recipe."""
    key: str | None = None
    """The column that tells rows apart: a number, an identifier."""
    sheet: str | None = None
    """The sheet of a spreadsheet; the first unless told."""
    _path: Path = PrivateAttr()
    _name: str = PrivateAttr()

    @field_validator("table")
    @classmethod
    def _inside(cls, table: str, info: ValidationInfo) -> str:
        resolve(table, info.context)
        return table

    def model_post_init(self, context: Any, /) -> None:
        """Find the file."""
        self._path = resolve(self.table, context)
        self._name = shown(self._path, context) if context else self.table

    @property
    def name(self) -> str:
        """The file as the recipe names it."""
        return self._name

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def complete(self) -> bool:
        """A row that is not there any more is gone."""
        return True

    def cases(self) -> Iterator[Arrival | Unreadable]:
        """Go through the rows in their order."""
        cells = read_table(self._path, self.sheet)
        if self.key is not None and self.key not in cells.columns:
            names = ", ".join(cells.columns)
            raise SourceError(
                say(
                    "The table {path} has no column {column}; there are: {names}.",
                    path=self._path,
                    column=self.key,
                    names=names,
                )
            )
        seen: Counter[str] = Counter()
        width = len(cells.columns)
        for (number, row), (_, line) in zip(cells.rows(), cells.lines, strict=True):
            data = row_bytes(row)
            key = self._key(row, data)
            seen[key] += 1
            key = key if seen[key] == 1 else f"{key}#{seen[key]}"
            if any(cell.strip() for cell in line[width:]):
                why = say("line {line} has more cells than the header", line=number)
                yield Unreadable(key=key, phrase=why)
            else:
                yield arrival(key, f"row {number}", ROW, data, row)

    def _key(self, row: Mapping[str, str], data: bytes) -> str:
        written = row[self.key].strip() if self.key else ""
        return written or sha256(data)[:16]


def row_bytes(row: Mapping[str, str]) -> bytes:
    """Write a row as the JSON object that is its content."""
    return _write(row).encode("utf-8", "backslashreplace")


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
