"""Several workers on one ledger: nothing is lost, doubled or paid twice, whatever becomes of them."""

import signal
import time
from pathlib import Path

import pytest
from support.fleet import Fleet, Oracle, serving
from support.postgres import PostgresServer

from smeflow.ledger.verify import verify_audit

pytestmark = [pytest.mark.slow, pytest.mark.requires_module("procrastinate")]
ITEMS, THREADS = 60, 3


def _check(fleet: Fleet, oracle: Oracle, *, lost_calls: int) -> None:
    assert fleet.outputs() == [f"ITEM-{n:05d}" for n in range(fleet.items)]
    assert set(oracle.paid) == set(fleet.outputs())
    assert sum(oracle.paid.values()) - fleet.items <= lost_calls
    with fleet.ledger() as ledger:
        assert verify_audit(ledger.store).findings == ()
        assert ledger.counts("fleet").done == fleet.items
        done = [row for item in ledger.items("fleet") for row in ledger.results(item)]
        assert len(done) == fleet.items


def test_workers_die_stand_still_and_lose_the_server(tmp_path: Path, server: PostgresServer):
    """One is killed, one stands still past its lease, PostgreSQL restarts; then all are killed."""
    with serving(Oracle(faults=0.2, seconds=0.05)) as oracle:
        fleet = Fleet(tmp_path, server.ledger("chaos"), oracle, ITEMS)
        try:
            for name in "abc":
                fleet.start(name, threads=THREADS)
            fleet.wait(lambda: fleet.done() >= ITEMS // 4, 60)
            fleet.kill("a")
            fleet.kill("b", signal.SIGSTOP)
            time.sleep(fleet.stalled_seconds * 1.5)
            server.stop()
            server.start()
            fleet.kill("b", signal.SIGCONT)
            fleet.wait(lambda: fleet.done() >= ITEMS // 2, 60)
            fleet.kill("b")
            fleet.kill("c")
            fleet.start("d", threads=THREADS)
            fleet.wait(fleet.ended, 90)
        finally:
            fleet.stop()
        _check(fleet, oracle, lost_calls=4 * THREADS)
        with fleet.ledger() as ledger:  # a run goes on with the budget of the one that was killed
            assert len({run.purse for run in ledger.runs("fleet")[:2]}) == 1
