"""The notebooks run as they are, and results show themselves on the page."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def html_of(notebook):
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", ())]
    return [o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_without_key_model_or_network_and_shows_quotes_on_the_page(file):
    """Every cell runs; an extraction and a run show the page with a box around each quoted place."""
    notebook = nbformat.read(file, as_version=4)
    place = {"metadata": {"path": str(file.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    shown = html_of(notebook)
    on_pages = [html for html in shown if "data:image/png;base64," in html]
    assert len(shown) >= 4
    assert on_pages
    assert all(html.count("position:absolute") >= 8 for html in on_pages)
    assert "<script" not in "".join(shown)


def test_there_is_a_notebook_in_each_language():
    """Both tell the same story, cell by cell."""
    english, french = (nbformat.read(file, as_version=4).cells for file in NOTEBOOKS)
    assert [c.cell_type for c in english] == [c.cell_type for c in french]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_the_kept_outputs_name_no_place_of_the_machine_they_were_made_on(file):
    """Who reads them elsewhere finds nothing of ours."""
    text = file.read_text(encoding="utf-8")
    assert "/tmp/" not in text
    assert "/home/" not in text
    assert '"output_type": "error"' not in text
