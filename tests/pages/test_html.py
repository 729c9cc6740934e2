"""The page: safe, complete in itself, and readable by everyone."""

import re

import pytest

from smeflow.pages.html import html_bytes

pytestmark = [pytest.mark.requires_module("vl_convert"), pytest.mark.requires_module("jinja2")]
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-component-update --disable-sync"


@pytest.fixture(scope="module")
def browser():
    """Start the machine's Chromium."""
    from shutil import which

    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=which("chromium"), args=QUIET.split())
        yield chromium
        chromium.close()


@pytest.mark.requires_program("chromium")
@pytest.mark.requires_module("axe_playwright_python")
@pytest.mark.parametrize("language", ["french", "english"])
@pytest.mark.parametrize("width", [1000, 380])
def test_a_browser_finds_nothing_to_object_to(browser, request, language, width, tmp_path):
    """No rule of accessibility is broken, nothing is fetched, nothing is run, nothing sticks out."""
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "report.html"
    file.write_bytes(html_bytes(request.getfixturevalue(language)))
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked, told = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: told.append(m.text))
    page.on("dialog", lambda d: told.append(d.message))
    page.goto(file.as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.fonts.check('600 16px Inter')")
    page.close()


def test_words_of_the_data_stay_words(french):
    """A name or a sentence with markup in it is shown as it is written."""
    page = html_bytes(french).decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Val &lt;Loire&gt; &amp; Fils" in page


@pytest.mark.slow
def test_the_page_says_its_language_and_leads_from_a_figure_to_its_proof(french, english):
    """Each number with a fact links to where it is told how it was computed."""
    page = html_bytes(french).decode()
    assert '<html lang="fr">' in page
    assert "D’où vient chaque chiffre" in page
    assert "Where each figure comes from" in html_bytes(english).decode()
    links = re.findall(r'href="#([^"]+)"', page)
    places = re.findall(r'\bid="([^"]+)"', page)
    assert set(links) <= set(places)
    assert len(set(places)) == len(places)


def test_what_was_cut_from_the_prose_is_not_on_the_page(french):
    """The customer's page does not tell of sentences that did not hold."""
    assert "bondi" not in html_bytes(french).decode()


def test_equal_reports_give_equal_bytes(french):
    """Nothing of the moment or the machine is in the page."""
    assert html_bytes(french) == html_bytes(french)
