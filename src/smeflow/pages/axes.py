"""What charts share: the scale of amounts, the axes, the colours of series, and how all of them look."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from smeflow.i18n import Language
from smeflow.pages.base import Figure, Point
from smeflow.pages.style import ACCENT, FONT, INK, LINE, SERIES, SOFT

Spec = dict[str, Any]
_LETTER = 6.4
"""The width of a letter on an axis, in pixels."""
_SIGNS = {"€", "$", "£", "CHF"}
_STEPS: tuple[tuple[int, Mapping[Language, str]], ...] = (
    (10**9, {"fr": "Md{}", "en": "{}bn"}),
    (10**6, {"fr": "M{}", "en": "{}m"}),
    (10**3, {"fr": "k{}", "en": "{}k"}),
)
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3])


class Scale:
    """Brings amounts to thousands or millions for an axis, and says so in its title."""

    def __init__(self, by: int, title: str) -> None:
        self.by, self.title = by, title

    @classmethod
    def of(cls, figure: Figure, language: Language) -> "Scale":
        """Choose the scale in which the greatest value has two to five digits."""
        known = [abs(point.y) for point in figure.points if point.y is not None]
        if figure.kind == "stacked":
            known = [abs(total) for total in totals(figure.points).values()]
        most = max(known, default=Decimal(0))
        for by, names in _STEPS:
            if figure.unit in _SIGNS and most >= by * 10:
                return cls(by, names[language].format(figure.unit))
        return cls(1, figure.unit)

    def __call__(self, value: Decimal | None) -> float | None:
        """Give a value's place."""
        return None if value is None else float(value / self.by)


def rows_of(figure: Figure, scale: Scale) -> list[dict[str, Any]]:
    """Put the points in the form a drawing takes."""
    return [
        {
            "n": n,
            "x": point.x,
            "y": scale(point.y),
            "label": point.label,
            "series": point.series,
            "low": scale(point.low),
            "high": scale(point.high),
            "role": point.role,
        }
        for n, point in enumerate(figure.points)
    ]


PLAIN: Mapping[str, Any] = {"title": None, "domain": False, "ticks": False, "labelPadding": 6}


def places(figure: Figure, width: int) -> Spec:
    """Describe the axis of periods or names, in the order of the points; as many are named as have room."""
    order = names_of(figure.points, "x")
    ticks = {point.x: (point.tick or point.x).split("|") for point in reversed(figure.points)}
    longest = max((len(line) for lines in ticks.values() for line in lines), default=1)
    every = max(1, math.ceil(len(order) * (longest * _LETTER + 8) / width))
    named = order[::-1][::every][::-1]  # the newest always
    axis = {**PLAIN, "labelAngle": 0, "labelExpr": words(named, ticks), "values": named, "labelFlush": False}
    return {"field": "x", "type": "ordinal", "sort": order, "axis": {**axis, "domain": True}}


def words(order: Sequence[str], ticks: Mapping[str, Sequence[str]]) -> str:
    """Say what stands at each place of an axis; a year stands below only where it is a new one."""
    shown, before = {}, ""
    for place in order:
        first, *below = ticks[place]
        shown[place] = [first, *(line for line in below if line != before)]
        before = below[0] if below else before
    return f"{json.dumps(shown, ensure_ascii=False)}[datum.value]"


def ticks_of(figure: Figure) -> str:
    """Say what stands at each place of an axis on which every place is named."""
    ticks = {point.x: (point.tick or point.x).split("|") for point in reversed(figure.points)}
    return words(names_of(figure.points, "x"), ticks)


def amount(scale: Scale, *, zero: bool = True) -> Spec:
    """Describe the axis of amounts: few lines, its unit above it and not along it."""
    title = {"title": scale.title or None, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end"}
    place = {"titleY": -10, "titleX": -34, "titleFontWeight": 400}
    axis = {**title, **place, "domain": False, "ticks": False, "tickCount": 5, "format": ",~f", "grid": True}
    return {"field": "y", "type": "quantitative", "axis": axis, "scale": {"zero": zero, "nice": True}}


def series(figure: Figure, *, dashes: bool) -> Spec:
    """Give each series its colour, and its dashes besides where it is a line."""
    names = names_of(figure.points, "series")
    if len(names) <= 1:
        return {"color": {"value": ACCENT}}
    legend = {"title": None, "orient": "top", "symbolType": "stroke" if dashes else "square", "columns": 4}
    colours = [SERIES[n % len(SERIES)] for n in range(len(names))]
    found: Spec = {
        "color": {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": names, "range": colours},
            "legend": legend,
        }
    }
    if dashes:
        scale = {"domain": names, "range": [_DASHES[n % len(_DASHES)] for n in range(len(names))]}
        found["strokeDash"] = {"field": "series", "type": "nominal", "scale": scale, "legend": legend}
    return found


def names_of(points: Sequence[Point], field: str) -> list[str]:
    """List what the points have in *field*, each once, in their order."""
    return list(dict.fromkeys(getattr(point, field) for point in points))


def totals(points: Sequence[Point]) -> Mapping[str, Decimal]:
    """Add up what stands at each place."""
    found: dict[str, Decimal] = {}
    for point in points:
        found[point.x] = found.get(point.x, Decimal(0)) + (point.y or 0)
    return found


def near_zero(figure: Figure) -> bool:
    """Tell whether the axis starts at zero: unless all values lie close together far from it."""
    known = [bound for p in figure.points for bound in (p.low, p.y, p.high) if bound is not None]
    if not known or min(known) <= 0:
        return True
    return max(known) - min(known) > min(known)


def config() -> Spec:
    """Say how every chart looks."""
    text = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelColor": SOFT,
        "titleColor": SOFT,
        "labelFontSize": 11.5,
    }
    return {
        "aria": False,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**text, "titleFontSize": 11.5, "gridColor": LINE, "domainColor": SOFT, "gridWidth": 0.8},
        "legend": {**text, "labelColor": INK, "symbolSize": 90, "symbolStrokeWidth": 2.5, "offset": 8},
        "header": {"labelFont": FONT},
        "text": {"font": FONT, "fontSize": 11.5},
    }
