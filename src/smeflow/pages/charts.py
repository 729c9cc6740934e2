"""Charts: a figure as a Vega-Lite specification, and its drawing as SVG or PNG.

A kind of chart is a function and its row in `CHARTS`. Labels come ready to be shown, in the order of the
points; only the axis of amounts is written by the drawing program, in the format of the report's country.
Equal figures give equal bytes.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

from smeflow._optional import import_extra
from smeflow.i18n import Language
from smeflow.pages.axes import (
    PLAIN_AXIS,
    AmountScale,
    VegaSpec,
    all_tick_labels,
    chart_config,
    data_rows,
    distinct_values,
    series_encoding,
    starts_at_zero,
    x_axis,
    y_axis,
)
from smeflow.pages.elements import ChartKind, Figure
from smeflow.pages.style import ACCENT, FALL, HEAT, INK, RISE, SOFT, WHOLE, WIDTH


def spec_of(figure: Figure, language: Language) -> VegaSpec:
    """Describe the chart of *figure*."""
    scaled = AmountScale.of(figure, language)
    spec = CHARTS[figure.kind](figure, scaled)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "white",
        "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
        "config": chart_config(),
        **spec,
    }


def _line(figure: Figure, scale: AmountScale) -> VegaSpec:
    rows = data_rows(figure, scale)
    many = len(distinct_values(figure.points, "series")) > 1
    return {
        "width": WIDTH - 70,
        "height": 210,
        "data": {"values": _with_bridges(rows)},
        "encoding": {"x": x_axis(figure, WIDTH - 70)},
        "layer": [
            *_band(figure),
            *_lines(figure, scale, zero=starts_at_zero(figure)),
            *_dots(figure, many=many),
        ],
    }


def _lines(figure: Figure, scale: AmountScale, *, zero: bool) -> list[VegaSpec]:
    y = y_axis(scale, zero=zero)
    known = {"filter": "datum.role !== 'forecast'"}
    ahead = {"filter": "datum.role === 'forecast' || datum.bridge"}
    lines: list[VegaSpec] = [
        {
            "transform": [known],
            "mark": {"type": "line", "strokeWidth": 2.2},
            "encoding": {"y": y, **series_encoding(figure, dashes=True)},
        }
    ]
    if any(point.role == "forecast" for point in figure.points):
        mark = {"type": "line", "strokeWidth": 2, "strokeDash": [3, 3]}
        lines.append(
            {
                "transform": [ahead],
                "mark": mark,
                "encoding": {"y": y, **series_encoding(figure, dashes=False)},
            }
        )
    return lines


def _with_bridges(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark the last known point before a forecast, so that the dashed line starts where the other ends."""
    for before, after in pairwise(rows):
        if (
            after["role"] == "forecast"
            and before["role"] != "forecast"
            and before["series"] == after["series"]
        ):
            before["bridge"] = True
    return rows


def _band(figure: Figure) -> list[VegaSpec]:
    if all(point.low is None for point in figure.points):
        return []
    encoding = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
    only = {"filter": "isValid(datum.low)"}
    mark = {"type": "area", "opacity": 0.16, "color": ACCENT}
    return [{"transform": [only], "mark": mark, "encoding": encoding}]


def _dots(figure: Figure, *, many: bool) -> list[VegaSpec]:
    """Mark each value where there are few, hollow where it is not whole, and write the newest beside it."""
    y = {"field": "y", "type": "quantitative"}
    colour = series_encoding(figure, dashes=False)["color"]
    dot = {"type": "point", "filled": True, "opacity": 1}
    layers: list[VegaSpec] = []
    if len(distinct_values(figure.points, "x")) <= 18:
        layers.append(_only("datum.role === ''", {**dot, "size": 28}, {"y": y, "color": colour}))
    if any(point.role for point in figure.points):
        hollow = {**dot, "fill": "white", "size": 46, "strokeWidth": 1.8}
        layers.append(_only("datum.role !== ''", hollow, {"y": y, "stroke": colour}))
    known = [(n, point.y) for n, point in enumerate(figure.points) if point.y is not None]
    if not many and known:
        falls = len(known) > 1 and known[-1][1] < known[-2][1]
        text = {**_TEXT, "dy": 15 if falls else -12, "align": "right", "dx": 6, "fontWeight": 600}
        layers.append(_only(f"datum.n === {known[-1][0]}", text, {"y": y, "text": {"field": "label"}}))
    return layers


def _only(test: str, mark: Mapping[str, Any], encoding: VegaSpec) -> VegaSpec:
    return {"transform": [{"filter": test}], "mark": dict(mark), "encoding": encoding}


def _labels(figure: Figure, above: Mapping[str, Any], below: Mapping[str, Any]) -> list[VegaSpec]:
    """Write each value beyond its bar, on the side to which the bar goes."""
    sides = [_only("datum.y >= 0", {**_TEXT, **above}, {"text": {"field": "label"}})]
    if any(point.y is not None and point.y < 0 for point in figure.points):
        sides.append(_only("datum.y < 0", {**_TEXT, **below}, {"text": {"field": "label"}}))
    return sides


_TEXT: Mapping[str, Any] = {"type": "text", "color": INK}


def _bar(figure: Figure, scale: AmountScale) -> VegaSpec:
    names = {"labelLimit": 190, "labelExpr": all_tick_labels(figure), "labelPadding": 8}
    y = {
        "field": "x",
        "type": "nominal",
        "sort": distinct_values(figure.points, "x"),
        "axis": {**PLAIN_AXIS, **names},
    }
    below = any(point.y is not None and point.y < 0 for point in figure.points)
    x = {"field": "y", "type": "quantitative", "axis": None, "scale": {"padding": 64 if below else 0}}
    layers: list[VegaSpec] = [
        {"mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.68}}},
        *_labels(
            figure,
            {"baseline": "middle", "align": "left", "dx": 5},
            {"baseline": "middle", "align": "right", "dx": -5},
        ),
    ]
    return {
        "width": WIDTH - 290,
        "height": {"step": 26},
        "data": {"values": data_rows(figure, scale)},
        "encoding": {"y": y, "x": x},
        "layer": layers,
    }


def _column(figure: Figure, scale: AmountScale) -> VegaSpec:
    labelled = len(figure.points) <= 8
    y = {"field": "y", "type": "quantitative", "axis": None} if labelled else y_axis(scale)
    fill = {"condition": {"test": "datum.role === 'open' || datum.role === 'forecast'", "value": "white"}}
    layers: list[VegaSpec] = [
        {
            "mark": {"type": "bar", "width": {"band": 0.62}, "stroke": ACCENT},
            "encoding": {"fill": {**fill, "value": ACCENT}},
        }
    ]
    if labelled:
        layers += _labels(figure, {"dy": -9, "fontWeight": 600}, {"dy": 10, "fontWeight": 600})
    return {
        "width": WIDTH - 70,
        "height": 200,
        "data": {"values": data_rows(figure, scale)},
        "encoding": {"x": x_axis(figure, WIDTH - 70), "y": y},
        "layer": layers,
    }


def _stacked(figure: Figure, scale: AmountScale) -> VegaSpec:
    rows = data_rows(figure, scale)
    return {
        "width": WIDTH - 70,
        "height": 230,
        "data": {"values": rows},
        "mark": {"type": "bar", "width": {"band": 0.66}, "stroke": "white", "strokeWidth": 1},
        "encoding": {
            "x": x_axis(figure, WIDTH - 70),
            "y": {**y_axis(scale), "stack": "zero"},
            "order": {"field": "n"},
            **series_encoding(figure, dashes=False),
        },
    }


def _waterfall(figure: Figure, scale: AmountScale) -> VegaSpec:
    rows, ends = [], []
    running = Decimal(0)
    for row, point in zip(data_rows(figure, scale), figure.points, strict=True):
        step = point.y or Decimal(0)
        start = Decimal(0) if point.role == "total" else running
        running = step if point.role == "total" else running + step
        colour = WHOLE if point.role == "total" else RISE if step >= 0 else FALL
        top = max(start, running)
        rows.append(
            {**row, "start": scale(start), "end": scale(running), "top": scale(top), "colour": colour}
        )
    for row, after in pairwise(rows):
        ends.append({"x": row["x"], "x2": after["x"], "y": row["end"]})
    bars = {"type": "bar", "width": {"band": 0.6}}
    y = {"field": "start", "type": "quantitative", "axis": None}
    x = x_axis(figure, WIDTH - 40)
    return {
        "width": WIDTH - 40,
        "height": 220,
        "layer": [
            {
                "data": {"values": ends},
                "mark": {"type": "rule", "color": SOFT, "strokeWidth": 1},
                "encoding": {
                    "x": {**x, "bandPosition": 0.8},
                    "x2": {"field": "x2", "bandPosition": 0.2},
                    "y": {**y, "field": "y"},
                },
            },
            {
                "data": {"values": rows},
                "mark": bars,
                "encoding": {
                    "x": x,
                    "y": y,
                    "y2": {"field": "end"},
                    "color": {"field": "colour", "type": "nominal", "scale": None},
                },
            },
            {
                "data": {"values": rows},
                "mark": {"type": "text", "dy": -9, "color": INK, "fontWeight": 600},
                "encoding": {"x": x, "y": {**y, "field": "top"}, "text": {"field": "label"}},
            },
        ],
    }


def _heat(figure: Figure, scale: AmountScale) -> VegaSpec:
    rows = data_rows(figure, scale)
    known = [row["y"] for row in rows if row["y"] is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    for row in rows:
        shade = 0 if row["y"] is None or high == low else int((row["y"] - low) / (high - low) * 4.999)
        row["colour"] = "#ffffff" if row["y"] is None else HEAT[shade]
        row["ink"] = "white" if shade >= 3 else INK
    columns = len(distinct_values(figure.points, "x"))
    order = {"x": distinct_values(figure.points, "x"), "series": distinct_values(figure.points, "series")}
    y = {
        "field": "series",
        "type": "nominal",
        "sort": order["series"],
        "axis": {**PLAIN_AXIS, "labelLimit": 150},
    }
    x = {
        "field": "x",
        "type": "nominal",
        "sort": order["x"],
        "axis": {**PLAIN_AXIS, "orient": "top", "labelAngle": 0, "labelExpr": all_tick_labels(figure)},
    }
    return {
        "width": min(WIDTH - 170, max(46 * columns, 240)),
        "height": {"step": 28},
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 2},
                "encoding": {"color": {"field": "colour", "type": "nominal", "scale": None}},
            },
            {
                "mark": {"type": "text", "fontSize": 10.5},
                "encoding": {
                    "text": {"field": "label"},
                    "color": {"field": "ink", "type": "nominal", "scale": None},
                },
            },
        ],
    }


def _multiples(figure: Figure, scale: AmountScale) -> VegaSpec:
    names = distinct_values(figure.points, "series")
    columns, width = (2, 288) if len(names) in {2, 4} else (3, 182)
    small = {"labelFontSize": 10}
    x, y = x_axis(figure, width), y_axis(scale, zero=starts_at_zero(figure))
    x["axis"], y["axis"] = {**x["axis"], **small}, {**y["axis"], **small, "tickCount": 3}
    layers: list[VegaSpec] = [{"mark": {"type": "line", "color": ACCENT, "strokeWidth": 2}}]
    if any(point.role for point in figure.points):
        hollow = {"type": "point", "filled": True, "fill": "white", "stroke": ACCENT, "size": 36}
        layers.append(_only("datum.role !== ''", hollow, {}))
    header = {"title": None, "labelFontSize": 12, "labelFontWeight": 600, "labelAnchor": "start"}
    return {
        "data": {"values": data_rows(figure, scale)},
        "facet": {
            "field": "series",
            "type": "nominal",
            "sort": names,
            "header": {**header, "labelColor": INK, "labelLimit": 180},
        },
        "columns": columns,
        "resolve": {"axis": {"x": "independent"}},
        "spacing": {"row": 26, "column": 22},
        "spec": {"width": width, "height": 96, "encoding": {"x": x, "y": y}, "layer": layers},
    }


CHARTS: Mapping[ChartKind, Callable[[Figure, AmountScale], VegaSpec]] = {
    "line": _line,
    "bar": _bar,
    "column": _column,
    "stacked": _stacked,
    "waterfall": _waterfall,
    "heat": _heat,
    "multiples": _multiples,
}

FONT_FOLDER = Path(str(resources.files("smeflow.pages") / "fonts"))
_TAG = re.compile(r"<[^<>]+>")
_ROLE = re.compile(r' (?:role|class|aria-[a-z]+)="[^"]*"')  # a picture's sentence says what there is to say
_CLIP = re.compile(r"\bclip\d+\b")
_FRENCH = {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u00a0€"], "minus": "−"}
_ENGLISH = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""], "minus": "−"}


@dataclass(frozen=True, slots=True)
class ChartImage:
    """A chart that has been drawn."""

    svg: str
    width: int
    height: int

    def png(self) -> bytes:
        """Give it as points, twice as fine as a screen's."""
        data: bytes = _drawing_program().svg_to_png(self.svg, scale=2.0)
        return data


def draw_chart(figure: Figure, language: Language) -> ChartImage:
    """Draw *figure*. Nothing is fetched: the data stands in the specification.

    Raises:
        MissingExtra: The extra ``charts`` is not installed.
    """
    return _render(json.dumps(spec_of(figure, language), ensure_ascii=False), language)


@lru_cache(maxsize=64)  # HTML, PDF and DOCX of one report draw the same charts
def _render(spec: str, language: Language) -> ChartImage:
    form = _FRENCH if language == "fr" else _ENGLISH
    svg: str = _drawing_program().vegalite_to_svg(spec, format_locale=form, allowed_base_urls=[])
    marks = {mark: f"clip-{n}" for n, mark in enumerate(dict.fromkeys(_CLIP.findall(svg)), 1)}
    svg = _CLIP.sub(lambda match: marks[match[0]], svg)  # the program counts through all it has drawn
    svg = _TAG.sub(lambda match: _ROLE.sub("", match[0]), svg)
    head = svg[: svg.index(">")]
    width, height = (int(float(_attribute(head, name))) for name in ("width", "height"))
    return ChartImage(svg=svg, width=width, height=height)


def _attribute(head: str, name: str) -> str:
    return head.partition(f' {name}="')[2].partition('"')[0]


@cache
def _drawing_program():  # type: ignore[no-untyped-def]  # noqa: ANN202 - a module without types
    """Load the drawing program once; our fonts are told to it, so that no machine's own decide."""
    module = import_extra("vl_convert", "charts")
    module.register_font_directory(str(FONT_FOLDER))
    return module
