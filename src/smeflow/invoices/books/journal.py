"""The purchase journal: entries and their postings, the formats they are written in, and the firm's accounts.

The accounts are the section ``[books]`` of ``smeflow.toml``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

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
class Journal:
    """The journal entries are written in."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class BooksFormat:
    """How a batch of entries is written for an accounting program; the same entries give the same bytes."""

    write: Callable[[Sequence[NumberedEntry], Journal, str], bytes]
    """Gets the entries, the journal and what stands between columns."""
    ending: str = ".txt"
    """Of the file's name."""
    separators: Mapping[str, str] = field(default_factory=dict)
    """What may stand between columns, by the word for it; the first unless told."""

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


FORMATS = KindTable("books", {"fec": "smeflow.invoices.books.fec:FEC"})
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
        raise ValueError(say("{key} must be one of {wanted}", key="format", wanted=known))
    books_format: BooksFormat = FORMATS.find(name)
    return books_format


FRENCH_ACCOUNTS = {
    "401": "Fournisseurs",
    "4091": "Fournisseurs - Avances et acomptes versés",
    "4452": "TVA due intracommunautaire",
    "445662": "TVA déductible intracommunautaire",
    "44566": "TVA déductible sur autres biens et services",
    "6": "Achats",
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
    self_assessed_rate: Decimal = Field(default=Decimal(20), ge=0, le=100)
    """Per cent, where the firm owes the VAT itself: an invoice without VAT does not say its rate."""
    names: dict[str, str] = Field(default_factory=dict)
    """Names of accounts, by number."""

    def name_of(self, account: str) -> str:
        """Give an account's name; its number where nothing is known of it."""
        known = {**FRENCH_ACCOUNTS, **self.names}
        matching = [number for number in known if account.startswith(number)]
        return known[max(matching, key=len)] if matching else account
