import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smeflow.documents.document import text_document
from smeflow.invoices.checks import check_identifiers
from smeflow.records import Invoice, Party
from smeflow.values.identifiers import bic_ok, iban_ok, ibans_on, siren_ok, siret_ok, vat_ok


def outcome(**fields):
    return {check.name: check.passed for check in check_identifiers(Invoice(**fields))}


def test_right_check_digits_pass():
    """IBAN, BIC, VAT number, SIREN and SIRET; the VAT number holds the SIREN."""
    seller = Party(vat_id="FR83404833048", legal_id="40483304800022", country="FR")
    assert outcome(iban="DE89370400440532013000", bic="COBADEFFXXX", seller_details=seller) == {
        "iban": True,
        "bic": True,
        "seller_vat_id": True,
        "seller_siret": True,
        "seller_vat_id=siren": True,
    }


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"iban": "DE89370400440532013001"}, "iban"),
        ({"seller_details": Party(vat_id="DE136695977")}, "seller_vat_id"),
        ({"buyer_details": Party(legal_id="404833049", country="FR")}, "buyer_siren"),
        ({"seller_details": Party(vat_id="FR83404833048", legal_id="732829320")}, "seller_vat_id=siren"),
    ],
)
def test_a_wrong_digit_fails(fields, name):
    """One digit changed, or numbers of two companies."""
    assert outcome(**fields)[name] is False


def test_a_number_of_a_country_without_a_known_rule_is_not_run():
    """Not run is neither right nor wrong."""
    assert vat_ok("US123456789") is None
    assert outcome(seller_details=Party(vat_id="US123456789")) == {"seller_vat_id": None}


def test_what_is_not_there_is_not_checked():
    """No identifier, no check."""
    assert outcome() == {}


def test_a_wrong_bic_is_told_without_check_digits():
    """It has none."""
    (check,) = check_identifiers(Invoice(bic="COBAXX"))
    assert check.passed is False
    assert "no BIC" in str(check.detail)


@settings(max_examples=40)
@given(st.text(max_size=40) | st.from_regex(r"[A-Z]{2}[0-9A-Z .-]{0,36}", fullmatch=True))
def test_any_text_is_a_right_number_or_a_wrong_one(text):
    """No text brings a check of digits down."""
    assert {iban_ok(text), bic_ok(text), siren_ok(text), siret_ok(text)} <= {True, False}
    assert vat_ok(text) in {True, False, None}
    assert all(map(iban_ok, ibans_on((text_document(f"IBAN: {text}", name="a.txt"),))))


@given(st.text("0123456789", min_size=18, max_size=18), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_seen(account, place, more):
    """Whatever the account, and wherever it was mistyped."""
    check = 98 - int(account + "131400") % 97  # D is 13, E is 14
    wrong = account[:place] + str((int(account[place]) + more) % 10) + account[place + 1 :]
    assert iban_ok(f"DE{check:02}{account}")
    assert not iban_ok(f"DE{check:02}{wrong}")
