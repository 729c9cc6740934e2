"""A French *fichier des écritures comptables* as a table, its columns by their legal names."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from smeflow._text import folded, sha256
from smeflow.documents.text import normalize_text
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipePath
from smeflow.tables.book import LINE, LoadedTable, PathOrigin, TableBook, quoted
from smeflow.tables.column_types import ColumnType
from smeflow.tables.load import load_rows
from smeflow.tables.read import decode_table, lines_of, read_bytes, refuse_table

FEC_COLUMNS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum"),
    *("CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet"),
    *("ValidDate", "Montantdevise", "Idevise"),
)
_NEEDED = ("EcritureNum", "EcritureDate", "CompteNum")
_AMOUNTS = (("Debit", "Credit"), ("Montant", "Sens"))
BALANCE_COLUMN = "Solde"
"""The column we add: debit less credit."""


def load_fec(book: TableBook, name: str, path: Path, *, source: str = "") -> LoadedTable:
    """Read the file into *book* as the table *name*, with the column ``Solde``.

    Raises:
        SourceError: It is not there, or has not the columns of a FEC.
    """
    label = source or path.name
    data = read_bytes(path, label)
    text = normalize_text(decode_table(data))
    head = text[: text.find("\n")] if "\n" in text else text
    lines = lines_of(text, label, mark=max("\t|;,", key=head.count), quotes=head.startswith('"'))
    columns = _columns(next(lines, (1, []))[1], label)
    loaded = load_rows(book, name, columns, _rows(lines, columns), source=label, digest=sha256(data))
    return _with_balance(book, loaded)


def is_fec(path: Path) -> bool:
    """Whether a file begins with the columns of a FEC."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return False
    line = folded(decode_table(head).partition("\n")[0])
    return all(folded(column) in line for column in _NEEDED)


def _columns(header: Sequence[str], label: str) -> list[str]:
    known = {folded(column): column for column in (*FEC_COLUMNS, *_AMOUNTS[1])}
    columns = [known.get(folded(cell.strip().strip('"')), cell.strip()) for cell in header]
    missing = [column for column in _NEEDED if column not in columns]
    if not any(set(pair) <= set(columns) for pair in _AMOUNTS):
        missing += _AMOUNTS[0]
    if missing:
        why = say("it is no FEC: it has no column {columns}", columns=", ".join(missing))
        raise refuse_table(label, why)
    return columns


def _rows(lines: Iterator[tuple[int, list[str]]], columns: Sequence[str]) -> Iterator[Sequence[str]]:
    width = len(columns)
    empty = [""] * width
    amounts = [columns.index(c) for pair in _AMOUNTS for c in pair if c in columns and c != "Sens"]
    for _, cells in lines:
        if any(cell.strip() for cell in cells):
            full = [*cells, *empty][:width]
            for at in amounts:
                full[at] = full[at].strip() or "0"
            yield full


def _with_balance(book: TableBook, table: LoadedTable) -> LoadedTable:
    """Add the balance of each line, and tell what does not balance."""
    two_columns = "Debit" in table.columns
    amounts = ("Debit", "Credit") if two_columns else ("Montant",)
    balance = "coalesce(Debit, 0) - coalesce(Credit, 0)"
    if not two_columns:
        sign = "upper(left(trim(Sens::VARCHAR), 1))"
        balance = f"CASE WHEN {sign} IN ('D', '+', '1') THEN Montant ELSE -Montant END"
    for column in amounts:
        if table.columns[column].kind != "number":
            raise refuse_table(table.source, say("column {column} holds no amounts", column=column))
    book.run(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {BALANCE_COLUMN} DECIMAL(18, 2)")
    book.run(f"UPDATE {quoted(table.name)} SET {BALANCE_COLUMN} = {balance}")
    return book.add(
        replace(
            table,
            columns={**table.columns, BALANCE_COLUMN: ColumnType(kind="number", unit="EUR")},
            scales={**table.scales, BALANCE_COLUMN: 2},
            notes=(*table.notes, *_unbalanced(book, table)),
        )
    )


def _unbalanced(book: TableBook, table: LoadedTable) -> Iterator[Phrase]:
    code = "JournalCode, " if "JournalCode" in table.columns else ""
    entries = book.run(
        f"SELECT EcritureNum, min({LINE}), sum({BALANCE_COLUMN}) FROM {quoted(table.name)} "
        f"GROUP BY {code}EcritureNum, EcritureDate HAVING sum({BALANCE_COLUMN}) <> 0 ORDER BY 2"
    ).fetchall()
    if entries:
        number, line, amount = entries[0]
        yield say(
            "{n} entries of {name} do not balance, such as {entry} in line {line}: {amount}.",
            n=len(entries),
            name=table.source,
            entry=number or "–",
            line=line,
            amount=amount,
        )


class FecTable(PathOrigin):
    """A FEC (Livre des procédures fiscales, article A47 A-1): ``{fec: 123456789FEC20261231.txt}``.

    Its rows have the columns of the law; rows of the opening and closing of a year are told apart.
    """

    word: ClassVar[str] = "fec"
    fec: RecipePath
    """The file, relative to the recipe: tab or ``|`` between columns, ``Debit`` and ``Credit`` or ``Montant``
    and ``Sens``."""

    @property
    def dated(self) -> str | None:
        """The day of the entry."""
        return self.date or "EcritureDate"

    def load_into(self, book: TableBook, name: str) -> LoadedTable:
        """Read the file."""
        return load_fec(book, name, self._path, source=self._shown)
