from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smeflow.documents.document import Document, Page, text_document
from smeflow.documents.read import read
from smeflow.extract.grounding import ROW_MEDIA_TYPE, ground

INBOX = Path(__file__).parents[2] / "recipes" / "supplier-mail" / "inbox"
PAGE = text_document(
    "Facture N° FA-2026-0001 du 15 août 2026\nClient Société Générale\nTotal HT  1 234,56 €\n"
    "TVA 20 %  246,91\n"
    "Total TTC  1 481,47 €\nSIREN 552 100 554\nIBAN FR14 2004 1010 0505 0001 3M02 606\nRef 12345678"
)


@pytest.mark.parametrize(
    ("value", "kind", "printed"),
    [
        (Decimal("1234.56"), "money", "1 234,56 €"),
        (Decimal(20), "number", "20"),
        (date(2026, 8, 15), "date", "15 août 2026"),
        ("FA-2026-0001", "identifier", "FA-2026-0001"),
        ("552100554", "identifier", "552 100 554"),
        ("FR1420041010050500013M02606", "iban", "FR14 2004 1010 0505 0001 3M02 606"),
        ("societe generale", "text", "Société Générale"),
    ],
)
def test_a_value_is_found_as_it_is_printed(value, kind, printed):
    """The quote is the document's own text, in whatever format."""
    quote = ground(value, kind, [PAGE])
    assert quote is not None
    assert quote.text == printed
    assert PAGE.text[quote.start : quote.end] == printed


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Decimal("234.56"), "money"),
        (Decimal("-1234.56"), "money"),
        (Decimal(1481), "money"),
        (date(2026, 8, 16), "date"),
        ("2026-0001", "identifier"),
        ("100554", "identifier"),
        ("345", "identifier"),
        ("0001", "text"),
        ("Sociét", "text"),
        ("", "text"),
        (None, "text"),
    ],
)
def test_a_piece_of_another_value_is_not_found(value, kind):
    """Never inside a longer number or word, never with another sign."""
    assert ground(value, kind, [PAGE]) is None


def test_the_place_nearest_to_its_label_is_taken():
    """Of two places with one value, the one beside the word."""
    document = text_document("Deposit  100,00\nSomething else\nTotal  100,00")
    quote = ground(Decimal(100), "money", [document], near=["total"])
    assert quote is not None
    assert quote.start == document.text.rindex("100,00")


def test_a_value_of_a_row_names_its_column():
    """A row's evidence is the column."""
    row = Document(
        name="row 1",
        media_type=ROW_MEDIA_TYPE,
        fields={"id": "7", "text": "Please pay 12.50"},
        pages=(Page(number=1, text="id: 7\nPlease pay 12.50"),),
    )
    quote = ground(Decimal("12.50"), "money", [row])
    assert quote is not None
    assert (quote.path, quote.text) == ("text", "12.50")


def test_a_value_on_a_page_has_a_box():
    """The box goes around all its words and lies inside the page."""
    quote = ground(Decimal("56.02"), "money", [read(INBOX / "netpresse-2022089083.pdf")])
    assert quote is not None
    assert quote.page == 1
    assert quote.box is not None
    assert 0 < quote.box.left < quote.box.right < 1


@given(number=st.integers(min_value=0, max_value=10**8), around=st.integers(min_value=0, max_value=9))
def test_a_number_is_never_found_inside_a_longer_one(number, around):
    """One more digit on either side is another number."""
    assert (
        ground(str(number), "identifier", [text_document(f"No {around}{number} or {number}{around}.")])
        is None
    )
    assert ground(str(number), "identifier", [text_document(f"No {number}.")]) is not None
