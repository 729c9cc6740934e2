"""The months of a table: all rows of a month are one case, for a report."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from smeflow.facts.rows import NamedRows, read_table
from smeflow.i18n import say
from smeflow.sources.base import Arrival, OnDisk, Unreadable, arrival


class Months(OnDisk):
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

    def cases(self) -> Iterator[Arrival | Unreadable]:
        """Go through the months in their order; rows whose day cannot be read are told apart."""
        cells = read_table(self._path, self.sheet)
        cells.require(self.date)
        found: dict[str, list[dict[str, str]]] = {}
        for number, row in cells.rows():
            day = _day(row[self.date])
            if day is None:
                why = say("line {line}: {column} is no day", line=number, column=self.date)
                yield Unreadable(key=f"line {number}", phrase=why)
            else:
                found.setdefault(f"{day:%Y-%m}", []).append(row)
        for month in sorted(found):
            data = _csv(cells, found[month])
            yield arrival(month, f"{month}.csv", "text/csv", data, {"month": month})


def _day(text: str) -> date | None:
    from smeflow.readers.dates import parse_date

    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return parse_date(text)


def _csv(cells: NamedRows, rows: list[dict[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(cells.columns)
    writer.writerows([row[column] for column in cells.columns] for row in rows)
    return buffer.getvalue().encode("utf-8", "backslashreplace")
