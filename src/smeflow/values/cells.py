"""Values as cells: what may be a number stays one, and nothing a spreadsheet would run stays live."""

import re
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from pydantic import BaseModel

from smeflow.money import Money

Cell = str | int | Decimal | bool | date | datetime | Money | None
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%", "＝", "＋", "－", "＠", "'")
_NUMBER = re.compile(r"-\d{1,15}([.,]\d{1,15})?")
MAX_TEXT = 32_000


def cell_of(value: object) -> Cell:
    """Take a value as one cell; a list becomes its members, a record has no cell of its own."""
    if isinstance(value, Enum):
        return cell_of(value.value)
    if value is None or isinstance(value, str | bool | int | Decimal | date | Money):
        return value
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None  # noqa: PLR0124
    if isinstance(value, tuple | list):
        members = [text_of(cell_of(member)) for member in value if not isinstance(member, BaseModel)]
        return ", ".join(member for member in members if member)
    return None if isinstance(value, BaseModel) else str(value)


def text_of(cell: Cell) -> str:
    """Write a cell as text: a point in numbers, ISO dates, nothing for what is missing."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Money | Decimal):
        return format(cell.amount if isinstance(cell, Money) else cell, "f")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def inert(text: str) -> str:
    """Make a text harmless in CSV: an apostrophe in front of what a spreadsheet would take as a formula.

    A plain negative number is left alone. The text comes back by dropping one leading apostrophe.
    """
    text = text.encode("utf-8", "replace").decode()
    start = text.lstrip(" \u00a0\u200b\ufeff")
    if start.startswith(_LIVE) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_cell(cell: Cell, decimal: str = ".") -> str:
    """Write a cell for CSV."""
    if isinstance(cell, str):
        return inert(cell)
    text = text_of(cell)
    return text.replace(".", decimal) if isinstance(cell, Decimal | Money) else text


class CsvForm(NamedTuple):
    """How a CSV file is written."""

    separator: str
    decimal: str
    mark: bytes
    """What it begins with, so that a spreadsheet takes it for UTF-8."""


def csv_form(separator: str | None, decimal: str | None, *, french: bool) -> CsvForm:
    """Choose how a CSV file is written: what the recipe says, else what the firm's Excel opens rightly."""
    between = separator or (";" if french else ",")
    for_excel = french and between == ";"
    return CsvForm(between, decimal or ("," if for_excel else "."), b"\xef\xbb\xbf" if for_excel else b"")
