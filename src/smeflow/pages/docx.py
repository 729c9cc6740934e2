"""The report for a word processor: real headings, styles, tables and captions, to be edited like any other.

With a firm's own template (a .docx with its letterhead), the report takes its styles and stands where the
template says ``{{ report }}``; ``{{ title }}`` and ``{{ facts.revenue }}`` are filled in anywhere in it.
"""

import io
import re
from datetime import UTC, datetime
from typing import Any

from smeflow._optional import import_extra
from smeflow.errors import SinkError
from smeflow.i18n import say
from smeflow.pages import style
from smeflow.pages.charts import draw_chart
from smeflow.pages.docx_xml import (
    TABLE_STYLE,
    add_bookmark,
    add_field,
    add_link,
    add_table_style,
    qualified_name,
    set_language,
    without_timestamps,
    word_element,
)
from smeflow.pages.elements import (
    Block,
    Figure,
    PageParagraph,
    PageTable,
    PrintedReport,
    anchors,
    page_number_words,
    page_words,
    proof_lines,
)

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARK = "\ue000report\ue000"
_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_POINTS_A_PIXEL = 0.665


def docx_bytes(pages: PrintedReport, template: bytes | None = None) -> bytes:
    """Write the document, into a firm's own *template* where there is one.

    Raises:
        MissingExtra: The extra ``report`` is not installed.
        SinkError: The template cannot be filled.
    """
    docx = import_extra("docx", "report")
    if template is None:
        document = docx.Document()
        _set_up_document(document, pages)
        _ReportWriter(document, pages).write(heading=True)
    else:
        document = docx.Document(io.BytesIO(_fill_template(template, pages)))
        place = next(
            (p for p in document.element.body.iter(qualified_name("w:p")) if _MARK in _text_of(p)), None
        )
        if place is not None:
            before = len(document.element.body)
            _ReportWriter(document, pages).write(heading=False)
            _move_to_mark(document, place, before)
    set_language(document, pages.language)
    _properties(document, pages)
    target = io.BytesIO()
    document.save(target)
    return without_timestamps(target.getvalue())


def _fill_template(template: bytes, pages: PrintedReport) -> bytes:
    """Fill the template's fields; they can name values and nothing else."""
    docxtpl = import_extra("docxtpl", "report")
    environment = import_extra("jinja2.sandbox", "report").ImmutableSandboxedEnvironment(autoescape=True)
    facts = {fact.name.replace(".", "_"): _clean(fact.shown) for fact in pages.annex}
    fields = {name: _clean(getattr(pages, name)) for name in ("title", "subtitle", "company")}
    try:
        document = docxtpl.DocxTemplate(io.BytesIO(template))
        document.render({**fields, "facts": facts, "report": _MARK}, environment)
        target = io.BytesIO()
        document.save(target)
    except Exception as error:  # a template is a person's file: whatever is wrong in it is told, not thrown
        reason = f"{type(error).__name__}: {error}"[:300]
        raise SinkError(
            say("The template of the report cannot be filled: {reason}", reason=reason)
        ) from error
    return target.getvalue()


def _move_to_mark(document: Any, place: Any, before: int) -> None:
    """Bring what was written at the end to the place the template gives it."""
    body = document.element.body
    added = list(body)[before - 1 : -1] if body[-1].tag == qualified_name("w:sectPr") else list(body)[before:]
    for each in added:
        place.addprevious(each)
    place.getparent().remove(place)


def _text_of(paragraph: Any) -> str:
    return "".join(text.text or "" for text in paragraph.iter(qualified_name("w:t")))


def _clean(text: str) -> str:
    return _CONTROLS.sub("", text)


class _ReportWriter:
    """Writes a report's parts one after the other at the end of a document."""

    def __init__(self, document: Any, pages: PrintedReport) -> None:
        self._document = document
        self._pages = pages
        self._places = anchors(pages)
        self._word = page_words(pages.language)
        self._marks = 0
        add_table_style(document)
        self._styles = {each.name: each.style_id for each in document.styles if each.name != "Normal"}
        section = document.sections[-1]
        self._width = section.page_width - section.left_margin - section.right_margin

    def write(self, *, heading: bool) -> None:
        """Write everything; the title and its like unless the firm's template has them."""
        pages = self._pages
        if heading:
            for text, name in (
                (pages.company, "Subtitle"),
                (pages.title, "Title"),
                (pages.subtitle, "Subtitle"),
            ):
                if text:
                    self._paragraph(name, text)
        if pages.has_summary:
            self._heading(self._word["summary"], 1)
            self._highlights()
            for paragraph in pages.summary:
                self._block(paragraph)
            for note in pages.notes:
                self._paragraph("Quote", note)
        if len(pages.sections) > 2:
            self._contents()
        for section in pages.sections:
            self._heading(section.title, 1)
            for block in section.blocks:
                self._block(block)
        self._annex()

    def _paragraph(self, name: str, text: str = "") -> Any:
        paragraph = self._document.add_paragraph(_clean(text))
        if name in self._styles:  # a firm's template may lack one
            paragraph._p.style = self._styles[name]
        return paragraph

    def _heading(self, text: str, level: int, anchor: str = "") -> None:
        paragraph = self._paragraph(f"Heading {level}", text)
        self._marks += 1
        add_bookmark(paragraph, anchor or f"section-{self._marks}", self._marks)

    def _block(self, block: Block) -> None:
        if isinstance(block, PageParagraph):
            paragraph = self._paragraph("List Bullet" if block.bullet else "Normal")
            for run in block.runs:
                if run.fact in self._places:
                    add_link(paragraph, _clean(run.text), self._places[run.fact])
                else:
                    paragraph.add_run(_clean(run.text))
        elif isinstance(block, PageTable):
            self._table(block)
        else:
            self._figure(block)

    def _figure(self, figure: Figure) -> None:
        drawn = draw_chart(figure, self._pages.language)
        paragraph = self._paragraph("Normal")
        paragraph.paragraph_format.keep_with_next = True
        width = min(self._width, int(drawn.width * _POINTS_A_PIXEL * 12700))
        picture = paragraph.add_run().add_picture(io.BytesIO(drawn.png()), width=width)
        named = picture._inline.docPr
        named.set("descr", _clean(figure.alt))
        named.set("name", _clean(figure.caption)[:200])
        self._caption(figure.caption, figure.note)

    def _caption(self, text: str, note: str, *, above: bool = False) -> None:
        paragraph = self._paragraph("Caption", text)
        paragraph.paragraph_format.keep_with_next = above
        if note:
            paragraph.add_run(f"\n{_clean(note)}").bold = False

    def _table(self, table: PageTable) -> None:
        self._caption(table.caption, table.note, above=True)
        lines = [
            tuple(column.title for column in table.columns),
            *table.rows,
            *([table.total] if table.total else []),
        ]
        word_table = self._document.add_table(len(lines), len(table.columns))
        word_table.style = TABLE_STYLE
        banding = word_table._tbl.tblPr.find(qualified_name("w:tblLook"))
        shown = {"firstRow", "noHBand", "noVBand", *(["lastRow"] if table.total else [])}
        for name in ("firstRow", "lastRow", "noHBand", "noVBand", "firstColumn", "lastColumn"):
            banding.set(qualified_name(f"w:{name}"), str(int(name in shown)))
        strong = {0, len(lines) - 1 if table.total else 0}
        for n, (row, line) in enumerate(zip(word_table.rows, lines, strict=True)):
            row._tr.get_or_add_trPr().append(word_element("w:cantSplit"))
            for cell, text, column in zip(row.cells, line, table.columns, strict=True):
                paragraph = cell.paragraphs[0]
                paragraph.add_run(_clean(text)).bold = n in strong or None
                paragraph.alignment = 2 if column.number else 0
        word_table.rows[0]._tr.get_or_add_trPr().append(word_element("w:tblHeader"))
        self._paragraph("Normal").paragraph_format.space_after = 0

    def _highlights(self) -> None:
        items = self._pages.highlights
        if not items:
            return
        word_table = self._document.add_table(1, len(items))
        for cell, item in zip(word_table.rows[0].cells, items, strict=True):
            cell._tc.get_or_add_tcPr().append(
                word_element("w:shd", val="clear", color="auto", fill=style.PALE[1:])
            )
            label = cell.paragraphs[0]
            label.add_run(_clean(item.label)).font.size = 114300
            value = cell.add_paragraph()
            run = value.add_run(_clean(item.value))
            run.bold, run.font.size = True, 203200
            if item.change:
                cell.add_paragraph().add_run(_clean(item.marked_change)).font.size = 114300
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.space_after = 38100
        self._paragraph("Normal").paragraph_format.space_after = 0

    def _contents(self) -> None:
        """List the sections as links; a word processor that is asked makes the list anew."""
        titles = [section.title for section in self._pages.sections]
        titles += [self._word["annex"]] if self._pages.proofs else []
        first = self._marks + 1
        self._paragraph("TOC Heading", self._word["contents"])
        for n, title in enumerate(titles):
            add_link(self._paragraph("List Bullet"), _clean(title), f"section-{first + n}")

    def _annex(self) -> None:
        if not self._pages.proofs:
            return
        self._heading(self._word["annex"], 1)
        self._paragraph("Normal", self._word["about"])
        for fact in self._pages.proofs:
            self._heading(fact.title, 2, self._places[fact.name])
            for name, text in proof_lines(fact, self._pages.language):
                paragraph = self._paragraph("Normal")
                paragraph.paragraph_format.space_after = 0
                paragraph.add_run(
                    f"{name}\u00a0: " if self._pages.language == "fr" else f"{name}: "
                ).bold = True
                paragraph.add_run(_clean(text))


def _set_up_document(document: Any, pages: PrintedReport) -> None:
    """Give a fresh document its paper, its styles and its page numbers."""
    shared = import_extra("docx.shared", "report")
    section = document.sections[0]
    section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
    section.left_margin = section.right_margin = shared.Mm(22)
    section.top_margin = section.bottom_margin = shared.Mm(24)
    styles = (
        ("Normal", 10.5, style.INK, False),
        ("Title", 24, style.INK, True),
        ("Subtitle", 12, style.SOFT, False),
        ("Heading 1", 15, style.INK, True),
        ("Heading 2", 11, style.INK, True),
        ("Caption", 9.5, style.INK, True),
        ("Quote", 10, style.INK, False),
        ("TOC Heading", 10.5, style.SOFT, True),
    )
    for name, size, colour, bold in styles:
        font = document.styles[name].font
        font.name, font.size, font.bold, font.italic = "Calibri", shared.Pt(size), bold, False
        font.color.rgb = shared.RGBColor.from_string(colour[1:].upper())
        _use_for_all_letters(document.styles[name])
    document.styles["Heading 1"].paragraph_format.space_before = shared.Pt(20)
    document.styles["Heading 1"].paragraph_format.space_after = shared.Pt(6)
    document.styles["Title"].paragraph_format.space_after = shared.Pt(2)
    _no_line_below(document.styles["Title"])
    before, of = page_number_words(pages.language)
    footer = section.footer.paragraphs[0]
    footer.alignment = 2
    footer.add_run(before)
    add_field(footer, "PAGE", "1")
    footer.add_run(of)
    add_field(footer, "NUMPAGES", "1")


def _use_for_all_letters(word_style: Any) -> None:
    """Use the named font for all letters: the default document asks a theme instead."""
    fonts = word_style.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qualified_name(f"w:{name}"), None)
    for name in ("cs", "eastAsia"):
        fonts.set(qualified_name(f"w:{name}"), "Calibri")


def _no_line_below(word_style: Any) -> None:
    for border in list(word_style.element.iter(qualified_name("w:pBdr"))):
        border.getparent().remove(border)


def _properties(document: Any, pages: PrintedReport) -> None:
    properties = document.core_properties
    properties.title = _clean(pages.heading)[:255]
    properties.author = properties.last_modified_by = _clean(pages.company)[:255]
    properties.language = pages.language
    properties.comments = properties.keywords = properties.subject = ""
    day = datetime.combine(pages.day, datetime.min.time(), UTC) if pages.day else _NO_DAY
    properties.created = properties.modified = day
    properties.revision = 1
