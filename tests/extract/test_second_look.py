"""Pictures of pages: another recogniser looks again where the quick one left something open."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from smeflow import Case
from smeflow.documents.document import Box, Document, Page, Quote, Word
from smeflow.documents.read import read
from smeflow.errors import UnreadableDocument
from smeflow.extract import second_look
from smeflow.extract.papers import PaperReadings
from smeflow.i18n import say
from smeflow.invoices.checks import recognition_check
from smeflow.invoices.kind import INVOICE
from smeflow.kinds.records import Finding, Reading
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

SCAN = Path(__file__).parents[1] / "documents" / "invoices" / "bei-spiel-RE-20140703-502.jpg"
VALUES = {"number": "RE-77/2", "issue_date": date(2024, 7, 3), "seller": "Bei Spiel GmbH"}
PRINTED = {"number": "RE-77/2", "issue_date": "03.07.2024", "seller": "Bei Spiel GmbH"}

ONCE = INVOICE.papers.read_twice


def together(main, other):
    return second_look.combine_looks(main, other, ONCE)


def place(index: int) -> Box:
    """Give a field's place on the page: one line each."""
    return Box(0.1, 0.1 + 0.1 * index, 0.6, 0.12 + 0.1 * index)


def look(*lines: str, down: float = 0.0, **values) -> PaperReadings:
    """Make what one recogniser saw, and what was understood of it; nothing is confirmed yet."""
    quotes = {
        name: Quote(text=PRINTED[name], document="scan.jpg", page=1, box=place(list(VALUES).index(name)))
        for name in values
    }
    findings = {name: Finding(value=value, quote=quotes[name]) for name, value in values.items()}
    reading = Reading(reader="layout", findings=findings, checks=(recognition_check(tuple(values)),))
    return PaperReadings(documents=(words(*lines, down=down),), readings=(reading,))


def words(*lines: str, down: float = 0.0) -> Document:
    """Lay out what one recogniser saw: each line where its field stands, or *down* below it."""
    text, placed = "", []
    for index, line in enumerate(lines):
        box = place(index)
        text += "\n" if index else ""
        placed.append(Word(line, Box(box.left, box.top + down, box.right, box.bottom + down), len(text)))
        text += line
    page = Page(number=1, text=text, words=tuple(placed), origin="ocr")
    return Document(name="scan.jpg", media_type="image/jpeg", pages=(page,))


def left_open(reading: Reading) -> tuple[str, ...]:
    """Name what is still confirmed by nothing."""
    return next(check.fields for check in reading.checks if check.name == "recognised")


def test_what_two_recognisers_read_alike_is_confirmed():
    """Equal values prove each other, however they are spaced; a value that differs stays open, alone."""
    alike = together(look(**VALUES), look(**{**VALUES, "seller": "BEI SPIEL GMBH"}))
    assert left_open(alike) == ()
    assert alike.checks[0].passed is True
    other = together(look(**VALUES), look(*PRINTED.values(), **{**VALUES, "number": "RE-71/2"}))
    assert left_open(other) == ("number",)
    assert other.findings["number"].value == "RE-77/2"


def test_letters_read_alike_at_the_same_place_confirm_what_only_one_look_understood():
    """Which field a line is may be found in one look only; its letters were still read twice."""
    found = together(look(**VALUES), look(*PRINTED.values()))
    assert left_open(found) == ()
    elsewhere = together(look(**VALUES), look(*PRINTED.values(), down=0.5))
    assert left_open(elsewhere) == ("number", "issue_date", "seller")
    misread = together(look(**VALUES), look("RE-71/2", "03.07.2024", "Bei Spie1 GmbH"))
    assert left_open(misread) == ("number", "seller")


def test_a_gap_is_filled_from_the_other_look_and_stays_unconfirmed():
    """What only one recogniser has was read once."""
    found = together(look(issue_date=VALUES["issue_date"]), look(number="RE-77/2"))
    assert found.findings["number"].value == "RE-77/2"
    assert left_open(found) == ("number", "issue_date")


@pytest.mark.slow
@pytest.mark.requires_module("faster_paddle")
@pytest.mark.parametrize(
    "second", ["paddle", pytest.param("rapidocr", marks=pytest.mark.requires_module("rapidocr"))]
)
def test_a_second_look_at_a_scan_leaves_less_open_and_invents_nothing(second):
    """Recognisers differ from processor to processor: whatever they read, what is proven is right."""
    both = Extract(name="invoice", into="Invoice", ocr=second)(Case.of(read(SCAN)), NoModel())
    truth = {"number": "RE-20140703/502", "seller": "Bei Spiel GmbH", "total_gross": Decimal("571.04")}
    for name, value in truth.items():
        assert name in both.fields
        assert getattr(both.record, name) == value or not both.proven


@pytest.mark.slow
@pytest.mark.requires_program("tesseract", languages=("fra", "eng"))
def test_tesseract_alone_reads_where_a_recipe_says_so():
    """What another recogniser read before is not mixed in, and one recogniser confirms nothing."""
    alone = Extract(name="invoice", into="Invoice", ocr="tesseract")(Case.of(read(SCAN)), NoModel())
    assert alone.record.total_gross == Decimal("571.04")
    assert not alone.proven  # number and seller stand there once


@pytest.mark.requires_module("faster_paddle")
@pytest.mark.parametrize("engine", ["paddle", "tesseract", "rapidocr"])
def test_one_recogniser_never_confirms_itself(monkeypatch, engine):
    """Where nothing else is installed, a second look would be the same."""
    monkeypatch.setattr(second_look, "first_recogniser", lambda: engine)
    monkeypatch.setattr(second_look, "second_recogniser", lambda: None)
    before = look(*PRINTED.values(), **VALUES)
    seen = []

    def again(documents):
        seen.append(documents)
        return before

    recognisers = ("auto",) if engine == "paddle" else ("auto", engine)
    for recogniser in recognisers:
        after = second_look.look_again(
            before.documents, before, again, recogniser, is_complete=lambda _: False, wanted=tuple(VALUES),
            read_twice=ONCE,
        )  # fmt: skip
        assert after is before
    assert seen == []


def test_places_read_again_confirm_only_what_they_say(monkeypatch):
    """A line that reads the same proves its field, any other leaves it open; a lost file leaves all open."""
    said = {"number": "RE-77/2", "issue_date": "03.07.2024", "seller": "Bei Spie1 GmbH"}
    monkeypatch.setattr(second_look, "read_strips", lambda *_: list(said.values()))
    before = look(*PRINTED.values(), **VALUES)
    after = second_look.confirm_places(before, before.documents, ONCE)
    assert left_open(after.readings[0]) == ("seller",)

    def gone(document, strips):
        raise UnreadableDocument(say("gone"), name="scan.jpg")

    monkeypatch.setattr(second_look, "read_strips", gone)
    assert left_open(second_look.confirm_places(before, before.documents, ONCE).readings[0]) == tuple(VALUES)
