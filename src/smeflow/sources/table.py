"""The rows of a table: CSV or a spreadsheet."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import PrivateAttr

from smeflow._text import sha256
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.sources.base import ROW, Arrival, OnDisk, Unreadable, arrival
from smeflow.sources.cells import read_table


class TableRows(OnDisk):
    """Every row of a table. A row is a case.

    With ``key``, a column, a row that changes stays the same item. Without it a row is known by its content:
    rows may be added, moved and sorted without being done again, and a row that changes is a new item.
    """

    place: ClassVar[str] = "table"

    table: str
    """The file (CSV, XLSX, ODS), relative to the recipe."""
    key: str | None = None
    """The column that tells rows apart: a number, an identifier."""
    sheet: str | None = None
    """The sheet of a spreadsheet; the first unless told."""
    _twice: dict[str, int] = PrivateAttr(default_factory=dict)

    @property
    def remarks(self) -> tuple[Phrase, ...]:
        """Say which keys the table had more than once when it was last gone through."""
        if not self._twice:
            return ()
        shown = ", ".join(list(self._twice)[:5]) + (" …" if len(self._twice) > 5 else "")
        return (
            say(
                "{path}: rows have the same {key}: {shown}. Each stays an item of its own.",
                path=self.name,
                key=self.key,
                shown=shown,
            ),
        )

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
        self._twice.clear()
        width = len(cells.columns)
        for (number, row), (_, line) in zip(cells.rows(), cells.lines, strict=True):
            data = row_bytes(row)
            key = self._key(row, data)
            seen[key] += 1
            if seen[key] > 1:
                if self.key is not None and row[self.key].strip():
                    self._twice[key] = seen[key]
                key = f"{key}#{seen[key]}"
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
