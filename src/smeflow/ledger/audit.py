"""The audit chain: what happened, each entry holding the hash of the one before, so that none changes unseen.

An entry tells *that* something happened to an item and the salted hash of *what*. The salt stands with the
item: when an item is erased, its entries stay valid and say nothing more about anybody. Each row of a covered
table has an entry ``row TABLE KEY`` for what was last written into it, made in the same transaction.

Whoever may write the ledger's file can also write the whole chain anew. That is found only against a
**head**, the number and hash of an entry, that was kept where this person cannot write.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from smeflow._text import canonical_json, sha256
from smeflow.errors import os_error_reason
from smeflow.i18n import Phrase, say
from smeflow.ledger.writer import Row, SqlStatements, Transaction


class RowReader(Protocol):
    """The rows of one moment."""

    def rows(self, name: str, **parameters: object) -> Iterator[Row]:
        """Go through the rows of the statement called *name*."""
        ...


class AuditedStore(Protocol):
    """What is read of a ledger to verify it."""

    @property
    def sql(self) -> SqlStatements:
        """Its statements and columns."""
        ...

    def first(self, name: str, **parameters: object) -> tuple[Any, ...] | None:
        """Give the first row of the statement called *name*."""
        ...

    def snapshot(self) -> AbstractContextManager[RowReader]:
        """Read everything as it stands at one moment."""
        ...


BEGIN = "0" * 64
COVERED = (
    "items",
    "results",
    "reviews",
    "calls",
    "ends",
    "batches",
    "booked",
    "deliveries",
    "runs",
    "effects",
)
"""The tables whose rows belong to the chain."""
RESTORED = "restored "
"""Before the head of a backup that was put back, among the reasons heads are kept for."""
COVER = "cover"
"""The kind of the entry that says from which rows on a ledger of an older version is covered."""


def add_audit_entry(
    transaction: Transaction, *, at: str, kind: str, item: int = 0, salt: str = "", payload: object = None
) -> None:
    """Add an entry; it becomes durable with what it speaks of."""
    last: tuple[int, str] = transaction.memo.get("audit") or transaction.first("last audit") or (0, BEGIN)
    number, before = last[0] + 1, last[1]
    hidden = sha256(salt + canonical_json(payload))
    digest = entry_hash(before, number, at, kind, item, hidden)
    row = {
        "n": number,
        "at": at,
        "kind": kind,
        "item": item,
        "payload": hidden,
        "before": before,
        "hash": digest,
    }
    transaction.add("audit", row)
    transaction.memo["audit"] = (number, digest)


def entry_hash(before: str, number: int, at: str, kind: str, item: int, payload: str) -> str:
    """Compute an entry's hash."""
    return sha256("\n".join((before, str(number), at, kind, str(item), payload)))


class RowCoverage:
    """Adds the entry of each row that is written into a covered table."""

    def __init__(self, sql: SqlStatements) -> None:
        self._sql = sql
        self._begun = False

    def __call__(self, transaction: Transaction, table: str, key: int, row: Row, *, added: bool) -> None:
        """Cover *row* as it was just written."""
        if table not in COVERED:
            return
        at = next((str(row[name]) for name in _TIMES if row.get(name)), "")
        if not self._begun:
            self._begin(transaction, table if added else "", key, at)
        item = key if table == "items" else int(row.get("item", 0))
        add_audit_entry(
            transaction,
            at=at,
            kind=f"row {table} {key}",
            item=item,
            salt=_salt(transaction, table, item, row),
            payload=_content(table, row, self._sql),
        )

    def _begin(self, transaction: Transaction, added_to: str, key: int, at: str) -> None:
        """Say once, in a ledger of an older version, which rows were there before rows were covered.

        *key* of the table *added_to* is the first that is covered.
        """
        if "covering" in transaction.memo:
            return
        transaction.memo["covering"] = True
        if transaction.first("first coverage") is not None:
            self._begun = True
            return
        if transaction.memo.get("audit") or transaction.first("last audit") is None:
            return
        last = {name: (transaction.first(f"last key of {name}") or (0,))[0] or 0 for name in COVERED}
        if added_to:
            last[added_to] = min(last[added_to], key - 1)
        kind = f"{COVER} {canonical_json(last)}"
        add_audit_entry(transaction, at=at, kind=kind, payload=last)


_TIMES = ("at", "ended_at", "started_at", "created_at")


def _salt(transaction: Transaction, table: str, item: int, row: Row) -> str:
    if table == "items":
        return str(row["salt"])
    if table == "ends":
        return str((transaction.first("salt of call", id_=row["call"]) or ("",))[0])
    if not item:
        return ""
    salts = transaction.memo.setdefault("salts", {})
    if item not in salts:
        salts[item] = str((transaction.first("salt of item", id_=item) or ("",))[0])
    return str(salts[item])


def _content(table: str, row: Row, sql: SqlStatements) -> list[object]:
    """Give what of a row is covered: all but the lease, which changes when an item is only looked at."""
    return [table, *(row[name] for name in sql.covered[table] if name != "lease")]


def first_broken_entry(store: AuditedStore) -> int | None:
    """Follow the chain; give the number of the first entry that does not fit, None where all do.

    Entries cut off from the end leave a valid chain, and so does one written anew: `verify_audit` finds these
    against a head that was kept elsewhere.
    """
    with store.snapshot() as now:
        return _Chain().follow(now.rows("all audit"))


@dataclass(frozen=True, kw_only=True)
class AuditHead:
    """An entry as it was known elsewhere: by its number and hash."""

    number: int
    hash: str
    place: str = ""
    """Where it was kept."""

    @classmethod
    def parse(cls, text: str, place: str = "") -> Self:
        """Read ``NUMBER:HASH``, or a line of JSON that has both under ``audit``.

        Raises:
            ValueError: It is neither.
        """
        if text.lstrip().startswith("{"):
            text = str(json.loads(text).get("audit", ""))
        number, _, digest = text.strip().partition(":")
        if not number.isdecimal() or len(digest) != len(BEGIN):
            raise ValueError(say("that is no head of an audit chain: NUMBER:HASH, 64 digits and letters"))
        return cls(number=int(number), hash=digest, place=place)

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return f"{self.number}:{self.hash}"


def audit_head(store: AuditedStore) -> AuditHead:
    """Give the last entry, to be kept elsewhere; number 0 in an empty ledger."""
    number, digest = store.first("last audit") or (0, BEGIN)
    return AuditHead(number=int(number), hash=str(digest))


def kept_head(store: AuditedStore, file: Path | None, at: str, why: str) -> tuple[AuditHead, Phrase | None]:
    """Give the head of the chain, kept in *file* where there is one, or why it cannot be kept."""
    head = audit_head(store)
    if file is None:
        return head, None
    try:
        keep_head(file, head, at, why)
    except OSError as error:
        reason = os_error_reason(error)
        return head, say(
            "The head of the audit chain cannot be kept in {file}: {reason}.", file=file, reason=reason
        )
    return head, None


def keep_head(file: Path, head: AuditHead, at: str, why: str) -> None:
    """Add *head* to a file of heads, a line of JSON each.

    Raises:
        OSError: It cannot be written.
    """
    with file.open("a", encoding="utf-8", newline="\n") as kept:
        kept.write(canonical_json({"audit": str(head), "at": at, "why": why}) + "\n")


def kept_heads(file: Path) -> list[AuditHead]:
    """Read a file of heads; those that a restored ledger cannot know, as the file says, are left out.

    Raises:
        OSError: It cannot be read.
        ValueError: A line of it holds none.
    """
    heads: list[AuditHead] = []
    for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        head = AuditHead.parse(line, f"{file}:{n}")
        why = str(json.loads(line).get("why", "")) if line.lstrip().startswith("{") else ""
        if why.startswith(RESTORED):  # what came after that entry is in the ledger that was kept aside
            kept = AuditHead.parse(why.removeprefix(RESTORED))
            heads = [each for each in heads if each.number <= kept.number]
        heads.append(head)
    return heads


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


def verify_audit(store: AuditedStore, heads: Iterable[AuditHead] = ()) -> AuditReport:
    """Follow the chain, hold it against heads that were kept elsewhere, and every covered row against it."""
    chain = _Chain()
    findings: list[Phrase] = []
    with store.snapshot() as now:
        broken = chain.follow(now.rows("all audit"))
        if broken is not None:
            findings.append(say("entry {n} of the chain is not what was written there", n=broken))
        findings += filter(None, map(chain.objection, heads))
        salts = {row["id"]: row["salt"] for row in now.rows("all items")}
        items_of_calls = {row["id"]: row["item"] for row in now.rows("all calls")}
        rows = uncovered = 0
        for table in COVERED:
            for row in now.rows(f"all {table}"):
                key = int(row["call"] if table == "ends" else row["id"])
                item = key if table == "items" else int(row.get("item") or items_of_calls.get(key, 0))
                salt = str(salts.get(item, "")) if table in _SALTED else ""
                content = _content(table, row, store.sql)
                kept = chain.payloads.pop((table, key), None)
                rows += 1
                if kept is None and (not chain.covers or key <= chain.before.get(table, 0)):
                    uncovered += 1
                elif kept is None:
                    findings.append(say("row {row} of {table} is in no entry: added", row=key, table=table))
                elif kept != sha256(salt + canonical_json(content)):
                    findings.append(say("row {row} of {table} is not what was written", row=key, table=table))
    findings += [say("row {row} of {table} is gone", row=key, table=table) for table, key in chain.payloads]
    head = AuditHead(number=chain.last, hash=chain.hashes.get(chain.last, BEGIN))
    return AuditReport(head=head, findings=tuple(findings), rows=rows - uncovered, uncovered=uncovered)


_SALTED = frozenset(COVERED) - {"runs", "batches", "deliveries"}


class _Chain:
    """The entries as they were followed."""

    def __init__(self) -> None:
        self.hashes: dict[int, str] = {}
        self.payloads: dict[tuple[str, int], str] = {}
        """What the last entry says of each row."""
        self.before: dict[str, int] = {}
        """The last row of each table that was there before rows were covered."""
        self.last = 0
        self.covers = False
        """Whether it covers rows at all; that of an older version does not."""

    def follow(self, entries: Iterable[Row]) -> int | None:
        """Go through the entries; give the first that does not fit."""
        before, expected = BEGIN, 1
        broken: int | None = None
        for row in entries:
            digest = entry_hash(before, row["n"], row["at"], row["kind"], row["item"], row["payload"])
            if broken is None and (row["n"], row["before"], row["hash"]) != (expected, before, digest):
                broken = expected
            self._take(row)
            before, expected = row["hash"], expected + 1
        return broken

    def _take(self, row: Row) -> None:
        self.last = int(row["n"])
        self.hashes[self.last] = row["hash"]
        word, _, rest = row["kind"].partition(" ")
        self.covers = self.covers or word in ("row", COVER)
        if word == "row":
            table, _, key = rest.partition(" ")
            self.payloads[table, int(key) if key.isdecimal() else 0] = row["payload"]
        elif word == COVER and not self.before and rest:
            self.before = _keys(rest)

    def objection(self, head: AuditHead) -> Phrase | None:
        """Say how the chain differs from what was known of it elsewhere."""
        where = head.place or str(head)
        if head.number == 0 or self.hashes.get(head.number) == head.hash:
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


def exported_entries(store: AuditedStore) -> Iterator[dict[str, Any]]:
    """Give the entries as they leave, oldest first; they tell of nobody."""
    names = ("n", "at", "kind", "item", "payload", "before", "hash")
    with store.snapshot() as now:
        for row in now.rows("all audit"):
            yield {name: row[name] for name in names}
