"""Measures over a firm's own books (a FEC): revenue, expenses, VAT, and who has not paid, by lettering."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import Field, field_validator

from smeflow.facts.book import FactError, Held, literal, quoted
from smeflow.facts.measures.ageing import Ageing
from smeflow.facts.measures.base import Chosen, Desk
from smeflow.facts.measures.top import Top
from smeflow.facts.measures.totals import Total
from smeflow.facts.report import FactValue
from smeflow.i18n import Phrase, say

BALANCE = "Solde"


@dataclass(frozen=True, slots=True)
class _Account:
    numbers: tuple[str, ...]
    credit: bool
    """Whether what is credited counts as more."""
    stands: bool = False
    """Whether it is what stands at the end of the period, and not what moved in it."""


_NAMED: Mapping[str, _Account] = {
    "revenue": _Account(("70",), credit=True),
    "expenses": _Account(("6",), credit=False),
    "purchases": _Account(("60",), credit=False),
    "payroll": _Account(("64",), credit=False),
    "result": _Account(("6", "7"), credit=True),
    "vat_collected": _Account(("4457",), credit=True),
    "vat_deductible": _Account(("4456",), credit=False),
    "vat_due": _Account(("4456", "4457"), credit=True),
    "cash": _Account(("51", "53"), credit=False, stands=True),
    "customers": _Account(("411",), credit=False, stands=True),
    "suppliers": _Account(("401",), credit=True, stands=True),
}
_CREDIT = ("1", "40", "42", "43", "44", "7")


class Accounts(Total):
    """Add up accounts of a FEC: ``{accounts: revenue}``, ``{accounts: ["706", "707"]}``.

    Names: ``revenue`` (class 70), ``expenses`` (class 6), ``purchases``, ``payroll``, ``result``,
    ``vat_collected``, ``vat_deductible``, ``vat_due``; and what stands at the end of the period: ``cash``,
    ``customers``, ``suppliers``.
    """

    word: ClassVar[str] = "accounts"
    adds_up: ClassVar[bool] = True
    accounts: str | tuple[str, ...]
    """A name, or the first digits of account numbers."""
    credit: bool | None = None
    """Whether what is credited counts as more; by the account's class unless told."""
    stands: bool | None = None
    """Whether it is the balance at the end of the period, and not what moved in it."""

    @field_validator("accounts", mode="before")
    @classmethod
    def _digits(cls, accounts: object) -> object:
        listed = accounts if isinstance(accounts, list | tuple) else [accounts]
        told = [str(each) for each in listed]
        if len(told) == 1 and told[0] in _NAMED:
            return told[0]
        if not told or not all(each.isdigit() for each in told):
            raise ValueError(
                say("accounts are numbers, or one of: {words}", words=", ".join(_NAMED)),
            )
        return tuple(told)

    @property
    def _what(self) -> _Account:
        if isinstance(self.accounts, str):
            found = _NAMED[self.accounts]
        else:
            found = _Account(self.accounts, credit=self.accounts[0].startswith(_CREDIT))
        return replace(
            found,
            credit=found.credit if self.credit is None else self.credit,
            stands=found.stands if self.stands is None else self.stands,
        )

    @property
    def of(self) -> str:
        """The column that is added up."""
        return BALANCE

    def chosen(self, desk: Desk) -> Chosen:
        """Choose the lines of the accounts."""
        rows = super().chosen(desk)
        return replace(rows, conditions=(*rows.conditions, of_accounts(rows.held, self._what.numbers)))

    def placed(self, rows: Chosen, desk: Desk) -> Chosen:
        """Choose the lines that count for the period: those in it, or all up to its end."""
        if self._what.stands and desk.window and self.period == "this":
            return rows.until(desk.window.last)
        return super().placed(rows, desk)

    def query(self, chosen: Chosen) -> str:
        """Write the query."""
        sign = "-" if self._what.credit else ""
        return chosen.sql(f"coalesce({sign}sum({quoted(chosen.held.column(BALANCE))}), 0)")

    def unit_of(self, written: str, held: Held) -> str:
        """Give the currency of the books."""
        return self.unit or super().unit_of(written, held)


def of_accounts(held: Held, numbers: tuple[str, ...]) -> str:
    """Write the condition for lines of accounts that begin with *numbers*."""
    column = quoted(held.column("CompteNum"))
    return " OR ".join(f"starts_with({column}, {literal(number)})" for number in numbers)


class Receivables(Ageing):
    """Tell what customers owe at the end of the period, by days overdue: ``{receivables: "411", terms: 30}``.

    Of a FEC, by lettering: a line counts while it has no letter, or one that was given later. What was paid
    and belongs to no invoice is taken off.
    """

    word: ClassVar[str] = "receivables"
    owed_credit: ClassVar[bool] = False
    ageing: str = Field(default="411", alias="receivables")
    """The first digits of the accounts."""
    due: str = ""
    """The column with the day it is due, where the file has one; else `terms` after the document's day."""
    terms: int = Field(default=30, ge=0, le=365)
    """Days from the document to the day it is due."""
    n: int = Field(default=5, ge=1, le=50)
    """How many names are told."""

    @field_validator("ageing", mode="before")
    @classmethod
    def _number(cls, ageing: object) -> object:
        return str(ageing) if isinstance(ageing, int) else ageing

    def facts(self, name: str, desk: Desk) -> Iterator[FactValue]:
        """Give the classes, the sums, and who owes most as ``NAME.names``."""
        yield from super().facts(name, desk)
        rows = self.open_rows(desk)
        if "CompAuxLib" not in rows.held.columns:
            return
        top = Top(
            top="coalesce(CompAuxLib, CompteLib, CompteNum)",
            by=self.amount(rows.held),
            n=self.n,
            table=self.table,
            where=rows.where,
            period="all",
            unit=self.unit_of(BALANCE, rows.held),
            digits=2 if self.digits is None else self.digits,
            label=desk.word(say("Who owes most") if not self.owed_credit else say("Whom we owe most")),
            heading=desk.word(say("Name")),
        )
        for fact in top.facts(f"{name}.names", desk):
            yield replace(fact, people=True, note=say("as of {day}", day=self.day(name, desk)))

    def open_rows(self, desk: Desk) -> Chosen:
        """Choose the lines that were open at the end of the day."""
        rows = super().open_rows(desk)
        held, day = rows.held, self.day(self.word, desk)
        letter = f"coalesce(CAST({quoted(held.column('EcritureLet'))} AS VARCHAR), '')"
        lettered_later = ""
        if held.columns.get("DateLet") and held.columns["DateLet"].kind == "date":
            lettered_later = f" OR \"DateLet\" > DATE '{day}'"
        return replace(
            rows,
            conditions=(
                *rows.conditions,
                of_accounts(held, (self.ageing,)),
                f"{letter} = ''{lettered_later}",
            ),
        )

    def amount(self, held: Held) -> str:
        """Give the SQL of what is owed."""
        sign = "-" if self.owed_credit else ""
        return f"{sign}{quoted(held.column(BALANCE))}"

    def due_day(self, held: Held) -> str:
        """Give the SQL of the day it is due."""
        if self.due:
            return quoted(held.column(self.due))
        days = [
            c for c in ("PieceDate", "EcritureDate") if held.columns.get(c) and held.columns[c].kind == "date"
        ]
        if not days:
            raise FactError(
                say("Table {table} has no column with days; name one with date.", table=held.name)
            )
        return f"(coalesce({', '.join(map(quoted, days))}) + {self.terms})"

    def told(self, rows: Chosen, desk: Desk) -> Phrase:
        """Say on which day, and by what."""
        day = self.day(self.word, desk)
        letters = rows.held.column("EcritureLet")
        any_letter = desk.book.select(
            f"SELECT count({quoted(letters)}) FROM {quoted(rows.held.name)} "
            f"WHERE {of_accounts(rows.held, (self.ageing,))}"
        )[1][0][0]
        if not any_letter:
            return say("as of {day}; no line of account {account} is lettered, so every one counts as open",
                       day=day, account=self.ageing)  # fmt: skip
        if self.due:
            return say("as of {day}; lines without a letter", day=day)
        return say(
            "as of {day}; lines without a letter, due {n} days after the document", day=day, n=self.terms
        )

    def unit_of(self, written: str, held: Held) -> str:
        """Give the currency of the books."""
        return self.unit or held.columns[held.column(BALANCE)].unit

    def scale(self, written: str, held: Held) -> int | None:
        """Give two digits unless told."""
        return 2 if self.digits is None else self.digits


class Payables(Receivables):
    """Tell what the firm owes its suppliers, by days overdue: ``{payables: "401", terms: 30}``."""

    word: ClassVar[str] = "payables"
    owed_credit: ClassVar[bool] = True
    ageing: str = Field(default="401", alias="payables")
    """The first digits of the accounts."""
