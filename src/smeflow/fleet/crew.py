"""Hand the items of a run to all workers, and give back what dead ones left behind."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from smeflow._text import canonical_json
from smeflow.engine.context import HaltReason, RunContext
from smeflow.engine.pool import PATIENCE_SECONDS, SOON_SECONDS, START, RunProgress
from smeflow.errors import LedgerError
from smeflow.fleet.lead import Lead, workers_of
from smeflow.fleet.queue import ItemJob, JobQueue, LiveJobs
from smeflow.i18n import phrase_from_json, phrase_to_json, say
from smeflow.ledger.calls import settle_lost_calls
from smeflow.ledger.items import count_items, give_back, reason_of
from smeflow.ledger.rows import Counts, State, nanos_to_money
from smeflow.ledger.writer import Row

FEWEST_WAITING, WAITING_PER_THREAD = 8, 3
"""How many jobs wait in the queue: few, since each look counts them, and enough that nobody is idle."""
MOST_ITEMS, JOB_SECONDS = 8, 0.5
"""A job has as many items as a thread takes through in `JOB_SECONDS`: what a job costs is shared by them, and
nobody holds for long what others could begin."""
TICK_SECONDS = 0.2
COUNT_SECONDS = 1.0


@dataclass
class QueueCrew:
    """The workers of all machines, as the run that leads them sees them."""

    context: RunContext
    queue: JobQueue
    lead: Lead
    ended: dict[State, int] = field(default_factory=dict)
    """How many items were brought to each state."""
    gives_back: bool = True
    """Whether a dead worker's items are handed to others; False shows that they stay where they are."""
    _handed: dict[int, int] = field(default_factory=dict)
    """The lease each item had when it was handed out in this run."""
    _place: tuple[int, int] = START
    _stale: bool = True
    _items_per_job: int = 1
    _waited: tuple[int, float] = (0, 0.0)
    """How many items waited after the last look, and when that was."""

    def settle(self) -> None:
        """End the calls of workers that died with the run before; what others still work on is theirs."""
        live = self.queue.live(self.context.recipe)
        self._return(live)
        busy = live.worked_on
        rows = self.context.store.read("unended", recipe=self.context.recipe)
        lost = {row["item"] for row in rows} - busy
        settle_lost_calls(self.context.store, self.context.recipe, lost)

    def work(self, stop: threading.Event, on_progress: Callable[[RunProgress], None] | None) -> None:
        """Hand out what is open until it is done, put off, or the run ends."""
        store, recipe, halt = self.context.store, self.context.recipe, self.context.halt
        before, began, counted, looked = count_items(store, recipe), time.monotonic(), 0.0, False
        while not halt.event.is_set():
            if stop.is_set():
                halt.now("interrupted")
                break
            if not self.lead.held:
                halt.now("broken", error=_lost_lead(recipe))
                break
            hear_halt(self.context)
            live = self.queue.live(recipe)
            self._return(live)
            if self._hand_out(live) or live.waiting or live.worked_on or self._soon():
                looked = False
            elif looked:
                break
            else:  # once more over all that is open: a server that lost power may have lost jobs
                self._stale = looked = True
                continue
            self.context.events.flush()
            if on_progress is not None and time.monotonic() - counted > COUNT_SECONDS:
                counted = time.monotonic()
                on_progress(self._progress(before, count_items(store, recipe), counted - began))
            stop.wait(TICK_SECONDS)
        if halt.event.is_set():
            self._call_off()
        store.flush()
        self._count(before)

    def _return(self, live: LiveJobs) -> None:
        """Take items away from workers that gave no sign for too long."""
        for number, job in live.stalled if self.gives_back else ():
            back = {
                item for item, lease in job.leases.items() if give_back(self.context.store, item, lease + 1)
            }
            if back:
                settle_lost_calls(self.context.store, self.context.recipe, back)
            self.queue.forget(number)
            self._stale = True
        if not self.gives_back:
            live.worked_on.update(*(job.leases for _, job in live.stalled))

    def _hand_out(self, live: LiveJobs) -> bool:
        """Fill the queue up; tell whether anything was put into it."""
        threads = max(1, sum(worker.threads for worker in workers_of(self.context.store)))
        self._size_jobs(len(live.waiting), threads)
        jobs = max(FEWEST_WAITING, WAITING_PER_THREAD * threads)
        if live.jobs_waiting > jobs // 2:
            return True
        leases = self._open_items(live, (jobs - live.jobs_waiting) * self._items_per_job)
        if not leases:
            return False
        together = max(1, min(self._items_per_job, len(leases) // threads))
        pairs, recipe, run = list(leases.items()), self.context.recipe, self.context.run.id
        batches = (pairs[n : n + together] for n in range(0, len(pairs), together))
        self.queue.add([ItemJob(recipe, dict(batch), run) for batch in batches])
        self._waited = len(live.waiting) + len(leases), time.monotonic()
        self._stale = True
        return True

    def _size_jobs(self, waiting: int, threads: int) -> None:
        """Learn from what was taken since the last look how many items make a job."""
        before, at = self._waited
        now = time.monotonic()
        taken = (before - waiting) / max(now - at, TICK_SECONDS) / threads * JOB_SECONDS
        self._items_per_job = max(1, min(MOST_ITEMS, 2 * self._items_per_job, int(taken)))
        self._waited = waiting, now

    def _open_items(self, live: LiveJobs, most: int) -> dict[int, int]:
        """Give the lease of each item that is to be handed out now, in order, at most so many."""
        store, recipe, leases = self.context.store, self.context.recipe, dict[int, int]()
        while True:
            where = {"recipe": recipe, "seq": self._place[0], "nth": self._place[1], "now": store.now()}
            rows = store.read("ready", most=most, **where)
            for row in rows:
                self._place = (row["seq"], row["nth"])
                number, lease = row["id"], row["lease"]
                if number in live.worked_on or live.waiting.get(number) == lease:
                    continue
                if self._handed.get(number) == lease - 1 and _waits(row):
                    continue
                self._handed[number] = lease
                leases[number] = lease
            if leases or (len(rows) < most and not self._stale):
                return leases
            if len(rows) == most:
                continue
            self._place, self._stale = START, False  # once more from the start: parts of items, decisions

    def _soon(self) -> bool:
        """Tell whether an item that was put off is due within a minute."""
        store = self.context.store
        row = store.first("next due", recipe=self.context.recipe, now=store.now())
        if row is None or row[0] is None:
            return self._stale
        seconds = (datetime.fromisoformat(row[0]) - store.clock()).total_seconds()
        self._stale = self._stale or seconds <= 0.5
        return seconds <= SOON_SECONDS

    def _call_off(self) -> None:
        """Take back what nobody has begun, and wait a little for what is in hand."""
        try:
            self.queue.clear(self.context.recipe)
            until = time.monotonic() + PATIENCE_SECONDS
            while self.queue.live(self.context.recipe).worked_on and time.monotonic() < until:
                time.sleep(0.1)
        except LedgerError as error:
            self.context.halt.now("broken", error=error)

    def _count(self, before: Counts) -> None:
        now = count_items(self.context.store, self.context.recipe)
        ends: tuple[State, ...] = ("done", "review", "failed", "skipped")
        for state in ends:
            self.ended[state] = max(0, getattr(now, state) - getattr(before, state))
        calls, nanos, _ = self.context.store.first("cost of run", run=self.context.run.id) or (0, 0, 0)
        meter = self.context.meter
        meter.add(max(0, int(calls) - meter.calls), max(0, int(nanos) - meter.nanos))

    def _progress(self, before: Counts, now: Counts, seconds: float) -> RunProgress:
        ended = max(0, before.open - now.open)
        rate = ended / seconds if seconds > 0 else 0.0
        spent = self.context.store.first("cost of run", run=self.context.run.id) or (0, 0, 0)
        return RunProgress(
            ended=now.items - now.open,
            items=now.items,
            rate=round(rate, 2),
            cost=nanos_to_money(int(spent[1]), self.context.budget.currency),
            seconds_left=now.open / rate if rate else None,
        )


def _waits(item: Row) -> bool:
    """Tell whether whoever had an open item left it to a later run, and was not just interrupted."""
    return item["due_at"] is None and reason_of(item["reason"]).kind not in ("new", "interrupted")


def _lost_lead(recipe: str) -> LedgerError:
    return LedgerError(
        say(
            "Another worker took the lead of {recipe}, since this one stood still for too long. It goes on "
            "there; nothing is lost.",
            recipe=recipe,
        )
    )


def _halt_name(recipe: str, run: int) -> str:
    return f"{recipe}\n\nhalt {run}"


def tell_halt(context: RunContext) -> None:
    """Write down why a worker cannot go on with a run, for whoever leads it."""
    halt = context.halt
    value = {"why": halt.why, "phrase": phrase_to_json(halt.phrase) if halt.phrase else None}
    if halt.phrase is None and halt.error is not None:
        value["phrase"] = phrase_to_json(say("{reason}", reason=str(halt.error)))
    row = {"name": _halt_name(context.recipe, context.run.id), "value": canonical_json(value)}
    context.store.write(lambda transaction: transaction.put("memory", row))


def hear_halt(context: RunContext) -> None:
    """End the run where a worker told that it cannot go on."""
    store, name = context.store, _halt_name(context.recipe, context.run.id)
    row = store.first("get memory", name_=name)
    if row is None:
        return
    value = json.loads(row[1])
    phrase = phrase_from_json(value["phrase"]) if value["phrase"] else None
    why: HaltReason = value["why"]
    context.halt.now(why, phrase)
    store.write(lambda transaction: transaction.drop("forget memory", name_=name))
