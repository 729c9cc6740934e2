"""The facts of a report.

Computed from tables, table as what a case brings, and written as the recipe that asks for them.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from smeflow._text import canonical_json, hash_of, sha256
from smeflow.core.case import Case
from smeflow.documents.document import FACTS, Document
from smeflow.i18n import Phrase, say
from smeflow.reports.measures.measure import Measure, MeasureContext
from smeflow.tables.book import LINE, FactError, LoadedTable, TableBook, TooFewRows, quoted
from smeflow.tables.load import load_grid
from smeflow.tables.read import read_grid
from smeflow.writing.periods import Grain
from smeflow.writing.report import Period, ReportFact, ReportSource

WHOLE_TABLES = Period(key="")
"""The period of facts that are of all rows."""
_MOST_NAMES, _SHOWN_LINES = 2_000, 10
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
        names=tuple(sorted(context.names(_names_in_tables))),
    )


def _names_in_tables(book: TableBook) -> frozenset[str]:
    """Gather what stands in columns that name things: few different words of text."""
    names: set[str] = set()
    for table in book.tables.values():
        for column in map(quoted, table.of_kind("text")):
            rows = book.select(
                f"SELECT DISTINCT {column} FROM {quoted(table.name)} "
                f"WHERE length({column}) BETWEEN 2 AND 60 LIMIT {_MOST_NAMES + 1}"
            )[1]
            if len(rows) <= _MOST_NAMES:
                names.update(
                    name for (name,) in rows if not name.islower() and any(c.isalpha() for c in name)
                )
    return frozenset(names)


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
            told=(*table.told, *_undated_rows_of(context, table)),
        )
        for table in context.book.tables.values()
    )


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
    tables = [d for outer in case.documents for d in outer.walk() if _TABLE_ENDING.search(d.name) and d.data]
    return _compute_over_documents(tables, measures, locale) if tables and measures else None


def _compute_over_documents(
    tables: Sequence[Document], measures: Mapping[str, Measure], locale: str
) -> FactSet:
    """Compute facts over tables that came in as files: a folder's, a mail's attachments."""
    with TableBook() as book:
        for document in tables:
            name = re.sub(r"\W+", "_", _TABLE_ENDING.sub("", document.name)).strip("_").lower() or "t"
            load_grid(book, name, read_grid(document.data, document.name), sha256(document.data))
        context = MeasureContext(book=book, locale=locale)
        return compute_facts(measures, context, sources=describe_sources(context))


_PLAIN = re.compile(r"[A-Za-zÀ-ÿ_][\w À-ÿ./'’()*+-]*[\wÀ-ÿ)]|[A-Za-z_]")
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def write_recipe(
    *,
    name: str,
    about: str,
    table: str,
    origin: str | Mapping[str, object],
    facts: Mapping[str, Mapping[str, object]],
    grain: Grain | None,
    title: str,
    locale: str,
) -> str:
    """Write a whole recipe: the table as its source, a report of the facts, and where its pages go."""
    lines = [
        f"recipe: {yaml_value(name)}",
        f"about: {yaml_value(about)}",
        "llm: none",
        "source:",
        f"  period: {grain or 'all'}",
        f"  tables: {{{table}: {yaml_value(origin)}}}",
    ]
    if grain:
        lines.append("  last: 1")
    lines += [
        "steps:",
        "  - report: report",
        f"    title: {yaml_value(title)}",
        f"    locale: {locale}",
        "    facts:",
    ]
    lines += [f"      {line}" for line in write_facts(facts)]
    lines += ["sinks:", '  - {report: "out/{key}", formats: [html, pdf, docx, xlsx]}']
    return "\n".join(lines) + "\n"


def write_facts(facts: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Write one fact a line."""
    for name, written in facts.items():
        yield f"{name}: {yaml_value(written)}"


def yaml_value(value: object) -> str:
    """Write a value as YAML reads it back: plain where that is safe, else in double quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {yaml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_value, value)) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    safe = (
        _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS and ": " not in text and " #" not in text
    )
    return text if safe else json.dumps(text, ensure_ascii=False)
