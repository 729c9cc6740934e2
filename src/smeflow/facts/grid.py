"""Read a file's cells as text, as they stand: CSV of any encoding and separator, spreadsheets, JSON.

Nothing is taken for a header or a number here. All tables are read here: the rows of a source, those of a
report, what the firm knows.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from smeflow._text import canonical_json
from smeflow.errors import SourceError, system_words
from smeflow.facts.delimited import lines_of, refused, text_of
from smeflow.i18n import Phrase, say

MAX_BYTES, MAX_COLUMNS, MAX_ROWS = 500_000_000, 500, 2_000_000
MAX_UNPACKED, MAX_RATIO = 500_000_000, 100
_DWARFED = 4


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Lines of cells, each with its number in the file (from 1)."""

    name: str
    lines: Sequence[tuple[int, Sequence[str]]] = field(repr=False)
    sheet: str = ""
    """The sheet of a spreadsheet that was read."""
    told: tuple[Phrase, ...] = ()
    delimited: bool = False
    """Whether a line break in a cell is one in the file."""
    passed_over: bool = False
    """Whether another sheet than the first was chosen, because nobody named one."""


def read_bytes(path: Path, called: str = "") -> bytes:
    """Read a table's file, *called* so by the recipe.

    Raises:
        SourceError: It is not there (one of nearly that name is suggested), is shut or too large.
    """
    try:
        _refuse_large(path.stat().st_size, called or str(path))
        return path.read_bytes()
    except OSError as error:
        if path.exists():
            raise refused(str(path), system_words(error)) from None
    near = get_close_matches(path.name, _beside(path), 1)
    if near:
        raise SourceError(say("The table {path} is not there; did you mean {near}?", path=path, near=near[0]))
    raise SourceError(say("The table {path} is not there.", path=path))


def _beside(path: Path) -> list[str]:
    try:
        return [each.name for each in path.parent.iterdir() if each.is_file()]
    except OSError:
        return []


def read_grid(data: bytes, name: str, sheet: str | None = None) -> Grid:
    """Read the cells of a file; what it is, its name's ending says.

    Raises:
        SourceError: It is too large, or no table.
    """
    _refuse_large(len(data), name)
    ending = name.lower().rpartition(".")[2]
    grid = _READERS.get(ending, _read_text)(data, name, sheet)
    if len(grid.lines) > MAX_ROWS:
        raise refused(name, say("it has more than {limit} rows", limit=MAX_ROWS))
    return grid


def _refuse_large(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise refused(name, say("it is larger than {limit} bytes", limit=MAX_BYTES))


def limited(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Give the columns of a header.

    Raises:
        SourceError: There are too many.
    """
    if len(columns) > MAX_COLUMNS:
        raise refused(name, say("it has more than {limit} columns", limit=MAX_COLUMNS))
    return tuple(columns)


def _read_text(data: bytes, name: str, _sheet: str | None) -> Grid:
    return grid_of_text(text_of(data), name)


def grid_of_text(text: str, name: str) -> Grid:
    """Read the cells of CSV that is text already.

    Raises:
        SourceError: It is no table.
    """
    return Grid(name=name, lines=list(lines_of(text, name)), delimited=True)


def _read_book(data: bytes, name: str, sheet: str | None) -> Grid:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if not names:
            raise refused(name, say("it has no sheet"))
        if sheet is not None and sheet not in names:
            listed = ", ".join(names)
            raise refused(name, say("it has no sheet {sheet}; there are: {names}", sheet=sheet, names=listed))
        pages = {each: book.get_sheet_by_name(each) for each in ([sheet] if sheet else names)}
        tables = {each: page.to_python(skip_empty_area=False) for each, page in pages.items()}
        chosen = sheet or _chosen(tables)
        merged = pages[chosen].merged_cell_ranges or []
    except (CalamineError, OSError, ValueError) as error:
        raise refused(name, say("{reason}", reason=str(error)[:200])) from None
    lines = [(number, [as_text(cell) for cell in cells]) for number, cells in enumerate(tables[chosen], 1)]
    for (top, left), (bottom, right) in merged:
        _spread(lines, top, left, bottom, right)
    others = [each for each in names if each != chosen]
    told = (say("Of {name} the sheet {sheet} was read.", name=name, sheet=chosen),) if others else ()
    passed_over = sheet is None and chosen != names[0]
    return Grid(name=name, lines=lines, sheet=chosen, told=told, passed_over=passed_over)


def _chosen(tables: Mapping[str, Sequence[Sequence[object]]]) -> str:
    """Choose the first sheet, unless another holds more than four times as many cells: a cover, notes."""
    filled = {name: _filled(rows) for name, rows in tables.items()}
    first, fullest = next(iter(filled)), max(filled, key=lambda name: filled[name])
    return fullest if filled[fullest] > _DWARFED * filled[first] else first


def _filled(rows: Sequence[Sequence[object]]) -> int:
    return sum(sum(cell not in {"", None} for cell in row) for row in rows[:2_000])


def _spread(lines: list[tuple[int, list[str]]], top: int, left: int, bottom: int, right: int) -> None:
    """Give every cell of a merged range what stands in its first one."""
    if top >= len(lines) or left >= len(lines[top][1]) or bottom - top > 10_000:
        return
    value = lines[top][1][left]
    for _, cells in lines[top : bottom + 1]:
        for at in range(left, min(right + 1, len(cells))):
            cells[at] = value


def _refuse_bomb(data: bytes, name: str) -> None:
    """A small spreadsheet may unpack to gigabytes: look at what its directory says first."""
    import zipfile

    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > max(MAX_RATIO * len(data), 20_000_000) or unpacked > MAX_UNPACKED:
        raise refused(name, say("it unpacks to {size} bytes", size=unpacked))


def _read_json(data: bytes, name: str, _sheet: str | None) -> Grid:
    """Read a list of objects, alone or as the first list inside an object, or one object a line."""
    text = text_of(data)
    try:
        told = (
            [json.loads(line) for line in text.split("\n") if line.strip()]
            if name.lower().endswith(("jsonl", "ndjson"))
            else json.loads(text)
        )
    except (ValueError, RecursionError):
        raise refused(name, say("it is no JSON")) from None
    if isinstance(told, dict):
        told = next((value for value in told.values() if isinstance(value, list)), [told])
    if not isinstance(told, list) or not told or not all(isinstance(row, dict) for row in told):
        raise refused(name, say("it holds no list of objects"))
    told = [dict(_flat("", row)) for row in told]
    columns = list(dict.fromkeys(key for row in told for key in row))
    lines = [(1, columns)]
    lines += [(n, [as_text(row.get(c)) for c in columns]) for n, row in enumerate(told, 2)]
    return Grid(name=name, lines=lines)


def _flat(name: str, row: Mapping[str, object], deep: int = 3) -> Iterator[tuple[str, object]]:
    """Make columns of what stands inside an object: ``customer.name``."""
    for key, value in row.items():
        called = f"{name}.{key}" if name else str(key)
        if isinstance(value, dict) and value and deep:
            yield from _flat(called, value, deep - 1)
        else:
            yield called, value


def as_text(cell: object) -> str:
    """Write a cell as text: numbers to the 15 digits a spreadsheet shows, days as ISO dates.

    A whole number has no point, and no number an exponent: 0.1 + 0.2 is ``0.3``.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{Decimal(f'{cell:.15g}'):f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell if isinstance(cell, str) else _unusual(cell)


def _unusual(cell: object) -> str:
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).hex()
    return str(cell) if isinstance(cell, timedelta | int) else canonical_json(cell)


_READERS: Mapping[str, Callable[[bytes, str, str | None], Grid]] = {
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), _read_book),
    **dict.fromkeys(("json", "jsonl", "ndjson"), _read_json),
}


def numbered(lines: Sequence[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the lines that are not empty."""
    return ((number, cells) for number, cells in lines if any(cell.strip() for cell in cells))
