import errno
import os
import random
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from smeflow._text import sha256
from smeflow.errors import LedgerDamaged, LedgerError
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import translate_error


def _filled(folder: Path, items: int = 200) -> Path:
    with Ledger.open(folder) as ledger:
        data = [f"Invoice {n} ".encode() * 20 for n in range(items)]
        found = (
            Incoming(key=f"{n}.txt", version=sha256(d), name=f"{n}.txt", media_type="text/plain", data=d)
            for n, d in enumerate(data)
        )
        Intake(ledger.store, "r", "inbox").take(found, complete=True)
    return folder / "ledger.db"


def test_compiled_statements_are_those_of_the_schema():
    """``sqlite.json`` is up to date: run ``python -m smeflow.ledger.statements`` after a change."""
    import json
    from importlib import resources

    from smeflow.ledger.statements import compiled

    kept = json.loads(resources.files("smeflow.ledger").joinpath("sqlite.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(compiled()))


def test_opening_imports_no_sqlalchemy(tmp_path: Path):
    """The statements are compiled beforehand, so a run does not pay for SQLAlchemy."""
    code = (
        "import sys; from pathlib import Path; from smeflow.ledger.ledger import Ledger;"
        f"Ledger.open(Path({str(tmp_path)!r})).close(); sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_only_the_user_may_read_the_ledger(tmp_path: Path):
    """The ledger holds mails and invoices."""
    file = _filled(tmp_path / "state")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("harm", ["overwritten", "cut", "header", "empty"])
def test_a_harmed_file_is_refused(tmp_path: Path, harm: str):
    """Overwritten, cut or headless: found before anything is done, and the message says what to do."""
    file = _filled(tmp_path / "state")
    good = file.read_bytes()
    bad = {
        "overwritten": good[:4096] + random.Random(1).randbytes(16384) + good[20480:],
        "cut": good[: len(good) // 2],
        "header": b"garbage!" * 16 + good[128:],
        "empty": good[:100],
    }[harm]
    file.write_bytes(bad)
    with pytest.raises(LedgerDamaged) as caught:
        Ledger.open(tmp_path / "state")
    assert "damaged" in str(caught.value)
    assert caught.value.repair
    assert file.read_bytes()[:4096] == bad[:4096]


def test_one_changed_byte_in_a_row_is_found(tmp_path: Path):
    """SQLite itself does not notice a changed letter in a row; the row's checksum does."""
    file = _filled(tmp_path / "state")
    good = file.read_bytes()
    rng, found, places = random.Random(3), 0, []
    start = 0
    while (start := good.find(b"Invoice", start + 1)) > 0:
        places.append(start)
    for _ in range(30):
        at = rng.choice(places) + rng.randrange(7)
        file.write_bytes(good[:at] + bytes([good[at] ^ 0x01]) + good[at + 1 :])
        with pytest.raises(LedgerDamaged):
            Ledger.open(tmp_path / "state")
        found += 1
    assert found == 30


def test_a_row_changed_by_another_program_is_found(tmp_path: Path):
    """A valid file whose row somebody edited is not what was written."""
    file = _filled(tmp_path / "state")
    other = sqlite3.connect(file)
    other.execute("UPDATE items SET state = 'done' WHERE id = 7")
    other.commit()
    other.close()
    with pytest.raises(LedgerDamaged, match="row 7 of items"):
        Ledger.open(tmp_path / "state")


def test_a_newer_ledger_is_left_alone(tmp_path: Path):
    """An old smeflow does not touch what it does not understand."""
    file = _filled(tmp_path / "state")
    from smeflow.ledger.writer import crc

    other = sqlite3.connect(file)
    other.execute("UPDATE meta SET value = '99', crc = ?", (crc(("schema", "99")),))
    other.commit()
    other.close()
    with pytest.raises(LedgerError, match="newer smeflow"):
        Ledger.open(tmp_path / "state")


def test_no_ledger_is_made_where_one_is_only_looked_for(tmp_path: Path):
    """Looking leaves no trace."""
    with pytest.raises(LedgerError, match="no ledger"):
        Ledger.open(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_a_full_disk_is_told_as_such(tmp_path: Path):
    """SQLite's own words for a full disk become the system's error, with the path."""
    connection = sqlite3.connect(tmp_path / "small.db", isolation_level=None)
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE t (x)")
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    told = translate_error(caught.value, tmp_path / "ledger.db")
    assert isinstance(told, OSError)
    assert told.errno == errno.ENOSPC
    assert told.filename == str(tmp_path / "ledger.db")
    connection.close()
