"""What is owed, by how long it has been due, and what a firm's own books (a FEC) say.

Revenue, VAT, who has not paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date as day_type
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field, field_validator

from smeflow.i18n import Phrase, say
from smeflow.reports.measures.groups import Top
from smeflow.reports.measures.measure import (
    ChosenRows,
    Measure,
    MeasureContext,
    no_days,
    number_column,
    plain_number,
    ratio,
    scalar_fact,
    share_column,
)
from smeflow.reports.measures.totals import Total
from smeflow.tables.book import FactError, LoadedTable, literal, quoted
from smeflow.tables.fec import BALANCE_COLUMN
from smeflow.writing.report import FactColumn, ReportFact

AgeBuckets = Mapping[int, tuple[Decimal, int]]


class Ageing(Measure):
    """Sort amounts by days overdue: ``{ageing: open_amount, due: due_date, days: [0, 30, 60, 90]}``."""

    word: ClassVar[str] = "ageing"
    ageing: str
    """The column or expression with what is still to be paid."""
    due: str
    """The column with the day it was due."""
    paid: str | None = None
    """The column with the day it was paid: what was paid by then is left out."""
    days: tuple[int, ...] = (0, 30, 60, 90)
    """Where one class ends and the next begins; not yet due comes first."""
    at: day_type | None = None
    """The day it is reckoned on; by default the period's last."""

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give a bucket for each class, and what is overdue in all as ``NAME.overdue``."""
        on, now = self.day(name, context), self.open_rows(context)
        value, due = self.amount(now.table), self.due_day(now.table)
        late = f"(DATE '{on}' - {due})"
        cases = "".join(f" WHEN {late} <= {limit} THEN {n}" for n, limit in enumerate(self.days))
        sql = now.sql(
            f"CASE WHEN {due} IS NULL THEN -1{cases} ELSE {len(self.days)} END AS bucket, "
            f"sum({value}), count({value})",
            "GROUP BY 1 ORDER BY 1",
        )
        buckets = {n: (Decimal(str(v or 0)), count) for n, v, count in context.book.select(sql)[1]}
        common: dict[str, Any] = {
            "query": sql,
            "behind": (now.behind(context),),
            "measure": self.word,
            "note": self.as_of(now, context),
        }
        unit = self.unit_of(self.ageing, now.table)
        digits = self.scale(self.ageing, now.table)
        yield self._buckets(name, context, buckets, unit, digits, common)
        whole = sum((v for v, _ in buckets.values()), Decimal(0))
        late_sum = sum((v for n, (v, _) in buckets.items() if n > 0), Decimal(0))
        label, good = self.label_for(name), "down"
        form: dict[str, Any] = {"unit": unit, "digits": digits}
        yield scalar_fact(
            f"{name}.total", context.word(say("{label} in all", label=label)), whole, **form, **common
        )
        title = context.word(say("{label} overdue", label=label))
        yield scalar_fact(f"{name}.overdue", title, late_sum, good=good, **form, **common)
        share = ratio(late_sum, whole, 100)
        title = context.word(say("Share overdue"))
        yield scalar_fact(f"{name}.overdue_share", title, share, unit="%", digits=1, good=good, **common)

    def day(self, name: str, context: MeasureContext) -> day_type:
        """Give the day it is reckoned on.

        Raises:
            FactError: Nobody told one.
        """
        on = self.at or (context.window.last if context.window else None)
        if on is None:
            raise FactError(
                say("{label} needs a day to be reckoned on: give at.", label=self.label_for(name))
            )
        return on

    def open_rows(self, context: MeasureContext) -> ChosenRows:
        """Choose the rows that were open at the end of the day: written by then, and not yet paid."""
        rows, on = self.chosen(context), self.day(self.word, context)
        if self.paid:
            paid = quoted(rows.table.column(self.paid))
            rows = rows.also(f"{paid} IS NULL OR {paid} > DATE '{on}'")
        if rows.day is None or rows.day in {self.due, self.paid}:
            return rows
        day = quoted(rows.day)
        return rows.also(f"{day} IS NULL OR {day} <= DATE '{on}'")

    def amount(self, table: LoadedTable) -> str:
        """Give the SQL of what is still to be paid."""
        return self.value(self.ageing, table)

    def due_day(self, table: LoadedTable) -> str:
        """Give the SQL of the day it was due."""
        return quoted(table.column(self.due))

    def as_of(self, rows: ChosenRows, context: MeasureContext) -> Phrase:
        """Say on which day it is reckoned."""
        return say("as of {day}", day=self.day(self.word, context))

    def _buckets(
        self,
        name: str,
        context: MeasureContext,
        buckets: AgeBuckets,
        unit: str,
        digits: int | None,
        common: dict[str, Any],
    ) -> ReportFact:
        names = {n: context.word(phrase) for n, phrase in enumerate(self._names())}
        if -1 in buckets:
            names = {-1: context.word(say("No due date")), **names}
        whole = sum((v for v, _ in buckets.values()), Decimal(0))
        count = sum(c for _, c in buckets.values())
        rows = []
        for n, label in names.items():
            value, number = buckets.get(n, (Decimal(0), 0))
            rows.append((label, plain_number(value), str(number), plain_number(ratio(value, whole, 100))))
        return ReportFact(
            name=name,
            label=self.label_for(name),
            shape="buckets",
            columns=(
                FactColumn(name="name", label=context.word(say("Overdue"))),
                number_column(name="value", label=self.label_for(name), unit=unit, digits=digits),
                number_column(name="count", label=context.word(say("How many")), digits=0),
                share_column(context),
            ),
            rows=tuple(rows),
            total=(context.word(say("Total")), plain_number(whole), str(count), "100" if whole else None),
            **common,
        )

    def _names(self) -> Iterator[Phrase]:
        yield say("Not yet due") if self.days[0] == 0 else say("Up to {n} days", n=self.days[0])
        for low, high in zip(self.days, self.days[1:], strict=False):
            yield say("{low} to {high} days", low=low + 1, high=high)
        yield say("More than {n} days", n=self.days[-1])


@dataclass(frozen=True, slots=True)
class _AccountGroup:
    numbers: tuple[str, ...]
    credit: bool
    """Whether what is credited counts as more."""
    stands: bool = False
    """Whether it is what stands at the end of the period, and not what moved in it."""


_NAMED_ACCOUNTS: Mapping[str, _AccountGroup] = {
    "revenue": _AccountGroup(("70",), credit=True),
    "expenses": _AccountGroup(("6",), credit=False),
    "purchases": _AccountGroup(("60",), credit=False),
    "payroll": _AccountGroup(("64",), credit=False),
    "result": _AccountGroup(("6", "7"), credit=True),
    "vat_collected": _AccountGroup(("4457",), credit=True),
    "vat_deductible": _AccountGroup(("4456",), credit=False),
    "vat_due": _AccountGroup(("4456", "4457"), credit=True),
    "cash": _AccountGroup(("51", "53"), credit=False, stands=True),
    "customers": _AccountGroup(("411",), credit=False, stands=True),
    "suppliers": _AccountGroup(("401",), credit=True, stands=True),
}
_CREDIT_CLASSES = ("1", "40", "42", "43", "44", "7")


class Accounts(Total):
    """Add up accounts of a FEC: ``{accounts: revenue}``, ``{accounts: ["706", "707"]}``.

    Names: ``revenue`` (class 70), ``expenses`` (class 6), ``purchases``, ``payroll``, ``result``,
    ``vat_collected``, ``vat_deductible``, ``vat_due``; and what stands at the end of the period: ``cash``,
    ``customers``, ``suppliers``.
    """

    word: ClassVar[str] = "accounts"
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
        written = [str(each) for each in listed]
        if len(written) == 1 and written[0] in _NAMED_ACCOUNTS:
            return written[0]
        if not written or not all(each.isdigit() for each in written):
            raise ValueError(
                say("accounts are numbers, or one of: {words}", words=", ".join(_NAMED_ACCOUNTS))
            )
        return tuple(written)

    @property
    def _group(self) -> _AccountGroup:
        if isinstance(self.accounts, str):
            group = _NAMED_ACCOUNTS[self.accounts]
        else:
            group = _AccountGroup(self.accounts, credit=self.accounts[0].startswith(_CREDIT_CLASSES))
        return replace(
            group,
            credit=group.credit if self.credit is None else self.credit,
            stands=group.stands if self.stands is None else self.stands,
        )

    @property
    def of(self) -> str:
        """The column that is added up."""
        return BALANCE_COLUMN

    def chosen(self, context: MeasureContext) -> ChosenRows:
        """Choose the lines of the accounts."""
        rows = super().chosen(context)
        return rows.also(account_condition(rows.table, self._group.numbers))

    def placed(self, rows: ChosenRows, context: MeasureContext) -> ChosenRows:
        """Choose the lines that count for the period: those in it, or all up to its end."""
        if self._group.stands and context.window and self.period == "this":
            return rows.until(context.window.last)
        return super().placed(rows, context)

    def query(self, chosen: ChosenRows) -> str:
        """Write the query."""
        sign = "-" if self._group.credit else ""
        return chosen.sql(f"coalesce({sign}sum({quoted(chosen.table.column(BALANCE_COLUMN))}), 0)")

    def unit_of(self, written: str, table: LoadedTable) -> str:
        """Give the currency of the books."""
        return self.unit or super().unit_of(written, table)


def account_condition(table: LoadedTable, numbers: tuple[str, ...]) -> str:
    """Write the condition for lines of accounts that begin with *numbers*."""
    column = quoted(table.column("CompteNum"))
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

    def facts(self, name: str, context: MeasureContext) -> Iterator[ReportFact]:
        """Give the classes, the sums, and who owes most as ``NAME.names``."""
        yield from super().facts(name, context)
        rows = self.open_rows(context)
        if "CompAuxLib" not in rows.table.columns:
            return
        top = Top(
            top="coalesce(CompAuxLib, CompteLib, CompteNum)",
            by=self.amount(rows.table),
            n=self.n,
            table=self.table,
            where=rows.where,
            period="all",
            unit=self.unit_of(BALANCE_COLUMN, rows.table),
            digits=2 if self.digits is None else self.digits,
            label=context.word(say("Who owes most") if not self.owed_credit else say("Whom we owe most")),
            heading=context.word(say("Name")),
        )
        for fact in top.facts(f"{name}.names", context):
            yield replace(fact, people=True, note=say("as of {day}", day=self.day(name, context)))

    def open_rows(self, context: MeasureContext) -> ChosenRows:
        """Choose the lines that were open at the end of the day."""
        rows = super().open_rows(context)
        table, day = rows.table, self.day(self.word, context)
        letter = f"coalesce(CAST({quoted(table.column('EcritureLet'))} AS VARCHAR), '')"
        lettered_later = ""
        if table.columns.get("DateLet") and table.columns["DateLet"].kind == "date":
            lettered_later = f" OR \"DateLet\" > DATE '{day}'"
        return rows.also(account_condition(table, (self.ageing,)), f"{letter} = ''{lettered_later}")

    def amount(self, table: LoadedTable) -> str:
        """Give the SQL of what is owed."""
        sign = "-" if self.owed_credit else ""
        return f"{sign}{quoted(table.column(BALANCE_COLUMN))}"

    def due_day(self, table: LoadedTable) -> str:
        """Give the SQL of the day it is due."""
        if self.due:
            return quoted(table.column(self.due))
        days = [
            c
            for c in ("PieceDate", "EcritureDate")
            if table.columns.get(c) and table.columns[c].kind == "date"
        ]
        if not days:
            raise no_days(table)
        return f"(coalesce({', '.join(map(quoted, days))}) + {self.terms})"

    def as_of(self, rows: ChosenRows, context: MeasureContext) -> Phrase:
        """Say on which day, and by what."""
        day = self.day(self.word, context)
        letters = rows.table.column("EcritureLet")
        any_letter = context.book.select(
            f"SELECT count({quoted(letters)}) FROM {quoted(rows.table.name)} "
            f"WHERE {account_condition(rows.table, (self.ageing,))}"
        )[1][0][0]
        if not any_letter:
            return say("as of {day}; no line of account {account} is lettered, so every one counts as open",
                       day=day, account=self.ageing)  # fmt: skip
        if self.due:
            return say("as of {day}; lines without a letter", day=day)
        return say(
            "as of {day}; lines without a letter, due {n} days after the document", day=day, n=self.terms
        )

    def unit_of(self, written: str, table: LoadedTable) -> str:
        """Give the currency of the books."""
        return self.unit or table.columns[table.column(BALANCE_COLUMN)].unit

    def scale(self, written: str, table: LoadedTable) -> int | None:
        """Give two digits unless told."""
        return 2 if self.digits is None else self.digits


class Payables(Receivables):
    """Tell what the firm owes its suppliers, by days overdue: ``{payables: "401", terms: 30}``."""

    word: ClassVar[str] = "payables"
    owed_credit: ClassVar[bool] = True
    ageing: str = Field(default="401", alias="payables")
    """The first digits of the accounts."""
