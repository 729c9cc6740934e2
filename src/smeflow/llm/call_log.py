"""Who pays for a call and where it is recorded: its scope, the log, and the log of a script."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from smeflow._text import hash_of
from smeflow.errors import BudgetSpent, LLMError, LLMUnavailable, SmeflowError
from smeflow.i18n import say
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
    _attempts: dict[str, list[int]] = field(default_factory=dict, repr=False)
    """Where the attempts under each key stand in ``calls``."""
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
            attempts = self._attempts.setdefault(key, [])
            attempts.append(len(self.calls))
            attempt = len(attempts)
            ticket = Ticket(key=key, attempt=attempt, worst=worst)
            self.calls.append((self.clock(), ticket, None))
            self._requests[key, attempt] = (request.hash, place.provider, place.model)
            return ticket

    def settle(self, ticket: Ticket, end: Reply | LLMError) -> None:
        """Write down how an attempt ended."""
        with self._lock:
            place = self._attempts[ticket.key][ticket.attempt - 1]
            self.calls[place] = (self.calls[place][0], ticket, end)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUsage:
    """What calls used up. Adding two adds each count; amounts of two currencies stay apart."""

    calls: int = 0
    """Attempts that were sent; answers from a cache are none."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    """The part of ``input_tokens`` that providers had in their caches."""
    cost: tuple[Money, ...] = ()
    """One amount a currency, where prices are known."""
    estimated: bool = False
    """A provider told no tokens, or an attempt broke after it was sent and is counted at its worst."""

    @classmethod
    def of(cls, end: Reply | LLMError, worst: Money | None) -> "CallUsage":
        """Count one attempt by how it ended; one that broke after it was sent costs its *worst*."""
        if isinstance(end, Reply):
            if end.replayed:
                return cls()
            return cls(
                calls=1,
                input_tokens=end.usage.input_tokens,
                output_tokens=end.usage.output_tokens,
                cached_input_tokens=end.usage.cached_input_tokens,
                cost=(end.cost,) if end.cost else (),
                estimated=end.usage.estimated,
            )
        if not isinstance(end, LLMUnavailable):
            return cls(calls=1)
        paid = end.sent and end.kind == "broken"
        return cls(calls=int(end.sent), cost=(worst,) if paid and worst else (), estimated=paid)

    def __add__(self, other: "CallUsage") -> "CallUsage":
        amounts: dict[str, Money] = {}
        for money in (*self.cost, *other.cost):
            amounts[money.currency] = amounts[money.currency] + money if money.currency in amounts else money
        return CallUsage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            cost=tuple(amounts.values()),
            estimated=self.estimated or other.estimated,
        )

    def __str__(self) -> str:
        cost = " + ".join(map(str, self.cost))
        tokens = f"{self.input_tokens} + {self.output_tokens} tokens"
        return f"{self.calls} calls, {tokens}" + (f", {cost}" if cost else "")


@dataclass(eq=False)
class CallGate:
    """Lets calls begin, or not: one budget over all of them, and an end. Safe to share between threads."""

    budget: Money | None = None
    """The most that all calls may cost; in the currency the provider charges in."""
    closed: threading.Event = field(default_factory=threading.Event)
    """No call begins any more."""
    why: SmeflowError | None = None
    """What is said to whoever would begin one; None: that the run was cancelled."""
    _spent: Decimal = Decimal(0)
    _held: Decimal = Decimal(0)
    _under_way: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def close(self, why: SmeflowError | None = None) -> None:
        """Let no call begin any more; those under way end by themselves."""
        with self._changed:
            self.why = self.why or why
            self.closed.set()
            self._changed.notify_all()

    def enter(self, worst: Money | None) -> None:
        """Let a call begin; where only calls under way leave too little, wait for one of them.

        Raises:
            CancelledError: It is closed; another error where it was closed with one.
            BudgetSpent: *worst* is more than what is left.
        """
        most = worst.amount if worst else Decimal(0)
        with self._changed:
            while not self.closed.is_set():
                if self.budget is None or self._spent + self._held + most <= self.budget.amount:
                    self._held += most
                    self._under_way += 1
                    return
                if not self._under_way or self._spent + most > self.budget.amount:
                    raise self._too_little(self.budget, most)
                self._changed.wait()
        raise self.why or CancelledError(say("The run was cancelled before this was asked."))

    def leave(self, worst: Money | None, cost: Decimal) -> None:
        """Note that a call ended, and what it cost."""
        with self._changed:
            self._held -= worst.amount if worst else Decimal(0)
            self._spent += cost
            self._under_way -= 1
            self._changed.notify_all()

    def _too_little(self, budget: Money, most: Decimal) -> BudgetSpent:
        phrase = say(
            "The next call could cost {next} {currency}, and of the budget of {limit} {currency}, "
            "{spent} {currency} are spent. Give a larger budget=, or ask for less.",
            next=most, limit=budget.amount, spent=self._spent, currency=budget.currency,
        )  # fmt: skip
        return BudgetSpent(phrase, limit=budget.amount, spent=self._spent, currency=budget.currency)


@dataclass(eq=False)
class MeteredCallLog:
    """A `CallLog` around another: it counts what goes through, and asks a gate before each call."""

    log: CallLog
    gate: CallGate = field(default_factory=CallGate)
    usage: CallUsage = field(default_factory=CallUsage)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def find(self, key: str) -> Reply | None:
        """Give the reply settled under *key*."""
        return self.log.find(key)

    def recall(self, request: Request, place: ModelEndpoint) -> Reply | None:
        """Give a reply the same model gave to an equal request."""
        return self.log.recall(request, place)

    def reserve(self, key: str, request: Request, place: ModelEndpoint, worst: Money | None) -> Ticket:
        """Pass the gate, and write down that an attempt begins.

        Raises:
            CancelledError: The gate is closed.
            BudgetSpent: Less than *worst* is left.
        """
        self.gate.enter(worst)
        try:
            return replace(self.log.reserve(key, request, place, worst), worst=worst)
        except BaseException:
            self.gate.leave(worst, Decimal(0))
            raise

    def settle(self, ticket: Ticket, end: Reply | LLMError) -> None:
        """Write down how an attempt ended, and count it."""
        used = CallUsage.of(end, ticket.worst)
        with self._lock:
            self.usage += used
        try:
            self.log.settle(ticket, end)
        finally:
            self.gate.leave(ticket.worst, sum((money.amount for money in used.cost), Decimal(0)))
