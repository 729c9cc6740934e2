"""A report from the recipe to its pages: computed by the source, drafted by the step, written by the sink."""

from datetime import date, timedelta

import pytest

pytest.importorskip("duckdb")

from smeflow.engine.run import run_to_end
from smeflow.ledger.ledger import Ledger
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

RECIPE = """
recipe: sales
llm: none
source: {period: month, tables: {sales: sales.csv}}
steps:
  - report: report
    locale: fr-FR
    title: "Ventes : {period}"
    facts:
      revenue: {sum: amount, unit: EUR, label: Chiffre d’affaires}
sinks:
  - {report: "out/{key}", formats: md}
"""


def test_a_recipe_writes_the_report_of_each_closed_month(tmp_path):
    """A case a month; the figure of the page is the sum of the month's rows."""
    days = [date(2025, 8, 1) + timedelta(days=n) for n in range(92)]
    rows = "".join(f"{day},{n}.50\n" for n, day in enumerate(days, 1))
    (tmp_path / "sales.csv").write_text("day,amount\n" + rows)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    summary = run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state")
    assert (summary.items, summary.done) == (3, 3)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["2025-08.md", "2025-09.md", "2025-10.md"]
    page = (tmp_path / "out" / "2025-10.md").read_text()
    whole = sum(n for n, day in enumerate(days, 1) if day.month == 10) * 10 + 5 * 31
    assert f"{whole // 10_000}\u202f{whole // 10 % 1000:03},{whole % 10}0\u00a0€" in page
    assert "Ventes : octobre 2025" in page


def test_a_table_that_comes_in_as_a_file_makes_a_report_of_itself(tmp_path):
    """A folder of exports, or what is attached to a mail: the step computes over it."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "Ventes mars.csv").write_text(
        "jour;montant\n01/03/2026;1 000,50\n02/03/2026;2,25\n"
    )
    recipe = RECIPE.replace("{period: month, tables: {sales: sales.csv}}", "{folder: inbox}")
    recipe = recipe.replace("sum: amount", "sum: montant").replace("{key}", "{stem}")
    (tmp_path / "recipe.yaml").write_text(recipe)
    summary = run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state")
    assert (summary.items, summary.done) == (1, 1)
    assert "1\u202f002,75\u00a0€" in (tmp_path / "out" / "Ventes mars.md").read_text()


def test_a_fact_that_no_row_will_mend_sends_the_report_to_a_person(tmp_path):
    """A misspelled column is told; too few months for a forecast are none of the recipe's mistakes."""
    (tmp_path / "sales.csv").write_text(
        "day,amount\n" + "".join(f"2025-08-{n:02},{n}\n" for n in range(1, 32))
    )
    more = "      best: {sum: amuont}\n      ahead: {forecast: amount}\nsinks:"
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("sinks:", more))
    state = tmp_path / "state"
    summary = run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=state)
    assert (summary.items, summary.review) == (1, 1)
    with Ledger.open(state, create=False) as ledger:
        reasons = [str(p) for item in ledger.items() for p in item.reason.phrases]
    assert any("amuont" in reason for reason in reasons)
    assert not any("ahead" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ("day,amount\n2025-08-01,1.50\n2025-10-02,2.25\n", "Ventes : août 2025 – octobre 2025"),
        ("day,amount\n2025-08-01,1.50\n2025-08-02,2.25\n", "Ventes : août 2025"),
        ("name,amount\nA,1.50\nB,2.25\n", "Ventes : toutes les lignes"),
    ],
)
def test_a_report_of_all_rows_says_from_when_to_when(tmp_path, rows, title):
    """A title with a period in it is whole where the report is of no single one."""
    (tmp_path / "sales.csv").write_text(rows)
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("period: month", "period: all"))
    summary = run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state")
    assert (summary.items, summary.done) == (1, 1)
    assert f"# {title}\n" in (tmp_path / "out" / "all.md").read_text()


def test_an_expression_is_computed_from_the_rows_of_the_period_alone(tmp_path):
    """The annex says of how many rows; the table has as many again in other months."""
    days = [date(2025, 9, 1) + timedelta(days=n) for n in range(61)]
    (tmp_path / "sales.csv").write_text("day,amount\n" + "".join(f"{day},1.50\n" for day in days))
    recipe = RECIPE.replace(
        "revenue: {sum: amount, unit: EUR, label: Chiffre d’affaires}", "twice: sum(amount) * 2"
    )
    (tmp_path / "recipe.yaml").write_text(recipe)
    run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state")
    page = (tmp_path / "out" / "2025-10.md").read_text()
    assert "93,00" in page
    assert "31 lignes" in page
    assert "61 lignes" not in page
