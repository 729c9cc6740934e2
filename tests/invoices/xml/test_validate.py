"""Checking e-invoices offline: what passes, what fails with which rule, and what did not run."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from smeflow.documents.read import read
from smeflow.documents.workers import WorkerEnded
from smeflow.invoices.xml import validate
from smeflow.invoices.xml.rules import CHECK_SECONDS, rule_workers, standard_rule
from smeflow.invoices.xml.validate import check_einvoice

pytestmark = pytest.mark.slow

INVOICES = Path(__file__).parents[2] / "documents" / "invoices"
INBOX = Path(__file__).parents[3] / "recipes" / "supplier-mail" / "inbox"


def bundled(name):
    return read(INBOX / name)


def inside(name):
    """The XML inside a PDF."""
    return bundled(name).parts[0].data


def report_of(data, checks=None, name="invoice.xml"):
    found = check_einvoice(read(data, name=name), checks)
    assert found is not None
    return found


def rules(report):
    return [finding.rule for finding in report.findings if finding.severity == "error"]


def states(report):
    return {check.name: check.passed for check in report.checks}


def test_a_sound_invoice_passes_every_check():
    """Schema, profile, EN 16931, France's rules and the PDF: all of them ran."""
    report = check_einvoice(bundled("atelier-berthier-FA-2026-0001.pdf"))
    assert report is not None
    assert (report.syntax, report.level) == ("CII", "basic")
    assert states(report) == dict.fromkeys(("xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers"), True)
    assert rules(report) == []


def test_a_broken_rule_is_told_with_its_words_its_place_and_what_stands_there():
    """BR-CO-15: net and VAT are not gross."""
    report = check_einvoice(bundled("atelier-berthier-FA-2026-0001-bis.pdf"))
    assert report is not None
    assert report.valid is False
    assert rules(report) == ["BR-CO-15", "BR-CO-16"]
    finding = report.findings[0]
    assert "Invoice total amount with VAT (BT-112)" in str(finding.text)
    assert "BT-112=3000.00" in finding.value
    assert finding.path.endswith("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    assert finding.line is not None


def test_the_french_rules_find_what_the_european_ones_do_not():
    """30 February keeps EN 16931 and not BR-FR-03."""
    data = inside("atelier-berthier-FA-2026-0001.pdf").replace(b">20260815<", b">20260230<")
    report = report_of(data, ("en16931", "fr-ctc"))
    assert states(report) == {"en16931": True, "fr-ctc": False}
    assert rules(report) == ["BR-FR-03_BT-2"]
    assert report.findings[0].value == "20260230"


def test_rules_that_a_value_stops_have_not_passed():
    """A decimal comma breaks the schema, and the rules cannot run on it."""
    data = inside("atelier-berthier-FA-2026-0001.pdf").replace(b">2400.00<", b">2400,00<", 1)
    report = report_of(data, ("xsd", "en16931"))
    assert states(report) == {"xsd": False, "en16931": None}
    assert "2400,00" in str(report.checks[1].why)
    assert report.findings[0].value == "2400,00"


def test_a_profile_that_does_not_exist_is_named():
    """What cannot be chosen by is not passed over."""
    known = b"urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"
    data = inside("atelier-berthier-FA-2026-0001.pdf").replace(known, b"urn:factur-x.eu:2p0:ultimate")
    report = report_of(data, ("profile",))
    assert rules(report) == ["BT-24"]
    assert report.findings[0].value == "urn:factur-x.eu:2p0:ultimate"


def test_ubl_has_rules_of_its_own():
    """An invoice without a currency: BR-05."""
    data = bundled("my-supplier-018304.xml").data
    good = report_of(data, ("xsd",))
    start = data.index(b"<cbc:DocumentCurrencyCode")
    end = data.index(b"</cbc:DocumentCurrencyCode>") + len(b"</cbc:DocumentCurrencyCode>")
    bad = report_of(data[:start] + data[end:], ("xsd", "en16931"))
    assert good.valid
    assert "BR-05" in rules(bad)


@pytest.mark.parametrize("name", ["azienda-ospedaliera-FAT01.xml", "lieferant-rabatte-471102.pdf"])
def test_what_has_no_rules_is_not_run_and_never_passed(name):
    """FatturaPA and ZUGFeRD 1: read, and not measured by rules that are not theirs."""
    report = check_einvoice(bundled(name), ("en16931",))
    assert report is not None
    assert states(report) == {"en16931": None}
    assert report.valid is None
    assert str(report.checks[0].why).startswith("No rules for ")


def test_without_saxon_the_rules_are_not_run(tmp_path, monkeypatch):
    """The command that installs what is missing is told; the schema needs nothing."""
    (tmp_path / "saxonche.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    children = rule_workers(1)
    monkeypatch.setattr(validate, "shared_rule_workers", lambda: children)
    try:
        report = report_of(bundled("lieferant-471113.xml").data, ("xsd", "en16931"))
    finally:
        children.close()
    assert states(report) == {"xsd": True, "en16931": None}
    assert 'pip install "smeflow[einvoice]"' in str(report.checks[1].why)


def test_a_document_type_stops_everything():
    """It is not read at all, and no check has passed."""
    data = bundled("lieferant-471113.xml").data
    hostile = data.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>', 1)
    document = bundled("lieferant-471113.xml")
    report = check_einvoice(type(document)(name="x.xml", media_type="application/xml", data=hostile))
    assert report is not None
    assert report.valid is False
    assert {check.passed for check in report.checks if check.name != "xml"} == {None}


def test_what_is_no_e_invoice_has_no_report():
    """A plain page."""
    assert check_einvoice(bundled("netpresse-2022089083.pdf")) is None


def test_a_child_that_takes_too_long_is_ended_and_the_next_one_works():
    """The deadline is kept by the parent."""
    children = rule_workers(1)
    head = {"job": "check", "schemas": {}, "rules": {}}
    try:
        with pytest.raises(WorkerEnded) as late:
            children.ask(head, [b"<a/>"], seconds=0.0)
        assert late.value.timed_out
        assert children.ask(head, [b"<a/>"], seconds=CHECK_SECONDS)[0]["results"] == {}
    finally:
        children.close()


def test_the_same_child_serves_one_file_after_another():
    """Rules are compiled once."""
    children = rule_workers(1)
    head = {"job": "check", "schemas": {}, "rules": {}}
    try:
        children.ask(head, [b"<a/>"], seconds=CHECK_SECONDS)
        first = children._idle.queue[-1]
        children.ask(head, [b"<b/>"], seconds=CHECK_SECONDS)
        assert first is not None
        assert children._idle.queue == [first]
    finally:
        children.close()


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ("AFRelationship", "pdf-relationship"),
        ("AF", "pdf-af"),
        ("OutputIntents", "pdf-a"),
        ("Metadata", "pdf-xmp"),
    ],
)
def test_how_the_invoice_lies_in_its_pdf_is_looked_at(spoil, rule):
    """Each thing PDF/A-3 and Factur-X want is missed where it is taken away."""
    writer = PdfWriter(clone_from=PdfReader(INBOX / "atelier-berthier-FA-2026-0001.pdf"))
    root = writer.root_object
    if spoil == "AFRelationship":
        names = root["/Names"]["/EmbeddedFiles"]["/Names"]
        del names[1].get_object()[NameObject("/AFRelationship")]
    else:
        del root[NameObject(f"/{spoil}")]
    made = io.BytesIO()
    writer.write(made)
    assert rule in rules(report_of(made.getvalue(), ("pdf",), "spoilt.pdf"))


XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
VEHICLE = (
    b'<cac:CommodityClassification><cbc:ItemClassificationCode listID="CVD">M1</cbc:ItemClassificationCode>'
    b"</cac:CommodityClassification><cac:ClassifiedTaxCategory>"
)


@pytest.mark.parametrize(
    ("profile", "passed"),
    [
        (f"{XRECHNUNG}#compliant#urn:xeinkauf.de:kosit:cvd:xrechnung_3.0", True),
        (XRECHNUNG, False),
        ("urn:cen.eu:en16931:2017", False),
    ],
)
def test_what_a_profile_of_xrechnung_allows_is_told_and_rejects_nothing(profile, passed):
    """An invoice for clean vehicles classifies them by CVD, which no list of EN 16931 has."""
    data = (INVOICES / "versicherungsverein-2018-1.xml").read_bytes()
    data = data.replace(b"<cac:ClassifiedTaxCategory>", VEHICLE)
    start = data.index(b"<cbc:CustomizationID>") + len(b"<cbc:CustomizationID>")
    end = data.index(b"</cbc:CustomizationID>")
    report = report_of(data[:start] + profile.encode() + data[end:], ("en16931",))
    assert states(report) == {"en16931": passed}
    assert "BR-CL-13" in [finding.rule for finding in report.findings]


def test_rules_that_do_not_run_are_told_with_the_package_that_has_them():
    """What XRechnung adds to EN 16931 is not bundled."""
    data = (INVOICES / "versicherungsverein-2018-1.xml").read_bytes()
    report = report_of(data, ("profile",))
    assert "eu-einvoice" in str(report.findings[0].text)


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        (
            "Value of '@listID' is not allowed.",
            "ram:DesignatedProductClassification/ram:ClassCode",
            "BR-CL-13",
        ),
        ("Value of '@schemeID' is not allowed.", "ram:SellerTradeParty/ram:GlobalID[1]", "BR-CL-10"),
        ("Value of '@schemeID' is not allowed.", "ram:SpecifiedTradeProduct/ram:GlobalID", "BR-CL-21"),
        ("Value of '@currencyID' is not allowed.", "ram:TaxTotalAmount", "FX-SCH-A-1"),
    ],
)
def test_code_lists_of_factur_x_are_known_by_their_rule_of_the_standard(text, path, rule):
    """So that KoSIT's levels hold for CII too."""
    assert standard_rule("FX-SCH-A-1", text, path) == rule
