"""Run steps on one case, in memory: what a script, a notebook or a web server does."""

import asyncio
import contextvars
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from smeflow._text import hash_of, sha256
from smeflow.core.case import Case, Skipped, Step, require_case, shown_briefly
from smeflow.core.fingerprints import earlier_fingerprint
from smeflow.core.plan import Do, Entry, Hold, Skip, entry_of, next_entry, plan_of
from smeflow.errors import SmeflowError, StepFailed
from smeflow.i18n import say
from smeflow.llm.call_log import CallGate, CallLog, CallUsage, MemoryCallLog, MeteredCallLog, Scope
from smeflow.llm.connect import as_llm
from smeflow.llm.interface import LLM, ConnectedLLM
from smeflow.llm.providers import Residency
from smeflow.llm.wrappers.accounting import SpendingLimits
from smeflow.llm.wrappers.patience import ABSENT_SECONDS, CircuitBreaker, Patience
from smeflow.llm.wrappers.stack import LookUp, StepLLM, WrapperStack
from smeflow.money import Money

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

T = TypeVar("T")
PATIENCE_SECONDS = 20.0
"""How long a script waits for a provider that is away, unless it says so itself."""
ASYNC_THREADS = 64
"""How many cases `arun` works on at once in one process; more of them wait."""
CORRECTED_BY = "smeflow.review.corrections:correct_result"
"""Puts a person's values into a result. Named and not imported: it stands above all crafts."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Done:
    """What a run in memory gave."""

    case: Case
    """With a result for every step that ran."""
    held: Hold | None = None
    """A person must look here before later steps run; None where the plan is through."""
    usage: CallUsage = field(default_factory=CallUsage)
    """What was asked and paid for this case."""
    error: SmeflowError | CancelledError | None = None
    """Why it went no further; only in a batch, since `run` raises."""
    look_ups: tuple[LookUp, ...] = ()
    """What models looked up on their way to an answer, in order."""
    accepted: frozenset[str] = frozenset()
    """The steps whose result a person approved or gave."""
    setup: "MemoryRun | None" = field(default=None, compare=False)
    """What it goes on with after a decision."""

    @property
    def calls(self) -> int:
        """How many attempts were sent; answers from a cache are none."""
        return self.usage.calls

    @property
    def cost(self) -> tuple[Money, ...]:
        """What they cost, one amount a currency, where prices are known."""
        return self.usage.cost

    def __getitem__(self, step: Step[T]) -> T:
        """Give the result of *step*.

        Raises:
            LookupError: It has not run, or was skipped; the message says why.
            SmeflowError: The case failed before this step.
            CancelledError: The batch was cancelled before it.
        """
        if self.error is not None and step.name not in self.case.results:
            raise self.error
        return self.case[step]

    def get(self, step: Step[T]) -> T | None:
        """Give the result of *step*, or None where it has not run or was skipped."""
        return self.case.get(step)

    def approve(self, step: Step[Any], *, wanted: bool | None = None) -> "Done":
        """Let the result of *step* pass as it is, and go on from there.

        *wanted* answers for a step whose ``when`` cannot be decided: true takes it, false leaves it out.

        Raises:
            ValueError: There is nothing of this step to approve.
        """
        setup, entry = self._decided(step)
        run = CaseRun(setup, self.case, self.accepted | {step.name}, self.usage)
        if step.name not in self.case.results:
            if self.held is None or self.held.entry.step.name != step.name:
                raise ValueError(f"step {step.name!r} has no result yet that could be approved")
            if wanted is None:
                raise ValueError(
                    f"nobody can tell whether step {step.name!r} is wanted: say it, approve(…, wanted=True) "
                    "takes it and wanted=False leaves it out"
                )
            left_out = Skipped(say("a person left it out"))
            run.case = run.case.with_result(step.name, run.value_of(entry) if wanted else left_out)
        return run.to_the_end()

    def correct(
        self, step: Step[T], value: T | None = None, /, *, person: str = "person", **fields: object
    ) -> "Done":
        """Put what *person* says in the place of what *step* found, and run all later steps again.

        Give either a whole *value*, or single fields by name: ``done.correct(invoice, total_net="12.00")``.
        Fields are checked, and the checks of the record run again.

        Raises:
            ValueError: A value does not fit, or there is no such field; the message names those there are.
        """
        setup, _ = self._decided(step)
        if (value is None) == (not fields):
            raise ValueError(f"give either a whole value for {step.name!r} or its fields by name")
        new: object = value if not fields else _with_fields(step, self.case.get(step), fields, person)
        names = [entry.step.name for entry in setup.entries]
        later = set(names[names.index(step.name) :])
        kept = {name: result for name, result in self.case.results.items() if name not in later}
        results = MappingProxyType({**kept, step.name: new})
        accepted = (self.accepted - later) | {step.name}
        return CaseRun(setup, replace(self.case, results=results), accepted, self.usage).to_the_end()

    def _decided(self, step: Step[Any]) -> tuple["MemoryRun", Entry]:
        if self.setup is None:
            raise ValueError("this result was not made by run(…), so that it cannot go on")
        return self.setup, entry_of(step, self.setup.entries)

    def __repr__(self) -> str:
        lines = [f"Done: {self.case.id}"]
        lines += [f"  {name}: {shown_briefly(value)}" for name, value in self.case.results.items()]
        lines += [f"  held at {self.held.entry.step.name}, since:"] if self.held else []
        lines += [f"    - {shown_briefly(str(why))}" for why in (self.held.reasons[:10] if self.held else ())]
        lines += [f"  failed: {shown_briefly(str(self.error))}"] if self.error else []
        lines += [f"  {self.usage}"] if self.usage.calls else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        reasons: tuple[object, ...] = self.held.reasons if self.held else ()
        told = [*reasons, *([self.error] if self.error else [])]
        remarks = "".join(f"<li>{escape(str(why))}</li>" for why in told)
        return self.case._repr_html_() + (f"<ul>{remarks}</ul>" if remarks else "")


def _with_fields(step: Step[Any], value: object, fields: Mapping[str, object], person: str) -> object:
    from pkgutil import resolve_name

    texts = {name: "" if value is None else str(value) for name, value in fields.items()}
    return resolve_name(CORRECTED_BY)(step, value, texts, person)


@dataclass(frozen=True, kw_only=True)
class MemoryRun:
    """What cases in memory share: the plan, the model with all that stands around it, the budget, the end."""

    entries: tuple[Entry, ...]
    stack: WrapperStack
    gate: CallGate

    @classmethod
    def of(
        cls,
        steps: Sequence[Step[Any] | Entry],
        llm: "LLM | str | BaseChatModel | None",
        log: CallLog | None = None,
        *,
        residency: Residency = "any",
        patience: float | Patience | None = None,
        budget: Money | str | None = None,
    ) -> "MemoryRun":
        """Check what was given, and set it up; see `run`."""
        entries = plan_of(steps)
        stack, gate = stack_for_script(llm, log, residency=residency, patience=patience, budget=budget)
        return cls(entries=entries, stack=stack, gate=gate)


def stack_for_script(
    llm: "LLM | str | BaseChatModel | None",
    log: CallLog | None = None,
    *,
    residency: Residency = "any",
    patience: float | Patience | None = None,
    budget: Money | str | None = None,
) -> tuple[WrapperStack, CallGate]:
    """Put what a script needs around a model, and give the gate that all its calls pass; see `run`."""
    model = as_llm(llm)
    if residency not in get_args(Residency):
        raise ValueError(f"residency={residency!r} is none of: {', '.join(get_args(Residency))}")
    if log is not None and not callable(getattr(log, "reserve", None)):  # foreign: a log of a user's own
        raise TypeError(f"log is a {type(log).__name__} and no log of calls: give MemoryCallLog(), or none")
    limit = _budget(budget, model)
    gate = CallGate(budget=limit)
    waits = patience if isinstance(patience, Patience) else _patience_of(patience)
    absent = ABSENT_SECONDS if patience is None else waits.waiting_seconds
    stack = WrapperStack(
        llm=model,
        log=MemoryCallLog() if log is None else log,
        residency=residency,
        limits=SpendingLimits(run=limit, source="budget="),
        breaker=CircuitBreaker(stop=gate.closed, absent_seconds=absent),
        patience=waits,
    )
    return stack, gate


def _patience_of(seconds: object) -> Patience:
    if seconds is None:
        seconds = PATIENCE_SECONDS
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise ValueError(f"patience={seconds!r}: give seconds, such as patience=60")
    return Patience(waiting_seconds=seconds, longest_wait_seconds=seconds, comes_back=False)


def _budget(budget: object, llm: ConnectedLLM | None) -> Money | None:
    if budget is None:
        return None
    if not isinstance(budget, str | Money):
        raise TypeError(f'budget={budget!r} has no currency: write budget="0.50 USD"')
    limit = Money.of(budget) if isinstance(budget, str) else budget
    price = llm.place.price if llm is not None else None
    charged = price is not None and (price.input_per_million or price.output_per_million)
    if llm is not None and price is not None and charged and price.currency != limit.currency:
        raise ValueError(
            f"{llm.place.provider} charges in {price.currency} and the budget is in {limit.currency}: "
            f"write the budget in {price.currency}"
        )
    return limit


class CaseRun:
    """One case's way through the plan."""

    def __init__(
        self,
        setup: MemoryRun,
        case: Case,
        accepted: frozenset[str] = frozenset(),
        usage: CallUsage | None = None,
    ) -> None:
        """*usage* is what was used up before, where the case goes on."""
        self.setup, self.case, self.accepted = setup, case, accepted
        self.look_ups: list[LookUp] = []
        self.log = MeteredCallLog(setup.stack.log, setup.gate, usage or CallUsage())
        self._version = hash_of([d.sha256 or sha256(d.data) for d in case.documents] or [sha256(case.text)])

    def to_the_end(self) -> Done:
        """Go on until the plan is through or a person must look.

        Raises:
            SmeflowError: A step failed, or a model did; `case` has the results up to there.
        """
        while True:
            action = next_entry(self.setup.entries, self.case, self.accepted)
            if not isinstance(action, Do | Skip):
                return self.done(held=action)
            value = Skipped(action.why) if isinstance(action, Skip) else self.value_of(action.entry)
            self.case = self.case.with_result(action.entry.step.name, value)

    def done(self, *, held: Hold | None = None, error: SmeflowError | CancelledError | None = None) -> Done:
        """Give what there is so far."""
        return Done(
            case=self.case,
            held=held,
            usage=self.log.usage,
            error=error,
            look_ups=tuple(self.look_ups),
            accepted=self.accepted,
            setup=self.setup,
        )

    def value_of(self, entry: Entry) -> object:
        """Run one step.

        Raises:
            StepFailed: It raised; the cause is chained. What smeflow raises on purpose comes as it is.
        """
        step, case = entry.step, self.case
        identity = earlier_fingerprint(step)  # a call is named by its request too, which holds the prompt
        scope = Scope(recipe="", item=case.id, version=self._version, step=step.name, fingerprint=identity)
        llm: StepLLM = self.setup.stack.bind(scope, log=self.log)
        try:
            return step(case, llm)
        except (SmeflowError, CancelledError):
            raise
        except Exception as error:
            phrase = say(
                "Step {step} failed on {case}: {kind}: {error}",
                step=step.name,
                case=case.id,
                kind=type(error).__name__,
                error=error,
            )
            raise StepFailed(phrase, step=step.name, case_id=case.id) from error
        finally:
            self.look_ups += llm.look_ups


def run(
    steps: Sequence[Step[Any] | Entry],
    case: Case,
    llm: "LLM | str | BaseChatModel | None" = None,
    log: CallLog | None = None,
    *,
    residency: Residency = "any",
    patience: float | Patience | None = None,
    budget: Money | str | None = None,
    accepted: Iterable[str | Step[Any]] = (),
) -> Done:
    """Run *steps* on *case*, in order, until the end or until a person must look.

    *llm* is a model, its name (``"openai/gpt-6.1-terra"``, ``"auto"``), a chat model of LangChain, or None:
    without one, steps do what they can alone. *log* keeps answers: who gives the same again pays nothing
    twice. A script that names a provider has chosen its place: *residency* is checked only when it is given.

    *patience*: how many seconds a provider that is away is waited for; without it `PATIENCE_SECONDS`, and
    `ABSENT_SECONDS` for one that was never there. *budget*: the most that the calls may cost, such as
    ``"0.50 USD"``. *accepted*: steps whose result in *case* a person has approved.

    Raises:
        StepFailed: A step raised; the cause is chained. What smeflow raises on purpose comes as it is.
        LLMUnavailable: The provider was away for longer than *patience*.
        LLMRejected: The key, the quota, the model or its place do not allow it; asking again will not help.
        BudgetSpent: The next call could cost more than is left.
        TypeError: Something of another kind was given; the message says what to write.
    """
    setup = MemoryRun.of(steps, llm, log, residency=residency, patience=patience, budget=budget)
    return CaseRun(setup, require_case(case), _accepted(accepted, setup.entries)).to_the_end()


async def arun(
    steps: Sequence[Step[Any] | Entry],
    case: Case,
    llm: "LLM | str | BaseChatModel | None" = None,
    log: CallLog | None = None,
    *,
    residency: Residency = "any",
    patience: float | Patience | None = None,
    budget: Money | str | None = None,
    accepted: Iterable[str | Step[Any]] = (),
) -> Done:
    """Run *steps* on *case* as `run` does, without holding up the event loop.

    The steps work in a thread, at most `ASYNC_THREADS` of them at once in a process. When the task is
    cancelled no further call begins; one that is under way is settled in its thread.
    """
    setup = MemoryRun.of(steps, llm, log, residency=residency, patience=patience, budget=budget)
    work = CaseRun(setup, require_case(case), _accepted(accepted, setup.entries))
    context = contextvars.copy_context()
    threads = _async_threads(os.getpid())
    try:
        return await asyncio.get_running_loop().run_in_executor(
            threads, partial(context.run, work.to_the_end)
        )
    except asyncio.CancelledError:
        setup.gate.close()
        raise


@lru_cache(maxsize=1)
def _async_threads(_process: int) -> ThreadPoolExecutor:
    """Make the threads of one process; a child that was forked has none of its parent's."""
    return ThreadPoolExecutor(ASYNC_THREADS, thread_name_prefix="smeflow-arun")


def _accepted(accepted: Iterable[str | Step[Any]], entries: Sequence[Entry]) -> frozenset[str]:
    if isinstance(accepted, str):
        raise TypeError(f"accepted is a list of steps: accepted=[{accepted!r}]")
    return frozenset(entry_of(step, entries).step.name for step in accepted)
