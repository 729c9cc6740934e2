"""What the firm knows, with each look-up noted down beside the result it went into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from smeflow._text import canonical_json, hash_of
from smeflow.step import Known


@dataclass(frozen=True)
class Noting:
    """A `Known` that remembers what it was asked and the hash of each answer."""

    known: Known
    asked: dict[str, str] = field(default_factory=dict)

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows, and note it."""
        found = self.known.rows(table, **where)
        self.asked[canonical_json(["rows", table, where])] = hash_of([dict(row) for row in found])
        return found

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows, and note it."""
        found = self.known.nearest(table, text, k)
        self.asked[canonical_json(["nearest", table, text, k])] = hash_of([dict(row) for row in found])
        return found


def answers_now(known: Known, asked: str) -> str:
    """Ask a noted look-up again; give the hash of today's answer."""
    import json

    kind, table, *rest = json.loads(asked)
    found = known.rows(table, **rest[0]) if kind == "rows" else known.nearest(table, rest[0], rest[1])
    return hash_of([dict(row) for row in found])
