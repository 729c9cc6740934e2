"""An invoice is judged once: its verdict goes with it to whoever asks."""

import json
from pathlib import Path

import pytest

from smeflow import Case
from smeflow.documents.read import read
from smeflow.invoices import kind
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract

PAPERS = Path(__file__).parents[1] / "documents" / "invoices"


@pytest.fixture
def judged(monkeypatch):
    """Note each record whose sums, dates and identifiers are checked."""
    seen = []
    check = kind.run_checks

    def noting(record):
        seen.append(record)
        return check(record)

    monkeypatch.setattr(kind, "run_checks", noting)
    return seen


@pytest.mark.parametrize("paper", sorted(PAPERS.glob("*.pdf"))[:4], ids=lambda file: file.stem)
def test_what_the_readers_found_is_checked_once(judged, paper):
    """Whether a model is needed and what the result says come of the same judgement."""
    found = Extract(name="invoice", into="Invoice")(Case.of(read(paper)), NoModel())
    assert judged == [found.record]


def test_what_a_model_adds_is_judged_with_the_rest(judged):
    """Other values make another record: it is checked once as well."""
    nothing = dict.fromkeys(key.replace(".", "_") for key in kind.INVOICE.asked)
    answer = json.dumps({**nothing, "number": "A-7"})
    found = Extract(name="invoice", into="Invoice")(Case.of("Invoice A-7 of the press"), Scripted([answer]))
    assert found.record.number == "A-7"
    assert len(judged) == 2
    assert judged[-1] == found.record
