"""Find the tables of a case: those its documents hold, and text that is CSV."""

import csv
from collections.abc import Iterator

from smeflow.documents.base import Document, Table
from smeflow.step import Case


def tables_of(case: Case) -> Iterator[tuple[Document, Table]]:
    """Give each table among the documents of *case* and what they contain, with the document it is of."""
    for document in (inner for outer in case.documents for inner in outer.walk()):
        table = document.table
        if table is None and document.media_type == "text/csv":
            table = _from_csv(document.name, document.text)
        if table is not None:
            yield document, table


def _from_csv(name: str, text: str) -> Table | None:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    mark = max(";,\t", key=lines[0].count)
    columns, *rows = csv.reader(lines, delimiter=mark)
    width = len(columns)
    return Table(name=name, columns=tuple(c.strip() for c in columns), rows=tuple(
        tuple((*row, *[""] * width)[:width]) for row in rows))  # fmt: skip
