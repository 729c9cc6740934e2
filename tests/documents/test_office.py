"""Word, Excel and OpenDocument: read as a person sees them."""

import io
import shutil
import subprocess
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from smeflow import Case, run
from smeflow.documents.document import Limits
from smeflow.documents.read import read
from smeflow.errors import LimitExceeded, UnreadableDocument, UnsupportedDocument
from smeflow.records import Invoice
from smeflow.steps import Extract

INVOICE = Extract(name="invoice", into=Invoice)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)


def packed(**parts: str) -> bytes:
    """Pack texts; ``__`` in a name is a folder, and a file ends in .xml."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr("mimetype" if name == "mimetype" else f"{name.replace('__', '/')}.xml", text)
    return buffer.getvalue()


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def tr(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


def docx(body: str, **parts: str) -> bytes:
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    return packed(word__document=document, **parts)


def text_of(data: bytes, name: str = "f.docx") -> str:
    return read(data, name=name).text


def test_a_letter_is_read_with_its_table_a_line_a_row() -> None:
    """Cells of a row stand on one line; what is beside a description of two lines stays with it."""
    body = p("Facture F-12") + "<w:tbl>" + tr(p("Pose") + p("deux jours"), p("2"), p("400,00")) + "</w:tbl>"
    assert text_of(docx(body)) == "Facture F-12\nPose deux jours  2  400,00"


def test_blocks_side_by_side_stay_whole_and_labels_keep_their_amounts() -> None:
    """A table that lays out a page is read block by block; one of labels and amounts line by line."""
    blocks = tr(p("Atelier Roux") + p("3 rue Haute"), p("Client SA") + p("9 quai Bas"))
    sums = tr(p("Total HT") + p("TVA") + p("Total TTC"), p("100,00 €") + p("20,00 €") + p("120,00 €"))
    text = text_of(docx(f"<w:tbl>{blocks}</w:tbl><w:tbl>{sums}</w:tbl>"))
    assert text.split("\n") == [
        *("Atelier Roux", "3 rue Haute", "Client SA", "9 quai Bas"),
        *("Total HT  100,00 €", "TVA  20,00 €", "Total TTC  120,00 €"),
    ]


def test_what_a_reader_of_the_letter_cannot_see_is_left_out_and_told() -> None:
    """Hidden, white and tiny text is no part of an invoice; deleted text and field codes are nothing."""
    deleted = "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    body = p("Total 100") + p("Total 900", "<w:vanish/>") + p("IBAN", '<w:color w:val="FFFFFF"/>') + deleted
    document = read(docx(body + p("tiny", '<w:sz w:val="2"/>')), name="f.docx")
    assert document.text == "Total 100"
    assert [str(problem) for problem in document.problems] == [
        "f.docx holds hidden text; it was not read: “Total 900 IBAN tiny”"
    ]


def test_head_and_foot_of_the_page_are_read_once() -> None:
    """The letterhead often stands in the header, the bank account in the footer."""
    head = f"<w:hdr {W}>{p('Atelier Roux')}</w:hdr>"
    foot = f"<w:ftr {W}>{p('IBAN FR76')}</w:ftr>"
    data = docx(p("Facture"), word__header1=head, word__header2=head, word__footer1=foot)
    assert text_of(data).split() == ["Atelier", "Roux", "Facture", "IBAN", "FR76"]


def test_a_file_is_known_by_what_is_in_it_and_not_by_its_name() -> None:
    """A letter that is called .zip is a letter; an archive that is called .docx is an archive."""
    assert text_of(docx(p("Facture")), "f.zip") == "Facture"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "one")
    assert [part.text for part in read(buffer.getvalue(), name="a.docx").parts] == ["one"]


def test_a_workbook_shows_days_and_amounts_as_a_person_sees_them(tmp_path: Path) -> None:
    """The format of a cell says what its number means."""
    path = tmp_path / "f.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Facture")
    sheet.write("A1", "Facture")
    sheet.write("B1", 12, book.add_format({"num_format": '"F-"0000'}))
    sheet.write_datetime("B2", date(2026, 11, 3), book.add_format({"num_format": "dd/mm/yyyy"}))
    sheet.write("A2", "Date")
    sheet.write_row("A4", ["Pose", 2, 0.1 + 0.2])
    sheet.write("A5", "TVA")
    sheet.write("B5", 0.2, book.add_format({"num_format": "0%"}))
    sheet.write("A6", "Total TTC")
    sheet.write_formula("B6", "=SUM(C4)", book.add_format({"num_format": "#,##0.00 [$€-40C]"}), 1234.5)
    sheet.set_row(6, None, None, {"hidden": True})
    sheet.write("A7", "marge")
    sheet.set_column("F:F", None, None, {"hidden": True})
    sheet.write("F1", "secret")
    other = book.add_worksheet("Calculs")
    other.write("A1", "interne")
    other.hide()
    book.close()
    document = read(path)
    assert document.text.split("\n") == [
        *("Facture  F-0012", "Date  2026-11-03", "", "Pose  2  0.3", "TVA  20 %", "Total TTC  1234.50 €")
    ]
    assert "“secret marge interne”" in str(document.problems[0])


def test_formulas_that_were_never_counted_are_told() -> None:
    """A program that wrote a formula and no result leaves an amount out; nobody may take it for empty."""
    sheet = '<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>Total</v></c><c r="B1"><f>1+1</f></c>'
    data = packed(
        xl__workbook='<workbook xmlns:r="r"><sheets><sheet name="A" r:id="1"/></sheets></workbook>',
        xl__worksheets__a=f"{sheet}</row></sheetData></worksheet>",
    )
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        links = '<Relationships><Relationship Id="1" Target="worksheets/a.xml"/></Relationships>'
        archive.writestr("xl/_rels/workbook.xml.rels", links)
    document = read(buffer.getvalue(), name="f.xlsx")
    assert document.text == "Total"
    assert "1 formulas without their results" in str(document.problems[0])


def test_a_text_of_libreoffice_is_read_without_what_it_hides() -> None:
    """Tables, spaces and line breaks as on the page; a hidden span is told."""
    styles = '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
    cells = "".join(
        f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in ("Total TTC", "12 €")
    )
    body = (
        '<text:p>Facture<text:s text:c="2"/>F-9<text:line-break/>du 3 mars<text:span text:style-name="H">x y'
        f"</text:span></text:p><table:table><table:table-row>{cells}</table:table-row></table:table>"
    )
    content = (
        f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    document = read(packed(mimetype="application/vnd.oasis.opendocument.text", content=content), name="f.odt")
    assert document.text == "Facture  F-9\ndu 3 mars\nTotal TTC  12 €"
    assert "“x y”" in str(document.problems[0])


def test_an_invoice_written_in_word_is_read_and_proven() -> None:
    """Small suppliers write their invoices in Word: they are read like any page of text."""
    rows = tr(p("Pose de fenêtres"), p("2"), p("400,00 €"), p("800,00 €"))
    sums = "".join(
        tr(p(label), p(amount))
        for label, amount in (("Total HT", "800,00 €"), ("TVA 20 %", "160,00 €"), ("Total TTC", "960,00 €"))
    )
    body = (
        p("Atelier Roux SARL") + p("3 rue Haute, 69001 Lyon") + p("SIREN 552 100 554 - TVA FR96552100554")
        + p("Facture n° FA-2026-031") + p("Date : 03/11/2026")
        + p("Client : Menuiserie Blanc") + p("9 quai Bas, 69002 Lyon")
        + f"<w:tbl>{rows}</w:tbl><w:tbl>{sums}</w:tbl>"
    )  # fmt: skip
    found = run([INVOICE], Case.of(read(docx(body), name="f.docx")))[INVOICE]
    record = found.record
    assert (record.number, record.issue_date, record.total_gross) == (
        "FA-2026-031", date(2026, 11, 3), Decimal("960.00"),
    )  # fmt: skip
    assert (record.total_net, record.total_vat, record.currency) == (Decimal(800), Decimal(160), "EUR")


def test_hostile_and_foreign_files_are_refused_with_what_to_do() -> None:
    """A bomb, entities, a broken part, an empty letter and a presentation: each its own reason."""
    with pytest.raises(LimitExceeded, match="ratio"):
        read(docx(p("a" * 9_000_000)), name="bomb.docx")
    entities = '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'
    with pytest.raises(UnreadableDocument, match="DTD"):
        read(packed(word__document=entities), name="f.docx")
    with pytest.raises(UnreadableDocument, match="no text"):
        read(docx(""), name="scan.docx")
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(docx(p("x"))[:-40], name="cut.docx")
    spaces = '<text:p>a<text:s text:c="many"/></text:p>'
    body = (
        f"<o:document {ODF.replace('office=', 'o=')}><o:body><o:text>{spaces}</o:text></o:body></o:document>"
    )
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(packed(mimetype="application/vnd.oasis.opendocument.text", content=body), name="odd.odt")
    slides = packed(**{"[Content_Types]": "<a/>", "ppt__presentation": "<a/>"})
    with pytest.raises(UnsupportedDocument, match="Save it as PDF"):
        read(slides, name="talk.pptx")
    with pytest.raises(LimitExceeded, match="characters"):
        read(docx(p("word " * 100)), name="long.docx", limits=Limits(characters=99))


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("data", "name", "way"),
    [
        (OLE + "WordDocument".encode("utf-16-le"), "devis.doc", "--convert-to docx"),
        (OLE + "Workbook".encode("utf-16-le"), "prix.xls", "--convert-to xlsx"),
        (OLE + "PowerPoint Document".encode("utf-16-le"), "offre.ppt", "--convert-to pdf"),
        (b"{\\rtf1\\ansi Facture 12}", "facture.rtf", "--convert-to docx"),
        (b"{\\rtf1\\ansi Facture 12}", "facture.doc", "--convert-to docx"),
    ],
)
def test_an_old_format_is_told_with_the_way_to_a_new_one(data, name, way):
    """A supplier's .doc is no riddle: the message says how it becomes one that is read."""
    with pytest.raises(UnsupportedDocument, match=way) as caught:
        read(data, name=name)
    assert name in caught.value.phrase.render("fr")


def test_a_locked_document_is_told_as_locked():
    """Word and Excel put what is locked with a password into their old container."""
    with pytest.raises(UnreadableDocument, match="password"):
        read(OLE + "EncryptedPackage".encode("utf-16-le"), name="facture.docx")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_way_the_message_names_leads_there(tmp_path):
    """The command in the message makes a file of an old one that is read."""
    (tmp_path / "a.rtf").write_bytes(rb"{\rtf1\ansi Facture 12}")
    with pytest.raises(UnsupportedDocument) as caught:
        read(tmp_path / "a.rtf")
    command = str(caught.value).partition(": soffice ")[2].split()
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", *command[:-1], "a.rtf"],
        check=True, capture_output=True, timeout=120, cwd=tmp_path,
    )  # fmt: skip
    assert "Facture 12" in read(tmp_path / "a.docx").text
