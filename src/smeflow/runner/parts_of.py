"""What ``split:`` makes of a case: the parts that become items of their own."""

from smeflow.documents.base import Document
from smeflow.ledger.parts import Part
from smeflow.step import Case

MAIL = "message/rfc822"
PAPERS = ("application/pdf", "application/xml", "text/xml", "image/")
"""What an invoice comes as."""


def parts_of(case: Case, how: str) -> tuple[Part, ...] | None:
    """Give the parts of *case*; None where it is one piece and is worked on as it is.

    ``attachments``: each attachment of a mail. ``invoices``: each attachment that may be one. A single file
    is never cut: when it holds several invoices, the step that reads it says so and a person looks.
    """
    if not case.documents or case.documents[0].media_type != MAIL:
        return None
    attached = [d for d in case.documents[1:] if d.data]
    wanted = attached if how == "attachments" else [d for d in attached if _may_be_invoice(d)]
    return tuple(Part(name=d.name, media_type=d.media_type, data=d.data) for d in wanted) or None


def _may_be_invoice(document: Document) -> bool:
    return document.media_type.startswith(PAPERS)
