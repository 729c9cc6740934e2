"""Lines for the text import of Sage 100: eleven columns with tabs between them.

Sage's own description and example, as read on 30 November 2026, is "Exemples mappage import texte / API" at
developer.sage.com/100/fr/saas/guides/samples/exemplesmappage: ``G`` for a general posting, journal, day as
``JJMMAA``, number of the piece, general account, supplier's account, label, way to pay, due day, debit and
credit with a decimal comma. Lines of one journal, day and number are one piece, so the number of a piece is
that of its entry in the journal. The example names no columns in the file and no encoding: a first line with
names is written where ``[books.formats.sage]`` says ``heading = true``, and Windows-1252 unless it says
``encoding = "utf-8"``. The mapping in Sage chooses the columns once, in this order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from smeflow.i18n import say
from smeflow.invoices.books.journal import (
    ZERO,
    BooksFormat,
    FiledEntry,
    Journal,
    JournalEntry,
    NumberedEntry,
    Posting,
)

COLUMNS = ("", "Jou", "Date", "N°", "Général", "Tiers", "Libellé", "Règlement", "Echéance", "Débit", "Crédit")
"""As Sage's example names them, in its order; the first has no name."""
GENERAL = "G"
_ENCODINGS = {"cp1252": "cp1252", "windows-1252": "cp1252", "utf-8": "utf-8"}


def write_sage(entries: Sequence[NumberedEntry], journal: Journal, _separator: str) -> bytes:
    """Write the postings of *entries*, lines ended by CR LF.

    Raises:
        ValueError: The firm asks for an encoding there is none of.
    """
    encoding = _ENCODINGS.get(journal.options.get("encoding", "cp1252").lower())
    if encoding is None:
        raise ValueError(say("{key} must be one of {wanted}", key="encoding", wanted=", ".join(_ENCODINGS)))
    lines: list[tuple[str, ...]] = [COLUMNS] if journal.options.get("heading", "").lower() == "true" else []
    for numbered in entries:
        number, entry = f"{journal.code}{numbered.number:06d}", numbered.entry
        lines += [_line(journal, number, entry, posting) for posting in entry.postings]
    return "".join("\t".join(map(_clean, line)) + "\r\n" for line in lines).encode(encoding, "replace")


def _line(journal: Journal, number: str, entry: JournalEntry, posting: Posting) -> tuple[str, ...]:
    return (
        *(GENERAL, journal.code, _day(entry.day), number, posting.account, posting.aux, entry.label, "", ""),
        *(_amount(posting.debit), _amount(posting.credit)),
    )


def _day(day: date) -> str:
    return f"{day:%d%m%y}"


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _clean(cell: str) -> str:
    """Leave no tab and no line end in a cell, nor what a spreadsheet takes for a formula."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in cell).split())
    return plain.lstrip("=+@")


def read_sage(data: bytes, journal: Journal) -> Iterator[FiledEntry]:
    """Read the entries of *journal* in a file; what is no such file has none.

    The format has no column for the invoice's number: it is the end of the label, its last word here.
    """
    text = data.decode("utf-8-sig" if journal.options.get("encoding") == "utf-8" else "cp1252", "replace")
    cells = [line.split("\t") for line in text.splitlines()]
    rows = [dict(zip(COLUMNS, line, strict=True)) for line in cells if len(line) == len(COLUMNS)]
    ours = [row for row in rows if re.fullmatch(rf"{journal.code}\d+", row["N°"])]
    for number, group in groupby(ours, key=lambda row: row["N°"]):
        postings = list(group)
        owed = [row for row in postings if row["Tiers"]]
        yield FiledEntry(
            number=int(number.removeprefix(journal.code)),
            reference=postings[0]["Libellé"].rpartition(" ")[2],
            aux=owed[0]["Tiers"] if owed else "",
            owed=sum((_value(row, "Crédit") - _value(row, "Débit") for row in owed), ZERO),
        )


def _value(row: Mapping[str, str], column: str) -> Decimal:
    written = row[column].replace(",", ".")
    return Decimal(written) if re.fullmatch(r"\d+(\.\d+)?", written) else ZERO


SAGE = BooksFormat(write=write_sage, ending="*-sage.txt", read=read_sage)
"""The row of this format."""
