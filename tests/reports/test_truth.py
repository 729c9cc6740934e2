"""No fixed sentence of a report, and none that stands for a picture, says what its rows do not."""

import pytest

pytest.importorskip("duckdb")

from support.report_truth import Reading, draw_report

from smeflow.reports.facts import compute_facts
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.measures.registry import measure_of
from smeflow.reports.propose import propose_facts
from smeflow.reports.sections import plan_sections, write_by_patterns
from smeflow.tables.book import TableBook
from smeflow.tables.load import load_file
from smeflow.writing.periods import Window
from smeflow.writing.references import reference_table

MAY = Window.of("2026-05")


def said(tmp_path, text, facts, locale="en-GB", window=MAY):
    """Say what the patterns say of *facts* over a table written as *text*, and why others are missing."""
    (tmp_path / "t.csv").write_text(text)
    with TableBook() as book:
        load_file(book, "t", tmp_path / "t.csv")
        context = MeasureContext(book=book, window=window, locale=locale)
        known = compute_facts({name: measure_of(each) for name, each in facts.items()}, context)
    about = reference_table(known.facts, locale, window=window)
    parts = plan_sections(known.facts, (), locale)
    texts = [paragraph.text for part in parts for paragraph in write_by_patterns(part, about)]
    return " ".join(texts), [str(why) for why in known.missing]


@pytest.mark.parametrize("seed", range(16))
def test_what_is_said_of_a_drawn_table_is_true(seed):
    """Directions, points and percent, ties, means: benchmarks/report_truth.py draws 1,000."""
    drawn = draw_report(seed, "fr-FR" if seed % 2 else "en-GB")
    reading = Reading(drawn)
    assert reading.false_sentences() == []
    assert reading.read >= 8


def test_a_moving_average_is_told_by_its_means(tmp_path):
    """Not by the values it smooths: 90 is the highest value, 50 the highest mean."""
    months = "\n".join(f"2026-0{n}-28,{value}" for n, value in enumerate((10, 90, 20, 40, 20), 1))
    text, _ = said(tmp_path, f"day,amount\n{months}", {"m": {"moving": "amount", "over": 3, "label": "Mean"}})
    assert text == (
        "Over the periods shown, mean was highest with 50 in April 2026 and lowest with 27 in May 2026."
    )


@pytest.mark.parametrize(
    ("locale", "change"), [("en-GB", "up 6.0 points on"), ("fr-FR", "hausse de 6,0 points")]
)
def test_a_rate_changes_by_points(tmp_path, locale, change):
    """From 10 % to 16 % is no "up 60 %"."""
    days = [(month, day) for month in (4, 5) for day in range(1, 31)]
    rows = "day,rate\n" + "\n".join(f"2026-{m:02}-{d:02},{10 if m == 4 else 16}" for m, d in days)
    fact = {"mean": "rate", "unit": "%", "digits": 1}
    text, _ = said(tmp_path, rows, {"rate": fact}, locale)
    assert change in text.replace("\u00a0", " ")
    assert "60" not in text


def test_a_mean_since_january_is_no_running_total(tmp_path):
    """What does not add up has no total."""
    rows = "day,amount\n2026-01-01,10\n2026-05-01,16\n2026-05-31,16"
    text, _ = said(tmp_path, rows, {"mean": {"mean": "amount", "compare": ["year_to_date"]}})
    assert "running total" not in text
    assert "14.00 since the beginning of 2026" in text


@pytest.mark.parametrize(
    ("head", "row", "not_added"),
    [
        ("day,shop,exercice,montant", "{day},s{n3},{year},{n}.50", "exercice"),
        ("day,shop,taux occupation,montant", "{day},s{n3},0.{n},{n}.50", "taux occupation"),
        ("day,shop,TVA,montant", "{day},s{n3},{rate},{n}.50", "TVA"),
        ("day,shop,stock,montant", "{day},s{n3},{n},{n}.50", "stock"),
        ("day,shop,montant,solde", "{day},s{n3},{n}.00,{running}.00", "solde"),
    ],
)
def test_years_rates_and_levels_are_not_added_up(tmp_path, head, row, not_added):
    """A sum of them says nothing, so none is proposed; the amount beside them is summed."""
    rows = [
        row.format(
            day=f"2026-{n // 28 + 1:02}-{n % 28 + 1:02}",
            n=n + 10,
            n3=n % 3,
            year=2020 + n % 4,
            rate=(5, 10, 20)[n % 3],
            running=sum(range(10, n + 11)),
        )
        for n in range(40)
    ]
    (tmp_path / "t.csv").write_text("\n".join([head, *rows]))
    with TableBook() as book:
        proposal = propose_facts(book, load_file(book, "t", tmp_path / "t.csv"))
    summed = {each.get("sum") for each in proposal.written.values()} | {
        each.get("by") for each in proposal.written.values()
    }
    assert not_added not in summed
    assert "montant" in summed


@pytest.mark.parametrize("written", [{"sum": "ghost"}, {"sum": "amount", "where": "ghost = 1"}, "sum(ghost)"])
def test_a_column_that_is_not_there_is_told_in_our_words(tmp_path, written):
    """With those that are, and nothing of the database's English."""
    _, missing = said(tmp_path, "day,amount\n2026-05-01,16", {"s": written})
    assert missing == ["The fact s is not known: Table t has no column ghost; it has: day, amount."]
