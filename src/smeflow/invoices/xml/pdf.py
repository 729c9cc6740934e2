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
    named = [(name, spec) for name, spec in embedded if name.lower() in STANDARD_NAMES] or embedded
    if not named:
        return
    name, spec = named[0]
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
    files = [one.get_object() for one in (listed.get_object() if listed is not None else [])][:_MOST]
    if not any(one.get("/EF") and one.get("/EF") == spec.get("/EF") for one in files):
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
    called = _value(xmp, "DocumentFileName")
    if called and called != name:
        phrase = say("The metadata call the invoice {called}; its name is {name}.", called=called, name=name)
        yield _finding("pdf-xmp-name", phrase, called)
    said, wanted = _value(xmp, "ConformanceLevel"), LEVEL_NAMES.get(level, "")
    same = said.replace("-", "").replace(" ", "").upper() == wanted.replace("-", "").replace(" ", "").upper()
    fits = same or (wanted == "EN 16931" and said.upper() in ("COMFORT", "XRECHNUNG"))
    if syntax != "ZUGFeRD 1" and wanted and not fits and level != "extended-ctc-fr":
        phrase = say(
            "The metadata say profile {said}, the invoice is {wanted}.", said=said or "–", wanted=wanted
        )
        yield _finding("pdf-xmp-profile", phrase, said)


def _value(xmp: str, name: str) -> str:
    """Read a property of XMP, written as an element or as an attribute."""
    found = re.search(rf"<(?:\w+:)?{name}>\s*([^<]*?)\s*<", xmp) or re.search(
        rf"\b(?:\w+:)?{name}=[\"']([^\"']*)", xmp
    )
    return found.group(1) if found else ""


def _embedded(root: Any) -> Iterator[tuple[str, Any]]:
    """Go through the tree of embedded files, however deep it claims to be."""
    names = root.get("/Names")
    top = names.get_object().get("/EmbeddedFiles") if names is not None else None
    stack = [top.get_object()] if top is not None else []
    seen = 0
    while stack and seen < _MOST:
        node = stack.pop()
        seen += 1
        stack += [kid.get_object() for kid in node.get("/Kids") or []][:_MOST]
        pairs = list(node.get("/Names") or [])[: 2 * _MOST]
        for name, spec in zip(pairs[::2], pairs[1::2], strict=False):
            found = spec.get_object()
            yield str(found.get("/UF") or found.get("/F") or name), found


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
    known = profile if profile in LEVEL_OF_PROFILE.values() else "en16931"
    with tempfile.TemporaryDirectory(prefix="smeflow-") as folder:
        head = {
            "job": "attach",
            "folder": folder,
            "level": "extended" if known == "extended-ctc-fr" else known,
            "names": list(attachments or {}),
            "language": language,
        }
        try:
            sent = [pdf.data, xml, *(attachments or {}).values()]
            reply, pieces = shared_rule_workers().ask(head, sent, seconds=CHECK_SECONDS)
        except WorkerEnded as error:
            raise _unusable(pdf.name, "-") from error
    if "error" in reply:
        raise _unusable(pdf.name, reply["error"])
    return pieces[0]


def _unusable(name: str, why: str) -> DocumentError:
    return UnreadableDocument(
        say("{name} cannot hold an invoice: {why}. Save the page anew as a PDF.", name=name, why=why),
        name=name,
    )
