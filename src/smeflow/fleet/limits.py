"""One rate and one number of calls at once per provider, over all workers.

The rate is one row with the time of the next free turn, by the server's clock: whoever takes a turn moves it
on. The number at once is that many advisory locks, which a dead process gives back by itself.
"""

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from smeflow.ledger.postgres_connection import (
    LedgerUrl,
    PostgresConnection,
    ProviderLimit,
    explained,
    lock_number,
)
from smeflow.llm.interface import Closable, ConnectedLLM, ModelEndpoint, Reply, Request
from smeflow.llm.router import ModelSet

LATE_SECONDS = 0.05
"""So late a call may begin after its turn; whoever is later, since the machine stood still, takes another."""
POLL_SECONDS = 0.03
_TABLE = (
    "CREATE TABLE IF NOT EXISTS smeflow_turns (provider text PRIMARY KEY, next double precision NOT NULL)"
)
_TURN = """INSERT INTO smeflow_turns AS t (provider, next)
VALUES (%(provider)s, extract(epoch FROM clock_timestamp()) + %(gap)s)
ON CONFLICT (provider) DO UPDATE
SET next = greatest(t.next, extract(epoch FROM clock_timestamp())) + %(gap)s
RETURNING next - %(gap)s - extract(epoch FROM clock_timestamp())"""
_PLACE = """SELECT place FROM generate_series(0, %(most)s - 1) AS place
WHERE NOT place = ANY(%(held)s) AND pg_try_advisory_lock(%(number)s, place) LIMIT 1"""


@dataclass
class Throttle:
    """The turns of one provider, as one process takes them."""

    url: LedgerUrl
    provider: str
    limit: ProviderLimit
    _connection: PostgresConnection | None = None
    _held: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a call may begin.

        Raises:
            LedgerError: The server cannot be reached.
        """
        place = self._place()
        try:
            while (gap := self.limit.gap_seconds) > 0:
                wait = max(0.0, float(self._ask(_TURN, {"provider": self.provider, "gap": gap})))
                due = time.monotonic() + wait
                time.sleep(wait)
                if time.monotonic() - due < LATE_SECONDS:
                    break
            yield
        finally:
            self._leave(place)

    def _place(self) -> int:
        while (most := self.limit.at_once) is not None:
            with self._lock:
                values = {"most": most, "number": self._number, "held": list(self._held)}
                place = self._ask_alone(_PLACE, values)
                if place is not None:
                    self._held.add(int(place))
                    return int(place)
            time.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - so that not all come at once
        return -1

    def _leave(self, place: int) -> None:
        if place < 0:
            return
        with self._lock:
            self._held.discard(place)
            values = {"number": self._number, "place": place}
            self._ask_alone("SELECT pg_advisory_unlock(%(number)s, %(place)s)", values)

    @property
    def _number(self) -> int:
        return lock_number(f"{self.url.schema} {self.provider}") & 0x7FFF_FFFF

    def _ask(self, sql: str, values: Mapping[str, object]) -> Any:
        with self._lock:
            return self._ask_alone(sql, values)

    def _ask_alone(self, sql: str, values: Mapping[str, object]) -> Any:
        try:
            if self._connection is None:
                self._connection = PostgresConnection(self.url)
                self._connection.begin_unmarked()
                self._connection.execute(_TABLE)
                self._connection.commit()
            try:
                row = self._connection.execute(sql, values).fetchone()
            except Exception as error:
                if not self._connection.renewed(error):
                    raise
                row = self._connection.execute(sql, values).fetchone()
        except Exception as error:
            raise explained(error, self.url) from error
        return row[0] if row else None

    def close(self) -> None:
        """Give back what is held."""
        if self._connection is not None:
            self._connection.close()


@dataclass(frozen=True)
class ThrottledLLM:
    """A model that waits for its turn before each call."""

    inner: ConnectedLLM
    throttle: Throttle

    @property
    def place(self) -> ModelEndpoint:
        """Where the request goes."""
        return self.inner.place

    def complete(self, request: Request, /) -> Reply:
        """Answer when it is our turn."""
        with self.throttle.turn():
            return self.inner.complete(request)

    def close(self) -> None:
        """End what the model keeps running."""
        if isinstance(self.inner, Closable):
            self.inner.close()


def throttled(models: ModelSet, throttles: Mapping[str, Throttle]) -> ModelSet:
    """Put the turns before those models whose provider has limits."""

    def waiting(model: ConnectedLLM) -> ConnectedLLM:
        throttle = throttles.get(model.place.provider)
        return ThrottledLLM(model, throttle) if throttle is not None else model

    steps = {name: throttled(own, throttles) for name, own in models.steps.items()}
    return replace(models, models=tuple(map(waiting, models.models)), steps=steps)
