import json
from datetime import date
from decimal import Decimal

import pytest

from smeflow import Case
from smeflow.documents.document import Document, Page, text_document
from smeflow.extract.grounding import ROW_MEDIA_TYPE
from smeflow.extract.labels import read_labelled
from smeflow.kinds.records import Labels
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

FIELDS = {
    "number": "text",
    "supplier": "text",
    "total": "money",
    "category": ("order", "complaint"),
    "due": "date",
}


def values(reading):
    return {name: finding.value for name, finding in reading.findings.items()} if reading else None


def test_lines_of_keys_and_values_are_read():
    """Every field with its kind, and the quote is the value alone."""
    text = "Number: R-12\nSupplier: Firma 5 GmbH\nTotal: 12.07 EUR\nCategory: order\nDue: 12/03/2026\n"
    reading = read_labelled([text_document(text)], FIELDS)
    assert values(reading) == {
        "number": "R-12",
        "supplier": "Firma 5 GmbH",
        "total": Decimal("12.07"),
        "category": "order",
        "due": date(2026, 3, 12),
    }
    assert reading is not None
    assert {f.quote.text for f in reading.findings.values() if f.quote} == {
        "R-12",
        "Firma 5 GmbH",
        "12.07 EUR",
        "order",
        "12/03/2026",
    }


def test_a_cell_below_its_heading_is_read():
    """A table's heading labels the value under it, in another language too."""
    table = "Rechnung Nr.   Datum       Gesamtbetrag\n471            12.03.2026  1.234,50 EUR\n"
    assert values(read_labelled([text_document(table)], FIELDS)) == {
        "number": "471",
        "total": Decimal("1234.50"),
    }


def test_a_row_is_read_by_its_columns_and_by_what_its_cells_say():
    """The evidence is the column's name."""
    cells = {"supplier": "Firma 5 GmbH", "text": "Number: R-12\nTotal: 12.07 EUR"}
    row = Document(
        name="row 1",
        media_type=ROW_MEDIA_TYPE,
        fields=cells,
        pages=(Page(number=1, text="\n".join(cells.values())),),
    )
    reading = read_labelled([row], FIELDS)
    assert values(reading) == {"number": "R-12", "supplier": "Firma 5 GmbH", "total": Decimal("12.07")}
    assert reading is not None
    assert {n: f.quote.path for n, f in reading.findings.items() if f.quote} == {
        "number": "text",
        "supplier": "supplier",
        "total": "text",
    }


def test_a_part_of_a_longer_label_is_not_the_field():
    """A sub total and a number of items are other things."""
    text = "Sub total: 10.00\nNumber of items: 3\nTotal: 12.07"
    assert values(read_labelled([text_document(text)], FIELDS)) == {"total": Decimal("12.07")}


def test_two_values_for_one_field_are_told_and_none_is_taken():
    """Nothing is guessed."""
    reading = read_labelled([text_document("Total: 12.00\nTotal: 13.00")], FIELDS)
    assert values(reading) == {}
    assert reading is not None
    assert reading.problems[0].data["field"] == "total"


def test_a_users_own_words_are_known():
    """`Labels` adds to the bundled ones."""
    own = Labels(words={"total": ("summa summarum",)})
    assert values(read_labelled([text_document("Summa summarum: 5.00")], {"total": "money"}, labels=own)) == {
        "total": Decimal("5.00")
    }


def test_a_document_without_labels_gives_no_reading():
    """Nothing to say is None."""
    assert read_labelled([text_document("Dear Sir, thank you.")], FIELDS) is None


def test_a_recipe_may_add_the_firms_own_labels(tmp_path):
    """Words by field, in the recipe or in a JSON file; a field that has none is named."""
    page = text_document("Rechnung\nVorgang: 20117\nNetto 100,00 €\nMwSt. 19,00 €\nSumme 119,00 €")
    file = tmp_path / "labels.json"
    file.write_text(json.dumps({"number": {"de": ["Vorgang"]}}), encoding="utf-8")

    def number(labels):
        step = Extract(name="invoice", into="Invoice", labels=labels)
        return step(Case.of(page), NoModel()).record.number

    assert number(None) is None
    assert number({"number": ["Vorgang"]}) == number(str(file)) == "20117"
    for wrong in ({"nummer": ["Vorgang"]}, ["Vorgang"], {"number": [7]}, str(tmp_path / "gone.json")):
        with pytest.raises(ValueError, match="labels"):
            Extract(name="invoice", into="Invoice", labels=wrong)
