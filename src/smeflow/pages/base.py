"""A report as it is printed: sections of paragraphs, tables and figures. Every format is made of it.

Nothing here computes: each text comes ready to be shown, each number with the name of the fact behind it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from smeflow.i18n import Language

ChartKind = Literal["line", "bar", "column", "stacked", "waterfall", "heat", "multiples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a paragraph: words, or a figure with the fact it shows."""

    text: str
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Words in one style."""

    runs: tuple[Run, ...]
    bullet: bool = False

    @property
    def text(self) -> str:
        """The words without their links."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings; the total, where there is one, comes last and is no row."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    fact: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a chart."""

    x: str
    """Its place on the axis; a place is named once in a series."""
    y: Decimal | None
    """None leaves a gap: an unknown value is not zero."""
    label: str = ""
    """The value as it is printed."""
    tick: str = ""
    """What stands at its place on the axis where that is not ``x``; a ``|`` breaks the line."""
    series: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    """The interval of a value that is estimated."""
    role: Literal["", "open", "forecast", "total"] = ""
    """A period that is not complete, a forecast, or the first and last step of a waterfall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart with its caption and the sentence that stands for it."""

    kind: ChartKind
    caption: str
    alt: str
    points: tuple[Point, ...]
    unit: str = ""
    """A currency's sign, ``%``, or what is counted: it stands at the axis."""
    fact: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """One figure of the summary, with what became of it."""

    label: str
    value: str
    change: str = ""
    direction: Literal["", "up", "down", "flat"] = ""
    fact: str = ""


Block = Paragraph | Table | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact of the annex: how it was come by."""

    name: str
    title: str
    shown: str
    value: Decimal | date | str | None = None
    unit: str = ""
    query: str = ""
    source: str = ""
    """The tables it was computed from, and how many of their rows."""
    lines: tuple[int, ...] = ()
    """The first of those rows, by their number in the file."""
    links: tuple[str, ...] = ()
    """Where they lie: ``sales.csv#row=36-42``."""
    columns: tuple[str, ...] = ()
    cells: tuple[tuple[object, ...], ...] = ()
    """What it says where that is more than one value."""
    remark: str = ""
    printed: bool = True
    """Whether it is said on the pages; what is not stands in the spreadsheet alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A table the report was computed from, and what a person should know of it."""

    name: str
    rows: int
    sha256: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Everything that is printed."""

    title: str
    subtitle: str = ""
    """The period, in words."""
    company: str = ""
    day: date | None = None
    """The day it speaks of, never the day it is printed: the same draft gives the same bytes."""
    language: Language = "en"
    highlights: tuple[Highlight, ...] = ()
    summary: tuple[Paragraph, ...] = ()
    sections: tuple[Section, ...] = ()
    annex: tuple[Evidence, ...] = ()
    cut: tuple[str, ...] = ()
    """What was taken out of the prose, and why. It stands in the spreadsheet, never on a page."""
    sources: tuple[Told, ...] = ()

    notes: tuple[str, ...] = ()
    """What a reader has to know about the data: a month with missing days, rows set aside."""

    @property
    def proofs(self) -> tuple[Evidence, ...]:
        """The facts that are said on the pages."""
        return tuple(fact for fact in self.annex if fact.printed)
