"""Write an invoice as a Cross Industry Invoice of a profile, by the table it is read with and the schema."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.i18n import say
from smeflow.invoices.record import Invoice, InvoiceLine
from smeflow.invoices.record_parts import Party, PaymentMeans, SupportingDocument, VatBreakdown
from smeflow.invoices.xml.cii import CII, UNNAMED_PROJECT, VAT_GROUP, VAT_TERMS, WRITE_PATHS
from smeflow.invoices.xml.rules import PROFILE_OF_LEVEL, SCHEMAS, bundled_file
from smeflow.invoices.xml.syntax import Group, TermTable
from smeflow.invoices.xml.terms import CODE_OF_KIND
from smeflow.kinds.records import Identifier, Record, is_empty

if TYPE_CHECKING:
    from lxml.etree import _Element

TRANSFER = "30"
"""BT-81 where a record says an account and no way to pay: a credit transfer."""
_ALSO_IN_GROUPS = frozenset({"kind", "iban", "bic", "preceding_invoice"})
"""Terms that stand in a group as well."""
_STEP = re.compile(r"([\w:.@-]+)((?:\[[^\]]*\])*)")
_CONDITION = re.compile(r"\[(?:([\w:./-]+?)/?)?(?:@([\w-]+))?='([^']*)'\]")


@dataclass(frozen=True, kw_only=True)
class WrittenInvoice:
    """An invoice as XML."""

    xml: bytes = field(repr=False)
    profile: str
    """The level: a key of `smeflow.invoices.xml.rules.LEVEL_NAMES`."""
    dropped: tuple[str, ...] = ()
    """The record's terms the profile has no room for."""


def write_invoice(
    record: Invoice, profile: str = "en16931", *, files: Mapping[str, bytes] | None = None
) -> WrittenInvoice:
    """Write *record* as XML of *profile*: minimum, basicwl, basic, en16931, extended or extended-ctc-fr.

    *files* are the papers inside it, by `SupportingDocument.file_name`. What the profile has no room for is
    left out and named. Whether the result keeps the rules, `check_einvoice` tells.

    Raises:
        ValueError: There is no such profile.
    """
    if ("CII", profile) not in SCHEMAS:
        known = ", ".join(PROFILE_OF_LEVEL)
        raise ValueError(say("{profile} is no profile; use one of {known}", profile=profile, known=known))
    writer = _XmlWriter(dict(files or {}))
    writer.invoice(_completed(record, profile))
    schema = read_schema(SCHEMAS["CII", profile])
    writer.fit(writer.root, schema.root, schema)
    return WrittenInvoice(xml=writer.xml(), profile=profile, dropped=tuple(dict.fromkeys(writer.dropped)))


def _completed(record: Invoice, profile: str) -> Invoice:
    """Put in what follows from the rest: profile, code, names, and a way to pay where there is an account."""
    control = record.control.model_copy(
        update={
            "profile": PROFILE_OF_LEVEL[profile],
            "type_code": record.control.type_code or CODE_OF_KIND.get(record.kind or "invoice"),
        }
    )
    changes: dict[str, Any] = {"control": control}
    for role in ("seller", "buyer"):
        party: Party = getattr(record, f"{role}_details")
        changes[f"{role}_details"] = party.model_copy(update={"name": party.name or getattr(record, role)})
    if record.iban and not record.payment.means:
        means = PaymentMeans(code=TRANSFER, account=record.iban, bic=record.bic)
        changes["payment"] = record.payment.model_copy(update={"means": (means,)})
    if record.references.project and not record.references.project_name:
        references = record.references.model_copy(update={"project_name": UNNAMED_PROJECT})
        changes["references"] = references
    changes["lines"] = tuple(_priced(line) for line in record.lines)
    return record.model_copy(update=changes)


def _priced(line: InvoiceLine) -> InvoiceLine:
    """A discount stands below the price it was taken off."""
    if line.price_discount is None or line.gross_price is not None or line.unit_price is None:
        return line
    return line.model_copy(update={"gross_price": line.unit_price + line.price_discount})


@dataclass
class _XmlWriter:
    """Writes terms where the table says, in any order; `fit` brings them into the schema's."""

    files: dict[str, bytes]
    dropped: list[str] = field(default_factory=list)
    _names: dict[Any, str] = field(default_factory=dict)
    _made: dict[tuple[Any, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from lxml import etree

        self.root: _Element = etree.Element(self._tag("rsm:CrossIndustryInvoice"), nsmap=dict(CII.namespaces))

    def xml(self) -> bytes:
        """Give what was written."""
        from lxml import etree

        etree.indent(self.root)
        written: bytes = etree.tostring(self.root, encoding="UTF-8", xml_declaration=True)
        return written

    def invoice(self, record: Invoice) -> None:
        """Write everything."""
        currencies = {"currency": record.currency or "", "tax_currency": record.vat_accounting.currency or ""}
        groups: dict[str, Group] = {"seller_details": CII.seller, "buyer_details": CII.buyer}
        for name, where in {**CII.terms, **groups}.items():
            value: Any = record
            for step in name.split("."):
                value = getattr(value, step)
            if name in WRITE_PATHS:
                self.text(self.root, WRITE_PATHS[name].format(**currencies), value, name)
            elif name not in _ALSO_IN_GROUPS:
                self.term(self.root, name, where, value)
        for index, text in enumerate(record.notes):
            code = record.note_codes[index] if index < len(record.note_codes) else None
            note = self.element(self.root, CII.notes.path, new=True)
            self.text(note, "ram:Content", text, "notes")
            self.text(note, "ram:SubjectCode", code, "note_codes")
        self.vat_terms(record)

    def vat_terms(self, record: Invoice) -> None:
        """Write into each rate what is told once of the whole."""
        rates: Any = self.root.xpath(VAT_GROUP.path, namespaces=dict(CII.namespaces))
        for name, path in VAT_TERMS.items():
            value = getattr(record.vat_accounting, name)
            for rate in rates:
                self.text(rate, path, value, f"vat_accounting.{name}")
            if value is not None and not rates:
                self.dropped.append(f"vat_accounting.{name}")

    def term(self, element: "_Element", name: str, where: Any, value: Any) -> None:
        """Write one term, or a group of them."""
        if is_empty(value):
            return
        if not isinstance(where, Group):
            self.text(element, where if isinstance(where, str) else where[0], value, name)
            return
        path = where.write or where.path
        for record in value if isinstance(value, tuple) else (value,):
            if name.endswith("ids"):
                path = "ram:GlobalID" if record.scheme else "ram:ID"
            self.group(self.element(element, path, new=True), name, where.terms, record)

    def group(self, element: "_Element", name: str, terms: TermTable, record: Record) -> None:
        """Write the terms of one group; one the syntax has no place for is named."""
        placeless = (n for n in type(record).model_fields if n not in terms)
        self.dropped += [f"{name}.{n}" for n in placeless if not is_empty(getattr(record, n))]
        for inner, where in terms.items():
            value = getattr(record, inner)
            coded = isinstance(record, VatBreakdown | InvoiceLine) and value == record.exemption_code
            if inner == "exemption" and coded:
                continue  # it stands for the code that has no text
            if isinstance(record, Identifier) and inner == "id" and where == ".":
                element.text = value
            else:
                self.term(element, f"{name}.{inner}", where, value)
        if isinstance(record, SupportingDocument) and record.file_name is not None:
            self.attach(element, name, record.file_name, record.media_type)

    def attach(self, element: "_Element", name: str, file_name: str, media_type: str | None) -> None:
        """Write a paper's bytes; without them its name has no place."""
        data = self.files.get(file_name)
        if data is None:
            return
        text = base64.b64encode(data).decode()
        self.text(element, "ram:AttachmentBinaryObject", text, f"{name}.file_name")
        attachment = self.element(element, "ram:AttachmentBinaryObject")
        attachment.set("mimeCode", media_type or "application/octet-stream")
        attachment.set("filename", file_name)

    def text(self, element: "_Element", path: str, value: Any, name: str) -> None:
        """Write one value; an attribute only where its element stands."""
        if is_empty(value):
            return
        outer, _, attribute = path.rpartition("@") if re.search(r"(^|/)@[\w]+$", path) else (path, "", "")
        if attribute:
            target = self.element(element, outer.rstrip("/"), find=True) if outer else element
            if target is None or (outer and not target.text):
                if not name.endswith((".file_name", ".media_type")) or not self.files:
                    self.dropped.append(name)
                return
            target.set(attribute, _written(value))
            return
        target = self.element(element, path)
        target.text = _written(value)
        self._names[target] = name

    def element(self, element: Any, path: str, *, new: bool = False, find: bool = False) -> Any:
        """Give the element at *path*, made where it is not there; *new*: its last step is always made."""
        steps = list(_STEP.finditer(path))
        for index, step in enumerate(steps):
            key = (element, step.group(0))
            last = new and index == len(steps) - 1
            if last or key not in self._made:
                if find:
                    return None
                created = self._make(element, step.group(1), step.group(2))
                if not last:
                    self._made[key] = created
                element = created
            else:
                element = self._made[key]
        return element

    def _make(self, parent: Any, name: str, conditions: str) -> Any:
        from lxml import etree

        created = etree.SubElement(parent, self._tag(name))
        for condition in _CONDITION.finditer(conditions):
            path, attribute, value = condition.groups()
            inner = self.element(created, path) if path and path != name else created
            if attribute:
                inner.set(attribute, value)
            else:
                inner.text = value
        return created

    def _tag(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{{{CII.namespaces[prefix]}}}{local}"

    def fit(self, element: Any, type_name: str, schema: "SchemaTypes") -> None:
        """Bring children into the order of the schema and take out what it has no room for."""
        from lxml import etree

        slots = schema.children(type_name)
        seen: set[str] = set()
        for child in list(element):
            slot = slots.get(child.tag)
            if slot is None or (not slot.many and child.tag in seen):
                self._drop(element, child)
                continue
            seen.add(child.tag)
            if len(child):
                self.fit(child, slot.type, schema)
                if not len(child) and not schema.may_be_empty(slot.type):
                    element.remove(child)
        for tag, slot in slots.items():
            if slot.required and tag not in seen and schema.may_be_empty(slot.type):
                etree.SubElement(element, tag)
        element[:] = sorted(element, key=lambda child: slots[child.tag].place)

    def _drop(self, parent: Any, child: Any) -> None:
        self.dropped += [self._names[inner] for inner in child.iter() if inner in self._names]
        parent.remove(child)


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.strftime("%Y%m%d") if isinstance(value, date) else str(value)


@dataclass(frozen=True, slots=True)
class SchemaSlot:
    """A child element a type allows."""

    place: int
    type: str
    """``{namespace}name``."""
    required: bool
    many: bool


@dataclass(frozen=True)
class SchemaTypes:
    """A schema: for each type its children, by tag."""

    root: str
    types: Mapping[str, Mapping[str, SchemaSlot]]

    def children(self, type_name: str) -> Mapping[str, SchemaSlot]:
        """Give what an element of a type may hold; nothing for one that holds text."""
        return self.types.get(type_name, {})

    def may_be_empty(self, type_name: str) -> bool:
        """Tell whether an element of a type may stand without any child."""
        children = self.types.get(type_name)
        return children is not None and not any(slot.required for slot in children.values())


_XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def read_schema(file: str) -> SchemaTypes:
    """Read a bundled schema with all it imports."""
    types: dict[str, Mapping[str, SchemaSlot]] = {}
    roots: dict[str, str] = {}
    files: set[Path] = set()
    pending = [bundled_file(file)]
    while pending:
        path = pending.pop()
        if path not in files:
            files.add(path)
            pending += _read_file(path, types, roots)
    return SchemaTypes(root=roots["CrossIndustryInvoice"], types=types)


def _read_file(path: Path, types: dict[str, Mapping[str, SchemaSlot]], roots: dict[str, str]) -> list[Path]:
    from lxml import etree

    schema = etree.parse(str(path)).getroot()
    namespace = schema.get("targetNamespace", "")
    for kind in schema.findall(f"{_XS}complexType"):
        if kind.find(f"{_XS}simpleContent") is not None:
            continue  # it holds text
        types[f"{{{namespace}}}{kind.get('name')}"] = _slots(kind, namespace)
    for element in schema.findall(f"{_XS}element"):
        roots[element.get("name", "")] = _type(element)
    return [path.parent / imported.get("schemaLocation", "") for imported in schema.findall(f"{_XS}import")]


def _slots(kind: "_Element", namespace: str) -> dict[str, SchemaSlot]:
    slots: dict[str, SchemaSlot] = {}
    for place, element in enumerate(kind.iter(f"{_XS}element")):
        name = element.get("name")
        if name:
            slots.setdefault(
                f"{{{namespace}}}{name}",
                SchemaSlot(
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
