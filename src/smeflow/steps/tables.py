"""Find the tables of a case: those its documents hold, and text that is CSV."""

from collections.abc import Iterator

from smeflow.documents.base import Document, Table
from smeflow.facts.rows import rows_of_text
from smeflow.step import Case


def tables_of(case: Case) -> Iterator[tuple[Document, Table]]:
    """Give each table among the documents of *case* and what they contain, with the document it is of.

    Raises:
        SourceError: Text that calls itself CSV cannot be read as a table.
    """
    for document in (inner for outer in case.documents for inner in outer.walk()):
        table = document.table
        if table is None and document.media_type == "text/csv":
            table = _from_csv(document.name, document.text)
        if table is not None:
            yield document, table


def _from_csv(name: str, text: str) -> Table | None:
    if not text.strip():
        return None
    found = rows_of_text(text, name)
    rows = tuple(tuple(row.values()) for _, row in found.rows())
    return Table(name=name, columns=found.columns, rows=rows)
