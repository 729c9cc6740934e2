"""The audit chain: what happened, each entry holding the hash of the one before, so that none changes unseen.

An entry tells *that* something happened to an item and the salted hash of *what*. The salt stands with the
item: when an item is erased, its entries stay valid and say nothing more about anybody. Each row of a covered
table has an entry ``row TABLE KEY`` for what was last written into it, made in the same transaction.

Whoever may write the ledger's file can also write the whole chain anew. That is found only against a
**head**, the number and hash of an entry, that was kept where this person cannot write.
"""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol, Self

from smeflow._text import canonical_json, sha256
from smeflow.errors import os_error_reason
from smeflow.i18n import Phrase, say
from smeflow.ledger.writer import Row, SqlStatements, Transaction


class RowReader(Protocol):
    """The rows of one moment."""

    def rows(self, name: str, **parameters: object) -> Iterable[Row]:
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
CLAIMS = "claims"
"""What an item claims belongs to the chain too, all of it in one entry: it is written anew together."""
COVER = "cover"
"""The kind of the entry that says from which rows on a ledger of an older version is covered."""
REPAIR = "repair"
"""The kind of the entry that says which rows and entries were lost to damage; see `repair`."""


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
    transaction.add_later("audit", row)
    transaction.memo["audit"] = (number, digest)


def entry_hash(before: str, number: int, at: str, kind: str, item: int, payload: str) -> str:
    """Compute an entry's hash."""
    return sha256("\n".join((before, str(number), at, kind, str(item), payload)))


class RowCoverage:
    """Adds the entry of each row that is written into a covered table."""

    def __init__(self, sql: SqlStatements) -> None:
        self._sql = sql
        self._begun = False
        self._contents = {table: itemgetter(*content_columns(table, sql)) for table in COVERED}
        self._times = {table: [name for name in _TIMES if name in sql.columns[table]] for table in COVERED}

    def __call__(self, transaction: Transaction, table: str, key: int, row: Row, *, added: bool) -> None:
        """Cover *row* as it was just written."""
        if table == CLAIMS:
            transaction.memo.setdefault(CLAIMS, {})[row["item"]] = row["at"]
            return
        if table not in COVERED:
            return
        at = str(next(filter(None, map(row.get, self._times[table])), ""))
        if not self._begun:
            self.begin(transaction, table if added else "", key, at)
        item = key if table == "items" else int(row.get("item", 0))
        add_audit_entry(
            transaction,
            at=at,
            kind=f"row {table} {key}",
            item=item,
            salt=_salt(transaction, table, item, row),
            payload=[table, *self._contents[table](row)],
        )

    def dropped(self, transaction: Transaction, name: str, parameters: Row) -> None:
        """Note that claims were taken away."""
        if name == "drop claims of item":
            transaction.memo.setdefault(CLAIMS, {}).setdefault(parameters["item"], "")

    def finish(self, transaction: Transaction) -> None:
        """Cover what items claim as it stands now, at the end of a transaction."""
        for item, at in transaction.memo.pop(CLAIMS, {}).items():
            rows = transaction.rows("claims of item", item=item)
            add_audit_entry(
                transaction,
                at=at,
                kind=f"row {CLAIMS} {item}",
                item=item,
                salt=_salt(transaction, CLAIMS, item, {}),
                payload=claims_content(rows, self._sql),
            )

    def begin(self, transaction: Transaction, added_to: str, key: int, at: str) -> None:
        """Say once, in a ledger of an older version, which rows were there before rows were covered.

        *key* of the table *added_to* is the first that is covered.
        """
        if "covering" in transaction.memo:
            return
        transaction.memo["covering"] = True
        last_items = (transaction.first("last key of items") or (0,))[0] or 0
        if transaction.first("first coverage") is not None:
            self._begun = True
            if (transaction.first(f"last key of {CLAIMS}") or (None,))[0] and (
                transaction.first("claims coverage") is None
            ):  # written by a version that covered rows, and no claims
                kind = f"{COVER} {canonical_json({CLAIMS: last_items})}"
                add_audit_entry(transaction, at=at, kind=kind, payload=last_items)
            return
        if transaction.memo.get("audit") or transaction.first("last audit") is None:
            return
        last = {name: (transaction.first(f"last key of {name}") or (0,))[0] or 0 for name in COVERED}
        if added_to:
            last[added_to] = min(last[added_to], key - 1)
        last[CLAIMS] = last_items
        kind = f"{COVER} {canonical_json(last)}"
        add_audit_entry(transaction, at=at, kind=kind, payload=last)


_TIMES = ("at", "ended_at", "started_at", "created_at")


def _salt(transaction: Transaction, table: str, item: int, row: Row) -> str:
    if table == "items":
        return str(row["salt"])
    if table == "ends":
        salt: str | None = transaction.memo.get(f"salt of call {row['call']}")
        return str((transaction.first("salt of call", id_=row["call"]) or ("",))[0]) if salt is None else salt
    if not item:
        return ""
    salt = transaction.memo.get(f"salt {item}")
    if salt is None:
        salt = str((transaction.first("salt of item", id_=item) or ("",))[0])
        know_salt(transaction, item, salt)
    return salt


def know_salt(transaction: Transaction, item: int, salt: str, *, call: int = 0) -> None:
    """Spare this transaction reading an item's salt, which never changes; *call* is one of the item's."""
    transaction.memo[f"salt {item}"] = salt
    if call:
        transaction.memo[f"salt of call {call}"] = salt


def content_columns(table: str, sql: SqlStatements) -> tuple[str, ...]:
    """Give the columns that are covered: all but the lease, which changes when an item is only looked at."""
    return tuple(name for name in sql.covered[table] if name != "lease")


def row_content(table: str, row: Row, sql: SqlStatements) -> list[object]:
    """Give what of a row is covered."""
    return [table, *(row[name] for name in content_columns(table, sql))]


def claims_content(rows: Iterable[Row], sql: SqlStatements) -> list[object]:
    """Give what of an item's claims is covered."""
    return [CLAIMS, *([row["id"], *(row[name] for name in sql.covered[CLAIMS])] for row in rows)]


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
