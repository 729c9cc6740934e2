"""Charts as Vega-Lite specifications: data in, data out; nothing is drawn here.

A kind of chart is a function and its row in `CHARTS`. Labels come ready to be shown, in the order of the
points; only the axis of amounts is written by the drawing program, in the format of the report's country.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from smeflow.i18n import Language
from smeflow.pages.axes import (
    PLAIN,
    Scale,
    Spec,
    amount,
    config,
    names_of,
    near_zero,
    places,
    rows_of,
    series,
    ticks_of,
)
from smeflow.pages.base import ChartKind, Figure
from smeflow.pages.style import ACCENT, FALL, HEAT, INK, RISE, SOFT, WHOLE, WIDTH


def spec_of(figure: Figure, language: Language) -> Spec:
    """Describe the chart of *figure*."""
    scaled = Scale.of(figure, language)
    spec = CHARTS[figure.kind](figure, scaled)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "white",
        "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
        "config": config(),
        **spec,
    }


def _line(figure: Figure, scale: Scale) -> Spec:
    rows = rows_of(figure, scale)
    many = len(names_of(figure.points, "series")) > 1
    return {
        "width": WIDTH - 70,
        "height": 210,
        "data": {"values": _with_bridges(rows)},
        "encoding": {"x": places(figure, WIDTH - 70)},
        "layer": [*_band(figure), *_lines(figure, scale, zero=near_zero(figure)), *_dots(figure, many=many)],
    }


def _lines(figure: Figure, scale: Scale, *, zero: bool) -> list[Spec]:
    y = amount(scale, zero=zero)
    known = {"filter": "datum.role !== 'forecast'"}
    ahead = {"filter": "datum.role === 'forecast' || datum.bridge"}
    lines: list[Spec] = [
        {
            "transform": [known],
            "mark": {"type": "line", "strokeWidth": 2.2},
            "encoding": {"y": y, **series(figure, dashes=True)},
        }
    ]
    if any(point.role == "forecast" for point in figure.points):
        mark = {"type": "line", "strokeWidth": 2, "strokeDash": [3, 3]}
        lines.append(
            {"transform": [ahead], "mark": mark, "encoding": {"y": y, **series(figure, dashes=False)}}
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


def _band(figure: Figure) -> list[Spec]:
    if all(point.low is None for point in figure.points):
        return []
    encoding = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
    only = {"filter": "isValid(datum.low)"}
    mark = {"type": "area", "opacity": 0.16, "color": ACCENT}
    return [{"transform": [only], "mark": mark, "encoding": encoding}]


def _dots(figure: Figure, *, many: bool) -> list[Spec]:
    """Mark each value where there are few, hollow where it is not whole, and write the newest beside it."""
    y = {"field": "y", "type": "quantitative"}
    colour = series(figure, dashes=False)["color"]
    dot = {"type": "point", "filled": True, "opacity": 1}
    layers: list[Spec] = []
    if len(names_of(figure.points, "x")) <= 18:
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


def _only(test: str, mark: Mapping[str, Any], encoding: Spec) -> Spec:
    return {"transform": [{"filter": test}], "mark": dict(mark), "encoding": encoding}


def _labels(figure: Figure, above: Mapping[str, Any], below: Mapping[str, Any]) -> list[Spec]:
    """Write each value beyond its bar, on the side to which the bar goes."""
    sides = [_only("datum.y >= 0", {**_TEXT, **above}, {"text": {"field": "label"}})]
    if any(point.y is not None and point.y < 0 for point in figure.points):
        sides.append(_only("datum.y < 0", {**_TEXT, **below}, {"text": {"field": "label"}}))
    return sides


_TEXT: Mapping[str, Any] = {"type": "text", "color": INK}


def _bar(figure: Figure, scale: Scale) -> Spec:
    names = {"labelLimit": 190, "labelExpr": ticks_of(figure), "labelPadding": 8}
    y = {"field": "x", "type": "nominal", "sort": names_of(figure.points, "x"), "axis": {**PLAIN, **names}}
    below = any(point.y is not None and point.y < 0 for point in figure.points)
    x = {"field": "y", "type": "quantitative", "axis": None, "scale": {"padding": 64 if below else 0}}
    layers: list[Spec] = [
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
        "data": {"values": rows_of(figure, scale)},
        "encoding": {"y": y, "x": x},
        "layer": layers,
    }


def _column(figure: Figure, scale: Scale) -> Spec:
    labelled = len(figure.points) <= 8
    y = {"field": "y", "type": "quantitative", "axis": None} if labelled else amount(scale)
    fill = {"condition": {"test": "datum.role === 'open' || datum.role === 'forecast'", "value": "white"}}
    layers: list[Spec] = [
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
        "data": {"values": rows_of(figure, scale)},
        "encoding": {"x": places(figure, WIDTH - 70), "y": y},
        "layer": layers,
    }


def _stacked(figure: Figure, scale: Scale) -> Spec:
    rows = rows_of(figure, scale)
    return {
        "width": WIDTH - 70,
        "height": 230,
        "data": {"values": rows},
        "mark": {"type": "bar", "width": {"band": 0.66}, "stroke": "white", "strokeWidth": 1},
        "encoding": {
            "x": places(figure, WIDTH - 70),
            "y": {**amount(scale), "stack": "zero"},
            "order": {"field": "n"},
            **series(figure, dashes=False),
        },
    }


def _waterfall(figure: Figure, scale: Scale) -> Spec:
    rows, ends = [], []
    running = Decimal(0)
    for row, point in zip(rows_of(figure, scale), figure.points, strict=True):
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
    x = places(figure, WIDTH - 40)
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
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "top"},
                    "text": {"field": "label"},
                },
            },
        ],
    }


def _heat(figure: Figure, scale: Scale) -> Spec:
    rows = rows_of(figure, scale)
    known = [row["y"] for row in rows if row["y"] is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    for row in rows:
        shade = 0 if row["y"] is None or high == low else int((row["y"] - low) / (high - low) * 4.999)
        row["colour"] = "#ffffff" if row["y"] is None else HEAT[shade]
        row["ink"] = "white" if shade >= 3 else INK
    columns = len(names_of(figure.points, "x"))
    order = {"x": names_of(figure.points, "x"), "series": names_of(figure.points, "series")}
    y = {"field": "series", "type": "nominal", "sort": order["series"], "axis": {**PLAIN, "labelLimit": 150}}
    x = {
        "field": "x",
        "type": "nominal",
        "sort": order["x"],
        "axis": {**PLAIN, "orient": "top", "labelAngle": 0, "labelExpr": ticks_of(figure)},
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


def _multiples(figure: Figure, scale: Scale) -> Spec:
    names = names_of(figure.points, "series")
    columns, width = (2, 288) if len(names) in {2, 4} else (3, 182)
    small = {"labelFontSize": 10}
    x, y = places(figure, width), amount(scale, zero=near_zero(figure))
    x["axis"], y["axis"] = {**x["axis"], **small}, {**y["axis"], **small, "tickCount": 3}
    layers: list[Spec] = [{"mark": {"type": "line", "color": ACCENT, "strokeWidth": 2}}]
    if any(point.role for point in figure.points):
        hollow = {"type": "point", "filled": True, "fill": "white", "stroke": ACCENT, "size": 36}
        layers.append(_only("datum.role !== ''", hollow, {}))
    header = {"title": None, "labelFontSize": 12, "labelFontWeight": 600, "labelAnchor": "start"}
    return {
        "data": {"values": rows_of(figure, scale)},
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


CHARTS: Mapping[ChartKind, Callable[[Figure, Scale], Spec]] = {
    "line": _line,
    "bar": _bar,
    "column": _column,
    "stacked": _stacked,
    "waterfall": _waterfall,
    "heat": _heat,
    "multiples": _multiples,
}
