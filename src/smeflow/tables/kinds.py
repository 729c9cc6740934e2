"""Which word in ``tables:`` means which kind of table: a new one is a row here.

The two plainest stand here too: a file, and a query over the tables before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, field_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from smeflow.i18n import say
from smeflow.kinds.recipe_context import RecipePath
from smeflow.tables.book import LoadedTable, PathOrigin, TableBook, TableOrigin, load_query
from smeflow.tables.fec import FecTable
from smeflow.tables.ledger_items import LedgerTable
from smeflow.tables.load import load_file
from smeflow.tables.sql import SqlTable


class FileTable(PathOrigin):
    """A file: ``{file: sales.xlsx, sheet: 2026, date: day}``, or its path alone."""

    word: ClassVar[str] = "file"
    file: RecipePath
    """The file (CSV, XLSX, ODS, JSON), relative to the recipe."""
    sheet: str | None = None
    """The sheet of a spreadsheet; unless told the first, or another that holds far more cells."""

    @field_validator("sheet", mode="before")
    @classmethod
    def _sheet_of_a_year(cls, sheet: object) -> object:
        return str(sheet) if isinstance(sheet, int) else sheet

    def load_into(self, book: TableBook, name: str) -> LoadedTable:
        """Read the file."""
        return load_file(book, name, self._path, source=self._shown, sheet=self.sheet)


class QueryTable(TableOrigin):
    """A SELECT over the other tables: ``{select: SELECT * FROM lines JOIN sales USING (invoice_id)}``."""

    word: ClassVar[str] = "select"
    select: str
    """The query, in the SQL of DuckDB. It sees the tables of the recipe and nothing else."""

    def load_into(self, book: TableBook, name: str) -> LoadedTable:
        """Run the query; each of its rows is numbered."""
        return load_query(book, name, self.select)


TABLE_KINDS: Mapping[str, type[TableOrigin]] = {
    kind.word: kind for kind in (FileTable, SqlTable, LedgerTable, FecTable, QueryTable)
}


@dataclass(frozen=True)
class OneByWord:
    """Tell Pydantic that a field is one of some kinds, chosen by the word that is one of its keys."""

    kinds: Mapping[str, type[BaseModel]]
    text_is: str
    """The word that a text alone stands for."""
    word_of: Callable[[object], str]
    """Tells the word; a ValueError says in our words what a union would say by its tags."""

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {self._tag(word): handler.generate_schema(kind) for word, kind in self.kinds.items()}
        union = core_schema.tagged_union_schema(
            choices, discriminator=lambda value: self._tag(self.word_of(value))
        )
        return core_schema.no_info_before_validator_function(self._as_mapping, union)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(schema)]}

    @staticmethod
    def _tag(word: str) -> str:
        """Name the choice so that it is taken for no key of the recipe when a problem's place is told."""
        return f"({word})"

    def _as_mapping(self, value: object) -> object:
        value = {self.text_is: value} if isinstance(value, str) else value
        self.word_of(value)
        return value


def _word_of(value: object) -> str:
    if isinstance(value, TableOrigin):
        return value.word
    words = [word for word in TABLE_KINDS if isinstance(value, Mapping) and word in value]
    if len(words) != 1:
        raise ValueError(say("a table is a file, or one of: {words}", words=", ".join(TABLE_KINDS)))
    return words[0]


AnyTable = Annotated[TableOrigin, OneByWord(TABLE_KINDS, "file", _word_of)]
"""A field that holds any kind of table."""
