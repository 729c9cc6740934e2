"""Bind a model to a step call, in the one order that is safe."""

import threading
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

from smeflow.calls import CallLog, Keeping, Scope
from smeflow.errors import LLMRejected
from smeflow.governance.budget import Budgeted, Limits, unpriced
from smeflow.governance.journal import Journaled
from smeflow.governance.redact import Redacted
from smeflow.governance.residency import Resident, refusal
from smeflow.llm.base import LLM, Connected, Place, Reply, Request, Usage
from smeflow.llm.cached import Cached
from smeflow.llm.none import NoModel
from smeflow.llm.providers import Residency
from smeflow.llm.retrying import Breaker, Patience, Retrying, Rule, Turn
from smeflow.money import Money


@dataclass(eq=False)
class Bound:
    """The LLM one step call gets.

    From outside in: Resident, Redacted, Journaled, Cached, Retrying, Budgeted, the provider.
    """

    llm: LLM | None
    place: Place
    wanted_model: bool = False
    """There is no model, and the step asked for one."""
    calls: int = 0
    """Replies that were not replayed."""
    cost: Money | None = None
    """What they cost; None where nothing was asked, or no price is known."""
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
class Policy:
    """What stands between steps and a model; made once a run, bound once a step call.

    Raises:
        LLMRejected: When called, not when made: the model's place is not allowed, or its price is not known.
    """

    llm: Connected | None
    log: CallLog
    residency: Residency = "any"
    residency_source: str = ""
    """The line that says so, for messages."""
    redact: bool = False
    limits: Limits | None = None
    """The budget that stands, only to refuse what has no price; the log keeps the sums."""
    breaker: Breaker = field(default_factory=Breaker)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        """Work out once what cannot change."""
        self._rule = Rule(patience=self.patience, breaker=self.breaker)
        if isinstance(self.llm, NoModel):
            self.llm = None
        place = self.llm.place if self.llm else NoModel().place
        self._place = place
        self._refused = refusal(place, self.residency, self.residency_source) or unpriced(place, self.limits)

    @property
    def refused(self) -> LLMRejected | None:
        """Why the model may not be asked at all; None where it may."""
        return self._refused

    def bind(self, scope: Scope, *, log: CallLog | None = None, patience: Patience | None = None) -> Bound:
        """Give the LLM for one step call; *log* and *patience* stand in for the policy's own."""
        llm = self.llm
        if llm is None:
            return Bound(None, self._place)
        written, turn = log or self.log, Turn()
        rule = self._rule if patience is None else Rule(patience=patience, breaker=self.breaker)

        def asking(key: str) -> LLM:
            budgeted = Budgeted(inner=llm, log=written, place=self._place, key=key)
            retrying = Retrying(inner=budgeted, rule=rule, turn=turn)
            return retrying if scope.take else self._cached(retrying, written, key)

        bound: LLM = Journaled(inner=asking, log=written, scope=scope)
        if self.redact:
            bound = Redacted(inner=bound, salt=f"{scope.item}\n{scope.version}")
        return Bound(Resident(inner=bound, refused=self._refused), self._place)

    def _cached(self, inner: LLM, log: CallLog, key: str) -> Cached:
        """Recall equal requests of any item; what a person asked for again (``take``) is asked again."""

        def keep(request: Request, reply: Reply) -> None:
            if hasattr(log, "keep"):  # isinstance() of a protocol costs ten times the look
                cast("Keeping", log).keep(key, request, self._place, reply)
                return
            nothing = Money(Decimal(0), reply.cost.currency) if reply.cost else None
            ticket = log.reserve(key, request, self._place, nothing)
            log.settle(ticket, replace(reply, usage=Usage(), cost=nothing))

        return Cached(inner=inner, recall=lambda request: log.recall(request, self._place), keep=keep)
