import importlib.util
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from smeflow.core.claims import Claim
from smeflow.i18n import say
from smeflow.ledger import items
from smeflow.ledger.audit import AuditHead, audit_head, keep_head, kept_heads
from smeflow.ledger.finish import Ending, finish_item
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import compiled_sql
from smeflow.ledger.verify import exported_entries, verify_audit
from smeflow.ledger.writer import crc

ON_FILE = pytest.mark.parametrize("url", [None], ids=["sqlite"])
"""What edits the file behind the ledger's back; the chain itself is the same code over either database."""
ROOT = Path(__file__).resolve().parents[2]
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
    """Coming in and ending each add an entry, and so does each row that is written; the chain holds."""
    assert _work(ledger, take) == 40
    assert ledger.audit_broken_at() is None


@pytest.mark.parametrize(
    "harm",
    [
        ("edit", ("UPDATE audit SET payload = 'x' WHERE n = 7", ())),
        ("edit", ("UPDATE audit SET at = '2020' WHERE n = 7", ())),
        ("edit", ("UPDATE audit SET item = 99 WHERE n = 7", ())),
        ("delete", ("DELETE FROM audit WHERE n = 7", ())),
        ("insert", (f"INSERT INTO audit SELECT 41, {REST} FROM audit WHERE n = 7", ())),
    ],
    ids=["payload", "time", "item", "delete", "insert"],
)  # fmt: skip
@ON_FILE
def test_a_changed_chain_is_found(ledger: Ledger, take: Callable[..., object], harm: tuple):
    """Whoever edits an entry and mends its checksum is found by the chain, and the entry is named."""
    _work(ledger, take)
    _edit(ledger.store.path, harm[1])
    assert ledger.audit_broken_at() == (41 if harm[0] == "insert" else 7)


@ON_FILE
def test_two_entries_swapped_are_found(ledger: Ledger, take: Callable[..., object]):
    """Order is part of the chain."""
    _work(ledger, take)
    swap = "UPDATE audit SET n = ? WHERE n = ?"
    _edit(ledger.store.path, (swap, (1000, 5)), (swap, (5, 6)), (swap, (6, 1000)))
    assert ledger.audit_broken_at() == 5


@ON_FILE
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


def test_random_harm_is_found_and_named(tmp_path: Path):
    """Rows and entries changed, gone, added and swapped, chains cut and written anew."""
    spec = importlib.util.spec_from_file_location("audit_benchmark", ROOT / "benchmarks" / "audit.py")
    assert spec
    assert spec.loader
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    ways, left = benchmark.missed(tmp_path, 60, seed=7)
    assert not left
    assert len(ways) == len(benchmark.WAYS)


@ON_FILE
def test_a_result_is_part_of_the_chain(ledger: Ledger, take: Callable[..., object]):
    """Whoever changes what an item came to, and mends the checksum, is found."""
    _work(ledger, take)
    assert not verify_audit(ledger.store).findings
    with sqlite3.connect(ledger.store.path) as other:
        other.execute("UPDATE items SET state = 'skipped' WHERE id = 3")
    assert [str(each) for each in verify_audit(ledger.store).findings] == [
        "row 3 of items is not what was written"
    ]


def test_a_lease_is_not_part_of_the_chain(ledger: Ledger, take: Callable[..., object]):
    """To look at an item changes nothing of it."""
    _work(ledger, take)
    take({"new.txt": b"new"}, complete=False)
    before = audit_head(ledger.store)
    assert items.claim_items(ledger.store, "r", 10)
    assert audit_head(ledger.store) == before
    assert not verify_audit(ledger.store).findings


@ON_FILE
def test_a_chain_from_before_covers_less_and_says_so(ledger: Ledger, take: Callable[..., object]):
    """Rows that an older version wrote are counted, not suspected; what is written since is covered."""
    _work(ledger, take)
    with sqlite3.connect(ledger.store.path) as other:
        other.execute("DELETE FROM audit WHERE kind LIKE 'row %'")
        other.execute("UPDATE audit SET n = (SELECT count(*) FROM audit AS a WHERE a.n <= audit.n)")
        _chain_anew(other)
    folder = ledger.store.folder
    ledger.close()
    with Ledger.open(folder, check=False) as older:
        report = verify_audit(older.store)
        assert (report.findings, report.uncovered, report.rows) == ((), 10, 0)
        items.reopen_items(older.store, [4])
        report = verify_audit(older.store)
        assert (report.findings, report.uncovered, report.rows) == ((), 9, 1)


def _chain_anew(connection: sqlite3.Connection) -> None:
    from smeflow.ledger.audit import BEGIN, entry_hash

    before = BEGIN
    for n, at, kind, item, payload in connection.execute(
        "SELECT n, at, kind, item, payload FROM audit ORDER BY n"
    ).fetchall():
        digest = entry_hash(before, n, at, kind, item, payload)
        connection.execute("UPDATE audit SET before = ?, hash = ? WHERE n = ?", (before, digest, n))
        before = digest


def test_a_chain_is_verified_without_smeflow(ledger: Ledger, take: Callable[..., object], tmp_path: Path):
    """A script of fifty lines and no import of ours finds what was changed, cut off and written anew."""
    _work(ledger, take)
    entries = list(exported_entries(ledger.store))
    keep_head(tmp_path / "heads.jsonl", audit_head(ledger.store), ledger.store.now(), "test")
    changed = [dict(entry) for entry in entries]
    changed[4]["payload"] = "0" * 64
    for name, lines, said in (
        ("whole", entries, "40 entries hold"),
        ("changed", changed, "entry 5 is not what was written there"),
        ("cut", entries[:30], "entry 40 was cut off"),
    ):
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        command = [
            sys.executable,
            str(ROOT / "scripts" / "verify_audit.py"),
            str(file),
            str(tmp_path / "heads.jsonl"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert said in done.stdout
        assert done.returncode == (name != "whole")


def test_a_head_is_read_as_it_is_written(tmp_path: Path):
    """In a file of heads, each with the line it stands in; anything else is refused."""
    head = AuditHead(number=3, hash="a" * 64)
    keep_head(tmp_path / "heads.jsonl", head, "2026-11-20", "run r")
    (known,) = kept_heads(tmp_path / "heads.jsonl")
    assert str(known) == str(head)
    assert known.place == f"{tmp_path / 'heads.jsonl'}:1"
    for text in ("", "3", "x:" + "a" * 64, "3:abc", "{}"):
        with pytest.raises(ValueError, match="no head"):
            AuditHead.parse(text)


def _claim(ledger: Ledger, take: Callable[..., object]) -> int:
    take({"a.txt": b"a", "b.txt": b"b"})
    for item in items.claim_items(ledger.store, "r", 10):
        rules = [Claim(rule="steady", key="s", value="FR76", about=say("account"))]
        rules.append(Claim(rule="sole", key=f"n {item.id}", about=say("paper")))
        ending = Ending(state="done", plan="p", claims=[("s", claim) for claim in rules])
        finish_item(ledger.store, item, ending, "0")
    return len(ledger.store.tuples("all audit"))


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE claims SET value = 'DE99', crc = ? WHERE id = 1",
        "DELETE FROM claims WHERE id = 2 AND ? > 0",
        "INSERT INTO claims SELECT 9, item, step, rule, key, 'DE99', '[]', 1, at, ? FROM claims WHERE id = 1",
    ],
)
@ON_FILE
def test_what_an_item_claims_belongs_to_the_chain(ledger: Ledger, take: Callable[..., object], harm: str):
    """A claim changed, taken away or added would let another account pass; it is named by its item."""
    _claim(ledger, take)
    assert not verify_audit(ledger.store).findings
    (first, *_) = [row for row in ledger.store.read("all claims") if row["id"] == 1]
    other = {**first, "value": "DE99"}
    right = crc([other[name] for name in compiled_sql().covered["claims"]])
    _edit(ledger.store.path, (harm, (right,)))
    assert [str(each) for each in verify_audit(ledger.store).findings] == [
        "row 1 of claims is not what was written"
    ]


def test_claims_made_anew_are_covered_anew(ledger: Ledger, take: Callable[..., object]):
    """Each time an item ends its claims are written again, in one entry."""
    count = _claim(ledger, take)
    items.reopen_items(ledger.store, [1])
    (item,) = items.claim_items(ledger.store, "r", 10)
    finish_item(ledger.store, item, Ending(state="done", plan="p"), "0")
    assert not verify_audit(ledger.store).findings
    kinds = [row["kind"] for row in ledger.store.read("all audit")][count:]
    assert kinds.count("row claims 1") == 1


def test_claims_from_before_they_were_covered_are_counted(tmp_path: Path):
    """Of these nothing can be said; the chain covered rows then and no claims. Later ones are covered."""
    claim = Claim(rule="sole", key="n", about=say("paper"))
    for name in ("a", "b"):
        with Ledger.open(tmp_path / "older") as ledger:
            if name == "a":
                ledger.store._writer._written.finish = lambda tx: tx.memo.pop("claims", None)
            incoming = [Incoming(key=name, version=name, name=name, media_type="text/plain", data=b"a")]
            Intake(ledger.store, "r", "inbox").take(incoming, complete=False)
            (item,) = items.claim_items(ledger.store, "r", 1)
            finish_item(ledger.store, item, Ending(state="done", plan="p", claims=[("s", claim)]), "0")
    with Ledger.open(tmp_path / "older") as ledger:
        report = verify_audit(ledger.store)
        assert not report.findings
        assert report.uncovered == 1
