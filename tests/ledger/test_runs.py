import pytest

from smeflow.ledger import history
from smeflow.ledger.history import LedgerSinkMemory
from smeflow.ledger.ledger import Ledger


def test_memory_is_a_mapping_that_survives(ledger: Ledger):
    """What a sink notes is there for the next one, and belongs to its recipe alone."""
    memory, other = LedgerSinkMemory(ledger.store, "r"), LedgerSinkMemory(ledger.store, "other")
    memory["out.csv"] = "a"
    memory["out.csv"] = "b"
    memory["more.csv"] = "c"
    assert dict(memory) == {"out.csv": "b", "more.csv": "c"}
    assert dict(other) == {}
    del memory["more.csv"]
    assert len(memory) == 1
    with pytest.raises(KeyError):
        memory["more.csv"]
    with pytest.raises(KeyError):
        del memory["more.csv"]


def test_a_delivery_is_written_down(ledger: Ledger):
    """The last one of each sink can be asked for."""
    for sha in ("1", "2"):
        history.record_delivery(
            ledger.store, recipe="r", sink="out.csv", path="/x/out.csv", sha256=sha, key="k", rows=3
        )
    last = ledger.last_delivery("r", "out.csv")
    assert last is not None
    assert (last.sha256, last.rows, last.state) == ("2", 3, "done")
    assert ledger.last_delivery("r", "other.csv") is None


def test_runs_are_listed(ledger: Ledger):
    """Each with its model, its end and what it said."""
    run = history.begin_run(
        ledger.store, recipe="r", text_hash="t", plan="p", llm="mistral_ai/small", smeflow="0", pid=7
    )
    assert [r.ended_at for r in ledger.runs("r")] == [None]
    history.end_run(ledger.store, run, stopped="key", summary="{}")
    (told,) = ledger.runs()
    assert (told.llm, told.stopped, told.pid) == ("mistral_ai/small", "key", 7)
    assert told.ended_at is not None
