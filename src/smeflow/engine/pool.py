"""The threads of a run.

Items are handed out in order, worked on, and watched until none is left or the run is to end.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from smeflow.engine.context import RunContext, RunHalt
from smeflow.engine.item import process_item
from smeflow.errors import SmeflowError
from smeflow.ledger.finish import Ending
from smeflow.ledger.items import abandon_items, claim_item, claim_items, count_items
from smeflow.ledger.rows import Counts, ItemRow, State, nanos_to_money
from smeflow.ledger.store import LedgerStore
from smeflow.money import Money

T = TypeVar("T")
SOON_SECONDS = 60.0
"""An item put off for no longer than this is waited for; a longer wait is left to the next run."""
START = (-1, -1)


@dataclass
class ItemQueue:
    """The line of items before the threads. Claims a few at a time, so that a crash leaves few half done."""

    store: LedgerStore
    recipe: str
    halt: RunHalt
    together: int
    """How many items are claimed at once."""
    ended: dict[State, int] = field(default_factory=dict)
    """How many items were brought to each state."""
    _ready: deque[ItemRow] = field(default_factory=deque)
    _working: set[int] = field(default_factory=set)
    _put_off: dict[int, float] = field(default_factory=dict)
    """When each item that was put off is due, on the monotonic clock: the time of day may jump."""
    _left: set[int] = field(default_factory=set)
    """Items that were left open and are not tried again in this run."""
    _place: tuple[int, int] = START
    _stale: bool = True
    """Something may have become ready behind the place where we are."""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self) -> ItemRow | None:
        """Give the next item; None when there is nothing more to do in this run."""
        with self._changed:
            while not self.halt.event.is_set():
                if self._ready or self._refill():
                    item = self._ready.popleft()
                    self._working.add(item.id)
                    return item
                pause = self._pause()
                if pause is None:
                    return None
                self._changed.wait(pause)
            return None

    def _pause(self) -> float | None:
        """Give how long to wait for something to do; None where there is nothing to wait for."""
        if self._put_off:
            return max(0.0, min(min(self._put_off.values()) - time.monotonic(), 0.5))
        return 0.5 if self._working else None

    def _refill(self) -> bool:
        now = time.monotonic()
        for number in [n for n, due in self._put_off.items() if due <= now]:
            del self._put_off[number]
            item = claim_item(self.store, number)
            if item is not None:
                self._ready.append(item)
                return True
        while True:
            busy = self._working | self._put_off.keys() | self._left | {item.id for item in self._ready}
            self._ready.extend(claim_items(self.store, self.recipe, self.together, self._place, busy))
            if self._ready:
                self._place = (self._ready[-1].seq, self._ready[-1].nth)
                return True
            if not self._stale:
                return False
            self._place, self._stale = START, False  # once more from the start: parts of items, decisions

    def done(self, item: ItemRow, ending: Ending | State | None) -> None:
        """Take note of how an item was left."""
        with self._changed:
            self._working.discard(item.id)
            self._stale = True
            state = ending.state if isinstance(ending, Ending) else ending
            if state is not None:
                self.ended[state] = self.ended.get(state, 0) + 1
            if isinstance(ending, Ending) and ending.state == "open":
                self._leave_open(item, ending)
            self._changed.notify_all()

    def _leave_open(self, item: ItemRow, ending: Ending) -> None:
        wait = ending.wait_seconds
        if wait is not None and wait <= SOON_SECONDS:
            self._put_off[item.id] = time.monotonic() + wait
        else:
            self._left.add(item.id)

    def wake(self) -> None:
        """Let everybody who waits look again."""
        with self._changed:
            self._changed.notify_all()

    @property
    def under_way(self) -> list[int]:
        """The items in somebody's hands."""
        with self._changed:
            return sorted(self._working)


PATIENCE_SECONDS = 3.0
"""How long calls under way may end by themselves when a run is told to stop."""
PROGRESS_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class RunProgress:
    """How far a run is."""

    ended: int
    items: int
    rate: float
    """Items a second."""
    cost: Money
    seconds_left: float | None


class ItemPool:
    """The threads that work, and the one that watches them."""

    def __init__(self, context: RunContext, workers: int) -> None:
        self.context = context
        self.feed = ItemQueue(context.store, context.recipe, context.halt, together=max(8, 2 * workers))
        self.workers = workers
        self._errors: list[BaseException] = []

    def work(self, stop: threading.Event, on_progress: Callable[[RunProgress], None] | None) -> None:
        """Work on everything that is open, until it is done, put off, or the run ends."""
        total = count_items(self.context.store, self.context.recipe)
        if not total.open:
            return
        workers = self.workers if self.context.split is not None else min(self.workers, total.open)
        threads = [
            threading.Thread(target=self._work_through, name=f"smeflow-{n}", daemon=True)
            for n in range(workers)
        ]
        for thread in threads:
            thread.start()
        self._watch(threads, stop, on_progress, total)
        self.context.store.flush()
        if self._errors:
            raise self._errors[0]

    def _work_through(self) -> None:
        try:
            while (item := self.feed.take()) is not None:
                self.feed.done(item, process_item(self.context, item))
        except BaseException as error:  # noqa: BLE001 - told to whoever started the run
            self._errors.append(error)
            self.context.halt.now(
                "broken", error=error if isinstance(error, SmeflowError | OSError) else None
            )
        finally:
            self.feed.wake()

    def _watch(
        self,
        threads: list[threading.Thread],
        stop: threading.Event,
        on_progress: Callable[[RunProgress], None] | None,
        total: Counts,
    ) -> None:
        began, deadline, reported, flushed = time.monotonic(), None, 0.0, time.monotonic()
        while any(thread.is_alive() for thread in threads):
            if stop.is_set():
                self.context.halt.now("interrupted")
            self.context.events.flush()
            now = time.monotonic()
            if now - flushed >= PROGRESS_SECONDS:
                flushed = now
                self.context.store.flush()
            if self.context.halt.event.is_set():
                self.feed.wake()
                deadline = deadline or now + PATIENCE_SECONDS
                if now >= deadline:
                    self._give_up()
                    return
            if on_progress is not None and now - reported >= PROGRESS_SECONDS:
                reported = now
                on_progress(self._progress(total, now - began))
            next((t for t in threads if t.is_alive()), threads[0]).join(0.05)
        if on_progress is not None:
            on_progress(self._progress(total, time.monotonic() - began))

    def _give_up(self) -> None:
        """Leave the calls that do not end: their items stay open, and what they still write is refused."""
        with contextlib.suppress(SmeflowError, OSError):
            abandon_items(self.context.store, self.feed.under_way)

    def _progress(self, total: Counts, seconds: float) -> RunProgress:
        ended = sum(count for state, count in self.feed.ended.items() if state != "open")
        rate = ended / seconds if seconds > 0 else 0.0
        left = max(0, total.open - ended)
        cost = nanos_to_money(self.context.meter.nanos, self.context.budget.currency)
        return RunProgress(
            ended=total.items - left,
            items=total.items,
            rate=round(rate, 2),
            cost=cost,
            seconds_left=left / rate if rate else None,
        )


async def run_beside_loop(
    run: Callable[..., T],
    recipe: object,
    *,
    on_progress: Callable[[RunProgress], None] | None,
    stop: threading.Event | None,
    **options: Any,
) -> T:
    """Let *run* work on *recipe* in a thread of its own; *on_progress* is called in the event loop.

    A task that is cancelled stops the run: its calls in flight are settled before the task ends.

    Raises:
        asyncio.CancelledError: The task was cancelled; the next run goes on.
    """
    loop, halt = asyncio.get_running_loop(), stop or threading.Event()

    def report(progress: RunProgress) -> None:
        if on_progress is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(on_progress, progress)

    job = asyncio.ensure_future(asyncio.to_thread(run, recipe, on_progress=report, stop=halt, **options))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        halt.set()
        await asyncio.wait([job])
        if not job.cancelled():
            job.exception()  # seen: what ended the run is in the ledger
        raise
