"""Which picture a fact gets: chosen by its shape, never by a model."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from smeflow.facts.report import Cell, Column, FactValue, Shape
from smeflow.i18n import Language, language_of, say
from smeflow.pages.alt import sentence
from smeflow.pages.base import Column as Heading
from smeflow.pages.base import Figure, Point, Table
from smeflow.pages.periods import tick

_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}
MAX_BARS, MAX_COLUMNS, MAX_STACKED, MAX_LINES = 15, 12, 6, 3
MAX_LETTERS = 84
"""So many letters have room below the columns of a chart, the longest name counted for each."""


def figure_of(fact: FactValue, locale: str) -> Figure | None:
    """Choose the chart of *fact* and fill it; None where a table or the value itself says more."""
    found = _SHAPES[fact.shape](fact, locale) if fact.shape in _SHAPES and len(fact.rows) > 1 else None
    if found is None or all(point.y is None for point in found.points):
        return None
    language = language_of(locale)
    return replace(found, alt=sentence(found, language), note=note_of(fact, language))


def with_forecast(figure: Figure, fact: FactValue, locale: str) -> Figure | None:
    """Draw a forecast on from the series it goes on; None where it is of something else."""
    ahead = _series(fact, locale)
    if ahead is None or figure.kind not in {"line", "column"} or ahead.unit != figure.unit:
        return None
    before, after = figure.points[-1].x, ahead.points[0].x
    if not before < after or len(before) != len(after):
        return None
    language = language_of(locale)
    points = (*figure.points, *ahead.points)
    notes = " ".join(part for part in (figure.note, note_of(fact, language)) if part)
    made = replace(figure, kind="line", points=points, note=notes)
    return replace(made, alt=sentence(made, language))


def table_of(fact: FactValue, locale: str, *, drawn: bool = False) -> Table:
    """Show *fact* as a table, with its row of totals where it has one."""
    total = fact.total or ()
    return Table(
        caption=say("{label}, in figures", label=fact.label).render(language_of(locale))
        if drawn
        else fact.label,
        columns=tuple(Heading(title=column.label, number=column.kind == "number") for column in fact.columns),
        rows=tuple(fact.shown(locale)),
        total=tuple(
            "" if cell is None else column.show(cell, locale)
            for column, cell in zip(fact.columns, total, strict=False)
        ),
        fact=fact.name,
        note="" if drawn else note_of(fact, language_of(locale)),
    )


def wants_table(fact: FactValue) -> bool:
    """Tell whether a table says more than the chart: further columns, or sums."""
    roles = {column.role for column in fact.columns[1:]}
    if fact.shape in {"series", "ranking"}:
        return not roles <= {"value", "lower", "upper", "forecast", "share"}
    return not (fact.shape == "matrix" and _is_grid(fact)) and len(fact.columns) > 2


def note_of(fact: FactValue, language: Language) -> str:
    """Say what a reader must know beside a fact: first why it is not whole, then how it was counted."""
    told = [phrase.render(language) for phrase in (fact.incomplete, fact.note) if phrase]
    return " ".join(f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in told)


def _figure(fact: FactValue, kind: str, points: tuple[Point, ...], unit: str) -> Figure:
    return Figure(
        kind=kind,  # type: ignore[arg-type]  # one of the kinds, each written once below
        caption=fact.label,
        alt="",
        points=points,
        unit=_SIGNS.get(unit, unit),
        fact=fact.name,
    )


def _number(column: Column, cell: Cell) -> Decimal | None:
    value = column.read(cell)
    return value if isinstance(value, Decimal) else None


def _label(column: Column, cell: Cell, locale: str) -> str:
    return "" if cell is None else column.show(cell, locale)


def _values(fact: FactValue) -> list[tuple[int, Column]]:
    """List the columns that are drawn; a share or a change beside a value is not."""
    drawn = [
        (n, c) for n, c in enumerate(fact.columns) if c.kind == "number" and c.role in {"value", "forecast"}
    ]
    return [(n, c) for n, c in drawn if c.unit == drawn[0][1].unit] if drawn else []


def _series(fact: FactValue, locale: str) -> Figure | None:
    values = _values(fact)
    if not values or not fact.rows:
        return None
    bounds = {c.role: n for n, c in enumerate(fact.columns) if c.role in {"lower", "upper"}}
    language = language_of(locale)
    points: list[Point] = []
    for n, column in values:
        for at, row in enumerate(fact.rows):
            newest = at == len(fact.rows) - 1
            points.append(
                Point(
                    x=row[0] or "",
                    tick=tick(row[0] or "", language),
                    y=_number(column, row[n]),
                    label=_label(column, row[n], locale),
                    series=column.label if len(values) > 1 else "",
                    low=_number(fact.columns[bounds["lower"]], row[bounds["lower"]])
                    if "lower" in bounds
                    else None,
                    high=_number(fact.columns[bounds["upper"]], row[bounds["upper"]])
                    if "upper" in bounds
                    else None,
                    role="forecast"
                    if column.role == "forecast"
                    else "open"
                    if newest and fact.incomplete
                    else "",
                )
            )
    kind = "column" if len(values) == 1 and len(fact.rows) <= 5 and not bounds else "line"
    kind = "multiples" if len(values) > MAX_LINES else kind
    return _figure(fact, kind, tuple(points), values[0][1].unit)


def _names(fact: FactValue, locale: str) -> Figure | None:
    """Draw names or classes with a value each, and the share of the whole beside it where there is one."""
    values = _values(fact)
    most = MAX_BARS if fact.shape == "ranking" else MAX_COLUMNS
    if not values or len(fact.rows) > most:
        return None
    n, column = next(((n, c) for n, c in values if c.name == "value"), values[0])
    share = next((at for at, c in enumerate(fact.columns) if c.role == "share"), None)
    points = []
    for row in fact.rows:
        label = _label(column, row[n], locale)
        if share is not None and row[share] is not None and fact.shape == "ranking":
            label = f"{label} ({fact.columns[share].show(row[share], locale)})"
        name = fact.columns[0].show(row[0], locale)
        points.append(Point(x=name, tick=name.replace("|", "/"), y=_number(column, row[n]), label=label))
    room = max(len(point.x) for point in points) * len(points) <= MAX_LETTERS
    kind = "column" if fact.shape == "buckets" and room else "bar"
    return _figure(fact, kind, tuple(points), column.unit)


def _steps(fact: FactValue, locale: str) -> Figure | None:
    """Draw what led from one value to another: first and last are wholes, what stands between are changes."""
    n, column = next(((n, c) for n, c in enumerate(fact.columns) if c.role == "change"), (0, None))
    if column is None or not 3 <= len(fact.rows) <= MAX_COLUMNS:
        return None
    last = len(fact.rows) - 1
    points = tuple(
        Point(
            x=fact.columns[0].show(row[0], locale),
            y=_number(column, row[n]),
            label=_label(column, row[n], locale),
            role="total" if at in {0, last} else "",
        )
        for at, row in enumerate(fact.rows)
    )
    return _figure(fact, "waterfall", points, column.unit)


def _buckets(fact: FactValue, locale: str) -> Figure | None:
    return _steps(fact, locale) or _names(fact, locale)


def _matrix(fact: FactValue, locale: str) -> Figure | None:
    if _is_grid(fact):
        return _grid(fact, locale)
    values = _values(fact)
    language = language_of(locale)
    points = tuple(
        Point(
            x=row[0] or "",
            tick=tick(row[0] or "", language),
            y=_number(column, row[n]),
            label=_label(column, row[n], locale),
            series=column.label,
        )
        for n, column in values
        for at, row in enumerate(fact.rows)
    )
    if not points:
        return None
    adds_up = fact.measure == "cross" or fact.total is not None
    below = any(point.y is not None and point.y < 0 for point in points)
    if adds_up and not below and len(values) <= MAX_STACKED:
        return _figure(fact, "stacked", points, values[0][1].unit)
    kind = "line" if len(values) <= MAX_LINES else "multiples"
    return _figure(fact, kind, points, values[0][1].unit)


def _is_grid(fact: FactValue) -> bool:
    """Tell whether a matrix is read cell by cell: cohorts, days by hours."""
    shares = any(column.role == "share" for column in fact.columns)
    return fact.columns[0].kind != "period" or shares or len(fact.rows) < 2


def _grid(fact: FactValue, locale: str) -> Figure | None:
    drawn = [(n, c) for n, c in enumerate(fact.columns) if n and c.kind == "number" and c.role != "total"]
    sizes = next(((n, c) for n, c in enumerate(fact.columns) if c.role == "total"), None)
    if len(drawn) < 2 or len(drawn) > MAX_BARS or len(fact.rows) > 31:
        return None
    points = []
    for row in fact.rows:
        name = fact.columns[0].show(row[0], locale)
        if sizes is not None:
            name = f"{name} ({sizes[1].show(row[sizes[0]], locale)})"
        for n, column in drawn:
            label = _label(column, row[n], locale)
            points.append(Point(x=column.label, y=_number(column, row[n]), label=label, series=name))
    return _figure(fact, "heat", tuple(points), drawn[0][1].unit)


_SHAPES: Mapping[Shape, Callable[[FactValue, str], Figure | None]] = {
    "series": _series,
    "ranking": _names,
    "buckets": _buckets,
    "matrix": _matrix,
}
