"""The computed facts of one period as a case holds them: what comes in when a report is due."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from smeflow._text import canonical_json, hash_of
from smeflow.documents.text import FACTS
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


def facts_of(case: Case) -> FactSet | None:
    """Give the facts that came in with a case; None where none did."""
    for document in case.documents:
        if document.media_type == FACTS:
            return FactSet.of_bytes(document.data)
    return None
