"""Compute the facts a report asks for; one that cannot be is told, and the others go on."""

from collections.abc import Mapping
from dataclasses import dataclass

from smeflow.facts.book import Book
from smeflow.facts.measures.base import Desk, FactError, Measure
from smeflow.facts.report import FactValue, SourceTold
from smeflow.i18n import Phrase, say

_KINDS = {"text": "text", "number": "number", "date": "day", "month": "month"}


@dataclass(frozen=True, kw_only=True)
class Computed:
    """Facts, and those that could not be computed with the reason."""

    facts: tuple[FactValue, ...]
    missing: tuple[Phrase, ...] = ()
    names: frozenset[str] = frozenset()
    """Names that stand in the tables: prose says them by reference alone."""


def compute(asked: Mapping[str, Measure], desk: Desk) -> Computed:
    """Compute every fact *asked* for, of the rows of the desk's period where it has one."""
    facts: list[FactValue] = []
    missing: list[Phrase] = []
    for name, measure in asked.items():
        try:
            found = list(measure.facts(name, desk))
        except FactError as error:
            missing.append(say("The fact {name} is not known: {why}", name=name, why=error.phrase))
            continue
        facts.extend(found)
        if found and found[0].shape == "scalar" and found[0].value is None:
            missing.append(say("The fact {name} is not known: no row has a value.", name=name))
    return Computed(facts=tuple(facts), missing=tuple(missing), names=_names(desk.book))


_MOST = 2_000


def _names(book: Book) -> frozenset[str]:
    """Gather what stands in columns that name things: few different words of text."""
    found: set[str] = set()
    for held in book.tables.values():
        for column in held.of_kind("text"):
            listed = '"' + column.replace('"', '""') + '"'
            table = '"' + held.name.replace('"', '""') + '"'
            rows = book.select(
                f"SELECT DISTINCT {listed} FROM {table} "
                f"WHERE length({listed}) BETWEEN 2 AND 60 LIMIT {_MOST + 1}"
            )[1]
            if len(rows) <= _MOST:
                found.update(
                    row[0] for row in rows if not row[0].islower() and any(c.isalpha() for c in row[0])
                )
    return frozenset(found)


def told_of(book: Book) -> tuple[SourceTold, ...]:
    """Tell which tables there are and what was found in them."""
    return tuple(
        SourceTold(
            name=held.source,
            rows=held.rows,
            sha256=held.sha256,
            columns=tuple((name, _KINDS[how.kind]) for name, how in held.columns.items()),
            told=held.told,
        )
        for held in book.tables.values()
    )
