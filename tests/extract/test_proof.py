"""The truth table in the docs and the code that decides."""

from itertools import product
from pathlib import Path

import pytest

from smeflow.documents.document import Quote
from smeflow.extract.proof import ProofEvidence, _with_rivals, is_proven
from smeflow.i18n import say
from smeflow.kinds.records import FieldRival, Reading
from smeflow.kinds.steps import FieldReading

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
MEANING = {"yes": True, "no": False, "?": None}
COLUMNS = ("basis", "complete", "quoted", "closed", "failed", "contradicted", "by_rules", "several")


def rows():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == 9 and row[-1] in {"yes", "no"}]


def possible(column, cell):
    if column == "basis":
        return ("exact", "page", "fields") if cell == "-" else (cell,)
    if cell == "-":
        return (True, False, None) if column == "closed" else (True, False)
    return (MEANING[cell],)


@pytest.mark.parametrize("row", rows(), ids=" ".join)
def test_every_row_of_the_page_is_what_the_code_decides(row):
    """Each combination a row of docs/proof.md stands for is decided as the row says."""
    choices = [possible(column, cell) for column, cell in zip(COLUMNS, row[:-1], strict=True)]
    for values in product(*choices):
        evidence = ProofEvidence(**dict(zip(COLUMNS, values, strict=True)))
        assert is_proven(evidence) is (row[-1] == "yes"), evidence


def test_the_page_leaves_no_case_out():
    """Every combination of evidence is covered by some row."""
    table = [[possible(c, cell) for c, cell in zip(COLUMNS, row[:-1], strict=True)] for row in rows()]
    every = product(
        ("exact", "page", "fields"), *[(True, False)] * 2, (True, False, None), *[(True, False)] * 4
    )
    for values in every:
        assert any(all(v in allowed for v, allowed in zip(values, row, strict=True)) for row in table), values


def test_what_a_field_could_also_be_is_told_with_its_place_and_the_reason():
    """Rivals are data: of a value they stand beside it, of an open field alone; each once."""
    page = Quote(text="F-2", document="a.pdf", page=1)
    later = FieldRival(value="F-2", quote=page, why=say("It stands behind {label}.", label="Order"))
    number = FieldReading(value="F-1", quote="F-1", document="a.pdf", page=1, reader="layout")
    reading = Reading(
        reader="layout",
        findings={},
        rivals={"number": (later, later), "seller": (FieldRival(value="A"), FieldRival(value=None))},
    )
    fields = _with_rivals({"number": number}, [reading])
    assert [(r.value, r.quote, r.page, str(r.why)) for r in fields["number"].rivals] == [
        ("F-2", "F-2", 1, "It stands behind Order.")
    ]
    assert fields["seller"].value is None
    assert [r.value for r in fields["seller"].rivals] == ["A"]
    assert "rivals" not in number.model_dump(mode="json")
    assert FieldReading.model_validate(fields["number"].model_dump(mode="json")) == fields["number"]
