import re

import pytest

from smeflow.documents.document import Quote, text_document
from smeflow.documents.read import read
from smeflow.documents.show import document_html, page_png
from smeflow.errors import UnsupportedDocument


@pytest.fixture
def invoice(make_pdf, printed):
    """Give a document of two pages."""
    data = make_pdf(printed(50, 700, "Total <12>"), printed(50, 700, "Second"))
    return read(data, name="f&f.pdf")


def test_a_page_is_drawn_as_png(invoice):
    """At 100 dots an inch, A4 is 827 x 1170 points."""
    picture = page_png(invoice, 1)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (827, 1170)
    with pytest.raises(UnsupportedDocument, match="no page 3"):
        page_png(invoice, 3)


def test_quotes_are_boxed_where_they_stand(invoice):
    """The box lies over the picture in fractions of it, so that it fits at any size."""
    word = invoice.pages[0].words[0]
    html = document_html(invoice, [Quote(text="<12>", document="f&f.pdf", page=1, box=word.box)])
    assert html.count("data:image/png;base64,") == 2
    assert f"left:{word.box.left * 100:.3f}%" in html
    assert 'title="&lt;12&gt;"' in html
    assert "f&amp;f.pdf" in html
    assert "display:block" in html


def test_only_so_many_pages_are_drawn_and_those_with_quotes_first(invoice):
    """A long document shows the pages that matter."""
    word = invoice.pages[1].words[0]
    html = document_html(invoice, [Quote(text="x", document="f&f.pdf", page=2, box=word.box)], max_pages=1)
    assert html.count("<img") == 1
    assert "Page 2 of" in html


def test_text_is_marked_and_made_harmless():
    """A mail that brings HTML shows it as letters."""
    document = text_document("Total <b>12</b> & more", name="m")
    quotes = [Quote(text="12", document="m", start=9, end=11), Quote(text="more", document="m")]
    assert re.search(
        r"Total &lt;b&gt;<mark>12</mark>&lt;/b&gt; &amp; <mark>more</mark>", document_html(document, quotes)
    )


def test_a_document_shows_itself_in_a_notebook(invoice):
    """`_repr_html_` is what a notebook asks for."""
    assert "<img" in invoice._repr_html_()
