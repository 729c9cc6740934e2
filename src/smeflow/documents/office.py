"""Read texts and spreadsheets of office programs: Word, Excel, and the OpenDocument of LibreOffice.

What a person sees is read, as text with a line for each row of a table. Hidden text, rows, columns and sheets
are left out and told; macros, comments and deleted text are not looked at.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from smeflow.documents.archives import foreign_archive, read_zip, unpack
from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, bounded_text
from smeflow.documents.office_package import (
    CELL_GAP,
    OfficePackage,
    attribute,
    local_name,
    owner_of,
    row_lines,
)
from smeflow.documents.spreadsheet import WORKBOOK, excel_pages
from smeflow.documents.text import normalize_text
from smeflow.errors import UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

if TYPE_CHECKING:
    from lxml.etree import _Element

_WORD, _ODF = "word/document.xml", "content.xml"
_OOXML = "application/vnd.openxmlformats-officedocument."
_DOCX, _XLSX = f"{_OOXML}wordprocessingml.document", f"{_OOXML}spreadsheetml.sheet"
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError),
    *(KeyError, ValueError, OverflowError),  # a part that is missing, a number that is none
)
_BLANK_LINES = re.compile(r"\n{3,}")


_OFFICE_NAMES = (".docx", ".docm", ".xlsx", ".xlsm", ".odt", ".ods")


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
            package = OfficePackage(archive=archive, names=names, file=file)
            if _WORD in names:
                kind, pages = _DOCX, _word_pages(package)
            elif WORKBOOK in names:
                kind, pages = _XLSX, excel_pages(package)
            elif _ODF in names and "mimetype" in names:
                kind, pages = _odf_type(package), _odf_pages(package)
            else:
                return read_zip(file)
    except _DAMAGE as error:
        if not file.name.lower().endswith(_OFFICE_NAMES):
            return read_zip(file)  # which says what is wrong with an archive
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


_OLD_STREAMS = (("EncryptedPackage", ""), ("WordDocument", "docx"), ("Workbook", "xlsx"), ("Book", "xlsx"))
"""What the streams in a file of the old programs are called, and the ending of what follows it."""


def refuse_old_office(file: File) -> Document:
    """Say what to do with a ``.doc``, ``.xls`` or ``.rtf``: it is no format that is read here.

    Raises:
        UnsupportedDocument: Always; it names the way to a format that is read.
        UnreadableDocument: It is a newer document that is locked with a password.
    """
    streams = [(new, name.encode("utf-16-le")) for name, new in _OLD_STREAMS]
    new = next(
        (new for new, name in streams if name in file.data), "docx" if file.data[:1] == b"{" else "pdf"
    )
    if not new:
        raise UnreadableDocument(
            say("{name} is locked with a password. Ask the sender for it without one.", name=file.name)
        )
    raise UnsupportedDocument(
        say(
            "{name} is in an old format of Word, Excel or another program that is not read here. Open it in "
            "that program and save it as PDF, .docx or .xlsx; LibreOffice does it without a window: "
            "soffice --headless --convert-to {new} FILE",
            name=file.name,
            new=new,
        )
    )


# --- Word ------------------------------------------------------------------------------------------------

_WORD_SILENT = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "pPr", "tblPr", "sectPr"})
"""What Word keeps and does not show; a ``Fallback`` says again what stands before it."""
_BREAKS = {"tab": CELL_GAP, "ptab": CELL_GAP, "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TINY_HALF_POINTS = 4
_OFF = ("0", "false", "off", "none")


def _word_pages(package: OfficePackage) -> list[list[str]]:
    around = {
        kind: sorted(n for n in package.names if re.fullmatch(rf"word/{kind}\d*\.xml", n))
        for kind in ("header", "footer", "footnotes")
    }
    names = [*around["header"], _WORD, *around["footnotes"], *around["footer"]]
    parts = [tuple(_word_blocks(package.part(name), package)) for name in names]
    # the header of the first page often says what those of the others say
    return [[line for part in dict.fromkeys(parts) for line in (*part, "")]]


def _word_blocks(parent: "_Element", package: OfficePackage) -> Iterator[str]:
    """Give the lines of all paragraphs and tables in *parent*."""
    for element in parent:
        name = local_name(element)
        if name in _WORD_SILENT:
            continue
        if name == "p":
            yield from _word_paragraph(element, package)
        elif name == "tr":
            cells = [cell for cell in element.iter("{*}tc") if owner_of(cell, "tr") is element]
            yield from row_lines([list(_word_blocks(cell, package)) for cell in cells])
        else:
            yield from _word_blocks(element, package)


def _word_paragraph(paragraph: "_Element", package: OfficePackage) -> Iterator[str]:
    pieces: list[str] = []
    boxes: list[_Element] = []

    def write(parent: "_Element") -> None:
        for element in parent:
            name = local_name(element)
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
    if vanish is not None and attribute(vanish, "val") not in _OFF:
        return True
    size = attribute(style.find("{*}sz"), "val")
    if size.isdigit() and int(size) <= _TINY_HALF_POINTS:
        return True
    white = attribute(style.find("{*}color"), "val").upper() == "FFFFFF"
    # a table's own style may lay a dark ground behind its head, so white text in a cell counts as seen
    on_ground = style.find("{*}shd") is not None or owner_of(run, "tc") is not None
    paragraph = owner_of(run, "p")
    return white and not on_ground and (paragraph is None or paragraph.find("{*}pPr/{*}shd") is None)


# --- OpenDocument ----------------------------------------------------------------------------------------

_ODF_TYPE = re.compile(rb"application/vnd\.oasis\.opendocument\.(?:text|spreadsheet)")


def _odf_type(package: OfficePackage) -> str:
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


def _odf_pages(package: OfficePackage) -> list[list[str]]:
    content = package.part(_ODF)
    hiding = frozenset(
        attribute(style, "name")
        for style in content.iter("{*}style")
        if any(attribute(each, "display") == "none" for each in style)
    )
    body = content.find("{*}body")
    if body is None or not len(body):
        return []
    if local_name(body[0]) == "spreadsheet":
        return [_odf_sheet(sheet, package, hiding) for sheet in body[0].iterfind("{*}table")]
    lines = list(_odf_blocks(body[0], package, hiding))
    heads, feet = _odf_margins(package, hiding)
    return [[*heads, *lines, *feet]]


def _odf_margins(package: OfficePackage, hiding: frozenset[str]) -> tuple[list[str], list[str]]:
    """Give the lines of what stands above and below each page."""
    if "styles.xml" not in package.names:
        return [], []
    root = package.part("styles.xml")
    heads, feet = (
        [line for part in root.iter(f"{{*}}{name}") for line in _odf_blocks(part, package, hiding)]
        for name in ("header", "footer")
    )
    return list(dict.fromkeys(heads)), list(dict.fromkeys(feet))


def _odf_sheet(sheet: "_Element", package: OfficePackage, hiding: frozenset[str]) -> list[str]:
    if any(attribute(sheet, "style-name") == name for name in hiding):
        package.hide("".join(map(str, sheet.itertext())))
        return []
    return list(_odf_blocks(sheet, package, hiding))


def _odf_blocks(parent: "_Element", package: OfficePackage, hiding: frozenset[str]) -> Iterator[str]:
    for element in parent:
        name = local_name(element)
        if name in _ODF_SILENT:
            continue
        if name in ("p", "h"):
            yield from _odf_paragraph(element, package, hiding)
        elif name == "table-row":
            if attribute(element, "visibility") in ("collapse", "filter"):
                package.hide("".join(map(str, element.itertext())))
                continue
            cells = [list(_odf_blocks(c, package, hiding)) for c in element if local_name(c) == "table-cell"]
            yield from row_lines(cells) or ("",)
        else:
            yield from _odf_blocks(element, package, hiding)


def _odf_paragraph(paragraph: "_Element", package: OfficePackage, hiding: frozenset[str]) -> Iterator[str]:
    pieces: list[str] = []
    boxes: list[_Element] = []

    def write(element: "_Element") -> None:
        pieces.append(element.text or "")
        for part in element:
            name = local_name(part)
            if name == "text-box":
                boxes.append(part)
            elif name == "hidden-text" or (name == "span" and attribute(part, "style-name") in hiding):
                package.hide("".join(map(str, part.itertext())))
            elif name == "s":
                pieces.append(" " * min(int(attribute(part, "c") or 1), _MOST_REPEATS))
            elif name in ("tab", "line-break"):
                pieces.append(CELL_GAP if name == "tab" else "\n")
            elif name and name not in _ODF_SILENT:
                write(part)
            pieces.append(part.tail or "")

    write(paragraph)
    yield from "".join(pieces).split("\n")
    for box in boxes:
        yield from _odf_blocks(box, package, hiding)
