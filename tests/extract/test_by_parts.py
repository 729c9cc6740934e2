"""A document too long for one question: read by whole pages, put together without loss."""

from decimal import Decimal

from smeflow.core.case import Case
from smeflow.documents.document import Document, Page
from smeflow.extract.model_reader import split_by_pages
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract

EMPTY = dict.fromkeys(
    ("number", "issue_date", "due_date", "seller", "seller_details_vat_id", "buyer", "currency",
     "total_net", "total_vat", "total_gross", "amount_due", "iban", "order_reference", "lines")
)  # fmt: skip
FILLER = "Lorem ipsum dolor sit amet consectetur\n" * 12
PAGES = [
    f"Belegblatt A-9\n{FILLER}Schrauben 40,00 €\nMuttern 10,00 €\n",
    f"Belegblatt A-9\n{FILLER}Nägel 25,00 €\n",
    f"Belegblatt A-9\n{FILLER}Dübel 25,00 €\nEndbetrag 119,00 €\n",
]


def paper() -> Document:
    """Make a document of three pages that no rule understands."""
    pages = tuple(Page(number=n, text=text) for n, text in enumerate(PAGES, start=1))
    return Document(name="long.txt", media_type="text/plain", pages=pages, sha256="long")


def line(name, net):
    return {"name": name, "quantity": None, "unit_price": None, "net": net}


def read(*answers):
    """Read the three pages with a model that is shown one at a time."""
    model = Scripted([{**EMPTY, **answer} for answer in answers])
    step = Extract(name="invoice", into="Invoice", lines=True, ask="always", max_characters=700)
    return step(Case(id="a", documents=(paper(),)), model), model


def test_whole_pages_are_shown_one_after_another():
    """No page is cut, none is left out, and a short document stays one question."""
    parts = split_by_pages((paper(),), 700)
    assert [[page.number for d in part for page in d.pages] for part in parts] == [[1], [2], [3]]
    assert len(split_by_pages((paper(),), 1100)) == 2
    assert split_by_pages((paper(),), 10_000) == [(paper(),)]


def test_lines_of_all_pages_follow_one_another_and_totals_stand_at_the_end():
    """Four lines from three answers; the last page's total counts, not a sum carried over."""
    found, model = read(
        {"number": "A-9", "lines": [line("Schrauben", "40,00 €"), line("Muttern", "10,00 €")]},
        {"number": "A-9", "total_gross": "25,00 €", "lines": [line("Nägel", "25,00 €")]},
        {"total_gross": "119,00 €", "lines": [line("Dübel", "25,00 €")]},
    )
    assert len(model.requests) == 3
    assert [one.name for one in found.record.lines] == ["Schrauben", "Muttern", "Nägel", "Dübel"]
    assert sum(one.net for one in found.record.lines) == Decimal("100.00")
    assert found.record.total_gross == Decimal("119.00")
    assert found.record.number == "A-9"
    assert found.fields["total_gross"].page == 3


def test_pages_that_say_different_things_leave_a_field_open():
    """Two buyers may be those of two invoices: a person looks."""
    found, _ = read({"buyer": "Lorem"}, {"buyer": "ipsum"}, {"buyer": "Lorem"})
    assert found.record.buyer is None
    assert any("different things" in str(doubt) for doubt in found.doubts)
