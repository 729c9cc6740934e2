"""What an e-invoice syntax is, a table from the terms of EN 16931 to XPaths, and how an XPath is followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from lxml.etree import XPath, _Element

Paths: TypeAlias = str | tuple[str, ...]
"""One XPath, or several in order of preference; the first that gives something with text counts. The first
is also where the term is written, so that its conditions must say all that stands there."""
TermTable: TypeAlias = "Mapping[str, Paths | Group]"
"""Where each field of a record stands. A dot leads into a group of the record: ``references.contract``."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """An element with terms of its own: a party, or each of the lines. Its XPaths start at that element."""

    path: str
    terms: TermTable
    write: str = ""
    """Where it is written, if that is not ``path``."""


def identifier_group(path: str) -> Group:
    """Find identifiers that stand in an element, each with its scheme in an attribute."""
    return Group(path=path, terms={"id": ".", "scheme": "@schemeID"})


_OTHER_TAXES = (
    "INS",
    "IPT",
    "EXC",
    "ENV",
    "LOC",
    "OTH",
    "CUD",
    "STT",
    "SUR",
    "TOX",
    "FRE",
    "TAC",
    "AAA",
    "AAJ",
)
"""Codes of taxes that are no VAT (UNTDID 5153); ZUGFeRD 1 calls a tax on insurance ZF_INSURANCE_TAX."""


def no_vat(code: str) -> str:
    """Write the XPath condition that the tax whose *code* stands there is another than VAT."""
    listed = f"|{'|'.join(_OTHER_TAXES)}|"
    text = f"normalize-space({code})"
    return f"{text}!='' and (contains('{listed}', concat('|',{text},'|')) or contains({text},'INSURANCE'))"


@dataclass(frozen=True, kw_only=True)
class XmlSyntax:
    """One syntax. XPaths are relative to ``body``, those of a party or a group to its own element."""

    name: str
    roots: frozenset[str]
    """Root elements it is known by, as ``{namespace}name``; ``{*}`` stands for any namespace."""
    namespaces: Mapping[str, str]
    terms: TermTable
    sums: Mapping[str, str] = field(default_factory=dict)
    """Totals that stand nowhere and are by definition the sum of these."""
    other_taxes: str = ""
    """Amounts of taxes that are no VAT, and stand in its total."""
    body: str = "."
    """One element for each invoice in the file."""
    seller: Group
    buyer: Group
    notes: Group
    """Its terms are ``text`` and ``code``."""
    no_kind: str | None = None
    """The BT-3 code of a file that has none."""


def parse_invoice_xml(data: bytes) -> "_Element":
    """Parse a file without loading anything from elsewhere; comments and instructions are left out.

    Raises:
        ValueError: It declares a document type.
        lxml.etree.XMLSyntaxError: It is not well formed.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \t\r\n"), parser)
    info: Any = root.getroottree().docinfo
    if info.doctype:
        raise ValueError("DTD")
    return root


@lru_cache(maxsize=2000)
def compile_xpath(path: str, namespaces: tuple[tuple[str, str], ...]) -> "XPath":
    """Compile an XPath once; the tables hold a few hundred."""
    from lxml import etree

    return etree.XPath(path, namespaces=dict(namespaces))


def first_text(element: "_Element", paths: Paths, namespaces: Mapping[str, str]) -> "tuple[str, Any] | None":
    """Give the text and the node of the first of *paths* that has any text; `xpath_of` writes its place."""
    texts = (text for path in as_paths(paths) for text in all_texts(element, path, namespaces))
    return next(texts, None)


def as_paths(paths: Paths) -> tuple[str, ...]:
    """Give the XPaths, in order of preference."""
    return (paths,) if isinstance(paths, str) else paths


def all_texts(element: "_Element", path: str, namespaces: Mapping[str, str]) -> "list[tuple[str, Any]]":
    """Give text and node of everything *path* selects that has text."""
    selected: Any = compile_xpath(path, tuple(namespaces.items()))(element)
    if isinstance(selected, str):  # a string function, such as concat()
        return [(str(selected), (element, path))] if selected else []
    texts: list[tuple[str, Any]] = []
    for node in selected:
        if isinstance(node, str):  # an attribute, which lxml gives as text that knows its element
            parent = cast("Any", node).getparent()
            text, place = str(node).strip(), (parent, path.rpartition("/")[2])
        else:
            text, place = "".join(node.itertext("*")).strip(), node
        if text:
            texts.append((text, place))
    return texts


def xpath_of(place: Any, namespaces: Mapping[str, str], *, bare: str = "*[local-name()='{}']") -> str:
    """Write the XPath of a node with the syntax's own prefixes, whatever the file calls them.

    *bare* is how an element is written whose namespace has no prefix.
    """
    element, attribute = place if isinstance(place, tuple) else (place, "")
    prefixes = {uri: prefix for prefix, uri in namespaces.items()}
    steps: list[str] = []
    node: _Element | None = element
    while node is not None:
        uri, _, name = str(node.tag).rpartition("}")
        prefix = prefixes.get(uri[1:], "")
        step = f"{prefix}:{name}" if prefix else bare.format(name) if uri else name
        preceding = sum(1 for _ in node.itersiblings(str(node.tag), preceding=True))
        repeated = preceding or next(node.itersiblings(str(node.tag)), None) is not None
        steps.append(f"{step}[{preceding + 1}]" if repeated else step)
        node = node.getparent()
    return "/" + "/".join(reversed(steps)) + (f"/{attribute}" if attribute else "")


def local_name(node: "_Element") -> str:
    """Give an element's name without its namespace."""
    return str(node.tag).rpartition("}")[2]


def select(element: "_Element", path: str, namespaces: Mapping[str, str]) -> "list[_Element]":
    """Give the elements at *path*."""
    selected: Any = compile_xpath(path, tuple(namespaces.items()))(element)
    return [node for node in selected if not isinstance(node, str)]
