"""Measure a draft's facts over the tables of its case, by the measures of reports."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from types import TracebackType
from typing import NamedTuple, Self

from pydantic import ConfigDict, Field, model_validator

from smeflow.errors import SourceError
from smeflow.facts.book import Book, Held, quoted
from smeflow.facts.load import hold_rows
from smeflow.facts.measures.base import Desk, Measure, cell_is
from smeflow.facts.measures.top import Top
from smeflow.facts.measures.totals import Count, Maximum, Mean, Minimum, Sum
from smeflow.facts.report import FactValue
from smeflow.i18n import Phrase, say
from smeflow.step import Case
from smeflow.steps.base import Result
from smeflow.steps.drafted import Printable
from smeflow.steps.tables import tables_of

_TOTALS: Mapping[str, type[Measure]] = {
    "sum": Sum,
    "count": Count,
    "average": Mean,
    "minimum": Minimum,
    "maximum": Maximum,
}
KINDS = (*_TOTALS, "top")
_LEVEL = 100
"""So many names are looked at to tell whether several come first."""


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
        if sum(1 for kind in ("value", *KINDS) if getattr(self, kind)) != 1:
            raise ValueError(
                say("a fact is either an expression or one of sum, count, average, minimum, maximum, top")
            )
        if (self.top is None) != (self.by is None):
            raise ValueError(say("top and by go together: {{top: customer, by: amount}}"))
        return self

    @property
    def kind(self) -> str:
        """What is computed: ``sum``, ``top``."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @property
    def of(self) -> str:
        """The column it is computed of, or ``rows``."""
        return str(getattr(self, self.kind))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it rests on, as they are written."""
        own = () if self.count == "rows" else (self.of,)
        return (*own, *((self.by,) if self.by else ()), *self.where)

    @property
    def asked(self) -> str:
        """What is computed, in words: ``sum(amount)``, ``top(customer) by sum(amount)``."""
        return f"{self.kind}({self.of})" + (f" by sum({self.by})" if self.by else "")


class Measured(NamedTuple):
    """What a fact came to."""

    value: Printable | None
    source: str
    doubts: tuple[Phrase, ...] = ()


class Measuring:
    """The tables of one case, read when the first fact asks for them. Use as a context manager."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._names: list[tuple[frozenset[str], str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_book" in self.__dict__:
            self._book.close()

    @cached_property
    def _book(self) -> Book:
        tables = list(tables_of(self._case))
        book = Book()
        for document, table in tables:
            if table.name not in book.tables:
                hold_rows(book, table.name, table.columns, iter(table.rows), source=table.name)
                known = (document.name, table.name, document.name.rpartition(".")[0])
                self._names.append((frozenset(known), table.name))
        return book

    def measure(self, fact: FactFrom) -> Measured:
        """Measure one fact; where it cannot be, its doubts say why."""
        doubts: tuple[Phrase, ...] = ()
        try:
            held = self._table(fact.table)
            columns = {held.column(name) for name in fact.columns}
            doubts = tuple(told for told in held.told if told.data.get("column") in columns)
            measure = _measure(fact, held, " AND ".join(self._where(fact, held)))
            found = next(measure.facts("fact", Desk(book=self._book)))
        except SourceError as error:
            return Measured(None, "", (*doubts, error.phrase))
        value, ties = _first(found) if fact.top else (_rounded(found), ())
        return Measured(value, f"{held.source}: {fact.asked}", (*doubts, *ties))

    def _table(self, name: str | None) -> Held:
        book = self._book
        meant = next((table for names, table in self._names if name in names), name)
        return book.table(meant)

    def _where(self, fact: FactFrom, held: Held) -> Iterator[str]:
        """Write the conditions that a row's cells equal what the fact names."""
        for name, wanted in fact.where.items():
            yield cell_is(self._book, held, held.column(name), wanted)
        if fact.top:
            yield f"{quoted(held.column(fact.top))} IS NOT NULL"


def _measure(fact: FactFrom, held: Held, where: str) -> Measure:
    """Give the measure of reports that a fact asks for."""
    if fact.top and fact.by:
        top, by = held.column(fact.top), held.column(fact.by)
        return Top(top=top, by=by, n=_LEVEL, shares=False, table=held.name, where=where)
    kind = _TOTALS[fact.kind]
    column = "rows" if fact.count == "rows" else held.column(fact.of)
    return kind.model_validate({kind.word: column, "table": held.name, "where": where, "compare": ()})


def _first(ranking: FactValue) -> tuple[str | None, tuple[Phrase, ...]]:
    """Give the name that comes first in a ranking; where several are level, none does."""
    level = [row for row in ranking.rows[:_LEVEL] if row[1] == ranking.rows[0][1]]
    names = sorted(str(name) for name, *_ in level)
    if len(names) > 1:
        return None, (say("{names} are level: {amount}.", names=", ".join(names), amount=level[0][1]),)
    return (names[0] if names else None), ()


def _rounded(fact: FactValue) -> Decimal | None:
    """Give a value with the digits it is shown with: a mean has no last one of its own."""
    value, digits = fact.value, fact.columns[0].digits
    if not isinstance(value, Decimal):
        return None
    return value if digits is None else value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
