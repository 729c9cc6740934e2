"""A batch of postings for DATEV: the *DATEV-Format*, header version 700, category 21, format version 13.

DATEV's own description, as read on 30 November 2026:

- developer.datev.de/datev/platform/de/dtvf/einstieg: how the file is made up, its name, an example with
  every column;
- developer.datev.de/datev/platform/en/dtvf/formate/header: the 31 fields of the first line;
- developer.datev.de/datev/platform/de/dtvf/formate/buchungsstapel: the fields of a posting.

Wants ``[books.formats.datev]`` with ``consultant`` and ``client``, the tax adviser's numbers for himself and
for the firm; ``chart`` (``03``, ``04``) may be told. Accounts are numbers: general ones of one length, from
four to eight digits, suppliers' of one digit more. VAT stands in postings of its own, so no tax key is
written: an account that DATEV computes VAT on by itself needs ``key = "0040"``, which puts that out of force.
"""

import csv
import io
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

_PAIRS = {"Beleginfo": 8, "Zusatzinformation": 20}
COLUMNS = (
    *("Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz"),
    *("WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum"),
    *("Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext", "Postensperre", "Diverse Adressnummer"),
    *("Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink"),
    *(f"Beleginfo - {word} {n}" for n in range(1, _PAIRS["Beleginfo"] + 1) for word in ("Art", "Inhalt")),
    *("KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)"),
    *("EU-Steuersatz (Bestimmung)", "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L"),
    *("BU 49 Hauptfunktionstyp", "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung"),
    *(
        f"Zusatzinformation{gap}{word} {n}"
        for n in range(1, _PAIRS["Zusatzinformation"] + 1)
        for gap, word in ((" - ", "Art"), ("- ", "Inhalt"))
    ),
    *("Stück", "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit"),
    *("Skontotyp", "Auftragsnummer", "Buchungstyp", "USt-Schlüssel (Anzahlungen)"),
    *("EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)", "EU-Steuersatz (Anzahlungen)"),
    *("Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID", "KOST-Datum", "SEPA-Mandatsreferenz"),
    *("Skontosperre", "Gesellschaftername", "Beteiligtennummer", "Identifikationsnummer", "Zeichnernummer"),
    *("Postensperre bis", "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung"),
    *("Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)", "Steuersatz"),
    *("Land", "Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)"),
    *("EU-Steuersatz (Ursprung)", "Abw. Skontokonto"),
)
"""The 125 columns in DATEV's order."""
_TEXT_NUMBERS = {2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 91, 95, 96, 98, 102}
_TEXT_NUMBERS |= {103, 105, 107, 109, 110, 112, 118, 120, 121, 123}
TEXTS = frozenset(column for n, column in enumerate(COLUMNS, 1) if n in _TEXT_NUMBERS)
"""Columns that are text: in quotes, empty ones too."""
_AMOUNT, _SIDE, _CURRENCY, _ACCOUNT, _AGAINST, _KEY, _DAY, _NUMBER, _LABEL = (
    COLUMNS[n - 1] for n in (1, 2, 3, 7, 8, 9, 10, 11, 14)
)
_INVOICE, _ENTRY = "Rechnungsnummer", "Buchungsnummer"
"""What stands in the first two *Beleginfo*: the number as printed, and the entry's in the journal."""
MOST_LABEL, MOST_NUMBER = 60, 36
_BATCH_NAME = "Buchungsstapel"


def write_datev(entries: Sequence[NumberedEntry], journal: Journal, _separator: str) -> bytes:
    """Write the postings of *entries*: Windows-1252, ``;`` between fields, a decimal comma, CR LF.

    Raises:
        ValueError: A number of the tax adviser is missing, or an account is none that DATEV has.
    """
    length = _account_length(entries)
    lines = [_header(entries, journal, length), ";".join(COLUMNS)]
    for numbered in entries:
        number = f"{journal.code}{numbered.number:06d}"
        lines += [_line(cells) for cells in _postings(numbered.entry, number, journal)]
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252", "replace")


def _account_length(entries: Sequence[NumberedEntry]) -> int:
    """Find how long the numbers of general accounts are; those of suppliers are one digit longer."""
    lengths: dict[int, str] = {}
    for numbered in entries:
        for posting in numbered.entry.postings:
            account = posting.aux or posting.account
            general = len(account) - 1 if posting.aux else len(account)
            if not account.isascii() or not account.isdecimal() or not 4 <= general <= 8:
                raise ValueError(
                    say(
                        "DATEV takes no account {account} ({reference}): numbers of 4 to 8 digits, "
                        "a supplier's of one more",
                        account=account,
                        reference=numbered.entry.reference,
                    )
                )
            lengths.setdefault(general, account)
    if len(lengths) > 1:
        raise ValueError(
            say(
                "DATEV wants all accounts of one length, a supplier's one digit longer; "
                "these differ: {accounts}",
                accounts=", ".join(lengths.values()),
            )
        )
    return next(iter(lengths), 4)


def _header(entries: Sequence[NumberedEntry], journal: Journal, length: int) -> str:
    days = [numbered.entry.day for numbered in entries]
    first, last = min(days), max(days)
    begin = date.fromisoformat(f"{first.year}-{journal.year_start}")
    begin = begin if begin <= first else begin.replace(year=begin.year - 1)
    name = re.sub(r"[^\w./ -]", "", f"{journal.name[:22]} {first:%Y-%m}")
    fields = [
        *(_quoted("EXTF"), "700", "21", _quoted(_BATCH_NAME), "13"),
        *(f"{last:%Y%m%d}000000000", ""),  # the last day, not now: equal entries give equal bytes
        *(_quoted("RE"), _quoted(""), _quoted("")),
        *(journal.option("consultant", "datev"), journal.option("client", "datev")),
        *(f"{begin:%Y%m%d}", str(length), f"{first:%Y%m%d}", f"{last:%Y%m%d}"),
        *(_quoted(name), _quoted(""), "1", "0", "0", _quoted(journal.currency)),
        *(
            "",
            _quoted(""),
            "",
            "",
            _quoted(journal.options.get("chart", "")),
            "",
            "",
            _quoted(""),
            _quoted(""),
        ),
    ]
    return ";".join(fields)


def _postings(entry: JournalEntry, number: str, journal: Journal) -> Iterator[Mapping[str, str]]:
    """Give a line for each posting against the supplier; the two sides of one VAT against each other."""
    supplier = next((posting.aux for posting in entry.postings if posting.aux), "")
    others = [posting for posting in entry.postings if not posting.aux]
    while others:
        posting = others.pop(0)
        against = supplier
        if others and _cancels(posting, others[0]):
            against = others.pop(0).account
        amount = posting.debit - posting.credit
        if not amount:
            continue
        yield {
            _AMOUNT: f"{abs(amount):.2f}".replace(".", ","),
            _SIDE: "S" if amount > 0 else "H",
            _CURRENCY: journal.currency,
            _ACCOUNT: posting.account,
            _AGAINST: against,
            _KEY: journal.options.get("key", ""),
            _DAY: f"{entry.day:%d%m}",
            _NUMBER: re.sub(r"[^A-Za-z0-9$&%*+/_-]", "", entry.reference)[:MOST_NUMBER],
            _LABEL: entry.label[:MOST_LABEL],
            "Beleginfo - Art 1": _INVOICE,
            "Beleginfo - Inhalt 1": entry.reference[:210],
            "Beleginfo - Art 2": _ENTRY,
            "Beleginfo - Inhalt 2": number,
            "Festschreibung": "0",
        }


def _cancels(posting: Posting, other: Posting) -> bool:
    return bool(posting.debit and posting.debit == other.credit) or bool(
        posting.credit and posting.credit == other.debit
    )


def _line(cells: Mapping[str, str]) -> str:
    return ";".join(
        _quoted(cells.get(column, "")) if column in TEXTS else cells.get(column, "") for column in COLUMNS
    )


def _quoted(text: str) -> str:
    """Put a text in quotes, without signs that end a line."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return '"' + plain.replace('"', '""') + '"'


def read_datev(data: bytes, journal: Journal) -> Iterator[FiledEntry]:
    """Read the entries of *journal* in a file; what is no such file has none."""
    lines = list(csv.reader(io.StringIO(data.decode("cp1252", "replace"), newline=""), delimiter=";"))
    if len(lines) < 2 or lines[0][:3] != ["EXTF", "700", "21"] or tuple(lines[1]) != COLUMNS:
        return
    rows = [dict(zip(COLUMNS, line, strict=False)) for line in lines[2:]]
    ours = [row for row in rows if re.fullmatch(rf"{journal.code}\d+", row.get("Beleginfo - Inhalt 2", ""))]
    for number, group in groupby(ours, key=lambda row: row["Beleginfo - Inhalt 2"]):
        postings = list(group)
        length = max(len(row[_AGAINST]) for row in postings)
        owing = [row for row in postings if len(row[_AGAINST]) == length]
        yield FiledEntry(
            number=int(number.removeprefix(journal.code)),
            reference=postings[0]["Beleginfo - Inhalt 1"],
            aux=owing[0][_AGAINST],
            owed=sum((_value(row) for row in owing), ZERO),
        )


def _value(row: Mapping[str, str]) -> Decimal:
    written = row[_AMOUNT].replace(",", ".")
    amount = Decimal(written) if re.fullmatch(r"\d+(\.\d+)?", written) else ZERO
    return amount if row[_SIDE] == "S" else -amount


DATEV = BooksFormat(write=write_datev, ending="EXTF_*.csv", read=read_datev)
"""The row of this format."""
