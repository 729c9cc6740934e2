"""What a `Draft` step writes, and how it names the facts it may use."""

from html import escape
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from smeflow.i18n import Phrase, say
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


class FactFrom(Result):
    """Where a fact comes from: an expression over earlier results, or a computation over a table.

    ``invoice.record.total_gross``, ``{sum: amount}``, ``{count: rows}``, ``{average: amount}``,
    ``{top: customer, by: amount}``; each with ``where: {column: value}`` and ``table: name`` if wanted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str | None = None
    """An expression in the language of conditions; writing the text alone will do."""
    sum: str | None = None
    count: str | None = None
    """``rows``, or a column whose different values are counted."""
    average: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    top: str | None = None
    """The value of this column with the greatest sum of column ``by``."""
    by: str | None = None
    where: dict[str, str] = Field(default_factory=dict)
    """Only rows whose cells equal these."""
    table: str | None = None
    """The document's name; by default the first table of the case."""
    digits: int | None = None
    """Digits behind the decimal mark; by default as many as the table has."""
    currency: str | None = None
    """The currency written behind an amount."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, written: object) -> object:
        return {"value": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [
            n for n in ("value", "sum", "count", "average", "minimum", "maximum", "top") if getattr(self, n)
        ]
        if len(given) != 1:
            raise ValueError(
                say("a fact is either an expression or one of sum, count, average, minimum, maximum, top")
            )
        if (self.top is None) != (self.by is None):
            raise ValueError(say("top and by go together: {{top: customer, by: amount}}"))
        return self
