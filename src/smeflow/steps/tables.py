"""Compute facts over a case's tables, exactly and with no model. A cell that is no number is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from smeflow._text import folded
from smeflow.documents.base import Table
from smeflow.errors import SourceError
from smeflow.facts.rows import rows_of_text
from smeflow.i18n import Phrase, say
from smeflow.step import Case
from smeflow.steps.drafted import FactFrom


class Computed(NamedTuple):
    """What a computation came to."""

    value: Decimal | str | int | None
    source: str
    problems: tuple[Phrase, ...] = ()


class NotComputed(ValueError):
    """A fact has no table, or the table has no such column."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase


def compute(fact: FactFrom, case: Case) -> Computed:
    """Compute one fact.

    Raises:
        NotComputed: The table or a column is not there, or no row is left.
    """
    table = table_of(case, fact.table)
    rows = _Rows(table, fact.where)
    if fact.count:
        return Computed(rows.count(fact.count), f"{table.name}: count({fact.count})")
    if fact.top and fact.by:
        return rows.top(fact.top, fact.by)
    kind = next(name for name in _OVER if getattr(fact, name))
    return rows.over(kind, getattr(fact, kind))


def table_of(case: Case, name: str | None) -> Table:
    """Give the table called *name*, or the case's first; text that is CSV counts as one."""
    found: list[str] = []
    for document in (inner for outer in case.documents for inner in outer.walk()):
        table = document.table
        if table is None and document.media_type == "text/csv":
            table = _from_csv(document.name, document.text)
        if table is None:
            continue
        if name is None or name in (document.name, table.name, document.name.rpartition(".")[0]):
            return table
        found.append(table.name)
    if name and found:
        raise NotComputed(
            say("There is no table {name}; there are: {names}.", name=name, names=", ".join(found))
        )
    raise NotComputed(say("There is no table in this case."))


def _from_csv(name: str, text: str) -> Table | None:
    if not text.strip():
        return None
    try:
        found = rows_of_text(text, name)
    except SourceError as error:
        raise NotComputed(error.phrase) from None
    rows = tuple(tuple(row.values()) for _, row in found.rows())
    return Table(name=name, columns=found.columns, rows=rows)


@dataclass(frozen=True)
class _Rows:
    """The rows of a table that a fact speaks of."""

    table: Table
    where: Mapping[str, str]

    def column(self, name: str) -> int:
        """Find a column whatever its case and accents."""
        wanted = folded(name)
        for place, column in enumerate(self.table.columns):
            if folded(column) == wanted:
                return place
        known = ", ".join(self.table.columns)
        raise NotComputed(say("Table {table} has no column {column}; it has: {columns}.",
                              table=self.table.name, column=name, columns=known))  # fmt: skip

    @property
    def kept(self) -> list[tuple[str, ...]]:
        tests = [(self.column(name), folded(value)) for name, value in self.where.items()]
        return [row for row in self.table.rows if all(folded(row[at]) == value for at, value in tests)]

    def count(self, what: str) -> int:
        if what == "rows":
            return len(self.kept)
        at = self.column(what)
        return len({folded(row[at]) for row in self.kept if row[at].strip()})

    def over(self, kind: str, name: str) -> Computed:
        numbers, problems = self.numbers(name)
        source = f"{self.table.name}: {kind}({name})"
        if not numbers and kind != "sum":
            return Computed(None, source, problems)
        return Computed(_OVER[kind]([number for _, number in numbers]), source, problems)

    def top(self, name: str, by: str) -> Computed:
        at = self.column(name)
        numbers, problems = self.numbers(by)
        sums: dict[str, Decimal] = {}
        for row, number in numbers:
            key = row[at].strip()
            sums[key] = sums.get(key, Decimal(0)) + number
        source = f"{self.table.name}: top({name}) by sum({by})"
        if not sums:
            return Computed(None, source, problems)
        best = max(sums.values())
        first = [key for key, total in sums.items() if total == best]
        if len(first) > 1:
            tie = say("{names} are level: {amount}.", names=", ".join(sorted(first)), amount=f"{best:f}")
            return Computed(None, source, (*problems, tie))
        return Computed(first[0], source, problems)

    def numbers(self, name: str) -> tuple[list[tuple[tuple[str, ...], Decimal]], tuple[Phrase, ...]]:
        """Read a column's numbers with their rows; empty cells do not count, other text is told."""
        from smeflow.readers.amounts import decimal_mark, parse_amount

        at = self.column(name)
        kept = self.kept
        mark = decimal_mark("\n".join(row[at] for row in kept))
        found: list[tuple[tuple[str, ...], Decimal]] = []
        odd: list[str] = []
        currencies = set()
        for row in kept:
            cell = row[at].strip()
            amount = parse_amount(cell, decimal=mark) if cell else None
            if amount:
                found.append((row, amount.value))
                currencies.add(amount.currency)
            elif cell:
                odd.append(cell)
        problems = []
        if odd:
            problems.append(
                say(
                    "Column {column} of {table} holds {n} cells that are no number, such as {cell}.",
                    column=name,
                    table=self.table.name,
                    n=len(odd),
                    cell=odd[0][:40],
                )
            )
        if len(currencies - {None}) > 1:
            names = ", ".join(sorted(c for c in currencies if c))
            problems.append(say("Column {column} of {table} holds amounts of several currencies: {names}.",
                                column=name, table=self.table.name, names=names))  # fmt: skip
        return found, tuple(problems)


def _mean(numbers: list[Decimal]) -> Decimal:
    digits = max(2, *(-int(number.as_tuple().exponent) for number in numbers))
    return (sum(numbers, Decimal(0)) / len(numbers)).quantize(Decimal(1).scaleb(-digits))


_OVER: Mapping[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda numbers: sum(numbers, Decimal(0)),
    "average": _mean,
    "minimum": min,
    "maximum": max,
}
