"""Who pays for a call and where it is recorded: its scope, the log, and the log of a script."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from smeflow._text import hash_of
from smeflow.errors import LLMError
from smeflow.llm.interface import ModelEndpoint, Reply, Request
from smeflow.money import Money


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose call it is: one step of one version of one item."""

    recipe: str
    item: str
    version: str
    step: str
    fingerprint: str
    take: int = 0
    """Rises when a person asks again, so that old replies are not replayed."""

    def key(self, request: Request, nth: int) -> str:
        """Name a call: the *nth* (from 0) identical request of this step call."""
        parts = [self.recipe, self.item, self.version, self.step, self.fingerprint, self.take]
        return hash_of([*parts, request.hash, nth])


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """An attempt that may be under way; settle it whatever happens."""

    key: str
    attempt: int
    """From 1, over all attempts ever made under this key."""
    worst: Money | None = None


class CallLog(Protocol):
    """Where calls are written down. The ledger is one; scripts and notebooks use `MemoryCallLog`."""

    def find(self, key: str) -> Reply | None:
        """Give the reply once settled under *key*, marked ``replayed``."""
        ...

    def recall(self, request: Request, place: ModelEndpoint) -> Reply | None:
        """Give a reply that the same model gave to an equal request of any item, marked ``replayed``."""
        ...

    def reserve(self, key: str, request: Request, place: ModelEndpoint, worst: Money | None) -> Ticket:
        """Set money aside for one attempt; durable before this returns.

        Raises:
            BudgetSpent: Less than *worst* is left of the item's, the run's or the month's budget.
        """
        ...

    def settle(self, ticket: Ticket, end: Reply | LLMError) -> None:
        """Write down how an attempt ended and what it cost; durable before this returns.

        An attempt that broke after it was sent costs its reservation, marked estimated.
        """
        ...


@runtime_checkable
class RecallLog(Protocol):
    """A `CallLog` that notes a recalled reply in one go; another one reserves and settles it at no cost."""

    def keep(self, key: str, request: Request, place: ModelEndpoint, reply: Reply) -> None:
        """Write down that *reply*, recalled, was used under *key*."""
        ...


@runtime_checkable
class WaitLog(Protocol):
    """A `CallLog` that takes note of waits too."""

    def waited(
        self,
        place: ModelEndpoint,
        *,
        fault: str,
        seconds: float,
        retry_after: float | None,
        put_off: float | None,
    ) -> None:
        """Note that a question waited *seconds* for its model, or was put off for *put_off* seconds.

        *fault* says why, *retry_after* for how long the provider asked.
        """
        ...


@dataclass
class MemoryCallLog:
    """Calls of a script or a notebook, kept as long as the process. Safe to share between threads."""

    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    calls: list[tuple[datetime, Ticket, Reply | LLMError | None]] = field(default_factory=list)
    """Every attempt with its end, in order; None while it is under way."""
    _replies: dict[str, Reply] = field(default_factory=dict, repr=False)
    _by_request: dict[tuple[str, str, str], Reply] = field(default_factory=dict, repr=False)
    _requests: dict[tuple[str, int], tuple[str, str, str]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def find(self, key: str) -> Reply | None:
        """Give the reply settled under *key*."""
        return self._replies.get(key)

    def recall(self, request: Request, place: ModelEndpoint) -> Reply | None:
        """Give a reply the same model gave to an equal request."""
        return self._by_request.get((request.hash, place.provider, place.model))

    def reserve(self, key: str, request: Request, place: ModelEndpoint, worst: Money | None) -> Ticket:
        """Write down that an attempt begins."""
        with self._lock:
            attempt = 1 + sum(1 for _, t, _ in self.calls if t.key == key)
            ticket = Ticket(key=key, attempt=attempt, worst=worst)
            self.calls.append((self.clock(), ticket, None))
            self._requests[key, attempt] = (request.hash, place.provider, place.model)
            return ticket

    def settle(self, ticket: Ticket, end: Reply | LLMError) -> None:
        """Write down how an attempt ended."""
        with self._lock:
            self.calls = [(at, t, end if t == ticket else e) for at, t, e in self.calls]
            if isinstance(end, Reply):
                nothing = Money(Decimal(0), end.cost.currency) if end.cost else None
                kept = replace(end, replayed=True, cost=nothing)
                self._replies[ticket.key] = kept
                self._by_request[self._requests[ticket.key, ticket.attempt]] = kept

    @property
    def cost(self) -> Decimal:
        """What all settled calls cost, where a price is known; in the providers' currency."""
        ends = (end for _, _, end in self.calls)
        return sum((e.cost.amount for e in ends if isinstance(e, Reply) and e.cost), Decimal(0))
