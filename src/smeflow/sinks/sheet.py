"""Sheets of a spreadsheet (XLSX): equal cells give equal bytes."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from smeflow.i18n import Language
from smeflow.money import Money
from smeflow.sinks.cells import Cell, text_of

_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""A fixed day: the file must not tell when it was made, or it would differ each time."""


_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: a name on its tab, headings, and lines of cells."""

    name: str
    header: Sequence[str]
    lines: Sequence[Sequence[Cell]]


def sheet_bytes(header: Sequence[str], lines: Sequence[Sequence[Cell]], language: Language) -> bytes:
    """Write one sheet; text is always text, so that no cell is ever a formula or a link."""
    return book_bytes([Sheet(name="", header=header, lines=lines)], language)


def book_bytes(sheets: Sequence[Sheet], language: Language) -> bytes:
    """Write several sheets, each under a name that a spreadsheet takes and no other has."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": _CREATED})
    bold = book.add_format({"bold": True})
    formats = _Formats(book, "dd/mm/yyyy" if language == "fr" else "yyyy-mm-dd")
    taken: set[str] = set()
    for each in sheets:
        _fill(book.add_worksheet(_tab(each.name, taken)), each, bold, formats)
    book.close()
    return buffer.getvalue()


def _fill(sheet: Any, content: Sheet, bold: Any, formats: "_Formats") -> None:
    for column, title in enumerate(content.header):
        sheet.write_string(0, column, title, bold)
    widths = [len(title) for title in content.header]
    for row, line in enumerate(content.lines, 1):
        for column, cell in enumerate(line):
            _write(sheet, row, column, cell, formats)
            widths[column] = max(widths[column], min(len(text_of(cell)), 50))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + 2)
    sheet.freeze_panes(1, 0)


def _tab(name: str, taken: set[str]) -> str | None:
    """Make a name a tab may have: short, without signs of formulas, once in a book whatever its case."""
    plain = " ".join(_NOT_IN_NAMES.sub(" ", name).split()).strip("'")[:31].strip()
    if not plain:
        return None
    found, n = plain, 1
    while (
        found.casefold() in taken or found.casefold() == "history"
    ):  # a name spreadsheets keep for themselves
        n += 1
        found = f"{plain[: 28 - len(str(n))]} ({n})"
    taken.add(found.casefold())
    return found


class _Formats:
    """Cell formats, each made once for a book."""

    def __init__(self, book: Any, day: str) -> None:
        self._book = book
        self.day = book.add_format({"num_format": day})
        self._numbers: dict[str, Any] = {}

    def number(self, digits: int, currency: str = "") -> Any:
        """Give the format with that many digits behind the mark, and a currency behind the number."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + (f' "{currency}"' if currency else "")
        if pattern not in self._numbers:
            self._numbers[pattern] = self._book.add_format({"num_format": pattern})
        return self._numbers[pattern]


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, date):
        _write_day(sheet, row, column, cell, formats)
    elif isinstance(cell, Money):
        _write_number(sheet, row, column, cell.amount, formats, cell.currency)
    elif isinstance(cell, Decimal):
        _write_number(sheet, row, column, cell, formats)
    elif isinstance(cell, int) and abs(cell) < 10**15:
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, text_of(cell).encode("utf-8", "replace").decode())


def _write_day(sheet: Any, row: int, column: int, cell: date, formats: _Formats) -> None:
    if cell.year < 1900:  # before a spreadsheet's first day
        sheet.write_string(row, column, cell.isoformat())
        return
    plain = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
    sheet.write_datetime(row, column, plain, formats.day)


def _write_number(
    sheet: Any, row: int, column: int, amount: Decimal, formats: _Formats, currency: str = ""
) -> None:
    """Write a number, or text where a spreadsheet would round it: it keeps 15 digits."""
    if len(amount.as_tuple().digits) > 15 or not amount.is_finite():
        sheet.write_string(row, column, text_of(amount))
        return
    digits = max(0, -int(amount.as_tuple().exponent)) if amount.is_finite() else 0
    safe = currency if currency.isalpha() and len(currency) == 3 else ""
    sheet.write_number(row, column, float(amount), formats.number(min(digits, 10), safe))
