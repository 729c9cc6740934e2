"""Follow the audit chain, and hold every covered row, and the heads kept elsewhere, against it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from smeflow._text import canonical_json, sha256
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import (
    BEGIN,
    CLAIMS,
    COVER,
    COVERED,
    REPAIR,
    AuditedStore,
    AuditHead,
    RowReader,
    claims_content,
    entry_hash,
    row_content,
)
from smeflow.ledger.writer import Row, SqlStatements


def first_broken_entry(store: AuditedStore) -> int | None:
    """Follow the chain; give the number of the first entry that does not fit, None where all do.

    Entries cut off from the end leave a valid chain, and so does one written anew: `verify_audit` finds these
    against a head that was kept elsewhere.
    """
    with store.snapshot() as now:
        return AuditChain().follow(now.rows("all audit"))


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What was found of a ledger's chain."""

    head: AuditHead
    findings: tuple[Phrase, ...]
    """What is not as it was written, each by its entry or row; empty: all holds."""
    rows: int
    """Rows that were compared with their entry."""
    uncovered: int
    """Rows from before a version that covered them: nothing can be said of these."""
    lost: int = 0
    """Rows and entries that a repair of a damaged ledger could not save, as its own entry says."""


def verify_audit(store: AuditedStore, heads: Iterable[AuditHead] = ()) -> AuditReport:
    """Follow the chain, hold it against heads that were kept elsewhere, and every covered row against it."""
    chain = AuditChain()
    findings: list[Phrase] = []
    with store.snapshot() as now:
        broken = chain.follow(now.rows("all audit"))
        if broken is not None:
            findings.append(say("entry {n} of the chain is not what was written there", n=broken))
        findings += filter(None, map(chain.objection, heads))
        rows = uncovered = 0
        for row in compare_rows(now, store.sql, chain):
            rows += 1
            uncovered += row.state == "uncovered"
            if row.state == "added":
                findings.append(
                    say("row {row} of {table} is in no entry: added", row=row.key, table=row.table)
                )
            elif row.state == "changed":
                findings.append(changed_row(row.table, row.key))
        if not chain.lost.keys() & {"calls", "ends", "runs"}:
            findings += _false_sums(now)
    findings += [
        say("row {row} of {table} is gone", row=key, table=table)
        for table, key in chain.payloads
        if not chain.is_lost(table, key)
    ]
    head = AuditHead(number=chain.last, hash=chain.hashes.get(chain.last, BEGIN))
    return AuditReport(
        head=head,
        findings=tuple(findings),
        rows=rows - uncovered,
        uncovered=uncovered,
        lost=sum(end - first + 1 for ranges in chain.lost.values() for first, end in ranges),
    )


class ComparedRow(NamedTuple):
    """A row of a covered table beside its entry."""

    table: str
    key: int
    item: int
    state: Literal["held", "changed", "added", "uncovered"]
    entry: int
    """The number of its last entry; 0 where it has none."""
    row: Row


def compare_rows(now: RowReader, sql: SqlStatements, chain: "AuditChain") -> Iterator[ComparedRow]:
    """Hold every covered row against what *chain* says of it, and leave there what no row is of."""
    salts = {row["id"]: row["salt"] for row in now.rows("all items")}
    items_of_calls = {row["id"]: row["item"] for row in now.rows("all calls")}
    yield from _compare_claims(now, sql, chain, salts)
    for table in COVERED:
        for row in now.rows(f"all {table}"):
            key = int(row["call"] if table == "ends" else row["id"])
            item = key if table == "items" else int(row.get("item") or items_of_calls.get(key, 0))
            salt = str(salts.get(item, "")) if table in _SALTED else ""
            kept = chain.payloads.pop((table, key), None)
            state: Literal["held", "changed", "added", "uncovered"] = "held"
            if kept is None:
                known_before = not chain.covers or key <= chain.before.get(table, 0)
                state = "uncovered" if known_before else "added"
            elif kept.payload != sha256(salt + canonical_json(row_content(table, row, sql))):
                state = "changed"
            yield ComparedRow(table, key, item, state, kept.number if kept else 0, row)


def _false_sums(now: RowReader) -> Iterator[Phrase]:
    """Hold what counts as spent by runs and months against the calls, which are covered."""
    ends = {row["call"]: row["nanos"] for row in now.rows("all ends")}
    purses = {row["id"]: row["purse"] for row in now.rows("all runs")}
    sums: Counter[str] = Counter()
    for call in now.rows("all calls"):
        nanos = int(ends[call["id"]] if call["id"] in ends else call["nanos"])
        sums[f"month {call['month']}"] += nanos
        sums[purses.get(call["run"], "")] += nanos
    for row in now.rows("all spent"):
        name = row["purse"]
        if name.startswith(("month ", "run ")) and row["nanos"] != sums[name]:
            yield say("what counts as spent by {purse} is not what its calls cost", purse=name)


def _compare_claims(
    now: RowReader, sql: SqlStatements, chain: "AuditChain", salts: Mapping[int, str]
) -> Iterator[ComparedRow]:
    """Hold what each item claims against its entry, also where nothing is left of it."""
    claims: dict[int, list[Row]] = {item: [] for table, item in chain.payloads if table == CLAIMS}
    for row in now.rows(f"all {CLAIMS}"):
        claims.setdefault(row["item"], []).append(row)
    for item, rows in claims.items():
        kept = chain.payloads.pop((CLAIMS, item), None)
        content = claims_content(sorted(rows, key=itemgetter("id")), sql)
        state: Literal["held", "changed", "added", "uncovered"] = "held"
        if kept is None:
            state = "uncovered" if not chain.covers or item <= chain.before.get(CLAIMS, 0) else "added"
        elif kept.payload != sha256(str(salts.get(item, "")) + canonical_json(content)):
            state = "changed"
        yield ComparedRow(CLAIMS, item, item, state, kept.number if kept else 0, {"rows": rows})


def changed_row(table: str, key: int) -> Phrase:
    """Say that a row is another than its entry says."""
    return say("row {row} of {table} is not what was written", row=key, table=table)


_SALTED = frozenset(COVERED) - {"runs", "batches", "deliveries"}


class RowEntry(NamedTuple):
    """What an entry says of a row."""

    payload: str
    item: int
    number: int
    """The entry's own."""


class AuditChain:
    """The entries as they were followed."""

    def __init__(self) -> None:
        self.hashes: dict[int, str] = {}
        self.payloads: dict[tuple[str, int], RowEntry] = {}
        """What the last entry says of each row."""
        self.before: dict[str, int] = {}
        """The last row of each table that was there before rows were covered."""
        self.lost: dict[str, list[tuple[int, int]]] = {}
        """What repairs could not save: by table, the first and the last row of each stretch."""
        self.gaps: list[tuple[int, int]] = []
        """The first and the last of entries that are missing."""
        self.last = 0
        self.covers = False
        """Whether it covers rows at all; that of an older version does not."""

    def follow(self, entries: Iterable[Row]) -> int | None:
        """Go through the entries; give the first that does not fit.

        Entries that are missing fit where a later entry says that a repair lost them.
        """
        before, expected = BEGIN, 1
        broken: list[int] = []
        for row in entries:
            n = row["n"]
            digest = entry_hash(row["before"], n, row["at"], row["kind"], row["item"], row["payload"])
            if n > expected and row["hash"] == digest:
                self.gaps.append((expected, n - 1))
            elif not broken and (n, row["before"], row["hash"]) != (expected, before, digest):
                broken.append(expected)
            self._take(row)
            before, expected = row["hash"], n + 1
        broken += [gap[0] for gap in self.gaps if not all(self.is_lost("audit", n) for n in gap)]
        return min(broken, default=None)

    def is_lost(self, table: str, key: int) -> bool:
        """Tell whether a repair could not save the row *key* of *table*."""
        return any(first <= key <= last for first, last in self.lost.get(table, ()))

    def _take(self, row: Row) -> None:
        self.last = int(row["n"])
        self.hashes[self.last] = row["hash"]
        word, _, rest = row["kind"].partition(" ")
        self.covers = self.covers or word in ("row", COVER)
        if word == "row":
            table, _, key = rest.partition(" ")
            number = int(key) if key.isdecimal() else 0
            self.payloads[table, number] = RowEntry(row["payload"], row["item"], self.last)
        elif word == COVER and rest:
            self.before = {**_keys(rest), **self.before}
        elif word == REPAIR and rest:
            for table, ranges in _ranges(rest).items():
                self.lost.setdefault(table, []).extend(ranges)

    def objection(self, head: AuditHead) -> Phrase | None:
        """Say how the chain differs from what was known of it elsewhere."""
        where = head.place or str(head)
        known = self.hashes.get(head.number)
        if head.number == 0 or known == head.hash or (known is None and self.is_lost("audit", head.number)):
            return None
        if head.number > self.last:
            return say(
                "the chain ends with entry {last}, and {where} knows entry {n}: entries were cut off",
                last=self.last,
                where=where,
                n=head.number,
            )
        return say(
            "entry {n} is not the one that {where} knows: the chain was written anew",
            n=head.number,
            where=where,
        )


def _keys(text: str) -> dict[str, int]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return {str(k): v for k, v in read.items() if isinstance(v, int)} if isinstance(read, dict) else {}


def _ranges(text: str) -> dict[str, list[tuple[int, int]]]:
    try:
        return {table: [(int(a), int(b)) for a, b in ranges] for table, ranges in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def exported_entries(store: AuditedStore) -> Iterator[dict[str, Any]]:
    """Give the entries as they leave, oldest first; they tell of nobody."""
    names = ("n", "at", "kind", "item", "payload", "before", "hash")
    with store.snapshot() as now:
        for row in now.rows("all audit"):
            yield {name: row[name] for name in names}
