"""A ledger goes into PostgreSQL and back, and is the same."""

import json
from pathlib import Path

import pytest

from smeflow.errors import LedgerError
from smeflow.ledger.finish import Ending, finish_item
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.items import claim_items
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.move import copy_ledger
from smeflow.ledger.postgres_connection import LedgerUrl
from smeflow.ledger.store import blob_data
from smeflow.ledger.verify import verify_audit

pytestmark = pytest.mark.slow
LARGE = bytes(range(256)) * 100


def _fill(ledger: Ledger) -> None:
    files = {f"{n}.txt": f"paper {n}".encode() for n in range(7)} | {"large.bin": LARGE, "nul": b"\0"}
    found = (
        Incoming(key=key, version=key, name=f"é{key}\0", media_type="text/plain", data=data)
        for key, data in files.items()
    )
    Intake(ledger.store, "r", "inbox").take(found, complete=True)
    for item in claim_items(ledger.store, "r", 5):
        finish_item(ledger.store, item, Ending(state="done", plan="p"), "0")


def _rows(ledger: Ledger) -> dict[str, list[str]]:
    tables = [name for name in ledger.store.sql.columns if name != "meta"]
    with ledger.store.snapshot() as now:
        return {
            table: [json.dumps({**row, "data": None}, default=str) for row in now.rows(f"all {table}")]
            for table in tables
        }


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_there_and_back_nothing_is_another(tmp_path: Path, url: LedgerUrl):
    """Every row with its number and checksum, every document, and the audit chain, which goes on."""
    with Ledger.open(tmp_path / "a") as first, Ledger.open(tmp_path / "b", url=url) as server:
        _fill(first)
        moved = copy_ledger(first.store, server.store)
        assert _rows(server) == _rows(first)
        assert moved.rows == sum(map(len, _rows(first).values()))
        assert verify_audit(server.store).findings == ()
        (large,) = [item for item in server.items("r") if item.key == "large.bin"]
        assert blob_data(server.store, large.blob) == LARGE
        for item in claim_items(server.store, "r", 2):
            finish_item(server.store, item, Ending(state="done", plan="p"), "0")
        with Ledger.open(tmp_path / "c") as back:
            copy_ledger(server.store, back.store)
            assert _rows(back) == _rows(server)
            assert blob_data(back.store, large.blob) == LARGE
            assert verify_audit(back.store).findings == ()
    with Ledger.open(tmp_path / "c") as back:  # every row is looked at
        assert back.counts("r").done == 7


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_nothing_is_written_over(tmp_path: Path, url: LedgerUrl):
    """What holds something already stays as it is, and the source too."""
    with Ledger.open(tmp_path / "a") as first, Ledger.open(tmp_path / "b", url=url) as server:
        _fill(first)
        _fill(server)
        before = _rows(server)
        with pytest.raises(LedgerError, match="already"):
            copy_ledger(first.store, server.store)
        assert _rows(server) == before
