"""Which models a step asks: one, several in order until an answer is of use, or several that must agree."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from smeflow._text import folded
from smeflow.errors import AnswerInvalid, AnswerLater, BudgetSpent, LLMRejected, LLMUnavailable, SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.llm.answer_json import AmbiguousJson, load_json
from smeflow.llm.call_log import CallLog, Scope
from smeflow.llm.interface import LLM, Closable, ConnectedLLM, ModelEndpoint, Reply, Request, Usage
from smeflow.llm.wrappers.accounting import worst_case_cost
from smeflow.llm.wrappers.patience import Patience
from smeflow.llm.wrappers.stack import StepLLM, WrapperStack

LEAST_PROBABILITY = 0.2
"""An answer with a value the model found less likely than this is asked of the next one."""
FALLBACK_REASONS = frozenset({"key", "quota", "model", "too_long", "no_model"})
"""What the next model may do better. What is refused for its place or its form is refused."""


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """An LLM that asks the next one where one is away, rejects us, or answered nothing of use.

    The cheaper one goes first: its answer stands when it can be used. A question asked again (``again``),
    since the answer did not fit, goes to the next; so does one whose answer the model itself found unlikely.
    """

    models: Sequence[LLM]
    least_probability: float = 0.0
    """An answer with a value less likely than this is asked of the next one; 0: nothing is looked at."""
    places: Sequence[ModelEndpoint] = ()
    """Where the models are, to turn to one that costs less when the budget allows no more; empty: none."""
    turned: Callable[[ModelEndpoint, ModelEndpoint], None] | None = None
    """Told of each answer that was left to a cheaper one: who would have given it, and who did."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        first = min(request.again, len(self.models) - 1)
        refused: BudgetSpent | None = None
        dearer: ModelEndpoint | None = None
        for index, model in enumerate(self.models[first:], first):
            last = index == len(self.models) - 1
            if dearer is not None and not _costs_less(self.places[index], dearer, request):
                continue
            try:
                reply = model.complete(request)
            except BudgetSpent as error:
                if not self.places:
                    raise
                refused, dearer = error, self.places[index]
                continue
            except (LLMUnavailable, AnswerLater, LLMRejected) as error:
                if last or not _next_may_answer(error):
                    raise
                continue
            if dearer is not None and self.turned is not None:
                self.turned(dearer, self.places[index])
            if last or dearer is not None or not self._unlikely(reply):
                return reply
        assert refused is not None  # noqa: S101 - else the last one returned or raised
        raise refused

    def _unlikely(self, reply: Reply) -> bool:
        return min((reply.probabilities or {}).values(), default=1.0) < self.least_probability


def _costs_less(place: ModelEndpoint, than: ModelEndpoint, request: Request) -> bool:
    """Tell whether *request* costs less at one place; of two currencies the budget itself will tell."""
    here, there = worst_case_cost(place, request), worst_case_cost(than, request)
    if place.region == "local":
        return True
    if here is None or there is None:
        return False
    return here.currency != there.currency or here.amount < there.amount


def _next_may_answer(error: SmeflowError) -> bool:
    if isinstance(error, AnswerLater) and error.ticket == "batch":
        return False  # it is asked already, and answers when its batch does
    return not isinstance(error, LLMRejected) or error.reason in FALLBACK_REASONS


@dataclass(frozen=True, kw_only=True)
class Agreeing:
    """An LLM that asks several and answers what all of them say.

    A named value they differ on becomes ``null`` where the schema has room for it, so that a person is
    asked; where it has none, or the answers are no JSON, a difference makes the answer invalid. An
    answer that has not the form is given as it is, and asked for again like any other.
    """

    models: Sequence[LLM]

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`.

        Raises:
            AnswerInvalid: They differ, and nothing can be left out.
        """
        replies = [model.complete(request) for model in self.models]
        answers = [_answer_object(reply) for reply in replies]
        if any(reply.finish_reason != "stop" for reply in replies):
            return next(reply for reply in replies if reply.finish_reason != "stop")
        if request.schema is None or any(answer is None for answer in answers):
            return _same_text(replies, answers, request)
        objects = [answer for answer in answers if answer is not None]
        agreed, without = _agreed(objects, _nullable(request))
        if without:
            raise _disagreement(replies, without)
        return _joined(replies, json.dumps(agreed, ensure_ascii=False))


def _same_text(replies: list[Reply], answers: list[dict[str, Any] | None], request: Request) -> Reply:
    if request.schema is not None:  # who broke the form is asked again
        return replies[next(index for index, answer in enumerate(answers) if answer is None)]
    if len({folded(reply.text).strip() for reply in replies}) > 1:
        raise _disagreement(replies, ["-"])
    return _joined(replies, replies[0].text)


def _answer_object(reply: Reply) -> dict[str, Any] | None:
    try:
        value = load_json(reply.text)
    except (AmbiguousJson, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _agreed(objects: list[dict[str, Any]], nullable: frozenset[str]) -> tuple[dict[str, Any], list[str]]:
    """Give what all say, ``null`` where they differ, and the names that cannot be ``null``."""
    agreed: dict[str, Any] = {}
    without = []
    for name in dict.fromkeys(name for answer in objects for name in answer):
        values = [answer.get(name) for answer in objects]
        if all(_comparable(value) == _comparable(values[0]) for value in values):
            agreed[name] = values[0]
        elif name in nullable:
            agreed[name] = None
        else:
            without.append(name)
    return agreed, without


def _comparable(value: Any) -> Any:
    """Give what two spellings of one value have in common."""
    if isinstance(value, str):
        return " ".join(folded(value).split())
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return {name: _comparable(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def _nullable(request: Request) -> frozenset[str]:
    schema: Mapping[str, Any] = json.loads(request.schema.json) if request.schema else {}
    properties = (schema.get("properties") or {}).items()
    return frozenset(name for name, form in properties if {"type": "null"} in form.get("anyOf", ()))


def _joined(replies: list[Reply], text: str) -> Reply:
    notes: list[Phrase] = []
    for reply in replies:
        notes += [note for note in reply.notes if note not in notes]
    names = " + ".join(dict.fromkeys(reply.model for reply in replies))
    usage = Usage(
        input_tokens=sum(reply.usage.input_tokens for reply in replies),
        output_tokens=sum(reply.usage.output_tokens for reply in replies),
        cached_input_tokens=sum(reply.usage.cached_input_tokens for reply in replies),
        estimated=any(reply.usage.estimated for reply in replies),
    )
    replayed = all(reply.replayed for reply in replies)
    # What it cost was settled by each model's own budget; of two currencies there is no sum here.
    return replace(
        replies[0],
        text=text,
        model=names,
        usage=usage,
        cost=None,
        probabilities=None,
        replayed=replayed,
        notes=tuple(notes),
    )


def _disagreement(replies: list[Reply], names: list[str]) -> AnswerInvalid:
    models = ", ".join(dict.fromkeys(reply.model for reply in replies))
    phrase = say("{models} do not agree: {names}.", models=models, names=", ".join(names))
    return AnswerInvalid(phrase, reply=replies[0].text[:4000], problems=[str(phrase)])


QUICK_PATIENCE = Patience(waiting_seconds=10.0, longest_wait_seconds=5.0, cooldown_seconds=30.0)
"""How long one waits for a model that has another behind it, and for how long nobody does once it is away."""


@dataclass(frozen=True, kw_only=True)
class ModelSet:
    """Which models a run asks, in order, and how many of them must agree."""

    models: tuple[ConnectedLLM, ...] = ()
    agree: int = 1
    steps: Mapping[str, "ModelSet"] = field(default_factory=dict)
    """Steps with models of their own, by name."""

    @classmethod
    def of(cls, llm: "ConnectedLLM | ModelSet | None") -> "ModelSet":
        """Give the set that *llm* is, or that it makes alone; None makes an empty one."""
        return llm if isinstance(llm, ModelSet) else cls(models=(llm,) if llm is not None else ())

    @property
    def every(self) -> tuple[ConnectedLLM, ...]:
        """All that may be asked, each once."""
        of_steps = (model for step in self.steps.values() for model in step.every)
        return tuple({id(model): model for model in (*self.models, *of_steps)}.values())

    @property
    def name(self) -> str:
        """Name them, for people and for the record of a run."""
        return " → ".join(f"{model.place.provider}/{model.place.model}" for model in self.every) or "none"

    def close(self) -> None:
        """End what any of them keeps running."""
        for model in self.every:
            if isinstance(model, Closable):
                model.close()


@dataclass(frozen=True, kw_only=True)
class TextAlone:
    """An LLM that shows a model without sight the text alone, and says so in the reply's notes."""

    inner: StepLLM

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* without its pictures."""
        reply = self.inner.complete(request.text_alone)
        if not request.pictures:
            return reply
        note = say(
            "{model} sees no pictures and was shown the text alone: {n} pictures of pages were left out.",
            model=self.inner.place.model,
            n=request.pictures,
        )
        return replace(reply, notes=(*reply.notes, note))


def _with_sight_of(place: ModelEndpoint, llm: StepLLM) -> LLM:
    """Let a blind model stand in for one that sees: a step looks at the *place* of the first alone."""
    return TextAlone(inner=llm) if place.sees is not None and llm.place.sees is None else llm


@dataclass(eq=False)
class StepEnsemble(StepLLM):
    """The LLM one step call gets, where there are several models behind it."""

    members: Sequence[StepLLM] = ()

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        if self.llm is None:
            return super().complete(request)
        reply = self.llm.complete(request)
        self.wanted_model = all(member.wanted_model for member in self.members)
        self.calls = sum(member.calls for member in self.members)
        costs = [member.cost for member in self.members if member.cost is not None]
        same = [c for c in costs if c.currency == costs[0].currency]
        self.cost = sum(same[1:], start=same[0]) if same else None
        return reply


class ModelRouter:
    """The stacks of a run: one for each model, bound together for each step call."""

    def __init__(
        self,
        models: ModelSet,
        make_stack: Callable[[ConnectedLLM | None], WrapperStack],
        *,
        cheaper: bool = False,
    ) -> None:
        """*make_stack* makes what stands before one model, once for each.

        *cheaper*: what the budget does not allow is asked of the next one that costs less.
        """
        self._models, self._cheaper = models, cheaper
        self._turned: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._stacks = {id(model): make_stack(model) for model in models.every}
        self._no_model = make_stack(None)

    def bind(self, scope: Scope, *, log: CallLog | None = None) -> StepLLM:
        """Give the LLM for one step call."""
        chosen = self._models.steps.get(scope.step, self._models)
        if not chosen.models:
            return self._no_model.bind(scope, log=log)
        if len(chosen.models) == 1:
            return self._stacks[id(chosen.models[0])].bind(scope, log=log)
        stacks = [self._stacks[id(model)] for model in chosen.models]
        refusing = next((stack for stack in stacks if stack.refused is not None), None)
        if refusing is not None:  # a model that may not be asked refuses the whole
            return refusing.bind(scope, log=log)
        place = chosen.models[0].place
        members = [self._step_llm(chosen, nth, scope, log) for nth in range(len(chosen.models))]
        models = [_with_sight_of(place, member) for member in members]
        places = [model.place for model in chosen.models] if self._cheaper else []
        if chosen.agree > 1:
            agreeing = Agreeing(models=models[: chosen.agree])
            rest, places = models[chosen.agree :], places[chosen.agree - 1 :]
            fallback = Fallback(models=[agreeing, *rest], places=places, turned=self._note_turned)
            llm: LLM = fallback if rest else agreeing
        else:
            llm = Fallback(
                models=models, least_probability=LEAST_PROBABILITY, places=places, turned=self._note_turned
            )
        return StepEnsemble(llm, place, members=members)

    def _note_turned(self, dearer: ModelEndpoint, cheaper: ModelEndpoint) -> None:
        with self._lock:
            self._turned[f"{dearer.provider}/{dearer.model}", f"{cheaper.provider}/{cheaper.model}"] += 1

    def away(self) -> bool:
        """Tell whether one of the servers was never there so far."""
        return any(stack.breaker.absent for stack in self._stacks.values())

    def notices(self) -> list[Phrase]:
        """Tell what a person should know of how the models were asked."""
        passed = [stack for stack in self._stacks.values() if stack.breaker.cooldowns]
        left_alone = [
            say(
                "{model} did not answer and was left alone for a while, {times} times: {n} questions went "
                "straight to the next model.",
                model=f"{stack.place.provider}/{stack.place.model}",
                times=stack.breaker.cooldowns,
                n=stack.breaker.passed_by,
            )
            for stack in passed
        ]
        return left_alone + [
            say("{n} questions to {dearer} were over the budget; {cheaper} answered them.",
                n=n, dearer=dearer, cheaper=cheaper)
            for (dearer, cheaper), n in self._turned.items()
        ]  # fmt: skip

    def _step_llm(self, chosen: ModelSet, nth: int, scope: Scope, log: CallLog | None) -> StepLLM:
        """Bind one of several, with a journal of its own: no answer is replayed as another's."""
        model = chosen.models[nth]
        own = replace(scope, fingerprint=f"{scope.fingerprint}+{nth}") if nth else scope
        stack = self._stacks[id(model)]
        patient = nth == len(chosen.models) - 1 or chosen.agree > 1
        return stack.bind(own, log=log, patience=None if patient else QUICK_PATIENCE)
