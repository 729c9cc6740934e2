"""A table of results: CSV or XLSX, made anew each time from all finished items."""

import csv
import io
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator, model_validator

from smeflow._paths import resolve, shown
from smeflow._text import sha256
from smeflow.errors import SinkError
from smeflow.expression import Expression, parse
from smeflow.i18n import Language, Phrase, say
from smeflow.money import Money
from smeflow.record_kinds import kind_of
from smeflow.sinks.base import Put, SinkItem, SinkMemory
from smeflow.sinks.cells import MAX_TEXT, Cell, Form, cell_of, csv_cell, form
from smeflow.sinks.headings import heading
from smeflow.sinks.spot import open_spot, put_file, told

MAX_ROWS = 1_048_575
"""A sheet of a spreadsheet holds one more, the heading."""
_SCALARS = (str, int, float, bool, Decimal, date, Money)


class TableFile(BaseModel):
    """A table with a row for each item, or for each member of a list.

    ``rows: invoice.record`` writes a record's plain fields; ``columns: {Heading: expression}`` whatever else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    table: str
    """The file: ``.csv`` or ``.xlsx``, relative to the recipe."""
    rows: str | None = None
    """A record, or a list of records, of a step."""
    columns: dict[str, str] = {}
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
    _csv_form: Form = PrivateAttr()
    _rows: Expression | None = PrivateAttr(default=None)
    _columns: dict[str, Expression] = PrivateAttr(default_factory=dict)
    _fields: tuple[str, ...] | None = PrivateAttr(default=None)
    _own: bool = PrivateAttr(default=False)
    _kind: Any = PrivateAttr(default=None)

    @field_validator("table")
    @classmethod
    def _usable(cls, table: str, info: ValidationInfo) -> str:
        resolve(table, info.context)
        if Path(table).suffix.lower() not in {".csv", ".xlsx"}:
            raise ValueError(say("a table is a .csv or .xlsx file, not {name}", name=table))
        return table

    @field_validator("rows")
    @classmethod
    def _is_expression(cls, rows: str | None, info: ValidationInfo) -> str | None:
        if rows is not None:
            _compile(info.context)(rows)
        return rows

    @field_validator("columns")
    @classmethod
    def _are_expressions(cls, columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for text in columns.values():
            _compile(info.context)(text)
        return columns

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.rows and not self.columns:
            raise ValueError(say("say what the table shows: rows: invoice.record, or columns"))
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Find the file and compile what it shows."""
        self._path = resolve(self.table, context) if context else Path(self.table).resolve()
        self._name = shown(self._path, context) if context else self.table
        self._language = (context or {}).get("language", "en")
        french = str((context or {}).get("locale", "")).lower().startswith("fr")
        self._csv_form = form(self.separator, self.decimal, french=french)
        compiled = _compile(context)
        self._rows = compiled(self.rows) if self.rows else None
        self._columns = {title: compiled(text) for title, text in self.columns.items()}
        type_of = (context or {}).get("type_of")
        kind = type_of(self.rows) if type_of and self.rows else None
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
        header, lines = self._lines(sorted(items, key=in_order))
        if len(lines) > MAX_ROWS:
            raise SinkError(
                say(
                    "{path} cannot be written: {rows} rows are more than a sheet holds. Write a .csv file.",
                    path=self._path,
                    rows=len(lines),
                )
            )
        data = self._xlsx(header, lines) if self._path.suffix.lower() == ".xlsx" else self._csv(header, lines)
        with open_spot(self._path.parent) as spot, told(self._path):
            written = put_file(spot, self._path.name, data, memory, f"table {self._name}")
        return Put(
            path=str(self._path.with_name(written.name)),
            rows=len(lines),
            sha256=sha256(data),
            changed=written.changed,
            notes=(written.note,) if written.note else (),
        )

    def _lines(self, items: Sequence[SinkItem]) -> tuple[list[str], list[list[Cell]]]:
        found = [(item, record) for item in items for record in self._records(item)]
        fields = self._fields or _fields_of(record for _, record in found)
        header = [heading("item", self._language)] if self.item else []
        own = self._own or any(isinstance(record, BaseModel) and _is_own(type(record)) for _, record in found)
        named = _words(self._kind, (record for _, record in found)) if own else {}
        header += [*self._columns, *(self._title(field, named, own=own) for field in fields)]
        lines = []
        for item, record in found:
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
        how = self._csv_form
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=how.separator, lineterminator="\r\n")
        writer.writerow([csv_cell(title) for title in header])
        writer.writerows([csv_cell(cell, how.decimal) for cell in line] for line in lines)
        return how.mark + buffer.getvalue().encode("utf-8", "replace")

    def _xlsx(self, header: Sequence[str], lines: Sequence[Sequence[Cell]]) -> bytes:
        from smeflow.sinks.sheet import sheet_bytes

        return sheet_bytes(header, [[_cut(cell) for cell in line] for line in lines], self._language)


def _compile(context: Mapping[str, Any] | None) -> Callable[[str], Expression]:
    compiler: Callable[[str], Expression] = (context or {}).get("compile", parse)
    return compiler


def _cut(cell: Cell) -> Cell:
    return cell[:MAX_TEXT] + "…" if isinstance(cell, str) and len(cell) > MAX_TEXT else cell


def _plain_fields(kind: Any) -> tuple[str, ...] | None:
    """List the fields of a record's type that fit in a cell; None where the type is not known."""
    from typing import get_args

    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return None

    def plain(annotation: Any) -> bool:
        members = [m for m in get_args(annotation) if m is not type(None)]
        if annotation in _SCALARS:
            return True
        return bool(members) and all(m in _SCALARS or isinstance(m, str) or plain(m) for m in members)

    containers = {tuple, list, dict, set, frozenset}
    fields = kind.model_fields.items()
    return tuple(
        n for n, info in fields if _origin(info.annotation) not in containers and plain(info.annotation)
    )


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


def _origin(annotation: Any) -> Any:
    from typing import get_origin

    return get_origin(annotation) or annotation


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


def in_order(item: SinkItem) -> tuple[Any, ...]:
    """Order items by key as people count (2 before 10), rows of a table by their number."""
    counted = item.name if re.fullmatch(r"(row|line) \d+", item.name) else item.key
    return (*_natural(counted), *_natural(item.key))


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = [part for part in re.split(r"(\d{1,18})", text) if part]
    counted = [(0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts]
    return (*counted, (-1, 0, text))
