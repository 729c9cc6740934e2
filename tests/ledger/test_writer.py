import sqlite3
import threading
from pathlib import Path

import pytest

from smeflow.ledger.postgres import PostgresDatabase
from smeflow.ledger.postgres_connection import LedgerUrl
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Transaction


def _note(name: str, value: str = "v"):
    def job(transaction: Transaction) -> str:
        transaction.add("memory", {"name": name, "value": value})
        return name

    return job


def _opened(folder: Path, url: LedgerUrl | None, *, create: bool = False) -> LedgerStore:
    return LedgerStore(folder, create=create, check=True, database=PostgresDatabase(url) if url else None)


@pytest.fixture
def store(tmp_path: Path, url: LedgerUrl | None):
    opened = _opened(tmp_path, url, create=True)
    yield opened
    opened.close()


def test_what_write_returned_is_there_after_a_reopening(
    store: LedgerStore, tmp_path: Path, url: LedgerUrl | None
):
    """A write has returned only when it is durable."""
    assert store.write(_note("a")) == "a"
    other = _opened(tmp_path, url)
    assert other.first("get memory", name_="a") is not None
    other.close()


def test_threads_share_commits(store: LedgerStore):
    """Jobs that wait while one commits become durable in one transaction."""
    inside, go = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> None:
        inside.set()
        assert go.wait(10)

    first = threading.Thread(target=store.write, args=(slow,))
    first.start()
    assert inside.wait(10)
    before = store.commits
    others = [threading.Thread(target=store.write, args=(_note(f"n{n}"),)) for n in range(20)]
    for thread in others:
        thread.start()
    while len(store._writer._line) < 20:
        pass
    go.set()
    for thread in [first, *others]:
        thread.join(10)
    assert len(store.tuples("all memory")) == 20
    assert store.commits - before == 2


def test_one_job_that_fails_takes_no_neighbour_with_it(store: LedgerStore):
    """Neighbours of a failing job are written, the failing one writes nothing and learns why."""
    store.write(_note("taken"))
    inside, go = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def slow(transaction: Transaction) -> None:
        inside.set()
        assert go.wait(10)

    def doubled() -> None:
        def job(transaction: Transaction) -> None:
            transaction.add("memory", {"name": "half", "value": ""})
            transaction.add("memory", {"name": "taken", "value": ""})

        try:
            store.write(job)
        except Exception as error:  # noqa: BLE001 - looked at below
            failed.append(error)

    threads = [threading.Thread(target=store.write, args=(slow,))]
    threads[0].start()
    assert inside.wait(10)
    threads += [threading.Thread(target=store.write, args=(_note(name),)) for name in "abc"]
    threads.insert(2, threading.Thread(target=doubled))
    for thread in threads[1:]:
        thread.start()
    while len(store._writer._line) < 4:
        pass
    go.set()
    for thread in threads:
        thread.join(10)
    assert {row[0] for row in store.tuples("all memory")} == {"taken", "a", "b", "c"}
    assert type(failed[0].__cause__).__mro__[1].__name__ == "IntegrityError" or isinstance(
        failed[0].__cause__, sqlite3.IntegrityError
    )


def test_a_job_that_raises_leaves_the_next_one_untouched(store: LedgerStore):
    """After an error the writer goes on."""

    def broken(transaction: Transaction) -> None:
        transaction.add("memory", {"name": "gone", "value": ""})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(broken)
    store.write(_note("kept"))
    assert [row[0] for row in store.tuples("all memory")] == ["kept"]
