import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from smeflow.ledger import items
from smeflow.ledger.finish import Ending, finish_item
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.writer import crc

REST = "at, kind, item, payload, before, hash, crc"


def _work(ledger: Ledger, take: Callable[..., object]) -> int:
    for n in range(10):
        take({f"{n}.txt": str(n).encode()}, complete=False)
    for item in items.claim_items(ledger.store, "r", 10):
        finish_item(ledger.store, item, Ending(state="done", plan="p"), "0")
    return len(ledger.store.tuples("all audit"))


def _edit(path: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    with sqlite3.connect(path) as other:
        for statement, values in statements:
            other.execute(statement, values)
        rows = other.execute("SELECT n, at, kind, item, payload, before, hash FROM audit").fetchall()
        other.executemany("UPDATE audit SET crc = ? WHERE n = ?", [(crc(row), row[0]) for row in rows])
    other.close()


def test_every_item_leaves_its_entries(ledger: Ledger, take: Callable[..., object]):
    """Coming in and ending each add an entry, and the chain holds."""
    assert _work(ledger, take) == 20
    assert ledger.audit_broken_at() is None


@pytest.mark.parametrize(
    "harm",
    [
        ("edit", ("UPDATE audit SET payload = 'x' WHERE n = 7", ())),
        ("edit", ("UPDATE audit SET at = '2020' WHERE n = 7", ())),
        ("edit", ("UPDATE audit SET item = 99 WHERE n = 7", ())),
        ("delete", ("DELETE FROM audit WHERE n = 7", ())),
        ("insert", (f"INSERT INTO audit SELECT 21, {REST} FROM audit WHERE n = 7", ())),
    ],
    ids=["payload", "time", "item", "delete", "insert"],
)  # fmt: skip
def test_a_changed_chain_is_found(ledger: Ledger, take: Callable[..., object], harm: tuple):
    """Whoever edits an entry and mends its checksum is found by the chain, and the entry is named."""
    _work(ledger, take)
    _edit(ledger.store.path, harm[1])
    assert ledger.audit_broken_at() == (21 if harm[0] == "insert" else 7)


def test_two_entries_swapped_are_found(ledger: Ledger, take: Callable[..., object]):
    """Order is part of the chain."""
    _work(ledger, take)
    swap = "UPDATE audit SET n = ? WHERE n = ?"
    _edit(ledger.store.path, (swap, (1000, 5)), (swap, (5, 6)), (swap, (6, 1000)))
    assert ledger.audit_broken_at() == 5


def test_random_edits_are_all_found(ledger: Ledger, take: Callable[..., object]):
    """Whatever column of whatever entry is changed."""
    count = _work(ledger, take)
    rng = random.Random(5)
    good = ledger.store.read("all audit")
    for _ in range(60):
        n, column = rng.randrange(1, count + 1), rng.choice(("at", "kind", "payload", "before", "hash"))
        was = good[n - 1][column]
        _edit(ledger.store.path, (f"UPDATE audit SET {column} = ? WHERE n = ?", (was + "x", n)))
        assert ledger.audit_broken_at() == n
        _edit(ledger.store.path, (f"UPDATE audit SET {column} = ? WHERE n = ?", (was, n)))
    assert ledger.audit_broken_at() is None


def test_the_chain_says_nothing_about_the_content(ledger: Ledger, take: Callable[..., object]):
    """Entries hold salted hashes: two ledgers with the same items share none."""
    _work(ledger, take)
    payloads = {row["payload"] for row in ledger.store.read("all audit")}
    assert all(len(p) == 64 for p in payloads)
    assert not any("txt" in row["kind"] for row in ledger.store.read("all audit"))
    with Ledger.open(ledger.store.folder.parent / "other", clock=ledger.store.clock) as other:
        from smeflow._text import sha256
        from smeflow.ledger.intake import Incoming, Intake

        one = Incoming(key="0.txt", version=sha256(b"0"), name="0.txt", media_type="text/plain", data=b"0")
        Intake(other.store, "r", "inbox").take([one], complete=True)
        assert not payloads & {row["payload"] for row in other.store.read("all audit")}
