"""Put an e-invoice into a PDF, as Factur-X lays down (PDF/A-3 with the XML as an associated file)."""

import tempfile
from collections.abc import Mapping

from smeflow.documents.base import Document
from smeflow.documents.workers import WorkerEnded
from smeflow.einvoices.child import SECONDS, shared_rule_workers
from smeflow.einvoices.levels import PROFILES
from smeflow.errors import DocumentError, UnreadableDocument
from smeflow.i18n import Language, say

FILE_NAME = "factur-x.xml"


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
    known = profile if profile in PROFILES.values() else "en16931"
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
            reply, pieces = shared_rule_workers().ask(head, sent, seconds=SECONDS)
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
