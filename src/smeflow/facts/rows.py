"""A table as named rows of text, for what takes it row by row: sources, what the firm knows, examples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smeflow.errors import SourceError
from smeflow.facts.delimited import BREAK, refused
from smeflow.facts.frame import LOOKED_AT, apart, header_of, usual_width
from smeflow.facts.grid import Grid, grid_of_text, limited, numbered, read_bytes, read_grid
from smeflow.i18n import Phrase, say


@dataclass(frozen=True, kw_only=True)
class NamedRows:
    """A table's header and its lines, all text."""

    path: Path
    columns: tuple[str, ...]
    lines: Sequence[tuple[int, Sequence[str]]] = field(repr=False)
    """Each line's number in the file (from 1; of the last, where a cell has line breaks), and its cells."""
    told: tuple[Phrase, ...] = ()
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
    return named(read_grid(read_bytes(path), str(path), sheet), path)


def rows_of_text(text: str, name: str) -> NamedRows:
    """Read CSV that is text already as named rows.

    Raises:
        SourceError: It is no table.
    """
    return named(grid_of_text(text, name), Path(name))


def named(grid: Grid, path: Path) -> NamedRows:
    """Find the header of a grid; every line below it is a row."""
    lines = list(numbered(grid.lines))
    if not lines:
        raise refused(grid.name, say("it has no header line"))
    at = _header(grid, [cells for _, cells in lines[:LOOKED_AT]])
    told = []
    if grid.passed_over:
        told.append(say("Of {name} the sheet {sheet} was read.", name=path.name, sheet=grid.sheet))
    if at:
        told.append(say("The header of {name} was found in line {line}.", name=path.name, line=lines[at][0]))
    columns = limited(grid.name, _columns(lines[at][1]))
    rows = lines[at + 1 :]
    if grid.delimited:  # the number is the row's name in ledgers
        rows = [(number + sum(map(_breaks, cells)), cells) for number, cells in rows]
    return NamedRows(path=path, columns=columns, lines=rows, told=tuple(told))


def _breaks(cell: str) -> int:
    return len(BREAK.findall(cell)) if "\n" in cell or "\r" in cell else 0


def _header(grid: Grid, lines: Sequence[Sequence[str]]) -> int:
    """Look below the first line where that is a title, and what is found has no wider line below it."""
    first = [cell for cell in lines[0] if cell.strip()]
    width = len(set(first)) if grid.sheet else len(first)  # a merged title stands in all its cells
    if width >= usual_width(lines) * 0.6:
        return 0
    at = header_of(lines) or 0
    widest = len(_trimmed(lines[at]))
    return at if all(len(_trimmed(cells)) <= widest for cells in lines[at:]) else 0


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _columns(cells: Sequence[str]) -> tuple[str, ...]:
    return apart((" ".join(cell.split()) or f"column {n}" for n, cell in enumerate(_trimmed(cells), 1)), str)


__all__ = ["NamedRows", "named", "read_table", "rows_of_text"]
