"""A figure by SQL of one's own."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field

from smeflow.facts.book import cell_of
from smeflow.facts.measures.base import Desk, FactError, Measure, scalar
from smeflow.facts.report import Column, FactValue, Kind, RowsBehind, Shape
from smeflow.i18n import say

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

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give what the query gives."""
        sql = self._whole(desk)
        columns, rows = desk.book.select(sql, at_most=_MAX_ROWS)
        if any(isinstance(cell, str) and len(cell) > _MAX_TEXT for row in rows for cell in row):
            raise FactError(
                say(
                    "{label} gives a text of more than {limit} letters.",
                    label=self.called(name),
                    limit=_MAX_TEXT,
                )
            )
        read = [t for t in desk.book.tables.values() if t.name in sql]
        behind = tuple(RowsBehind(table=t.source, count=t.rows, sha256=t.sha256) for t in read)
        common: dict[str, Any] = {"query": sql, "behind": behind, "measure": self.word, "good": self.good}
        if self.shape in {None, "scalar"} and len(columns) == 1 and len(rows) <= 1:
            value = rows[0][0] if rows else None
            yield scalar(
                name,
                self.called(name),
                _number(value),
                kind=_kind(value),
                unit=self.unit,
                digits=self.digits,
                **common,
            )
            return
        kinds = [_kind(next((row[n] for row in rows if row[n] is not None), "")) for n in range(len(columns))]
        yield FactValue(
            name=name,
            label=self.called(name),
            shape=self.shape or "table",
            columns=tuple(
                Column(
                    name=_NAMES.get((self.shape, n), column),
                    label=self.headings[n] if n < len(self.headings) else column,
                    kind=kinds[n],
                    unit=self.units[n]
                    if n < len(self.units)
                    else (self.unit if kinds[n] == "number" else ""),
                    digits=self.digits if kinds[n] == "number" else None,
                )
                for n, column in enumerate(columns)
            ),
            rows=tuple(tuple(cell_of(cell) for cell in row) for row in rows),
            **common,
        )

    def _whole(self, desk: Desk) -> str:
        sql = self.sql.strip().rstrip(";")
        if desk.window:
            sql = sql.replace("{first}", f"DATE '{desk.window.first}'").replace(
                "{last}", f"DATE '{desk.window.last}'"
            )
        if sql.lower().startswith(("select", "with", "from")):
            return sql
        return self.now(desk).sql(sql)


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
    return Decimal(cell_of(value) or 0) if isinstance(value, float) else value


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "text"
    if isinstance(value, Decimal | int | float):
        return "number"
    return "date" if isinstance(value, date) and not isinstance(value, datetime) else "text"
