"""What a printed report is made of: sections, paragraphs, tables, figures, and the words on every page.

Every format is made of it. Nothing here computes: each text comes ready to be shown, each number with the
name of the fact behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from smeflow.i18n import Language, Phrase, say

ChartKind = Literal["line", "bar", "column", "stacked", "waterfall", "heat", "multiples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """A piece of a paragraph: words, or a figure with the fact it shows."""

    text: str
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParagraph:
    """Words in one style."""

    runs: tuple[TextRun, ...]
    bullet: bool = False

    @property
    def text(self) -> str:
        """The words without their links."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column of a table."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """Rows under headings; the total, where there is one, comes last and is no row."""

    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    fact: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoint:
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
    points: tuple[ChartPoint, ...]
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

    @property
    def marked_change(self) -> str:
        """The change behind the sign for its direction; empty where there is none."""
        mark = TREND_MARKS.get(self.direction)
        return f"{mark} {self.change}" if mark and self.change else self.change


TREND_MARKS = {"up": "▲", "down": "▼"}
Block = PageParagraph | PageTable | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSection:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexEntry:
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
    query_printed: bool = False
    """Whether the pages show its query, as those of reports drafted before do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table the report was computed from, and what a person should know of it."""

    name: str
    rows: int
    sha256: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedReport:
    """Everything that is printed."""

    title: str
    subtitle: str = ""
    """The period, in words."""
    company: str = ""
    day: date | None = None
    """The day it speaks of, never the day it is printed: the same draft gives the same bytes."""
    language: Language = "en"
    highlights: tuple[Highlight, ...] = ()
    summary: tuple[PageParagraph, ...] = ()
    sections: tuple[PageSection, ...] = ()
    annex: tuple[AnnexEntry, ...] = ()
    cut: tuple[str, ...] = ()
    """What was taken out of the prose, and why. It stands in the spreadsheet, never on a page."""
    sources: tuple[SourceTable, ...] = ()

    notes: tuple[str, ...] = ()
    """What a reader has to know about the data: a month with missing days, rows set aside."""

    @property
    def heading(self) -> str:
        """The title and the subtitle on one line."""
        return f"{self.title} – {self.subtitle}" if self.subtitle else self.title

    @property
    def has_summary(self) -> bool:
        """Whether anything stands before the first section."""
        return bool(self.highlights or self.summary or self.notes)

    @property
    def proofs(self) -> tuple[AnnexEntry, ...]:
        """The facts that are said on the pages."""
        return tuple(fact for fact in self.annex if fact.printed)


_WORDS: Mapping[str, Phrase] = {
    "summary": say("Summary"),
    "contents": say("Contents"),
    "annex": say("Where each figure comes from"),
    "about": say(
        "Every figure of this report was computed from the tables named here; none was written by hand."
    ),
    "proof": say("how it was computed"),
    "value": say("Value"),
    "source": say("Computed from"),
    "query": say("Query"),
    "remark": say("Remark"),
}


def page_words(language: Language) -> Mapping[str, str]:
    """Give the words in *language*."""
    return {name: phrase.render(language) for name, phrase in _WORDS.items()}


def count_of_rows(count: int, language: Language) -> str:
    """Say how many rows: ``1 row``, ``1 234 rows``."""
    shown = f"{count:,}".replace(",", "\u202f" if language == "fr" else ",")
    phrase = say("{count} row", count=shown) if count == 1 else say("{count} rows", count=shown)
    return phrase.render(language)


def page_number_words(language: Language) -> tuple[str, str]:
    """Give what stands before the page's number, and between it and the number of pages."""
    before, _, rest = say("Page {page} of {pages}", page="\0", pages="\1").render(language).partition("\0")
    return before, rest.rstrip("\1")


def anchors(pages: PrintedReport) -> Mapping[str, str]:
    """Give each fact of the annex the name that is linked to."""
    return {fact.name: f"fact-{n}" for n, fact in enumerate(pages.proofs, 1)}


def proof_lines(fact: AnnexEntry, language: Language) -> tuple[tuple[str, str], ...]:
    """Tell how a fact was come by: what each line is about, and what it says.

    Its query stands in the spreadsheet alone: whoever reads the pages reads no SQL.
    """
    word = page_words(language)
    query = fact.query if fact.query_printed else ""
    lines = (("value", fact.shown), ("source", fact.source), ("query", query), ("remark", fact.remark))
    return tuple((word[name], text) for name, text in lines if text)
