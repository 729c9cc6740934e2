"""Read an e-invoice: the record is in the file, every value's evidence is its XPath.

Factur-X and ZUGFeRD (the XML inside a PDF, whatever its name), Cross Industry Invoice, UBL, XRechnung and
FatturaPA are read. The schema is not enforced: a file that breaks it is read as far as its values stand where
they belong, and the checks of arithmetic and identifiers tell what is wrong with them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smeflow._text import folded
from smeflow.documents.document import Document, Quote
from smeflow.extract.field_values import nested
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import verdict
from smeflow.invoices.record import Invoice
from smeflow.invoices.record_parts import Party
from smeflow.invoices.xml.cii import CII, UNNAMED_PROJECT, ZUGFERD1
from smeflow.invoices.xml.fatturapa import FATTURAPA
from smeflow.invoices.xml.syntax import (
    Group,
    Paths,
    XmlSyntax,
    all_texts,
    first_text,
    local_name,
    parse_invoice_xml,
    select,
    xpath_of,
)
from smeflow.invoices.xml.terms import (
    KIND_OF_CODE,
    TermReader,
    TermShape,
    parse_decimal,
    read_single,
    shape_at,
    unreadable,
)
from smeflow.invoices.xml.ubl import UBL
from smeflow.kinds.records import Check, Finding, Reading, Record

if TYPE_CHECKING:
    from lxml.etree import _Element

SYNTAXES: tuple[XmlSyntax, ...] = (CII, UBL, ZUGFERD1, FATTURAPA)
_COUNTED = frozenset({"vat", "lines"})
_CODED = re.compile(r"#([A-Z]{3})#\s*(.*)", re.DOTALL)
"""UBL has no place for the subject of a note: it stands in front of its text."""


def read_einvoice(documents: Sequence[Document]) -> Reading | None:
    """Read the e-invoice in *documents*, their attachments and embedded files; None where there is none.

    An invoice that comes twice (as a file and inside a PDF, in two syntaxes) counts once and the fullest copy
    is read; ``several`` counts those that differ. An e-invoice that cannot be read gives a reading without
    record, with problems.
    """
    readings: list[Reading] = []
    broken: list[Phrase] = []
    refused: list[Phrase] = []
    for document in _xml_files(documents):
        try:
            readings += _read_file(document)
        except _NotReadable as error:
            broken.append(error.phrase)
            if _names_an_invoice(document):
                refused.append(error.phrase)
    if not readings:
        none = Reading(reader="einvoice", findings={}, problems=tuple(broken), refused=tuple(refused))
        return none if broken else None
    return replace(_fullest(readings, broken), refused=tuple(refused))


_INVOICE_ROOT = re.compile(
    rb"<(?:[\w.-]+:)?(?:CrossIndustryInvoice|CrossIndustryDocument|Invoice|CreditNote|FatturaElettronica)\b"
)
_INVOICE_FILE = re.compile(r"factur-?x|zugferd|xrechnung|order-x|invoice", re.IGNORECASE)


def _names_an_invoice(document: Document) -> bool:
    """Tell whether XML that was not read calls itself an invoice, by an element or by its name."""
    if _INVOICE_FILE.search(document.name):
        return True
    return _INVOICE_ROOT.search(document.data.replace(b"\0", b"")) is not None


def einvoice_files(documents: Sequence[Document]) -> Iterator[tuple[Document, str, str]]:
    """Give each XML file that is an e-invoice, its syntax and its root element.

    One that cannot be read comes last, without a syntax, where it claims to be XML.
    """
    broken = []
    for document in _xml_files(documents):
        try:
            root = _parse(document)
        except _NotReadable:
            broken.append((document, "", ""))
            continue
        recognised = _syntax_of(root)
        if recognised is not None:
            yield document, recognised[0].name, local_name(root)
    yield from broken


class _NotReadable(Exception):
    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase


def _xml_files(documents: Sequence[Document]) -> Iterator[Document]:
    """Give each XML file once; a mail's attachments may stand both beside it and inside it."""
    seen: set[bytes] = set()
    for document in (inner for outer in documents for inner in outer.walk()):
        start = document.data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        is_xml = start.startswith(b"<") and (
            b"<?xml" in start or document.media_type.endswith("xml") or document.name.lower().endswith(".xml")
        )
        if is_xml and "html" not in document.media_type and document.data not in seen:
            seen.add(document.data)
            yield document


def _fullest(readings: list[Reading], broken: list[Phrase]) -> Reading:
    """Take the fullest reading of the first invoice; count the others that are not the same one."""
    by_number: dict[str, list[Reading]] = {}
    for reading in readings:
        by_number.setdefault(folded(reading.record.number or ""), []).append(reading)
    groups = list(by_number.values())
    copies = groups[0]
    best = max(copies, key=lambda r: len(r.findings))
    problems, checks = [*best.problems, *broken], list(best.checks)
    if len(groups) > 1:
        numbers = ", ".join(group[0].record.number or "?" for group in groups)
        problems.append(
            say("{n} e-invoices are in this document: {numbers}.", n=len(groups), numbers=numbers)
        )
    if len(copies) > 1:
        compared = ("issue_date", "seller", "currency", "total_gross")
        differing = [name for name in compared if _differ([copy.record for copy in copies], name)]
        failure = say("Two e-invoices with this number differ in: {fields}.", fields=", ".join(differing))
        checks.append(verdict("copies_agree", differing, passed=not differing, failure=failure))
    return replace(best, problems=tuple(problems), checks=tuple(checks), several=len(groups))


def _differ(copies: list[Invoice], name: str) -> bool:
    return len({getattr(copy, name) for copy in copies} - {None}) > 1


def _read_file(document: Document) -> list[Reading]:
    root = _parse(document)
    recognised = _syntax_of(root)
    if recognised is None:
        return []
    syntax, foreign = recognised
    bodies = select(root, syntax.body, syntax.namespaces)
    readings = [_InvoiceReader(syntax=syntax, element=body, document=document).read() for body in bodies]
    if all(not r.findings for r in readings):
        raise _NotReadable(
            say("{name}: the e-invoice holds no values where they belong.", name=document.name)
        )
    return [replace(r, checks=(*r.checks, foreign)) for r in readings] if foreign else readings


def _syntax_of(root: "_Element") -> tuple[XmlSyntax, Check | None] | None:
    """Find the table for a root element; a known name in another version's namespace is read and reported."""
    uri, _, name = str(root.tag).rpartition("}")
    for syntax in SYNTAXES:
        if root.tag in syntax.roots or f"{{*}}{name}" in syntax.roots:
            return syntax, None
        if any(
            root_tag.endswith("}" + name) and _family(root_tag) == _family(str(root.tag))
            for root_tag in syntax.roots
        ):
            detail = say(
                "The root element's namespace {uri} is not that of {syntax}.", uri=uri[1:], syntax=syntax.name
            )
            uris = {root_tag[1:].rpartition("}")[0] for root_tag in syntax.roots}
            renamed = {prefix: uri[1:] if n in uris else n for prefix, n in syntax.namespaces.items()}
            return replace(syntax, namespaces=renamed), Check(name="namespace", passed=False, detail=detail)
    return None


def _family(tag: str) -> str:
    """Give a tag's namespace without its version."""
    return tag.rpartition("}")[0].rstrip("0123456789p").rpartition(":")[0]


def _parse(document: Document) -> "_Element":
    """Parse the file without loading anything from elsewhere."""
    from lxml import etree

    if b"<!DOCTYPE" in document.data.replace(b"\0", b""):
        raise _NotReadable(
            say("{name}: an XML file with a document type definition is not read.", name=document.name)
        )
    try:
        return parse_invoice_xml(document.data)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(error).partition(" (<")[0]
        raise _NotReadable(
            say("{name}: the XML cannot be read: {reason}", name=document.name, reason=reason)
        ) from error


@dataclass
class _InvoiceReader:
    """One invoice in a file, while it is read."""

    syntax: XmlSyntax
    element: "_Element"
    document: Document
    findings: dict[str, Finding] = field(default_factory=dict)
    problems: list[Phrase] = field(default_factory=list)

    def read(self) -> Reading:
        for name, where in self.syntax.terms.items():
            shape = shape_at(Invoice, name)
            if isinstance(where, Group):
                self.group(name, where, shape)
            else:
                self.term(name, where, shape)
        for name, path in self.syntax.sums.items():
            self.add_up(name, path)
        self.take_off_other_taxes()
        self.complete()
        self.party("seller", self.syntax.seller)
        self.party("buyer", self.syntax.buyer)
        self.notes()
        record = Invoice.model_validate(
            nested({name: finding.value for name, finding in self.findings.items()})
        )
        return Reading(
            reader="einvoice",
            findings=self.findings,
            record=record,
            problems=tuple(self.problems),
            exact=True,
        )

    def keep(
        self, name: str, value: object, place: str = "", text: str = "", note: Phrase | None = None
    ) -> None:
        """Keep a value with its evidence, unless there is none."""
        if value is not None and value not in ("", ()):
            quote = Quote(text=text, document=self.document.name, path=place)
            self.findings[name] = Finding(value=value, quote=quote, note=note)

    @property
    def group_reader(self) -> TermReader:
        """What reads groups of terms."""
        return TermReader(self.syntax.namespaces, self.problems.append)

    def xpath(self, node: Any) -> str:
        """Write the place of a node."""
        return xpath_of(node, self.syntax.namespaces)

    def term(self, name: str, paths: Paths, shape: TermShape) -> None:
        """Read one term; what cannot be read is reported and left out."""
        match = first_text(self.element, paths, self.syntax.namespaces)
        if match is None:
            return
        text, place = match[0], self.xpath(match[1])
        if name == "kind":
            self.keep(name, self.kind(text), place, text)
            return
        try:
            self.keep(name, read_single(text, name.rpartition(".")[2], shape), place, text)
        except ValueError:
            self.problems.append(unreadable(text, place))

    def kind(self, code: str) -> str | None:
        kind = KIND_OF_CODE.get(code)
        if kind is None:
            self.problems.append(say("Document type {code} is no invoice that can be booked.", code=code))
        return kind

    def add_up(self, name: str, path: str) -> None:
        """Make a total that the syntax leaves to the reader."""
        try:
            parts = [
                (parse_decimal(text), self.xpath(node))
                for text, node in all_texts(self.element, path, self.syntax.namespaces)
            ]
        except ValueError as error:
            self.problems.append(unreadable(str(error), path))
            return
        if parts:
            amounts, places = zip(*parts, strict=True)
            total = sum(amounts, Decimal(0))
            self.keep(name, total, " + ".join(places), " + ".join(map(str, amounts)))

    def take_off_other_taxes(self) -> None:
        """Take taxes that are no VAT, such as one on insurance, off its total, and tell them."""
        total, path = self.findings.get("total_vat"), self.syntax.other_taxes
        others = list(all_texts(self.element, path, self.syntax.namespaces)) if path and total else []
        try:
            amount = sum((parse_decimal(text) for text, _ in others), Decimal(0))
        except ValueError as error:
            self.problems.append(unreadable(str(error), path))
            return
        if total and amount:
            note = say("{amount} of the taxes on this invoice is no VAT.", amount=amount)
            self.findings["total_vat"] = replace(total, value=total.value - amount, note=note)
            self.problems.append(note)

    def complete(self) -> None:
        """Put in what the syntax lets a seller leave out because it follows from the rest."""
        findings = self.findings
        net, vat = findings.get("total_net"), findings.get("total_vat")
        if self.syntax.sums and "total_gross" not in findings and net and vat:
            places = " + ".join(f.quote.path or "" for f in (net, vat) if f.quote)
            note = say("The sum of net and VAT; the file states no total.")
            self.keep("total_gross", net.value + vat.value, places, note=note)
        project = findings.get("references.project_name")
        if project and project.value == UNNAMED_PROJECT:
            del findings["references.project_name"]
        gross = findings.get("total_gross")
        if gross and gross.value < 0 and "kind" in findings and findings["kind"].value == "credit_note":
            note = say("The credit note states negative totals; they are kept as they stand.")
            findings["total_gross"] = replace(gross, note=note)

    def party(self, role: str, group: Group) -> None:
        """Read the seller or the buyer: the name by itself, the rest as details."""
        for element in select(self.element, group.path, self.syntax.namespaces)[:1]:
            party = self.group_reader.record(element, Party, group)
            if party is None:
                return
            text, node = self.first_of(element, group, "name") or ("", None)
            if text:
                self.keep(role, party.name, self.xpath(node), text)
            self.keep(f"{role}_details", party, self.xpath(element), text)

    def first_of(self, element: "_Element", group: Group, name: str) -> tuple[str, Any] | None:
        """Give text and node of a term of *group*."""
        paths = group.terms.get(name)
        if paths is None or isinstance(paths, Group):
            return None
        return first_text(element, paths, self.syntax.namespaces)

    def group(self, name: str, group: Group, shape: TermShape) -> None:
        """Read a group, or each of many."""
        if shape.record is None:
            raise TypeError(name)
        rows = list(self.group_reader.records(self.element, shape.record, group))
        if name in _COUNTED:
            texts = [row for row in rows if not any(isinstance(value, Decimal) for _, value in row[0])]
            rows = [row for row in rows if row not in texts]
            if name == "lines":
                self.text_lines(texts)
        if not rows:
            return
        first, element = rows[0]
        if shape.kind == "records":
            self.keep(name, tuple(record for record, _ in rows), self.xpath(element))
        else:
            text = next((value for _, value in first if isinstance(value, str)), "")
            self.keep(name, first, self.xpath(element), text)

    def text_lines(self, rows: "Sequence[tuple[Record, _Element]]") -> None:
        """Keep lines without any amount: they are texts between the others, and count in no sum."""
        grouping = self.findings.get("grouping_lines")
        if rows:
            lines = (*(grouping.value if grouping else ()), *(record for record, _ in rows))
            self.keep("grouping_lines", lines, self.xpath(rows[0][1]))

    def notes(self) -> None:
        """Read the notes, and what each is about."""
        group = self.syntax.notes
        notes: list[tuple[str, str | None]] = []
        place = ""
        for element in select(self.element, group.path, self.syntax.namespaces):
            text, code = (self.first_of(element, group, name) for name in ("text", "code"))
            if text:
                coded = _CODED.fullmatch(text[0]) if "code" not in group.terms else None
                notes.append((coded[2], coded[1]) if coded else (text[0], code[0] if code else None))
                place = place or self.xpath(element)
        self.keep("notes", tuple(text for text, _ in notes), place, notes[0][0] if notes else "")
        if any(code for _, code in notes):
            self.keep("note_codes", tuple(code for _, code in notes), place)
