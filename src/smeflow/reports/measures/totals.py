"""One value of a column: sum, count, mean, median, least, greatest, compared with the time before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import Field

from smeflow.i18n import Phrase, say
from smeflow.reports.measures.measure import (
    ChosenRows,
    Measure,
    MeasureContext,
    direction_of,
    points_direction,
    ratio,
    scalar_fact,
)
from smeflow.tables.book import LoadedTable, quoted
from smeflow.writing.periods import Window
from smeflow.writing.report import Direction, ReportFact, RowsBehind

Comparison = Literal["previous", "last_year", "year_to_date"]


class Total(Measure):
    """A measure of one value; with a period also what it was before, and the change in percent."""

    compare: tuple[Comparison, ...] = ("previous", "last_year")
    """What it is compared with, where the table reaches back so far."""

    @property
    def of(self) -> str:
        """The column or expression measured."""
        return str(getattr(self, type(self).word))

    aggregate: ClassVar[str] = ""
    """The SQL of the value, with ``{value}`` for what is measured."""

    def query(self, chosen: ChosenRows) -> str:
        """Write the query for the value."""
        return chosen.sql(self.aggregate.format(value=self.value(self.of, chosen.table)))

    def read(self, context: MeasureContext, sql: str) -> Decimal | None:
        """Run the query and give its value."""
        value = context.book.select(sql)[1][0][0]
        return None if value is None else Decimal(str(value))

    def shown_digits(self, table: LoadedTable) -> int | None:
        """Give the digits it is shown with."""
        return self.scale(self.of, table)

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the value, and its comparisons under ``NAME.previous``, ``NAME.change`` and so on."""
        rows = self.chosen(context)
        now = self.placed(rows, context)
        sql = self.query(now)
        value = self.read(context, sql)
        subject = _ComparedValue(
            name=name,
            label=self.label_for(name),
            measure=self.word,
            context=context,
            rows=rows,
            unit=self.unit_of(self.of, rows.table),
            digits=self.shown_digits(rows.table),
            good=self.good,
        )
        compared = list(self._compared(subject, value)) if value is not None else []
        change = next((f for f in compared if f.name in {f"{name}.change", f"{name}.difference"}), None)
        yield scalar_fact(
            name,
            subject.label,
            value,
            query=sql,
            behind=(now.behind(context),),
            measure=self.word,
            note=self.note(rows),
            incomplete=self.gap(context, rows),
            good=self.good,
            unit=subject.unit,
            digits=subject.digits,
            direction=change.direction if change else None,
        )
        yield from compared

    def placed(self, rows: ChosenRows, context: MeasureContext) -> ChosenRows:
        """Choose the rows that count for the context's period."""
        return rows.within(context.window if self.period == "this" else None)

    def _compared(self, subject: "_ComparedValue", value: Decimal) -> Iterator[ReportFact]:
        context, rows = subject.context, subject.rows
        if context.window is None or rows.day is None or self.period == "all":
            return
        coverage = context.coverage(rows.table, rows.day)
        for what in self.compare:
            if what == "year_to_date":
                yield from self._to_date(subject, context.window)
                continue
            window = context.window.previous if what == "previous" else context.window.last_year
            then = self.placed(rows, replace(context, window=window))
            before = self.read(context, self.query(then)) if coverage.has(window) else None
            if before is not None:
                gap = self.gap(context, rows, window)
                yield from subject.against(what, self.query(then), then, value, before, gap)

    def _to_date(self, subject: "_ComparedValue", window: Window) -> Iterator[ReportFact]:
        label, context, rows = subject.label, subject.context, subject.rows
        before = window.last_year
        both = (
            ("year_to_date", window.year_to_date, say("{label} since the first of January", label=label)),
            (
                "last_year_to_date",
                before.year_to_date,
                say("{label}, the same days a year before", label=label),
            ),
        )
        for key, when, phrase in both:
            if rows.day and context.coverage(rows.table, rows.day).has(when):
                then = rows.within(when)
                sql = self.query(then)
                value = self.read(context, sql)
                yield subject.fact(key, phrase, value, sql, then.behind(context), measure="year_to_date")


@dataclass(frozen=True, kw_only=True)
class _ComparedValue:
    """A measure as it is being answered: what its comparisons have in common."""

    name: str
    label: str
    measure: str
    context: MeasureContext
    rows: ChosenRows
    unit: str
    digits: int | None
    good: Direction | None

    def fact(
        self, key: str, label: Phrase, value: Decimal | None, sql: str, behind: RowsBehind, **more: Any
    ) -> ReportFact:
        """Give a fact that comes with the measure, under ``NAME.key``; *more* are further fields of it."""
        shown = {"unit": self.unit, "digits": self.digits, **more}
        name, text = f"{self.name}.{key}", self.context.word(label)
        return scalar_fact(name, text, value, query=sql, behind=(behind,), **shown)

    def against(
        self, what: str, sql: str, then: ChosenRows, now: Decimal, before: Decimal, gap: Phrase | None
    ) -> Iterator[ReportFact]:
        """Give the value of another time, the change in percent, and the difference.

        What is in percent itself changes by points: from 10 % to 16 % is no "up 60 %".
        """
        year, rate = what == "last_year", self.unit == "%"
        end = "_last_year" if year else ""
        rows = then.behind(self.context)
        common: dict[str, Any] = {"incomplete": gap, "good": self.good}
        label = _LABELS["then", year](self.label)
        yield self.fact(what, label, before, sql, rows, measure=self.measure, **common)
        digits = 1 if self.digits is None else self.digits
        direction = points_direction(now, before, digits) if rate else direction_of(now, before)
        common |= {"role": "change", "direction": None if gap else direction}
        points = {"unit": self.context.word(say("points")), "digits": digits} if rate else {}
        change = now - before if rate else ratio(now - before, before, 100) if before > 0 else None
        if change is not None:
            label = _LABELS["change", year](self.label)
            how = {"measure": "change", **(points or {"unit": "%", "digits": 1})}
            yield self.fact(f"change{end}", label, change, sql, rows, **how, **common)
        label = _LABELS["difference", year](self.label)
        how = {"measure": "difference", **points}
        yield self.fact(f"difference{end}", label, now - before, sql, rows, **how, **common)


_LABELS: Mapping[tuple[str, bool], Callable[[str], Phrase]] = {
    ("then", False): lambda label: say("{label}, the period before", label=label),
    ("then", True): lambda label: say("{label}, a year before", label=label),
    ("change", False): lambda label: say("{label}, change against the period before", label=label),
    ("change", True): lambda label: say("{label}, change against a year before", label=label),
    ("difference", False): lambda label: say("{label}, difference to the period before", label=label),
    ("difference", True): lambda label: say("{label}, difference to a year before", label=label),
}


class Sum(Total):
    """Add up a column: ``{sum: amount}``."""

    word: ClassVar[str] = "sum"
    sum: str
    """The column, or an expression such as ``price * quantity``."""
    aggregate: ClassVar[str] = "coalesce(sum({value}), 0)"


class Count(Total):
    """Count rows or the different values of a column: ``{count: rows}``, ``{count: customer}``."""

    word: ClassVar[str] = "count"
    count: str
    """``rows``, or a column."""

    def query(self, chosen: ChosenRows) -> str:
        """Write the query."""
        if self.count == "rows":
            return chosen.sql("count(*)")
        return chosen.sql(f"count(DISTINCT {quoted(chosen.table.column(self.count))})")

    def shown_digits(self, table: LoadedTable) -> int | None:
        """Give none: it is a whole number."""
        return 0

    def unit_of(self, written: str, table: LoadedTable) -> str:
        """Give the unit as told: a number of amounts is no amount."""
        return self.unit


class Mean(Total):
    """Give the mean of a column: ``{mean: amount}``. Rows without a value do not count."""

    word: ClassVar[str] = "mean"
    one_thing: ClassVar[bool] = True
    mean: str
    """The column or expression."""

    def query(self, chosen: ChosenRows) -> str:
        """Write the query: sum and count, divided outside so that no digit is lost."""
        value = self.value(self.mean, chosen.table)
        return chosen.sql(f"sum({value}) AS total, count({value}) AS n")

    def read(self, context: MeasureContext, sql: str) -> Decimal | None:
        """Divide the sum by the count."""
        total, count = context.book.select(sql)[1][0]
        return ratio(None if total is None else Decimal(str(total)), Decimal(count))

    def shown_digits(self, table: LoadedTable) -> int | None:
        """Give two unless told: a mean has no last digit of its own."""
        return 2 if self.digits is None else self.digits


class Median(Total):
    """Give the middle value of a column, the mean of the two middle ones where there are two."""

    word: ClassVar[str] = "median"
    one_thing: ClassVar[bool] = True
    median: str
    """The column or expression."""

    def query(self, chosen: ChosenRows) -> str:
        """Write the query for the one or two middle values."""
        value = self.value(self.median, chosen.table)
        inner = chosen.sql(
            f"{value} AS v, row_number() OVER (ORDER BY {value}) AS n, count({value}) OVER () AS k"
        )
        return (
            f"SELECT min(v), max(v) FROM ({inner}) WHERE v IS NOT NULL AND n IN ((k + 1) // 2, (k + 2) // 2)"
        )

    def read(self, context: MeasureContext, sql: str) -> Decimal | None:
        """Give the mean of both."""
        low, high = context.book.select(sql)[1][0]
        return None if low is None else (Decimal(str(low)) + Decimal(str(high))) / 2

    def shown_digits(self, table: LoadedTable) -> int | None:
        """Give one more than the column has: it may lie between two values."""
        digits = super().shown_digits(table)
        return digits if digits is None or self.digits is not None or digits >= 2 else digits + 1


class Minimum(Total):
    """Give the least value of a column."""

    word: ClassVar[str] = "minimum"
    one_thing: ClassVar[bool] = True
    minimum: str
    """The column or expression."""
    aggregate: ClassVar[str] = "min({value})"


class Maximum(Total):
    """Give the greatest value of a column."""

    word: ClassVar[str] = "maximum"
    one_thing: ClassVar[bool] = True
    maximum: str
    """The column or expression."""
    aggregate: ClassVar[str] = "max({value})"


class Share(Total):
    """Give what part of a sum some rows make, in percent: ``{share: amount, of: "country = 'France'"}``."""

    word: ClassVar[str] = "share"
    share: str
    """The column, or ``rows``."""
    of_rows: str = Field(alias="of")
    """Which rows make the part: a condition in SQL."""

    def query(self, chosen: ChosenRows) -> str:
        """Write the query for the part and the whole."""
        value = self.weight(self.share, chosen.table)
        return chosen.sql(
            f"coalesce(sum({value}) FILTER (WHERE {self.of_rows}), 0) AS part, sum({value}) AS whole"
        )

    def read(self, context: MeasureContext, sql: str) -> Decimal | None:
        """Divide the part by the whole."""
        part, whole = context.book.select(sql)[1][0]
        return None if whole is None else ratio(Decimal(str(part)), Decimal(str(whole)), 100)

    def unit_of(self, written: str, table: LoadedTable) -> str:
        """Give the sign for percent."""
        return "%"

    def shown_digits(self, table: LoadedTable) -> int | None:
        """Give one unless told."""
        return 1 if self.digits is None else self.digits
