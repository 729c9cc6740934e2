"""The child process that holds the rules: ``python -m smeflow.invoices.xml.worker``.

Saxon compiles a set of rules in half a second and runs it in some milliseconds, so the child stays and
keeps what it compiled. What a schematron says (SVRL) is read back onto the invoice here: the rule, its
words, and the value at fault. A foreign file that breaks the child breaks nothing else.
"""

import contextlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from smeflow._optional import import_extra
from smeflow._text import shortened
from smeflow.documents.workers import send, serve
from smeflow.errors import MissingExtra
from smeflow.invoices.xml.cii import CII
from smeflow.invoices.xml.pdf import container_findings
from smeflow.invoices.xml.rules import bundled_file
from smeflow.invoices.xml.syntax import local_name, parse_invoice_xml, xpath_of
from smeflow.invoices.xml.ubl import UBL

if TYPE_CHECKING:
    from lxml.etree import _Element

_STEP = re.compile(r"\*:([\w.-]+)\[namespace-uri\(\)='([^']*)'\]")
_ID = re.compile(r"\[([A-Z][\w.-]*)\]\s*[-–:]?\s*")
_LONGEST_SHOWN = 200
_MOST_FINDINGS = 500
"""So many findings of one set of rules are given; the next say nothing new."""
PREFIXES = {**CII.namespaces, **UBL.namespaces}
_FILE_ELEMENTS = ("EmbeddedDocumentBinaryObject", "AttachmentBinaryObject")
_LONGEST_VALUE = 100_000
"""Characters of one value; no rule can reckon with more."""
_LARGEST_INVOICE = 5_000_000
"""Bytes of an invoice, the files inside it not counted, that the rules are run on."""


def answer(head: dict[str, Any], pieces: list[bytes], answers: BinaryIO) -> None:
    """Do the job that *head* names and send the outcome."""
    try:
        reply, payload = JOBS[head["job"]](head, pieces)
    except Exception as error:  # noqa: BLE001 - told to whoever asked
        reply, payload = {"error": f"{type(error).__name__}: {error}"[:500]}, []
    send(answers, reply, payload)


def check(head: dict[str, Any], pieces: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Run schemas and rules on one invoice."""
    root = parse_invoice_xml(pieces[0])
    results: dict[str, Any] = {}
    for name, file in head["schemas"].items():
        results[name] = {"findings": schema_findings(root, file)}
    text = without_files(root) if head["rules"] else ""
    for name, rules in head["rules"].items():
        results[name] = rule_findings(text, root, rules["file"], tuple(rules["only"]))
    return {"results": results}, []


def schema_findings(root: "_Element", file: str) -> list[dict[str, Any]]:
    """Measure the invoice by a schema."""
    schema = _schema(file)
    if schema.validate(root):
        return []
    findings = []
    for entry in list(schema.error_log)[:200]:
        nodes: Any = []
        with contextlib.suppress(Exception):
            nodes = root.getroottree().xpath(
                entry.path or "", namespaces={k: v for k, v in root.nsmap.items() if k}
            )
        node = nodes[0] if isinstance(nodes, list) and nodes and not isinstance(nodes[0], str) else None
        findings.append(
            {
                "rule": entry.type_name.removeprefix("SCHEMAV_").lower().replace("_", "-"),
                "severity": "error",
                "text": shortened(
                    re.sub(r"\{[^}]*\}", "", entry.message), _LONGEST_SHOWN
                ),  # without namespaces
                "path": _place_of(node) if node is not None else entry.path or "",
                "line": entry.line,
                "value": value_of(node) if node is not None else "",
            }
        )
    return findings


@cache
def _schema(file: str) -> Any:
    from lxml import etree

    return etree.XMLSchema(file=str(bundled_file(file)))


def without_files(root: "_Element") -> str:
    """Write the invoice again without the files inside it: no rule looks into them."""
    from lxml import etree

    embedded = [
        (node, node.text) for node in root.iter("{*}*") if local_name(node) in _FILE_ELEMENTS and node.text
    ]
    for node, _ in embedded:
        node.text = "AA=="
    text = str(etree.tostring(root, encoding="unicode"))
    for node, data in embedded:
        node.text = data
    return text


def rule_findings(text: str, root: "_Element", file: str, only: tuple[str, ...]) -> dict[str, Any]:
    """Run one set of rules."""
    longest = max(
        (len(node.text or "") for node in root.iter() if local_name(node) not in _FILE_ELEMENTS), default=0
    )
    if len(text) > _LARGEST_INVOICE or longest > _LONGEST_VALUE:
        return {"error": "too large"}
    try:
        saxon, compiled = _rules(file)
    except MissingExtra:
        return {"missing": "saxonche"}
    try:
        svrl = compiled.transform_to_string(xdm_node=saxon.parse_xml(xml_text=text))
    except Exception as error:  # noqa: BLE001 - rules stop at a value that is no number, say
        return {"error": " ".join(str(error).split())[:300]}
    if not svrl:
        return {"error": "the rules gave no answer"}
    findings = svrl_findings(parse_invoice_xml(svrl.encode()), root)
    return {"findings": [f for f in findings if not only or f["rule"].startswith(only)]}


@cache
def _saxon() -> Any:
    return import_extra("saxonche", "einvoice").PySaxonProcessor(license=False)


@cache
def _rules(file: str) -> Any:
    saxon = _saxon()
    return saxon, saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(bundled_file(file)))


def svrl_findings(svrl: "_Element", invoice: "_Element") -> list[dict[str, Any]]:
    """Give each failed assertion once."""
    findings: dict[tuple[str, ...], dict[str, Any]] = {}
    for failed in svrl.iter("{*}failed-assert", "{*}successful-report"):
        words = "".join(str(text) for node in failed.iter("{*}text") for text in node.itertext())
        message = " ".join(words.split())
        rule_id = _ID.match(message)
        location = failed.get("location") or ""
        finding = {
            "rule": rule_id[1] if rule_id else failed.get("id") or failed.get("role") or "unnamed",
            "severity": "warning" if failed.get("flag") in ("warning", "information") else "error",
            "text": message[rule_id.end() :] if rule_id else message,
            **locate(invoice, location),
        }
        findings.setdefault((finding["rule"], location, finding["text"]), finding)
        if len(findings) >= _MOST_FINDINGS:
            break
    return list(findings.values())


def locate(invoice: "_Element", location: str) -> dict[str, Any]:
    """Give path, line and value of a place that SVRL names."""
    path, _, attribute = location.partition("/@")
    plain = _STEP.sub(lambda m: f"*[local-name()='{m.group(1)}' and namespace-uri()='{m.group(2)}']", path)
    try:
        nodes: Any = invoice.getroottree().xpath(plain) if plain else []
    except Exception:  # noqa: BLE001 - a place that cannot be found is no reason to drop the finding
        nodes = []
    if not nodes or not isinstance(nodes, list) or isinstance(nodes[0], str):
        return {"path": location, "line": None, "value": ""}
    node = nodes[0]
    value = node.get(attribute.partition("[")[0], "") if attribute else value_of(node)
    return {
        "path": _place_of(node) + (f"/@{attribute}" if attribute else ""),
        "line": node.sourceline,
        "value": value,
    }


def value_of(node: "_Element") -> str:
    """Give the text of an element, or of those in it."""
    if len(node) == 0:
        return shortened((node.text or "").strip(), _LONGEST_SHOWN)
    leaves = [
        f"{local_name(leaf)}={leaf.text.strip()}"
        for leaf in node.iter("*")
        if len(leaf) == 0 and leaf.text and leaf.text.strip()
    ]
    return shortened(", ".join(leaves[:8]) + (", …" if len(leaves) > 8 else ""), _LONGEST_SHOWN)


def _place_of(node: "_Element") -> str:
    return xpath_of(node, PREFIXES, bare="{}")


def container(head: dict[str, Any], pieces: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Look at how an invoice lies in a PDF."""
    return {"findings": container_findings(pieces[0], head["level"], head["syntax"])}, []


def attach(head: dict[str, Any], pieces: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Put an invoice into a PDF."""
    from facturx import generate_from_file

    folder = Path(head["folder"])
    pdf = folder / "page.pdf"
    pdf.write_bytes(pieces[0])
    names = head["names"]
    attachments = {
        name: {"filedata": data, "afrelationship": "supplement"}
        for name, data in zip(names, pieces[2:], strict=True)
    }
    combined = folder / "made.pdf"
    generate_from_file(
        str(pdf),
        pieces[1],
        flavor="factur-x",
        level=head["level"],
        check_xsd=False,
        check_schematron=False,
        output_pdf_file=str(combined),
        attachments=attachments or None,
        lang=head["language"],
        afrelationship="data",
    )
    return {}, [with_colours(combined.read_bytes())]


def with_colours(data: bytes) -> bytes:
    """Say in a PDF that has none which colours it means (sRGB), as PDF/A wants; left alone without Pillow."""
    from io import BytesIO

    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject
    from pypdf.generic import TextStringObject as Text

    try:
        from PIL import ImageCms
    except ImportError:
        return data
    reader = PdfReader(BytesIO(data))
    root: Any = reader.trailer["/Root"]
    if root.get("/OutputIntents"):
        return data
    writer = PdfWriter(clone_from=reader)
    profile = DecodedStreamObject()
    profile.set_data(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[NameObject("/N")] = NumberObject(3)
    intent = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/OutputIntent"),
            NameObject("/S"): NameObject("/GTS_PDFA1"),
            NameObject("/OutputConditionIdentifier"): Text("sRGB"),
            NameObject("/Info"): Text("sRGB"),
            NameObject("/DestOutputProfile"): writer._add_object(profile.flate_encode()),  # noqa: SLF001
        }
    )
    writer.root_object[NameObject("/OutputIntents")] = ArrayObject([intent])
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


JOBS: dict[str, Callable[[dict[str, Any], list[bytes]], tuple[dict[str, Any], list[bytes]]]] = {
    "check": check,
    "container": container,
    "attach": attach,
}

if __name__ == "__main__":
    serve(answer)
