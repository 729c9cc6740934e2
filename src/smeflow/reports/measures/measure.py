"""What every measure shares: which rows it is of, how it is written, what must be said beside it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, partial, reduce
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from smeflow._text import folded
from smeflow.i18n import Phrase, language_of, say
from smeflow.reports.profile import coverage_of_column, is_event_date
from smeflow.tables.book import LINE, FactError, LoadedTable, TableBook, fact_cell, literal, quoted
from smeflow.values.amounts import parse_amount
from smeflow.values.dates import parse_date, parse_month
from smeflow.writing.periods import Coverage, Window
from smeflow.writing.report import Cell, Direction, FactColumn, ReportFact, RowsBehind, Shape

_QUOTIENT_DIGITS = Decimal("1e-10")
MAX_LINES, _MOST_NAMES = 50, 2_000


@dataclass(kw_only=True)
class MeasureContext:
    """What measures work with: the tables, the period, and the language of their labels."""

    book: TableBook
    window: Window | None = None
    locale: str = "en"
    dates: dict[str, str] = field(default_factory=dict)
    """The column of each table that says when a row happened."""
    _coverage: dict[tuple[str, str], Coverage] = field(default_factory=dict)

    def word(self, phrase: Phrase) -> str:
        """Give a label in the report's language."""
        return phrase.render(language_of(self.locale))

    def date_of(self, table: LoadedTable, named: str | None) -> str | None:
        """Choose the column that dates a table's rows; None where it has none.

        Unless told it is the first with days that is not the day something is due or was paid.
        """
        if named or table.name in self.dates:
            return table.column(named or self.dates[table.name])
        days = table.of_kind("date")
        return next((column for column in days if is_event_date(column)), days[0] if days else None)

    @cached_property
    def row_names(self) -> frozenset[str]:
        """What stands in columns that name things: few different words of text."""
        names: set[str] = set()
        for table in self.book.tables.values():
            for column in map(quoted, table.of_kind("text")):
                rows = self.book.select(
                    f"SELECT DISTINCT {column} FROM {quoted(table.name)} "
                    f"WHERE length({column}) BETWEEN 2 AND 60 LIMIT {_MOST_NAMES + 1}"
                )[1]
                if len(rows) <= _MOST_NAMES:
                    words = (name for (name,) in rows if any(map(str.isalpha, name)))
                    names.update(name for name in words if not name.islower())
        return frozenset(names)

    def coverage(self, table: LoadedTable, column: str) -> Coverage:
        """Tell on which days a table has rows."""
        key = table.name, column
        if key not in self._coverage:
            self._coverage[key] = coverage_of_column(self.book, table, column)
        return self._coverage[key]


@dataclass(frozen=True, kw_only=True)
class ChosenRows:
    """The rows a measure is of."""

    table: LoadedTable
    day: str | None
    conditions: tuple[str, ...] = ()

    @property
    def day_column(self) -> str:
        """The column that dates them.

        Raises:
            FactError: The table has none.
        """
        if self.day is None:
            raise no_days(self.table)
        return self.day

    def also(self, *conditions: str) -> "ChosenRows":
        """Keep only rows for which these conditions hold as well."""
        return replace(self, conditions=(*self.conditions, *conditions))

    def within(self, window: Window | None) -> "ChosenRows":
        """Keep only rows of *window*."""
        if window is None or self.day is None:
            return self
        day = quoted(self.day)
        between = f"{day} BETWEEN DATE '{window.first}' AND DATE '{window.last}'"
        return self.also(between)

    def until(self, day: date) -> "ChosenRows":
        """Keep only rows up to *day*."""
        return self if self.day is None else self.also(f"{quoted(self.day)} <= DATE '{day}'")

    @property
    def where(self) -> str:
        """All conditions as one."""
        return " AND ".join(f"({each})" for each in self.conditions)

    def sql(self, wanted: str, rest: str = "") -> str:
        """Write the query for *wanted* over these rows."""
        where = f" WHERE {self.where}" if self.conditions else ""
        return f"SELECT {wanted} FROM {quoted(self.table.name)}{where}{' ' + rest if rest else ''}"

    def behind(self, context: MeasureContext) -> RowsBehind:
        """Tell which rows they are."""
        count = context.book.select(self.sql("count(*)"))[1][0][0] if self.conditions else self.table.rows
        lines = context.book.select(self.sql(LINE, f"LIMIT {MAX_LINES}"))[1]
        return RowsBehind(
            table=self.table.source,
            count=count,
            sha256=self.table.sha256,
            where=self.where,
            lines=tuple(row[0] for row in lines),
        )


class Measure(BaseModel):
    """A figure a recipe asks for. A kind of measure is a class with one more field, its own word."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    word: ClassVar[str]
    """What a recipe calls it: ``sum``, ``top``."""
    one_thing: ClassVar[bool] = False
    """Whether its label is one thing: "the average order"."""

    label: str = ""
    """What a reader sees; by default the fact's name."""
    said: tuple[str, ...] = ()
    """Other words prose may call it by: ``[sales, turnover]``."""
    table: str | None = None
    """The table; the first unless told."""
    where: str = ""
    """Which rows: a condition in SQL, such as ``country = 'France'``."""
    date: str | None = None
    """The column that says when a row counts: the invoice's day or the day it was paid."""
    period: Literal["this", "all"] = "this"
    """Whether only rows of the report's period count."""
    unit: str = ""
    """A currency code, ``%``, or what is counted, in the plural."""
    digits: int | None = Field(default=None, ge=0, le=9)
    """Digits behind the decimal mark, rounded half up; by default as many as the column has."""
    amounts: Literal["net", "gross"] | None = None
    """Whether amounts are net or gross of tax; told beside the figure."""
    credits: str = ""
    """A condition in SQL for rows of credit notes written without a minus: they are taken off."""
    good: Direction | None = None
    """Which way is good for the firm: ``up`` for sales, ``down`` for what is overdue."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Compute the fact, and those that come with it under its name and a dot.

        Raises:
            FactError: A table or column is not there, or a condition is no SQL.
        """
        raise NotImplementedError

    def chosen(self, context: MeasureContext) -> ChosenRows:
        """Choose the rows, of any time."""
        table = context.book.table(self.table)
        conditions = (self.where,) if self.where.strip() else ()
        return ChosenRows(table=table, day=context.date_of(table, self.date), conditions=conditions)

    def now(self, context: MeasureContext) -> ChosenRows:
        """Choose the rows of the report's period."""
        return self.chosen(context).within(context.window if self.period == "this" else None)

    def value(self, written: str, table: LoadedTable) -> str:
        """Give the SQL of a column or an expression over columns, credit notes taken off."""
        column = find_column(written, table)
        sql = quoted(column) if column else f"({written})"
        if column and table.columns[column].kind != "number":
            raise FactError(
                say("Column {column} of {table} holds no numbers.", column=column, table=table.name)
            )
        return f"(CASE WHEN {self.credits} THEN -{sql} ELSE {sql} END)" if self.credits.strip() else sql

    def weight(self, written: str, table: LoadedTable) -> str:
        """Give the SQL of what is added up, where ``rows`` counts them."""
        return "1" if written == "rows" else self.value(written, table)

    def scale(self, written: str, table: LoadedTable) -> int | None:
        """Give the digits a column's values are shown with; None for an expression."""
        return table.scales.get(written) if self.digits is None else self.digits

    def unit_of(self, written: str, table: LoadedTable) -> str:
        """Give the unit: as told, else the one that stands in the column's cells."""
        return self.unit or (table.columns[written].unit if written in table.columns else "")

    def label_for(self, name: str) -> str:
        """Give the label."""
        return self.label or name.replace("_", " ").replace(".", " ").capitalize()

    def note(self, chosen: ChosenRows) -> Phrase | None:
        """Say what a reader must know: net or gross, which date, credit notes."""
        remarks = [
            say("amounts are net of tax") if self.amounts == "net" else None,
            say("amounts include tax") if self.amounts == "gross" else None,
            say("rows count on the day in column {column}", column=chosen.day) if self.date else None,
            say("credit notes are taken off") if self.credits.strip() else None,
        ]
        return join_phrases([phrase for phrase in remarks if phrase])

    def value_column(self, name: str, written: str, table: LoadedTable) -> FactColumn:
        """Describe the column of values of *written*, called as the fact is."""
        digits = 0 if written == "rows" else self.scale(written, table)
        return number_column(
            name="value", label=self.label_for(name), unit=self.unit_of(written, table), digits=digits
        )

    def fact(
        self,
        name: str,
        context: MeasureContext,
        rows: ChosenRows,
        *,
        shape: Shape,
        columns: Iterable[FactColumn],
        lines: Iterable[tuple[Cell, ...]],
        query: str,
        **more: Any,
    ) -> ReportFact:
        """Make a fact of *lines* that *query* gave of *rows*; *more* are further fields of it."""
        fields: dict[str, Any] = {"measure": self.word, "note": self.note(rows), **more}
        return ReportFact(
            name=name,
            label=self.label_for(name),
            shape=shape,
            columns=tuple(columns),
            rows=tuple(lines),
            query=query,
            behind=(rows.behind(context),),
            **fields,
        )

    def gap(self, context: MeasureContext, chosen: ChosenRows, *others: Window) -> Phrase | None:
        """Say why the period, or one it is compared with, is not whole."""
        if context.window is None or chosen.day is None or self.period == "all":
            return None
        coverage = context.coverage(chosen.table, chosen.day)
        return next((why for w in (context.window, *others) if (why := coverage.gap_in(w))), None)


number_column = partial(FactColumn, kind="number")
"""A column of numbers."""


def share_column(context: MeasureContext) -> FactColumn:
    """Describe the column that tells each line's part of the whole, in percent."""
    return number_column(name="share", label=context.word(say("Share")), unit="%", digits=1, role="share")


def period_column(context: MeasureContext) -> FactColumn:
    """Describe the column that tells each line's period."""
    return FactColumn(name="period", label=context.word(say("Period")), kind="period")


def find_column(written: str, table: LoadedTable) -> str | None:
    """Find the column that is written, whatever its case and accents; None for an expression."""
    return {folded(column): column for column in table.columns}.get(folded(written))


def no_days(table: LoadedTable) -> FactError:
    """Say that nothing dates a table's rows."""
    return FactError(say("Table {table} has no column with days; name one with date.", table=table.name))


def cell_is(book: TableBook, table: LoadedTable, column: str, wanted: str) -> str:
    """Write the condition that a row's cell is what somebody wrote: the same number, day or word."""
    how, cell = table.columns[column], quoted(column)
    if not wanted.strip():
        return f"{cell} IS NULL"
    if how.kind == "number":
        amount = parse_amount(wanted.rstrip("% \u00a0\u202f"), decimal=how.decimal_mark)
        return f"{cell} = {amount.value:f}" if amount else "false"
    if how.kind == "date":
        day = parse_month(wanted) if how.form == "month" else parse_date(wanted)
        return f"{cell} = DATE '{day}'" if day else "false"
    sql = f"SELECT DISTINCT {cell} FROM {quoted(table.name)} WHERE {cell} IS NOT NULL"
    same = [literal(each) for (each,) in book.select(sql)[1] if folded(each) == folded(wanted)]
    return f"{cell} IN ({', '.join(same)})" if same else "false"


def join_phrases(phrases: Sequence[Phrase]) -> Phrase | None:
    """Put sentences into one, with semicolons between."""
    if not phrases:
        return None
    return reduce(lambda first, second: say("{first}; {second}", first=first, second=second), phrases)


def trim_quotient(value: Decimal | None) -> Decimal | None:
    """Keep ten digits behind the mark of a quotient, and no zeros at its end."""
    if value is None:
        return None
    long = int(value.as_tuple().exponent) < -10
    return value.quantize(_QUOTIENT_DIGITS, ROUND_HALF_UP) if long else value


def plain_number(value: Decimal | None) -> Cell:
    """Write a number as facts hold it; a quotient without the zeros at its end."""
    if value is None:
        return None
    text = f"{trim_quotient(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text and len(text.partition(".")[2]) >= 10 else text


def ratio(part: Decimal | None, whole: Decimal | None, times: int = 1) -> Decimal | None:
    """Divide exactly enough; None where there is nothing to divide by."""
    if part is None or not whole:
        return None
    return Decimal(part) * times / Decimal(whole)


def direction_of(now: Decimal, before: Decimal, digits: int = 1) -> Direction:
    """Tell which way a value went; a change that rounds to nothing is none."""
    if before:
        change = (now / before - 1) * 100
        if round(change, digits) == 0:
            return "flat"
    return "up" if now > before else "down" if now < before else "flat"


def points_direction(now: Decimal, before: Decimal, digits: int) -> Direction:
    """Tell which way a rate went; a change of points that is not seen in its digits is none."""
    if (now - before).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) == 0:
        return "flat"
    return "up" if now > before else "down" if now < before else "flat"


def scalar_fact(name: str, label: str, value: Any, **more: Any) -> ReportFact:
    """Make a fact of one value."""
    kind = more.pop("kind", "number")
    column = FactColumn(
        name=name.rpartition(".")[2],
        label=label,
        kind=kind,
        unit=more.pop("unit", ""),
        digits=more.pop("digits", None),
        role=more.pop("role", "value"),
    )
    cell = plain_number(value) if isinstance(value, Decimal) else fact_cell(value)
    return ReportFact(name=name, label=label, shape="scalar", columns=(column,), rows=((cell,),), **more)
