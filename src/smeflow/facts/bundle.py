"""The computed facts of one period as a case holds them: what comes in when a report is due."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from smeflow._text import canonical_json, hash_of, sha256
from smeflow.documents.base import Document
from smeflow.documents.text import FACTS
from smeflow.facts.measures.base import Measure
from smeflow.facts.report import FactValue, Period, SourceTold
from smeflow.i18n import Phrase
from smeflow.step import Case

__all__ = ["FACTS", "FactSet", "facts_of"]


@dataclass(frozen=True, kw_only=True)
class FactSet:
    """Facts of a period, the tables they were computed from, and what could not be computed."""

    period: Period
    facts: tuple[FactValue, ...] = ()
    missing: tuple[Phrase, ...] = ()
    """Facts that are not known, and why."""
    mistakes: tuple[Phrase, ...] = ()
    """Those of them that no further row will mend: no such column, no SQL."""
    sources: tuple[SourceTold, ...] = ()
    names: tuple[str, ...] = ()
    """Names that stand in the tables: prose says them by reference alone."""

    @property
    def version(self) -> str:
        """The hash of what the facts say. A row that changes none of them makes no new version."""
        said = [
            [f.name, f.rows, f.total, [c.unit for c in f.columns], f.incomplete is None] for f in self.facts
        ]
        return hash_of([self.period.key, said])

    def to_bytes(self) -> bytes:
        """Write it down."""
        whole = {"set": _adapter().dump_python(self, mode="json"), **self._readable()}
        return canonical_json(whole).encode("utf-8", "backslashreplace")

    @classmethod
    def of_bytes(cls, data: bytes) -> "FactSet":
        """Read what `to_bytes` wrote."""
        found: FactSet = _adapter().validate_python(json.loads(data)["set"])
        return found

    def only(self, wanted: Iterable[str]) -> "FactSet":
        """Keep the facts of these names, and what comes with each under its name and a dot."""
        from dataclasses import replace

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


def facts_of(case: Case, measures: Mapping[str, Measure] | None = None, locale: str = "en") -> FactSet | None:
    """Give the facts that came in with a case; else compute *measures* over the tables among its documents.

    None where there are neither.

    Raises:
        SourceError: A table of the case cannot be read.
    """
    for document in case.documents:
        if document.media_type == FACTS:
            return FactSet.of_bytes(document.data)
    tables = [d for outer in case.documents for d in outer.walk() if _ENDING.search(d.name) and d.data]
    return _computed(tables, measures, locale) if tables and measures else None


def _computed(tables: Sequence[Document], measures: Mapping[str, Measure], locale: str) -> FactSet:
    """Compute facts over tables that came in as files: a folder's, a mail's attachments."""
    from smeflow.facts.book import Book
    from smeflow.facts.compute import compute, told_of
    from smeflow.facts.grid import read_grid
    from smeflow.facts.load import hold_grid
    from smeflow.facts.measures.base import Desk

    with Book() as book:
        for document in tables:
            name = re.sub(r"\W+", "_", _ENDING.sub("", document.name)).strip("_").lower() or "t"
            hold_grid(book, name, read_grid(document.data, document.name), sha256(document.data))
        desk = Desk(book=book, locale=locale)
        found, told = compute(measures, desk), told_of(desk)
    return FactSet(
        period=Period(key=""),
        facts=found.facts,
        missing=found.missing,
        mistakes=found.mistakes,
        sources=told,
        names=tuple(sorted(found.names)),
    )


_ENDING = re.compile(r"\.(?:csv|tsv|xlsx|xlsm|xls|ods|json|jsonl)$", re.IGNORECASE)
