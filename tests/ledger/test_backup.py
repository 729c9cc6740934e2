"""A backup is whole or not there, and so is what it is restored into, whenever somebody pulls the plug."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smeflow._text import sha256
from smeflow.errors import LedgerBusy, LedgerDamaged, LedgerError
from smeflow.ledger import database
from smeflow.ledger.audit import audit_head
from smeflow.ledger.backup import make_backup, read_backup
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.restore import restore_backup
from smeflow.ledger.store import blob_data
from smeflow.ledger.verify import verify_audit

UNIX = pytest.mark.skipif(os.name == "nt", reason="kills a process as only Unix can")


def take_in(folder, names, size=20_000):
    """Take items in, each with a document large enough for a file of its own; give the chain's head."""
    with Ledger.open(folder) as ledger:
        found = [
            Incoming(key=n, version=sha256(data), name=n, media_type="text/plain", data=data)
            for n in names
            for data in [f"{n} ".encode() * size]
        ]
        Intake(ledger.store, "r", "inbox").take(iter(found), complete=False)
        return audit_head(ledger.store)


def keys(folder):
    """Give the keys of all items, once every row, document and entry was found to be what was written."""
    with Ledger.open(folder, create=False) as ledger:
        assert verify_audit(ledger.store).findings == ()
        rows = list(ledger.items())
        for row in rows:
            assert sha256(blob_data(ledger.store, row.blob)) == row.version
        return [row.key for row in rows]


@pytest.fixture
def state(tmp_path):
    """Make a ledger of three items."""
    take_in(tmp_path / ".smeflow", ["a", "b", "c"])
    return tmp_path / ".smeflow"


def test_a_backup_holds_all_and_comes_back_elsewhere(state, tmp_path):
    """Rows, documents, consents and smeflow.toml: what a new machine needs."""
    (tmp_path / "smeflow.toml").write_text("# the firm's\n")
    (state / "providers.json").write_text("{}\n")
    made = make_backup(state, tmp_path / "kept", workspace=[tmp_path / "smeflow.toml"])
    assert made.file.parent == tmp_path / "kept"
    assert made.items == 3
    if os.name != "nt":
        assert made.file.stat().st_mode & 0o777 == 0o600
    there = tmp_path / "there"
    restored = restore_backup(made.file, there / ".smeflow", root=there)
    assert (restored.aside, restored.newer.entries) == (None, 0)
    assert keys(there / ".smeflow") == ["a", "b", "c"]
    assert (there / "smeflow.toml").read_text() == "# the firm's\n"
    assert (there / ".smeflow" / "providers.json").read_text() == "{}\n"
    assert not (there / ".smeflow" / "restoring").exists()
    with Ledger.open(there / ".smeflow", create=False) as ledger:
        assert ledger.mended_notice is None


def test_a_backup_overwrites_nothing_and_needs_a_ledger(state, tmp_path):
    """The message says which file is there."""
    make_backup(state, tmp_path / "one.tar")
    with pytest.raises(LedgerError, match=r"one\.tar is there already"):
        make_backup(state, tmp_path / "one.tar")
    with pytest.raises(LedgerError, match="no ledger"):
        make_backup(tmp_path / "nowhere", tmp_path / "two.tar")


def test_no_backup_is_made_of_a_damaged_ledger(state, tmp_path):
    """A copy of damage helps nobody: a row, or a document that is gone."""
    next(f for f in (state / "blobs").rglob("*") if f.is_file()).unlink()
    with pytest.raises(LedgerDamaged, match="has changed"):
        make_backup(state, tmp_path / "one.tar")
    with closing(sqlite3.connect(state / "ledger.db")) as ledger:
        ledger.execute("UPDATE items SET name = 'x' WHERE id = 2")
        ledger.commit()
    with pytest.raises(LedgerDamaged, match="row 2 of items"):
        make_backup(state, tmp_path / "one.tar")
    assert [f.name for f in tmp_path.iterdir()] == [".smeflow"]


@pytest.mark.parametrize("harm", ["bit", "cut", "added", "manifest", "other"])
def test_a_backup_that_is_not_whole_is_refused_and_nothing_changes(state, tmp_path, harm):
    """One changed bit anywhere, a cut end, a member too many, another format."""
    file = make_backup(state, tmp_path / "one.tar").file
    data = bytearray(file.read_bytes())
    if harm == "bit":
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    elif harm == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif harm == "added":
        (tmp_path / "more").write_text("more")
        with tarfile.open(file, "a") as archive:
            archive.add(tmp_path / "more", "../../more")
    elif harm == "manifest":
        file.write_bytes(bytes(data).replace(b'\\"items\\":3', b'\\"items\\":4'))
    else:
        file.write_text("this is no backup")
    before = (state / "ledger.db").read_bytes()
    with pytest.raises(LedgerDamaged, match="is not whole"):
        restore_backup(file, state, root=tmp_path, accept_loss=True)
    assert (state / "ledger.db").read_bytes() == before


def test_what_is_newer_is_not_overwritten_unless_told(state, tmp_path):
    """The message counts it, the ledger is kept aside, and the books go on behind the highest number."""
    file = make_backup(state, tmp_path / "one.tar").file
    head = take_in(state, ["d"])
    with pytest.raises(LedgerError, match="holds what the backup does not"):
        restore_backup(file, state, root=tmp_path)
    assert keys(state) == ["a", "b", "c", "d"]
    restored = restore_backup(file, state, root=tmp_path, accept_loss=True)
    assert keys(state) == ["a", "b", "c"]
    assert restored.newer.descends
    assert restored.newer.entries == head.number - restored.backup.head.number
    with closing(sqlite3.connect(restored.aside)) as aside:
        assert aside.execute("SELECT count(*) FROM items").fetchone() == (4,)
    take_in(state, ["e"])
    assert keys(state) == ["a", "b", "c", "e"]


def test_a_ledger_that_was_kept_aside_stays_whatever_the_clock_says(state, tmp_path):
    """It may be set back, and two restores may come within a second."""
    file = make_backup(state, tmp_path / "one.tar").file
    kept = set()
    for name in ("d", "e"):
        take_in(state, [name])
        restored = restore_backup(
            file,
            state,
            root=tmp_path,
            accept_loss=True,
            clock=lambda: datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
        )
        kept.add(restored.aside)
    held = []
    for aside in kept:
        with closing(sqlite3.connect(aside)) as ledger:
            held += ledger.execute("SELECT max(key) FROM items").fetchall()
    assert sorted(held) == [("d",), ("e",)]


def test_another_ledger_and_one_that_cannot_be_read_are_kept_aside(state, tmp_path):
    """Of a damaged one nobody can tell what it holds: it goes only when told so, write-ahead file and all."""
    file = make_backup(state, tmp_path / "one.tar").file
    other = tmp_path / "other" / ".smeflow"
    take_in(other, ["z"])
    with pytest.raises(LedgerError, match="holds what"):
        restore_backup(file, other, root=tmp_path)
    assert not restore_backup(file, other, root=tmp_path, accept_loss=True).newer.descends
    (state / "ledger.db").write_bytes(b"broken" * 1000)
    (state / "ledger.db-wal").write_bytes(b"more")
    with pytest.raises(LedgerError, match="cannot be read"):
        restore_backup(file, state, root=tmp_path)
    aside = restore_backup(file, state, root=tmp_path, accept_loss=True).aside
    assert aside.read_bytes() == b"broken" * 1000
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"more"
    assert keys(state) == ["a", "b", "c"]


def test_nobody_restores_under_an_open_ledger(state, tmp_path):
    """Who has it open would go on writing into a file without a name."""
    file = make_backup(state, tmp_path / "one.tar").file
    with Ledger.open(state) as ledger:
        with pytest.raises(LedgerBusy, match="in use"):
            restore_backup(file, state, root=tmp_path)
        assert len(list(ledger.items())) == 3
    restore_backup(file, state, root=tmp_path)


def test_who_opens_a_ledger_while_it_is_replaced_is_told(state, monkeypatch):
    """Else it would write into the file that was kept aside."""
    prepare = database.prepare_schema

    def replaced(connection, path):
        prepare(connection, path)
        shutil.copy(path, path.with_name("new"))
        path.with_name("new").replace(path)

    monkeypatch.setattr(database, "prepare_schema", replaced)
    with pytest.raises(LedgerBusy, match="replaced just now"):
        Ledger.open(state)


WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_backup import take_in
n = 0
while True:
    take_in(Path(sys.argv[1]), [f"w{{n}}-{{k}}" for k in range(5)])
    n += 1
    print(n, flush=True)
"""
BACKUP = """
import sys
from pathlib import Path
from smeflow.ledger.backup import make_backup
from smeflow.ledger.restore import restore_backup
from smeflow.ledger.verify import verify_audit
state, file = Path(sys.argv[2]), Path(sys.argv[3])
if sys.argv[1] == "backup":
    make_backup(state, file)
else:
    restore_backup(file, state, root=state.parent, accept_loss=True)
"""


@pytest.mark.slow
def test_a_backup_is_one_moment_of_a_ledger_that_is_being_written(state, tmp_path):
    """Another process takes items in all the while: each copy holds whole batches, documents included."""
    code = WRITE.format(tests=str(Path(__file__).parent))
    writer = subprocess.Popen([sys.executable, "-c", code, str(state)], stdout=subprocess.PIPE, text=True)
    try:
        counts = []
        for n in range(4):
            writer.stdout.readline()
            made = make_backup(state, tmp_path / f"{n}.tar")
            there = tmp_path / f"there{n}"
            restore_backup(made.file, there / ".smeflow", root=there)
            counts.append(len(keys(there / ".smeflow")))
    finally:
        writer.kill()
        writer.wait()
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert {(count - 3) % 5 for count in counts} == {0}


def crash_points(what, state, file):
    """Run *what* once for every durable step, killed just there; yields after each kill."""
    for at in range(1, 50):
        env = {**os.environ, "SMEFLOW_CRASH_AT": str(at)}
        done = subprocess.run(
            [sys.executable, "-c", BACKUP, what, str(state), str(file)], env=env, check=False
        )
        yield at
        if done.returncode == 0:
            return
        assert done.returncode == -signal.SIGKILL
    raise AssertionError("it never came to its end")


@UNIX
@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_no_file_that_looks_like_one(state, tmp_path):
    """Under its name stands a whole one or nothing, and the next one is made all the same."""
    for _ in crash_points("backup", state, tmp_path / "one.tar"):
        if (tmp_path / "one.tar").exists():
            assert read_backup(tmp_path / "one.tar").items == 3
        assert keys(state) == ["a", "b", "c"]
    assert sorted(f.name for f in tmp_path.iterdir()) == [".smeflow", "one.tar"]


@UNIX
@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_either_ledger_whole(state, tmp_path):
    """Never none, never a mixture; and restoring again ends it."""
    file = make_backup(state, tmp_path / "one.tar").file
    take_in(state, ["d"])
    kept = tmp_path / "kept"
    shutil.copytree(state, kept)
    seen = []
    for _ in crash_points("restore", state, file):
        seen.append("".join(keys(state)))
        shutil.rmtree(state)
        shutil.copytree(kept, state)
    assert seen == sorted(seen, key=len, reverse=True)
    assert set(seen) == {"abcd", "abc"}


KILL_AT = """
import os, signal, sqlite3, sys
from pathlib import Path
from smeflow.ledger import opening
left = [int(sys.argv[2])]
def step(_):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
path = Path(sys.argv[1]) / "ledger.db"
connection = opening.open_connection(path, create=False)
connection.set_trace_callback(step)
opening.prepare_schema(connection, path)
"""


def to_schema_3(state):
    """Make the ledger one of schema 3: it lacks the tables that came since."""
    from smeflow.ledger.writer import crc

    with closing(sqlite3.connect(state / "ledger.db")) as ledger:
        ledger.execute("DROP TABLE kinds")
        row = ("schema", "3")
        ledger.execute("UPDATE meta SET value = ?, crc = ? WHERE name = ?", (row[1], crc(row), row[0]))
        ledger.commit()


def schema(file):
    """Read which schema a file is of."""
    with closing(sqlite3.connect(file)) as ledger:
        return ledger.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0]


def test_an_older_ledger_is_kept_before_it_is_brought_up_to_date(state):
    """Beside it, named by its schema and the day; once, and only where something changes."""
    assert [f for f in state.iterdir() if "schema" in f.name] == []
    to_schema_3(state)
    assert keys(state) == ["a", "b", "c"]
    (kept,) = [f for f in state.iterdir() if "schema" in f.name]
    assert kept.name.startswith("ledger.schema-3.20")
    assert (schema(kept), schema(state / "ledger.db")) == ("3", "4")
    assert keys(state) == ["a", "b", "c"]
    assert [f for f in state.iterdir() if "schema" in f.name] == [kept]


def test_an_older_ledger_is_backed_up_as_it_is(state, tmp_path):
    """Making a backup changes no schema; putting it back brings it up to date."""
    to_schema_3(state)
    made = make_backup(state, tmp_path / "one.tar")
    assert (made.schema, schema(state / "ledger.db")) == (3, "3")
    restore_backup(made.file, state, root=tmp_path)
    assert keys(state) == ["a", "b", "c"]


@UNIX
@pytest.mark.slow
def test_a_migration_that_is_killed_leaves_either_schema(state):
    """At each of its statements; the ledger opens afterwards, and the old file is whole."""
    to_schema_3(state)
    at = 0
    while True:
        at += 1
        done = subprocess.run([sys.executable, "-c", KILL_AT, str(state), str(at)], check=False)
        assert schema(state / "ledger.db") in {"3", "4"}
        for kept in state.glob("ledger.schema-3.*.db"):
            assert schema(kept) == "3"
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert at > 8
    assert keys(state) == ["a", "b", "c"]


def test_the_manifest_reads_as_json(state, tmp_path):
    """Any program can tell what is in a backup."""
    file = make_backup(state, tmp_path / "one.tar").file
    with tarfile.open(file) as archive:
        told = json.loads(archive.extractfile("manifest.json").read())
        assert archive.getnames()[:2] == ["manifest.json", "ledger.db"]
    manifest = json.loads(told["manifest"])
    assert (manifest["schema"], manifest["items"]) == (4, 3)
    assert sha256(told["manifest"]) == told["sha256"]
