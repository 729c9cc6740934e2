"""A damaged ledger: what is whole is saved, what is lost is told, and nothing is done twice for it."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from smeflow._text import sha256
from smeflow.core.claims import Claim
from smeflow.engine.run import RecipeLock
from smeflow.errors import LedgerBusy, LedgerDamaged, LedgerError
from smeflow.i18n import say
from smeflow.ledger import history, items
from smeflow.ledger.audit import AuditHead, audit_head
from smeflow.ledger.finish import Ending, NewResult, finish_item
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import compiled_sql
from smeflow.ledger.repair import repair_ledger
from smeflow.ledger.rows import ResultKind
from smeflow.ledger.verify import exported_entries, verify_audit

PAGE = 4096


def _fill(folder: Path, count: int = 120) -> None:
    """Work *count* items of one recipe through one step, each with a claim."""
    with Ledger.open(folder) as ledger:
        run = history.begin_run(
            ledger.store, recipe="r", text_hash="t", plan="p", llm="m", smeflow="0", pid=1
        )
        documents = {f"{n}.txt": f"paper {n} ".encode() * (3000 if n == 7 else 3) for n in range(count)}
        incoming = [
            Incoming(key=k, version=sha256(d), name=k, media_type="text/plain", data=d)
            for k, d in documents.items()
        ]
        Intake(ledger.store, "r", "inbox").take(incoming, complete=True)
        for item in items.claim_items(ledger.store, "r", count):
            new = NewResult(
                step="s", fingerprint="f", kind=ResultKind("k", "r"), input="", take=0,
                value=f'{{"n": {item.id}, "text": "{"x" * (9000 if item.id == 9 else 200)}"}}',
            )  # fmt: skip
            claim = Claim(rule="sole", key=f"paper {item.id}", about=say("paper"))
            ending = Ending(state="done", plan="p", outcome={"s": "n0"}, new=[new], claims=[("s", claim)])
            finish_item(ledger.store, item, ending, "0")
        history.end_run(ledger.store, run, stopped=None, summary="{}")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worked") / ".smeflow"
    _fill(folder)
    return folder


@pytest.fixture
def state(worked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(worked, tmp_path / ".smeflow"))


def _rows(folder: Path) -> dict[str, dict[object, tuple[object, ...]]]:
    with sqlite3.connect(folder / "ledger.db") as connection:
        rows = {
            table: {row[0]: row for row in connection.execute(f"SELECT * FROM {table}")}
            for table in compiled_sql().columns
        }
    connection.close()
    return rows


def _leaves(folder: Path, table: str) -> list[int]:
    """Give the pages that hold rows of *table*, as SQLite's own walk of an undamaged file would."""
    from smeflow.ledger.salvage import DamagedFile

    damaged = DamagedFile(folder / "ledger.db")
    owners = damaged.tables()
    pages = [n for n in damaged.leaves() if owners.get(n) == table]
    damaged.close()
    return pages


def _overwrite(folder: Path, page: int, data: bytes) -> None:
    with (folder / "ledger.db").open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(data)


def test_a_whole_ledger_is_left_as_it_is(state: Path):
    """Nothing to repair: no copy, no new file, the same bytes."""
    before = (state / "ledger.db").read_bytes()
    report = repair_ledger(state)
    assert report.aside is None
    assert report.whole
    assert (state / "ledger.db").read_bytes() == before


def test_the_own_reader_sees_what_sqlite_sees(state: Path):
    """Where only an index is broken every row is saved, and nothing is lost."""
    before = _rows(state)
    with sqlite3.connect(state / "ledger.db") as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'items_key'").fetchone()[0]
    connection.close()
    _overwrite(state, root, b"\x02" + random.Random(1).randbytes(PAGE - 1))
    with pytest.raises(LedgerDamaged):
        Ledger.open(state).close()
    report = repair_ledger(state)
    assert report.whole
    assert report.lost_items == ()
    after = _rows(state)
    for table in set(before) - {"audit", "stamps", "blobs"}:
        assert after[table] == before[table], table
    assert before["blobs"].items() <= after["blobs"].items()
    assert [n for n in after["audit"] if n not in before["audit"]] == [len(before["audit"]) + 1]
    with Ledger.open(state) as ledger:
        assert not verify_audit(ledger.store).findings


@pytest.mark.parametrize("table", ["items", "results", "audit", "claims"])
def test_a_broken_page_loses_its_rows_alone(state: Path, table: str):
    """The rows of the other pages stand; what was lost is told by number, and the chain says so."""
    before, pages = _rows(state), _leaves(state, table)
    assert len(pages) > 1
    _overwrite(state, pages[1], bytes(PAGE))
    report = repair_ledger(state)
    after = _rows(state)
    assert not report.whole
    assert report.unreadable_pages >= 1
    gone = {key for key in before[table] if key not in after[table]}
    stubs = set(report.lost_items)
    assert 0 < report.lost[table] == len(gone | stubs) < len(before[table])
    assert len(report.asked_again) == (len(gone) if table in ("results", "claims") else 0)
    for other in ("results", "calls", "blobs", "kinds"):
        if other != table:
            assert before[other].items() <= after[other].items()
    with Ledger.open(state) as ledger:
        checked = verify_audit(ledger.store)
        assert [str(finding) for finding in checked.findings] == []
        assert ledger.counts().items == 120
        assert checked.lost > 0 or table == "claims"


def test_an_item_whose_result_is_lost_is_opened_again(state: Path):
    """Its step is asked once more; the others keep what they have."""
    _overwrite(state, _leaves(state, "results")[2], random.Random(2).randbytes(PAGE))
    report = repair_ledger(state)
    with Ledger.open(state) as ledger:
        opened = [item.name for item in ledger.items("r", "open")]
    assert opened == list(report.asked_again)
    assert len(opened) == report.lost["results"] > 0


def test_what_a_lost_item_claimed_still_speaks_against_a_second_one(state: Path):
    """Its row is gone; the same paper that comes again waits for a person, and is not booked twice."""
    _overwrite(state, _leaves(state, "items")[1], bytes(PAGE))
    report = repair_ledger(state)
    number = report.lost_items[0]
    with Ledger.open(state) as ledger:
        assert ledger.item("r", number).state == "skipped"
        data = b"the same paper"
        new = [Incoming(key="new", version=sha256(data), name="new", media_type="text/plain", data=data)]
        Intake(ledger.store, "r", "inbox").take(new, complete=False)
        (item,) = [i for i in items.claim_items(ledger.store, "r", 200) if i.name == "new"]
        claim = Claim(rule="sole", key=f"paper {number}", about=say("paper"))
        finish_item(ledger.store, item, Ending(state="done", plan="p", claims=[("s", claim)]), "0")
        again = ledger.item("r", "new")
        assert again.state == "review"
        assert "lost" in str(again.reason)


def test_a_file_cut_off_keeps_its_beginning(state: Path):
    """The pages that are there are read; how many are missing is told."""
    path = state / "ledger.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size * 2 // 3 + 100)
    report = repair_ledger(state)
    assert report.unreadable_pages > 0
    assert sum(report.saved.values()) > 100
    Ledger.open(state).close()


def test_a_file_without_its_first_page_is_read_all_the_same(state: Path):
    """The list of tables is gone: each row is known by its checksum."""
    before = _rows(state)
    _overwrite(state, 1, random.Random(3).randbytes(PAGE))
    report = repair_ledger(state)
    after = _rows(state)
    for table in set(before) - {"audit", "stamps", "blobs", "meta"}:
        assert after[table] == before[table], table
    assert report.lost_items == ()


def test_a_row_with_a_wrong_checksum_is_left_out(state: Path):
    """It is told by its number, and the item it was of asks again."""
    with sqlite3.connect(state / "ledger.db") as connection:
        connection.execute("UPDATE results SET value = '{}' WHERE id = 5")
    connection.close()
    report = repair_ledger(state)
    assert report.lost == {"results": 1}
    assert len(report.asked_again) == 1


def test_a_changed_row_is_saved_and_told(state: Path):
    """Whoever changed a row with its checksum is still found, after a repair as before."""
    with Ledger.open(state) as ledger:
        row = ledger.store.read("get results", id_=3)[0]
        row["value"] = "{}"
        ledger.store._writer._written = None
        ledger.store.write(lambda transaction: transaction.set("results", row))
    _overwrite(state, _leaves(state, "items")[1], bytes(PAGE))
    report = repair_ledger(state)
    assert [str(finding) for finding in report.findings] == ["row 3 of results is not what was written"]
    with Ledger.open(state) as ledger:
        assert [str(f) for f in verify_audit(ledger.store).findings] == [
            "row 3 of results is not what was written"
        ]


def test_entries_behind_a_kept_head_are_not_numbered_anew(state: Path, tmp_path: Path):
    """A head kept elsewhere says how far the chain went whose end is lost; new entries are behind it."""
    with Ledger.open(state) as ledger:
        head = audit_head(ledger.store)
    last = _leaves(state, "audit")[-1]
    _overwrite(state, last, bytes(PAGE))
    report = repair_ledger(state, heads=[head])
    assert AuditHead.parse(report.head).number > head.number
    with Ledger.open(state) as ledger:
        assert not verify_audit(ledger.store, [head]).findings
        lines = "\n".join(map(json.dumps, exported_entries(ledger.store)))
    (tmp_path / "chain.jsonl").write_text(lines, encoding="utf-8")
    script = Path(__file__).parents[2] / "scripts" / "verify_audit.py"
    command = [sys.executable, script, tmp_path / "chain.jsonl", str(head), report.head]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_document_that_is_lost_is_told(state: Path):
    """A large document is a file of its own: it may be lost while the ledger is whole."""
    (file,) = (p for p in (state / "blobs").rglob("*") if p.is_file())
    file.write_bytes(b"other")
    report = repair_ledger(state)
    assert report.documents == ("7.txt",)
    assert not report.whole


def test_the_damaged_file_is_kept(state: Path):
    """Bit for bit, under a name that says so, for whoever can do more with it."""
    _overwrite(state, _leaves(state, "items")[1], bytes(PAGE))
    damaged = (state / "ledger.db").read_bytes()
    report = repair_ledger(state)
    assert report.aside is not None
    assert report.aside.name.startswith("ledger.damaged-")
    assert report.aside.read_bytes() == damaged
    assert not list(state.glob("repair-*"))


def test_a_repair_refuses_while_a_run_holds_the_ledger(state: Path):
    """A run of a recipe, and whoever else has the file open."""
    with RecipeLock(state, "r"), pytest.raises(LedgerBusy):
        repair_ledger(state)
    script = (
        "import sys; from pathlib import Path; from smeflow.ledger.ledger import Ledger\n"
        "ledger = Ledger.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(LedgerBusy):
            repair_ledger(state)
    finally:
        other.communicate()
    assert repair_ledger(state).aside is None


def test_there_must_be_a_ledger(tmp_path: Path):
    """A repair makes none."""
    with pytest.raises(LedgerError):
        repair_ledger(tmp_path)


@pytest.mark.parametrize("seed", range(6))
def test_random_damage_is_repaired_or_told(state: Path, seed: int, clock: Callable[[], object]):
    """Whatever is overwritten: the new ledger opens, its chain holds, and each lost row is told."""
    rng = random.Random(seed)
    before = _rows(state)
    path = state / "ledger.db"
    with path.open("r+b") as file:
        size = path.stat().st_size
        for _ in range(rng.choice((1, 3, 8))):
            file.seek(rng.randrange(size))
            file.write(rng.randbytes(rng.choice((1, 50, 5000))))
    report = repair_ledger(state)
    after = _rows(state)
    gone = sum(key not in after[table] for table in ("results", "items") for key in before[table])
    assert gone == 0 or not report.whole
    with Ledger.open(state) as ledger:
        assert not verify_audit(ledger.store).findings


def test_an_item_whose_booking_is_lost_waits_for_a_person(state: Path):
    """It may stand in the books: nothing books it again by itself."""
    entry = {"batch": 0, "item": 4, "hash": "h", "reversal": 0, "entry": "{}"}
    with Ledger.open(state) as ledger:
        ledger.store.write(lambda transaction: transaction.add("booked", dict(entry)))
    _overwrite(state, _leaves(state, "booked")[0], bytes(PAGE))
    report = repair_ledger(state)
    with Ledger.open(state) as ledger:
        item = ledger.item("r", 4)
        assert item.state == "review"
        assert report.held == (item.name,)
        assert "look before it is done again" in str(item.reason)


def test_what_stands_in_the_write_ahead_file_alone_is_saved(tmp_path: Path):
    """After a crash the newest rows are there and nowhere else; the first page is broken besides."""
    _fill(tmp_path / "first", 5)
    with Ledger.open(tmp_path / "first") as ledger:
        items.reopen_items(ledger.store, [2])
        shutil.copytree(tmp_path / "first", tmp_path / "state")
    assert (tmp_path / "state" / "ledger.db-wal").stat().st_size > 0
    _overwrite(tmp_path / "state", 1, b"no ledger")
    repair_ledger(tmp_path / "state")
    with Ledger.open(tmp_path / "state") as ledger:
        assert ledger.item("r", 2).state == "open"
        assert not verify_audit(ledger.store).findings


def test_a_repair_that_was_killed_goes_on(tmp_path: Path):
    """The damaged file is aside already, its newest rows in a file beside it; the new one is not in place."""
    _fill(tmp_path / "first", 5)
    with Ledger.open(tmp_path / "first") as ledger:
        items.reopen_items(ledger.store, [2])
        shutil.copytree(tmp_path / "first", tmp_path / "state")
    state = tmp_path / "state"
    _overwrite(state, 1, b"no ledger")
    aside = state / "ledger.damaged-20261130T120000.db"
    aside.hardlink_to(state / "ledger.db")
    (state / "ledger.db-wal").rename(state / f"{aside.name}-wal")
    (state / "ledger.db-shm").unlink()
    report = repair_ledger(state)
    assert report.aside == aside
    with Ledger.open(state) as ledger:
        assert ledger.item("r", 2).state == "open"
