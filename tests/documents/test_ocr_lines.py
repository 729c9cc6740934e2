"""Words and level lines out of the boxes of whole lines."""

from itertools import pairwise

import pytest

from smeflow.documents.ocr_lines import RecognisedLine, place_words
from smeflow.documents.page_text import group_lines

PIL = pytest.importorskip("PIL.Image")
LETTER = 10
"""How wide a drawn letter is; it stands as a block of ink."""


def drawn(rows, *, fall=0.0, size=(800, 600)):
    """Draw letters as blocks: rows of ``(text, left, top)`` that fall by *fall* a point; give their boxes."""
    picture = PIL.new("L", size, 255)
    lines = []
    for text, left, top in rows:
        down = [top + round(fall * (left + LETTER * n - size[0] / 2)) for n in range(len(text))]
        for n, letter in enumerate(text):
            if letter != " ":
                x = left + LETTER * n
                picture.paste(0, (x, down[n], x + LETTER - 1, down[n] + 20))
        right = left + LETTER * len(text)
        lines.append(
            RecognisedLine(text=text, left=left, top=min(down) - 4, right=right, bottom=max(down) + 24)
        )
    return picture, lines


def test_a_line_is_cut_where_its_ink_has_gaps():
    """Letters differ in width: the paper between words says where they end, not their count alone."""
    picture, lines = drawn([("mmm illi  12,50 W", 40, 100)])
    words = place_words(picture, lines)
    assert [word.text for word in words] == ["mmm", "illi", "12,50", "W"]
    assert [word.left for word in words] == pytest.approx([40, 80, 140, 200], abs=2)
    assert [word.right for word in words] == pytest.approx([69, 119, 189, 209], abs=2)


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("AR-2025-7939Rechnung", ["AR-2025-7939", "Rechnung"]),
        ("Rechnung2025", ["Rechnung", "2025"]),
        ("27.02.2024|Bitte", ["27.02.2024", "|", "Bitte"]),
        ("FPR 5119/25|", ["FPR", "5119/25", "|"]),
        ("Paris | Lyon", ["Paris", "|", "Lyon"]),
        ("info@dupont2025.fr www.Haus24Berlin.de", ["info@dupont2025.fr", "www.Haus24Berlin.de"]),
        ("FR76 A4Format 5kg BE0456Abc Art7", ["FR76", "A4", "Format", "5kg", "BE0456Abc", "Art7"]),
    ],
)
def test_a_word_and_a_number_run_together_are_told_apart(printed, words):
    """A recogniser misses narrow gaps and reads a table's rule as a letter; addresses stay whole."""
    placed = place_words(*drawn([(printed, 40, 100)]))
    assert [word.text for word in placed] == words
    assert all(a.right <= b.left + 1 for a, b in pairwise(placed))


@pytest.mark.parametrize("fall", [-0.05, 0.0, 0.05])
def test_what_stands_on_one_leaning_line_is_read_as_one(fall):
    """A photographed receipt leans: the amount far to the right belongs to the label at the left."""
    label = "WHAT A CUSTOMER PAYS AT TILL"
    rows = [
        row for n in range(8) for row in ((f"{label} {n}", 40, 80 + 40 * n), (f"{n}5,00", 640, 80 + 40 * n))
    ]
    picture, lines = drawn(rows, fall=fall)
    together = [[word.text for word in line] for line in group_lines(place_words(picture, lines))]
    assert together == [[*label.split(), str(n), f"{n}5,00"] for n in range(8)]


def test_a_box_without_ink_or_text_breaks_nothing():
    """A recogniser may box a stain, or paper."""
    picture = PIL.new("L", (200, 100), 255)
    lines = [
        RecognisedLine(text="", left=0, top=0, right=50, bottom=20),
        RecognisedLine(text="two words", left=10, top=40, right=110, bottom=60),
        RecognisedLine(text="x", left=10, top=70, right=11, bottom=70),
    ]
    assert [word.text for word in place_words(picture, lines)] == ["two", "words"]
