"""An e-invoice in its PDF (Factur-X): check how it lies there, and put one in.

Not a validator of PDF/A: that a file says it is PDF/A-3 and has an output intent is looked at, not every
font and picture in it.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from smeflow.documents.document import Document
from smeflow.documents.workers import WorkerEnded
from smeflow.errors import DocumentError, UnreadableDocument
from smeflow.i18n import Language, Phrase, say
from smeflow.invoices.xml.rules import CHECK_SECONDS, LEVEL_NAMES, LEVEL_OF_PROFILE, shared_rule_workers

STANDARD_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
RELATIONSHIPS = ("/Data", "/Alternative", "/Source")
_FX = re.compile(r"urn:(?:factur-x|zugferd|ferd)[\w:.-]*pdfa[\w:.-]*")
_MOST = 200


def container_findings(data: bytes, level: str, syntax: str) -> list[dict[str, Any]]:
    """Look at the PDF *data*, which holds an e-invoice of this level."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(data))
    root: Any = reader.trailer["/Root"].get_object()
    return list(_findings(root, level, syntax))


def _findings(root: Any, level: str, syntax: str) -> Iterator[dict[str, Any]]:
    embedded = [(name, spec) for name, spec in _embedded(root) if name.lower().endswith(".xml")]
    candidates = [(name, spec) for name, spec in embedded if name.lower() in STANDARD_NAMES] or embedded
    if not candidates:
        return
    name, spec = candidates[0]
    if name.lower() not in STANDARD_NAMES:
        yield _finding(
            "pdf-name", say("The invoice is called {name}; Factur-X calls it factur-x.xml.", name=name), name
        )
    if syntax != "ZUGFeRD 1":
        yield from _relationship(root, spec, level)
    yield from _metadata(root, name, level, syntax)


def _relationship(root: Any, spec: Any, level: str) -> Iterator[dict[str, Any]]:
    relation = str(spec.get("/AFRelationship") or "")
    if not relation:
        yield _finding("pdf-relationship", say("The embedded invoice has no AFRelationship (PDF/A-3)."))
    elif relation not in RELATIONSHIPS:
        phrase = say(
            "The AFRelationship is {value}; Data, Alternative and Source are allowed.", value=relation
        )
        yield _finding("pdf-relationship", phrase, relation)
    elif relation == "/Source" or (level in ("minimum", "basicwl") and relation != "/Data"):
        phrase = say("The AFRelationship is {value}; Factur-X expects Data, or Alternative.", value=relation)
        yield _finding("pdf-relationship", phrase, relation, severity="warning")
    listed = root.get("/AF")
    files = [entry.get_object() for entry in (listed.get_object() if listed is not None else [])][:_MOST]
    if not any(entry.get("/EF") and entry.get("/EF") == spec.get("/EF") for entry in files):
        yield _finding(
            "pdf-af", say("The embedded invoice is not in the catalogue's list of associated files (AF).")
        )


def _metadata(root: Any, name: str, level: str, syntax: str) -> Iterator[dict[str, Any]]:
    stream = root.get("/Metadata")
    xmp = stream.get_object().get_data().decode("utf-8", "replace") if stream is not None else ""
    part = _value(xmp, "part")
    if part != "3":
        phrase = say("The PDF does not say that it is PDF/A-3 (pdfaid:part is {value}).", value=part or "–")
        yield _finding("pdf-a", phrase, part)
    if not root.get("/OutputIntents"):
        yield _finding(
            "pdf-a", say("The PDF has no output intent, which PDF/A-3 needs where it has colours.")
        )
    if not _FX.search(xmp):
        yield _finding("pdf-xmp", say("The PDF's metadata (XMP) do not say that it holds an invoice."))
        return
    stated_name = _value(xmp, "DocumentFileName")
    if stated_name and stated_name != name:
        phrase = say(
            "The metadata call the invoice {called}; its name is {name}.", called=stated_name, name=name
        )
        yield _finding("pdf-xmp-name", phrase, stated_name)
    stated, expected = _value(xmp, "ConformanceLevel"), LEVEL_NAMES.get(level, "")
    same = _compact(stated) == _compact(expected)
    fits = same or (expected == "EN 16931" and stated.upper() in ("COMFORT", "XRECHNUNG"))
    if syntax != "ZUGFeRD 1" and expected and not fits and level != "extended-ctc-fr":
        phrase = say(
            "The metadata say profile {said}, the invoice is {wanted}.",
            said=stated or "–",
            wanted=expected,
        )
        yield _finding("pdf-xmp-profile", phrase, stated)


def _compact(level: str) -> str:
    return level.replace("-", "").replace(" ", "").upper()


def _value(xmp: str, name: str) -> str:
    """Read a property of XMP, written as an element or as an attribute."""
    match = re.search(rf"<(?:\w+:)?{name}>\s*([^<]*?)\s*<", xmp) or re.search(
        rf"\b(?:\w+:)?{name}=[\"']([^\"']*)", xmp
    )
    return match.group(1) if match else ""


def _embedded(root: Any) -> Iterator[tuple[str, Any]]:
    """Go through the tree of embedded files, however deep it claims to be."""
    names = root.get("/Names")
    top = names.get_object().get("/EmbeddedFiles") if names is not None else None
    stack = [top.get_object()] if top is not None else []
    visited = 0
    while stack and visited < _MOST:
        node = stack.pop()
        visited += 1
        stack += [kid.get_object() for kid in node.get("/Kids") or []][:_MOST]
        pairs = list(node.get("/Names") or [])[: 2 * _MOST]
        for name, spec in zip(pairs[::2], pairs[1::2], strict=False):
            file = spec.get_object()
            yield str(file.get("/UF") or file.get("/F") or name), file


def _finding(rule: str, text: Phrase, value: str = "", severity: str = "error") -> dict[str, Any]:
    return {
        "rule": rule,
        "severity": severity,
        "text": {"template": text.template, "data": dict(text.data)},
        "path": "",
        "line": None,
        "value": value,
    }


def factur_x(
    pdf: Document,
    xml: bytes,
    *,
    profile: str,
    attachments: Mapping[str, bytes] | None = None,
    language: Language = "fr",
) -> bytes:
    """Give *pdf* with *xml* inside it under the name factur-x.xml, its metadata and its relationship.

    The pages are taken over as they are: fonts and colours that are not fit for PDF/A do not become so. What
    the file says of itself, the check ``pdf`` tells.

    Raises:
        UnreadableDocument: The PDF cannot be used.
    """
    level = profile if profile in LEVEL_OF_PROFILE.values() else "en16931"
    with tempfile.TemporaryDirectory(prefix="smeflow-") as folder:
        head = {
            "job": "attach",
            "folder": folder,
            "level": "extended" if level == "extended-ctc-fr" else level,
            "names": list(attachments or {}),
            "language": language,
        }
        try:
            payload = [pdf.data, xml, *(attachments or {}).values()]
            reply, pieces = shared_rule_workers().ask(head, payload, seconds=CHECK_SECONDS)
        except WorkerEnded as error:
            raise _unusable(pdf.name, "-") from error
    if "error" in reply:
        raise _unusable(pdf.name, reply["error"])
    return pieces[0]


def _unusable(name: str, reason: str) -> DocumentError:
    return UnreadableDocument(
        say("{name} cannot hold an invoice: {why}. Save the page anew as a PDF.", name=name, why=reason),
        name=name,
    )
