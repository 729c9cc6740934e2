"""Copy a whole ledger into an empty one, of whatever database: every row as it is, with its number.

So whatever was paid, decided and delivered is known there, and the audit chain goes on from the same entry.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from smeflow.errors import LedgerError
from smeflow.i18n import say
from smeflow.ledger.audit import AuditHead, audit_head
from smeflow.ledger.store import LedgerStore, blob_data, store_blob
from smeflow.ledger.verify import first_broken_entry
from smeflow.ledger.writer import Row, Transaction

PASSING = ("\nlead\n", "\nworker\n")
"""What is remembered of processes, and moves with none of them."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What was copied."""

    rows: int
    head: AuditHead


def copy_ledger(source: LedgerStore, target: LedgerStore) -> Moved:
    """Copy every row of *source* into *target*, all or none, and look whether it is the same there.

    Raises:
        LedgerError: *target* holds something already, or the audit chain of *source* is broken.
        LedgerDamaged: A document of *source* is not what was kept.
        OSError: The disk is full.
    """
    if audit_head(target).number or target.first("last key of items") not in (None, (None,)):
        raise LedgerError(
            say("There is a ledger already where this one is to go. Nothing was copied; name an empty place.")
        )
    broken = first_broken_entry(source)
    if broken is not None:
        raise LedgerError(
            say(
                "The audit chain is broken at entry {n}. Nothing was copied; see: smeflow audit verify",
                n=broken,
            )
        )
    copied = 0

    def job(transaction: Transaction) -> None:
        nonlocal copied
        copied = 0
        with source.snapshot() as now:
            for table in source.sql.columns:
                if table == "meta":
                    continue
                rows: Iterable[Row] = now.rows(f"all {table}")
                if table == "blobs":
                    rows = _blobs(rows, source, target)
                elif table == "memory":
                    rows = (row for row in rows if not row["name"].startswith(PASSING))
                copied += transaction.copy(table, rows)

    target.write(job)
    head = audit_head(target)
    if head != audit_head(source) or first_broken_entry(target) is not None:
        raise LedgerError(
            say("The ledger changed while it was copied. Stop what runs on it, empty the copy, begin again.")
        )
    return Moved(rows=copied, head=head)


def _blobs(rows: Iterable[Row], source: LedgerStore, target: LedgerStore) -> Iterator[Row]:
    """Give the documents as *target* keeps them: as rows, or large ones as files."""
    largest = target.sql.largest_row
    for row in rows:
        data = row["data"] if row["data"] is not None else blob_data(source, row["sha256"])
        if largest is not None and len(data) >= largest:
            store_blob(target, data)
            yield {**row, "data": None}
        else:
            yield {**row, "data": data}
