import contextlib
import io
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.hostile import page_of

from smeflow.documents.read import read
from smeflow.errors import DocumentError, LimitExceeded, UnreadableDocument


def consistent(document):
    """Check that every word stands where it says, on the line it says, inside the page."""
    for page in document.pages:
        for word in page.words:
            assert page.text[word.start : word.end] == word.text
            assert word.line == page.text.count("\n", 0, word.start) + 1
            assert 0 <= word.box.left <= word.box.right <= 1
            assert 0 <= word.box.top <= word.box.bottom <= 1
    return document


def test_an_amount_at_the_right_edge_is_on_the_line_of_its_label(make_pdf, printed, read_in_process):
    """Lines are made by where words stand, not by the order of the file."""
    page = printed(450, 700, "12,50") + printed(50, 600, "Total TTC") + printed(50, 700, "Service")
    page += printed(450, 601, "15,00")
    document = consistent(read_in_process(make_pdf(page)))
    assert document.text == "Service  12,50\nTotal TTC  15,00"
    total = document.pages[0].words[-1]
    assert total.line == 2
    assert total.box.left == pytest.approx(450 / 595, abs=0.01)
    assert total.box.bottom == pytest.approx(1 - 601 / 842, abs=0.01)


def test_a_tall_title_joins_one_line_of_small_print(make_pdf, printed, read_in_process):
    """Three small lines beside a large word stay three lines."""
    small = "".join(printed(300, 700 + d, f"small{n}", size=8) for n, d in enumerate((20, 10, 0)))
    document = read_in_process(make_pdf(printed(50, 700, "FACTURE", size=28) + small))
    assert document.text == "small0\nsmall1\nFACTURE  small2"


def test_raised_letters_stay_on_their_line(make_pdf, printed, read_in_process):
    """The o of "No" and the e of "1er" are printed smaller and higher."""
    page = (
        printed(50, 700, "N", size=10) + printed(57.5, 703.5, "o", size=6) + printed(70, 700, "123", size=10)
    )
    assert read_in_process(make_pdf(page)).pages[0].words[-1].line == 1


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(make_pdf, printed, read_in_process, rotate):
    """A page scanned sideways and turned back by its /Rotate has upright lines."""
    matrix = {90: "0 1 -1 0 595 0", 180: "-1 0 0 -1 595 842", 270: "0 -1 1 0 0 842"}[rotate]
    page = f"{matrix} cm\n" + printed(50, 500, "Total") + printed(300, 500, "12,00") + printed(50, 400, "Net")
    document = consistent(read_in_process(make_pdf(page, rotate=rotate)))
    assert document.text == "Total  12,00\nNet"
    width = 842 if rotate in (90, 270) else 595
    assert document.pages[0].width == width
    assert document.pages[0].words[0].box.left == pytest.approx(50 / width, abs=0.01)


def test_letters_are_as_a_reader_types_them(make_pdf, read_in_process):
    """Words split at spaces of every kind; accents are composed."""
    document = read_in_process(make_pdf("BT /F1 12 Tf 50 700 Td (Montant\240d\373\40:\0401\240234,50) Tj ET"))
    assert document.text == "Montant dû : 1 234,50"


HIDDEN = {
    "without ink": ("3 Tr", 12, "", ""),
    "too small": ("", 0.5, "", ""),
    "in the colour": ("1 g", 12, "", ""),
    "covered by": ("", 12, "", "1 g 40 590 400 30 re f\n"),
    "dark ground": ("0 g", 12, "0 g 40 590 400 30 re f\n", ""),
}


@pytest.mark.parametrize("why", HIDDEN)
def test_text_nobody_sees_is_not_read_and_told(make_pdf, printed, read_in_process, why):
    """What a person cannot see on the page must not be read from it."""
    before, size, under, over = HIDDEN[why]
    page = (
        printed(50, 700, "Total 12,00")
        + under
        + printed(50, 600, "Pay to EVIL", size=size, before=before)
        + over
    )
    document = consistent(read_in_process(make_pdf(page), name="a.pdf"))
    assert document.text == "Total 12,00"
    [problem] = document.problems
    assert "EVIL" in str(problem)
    assert "Page 1 of a.pdf" in str(problem)


def test_a_value_painted_over_with_another_is_not_read_and_told(make_pdf, printed, read_in_process):
    """What its place shows is what was printed on the paint, not what lies under it."""
    page = (
        printed(50, 600, "1234.50") + "1 g 40 590 400 30 re f\n" + printed(50, 600, "9440.00", before="0 g")
    )
    document = read_in_process(make_pdf(page), name="a.pdf")
    assert document.text == "9440.00"
    assert "1234.50" in str(document.problems[0])


def test_text_off_the_page_is_not_read_and_told(make_pdf, printed, read_in_process):
    """Words beyond the edge are printed by nobody."""
    document = read_in_process(make_pdf(printed(50, 700, "seen") + printed(700, 700, "unseen")))
    assert document.text == "seen"
    assert "unseen" in str(document.problems[0])


@pytest.mark.parametrize(
    "page", ["0 0 0.6 rg 40 590 400 30 re f\n{white}", "{white}0 g 40 590 400 30 re S\n"]
)
def test_white_letters_count_where_they_can_be_seen(make_pdf, printed, read_in_process, page):
    """White on a dark band is the head of many tables; white in a frame on white paper is hidden."""
    white = printed(50, 600, "Montant", before="1 g")
    document = read_in_process(make_pdf(page.format(white=white) + printed(50, 500, "Net")))
    assert ("Montant" in document.text) == ("0.6 rg" in page)


@pytest.mark.parametrize("filters", [b"", b"/Filter /FlateDecode"])
def test_what_is_drawn_is_read_and_not_what_the_file_names_instead(read_in_process, filters):
    """A page that shows 120,00 was read as 9119,00: ``ActualText`` took the place of the letters."""
    drawn = b"BT /F1 12 Tf 50 700 Td (Montant) Tj ET /Span << /ActualText (9119,00) >> BDC "
    drawn += b"BT /F1 12 Tf 120 700 Td (120,00) Tj ET EMC BT /F1 12 Tf 50 600 Td (re) Tj ET "
    drawn += b"/Span << /ActualText <FEFF00AD> >> BDC BT /F1 12 Tf 62 600 Td (-) Tj ET EMC "
    document = read_in_process(page_of(zlib.compress(drawn) if filters else drawn, filters), "a.pdf")
    assert "Montant 120,00" in " ".join(document.text.split())
    assert "9119" not in document.text
    (told,) = map(str, document.problems)
    assert "names other text than it draws; it was not read: “9119,00”" in told


def test_letters_over_a_scan_are_its_text(make_pdf, printed, read_in_process):
    """A scanner's program writes what it recognised without ink over the picture: that is read."""
    page = "q 595 0 0 842 0 0 cm /Im1 Do Q\n" + printed(50, 600, "Facture 12", before="3 Tr")
    document = consistent(read_in_process(make_pdf(page, picture=bytes([250]) * 64)))
    assert document.text == "Facture 12"
    assert document.pages[0].origin == "ocr"
    assert document.problems == ()


def test_words_printed_twice_for_boldness_are_read_once(make_pdf, printed, read_in_process):
    """Some programs print a word again a hair to the right."""
    document = read_in_process(make_pdf(printed(50, 700, "Total") + printed(50.4, 700, "Total")))
    assert document.text == "Total"


@pytest.mark.parametrize("keep", [0.2, 0.7, 0.97])
def test_a_cut_pdf_is_unreadable(recipes, read_in_process, keep):
    """Half an invoice must not pass for a whole one."""
    data = (recipes / "supplier-mail/inbox/au-bon-moulin-AV-2017-0005.pdf").read_bytes()
    with pytest.raises(UnreadableDocument, match="cut"):
        read_in_process(data[: int(len(data) * keep)])


def test_a_locked_pdf_is_unreadable(make_pdf, printed, read_in_process):
    """A password is asked of the sender, not guessed."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf(printed(50, 700, "secret")))))
    writer.encrypt("password", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    with pytest.raises(UnreadableDocument, match="password"):
        read_in_process(locked.getvalue())


def test_embedded_files_are_parts_whatever_their_names(make_pdf, printed, read_in_process):
    """The XML of an e-invoice is found by what it is; a part that cannot be read keeps its reason."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf(printed(50, 700, "Facture")))))
    writer.add_attachment("../../data.bin", b"<?xml version='1.0'?><a><b>12</b></a>")
    writer.add_attachment("old.zip", b"PK\x03\x04 and more")
    whole = io.BytesIO()
    writer.write(whole)
    document = read_in_process(whole.getvalue())
    names = {part.name: part for part in document.parts}
    assert names["data.bin"].media_type == "application/xml"
    assert names["data.bin"].text == "a/b: 12"
    assert "damaged archive" in str(names["old.zip"].problems[0])


def test_an_einvoice_pdf_holds_its_xml(recipes):
    """A Factur-X file gives its printed page and its data."""
    document = consistent(read(recipes / "supplier-mail/inbox/au-bon-moulin-FA-2017-0008.pdf"))
    assert "FA-2017-0008" in document.text
    assert [part.fields.get("syntax") for part in document.parts] == ["CII"]
    assert document.parts[0].data.startswith(b"<?xml")


@pytest.mark.parametrize(("limit", "value"), [("pages", 3), ("characters", 5)])
def test_a_limit_lets_pass_what_it_names_and_no_more(make_pdf, printed, read_in_process, limit, value):
    """At limit - 1 and at the limit a file is read; one more is refused by the limit's name."""
    for found in (value - 1, value, value + 1):
        pages = [printed(50, 700, "ab")] * found if limit == "pages" else [printed(50, 700, "x" * found)]
        data = make_pdf(*pages)
        if found <= value:
            assert read_in_process(data, **{limit: value}).pages
            continue
        with pytest.raises(LimitExceeded, match=f"`{limit}`") as raised:
            read_in_process(data, **{limit: value})
        assert (raised.value.limit, raised.value.value, raised.value.found) == (limit, value, found)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=60))
def test_a_damaged_pdf_is_read_or_refused(recipes, changes):
    """No change of bytes leads to anything but a document or a DocumentError."""
    data = bytearray((recipes / "supplier-mail/inbox/taxi-TX-471102.pdf").read_bytes())
    for place, value in changes:
        data[int(place * len(data))] = value
    with contextlib.suppress(DocumentError):
        consistent(read(bytes(data), name="damaged.pdf"))


@pytest.mark.parametrize("name", ["lieferant-471102", "au-bon-moulin-FA-2017-0010"])
def test_what_factur_x_says_of_its_invoice_is_not_hidden(documents, name):
    """The metadata name the number, day and seller of the XML inside: that is no secret."""
    document = read(documents / "invoices" / f"{name}.pdf")
    assert not any("metadata" in str(problem) for problem in document.problems)


def test_a_page_that_is_counted_and_not_there_is_unread(make_pdf, printed, read_in_process):
    """The file says two pages and one can be read: the document says which is missing."""
    data = make_pdf(printed(50, 700, "Total 12,00"), printed(50, 700, "second"))
    second = [n for n in range(len(data)) if data.startswith(b"/Type /Page ", n)][1]
    broken = data[:second] + b"/Type /Junk " + data[second + 12 :]
    document = read_in_process(broken)
    assert [str(note) for note in document.unread] == ["Page 2 of file is damaged and was not read."]
    assert document.unread[0] in document.problems
    assert not read_in_process(data).unread
    assert [str(note) for note in read(broken, name="file").unread] == [str(document.unread[0])]
