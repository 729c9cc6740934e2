"""Who or what weighs most: the first n by a sum, with their shares, the rest and the total."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from smeflow.facts.book import cell_of, quoted
from smeflow.facts.measures.base import Desk, Measure, plain, ratio
from smeflow.facts.report import Cell, Column, FactValue
from smeflow.i18n import say


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

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give the ranking."""
        rows, now = self.chosen(desk), self.now(desk)
        held = now.held
        value = "1" if self.by == "rows" else self.value(self.by, held)
        group = quoted(held.column(self.top)) if _is_column(self.top, held.columns) else f"({self.top})"
        order = f"{'2' if self.least else '2 DESC'}, 1"
        sql = now.sql(
            f"CAST({group} AS VARCHAR) AS name, sum({value}) AS value", f"GROUP BY 1 ORDER BY {order}"
        )
        found = [(cell_of(n), Decimal(str(v))) for n, v in desk.book.select(sql)[1] if v is not None]
        whole = sum((v for _, v in found), Decimal(0))
        first = [(n, v) for n, v in found if n][: self.n]
        rest = whole - sum((v for _, v in first), Decimal(0))
        share = self.shares and whole > 0 and all(v >= 0 for _, v in found)
        lines = [self._line(n, v, whole, share=share) for n, v in first]
        if len(found) > len(first):
            lines.append(self._line(desk.word(say("Others")), rest, whole, share=share))
        columns = [
            Column(name="name", label=self.heading or self.top.replace("_", " ").capitalize()),
            Column(
                name="value",
                label=self.called(name),
                kind="number",
                unit=self.unit_of(self.by, held),
                digits=0 if self.by == "rows" else self.scale(self.by, held),
            ),
        ]
        if share:
            columns.append(
                Column(
                    name="share",
                    label=desk.word(say("Share")),
                    kind="number",
                    unit="%",
                    digits=1,
                    role="share",
                )
            )
        total: tuple[Cell, ...] = self._line(desk.word(say("Total")), whole, whole, share=share)
        yield FactValue(
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
        line = (name, plain(value))
        return (*line, plain(ratio(value, whole, 100))) if share else line


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

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
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
        yield FactValue(
            name=name,
            label=self.called(name),
            shape="buckets",
            columns=(
                Column(name="name", label=desk.word(say("Class"))),
                Column(name="count", label=desk.word(say("How many")), kind="number", digits=0),
                Column(name="value", label=self.called(name), kind="number", unit=unit, digits=digits),
                Column(
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
                    plain(sum(each, Decimal(0))),
                    plain(ratio(sum(each, Decimal(0)), whole, 100)),
                )
                for key, each in classes.items()
            ),
            query=sql,
            behind=(now.behind(desk),),
            measure=self.word,
            incomplete=self.lacking(desk, now),
            note=self.note(now),
            total=(desk.word(say("Total")), str(len(found)), plain(whole), "100" if whole else None),
        )
