"""The models of a run: for each step its own, each behind everything that stands before a model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from smeflow.calls import CallLog, Scope
from smeflow.governance.policy import Bound, Policy
from smeflow.llm.agreeing import Agreeing
from smeflow.llm.base import LLM, Connected, Place, Reply, Request
from smeflow.llm.chain import Chain
from smeflow.llm.retrying import Patience

QUICK = Patience(waiting_seconds=10.0, longest_wait_seconds=5.0)
"""How long one waits for a model that has another behind it."""


@dataclass(frozen=True, kw_only=True)
class Models:
    """Which models a run asks, in order, and how many of them must agree."""

    models: tuple[Connected, ...] = ()
    agree: int = 1
    steps: Mapping[str, "Models"] = field(default_factory=dict)
    """Steps with models of their own, by name."""

    @property
    def every(self) -> tuple[Connected, ...]:
        """All that may be asked, each once."""
        found: list[Connected] = [*self.models, *(one for step in self.steps.values() for one in step.every)]
        return tuple({id(one): one for one in found}.values())

    @property
    def name(self) -> str:
        """Name them, for people and for the record of a run."""
        return " → ".join(f"{one.place.provider}/{one.place.model}" for one in self.every) or "none"

    def close(self) -> None:
        """End what any of them keeps running."""
        for one in self.every:
            close = getattr(one, "close", None)
            if close is not None:
                close()


@dataclass(eq=False)
class Together(Bound):
    """The LLM one step call gets, where there are several models behind it."""

    bounds: Sequence[Bound] = ()

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        if self.llm is None:
            return super().complete(request)
        reply = self.llm.complete(request)
        self.wanted_model = all(one.wanted_model for one in self.bounds)
        self.calls = sum(one.calls for one in self.bounds)
        costs = [one.cost for one in self.bounds if one.cost is not None]
        same = [c for c in costs if c.currency == costs[0].currency]
        self.cost = None if not same else sum(same[1:], start=same[0])
        return reply


class Crew:
    """The policies of a run: one for each model, bound together for each step call."""

    def __init__(self, models: Models, policy: Callable[[Connected | None], Policy]) -> None:
        """*policy* makes what stands before one model; it is made once for each."""
        self._models = models
        self._policies = {id(one): policy(one) for one in models.every}
        self._nobody = policy(None)

    def bind(self, scope: Scope, *, log: CallLog | None = None) -> Bound:
        """Give the LLM for one step call."""
        chosen = self._models.steps.get(scope.step, self._models)
        if not chosen.models:
            return self._nobody.bind(scope, log=log)
        if len(chosen.models) == 1:
            return self._policies[id(chosen.models[0])].bind(scope, log=log)
        own = [self._policies[id(one)] for one in chosen.models]
        against = next((policy for policy in own if policy.refused is not None), None)
        if against is not None:  # one that may not be asked refuses the whole
            return against.bind(scope, log=log)
        bounds = [self._bound(chosen, nth, scope, log) for nth in range(len(chosen.models))]
        place: Place = chosen.models[0].place
        if chosen.agree > 1:
            agreeing = Agreeing(models=bounds[: chosen.agree])
            rest: list[LLM] = list(bounds[chosen.agree :])
            llm: LLM = Chain(models=[agreeing, *rest]) if rest else agreeing
        else:
            llm = Chain(models=bounds, least_probability=LEAST_PROBABILITY)
        return Together(llm, place, bounds=bounds)

    def _bound(self, chosen: Models, nth: int, scope: Scope, log: CallLog | None) -> Bound:
        """Bind one of several, with a journal of its own: no answer is replayed as another's."""
        model = chosen.models[nth]
        own = replace(scope, fingerprint=f"{scope.fingerprint}+{nth}") if nth else scope
        policy = self._policies[id(model)]
        patient = nth == len(chosen.models) - 1 or chosen.agree > 1
        return policy.bind(own, log=log, patience=None if patient else QUICK)


LEAST_PROBABILITY = 0.2
"""An answer with a value the model found less likely than this is asked of the next one."""
