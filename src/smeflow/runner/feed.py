"""Hand out items to threads, in order, until none is left, or the run is to end."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from smeflow.ledger.items import claim, claim_one
from smeflow.ledger.results import Ending
from smeflow.ledger.rows import ItemRow, State
from smeflow.ledger.store import Store
from smeflow.runner.halt import Halt

SOON_SECONDS = 60.0
"""An item put off for no longer than this is waited for; a longer wait is left to the next run."""
START = (-1, -1)


@dataclass
class Feed:
    """The line of items before the threads. Claims a few at a time, so that a crash leaves few half done."""

    store: Store
    recipe: str
    halt: Halt
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
            item = claim_one(self.store, number)
            if item is not None:
                self._ready.append(item)
                return True
        while True:
            busy = self._working | self._put_off.keys() | self._left | {item.id for item in self._ready}
            self._ready.extend(claim(self.store, self.recipe, self.together, self._place, busy))
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
