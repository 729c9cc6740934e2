import pytest

from smeflow.invoices.checks import check_identifiers
from smeflow.records import Invoice, Party
from smeflow.values.identifiers import vat_ok


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
