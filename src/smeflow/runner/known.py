"""What the firm knows, with each look-up noted down beside the result it went into."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from smeflow._text import canonical_json, hash_of
from smeflow.ledger.store import Store
from smeflow.step import EDITS, Known


@dataclass(frozen=True)
class WithEdits:
    """What the firm knows, and besides what people made of the texts of a recipe."""

    known: Known
    store: Store
    recipe: str

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows of a table of the firm, or the paragraphs people changed."""
        if table != EDITS:
            return self.known.rows(table, **where)
        found = self.store.read("corrections of recipe", recipe=self.recipe)
        return tuple({"text": text} for row in found for text in _written(row["after"]))

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows of a table of the firm."""
        return self.known.nearest(table, text, k)


def _written(after: str | None) -> Iterator[str]:
    """Give the paragraphs a person wrote in a report, without figures: they are of another month."""
    value = json.loads(after or "null")
    if not isinstance(value, dict) or "sections" not in value:
        return
    told = [*value.get("summary", ()), *(p for part in value["sections"] for p in part.get("paragraphs", ()))]
    for paragraph in told:
        if paragraph.get("by") == "person":
            yield _FIGURE.sub("…", paragraph.get("text", ""))


_FIGURE = re.compile(r"\d[\d\s.,\u00a0\u202f]*\d|\d")


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
    kind, table, *rest = json.loads(asked)
    found = known.rows(table, **rest[0]) if kind == "rows" else known.nearest(table, rest[0], rest[1])
    return hash_of([dict(row) for row in found])
