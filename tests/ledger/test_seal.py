import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from smeflow.errors import LedgerDamaged
from smeflow.ledger.intake import IntakeCounts
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import SEAL_FILE, sealed_since


@pytest.fixture
def url() -> None:
    """A file alone has a seal."""


@pytest.fixture
def closed(ledger: Ledger, take: Callable[..., IntakeCounts]) -> Path:
    """A ledger with something in it, closed."""
    take({"a.txt": b"one", "b.txt": b"two"})
    ledger.close()
    return ledger.store.path


def test_a_closed_ledger_is_sealed(closed: Path, clock):
    """The next opening trusts it; the seal is the user's alone."""
    assert sealed_since(closed, clock()) == clock()
    assert (closed.parent / SEAL_FILE).stat().st_mode & 0o077 == 0
    with Ledger.open(closed.parent, clock=clock) as again:
        assert again.counts().open == 2


def test_a_change_breaks_the_seal(closed: Path, clock):
    """Whatever changed the file, every row is looked at, and damage is found as ever."""
    other = sqlite3.connect(closed)
    other.execute("UPDATE items SET name = 'x' WHERE id = 1")
    other.commit()
    other.close()
    assert sealed_since(closed, clock()) is None
    with pytest.raises(LedgerDamaged, match="row 1 of items"):
        Ledger.open(closed.parent, clock=clock)
    assert sealed_since(closed, clock()) is None


def test_a_seal_does_not_last_for_ever(closed: Path, clock):
    """Once a week every row is looked at again; a clock that was set back counts as too long."""
    clock.forward(days=8)
    assert sealed_since(closed, clock()) is None
    clock.forward(days=-9)
    assert sealed_since(closed, clock()) is None


def test_a_lost_or_broken_seal_costs_time_only(closed: Path, clock):
    """Without a seal the ledger opens as before, and is sealed again."""
    for harm in ("", "{", '{"size": 1}', "[]"):
        (closed.parent / SEAL_FILE).write_text(harm)
        with Ledger.open(closed.parent, clock=clock) as again:
            assert again.counts().open == 2
        assert sealed_since(closed, clock()) is not None
    (closed.parent / SEAL_FILE).unlink()
    with Ledger.open(closed.parent, clock=clock):
        pass
    assert sealed_since(closed, clock()) is not None


def test_who_only_looks_reads_no_seal_and_leaves_it_as_it_was(closed: Path, clock, monkeypatch):
    """A page that shows one item does not read the whole ledger; the seal stays good for the next run."""
    with monkeypatch.context() as patched:
        patched.setattr("smeflow.ledger.database.sealed_since", pytest.fail)
        with Ledger.open(closed.parent, clock=clock, check=False) as again:
            assert again.counts().open == 2
    assert sealed_since(closed, clock()) == clock()


def test_nothing_is_sealed_while_somebody_else_writes(ledger: Ledger, clock):
    """What stands in the write-ahead file is not in the ledger's file yet."""
    other = Ledger.open(ledger.store.folder, clock=clock)
    other.store.write(lambda transaction: transaction.add("memory", {"name": "a", "value": "b"}))
    ledger.close()
    assert sealed_since(other.store.path, clock()) is None
    other.close()
    assert sealed_since(other.store.path, clock()) is not None
