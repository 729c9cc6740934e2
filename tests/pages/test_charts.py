"""Charts: what is drawn, and that it is drawn the same each time."""

import itertools
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from smeflow.pages import style
from smeflow.pages.charts import CHARTS, draw_chart, spec_of
from smeflow.pages.elements import ChartPoint, Figure
from smeflow.pages.figures import alt_text

pytestmark = pytest.mark.requires_module("vl_convert")


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHARTS)
def test_every_kind_of_chart_is_drawn_as_text_and_as_points(figures, kind):
    """A chart keeps its words as text, and is no empty picture."""
    drawn = draw_chart(figures[kind], "fr")
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn.svg)
    assert len(texts) >= 2
    assert drawn.png()[:8] == b"\x89PNG\r\n\x1a\n"
    assert 250 < drawn.width <= 720


@pytest.mark.slow
def test_names_in_a_chart_are_text_and_never_markup(figures):
    """A customer's name with angle brackets stays a name."""
    svg = draw_chart(figures["bar"], "fr").svg
    assert "<b>" not in svg
    assert "&lt;b" in svg
    assert "Dupont &amp; Fils" in svg


@pytest.mark.slow
def test_the_axis_writes_numbers_as_the_country_does(figures):
    """Thousands of euros in French, and an English axis for the same figure."""

    def texts(language):
        return re.findall(r">([^<]+)</text>", draw_chart(figures["line"], language).svg)

    assert "k€" in texts("fr")
    assert "€k" in texts("en")


def test_an_unknown_value_is_a_gap_and_not_zero():
    """A month without a value breaks the line."""
    points = tuple(ChartPoint(x=str(n), y=None if n == 3 else Decimal(n * 10)) for n in range(1, 7))
    figure = Figure(kind="line", caption="c", alt="a", points=points)
    lines = re.findall(r'd="(M[^"]*)"', draw_chart(figure, "en").svg)
    assert any(line.count("M") == 2 for line in lines)


@pytest.mark.slow
def test_a_chart_does_not_depend_on_what_was_drawn_before(figures):
    """The same figure gives the same bytes in another process and in another order."""
    once = {
        kind: (draw_chart(figure, "fr").svg, draw_chart(figure, "fr").png())
        for kind, figure in figures.items()
    }
    code = (
        "import pickle,sys,hashlib;from smeflow.pages.charts import draw_chart as draw;"
        "f=pickle.load(sys.stdin.buffer);"
        "drawn={k: draw(v,'fr') for k,v in f.items()};"
        "print({k: hashlib.sha256(d.svg.encode()+d.png()).hexdigest() for k,d in drawn.items()})"
    )
    import ast
    import hashlib
    import pickle

    turned = dict(reversed(figures.items()))
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(turned), capture_output=True, check=True
    )
    hashes = ast.literal_eval(done.stdout.decode())
    assert hashes == {k: hashlib.sha256(svg.encode() + png).hexdigest() for k, (svg, png) in once.items()}


@pytest.mark.slow
def test_a_chart_asks_nothing_of_any_other_machine(figures):
    """Nothing in a drawing points elsewhere."""
    for figure in figures.values():
        assert set(re.findall(r'https?://[^"<\s]+', draw_chart(figure, "fr").svg)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }


def test_amounts_close_together_far_from_zero_are_not_drawn_flat(figures):
    """A line of 1000 to 1010 shows its course; bars always start at zero."""
    points = tuple(ChartPoint(x=str(n), y=Decimal(1000 + n)) for n in range(8))
    figure = Figure(kind="line", caption="c", alt="a", points=points)
    lines = spec_of(figure, "en")["layer"][0]["encoding"]["y"]["scale"]
    assert lines["zero"] is False
    column = spec_of(replace(figure, kind="column", points=points * 2), "en")["encoding"]["y"]["scale"]
    assert column["zero"] is True


# Colours ---------------------------------------------------------------------------------------------------

_BLINDNESS = {  # Machado, Oliveira, Fernandes 2009, severity 1
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def luminance(colour: str) -> float:
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def lab(rgb) -> tuple[float, float, float]:
    xyz = [
        sum(w * p for w, p in zip(row, rgb, strict=True)) / white
        for row, white in (
            ((0.4124, 0.3576, 0.1805), 0.9505),
            ((0.2126, 0.7152, 0.0722), 1.0),
            ((0.0193, 0.1192, 0.9505), 1.089),
        )
    ]
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (max(v, 0) for v in xyz))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: str, matrix) -> tuple[float, float, float]:
    return lab([sum(w * p for w, p in zip(row, linear(colour), strict=True)) for row in matrix])


@pytest.mark.parametrize("sight", _BLINDNESS)
def test_neighbours_among_the_colours_are_told_apart_without_red_green_or_blue(sight):
    """Colours that touch differ enough for people who do not see all of them."""
    pairs = [*itertools.pairwise(style.SERIES), (style.RISE, style.FALL), (style.RISE, style.WHOLE)]
    for one, other in pairs:
        apart = sum(
            (a - b) ** 2 for a, b in zip(*(seen(c, _BLINDNESS[sight]) for c in (one, other)), strict=True)
        )
        assert apart**0.5 > 15, (one, other)


def test_colours_stand_out_from_the_paper():
    """Text has a contrast of 4.5 to 1 against its ground, lines and bars one of 3 to 1."""

    def contrast(one, other):
        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    assert all(contrast(c, "#ffffff") >= 3 for c in style.SERIES)
    assert all(contrast(c, style.PALE) >= 4.5 for c in (style.INK, style.SOFT, style.ACCENT))
    assert all(contrast(ground, style.INK) >= 4.5 for ground in style.HEAT[:3])
    assert all(contrast(ground, "#ffffff") >= 3.9 for ground in style.HEAT[3:])


def bars(*values: int, rest: int | None = None) -> Figure:
    """Draw a bar for each value, and one for what is left over."""
    points = [ChartPoint(x=f"n{n}", y=Decimal(v), label=str(v)) for n, v in enumerate(values, 1)]
    points += [] if rest is None else [ChartPoint(x="Others", y=Decimal(rest), label=str(rest))]
    return Figure(kind="bar", caption="c", alt="", points=tuple(points))


def test_the_last_of_the_greatest_is_not_the_lowest():
    """Others are left over, and lower; of the least the last is not the highest."""
    assert alt_text(bars(9, 5, rest=7), "en") == "Bar chart, c, 3 bars; the highest is n1 (9)."
    assert alt_text(bars(2, 5, rest=7), "en") == "Bar chart, c, 3 bars; the lowest is n1 (2)."
    assert alt_text(bars(9, 5), "en") == "Bar chart, c, 2 bars; the highest is n1 (9), the lowest n2 (5)."


def test_bars_of_one_height_share_their_place():
    """No one of them is named as the highest or the lowest."""
    assert alt_text(bars(9, 9, 5), "en").endswith("the highest is n1 and n2 (9), the lowest n3 (5).")
    assert alt_text(bars(9, 5, 5, 5, 5), "fr").endswith("la plus basse 4 à égalité (5).")
    assert alt_text(bars(5, 5), "en") == "Bar chart, c, 2 bars, none higher than another."
