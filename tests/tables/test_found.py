"""Tables nobody tidied: merged titles and headers, months as words, percent, objects in objects."""

import json
from datetime import date
from decimal import Decimal

import pytest

pytest.importorskip("duckdb")

import xlsxwriter

from smeflow.reports.facts import compute_facts, describe_sources, undated_rows
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.propose import propose_facts
from smeflow.tables.book import TableBook
from smeflow.tables.load import load_file
from smeflow.values.dates import parse_month
from smeflow.writing.periods import Window


@pytest.fixture
def book():
    with TableBook() as made:
        yield made


def test_a_merged_title_and_a_header_of_two_lines_are_found(tmp_path, book):
    """Groups of columns give their names to columns that share one."""
    path = tmp_path / "ventes.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("Lisez-moi").write(0, 0, "Export")
        sheet = made.add_worksheet("2026")
        sheet.merge_range("A1:D1", "Ventes par magasin")
        sheet.merge_range("A3:A4", "Magasin")
        sheet.merge_range("B3:C3", "Comptoir")
        for column, text in ((1, "CA"), (2, "Tickets"), (3, "CA")):
            sheet.write(3, column, text)
        sheet.write(2, 3, "Internet")
        for row in range(4, 12):
            sheet.write_row(row, 0, [f"M{row}", row * 100, row, f"{row} 000,50 €"])
        sheet.write_row(12, 0, ["TOTAL", 6000, 60, ""])
    held = load_file(book, "t", path)
    assert list(held.columns) == ["Magasin", "Comptoir CA", "Tickets", "Internet CA"]
    assert (held.rows, held.columns["Internet CA"].unit) == (8, "EUR")
    told = "\n".join(map(str, held.notes))
    assert "the sheet 2026 was read" in told
    assert "Line 13 of ventes.xlsx is a total" in told


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("2026-03", 3),
        ("03/2026", 3),
        ("3/2026", 3),
        ("mars 2026", 3),
        ("Mar-26", 3),
        ("févr. 2026", 2),
        ("déc. 26", 12),
        ("October 2026", 10),
    ],
)
def test_a_month_is_read_however_it_is_written(cell, month):
    """In English, French and German."""
    assert parse_month(cell) == date(2026, month, 1)


@pytest.mark.parametrize("cell", ["13/2026", "2026", "mardi 26", "12.50", "", "mars"])
def test_what_is_no_month_is_none(cell):
    """And not guessed."""
    assert parse_month(cell) is None


def test_months_percent_and_days_of_two_forms_are_read(tmp_path, book):
    """A column is what nearly all its cells are, in whatever form each is written."""
    rows = [
        f"{m:02}/2026;{m},5 %;" + (f"2026-{m:02}-03" if m % 2 else f"03/{m:02}/2026") for m in range(1, 13)
    ]
    (tmp_path / "t.csv").write_text("mois;taux;jour\n" + "\n".join(rows))
    held = load_file(book, "t", tmp_path / "t.csv")
    assert {name: (how.kind, how.unit) for name, how in held.columns.items()} == {
        "mois": ("date", ""),
        "taux": ("number", "%"),
        "jour": ("date", ""),
    }
    found = book.select("SELECT max(mois), sum(taux), count(jour), max(jour) FROM t")[1]
    assert found == [(date(2026, 12, 1), Decimal("84.0"), 12, date(2026, 12, 3))]


def test_a_time_with_its_offset_falls_on_the_day_it_was_here(tmp_path):
    """Half past eleven in the evening in Greenwich is the next day in Paris, and so the next month."""
    rows = ["2026-10-31T23:30:00Z,1", "2026-10-31T12:00:00+01:00,2", "2026-10-30,4"]
    (tmp_path / "t.csv").write_text("at,amount\n" + "\n".join(rows))
    with TableBook(zone="Europe/Paris") as book:
        load_file(book, "t", tmp_path / "t.csv")
        assert book.select('SELECT "at", amount FROM t ORDER BY amount')[1] == [
            (date(2026, 11, 1), 1),
            (date(2026, 10, 31), 2),
            (date(2026, 10, 30), 4),
        ]


def test_a_row_happens_on_its_own_day_and_not_when_it_is_due(tmp_path, book):
    """Whichever column comes first, unless the recipe names one."""
    (tmp_path / "t.csv").write_text(
        "Échéance,Date facture,a\n2026-11-30,2026-10-31,1\n2026-12-01,2026-11-01,2\n"
    )
    held = load_file(book, "t", tmp_path / "t.csv")
    assert MeasureContext(book=book).date_of(held, None) == "Date facture"
    assert MeasureContext(book=book, dates={"t": "echeance"}).date_of(held, None) == "Échéance"


def test_objects_inside_objects_are_columns(tmp_path, book):
    """A JSON file as programs write it."""
    rows = [{"id": n, "who": {"name": f"N{n}", "place": {"city": "Lyon"}}, "tags": ["a"]} for n in range(3)]
    (tmp_path / "t.json").write_text(json.dumps({"meta": {}, "data": rows}))
    held = load_file(book, "t", tmp_path / "t.json")
    assert list(held.columns) == ["id", "who.name", "who.place.city", "tags"]


def test_rows_without_a_day_are_told_with_their_lines(tmp_path, book):
    """They count in no period, and nobody is left to find that out."""
    rows = [f"2026-10-{n:02},{n}" if n != 7 else ",7" for n in range(1, 29)]
    (tmp_path / "t.csv").write_text("day,amount\n" + "\n".join(rows))
    load_file(book, "t", tmp_path / "t.csv")
    context = MeasureContext(book=book, window=Window.of("2026-10"))
    assert [str(p) for p in undated_rows(context)] == [
        "1 rows of t.csv have no day in column day and count in no period: lines 8."
    ]
    assert "lines 8" in str(describe_sources(context)[0].told[-1])


def test_credit_notes_without_a_minus_are_taken_off_by_what_is_proposed(tmp_path, book):
    """And what a column's name says of tax is declared."""
    rows = [f"2026-{m:02}-05,F{m},Facture,100.00\n2026-{m:02}-06,A{m},Avoir,30.00" for m in range(1, 7)]
    (tmp_path / "t.csv").write_text("date,number,type,amount TTC\n" + "\n".join(rows))
    held = load_file(book, "t", tmp_path / "t.csv")
    proposal = propose_facts(book, held)
    assert proposal.written["amount_ttc"]["credits"] == "type = 'Avoir'"
    assert proposal.written["amount_ttc"]["amounts"] == "gross"
    facts = compute_facts(proposal.measures, MeasureContext(book=book, window=proposal.window)).facts
    total = next(f for f in facts if f.name == "amount_ttc")
    assert (total.value, "credit notes are taken off" in str(total.note)) == (70, True)


def test_what_stands_at_a_time_is_not_added_up(tmp_path, book):
    """One row a month of several numbers: their course is told, and no sum over time."""
    rows = [f"2025-{m:02}-01,{m * 10},{m * 7},{100 - m}" for m in range(1, 13)]
    (tmp_path / "t.csv").write_text("month,staff,stock,open\n" + "\n".join(rows))
    proposal = propose_facts(book, load_file(book, "t", tmp_path / "t.csv"))
    assert not any("sum" in each for each in proposal.written.values())
    assert proposal.written["staff"]["take"] == "last"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "COPY t TO 'out.csv'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "DELETE FROM t",
        "INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE u AS SELECT 1",
        "SELECT 1; SELECT 2",
        "EXPORT DATABASE 'x'",
        "CALL pragma_version()",
    ],
)
def test_a_query_reads_the_tables_and_nothing_else(tmp_path, book, sql):
    """No file, no network, no setting, no change."""
    from smeflow.tables.book import FactError

    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    load_file(book, "t", tmp_path / "t.csv")
    with pytest.raises(FactError):
        book.select(sql)
    assert book.select("SELECT sum(a) FROM t")[1] == [(4,)]


@pytest.mark.slow
def test_a_query_gives_no_more_rows_than_are_wanted_and_no_more_memory_is_taken(book, tmp_path):
    """A mistake in a query costs an error, not the machine."""
    from smeflow.tables.book import FactError

    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    load_file(book, "t", tmp_path / "t.csv")
    with pytest.raises(FactError, match="more than 1000 rows"):
        book.select("SELECT * FROM range(100000000)", at_most=1000)
    with pytest.raises(FactError, match=r"(?i)memory"):
        book.select("SELECT list(i) FROM range(200000000) r(i)")
