import pytest

from smeflow.documents.html import rendered_text


def test_tables_become_lines(read_in_process):
    """Each row is a line and its cells stay beside each other."""
    page = b"<html><table><tr><th>Total HT<td>100,00&nbsp;&euro;</tr>"
    page += b"<tr><td>TVA</td><td>20,00 &euro;</td></table><p>Merci"
    assert read_in_process(page, name="a.html").text.split("\n")[:2] == ["Total HT  100,00 €", "TVA  20,00 €"]


HIDDEN = [
    '<span style="display:none">SECRET</span>',
    '<div style="visibility: hidden">SECRET</div>',
    "<p hidden>SECRET</p>",
    '<span style="font-size:0">SECRET</span>',
    '<span style="font-size: 1px">SECRET</span>',
    '<span style="opacity:0">SECRET</span>',
    '<font color="#ffffff">SECRET</font>',
    '<span style="color:white">SECRET</span>',
    '<td bgcolor="#000000"><span style="color:#000">SECRET</span></td>',
    '<div style="position:absolute;left:-9999px">SECRET</div>',
    '<div style="max-height:0;overflow:hidden">SECRET</div>',
    '<style>.x{color:red} .gone, p.y {display:none}</style><b class="gone">SECRET</b>',
]


@pytest.mark.parametrize("piece", HIDDEN)
def test_hidden_elements_are_dropped_and_told(read_in_process, piece):
    """What a reader of the page does not see is not in its text, and a person is told."""
    document = read_in_process(f"<html><body>before {piece} after</body></html>".encode(), name="a.html")
    assert document.text.split() == ["before", "after"]
    assert "SECRET" in str(document.problems[0])


@pytest.mark.parametrize(
    "piece",
    [
        '<td style="background:#003366"><b style="color:white">SEEN</b></td>',
        '<p style="font-size:10px;line-height:1">SEEN</p>',
        '<p style="height:0.5em">SEEN</p>',
        '<span style="color:#fefefe" class="dark">SEEN</span>',
        '<style>@media print {.x{display:none}}</style><b class="x">SEEN</b>',
    ],
)
def test_what_is_seen_is_kept(read_in_process, piece):
    """White on blue is seen; a rule for paper alone hides nothing."""
    document = read_in_process(f"<html><body>{piece}</body></html>".encode(), name="a.html")
    assert document.text == "SEEN"
    assert document.problems == ()


def test_scripts_comments_and_addresses_are_no_text(read_in_process):
    """Only words on the page count."""
    page = b"<html><head><title>t</title><script>x()</script></head><!-- c -->"
    page += b'<img alt="alt" src="x"><a href="y">link</a>'
    assert read_in_process(page, name="a.html").text == "link"


def test_quotes_are_marked_as_in_plain_text():
    """A reply in HTML is cut by the same rules as one in text."""
    rendered = rendered_text(
        "<p>Oui</p><blockquote>Combien ?<br>Douze ?<blockquote>Quoi</blockquote></blockquote>"
    )
    assert [line for line in rendered.text.split("\n") if line.strip("> ")] == [
        "Oui", "> Combien ?", "> Douze ?", "> > Quoi",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "page", ["", "<", "<div>" * 5000 + "x", "<p>" + "<b>" * 3000, "<!DOCTYPE html>", "\0<p>x"]
)
def test_broken_pages_do_not_fail(page):
    """A page without end or sense is text or nothing."""
    assert isinstance(rendered_text(page).text, str)


def test_the_charset_in_the_page_is_used(read_in_process):
    """A page says its charset in its head."""
    page = '<html><head><meta charset="iso-8859-1"></head><body>réglé</body></html>'.encode("latin-1")
    assert read_in_process(page, name="a.html").text == "réglé"
