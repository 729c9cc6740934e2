"""What is still to be paid, by how long it has been due."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import ClassVar

from smeflow.facts.measures.base import Desk, FactError, Measure, plain, quoted, ratio, scalar
from smeflow.facts.report import Column, FactValue
from smeflow.i18n import Phrase, say


class Ageing(Measure):
    """Sort amounts by days overdue: ``{ageing: open_amount, due: due_date, days: [0, 30, 60, 90]}``."""

    word: ClassVar[str] = "ageing"
    ageing: str
    """The column or expression with what is still to be paid."""
    due: str
    """The column with the day it was due."""
    days: tuple[int, ...] = (0, 30, 60, 90)
    """Where one class ends and the next begins; not yet due comes first."""
    at: date | None = None  # type: ignore[valid-type]  # the field date above is a column's name
    """The day it is reckoned on; by default the period's last."""

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give a bucket for each class, and what is overdue in all as ``NAME.overdue``."""
        now = self.chosen(desk)
        held = now.held
        on = self.at or (desk.window.last if desk.window else None)
        if on is None:
            raise FactError(say("{label} needs a day to be reckoned on: give at.", label=self.called(name)))
        value, due = self.value(self.ageing, held), quoted(held.column(self.due))
        late = f"(DATE '{on}' - {due})"
        cases = "".join(f" WHEN {late} <= {limit} THEN {n}" for n, limit in enumerate(self.days))
        sql = now.sql(
            f"CASE WHEN {due} IS NULL THEN -1{cases} ELSE {len(self.days)} END AS bucket, sum({value}), count({value})",
            "GROUP BY 1 ORDER BY 1",
        )
        found = {n: (Decimal(str(v or 0)), count) for n, v, count in desk.book.select(sql)[1]}
        names = {n: desk.word(phrase) for n, phrase in enumerate(self._names())}
        if -1 in found:
            names = {-1: desk.word(say("No due date")), **names}
        whole = sum((v for v, _ in found.values()), Decimal(0))
        unit, digits = self.unit_of(self.ageing, held), self.scale(self.ageing, held)
        nothing = (Decimal(0), 0)
        common = {"query": sql, "behind": (now.behind(desk),), "measure": self.word}
        note = say("as of {day}", day=on)
        yield FactValue(
            name=name,
            label=self.called(name),
            shape="buckets",
            columns=(
                Column(name="name", label=desk.word(say("Overdue"))),
                Column(name="value", label=self.called(name), kind="number", unit=unit, digits=digits),
                Column(name="count", label=desk.word(say("Number")), kind="number", digits=0),
                Column(name="share", label=desk.word(say("Share")), kind="number", unit="%", digits=1, role="share"),
            ),
            rows=tuple(
                (label, plain(found.get(n, nothing)[0]), str(found.get(n, nothing)[1]),
                 plain(ratio(found.get(n, nothing)[0], whole, 100)))
                for n, label in names.items()
            ),
            total=(desk.word(say("Total")), plain(whole), str(sum(c for _, c in found.values())), "100" if whole else None),
            note=note,
            **common,  # type: ignore[arg-type]  # keyword arguments shared by four facts
        )  # fmt: skip
        overdue = sum((v for n, (v, _) in found.items() if n > 0), Decimal(0))
        for key, phrase, amount, sign in (
            ("total", say("{label}, in all", label=self.called(name)), whole, unit),
            ("overdue", say("{label}, overdue", label=self.called(name)), overdue, unit),
            (
                "overdue_share",
                say("{label}, overdue share", label=self.called(name)),
                ratio(overdue, whole, 100),
                "%",
            ),
        ):
            yield scalar(f"{name}.{key}", desk.word(phrase), amount, unit=sign,
                         digits=1 if sign == "%" else digits, note=note, good="down" if key != "total" else None,
                         **common)  # fmt: skip

    def _names(self) -> Iterator[Phrase]:
        yield say("Not yet due") if self.days[0] == 0 else say("Up to {n} days", n=self.days[0])
        for low, high in zip(self.days, self.days[1:], strict=False):
            yield say("{low} to {high} days", low=low + 1, high=high)
        yield say("More than {n} days", n=self.days[-1])
