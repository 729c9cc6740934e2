"""What charts share.

The scale of amounts, the axes and their ticks, the colours of series, and how all of them look.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from smeflow.i18n import Language
from smeflow.pages.elements import ChartPoint, Figure
from smeflow.pages.style import ACCENT, FONT, INK, LINE, SERIES, SOFT

VegaSpec = dict[str, Any]
_LETTER = 6.4
"""The width of a letter on an axis, in pixels."""
_SIGNS = {"€", "$", "£", "CHF"}
_STEPS: tuple[tuple[int, Mapping[Language, str]], ...] = (
    (10**9, {"fr": "Md{}", "en": "{}bn"}),
    (10**6, {"fr": "M{}", "en": "{}m"}),
    (10**3, {"fr": "k{}", "en": "{}k"}),
)
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3])


class AmountScale:
    """Brings amounts to thousands or millions for an axis, and says so in its title."""

    def __init__(self, by: int, title: str) -> None:
        self.by, self.title = by, title

    @classmethod
    def of(cls, figure: Figure, language: Language) -> "AmountScale":
        """Choose the scale in which the greatest value has two to five digits."""
        known = [abs(point.y) for point in figure.points if point.y is not None]
        if figure.kind == "stacked":
            known = [abs(total) for total in stack_totals(figure.points).values()]
        most = max(known, default=Decimal(0))
        for by, names in _STEPS:
            if figure.unit in _SIGNS and most >= by * 10:
                return cls(by, names[language].format(figure.unit))
        return cls(1, figure.unit)

    def __call__(self, value: Decimal | None) -> float | None:
        """Give a value's place."""
        return None if value is None else float(value / self.by)


def data_rows(figure: Figure, scale: AmountScale) -> list[dict[str, Any]]:
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


PLAIN_AXIS: Mapping[str, Any] = {"title": None, "domain": False, "ticks": False, "labelPadding": 6}


def x_axis(figure: Figure, width: int) -> VegaSpec:
    """Describe the axis of periods or names, in the order of the points; as many are named as have room."""
    order = distinct_values(figure.points, "x")
    ticks = {point.x: (point.tick or point.x).split("|") for point in reversed(figure.points)}
    longest = max((len(line) for lines in ticks.values() for line in lines), default=1)
    every = max(1, math.ceil(len(order) * (longest * _LETTER + 8) / width))
    named = order[::-1][::every][::-1]  # the newest always
    axis = {
        **PLAIN_AXIS,
        "labelAngle": 0,
        "labelExpr": tick_labels(named, ticks),
        "values": named,
        "labelFlush": False,
    }
    return {"field": "x", "type": "ordinal", "sort": order, "axis": {**axis, "domain": True}}


def tick_labels(order: Sequence[str], ticks: Mapping[str, Sequence[str]]) -> str:
    """Say what stands at each place of an axis; a year stands below only where it is a new one."""
    shown, before = {}, ""
    for place in order:
        first, *below = ticks[place]
        shown[place] = [first, *(line for line in below if line != before)]
        before = below[0] if below else before
    return f"{json.dumps(shown, ensure_ascii=False)}[datum.value]"


def all_tick_labels(figure: Figure) -> str:
    """Say what stands at each place of an axis on which every place is named."""
    ticks = {point.x: (point.tick or point.x).split("|") for point in reversed(figure.points)}
    return tick_labels(distinct_values(figure.points, "x"), ticks)


def y_axis(scale: AmountScale, *, zero: bool = True) -> VegaSpec:
    """Describe the axis of amounts: few lines, its unit above it and not along it."""
    title = {"title": scale.title or None, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end"}
    place = {"titleY": -10, "titleX": -34, "titleFontWeight": 400}
    axis = {**title, **place, "domain": False, "ticks": False, "tickCount": 5, "format": ",~f", "grid": True}
    return {"field": "y", "type": "quantitative", "axis": axis, "scale": {"zero": zero, "nice": True}}


def series_encoding(figure: Figure, *, dashes: bool) -> VegaSpec:
    """Give each series its colour, and its dashes besides where it is a line."""
    names = distinct_values(figure.points, "series")
    if len(names) <= 1:
        return {"color": {"value": ACCENT}}
    legend = {"title": None, "orient": "top", "symbolType": "stroke" if dashes else "square", "columns": 4}
    colours = [SERIES[n % len(SERIES)] for n in range(len(names))]
    encoding: VegaSpec = {
        "color": {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": names, "range": colours},
            "legend": legend,
        }
    }
    if dashes:
        scale = {"domain": names, "range": [_DASHES[n % len(_DASHES)] for n in range(len(names))]}
        encoding["strokeDash"] = {"field": "series", "type": "nominal", "scale": scale, "legend": legend}
    return encoding


def distinct_values(points: Sequence[ChartPoint], field: str) -> list[str]:
    """List what the points have in *field*, each once, in their order."""
    return list(dict.fromkeys(getattr(point, field) for point in points))


def stack_totals(points: Sequence[ChartPoint]) -> Mapping[str, Decimal]:
    """Add up what stands at each place."""
    totals: dict[str, Decimal] = {}
    for point in points:
        totals[point.x] = totals.get(point.x, Decimal(0)) + (point.y or 0)
    return totals


def starts_at_zero(figure: Figure) -> bool:
    """Tell whether the axis starts at zero: unless all values lie close together far from it."""
    known = [bound for p in figure.points for bound in (p.low, p.y, p.high) if bound is not None]
    if not known or min(known) <= 0:
        return True
    return max(known) - min(known) > min(known)


def chart_config() -> VegaSpec:
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


_MONTH_NAMES: Mapping[Language, str] = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
}
_QUARTER_LETTER: Mapping[Language, str] = {"en": "Q", "fr": "T"}
_WEEK_LETTER: Mapping[Language, str] = {"en": "W", "fr": "S"}


def period_tick(key: str, language: Language) -> str:
    """Write a period's key (``2026-11``, ``2026-Q4``, ``2026-W48``, ``2026-11-03``) for an axis.

    The year stands on a line below, after a ``|``; the axis shows it where it is a new one.
    """
    year, _, part = key.partition("-")
    if part[:1] == "Q":
        return f"{_QUARTER_LETTER[language]}{part[1:]}|{year}"
    if part[:1] == "W":
        return f"{_WEEK_LETTER[language]}{part[1:].lstrip('0')}|{year}"
    names = _MONTH_NAMES[language].split()
    if len(part) == 2 and part.isdigit() and 1 <= int(part) <= 12:
        return f"{names[int(part) - 1]}|{year}"
    try:
        day = date.fromisoformat(key)
    except ValueError:
        return key.replace("|", "/")
    return f"{day.day} {names[day.month - 1]}|{year}"
