"""What the step families share: a frozen shape, and results that are written down under their kind's name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Protocol, Union, get_args, get_origin, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from smeflow._text import shortened
from smeflow.documents.document import Box, Document, Quote
from smeflow.errors import LLMRejected
from smeflow.expressions.language import Expression
from smeflow.i18n import Phrase
from smeflow.kinds.lookup import KindTable
from smeflow.kinds.records import UNTOLD, FieldRival

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"
PRINTED_TYPES = ("application/pdf", "image/", "text/xml", "application/xml")


class StepFamily(BaseModel):
    """A kind of step. Its fields are its keyword arguments, YAML keys, repr and fingerprint."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True
    )
    kind_id: ClassVar[str]
    """What ledgers know the kind by, whatever its class is called and wherever it stands. Never changed."""
    revision: ClassVar[int] = 1
    """Counts up when the same fields come to mean something else."""
    prompt: ClassVar[str] = ""
    """What a model is told; a change makes results incomparable."""

    name: str = Field(pattern=NAME_PATTERN)
    """Where the result is kept: letters, digits and underlines."""


class StepResult(BaseModel):
    """What a step found. Frozen; goes through JSON unchanged."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    result_id: ClassVar[str]
    """What ledgers know the kind of result by: a row of `RESULTS`. Never changed."""


MOST_LINES = 24
"""How long a result is in a terminal; what is left out is counted."""


def on_one_screen(title: str, lines: Iterable[str], remarks: Iterable[Phrase] = ()) -> str:
    """Show a result in a terminal: a title, its values a line each, and the sentences about it."""
    rows = [*lines, *(f"- {remark}" for remark in remarks)]
    shown = [shortened(" ".join(row.split()), 110) for row in rows[:MOST_LINES]]
    left = len(rows) - len(shown)
    return "\n  ".join([title, *shown, *([f"… and {left} more"] if left else [])])


class RivalReading(StepResult):
    """Another value that a field could have, where it stands, and why it was not taken."""

    value: str
    quote: str | None = None
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom in fractions of the page."""
    why: Phrase | None = None
    """What speaks against it; None where nothing does."""
    label: Annotated[str | None, UNTOLD] = None
    """The words it stands beside or under, as printed."""
    behind: Annotated[float | None, UNTOLD] = None
    """How far it is behind the value, as the logarithm of odds: 3 is about twenty to one."""

    @classmethod
    def of(cls, value: str, rival: FieldRival) -> "RivalReading":
        """Write a rival down, its value in one form."""
        quote = rival.quote
        return cls(
            value=value,
            quote=quote.text if quote else None,
            page=quote.page if quote else None,
            box=(quote.box.left, quote.box.top, quote.box.right, quote.box.bottom)
            if quote and quote.box
            else None,
            why=rival.why,
            label=rival.label,
            behind=rival.behind,
        )


class FieldReading(StepResult):
    """One value with its evidence."""

    value: str | None = None
    """In one form whatever was printed: ``1234.50``, ``2026-11-23``; the typed value is in the record."""
    quote: str | None = None
    """As printed, never corrected."""
    document: str | None = None
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom in fractions of the page."""
    start: int | None = None
    end: int | None = None
    path: str | None = None
    """The XPath in an XML document, or the column of a table."""
    reader: str | None = None
    """Who read it: ``einvoice``, ``layout``, ``labels``, ``model``, or ``person``."""
    currency: str | None = None
    """The currency printed beside an amount."""
    confidence: float | None = None
    """None until it was fitted on labelled cases; never the model's own word."""
    note: Phrase | None = None
    """What the reader says about how it came to the value."""
    checks: dict[str, bool | None] = Field(default_factory=dict)
    """What must hold for this field: passed, failed, or None where it could not run."""

    rivals: Annotated[tuple[RivalReading, ...], UNTOLD] = ()
    """What else it could have been, the nearest first. Without a value the field is open between them."""

    @classmethod
    def of(
        cls, value: str | None, quote: Quote | None, reader: str, currency: str | None = None
    ) -> "FieldReading":
        """Join a value with the place it was read from."""
        if quote is None:
            return cls(value=value, reader=reader, currency=currency)
        return cls(
            value=value,
            quote=quote.text,
            document=quote.document,
            page=quote.page,
            box=(quote.box.left, quote.box.top, quote.box.right, quote.box.bottom) if quote.box else None,
            start=quote.start,
            end=quote.end,
            path=quote.path,
            reader=reader,
            currency=currency,
        )

    @property
    def place(self) -> Quote | None:
        """Give the quote with its place, as `documents.show` takes it."""
        if self.quote is None or self.document is None:
            return None
        return Quote(
            text=self.quote,
            document=self.document,
            page=self.page,
            box=Box(*self.box) if self.box else None,
            start=self.start,
            end=self.end,
            path=self.path,
        )


RESULTS = KindTable(
    "results",
    {
        "extraction": "smeflow.extract.result:Extraction",
        "label": "smeflow.triage.labels:Label",
        "draft": "smeflow.writing.drafts:Drafted",
        "report": "smeflow.writing.report:Report",
        "sender": "smeflow.mail.guard:Sender",
        "ruling": "smeflow.engine.own_steps:Ruled",
    },
)
"""The kinds of results: what ledgers know each by, and its class. No name is ever changed.

How one is shown stands with whoever shows it, by this name. A class derived from one is of its kind; a type
of somebody's own has no name and is shown by its values.
"""


def result_id(returns: Any) -> str:
    """Give what ledgers know a step's result by, given the type it returns; empty for one without a name.

    ``Label | None`` is a label.
    """
    members = get_args(returns) if get_origin(returns) in (Union, UnionType) else (returns,)
    names = {_own_id(member) for member in members if member is not NoneType}
    return names.pop() if len(names) == 1 else ""


def _own_id(kind: object) -> str:
    bases = kind.__mro__ if isinstance(kind, type) else ()
    return next((str(vars(base)["result_id"]) for base in bases if "result_id" in vars(base)), "")


def recognised(value: object) -> str:
    """Give the kind of a result whose ledger names none: that of the one class which reads all of it.

    So it is with results from before ledgers named them. Where no class reads the whole, or several do, it is
    empty: nothing is concluded from a part.
    """
    if not isinstance(value, Mapping):
        return ""
    readers = [name for name in RESULTS.ours if _reads_all(name, value)]
    return readers[0] if len(readers) == 1 else ""


def _reads_all(name: str, value: Mapping[str, Any]) -> bool:
    reader, known = _reader(name)
    if not value.keys() <= known:
        return False
    try:
        reader.validate_python(value)
    except ValidationError:
        return False
    return True


@cache
def _reader(name: str) -> tuple[TypeAdapter[Any], frozenset[str]]:
    kind = RESULTS.find(name)
    known = kind.model_fields if issubclass(kind, BaseModel) else (field.name for field in fields(kind))
    return TypeAdapter(kind), frozenset(known)


def is_printed(document: Document) -> bool:
    """Tell whether *document* is of the kind invoices come as: PDF, XML or a picture."""
    return document.media_type.startswith(PRINTED_TYPES) or document.media_type.endswith("+xml")


def is_no_model(error: LLMRejected) -> bool:
    """Tell whether a rejection only means that there is no model to ask."""
    return error.reason == "no_model"


@runtime_checkable
class ExpressionStep(Protocol):
    """A step with expressions of its own, which are checked when the recipe is read."""

    @property
    def expressions(self) -> Mapping[str, Expression] | Sequence[Expression]:
        """What reads the results of steps before."""
        ...


@runtime_checkable
class LabelStep(Protocol):
    """A step whose labels conditions compare with."""

    @property
    def labels(self) -> Mapping[str, Any] | None:
        """What it can give, by name."""
        ...


@runtime_checkable
class MeasureStep(Protocol):
    """A step that asks the source for facts."""

    @property
    def measures(self) -> Mapping[str, Any]:
        """The facts by name."""
        ...

    @property
    def locale(self) -> str:
        """How its reader writes figures."""
        ...


@runtime_checkable
class PromptedStep(Protocol):
    """A step that may be told in words what a model is to do."""

    @property
    def instructions(self) -> str:
        """The words; empty where there are none."""
        ...
