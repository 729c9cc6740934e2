"""Who or what weighs most, and how groups behave over time: rankings, classes by weight, cohorts, crossings."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from smeflow.i18n import say
from smeflow.reports.measures.measure import Measure, MeasureContext, plain_number, ratio
from smeflow.tables.book import FactError, TooFewRows, fact_cell, quoted
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

    def facts(self, name: str, desk: MeasureContext) -> Iterator[ReportFact]:
        """Give the ranking."""
        rows, now = self.chosen(desk), self.now(desk)
        held = now.held
        value = "1" if self.by == "rows" else self.value(self.by, held)
        group = quoted(held.column(self.top)) if _is_column(self.top, held.columns) else f"({self.top})"
        order = f"{'2' if self.least else '2 DESC'}, 1"
        sql = now.sql(
            f"CAST({group} AS VARCHAR) AS name, sum({value}) AS value", f"GROUP BY 1 ORDER BY {order}"
        )
        found = [(fact_cell(n), Decimal(str(v))) for n, v in desk.book.select(sql)[1] if v is not None]
        whole = sum((v for _, v in found), Decimal(0))
        first = [(n, v) for n, v in found if n][: self.n]
        rest = whole - sum((v for _, v in first), Decimal(0))
        share = self.shares and whole > 0 and all(v >= 0 for _, v in found)
        lines = [self._line(n, v, whole, share=share) for n, v in first]
        if len(found) > len(first):
            lines.append(self._line(desk.word(say("Others")), rest, whole, share=share))
        columns = [
            FactColumn(name="name", label=self.heading or self.top.replace("_", " ").capitalize()),
            FactColumn(
                name="value",
                label=self.called(name),
                kind="number",
                unit=self.unit_of(self.by, held),
                digits=0 if self.by == "rows" else self.scale(self.by, held),
            ),
        ]
        if share:
            columns.append(
                FactColumn(
                    name="share",
                    label=desk.word(say("Share")),
                    kind="number",
                    unit="%",
                    digits=1,
                    role="share",
                )
            )
        total: tuple[Cell, ...] = self._line(desk.word(say("Total")), whole, whole, share=share)
        yield ReportFact(
            name=name,
            label=self.called(name),
            shape="ranking",
            columns=tuple(columns),
            rows=tuple(lines),
            query=sql,
            behind=(now.behind(desk),),
            measure="least" if self.least else self.word,
            incomplete=self.lacking(desk, rows),
            note=self.note(rows),
            total=total,
            good=self.good,
        )

    def _line(self, name: Cell, value: Decimal, whole: Decimal, *, share: bool) -> tuple[Cell, ...]:
        line = (name, plain_number(value))
        return (*line, plain_number(ratio(value, whole, 100))) if share else line


def _is_column(written: str, columns: Iterable[str]) -> bool:
    from smeflow._text import folded

    return folded(written) in {folded(c) for c in columns}


class Pareto(Top):
    """Sort the values of a column into classes by what they add up to: ``{pareto: product, by: amount}``."""

    word: ClassVar[str] = "pareto"
    top: str = Field(alias="pareto")
    """The column."""
    a: Decimal = Decimal(80)
    """Up to which share of the whole, in percent, class A goes."""
    b: Decimal = Decimal(95)
    """And class B; the rest is C."""

    def facts(self, name: str, desk: MeasureContext) -> Iterator[ReportFact]:
        """Give for each class how many there are and what they add up to."""
        now = self.now(desk)
        value = "1" if self.by == "rows" else self.value(self.by, now.held)
        group = quoted(now.held.column(self.top))
        sql = now.sql(
            f"CAST({group} AS VARCHAR) AS name, sum({value}) AS value",
            f"GROUP BY 1 HAVING sum({value}) > 0 ORDER BY 2 DESC, 1",
        )
        found = [Decimal(str(v)) for _, v in desk.book.select(sql)[1]]
        whole, run = sum(found, Decimal(0)), Decimal(0)
        classes: dict[str, list[Decimal]] = {"A": [], "B": [], "C": []}
        for each in found:
            before = run * 100 / whole
            classes["A" if before < self.a else "B" if before < self.b else "C"].append(each)
            run += each
        unit, digits = self.unit_of(self.by, now.held), self.scale(self.by, now.held)
        yield ReportFact(
            name=name,
            label=self.called(name),
            shape="buckets",
            columns=(
                FactColumn(name="name", label=desk.word(say("Class"))),
                FactColumn(name="count", label=desk.word(say("How many")), kind="number", digits=0),
                FactColumn(name="value", label=self.called(name), kind="number", unit=unit, digits=digits),
                FactColumn(
                    name="share",
                    label=desk.word(say("Share")),
                    kind="number",
                    unit="%",
                    digits=1,
                    role="share",
                ),
            ),
            rows=tuple(
                (
                    key,
                    str(len(each)),
                    plain_number(sum(each, Decimal(0))),
                    plain_number(ratio(sum(each, Decimal(0)), whole, 100)),
                )
                for key, each in classes.items()
            ),
            query=sql,
            behind=(now.behind(desk),),
            measure=self.word,
            incomplete=self.lacking(desk, now),
            note=self.note(now),
            total=(desk.word(say("Total")), str(len(found)), plain_number(whole), "100" if whole else None),
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

    def facts(self, name: str, desk: MeasureContext) -> Iterator[ReportFact]:
        """Give a line for each first period: how many there were, then the share back 1, 2, … periods on."""
        rows = self.chosen(desk)
        column = rows.day
        if column is None:
            raise FactError(
                say("Table {table} has no column with days; name one with date.", table=rows.held.name)
            )
        if desk.window:
            rows = rows.until(desk.window.last)
        who, day = quoted(rows.held.column(self.cohort)), quoted(column)
        inner = rows.sql(f"{who} AS who, date_trunc('{self.every}', {day})::DATE AS period")
        sql = (
            f"WITH seen AS ({inner}), begun AS (SELECT who, min(period) AS first FROM seen "
            "WHERE who IS NOT NULL GROUP BY 1) "
            "SELECT first, period, count(DISTINCT who) FROM seen JOIN begun USING (who) "
            "WHERE period IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
        )
        found: dict[Window, dict[Window, int]] = {}
        for first, at, count in desk.book.select(sql)[1]:
            start = Window.around(first, self.every)
            found.setdefault(start, {})[Window.around(at, self.every)] = count
        starts = sorted(found)[-self.last :]
        if not starts:
            raise TooFewRows(say("Table {table} has no rows with a day.", table=rows.held.name))
        end = (
            Window.around(desk.window.last, self.every)
            if desk.window
            else max(w for f in found.values() for w in f)
        )
        lines: list[tuple[Cell, ...]] = []
        for start in starts:
            size = found[start][start]
            line: list[Cell] = [start.key, str(size)]
            at = start
            for _ in range(self.last - 1):
                at = Window.around(at.last.fromordinal(at.last.toordinal() + 1), self.every)
                share = ratio(Decimal(found[start].get(at, 0)), Decimal(size), 100) if at <= end else None
                line.append(plain_number(share))
            lines.append(tuple(line))
        columns = [
            FactColumn(name="period", label=desk.word(say("First came")), kind="period"),
            FactColumn(name="count", label=desk.word(say("How many")), kind="number", digits=0, role="total"),
            *(
                FactColumn(name=f"after_{n}", label=f"+{n}", kind="number", unit="%", digits=0, role="share")
                for n in range(1, self.last)
            ),
        ]
        yield ReportFact(
            name=name,
            label=self.called(name),
            shape="matrix",
            columns=tuple(columns),
            rows=tuple(lines),
            query=sql,
            behind=(rows.behind(desk),),
            measure=self.word,
            note=self.note(rows),
        )


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

    def facts(self, name: str, desk: MeasureContext) -> Iterator[ReportFact]:
        """Give a line a period, a column a name."""
        rows = self.chosen(desk)
        column = rows.day
        if column is None:
            raise FactError(
                say("Table {table} has no column with days; name one with date.", table=rows.held.name)
            )
        end = desk.window.last if desk.window else desk.coverage(rows.held, column).days[-1]
        shown = [Window.around(end, self.every)]
        while len(shown) < self.last:
            shown.insert(0, shown[0].back())
        rows = rows.within(Window(shown[0].first, end, self.every))
        value = "1" if self.by == "rows" else self.value(self.by, rows.held)
        group, day = quoted(rows.held.column(self.cross)), quoted(column)
        sql = rows.sql(
            f"date_trunc('{self.every}', {day})::DATE AS first, CAST({group} AS VARCHAR) AS name, "
            f"sum({value}) AS value",
            "GROUP BY 1, 2 ORDER BY 1, 2",
        )
        sums: dict[str, Decimal] = {}
        cells: dict[tuple[str, str], Decimal] = {}
        for first, who, total in desk.book.select(sql)[1]:
            called, key = fact_cell(who) or "–", Window.around(first, self.every).key
            amount = Decimal(str(total or 0))
            sums[called] = sums.get(called, Decimal(0)) + amount
            cells[key, called] = cells.get((key, called), Decimal(0)) + amount
        names = sorted(sums, key=lambda each: (-sums[each], each))
        first_names, others = names[: self.n], names[self.n :]
        unit = self.unit_of(self.by, rows.held)
        digits = 0 if self.by == "rows" else self.scale(self.by, rows.held)
        labels = [*first_names, *([desk.word(say("Others"))] if others else [])]
        lines = []
        for window in shown:
            line = [plain_number(cells.get((window.key, each), Decimal(0))) for each in first_names]
            if others:
                line.append(
                    plain_number(
                        sum((cells.get((window.key, each), Decimal(0)) for each in others), Decimal(0))
                    )
                )
            lines.append((window.key, *line))
        yield ReportFact(
            name=name,
            label=self.called(name),
            shape="matrix",
            columns=(
                FactColumn(name="period", label=desk.word(say("Period")), kind="period"),
                *(
                    FactColumn(name=f"name_{n}", label=label, kind="number", unit=unit, digits=digits)
                    for n, label in enumerate(labels, 1)
                ),
            ),
            rows=tuple(lines),
            query=sql,
            behind=(rows.behind(desk),),
            measure=self.word,
            note=self.note(rows),
        )
