"""Rows of a table by the names of its columns, and the source whose cases they are."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import PrivateAttr

from smeflow._text import sha256
from smeflow.documents.document import ROW
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.sources import Arrival, DiskSource, UnreadableArrival, make_arrival
from smeflow.tables.frame import LOOKED_AT, distinct_names, header_of, usual_width, without_empty_end
from smeflow.tables.read import (
    BREAK,
    Grid,
    checked_columns,
    non_empty_lines,
    read_bytes,
    read_grid,
    refuse_table,
)


@dataclass(frozen=True, kw_only=True)
class NamedRows:
    """A table's header and its lines, all text."""

    path: Path
    columns: tuple[str, ...]
    lines: Sequence[tuple[int, Sequence[str]]] = field(repr=False)
    """Each line's number in the file (from 1; of the last, where a cell has line breaks), and its cells."""
    notes: tuple[Phrase, ...] = ()
    """What a person would not expect: a header below the first line, another sheet than the first."""

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Give each row as ``column: cell``; cells beyond the header are left out, missing ones are empty."""
        width = len(self.columns)
        for number, cells in self.lines:
            full = cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))]
            yield number, dict(zip(self.columns, full, strict=False))

    def require(self, column: str) -> None:
        """Make sure that there is a column.

        Raises:
            SourceError: There is none; the message lists what there is.
        """
        if column not in self.columns:
            raise SourceError(
                say(
                    "The table {path} has no column {column}; there are: {names}.",
                    path=self.path,
                    column=column,
                    names=", ".join(self.columns),
                )
            )


def read_table(path: Path, sheet: str | None = None) -> NamedRows:
    """Read a CSV, spreadsheet or JSON file as named rows.

    The first line that is not empty is the header, unless it is a title: narrower than the lines below.

    Raises:
        SourceError: It is not there, too large, or no table.
    """
    return named_rows(read_grid(read_bytes(path), str(path), sheet), path)


def named_rows(grid: Grid, path: Path) -> NamedRows:
    """Find the header of a grid; every line below it is a row."""
    lines = list(non_empty_lines(grid.lines))
    if not lines:
        raise refuse_table(grid.name, say("it has no header line"))
    at = _header(grid, [cells for _, cells in lines[:LOOKED_AT]])
    notes = []
    if grid.passed_over:
        notes.append(say("Of {name} the sheet {sheet} was read.", name=path.name, sheet=grid.sheet))
    if at:
        notes.append(say("The header of {name} was found in line {line}.", name=path.name, line=lines[at][0]))
    columns = checked_columns(grid.name, _column_names(lines[at][1]))
    rows = lines[at + 1 :]
    if grid.delimited:  # the number is the row's name in ledgers
        rows = [(number + sum(map(_breaks, cells)), cells) for number, cells in rows]
    return NamedRows(path=path, columns=columns, lines=rows, notes=tuple(notes))


def _breaks(cell: str) -> int:
    return len(BREAK.findall(cell)) if "\n" in cell or "\r" in cell else 0


def _header(grid: Grid, lines: Sequence[Sequence[str]]) -> int:
    """Look below the first line where that is a title, and what is found has no wider line below it."""
    first = [cell for cell in lines[0] if cell.strip()]
    width = len(set(first)) if grid.sheet else len(first)  # a merged title stands in all its cells
    if width >= usual_width(lines) * 0.6:
        return 0
    at = header_of(lines) or 0
    widest = len(without_empty_end(lines[at]))
    return at if all(len(without_empty_end(cells)) <= widest for cells in lines[at:]) else 0


def _column_names(cells: Sequence[str]) -> tuple[str, ...]:
    named = enumerate(without_empty_end(cells), 1)
    return distinct_names((" ".join(cell.split()) or f"column {n}" for n, cell in named), str)


class TableRows(DiskSource):
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
    _repeated: dict[str, int] = PrivateAttr(default_factory=dict)
    _notes: list[Phrase] = PrivateAttr(default_factory=list)

    @property
    def remarks(self) -> tuple[Phrase, ...]:
        """Say what was odd when the table was last gone through: its header's place, keys it had twice."""
        if not self._repeated:
            return tuple(self._notes)
        shown = ", ".join(list(self._repeated)[:5]) + (" …" if len(self._repeated) > 5 else "")
        repeated = say(
            "{path}: rows have the same {key}: {shown}. Each stays an item of its own.",
            path=self.name,
            key=self.key,
            shown=shown,
        )
        return (*self._notes, repeated)

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the rows in their order."""
        table = read_table(self._path, self.sheet)
        if self.key is not None:
            table.require(self.key)
        seen: Counter[str] = Counter()
        self._repeated.clear()
        self._notes[:] = table.notes
        width = len(table.columns)
        for (number, row), (_, cells) in zip(table.rows(), table.lines, strict=True):
            data = row_bytes(row)
            key = self._key(row, data)
            seen[key] += 1
            if seen[key] > 1:
                if self.key is not None and row[self.key].strip():
                    self._repeated[key] = seen[key]
                key = f"{key}#{seen[key]}"
            if any(cell.strip() for cell in cells[width:]):
                why = say("line {line} has more cells than the header", line=number)
                yield UnreadableArrival(key=key, phrase=why)
            else:
                yield make_arrival(key, f"row {number}", ROW, data, row)

    def _key(self, row: Mapping[str, str], data: bytes) -> str:
        return (row[self.key].strip() if self.key else "") or sha256(data)[:16]


def row_bytes(row: Mapping[str, str]) -> bytes:
    """Write a row as the JSON object that is its content."""
    return _write(row).encode("utf-8", "backslashreplace")


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
