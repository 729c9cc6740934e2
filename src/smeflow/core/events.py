"""What happens in a run, told to whoever observes it: a log, traces, the report of the run.

Names and fields are promised to other programs. No event holds a word of a document, a question, an answer or
a decision, a key, or the name of a person, a mailbox or a file: an item is told by its number in the ledger,
a fault by its kind.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Protocol

EventValue = str | int | float | bool | None
EVENTS: Mapping[str, tuple[str, ...]] = {
    "run.begun": ("model", "smeflow"),
    "run.ended": (
        *("stopped", "items", "done", "review", "failed", "skipped", "open", "worked", "calls", "cost"),
        *("currency", "seconds", "problems", "audit", "error"),
    ),
    "item.taken": ("item", "tries"),
    "item.ended": ("item", "state", "reason", "step", "seconds"),
    "step.begun": ("item", "step"),
    "step.ended": ("item", "step", "seconds", "wanted", "error"),
    "call.ended": (
        *("item", "step", "attempt", "again", "provider", "model", "answered_by", "state", "fault"),
        *("retry_after", "input_tokens", "output_tokens", "cached_tokens", "estimated", "cost", "currency"),
        "seconds",
    ),
    "wait.ended": ("item", "step", "provider", "model", "fault", "retry_after", "seconds", "put_off"),
    "delivery.ended": ("sink", "kind", "rows", "failed", "seconds"),
    "command.failed": ("code", "error"),
}
"""The fields of each event, by its name; every event has ``at``, ``recipe`` and ``run`` besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """One thing that happened."""

    name: str
    """One of `EVENTS`."""
    at: datetime
    """When it was told, in UTC."""
    recipe: str
    run: int
    """The run's number in the ledger."""
    fields: Mapping[str, EventValue]


class RunObserver(Protocol):
    """Is told of each event in the order they happened, in one thread."""

    def __call__(self, event: RunEvent, /) -> None:
        """Take note of *event*."""
        ...


@dataclass(eq=False)
class RunEvents:
    """Tells the observers of one run. One that raises is told nothing more: no run fails for it."""

    observers: Sequence[RunObserver] = ()
    recipe: str = ""
    run: int = 0
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _pending: deque[RunEvent] = field(default_factory=deque, repr=False)

    def tell(self, name: str, **fields: EventValue) -> None:
        """Note an event, see `EVENTS`; it costs next to nothing wherever it happens."""
        if self.observers:
            at = self.clock()
            self._pending.append(RunEvent(name=name, at=at, recipe=self.recipe, run=self.run, fields=fields))

    def flush(self) -> None:
        """Tell the observers what was noted; called by the one thread that watches the run."""
        while self._pending:
            event = self._pending.popleft()
            for observer in self.observers:
                try:
                    observer(event)
                except Exception:  # noqa: BLE001 - whatever an observer does, the run goes on
                    self.observers = [each for each in self.observers if each is not observer]


NOBODY = RunEvents()
"""Events that nobody observes."""


@dataclass(frozen=True)
class JsonLines:
    """Writes each event as one line of JSON."""

    stream: IO[str]

    def __call__(self, event: RunEvent, /) -> None:
        """Write *event*."""
        at = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
        told = {"event": event.name, "at": at, "recipe": event.recipe, "run": event.run, **event.fields}
        self.stream.write(json.dumps(told, ensure_ascii=False) + "\n")
        self.stream.flush()
