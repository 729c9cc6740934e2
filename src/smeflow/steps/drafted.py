"""A text somebody may send, and the facts it was written from: what `Draft` and `Reply` give."""

from datetime import date
from decimal import Decimal
from html import escape

from smeflow.facts.base import Fact
from smeflow.i18n import Phrase
from smeflow.money import Money
from smeflow.steps.base import Result


class FactValue(Result):
    """One fact as the text may use it."""

    name: str
    value: str | None
    """In one form: ``1234.50``, ``2026-11-23``, or text."""
    text: str
    """As it is written in the draft's language: ``1 234,50``."""
    source: str = ""
    """Where it comes from: a result's field, or a computation over a table's column."""


Printable = str | bool | int | Decimal | Money | date
"""What a text can say."""


def known_as(fact: FactValue, value: Printable) -> Fact:
    """Give a fact as a text is held against it: an amount without its currency."""
    if isinstance(value, Money):
        value = value.amount
    elif isinstance(value, bool):
        value = fact.text
    elif isinstance(value, int):
        value = Decimal(value)
    return Fact(name=fact.name, value=value, text=fact.text, source=fact.source)


class Drafted(Result):
    """A text somebody may send. Nothing is ever sent by the step."""

    subject: str = ""
    text: str = ""
    facts: tuple[FactValue, ...] = ()
    reader: str | None = None
    """Who wrote it: ``template``, ``model`` or ``person``."""
    problems: tuple[Phrase, ...] = ()
    doubts: tuple[Phrase, ...] = ()
    """What speaks against the text: a case with any goes to a person."""
    wanted_model: bool = False
    accepted_by: str | None = None
    marked: tuple[str, ...] = ()
    """Passages that stand in no source; each is told among the doubts."""
    language: str | None = None
    """Two letters, where it was written in the language of a mail."""

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{escape(str(p))}</li>" for p in (*self.doubts, *self.problems))
        subject = f"<p><b>{escape(self.subject)}</b></p>" if self.subject else ""
        shown = escape(self.text)
        for passage in self.marked:
            shown = shown.replace(escape(passage), f"<mark>{escape(passage)}</mark>")
        text = f"<div style='white-space:pre-wrap'>{shown}</div>"
        return subject + text + (f"<ul>{said}</ul>" if said else "")
