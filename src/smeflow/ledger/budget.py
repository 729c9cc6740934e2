"""What may be spent: per item, per run, per month; sums kept with the calls, in billionths."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from smeflow.errors import BudgetSpent
from smeflow.i18n import Phrase, say
from smeflow.ledger.rows import NANO, RunRow
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Transaction
from smeflow.money import Money


def same_currency(money: Money) -> Money | None:
    """Convert nothing: what is in another currency has no known worth."""
    return money


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits in one currency; None is no limit."""

    currency: str = "EUR"
    item: Decimal | None = None
    run: Decimal | None = Decimal(5)
    month: Decimal | None = Decimal(20)
    convert: Callable[[Money], Money | None] = field(default=same_currency)
    """Gives an amount in ``currency``, or None where no rate is known."""

    def nanos(self, money: Money | None) -> int:
        """Give *money* in billionths of the budget's currency, rounded up; 0 where no price is known.

        Raises:
            BudgetSpent: No rate is known for its currency.
        """
        if money is None or not money.amount:
            return 0
        converted = money if money.currency == self.currency else self.convert(money)
        if converted is None or converted.currency != self.currency:
            raise BudgetSpent(
                say(
                    "No exchange rate from {given} to {wanted} is known. "
                    "Write one under [rates] in smeflow.toml.",
                    given=money.currency,
                    wanted=self.currency,
                ),
                limit=Decimal(0),
                spent=Decimal(0),
                currency=self.currency,
            )
        return int((converted.amount * NANO).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, kw_only=True)
class Purse:
    """One sum that is spent from."""

    name: str
    whose: Literal["item", "run", "month"]
    limit: Decimal | None
    words: Phrase


def spend(transaction: Transaction, purses: tuple[Purse, ...], nanos: int, currency: str) -> None:
    """Take *nanos* from every purse, or from none.

    Raises:
        BudgetSpent: One of them has less left.
    """
    totals: Mapping[str, int] = {p.name: _spent(transaction, p.name) for p in purses}
    for purse in purses:
        spent = Decimal(totals[purse.name]) / NANO
        if purse.limit is not None and spent + Decimal(nanos) / NANO > purse.limit:
            raise _empty(purse, spent, Decimal(nanos) / NANO, currency)
    for purse in purses:
        adjust_spent(transaction, purse.name, nanos)


def adjust_spent(transaction: Transaction, name: str, nanos: int) -> None:
    """Raise (or lower) what was taken from a purse."""
    if not nanos:
        return
    row = {"purse": name, "nanos": _spent(transaction, name) + nanos}
    transaction.put("spent", row)
    transaction.memo[f"spent {name}"] = row["nanos"]


def _spent(transaction: Transaction, name: str) -> int:
    known = transaction.memo.get(f"spent {name}")
    if known is None:
        row = transaction.first("get spent", purse_=name)
        known = transaction.memo[f"spent {name}"] = int(row[1]) if row else 0
    return int(known)


def _empty(purse: Purse, spent: Decimal, next_cost: Decimal, currency: str) -> BudgetSpent:
    limit = purse.limit or Decimal(0)
    return BudgetSpent(
        say(
            "The budget {purse} is {limit} {currency}; {spent} is spent or set aside "
            "and the next call could cost {next}. "
            "Raise it in the recipe or in smeflow.toml, or go on later.",
            purse=purse.words,
            limit=limit,
            currency=currency,
            spent=_short(spent),
            next=_short(next_cost),
        ),
        limit=limit,
        spent=spent,
        currency=currency,
        whose=purse.whose,
    )


def _short(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.0001"), ROUND_CEILING)


def calls_under_way(store: LedgerStore, run: RunRow) -> int:
    """Count the calls of a run that are out, on whatever machine."""
    return int((store.first("under way", run=run.id) or (0,))[0])
