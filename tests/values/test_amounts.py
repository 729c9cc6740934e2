from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smeflow.values.amounts import decimal_mark, find_amounts, parse_amount


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1 234,56", "1234.56", None),
        ("1\u202f234,56 €", "1234.56", "EUR"),
        ("1.234,56", "1234.56", None),
        ("1,234.56", "1234.56", None),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("1,23,456.78", "123456.78", None),
        ("(12.00)", "-12.00", None),
        ("12,00-", "-12.00", None),
        ("12.00 CR", "-12.00", None),
        ("-5,00 €", "-5.00", "EUR"),
        ("€ 12.00", "12.00", "EUR"),
        ("EUR -5.00", "-5.00", "EUR"),
        ("£-3.50", "-3.50", "GBP"),
        ("RM9.00", "9.00", "MYR"),
        ("DM 37.763,70", "37763.70", "DEM"),
        ("$1,200.00", "1200.00", None),
        ("12,-", "12", None),
        ("0.125", "0.125", None),
    ],
)
def test_an_amount_keeps_its_sign_and_currency(text, value, currency):
    """French, German, English, Swiss and Indian formats; signs before, behind and as brackets."""
    found = parse_amount(text)
    assert found is not None
    assert (found.value, found.currency) == (Decimal(value), currency)


@pytest.mark.parametrize(
    "text", ["", "abc", "12 34", "1.2.3", "10.07.2026", "12.00 13.00", "(5.00", "-(5)", "12 %", "FA-2026"]
)
def test_what_is_no_single_amount_is_none(text):
    """Nothing is made of two numbers, a date, a rate or half a bracket."""
    assert parse_amount(text) is None


def test_an_ambiguous_amount_tells_its_other_reading():
    """Three digits behind one mark are thousands, unless the document's mark is known."""
    found = parse_amount("1,234")
    assert found is not None
    assert (found.value, found.other) == (Decimal(1234), Decimal("1.234"))
    sure = parse_amount("1,234", decimal=",")
    assert sure is not None
    assert (sure.value, sure.other) == (Decimal("1.234"), None)


def test_amounts_are_not_found_inside_other_things():
    """Dates, identifiers and longer numbers hold no amounts; columns are not joined."""
    text = "le 10/07/2026 FA-2026-01 v2.0  2  12,00  24,00 € IBAN FR76"
    assert [str(a.value) for a in find_amounts(text)] == ["2", "12.00", "24.00"]


def test_a_document_tells_its_decimal_mark():
    """Only amounts that leave no doubt count; two marks leave it open."""
    assert decimal_mark("1.234,56 and 12,00") == ","
    assert decimal_mark("1,234.56") == "."
    assert decimal_mark("12,00 and 12.00") is None


FORMATS = {
    "fr": lambda s: s.replace(",", " ").replace(".", ","),
    "de": lambda s: s.replace(",", "_").replace(".", ",").replace("_", "."),
    "en": lambda s: s,
    "ch": lambda s: s.replace(",", "'"),
}


@given(
    cents=st.integers(min_value=-(10**11), max_value=10**11),
    style=st.sampled_from(sorted(FORMATS)),
    currency=st.sampled_from(["", " €", " EUR", " CHF"]),
)
def test_any_amount_printed_with_cents_is_read_back(cents, style, currency):
    """What any of the formats prints, the parser reads: value, sign and all."""
    value = Decimal(cents) / 100
    printed = FORMATS[style](f"{value:,.2f}") + currency
    found = parse_amount(printed)
    assert found is not None
    assert found.value == value
    assert found.other is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_search(text):
    """Whatever stands on a page, the search ends, and what it finds lies where it says."""
    for found in find_amounts(text):
        again = parse_amount(text[found.start : found.end])
        assert again is not None
        assert again.value == found.value


def test_a_sign_before_an_amount_is_not_of_the_one_before():
    """In a narrow table "24 €1.763,04" is a quantity and an amount; 24 was lost with the sign behind it."""
    text = "24 €1.763,04 $50.00 $100.00 12,50 € 13,00 €"
    found = [text[amount.start : amount.end].strip() for amount in find_amounts(text)]
    assert found == ["24", "€1.763,04", "$50.00", "$100.00", "12,50 €", "13,00 €"]
