"""Invoices whose data are in the file: e-invoices, their pages, and several in one case."""

import io
from dataclasses import dataclass, replace
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from pypdf import PdfReader, PdfWriter

from smeflow.core.case import Case
from smeflow.documents.document import Document, text_document
from smeflow.documents.read import read
from smeflow.extract.papers import candidate_papers
from smeflow.i18n import say
from smeflow.invoices.checks import check_own_firm
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.records import Invoice, Party
from smeflow.steps import Extract, Extraction

INBOX = Path(__file__).parents[2] / "recipes" / "supplier-mail" / "inbox"
EXACT = Extract(name="invoice", into=Invoice, readers=("exact",))


def bundled(name):
    return read(INBOX / name)


def changed(document, old, new):
    """Give an XML document with something else in it, read anew."""
    assert old in document.data
    return read(document.data.replace(old, new), name=document.name)


def test_an_e_invoice_is_read_without_a_model_and_quoted_by_its_xpath():
    """The data are the record; the evidence is the place in the XML."""
    found = EXACT(Case.of(bundled("au-bon-moulin-F124212.xml")), NoModel())
    assert found.reader == "einvoice"
    assert found.record.total_net + found.record.total_vat == found.record.total_gross
    assert found.fields["total_gross"].path.startswith("/")
    assert found.fields["total_gross"].value == str(found.record.total_gross)
    assert not found.wanted_model


def test_a_result_goes_through_json_unchanged():
    """Record, evidence, checks and doubts come back from the ledger as they were."""
    adapter = TypeAdapter(EXACT.returns)
    for name in ("au-bon-moulin-F124212.xml", "atelier-berthier-FA-2026-0001.pdf", "kraxi-2014-03.pdf"):
        found = EXACT(Case.of(bundled(name)), NoModel())
        back = adapter.validate_json(adapter.dump_json(found))
        assert isinstance(back, Extraction)
        assert back.record == found.record
        assert adapter.dump_json(back) == adapter.dump_json(found)
        assert [str(p) for p in back.problems] == [str(p) for p in found.problems]


def test_totals_that_do_not_add_up_are_a_doubt():
    """A changed total in the data breaks the sum and is told with the amounts."""
    document = bundled("bei-spiel-RE-20171118-506.xml")
    good = EXACT(Case.of(document), NoModel())
    gross = f">{good.record.total_gross}<".encode()
    bad = EXACT(Case.of(changed(document, gross, b">1.00<")), NoModel())
    assert any(check.name == "net+vat=gross" and check.passed is False for check in bad.checks)
    assert bad.doubts
    assert not bad.proven
    assert not any(check.passed is False and check.name == "net+vat=gross" for check in good.checks)


def test_an_iban_with_wrong_check_digits_is_a_doubt():
    """Money must not go to a mistyped account."""
    document = bundled("bei-spiel-RE-20171118-506.xml")
    printed = EXACT(Case.of(document), NoModel()).fields["iban"].quote
    wrong = printed[:-1] + str((int(printed[-1]) + 1) % 10)
    found = EXACT(Case.of(changed(document, printed.encode(), wrong.encode())), NoModel())
    assert any(wrong.replace(" ", "") in str(doubt) for doubt in found.doubts)
    assert not found.proven


def test_the_same_invoice_twice_is_one_and_two_are_two():
    """Copies of one number count once; several numbers go to a person."""
    one, two = bundled("au-bon-moulin-F124212.xml"), bundled("my-supplier-018304.xml")
    again = EXACT(Case.of(one, replace(one, name="copy.xml")), NoModel())
    assert again.several == 1
    both = EXACT(Case.of(one, two), NoModel())
    assert both.several == 2
    assert "The documents hold 2 invoices." in [str(d) for d in both.doubts]
    assert not both.proven


def test_of_a_mail_the_attachment_is_the_paper_and_not_the_message():
    """What the message says about an invoice is not the invoice."""
    invoice = bundled("au-bon-moulin-F124212.xml")
    said = text_document("Please pay 999.00 EUR", name="message")
    mail = Document(name="m", media_type="message/rfc822", pages=said.pages, parts=(invoice,))
    assert [p.documents for p in candidate_papers(Case.of(mail).documents)] == [(invoice,)]
    assert EXACT(Case.of(mail), NoModel()).record.total_gross != Decimal("999.00")
    alone = Document(name="m", media_type="message/rfc822", pages=said.pages)
    assert [p.documents for p in candidate_papers(Case.of(alone).documents)] == [(alone,)]


def test_data_are_not_overruled_by_a_model_but_its_contradiction_is_told():
    """A model that reads another total from the same file makes a doubt, not another total."""
    document = bundled("bei-spiel-RE-20171118-506.xml")
    step = Extract(name="invoice", into=Invoice, readers=("exact", "model"), ask="always")
    good = EXACT(Case.of(document), NoModel())
    answer = dict.fromkeys(json_keys(step))
    model = Scripted([{**answer, "total_gross": str(good.record.total_net)}])
    found = step(Case.of(document), model)
    assert found.record.total_gross == good.record.total_gross
    assert any(str(d).startswith("total with VAT: einvoice reads") for d in found.doubts)


def json_keys(step):
    return [name.replace(".", "_") for name in step.specs]


@pytest.mark.parametrize("name", ["au-bon-moulin-F124212.xml", "lieferant-471113.xml"])
def test_an_extraction_shows_itself_with_quotes_and_checks(name):
    """A notebook shows a table of fields with what was quoted."""
    html = EXACT(Case.of(bundled(name)), NoModel())._repr_html_()
    assert "<mark>" in html
    assert "total with VAT" in html
    assert "e-invoice" in html


@dataclass(frozen=True)
class Firm:
    names: tuple[str, ...] = ()
    siren: str | None = None
    vat_ids: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    left_open: bool = False


def test_nobody_pays_himself():
    """An invoice from our own firm, or to our own account, is a doubt; what is not known is not checked."""
    case = Case.of(bundled("bei-spiel-RE-20171118-506.xml"))
    record = EXACT(case, NoModel()).record
    ours = Firm(names=(record.seller.upper(),), ibans=(record.iban,))
    found = Extract(name="invoice", into=Invoice, readers=("exact",), constants={"company": ours})(
        case, NoModel()
    )
    told = [str(d) for d in found.doubts]
    assert f"The seller is our own firm: {record.seller}." in told
    assert f"It asks to pay to an account of our own: {record.iban}." in told
    other = Firm(names=("Somebody Else",), ibans=("FR7630006000011234567890189",))
    fine = Extract(name="invoice", into=Invoice, readers=("exact",), constants={"company": other})(
        case, NoModel()
    )
    assert {c.name: c.passed for c in fine.checks}["not_from_us"] is True
    silent = {c.name: c.passed for c in EXACT(case, NoModel()).checks}
    assert silent["not_from_us"] is None
    assert silent["not_our_account"] is None


def test_an_invoice_to_somebody_else_goes_to_a_person():
    """The buyer is us by number or by name, with more or less around it; what is not known is not checked."""
    case = Case.of(bundled("bei-spiel-RE-20171118-506.xml"))
    record = EXACT(case, NoModel()).record
    for firm, passed in (
        (Firm(names=(f"{record.buyer} GmbH",)), True),
        (Firm(names=("Somebody Else",)), False),
        (Firm(), None),
        (Firm(siren="732829320"), False),
    ):
        step = Extract(name="invoice", into=Invoice, readers=("exact",), constants={"company": firm})
        found = step(case, NoModel())
        assert {c.name: c.passed for c in found.checks}["to_us"] is passed
        told = f"It is addressed to {record.buyer}, not to us."
        assert (told in [str(d) for d in found.doubts]) is (passed is False)


@pytest.mark.parametrize(
    ("record", "firm"),
    [
        (Invoice(buyer_details=Party(vat_id="FR40303265045")), Firm(names=("Martin SARL",))),
        (Invoice(buyer="Durand SA"), Firm(siren="732829320")),
    ],
)
def test_a_buyers_number_says_nothing_against_a_name(record, firm):
    """Who is known by a name alone is not compared with a number, nor the other way round."""
    assert {c.name: c.passed for c in check_own_firm(record, firm)}["to_us"] is None


def test_an_attachment_that_cannot_be_read_is_not_passed_over():
    """Beside a good invoice a damaged one may be a second: a person looks."""
    good = bundled("bei-spiel-RE-20171118-506.xml")
    why = say("{name} is a damaged PDF. Ask the sender for it again.", name="second.pdf")
    broken = Document(name="second.pdf", media_type="application/pdf", problems=(why,))
    pages = text_document("Two invoices attached.", name="m").pages
    mail = Document(name="m", media_type="message/rfc822", pages=pages, parts=(good, broken))
    found = EXACT(Case.of(mail), NoModel())
    assert found.record.number
    assert "second.pdf is a damaged PDF. Ask the sender for it again." in [str(d) for d in found.doubts]


def with_files(name, **files):
    """Give a bundled PDF with files put into it, read anew."""
    writer = PdfWriter(clone_from=PdfReader(INBOX / name))
    for file, data in files.items():
        writer.add_attachment(file.replace("__", "-").replace("_xml", ".xml"), data)
    held = io.BytesIO()
    writer.write(held)
    return read(held.getvalue(), name=name)


DECLARED = b'<!DOCTYPE rsm:CrossIndustryInvoice [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("readers", [("exact", "layout"), ("layout", "exact")])
def test_a_pdf_whose_data_are_refused_goes_to_a_person(readers):
    """XML that declares a document type is not read, and the page alone does not make the invoice done."""
    step = Extract(name="invoice", into=Invoice, readers=readers)
    name = "coolblue-992288600.pdf"
    assert not step(Case.of(bundled(name)), NoModel()).doubts
    data = (INBOX / "lieferant-471113.xml").read_bytes()
    end = data.index(b"?>") + 2
    evil = data[:end] + DECLARED + data[end:].replace(b">471113<", b">&f;<")
    found = step(Case.of(with_files(name, factur__x_xml=evil)), NoModel())
    assert [str(doubt) for doubt in found.doubts] == [
        "factur-x.xml: an XML file with a document type definition is not read."
    ]
    broken = step(Case.of(with_files(name, factur__x_xml=data[:-40])), NoModel())
    assert len(broken.doubts) == 1
    assert "the XML cannot be read" in str(broken.doubts[0])
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Invoice", "a@example.com"
    mail.set_content("Please find attached.")
    mail.add_attachment(bundled(name).data, maintype="application", subtype="pdf", filename=name)
    mail.add_attachment(evil, maintype="application", subtype="xml", filename="data.xml")
    assert step(Case.of(read(bytes(mail), name="mail.eml")), NoModel()).doubts


def test_a_page_that_is_missing_sends_the_invoice_to_a_person():
    """What the file says it has and nobody could read may change everything."""
    step = Extract(name="invoice", into=Invoice, readers=("exact", "layout"))
    document = replace(bundled("coolblue-992288600.pdf"), unread=(say("Page 2 is damaged"),))
    assert [str(doubt) for doubt in step(Case.of(document), NoModel()).doubts] == ["Page 2 is damaged"]


def test_xml_that_is_no_invoice_says_nothing_against_the_page():
    """A drawing declares its type as drawings do."""
    drawing = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg/>'
    step = Extract(name="invoice", into=Invoice, readers=("exact", "layout"))
    found = step(Case.of(with_files("coolblue-992288600.pdf", logo_xml=drawing)), NoModel())
    assert not found.doubts


def test_a_page_that_says_another_day_than_its_data_goes_to_a_person():
    """Both values are told; data alone do not prove what the page denies."""
    pdf = bundled("taxi-TX-471102.pdf")
    step = Extract(name="invoice", into=Invoice, readers=("exact", "layout"))
    good = step(Case.of(pdf), NoModel())
    data = pdf.parts[0]
    day = good.fields["issue_date"].quote
    other = changed(data, f">{day}<".encode(), b">20171030<")
    bad = step(Case.of(replace(pdf, parts=(replace(other, name=data.name),))), NoModel())
    assert not any(check.name == "page_agrees" and check.passed is False for check in good.checks)
    told = [str(doubt) for doubt in bad.doubts]
    assert "issue date: the file's data say 2017-10-30, the visible page says 2018-10-30." in told
    assert not bad.proven
