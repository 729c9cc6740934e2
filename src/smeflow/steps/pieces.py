"""The pieces of a case that tell what it is about: subject, sender, text, attachments."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from smeflow._text import folded, folded_map
from smeflow.documents.base import Document
from smeflow.documents.einvoice import OTHER_ROOTS
from smeflow.step import Case

LONG_ENOUGH = 20_000
"""Characters of a text that count for its label."""
LONGEST = 200_000
"""Characters that are searched for a quote."""
HEAD = 1_500
"""Characters of each attachment that count: what a paper is stands at its top."""


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A case as a person sorting post looks at it."""

    subject: str
    sender: str
    text: str
    attachments: tuple[tuple[str, str], ...] = ()
    """Each attachment's name and the beginning of its text."""
    named: bool = True
    """The subject is one, and not a file's name."""
    data: str = ""
    """The root element of the e-invoice among the files, or inside one; empty where there is none."""

    @classmethod
    def of(cls, case: Case) -> "Pieces":
        """Take the pieces of *case*; a file's name stands in for a subject."""
        first = case.documents[0] if case.documents else None
        named = dict(first.fields) if first else {}
        mail = first is not None and first.media_type == "message/rfc822"
        rest = case.documents[1:] if mail else ()
        fallback = first.name if first and not first.media_type.endswith("row+json") else ""
        subject = named.get("subject", "") or ("" if mail else named.get("title", ""))
        return cls(
            subject=subject or ("" if mail else fallback),
            named=bool(subject),
            sender=named.get("from", ""),
            text=(first.text if first and first.text.strip() else case.text),
            attachments=tuple((d.name, d.text[:HEAD]) for d in rest),
            data=next((d.fields["root"] for d in _inside(case) if _is_invoice(d)), ""),
        )

    @cached_property
    def everything(self) -> str:
        """The text of subject, body and attachments, in this order."""
        text = self.text[:LONG_ENOUGH]
        parts = [self.subject, text, *(f"{name}\n{text}" for name, text in self.attachments)]
        return "\n".join(part for part in parts if part)

    @cached_property
    def folded(self) -> str:
        """Everything, in the form words are compared in."""
        return folded(self.everything)


def _is_invoice(document: Document) -> bool:
    return bool(document.fields.get("syntax")) or document.fields.get("root") in OTHER_ROOTS


def _inside(case: Case) -> Iterator[Document]:
    for document in case.documents:
        yield from document.walk()


def quote_of(words: str, text: str) -> str | None:
    """Find *words* in *text* as they stand there, whatever their case and accents; None where they do not."""
    wanted = folded(words)
    if not wanted:
        return None
    flat, places = folded_map(text[:LONGEST])
    at = flat.find(wanted)
    return text[places[at] : places[at + len(wanted) - 1] + 1] if at >= 0 else None
