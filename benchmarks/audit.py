"""Tamper with a ledger at random, checksums mended: ``python benchmarks/audit.py [N]``, else 500 times.

Changes, deletions, additions and reorderings of rows and entries, chains cut off, and chains written anew
from some entry on, each in a fresh copy. Prints how many `verify_audit` found and named against the head.
"""

import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from smeflow._text import canonical_json, sha256
from smeflow.ledger import history, items
from smeflow.ledger.audit import BEGIN, COVERED, AuditHead, audit_head, entry_hash
from smeflow.ledger.finish import Ending, NewResult, finish_item
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import compiled_sql
from smeflow.ledger.rows import ResultKind
from smeflow.ledger.verify import verify_audit
from smeflow.ledger.writer import crc

ENTRY = ("n", "at", "kind", "item", "payload", "before", "hash")


def work(ledger: Ledger, count: int = 12) -> None:
    """Take items in, end them with a result each, and let a person decide on some."""
    history.begin_run(ledger.store, recipe="r", text_hash="t", plan="p", llm="m", smeflow="0", pid=1)
    incoming = [
        Incoming(
            key=f"{n}.txt", version=sha256(str(n)), name=f"{n}.txt", media_type="text/plain", data=b"%d" % n
        )
        for n in range(count)
    ]
    Intake(ledger.store, "r", "inbox").take(incoming, complete=True)
    kind = ResultKind(step="extract", result="extraction", record="invoice")
    for item in items.claim_items(ledger.store, "r", count):
        new = NewResult(
            step="s", fingerprint="f", kind=kind, input="i", take=0, value=f'{{"total":{item.id}}}'
        )
        ending = Ending(state="review", plan="p", outcome={"s": "n0"}, new=[new])
        finish_item(ledger.store, item, ending, "0")
    for item in list(ledger.items("r"))[: count // 2]:
        value = ledger.value(item, "s")
        ledger.record_decision(
            item, action="approve", person="Ann", step="s", result_hash=value[1] if value else ""
        )
    history.record_delivery(
        ledger.store, recipe="r", sink="out.csv", path="out.csv", sha256="0", key="", rows=count
    )


def tamper(path: Path, rng: random.Random) -> tuple[str, str]:
    """Harm the ledger in one way, its checksums mended; give which way, and what must be named."""
    way = rng.choice(sorted(WAYS))
    connection = sqlite3.connect(path)
    try:
        connection.row_factory = sqlite3.Row
        named = WAYS[way](connection, rng)
        for table in ("audit", *COVERED):
            _mend(connection, table)
        connection.commit()
    finally:
        connection.close()
    return way, named


def _mend(connection: sqlite3.Connection, table: str) -> None:
    columns, key = compiled_sql().covered[table], compiled_sql().columns[table][0]
    for row in connection.execute(f"SELECT * FROM {table}").fetchall():
        value = crc([row[name] for name in columns])
        connection.execute(f"UPDATE {table} SET crc = ? WHERE {key} = ?", (value, row[key]))


def _entries(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT max(n) FROM audit").fetchone()[0])


def _some_row(connection: sqlite3.Connection, rng: random.Random) -> tuple[str, str, sqlite3.Row]:
    filled = [t for t in COVERED if connection.execute(f"SELECT 1 FROM {t} LIMIT 1").fetchone()]
    table = rng.choice(filled)
    row = rng.choice(connection.execute(f"SELECT * FROM {table}").fetchall())
    return table, compiled_sql().columns[table][0], row


def _other(value: object) -> object:
    return value + 1 if isinstance(value, int) else f"{value or ''}x"


def _change_entry(connection: sqlite3.Connection, rng: random.Random) -> str:
    n = rng.randint(1, _entries(connection))
    column = rng.choice(ENTRY[1:])
    was = connection.execute(f"SELECT {column} FROM audit WHERE n = ?", (n,)).fetchone()[0]
    connection.execute(f"UPDATE audit SET {column} = ? WHERE n = ?", (_other(was), n))
    return f"entry {n} "


def _delete_entry(connection: sqlite3.Connection, rng: random.Random) -> str:
    n = rng.randint(1, _entries(connection) - 1)
    connection.execute("DELETE FROM audit WHERE n = ?", (n,))
    return f"entry {n} "


def _swap_entries(connection: sqlite3.Connection, rng: random.Random) -> str:
    first, second = sorted(rng.sample(range(1, _entries(connection) + 1), 2))
    for before, after in ((first, -1), (second, first), (-1, second)):
        connection.execute("UPDATE audit SET n = ? WHERE n = ?", (after, before))
    return f"entry {first} "


def _cut(connection: sqlite3.Connection, rng: random.Random) -> str:
    n = rng.randint(1, _entries(connection) - 1)
    connection.execute("DELETE FROM audit WHERE n > ?", (n,))
    return f"ends with entry {n}"


def _change_row(connection: sqlite3.Connection, rng: random.Random) -> str:
    table, key, row = _some_row(connection, rng)
    column = rng.choice([c for c in compiled_sql().covered[table] if c not in (key, "lease")])
    connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE {key} = ?', (_other(row[column]), row[key]))
    return f"row {row[key]} of {table} "


def _delete_row(connection: sqlite3.Connection, rng: random.Random) -> str:
    table, key, row = _some_row(connection, rng)
    connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (row[key],))
    return f"row {row[key]} of {table} "


def _add_row(connection: sqlite3.Connection, rng: random.Random) -> str:
    table, key, row = _some_row(connection, rng)
    copy = dict(row) | {key: 1000} | ({"key": "new"} if "key" in row.keys() else {})  # noqa: SIM118 - a sqlite3.Row
    marks = ", ".join("?" * len(copy))
    connection.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(copy.values()))
    return f"row 1000 of {table} "


def _swap_results(connection: sqlite3.Connection, rng: random.Random) -> str:
    first, second = rng.sample(connection.execute("SELECT id, value, hash FROM results").fetchall(), 2)
    for one, other in ((first, second), (second, first)):
        connection.execute(
            "UPDATE results SET value = ?, hash = ? WHERE id = ?", (other["value"], other["hash"], one["id"])
        )
    return f"row {first['id']} of results "


def _rewrite(connection: sqlite3.Connection, rng: random.Random) -> str:
    """Change a result and all that speaks of it: its entry and every hash from there on."""
    row = rng.choice(connection.execute("SELECT * FROM results").fetchall())
    value = '{"total":9119}'
    connection.execute(
        "UPDATE results SET value = ?, hash = ? WHERE id = ?", (value, sha256(value), row["id"])
    )
    changed = dict(row) | {"value": value, "hash": sha256(value)}
    salt = connection.execute("SELECT salt FROM items WHERE id = ?", (row["item"],)).fetchone()[0]
    content = ["results", *(changed[c] for c in compiled_sql().covered["results"])]
    connection.execute(
        "UPDATE audit SET payload = ? WHERE kind = ?",
        (sha256(salt + canonical_json(content)), f"row results {row['id']}"),
    )
    _hash_anew(connection)
    return "written anew"


def _drop_and_rewrite(connection: sqlite3.Connection, rng: random.Random) -> str:
    """Take an entry out, number the others anew and hash them."""
    n = rng.randint(1, _entries(connection))
    connection.execute("DELETE FROM audit WHERE n = ?", (n,))
    connection.execute("UPDATE audit SET n = -n WHERE n > ?", (n,))
    connection.execute("UPDATE audit SET n = -n - 1 WHERE n < 0")
    _hash_anew(connection)
    return "cut off"


def _rewrite_all(connection: sqlite3.Connection, rng: random.Random) -> str:
    """Let everything have happened in another year, and write the whole chain anew: all of it fits."""
    connection.execute("UPDATE audit SET at = ? || substr(at, 5)", (str(rng.randint(1990, 2020)),))
    _hash_anew(connection)
    return "written anew"


def _hash_anew(connection: sqlite3.Connection) -> None:
    before = BEGIN
    for e in connection.execute("SELECT * FROM audit ORDER BY n").fetchall():
        digest = entry_hash(before, e["n"], e["at"], e["kind"], e["item"], e["payload"])
        connection.execute("UPDATE audit SET before = ?, hash = ? WHERE n = ?", (before, digest, e["n"]))
        before = digest


WAYS: dict[str, Callable[[sqlite3.Connection, random.Random], str]] = {
    "change an entry": _change_entry,
    "delete an entry": _delete_entry,
    "swap two entries": _swap_entries,
    "cut the chain": _cut,
    "change a row": _change_row,
    "delete a row": _delete_row,
    "add a row": _add_row,
    "swap two results": _swap_results,
    "change a result and write the chain anew": _rewrite,
    "take an entry out and write the chain anew": _drop_and_rewrite,
    "write the whole chain anew": _rewrite_all,
}


def missed(folder: Path, count: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """Harm copies of a ledger *count* times; give how often in which way, and what was not named."""
    with Ledger.open(folder / "state") as ledger:
        work(ledger)
        head: AuditHead = audit_head(ledger.store)
        clean = verify_audit(ledger.store, [head]).findings
    rng, ways, left = random.Random(seed), Counter[str](), [f"unharmed: {each}" for each in clean]
    for n in range(count):
        copy = folder / f"copy{n}"
        copy.mkdir()
        shutil.copy2(folder / "state" / "ledger.db", copy)
        way, named = tamper(copy / "ledger.db", rng)
        with Ledger.open(copy, create=False, check=False) as ledger:
            findings = [str(each) for each in verify_audit(ledger.store, [head]).findings]
        ways[way] += 1
        if not any(named in f"{each} " for each in findings):
            left.append(f"{way}: {named!r} is not in {findings[:3]}")
        shutil.rmtree(copy)
    return ways, left


def main() -> None:
    """Harm, verify, print."""
    count, began = int(sys.argv[1]) if sys.argv[1:] else 500, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ways, left = missed(Path(folder), count)
    for way, times in sorted(ways.items()):
        print(f"  {times:4} × {way}")
    print("\n".join(left))
    print(f"{count - len(left)} of {count} found and named in {time.perf_counter() - began:.0f} s")
    sys.exit(bool(left))


if __name__ == "__main__":
    main()
