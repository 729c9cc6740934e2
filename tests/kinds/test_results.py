"""Results are known by the name of their kind, never by what stands in them."""

from smeflow.extract.result import Extraction
from smeflow.files.results import to_json_value
from smeflow.kinds.steps import RESULTS, recognised, result_id
from smeflow.records import Invoice
from smeflow.triage.labels import Label
from smeflow.writing.drafts import Drafted
from smeflow.writing.report import Report


class Urgency(Label):
    """A label of somebody's own."""


def test_a_type_is_known_by_its_own_name_or_its_nearest_bases():
    """What is derived is of the kind it is derived from; what may be missing is of its own."""
    assert result_id(Extraction[Invoice]) == "extraction"
    assert result_id(Urgency) == "label"
    assert result_id(Label | None) == "label"


def test_a_type_without_a_name_has_none():
    """A type of somebody's own is no kind of ours, and two kinds are none."""
    kinds = [result_id(returns) for returns in (str, dict[str, str], Label | Drafted, None)]
    assert kinds == ["", "", "", ""]


def test_every_row_names_the_class_that_names_itself_so():
    """The table and the classes agree."""
    assert {name: result_id(RESULTS.find(name)) for name in RESULTS.ours} == {n: n for n in RESULTS.ours}


def test_a_result_without_a_name_is_recognised_by_the_one_class_that_reads_all_of_it():
    """As ledgers have them that were written before kinds were named."""
    written = {
        "extraction": Extraction(record=Invoice(number="1")).model_dump(mode="json"),
        "label": Label(label="invoice").model_dump(mode="json"),
        "draft": Drafted(text="Dear Ada").model_dump(mode="json"),
        "report": to_json_value(Report(title="Sales", locale="en-GB")),
    }
    assert {name: recognised(value) for name, value in written.items()} == {name: name for name in written}


def test_a_value_that_only_looks_like_a_result_is_recognised_as_none():
    """A key in common says nothing: what is there must be read whole, and by one class alone."""
    looks = [
        {"record": "a disc", "year": 1999},
        {"label": "EMI", "artist": "Ada"},
        {"text": ["a", "b"]},
        {"doubts": []},
        {},
        ["label"],
        "text",
    ]
    assert [recognised(value) for value in looks] == [""] * len(looks)
