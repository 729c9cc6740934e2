"""Till receipts: poor print, no labels for the seller, and totals before and after rounding."""

from decimal import Decimal

import pytest

from smeflow.invoices.page.read import read_invoice

SLIP = """
        handwritten note
      TEA HOUSE (M) SDN BHD (123456-X)
      NO. 12, JALAN MELATI
      50450 KUALA LUMPUR
      Tax Invoice
Date  : 27/03/2018 16:54
Lamination A4           2.00     4.24
Colour print            2.00     4.24
Totel Amt Ind. GST @ 6% :        8.48
Rounding Adjustrrent:            0.02
Totel Amt Peyable :              8.50
Paid Amount:                   100.00
Change :                        91.50
Total Qty                        4.00
GST Summary      8.00            0.48
"""


@pytest.fixture
def slip(paper):
    """Make a long narrow page of text."""
    from dataclasses import replace

    def make(text):
        document = paper(text, origin="ocr")
        return replace(document, pages=tuple(replace(p, width=300, height=900) for p in document.pages))

    return make


def test_of_a_receipt_the_amount_paid_is_the_total(slip):
    """Misspelt labels, a rounding and the change given lead to the same amount."""
    found = read_invoice([slip(SLIP)])
    assert found.record.total_gross == Decimal("8.50")
    assert found.record.seller == "TEA HOUSE (M) SDN BHD"
    assert found.record.issue_date.isoformat() == "2018-03-27"


def test_of_two_totals_with_equal_claims_none_is_taken(slip):
    """Two lines called total, nothing paid, nothing that tells them apart: the field stays open."""
    text = "CORNER SHOP LTD\n12/05/2024 10:11\nTotal   12.00\nTotal   13.50\n"
    assert read_invoice([slip(text)]).record.total_gross is None


def test_an_amount_under_its_label_belongs_to_it(slip):
    """On a bent receipt the amounts slide to the next line."""
    text = "CORNER SHOP LTD\n12/05/2024 10:11\nBread     5.00\nTotal\n  5.00\nCash   10.00\nChange  5.00\n"
    assert read_invoice([slip(text)]).record.total_gross == Decimal("5.00")
