"""Values far from the others, by the robust z-score (Iglewicz and Hoaglin)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from smeflow.facts.book import cell_of, quoted
from smeflow.facts.measures.base import LINE, Desk, Measure, plain
from smeflow.facts.report import Column, FactValue
from smeflow.i18n import say


class Outliers(Measure):
    """List rows whose value is far from the median: ``{outliers: amount, show: [customer, invoice]}``."""

    word: ClassVar[str] = "outliers"
    outliers: str
    """The column or expression."""
    show: tuple[str, ...] = ()
    """Columns told beside the value."""
    beyond: Decimal = Decimal("3.5")
    """How far: the robust z-score from which a row is told."""
    n: int = Field(default=10, ge=1, le=100)

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give the rows, the farthest first; none where more than half of the values are equal."""
        now = self.now(desk)
        held = now.held
        value = self.value(self.outliers, held)
        shown = [held.column(column) for column in self.show]
        inner = now.sql(
            f"{LINE}, CAST({value} AS DOUBLE) AS v, {value} AS exact"
            + "".join(f", {quoted(c)}" for c in shown)
        )
        listed = "".join(f", {quoted(c)}" for c in shown)
        sql = (
            f"WITH r AS ({inner}), m AS (SELECT median(v) AS mid FROM r), "
            "d AS (SELECT median(abs(v - mid)) AS mad FROM r, m) "
            f"SELECT {LINE}, exact{listed}, 0.6745 * (v - mid) / mad AS z FROM r, m, d "
            f"WHERE mad > 0 AND abs(0.6745 * (v - mid) / mad) > {self.beyond} "
            f"ORDER BY abs(v - mid) DESC, {LINE} LIMIT {self.n}"
        )
        found = desk.book.select(sql)[1]
        yield FactValue(
            name=name,
            label=self.called(name),
            shape="table",
            columns=(
                Column(name="line", label=desk.word(say("Line")), kind="number", digits=0),
                *(
                    Column(name=c, label=c, kind="date" if held.columns[c].kind == "date" else "text")
                    for c in shown
                ),
                Column(
                    name="value",
                    label=self.called(name),
                    kind="number",
                    unit=self.unit_of(self.outliers, held),
                    digits=self.scale(self.outliers, held),
                ),
                Column(name="z", label="z", kind="number", digits=1),
            ),
            rows=tuple(
                (str(row[0]), *(cell_of(c) for c in row[2:-1]), plain(Decimal(str(row[1]))), f"{row[-1]:.4f}")
                for row in found
            ),
            query=sql,
            behind=(now.behind(desk),),
            measure=self.word,
            note=say("values whose robust z-score is beyond {limit}", limit=self.beyond),
        )
