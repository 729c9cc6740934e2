"""Read the cells of a table's file: CSV whatever its separator, XLSX, ODS, JSON. The only place that does."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from smeflow._text import canonical_json
from smeflow.documents.document import Limits
from smeflow.documents.file import media_type_of
from smeflow.documents.pool import shared_pool
from smeflow.documents.text import BOMS
from smeflow.errors import DocumentError, SourceError, os_error_reason
from smeflow.i18n import Phrase, phrase_from_json, phrase_to_json, say

MAX_BYTES, MAX_COLUMNS, MAX_ROWS = 500_000_000, 500, 2_000_000
MAX_UNPACKED, MAX_RATIO = 500_000_000, 100
MAX_CELLS = 50_000_000
CHILD_LIMITS = Limits(bytes=MAX_BYTES, seconds=120.0, memory_bytes=4_000_000_000)
_SMALL = {"json": 32_000, "text": 3_000_000}
"""JSON and text so small are read here: the standard library alone reads them."""
_DWARFED = 4
"""A sheet with so many times the cells of the first is the table, and the first a cover."""
SEPARATORS = ",;\t|"
HEAD_CHARACTERS = 65_536
"""How many characters the separator is chosen by."""
_LINES_LOOKED_AT = 40
_HINT = re.compile(r"sep=(.)?[^\r\n]*(?:\r\n|\r|\n)")
_QUOTED = re.compile(r'(?<![^,;\t|\r\n])"(?:[^"]|"")*"')
BREAK = re.compile(r"\r\n|\r|\n")


def refuse_table(name: str, why: Phrase | str) -> SourceError:
    """Say that a table cannot be read, and why."""
    return SourceError(say("The table {path} cannot be read: {why}.", path=name, why=why))


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Lines of cells, each with its number in the file (from 1)."""

    name: str
    lines: Sequence[tuple[int, Sequence[str]]] = field(repr=False)
    sheet: str = ""
    """The sheet of a spreadsheet that was read."""
    notes: tuple[Phrase, ...] = ()
    delimited: bool = False
    """Whether a line break in a cell is one in the file."""
    passed_over: bool = False
    """Whether another sheet than the first was chosen, because nobody named one."""


def read_bytes(path: Path, label: str = "") -> bytes:
    """Read a table's file; *label* is what the recipe calls it, for errors.

    Raises:
        SourceError: It is not there (one of nearly that name is suggested), is shut or too large.
    """
    try:
        _refuse_large(path.stat().st_size, label or str(path))
        return path.read_bytes()
    except OSError as error:
        if path.exists():
            raise refuse_table(str(path), os_error_reason(error)) from None
    if near := get_close_matches(path.name, _files_beside(path), 1):
        raise SourceError(say("The table {path} is not there; did you mean {near}?", path=path, near=near[0]))
    raise SourceError(say("The table {path} is not there.", path=path))


def _files_beside(path: Path) -> list[str]:
    try:
        return [file.name for file in path.parent.iterdir() if file.is_file()]
    except OSError:
        return []


def read_grid(data: bytes, name: str, sheet: str | None = None) -> Grid:
    """Read the cells of a file; what it is, its name's ending says.

    Raises:
        SourceError: It is too large, or no table.
    """
    _refuse_large(len(data), name)
    if _reader_of(name) == "text":
        _refuse_foreign(data, name)
    if len(data) <= _SMALL.get(_reader_of(name), -1):
        return _checked(_READERS[_reader_of(name)](data, name, sheet))
    head = {"function": f"{answer_grid.__module__}:{answer_grid.__name__}", "sheet": sheet}
    try:
        reply, pieces = shared_pool().ask(name, data, CHILD_LIMITS, head)
    except DocumentError as error:
        raise SourceError(error.phrase) from None
    return Grid(
        name=name,
        lines=json.loads(pieces[0]),
        sheet=reply["sheet"],
        notes=tuple(map(phrase_from_json, reply["notes"])),
        delimited=reply["delimited"],
        passed_over=reply["passed_over"],
    )


def answer_grid(head: Mapping[str, Any], data: bytes, sent: list[bytes]) -> dict[str, Any]:
    """Read a grid in a child process: a spreadsheet can end the process that reads it."""
    name = head["name"]
    grid = _checked(_READERS[_reader_of(name)](data, name, head["sheet"]))
    sent.append(json.dumps(grid.lines, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    notes = [phrase_to_json(note) for note in grid.notes]
    more = {"delimited": grid.delimited, "passed_over": grid.passed_over}
    return {"sheet": grid.sheet, "notes": notes, **more}


def _checked(grid: Grid) -> Grid:
    if len(grid.lines) > MAX_ROWS:
        raise refuse_table(grid.name, say("it has more than {limit} rows", limit=MAX_ROWS))
    if sum(len(cells) for _, cells in grid.lines) > MAX_CELLS:
        raise refuse_table(grid.name, say("it has more than {limit} cells", limit=MAX_CELLS))
    return grid


def _reader_of(name: str) -> Literal["book", "json", "text"]:
    """Tell by the ending of a file's name what reads it."""
    ending = name.lower().rpartition(".")[2]
    if ending in ("xlsx", "xlsm", "xlsb", "xls", "ods"):
        return "book"
    return "json" if ending in ("json", "jsonl", "ndjson") else "text"


def _refuse_large(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise refuse_table(name, say("it is larger than {limit} bytes", limit=MAX_BYTES))


_NO_TABLES = ("application/", "image/", "text/html", "message/")


def _refuse_foreign(data: bytes, name: str) -> None:
    """Refuse what only looks like lines: a picture, a PDF, a page, a mail."""
    kind = "application/yaml" if name.lower().endswith((".yaml", ".yml")) else media_type_of(data, name)
    if kind.startswith(_NO_TABLES) and kind != "application/octet-stream":
        what = say("it is no table but {kind}; a table is .csv, .xlsx, .ods or .json", kind=kind)
        raise refuse_table(name, what)


def checked_columns(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Give the columns of a header.

    Raises:
        SourceError: There are too many.
    """
    if len(columns) > MAX_COLUMNS:
        raise refuse_table(name, say("it has more than {limit} columns", limit=MAX_COLUMNS))
    return tuple(columns)


def _read_text(data: bytes, name: str, _sheet: str | None) -> Grid:
    return Grid(name=name, lines=list(lines_of(decode_table(data), name)), delimited=True)


def decode_table(data: bytes) -> str:
    """Decode a table's bytes: by a byte order mark, else UTF-8, else what Excel in Europe writes.

    Cells stay as they stand: nothing is composed, and no line end inside a cell is changed.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def find_separator(text: str) -> str:
    """Choose the separator of a table by its first lines, quoted cells left aside.

    What stands most often in the first line is it, if half of the lines below agree to the number. Else the
    first line may be a title: then it is what cuts most lines into the same number of cells, the more the
    better.
    """
    if hint := _HINT.match(text):
        text = text[hint.end() :]
        if hint[1] in tuple(SEPARATORS):
            return hint[1]
    lines = [line for line in BREAK.split(_QUOTED.sub("", text[:HEAD_CHARACTERS])) if line.strip()][
        :_LINES_LOOKED_AT
    ]
    if len(text) > HEAD_CHARACTERS and len(lines) > 1:
        lines.pop()
    if not lines:
        return ","
    by_first = sorted(SEPARATORS, key=lambda mark: -lines[0].count(mark))
    for mark in by_first:
        wanted = lines[0].count(mark)
        if wanted and 2 * sum(line.count(mark) == wanted for line in lines[1:]) >= len(lines) - 1:
            return mark
    return _most_even(lines) or by_first[0]


def _most_even(lines: list[str]) -> str | None:
    """Find what cuts the lines alike; None where nothing does for half of those from its first one on."""
    best: tuple[float, int] = (0.0, 0)
    separator = None
    for mark in SEPARATORS:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=lambda n: (counts.count(n) if n else 0, n))
        fit = (counts.count(usual) / len(lines) if usual else 0.0, usual)
        if fit > best:
            first = next(at for at, count in enumerate(counts) if count)
            best, separator = fit, mark if 2 * counts.count(usual) >= len(lines) - first else None
    return separator


def lines_of(
    text: str, name: str, *, mark: str | None = None, quotes: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Give each line's number in the file (of the first, where a cell has line breaks) and its cells.

    Excel's own ``sep=;`` in the first line is no line of the table. Without *quotes*, a quote is a letter.

    Raises:
        SourceError: It is no text, a quote does not close, or a cell is larger than 131,072 characters.
    """
    if "\0" in text:
        line = len(BREAK.findall(text, 0, text.index("\0"))) + 1
        raise refuse_table(name, say("line {line}: {reason}", line=line, reason=say("it is no text")))
    mark = mark or find_separator(text)
    number, physical = 1, io.StringIO(text, newline="")
    if _HINT.match(text):
        physical.readline()
        number = 2
    consumed: list[str] = []

    def physical_lines() -> Iterator[str]:
        for line in physical:
            consumed.append(line)
            yield line

    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    try:
        for cells in csv.reader(physical_lines(), delimiter=mark, quoting=quoting):
            if quotes and (len(consumed) > 1 or consumed[0].count('"') % 2):
                _refuse_open_quote(consumed, mark, name, number)
            yield number, cells
            number += len(consumed)
            consumed.clear()
    except csv.Error as error:
        raise refuse_table(name, say("line {line}: {reason}", line=number, reason=str(error))) from None


def _refuse_open_quote(lines: list[str], mark: str, name: str, number: int) -> None:
    """Refuse a row that a quote made of several: what stands in them would be lost in one cell."""
    try:
        for _ in csv.reader(lines, delimiter=mark, strict=True):
            pass
    except csv.Error as error:
        if len(lines) > 1 or "end of data" in str(error):
            why = say(
                "line {line}: a quote opens here and does not close; "
                "close it, or double each quote that stands inside a cell",
                line=number,
            )
            raise refuse_table(name, why) from None


def _read_book(data: bytes, name: str, sheet: str | None) -> Grid:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if not names:
            raise refuse_table(name, say("it has no sheet"))
        if sheet is not None and sheet not in names:
            listed = ", ".join(names)
            raise refuse_table(
                name, say("it has no sheet {sheet}; there are: {names}", sheet=sheet, names=listed)
            )
        sheets = {title: book.get_sheet_by_name(title) for title in ([sheet] if sheet else names)}
        tables = {title: content.to_python(skip_empty_area=False) for title, content in sheets.items()}
        chosen = sheet or _choose_sheet(tables)
        merged = sheets[chosen].merged_cell_ranges or []
    except (CalamineError, OSError, ValueError) as error:
        raise refuse_table(name, say("{reason}", reason=str(error)[:200])) from None
    lines = [(number, [cell_text(cell) for cell in cells]) for number, cells in enumerate(tables[chosen], 1)]
    for (top, left), (bottom, right) in merged:
        _fill_merged(lines, top, left, bottom, right)
    notes = (say("Of {name} the sheet {sheet} was read.", name=name, sheet=chosen),) if len(names) > 1 else ()
    passed_over = sheet is None and chosen != names[0]
    return Grid(name=name, lines=lines, sheet=chosen, notes=notes, passed_over=passed_over)


def _choose_sheet(tables: Mapping[str, Sequence[Sequence[object]]]) -> str:
    """Choose the first sheet, unless another holds more than four times as many cells: a cover, notes."""
    filled = {name: _count_filled(rows) for name, rows in tables.items()}
    first, fullest = next(iter(filled)), max(filled, key=lambda name: filled[name])
    return fullest if filled[fullest] > _DWARFED * filled[first] else first


def _count_filled(rows: Sequence[Sequence[object]]) -> int:
    return sum(sum(cell not in {"", None} for cell in row) for row in rows[:2_000])


def _fill_merged(lines: list[tuple[int, list[str]]], top: int, left: int, bottom: int, right: int) -> None:
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
        raise refuse_table(name, say("it unpacks to {size} bytes", size=unpacked))


def _read_json(data: bytes, name: str, _sheet: str | None) -> Grid:
    """Read a list of objects, alone or as the first list inside an object, or one object a line."""
    text = decode_table(data)
    try:
        content = (
            [json.loads(line) for line in text.split("\n") if line.strip()]
            if name.lower().endswith(("jsonl", "ndjson"))
            else json.loads(text)
        )
    except (ValueError, RecursionError):
        raise refuse_table(name, say("it is no JSON")) from None
    if isinstance(content, dict):
        content = next((value for value in content.values() if isinstance(value, list)), [content])
    if not isinstance(content, list) or not content or not all(isinstance(row, dict) for row in content):
        raise refuse_table(name, say("it holds no list of objects"))
    rows = [dict(_flatten("", row)) for row in content]
    columns = checked_columns(name, list(dict.fromkeys(key for row in rows for key in row)))
    lines: list[tuple[int, Sequence[str]]] = [(1, columns)]
    lines += [(n, [cell_text(row.get(c)) for c in columns]) for n, row in enumerate(rows, 2)]
    return Grid(name=name, lines=lines)


def _flatten(prefix: str, row: Mapping[str, object], levels: int = 3) -> Iterator[tuple[str, object]]:
    """Make columns of what stands inside an object: ``customer.name``."""
    for key, value in row.items():
        column = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict) and value and levels:
            yield from _flatten(column, value, levels - 1)
        else:
            yield column, value


def cell_text(cell: object) -> str:
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
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).hex()
    return str(cell) if isinstance(cell, str | timedelta | int) else canonical_json(cell)


_READERS: Mapping[str, Callable[[bytes, str, str | None], Grid]] = {
    "book": _read_book,
    "json": _read_json,
    "text": _read_text,
}


def non_empty_lines(lines: Sequence[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the lines that are not empty."""
    return ((number, cells) for number, cells in lines if any(cell.strip() for cell in cells))
