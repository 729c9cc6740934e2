"""Bind a model to a step call, in the one order of wrappers that is safe."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Protocol, runtime_checkable

from smeflow.errors import LLMRejected
from smeflow.llm.call_log import CallLog, RecallLog, Scope, WaitLog
from smeflow.llm.interface import LLM, ConnectedLLM, ModelEndpoint, NoModel, Reply, Request, Usage
from smeflow.llm.providers import Residency
from smeflow.llm.wrappers.accounting import Budgeted, Cached, Journaled, SpendingLimits, price_refusal
from smeflow.llm.wrappers.patience import CircuitBreaker, Patience
from smeflow.llm.wrappers.privacy import Redacted, Resident, residency_refusal
from smeflow.llm.wrappers.retry import Retrying, RetryRule, RetryState
from smeflow.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """One call of a function that a model asked for before it answered."""

    name: str
    arguments: Mapping[str, object]
    answer: str
    """What it was told, as JSON."""


@runtime_checkable
class StepModel(Protocol):
    """A model bound to one step of one item, with all that stands around it."""

    @property
    def wanted_model(self) -> bool:
        """Whether the step asked and there was no model."""
        ...

    @property
    def place(self) -> ModelEndpoint:
        """Where the questions go."""
        ...

    @property
    def look_ups(self) -> list[LookUp]:
        """What a model looked up on its way to an answer, in order; whoever calls the function adds it."""
        ...

    def complete(self, request: Request, /) -> Reply:
        """Answer."""
        ...


@dataclass(eq=False)
class StepLLM:
    """The LLM one step call gets.

    From outside in: Resident, Redacted, Journaled, Cached, Retrying, Budgeted, the provider.
    """

    llm: LLM | None
    place: ModelEndpoint
    wanted_model: bool = False
    """There is no model, and the step asked for one."""
    calls: int = 0
    """Replies that were not replayed."""
    cost: Money | None = None
    """What they cost; None where nothing was asked, or no price is known."""
    look_ups: list[LookUp] = field(default_factory=list)
    """What a model looked up on its way to an answer, in order."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        if self.llm is None:
            self.wanted_model = True
            return NoModel().complete(request)
        reply = self.llm.complete(request)
        if not reply.replayed:
            with self._lock:
                self.calls += 1
                if reply.cost is not None:
                    self.cost = reply.cost if self.cost is None else self.cost + reply.cost
        return reply


@dataclass(eq=False, kw_only=True)
class WrapperStack:
    """What stands between steps and a model; made once a run, bound once a step call.

    Raises:
        LLMRejected: When called, not when made: the model's place is not allowed, or its price is not known.
    """

    llm: ConnectedLLM | None
    log: CallLog
    residency: Residency = "any"
    residency_source: str = ""
    """The line that says so, for messages."""
    redact: bool = False
    limits: SpendingLimits | None = None
    """The budget that stands, only to refuse what has no price; the log keeps the sums."""
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    patience: Patience = field(default_factory=Patience)
    batched: Callable[[LLM, CallLog, str], LLM] | None = None
    """Puts what keeps questions for a batch before what asks them, for a call's name; None asks them all."""

    def __post_init__(self) -> None:
        """Work out once what cannot change."""
        self._rule = RetryRule(patience=self.patience, breaker=self.breaker)
        if isinstance(self.llm, NoModel):
            self.llm = None
        place = self.place = self.llm.place if self.llm else NoModel().place
        residency = residency_refusal(place, self.residency, self.residency_source)
        self.refused: LLMRejected | None = residency or price_refusal(place, self.limits)
        """Why the model may not be asked at all; None where it may."""

    def bind(self, scope: Scope, *, log: CallLog | None = None, patience: Patience | None = None) -> StepLLM:
        """Give the LLM for one step call; *log* and *patience* stand in for the stack's own."""
        llm = self.llm
        if llm is None:
            return StepLLM(None, self.place)
        call_log = log or self.log
        waited = partial(call_log.waited, self.place) if isinstance(call_log, WaitLog) else None
        state = RetryState(waited=waited)
        rule = self._rule if patience is None else RetryRule(patience=patience, breaker=self.breaker)

        def asking(key: str) -> LLM:
            budgeted = Budgeted(inner=llm, log=call_log, place=self.place, key=key)
            asked: LLM = Retrying(inner=budgeted, rule=rule, state=state)
            if self.batched is not None:
                asked = self.batched(asked, call_log, key)
            return asked if scope.take else self._cached(asked, call_log, key)

        wrapped: LLM = Journaled(inner=asking, log=call_log, scope=scope)
        if self.redact:
            wrapped = Redacted(inner=wrapped, salt=f"{scope.item}\n{scope.version}")
        return StepLLM(Resident(inner=wrapped, refused=self.refused), self.place)

    def _cached(self, inner: LLM, log: CallLog, key: str) -> Cached:
        """Recall equal requests of any item; what a person asked for again (``take``) is asked again."""

        def keep(request: Request, reply: Reply) -> None:
            if isinstance(log, RecallLog):
                log.keep(key, request, self.place, reply)
                return
            nothing = Money(Decimal(0), reply.cost.currency) if reply.cost else None
            ticket = log.reserve(key, request, self.place, nothing)
            log.settle(ticket, replace(reply, usage=Usage(), cost=nothing))

        return Cached(inner=inner, recall=lambda request: log.recall(request, self.place), keep=keep)
