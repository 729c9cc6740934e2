"""What is true, and how it is compared with what was found."""

import pytest

from smeflow.core.case import Case
from smeflow.core.run import run
from smeflow.documents.read import read
from smeflow.evaluate.evaluation import LEAST_CASES, fit_and_compare
from smeflow.evaluate.scoring import Truth, read_truth, same_content, score_record
from smeflow.extract.step import Extract
from smeflow.records import Invoice


@pytest.fixture
def bread(recipes):
    """Give what is read of a real e-invoice."""
    step = Extract(name="invoice", into=Invoice)
    return run([step], Case.of(read(recipes / "supplier-mail" / "inbox" / "au-bon-moulin-F124212.xml")))[step]


def test_amounts_are_compared_by_value_and_text_without_case_and_accents():
    """What a person would call the same is the same."""
    assert same_content("308.030", "308.03")
    assert same_content("Café du Nord", "CAFE DU NORD")
    assert not same_content("FA-1", "FA-2")


def test_each_kind_of_mistake_has_its_name(bread):
    """A value that is wrong, one that is missing and one that was made up are not the same mistake."""
    values = {"number": "F124212", "total_gross": "1.00", "currency": None, "project": "P-7"}
    score = score_record("x", bread, Truth(name="x", values=values), accepted=True)
    verdicts = {one.name: one.verdict for one in score.fields}
    assert verdicts["number"] == "right"
    assert verdicts["total_gross"] == "wrong"
    assert verdicts["currency"] == "invented"
    assert "project" not in verdicts
    assert not score.exact


def test_a_folder_of_json_names_its_cases_by_file(tmp_path):
    """One file a case is as good as one line a case."""
    (tmp_path / "a.json").write_text('{"number": "1", "language": "fr"}', "utf-8")
    (truth,) = read_truth(tmp_path)
    assert (truth.name, dict(truth.values), dict(truth.groups)) == ("a", {"number": "1"}, {"language": "fr"})


def test_a_few_cases_fit_nothing(bread):
    """Too few labels never replace what ships."""
    score = score_record("x", bread, Truth(name="x", values={"number": "F124212"}), accepted=True)
    assert fit_and_compare([score] * (LEAST_CASES - 1)).better is False
