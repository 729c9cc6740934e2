"""What is still to be paid, by how long it has been due."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date as day_type
from decimal import Decimal
from typing import Any, ClassVar

from smeflow.facts.book import Held
from smeflow.facts.measures.base import Chosen, Desk, FactError, Measure, plain, quoted, ratio, scalar
from smeflow.facts.report import Column, FactValue
from smeflow.i18n import Phrase, say

Buckets = Mapping[int, tuple[Decimal, int]]


class Ageing(Measure):
    """Sort amounts by days overdue: ``{ageing: open_amount, due: due_date, days: [0, 30, 60, 90]}``."""

    word: ClassVar[str] = "ageing"
    ageing: str
    """The column or expression with what is still to be paid."""
    due: str
    """The column with the day it was due."""
    paid: str | None = None
    """The column with the day it was paid: what was paid by then is left out."""
    days: tuple[int, ...] = (0, 30, 60, 90)
    """Where one class ends and the next begins; not yet due comes first."""
    at: day_type | None = None
    """The day it is reckoned on; by default the period's last."""

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give a bucket for each class, and what is overdue in all as ``NAME.overdue``."""
        on, now = self.day(name, desk), self.open_rows(desk)
        value, due = self.amount(now.held), self.due_day(now.held)
        late = f"(DATE '{on}' - {due})"
        cases = "".join(f" WHEN {late} <= {limit} THEN {n}" for n, limit in enumerate(self.days))
        sql = now.sql(
            f"CASE WHEN {due} IS NULL THEN -1{cases} ELSE {len(self.days)} END AS bucket, "
            f"sum({value}), count({value})",
            "GROUP BY 1 ORDER BY 1",
        )
        found = {n: (Decimal(str(v or 0)), count) for n, v, count in desk.book.select(sql)[1]}
        common: dict[str, Any] = {
            "query": sql,
            "behind": (now.behind(desk),),
            "measure": self.word,
            "note": self.told(now, desk),
        }
        unit = self.unit_of(self.ageing, now.held)
        digits = self.scale(self.ageing, now.held)
        yield self._buckets(name, desk, found, unit, digits, common)
        whole = sum((v for v, _ in found.values()), Decimal(0))
        late_sum = sum((v for n, (v, _) in found.items() if n > 0), Decimal(0))
        label, good = self.called(name), "down"
        own: dict[str, Any] = {"unit": unit, "digits": digits}
        yield scalar(f"{name}.total", desk.word(say("{label} in all", label=label)), whole, **own, **common)
        said = desk.word(say("{label} overdue", label=label))
        yield scalar(f"{name}.overdue", said, late_sum, good=good, **own, **common)
        share = ratio(late_sum, whole, 100)
        said = desk.word(say("Share overdue"))
        yield scalar(f"{name}.overdue_share", said, share, unit="%", digits=1, good=good, **common)

    def day(self, name: str, desk: Desk) -> day_type:
        """Give the day it is reckoned on.

        Raises:
            FactError: Nobody told one.
        """
        on = self.at or (desk.window.last if desk.window else None)
        if on is None:
            raise FactError(say("{label} needs a day to be reckoned on: give at.", label=self.called(name)))
        return on

    def open_rows(self, desk: Desk) -> Chosen:
        """Choose the rows that were open at the end of the day: written by then, and not yet paid."""
        rows, on = self.chosen(desk), self.day(self.word, desk)
        if self.paid:
            paid = quoted(rows.held.column(self.paid))
            rows = replace(rows, conditions=(*rows.conditions, f"{paid} IS NULL OR {paid} > DATE '{on}'"))
        if rows.day is None or rows.day in {self.due, self.paid}:
            return rows
        day = quoted(rows.day)
        return replace(rows, conditions=(*rows.conditions, f"{day} IS NULL OR {day} <= DATE '{on}'"))

    def amount(self, held: Held) -> str:
        """Give the SQL of what is still to be paid."""
        return self.value(self.ageing, held)

    def due_day(self, held: Held) -> str:
        """Give the SQL of the day it was due."""
        return quoted(held.column(self.due))

    def told(self, rows: Chosen, desk: Desk) -> Phrase:
        """Say on which day it is reckoned."""
        return say("as of {day}", day=self.day(self.word, desk))

    def _buckets(
        self, name: str, desk: Desk, found: Buckets, unit: str, digits: int | None, common: dict[str, Any]
    ) -> FactValue:
        names = {n: desk.word(phrase) for n, phrase in enumerate(self._names())}
        if -1 in found:
            names = {-1: desk.word(say("No due date")), **names}
        whole = sum((v for v, _ in found.values()), Decimal(0))
        count = sum(c for _, c in found.values())
        rows = []
        for n, label in names.items():
            value, many = found.get(n, (Decimal(0), 0))
            rows.append((label, plain(value), str(many), plain(ratio(value, whole, 100))))
        number: dict[str, Any] = {"kind": "number"}
        return FactValue(
            name=name,
            label=self.called(name),
            shape="buckets",
            columns=(
                Column(name="name", label=desk.word(say("Overdue"))),
                Column(name="value", label=self.called(name), unit=unit, digits=digits, **number),
                Column(name="count", label=desk.word(say("How many")), digits=0, **number),
                Column(
                    name="share", label=desk.word(say("Share")), unit="%", digits=1, role="share", **number
                ),
            ),
            rows=tuple(rows),
            total=(desk.word(say("Total")), plain(whole), str(count), "100" if whole else None),
            **common,
        )

    def _names(self) -> Iterator[Phrase]:
        yield say("Not yet due") if self.days[0] == 0 else say("Up to {n} days", n=self.days[0])
        for low, high in zip(self.days, self.days[1:], strict=False):
            yield say("{low} to {high} days", low=low + 1, high=high)
        yield say("More than {n} days", n=self.days[-1])
