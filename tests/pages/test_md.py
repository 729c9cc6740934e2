"""Markdown: what the data says stays words."""

from dataclasses import replace

import pytest

from smeflow.pages.elements import PageParagraph, PrintedReport, TextRun
from smeflow.pages.markdown import markdown_bytes

pytestmark = pytest.mark.requires_module("markdown_it")
ODD = "1. *x* _y_ `z` [a](b) <script> | # $1$ ~~no~~ &copy; C:\\path"


def shown(pages: PrintedReport) -> tuple[str, str]:
    """Give the page as a reader of Markdown shows it, and its words alone."""
    import re
    from html import unescape

    from markdown_it import MarkdownIt

    page = MarkdownIt("gfm-like", {"linkify": False}).render(markdown_bytes(pages).decode())
    return page, unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize(
    "text", [ODD, "- no item", "+ no item", "12) no list", "> no quote", "=== no", "a\nb # c"]
)
def test_a_sentence_is_shown_as_it_is_written(text):
    """No sign of Markdown in a sentence or a name does anything."""
    paragraph = PageParagraph(runs=(TextRun(text=text),))
    pages = PrintedReport(title=text, summary=(paragraph, replace(paragraph, bullet=True)))
    _, words = shown(pages)
    assert words.count(" ".join(text.splitlines())) == 3


def test_tables_stay_tables(french):
    """A table comes out with its headings, rows and total, whatever its names hold."""
    page, words = shown(french)
    assert page.count("<table>") == 1
    assert page.count("<tr>") == 4
    assert "#sys.inputs =1+1 $x$ @cmd" in words
    assert "<strong>58\u202f100\u00a0€</strong>" in page


def test_a_chart_is_told_in_its_sentence(french):
    """What cannot be drawn is said."""
    assert shown(french)[1].count("le plus haut est octobre avec") == 7


def test_what_was_cut_is_not_told(french):
    """The annex in the spreadsheet tells of it, the page does not."""
    assert "bondi" not in markdown_bytes(french).decode()
