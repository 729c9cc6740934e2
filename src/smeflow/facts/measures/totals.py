"""One value of a column: sum, count, mean, median, least, greatest, compared with the time before."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from smeflow.facts.book import Held, quoted
from smeflow.facts.measures.base import Chosen, Desk, Measure, direction_of, plain, ratio, scalar
from smeflow.facts.report import FactValue
from smeflow.facts.window import Window
from smeflow.i18n import say

Compared = Literal["previous", "last_year", "year_to_date"]


class Total(Measure):
    """A measure of one value; with a period also what it was before, and the change in percent."""

    compare: tuple[Compared, ...] = ("previous", "last_year")
    """What it is compared with, where the table reaches back so far."""
    adds_up: ClassVar[bool] = False

    @property
    def of(self) -> str:
        """The column or expression measured."""
        return str(getattr(self, type(self).word))

    def query(self, chosen: Chosen) -> str:
        """Write the query for the value."""
        raise NotImplementedError

    def read(self, desk: Desk, sql: str) -> Decimal | None:
        """Run the query and give its value."""
        value = desk.book.select(sql)[1][0][0]
        return None if value is None else Decimal(str(value))

    def shown_digits(self, held: Held) -> int | None:
        """Give the digits it is shown with."""
        return self.scale(self.of, held)

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give the value, and its comparisons under ``NAME.previous``, ``NAME.change`` and so on."""
        rows, now = self.chosen(desk), self.now(desk)
        sql = self.query(now)
        value = self.read(desk, sql)
        how = {"unit": self.unit_of(self.of, rows.held), "digits": self.shown_digits(rows.held)}
        lacking = self.lacking(desk, rows)
        fact = scalar(
            name,
            self.called(name),
            value,
            query=sql,
            behind=(now.behind(desk),),
            measure=self.word,
            note=self.note(rows),
            incomplete=lacking,
            good=self.good,
            **how,
        )
        compared = list(self._compared(name, desk, rows, value, how)) if value is not None else []
        change = next((f for f in compared if f.name == f"{name}.change"), None)
        yield replace(fact, direction=change.direction if change else None)
        yield from compared

    def _compared(
        self, name: str, desk: Desk, rows: Chosen, value: Decimal, how: dict
    ) -> Iterator[FactValue]:  # type: ignore[type-arg]  # keyword arguments of one call
        if desk.window is None or rows.day is None or self.period == "all":
            return
        coverage = desk.coverage(rows.held, rows.day)
        label = self.called(name)
        for what in self.compare:
            if what == "year_to_date":
                yield from self._to_date(name, desk, rows, how)
                continue
            window = desk.window.back() if what == "previous" else desk.window.last_year
            if not coverage.has(window):
                continue
            then = rows.within(window)
            sql = self.query(then)
            before = self.read(desk, sql)
            if before is None:
                continue
            lacking = self.lacking(desk, rows, window)
            labels = (
                say("{label}, the period before", label=label)
                if what == "previous"
                else say("{label}, a year before", label=label)
            )
            common = {
                "behind": (then.behind(desk),),
                "measure": self.word,
                "incomplete": lacking,
                "good": self.good,
            }
            yield scalar(f"{name}.{what}", desk.word(labels), before, query=sql, **how, **common)
            yield from _change(name, what, desk, label, value, before, sql, how, common)

    def _to_date(self, name: str, desk: Desk, rows: Chosen, how: dict) -> Iterator[FactValue]:  # type: ignore[type-arg]  # the same
        window = desk.window
        if window is None:
            return
        for key, when, phrase in (
            (
                "year_to_date",
                window.year_to_date,
                say("{label} since the first of January", label=self.called(name)),
            ),
            (
                "last_year_to_date",
                Window(window.last_year.year_to_date.first, window.last_year.last, window.grain),
                say("{label}, the same days a year before", label=self.called(name)),
            ),
        ):
            if rows.day and desk.coverage(rows.held, rows.day).has(when):
                then = rows.within(when)
                sql = self.query(then)
                yield scalar(
                    f"{name}.{key}",
                    desk.word(phrase),
                    self.read(desk, sql),
                    query=sql,
                    behind=(then.behind(desk),),
                    measure="year_to_date",
                    **how,
                )


def _change(name, what, desk, label, value, before, sql, how, common) -> Iterator[FactValue]:  # type: ignore[no-untyped-def]  # one caller, above
    lacking = common["incomplete"]
    direction = None if lacking else direction_of(value, before)
    end = "" if what == "previous" else "_last_year"
    phrases = (
        (say("{label}, change against the period before", label=label), say("{label}, difference to the period before", label=label))
        if what == "previous"
        else (say("{label}, change against a year before", label=label), say("{label}, difference to a year before", label=label))
    )  # fmt: skip
    query = f"-- now against\n{sql}"
    change = ratio(value - before, abs(before), 100) if before > 0 else None
    if change is not None:
        yield scalar(f"{name}.change{end}", desk.word(phrases[0]), change, unit="%", digits=1, role="change",
                     query=query, direction=direction, **{**common, "measure": "change"})  # fmt: skip
    yield scalar(f"{name}.difference{end}", desk.word(phrases[1]), value - before, role="change",
                 query=query, direction=direction, **how, **{**common, "measure": "difference"})  # fmt: skip


class Sum(Total):
    """Add up a column: ``{sum: amount}``."""

    word: ClassVar[str] = "sum"
    adds_up: ClassVar[bool] = True
    sum: str
    """The column, or an expression such as ``price * quantity``."""

    def query(self, chosen: Chosen) -> str:
        """Write the query."""
        return chosen.sql(f"coalesce(sum({self.value(self.sum, chosen.held)}), 0)")


class Count(Total):
    """Count rows or the different values of a column: ``{count: rows}``, ``{count: customer}``."""

    word: ClassVar[str] = "count"
    count: str
    """``rows``, or a column."""

    def query(self, chosen: Chosen) -> str:
        """Write the query."""
        if self.count == "rows":
            return chosen.sql("count(*)")
        return chosen.sql(f"count(DISTINCT {quoted(chosen.held.column(self.count))})")

    def shown_digits(self, held: Held) -> int | None:
        """Give none: it is a whole number."""
        return 0

    def unit_of(self, written: str, held: Held) -> str:
        """Give the unit as told: a number of amounts is no amount."""
        return self.unit


class Mean(Total):
    """Give the mean of a column: ``{mean: amount}``. Rows without a value do not count."""

    word: ClassVar[str] = "mean"
    mean: str
    """The column or expression."""

    def query(self, chosen: Chosen) -> str:
        """Write the query: sum and count, divided outside so that no digit is lost."""
        value = self.value(self.mean, chosen.held)
        return chosen.sql(f"sum({value}) AS total, count({value}) AS n")

    def read(self, desk: Desk, sql: str) -> Decimal | None:
        """Divide the sum by the count."""
        total, count = desk.book.select(sql)[1][0]
        return ratio(None if total is None else Decimal(str(total)), Decimal(count))

    def shown_digits(self, held: Held) -> int | None:
        """Give two unless told: a mean has no last digit of its own."""
        return 2 if self.digits is None else self.digits


class Median(Total):
    """Give the middle value of a column, the mean of the two middle ones where there are two."""

    word: ClassVar[str] = "median"
    median: str
    """The column or expression."""

    def query(self, chosen: Chosen) -> str:
        """Write the query for the one or two middle values."""
        value = self.value(self.median, chosen.held)
        inner = chosen.sql(
            f"{value} AS v, row_number() OVER (ORDER BY {value}) AS n, count({value}) OVER () AS k"
        )
        return (
            f"SELECT min(v), max(v) FROM ({inner}) WHERE v IS NOT NULL AND n IN ((k + 1) // 2, (k + 2) // 2)"
        )

    def read(self, desk: Desk, sql: str) -> Decimal | None:
        """Give the mean of both."""
        low, high = desk.book.select(sql)[1][0]
        return None if low is None else (Decimal(str(low)) + Decimal(str(high))) / 2


class Minimum(Total):
    """Give the least value of a column."""

    word: ClassVar[str] = "minimum"
    minimum: str
    """The column or expression."""

    def query(self, chosen: Chosen) -> str:
        """Write the query."""
        return chosen.sql(f"min({self.value(self.minimum, chosen.held)})")


class Maximum(Total):
    """Give the greatest value of a column."""

    word: ClassVar[str] = "maximum"
    maximum: str
    """The column or expression."""

    def query(self, chosen: Chosen) -> str:
        """Write the query."""
        return chosen.sql(f"max({self.value(self.maximum, chosen.held)})")


class Share(Total):
    """Give what part of a sum some rows make, in percent: ``{share: amount, of: "country = 'France'"}``."""

    word: ClassVar[str] = "share"
    share: str
    """The column, or ``rows``."""
    of_rows: str = Field(alias="of")
    """Which rows make the part: a condition in SQL."""

    def query(self, chosen: Chosen) -> str:
        """Write the query for the part and the whole."""
        value = "1" if self.share == "rows" else self.value(self.share, chosen.held)
        return chosen.sql(
            f"coalesce(sum({value}) FILTER (WHERE {self.of_rows}), 0) AS part, sum({value}) AS whole"
        )

    def read(self, desk: Desk, sql: str) -> Decimal | None:
        """Divide the part by the whole."""
        part, whole = desk.book.select(sql)[1][0]
        return None if whole is None else ratio(Decimal(str(part)), Decimal(str(whole)), 100)

    def unit_of(self, written: str, held: Held) -> str:
        """Give the sign for percent."""
        return "%"

    def shown_digits(self, held: Held) -> int | None:
        """Give one unless told."""
        return 1 if self.digits is None else self.digits


__all__ = ["Count", "Maximum", "Mean", "Median", "Minimum", "Share", "Sum", "plain"]
