"""Values over time: one a period, its moving average, its trend and its forecast."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from smeflow.i18n import Phrase, say
from smeflow.reports.measures.measure import (
    ChosenRows,
    Measure,
    MeasureContext,
    direction_of,
    period_column,
    plain_number,
)
from smeflow.tables.book import LoadedTable, TooFewRows, quoted
from smeflow.writing.periods import Grain, Window, windows
from smeflow.writing.references import MOVING_MEAN
from smeflow.writing.report import Cell, FactColumn, ReportFact

Aggregate = Literal["sum", "mean", "count", "last"]
_STUDENT_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
    2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
)  # fmt: skip
"""Student's t for 95 % and 1 to 15 degrees of freedom."""
_LEAST_PERIODS = 6
PeriodValues = Sequence[tuple[Window, Decimal | None]]


class Series(Measure):
    """Give a value for each period up to the report's own: ``{series: amount, last: 13}``."""

    word: ClassVar[str] = "series"
    series: str
    """The column or expression, or ``rows``."""
    every: Grain | None = None
    """``month``, ``quarter``, ``week`` or ``year``; by default the report's own."""
    last: int = Field(default=13, ge=2, le=400)
    """How many periods, the newest last."""
    take: Aggregate = "sum"
    """What is made of a period's rows: their ``sum``, ``mean``, ``count``, or the ``last`` one."""
    period: Literal["this", "all"] = "all"

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the series; a period without rows is empty."""
        points, sql, chosen = self.points(context)
        column = self.value_column(name, self.series, chosen.table)
        if self.take == "count":
            column = replace(column, unit="", digits=0)
        extra, cells = self.beside(context, column, points)
        newest = [Decimal(line[-1]) for line in cells if line[-1] is not None][-2:]
        gap = self._gap(context, chosen, points)
        yield self.fact(
            name,
            context,
            chosen,
            shape="series",
            columns=(period_column(context), column, *extra),
            lines=[(w.key, *line) for (w, _), line in zip(points, cells, strict=True)][-self.last :],
            query=sql,
            direction=direction_of(newest[1], newest[0]) if len(newest) == 2 and not gap else None,
            good=self.good,
            incomplete=gap,
        )

    def _gap(self, context: MeasureContext, chosen: ChosenRows, points: PeriodValues) -> Phrase | None:
        if not points or chosen.day is None:
            return None
        return context.coverage(chosen.table, chosen.day).gap_in(points[-1][0])

    def beside(
        self, context: MeasureContext, column: FactColumn, points: PeriodValues
    ) -> tuple[tuple[FactColumn, ...], list[tuple[Cell, ...]]]:
        """Give further columns, and each period's cells."""
        return (), [(plain_number(value),) for _, value in points]

    @property
    def run_up(self) -> int:
        """How many periods before the first one shown are needed."""
        return 0

    def points(self, context: MeasureContext) -> tuple[PeriodValues, str, ChosenRows]:
        """Compute one value a period.

        Raises:
            FactError: The table has no date, or no rows.
        """
        rows = self.chosen(context)
        day = quoted(rows.day_column)
        days = context.coverage(rows.table, rows.day_column).days
        if not days:
            raise TooFewRows(say("Table {table} has no rows with a day.", table=rows.table.name))
        grain = self.every or (context.window.grain if context.window else "month")
        end = context.window.last if context.window else days[-1]
        periods = windows(min(days[0], end), end, grain)[-(self.last + self.run_up) :]
        rows = rows.until(end).also(f"{day} >= DATE '{periods[0].first}'")
        value = self.weight(self.series, rows.table)
        aggregate = {
            "sum": f"sum({value}), 1",
            "mean": f"sum({value}), count({value})",
            "count": f"count({value}), 1",
            "last": f"arg_max({value}, {day}), 1",
        }[self.take]
        sql = rows.sql(f"date_trunc('{grain}', {day})::DATE AS first, {aggregate}", "GROUP BY 1 ORDER BY 1")
        known: dict[date, Decimal | None] = {}
        for first, total, count in context.book.select(sql)[1]:
            known[first] = Decimal(str(total)) / Decimal(count) if total is not None and count else None
        empty = Decimal(0) if self.take == "count" else None
        return [(w, known.get(w.first, empty)) for w in periods], sql, rows

    def _with_interval(
        self, context: MeasureContext, value: FactColumn, table: LoadedTable
    ) -> tuple[FactColumn, FactColumn, FactColumn]:
        """Make a reckoned value's column, and those of the ends of its interval."""
        digits = self.scale(self.series, table)
        value = replace(
            value,
            kind="number",
            unit=self.unit_of(self.series, table),
            digits=2 if digits is None else digits,
        )
        return (
            value,
            replace(value, name="lower", label=context.word(say("At least")), role="lower"),
            replace(value, name="upper", label=context.word(say("At most")), role="upper"),
        )


class Moving(Series):
    """Give each period beside the mean of the last few: ``{moving: amount, over: 3}``."""

    word: ClassVar[str] = "moving"
    series: str = Field(alias="moving")
    """The column or expression, or ``rows``."""
    over: int = Field(default=3, ge=2, le=52)
    """Over how many periods."""

    @property
    def run_up(self) -> int:
        """How many periods before the first one shown are needed."""
        return self.over - 1

    def beside(
        self, context: MeasureContext, column: FactColumn, points: PeriodValues
    ) -> tuple[tuple[FactColumn, ...], list[tuple[Cell, ...]]]:
        """Add the mean; empty where one of the periods is."""
        label = context.word(say("Mean over {n} periods", n=self.over))
        cells: list[tuple[Cell, ...]] = []
        for at, (_, value) in enumerate(points):
            last = [v for _, v in points[max(0, at + 1 - self.over) : at + 1]]
            whole = len(last) == self.over and None not in last
            mean = sum((v for v in last if v is not None), Decimal(0)) / self.over if whole else None
            cells.append((plain_number(value), plain_number(mean)))
        digits = 2 if column.digits is None else column.digits
        return (replace(column, name=MOVING_MEAN, label=label, digits=digits),), cells


class Trend(Series):
    """Tell how much a value grows or falls a period, with its uncertainty: ``{trend: amount, last: 24}``.

    A straight line by least squares; the interval covers 95 %. An interval around zero is told as no trend.
    """

    word: ClassVar[str] = "trend"
    series: str = Field(alias="trend")
    """The column or expression, or ``rows``."""
    last: int = Field(default=24, ge=_LEAST_PERIODS, le=400)

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the slope and the ends of its interval."""
        points, sql, chosen = self.points(context)
        values = _newest_unbroken(points, self.label_for(name))
        slope, _, error = fit_line(values)
        reach = student_t(len(values) - 2) * error
        gap = self._gap(context, chosen, points)
        value = FactColumn(name="value", label=self.label_for(name), role="change")
        columns = self._with_interval(context, value, chosen.table)
        digits = (columns[0].digits or 0) + 2
        yield self.fact(
            name,
            context,
            chosen,
            shape="scalar",
            columns=columns,
            lines=[tuple(write_rounded(v, digits) for v in (slope, slope - reach, slope + reach))],
            query=sql,
            direction=None if gap else "flat" if abs(slope) <= reach else "up" if slope > 0 else "down",
            good=self.good,
            incomplete=gap,
            note=say(
                "change a period, by a straight line over {n} periods; the interval covers 95 %",
                n=len(values),
            ),
        )


class Forecast(Series):
    """Reckon the next periods, told as a forecast with its interval: ``{forecast: amount, ahead: 3}``.

    With two whole years of months or quarters the season is taken into account, else a straight line is. The
    interval comes from how far the same reckoning was off in the periods that are known.
    """

    word: ClassVar[str] = "forecast"
    series: str = Field(alias="forecast")
    """The column or expression, or ``rows``."""
    ahead: int = Field(default=3, ge=1, le=12)
    """How many periods."""
    last: int = Field(default=36, ge=_LEAST_PERIODS, le=400)

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the periods ahead, each with the ends of its interval."""
        points, sql, chosen = self.points(context)
        values = _newest_unbroken(points, self.label_for(name))
        gap = self._gap(context, chosen, points)
        if gap:
            raise TooFewRows(say("{label} is not forecast: {why}.", label=self.label_for(name), why=gap))
        window = points[-1][0]
        year = {"month": 12, "quarter": 4}.get(window.grain, 0)
        season = year if year and len(values) >= 2 * year else 0
        ahead = [extrapolate(values, step, season) for step in range(1, self.ahead + 1)]
        start = max(_LEAST_PERIODS, 2 * season) if len(values) > 2 * season + 2 else max(3, len(values) // 2)
        off = [
            values[at] - extrapolate(values[:at], 1, season if at >= 2 * season else 0)
            for at in range(start, len(values))
        ]
        spread = math.sqrt(statistics.fmean(d * d for d in off)) if off else statistics.pstdev(values)
        reach = student_t(max(1, len(off) - 1)) * spread
        forecast = FactColumn(name="value", label=context.word(say("Forecast")), role="forecast")
        columns = self._with_interval(context, forecast, chosen.table)
        lines = []
        for n, value in enumerate(ahead, 1):
            window = window.next
            far = reach * math.sqrt(n)
            ends = (value, value - far, value + far)
            lines.append((window.key, *(write_rounded(v, columns[0].digits or 0) for v in ends)))
        yield self.fact(
            name,
            context,
            chosen,
            shape="series",
            columns=(period_column(context), *columns),
            lines=lines,
            query=sql,
            note=say(
                "a forecast, no fact: reckoned from {n} periods; the interval covers 95 %", n=len(values)
            ),
        )


def _newest_unbroken(points: PeriodValues, label: str) -> list[float]:
    """Give the newest values without a hole."""
    values: list[float] = []
    for _, value in reversed(points):
        if value is None:
            break
        values.insert(0, float(value))
    if len(values) < _LEAST_PERIODS:
        raise TooFewRows(
            say(
                "{label} needs {n} periods in a row and has {found}.",
                label=label,
                n=_LEAST_PERIODS,
                found=len(values),
            )
        )
    return values


def fit_line(values: Sequence[float]) -> tuple[float, float, float]:
    """Fit a straight line by least squares: its slope, its value at 0, and the slope's standard error."""
    n = len(values)
    middle, mean = (n - 1) / 2, statistics.fmean(values)
    spread = sum((x - middle) ** 2 for x in range(n))
    slope = sum((x - middle) * (y - mean) for x, y in enumerate(values)) / spread
    start = mean - slope * middle
    residuals = sum((y - start - slope * x) ** 2 for x, y in enumerate(values))
    return slope, start, math.sqrt(residuals / (n - 2) / spread) if n > 2 else math.inf


def student_t(freedom: int) -> float:
    """Give Student's t for 95 %."""
    return _STUDENT_T[freedom - 1] if freedom <= len(_STUDENT_T) else 1.96 + 2.4 / freedom + 3 / freedom**2


def extrapolate(values: Sequence[float], ahead: int, season: int) -> float:
    """Carry values on: last year's of the same season plus the change of the year, else a straight line."""
    if season and len(values) >= 2 * season:
        at = len(values) - season + (ahead - 1) % season
        grown = (sum(values[-season:]) - sum(values[-2 * season : -season])) / season
        return values[at] + grown * (1 + (ahead - 1) // season)
    slope, start, _ = fit_line(values)
    return start + slope * (len(values) - 1 + ahead)


def write_rounded(value: float, digits: int) -> str:
    """Write a reckoned value with the digits it deserves."""
    return f"{round(Decimal(repr(value)), digits):f}"
