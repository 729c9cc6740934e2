"""A draft laid out: charts by the shape of facts, figures bound to their facts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smeflow.i18n import Phrase
from smeflow.pages.axes import period_tick
from smeflow.pages.elements import Figure, PageTable
from smeflow.pages.figures import figure_of
from smeflow.pages.layout import lay_out
from smeflow.writing.report import (
    FactColumn,
    Paragraph,
    Period,
    Report,
    ReportFact,
    ReportSource,
    RowsBehind,
    Section,
)

MONTH = FactColumn(name="period", label="Mois", kind="period")
EUROS = FactColumn(name="value", label="Ventes", kind="number", unit="EUR", digits=0)
SHARE = FactColumn(name="share", label="Part", kind="number", unit="%", digits=1, role="share")
NAME = FactColumn(name="name", label="Pays")


def fact(shape, columns, rows, name="sales", **more) -> ReportFact:
    behind = (RowsBehind(table="sales.csv", count=1212, lines=(2, 3)),)
    return ReportFact(
        name=name,
        label=more.pop("label", "Ventes"),
        shape=shape,
        columns=tuple(columns),
        rows=tuple(rows),
        query="SELECT 1",
        behind=behind,
        **more,
    )


SERIES = fact("series", [MONTH, EUROS], [(f"2026-{m:02}", str(1000 * m)) for m in range(1, 11)])
AHEAD = fact(
    "series",
    [MONTH, *(replace(EUROS, name=r, role=r) for r in ("forecast", "lower", "upper"))],
    [("2026-11", "11000", "9000", "13000")],
    name="ahead",
    measure="forecast",
    note=Phrase("a forecast, no fact"),
)
RANKING = fact(
    "ranking",
    [NAME, EUROS, SHARE],
    [("France", "600", "60"), ("Suisse", "400", "40")],
    total=("Total", "1000", "100"),
)
CROSS = fact(
    "matrix",
    [MONTH, replace(EUROS, label="France"), replace(EUROS, label="Suisse")],
    [("2026-09", "5", "6"), ("2026-10", "7", "8")],
    measure="cross",
)
COHORT = fact(
    "matrix",
    [
        MONTH,
        FactColumn(name="n", label="Clients", kind="number", digits=0, role="total"),
        replace(SHARE, label="+1"),
        replace(SHARE, label="+2"),
    ],
    [("2026-09", "40", "50", None), ("2026-08", "30", "60", "20")],
)
STEPS = fact(
    "buckets",
    [NAME, replace(EUROS, role="change")],
    [("Septembre", "100"), ("France", "20"), ("Suisse", "-5"), ("Octobre", "115")],
)
AGEING = fact(
    "buckets",
    [NAME, EUROS, SHARE],
    [("Non échu", "600", "60"), ("1–30 j", "400", "40")],
    total=("Total", "1000", "100"),
)
SCALAR = fact("scalar", [EUROS], [("58100",)], name="revenue", label="Chiffre d’affaires", direction="up")
CHANGE = fact(
    "scalar",
    [FactColumn(name="change", label="Évolution", kind="number", unit="%", digits=1, role="change")],
    [("11.1",)],
    name="revenue.change",
    direction="up",
)


LONG = tuple((f"Une classe de nom très long {n}", "1", "1") for n in range(4))
MANY = (("2026-09", *"12345"), ("2026-10", *"12345"))


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (SERIES, "line"),
        (replace(SERIES, rows=SERIES.rows[:4]), "column"),
        (RANKING, "bar"),
        (AGEING, "column"),
        (replace(AGEING, rows=LONG), "bar"),
        (STEPS, "waterfall"),
        (CROSS, "stacked"),
        (replace(CROSS, rows=(("2026-09", "5", "-6"), ("2026-10", "7", "8"))), "line"),
        (replace(CROSS, measure="sql", columns=(MONTH, *[EUROS] * 5), rows=MANY), "multiples"),
        (COHORT, "heat"),
    ],
)  # fmt: skip
def test_the_shape_of_a_fact_chooses_its_chart(what, kind):
    """Time is a line, names are bars, what adds up is stacked, what led there a waterfall, cohorts a map."""
    figure = figure_of(what, "fr-FR")
    assert figure is not None
    assert figure.kind == kind
    assert figure.alt.endswith(".")
    assert figure.caption == "Ventes"


@pytest.mark.parametrize("what", [SCALAR, replace(SERIES, rows=()), replace(SERIES, rows=SERIES.rows[:1])])
def test_one_value_is_no_chart(what):
    """A single value is said, not drawn."""
    assert figure_of(what, "en-GB") is None


def test_an_incomplete_period_is_drawn_hollow_and_told():
    """A month with missing days does not look like a fall."""
    figure = figure_of(replace(SERIES, incomplete=Phrase("Les derniers jours manquent")), "fr-FR")
    assert [point.role for point in figure.points[-2:]] == ["", "open"]
    assert figure.note == "Les derniers jours manquent."


def draft(*shows: ReportFact, text: str = "", locale: str = "fr-FR", **more) -> Report:
    paragraph = Paragraph(text=text, facts=("revenue", "revenue.change", "sales"))
    return Report(
        title="Rapport",
        locale=locale,
        period=Period(key="2026-10", first=date(2026, 10, 1), last=date(2026, 10, 31)),
        facts=(SCALAR, CHANGE, *(fact for fact in shows if fact is not SCALAR)),
        sections=(Section(heading="Ventes", paragraphs=(paragraph,), shows=tuple(f.name for f in shows)),),
        **more,
    )


def test_a_figure_in_a_sentence_leads_to_its_fact_and_no_sentence_is_altered():
    """Each printed value is bound to the fact that says it, never a part of a longer number."""
    text = "Le chiffre d’affaires atteint 58\u202f100\u00a0€ (11,1\u202f%), non 158\u202f100\u00a0€."
    paragraph = lay_out(draft(text=text)).sections[0].blocks[0]
    assert paragraph.text == text
    assert [(run.text, run.fact) for run in paragraph.runs if run.fact] == [
        ("58\u202f100\u00a0€", "revenue"),
        ("11,1\u202f%", "revenue.change"),
    ]


def test_a_figure_that_two_facts_say_leads_to_the_one_that_was_meant():
    """What was written down with the text counts, not which fact reads the same."""
    text = "Ventes : 58\u202f100\u00a0€."
    paragraph = Paragraph(text=text, facts=("revenue", "sales"), figures=((9, 17, "sales"),))
    summary = lay_out(replace(draft(SCALAR), summary=(paragraph,))).summary[0]
    assert [(run.text, run.fact) for run in summary.runs] == [
        ("Ventes : ", ""),
        ("58\u202f100\u00a0€", "sales"),
        (".", ""),
    ]


def test_the_top_shows_what_the_summary_speaks_of_with_its_change():
    """Large figures at the top: the value, how it changed, against what."""
    report = draft(summary=(Paragraph(text="", facts=("revenue.change",)),))
    (item,) = lay_out(report).highlights
    assert (item.label, item.value, item.change, item.direction) == (
        "Chiffre d’affaires",
        "58\u202f100\u00a0€",
        "+11,1\u202f% sur un mois",
        "up",
    )
    (english,) = lay_out(draft(locale="en-GB")).highlights
    assert english.change == "+11.1% on the month before"


def test_a_forecast_goes_on_from_its_series_in_one_chart():
    """What is known and what is expected stand in one picture, the expected marked as such."""
    blocks = lay_out(draft(SERIES, AHEAD)).sections[0].blocks
    figures = [block for block in blocks if isinstance(block, Figure)]
    assert len(figures) == 1
    assert [point.role for point in figures[0].points[-2:]] == ["", "forecast"]
    assert figures[0].points[-1].high == Decimal(13000)
    assert "forecast" in figures[0].note


def test_tables_have_their_totals():
    """The row of totals of a fact is the total of its table."""
    blocks = lay_out(draft(AGEING)).sections[0].blocks
    table = next(block for block in blocks if isinstance(block, PageTable))
    assert table.total == ("Total", "1\u202f000\u00a0€", "100,0\u202f%")
    assert table.rows[0] == ("Non échu", "600\u00a0€", "60,0\u202f%")
    assert [column.number for column in table.columns] == [False, True, True]


def test_single_values_of_a_section_stand_in_one_table():
    """Figures that are shown alone get a line each, with their change."""
    (_, table) = lay_out(draft(SCALAR)).sections[0].blocks
    assert table.caption == "Chiffres clés"
    assert table.rows == (("Chiffre d’affaires", "58\u202f100\u00a0€", "+11,1\u202f%"),)


def test_the_annex_tells_how_each_fact_was_come_by():
    """Query, table, how many rows, and the rows of what is more than one value."""
    annex = {fact.name: fact for fact in lay_out(draft(AGEING)).annex}
    assert annex["revenue"].source == "sales.csv, 1\u202f212 lignes"
    assert annex["revenue"].query == "SELECT 1"
    assert annex["revenue"].value == Decimal(58100)
    assert annex["revenue"].lines == (2, 3)
    assert annex["sales"].cells[0] == ("Non échu", Decimal(600), Decimal(60))


def test_what_was_cut_and_what_was_set_aside_is_kept_for_the_annex_alone():
    """Remarks are for the firm, not for the reader of the page."""
    told = ReportSource(name="sales.csv", rows=3, sha256="ab", told=(Phrase("line 4 is a total"),))
    pages = lay_out(draft(remarks=(Phrase("« +45 % » was cut"),), sources=(told,)))
    assert pages.cut == ("« +45 % » was cut",)
    assert pages.sources[0].remarks == ("line 4 is a total",)
    assert pages.notes == ()


def test_without_facts_there_is_no_report_but_what_is_missing():
    """No rows: no sections and no figures, only the reason."""
    pages = lay_out(draft(SERIES, missing=(Phrase("there are no rows in October"),)))
    assert pages.sections == ()
    assert pages.highlights == ()
    assert pages.notes == ("There are no rows in October.",)


@pytest.mark.parametrize(
    ("key", "french", "english"),
    [
        ("2026-11", "nov.|2026", "Nov|2026"),
        ("2026-Q4", "T4|2026", "Q4|2026"),
        ("2026-W08", "S8|2026", "W8|2026"),
        ("2026-11-03", "3 nov.|2026", "3 Nov|2026"),
        ("2026", "2026", "2026"),
        ("a|b", "a/b", "a/b"),
    ],
)
def test_periods_are_short_on_an_axis(key, french, english):
    """A month, a quarter, a week or a day as the reader's language shortens it."""
    assert period_tick(key, "fr") == french
    assert period_tick(key, "en") == english


def test_a_summary_may_speak_of_the_period_and_of_rows():
    """What prose refers to besides facts, the period or a row, stands large nowhere and breaks nothing."""
    told = (
        Paragraph(text="En octobre 2026 : 58\u202f100\u00a0€.", facts=("when", "period", "revenue", "top.1")),
    )
    pages = lay_out(replace(draft(SCALAR), summary=told))
    assert [item.fact for item in pages.highlights] == ["revenue"]
