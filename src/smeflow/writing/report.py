"""What a report is before it has a page: facts that were computed, prose that was checked against them.

Everything here is plain data, made by `smeflow.reports` and drawn by `smeflow.pages`. Values are kept as text
in one form (``1234.50``, ``2026-11-23``, ``2026-11``), so that a report written down and read back is the
same; `FactColumn.read` gives the value behind a cell, `FactColumn.show` the cell as a reader sees it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from smeflow._text import hash_of
from smeflow.core.case import Known
from smeflow.core.claims import Claim
from smeflow.files.results import OMIT_NONE
from smeflow.i18n import Phrase, language_of, say
from smeflow.writing.locales import LocaleFormat, counted

Shape = Literal["scalar", "series", "ranking", "table", "buckets", "matrix"]
"""``scalar`` one value; ``series`` periods and values in their order; ``ranking`` names and values, the
greatest first; ``buckets`` ordered classes (ageing, ABC) and values; ``matrix`` a period or name, then a
column for each other one (cohorts, a series for each of several names); ``table`` anything else."""
Kind = Literal["text", "number", "date", "period"]
"""A ``period`` is a year (``2026``), quarter (``2026-Q4``), month (``2026-11``) or week (``2026-W48``)."""
Direction = Literal["up", "down", "flat"]
ColumnRole = Literal["value", "lower", "upper", "total", "share", "change", "forecast"]
"""What a number column holds: the value itself, an end of its interval, a part of the whole, a change."""
PAGE_LOOK = 1
"""How pages look now; counts up with what changes on all of them."""
Cell = str | None
FigureSpan = tuple[int, int, str]
"""A figure in a text: where it begins and ends, and the name of its fact."""
OmittedIfNone = Field(exclude_if=lambda value: value is None)
Value = Decimal | date | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactColumn:
    """One column of a fact."""

    name: str
    label: str
    """What a reader sees above it, in the report's language."""
    kind: Kind = "text"
    unit: str = ""
    """A currency code, ``%``, or what is counted; ``""`` for a bare number."""
    digits: int | None = None
    """Digits behind the decimal mark; None as many as the value has."""
    role: ColumnRole = "value"

    def read(self, cell: Cell) -> Value:
        """Give the value behind *cell*; a period stays text."""
        if cell is None:
            return None
        if self.kind == "number":
            return Decimal(cell)
        return date.fromisoformat(cell) if self.kind == "date" else cell

    def show(self, cell: Cell, locale: str) -> str:
        """Write *cell* for a reader: ``1 234,50 €``, ``novembre 2026``; an empty one is a dash."""
        if cell is None:
            return "–"
        figures = LocaleFormat(locale)
        if self.kind == "period":
            return figures.period(cell)
        value = self.read(cell)
        if isinstance(value, Decimal):
            unit = self.unit
            if len(unit) > 1 and not (len(unit) == 3 and unit.isupper()):
                unit = counted(value, unit, language_of(locale))
            return figures.measure(value, unit=unit, digits=self.digits)
        return figures.write(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsBehind:
    """The rows a fact rests on, and where they lie."""

    table: str
    """The file, sheet or query they were read from, as the recipe names it."""
    count: int
    sha256: str = ""
    """The table's content when it was read."""
    where: str = ""
    """The condition that chose them, in SQL; empty for all rows."""
    lines: tuple[int, ...] = ()
    """The first of their line numbers in the file (from 1), at most 50."""

    @property
    def link(self) -> str:
        """Point at the rows as RFC 7111 does, whatever the kind of file: ``sales.csv#row=36-42;50``."""
        runs: list[list[int]] = []
        for line in sorted(self.lines):
            if runs and line == runs[-1][-1] + 1:
                runs[-1][1:] = [line]
            else:
                runs.append([line])
        ranges = ";".join("-".join(map(str, run)) for run in runs)
        return f"{self.table}#row={ranges}" if ranges else self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFact:
    """One fact: what it says, how it was computed, and what may be said of it."""

    name: str
    """As prose refers to it: ``revenue``, ``revenue.change``."""
    label: str
    """What a reader sees, in the report's language: "Revenue", "Chiffre d'affaires"."""
    shape: Shape
    columns: tuple[FactColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """In the order they are shown. A scalar is one row of one column."""
    query: str = ""
    """The SQL that was run, whole."""
    behind: tuple[RowsBehind, ...] = ()
    measure: str = ""
    """The measure of the library it was made by (``sum``, ``top``, ``change``); ``sql`` for an expression."""
    direction: Direction | None = None
    """Which way it went, where that may be said; None where nothing of the kind may be."""
    good: Direction | None = None
    """Which way is good for the firm, where the recipe tells."""
    incomplete: Phrase | None = None
    """Why it is not to be read as whole (days are missing); then no direction is told."""
    note: Phrase | None = None
    """What a reader must know beside it: net or gross, which date, the sign of credit notes, an interval."""
    total: tuple[Cell, ...] | None = None
    """The row of totals, where adding up makes sense."""
    people: bool = False
    """Whether its names may be those of people: they are sent to no model elsewhere."""

    @property
    def value(self) -> Value:
        """The value of a scalar; None where it is not known, or for any other shape."""
        if self.shape != "scalar" or not self.rows:
            return None
        return self.columns[0].read(self.rows[0][0])

    def text(self, locale: str) -> str:
        """Write a scalar for a reader."""
        return self.columns[0].show(self.rows[0][0] if self.rows else None, locale)

    def shown(self, locale: str) -> Iterator[tuple[str, ...]]:
        """Write the rows for a reader."""
        for row in self.rows:
            yield tuple(c.show(cell, locale) for c, cell in zip(self.columns, row, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The closed period a report is about."""

    key: str
    """``2026-10``; empty where the report is of the whole table."""
    first: date | None = None
    last: date | None = None
    complete: bool = True
    """Whether the table has rows up to its end; an incomplete period is not told as a trend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph or list item, its figures already put in and checked."""

    text: str
    """Plain text in the report's language; no markup."""
    facts: tuple[str, ...] = ()
    """The names of the facts it speaks of."""
    kind: Literal["text", "item"] = "text"
    by: Literal["pattern", "model", "person"] = "pattern"
    figures: Annotated[tuple[FigureSpan, ...] | None, OmittedIfNone] = field(
        default=None, metadata={OMIT_NONE: True}
    )
    """Which fact each figure in the text is; None in a report that was drafted before this was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, what is said under it, and the facts shown there as a chart, a table or a figure."""

    heading: str
    paragraphs: tuple[Paragraph, ...] = ()
    shows: tuple[str, ...] = ()
    """Names of facts, in the order they are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """A table the report was computed from, and what was found in it."""

    name: str
    rows: int
    sha256: str
    columns: tuple[tuple[str, str], ...] = ()
    """Each column and the type it was read as."""
    told: tuple[Phrase, ...] = ()
    """Rows set aside (totals, repeated headers), cells that could not be read, with their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorship:
    """How the prose came about."""

    by: Literal["pattern", "model", "person"] = "pattern"
    kept: int = 0
    """Sentences of a model that held as they were written."""
    repaired: int = 0
    """Sentences that were sent back and hold now."""
    cut: int = 0
    """Sentences that are not on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as drafted: everything a page needs, nothing left to compute."""

    result_id: ClassVar[str] = "report"
    """What ledgers know this kind of result by. Never changed."""

    title: str
    locale: str
    """``fr-FR``, ``en-GB``."""
    period: Period = field(default_factory=lambda: Period(key=""))
    subtitle: str = ""
    """Who it is of and when: "Atelier Durand, October 2026"."""
    summary: tuple[Paragraph, ...] = ()
    """The few things that changed most."""
    facts: tuple[ReportFact, ...] = ()
    sections: tuple[Section, ...] = ()
    sources: tuple[ReportSource, ...] = ()
    remarks: tuple[Phrase, ...] = ()
    """For the run and the annex, never for the page: sentences that were cut and why."""
    missing: tuple[Phrase, ...] = ()
    """What keeps it from being a report: no rows, no such column. Then there are no sections."""
    written: Authorship = Authorship()
    """Who wrote the prose, and how many of the sentences held."""
    wanted_model: bool = False
    """Whether a model was to write the prose and there was none; the patterns wrote it."""
    accepted_by: str | None = None
    """The person who changed it."""
    look: Annotated[int | None, OmittedIfNone] = field(default=None, metadata={OMIT_NONE: True})
    """How its pages look. None in a report that was drafted before this was kept: its pages, made again, show
    their queries and name one bar where several are as high, byte for byte as they were."""
    changed: tuple[Phrase, ...] = ()
    """How its facts differ from the report that was approved last for the same period."""

    mistakes: tuple[Phrase, ...] = ()
    """Facts the recipe asks for that cannot be computed, whatever rows come: no such column, no SQL."""

    @property
    def doubts(self) -> tuple[Phrase, ...]:
        """What sends it to a person: there is nothing to report, or not what the recipe asks for."""
        return (*self.missing, *(each for each in self.mistakes if each not in self.missing))

    @property
    def language(self) -> str:
        """Two letters."""
        return self.locale[:2].lower()

    def fact(self, name: str) -> ReportFact:
        """Give the fact called *name*.

        Raises:
            KeyError: There is none.
        """
        for fact in self.facts:
            if fact.name == name:
                return fact
        raise KeyError(name)

    def claims(self, _known: Known, /) -> Iterator[Claim]:
        """Say what an approved report is frozen with: a figure that is another since goes to a person."""
        if self.missing:
            return
        for fact in self.facts:
            if "." in fact.name and fact.shape == "scalar":
                continue  # what only stands beside another changes with it, or with what came before
            value = hash_of([fact.rows, [column.unit for column in fact.columns]])[:16]
            shown = fact.text(self.locale) if fact.shape == "scalar" else ""
            about = say("{label}: figures changed since approval", label=fact.label)
            if shown:
                about = say(
                    "{label}: figures changed since approval, {before} before and {now} now",
                    label=fact.label,
                    before="",
                    now=shown,
                )
            yield Claim(rule="frozen", key=f"report {fact.name}", value=value, about=about, shown=shown)
