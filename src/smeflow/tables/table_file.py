"""A table of results, CSV or XLSX, made anew each time from all finished items.

Equal cells give equal bytes.
"""

import csv
import io
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, PrivateAttr, field_validator, model_validator

from smeflow.errors import SinkError
from smeflow.expressions.language import Expression
from smeflow.files.output import put_whole_file
from smeflow.i18n import Language, Phrase, say
from smeflow.kinds.field_names import heading
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext, RecipePath
from smeflow.kinds.record_kind import kind_of
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory
from smeflow.money import Money
from smeflow.values.cells import MAX_TEXT, Cell, CsvForm, cell_of, csv_cell, csv_form, text_of

_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""A fixed day: the file must not tell when it was made, or it would differ each time."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: a name on its tab, headings, and lines of cells."""

    name: str
    header: Sequence[str]
    lines: Sequence[Sequence[Cell]]
    totals: Sequence[int] = ()
    """Columns, from 0, that are added up in a last line."""
    total: str = ""
    """The word before the totals."""
    print_title: str = ""
    """Where it is told, the sheet prints on A4 across, as wide as the page, this and the headings above."""


def workbook_bytes(sheets: Sequence[Sheet], language: Language) -> bytes:
    """Write sheets, each under a name that a spreadsheet takes and no other has.

    Text is always text, so that no cell is ever a formula or a link; what is longer than a cell holds is cut.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": _CREATED})
    bold = book.add_format({"bold": True})
    over_amounts = book.add_format({"bold": True, "align": "right"})
    total = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"})
    formats = _Formats(book, "dd/mm/yyyy" if language == "fr" else "yyyy-mm-dd")
    taken: set[str] = set()
    for sheet in sheets:
        worksheet = book.add_worksheet(_tab_name(sheet.name, taken))
        _fill_sheet(worksheet, sheet, bold, over_amounts, formats)
        _add_totals(worksheet, sheet, total)
        _set_print(worksheet, sheet)
    book.close()
    return buffer.getvalue()


def _fill_sheet(sheet: Any, content: Sheet, bold: Any, over_amounts: Any, formats: "_Formats") -> None:
    for column, title in enumerate(content.header):
        sheet.write_string(0, column, title, over_amounts if column in content.totals else bold)
    widths = [len(title) for title in content.header]
    for row, line in enumerate(content.lines, 1):
        for column, cell in enumerate(line):
            _write_cell(sheet, row, column, cell, formats)
            widths[column] = max(widths[column], min(len(text_of(cell)), 50))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + 2)
    sheet.freeze_panes(1, 0)


def _add_totals(sheet: Any, content: Sheet, style: Any) -> None:
    """Write sums that go on counting when a line is edited, with what they are now beside them."""
    if not content.totals:
        return
    last = len(content.lines) + 1
    sheet.write_string(last, 0, content.total, style)
    for column in content.totals:
        cells = [line[column] for line in content.lines]
        now = float(sum((cell for cell in cells if isinstance(cell, Decimal)), Decimal(0)))
        letter = _column_letters(column)
        sheet.write_formula(last, column, f"=SUM({letter}2:{letter}{max(last, 2)})", style, now)


def _column_letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, at = divmod(column - 1, 26)
        letters = chr(65 + at) + letters
    return letters


def _set_print(sheet: Any, content: Sheet) -> None:
    if not content.print_title:
        return
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_header("&L" + content.print_title.replace("&", "&&"))
    sheet.set_footer("&L&F&R&P / &N")


def _tab_name(name: str, taken: set[str]) -> str | None:
    """Make a name a tab may have: short, without signs of formulas, once in a book whatever its case."""
    plain = " ".join(_NOT_IN_NAMES.sub(" ", name).split()).strip("'")[:31].strip()
    if not plain:
        return None
    tab, n = plain, 1
    while tab.casefold() in {*taken, "history"}:  # the last is a name spreadsheets keep for themselves
        n += 1
        tab = f"{plain[: 28 - len(str(n))]} ({n})"
    taken.add(tab.casefold())
    return tab


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


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:
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
        text = text_of(cell)
        text = text[:MAX_TEXT] + "…" if len(text) > MAX_TEXT else text
        sheet.write_string(row, column, text.encode("utf-8", "replace").decode())


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
    digits = max(0, -int(amount.as_tuple().exponent))
    safe = currency if currency.isalpha() and len(currency) == 3 else ""
    sheet.write_number(row, column, float(amount), formats.number(min(digits, 10), safe))


MAX_ROWS = 1_048_575
"""A sheet of a spreadsheet holds one more, the heading."""
_SCALARS = (str, int, float, bool, Decimal, date, Money)


class TableFile(BaseModel):
    """A table with a row for each item, or for each member of a list.

    ``rows: invoice.record`` writes a record's plain fields; ``columns: {Heading: expression}`` whatever else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    table: RecipePath
    """The file: ``.csv`` or ``.xlsx``, relative to the recipe."""
    rows: ExpressionText | None = None
    """A record, or a list of records, of a step."""
    columns: dict[str, ExpressionText] = {}
    """More columns: a heading and an expression each. They come first."""
    item: Literal["key", "name"] | None = None
    """Put the item's key or name in front."""
    separator: Literal[",", ";", "\t"] | None = None
    """Between the cells of a CSV file; ``;`` for a French firm, whose Excel expects it, else ``,``."""
    decimal: Literal[",", "."] | None = None
    """Before the cents in a CSV file; ``,`` in a French firm's file with ``;``, else a point."""
    _path: Path = PrivateAttr()
    _name: str = PrivateAttr()
    _language: Language = PrivateAttr(default="en")
    _csv_form: CsvForm = PrivateAttr()
    _rows: Expression | None = PrivateAttr(default=None)
    _columns: dict[str, Expression] = PrivateAttr(default_factory=dict)
    _fields: tuple[str, ...] | None = PrivateAttr(default=None)
    _own: bool = PrivateAttr(default=False)
    _kind: Any = PrivateAttr(default=None)

    @field_validator("table")
    @classmethod
    def _is_csv_or_xlsx(cls, table: str) -> str:
        if Path(table).suffix.lower() not in {".csv", ".xlsx"}:
            raise ValueError(say("a table is a .csv or .xlsx file, not {name}", name=table))
        return table

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.rows and not self.columns:
            raise ValueError(say("say what the table shows: rows: invoice.record, or columns"))
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Find the file and compile what it shows."""
        recipe = RecipeContext.of(context)
        self._path, self._name = recipe.path(self.table).resolve(), recipe.shown(self.table)
        self._language = recipe.language
        french = recipe.locale.lower().startswith("fr")
        self._csv_form = csv_form(self.separator, self.decimal, french=french)
        self._rows = recipe.compile(self.rows) if self.rows else None
        self._columns = {title: recipe.compile(text) for title, text in self.columns.items()}
        kind = recipe.type_of(self.rows) if recipe.type_of and self.rows else None
        self._fields, self._own, self._kind = _plain_fields(kind), _is_own(kind), kind

    @property
    def name(self) -> str:
        """The file as the recipe names it."""
        return self._name

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write the table, unless it says the same already."""
        header, lines = self._lines(sorted(items, key=natural_order))
        if len(lines) > MAX_ROWS:
            raise SinkError(
                say(
                    "{path} cannot be written: {rows} rows are more than a sheet holds. Write a .csv file.",
                    path=self._path,
                    rows=len(lines),
                )
            )
        if self._path.suffix.lower() == ".xlsx":
            data = workbook_bytes([Sheet(name="", header=header, lines=lines)], self._language)
        else:
            data = self._csv(header, lines)
        return put_whole_file(self._path, data, memory, f"table {self._name}", rows=len(lines))

    def _lines(self, items: Sequence[SinkItem]) -> tuple[list[str], list[list[Cell]]]:
        rows = [(item, record) for item in items for record in self._records(item)]
        fields = self._fields or _fields_of(record for _, record in rows)
        header = [heading("item", self._language)] if self.item else []
        own = self._own or any(_is_own(type(record)) for _, record in rows)
        words = _words(self._kind, (record for _, record in rows)) if own else {}
        header += [*self._columns, *(self._title(field, words, own=own) for field in fields)]
        lines = []
        for item, record in rows:
            line: list[Cell] = [getattr(item, self.item)] if self.item else []
            line += [cell_of(expression(item.case)) for expression in self._columns.values()]
            line += [cell_of(_value(record, field)) for field in fields]
            lines.append(line)
        return header, lines

    def _title(self, field: str, words: Mapping[str, Phrase], *, own: bool) -> str:
        if field in words:
            return words[field].render(self._language)
        return field if own else heading(field, self._language)

    def _records(self, item: SinkItem) -> Sequence[object]:
        if self._rows is None:
            return (None,)
        value = self._rows(item.case)
        if isinstance(value, tuple | list):
            return value
        return () if value is None else (value,)

    def _csv(self, header: Sequence[str], lines: Iterable[Sequence[Cell]]) -> bytes:
        form = self._csv_form
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=form.separator, lineterminator="\r\n")
        writer.writerow([csv_cell(title) for title in header])
        writer.writerows([csv_cell(cell, form.decimal) for cell in line] for line in lines)
        return form.mark + buffer.getvalue().encode("utf-8", "replace")


def _plain_fields(kind: Any) -> tuple[str, ...] | None:
    """List the fields of a record's type that fit in a cell; None where the type is not known."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return None

    def plain(annotation: Any) -> bool:
        members = [m for m in get_args(annotation) if m is not type(None)]
        if annotation in _SCALARS:
            return True
        return bool(members) and all(m in _SCALARS or isinstance(m, str) or plain(m) for m in members)

    containers = {tuple, list, dict, set, frozenset}
    annotations = {name: info.annotation for name, info in kind.model_fields.items()}
    return tuple(n for n, a in annotations.items() if (get_origin(a) or a) not in containers and plain(a))


def _is_own(kind: Any) -> bool:
    """Tell whether a record's fields were named by the user: in a recipe or in a class of their own."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return False
    home = sys.modules.get(kind.__module__)
    return not kind.__module__.startswith("smeflow.") or getattr(home, kind.__name__, None) is not kind


def _words(kind: Any, records: Iterable[object]) -> Mapping[str, Phrase]:
    """Give what the kind of the records calls its fields."""
    kinds = (each for each in (kind, *map(type, records)) if _is_own(each))
    return next((kind_of(each).words for each in kinds), {})


def _fields_of(records: Iterable[object]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for record in records:
        if isinstance(record, BaseModel):
            names.update(dict.fromkeys(_plain_fields(type(record)) or ()))
        elif isinstance(record, Mapping):
            names.update(dict.fromkeys(str(key) for key in record))
    return tuple(names)


def _value(record: object, field: str) -> object:
    return record.get(field) if isinstance(record, Mapping) else getattr(record, field, None)


def natural_order(item: SinkItem) -> tuple[Any, ...]:
    """Order items by key as people count (2 before 10), rows of a table by their number."""
    counted = item.name if re.fullmatch(r"(row|line) \d+", item.name) else item.key
    return (*_natural(counted), *_natural(item.key))


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = [part for part in re.split(r"(\d{1,18})", text) if part]
    counted = [(0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts]
    return (*counted, (-1, 0, text))
