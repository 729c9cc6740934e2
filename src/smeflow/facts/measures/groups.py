"""How groups behave over time: cohorts by their first day, and a value for each of several names."""

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from smeflow.facts.book import TooFew, cell_of
from smeflow.facts.measures.base import Desk, FactError, Measure, plain, quoted, ratio
from smeflow.facts.report import Cell, Column, FactValue
from smeflow.facts.window import Grain, Window
from smeflow.i18n import say


class Cohort(Measure):
    """Tell how many of those who came first in a period came again: ``{cohort: customer}``."""

    word: ClassVar[str] = "cohort"
    cohort: str
    """The column that tells them apart."""
    every: Grain = "month"
    """``month``, ``quarter`` or ``year``."""
    last: int = Field(default=6, ge=2, le=24)
    """How many first periods, the newest last."""

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
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
            raise TooFew(say("Table {table} has no rows with a day.", table=rows.held.name))
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
                line.append(plain(share))
            lines.append(tuple(line))
        columns = [
            Column(name="period", label=desk.word(say("First came")), kind="period"),
            Column(name="count", label=desk.word(say("How many")), kind="number", digits=0, role="total"),
            *(
                Column(name=f"after_{n}", label=f"+{n}", kind="number", unit="%", digits=0, role="share")
                for n in range(1, self.last)
            ),
        ]
        yield FactValue(
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

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
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
            called, key = cell_of(who) or "–", Window.around(first, self.every).key
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
            line = [plain(cells.get((window.key, each), Decimal(0))) for each in first_names]
            if others:
                line.append(
                    plain(sum((cells.get((window.key, each), Decimal(0)) for each in others), Decimal(0)))
                )
            lines.append((window.key, *line))
        yield FactValue(
            name=name,
            label=self.called(name),
            shape="matrix",
            columns=(
                Column(name="period", label=desk.word(say("Period")), kind="period"),
                *(
                    Column(name=f"name_{n}", label=label, kind="number", unit=unit, digits=digits)
                    for n, label in enumerate(labels, 1)
                ),
            ),
            rows=tuple(lines),
            query=sql,
            behind=(rows.behind(desk),),
            measure=self.word,
            note=self.note(rows),
        )
