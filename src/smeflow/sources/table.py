"""The rows of a table: CSV or a spreadsheet."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import PrivateAttr

from smeflow._text import sha256
from smeflow.facts.rows import read_table
from smeflow.i18n import Phrase, say
from smeflow.sources.base import ROW, Arrival, OnDisk, Unreadable, arrival


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
    """The sheet of a spreadsheet; unless told the first, or another that holds far more cells."""
    _twice: dict[str, int] = PrivateAttr(default_factory=dict)
    _told: list[Phrase] = PrivateAttr(default_factory=list)

    @property
    def remarks(self) -> tuple[Phrase, ...]:
        """Say what was odd when the table was last gone through: its header's place, keys it had twice."""
        if not self._twice:
            return tuple(self._told)
        shown = ", ".join(list(self._twice)[:5]) + (" …" if len(self._twice) > 5 else "")
        twice = say(
            "{path}: rows have the same {key}: {shown}. Each stays an item of its own.",
            path=self.name,
            key=self.key,
            shown=shown,
        )
        return (*self._told, twice)

    def cases(self) -> Iterator[Arrival | Unreadable]:
        """Go through the rows in their order."""
        cells = read_table(self._path, self.sheet)
        if self.key is not None:
            cells.require(self.key)
        seen: Counter[str] = Counter()
        self._twice.clear()
        self._told[:] = cells.told
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
