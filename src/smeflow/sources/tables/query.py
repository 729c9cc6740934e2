"""A table that is made of the others before it, such as lines joined with their invoices."""

from typing import ClassVar

from smeflow.sources.tables.base import Book, Held, TableFrom


class QueryTable(TableFrom):
    """A SELECT over the other tables: ``{select: SELECT * FROM lines JOIN sales USING (invoice_id)}``."""

    word: ClassVar[str] = "select"
    select: str
    """The query, in the SQL of DuckDB. It sees the tables of the recipe and nothing else."""

    def hold(self, book: Book, name: str) -> Held:
        """Run the query; each of its rows is numbered."""
        from smeflow.facts.derive import hold_query

        return hold_query(book, name, self.select)
