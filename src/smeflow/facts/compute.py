"""Compute the facts a report asks for; one that cannot be is told, and the others go on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smeflow.facts.book import LINE, Book, Held, TooFew, quoted
from smeflow.facts.measures.base import Desk, FactError, Measure
from smeflow.facts.report import FactValue, SourceTold
from smeflow.i18n import Phrase, say

_KINDS = {"text": "text", "number": "number", "date": "day"}


@dataclass(frozen=True, kw_only=True)
class Computed:
    """Facts, and those that could not be computed with the reason."""

    facts: tuple[FactValue, ...]
    missing: tuple[Phrase, ...] = ()
    mistakes: tuple[Phrase, ...] = ()
    """Those of them that no further row will mend: no such column, no SQL."""
    names: frozenset[str] = frozenset()
    """Names that stand in the tables: prose says them by reference alone."""


def compute(asked: Mapping[str, Measure], desk: Desk) -> Computed:
    """Compute every fact *asked* for, of the rows of the desk's period where it has one."""
    facts: list[FactValue] = []
    missing: list[Phrase] = []
    mistakes: list[Phrase] = []
    for name, measure in asked.items():
        try:
            found = list(measure.facts(name, desk))
        except FactError as error:
            missing.append(say("The fact {name} is not known: {why}", name=name, why=error.phrase))
            if not isinstance(error, TooFew):
                mistakes.append(missing[-1])
            continue
        facts.extend(found)
        if found and found[0].shape == "scalar" and found[0].value is None:
            missing.append(say("The fact {name} is not known: no row has a value.", name=name))
    return Computed(
        facts=tuple(facts), missing=tuple(missing), mistakes=tuple(mistakes), names=desk.names(_names)
    )


_MOST, _SHOWN = 2_000, 10


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


def undated(desk: Desk) -> Iterator[Phrase]:
    """Tell of rows that have no day and so count in no period."""
    for held in desk.book.tables.values():
        phrase = _undated(desk, held)
        if phrase is not None:
            yield phrase


def _undated(desk: Desk, held: Held) -> Phrase | None:
    column = desk.date_of(held, None)
    if column is None:
        return None
    listed = f"SELECT {LINE} FROM {quoted(held.name)} WHERE {quoted(column)} IS NULL ORDER BY 1"
    lines = [row[0] for row in desk.book.select(listed)[1]]
    if not lines:
        return None
    shown = ", ".join(map(str, lines[:_SHOWN])) + (", …" if len(lines) > _SHOWN else "")
    return say(
        "{n} rows of {name} have no day in column {column} and count in no period: lines {lines}.",
        n=len(lines),
        name=held.source,
        column=column,
        lines=shown,
    )


def told_of(desk: Desk) -> tuple[SourceTold, ...]:
    """Tell which tables there are and what was found in them."""
    return tuple(
        SourceTold(
            name=held.source,
            rows=held.rows,
            sha256=held.sha256,
            columns=tuple((name, _KINDS[how.kind]) for name, how in held.columns.items()),
            told=(*held.told, *([phrase] if (phrase := _undated(desk, held)) else [])),
        )
        for held in desk.book.tables.values()
    )
