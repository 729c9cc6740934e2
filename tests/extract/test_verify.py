"""A record of somebody else's is held against its document: proven by the page's laws, never by its word."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import BaseModel

from smeflow import SmeflowError, verify
from smeflow.documents.document import text_document

PAGE = """\
Atelier Berthier SARL
14 rue des Fabriques, 45000 Orléans
SIRET 732 829 320 00074, TVA FR44 732829320

FACTURE
Facture n° : FA-2026-118
Date de facture : 12/03/2026
{meta}
Client : Martin SAS

Désignation     Qté    PU HT     Total HT
Entretien         1   500,00       500,00
Total HT        500,00 €
TVA 20 %        100,00 €
Total TTC       600,00 €
"""
RIGHT = {
    "invoice_number": "FA-2026-118", "invoice_date": "2026-03-12", "vendor": {"name": "Atelier Berthier"},
    "currency": "EUR", "subtotal": 500, "tax": "100.00", "total": 600.0,
}  # fmt: skip


@pytest.fixture
def page():
    return text_document(PAGE.format(meta=""))


def test_a_right_record_is_proven_with_its_places(page):
    found = verify(RIGHT, page)
    assert found.proven, str(found)
    assert set(found.with_verdict("proven")) == {
        "invoice_number", "invoice_date", "vendor.name", "currency", "subtotal", "tax", "total"
    }  # fmt: skip
    total = found.fields["total"]
    assert (total.field, total.value, total.reading.quote) == ("total_gross", "600.0", "600,00 €")
    assert found.fields["invoice_date"].reading.quote == "12/03/2026"


@pytest.mark.parametrize(
    ("lie", "verdict"),
    [
        ({"invoice_number": "FA-2026-119"}, "absent"),
        ({"total": 500}, "differs"),
        ({"tax": "120.00"}, "absent"),
        ({"vendor": {"name": "Martin SAS"}}, "differs"),
        ({"invoice_date": "2026-12-03"}, "differs"),
    ],
)
def test_a_lie_is_told_with_what_the_document_says(page, lie, verdict):
    found = verify({**RIGHT, **lie}, page)
    (name,) = (key for key in found.fields if key.partition(".")[0] in lie)
    assert not found.proven
    assert found.fields[name].verdict == verdict
    assert found.fields[name].instead
    right = set(found.fields) - {name}
    assert right == set(found.with_verdict("proven")), "one lie takes nothing from what the page proves"


def test_what_is_no_field_of_ours_is_looked_up_and_never_proven(page):
    found = verify({**RIGHT, "project": "Entretien", "paid": True, "rebate": 77.5}, page)
    verdicts = {name: found.fields[name].verdict for name in ("project", "paid", "rebate")}
    assert verdicts == {"project": "printed", "paid": "unchecked", "rebate": "absent"}
    assert not found.proven, "a value that is nowhere is in no proven record"


def test_what_is_missing_is_named_and_the_record_not_proven(page):
    found = verify({"invoice_number": "FA-2026-118"}, page)
    assert found.fields["invoice_number"].verdict == "proven"
    assert not found.proven
    assert found.missing == ("issue_date", "seller", "currency", "total_net", "total_vat", "total_gross")


def test_what_the_page_leaves_open_is_not_proven_by_the_record_s_word():
    page = text_document(PAGE.format(meta="Facture n° : FA-2026-117"))
    found = verify(RIGHT, page)
    assert not found.proven
    assert found.fields["invoice_number"].verdict != "proven"
    assert found.fields["invoice_number"].reading.rivals


@pytest.mark.parametrize(
    "record",
    [
        {"data": {"InvoiceTotal": {"value": "600.00", "confidence": 0.93}}},
        {"InvoiceTotal": {"valueCurrency": {"amount": 600.0, "currencyCode": "EUR"}, "confidence": 0.9}},
        {"total TTC": "600,00 €"},
        {"totals": {"gross": Decimal(600)}},
        {"gesamtbetrag": "600,00"},
    ],
)
def test_the_ways_in_which_programs_write_an_amount(page, record):
    (field,) = verify(record, page).fields.values()
    assert (field.field, field.verdict) == ("total_gross", "proven")


def test_two_values_for_one_field_are_of_neither(page):
    found = verify({"vendor": "Atelier Berthier SARL", "supplier": "Martin SAS"}, page)
    assert {field.field for field in found.fields.values()} == {None}


def test_names_of_one_s_own_are_told(page):
    found = verify({"Vorgang": "FA-2026-118"}, page, names={"Vorgang": "number"}, into="Invoice")
    assert found.fields["Vorgang"].verdict == "proven"
    with pytest.raises(SmeflowError, match="there is no nummer; use one of number"):
        verify({"Vorgang": "1"}, page, names={"Vorgang": "nummer"}, into="Invoice")


class Bill(BaseModel):
    number: str
    issue_date: date
    total_gross: Decimal
    lines: list[dict[str, str]] = []


def test_a_model_of_one_s_own_is_a_record(page):
    lines = [{"name": "Entretien", "net": "500,00"}, {"name": "Dépannage"}]
    found = verify(
        Bill(number="FA-2026-118", issue_date=date(2026, 3, 12), total_gross=Decimal(600), lines=lines), page
    )
    assert found.with_verdict("proven") == ("number", "issue_date", "total_gross")
    assert found.fields["lines.0.net"].verdict == "printed"
    assert found.fields["lines.1.name"].verdict == "absent"
    assert '"verdict":"proven"' in found.model_dump_json()


@pytest.mark.parametrize(
    ("record", "told"),
    [({}, "holds no value"), (["FA-2026-118"], "list is no record"), ({"number": None}, "holds no value")],
)
def test_what_is_no_record_is_told(page, record, told):
    with pytest.raises(SmeflowError, match=told):
        verify(record, page)


def test_a_document_without_text_says_nothing():
    found = verify(RIGHT, text_document(" "))
    assert not found.proven
    assert not found.with_verdict("proven", "agrees", "printed")
