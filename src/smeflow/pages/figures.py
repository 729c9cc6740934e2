"""Which chart or table a fact gets, chosen by its shape and never by a model.

And the sentence that stands for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from smeflow.i18n import LANGUAGES, Language, Phrase, language_of, say
from smeflow.pages.axes import period_tick
from smeflow.pages.elements import ChartKind, ChartPoint, Figure, PageTable
from smeflow.pages.elements import TableColumn as Heading
from smeflow.writing.report import Cell, FactColumn, ReportFact, Shape


def alt_text(figure: Figure, language: Language) -> str:
    """Say what *figure* shows: what it is of, from where to where, its highest and lowest value."""
    known = [point for point in figure.points if point.y is not None]
    if not known:
        return figure.caption
    return _SENTENCES[figure.kind](figure.caption, known).render(language)


def _tick_name(point: ChartPoint) -> str:
    return (point.tick or point.x).replace("|", " ")


def _cell_name(point: ChartPoint) -> str:
    return f"{point.series}, {_tick_name(point)}"


def _lowest_and_highest(
    known: Sequence[ChartPoint], name: Callable[[ChartPoint], str] = _tick_name
) -> dict[str, object]:
    """Name the lowest and the highest; of several as low or as high all, or how many there are."""
    ordered = sorted(known, key=lambda point: point.y or 0)
    low, high = ordered[0], ordered[-1]
    return {
        "low": _names_of([point for point in known if point.y == low.y], name),
        "low_value": low.label,
        "high": _names_of([point for point in known if point.y == high.y], name),
        "high_value": high.label,
    }


def _names_of(points: Sequence[ChartPoint], name: Callable[[ChartPoint], str]) -> object:
    names = [name(point) for point in points]
    if len(names) == 1:
        return names[0]
    if len(names) > _MOST_TIED:
        return say("{n} that are equal", n=len(names))
    return say("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def _series_and_ends(known: Sequence[ChartPoint]) -> dict[str, object]:
    names = ", ".join(dict.fromkeys(point.series for point in known))
    ends = min(known, key=lambda point: point.x), max(known, key=lambda point: point.x)
    return {"names": names, "first": _tick_name(ends[0]), "last": _tick_name(ends[1])}


def _line_sentence(caption: str, known: Sequence[ChartPoint]) -> Phrase:
    if known[0].series:
        ends = _series_and_ends(known)
        return say("Line chart, {caption}: {names}, from {first} to {last}.", caption=caption, **ends)
    measured = [point for point in known if point.role != "forecast"] or known
    if len({point.y for point in measured}) == 1:
        return say(
            "Line chart, {caption}: from {first} ({first_value}) to {last} ({last_value}), level throughout.",
            caption=caption,
            **_first_and_last(known),
        )
    return _say_ends("line", caption, known, _lowest_and_highest(measured))


def _first_and_last(known: Sequence[ChartPoint]) -> dict[str, object]:
    first, last = known[0], known[-1]
    begin: dict[str, object] = {"first": _tick_name(first), "first_value": first.label}
    return begin | {"last": _tick_name(last), "last_value": last.label}


def _say_ends(
    kind: ChartKind, caption: str, known: Sequence[ChartPoint], ends: Mapping[str, object]
) -> Phrase:
    """Say the highest and the lowest of a picture; *ends* names them."""
    if kind == "line":
        return say(
            "Line chart, {caption}: from {first} ({first_value}) to {last} ({last_value}); the highest is "
            "{high} ({high_value}), the lowest {low} ({low_value}).",
            caption=caption,
            **_first_and_last(known),
            **ends,
        )
    if kind == "heat":
        return say(
            "Heat map, {caption}; the highest is {high} ({high_value}), the lowest {low} ({low_value}).",
            caption=caption,
            **ends,
        )
    return say(
        "Bar chart, {caption}, {count} bars; the highest is {high} ({high_value}), the lowest {low} "
        "({low_value}).",
        caption=caption,
        count=len(known),
        **ends,
    )


def _bar_sentence(caption: str, known: Sequence[ChartPoint]) -> Phrase:
    others = {say("Others").render(language) for language in LANGUAGES}
    named = [point for point in known if point.x not in others] or known
    highest_and_lowest = _lowest_and_highest(named)
    about: dict[str, object] = {"caption": caption, "count": len(known), **highest_and_lowest}
    first, last = named[0].y or 0, named[-1].y or 0
    rest = any(point.x in others for point in known)  # it may hold lower ones, and has no rank itself
    if rest and first > last:
        return say("Bar chart, {caption}, {count} bars; the highest is {high} ({high_value}).", **about)
    if rest and first < last:
        return say("Bar chart, {caption}, {count} bars; the lowest is {low} ({low_value}).", **about)
    if len({point.y for point in named}) == 1:
        return say("Bar chart, {caption}, {count} bars, none higher than another.", **about)
    return _say_ends("bar", caption, known, highest_and_lowest)


def _stacked_sentence(caption: str, known: Sequence[ChartPoint]) -> Phrase:
    return say(
        "Stacked bar chart, {caption}: {names}, from {first} to {last}.",
        caption=caption,
        **_series_and_ends(known),
    )


def _multiples_sentence(caption: str, known: Sequence[ChartPoint]) -> Phrase:
    return say(
        "Small line charts on one scale, {caption}: {names}, from {first} to {last}.",
        caption=caption,
        **_series_and_ends(known),
    )


def _waterfall_sentence(caption: str, known: Sequence[ChartPoint]) -> Phrase:
    return say(
        "Waterfall chart, {caption}: from {first} ({first_value}) to {last} ({last_value}) by {steps}.",
        caption=caption,
        steps=", ".join(f"{_tick_name(point)} {point.label}" for point in known[1:-1]),
        **_first_and_last(known),
    )


def _heat_sentence(caption: str, known: Sequence[ChartPoint]) -> Phrase:
    return _say_ends("heat", caption, known, _lowest_and_highest(known, _cell_name))


_SENTENCES: Mapping[ChartKind, Callable[[str, Sequence[ChartPoint]], Phrase]] = {
    "line": _line_sentence,
    "bar": _bar_sentence,
    "column": _bar_sentence,
    "stacked": _stacked_sentence,
    "multiples": _multiples_sentence,
    "waterfall": _waterfall_sentence,
    "heat": _heat_sentence,
}


def earlier_alt_text(figure: Figure, language: Language) -> str:
    """Say it as reports without a look did: one name for each end, also where several are as high."""
    known = [point for point in figure.points if point.y is not None]
    if not known or figure.kind == "waterfall" or (known[0].series and figure.kind != "heat"):
        return figure.alt
    others = {say("Others").render(language) for language in LANGUAGES}
    ranked = [point for point in known if point.role != "forecast" and point.x not in others]
    ordered = sorted(ranked or known, key=lambda point: point.y or 0)
    name = _cell_name if figure.kind == "heat" else _tick_name
    low, high = ordered[0], ordered[-1]
    ends = {"low": name(low), "low_value": low.label, "high": name(high), "high_value": high.label}
    return _say_ends(figure.kind, figure.caption, known, ends).render(language)


_MOST_TIED = 3
"""So many that are as high are named; of more their number is told."""
_CURRENCY_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}
MAX_BARS, MAX_COLUMNS, MAX_STACKED, MAX_LINES = 15, 12, 6, 3
MAX_LETTERS = 84
"""So many letters have room below the columns of a chart, the longest name counted for each."""


def figure_of(fact: ReportFact, locale: str) -> Figure | None:
    """Choose the chart of *fact* and fill it; None where a table or the value itself says more."""
    draw = _FIGURES.get(fact.shape) if len(fact.rows) > 1 else None
    figure = draw(fact, locale) if draw else None
    if figure is None or all(point.y is None for point in figure.points):
        return None
    language = language_of(locale)
    return replace(figure, alt=alt_text(figure, language), note=note_of(fact, language))


def with_forecast(figure: Figure, fact: ReportFact, locale: str) -> Figure | None:
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
    joined = replace(figure, kind="line", points=points, note=notes)
    return replace(joined, alt=alt_text(joined, language))


def table_of(fact: ReportFact, locale: str, *, drawn: bool = False) -> PageTable:
    """Show *fact* as a table, with its row of totals where it has one."""
    total = fact.total or ()
    return PageTable(
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


def wants_table(fact: ReportFact) -> bool:
    """Tell whether a table says more than the chart: further columns, or sums."""
    roles = {column.role for column in fact.columns[1:]}
    if fact.shape in {"series", "ranking"}:
        return not roles <= {"value", "lower", "upper", "forecast", "share"}
    return not (fact.shape == "matrix" and _is_grid(fact)) and len(fact.columns) > 2


def note_of(fact: ReportFact, language: Language) -> str:
    """Say what a reader must know beside a fact: first why it is not whole, then how it was counted."""
    return " ".join(as_sentence(phrase.render(language)) for phrase in (fact.incomplete, fact.note) if phrase)


def as_sentence(text: str) -> str:
    """Begin a remark large and end it with a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _figure(fact: ReportFact, kind: ChartKind, points: tuple[ChartPoint, ...], unit: str) -> Figure:
    return Figure(
        kind=kind,
        caption=fact.label,
        alt="",
        points=points,
        unit=_CURRENCY_SIGNS.get(unit, unit),
        fact=fact.name,
    )


def _number(column: FactColumn, cell: Cell) -> Decimal | None:
    value = column.read(cell)
    return value if isinstance(value, Decimal) else None


def _label(column: FactColumn, cell: Cell, locale: str) -> str:
    return "" if cell is None else column.show(cell, locale)


def _values(fact: ReportFact) -> list[tuple[int, FactColumn]]:
    """List the columns that are drawn; a share or a change beside a value is not."""
    drawn = [
        (n, c) for n, c in enumerate(fact.columns) if c.kind == "number" and c.role in {"value", "forecast"}
    ]
    return [(n, c) for n, c in drawn if c.unit == drawn[0][1].unit] if drawn else []


def _period_point(column: FactColumn, period: Cell, cell: Cell, locale: str) -> ChartPoint:
    return ChartPoint(
        x=period or "",
        tick=period_tick(period or "", language_of(locale)),
        y=_number(column, cell),
        label=_label(column, cell, locale),
        series=column.label,
    )


def _series(fact: ReportFact, locale: str) -> Figure | None:
    values = _values(fact)
    if not values or not fact.rows:
        return None
    bounds = {c.role: n for n, c in enumerate(fact.columns) if c.role in {"lower", "upper"}}

    def bound(row: Sequence[Cell], role: Literal["lower", "upper"]) -> Decimal | None:
        at = bounds.get(role)
        return None if at is None else _number(fact.columns[at], row[at])

    points: list[ChartPoint] = []
    for n, column in values:
        for at, row in enumerate(fact.rows, 1):
            is_open = at == len(fact.rows) and fact.incomplete
            points.append(
                replace(
                    _period_point(column, row[0], row[n], locale),
                    series=column.label if len(values) > 1 else "",
                    low=bound(row, "lower"),
                    high=bound(row, "upper"),
                    role="forecast" if column.role == "forecast" else "open" if is_open else "",
                )
            )
    kind: ChartKind = "column" if len(values) == 1 and len(fact.rows) <= 5 and not bounds else "line"
    kind = "multiples" if len(values) > MAX_LINES else kind
    return _figure(fact, kind, tuple(points), values[0][1].unit)


def _named_values(fact: ReportFact, locale: str) -> Figure | None:
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
        points.append(ChartPoint(x=name, tick=name.replace("|", "/"), y=_number(column, row[n]), label=label))
    room = max(len(point.x) for point in points) * len(points) <= MAX_LETTERS
    kind: ChartKind = "column" if fact.shape == "buckets" and room else "bar"
    return _figure(fact, kind, tuple(points), column.unit)


def _waterfall_steps(fact: ReportFact, locale: str) -> Figure | None:
    """Draw what led from one value to another: first and last are wholes, what stands between are changes."""
    n, column = next(((n, c) for n, c in enumerate(fact.columns) if c.role == "change"), (0, None))
    if column is None or not 3 <= len(fact.rows) <= MAX_COLUMNS:
        return None
    last = len(fact.rows) - 1
    points = tuple(
        ChartPoint(
            x=fact.columns[0].show(row[0], locale),
            y=_number(column, row[n]),
            label=_label(column, row[n], locale),
            role="total" if at in {0, last} else "",
        )
        for at, row in enumerate(fact.rows)
    )
    return _figure(fact, "waterfall", points, column.unit)


def _buckets(fact: ReportFact, locale: str) -> Figure | None:
    return _waterfall_steps(fact, locale) or _named_values(fact, locale)


def _matrix(fact: ReportFact, locale: str) -> Figure | None:
    if _is_grid(fact):
        return _grid(fact, locale)
    values = _values(fact)
    points = tuple(_period_point(column, row[0], row[n], locale) for n, column in values for row in fact.rows)
    if not points:
        return None
    adds_up = fact.measure == "cross" or fact.total is not None
    below = any(point.y is not None and point.y < 0 for point in points)
    if adds_up and not below and len(values) <= MAX_STACKED:
        return _figure(fact, "stacked", points, values[0][1].unit)
    kind: ChartKind = "line" if len(values) <= MAX_LINES else "multiples"
    return _figure(fact, kind, points, values[0][1].unit)


def _is_grid(fact: ReportFact) -> bool:
    """Tell whether a matrix is read cell by cell: cohorts, days by hours."""
    shares = any(column.role == "share" for column in fact.columns)
    return fact.columns[0].kind != "period" or shares or len(fact.rows) < 2


def _grid(fact: ReportFact, locale: str) -> Figure | None:
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
            points.append(ChartPoint(x=column.label, y=_number(column, row[n]), label=label, series=name))
    return _figure(fact, "heat", tuple(points), drawn[0][1].unit)


_FIGURES: Mapping[Shape, Callable[[ReportFact, str], Figure | None]] = {
    "series": _series,
    "ranking": _named_values,
    "buckets": _buckets,
    "matrix": _matrix,
}
