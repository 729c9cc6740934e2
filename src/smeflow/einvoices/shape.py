"""What a profile has room for, and in which order: read from its own schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.einvoices.files import bundled

if TYPE_CHECKING:
    from lxml.etree import _Element

_XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A child element a type allows."""

    place: int
    type: str
    """``{namespace}name``."""
    required: bool
    many: bool


@dataclass(frozen=True)
class Shape:
    """A schema: for each type its children, by tag."""

    root: str
    types: Mapping[str, Mapping[str, Slot]]

    def children(self, type_name: str) -> Mapping[str, Slot]:
        """Give what an element of a type may hold; nothing for one that holds text."""
        return self.types.get(type_name, {})

    def may_be_empty(self, type_name: str) -> bool:
        """Tell whether an element of a type may stand without any child."""
        children = self.types.get(type_name)
        return children is not None and not any(slot.required for slot in children.values())


@cache
def shape_of(file: str) -> Shape:
    """Read a bundled schema with all it imports."""
    types: dict[str, Mapping[str, Slot]] = {}
    roots: dict[str, str] = {}
    seen: set[Path] = set()
    waiting = [bundled(file)]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        waiting += _read(path, types, roots)
    return Shape(root=roots["CrossIndustryInvoice"], types=types)


def _read(path: Path, types: dict[str, Mapping[str, Slot]], roots: dict[str, str]) -> list[Path]:
    from lxml import etree

    schema = etree.parse(str(path)).getroot()
    own = schema.get("targetNamespace", "")
    for kind in schema.findall(f"{_XS}complexType"):
        if kind.find(f"{_XS}simpleContent") is not None:
            continue  # it holds text
        types[f"{{{own}}}{kind.get('name')}"] = _slots(kind, own)
    for element in schema.findall(f"{_XS}element"):
        roots[element.get("name", "")] = _type(element)
    return [path.parent / found.get("schemaLocation", "") for found in schema.findall(f"{_XS}import")]


def _slots(kind: "_Element", own: str) -> dict[str, Slot]:
    slots: dict[str, Slot] = {}
    for place, element in enumerate(kind.iter(f"{_XS}element")):
        name = element.get("name")
        if name:
            slots.setdefault(
                f"{{{own}}}{name}",
                Slot(
                    place=place,
                    type=_type(element),
                    required=element.get("minOccurs", "1") != "0" and kind.find(f"{_XS}choice") is None,
                    many=element.get("maxOccurs", "1") != "1",
                ),
            )
    return slots


def _type(element: "_Element") -> str:
    prefix, _, name = element.get("type", "").rpartition(":")
    return f"{{{element.nsmap.get(prefix or None, '')}}}{name}"
