import contextlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from lxml import etree
from support.mutation import damage, damaged

from smeflow.documents.document import Document, Page
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.extract.papers import read_papers
from smeflow.invoices.checks import check_sums
from smeflow.invoices.kind import INVOICE
from smeflow.invoices.xml.read import SYNTAXES, read_einvoice
from smeflow.kinds.record_kind import ReaderContext

INBOX = Path(__file__).parents[3] / "recipes" / "supplier-mail" / "inbox"
D = Decimal
RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"


def xml(data: bytes, name: str = "invoice.xml") -> Document:
    return Document(name=name, media_type="application/xml", data=data)


def minimum(number: str = "A-1", kind: str = "380", gross: str = "120.00", issued: str = "20260815") -> bytes:
    """Factur-X MINIMUM."""
    sums = "ram:SpecifiedTradeSettlementHeaderMonetarySummation"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rsm:CrossIndustryInvoice xmlns:rsm="{RSM}" '
        'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" '
        'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">'
        f"<rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode><ram:IssueDateTime>"
        f'<udt:DateTimeString format="102">{issued}</udt:DateTimeString></ram:IssueDateTime>'
        "</rsm:ExchangedDocument>"
        "<rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Lumière"
        "</ram:Name></ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Client</ram:Name></ram:BuyerTradeParty>"
        "</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR"
        f"</ram:InvoiceCurrencyCode><{sums}><ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount>"
        '<ram:TaxTotalAmount currencyID="CHF">18.00</ram:TaxTotalAmount>'
        '<ram:TaxTotalAmount currencyID="EUR">20.00'
        f"</ram:TaxTotalAmount><ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount><ram:DuePayableAmount>{gross}"
        f"</ram:DuePayableAmount></{sums}></ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>"
        "</rsm:CrossIndustryInvoice>"
    ).encode()


@pytest.mark.parametrize(
    ("file", "number", "issued", "seller", "gross"),
    [
        ("lieferant-471113.xml", "471113", "2018-06-13", "Lieferant GmbH", "23.54"),
        ("au-bon-moulin-F124212.xml", "F124212", None, "Au bon moulin", None),
        ("my-supplier-018304.xml", "018304 / 28865", None, None, None),
        ("azienda-ospedaliera-FAT01.xml", None, None, "Azienda Ospedaliero-Universitaria di Modena", None),
        ("lieferant-rabatte-471102.pdf", "471102", "2013-06-05", "Lieferant GmbH", "215.14"),
        ("taxi-TX-471102.pdf", "TX-471102", "2018-10-30", "Taxiunternehmen TX GmbH", "18.08"),
        (
            "atelier-berthier-FA-2026-0001.pdf",
            "FA-2026-0001",
            "2026-08-15",
            "Atelier Berthier SARL",
            "3042.00",
        ),
    ],
)
def test_every_syntax_is_read_exactly(file, number, issued, seller, gross):
    """CII, UBL, ZUGFeRD 1, FatturaPA, as files and inside PDFs."""
    reading = read_einvoice([read(INBOX / file)])
    assert reading is not None
    assert reading.exact
    record = reading.record
    assert number is None or record.number.startswith(number.split(" ")[0])
    assert issued is None or record.issue_date == date.fromisoformat(issued)
    assert seller is None or record.seller == seller
    assert gross is None or record.total_gross == D(gross)
    assert record.total_net + record.total_vat == record.total_gross


def test_the_evidence_of_every_value_is_an_xpath_that_gives_it():
    """Anybody can follow the path in the file."""
    document = read(INBOX / "lieferant-471113.xml")
    reading = read_einvoice([document])
    assert reading is not None
    root = etree.fromstring(document.data)
    cii = next(s for s in SYNTAXES if s.name == "CII")
    for name in ("number", "issue_date", "total_gross", "seller", "iban", "due_date"):
        finding = reading.findings.get(name)
        if finding is None:
            continue
        assert finding.quote is not None
        (element,) = root.xpath(finding.quote.path, namespaces=dict(cii.namespaces))
        assert element.text.strip() == finding.quote.text


def test_the_total_in_the_invoices_own_currency_counts():
    """A second total in the seller's tax currency stands beside it."""
    reading = read_einvoice([xml(minimum())])
    assert reading is not None
    assert reading.record.total_vat == D("20.00")
    assert (reading.record.kind, reading.record.lines) == ("invoice", ())


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + minimum(),
        b"\n  " + minimum().split(b"?>", 1)[1],
        minimum().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        minimum().replace(b"20260815", b"2026-08-15+02:00"),
        minimum().replace(b"20260815", b"202608151030"),
        minimum().replace(b"rsm:", b"a:").replace(b"xmlns:rsm", b"xmlns:a"),
    ],
    ids=["bom", "leading spaces", "utf-16", "offset", "with time", "other prefix"],
)
def test_ways_of_writing_do_not_matter(data):
    """The same record, whatever the bytes look like."""
    reading = read_einvoice([xml(data)])
    assert reading is not None
    assert (reading.record.number, reading.record.issue_date) == ("A-1", date(2026, 8, 15))


def test_a_credit_note_is_told_by_its_code_and_a_pro_forma_is_not_booked():
    """381 and 325 of UNTDID 1001."""
    credit = read_einvoice([xml(minimum(kind="381"))])
    proforma = read_einvoice([xml(minimum(kind="325"))])
    assert credit is not None
    assert proforma is not None
    assert credit.record.kind == "credit_note"
    assert proforma.record.kind is None
    assert proforma.problems[0].data["code"] == "325"


def test_a_value_that_cannot_be_read_is_told_and_left_out():
    """The calendar has no 30 February, and a decimal comma is no decimal."""
    reading = read_einvoice([xml(minimum(issued="20260230", gross="120,00"))])
    assert reading is not None
    assert reading.record.issue_date is None
    assert reading.record.total_gross is None
    assert len(reading.problems) == 3


def test_a_total_that_does_not_add_up_fails_its_check():
    """Read as it stands, and told."""
    reading = read_einvoice([read(INBOX / "atelier-berthier-FA-2026-0001-bis.pdf")])
    assert reading is not None
    assert reading.record.total_gross == D("3000.00")
    assert [c.name for c in check_sums(reading.record) if c.passed is False][:1] == ["net+vat=gross"]


def test_two_copies_are_one_invoice_and_two_numbers_are_two():
    """A file beside the PDF that holds it counts once."""
    copies = read_einvoice([xml(minimum(), "a.xml"), xml(minimum() + b"\n", "b.xml")])
    two = read_einvoice([xml(minimum(), "a.xml"), xml(minimum("A-2"), "b.xml")])
    assert copies is not None
    assert two is not None
    assert (copies.several, two.several) == (1, 2)
    assert "A-2" in str(two.problems[-1])


def test_copies_that_contradict_each_other_are_told():
    """The same number with another total is no copy."""
    reading = read_einvoice([xml(minimum(), "a.xml"), xml(minimum(gross="130.00"), "b.xml")])
    assert reading is not None
    assert reading.several == 1
    assert [c.fields for c in reading.checks if c.name == "copies_agree"] == [("total_gross",)]


@pytest.mark.parametrize(
    "data",
    [
        minimum()[:-200],
        minimum().replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x "y">]>', 1),
        minimum().replace(b"Lumi", b"Lumi\xff"),
        f'<x:CrossIndustryInvoice xmlns:x="{RSM}"/>'.encode(),
    ],
    ids=["cut", "document type", "bad bytes", "empty"],
)
def test_a_broken_e_invoice_is_told_and_gives_no_record(data):
    """Never a traceback, never half a record; no document type is followed."""
    reading = read_einvoice([xml(data, "broken.xml")])
    assert reading is not None
    assert reading.record is None
    assert "broken.xml" in str(reading.problems[0])


def test_a_namespace_of_another_version_is_read_and_fails_a_check():
    """What is right inside is still right; a person sees that the file is not valid."""
    reading = read_einvoice([xml(minimum().replace(RSM.encode(), RSM[:-3].encode() + b"90"))])
    assert reading is not None
    assert reading.record.number == "A-1"
    assert [c.name for c in reading.checks if c.passed is False] == ["namespace"]


def test_what_is_no_e_invoice_has_nothing_to_say():
    """Other XML, pages and text give None."""
    assert read_einvoice([xml(b"<note/>"), read(INBOX / "netpresse-2022089083.pdf")]) is None


@settings(max_examples=60)
@given(damage)
def test_no_e_invoice_fails(changes):
    """Whatever was done to it, it is read, or refused with a sentence, or is no e-invoice."""
    for data in (minimum(), (INBOX / "au-bon-moulin-F124212.xml").read_bytes()):
        with contextlib.suppress(DocumentError):
            read_einvoice([xml(damaged(data, changes))])


def test_a_tax_on_insurance_is_no_vat():
    """It is told, and stands in no rate and not in the total of VAT."""
    tax = (
        b"<ram:ApplicableTradeTax><ram:CalculatedAmount>20.00</ram:CalculatedAmount><ram:TypeCode>ZF_INSURANCE_TAX"
        b"</ram:TypeCode><ram:BasisAmount>100.00</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>"
        b"<ram:RateApplicablePercent>20</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
    )
    after = b"</ram:InvoiceCurrencyCode>"
    reading = read_einvoice([xml(minimum().replace(after, after + tax))])
    assert reading is not None
    assert (reading.record.total_vat, reading.record.vat) == (D("0.00"), ())
    assert [str(problem) for problem in reading.problems] == ["20.00 of the taxes on this invoice is no VAT."]
    assert read_einvoice([xml(minimum())]).record.total_vat == D("20.00")


@pytest.mark.parametrize(("number", "shown"), [("A-1", True), ("B-77", False)])
def test_a_paper_attached_to_xml_is_its_page_only_with_its_number(number, shown):
    """Another invoice that lies in the XML says nothing of this one."""
    text = f"Invoice {number}\nLumière\nTotal 999.00 EUR"
    page = Document(name="page.pdf", media_type="application/pdf", pages=(Page(number=1, text=text),))
    whole = replace(xml(minimum()), parts=(page,))
    papers = read_papers([whole], INVOICE, ReaderContext(), ("exact", "layout"))
    assert ("page.pdf" in [document.name for document in papers.documents]) is shown
