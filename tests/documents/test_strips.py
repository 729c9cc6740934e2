"""A few places of a page, recognised anew by the second recogniser."""

import io
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from smeflow.documents.read import read
from smeflow.documents.show import read_strips

SCAN = Path(__file__).parent / "invoices" / "bei-spiel-RE-20140703-502.jpg"


def alike(one: str, other: str) -> float:
    """Tell how alike two texts are; recognisers differ a little from processor to processor."""
    return SequenceMatcher(None, one, other).ratio()


pytestmark = pytest.mark.requires_module("faster_paddle")


@pytest.fixture(scope="module")
def lines():
    """Read the scan whole: the words of two lines with the boxes around them."""
    words = sorted(read(SCAN).pages[0].words, key=lambda w: -len(w.text))
    return [(word.text, word.box) for word in words[:2]]


def test_a_place_says_what_it_says_on_the_whole_page(lines):
    """Each place is read by itself, in the order in which they were asked for."""
    document = read(SCAN)
    texts = read_strips(document, [(1, box) for _, box in reversed(lines)])
    assert len(texts) == 2
    assert all(alike(text, said) > 0.6 for text, (said, _) in zip(reversed(texts), lines, strict=True))
    assert len(read(SCAN, ocr="second").pages[0].words) > 40  # a whole page after a place is whole


def test_a_place_of_a_page_askew_is_cut_out_straight(lines):
    """The boxes lie on the picture as it came; the page is turned before a place is cut out of it."""
    pil = pytest.importorskip("PIL.Image")
    turned = io.BytesIO()
    pil.open(SCAN).convert("L").rotate(-2, fillcolor=255, resample=2).save(turned, "PNG")
    document = read(turned.getvalue(), name="askew.png")
    word = next(w for w in document.pages[0].words if alike(w.text, lines[0][0]) > 0.7)
    (text,) = read_strips(document, [(1, word.box)])
    assert alike(text, lines[0][0]) > 0.6
