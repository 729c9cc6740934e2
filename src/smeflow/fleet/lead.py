"""Who leads a recipe, and which workers there are: a row each in what the ledger remembers.

A lead is kept by beating. Whoever wants it watches the beat by a clock of its own and takes it over when it
stands still for too long, so that no two machines' clocks are compared. Whoever lost it is told at its next
beat, and the ledger's own leases and keys refuse what it would still write.
"""

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smeflow._text import canonical_json
from smeflow.errors import LedgerBusy
from smeflow.i18n import say
from smeflow.ledger.store import LedgerStore, utc_stamp
from smeflow.ledger.writer import Transaction

LEAD, WORKER = "\nlead\n", "\nworker\n"
"""Before the recipe and the worker's name among what is remembered; no recipe has an empty name."""


@dataclass
class Lead:
    """One process's claim to lead a recipe: to read its source, hand out its items and write its outputs."""

    store: LedgerStore
    recipe: str
    stalled_seconds: float
    held: bool = False
    _holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _beats: int = 0
    _beaten: float = 0.0
    _seen: str = ""
    _since: float = 0.0

    @property
    def _name(self) -> str:
        return LEAD + self.recipe

    def take(self) -> bool:
        """Take the lead if nobody has it, or whoever has it is dead. To be asked again and again."""
        row = self.store.first("get memory", name_=self._name)
        seen = str(row[1]) if row else ""
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        still = time.monotonic() - self._since > self.stalled_seconds
        if seen and not still and not _is_dead(seen):
            return False

        def job(transaction: Transaction) -> bool:
            now = transaction.first("get memory", name_=self._name)
            if (str(now[1]) if now else "") != seen:
                return False
            self._write(transaction)
            return True

        self.held = self.store.write(job)
        self._beaten = time.monotonic()
        return self.held

    def beat(self) -> bool:
        """Show that we are alive, a few times in the time after which we count as dead; False: it is lost."""
        if time.monotonic() - self._beaten < self.stalled_seconds / 5:
            return self.held

        def job(transaction: Transaction) -> bool:
            now = transaction.first("get memory", name_=self._name)
            if now is None or json.loads(now[1])["holder"] != self._holder:
                return False
            self._write(transaction)
            return True

        self.held = self.store.write(job)
        self._beaten = time.monotonic()
        return self.held

    def release(self) -> None:
        """Give the lead back, if it is still ours."""

        def job(transaction: Transaction) -> None:
            now = transaction.first("get memory", name_=self._name)
            if now is not None and json.loads(now[1])["holder"] == self._holder:
                transaction.drop("forget memory", name_=self._name)

        self.held = False
        self.store.write(job)

    def _write(self, transaction: Transaction) -> None:
        self._beats += 1
        value = {"holder": self._holder, "beat": self._beats, **_process()}
        transaction.put("memory", {"name": self._name, "value": canonical_json(value)})

    @contextmanager
    def waited_for(self) -> Iterator["Lead"]:
        """Hold the lead; wait for as long as it takes to see that whoever has it is dead.

        Raises:
            LedgerBusy: Whoever has it is alive.
        """
        until, first = time.monotonic() + self.stalled_seconds + 1, ""
        while not self.take():
            first = first or self._seen
            if self._seen != first or time.monotonic() > until:
                raise self._busy()
            time.sleep(0.1)
        try:
            yield self
        finally:
            self.release()

    def _busy(self) -> LedgerBusy:
        holder = json.loads(self._seen) if self._seen else {}
        who = f"{holder.get('host', '?')}:{holder.get('pid', '?')}"
        return LedgerBusy(
            say(
                "The recipe {recipe} is being run by {who}. Wait until it ends, or stop it, and run again.",
                recipe=self.recipe,
                who=who,
            ),
            pid=None,
        )


def _process() -> dict[str, str | int]:
    return {"host": socket.gethostname(), "pid": os.getpid()}


def _is_dead(seen: str) -> bool:
    """Tell whether whoever wrote this was a process of this machine that is no more."""
    holder = json.loads(seen)
    if os.name != "posix" or holder.get("host") != socket.gethostname():
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@dataclass(frozen=True, kw_only=True)
class WorkerRow:
    """A worker as it last showed itself."""

    name: str
    """``host:pid``."""
    smeflow: str
    threads: int
    recipes: tuple[str, ...]
    since: datetime
    seen: datetime


def show_worker(
    store: LedgerStore, name: str, *, smeflow: str, threads: int, recipes: list[str], since: str
) -> None:
    """Write down that a worker is there."""
    value = {"smeflow": smeflow, "threads": threads, "recipes": recipes, "since": since, "seen": store.now()}
    store.write(lambda t: t.put("memory", {"name": WORKER + name, "value": canonical_json(value)}))


def forget_worker(store: LedgerStore, name: str) -> None:
    """Forget a worker that has ended."""
    store.write(lambda t: t.drop("forget memory", name_=WORKER + name))


def workers_of(store: LedgerStore) -> list[WorkerRow]:
    """Give the workers that are there, or were when they last showed themselves."""
    kept = store.tuples("all memory")
    rows = [(name, json.loads(value)) for name, value, *_ in kept if name.startswith(WORKER)]
    return [
        WorkerRow(
            name=name.removeprefix(WORKER),
            smeflow=value["smeflow"],
            threads=value["threads"],
            recipes=tuple(value["recipes"]),
            since=datetime.fromisoformat(value["since"]),
            seen=datetime.fromisoformat(value["seen"]),
        )
        for name, value in sorted(rows)
    ]


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How the items of a recipe move."""

    ended: int
    """How many ended, or came to a person, in the last minute."""
    oldest: datetime | None
    """When the open item came that has waited longest; None where none is open."""


def speed_of(store: LedgerStore, recipe: str) -> Speed:
    """Look how the items of *recipe* move."""
    since = utc_stamp(store.clock() - timedelta(minutes=1))
    ended = store.first("ended since", recipe=recipe, since=since)
    oldest = store.first("oldest open", recipe=recipe)
    return Speed(
        ended=int(ended[0]) if ended else 0,
        oldest=datetime.fromisoformat(oldest[0]) if oldest and oldest[0] else None,
    )
