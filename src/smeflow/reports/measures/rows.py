"""Measures whose answer is rows: values far from the others, and whatever a query of one's own gives."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field

from smeflow.i18n import say
from smeflow.reports.measures.measure import Measure, MeasureContext, number_column, plain_number, scalar_fact
from smeflow.tables.book import LINE, FactError, fact_cell, quoted
from smeflow.writing.report import FactColumn, Kind, ReportFact, RowsBehind, Shape


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

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the rows, the farthest first; none where more than half of the values are equal."""
        now = self.now(context)
        table = now.table
        value = self.value(self.outliers, table)
        shown = [table.column(column) for column in self.show]
        listed = "".join(f", {quoted(c)}" for c in shown)
        inner = now.sql(f"{LINE}, CAST({value} AS DOUBLE) AS v, {value} AS exact{listed}")
        sql = (
            f"WITH r AS ({inner}), m AS (SELECT median(v) AS mid FROM r), "
            "d AS (SELECT median(abs(v - mid)) AS mad FROM r, m) "
            f"SELECT {LINE}, exact{listed}, 0.6745 * (v - mid) / mad AS z FROM r, m, d "
            f"WHERE mad > 0 AND abs(0.6745 * (v - mid) / mad) > {self.beyond} "
            f"ORDER BY abs(v - mid) DESC, {LINE} LIMIT {self.n}"
        )
        yield self.fact(
            name,
            context,
            now,
            shape="table",
            columns=(
                number_column(name="line", label=context.word(say("Line")), digits=0),
                *(
                    FactColumn(name=c, label=c, kind="date" if table.columns[c].kind == "date" else "text")
                    for c in shown
                ),
                self.value_column(name, self.outliers, table),
                number_column(name="z", label="z", digits=1),
            ),
            lines=(
                (str(line), *map(fact_cell, beside), plain_number(Decimal(str(exact))), f"{z:.4f}")
                for line, exact, *beside, z in context.book.select(sql)[1]
            ),
            query=sql,
            note=say("values whose robust z-score is beyond {limit}", limit=self.beyond),
        )


_MAX_ROWS = 1_000
_MAX_TEXT = 2_000


class Sql(Measure):
    """Run a SELECT over the tables: ``{sql: "select sum(price * quantity) from lines"}``.

    In a report of a period ``{first}`` and ``{last}`` stand for its days. A query that gives one value makes
    one figure; any other makes a table, or what ``shape`` says.
    """

    word: ClassVar[str] = "sql"
    sql: str
    """The query; or an expression over the first table, such as ``sum(total) - sum(paid)``."""
    shape: Shape | None = None
    headings: tuple[str, ...] = ()
    """What stands above the columns."""
    units: tuple[str, ...] = Field(default=())
    """A unit for each column, in their order."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give what the query gives."""
        written = self._with_days(context)
        is_query = written.lower().startswith(("select", "with", "from"))
        chosen = None if is_query else self.now(context)
        sql = chosen.sql(written) if chosen else written
        columns, rows = context.book.select(sql, at_most=_MAX_ROWS)
        if any(isinstance(cell, str) and len(cell) > _MAX_TEXT for row in rows for cell in row):
            raise FactError(
                say(
                    "{label} gives a text of more than {limit} letters.",
                    label=self.label_for(name),
                    limit=_MAX_TEXT,
                )
            )
        read = [t for t in context.book.tables.values() if t.name in sql]
        tables = (RowsBehind(table=t.source, count=t.rows, sha256=t.sha256) for t in read)
        behind = (chosen.behind(context),) if chosen else tuple(tables)
        common: dict[str, Any] = {"query": sql, "behind": behind, "measure": self.word, "good": self.good}
        if self.shape in {None, "scalar"} and len(columns) == 1 and len(rows) <= 1:
            value = rows[0][0] if rows else None
            yield scalar_fact(
                name,
                self.label_for(name),
                _number(value),
                kind=_kind(value),
                unit=self.unit,
                digits=self.digits,
                **common,
            )
            return
        kinds = [_kind(next((row[n] for row in rows if row[n] is not None), "")) for n in range(len(columns))]
        yield ReportFact(
            name=name,
            label=self.label_for(name),
            shape=self.shape or "table",
            columns=tuple(
                FactColumn(
                    name=_NAMES.get((self.shape, n), column),
                    label=self.headings[n] if n < len(self.headings) else column,
                    kind=kind,
                    unit=self.units[n] if n < len(self.units) else (self.unit if kind == "number" else ""),
                    digits=self.digits if kind == "number" else None,
                )
                for n, (column, kind) in enumerate(zip(columns, kinds, strict=True))
            ),
            rows=tuple(tuple(map(fact_cell, row)) for row in rows),
            **common,
        )

    def _with_days(self, context: MeasureContext) -> str:
        sql = self.sql.strip().rstrip(";")
        if context.window:
            sql = sql.replace("{first}", f"DATE '{context.window.first}'").replace(
                "{last}", f"DATE '{context.window.last}'"
            )
        return sql


_NAMES: Mapping[tuple[Shape | None, int], str] = {
    ("ranking", 0): "name",
    ("ranking", 1): "value",
    ("buckets", 0): "name",
    ("buckets", 1): "value",
    ("series", 0): "period",
    ("series", 1): "value",
}
"""What the columns of a shape are called by whoever draws it or refers to it; the reader sees the heading."""


def _number(value: Any) -> Any:
    return Decimal(fact_cell(value) or 0) if isinstance(value, float) else value


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "text"
    if isinstance(value, Decimal | int | float):
        return "number"
    return "date" if isinstance(value, date) and not isinstance(value, datetime) else "text"
