"""Take values out of an XML element: text, amounts, dates, each with the XPath it stands at."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from smeflow.readers.syntaxes.base import Paths

if TYPE_CHECKING:
    from lxml.etree import XPath, _Element

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_DIGITS = 40
"""A longer number is no amount: reckoning with it would be inexact, or fail."""
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?=$|\D|\d{4}$|\d{6}$)")


@lru_cache(maxsize=2000)
def compiled(path: str, namespaces: tuple[tuple[str, str], ...]) -> "XPath":
    """Compile an XPath once; the tables hold a few hundred."""
    from lxml import etree

    return etree.XPath(path, namespaces=dict(namespaces))


def first(element: "_Element", paths: Paths, namespaces: Mapping[str, str]) -> "tuple[str, Any] | None":
    """Give the text and the node of the first of *paths* that has any text; `place_of` writes its place."""
    for path in (paths,) if isinstance(paths, str) else paths:
        for found in texts(element, path, namespaces):
            return found
    return None


def texts(element: "_Element", path: str, namespaces: Mapping[str, str]) -> "list[tuple[str, Any]]":
    """Give text and node of everything *path* selects that has text."""
    selected: Any = compiled(path, tuple(namespaces.items()))(element)
    if isinstance(selected, str):  # a string function, such as concat()
        return [(str(selected), (element, path))] if selected else []
    found: list[tuple[str, Any]] = []
    for node in selected:
        if isinstance(node, str):
            parent: Any = getattr(node, "getparent")()  # noqa: B009 - lxml's str subclass, unknown to its stubs
            text, where = str(node).strip(), (parent, path.rpartition("/")[2])
        else:
            text, where = "".join(node.itertext("*")).strip(), node
        if text:
            found.append((text, where))
    return found


def place_of(where: Any, namespaces: Mapping[str, str]) -> str:
    """Write the XPath of a node with the syntax's own prefixes, whatever the file calls them."""
    element, what = where if isinstance(where, tuple) else (where, "")
    prefixes = {uri: prefix for prefix, uri in namespaces.items()}
    steps: list[str] = []
    node: _Element | None = element
    while node is not None:
        uri, _, name = str(node.tag).rpartition("}")
        prefix = prefixes.get(uri[1:], "")
        step = f"{prefix}:{name}" if prefix else (f"*[local-name()='{name}']" if uri else name)
        before = sum(1 for _ in node.itersiblings(str(node.tag), preceding=True))
        twins = before or next(node.itersiblings(str(node.tag)), None) is not None
        steps.append(f"{step}[{before + 1}]" if twins else step)
        node = node.getparent()
    return "/" + "/".join(reversed(steps)) + (f"/{what}" if what else "")


def decimal(text: str) -> Decimal:
    """Read an XML Schema decimal.

    Raises:
        ValueError: It is none, for instance because it has a decimal comma, or is longer than any amount.
    """
    if len(text) > _DIGITS or not _NUMBER.fullmatch(text):
        raise ValueError(text[:_DIGITS])
    return Decimal(text)


def day(text: str) -> date:
    """Read the date at the start of *text*: 20260815 or 2026-08-15, with or without a time and an offset.

    Raises:
        ValueError: There is none, or the calendar does not have it.
    """
    match = _DATE.match(text)
    if not match:
        raise ValueError(text)
    return date(*(int(part) for part in match.groups()))
