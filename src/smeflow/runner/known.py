"""What the firm knows, with each look-up noted down beside the result it went into."""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from smeflow._text import canonical_json, folded, hash_of
from smeflow.ledger.store import Store
from smeflow.step import COMMENTS, EDITS, Known
from smeflow.steps.before import APPROVED
from smeflow.steps.invoice_claims import SUPPLIERS


@dataclass(frozen=True)
class WithEdits:
    """What the firm knows, and besides what people made of the texts of a recipe."""

    known: Known
    store: Store
    recipe: str

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows of a table of the firm, or the paragraphs people changed."""
        if table == COMMENTS:
            noted = self.store.read("comments on key", recipe=self.recipe, key=where.get("item", ""))
            return tuple({"item": where.get("item", ""), "text": row["note"]} for row in noted)
        if table != EDITS:
            return self.known.rows(table, **where)
        found = self.store.read("corrections of recipe", recipe=self.recipe)
        return tuple({"text": text} for row in found for text in _written(row["after"]))

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows of a table of the firm."""
        return self.known.nearest(table, text, k)


@dataclass(frozen=True)
class WithApproved:
    """What the firm knows, and the suppliers whose invoices a person approved, with how they were read."""

    known: Known
    store: Store
    learned: "Learned" = field(default_factory=lambda: Learned())  # noqa: PLW0108 - defined below

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows of a table; approved suppliers stand behind the firm's own."""
        if table == APPROVED:
            return self._like(where)
        found = self.known.rows(table, **where)
        if table != SUPPLIERS or found:
            return found
        return [{k: v for k, v in row.items() if k != "printed"} for row in self._like(where)]

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows of a table of the firm."""
        return self.known.nearest(table, text, k)

    def _like(self, where: Mapping[str, str]) -> list[Mapping[str, str]]:
        wanted = {column: _bare(value) for column, value in where.items()}
        rows = self.learned.all(self.store)
        return [row for row in rows if all(_bare(row.get(c, "")) == v for c, v in wanted.items())]


@dataclass
class Learned:
    """The approved invoices, by item; each look goes on from where the last one ended."""

    last: int = 0
    by_item: dict[int, Mapping[str, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self, store: Store) -> list[Mapping[str, str]]:
        """Give them in the order of their approval."""
        with self.lock:
            for row in store.read("approvals after", after=self.last):
                self.last = row["id"]
                self.by_item.pop(row["item"], None)
                text = row["after"] if row["action"] == "correct" else row["before"]
                learned = _learned(text) if row["action"] in ("approve", "correct") else None
                if learned:
                    self.by_item[row["item"]] = learned
            return list(self.by_item.values())


def _learned(text: str | None) -> Mapping[str, str] | None:
    """Give what an approved value says of its supplier; None where it is no invoice."""
    value = json.loads(text or "null")
    record = value.get("record") if isinstance(value, dict) else None
    if not isinstance(record, dict) or not record.get("seller") or "total_gross" not in record:
        return None
    party = record.get("seller_details") or {}
    fields = (value.get("fields") or {}).items()
    printed = {name: one["quote"] for name, one in fields if isinstance(one, dict) and one.get("quote")}
    return {
        "name": record["seller"],
        "vat_id": party.get("vat_id") or "",
        "legal_id": party.get("legal_id") or "",
        "printed": canonical_json(printed),
    }


def _bare(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum())


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
