"""Read a table's cells as text: CSV whose separator and encoding nobody told, or XLSX."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from smeflow.errors import SourceError, system_words
from smeflow.i18n import Phrase, say

MAX_BYTES, MAX_COLUMNS, MAX_ROWS = 100_000_000, 500, 1_000_000
MAX_UNPACKED, MAX_RATIO = 500_000_000, 100
EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A table's header and lines, all text."""

    path: Path
    columns: tuple[str, ...]
    lines: Sequence[tuple[int, Sequence[str]]] = field(repr=False)
    """Each line's number in the file (from 1), and its cells."""

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Give each row as ``column: cell``; cells beyond the header are left out, missing ones are empty."""
        width = len(self.columns)
        for number, cells in self.lines:
            full = cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))]
            yield number, dict(zip(self.columns, full, strict=False))


def read_table(path: Path, sheet: str | None = None) -> Cells:
    """Read a CSV or spreadsheet file; its first line that is not empty is the header.

    Raises:
        SourceError: It is not there, too large, or no table.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _refused(path, say("it is larger than {limit} bytes", limit=MAX_BYTES))
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(_missing(path) if not path.exists() else _unreadable(path, error)) from None
    lines = _sheet(path, data, sheet) if path.suffix.lower() in EXCEL else _csv(path, data)
    return _headed(path, lines)


def _headed(path: Path, lines: Iterator[tuple[int, list[str]]]) -> Cells:
    header: tuple[str, ...] | None = None
    kept: list[tuple[int, list[str]]] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _columns(path, cells)
        elif len(kept) >= MAX_ROWS:
            raise _refused(path, say("it has more than {limit} rows", limit=MAX_ROWS))
        else:
            kept.append((number, cells))
    if header is None:
        raise _refused(path, say("it has no header line"))
    return Cells(path=path, columns=header, lines=kept)


def _columns(path: Path, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise _refused(path, say("it has more than {limit} columns", limit=MAX_COLUMNS))
    names: list[str] = []
    for n, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"column {n}"
        while name in names:
            name = f"{name} ({n})"
        names.append(name)
    return tuple(names)


def _csv(path: Path, data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    if "\0" in text:
        raise _refused(path, say("it is no text"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise _refused(path, say("line {line}: {reason}", line=reader.line_num, reason=str(error))) from None


def _decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:  # what Excel in Europe writes when it is not asked
        return data.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """Choose the separator that stands most often in the header, outside of quotes."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(head.split('"')[::2])
    return max(_SEPARATORS, key=lambda mark: (outside.count(mark), -_SEPARATORS.index(mark)))


def _sheet(path: Path, data: bytes, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(path, data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if not book.sheet_names:
            raise _refused(path, say("it has no sheet"))
        if sheet is not None and sheet not in book.sheet_names:
            names = ", ".join(book.sheet_names)
            raise _refused(path, say("it has no sheet {sheet}; there are: {names}", sheet=sheet, names=names))
        page = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
        rows = page.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise _refused(path, say("{reason}", reason=str(error)[:200])) from None
    for number, cells in enumerate(rows, 1):
        yield number, [_as_text(cell) for cell in cells]


def _refuse_bomb(path: Path, data: bytes) -> None:
    """A small spreadsheet may unpack to gigabytes: look at what its directory says first."""
    import zipfile

    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > max(MAX_RATIO * len(data), 20_000_000) or unpacked > MAX_UNPACKED:
        raise _refused(path, say("it unpacks to {size} bytes", size=unpacked))


def _as_text(cell: object) -> str:
    """Write a cell as text: whole numbers without a point, days as ISO dates."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _refused(path: Path, why: Phrase) -> SourceError:
    return SourceError(say("The table {path} cannot be read: {why}.", path=path, why=why))


def _unreadable(path: Path, error: OSError) -> Phrase:
    return say("The table {path} cannot be read: {why}.", path=path, why=system_words(error))


def _missing(path: Path) -> Phrase:
    from difflib import get_close_matches

    try:
        beside = [p.name for p in path.parent.iterdir() if p.is_file()]
    except OSError:
        beside = []
    near = get_close_matches(path.name, beside, 1)
    if near:
        return say("The table {path} is not there; did you mean {near}?", path=path, near=near[0])
    return say("The table {path} is not there.", path=path)
