"""Who or what weighs most, and how groups go over time: rankings, classes by weight, cohorts, crossings."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from smeflow.i18n import say
from smeflow.reports.measures.measure import (
    Measure,
    MeasureContext,
    find_column,
    number_column,
    period_column,
    plain_number,
    ratio,
    share_column,
)
from smeflow.tables.book import TooFewRows, fact_cell, quoted
from smeflow.writing.periods import Grain, Window
from smeflow.writing.report import Cell, FactColumn, ReportFact


class Top(Measure):
    """Rank the values of a column by a sum: ``{top: customer, by: amount, n: 5}``. A tie goes by name."""

    word: ClassVar[str] = "top"
    top: str
    """The column, or an expression in SQL that names each row's group."""
    by: str = "rows"
    """What is added up: a column, an expression, or ``rows``."""
    n: int = Field(default=5, ge=1, le=100)
    """How many are told; the rest is one line."""
    heading: str = ""
    """What stands above the names; by default the column's own name."""
    shares: bool = True
    """Whether each one's part of the whole is told."""
    least: bool = False
    """Whether the smallest come first."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the ranking."""
        rows, now = self.chosen(context), self.now(context)
        table = now.table
        value = self.weight(self.by, table)
        column = find_column(self.top, table)
        group = quoted(column) if column else f"({self.top})"
        order = f"{'2' if self.least else '2 DESC'}, 1"
        sql = now.sql(
            f"CAST({group} AS VARCHAR) AS name, sum({value}) AS value", f"GROUP BY 1 ORDER BY {order}"
        )
        sums = [(fact_cell(n), Decimal(str(v))) for n, v in context.book.select(sql)[1] if v is not None]
        whole = sum((v for _, v in sums), Decimal(0))
        first = [(n, v) for n, v in sums if n][: self.n]
        rest = whole - sum((v for _, v in first), Decimal(0))
        share = self.shares and whole > 0 and all(v >= 0 for _, v in sums)
        lines = [self._line(n, v, whole, share=share) for n, v in first]
        if len(sums) > len(first):
            lines.append(self._line(context.word(say("Others")), rest, whole, share=share))
        columns = [
            FactColumn(name="name", label=self.heading or self.top.replace("_", " ").capitalize()),
            self.value_column(name, self.by, table),
            *([share_column(context)] if share else []),
        ]
        yield self.fact(
            name,
            context,
            now,
            shape="ranking",
            columns=columns,
            lines=lines,
            query=sql,
            measure="least" if self.least else self.word,
            incomplete=self.gap(context, rows),
            total=self._line(context.word(say("Total")), whole, whole, share=share),
            good=self.good,
        )

    def _line(self, name: Cell, value: Decimal, whole: Decimal, *, share: bool) -> tuple[Cell, ...]:
        line = (name, plain_number(value))
        return (*line, plain_number(ratio(value, whole, 100))) if share else line


class Pareto(Top):
    """Sort the values of a column into classes by what they add up to: ``{pareto: product, by: amount}``."""

    word: ClassVar[str] = "pareto"
    top: str = Field(alias="pareto")
    """The column."""
    a: Decimal = Decimal(80)
    """Up to which share of the whole, in percent, class A goes."""
    b: Decimal = Decimal(95)
    """And class B; the rest is C."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give for each class how many there are and what they add up to."""
        now = self.now(context)
        value = self.weight(self.by, now.table)
        group = quoted(now.table.column(self.top))
        sql = now.sql(
            f"CAST({group} AS VARCHAR) AS name, sum({value}) AS value",
            f"GROUP BY 1 HAVING sum({value}) > 0 ORDER BY 2 DESC, 1",
        )
        sums = [Decimal(str(v)) for _, v in context.book.select(sql)[1]]
        whole, running = sum(sums, Decimal(0)), Decimal(0)
        counts, totals = dict.fromkeys("ABC", 0), dict.fromkeys("ABC", Decimal(0))
        for value_of_name in sums:
            before = running * 100 / whole
            letter = "A" if before < self.a else "B" if before < self.b else "C"
            counts[letter] += 1
            totals[letter] += value_of_name
            running += value_of_name
        yield self.fact(
            name,
            context,
            now,
            shape="buckets",
            columns=(
                FactColumn(name="name", label=context.word(say("Class"))),
                number_column(name="count", label=context.word(say("How many")), digits=0),
                self.value_column(name, self.by, now.table),
                share_column(context),
            ),
            lines=(
                (letter, str(counts[letter]), plain_number(total), plain_number(ratio(total, whole, 100)))
                for letter, total in totals.items()
            ),
            query=sql,
            incomplete=self.gap(context, now),
            total=(context.word(say("Total")), str(len(sums)), plain_number(whole), "100" if whole else None),
        )


class Cohort(Measure):
    """Tell how many of those who came first in a period came again: ``{cohort: customer}``."""

    word: ClassVar[str] = "cohort"
    cohort: str
    """The column that tells them apart."""
    every: Grain = "month"
    """``month``, ``quarter`` or ``year``."""
    last: int = Field(default=6, ge=2, le=24)
    """How many first periods, the newest last."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give a line for each first period: how many there were, then the share back 1, 2, … periods on."""
        rows = self.chosen(context)
        who, day = quoted(rows.table.column(self.cohort)), quoted(rows.day_column)
        if context.window:
            rows = rows.until(context.window.last)
        inner = rows.sql(f"{who} AS who, date_trunc('{self.every}', {day})::DATE AS period")
        sql = (
            f"WITH seen AS ({inner}), begun AS (SELECT who, min(period) AS first FROM seen "
            "WHERE who IS NOT NULL GROUP BY 1) "
            "SELECT first, period, count(DISTINCT who) FROM seen JOIN begun USING (who) "
            "WHERE period IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
        )
        counts: dict[Window, dict[Window, int]] = {}
        for first, at, count in context.book.select(sql)[1]:
            start = Window.around(first, self.every)
            counts.setdefault(start, {})[Window.around(at, self.every)] = count
        starts = sorted(counts)[-self.last :]
        if not starts:
            raise TooFewRows(say("Table {table} has no rows with a day.", table=rows.table.name))
        end = max(window for back in counts.values() for window in back)
        if context.window:
            end = Window.around(context.window.last, self.every)
        lines: list[tuple[Cell, ...]] = []
        for start in starts:
            size = counts[start][start]
            line: list[Cell] = [start.key, str(size)]
            at = start
            for _ in range(self.last - 1):
                at = at.next
                share = ratio(Decimal(counts[start].get(at, 0)), Decimal(size), 100) if at <= end else None
                line.append(plain_number(share))
            lines.append(tuple(line))
        columns = [
            FactColumn(name="period", label=context.word(say("First came")), kind="period"),
            number_column(name="count", label=context.word(say("How many")), digits=0, role="total"),
            *(
                number_column(name=f"after_{n}", label=f"+{n}", unit="%", digits=0, role="share")
                for n in range(1, self.last)
            ),
        ]
        yield self.fact(name, context, rows, shape="matrix", columns=columns, lines=lines, query=sql)


class Cross(Measure):
    """Give a value for each period and each of the greatest names: ``{cross: genre, by: amount}``."""

    word: ClassVar[str] = "cross"
    cross: str
    """The column with the names."""
    by: str = "rows"
    """What is added up."""
    n: int = Field(default=4, ge=1, le=12)
    """How many names; the rest is one column."""
    every: Grain = "month"
    last: int = Field(default=6, ge=2, le=60)
    """How many periods, the newest last."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give a line a period, a column a name."""
        rows = self.chosen(context)
        column = rows.day_column
        end = context.window.last if context.window else context.coverage(rows.table, column).days[-1]
        periods = [Window.around(end, self.every)]
        while len(periods) < self.last:
            periods.insert(0, periods[0].previous)
        rows = rows.within(Window(periods[0].first, end, self.every))
        value = self.weight(self.by, rows.table)
        group, day = quoted(rows.table.column(self.cross)), quoted(column)
        sql = rows.sql(
            f"date_trunc('{self.every}', {day})::DATE AS first, CAST({group} AS VARCHAR) AS name, "
            f"sum({value}) AS value",
            "GROUP BY 1, 2 ORDER BY 1, 2",
        )
        sums: dict[str, Decimal] = {}
        cells: dict[tuple[str, str], Decimal] = {}
        for first, cell, total in context.book.select(sql)[1]:
            member, key = fact_cell(cell) or "–", Window.around(first, self.every).key
            amount = Decimal(str(total or 0))
            sums[member] = sums.get(member, Decimal(0)) + amount
            cells[key, member] = cells.get((key, member), Decimal(0)) + amount
        names = sorted(sums, key=lambda each: (-sums[each], each))
        groups = [(member, [member]) for member in names[: self.n]]
        if others := names[self.n :]:
            groups.append((context.word(say("Others")), others))
        column_of_name = self.value_column(name, self.by, rows.table)
        lines = []
        for window in periods:
            totals = (
                sum((cells.get((window.key, member), Decimal(0)) for member in group), Decimal(0))
                for _, group in groups
            )
            lines.append((window.key, *map(plain_number, totals)))
        columns = [
            replace(column_of_name, name=f"name_{n}", label=member) for n, (member, _) in enumerate(groups, 1)
        ]
        yield self.fact(
            name,
            context,
            rows,
            shape="matrix",
            columns=(period_column(context), *columns),
            lines=lines,
            query=sql,
        )
