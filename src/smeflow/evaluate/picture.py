"""Draw an evaluation: silent errors at each coverage, and confidence beside the truth, as one SVG."""

from collections.abc import Sequence
from html import escape

from smeflow.evaluate.base import CaseScore
from smeflow.evaluate.tables import Bin, Point, calibration, curve, field_calibration
from smeflow.i18n import Language, Phrase, say

SIDE, GAP, TOP = 300, 90, 60
BLUE, ORANGE, GREY, INK = "#0072b2", "#d55e00", "#bbbbbb", "#222222"
"""Told apart by those who do not see red and green."""


def picture(cases: Sequence[CaseScore], language: Language) -> str:
    """Give the SVG; its title and description say in words what it shows."""
    points = curve(cases)
    worst = max([0.05, *(p.errors.interval[1] for p in points if p.coverage.value > 0.2)])
    left = [
        *_frame(GAP, say("cases without a person"), say("of these wrong somewhere"), worst, language),
        _band(points, worst),
        _line([(p.coverage.value, p.errors.value / worst) for p in points], GAP, BLUE),
    ]
    start = GAP * 2 + SIDE
    right = [
        *_frame(start, say("confidence told"), say("right in truth"), 1.0, language),
        _line([(0, 0), (1, 1)], start, GREY),
        _dots(field_calibration(cases), start, BLUE),
        _dots(calibration(cases), start, ORANGE),
    ]
    titles = [
        _text(GAP, 30, say("Silent errors at each coverage, with 95 % interval"), language, size=14),
        _text(start, 30, say("Calibration: fields blue, whole records orange"), language, size=14),
    ]
    width, height = GAP * 3 + SIDE * 2, TOP + SIDE + 70
    body = "\n".join([*titles, *left, *right])
    told = say("What {n} labelled cases say about this recipe", n=len(cases)).render(language)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="sans-serif" role="img" lang="{language}">\n<title>{escape(told)}</title>\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n{body}\n</svg>\n'
    )


def _frame(left: int, across: Phrase, up: Phrase, top: float, language: Language) -> list[str]:
    beside = _text(0, 0, up, language, anchor="middle")
    lines = [
        f'<path d="M{left} {TOP}V{TOP + SIDE}H{left + SIDE}" fill="none" stroke="{INK}"/>',
        _text(left + SIDE / 2, TOP + SIDE + 45, across, language, anchor="middle"),
        f'<g transform="translate({left - 55} {TOP + SIDE / 2}) rotate(-90)">{beside}</g>',
    ]
    for n in range(5):
        share = n / 4
        lines.append(_number(left + SIDE * share, TOP + SIDE + 20, share, "middle", language))
        lines.append(_number(left - 8, TOP + SIDE * (1 - share) + 4, share * top, "end", language))
    return lines


def _band(points: Sequence[Point], worst: float) -> str:
    upper = [(p.coverage.value, min(1.0, p.errors.interval[1] / worst)) for p in points]
    lower = [(p.coverage.value, p.errors.interval[0] / worst) for p in reversed(points)]
    return f'<polygon points="{_points(upper + lower, GAP)}" fill="{BLUE}" fill-opacity="0.15"/>'


def _line(at: Sequence[tuple[float, float]], left: int, colour: str) -> str:
    return f'<polyline points="{_points(at, left)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _dots(bins: Sequence[Bin], left: int, colour: str) -> str:
    """Draw a dot a bin, as large as the bin has cases, with its interval."""
    drawn = []
    for one in bins:
        x, y = left + SIDE * one.told, TOP + SIDE * (1 - one.right.value)
        low, high = (TOP + SIDE * (1 - edge) for edge in one.right.interval)
        size = 3 + min(6.0, one.right.total**0.5 / 4)
        drawn.append(f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>')
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}"/>')
    return "\n".join(drawn)


def _points(at: Sequence[tuple[float, float]], left: int) -> str:
    return " ".join(f"{left + SIDE * x:.1f},{TOP + SIDE * (1 - min(1.0, y)):.1f}" for x, y in at)


def _number(x: float, y: float, share: float, anchor: str, language: Language) -> str:
    text = f"{share:.1%}" if share < 0.1 and share else f"{share:.0%}"
    shown = text.replace(".", ",").replace("%", "\u202f%") if language == "fr" else text
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" fill="{INK}">{shown}</text>'


def _text(
    x: float, y: float, what: Phrase, language: Language, *, size: int = 12, anchor: str = "start"
) -> str:
    shown = escape(what.render(language))
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} font-size="{size}" fill="{INK}">{shown}</text>'
