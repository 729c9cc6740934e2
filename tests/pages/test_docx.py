"""The word processor's file: real styles, opened without repair, into a firm's own template."""

import io
import subprocess
import zipfile
from dataclasses import replace

import pytest

from smeflow.errors import SinkError
from smeflow.pages.docx import docx_bytes

pytestmark = [pytest.mark.requires_module("vl_convert"), pytest.mark.requires_module("docx")]


def opened(data: bytes):
    import docx

    return docx.Document(io.BytesIO(data))


@pytest.fixture(scope="module")
def made(french) -> bytes:
    """Give the French report's document."""
    return docx_bytes(french)


@pytest.mark.requires_program("soffice")
def test_an_office_program_opens_it_and_prints_what_it_says(made, tmp_path):
    """LibreOffice reads the file and lays out every section, picture and table."""
    import pypdfium2

    (tmp_path / "report.docx").write_bytes(made)
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [
            "soffice",
            home,
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            tmp_path,
            tmp_path / "report.docx",
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    document = pypdfium2.PdfDocument(tmp_path / "report.pdf")
    words = " ".join(page.get_textpage().get_text_bounded() for page in document)
    for text in (
        "L’essentiel",
        "Le chiffre d’affaires",
        "Les clients",
        "Page 1 sur",
        "#sys.inputs =1+1",
        "Total",
    ):
        assert text in words
    pictures = [o for page in document for o in page.get_objects() if o.type == 3]
    assert len(pictures) == 7


@pytest.mark.slow
def test_headings_captions_and_tables_are_what_they_are_called(made):
    """A person edits by style: nothing is only made to look like a heading."""
    document = opened(made)
    styles = {p.style.name for p in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Caption", "List Bullet", "Quote"} <= styles
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == [
        "L’essentiel",
        "Le chiffre d’affaires",
        "Les clients",
        "L’activité",
        "D’où vient chaque chiffre",
    ]
    table = next(t for t in document.tables if t.style.name == "Report Table")
    assert [c.text for c in table.rows[-1].cells] == ["Total", "58\u202f100\u00a0€", "100\u202f%"]
    assert table.rows[0]._tr.trPr.xpath("w:tblHeader")


@pytest.mark.slow
def test_each_picture_has_its_sentence_and_each_link_its_place(made):
    """Pictures are told to those who do not see them; a figure leads to its proof."""
    body = opened(made).element.body
    assert len([p for p in body.xpath("//wp:docPr") if "le plus haut est octobre" in p.get("descr", "")]) == 7
    links = {str(name) for name in body.xpath("//w:hyperlink/@w:anchor")}
    places = [str(name) for name in body.xpath("//w:bookmarkStart/@w:name")]
    assert links <= set(places)
    assert {"fact-1", "section-2"} <= links
    assert len(places) == len(set(places))


@pytest.mark.slow
def test_the_language_is_told_for_spelling(made, english):
    """A French report is not underlined in red from end to end."""
    for data, language in ((made, "fr-FR"), (docx_bytes(english), "en-GB")):
        assert opened(data).styles.element.xpath("//w:docDefaults//w:lang/@w:val") == [language]


@pytest.mark.slow
def test_equal_reports_give_equal_bytes_without_a_time(french, made):
    """No moment of making is in the file, nor in the zip around it."""
    assert docx_bytes(french) == made
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert parts.infolist()[0].filename == "[Content_Types].xml"
    assert opened(made).core_properties.created.date() == french.day


@pytest.mark.slow
@pytest.mark.requires_module("docxtpl")
def test_a_firms_own_template_keeps_its_letterhead(french):
    """The report stands where the template asks for it, and its fields are filled in."""
    import docx

    letter = docx.Document()
    letter.sections[0].header.paragraphs[0].text = "Menuiserie du Val – {{ title }}"
    letter.add_paragraph("Madame, les ventes : {{ facts.revenue }}.")
    letter.add_paragraph("{{ report }}")
    letter.add_paragraph("Cordialement")
    target = io.BytesIO()
    letter.save(target)
    document = opened(docx_bytes(french, target.getvalue()))
    texts = [p.text for p in document.paragraphs]
    assert document.sections[0].header.paragraphs[0].text == "Menuiserie du Val – Rapport des ventes"
    assert texts[0] == "Madame, les ventes : 58\u202f100\u00a0€."
    assert texts[1] == "L’essentiel"
    assert texts[-1] == "Cordialement"
    assert not any("{{" in text or "\ue000" in text for text in texts)
    assert docx_bytes(french, target.getvalue()) == docx_bytes(french, target.getvalue())


@pytest.mark.requires_module("docxtpl")
@pytest.mark.parametrize(
    "text", ["{{ title.__class__.__mro__ }}", "{% for x in %}", "{{ ''.__class__.__base__.x() }}"]
)
def test_a_template_names_values_and_runs_nothing(french, text):
    """What reaches for more than values is refused with a message."""
    import docx

    letter = docx.Document()
    letter.add_paragraph(text)
    target = io.BytesIO()
    letter.save(target)
    with pytest.raises(SinkError, match="cannot be filled"):
        docx_bytes(french, target.getvalue())


def test_signs_no_document_may_hold_are_left_out(french):
    """A control character in a name does not break the file."""
    data = docx_bytes(replace(french, company="A\x00B\x0bC\ud800", sections=(), annex=()))
    assert "ABC" in [p.text for p in opened(data).paragraphs]
