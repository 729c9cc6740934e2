"""The child process that holds the rules: ``python -m smeflow.einvoices.worker``.

Saxon compiles a set of rules in half a second and runs it in some milliseconds, so the child stays and keeps
what it compiled. A foreign file that breaks it breaks nothing else. `smeflow.einvoices.child` starts and
stops it.
"""

import contextlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from smeflow._optional import need
from smeflow.documents.wire import send, serve
from smeflow.errors import MissingExtra

if TYPE_CHECKING:
    from lxml.etree import _Element

_FILES = ("EmbeddedDocumentBinaryObject", "AttachmentBinaryObject")
_LONGEST = 100_000
"""Characters of one value; no rule can reckon with more."""
_LARGEST = 5_000_000
"""Bytes of an invoice, the files inside it not counted, that the rules are run on."""


def answer(head: dict[str, Any], pieces: list[bytes], answers: BinaryIO) -> None:
    """Do the job that *head* names and send the outcome."""
    try:
        reply, sent = JOBS[head["job"]](head, pieces)
    except Exception as error:  # noqa: BLE001 - told to whoever asked
        reply, sent = {"error": f"{type(error).__name__}: {error}"[:500]}, []
    send(answers, reply, sent)


def check(head: dict[str, Any], pieces: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Run schemas and rules on one invoice."""
    root = parsed(pieces[0])
    results: dict[str, Any] = {}
    for name, file in head["schemas"].items():
        results[name] = {"findings": schema_findings(root, file)}
    rules = head["rules"]
    if rules:
        text = without_files(root)
        for name, wanted in rules.items():
            results[name] = rule_findings(text, root, wanted["file"], tuple(wanted["only"]))
    return {"results": results}, []


def parsed(data: bytes) -> "_Element":
    """Parse an invoice; a document type is refused."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \t\r\n"), parser)
    info: Any = root.getroottree().docinfo
    if info.doctype:
        raise ValueError("DTD")
    return root


def schema_findings(root: "_Element", file: str) -> list[dict[str, Any]]:
    """Measure the invoice by a schema."""
    from smeflow.einvoices.svrl import cut, place, value_of

    schema = _schema(file)
    if schema.validate(root):
        return []
    found = []
    for entry in list(schema.error_log)[:200]:
        nodes: Any = []
        with contextlib.suppress(Exception):
            nodes = root.getroottree().xpath(
                entry.path or "", namespaces={k: v for k, v in root.nsmap.items() if k}
            )
        node = nodes[0] if isinstance(nodes, list) and nodes and not isinstance(nodes[0], str) else None
        found.append(
            {
                "rule": entry.type_name.removeprefix("SCHEMAV_").lower().replace("_", "-"),
                "severity": "error",
                "text": cut(_without_namespaces(entry.message)),
                "path": place(node) if node is not None else entry.path or "",
                "line": entry.line,
                "value": value_of(node) if node is not None else "",
            }
        )
    return found


def _without_namespaces(text: str) -> str:
    import re

    return re.sub(r"\{[^}]*\}", "", text)


@cache
def _schema(file: str) -> Any:
    from lxml import etree

    from smeflow.einvoices.files import bundled

    return etree.XMLSchema(file=str(bundled(file)))


def without_files(root: "_Element") -> str:
    """Write the invoice again without the files inside it: no rule looks into them."""
    from lxml import etree

    held = [(node, node.text) for node in root.iter("{*}*") if _local(node) in _FILES and node.text]
    for node, _ in held:
        node.text = "AA=="
    text = str(etree.tostring(root, encoding="unicode"))
    for node, data in held:
        node.text = data
    return text


def _local(node: "_Element") -> str:
    return str(node.tag).rpartition("}")[2]


def rule_findings(text: str, root: "_Element", file: str, only: tuple[str, ...]) -> dict[str, Any]:
    """Run one set of rules."""
    from smeflow.einvoices.svrl import findings

    longest = max((len(node.text or "") for node in root.iter() if _local(node) not in _FILES), default=0)
    if len(text) > _LARGEST or longest > _LONGEST:
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
    found = findings(parsed(svrl.encode()), root)
    return {"findings": [f for f in found if not only or f["rule"].startswith(only)]}


@cache
def _saxon() -> Any:
    return need("saxonche", "einvoice").PySaxonProcessor(license=False)


@cache
def _rules(file: str) -> Any:
    from smeflow.einvoices.files import bundled

    saxon = _saxon()
    return saxon, saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(bundled(file)))


def container(head: dict[str, Any], pieces: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Look at how an invoice lies in a PDF."""
    from smeflow.einvoices.container import container_findings

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
    made = folder / "made.pdf"
    generate_from_file(
        str(pdf),
        pieces[1],
        flavor="factur-x",
        level=head["level"],
        check_xsd=False,
        check_schematron=False,
        output_pdf_file=str(made),
        attachments=attachments or None,
        lang=head["language"],
        afrelationship="data",
    )
    return {}, [with_colours(made.read_bytes())]


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
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


JOBS: dict[str, Callable[[dict[str, Any], list[bytes]], tuple[dict[str, Any], list[bytes]]]] = {
    "check": check,
    "container": container,
    "attach": attach,
}

if __name__ == "__main__":
    serve(answer)
