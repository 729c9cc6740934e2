"""Read XML as text, and tell an e-invoice (CII or UBL) by its root element.

Nothing here knows what an invoice means: that is the work of `smeflow.invoices.xml.read`. XML that declares a
document type is refused whole, since every known attack on XML readers needs one.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, bounded_text, check_limit, read_attached
from smeflow.documents.text import drop_hidden_characters, normalize_text
from smeflow.errors import UnreadableDocument
from smeflow.i18n import say

if TYPE_CHECKING:
    from lxml.etree import _Element

_CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_CII_OLD = "urn:ferd:CrossIndustryDocument:invoice:1p0"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
SYNTAXES = {
    f"{{{_CII}}}CrossIndustryInvoice": "CII",
    f"{{{_CII_OLD}}}CrossIndustryDocument": "CII",
    f"{{{_UBL}Invoice-2}}Invoice": "UBL",
    f"{{{_UBL}CreditNote-2}}CreditNote": "UBL",
}
OTHER_ROOTS = frozenset({"FatturaElettronica"})
"""The root elements of e-invoices that are neither."""
_FILE_ELEMENTS = ("EmbeddedDocumentBinaryObject", "AttachmentBinaryObject", "Attachment")
"""UBL, CII, and FatturaPA, where the name stands beside it."""
STATUS_FIELD = "status"
"""The field of a message about an invoice: what became of it, and of which one (``status_of``)."""
_MESSAGES: dict[str, tuple[str, str, str]] = {
    "CrossDomainAcknowledgementAndResponse": ("ProcessConditionCode", "ProcessCondition", "IssuerAssignedID"),
    "ApplicationResponse": ("ResponseCode", "Description", "DocumentReference/ID"),
}
"""Root element, and where it says the status, its words and the invoice."""


def read_xml(file: File) -> Document:
    """Read XML: its text is a line ``path: value`` for each element that holds text.

    ``fields["root"]`` names the root element and ``fields["syntax"]`` is ``CII`` or ``UBL`` for an e-invoice.
    Files packed inside it become parts.

    Raises:
        UnreadableDocument: It is not well formed or declares a document type.
    """
    root = parse_xml(file)
    parts: list[Document] = []
    lines = normalize_text("\n".join(_bounded(_leaves(root, file, parts), file)))
    text, problems = drop_hidden_characters(bounded_text(lines, file), file.name)
    fields = {"root": _local(root)}
    if syntax := SYNTAXES.get(str(root.tag)):
        fields["syntax"] = syntax
    fields |= _status(root)
    return file.document(
        pages=(Page(number=1, text=text),), fields=fields, parts=tuple(parts), problems=problems
    )


def parse_xml(file: File) -> "_Element":
    """Parse XML without document types, entities, network or huge nodes."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
    )
    try:
        root = etree.fromstring(file.data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument(
            say(
                "{name} is not well-formed XML ({why}). Ask the sender for it again.",
                name=file.name,
                why=str(error),
            )
        ) from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise UnreadableDocument(
            say(
                "{name} declares a document type (DTD), which no invoice needs: it was not read. "
                "Ask the sender for a plain one.",
                name=file.name,
            )
        )
    return root


def _status(root: "_Element") -> dict[str, str]:
    """Give what a platform's message says of which invoice; nothing where it is no such message."""
    where = _MESSAGES.get(_local(root))
    if where is None:
        return {}
    code, words, number = (_leaf(root, path) for path in where)
    words = words or _leaf(root, "StatusName")
    status = " ".join(filter(None, (code or _leaf(root, "StatusCode"), words)))
    return {STATUS_FIELD: status or "?", "status_of": number or "?"}


def _leaf(root: "_Element", path: str) -> str:
    """Give the text of the first element called so, whatever its namespace."""
    outer, _, name = path.rpartition("/")
    for element in root.iter(f"{{*}}{name}"):
        parent = element.getparent()
        if (
            element.text
            and element.text.strip()
            and (not outer or (parent is not None and _local(parent) == outer))
        ):
            return " ".join(element.text.split())[:200]
    return ""


def _bounded(lines: Iterator[str], file: File) -> Iterator[str]:
    """Count the letters as they come: with long names, paths take many times the bytes of the file."""
    letters = 0
    for line in lines:
        letters += len(line) + 1
        check_limit("characters", file.limits.characters, letters - 1, file.name)
        yield line


def _leaves(root: "_Element", file: File, parts: list[Document]) -> Iterator[str]:
    """Go through the elements without recursion, so that depth costs no stack."""
    deepest = file.limits.depth * 16
    stack: list[tuple[_Element, str, int]] = [(root, _local(root), 1)]
    while stack:
        element, path, depth = stack.pop()
        check_limit("depth", deepest, depth, file.name)
        value = (element.text or "").strip()
        if _local(element) in _FILE_ELEMENTS and value:
            parent = element.getparent()
            sibling_name = parent.findtext("{*}NomeAttachment") if parent is not None else None
            name = element.get("filename") or sibling_name or f"file {len(parts) + 1}"
            check_limit("parts", file.limits.parts, len(parts) + 1, file.name)
            parts.append(
                read_attached(file, _unpacked(value), name=name, media_type=element.get("mimeCode") or "")
            )
            yield f"{path}: [{parts[-1].name}]"
        elif value:
            notes = ", ".join(f"{_bare(key)}={_text(note)}" for key, note in element.attrib.items())
            yield f"{path}: {value} ({notes})" if notes else f"{path}: {value}"
        children = [child for child in element if isinstance(child.tag, str)]
        counts, seen = Counter(map(_local, children)), Counter[str]()
        numbered = []
        for child in children:
            name = _local(child)
            seen[name] += 1
            number = f"[{seen[name]}]" if counts[name] > 1 else ""
            numbered.append((child, f"{path}/{name}{number}", depth + 1))
        stack.extend(reversed(numbered))


def _unpacked(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return b""


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _local(element: "_Element") -> str:
    return _bare(element.tag)


def _bare(tag: str | bytes) -> str:
    return _text(tag).rpartition("}")[2]
