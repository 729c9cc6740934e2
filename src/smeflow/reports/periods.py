"""Sources whose cases are periods.

The facts of tables for each closed period, or the rows of a table for each month.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from smeflow.documents.document import FACTS
from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sources import Arrival, DiskSource, UnreadableArrival, make_arrival
from smeflow.reports.facts import compute_facts, days_of_all_rows, describe_sources
from smeflow.reports.measures.measure import Measure, MeasureContext
from smeflow.tables.book import PathOrigin, TableBook
from smeflow.tables.kinds import AnyTable
from smeflow.tables.rows import NamedRows, read_table
from smeflow.values.dates import parse_date
from smeflow.writing.periods import Grain, Window, windows
from smeflow.writing.report import Period


class Months(DiskSource):
    """Every month a table has rows of. A row that comes late makes its month a changed case.

    There is no clock here: the month under way is a case as well, and changes with each new row.
    """

    place: ClassVar[str] = "months"

    months: str
    """The file (CSV, XLSX, ODS), relative to the recipe."""
    date: str
    """The column with the day, as ``2026-01-31`` or ``31/01/2026``."""
    sheet: str | None = None
    """The sheet of a spreadsheet; unless told the first, or another that holds far more cells."""

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the months in their order; rows whose day cannot be read are told apart."""
        table = read_table(self._path, self.sheet)
        table.require(self.date)
        months: dict[str, list[dict[str, str]]] = {}
        for number, row in table.rows():
            day = _parse_day(row[self.date])
            if day is None:
                why = say("line {line}: {column} is no day", line=number, column=self.date)
                yield UnreadableArrival(key=f"line {number}", phrase=why)
            else:
                months.setdefault(f"{day:%Y-%m}", []).append(row)
        for month in sorted(months):
            data = _rows_as_csv(table, months[month])
            yield make_arrival(month, f"{month}.csv", "text/csv", data, {"month": month})


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return parse_date(text)


def _rows_as_csv(table: NamedRows, rows: list[dict[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(row.values() for row in rows)
    return buffer.getvalue().encode("utf-8", "backslashreplace")


class Periods(BaseModel):
    """A case for each closed month, quarter, week or year: ``{period: month, tables: {sales: sales.csv}}``.

    A period is closed when its last day has passed in the recipe's time zone. Its version is the hash of what
    the facts say: a late row that changes a figure makes it a changed case, any other does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    place: ClassVar[str] = "tables"

    period: Grain | Literal["all"]
    """``month``, ``quarter``, ``week`` or ``year``; ``all`` for one case of the whole tables."""
    tables: dict[str, AnyTable] = Field(min_length=1)
    """The tables by the name facts call them: a path, or ``{file: sales.xlsx, sheet: 2026, date: day}``."""
    last: int = Field(default=12, ge=1, le=400)
    """How many closed periods are cases, the newest last; older ones stay as they were."""
    since: str | None = None
    """The first period that is a case, such as ``2026-01``."""
    _facts: Mapping[str, Measure] = PrivateAttr(default_factory=dict)
    _locale: str = PrivateAttr(default="en")
    _zone: ZoneInfo = PrivateAttr()
    _clock: Callable[[], datetime] = PrivateAttr()

    @field_validator("tables")
    @classmethod
    def _named(cls, tables: dict[str, Any]) -> dict[str, Any]:
        for name in tables:
            if not name.isidentifier():
                raise ValueError(say("{name} is no name for a table: use letters, digits and _", name=name))
        return tables

    @field_validator("since", mode="before")
    @classmethod
    def _is_period(cls, since: object) -> object:
        if since is not None:
            try:
                Window.of(str(since))
            except ValueError:
                raise ValueError(
                    say("{text} is no period; write 2026, 2026-Q1, 2026-01 or 2026-W01", text=str(since))
                ) from None
            return str(since)
        return since

    def model_post_init(self, context: Any, /) -> None:
        """Take the time zone and the clock."""
        recipe = RecipeContext.of(context)
        self._zone, self._clock, self._locale = recipe.zone, recipe.clock, recipe.locale

    def computing(self, facts: Mapping[str, Measure], locale: str) -> "Periods":
        """Give the same source that computes *facts*, its labels in the language of *locale*."""
        copy = self.model_copy()
        copy._facts, copy._locale = dict(facts), locale  # noqa: SLF001 - its own
        return copy

    @property
    def name(self) -> str:
        """The tables as the recipe names them."""
        return ", ".join(dict.fromkeys(table.shown for table in self.tables.values()))

    @property
    def path(self) -> Path | None:
        """Where the first table lies that is a file."""
        return next((table.path for table in self.tables.values() if isinstance(table, PathOrigin)), None)

    @property
    def complete(self) -> bool:
        """Whether all there is is given: no, older periods are not looked at again."""
        return False

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the closed periods in their order."""
        with TableBook(zone=self._zone.key) as book:
            self._load(book)
            context = MeasureContext(book=book, locale=self._locale, dates=self._dates(book))
            sources = describe_sources(context)
            for window in self._closed(context):
                context.window = window
                key = window.key if window else "all"
                period = _period_of(window, context) if window else days_of_all_rows(context)
                facts = compute_facts(self._facts, context, period=period, sources=sources)
                yield Arrival(
                    key=key,
                    version=facts.version,
                    name=key,
                    media_type=FACTS,
                    data=facts.to_bytes(),
                    fields={"period": key},
                )

    def _load(self, book: TableBook) -> None:
        """Read the tables; those made of others last, since from then on nothing comes in any more."""
        for name, table in sorted(self.tables.items(), key=lambda named: named[1].word == "select"):
            table.load_into(book, name)
        book.tables = {name: book.tables[name] for name in self.tables}

    def _dates(self, book: TableBook) -> dict[str, str]:
        columns = {name: table.dated for name, table in self.tables.items()}
        return {name: book.table(name).column(column) for name, column in columns.items() if column}

    def _closed(self, context: MeasureContext) -> Sequence[Window | None]:
        """List the closed periods that have rows, and the newest one where only its rows are missing yet."""
        if self.period == "all":
            return [None]
        days: list[date] = []
        for table in context.book.tables.values():
            if (column := context.date_of(table, None)) and (covered := context.coverage(table, column).days):
                self._require_days(table.name, column, covered)
                days += (covered[0], covered[-1])
        days.sort()
        if not days:
            raise SourceError(say("No table of {name} has a column with days.", name=self.name))
        newest = Window.around(self._today(), self.period).previous
        end = Window.around(min(days[-1], newest.last), self.period)
        if end == newest.previous:
            end = newest  # somebody who waits for this report is told that its rows are not there
        first = Window.of(self.since).first if self.since else days[0]
        first = max(first, days[0])
        if first > end.last:
            return []
        return list(windows(first, end.last, self.period))[-self.last :]

    def _require_days(self, table: str, column: str, covered: Sequence[object]) -> None:
        """Refuse a column that was read as text, because a cell of it holds no day."""
        texts = [cell for cell in covered if not isinstance(cell, date)]
        if not texts:
            return
        odd = next((cell for cell in texts if parse_date(str(cell)) is None), texts[0])
        raise SourceError(
            say(
                "{file}: the column {column} holds {text}, which is no day. Write days such as 2026-01-31.",
                file=self.tables[table].shown,
                column=column,
                text=repr(odd),
            )
        )

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()


def _period_of(window: Window, context: MeasureContext) -> Period:
    """Tell whether the rows of the first table that has days fill the period."""
    for table in context.book.tables.values():
        column = context.date_of(table, None)
        if column:
            whole = context.coverage(table, column).gap_in(window) is None
            return Period(key=window.key, first=window.first, last=window.last, complete=whole)
    return Period(key=window.key, first=window.first, last=window.last)
