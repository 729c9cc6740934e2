"""A table that is a file: CSV of any encoding and separator, a spreadsheet, JSON."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve, shown
from smeflow.sources.tables.base import Book, Held, TableFrom


class FileTable(TableFrom):
    """A file: ``{file: sales.xlsx, sheet: 2026, date: day}``, or its path alone."""

    word: ClassVar[str] = "file"
    file: str
    """The file (CSV, XLSX, ODS, JSON), relative to the recipe."""
    sheet: str | None = None
    """The sheet of a spreadsheet; unless told the first, or another that holds far more cells."""
    _path: Path = PrivateAttr()
    _shown: str = PrivateAttr()

    @field_validator("file")
    @classmethod
    def _inside(cls, file: str, info: ValidationInfo) -> str:
        resolve(file, info.context)
        return file

    @field_validator("sheet", mode="before")
    @classmethod
    def _sheet_of_a_year(cls, sheet: object) -> object:
        return str(sheet) if isinstance(sheet, int) else sheet

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
