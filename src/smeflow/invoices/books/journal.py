"""The purchase journal: entries and their postings, the formats they are written in, and the firm's accounts.

The accounts are the section ``[books]`` of ``smeflow.toml``.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from smeflow._text import sha256
from smeflow.i18n import Phrase, say
from smeflow.kinds.lookup import KindTable

ZERO = Decimal(0)


class NotBookable(Exception):
    """An invoice that makes no entry; the phrase says why and what to do."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One line of an entry."""

    account: str
    name: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    aux: str = ""
    """The supplier's own account, behind the collective one."""
    aux_name: str = ""

    @property
    def mirrored(self) -> "Posting":
        """The same on the other side."""
        return replace(self, debit=self.credit, credit=self.debit)


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """The postings of one document. Debit and credit are equal."""

    day: date
    """When it is booked."""
    reference: str
    """The document's number."""
    document_day: date
    label: str
    postings: tuple[Posting, ...]

    @property
    def balanced(self) -> bool:
        """Whether debit and credit are equal."""
        return sum((p.debit - p.credit for p in self.postings), ZERO) == 0

    def reversed_on(self, day: date, label: str) -> "JournalEntry":
        """Take it back: every posting on the other side."""
        return replace(self, day=day, label=label, postings=tuple(p.mirrored for p in self.postings))


@dataclass(frozen=True, kw_only=True)
class NumberedEntry:
    """An entry with its number in the journal."""

    number: int
    entry: JournalEntry


@dataclass(frozen=True, kw_only=True)
class FiledEntry:
    """An entry as it stands in a file that left earlier."""

    number: int
    reference: str
    """The document's number."""
    aux: str
    """The supplier's own account."""
    owed: Decimal
    """To the supplier; negative where the entry takes something back."""


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The journal entries are written in."""

    code: str
    name: str
    currency: str = "EUR"
    year_start: str = "01-01"
    """Month and day the firm's financial year begins."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the firm says of the format: ``[books.formats.NAME]`` in ``smeflow.toml``."""

    def option(self, name: str, form: str) -> str:
        """Give what the firm says of the format *form*.

        Raises:
            ValueError: It says nothing, and the format cannot do without.
        """
        if not self.options.get(name):
            raise ValueError(
                say("the format {form} needs {key}: write it under [books.formats.{form}] in smeflow.toml",
                    form=form, key=name)
            )  # fmt: skip
        return self.options[name]


@dataclass(frozen=True, kw_only=True)
class BooksFormat:
    """How a batch of entries is written for an accounting program; the same entries give the same bytes."""

    write: Callable[[Sequence[NumberedEntry], Journal, str], bytes]
    """Gets the entries, the journal and what stands between columns.

    What it cannot write is a ``ValueError`` whose phrase says which entry and why."""
    ending: str = ".txt"
    """Of the file's name; with a star, ``EXTF_*.csv``, the name stands in its place."""
    separators: Mapping[str, str] = field(default_factory=dict)
    """What may stand between columns, by the word for it; the first unless told."""
    read: Callable[[bytes, Journal], Iterable[FiledEntry]] | None = None
    """Reads what was written, so that numbers go on behind files the ledger does not know; never raises."""

    def separator(self, word: str) -> str:
        """Give what *word* stands for.

        Raises:
            ValueError: This format knows no such separator; the phrase says which it knows.
        """
        if not word:
            return next(iter(self.separators.values()), "")
        if word not in self.separators:
            known = ", ".join(self.separators) or "–"
            raise ValueError(say("{key} must be one of {wanted}", key="separator", wanted=known))
        return self.separators[word]


class BooksOnDisk:
    """What stands in the files of a journal that a ledger does not know: it was restored, or begun anew."""

    def __init__(self) -> None:
        self.last, self.nth = 0, 0
        self._standing: dict[tuple[str, str], tuple[Decimal, str, int]] = {}

    @classmethod
    def read(
        cls,
        folder: Path | None,
        written_as: BooksFormat,
        journal: Journal,
        known: Collection[str],
        numbers: Sequence[range],
        *,
        lost: Mapping[str, bytes],
    ) -> "BooksOnDisk":
        """Read the batches in *folder* but those whose hash is *known*; *numbers* are the ledger's own.

        *lost* are files by name that another ledger wrote, wherever they are now.
        """
        on_disk, seen = cls(), set(known)
        named = re.compile(rf"(?:\w+_)?{journal.code}-\d{{4}}-\d\d-(\d{{4,}})(?:-[a-z]+)?(\.new\d*)?\.\w+")
        files = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else ()
        there = (
            (file.name, file.read_bytes()) for file in files if named.fullmatch(file.name) and file.is_file()
        )
        for name, data in (*there, *lost.items()):
            match = named.fullmatch(name)
            if match is None or (digest := sha256(data)) in seen:
                continue
            seen.add(digest)
            on_disk.nth = max(on_disk.nth, int(match[1]))
            if written_as.read is not None and name.endswith(written_as.ending.rpartition("*")[2]):
                on_disk._add(written_as.read(data, journal), name, numbers)
        return on_disk

    def _add(self, entries: Iterable[FiledEntry], file: str, numbers: Sequence[range]) -> None:
        for entry in entries:
            self.last = max(self.last, entry.number)
            if not any(entry.number in own for own in numbers):
                key = (entry.aux, entry.reference)
                before = self._standing.get(key, (ZERO, "", 0))[0]
                self._standing[key] = (before + entry.owed, file, entry.number)

    def objection(self, entry: JournalEntry) -> tuple[Phrase, bool] | None:
        """Say where the document of *entry* is booked already, and whether over the same amount."""
        owing = [posting for posting in entry.postings if posting.aux]
        owed = sum((posting.credit - posting.debit for posting in owing), ZERO)
        key = (owing[0].aux if owing else "", " ".join(entry.reference.split()))
        booked, file, number = self._standing.get(key, (ZERO, "", 0))
        if not booked:
            return None
        return (
            say(
                "booked already over {amount} in {file}, entry {number}, which this ledger does not know",
                amount=abs(booked),
                file=file,
                number=number,
            ),
            booked == owed,
        )


FORMATS = KindTable(
    "books",
    {
        "fec": "smeflow.invoices.books.fec:FEC",
        "datev": "smeflow.invoices.books.datev:DATEV",
        "sage": "smeflow.invoices.books.sage:SAGE",
    },
)
"""A further format is one file with a `BooksFormat` and a row, or an entry point in ``smeflow.books``."""
DEFAULT_FORMAT = "fec"


def find_format(name: str) -> BooksFormat:
    """Give the format called *name*.

    Raises:
        ValueError: There is none; the phrase says which there are.
        KindError: A package's own cannot be loaded.
    """
    if name not in FORMATS.names():
        known = ", ".join(FORMATS.names())
        raise ValueError(
            say("{name} is no format of the books; choose from {wanted}", name=name, wanted=known)
        )
    books_format: BooksFormat = FORMATS.find(name)
    return books_format


FRENCH_ACCOUNTS = {
    "401": "Fournisseurs",
    "4091": "Fournisseurs - Avances et acomptes versés",
    "4452": "TVA due intracommunautaire",
    "44571": "TVA collectée",
    "445662": "TVA déductible intracommunautaire",
    "44566": "TVA déductible sur autres biens et services",
    "6": "Achats",
    "602": "Achats stockés - Autres approvisionnements",
    "604": "Achats d'études et prestations de services",
    "606": "Achats non stockés de matières et fournitures",
    "607": "Achats de marchandises",
    "611": "Sous-traitance générale",
    "612": "Redevances de crédit-bail",
    "613": "Locations",
    "615": "Entretien et réparations",
    "616": "Primes d'assurance",
    "618": "Divers services extérieurs",
    "622": "Rémunérations d'intermédiaires et honoraires",
    "623": "Publicité, publications, relations publiques",
    "624": "Transports de biens et transports collectifs du personnel",
    "625": "Déplacements, missions et réceptions",
    "626": "Frais postaux et de télécommunications",
    "627": "Services bancaires et assimilés",
    "628": "Cotisations et services divers",
    "651": "Redevances pour licences, logiciels et droits",
}
"""Names of accounts in the French plan, by how their numbers begin; the longest that fits holds."""


class Books(BaseModel):
    """How invoices become entries of the purchase journal; accounts are of the French plan unless told."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    journal: str = Field(default="HA", pattern=r"^[A-Z0-9]{1,6}$")
    """The journal's code."""
    journal_name: str = "Achats"
    supplier_account: str = "401000"
    """The collective account of suppliers."""
    expense_account: str = ""
    """Where purchases go whose supplier has no ``expense_account`` of its own; empty: they wait for one."""
    vat_account: str = "445660"
    prepayment_account: str = "409100"
    self_assessed_vat_account: str = "445662"
    """Deductible side of the VAT the firm owes itself (reverse charge, intra-Community)."""
    vat_due_account: str = "445200"
    domestic_reverse_charge_vat_account: str = "445660"
    """Deductible side of the VAT the firm owes for a supplier of its own country: building work let to a
    subcontractor (CGI, article 283-2 nonies), waste, gold."""
    domestic_reverse_charge_due_account: str = "445710"
    self_assessed_rate: Decimal = Field(default=Decimal(20), ge=0, le=100)
    """Per cent, where the firm owes the VAT itself: an invoice without VAT does not say its rate."""
    names: dict[str, str] = Field(default_factory=dict)
    """Names of accounts, by number."""
    archive: str = "archive/{year}/{month}/{supplier} {number}"
    """Where documents are filed, in the folder of ``smeflow.toml``; ``{day}`` and ``{kind}`` may be used."""
    formats: dict[str, dict[str, str]] = Field(default_factory=dict)
    """What a format wants to know, by its name: ``[books.formats.datev]``."""

    @field_validator("formats", mode="before")
    @classmethod
    def _as_text(cls, written: object) -> object:
        if not isinstance(written, dict):
            return written
        return {
            name: {key: str(value) for key, value in keys.items()} if isinstance(keys, dict) else keys
            for name, keys in written.items()
        }

    def name_of(self, account: str) -> str:
        """Give an account's name; its number where nothing is known of it."""
        known = {**FRENCH_ACCOUNTS, **self.names}
        matching = [number for number in known if account.startswith(number)]
        return known[max(matching, key=len)] if matching else account
