"""What waits for a person as a spreadsheet to work through: each value beside its place on the page."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from smeflow.documents.document import Document
from smeflow.documents.show import has_pictures, page_png
from smeflow.engine.cases import case_of
from smeflow.errors import DocumentError
from smeflow.extract.result import record_type_in
from smeflow.i18n import Language, Phrase, say
from smeflow.kinds.field_names import field_name
from smeflow.kinds.record_kind import kind_of, shown_value, word_for_field
from smeflow.kinds.steps import FieldReading
from smeflow.review import decisions
from smeflow.review.corrections import parts_of
from smeflow.triage.step import Triage

if TYPE_CHECKING:
    from smeflow.core.case import Step
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow

    StepsOf = Callable[[str], Mapping[str, Step[Any]]]

HEADINGS: tuple[Phrase, ...] = (
    say("No."),
    say("Document"),
    say("Why it waits"),
    say("Field"),
    say("Found"),
    say("On the page"),
    say("Right value"),
    say("Decision"),
    say("Note"),
)
ITEM, DOCUMENT, REASON, FIELD, FOUND, PICTURE, VALUE, DECISION, NOTE, KEY, HASH = range(11)
_WIDTHS = (7, 28, 44, 18, 26, 46, 30, 16, 30, 9, 9)
DECISIONS: Mapping[str, Phrase] = {
    "approve": say("approve"),
    "reject": say("reject"),
    "again": say("ask again"),
}
"""What may be written in the column of decisions, in either language."""
MONEY_FIELDS = (
    *("seller", "number", "issue_date", "due_date", "total_net", "total_vat", "total_gross"),
    "iban",
)
"""What an invoice is booked and paid by: shown where it is empty too."""
MOST_PICTURES = 1_000
"""Of so many values the place on the page is drawn: a workbook of more is slow to open."""
_LONGEST_CELL = 32_000
_PICTURE_DPI, _HIGH, _WIDE = 110, 48, 320
"""How finely a page is drawn, and how many points of the screen the place of a value may take."""
_AROUND = (0.02, 0.008)
"""How much of the page is shown around a value, to its sides and above it."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One value of one item."""

    row: "ItemRow"
    name: str
    """With its step before it; empty where nothing can be put right here."""
    label: str = ""
    value: str = ""
    options: tuple[str, ...] = ()
    reading: FieldReading | None = None


def waiting_workbook(
    ledger: "Ledger",
    rows: "Sequence[ItemRow]",
    steps_of: "StepsOf",
    reason: "Callable[[ItemRow], str]",
    language: Language,
    *,
    pictures: bool = True,
) -> bytes:
    """Write the waiting *rows* as XLSX: a line for each value, with the place it was read from beside it.

    Three columns are open: the right value, a decision, a note. The rest is locked (without a password), and
    hidden columns say what was seen, so that nothing is decided on anything else later. *pictures* take the
    extra ``ocr``.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
    sheet = _empty_sheet(book, language)
    styles = _Styles(book)
    number, left = 0, MOST_PICTURES if pictures else 0
    for row in rows:
        seen = decisions.seen_now(ledger, row).hash
        places = _Places(ledger, row)
        for nth, line in enumerate(_lines(ledger, row, steps_of(row.recipe), language)):
            number += 1
            _write_line(sheet, number, line, styles, reason(row) if nth == 0 else "", seen)
            picture = places.picture(line.reading) if left else None
            if picture is not None:
                left -= 1
                _insert_picture(sheet, number, picture)
    _open_columns(sheet, number, language)
    book.close()
    return buffer.getvalue()


@dataclass
class _Styles:
    book: Any
    locked: Any = field(init=False)
    opened: Any = field(init=False)
    first: Any = field(init=False)

    def __post_init__(self) -> None:
        plain = {"text_wrap": True, "valign": "top", "num_format": "@"}
        self.locked = self.book.add_format(plain)
        self.first = self.book.add_format({**plain, "top": 1})
        self.opened = self.book.add_format({**plain, "locked": False, "bg_color": "#FFFBE6", "border": 1})


def _empty_sheet(book: Any, language: Language) -> Any:
    sheet = book.add_worksheet(say("To decide").render(language))
    bold = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    for column, (width, heading) in enumerate(zip(_WIDTHS, (*HEADINGS, "field", "hash"), strict=True)):
        text = heading.render(language) if isinstance(heading, Phrase) else heading
        sheet.write_string(0, column, text, bold)
        sheet.set_column(column, column, width, None, {"hidden": column in (KEY, HASH)})
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.protect("", {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True})
    help_sheet = book.add_worksheet(say("How to").render(language))
    help_sheet.set_column(0, 0, 110)
    for number, sentence in enumerate(HOW_TO):
        help_sheet.write_string(number, 0, sentence.render(language))
    return sheet


HOW_TO: tuple[Phrase, ...] = (
    say("Put right what is wrong in the column “Right value”; a cell that is emptied takes the value away."),
    say("Write “approve” beside a document whose values are all right, or “reject” and why in the note."),
    say("A line that is left as it is decides nothing. What is corrected is approved with it."),
    say("Then: smeflow review import FILE.xlsx. What has changed meanwhile is refused, with its cell."),
)


def _write_line(sheet: Any, number: int, line: _Line, styles: _Styles, why: str, seen: str) -> None:
    row = line.row
    style = styles.first if why else styles.locked
    cells = {
        ITEM: str(row.id),
        DOCUMENT: row.name or row.key,
        REASON: why,
        FIELD: line.label,
        FOUND: line.value,
        PICTURE: "",
        KEY: line.name,
        HASH: seen,
    }
    for column, text in cells.items():
        sheet.write_string(number, column, text[:_LONGEST_CELL], style)
    sheet.write_string(number, VALUE, line.value, styles.opened if line.name else style)
    if line.options:
        sheet.data_validation(
            number, VALUE, number, VALUE, {"validate": "list", "source": list(line.options)}
        )
    for column in (DECISION, NOTE):
        sheet.write_blank(number, column, None, styles.opened)


def _open_columns(sheet: Any, last: int, language: Language) -> None:
    if not last:
        return
    words = [word.render(language) for word in DECISIONS.values()]
    sheet.data_validation(1, DECISION, last, DECISION, {"validate": "list", "source": words})
    sheet.autofilter(0, 0, last, NOTE)


def _insert_picture(sheet: Any, number: int, picture: tuple[bytes, float]) -> None:
    png, scale = picture
    sheet.set_row_pixels(number, _HIGH + 6)
    place = {"image_data": io.BytesIO(png), "x_scale": scale, "y_scale": scale, "x_offset": 3, "y_offset": 3}
    sheet.insert_image(number, PICTURE, "value.png", {**place, "object_position": 1})


class _Places:
    """Cuts the places of an item's values out of its pages; each page is drawn once."""

    def __init__(self, ledger: "Ledger", row: "ItemRow") -> None:
        self._ledger, self._row = ledger, row
        self._documents: list[Document] | None = None
        self._pages: dict[tuple[str, int], Any] = {}

    def picture(self, reading: FieldReading | None) -> tuple[bytes, float] | None:
        """Give a PNG and how far to scale it; None where there is no such place to see."""
        if reading is None or reading.box is None or reading.page is None:
            return None
        document = next((d for d in self._read() if d.name == reading.document), None)
        page = self._page(document, reading.page) if document is not None else None
        return _cut(page, reading.box) if page is not None else None

    def _read(self) -> list[Document]:
        if self._documents is None:
            try:
                outer = case_of(self._ledger, self._row).documents
            except DocumentError:
                outer = ()
            self._documents = [d for each in outer for d in each.walk() if has_pictures(d)]
        return self._documents

    def _page(self, document: Document, number: int) -> Any:
        from smeflow.documents.image import import_pillow

        key = (document.sha256, number)
        if key not in self._pages:
            pil = import_pillow(document.name)
            try:
                self._pages[key] = pil.open(io.BytesIO(page_png(document, number, _PICTURE_DPI)))
            except DocumentError:
                self._pages[key] = None
        return self._pages[key]


def _cut(page: Any, box: tuple[float, float, float, float]) -> tuple[bytes, float]:
    aside, above = _AROUND
    left, top, right, bottom = box
    edges = (max(left - aside, 0), max(top - above, 0), min(right + aside, 1), min(bottom + above, 1))
    sides = (page.width, page.height, page.width, page.height)
    piece = page.crop(tuple(round(edge * side) for edge, side in zip(edges, sides, strict=True)))
    out = io.BytesIO()
    piece.save(out, "PNG")
    return out.getvalue(), min(1.0, _HIGH / max(piece.height, 1), _WIDE / max(piece.width, 1))


# --- which values ----------------------------------------------------------------------------------------


def _lines(
    ledger: "Ledger", row: "ItemRow", steps: "Mapping[str, Step[Any]]", language: Language
) -> Iterator[_Line]:
    """Give the values of the step a person is asked about; one line without any where none can be typed."""
    step = steps.get(asked_step(row, steps))
    fields = list(_fields(ledger, row, step, language)) if step is not None else []
    yield from fields or [_Line(row=row, name="")]


def asked_step(row: "ItemRow", steps: "Mapping[str, Step[Any]]") -> str:
    """Name the step a correction of *row* is about: the one in doubt, else the first that reads a record."""
    records = (name for name, step in steps.items() if record_type_in(step.returns))
    return row.reason.step or next(records, next(iter(steps), ""))


def _fields(ledger: "Ledger", row: "ItemRow", step: "Step[Any]", language: Language) -> Iterator[_Line]:
    stored = ledger.value(row, step.name)
    value = json.loads(stored[0]) if stored and stored[0] else None
    given = value if isinstance(value, dict) else {}
    record = record_type_in(step.returns)
    if record is not None:
        yield from _record_lines(row, step.name, given, record, language)
    elif isinstance(step, Triage):
        options = () if step.many else tuple(step.labels)
        text = ", ".join(given.get("labels") or filter(None, [given.get("label") or given.get("suggestion")]))
        label = say("label").render(language)
        yield _Line(row=row, name=f"{step.name}.label", label=label, value=text, options=options)
    elif "sections" not in given:  # a report is edited where its paragraphs stand in order
        names = ("subject", "text") if "marked" in given else tuple(parts_of(step.returns))
        for name in names or (("value",) if value is not None else ()):
            member = given.get(name) if names else value
            if member is None or isinstance(member, str | int | float):
                text = "" if member is None else str(member)
                if len(text) < _LONGEST_CELL and name not in _NOT_TYPED:
                    yield _Line(row=row, name=f"{step.name}.{name}", label=_label(name, language), value=text)


_NOT_TYPED = frozenset({"wanted_model", "accepted_by", "reader", "because", "language"})


def _record_lines(
    row: "ItemRow", step: str, given: Mapping[str, Any], record: type[BaseModel], language: Language
) -> Iterator[_Line]:
    values: Mapping[str, Any] = given.get("record") or {}
    readings = {name: FieldReading.model_validate(each) for name, each in given.get("fields", {}).items()}
    kind = kind_of(record)
    for name in record.model_fields:
        value = values.get(name)
        if isinstance(value, dict | list):
            continue
        reading = readings.get(name)
        if value is None and name not in MONEY_FIELDS and not (reading and reading.rivals):
            continue
        words = kind.value_words.get(name, {})
        yield _Line(
            row=row,
            name=f"{step}.{name}",
            label=_label(name, language),
            value=shown_value(name, value, language)[:_LONGEST_CELL],
            options=tuple(word.render(language) for word in words.values()),
            reading=reading,
        )


def _label(name: str, language: Language) -> str:
    word = word_for_field(name) or field_name(name)
    return word.render(language) if isinstance(word, Phrase) else word
