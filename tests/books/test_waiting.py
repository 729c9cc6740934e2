"""What an export left out is listed with its reason and the picture of its first page."""

from pathlib import Path

import pytest

from smeflow.books import export_batch
from smeflow.cli.commands.books import left_out_files
from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.engine.run import run_recipe
from smeflow.extract.result import Extraction
from smeflow.kinds.sources import make_arrival
from smeflow.ledger.ledger import Ledger
from smeflow.llm.interface import LLM
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.records import Invoice

PDF = Path(__file__).parents[2] / "recipes" / "supplier-mail" / "inbox" / "kraxi-2014-03.pdf"
RECORD = '{"number": "1", "issue_date": "2026-10-01", "total_gross": "12.00", "seller": "<b>Kraxi</b>"}'


class Folder:
    """A source of one PDF."""

    name, complete = "things", True

    def cases(self):
        yield make_arrival("a", "<a>.pdf", "application/pdf", PDF.read_bytes())


@step
def invoice(case: Case, llm: LLM) -> Extraction[Invoice]:
    return Extraction[Invoice](record=Invoice.model_validate_json(RECORD), proven=True)


@pytest.fixture
def ledger(tmp_path):
    """Run one invoice whose supplier has no accounts."""
    (tmp_path / "smeflow.toml").write_text("")
    entries = (Entry(step=invoice),)
    recipe = Recipe(name="r", path=tmp_path / "r.yaml", text_hash="t", source=Folder(), steps=entries)
    run_recipe(recipe, WorkspaceSettings.find(tmp_path), state=tmp_path / ".smeflow")
    with Ledger.open(tmp_path / ".smeflow") as opened:
        yield opened


def test_the_list_links_the_picture_of_each_invoice(ledger, tmp_path):
    """The page names the invoice and the reason, and links the PNG; what a file is called is no markup."""
    made = export_batch(ledger, WorkspaceSettings.find(tmp_path), period="2026-10", person="Anne")
    files = dict(left_out_files(ledger, made.left_out, "2026-10", "en"))
    picture = next(name for name in files if name.endswith(".png"))
    assert files[picture].startswith(b"\x89PNG")
    page = files["review-2026-10.html"].decode()
    assert f'href="{picture}"' in page
    assert "&lt;a&gt;.pdf" in page
    assert "aux_account" in page
    assert "<b>" not in page
