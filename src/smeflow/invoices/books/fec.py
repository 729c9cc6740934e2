"""Lines as in the French *fichier des écritures comptables* (Livre des procédures fiscales, article A47 A-1).

What is written here are draft entries to import: ``ValidDate`` stays empty. The legal file is made by the
accounting program that validates them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from smeflow.invoices.books.journal import (
    ZERO,
    BooksFormat,
    FiledEntry,
    Journal,
    JournalEntry,
    NumberedEntry,
    Posting,
)

COLUMNS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum"),
    *("CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet"),
    *("ValidDate", "Montantdevise", "Idevise"),
)
"""In their legal order."""


def write_fec(entries: Sequence[NumberedEntry], journal: Journal, separator: str) -> bytes:
    """Write the lines of *entries*: UTF-8, a decimal comma, days as ``20261031``, lines ended by CR LF."""
    lines: list[tuple[str, ...]] = [COLUMNS]
    for numbered in entries:
        number, entry = f"{journal.code}{numbered.number:06d}", numbered.entry
        lines += [(journal.code, journal.name, number, *_line(entry, posting)) for posting in entry.postings]
    return "".join(separator.join(_clean(cell) for cell in line) + "\r\n" for line in lines).encode()


def _line(entry: JournalEntry, posting: Posting) -> tuple[str, ...]:
    """Give the columns behind the entry's number."""
    return (
        _day(entry.day),
        posting.account,
        posting.name,
        posting.aux,
        posting.aux_name,
        entry.reference,
        _day(entry.document_day),
        entry.label,
        _amount(posting.debit),
        _amount(posting.credit),
        *("",) * 5,
    )


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _clean(cell: str) -> str:
    """Leave no separator and no line end in a cell, nor what a spreadsheet takes for a formula."""
    plain = " ".join(cell.replace("|", "/").split())
    return plain.lstrip("=+@") if plain[:1] in "=+@" else plain


def read_fec(data: bytes, journal: Journal) -> Iterator[FiledEntry]:
    """Read the entries of *journal* in a file; what is no such file has none."""
    heads, *lines = data.decode("utf-8-sig", errors="replace").splitlines() or [""]
    separator = "\t" if "\t" in heads else "|"
    if tuple(heads.split(separator)) != COLUMNS:
        return
    rows = [dict(zip(COLUMNS, line.split(separator), strict=False)) for line in lines]
    ours = [row for row in rows if re.fullmatch(rf"{journal.code}\d+", row.get("EcritureNum", ""))]
    for number, group in groupby(ours, key=itemgetter("EcritureNum")):
        postings = list(group)
        owed = [row for row in postings if row.get("CompAuxNum")]
        yield FiledEntry(
            number=int(number.removeprefix(journal.code)),
            reference=postings[0].get("PieceRef", ""),
            aux=owed[0]["CompAuxNum"] if owed else "",
            owed=sum((_value(row, "Credit") - _value(row, "Debit") for row in owed), ZERO),
        )


def _value(row: Mapping[str, str], column: str) -> Decimal:
    written = row.get(column, "").replace(",", ".")
    return Decimal(written) if re.fullmatch(r"-?\d+(\.\d+)?", written) else ZERO


FEC = BooksFormat(write=write_fec, separators={"tab": "\t", "pipe": "|"}, read=read_fec)
"""The row of this format."""
