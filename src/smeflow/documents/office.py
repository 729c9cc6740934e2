"""Read texts and spreadsheets of office programs: Word, Excel, and the OpenDocument of LibreOffice.

What a person sees is read, as text with a line for each row of a table. Hidden text, rows, columns and sheets
are left out and told; macros, comments and deleted text are not looked at.
"""

import dataclasses
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

from smeflow._text import shortened, strip_invisible
from smeflow.documents.archives import foreign_archive, read_zip, unpack
from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, bounded_text, check_limit
from smeflow.documents.text import normalize_text
from smeflow.documents.xml import parse_xml
from smeflow.errors import UnreadableDocument
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from lxml.etree import _Element

_WORD, _EXCEL, _ODF = "word/document.xml", "xl/workbook.xml", "content.xml"
_OOXML = "application/vnd.openxmlformats-officedocument."
_DOCX, _XLSX = f"{_OOXML}wordprocessingml.document", f"{_OOXML}spreadsheetml.sheet"
_GAP = "  "
"""What stands between the cells of a row."""
_BLANK_LINES = re.compile(r"\n{3,}")
_AMOUNT = re.compile(r"[-+]?[\d\s.,'’]*\d[\d\s.,'’]*\s*(?:%|€|\$|£|[A-Z]{3})?")


def read_packed(file: File) -> Document:
    """Read a ZIP: the document of an office program, else the files packed in it.

    Raises:
        UnreadableDocument: It is damaged, locked, or holds no text.
        UnsupportedDocument: It is a presentation or another kind of file that only looks like an archive.
        LimitExceeded: It holds too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(file.data)) as archive:
            names = frozenset(archive.namelist())
            package = _Package(archive=archive, names=names, file=file)
            if _WORD in names:
                kind, pages = _DOCX, _word_pages(package)
            elif _EXCEL in names:
                kind, pages = _XLSX, _excel_pages(package)
            elif _ODF in names and "mimetype" in names:
                kind, pages = _odf_type(package), _odf_pages(package)
            else:
                return read_zip(file)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, KeyError) as error:
        raise UnreadableDocument(
            say("{name} is damaged: open it in the program that made it, and save it as PDF.", name=file.name)
        ) from error
    texts = [_BLANK_LINES.sub("\n\n", normalize_text("\n".join(page))).strip() for page in pages]
    if not any(texts):
        raise UnreadableDocument(
            say("{name} holds no text, at most pictures of it. Save it as PDF.", name=file.name)
        )
    bounded_text("\n".join(texts), file)
    numbered = tuple(Page(number=n, text=text) for n, text in enumerate(texts, 1))
    return file.document(media_type=kind, pages=numbered, problems=package.problems())


@dataclass
class _Package:
    """The parts of one file, and what of it is not read."""

    archive: zipfile.ZipFile
    names: frozenset[str]
    file: File
    hidden: list[str] = field(default_factory=list)
    unpacked: int = 0
    """So many bytes."""
    uncounted: int = 0
    """Formulas whose result the file does not hold."""

    def part(self, name: str) -> "_Element":
        """Give the XML called *name*; whoever left it out made a damaged file."""
        data = unpack(self.archive, self.archive.getinfo(name), self.file, self.unpacked)
        self.unpacked += len(data)
        return parse_xml(dataclasses.replace(self.file, name=f"{self.file.name}/{name}", data=data))

    def hide(self, text: str) -> None:
        """Leave *text* out."""
        if text.strip():
            self.hidden.append(strip_invisible(text)[:2000])

    def problems(self) -> tuple[Phrase, ...]:
        """Tell what was not read."""
        name = self.file.name
        told: list[Phrase] = []
        if sample := " ".join(" ".join(self.hidden).split()):
            told.append(
                say(
                    "{name} holds hidden text; it was not read: “{sample}”",
                    name=name,
                    sample=shortened(sample, 60),
                )
            )
        if self.uncounted:
            told.append(
                say(
                    "{name} holds {n} formulas without their results. Open it in a spreadsheet program and "
                    "save it.",
                    name=name,
                    n=self.uncounted,
                )
            )
        return tuple(told)


def _local(element: "_Element") -> str:
    """Give an element's name without its namespace; nothing for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: "_Element | None", name: str) -> str:
    """Give the attribute called *name*, whatever its namespace."""
    if element is not None:
        for key, value in element.attrib.items():
            if str(key).rpartition("}")[2] == name:
                return str(value)
    return ""


def _row(cells: Sequence[list[str]]) -> list[str]:
    """Put the cells of a table's row in lines.

    A cell of several lines is one of a table only where the others have one line each, or where its lines are
    amounts, one for each line beside it. Else the cells are blocks of a page that stand side by side.
    """
    filled = [[line.strip() for line in cell if line.strip()] for cell in cells]
    filled = [cell for cell in filled if cell]
    tall = [cell for cell in filled if len(cell) > 1]
    if len(tall) <= 1 < len(filled):
        return [_GAP.join(" ".join(cell) for cell in filled)]
    level = len(tall) == len(filled) and len({len(cell) for cell in filled}) == 1
    if level and len(filled) > 1 and all(_AMOUNT.fullmatch(line) for line in filled[-1]):
        return [_GAP.join(parts) for parts in zip(*filled, strict=True)]
    return [line for cell in filled for line in cell]


# --- Word ------------------------------------------------------------------------------------------------

_WORD_SILENT = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "pPr", "tblPr", "sectPr"})
"""What Word keeps and does not show; a ``Fallback`` says again what stands before it."""
_BREAKS = {"tab": _GAP, "ptab": _GAP, "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TINY_HALF_POINTS = 4
_OFF = ("0", "false", "off", "none")


def _word_pages(package: _Package) -> list[list[str]]:
    around = {
        kind: sorted(n for n in package.names if re.fullmatch(rf"word/{kind}\d*\.xml", n))
        for kind in ("header", "footer", "footnotes")
    }
    names = [*around["header"], _WORD, *around["footnotes"], *around["footer"]]
    parts = [tuple(_word_blocks(package.part(name), package)) for name in names]
    # the header of the first page often says what those of the others say
    return [[line for part in dict.fromkeys(parts) for line in (*part, "")]]


def _word_blocks(parent: "_Element", package: _Package) -> Iterator[str]:
    """Give the lines of all paragraphs and tables in *parent*."""
    for element in parent:
        name = _local(element)
        if name in _WORD_SILENT:
            continue
        if name == "p":
            yield from _word_paragraph(element, package)
        elif name == "tr":
            cells = [cell for cell in element.iter("{*}tc") if _owner(cell, "tr") is element]
            yield from _row([list(_word_blocks(cell, package)) for cell in cells])
        else:
            yield from _word_blocks(element, package)


def _owner(element: "_Element", name: str) -> "_Element | None":
    return next(element.iterancestors(f"{{*}}{name}"), None)


def _word_paragraph(paragraph: "_Element", package: _Package) -> Iterator[str]:
    pieces: list[str] = []
    boxes: list[_Element] = []

    def write(parent: "_Element") -> None:
        for element in parent:
            name = _local(element)
            if name in _WORD_SILENT:
                continue
            if name == "txbxContent":
                boxes.append(element)
            elif name == "r" and _word_hides(element):
                package.hide("".join(str(t.text or "") for t in element.iter("{*}t")))
            elif name == "t":
                pieces.append(element.text or "")
            elif name in _BREAKS:
                pieces.append(_BREAKS[name])
            else:
                write(element)

    write(paragraph)
    yield from "".join(pieces).split("\n")
    for box in boxes:
        yield from _word_blocks(box, package)


def _word_hides(run: "_Element") -> bool:
    """Tell whether a run's own properties hide it: as hidden text, in white on white, or too small to see."""
    style = run.find("{*}rPr")
    if style is None:
        return False
    vanish = style.find("{*}vanish")
    if vanish is not None and _attribute(vanish, "val") not in _OFF:
        return True
    size = _attribute(style.find("{*}sz"), "val")
    if size.isdigit() and int(size) <= _TINY_HALF_POINTS:
        return True
    white = _attribute(style.find("{*}color"), "val").upper() == "FFFFFF"
    # a table's own style may lay a dark ground behind its head, so white text in a cell counts as seen
    on_ground = style.find("{*}shd") is not None or _owner(run, "tc") is not None
    paragraph = _owner(run, "p")
    return white and not on_ground and (paragraph is None or paragraph.find("{*}pPr/{*}shd") is None)


# --- OpenDocument ----------------------------------------------------------------------------------------

_ODF_TYPE = re.compile(rb"application/vnd\.oasis\.opendocument\.(?:text|spreadsheet)")


def _odf_type(package: "_Package") -> str:
    """Give what the file says it is; a presentation or a drawing is no document of text.

    Raises:
        UnsupportedDocument: It is one.
    """
    said = unpack(package.archive, package.archive.getinfo("mimetype"), package.file, 0).strip()
    if _ODF_TYPE.fullmatch(said) is None:
        raise foreign_archive(package.file)
    return said.decode()


_ODF_SILENT = frozenset({"tracked-changes", "annotation", "note-citation", "sequence-decls", "forms"})
_MOST_REPEATS = 100


def _odf_pages(package: _Package) -> list[list[str]]:
    content = package.part(_ODF)
    hiding = frozenset(
        _attribute(style, "name")
        for style in content.iter("{*}style")
        if any(_attribute(each, "display") == "none" for each in style)
    )
    body = content.find("{*}body")
    if body is None or not len(body):
        return []
    if _local(body[0]) == "spreadsheet":
        return [_odf_sheet(sheet, package, hiding) for sheet in body[0].iterfind("{*}table")]
    lines = list(_odf_blocks(body[0], package, hiding))
    heads, feet = _odf_margins(package, hiding)
    return [[*heads, *lines, *feet]]


def _odf_margins(package: _Package, hiding: frozenset[str]) -> tuple[list[str], list[str]]:
    """Give the lines of what stands above and below each page."""
    if "styles.xml" not in package.names:
        return [], []
    root = package.part("styles.xml")
    heads, feet = (
        [line for part in root.iter(f"{{*}}{name}") for line in _odf_blocks(part, package, hiding)]
        for name in ("header", "footer")
    )
    return list(dict.fromkeys(heads)), list(dict.fromkeys(feet))


def _odf_sheet(sheet: "_Element", package: _Package, hiding: frozenset[str]) -> list[str]:
    if any(_attribute(sheet, "style-name") == name for name in hiding):
        package.hide("".join(map(str, sheet.itertext())))
        return []
    return list(_odf_blocks(sheet, package, hiding))


def _odf_blocks(parent: "_Element", package: _Package, hiding: frozenset[str]) -> Iterator[str]:
    for element in parent:
        name = _local(element)
        if name in _ODF_SILENT:
            continue
        if name in ("p", "h"):
            yield from _odf_paragraph(element, package, hiding)
        elif name == "table-row":
            if _attribute(element, "visibility") in ("collapse", "filter"):
                package.hide("".join(map(str, element.itertext())))
                continue
            cells = [list(_odf_blocks(c, package, hiding)) for c in element if _local(c) == "table-cell"]
            yield from _row(cells) or ("",)
        else:
            yield from _odf_blocks(element, package, hiding)


def _odf_paragraph(paragraph: "_Element", package: _Package, hiding: frozenset[str]) -> Iterator[str]:
    pieces: list[str] = []
    boxes: list[_Element] = []

    def write(element: "_Element") -> None:
        pieces.append(element.text or "")
        for part in element:
            name = _local(part)
            if name == "text-box":
                boxes.append(part)
            elif name == "hidden-text" or (name == "span" and _attribute(part, "style-name") in hiding):
                package.hide("".join(map(str, part.itertext())))
            elif name == "s":
                pieces.append(" " * min(int(_attribute(part, "c") or 1), _MOST_REPEATS))
            elif name in ("tab", "line-break"):
                pieces.append(_GAP if name == "tab" else "\n")
            elif name and name not in _ODF_SILENT:
                write(part)
            pieces.append(part.tail or "")

    write(paragraph)
    yield from "".join(pieces).split("\n")
    for box in boxes:
        yield from _odf_blocks(box, package, hiding)


# --- Excel -----------------------------------------------------------------------------------------------

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

    package: _Package
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
            int(_attribute(each, "numFmtId") or 0): _attribute(each, "formatCode")
            for each in root.iterfind("{*}numFmts/{*}numFmt")
        }
        numbers = [int(_attribute(each, "numFmtId") or 0) for each in root.iterfind("{*}cellXfs/{*}xf")]
        return ["date" if n in _DATE_FORMATS else codes.get(n, _USUAL_FORMATS.get(n, "")) for n in numbers]

    @cached_property
    def first_day(self) -> datetime:
        since_1904 = _attribute(self.workbook.find("{*}workbookPr"), "date1904") in ("1", "true")
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
        currency = _CURRENCY.search("".join(filter(None, sum(_LITERAL.findall(shown), ()))))
        return f"{text} {currency[0]}" if currency else text


def _is_date(code: str) -> bool:
    bare = _LITERAL.sub("", code).lower()
    return bare != "general" and bool(re.search(r"[ymdhs]", bare))


def _shown_text(element: "_Element") -> str:
    """Join the runs of a text; how a word is pronounced (``rPh``) is none."""
    return "".join(str(t.text or "") for t in element.iter("{*}t") if _owner(t, "rPh") is None)


def _excel_pages(package: _Package) -> list[list[str]]:
    workbook = package.part(_EXCEL)
    sheets = _Sheets(package, "xl", workbook)
    links = {
        _attribute(link, "Id"): posixpath.normpath(posixpath.join("/xl", _attribute(link, "Target")))[1:]
        for link in package.part("xl/_rels/workbook.xml.rels")
    }
    pages = []
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        name = links.get(_attribute(sheet, "id"), "")
        if name not in package.names or "worksheets" not in name:
            continue
        lines = list(_excel_rows(package.part(name), sheets))
        if _attribute(sheet, "state").lower() in ("hidden", "veryhidden"):
            package.hide(" ".join(lines))
        elif any(lines):
            pages.append(lines)
    return pages


def _excel_rows(root: "_Element", sheets: _Sheets) -> Iterator[str]:
    ranges = [
        range(int(_attribute(each, "min") or 0), int(_attribute(each, "max") or 0) + 1)
        for each in root.iterfind("{*}cols/{*}col")
        if _attribute(each, "hidden") in ("1", "true")
    ]
    last = 0
    for count, row in enumerate(root.iterfind("{*}sheetData/{*}row"), 1):
        check_limit("rows", sheets.package.file.limits.rows, count, sheets.package.file.name)
        number = int(_attribute(row, "r") or last + 1)
        cells = [(_column_of(cell, n), sheets.cell(cell)) for n, cell in enumerate(row.iterfind("{*}c"), 1)]
        row_hidden = _attribute(row, "hidden") in ("1", "true")
        seen = []
        for column, text in cells:
            if row_hidden or any(column in hidden for hidden in ranges):
                sheets.package.hide(text)
            elif text.strip():
                seen.append(" ".join(text.split("\n")) if len(cells) > 1 else text)
        if number > last + 1:
            yield ""
        yield _GAP.join(seen)
        last = number


def _column_of(cell: "_Element", nth: int) -> int:
    letters = _COLUMN.match(cell.get("r") or "")
    if letters is None:
        return nth
    number = 0
    for letter in letters[0][:3]:
        number = number * 26 + ord(letter) - 64
    return number
