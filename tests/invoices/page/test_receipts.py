"""Till receipts: what is read, what makes the total, and what is never proven."""

from datetime import date
from decimal import Decimal

import pytest

from smeflow import Case
from smeflow.invoices.page.read_receipt import read_receipt
from smeflow.invoices.receipt import check_receipt
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.records import Invoice, Receipt
from smeflow.steps import Extract

FRENCH = """
BOULANGERIE MARTEL SARL
12 rue des Lilas
75011 Paris
Tel 01 44 55 66 77
Ticket de caisse
Baguette tradition            1,30
Tarte aux pommes             18,50
Sous-total                   19,80
TOTAL                        19,80 EUR
Especes                      20,00
Rendu                         0,20
TVA 5,5 %     18,77     1,03
21/11/2026 12:41
"""
CARD = """
KAPPER & ZONEN B.V.
Kerkplein 75
1012 AB Amsterdam
KASSABON
Koffiebonen 1 kg             22,40
Thee                          3,60
Totaal                  EUR  26,00
Bancontact                   26,00
Kaart **** **** **** 4417
25-11-2026 09:05
"""
AMERICAN = """
HARBOR HARDWARE INC
41 Pier Road
Portland, OR 97201
Nails                        $4.00
Hammer                      $16.00
Subtotal                    $20.00
Tax                          $1.60
TOTAL                       $21.60
Cash                        $30.00
Change                       $8.40
04/11/2026 03:08 PM
"""


def read(paper, text: str, **more):
    step = Extract(name="receipt", readers=("layout",), **more)
    return step(Case(id="r", documents=(paper(text),)), NoModel())


def why(found) -> str:
    return " ".join(map(str, (*found.doubts, *found.problems)))


def test_a_receipt_is_read_and_proven_by_what_makes_its_total(paper):
    """Cash less change, net and VAT at a printed rate, and the lines each make the total."""
    found = read(paper, FRENCH)
    record = found.record
    assert found.proven, why(found)
    assert (record.seller, record.issue_date, record.sale_time) == (
        "BOULANGERIE MARTEL SARL",
        date(2026, 11, 21),
        "12:41",
    )
    assert (record.total_gross, record.currency, record.total_vat) == (
        Decimal("19.80"),
        "EUR",
        Decimal("1.03"),
    )
    assert (record.amount_paid, record.change_given, record.payment_means) == (
        Decimal("20.00"),
        Decimal("0.20"),
        "cash",
    )
    assert [(rate.rate, rate.base, rate.amount) for rate in record.vat] == [
        (Decimal("5.5"), Decimal("18.77"), Decimal("1.03"))
    ]
    assert [(line.name, line.amount) for line in record.lines] == [
        ("Baguette tradition", Decimal("1.30")),
        ("Tarte aux pommes", Decimal("18.50")),
    ]
    assert [c.passed for c in check_receipt(record)] == [True, True, True, True]


def test_a_card_s_last_digits_are_read_and_nothing_more_of_it(paper):
    """Only the four digits a till prints."""
    record = read(paper, CARD).record
    assert (record.card_last4, record.payment_means, record.change_given) == ("4417", "card", None)


def test_the_month_comes_first_only_where_an_address_or_a_date_says_so(paper):
    """In the United States it does; without a country both orders stay possible, and nothing is proven."""
    american = read(paper, AMERICAN)
    assert (american.record.issue_date, american.record.currency) == (date(2026, 4, 11), "USD")
    assert american.record.total_net == Decimal("20.00")
    nowhere = read(paper, AMERICAN.replace("Portland, OR 97201", "").replace("$", "RM"))
    assert not nowhere.proven
    assert "nothing says that it is this" in why(nowhere)
    swapped = [rival.value for rival in nowhere.fields["issue_date"].rivals]
    assert swapped == ["2026-04-11"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("Rendu                         0,20", "Total                       25,80", "total_gross"),
        ("21/11/2026 12:41", "21/11/2026 12:41\n23/11/2026 09:00", "issue_date"),
        ("BOULANGERIE MARTEL SARL", "BOULANGERIE MARTEL SARL\nCAFE DU PORT SAS", "seller"),
        ("BOULANGERIE MARTEL SARL", "BOULANGERIE MARTEL", "seller"),
        ("BOULANGERIE MARTEL SARL", "BOULANGERIE MARTEL\nSARL", "seller"),
        ("BOULANGERIE MARTEL SARL", "Tischlerei\nGraukenrich UG\n(haftungsbeschränkt)", "seller"),
        ("Ticket de caisse", "Ticket de caisse\nPourboire : ........", "total_gross"),
        ("Rendu                         0,20", "Net                          17,80", "total_gross"),
        ("Especes                      20,00", "Carte bancaire               17,80", "total_gross"),
        ("Especes                      20,00", "Carte bancaire               22,00", "total_gross"),
    ],
)
def test_what_else_could_be_meant_is_not_proven(paper, old, new, field):
    """A second total or day, another firm, a name over two lines, a tip to be written in."""
    text = FRENCH.replace(old, new)
    assert text != FRENCH
    found = read(paper, text)
    assert not found.proven
    assert any(field in check.fields and check.passed is False for check in found.checks), why(found)


def test_a_total_that_nothing_makes_is_read_and_not_proven(paper):
    """Its label alone is no proof."""
    found = read(paper, "MARTEL SARL\n12 rue des Lilas\nMenu du jour\nTOTAL  19,80 EUR\n21/11/2026 12:41")
    assert found.record.total_gross == Decimal("19.80")
    assert not found.proven


@pytest.mark.parametrize(
    ("line", "total"),
    [
        ("Total Savings               4,20", "19.80"),
        ("GST Summary       19,80     1,03", "19.80"),
        ("Total articles 2             2,00", "19.80"),
        ("Poids total                 31,50", "19.80"),
    ],
)
def test_lines_about_something_else_are_no_total(paper, line, total):
    """Savings, counts and rows of a summary stand below many a total."""
    found = read(paper, FRENCH.replace("TVA 5,5 %     18,77     1,03", line))
    assert found.record.total_gross == Decimal(total)


def test_the_rounded_total_is_paid(paper):
    """Of totals that differ by the rounding the one below it counts, whichever sign the till prints."""
    text = """
SUNRISE TRADING SDN BHD
12 Jalan Besar
Rice          RM 8.48
Total         RM 8.48
Rounding         0.02
Total rounded RM 8.50
Cash          RM 10.00
Change        RM 1.50
Date 21/11/2026 12:41
"""
    record = read(paper, text).record
    assert (record.total_gross, record.rounding, record.change_given) == (
        Decimal("8.50"),
        Decimal("0.02"),
        Decimal("1.50"),
    )


def test_a_picture_needs_two_looks_at_what_no_sum_confirms(paper):
    """A recogniser may misread a letter of a name and no arithmetic would tell."""
    reading = read_receipt((paper(FRENCH, origin="ocr"),))
    once = next(check for check in reading.checks if check.name == "recognised")
    assert once.passed is False
    assert once.fields == ("seller", "issue_date")


def test_several_receipts_of_one_scan_are_told(paper):
    """Each page with a day and a total of its own is a receipt; two pictures of one are one."""
    second = FRENCH.replace("21/11", "22/11")
    assert read_receipt((paper(FRENCH, second),)).several == 2
    assert read_receipt((paper(FRENCH, FRENCH),)).several == 1


def test_the_same_receipt_claims_to_be_the_only_one(paper):
    """Handed in twice it is found, and not confused with another of the same day."""

    class Nothing:
        def rows(self, *_: object, **__: object) -> tuple[()]:
            return ()

    def keys(text: str) -> set[str]:
        return {claim.key for claim in read(paper, text).claims(Nothing())}

    assert keys(FRENCH) == keys(FRENCH + "\nMerci de votre visite")
    assert not keys(FRENCH) & keys(FRENCH.replace("12:41", "17:02"))


def test_a_step_reads_what_it_is_called():
    """``- extract: receipt`` is enough; another name says what it reads."""
    assert Extract(name="receipt").into is Receipt
    assert Extract(name="invoice").into is Invoice
    assert Extract.model_validate({"name": "receipt"}, context=RecipeContext()).into is Receipt
    assert Extract(name="receipt", fields={"total": "money"}).into is None


def test_a_receipt_has_no_confidence_that_nobody_fitted(paper):
    """The weights that ship were fitted on invoices."""
    found = read(paper, FRENCH)
    assert found.confidence is None
    assert {field.confidence for field in found.fields.values()} == {None}


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({"amount_paid": Decimal(20), "change_given": Decimal("0.20")}, [True, None, None, None]),
        ({"amount_paid": Decimal(20), "change_given": Decimal(1)}, [False, None, None, None]),
        ({"amount_paid": Decimal(20)}, [None, None, None, None]),
        ({"total_net": Decimal("18.77"), "total_vat": Decimal("1.03")}, [None, True, None, None]),
        ({"total_net": Decimal("18.00"), "total_vat": Decimal("1.03")}, [None, False, None, None]),
        ({"total_gross": None, "amount_paid": Decimal(20)}, [None, None, None, None]),
    ],
)
def test_the_laws_of_a_receipt(change, passed):
    """What is not printed is not checked, and never told as passed."""
    record = Receipt(**{"total_gross": Decimal("19.80"), **change})
    assert [check.passed for check in check_receipt(record)] == passed


def asked(paper, text, **answer):
    said = {
        "seller": "BOULANGERIE MARTEL SARL",
        "issue_date": "21/11/2026",
        "sale_time": "12:41",
        "currency": "EUR",
        "total_gross": "19,80",
        "total_vat": "1,03",
        "card_last4": None,
    }
    model = Scripted([{**said, **answer}] * 3)
    found = Extract(name="receipt", readers=("layout", "model"))(
        Case(id="r", documents=(paper(text),)), model
    )
    return found, model


def test_nobody_is_asked_about_a_receipt_that_is_proven(paper):
    """A model costs, and could only be wrong."""
    found, model = asked(paper, FRENCH)
    assert found.proven
    assert model.requests == []


@pytest.mark.parametrize(
    ("old", "new", "lie"),
    [
        ("Rendu                         0,20", "Total                       25,80", {"total_gross": "25,80"}),
        ("Especes                      20,00", "Total                       20,00", {"total_gross": "20,00"}),
        ("21/11/2026 12:41", "21/11/2026 12:41\n23/11/2026 09:00", {"issue_date": "23/11/2026"}),
        ("MARTEL SARL", "MARTEL SARL\nCAFE DU PORT SAS", {"seller": "CAFE DU PORT SAS"}),
        ("MARTEL SARL", "MARTEL", {"seller": "Tarte aux pommes"}),
        ("EUR", "", {"currency": "CHF"}),
    ],
)
def test_a_lie_about_a_receipt_is_never_proven(paper, old, new, lie):
    """Whatever a model says of what is open, a person looks."""
    found, model = asked(paper, FRENCH.replace(old, new), **lie)
    assert model.requests
    assert not found.proven
    assert found.doubts
