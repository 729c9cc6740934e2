"""Several workers on one ledger: nothing is lost, doubled or paid twice, whatever becomes of them."""

import signal
import time
from pathlib import Path

import pytest
from support.fleet import Fleet, Oracle, serving
from support.postgres import PostgresServer, postgres_server

pytestmark = [pytest.mark.slow, pytest.mark.requires_module("procrastinate")]
ITEMS, THREADS = 90, 3


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        yield running


def _check(fleet: Fleet, oracle: Oracle, *, lost_calls: int) -> None:
    assert fleet.outputs() == [f"ITEM-{n:05d}" for n in range(fleet.items)]
    assert set(oracle.paid) == set(fleet.outputs())
    assert sum(oracle.paid.values()) - fleet.items <= lost_calls
    with fleet.ledger() as ledger:
        assert ledger.audit_broken_at() is None
        assert ledger.counts("fleet").done == fleet.items
        done = [row for item in ledger.items("fleet") for row in ledger.results(item)]
        assert len(done) == fleet.items


def test_workers_die_stand_still_and_lose_the_server(tmp_path: Path, server: PostgresServer):
    """One is killed, one stands still past its lease and wakes, PostgreSQL is restarted."""
    with serving(Oracle(faults=0.2, seconds=0.1)) as oracle:
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
            fleet.wait(fleet.ended, 90)
        finally:
            fleet.stop()
        _check(fleet, oracle, lost_calls=3 * THREADS)


def test_all_are_killed_and_started_again(tmp_path: Path, server: PostgresServer):
    """What was paid is not paid again; the run spends from the budget of the one that was killed."""
    with serving(Oracle(seconds=0.1)) as oracle:
        fleet = Fleet(tmp_path, server.ledger("again"), oracle, ITEMS // 2)
        try:
            for name in "ab":
                fleet.start(name, threads=THREADS)
            fleet.wait(lambda: fleet.done() >= 10, 60)
            for name in "ab":
                fleet.kill(name)
            for name in "cd":
                fleet.start(name, threads=THREADS)
            fleet.wait(fleet.ended, 60)
        finally:
            fleet.stop()
        _check(fleet, oracle, lost_calls=2 * THREADS)
        with fleet.ledger() as ledger:
            assert len({run.purse for run in ledger.runs("fleet")[:2]}) == 1
