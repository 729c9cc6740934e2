"""What each term of a record holds, and how the text of a term becomes its value."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

from smeflow.i18n import Phrase, say
from smeflow.invoices.record import InvoiceKind
from smeflow.invoices.xml.syntax import Group, Paths, all_texts, as_paths, first_text, select, xpath_of
from smeflow.kinds.records import Record

if TYPE_CHECKING:
    from lxml.etree import _Element

R = TypeVar("R", bound=Record)

_CODES: Mapping[InvoiceKind, str] = {
    # 380 and its relatives of the EN 16931 code list: debit notes, partial, hire, tax, factored invoices.
    "invoice": (
        "380 80 82 84 130 202 203 204 211 218 219 295 326 331 382 383 385 387 388 390 393 394 395 456 457 "
        "527 553 575 623 633 751 780 817 870 875 876 877 935 TD01 TD05 TD06 TD24 TD25 TD26"
    ),
    "credit_note": "381 81 83 261 262 296 308 396 420 458 502 503 532 TD04 TD08",
    "corrected": "384 471 472 473",
    "prepayment": "386 500 TD02 TD03",
    "self_billed": "389 501 TD16 TD17 TD18 TD19 TD20 TD27",
}
KIND_OF_CODE: Mapping[str, InvoiceKind] = {
    code: kind for kind, codes in _CODES.items() for code in codes.split()
}
"""Code to kind. A code that is not here (325 pro forma, 220 order, 351 despatch advice) is never booked."""
CODE_OF_KIND: Mapping[InvoiceKind, str] = {kind: codes.split()[0] for kind, codes in _CODES.items()}
"""BT-3 for the kinds of a record that does not bear the code itself."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_DIGITS = 40
"""A longer number is no amount: reckoning with it would be inexact, or fail."""
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?=$|\D|\d{4}$|\d{6}$)")


def parse_decimal(text: str) -> Decimal:
    """Read an XML Schema decimal.

    Raises:
        ValueError: It is none, for instance because it has a decimal comma, or is longer than any amount.
    """
    if len(text) > _DIGITS or not _NUMBER.fullmatch(text):
        raise ValueError(text[:_DIGITS])
    return Decimal(text)


def parse_day(text: str) -> date:
    """Read the date at the start of *text*: 20260815 or 2026-08-15, with or without a time and an offset.

    Raises:
        ValueError: There is none, or the calendar does not have it.
    """
    match = _DATE.match(text)
    if not match:
        raise ValueError(text)
    return date(*(int(part) for part in match.groups()))


WITHOUT_SPACES = frozenset({"iban", "bic", "vat_id", "account", "debited_account"})
WITH_LINE_BREAKS = frozenset({"payment_terms", "description", "reason", "exemption", "legal_form", "value"})
"""Texts in which the sender's line breaks mean something."""
_LONGEST_QUOTED = 60
JOINED_NOTES = frozenset({"note"})
"""Texts of which all count, one below the other."""


@dataclass(frozen=True)
class TermShape:
    """What a field holds: one value, one record or many."""

    kind: Literal["text", "amount", "day", "record", "records", "texts"]
    record: type[Record] | None = None


@cache
def shapes_of(kind: type[Record]) -> Mapping[str, TermShape]:
    """Tell what the fields of a record hold."""
    return {name: _shape(info.annotation) for name, info in kind.model_fields.items()}


def shape_at(kind: type[Record], dotted: str) -> TermShape:
    """Tell what a field holds that may stand in a group: ``references.contract``."""
    outer, dot, inner = dotted.partition(".")
    shape = shapes_of(kind)[outer]
    return shape_at(shape.record, inner) if dot and shape.record else shape


def _shape(annotation: Any) -> TermShape:
    if get_origin(annotation) is tuple:
        member = get_args(annotation)[0]
        return TermShape("records", member) if _is_record(member) else TermShape("texts")
    if _is_record(annotation):
        return TermShape("record", annotation)
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    if Decimal in members:
        return TermShape("amount")
    return TermShape("day") if date in members else TermShape("text")


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Record)


def read_single(text: str, name: str, shape: TermShape) -> Any:
    """Read one value.

    Raises:
        ValueError: It is no amount or no day.
    """
    if shape.kind == "amount":
        return parse_decimal(text)
    if shape.kind == "day":
        return parse_day(text)
    if name in WITHOUT_SPACES:
        return "".join(text.split()).upper()
    return tidy_lines(text) if name in WITH_LINE_BREAKS or name in JOINED_NOTES else " ".join(text.split())


def unreadable(text: str, place: str) -> Phrase:
    """Say that a text cannot be read; as much of it is quoted as a person wants to see."""
    shown = repr(text if len(text) <= _LONGEST_QUOTED else text[:_LONGEST_QUOTED] + "…")
    return say("{text} at {place} cannot be read.", text=shown, place=place)


def tidy_lines(text: str) -> str:
    """Keep the lines of a text and drop the spaces an XML editor put around them."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


@dataclass(frozen=True)
class TermReader:
    """Reads groups of terms out of one file; what cannot be read is reported and left out."""

    namespaces: Mapping[str, str]
    report: Callable[[Phrase], None]

    def value(self, element: "_Element", name: str, paths: Paths, shape: TermShape) -> Any:
        """Read one term."""
        if name in JOINED_NOTES:
            texts = (text for path in as_paths(paths) for text in all_texts(element, path, self.namespaces))
            return "\n".join(tidy_lines(text) for text, _ in texts) or None
        match = first_text(element, paths, self.namespaces)
        if match is None:
            return None
        text, node = match
        try:
            return read_single(text, name, shape) or (Decimal(0) if shape.kind == "amount" else None)
        except ValueError:
            self.report(unreadable(text, xpath_of(node, self.namespaces)))
            return None

    def record(self, element: "_Element", kind: type[R], group: Group) -> R | None:
        """Read one group; None where it says nothing."""
        values: dict[str, Any] = {}
        for name, where in group.terms.items():
            shape = shapes_of(kind)[name]
            if isinstance(where, Group):
                value = self.below(element, where, shape)
            else:
                value = self.value(element, name, where, shape)
            if value is not None and value != ():
                values[name] = value
        return kind(**values) if values else None

    def below(self, element: "_Element", group: Group, shape: TermShape) -> Any:
        """Read the group or groups below *element*."""
        if shape.record is None:
            raise TypeError(shape)
        records = self.records(element, shape.record, group)
        if shape.kind == "records":
            return tuple(record for record, _ in records)
        return next((record for record, _ in records), None)

    def records(self, element: "_Element", kind: type[R], group: Group) -> "Iterator[tuple[R, _Element]]":
        """Give each group below *element* that says something, with its element."""
        for inner in select(element, group.path, self.namespaces):
            record = self.record(inner, kind, group)
            if record is not None:
                yield record, inner
