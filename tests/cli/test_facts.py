"""``smeflow facts``: what an unknown table can tell, and the recipe made of it."""

from datetime import date, timedelta

import pytest

pytest.importorskip("duckdb")

from smeflow.llm.testing import Scripted
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.propose import propose_facts, suggest_facts
from smeflow.tables.book import TableBook
from smeflow.tables.fec import FEC_COLUMNS
from smeflow.tables.load import load_file


@pytest.fixture
def ventes(tmp_path):
    """A French table of fourteen months of sales."""
    rows = []
    for n in range(420):
        day = date(2025, 1, 1) + timedelta(days=n)
        shop, due = ("Lyon", "Paris", "Brest")[n % 3], day + timedelta(30)
        amount = f"{n * 3 % 500 + 10},50 €"
        rows.append(f"{day:%d/%m/%Y};F{n:04};{shop};C{n % 40};{n % 7 + 1};{amount};{due:%d/%m/%Y}")
    path = tmp_path / "ventes.csv"
    head = "Date facture;N° facture;Magasin;Client;Quantité;Montant HT;Échéance"
    path.write_text(
        "\n".join([head, *rows, f"Total;;;;;{sum(n * 3 % 500 + 10.5 for n in range(420))};"]),
        encoding="cp1252",
    )
    return path


@pytest.mark.slow
def test_columns_are_told_with_what_they_are_for(smeflow, ventes):
    """And what was set aside, so that no total is taken for a sale."""
    told = smeflow("--lang", "fr", "facts", ventes)
    assert told.code == 0
    assert "est un total" in told.out
    roles = {
        "Date facture": "date",
        "N° facture": "identifiant",
        "Magasin": "groupe",
        "Quantité": "quantité",
        "Montant HT": "montant",
        "Échéance": "échéance",
    }
    for column, role in roles.items():
        line = next(line for line in told.out.splitlines() if line.startswith(column))
        assert role in line, line


@pytest.mark.slow
def test_the_proposed_figures_are_computed(smeflow, ventes):
    """Each with its query and the rows behind it; the sum of the month is the sum of its rows."""
    told = smeflow("facts", ventes, "--json", "--at", "2026-01")
    facts = {line["name"]: line for line in told.lines}
    assert {
        "montant_ht",
        "by_magasin",
        "overdue",
        "montant_ht_over_time",
        "montant_ht_forecast",
    } <= facts.keys()
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(420)]
    expected = sum(n * 3 % 500 + 10.5 for n, day in enumerate(days) if (day.year, day.month) == (2026, 1))
    assert facts["montant_ht"]["rows"] == [[f"{expected:.2f}"]]
    assert facts["montant_ht"]["behind"][0]["count"] == 31
    assert "SELECT" in facts["montant_ht"]["query"]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_printed_recipe_runs(smeflow, ventes, tmp_path, language):
    """From an unknown table to a report in two commands."""
    pytest.importorskip("vl_convert")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(smeflow("--lang", language, "facts", "ventes.csv", "--yaml").out.replace(
        "[html, pdf, docx, xlsx]", "[md]"), encoding="utf-8")  # fmt: skip
    assert smeflow("check").code == 0
    told = smeflow("run")
    assert told.code == 0, told.err
    assert "1 done" in told.out
    page = next((tmp_path / "out").glob("*.md")).read_text(encoding="utf-8")
    assert "Montant HT" in page


@pytest.mark.slow
def test_a_table_without_days_makes_a_report_of_all_its_rows(smeflow, tmp_path):
    """One case, the whole table."""
    rows = "".join(f"{n},{'red' if n % 3 else 'blue'},{n}.25\n" for n in range(1, 41))
    (tmp_path / "stock.csv").write_text("id,colour,value\n" + rows)
    recipe = smeflow("facts", "stock.csv", "--yaml").out.replace("[html, pdf, docx, xlsx]", "[md]")
    (tmp_path / "recipe.yaml").write_text(recipe)
    assert "period: all" in recipe
    assert smeflow("run").code == 0
    assert "830.00" in (tmp_path / "out" / "all.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_books_are_known_by_their_columns(smeflow, tmp_path):
    """A FEC is measured by its accounts, whatever its name."""
    lines = ["\t".join(FEC_COLUMNS)]
    for n in range(1, 11):
        day = f"202610{n:02}"
        for account, debit, credit in (("411000", "120", "0"), ("706000", "0", "100"), ("445710", "0", "20")):
            known = {"CompteNum": account, "EcritureNum": str(n), "EcritureDate": day, "PieceDate": day}
            cells = {**known, "CompAuxLib": "Durand", "Debit": f"{debit},00", "Credit": f"{credit},00"}
            lines.append("\t".join(cells.get(column, "") for column in FEC_COLUMNS))
    (tmp_path / "fec.txt").write_text("\n".join(lines))
    facts = {line["name"]: line for line in smeflow("facts", "fec.txt", "--json").lines}
    assert facts["revenue"]["rows"] == [["1000.00"]]
    assert facts["vat_due"]["rows"] == [["200.00"]]
    assert facts["receivables.total" if "receivables.total" in facts else "receivables"]["rows"]
    assert "fec: fec.txt" in smeflow("facts", "fec.txt", "--yaml").out


def test_a_file_that_is_no_table_is_told(smeflow, tmp_path):
    """In a sentence, with the code of a usage mistake or of a source that cannot be used."""
    assert smeflow("facts", "none.csv").code == 2
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 no spreadsheet")
    assert smeflow("facts", "broken.xlsx").code == 1
    assert smeflow("facts", "broken.xlsx", "--at", "soon").code in {1, 2}


LYON = "select sum(\"Montant HT\") from ventes where Magasin = 'Lyon'"
ANSWER = {
    "proposals": [
        {"label": "Sales of Lyon", "sql": LYON, "shape": "scalar"},
        {"label": "Made up", "sql": "select 42 from nothing", "shape": "scalar"},
        {"label": "A file", "sql": "select * from read_csv('/etc/passwd')", "shape": "table"},
        {"label": "Away with it", "sql": "drop table ventes", "shape": "scalar"},
    ]
}


@pytest.mark.slow
def test_what_a_model_proposes_is_a_query_that_is_run(ventes):
    """What cannot be run, or would do anything but read the table, is dropped with the reason."""
    with TableBook() as book:
        held = load_file(book, "ventes", ventes)
        proposal = propose_facts(book, held)
        found = suggest_facts(proposal, MeasureContext(book=book), Scripted([ANSWER]))
        assert found.written == {"sales_of_lyon": {"sql": LYON, "label": "Sales of Lyon"}}
        assert [label for label, _ in found.refused] == ["Made up", "A file", "Away with it"]
        assert book.select("SELECT count(*) FROM ventes")[1] == [(420,)]


@pytest.mark.slow
def test_a_model_is_shown_no_row_of_the_table(ventes):
    """Names, kinds and reach of columns are enough to write a query."""
    with TableBook() as book:
        held = load_file(book, "ventes", ventes)
        model = Scripted(['{"proposals": []}'])
        suggest_facts(propose_facts(book, held), MeasureContext(book=book), model)
    shown = "".join(message.content for message in model.requests[0].messages)
    assert "Montant HT" in shown
    assert "Brest" not in shown


@pytest.mark.slow
def test_the_rows_behind_a_figure_are_shown_with_their_lines(smeflow, ventes):
    """The query, the rows, and a link to them."""
    told = smeflow("facts", ventes, "--at", "2025-01", "--rows", "montant_ht")
    assert told.code == 0
    assert "SELECT" in told.out
    assert "31 rows: ventes.csv#row=2-32" in told.out
    assert smeflow("facts", ventes, "--rows", "nothing").code == 2


TABLE = "day,year,amount\n2026-01-03,2026,10\n2026-02-03,2026,20\n2026-02-03,2026,20\n2026-03-03,2026,30\n"


def test_a_table_may_be_called_as_one_of_ours(smeflow, tmp_path):
    """``raw`` and ``fixed`` are names of files like any other."""
    for name in ("raw.csv", "fixed.csv", "odd0.csv"):
        (tmp_path / name).write_text(TABLE)
        assert smeflow("facts", tmp_path / name, "--json").code == 0


def test_a_column_of_years_dates_no_row(smeflow, tmp_path):
    """It is refused with those that do; a table without days has no figures of a period."""
    (tmp_path / "t.csv").write_text(TABLE)
    told = smeflow("facts", tmp_path / "t.csv", "--date", "year", "--period", "year")
    assert (told.code, "Column year holds no days; these do: day." in told.err) == (2, True)
    assert smeflow("facts", tmp_path / "t.csv", "--date", "ghost").code == 2
    (tmp_path / "u.csv").write_text("name,amount\na,1\nb,2\n")
    told = smeflow("facts", tmp_path / "u.csv", "--period", "month")
    assert (told.code, "has a column with days" in told.err) == (2, True)


def test_rows_that_come_again_are_told(smeflow, tmp_path):
    """They count, and a person sees that they do."""
    (tmp_path / "t.csv").write_text(TABLE)
    told = smeflow("facts", tmp_path / "t.csv")
    assert "say the same as an earlier one, and count all the same: 1 (lines 4)" in " ".join(told.out.split())


def test_a_moving_average_is_shown_by_its_means(smeflow, tmp_path):
    """And not by the values it smooths."""
    rows = "\n".join(f"2025-{n:02}-28,{n * 30}" for n in range(1, 13))
    (tmp_path / "t.csv").write_text(f"day,amount\n{rows}")
    told = smeflow("facts", tmp_path / "t.csv")
    shown = next(line for line in told.out.splitlines() if line.startswith("amount_moving"))
    assert "December 2025 330" in shown
