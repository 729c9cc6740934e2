"""The PDF: for the archive, for a screen reader, and with nothing in it that was run."""

import io

import pytest

from smeflow.pages.pdf import drawable, pdf_bytes

pytestmark = [pytest.mark.requires_module("vl_convert"), pytest.mark.requires_module("typst")]


@pytest.fixture(scope="module")
def made(french) -> bytes:
    """Give the French report's PDF."""
    return pdf_bytes(french)


def _words(pdf: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_bounded() for page in document).replace("\r\n", " ")


def test_it_is_made_for_the_archive(made):
    """PDF/A-2a by its structure: metadata, colours, tags, fonts inside, nothing that runs or points out."""
    import pypdf

    document = pypdf.PdfReader(io.BytesIO(made))
    root = document.trailer["/Root"]
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/OutputIntents"][0]["/DestOutputProfile"].get_object().get_data()[36:40] == b"acsp"
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own kind of boolean
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "fr"
    assert "/Encrypt" not in document.trailer
    assert b"/JavaScript" not in made
    assert b"/Launch" not in made
    assert b"/URI" not in made
    fonts = {
        name: font.get_object()
        for page in document.pages
        for name, font in page["/Resources"].get("/Font", {}).items()
    }
    assert fonts
    for font in fonts.values():
        inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile3" in inner or "/FontFile2" in inner
        assert "Inter" in inner["/FontName"]


def test_pictures_have_their_sentence_and_tables_their_headings(made):
    """A screen reader gets the alternative text of every chart, and cells that know their heading."""
    import pypdf

    document = pypdf.PdfReader(io.BytesIO(made))
    tags: list[str] = []
    alts: list[str] = []

    def walk(node):
        node = node.get_object()
        if not isinstance(node, dict):
            return
        tags.append(node.get("/S", ""))
        if "/Alt" in node:
            alts.append(node["/Alt"])
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            walk(kid)

    walk(document.trailer["/Root"]["/StructTreeRoot"])
    assert sum("le plus haut est octobre" in alt for alt in alts) == 7
    assert {"/Table", "/TH", "/TD", "/H1", "/Figure", "/Caption", "/TOC", "/Link"} <= set(tags)


def test_words_of_the_data_are_set_and_never_run(made):
    """What looks like the typesetter's own language comes out as it was written."""
    words = _words(made)
    assert "#emph[sans] <script>alert(1)</" in words
    assert "#sys.inputs =1+1 $x$ @cmd" in words
    assert "Val <Loire> & Fils" in words


def test_pages_are_numbered_in_the_readers_language(made, english):
    """Each page says which it is, of how many, in French and in English."""
    assert "Page 1 sur " in _words(made)
    assert "Page 1 of " in _words(pdf_bytes(english))
    assert "Sommaire" in _words(made)


def test_letters_without_a_picture_become_a_box_and_stop_nothing(french):
    """A name in letters that the font does not have still gives a PDF."""
    from dataclasses import replace

    odd = replace(
        french, company="東京 🙂 Ｆｕｌｌ e\u0301te\u0301 \u202e Łódź Αθήνα", sections=french.sections[:1]
    )
    words = _words(pdf_bytes(odd))
    assert "□□ □ Full été  Łódź Αθήνα" in words.replace("\u00a0", " ") or "Łódź Αθήνα" in words
    assert drawable("東 Ｆ e\u0301\u0000") == "□ F é"


def test_equal_reports_give_equal_bytes(french, made):
    """No time and no chance is in the file."""
    assert pdf_bytes(french) == made


def test_data_stands_beside_the_source_and_not_in_it():
    """The typesetter's source is the package's own file, whatever the report says."""
    from smeflow.pages.pdf import _typst_source

    assert b'json("report.json")' in _typst_source()
    assert b"eval(" not in _typst_source()
