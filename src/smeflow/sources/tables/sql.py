"""A table that is a query to the firm's own database, which is only read."""

from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationInfo, field_validator

from smeflow.i18n import say
from smeflow.sources.tables.base import Book, Held, TableFrom


class SqlTable(TableFrom):
    """A query to a database: ``{sql: "SELECT * FROM invoices", url: "${SALES_DB}"}``.

    The transaction is read-only and rolled back. Whoever may only read in the database is the safest user.
    """

    word: ClassVar[str] = "sql"
    sql: str
    """One SELECT, in the SQL of that database."""
    url: str
    """Which database, as SQLAlchemy writes it: ``postgresql+psycopg://…``, ``sqlite:///sales.db``. What
    holds a password comes from the environment: ``${SALES_DB}``."""
    seconds: float = 60.0
    """How long the query may take."""
    _context: Any = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str, info: ValidationInfo) -> str:
        from smeflow.sources.tables.database import checked_url

        checked_url(url, info.context)
        return url

    @field_validator("sql")
    @classmethod
    def _reads(cls, sql: str) -> str:
        from smeflow.sources.tables.database import reads_only

        if not reads_only(sql):
            raise ValueError(say("a table is one SELECT; nothing else is sent to a database"))
        return sql

    def model_post_init(self, context: Any, /) -> None:
        """Keep where the recipe lies."""
        self._context = context

    @property
    def shown(self) -> str:
        """The database without user and password."""
        from smeflow.sources.tables.database import shown_url

        return shown_url(self.url)

    def hold(self, book: Book, name: str) -> Held:
        """Run the query and keep its rows."""
        from smeflow.facts.load import hold_rows
        from smeflow.sources.tables.database import rows_of

        columns, rows = rows_of(self.url, self.sql, self.seconds, self._context)
        return hold_rows(book, name, columns, rows, source=self.shown)
