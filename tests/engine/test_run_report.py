"""The report of a run: figures that add up, faults with what became of them, and a page that stands alone."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from shutil import which

import pytest

from smeflow.core.events import EVENTS, RunEvent
from smeflow.engine.run_report import RunReport, percentiles
from smeflow.engine.run_report_page import report_page

BEGUN = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)


class Told(RunReport):
    """A report that is told events with what matters of their fields."""

    def tell(self, name, after=0, **fields):
        """Tell an event that was so many seconds *after* the beginning."""
        fields = dict.fromkeys(EVENTS[name]) | fields
        at = BEGUN + timedelta(seconds=after)
        self(RunEvent(name=name, at=at, recipe="letters <b>", run=7, fields=fields))

    def call(self, item, model="small", fault=None, **fields):
        """Tell how a call for an item ended."""
        state = "failed" if fault else "answered"
        usage = {} if fault else {"input_tokens": 1000, "output_tokens": 10, "cost": "0.001"}
        common = {"item": item, "step": "letter", "provider": "mistral_ai", "model": model, "seconds": 0.5}
        self.tell("call.ended", **common, state=state, fault=fault, currency="EUR", **usage, **fields)

    def item(self, item, state="done", reason="", seconds=1.0):
        """Tell how an item was left."""
        self.tell("item.ended", item=item, state=state, reason=reason, step="letter", seconds=seconds)


@pytest.fixture
def told():
    """Tell of a run of six items that met every sort of fault."""
    report = Told()
    report.tell("run.begun", model="mistral/small", smeflow="0.1.0")
    report.call(1, fault="rate")
    report.call(1)
    report.item(1)
    report.call(2, fault="outage")
    report.call(2, model="large")
    report.item(2)
    report.call(3, fault="broken")
    report.item(3, "open", "outage")
    report.call(4)
    report.call(4, again=1)
    report.item(4, "review", "answer", seconds=9.0)
    report.call(5, fault="rejected request")
    report.item(5, "review", "answer")
    report.call(6, fault="LLMRefused")
    report.item(6)
    wait = {"item": 1, "step": "letter", "provider": "mistral_ai", "model": "small", "fault": "rate"}
    report.tell("wait.ended", **wait, seconds=2.5, retry_after=2.0)
    report.tell("wait.ended", **wait, seconds=0.5)
    report.tell("wait.ended", **wait, seconds=0.0, put_off=300.0)
    report.tell("delivery.ended", sink=1, kind="TableFile", rows=1234567, failed=False, seconds=0.2)
    counts = {"items": 6, "done": 3, "review": 2, "failed": 0, "skipped": 0, "open": 1, "worked": 5}
    money = {"calls": 9, "cost": "0.004", "currency": "EUR"}
    report.tell("run.ended", after=30, **counts, **money, audit="9:ab", seconds=30.0, problems=0)
    return report


def test_each_fault_is_told_with_what_became_of_it(told):
    """Asked again, another model, waiting, a person, or gone on without: each once, by model and kind."""
    small = "mistral_ai/small"
    assert {(f["model"], f["fault"], f["outcome"]): f["times"] for f in told.as_json()["faults"]} == {
        (small, "rate", "retried"): 1,
        (small, "outage", "other_model"): 1,
        (small, "broken", "waiting"): 1,
        (small, "answer", "retried"): 1,
        (small, "answer", "person"): 1,
        (small, "rejected request", "person"): 1,
        (small, "LLMRefused", "without"): 1,
    }


def test_figures_add_up(told):
    """Calls and cost are the same by model and by step; the rate is what was worked on, by the minute."""
    figures = json.loads(json.dumps(told.as_json()))
    assert sum(m["calls"] for m in figures["models"].values()) == figures["steps"]["letter"]["calls"] == 9
    assert figures["steps"]["letter"]["failed"] == 5
    assert figures["steps"]["letter"]["cost"] == {"EUR": "0.004"}
    assert figures["rate_per_minute"] == 10.0
    assert figures["latency"]["items"] == {"count": 6, "p50": 1.0, "p90": 9.0, "p99": 9.0, "longest": 9.0}
    assert figures["ends"] == {"done": 3, "review": 2, "open": 1}


def test_waits_are_told_by_model_and_fault(told):
    """What was put off is counted, and is no wait."""
    (waits,) = told.as_json()["waits"]
    assert waits == {"model": "mistral_ai/small", "fault": "rate"} | {
        "times": 2,
        "seconds": 3.0,
        "longest": 2.5,
        "put_off": 1,
    }
    assert "Waits for the provider" in report_page(told, "en")


def test_percentiles_are_values_that_were_measured():
    """The smallest that so many of a hundred do not exceed; of nothing there is none."""
    assert percentiles(list(range(1, 101))) == {"count": 100, "p50": 50, "p90": 90, "p99": 99, "longest": 100}
    assert percentiles([7.0])["p99"] == 7.0
    assert percentiles([])["p50"] is None


class Tags(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        """Take note."""
        self.seen.append((tag, {name for name, _ in attrs}))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_refers_to_nothing_and_shows_words_as_words(told, language):
    """No script, no link, no picture; and it speaks the firm's language."""
    page = report_page(told, language)
    tags = Tags()
    tags.feed(page)
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe", "a", "object"}
    assert not [names for _, names in tags.seen if names & {"src", "href"}]
    assert "url(" not in page
    assert "letters &lt;b&gt;" in page
    assert {"fr": "autre modèle interrogé", "en": "another model asked"}[language] in page
    assert re.search("1.234.567", page)


def test_a_run_that_told_nothing_more_has_a_page_all_the_same():
    """It was killed, or failed at once."""
    report = Told()
    report.tell("run.begun", model="none", smeflow="0.1.0")
    assert "Items by state" in report_page(report, "en")
    report.tell("run.ended", stopped="budget")
    assert "the budget is spent" in report_page(report, "en")


@pytest.fixture(scope="module")
def browser():
    """Start the machine's Chromium."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=which("chromium"), args=quiet)
        yield chromium
        chromium.close()


@pytest.mark.slow
@pytest.mark.requires_program("chromium")
@pytest.mark.requires_module("axe_playwright_python")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 380])
def test_a_browser_finds_nothing_to_object_to(browser, told, tmp_path, scheme, width):
    """By day and by night, wide and narrow: contrast holds, nothing is fetched, nothing sticks out."""
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "run.html"
    file.write_text(report_page(told, "fr"), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(file.as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert asked == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
