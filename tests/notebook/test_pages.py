"""A case as one page."""

import re

import pytest

from smeflow import Case, read, run
from smeflow.documents.document import text_document
from smeflow.notebook import case_html, case_page
from smeflow.records import Invoice
from smeflow.steps import Extract

INVOICE = Extract(name="invoice", into=Invoice)


@pytest.fixture(scope="module")
def case(recipes):
    """Read a real invoice."""
    document = read(recipes / "supplier-mail" / "inbox" / "azure-interior-INV-2023-03-0008.pdf")
    return run([INVOICE], Case.of(document)).case


def test_every_quote_on_the_page_has_a_box(case):
    """The title of a box is the text it was read as."""
    html = case_html(case)
    for quote in (q for q in case[INVOICE].quotes if q.box):
        assert f'title="{quote.text}"' in html


def test_the_pages_are_drawn_once_for_all_results(case):
    """An extraction shows its pages itself; in a case they stand once, at the end."""
    assert case_html(case).count("<img") == 1


def test_values_as_the_ledger_keeps_them_look_the_same_to_a_person(case):
    """Plain JSON shows the same boxes as the result itself, and speaks French where asked."""
    plain = Case(id=case.id, documents=case.documents).with_result(
        "invoice", case[INVOICE].model_dump(mode="json")
    )
    page = case_page(plain, "fr")
    assert page.count("position:absolute") == case_html(case).count("position:absolute")
    assert "prouvé" in page
    assert "279.84" in page


def test_what_a_document_says_cannot_become_part_of_the_page():
    """Text of a foreign file is shown, never obeyed."""
    evil = "<script>alert(1)</script>"
    case = Case.of(text_document(f"Number: {evil}", name=f"{evil}.txt")).with_result(
        "note", {"text": evil, evil: evil}
    )
    assert "<script" not in case_page(case)


def test_a_pdf_with_data_in_it_shows_its_page_and_of_the_data_what_was_read(recipes):
    """A person compares with the page they know; forty thousand letters of XML are no help."""
    document = read(recipes / "supplier-mail" / "inbox" / "bei-spiel-RE-20201121-508.pdf")
    page = case_page(run([INVOICE], Case.of(document)).case)
    assert page.count("<img") >= 1
    assert "CrossIndustryInvoice/" not in page
    assert re.search(r"<td>[^<]* › [^<]*</td><td><mark>RE-20201121/508</mark></td>", page)


def test_a_mail_with_files_is_shown(recipes):
    """What stands in a mail's parts has headers of its own: the same file twice is shown once."""
    inbox = recipes / "supplier-mail" / "inbox"
    document = read(inbox / "mail-three-invoices.eml")
    page = case_page(run([INVOICE], Case.of(document)).case)
    assert "mail-three-invoices" in page
    plain = read(inbox / "netpresse-2022089083.pdf")
    assert case_page(Case.of(plain)).count("<img") == 1
