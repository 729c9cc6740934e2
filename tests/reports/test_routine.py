"""A report from month to month: read before it goes out, frozen once approved, edits checked and learnt."""

import pytest

pytest.importorskip("duckdb")

from smeflow.engine.run import run_to_end
from smeflow.ledger.ledger import Ledger
from smeflow.llm.testing import Scripted
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.review.corrections import InvalidCorrection
from smeflow.review.decisions import approve, ask_again, correct

RECIPE = """
recipe: sales
llm: none
source: {period: month, last: 2, tables: {sales: sales.csv}}
steps:
  - report: report
    locale: en-GB
    title: Sales of {period}
    facts:
      revenue: {sum: amount, unit: EUR, label: Revenue, compare: [previous]}
      orders: {count: rows, unit: orders, label: Orders, compare: [previous]}
    review: REVIEW
sinks:
  - {report: "out/{key}", formats: [md]}
"""


class Firm:
    """A folder with a recipe, a table and a ledger."""

    def __init__(self, folder, *, review="false"):
        self.folder, self.state = folder, folder / "state"
        (folder / "recipe.yaml").write_text(RECIPE.replace("REVIEW", review))
        self.sales(10)

    def sales(self, amount, extra=""):
        days = [f"2025-{month:02}-{day:02}" for month in (8, 9, 10) for day in range(1, 31)]
        rows = "".join(f"{day},{amount + n}\n" for n, day in enumerate(days))
        (self.folder / "sales.csv").write_text("day,amount\n" + rows + extra)

    def run(self, llm=None):
        return run_to_end(load(self.folder), WorkspaceSettings.find(self.folder), state=self.state, llm=llm)

    def ledger(self):
        return Ledger.open(self.state)

    def item(self, ledger, key="2025-10"):
        return next(row for row in ledger.items("sales") if row.key == key)

    def page(self, name="2025-10.md"):
        return (self.folder / "out" / name).read_text()

    @property
    def steps(self):
        return {entry.step.name: entry.step for entry in load(self.folder).entries}


@pytest.mark.slow
def test_nothing_goes_out_before_a_person_has_read_it(tmp_path):
    """With review: true a report waits; once approved it is written."""
    firm = Firm(tmp_path, review="true")
    assert firm.run().review == 2
    assert not (tmp_path / "out").exists()
    with firm.ledger() as ledger:
        approve(ledger, firm.item(ledger), "Anna", "read")
    assert firm.run().done == 1
    assert "Sales of October 2025" in firm.page()


@pytest.mark.slow
def test_an_approved_report_is_frozen_and_a_changed_one_waits(tmp_path):
    """Changed facts make a new version that a person must see; the old file stays beside the new one."""
    firm = Firm(tmp_path)
    assert firm.run().done == 2
    before = firm.page()
    firm.sales(10, "2025-10-31,1000\n")
    summary = firm.run()
    assert (summary.done, summary.review) == (1, 1)
    assert firm.page() == before
    with firm.ledger() as ledger:
        item = firm.item(ledger)
        assert "Revenue: figures changed since approval, €2,535 before and €3,535 now" in str(item.reason)
        approve(ledger, item, "Anna", "late invoice")
    assert firm.run().done == 2
    assert firm.page() == before
    assert "€3,535" in firm.page("2025-10-v2.md")


@pytest.mark.slow
def test_figures_that_go_back_to_what_was_approved_need_nobody(tmp_path):
    """A mistake in the table that is put right again before anybody looked leaves no trace."""
    firm = Firm(tmp_path)
    firm.run()
    firm.sales(10, "2025-10-31,1000\n")
    assert firm.run().review == 1
    firm.sales(10)
    assert firm.run().done == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["2025-09.md", "2025-10.md"]


@pytest.mark.slow
def test_a_second_change_is_held_against_what_was_approved(tmp_path):
    """Not against the version nobody approved."""
    firm = Firm(tmp_path)
    firm.run()
    firm.sales(10, "2025-10-31,1000\n")
    firm.run()
    firm.sales(10, "2025-10-31,2000\n")
    assert firm.run().review == 1
    with firm.ledger() as ledger:
        assert "€2,535 before and €4,535 now" in str(firm.item(ledger).reason)


@pytest.mark.slow
def test_a_persons_words_are_held_against_the_facts(tmp_path):
    """A figure, a direction or a month that is wrong is refused with the reason; a cause may be told."""
    firm = Firm(tmp_path, review="true")
    firm.run()
    with firm.ledger() as ledger:
        item, steps = firm.item(ledger), firm.steps
        for wrong in (
            "Revenue came to €2,536.",
            "Revenue fell to €2,535.",
            "Revenue came to €2,535 in 2 shops.",
        ):
            with pytest.raises(InvalidCorrection, match="does not hold"):
                correct(ledger, item, steps, {"p1": wrong}, "Anna")
        good = "In October 2025, revenue came to €2,535 because the square opened again. Thank you all."
        correct(ledger, item, steps, {"p1": good, "title": "October at the shop"}, "Anna", "for the board")
    firm.run()
    assert good in firm.page()
    assert "October at the shop" in firm.page()


@pytest.mark.slow
def test_an_edit_is_a_style_example_for_the_next_report(tmp_path):
    """What a person wrote is shown to the model, without its figures."""
    firm = Firm(tmp_path, review="true")
    firm.run()
    with firm.ledger() as ledger:
        text = "Revenue came to €2,535, as we hoped."
        correct(ledger, firm.item(ledger), firm.steps, {"p1": text}, "Anna")
    written = {"opening": "Revenue came to {{revenue}}.", "sections": []}
    model = Scripted([written], for_ever=True)
    (firm.folder / "recipe.yaml").write_text(
        RECIPE.replace("REVIEW", "true").replace("llm: none", "llm: auto")
    )
    firm.run(model)
    told = [request.messages[0].content for request in model.requests]
    assert any("Revenue came to €…, as we hoped." in text for text in told)


@pytest.mark.slow
def test_a_comment_is_told_to_the_model_that_writes_again(tmp_path):
    """Asking again with a note gives the note along; without one nothing is added."""
    firm = Firm(tmp_path, review="true")
    recipe = RECIPE.replace("REVIEW", "true").replace("llm: none", "llm: auto")
    (firm.folder / "recipe.yaml").write_text(recipe)
    written = {"opening": "Revenue came to {{revenue}}.", "sections": []}
    model = Scripted([written], for_ever=True)
    firm.run(model)
    with firm.ledger() as ledger:
        ask_again(ledger, firm.item(ledger), "Anna", "Begin with the orders.")
    firm.run(model)
    told = [request.messages[0].content for request in model.requests]
    assert [("Begin with the orders." in text) for text in told] == [False, False, True]


def test_what_a_model_wrote_stands_on_the_page_and_what_was_cut_is_told(tmp_path):
    """Figures are put in, a lie is gone, and the run says so."""
    firm = Firm(tmp_path)
    (firm.folder / "recipe.yaml").write_text(
        RECIPE.replace("REVIEW", "false").replace("llm: none", "llm: auto")
    )
    text = "In {{period}}, revenue came to {{revenue}}. Orders doubled thanks to 12 new shops."
    model = Scripted([{"opening": text, "sections": []}], for_ever=True)
    summary = firm.run(model)
    assert "In October 2025, revenue came to €2,535." in firm.page()
    assert "doubled" not in firm.page()
    assert any("did not hold and were cut: 1" in str(note) for note in summary.notes)
