"""Read the sheets of an Excel workbook as a person sees them: numbers in the format of their cells."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from smeflow.documents.file import check_limit
from smeflow.documents.office_package import CELL_GAP, OfficePackage, attribute, owner_of

if TYPE_CHECKING:
    from lxml.etree import _Element

WORKBOOK = "xl/workbook.xml"
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_USUAL_FORMATS = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 39: "0.00", 44: "0.00"}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|[_*].')
_DECIMALS = re.compile(r"\.(0+)")
_CURRENCY = re.compile(r"€|£|\$|\b[A-Z]{3}\b")
_PADDED = re.compile(r'"([^"]*)"(0+)')
_COLUMN = re.compile(r"[A-Z]+")


@dataclass(frozen=True)
class _Sheets:
    """What all sheets of a workbook share."""

    package: OfficePackage
    folder: str
    workbook: "_Element"

    @cached_property
    def texts(self) -> list[str]:
        name = f"{self.folder}/sharedStrings.xml"
        if name not in self.package.names:
            return []
        return [_shown_text(each) for each in self.package.part(name).iterfind("{*}si")]

    @cached_property
    def formats(self) -> list[str]:
        """The format of each style: ``date``, or its code."""
        name = f"{self.folder}/styles.xml"
        if name not in self.package.names:
            return []
        root = self.package.part(name)
        codes = {
            int(attribute(each, "numFmtId") or 0): attribute(each, "formatCode")
            for each in root.iterfind("{*}numFmts/{*}numFmt")
        }
        numbers = [int(attribute(each, "numFmtId") or 0) for each in root.iterfind("{*}cellXfs/{*}xf")]
        return ["date" if n in _DATE_FORMATS else codes.get(n, _USUAL_FORMATS.get(n, "")) for n in numbers]

    @cached_property
    def first_day(self) -> datetime:
        since_1904 = attribute(self.workbook.find("{*}workbookPr"), "date1904") in ("1", "true")
        return datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone

    def cell(self, cell: "_Element") -> str:
        """Give what a person sees in *cell*."""
        kind, value = cell.get("t") or "n", cell.findtext("{*}v")
        if kind == "inlineStr":
            inline = cell.find("{*}is")
            return "" if inline is None else _shown_text(inline)
        if value is None:
            self.package.uncounted += cell.find("{*}f") is not None
            return ""
        if kind == "s":
            number = int(value) if value.isdigit() else -1
            return self.texts[number] if 0 <= number < len(self.texts) else ""
        if kind != "n":
            return str(value)
        style = int(cell.get("s") or 0)
        return self._number(str(value), self.formats[style] if style < len(self.formats) else "")

    def _number(self, written: str, code: str) -> str:
        try:
            value = float(written)
            if code == "date" or _is_date(code):
                moment = self.first_day + timedelta(days=value)
                return moment.date().isoformat() if value >= 1 else moment.strftime("%H:%M")
        except (ValueError, OverflowError):
            return written
        if padded := _PADDED.fullmatch(code):
            return f"{padded[1]}{round(value):0{len(padded[2])}d}"
        shown = code.partition(";")[0]
        decimals = _DECIMALS.search(_LITERAL.sub("", shown))
        if "%" in shown:
            return f"{value * 100:.{len(decimals[1]) if decimals else 0}f} %"
        text = f"{value:.{len(decimals[1])}f}" if decimals else f"{value:.15g}"
        currency = _CURRENCY.search("".join(chain.from_iterable(_LITERAL.findall(shown))))
        return f"{text} {currency[0]}" if currency else text


def _is_date(code: str) -> bool:
    bare = _LITERAL.sub("", code).lower()
    return bare != "general" and bool(re.search(r"[ymdhs]", bare))


def _shown_text(element: "_Element") -> str:
    """Join the runs of a text; how a word is pronounced (``rPh``) is none."""
    return "".join(str(t.text or "") for t in element.iter("{*}t") if owner_of(t, "rPh") is None)


def excel_pages(package: OfficePackage) -> list[list[str]]:
    """Give the lines of each sheet that is not hidden."""
    workbook = package.part(WORKBOOK)
    sheets = _Sheets(package, "xl", workbook)
    links = {
        attribute(link, "Id"): posixpath.normpath(posixpath.join("/xl", attribute(link, "Target")))[1:]
        for link in package.part("xl/_rels/workbook.xml.rels")
    }
    pages = []
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        name = links.get(attribute(sheet, "id"), "")
        if name not in package.names or "worksheets" not in name:
            continue
        lines = list(_excel_rows(package.part(name), sheets))
        if attribute(sheet, "state").lower() in ("hidden", "veryhidden"):
            package.hide(" ".join(lines))
        elif any(lines):
            pages.append(lines)
    return pages


def _excel_rows(root: "_Element", sheets: _Sheets) -> Iterator[str]:
    ranges = [
        range(int(attribute(each, "min") or 0), int(attribute(each, "max") or 0) + 1)
        for each in root.iterfind("{*}cols/{*}col")
        if attribute(each, "hidden") in ("1", "true")
    ]
    last = 0
    for count, row in enumerate(root.iterfind("{*}sheetData/{*}row"), 1):
        check_limit("rows", sheets.package.file.limits.rows, count, sheets.package.file.name)
        number = int(attribute(row, "r") or last + 1)
        cells = [(_column_of(cell, n), sheets.cell(cell)) for n, cell in enumerate(row.iterfind("{*}c"), 1)]
        row_hidden = attribute(row, "hidden") in ("1", "true")
        seen = []
        for column, text in cells:
            if row_hidden or any(column in hidden for hidden in ranges):
                sheets.package.hide(text)
            elif text.strip():
                seen.append(" ".join(text.split("\n")) if len(cells) > 1 else text)
        if number > last + 1:
            yield ""
        yield CELL_GAP.join(seen)
        last = number


def _column_of(cell: "_Element", nth: int) -> int:
    letters = _COLUMN.match(cell.get("r") or "")
    if letters is None:
        return nth
    number = 0
    for letter in letters[0][:3]:
        number = number * 26 + ord(letter) - 64
    return number
