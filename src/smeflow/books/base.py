"""An entry as bookkeeping knows it: postings that balance, for one document."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smeflow.i18n import Phrase

ZERO = Decimal(0)


class Unbooked(Exception):
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
    def turned(self) -> "Posting":
        """The same on the other side."""
        return replace(self, debit=self.credit, credit=self.debit)


@dataclass(frozen=True, kw_only=True)
class Entry:
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

    def reversed_on(self, day: date, label: str) -> "Entry":
        """Take it back: every posting on the other side."""
        return replace(self, day=day, label=label, postings=tuple(p.turned for p in self.postings))
