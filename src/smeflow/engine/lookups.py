"""What the firm knows, with each look-up noted down beside the result it went into."""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic_core import to_json

from smeflow._text import canonical_json, folded, hash_of
from smeflow.core.case import COMMENTS, EDITS, Known
from smeflow.engine.cases import recognised_kind
from smeflow.kinds.record_kind import RECORDS, find_record_kind, record_kinds
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row
from smeflow.llm.wrappers.stack import LookUp
from smeflow.writing.report import Report


@dataclass(frozen=True)
class KnownWithEdits:
    """What the firm knows, and besides what people made of the texts of a recipe."""

    known: Known
    store: LedgerStore
    recipe: str

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows of a table of the firm, or the paragraphs people changed."""
        if table == COMMENTS:
            noted = self.store.read("comments on key", recipe=self.recipe, key=where.get("item", ""))
            return tuple({"item": where.get("item", ""), "text": row["note"]} for row in noted)
        if table != EDITS:
            return self.known.rows(table, **where)
        corrections = self.store.read("corrections of recipe", recipe=self.recipe)
        return tuple({"text": text} for row in corrections for text in _paragraphs_by_people(row))

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows of a table of the firm."""
        return self.known.nearest(table, text, k)


@dataclass(frozen=True)
class KnownWithSuppliers:
    """What the firm knows, and what records people approved teach: such as the suppliers of invoices."""

    known: Known
    store: LedgerStore
    learned: "ApprovedSuppliers" = field(default_factory=lambda: ApprovedSuppliers())  # noqa: PLW0108 - defined below

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows of a table; what was learned stands behind the firm's own."""
        learning = [row.learning for row in record_kinds() if row.learning]
        if any(rules.approved == table for rules in learning):
            return self._like(table, where)
        firm_rows = self.known.rows(table, **where)
        taught = [rules.approved for rules in learning if rules.table == table]
        if firm_rows or not taught:
            return firm_rows
        rows = [row for approved in taught for row in self._like(approved, where)]
        return [{k: v for k, v in row.items() if k != "printed"} for row in rows]

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows of a table of the firm."""
        return self.known.nearest(table, text, k)

    def _like(self, approved: str, where: Mapping[str, str]) -> list[Mapping[str, str]]:
        wanted = {column: _letters_and_digits(value) for column, value in where.items()}
        rows = self.learned.all(self.store, approved)
        return [
            row for row in rows if all(_letters_and_digits(row.get(c, "")) == v for c, v in wanted.items())
        ]


@dataclass
class ApprovedSuppliers:
    """What approved records teach, by item; each look goes on from where the last one ended."""

    last: int = 0
    by_item: dict[int, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Each item's row, by the table it belongs to."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self, store: LedgerStore, approved: str) -> list[Mapping[str, str]]:
        """Give the rows of the table *approved* in the order of their approval."""
        with self.lock:
            for row in store.read("approvals after", after=self.last):
                self.last = row["id"]
                if row["action"] == "note":
                    continue
                self.by_item.pop(row["item"], None)
                learned = _supplier_of(row) if row["action"] in ("approve", "correct") else {}
                if learned:
                    self.by_item[row["item"]] = learned
            return [rows[approved] for rows in self.by_item.values() if approved in rows]


def _supplier_of(review: Row) -> dict[str, Mapping[str, str]]:
    """Ask the kind of the record what an approved value teaches: a row, by its table."""
    value = json.loads((review["after"] if review["action"] == "correct" else review["before"]) or "null")
    word = review["record"] if review["record"] is not None else recognised_kind(value).record
    rules = find_record_kind(word).learning if word in RECORDS.names() else None
    row = rules.row(value) if rules else None
    return {rules.approved: row} if rules and row else {}


def _letters_and_digits(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum())


def _paragraphs_by_people(review: Row) -> Iterator[str]:
    """Give the paragraphs a person wrote in a report, without figures: they are of another month."""
    value = json.loads(review["after"] or "null")
    kind = review["result"] if review["result"] is not None else recognised_kind(value).result
    if kind != Report.result_id:
        return
    sections = (paragraph for section in value["sections"] for paragraph in section.get("paragraphs", ()))
    for paragraph in (*value.get("summary", ()), *sections):
        if paragraph.get("by") == "person":
            yield _FIGURE.sub("…", paragraph.get("text", ""))


_FIGURE = re.compile(r"\d[\d\s.,\u00a0\u202f]*\d|\d")


@dataclass(frozen=True)
class RecordedLookups:
    """A `Known` that remembers what it was asked and the hash of each answer."""

    known: Known
    asked: dict[str, str] = field(default_factory=dict)

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows, and note it."""
        rows = self.known.rows(table, **where)
        self.asked[canonical_json(["rows", table, where])] = hash_of([dict(row) for row in rows])
        return rows

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the nearest rows, and note it."""
        rows = self.known.nearest(table, text, k)
        self.asked[canonical_json(["nearest", table, text, k])] = hash_of([dict(row) for row in rows])
        return rows


_CALL = "call"


def noted_call(look_up: LookUp) -> tuple[str, str]:
    """Write down a call of a step's own function as a look-up in a table is: what was asked, and a hash."""
    arguments = json.loads(to_json(look_up.arguments, fallback=str))
    return canonical_json([_CALL, look_up.name, arguments]), hash_of(look_up.answer)


def hash_of_answer_now(known: Known, asked: str) -> str | None:
    """Ask a noted look-up again; give the hash of today's answer, None for a call of a step's own function.

    Such a function is the step's, and is not called outside of it.
    """
    kind, table, *rest = json.loads(asked)
    if kind == _CALL:
        return None
    rows = known.rows(table, **rest[0]) if kind == "rows" else known.nearest(table, rest[0], rest[1])
    return hash_of([dict(row) for row in rows])
