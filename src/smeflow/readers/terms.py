"""What kind of value each field of a record holds, and reading a group of them out of an XML element."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from smeflow.i18n import Phrase, say
from smeflow.readers.syntaxes.base import Group, Paths
from smeflow.readers.xml_values import compiled, day, decimal, first, place_of, texts
from smeflow.records import Record

if TYPE_CHECKING:
    from lxml.etree import _Element

WITHOUT_SPACES = frozenset({"iban", "bic", "vat_id", "account", "debited_account"})
LINES_KEPT = frozenset({"payment_terms", "description", "reason", "exemption", "legal_form", "value"})
"""Texts in which the sender's line breaks mean something."""
_SHOWN = 60
JOINED = frozenset({"note"})
"""Texts of which all count, one below the other."""


@dataclass(frozen=True)
class Shape:
    """What a field holds: one value, one record or many."""

    kind: Literal["text", "amount", "day", "record", "records", "texts"]
    record: type[Record] | None = None


@cache
def shapes(kind: type[Record]) -> Mapping[str, Shape]:
    """Tell what the fields of a record hold."""
    return {name: _shape(info.annotation) for name, info in kind.model_fields.items()}


def shape_at(kind: type[Record], dotted: str) -> Shape:
    """Tell what a field holds that may stand in a group: ``references.contract``."""
    outer, dot, inner = dotted.partition(".")
    shape = shapes(kind)[outer]
    return shape_at(shape.record, inner) if dot and shape.record else shape


def _shape(annotation: Any) -> Shape:
    if get_origin(annotation) is tuple:
        member = get_args(annotation)[0]
        return Shape("records", member) if _is_record(member) else Shape("texts")
    if _is_record(annotation):
        return Shape("record", annotation)
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    if Decimal in members:
        return Shape("amount")
    return Shape("day") if date in members else Shape("text")


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Record)


def single(text: str, name: str, shape: Shape) -> Any:
    """Read one value.

    Raises:
        ValueError: It is no amount or no day.
    """
    if shape.kind == "amount":
        return decimal(text)
    if shape.kind == "day":
        return day(text)
    if name in WITHOUT_SPACES:
        return "".join(text.split()).upper()
    return tidied(text) if name in LINES_KEPT or name in JOINED else " ".join(text.split())


def short(text: str) -> str:
    """Quote what cannot be read, as much of it as a person wants to see."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def tidied(text: str) -> str:
    """Keep the lines of a text and drop the spaces an XML editor put around them."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


@dataclass(frozen=True)
class Terms:
    """Reads groups of terms out of one file; what cannot be read is told and left out."""

    namespaces: Mapping[str, str]
    tell: Callable[[Phrase], None]

    def value(self, element: "_Element", name: str, paths: Paths, shape: Shape) -> Any:
        """Read one term."""
        if name in JOINED:
            found = [
                tidied(text) for path in _each(paths) for text, _ in texts(element, path, self.namespaces)
            ]
            return "\n".join(found) or None
        at = first(element, paths, self.namespaces)
        if at is None:
            return None
        try:
            return single(at[0], name, shape) or (Decimal(0) if shape.kind == "amount" else None)
        except ValueError:
            place = place_of(at[1], self.namespaces)
            self.tell(say("{text} at {place} cannot be read.", text=short(at[0]), place=place))
            return None

    def record(self, element: "_Element", kind: type[Record], group: Group) -> Record | None:
        """Read one group; None where it says nothing."""
        values: dict[str, Any] = {}
        for name, where in group.terms.items():
            shape = shapes(kind)[name]
            value = (
                self.below(element, where, shape)
                if isinstance(where, Group)
                else self.value(element, name, where, shape)
            )
            if value is not None and value != ():
                values[name] = value
        return kind(**values) if values else None

    def below(self, element: "_Element", group: Group, shape: Shape) -> Any:
        """Read the group or groups below *element*."""
        if shape.record is None:
            raise TypeError(shape)
        found = self.records(element, shape.record, group)
        if shape.kind == "records":
            return tuple(record for record, _ in found)
        return next((record for record, _ in found), None)

    def records(
        self, element: "_Element", kind: type[Record], group: Group
    ) -> "Iterator[tuple[Record, _Element]]":
        """Give each group below *element* that says something, with its element."""
        for inner in select(element, group.path, self.namespaces):
            record = self.record(inner, kind, group)
            if record is not None:
                yield record, inner


def select(element: "_Element", path: str, namespaces: Mapping[str, str]) -> "list[_Element]":
    """Give the elements at *path*."""
    found: Any = compiled(path, tuple(namespaces.items()))(element)
    return [node for node in found if not isinstance(node, str)]


def _each(paths: Paths) -> tuple[str, ...]:
    return (paths,) if isinstance(paths, str) else paths
