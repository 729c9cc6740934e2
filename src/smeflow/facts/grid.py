"""Read a file's cells as text, as they stand: CSV of any encoding and separator, spreadsheets, JSON.

Nothing is taken for a header or a number here.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from smeflow.documents.text import decoded
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say

MAX_BYTES, MAX_COLUMNS, MAX_ROWS = 500_000_000, 500, 2_000_000
MAX_UNPACKED, MAX_RATIO = 500_000_000, 100
SEPARATORS = ",;\t|"
_HEAD = 65_536


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Lines of cells, each with its number in the file (from 1)."""

    name: str
    lines: Sequence[tuple[int, Sequence[str]]] = field(repr=False)
    sheet: str = ""
    told: tuple[Phrase, ...] = ()


def read_grid(data: bytes, name: str, sheet: str | None = None) -> Grid:
    """Read the cells of a file; what it is, its name's ending says.

    Raises:
        SourceError: It is too large, or no table.
    """
    if len(data) > MAX_BYTES:
        raise refused(name, say("it is larger than {limit} bytes", limit=MAX_BYTES))
    ending = name.lower().rpartition(".")[2]
    grid = _READERS.get(ending, _read_text)(data, name, sheet)
    if len(grid.lines) > MAX_ROWS:
        raise refused(name, say("it has more than {limit} rows", limit=MAX_ROWS))
    if any(len(cells) > MAX_COLUMNS for _, cells in grid.lines[:200]):
        raise refused(name, say("it has more than {limit} columns", limit=MAX_COLUMNS))
    return grid


def _read_text(data: bytes, name: str, _sheet: str | None) -> Grid:
    text = decoded(data)
    if text.startswith("sep=") and "\n" in text:  # Excel's own hint, which is no line of the table
        text = "\n" + text.partition("\n")[2]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text[:_HEAD]))
    lines, before = [], 0
    try:
        for cells in reader:
            lines.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        why = say("line {line}: {reason}", line=reader.line_num, reason=str(error))
        raise refused(name, why) from None
    return Grid(name=name, lines=lines)


def separator(head: str) -> str:
    """Choose the separator that cuts the first lines into the same number of cells, the more the better."""
    lines = [line for line in head.splitlines()[:40] if line.strip()]
    if len(head) >= _HEAD:
        lines = lines[:-1]

    def fit(mark: str) -> tuple[float, int, int]:
        counts = ["".join(line.split('"')[::2]).count(mark) for line in lines]
        usual = max(set(counts), key=lambda n: (counts.count(n) if n else 0, n), default=0)
        return (counts.count(usual) / len(counts) if usual else 0.0), usual, -SEPARATORS.index(mark)

    return max(SEPARATORS, key=fit) if lines else ","


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
        chosen = sheet or max(names, key=lambda each: _filled(tables[each]))
        merged = pages[chosen].merged_cell_ranges or []
    except (CalamineError, OSError, ValueError) as error:
        raise refused(name, say("{reason}", reason=str(error)[:200])) from None
    lines = [(number, [as_text(cell) for cell in cells]) for number, cells in enumerate(tables[chosen], 1)]
    for (top, left), (bottom, right) in merged:
        _spread(lines, top, left, bottom, right)
    others = [each for each in names if each != chosen]
    told = (say("Of {name} the sheet {sheet} was read.", name=name, sheet=chosen),) if others else ()
    return Grid(name=name, lines=lines, sheet=chosen, told=told)


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
    text = decoded(data)
    try:
        told = (
            [json.loads(line) for line in text.splitlines() if line.strip()]
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
    """Write a cell as text: whole numbers without a point, days as ISO dates."""
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
    return (
        str(cell) if isinstance(cell, timedelta | int) else json.dumps(cell, ensure_ascii=False, default=str)
    )


def refused(name: str, why: Phrase) -> SourceError:
    """Say that a table cannot be read, and why."""
    return SourceError(say("The table {path} cannot be read: {why}.", path=name, why=why))


_READERS: Mapping[str, Callable[[bytes, str, str | None], Grid]] = {
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), _read_book),
    **dict.fromkeys(("json", "jsonl", "ndjson"), _read_json),
}


def numbered(lines: Sequence[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the lines that are not empty."""
    return ((number, cells) for number, cells in lines if any(cell.strip() for cell in cells))
