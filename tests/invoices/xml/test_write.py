"""Writing a record as XML and as Factur-X, and reading the same record back."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from smeflow.documents.read import read
from smeflow.invoices.xml.pdf import factur_x
from smeflow.invoices.xml.read import read_einvoice
from smeflow.invoices.xml.rules import LEVEL_NAMES
from smeflow.invoices.xml.terms import shapes_of
from smeflow.invoices.xml.validate import check_einvoice
from smeflow.invoices.xml.write import write_invoice
from smeflow.records import Invoice, Record

INBOX = Path(__file__).parents[3] / "recipes" / "supplier-mail" / "inbox"
FIXED = {
    "type_code": "380",
    "currency": "EUR",
    "vat_accounting.currency": "USD",
    "country": "FR",
    "parent": "1",
    "file_name": "timesheet.pdf",
    "media_type": "application/pdf",
}


def record_of(name):
    reading = read_einvoice([read(INBOX / name)])
    assert reading is not None
    return reading.record


def back(xml):
    reading = read_einvoice([read(xml, name="invoice.xml")])
    assert reading is not None
    assert reading.record is not None
    return reading.record


def without_profile(record):
    return record.model_copy(update={"control": record.control.model_copy(update={"profile": None})})


class Filler:
    """Fills every term of a record with a value of its own."""

    def __init__(self):
        self.numbers = count(1)

    def fill(self, kind: type[Record], path: str = "") -> dict:
        return {
            name: self.value(shape, f"{path}.{name}".strip("."), name)
            for name, shape in shapes_of(kind).items()
        }

    def value(self, shape, path, name):
        number = next(self.numbers)
        if fixed := FIXED.get(path) or FIXED.get(name):
            return fixed
        if shape.kind == "amount":
            return Decimal(number) + Decimal("0.25")
        if shape.kind == "day":
            return date(2026, 1, 1) + timedelta(days=number)
        if shape.kind == "texts":
            return (f"{name} {number}",)
        if shape.kind == "record":
            return self.fill(shape.record, path)
        if shape.kind == "records":
            return (self.fill(shape.record, path),)
        return (
            f"{name.upper()}{number}" if name in ("iban", "bic", "vat_id", "account") else f"{name} {number}"
        )


def full() -> Invoice:
    """An invoice in which every term of the record says something."""
    made = Filler().fill(Invoice)
    made["kind"] = "invoice"
    made["seller"], made["buyer"] = made["seller_details"]["name"], made["buyer_details"]["name"]
    means = made["payment"]["means"][0]
    means["debited_account"] = means["debited_account"].replace(" ", "").upper()
    means["bic"] = means["bic"].replace(" ", "")
    made["iban"], made["bic"] = means["account"], means["bic"]
    made["preceding_invoice"] = made["preceding_invoices"][0]["number"]
    made["note_codes"] = ("PMD",)
    made["lines"][0]["subtype"], made["grouping_lines"][0]["subtype"] = "DETAIL", "GROUP"
    return Invoice.model_validate(made)


def test_every_term_comes_back_as_it_was_written():
    """Read, write, read: the same record, whatever it says; nothing has no place."""
    record = full()
    written = write_invoice(record, "extended-ctc-fr", files={"timesheet.pdf": b"%PDF-1.4"})
    assert written.dropped == ()
    assert without_profile(back(written.xml)) == without_profile(record)


@pytest.mark.parametrize("profile", list(LEVEL_NAMES))
def test_each_profile_keeps_its_schema_and_names_what_it_has_no_room_for(profile):
    """MINIMUM has no lines; nothing is put where the schema forbids it."""
    record = record_of("lieferant-471113.xml")
    written = write_invoice(record, profile)
    report = check_einvoice(read(written.xml, name="invoice.xml"), ("xsd", "profile"))
    assert report is not None
    assert report.valid, report.findings
    assert report.level == profile
    assert ("lines.net" in written.dropped) is (profile in ("minimum", "basicwl"))
    again = back(written.xml)
    assert (again.number, again.total_gross, again.seller) == (
        record.number,
        record.total_gross,
        record.seller,
    )


@pytest.mark.parametrize(
    "name",
    [
        "lieferant-rabatte-471102.pdf",
        "my-supplier-018304.xml",
        "azienda-ospedaliera-FAT01.xml",
        "taxi-TX-471102.pdf",
    ],
)
def test_an_invoice_of_any_syntax_becomes_a_cross_industry_invoice(name):
    """ZUGFeRD 1, UBL, FatturaPA and Factur-X: the same record afterwards."""
    record = record_of(name)
    written = write_invoice(record, "extended-ctc-fr")
    report = check_einvoice(read(written.xml, name="invoice.xml"), ("xsd",))
    assert report is not None
    assert report.valid, report.findings
    again = back(written.xml)
    for field in (
        "lines",
        "vat",
        "payment",
        "references",
        "allowances",
        "charges",
        "seller_details",
        "notes",
    ):
        assert getattr(again, field) == getattr(record, field), field


def test_what_follows_from_the_rest_need_not_be_said():
    """An account without a way to pay is a transfer; the kind gives its code."""
    record = Invoice(number="A-1", kind="credit_note", currency="EUR", iban="FR7630006000011234567890189")
    again = back(write_invoice(record).xml)
    assert (again.control.type_code, again.payment.means[0].code, again.iban) == ("381", "30", record.iban)


def test_a_profile_that_does_not_exist_is_named():
    """The message says which there are."""
    with pytest.raises(ValueError, match="comfort is no profile; use one of"):
        write_invoice(Invoice(), "comfort")


def test_a_factur_x_file_holds_page_data_and_papers():
    """The PDF keeps its pages, and says of itself what Factur-X wants said."""
    page = read(INBOX / "netpresse-2022089083.pdf")
    record = record_of("lieferant-471113.xml")
    made = factur_x(
        page, write_invoice(record, "basic").xml, profile="basic", attachments={"hours.txt": b"8 hours"}
    )
    document = read(made, name="made.pdf")
    assert [part.name for part in document.parts] == ["factur-x.xml", "hours.txt"]
    assert document.pages[0].text == page.pages[0].text
    reading = read_einvoice([document])
    assert reading is not None
    assert reading.record.lines[0].name == record.lines[0].name
    report = check_einvoice(document, ("xsd", "pdf"))
    assert report is not None
    assert [check.name for check in report.checks] == ["xsd", "pdf"]
    assert report.valid, report.findings
