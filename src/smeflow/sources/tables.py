"""The tables a report is computed from: how a recipe names each, and how it gets into the book."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from smeflow._paths import resolve, shown
from smeflow.facts.book import Book, Held
from smeflow.i18n import say


class TableFrom(BaseModel):
    """Where a table comes from. A kind is a class with one more field, its own word."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    word: ClassVar[str]
    """What a recipe calls it: ``file``, ``sql``."""

    date: str | None = None
    """The column that says when a row happened; the first column with days unless told."""

    @property
    def shown(self) -> str:
        """What a person calls it."""
        raise NotImplementedError

    def hold(self, book: Book, name: str) -> Held:
        """Read it into *book* under *name*.

        Raises:
            SourceError: It cannot be read.
        """
        raise NotImplementedError


class FileTable(TableFrom):
    """A file: CSV, a spreadsheet or JSON."""

    word: ClassVar[str] = "file"
    file: str
    """The file, relative to the recipe."""
    sheet: str | None = None
    """The sheet of a spreadsheet; the one with the most cells unless told."""
    _path: Path = PrivateAttr()
    _shown: str = PrivateAttr()

    @field_validator("file")
    @classmethod
    def _inside(cls, file: str, info: ValidationInfo) -> str:
        resolve(file, info.context)
        return file

    def model_post_init(self, context: Any, /) -> None:
        """Find the file."""
        self._path = resolve(self.file, context)
        self._shown = shown(self._path, context) if context else self.file

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def shown(self) -> str:
        """The file as the recipe names it."""
        return self._shown

    def hold(self, book: Book, name: str) -> Held:
        """Read the file."""
        from smeflow.facts.load import hold_file

        return hold_file(book, name, self._path, source=self._shown, sheet=self.sheet)


TABLES: Mapping[str, type[TableFrom]] = {kind.word: kind for kind in (FileTable,)}
"""Which word means which kind of table. A new one is a row here."""


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
