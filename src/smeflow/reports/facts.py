"""Compute facts from tables, whoever asks: a report, a draft, the command line.

A set of them goes with a case as a document; the tables among a case's documents are found and read here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from smeflow._text import canonical_json, hash_of, sha256
from smeflow.core.case import Case
from smeflow.documents.document import FACTS, Document
from smeflow.i18n import Phrase, say
from smeflow.reports.measures.measure import Measure, MeasureContext
from smeflow.tables.book import LINE, FactError, LoadedTable, TableBook, TooFewRows, quoted, unused_name
from smeflow.tables.load import load_grid, load_rows
from smeflow.tables.read import read_grid
from smeflow.writing.report import Period, ReportFact, ReportSource

WHOLE_TABLES = Period(key="")
"""The period of facts that are of all rows."""
_SHOWN_LINES = 10
_TABLE_ENDING = re.compile(r"\.(?:csv|tsv|xlsx|xlsm|xls|ods|json|jsonl)$", re.IGNORECASE)
_COLUMN_KINDS = {"text": "text", "number": "number", "date": "day"}


@dataclass(frozen=True, kw_only=True)
class FactSet:
    """Facts of a period, the tables they were computed from, and what could not be computed."""

    period: Period
    facts: tuple[ReportFact, ...] = ()
    missing: tuple[Phrase, ...] = ()
    """Facts that are not known, and why."""
    mistakes: tuple[Phrase, ...] = ()
    """Those of them that no further row will mend: no such column, no SQL."""
    sources: tuple[ReportSource, ...] = ()
    names: tuple[str, ...] = ()
    """Names that stand in the tables: prose says them by reference alone."""

    @property
    def version(self) -> str:
        """The hash of what the facts say. A row that changes none of them makes no new version."""
        contents = [
            [f.name, f.rows, f.total, [c.unit for c in f.columns], f.incomplete is None] for f in self.facts
        ]
        return hash_of([self.period.key, contents])

    def to_bytes(self) -> bytes:
        """Write it down."""
        whole = {"set": _adapter().dump_python(self, mode="json"), **self._readable()}
        return canonical_json(whole).encode("utf-8", "backslashreplace")

    @classmethod
    def of_bytes(cls, data: bytes) -> "FactSet":
        """Read what `to_bytes` wrote."""
        return _adapter().validate_python(json.loads(data)["set"])

    def only(self, wanted: Iterable[str]) -> "FactSet":
        """Keep the facts of these names, and what comes with each under its name and a dot."""
        names = set(wanted)
        kept = tuple(f for f in self.facts if f.name in names or f.name.partition(".")[0] in names)
        return replace(self, facts=kept)

    def _readable(self) -> dict[str, Any]:
        """Say the single figures as text, for whoever looks at the case or asks a model about it."""
        known = [f for f in self.facts if f.shape == "scalar" and f.value is not None]
        return {
            "text": "\n".join(f"{f.label}: {f.text('en')}" for f in known),
            "fields": {"period": self.period.key} | {f.name: str(f.value) for f in known},
        }


@cache
def _adapter() -> TypeAdapter[FactSet]:
    return TypeAdapter(FactSet)


def compute_facts(
    asked: Mapping[str, Measure],
    context: MeasureContext,
    *,
    period: Period = WHOLE_TABLES,
    sources: tuple[ReportSource, ...] = (),
) -> FactSet:
    """Compute every fact *asked* for, of the rows of the context's period where it has one."""
    facts: list[ReportFact] = []
    missing: list[Phrase] = []
    mistakes: list[Phrase] = []
    for name, measure in asked.items():
        try:
            computed = list(measure.facts(name, context))
        except FactError as error:
            missing.append(say("The fact {name} is not known: {why}", name=name, why=error.phrase))
            if not isinstance(error, TooFewRows):
                mistakes.append(missing[-1])
            continue
        facts.extend(computed)
        if computed and computed[0].shape == "scalar" and computed[0].value is None:
            missing.append(say("The fact {name} is not known: no row has a value.", name=name))
    return FactSet(
        period=period,
        facts=tuple(facts),
        missing=tuple(missing),
        mistakes=tuple(mistakes),
        sources=sources,
        names=tuple(sorted(context.row_names)),
    )


def days_of_all_rows(context: MeasureContext) -> Period:
    """Give the period of facts that are of all rows: no one, but the first day and the last there is."""
    for table in context.book.tables.values():
        column = context.date_of(table, None)
        if column and (days := context.coverage(table, column).days):
            return replace(WHOLE_TABLES, first=days[0], last=days[-1])
    return WHOLE_TABLES


def undated_rows(context: MeasureContext) -> Iterator[Phrase]:
    """Tell of rows that have no day and so count in no period."""
    for table in context.book.tables.values():
        yield from _undated_rows_of(context, table)


def _undated_rows_of(context: MeasureContext, table: LoadedTable) -> Iterator[Phrase]:
    column = context.date_of(table, None)
    if column is None:
        return
    sql = f"SELECT {LINE} FROM {quoted(table.name)} WHERE {quoted(column)} IS NULL ORDER BY 1"
    lines = [line for (line,) in context.book.select(sql)[1]]
    if not lines:
        return
    shown = ", ".join(map(str, lines[:_SHOWN_LINES])) + (", …" if len(lines) > _SHOWN_LINES else "")
    yield say(
        "{n} rows of {name} have no day in column {column} and count in no period: lines {lines}.",
        n=len(lines),
        name=table.source,
        column=column,
        lines=shown,
    )


def describe_sources(context: MeasureContext) -> tuple[ReportSource, ...]:
    """Tell which tables there are and what was found in them."""
    return tuple(
        ReportSource(
            name=table.source,
            rows=table.rows,
            sha256=table.sha256,
            columns=tuple((name, _COLUMN_KINDS[how.kind]) for name, how in table.columns.items()),
            told=(*table.notes, *_undated_rows_of(context, table)),
        )
        for table in context.book.tables.values()
    )


def tables_among(documents: Iterable[Document]) -> list[Document]:
    """List the tables among *documents* and what they contain: a folder's files, a mail's attachments."""
    inside = (inner for outer in documents for inner in outer.walk())
    return [document for document in inside if _is_table(document)]


def _is_table(document: Document) -> bool:
    if document.table is not None:
        return True
    called_so = document.media_type == "text/csv" or _TABLE_ENDING.search(document.name)
    return bool(called_so and document.data.strip())


def load_tables(book: TableBook, documents: Iterable[Document]) -> Mapping[str, LoadedTable]:
    """Load the tables of *documents* into *book*; give each under the names it goes by, the first one first.

    Raises:
        SourceError: One cannot be read.
    """
    by_name: dict[str, LoadedTable] = {}
    for document in documents:
        name = table_name(document.name)
        own_name, table = unused_name(name, book.tables), document.table
        if table is not None:
            loaded = load_rows(book, own_name, table.columns, iter(table.rows), source=table.name)
            by_name.setdefault(table_name(table.name), loaded)
        else:
            grid = read_grid(document.data, document.name)
            loaded = load_grid(book, own_name, grid, sha256(document.data))
        by_name.setdefault(name, loaded)
    return by_name


def table_name(document: str) -> str:
    """Give the name that facts call a document's table by: ``Sales 2026.xlsx`` is ``sales_2026``."""
    return re.sub(r"\W+", "_", _TABLE_ENDING.sub("", document)).strip("_").lower() or "t"


def facts_of_case(
    case: Case, measures: Mapping[str, Measure] | None = None, locale: str = "en"
) -> FactSet | None:
    """Give the facts that came in with a case; else compute *measures* over the tables among its documents.

    None where there are neither.

    Raises:
        SourceError: A table of the case cannot be read.
    """
    for document in case.documents:
        if document.media_type == FACTS:
            return FactSet.of_bytes(document.data)
    documents = tables_among(case.documents)
    if not documents or not measures:
        return None
    with TableBook() as book:
        load_tables(book, documents)
        context = MeasureContext(book=book, locale=locale)
        return compute_facts(
            measures, context, period=days_of_all_rows(context), sources=describe_sources(context)
        )
