"""A French *fichier des écritures comptables*: the firm's own books as a table."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve, shown
from smeflow.sources.tables.base import Book, Held, TableFrom


class FecTable(TableFrom):
    """A FEC (Livre des procédures fiscales, article A47 A-1): ``{fec: 123456789FEC20261231.txt}``.

    Its rows have the columns of the law; rows of the opening and closing of a year are told apart.
    """

    word: ClassVar[str] = "fec"
    fec: str
    """The file, relative to the recipe: tab or ``|`` between columns, ``Debit`` and ``Credit`` or ``Montant``
    and ``Sens``."""
    _path: Path = PrivateAttr()
    _shown: str = PrivateAttr()

    @field_validator("fec")
    @classmethod
    def _inside(cls, fec: str, info: ValidationInfo) -> str:
        resolve(fec, info.context)
        return fec

    def model_post_init(self, context: Any, /) -> None:
        """Find the file."""
        self._path = resolve(self.fec, context)
        self._shown = shown(self._path, context) if context else self.fec

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def shown(self) -> str:
        """The file as the recipe names it."""
        return self._shown

    @property
    def dated(self) -> str | None:
        """The day of the entry."""
        return self.date or "EcritureDate"

    def hold(self, book: Book, name: str) -> Held:
        """Read the file."""
        from smeflow.facts.accounts import hold_fec

        return hold_fec(book, name, self._path, source=self._shown)
