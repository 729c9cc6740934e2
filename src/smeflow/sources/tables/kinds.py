"""Which word in ``tables:`` means which kind of table. A new one is a row here."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from smeflow.i18n import say
from smeflow.sources.tables.base import TableFrom
from smeflow.sources.tables.fec import FecTable
from smeflow.sources.tables.file import FileTable
from smeflow.sources.tables.ledger import LedgerTable
from smeflow.sources.tables.query import QueryTable
from smeflow.sources.tables.sql import SqlTable

TABLES: Mapping[str, type[TableFrom]] = {
    kind.word: kind for kind in (FileTable, SqlTable, LedgerTable, FecTable, QueryTable)
}


class _OneOf:
    """Tell Pydantic that a field is one of the kinds of table, chosen by its word."""

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {f"({word})": handler.generate_schema(kind) for word, kind in TABLES.items()}
        union = core_schema.tagged_union_schema(choices, discriminator=_kind_of)
        return core_schema.no_info_before_validator_function(_written, union)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


def _written(value: object) -> object:
    value = {"file": value} if isinstance(value, str) else value
    _kind_of(value)  # said in our words, where a union would name its tags
    return value


def _kind_of(value: object) -> str:
    if isinstance(value, TableFrom):
        return f"({value.word})"
    words = [word for word in TABLES if isinstance(value, Mapping) and word in value]
    if len(words) != 1:
        raise ValueError(say("a table is a file, or one of: {words}", words=", ".join(TABLES)))
    return f"({words[0]})"


OneTable = Annotated[TableFrom, _OneOf()]
"""A field that holds any kind of table."""
