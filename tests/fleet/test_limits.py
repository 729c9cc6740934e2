"""One rate and one number of calls at once over all processes."""

import threading
import time

import pytest

from smeflow.fleet.limits import Throttle
from smeflow.ledger.postgres_connection import LedgerUrl, ProviderLimit, connected

pytestmark = [pytest.mark.slow, pytest.mark.requires_module("psycopg")]


@pytest.fixture
def url(address: str) -> LedgerUrl:
    url = LedgerUrl.parse(address)
    connection = connected(url)
    connection.execute(f"CREATE SCHEMA {url.schema}")
    connection.close()
    return url


def test_no_sliding_second_has_more_than_the_limit(url: LedgerUrl):
    """Three processes' worth of throttles, as many threads as like."""
    limit = ProviderLimit(per_second=20)
    throttles = [Throttle(url, "p", limit) for _ in range(3)]
    begun: list[float] = []

    def ask(throttle: Throttle) -> None:
        for _ in range(6):
            with throttle.turn():
                begun.append(time.monotonic())

    threads = [threading.Thread(target=ask, args=(throttle,)) for throttle in throttles * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for throttle in throttles:
        throttle.close()
    begun.sort()
    assert len(begun) == 36
    assert max(sum(start <= each < start + 1 for each in begun) for start in begun) <= 20


def test_no_more_calls_than_allowed_are_under_way(url: LedgerUrl):
    """A process that dies gives its place back."""
    limit = ProviderLimit(at_once=2)
    throttles = [Throttle(url, "q", limit) for _ in range(3)]
    inside, most, lock = 0, 0, threading.Lock()

    def ask(throttle: Throttle) -> None:
        nonlocal inside, most
        for _ in range(3):
            with throttle.turn():
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.03)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=ask, args=(throttle,)) for throttle in throttles * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 2
    dead = Throttle(url, "q", limit)
    for _ in range(2):
        dead._place()
    dead.close()
    with throttles[0].turn():
        pass
    for throttle in throttles:
        throttle.close()
