"""Put a French *fichier des écritures comptables* into a book: its columns by their legal names."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from smeflow._text import folded, sha256
from smeflow.documents.text import tidy
from smeflow.facts.book import LINE, Book, Held, quoted
from smeflow.facts.delimited import lines_of, refused, text_of
from smeflow.facts.grid import read_bytes
from smeflow.facts.kinds import ReadAs
from smeflow.facts.load import hold_rows
from smeflow.i18n import Phrase, say

COLUMNS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum"),
    *("CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet"),
    *("ValidDate", "Montantdevise", "Idevise"),
)
_NEEDED = ("EcritureNum", "EcritureDate", "CompteNum")
_AMOUNTS = (("Debit", "Credit"), ("Montant", "Sens"))
BALANCE = "Solde"
"""The column we add: debit less credit."""


def hold_fec(book: Book, name: str, path: Path, *, source: str = "") -> Held:
    """Read the file into *book* as the table *name*, with the column ``Solde``.

    Raises:
        SourceError: It is not there, or has not the columns of a FEC.
    """
    called = source or path.name
    data = read_bytes(path, called)
    text = tidy(text_of(data))
    head = text[: text.find("\n")] if "\n" in text else text
    lines = lines_of(text, called, mark=max("\t|;,", key=head.count), quotes=head.startswith('"'))
    columns = _columns(next(lines, (1, []))[1], called)
    held = hold_rows(book, name, columns, _rows(lines, columns), source=called, digest=sha256(data))
    return _with_balance(book, held, columns)


def is_fec(path: Path) -> bool:
    """Whether a file begins with the columns of a FEC."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return False
    line = folded(text_of(head).partition("\n")[0])
    return all(folded(column) in line for column in _NEEDED)


def _columns(header: Sequence[str], called: str) -> list[str]:
    known = {folded(column): column for column in (*COLUMNS, *_AMOUNTS[1])}
    columns = [known.get(folded(cell.strip().strip('"')), cell.strip()) for cell in header]
    missing = [column for column in _NEEDED if column not in columns]
    if not any(set(pair) <= set(columns) for pair in _AMOUNTS):
        missing += _AMOUNTS[0]
    if missing:
        why = say("it is no FEC: it has no column {columns}", columns=", ".join(missing))
        raise refused(called, why)
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


def _with_balance(book: Book, held: Held, columns: Sequence[str]) -> Held:
    """Add the balance of each line, and tell what does not balance."""
    sign = "upper(left(trim(Sens::VARCHAR), 1))"
    amount = (
        "coalesce(Debit, 0) - coalesce(Credit, 0)"
        if "Debit" in columns
        else f"CASE WHEN {sign} IN ('D', '+', '1') THEN Montant ELSE -Montant END"
    )
    table = quoted(held.name)
    for column in ("Debit", "Credit") if "Debit" in columns else ("Montant",):
        if held.columns[column].kind != "number":
            why = say("column {column} holds no amounts", column=column)
            raise refused(held.source, why)
    book.run(f"ALTER TABLE {table} ADD COLUMN {BALANCE} DECIMAL(18, 2)")
    book.run(f"UPDATE {table} SET {BALANCE} = {amount}")
    told = [*held.told, *_unbalanced(book, held)]
    made = Held(
        name=held.name,
        source=held.source,
        sha256=held.sha256,
        columns={**held.columns, BALANCE: ReadAs(kind="number", unit="EUR")},
        scales={**held.scales, BALANCE: 2},
        rows=held.rows,
        told=tuple(told),
    )
    book.tables[held.name] = made
    return made


def _unbalanced(book: Book, held: Held) -> Iterator[Phrase]:
    code = "JournalCode, " if "JournalCode" in held.columns else ""
    found = book.run(
        f"SELECT EcritureNum, min({LINE}), sum({BALANCE}) FROM {quoted(held.name)} "
        f"GROUP BY {code}EcritureNum, EcritureDate HAVING sum({BALANCE}) <> 0 ORDER BY 2"
    ).fetchall()
    if found:
        number, line, amount = found[0]
        yield say(
            "{n} entries of {name} do not balance, such as {entry} in line {line}: {amount}.",
            n=len(found),
            name=held.source,
            entry=number or "–",
            line=line,
            amount=amount,
        )


__all__ = ["BALANCE", "COLUMNS", "hold_fec"]
