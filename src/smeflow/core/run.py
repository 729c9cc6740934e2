"""Run steps on one case, in memory: what a script or a notebook does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from smeflow._text import hash_of, sha256
from smeflow.core.case import Case, Skipped, Step
from smeflow.core.fingerprints import earlier_fingerprint
from smeflow.core.plan import Do, Entry, Hold, Skip, next_entry
from smeflow.errors import SmeflowError, StepFailed
from smeflow.i18n import say
from smeflow.llm.call_log import CallLog, MemoryCallLog, Scope
from smeflow.llm.interface import LLM, ConnectedLLM, ModelEndpoint
from smeflow.llm.providers import Residency
from smeflow.llm.wrappers.stack import WrapperStack
from smeflow.money import Money

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a run in memory gave."""

    case: Case
    """With a result for every step that ran."""
    held: Hold | None = None
    """A person must look here before later steps run; None where the plan is through."""
    calls: int = 0
    """Attempts that were sent; answers from a cache are none."""
    cost: tuple[Money, ...] = field(default=())
    """What they cost, one amount a currency, where prices are known."""

    def __getitem__(self, step: Step[T]) -> T:
        """Give the result of *step*.

        Raises:
            LookupError: It has not run, or was skipped; the message says why.
        """
        return self.case[step]

    def get(self, step: Step[T]) -> T | None:
        """Give the result of *step*, or None where it has not run or was skipped."""
        return self.case.get(step)

    def _repr_html_(self) -> str:
        return self.case._repr_html_()


def run(
    steps: Sequence[Step[Any] | Entry],
    case: Case,
    llm: LLM | None = None,
    log: CallLog | None = None,
    *,
    residency: Residency = "any",
) -> Done:
    """Run *steps* on *case*, in order, until the end or until a person must look.

    Without *llm* steps do what they can alone. A script that names a provider has chosen its place:
    *residency* is checked only when it is given.

    Raises:
        StepFailed: A step raised; the cause is chained. What smeflow raises on purpose comes as it is.
    """
    entries = [step if isinstance(step, Entry) else Entry(step=step) for step in steps]
    stack = WrapperStack(llm=_placed(llm), log=MemoryCallLog() if log is None else log, residency=residency)
    version = hash_of([d.sha256 or sha256(d.data) for d in case.documents] or [sha256(case.text)])
    calls, costs = 0, list[Money]()
    while True:
        action = next_entry(entries, case)
        if not isinstance(action, Do | Skip):
            return Done(case=case, held=action, calls=calls, cost=_by_currency(costs))
        step = action.entry.step
        if isinstance(action, Skip):
            case = case.with_result(step.name, Skipped(action.why))
            continue
        scope = Scope(
            recipe="", item=case.id, version=version, step=step.name, fingerprint=earlier_fingerprint(step)
        )
        bound = stack.bind(scope)
        case = case.with_result(step.name, _value(step, case, bound))
        calls += bound.calls
        costs.extend([bound.cost] if bound.cost else [])


def _value(step: Step[T], case: Case, llm: LLM) -> T:
    try:
        return step(case, llm)
    except SmeflowError:
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


@dataclass(frozen=True)
class _Placed:
    """A model of the user's own that does not say where it runs."""

    llm: LLM
    place: ModelEndpoint

    def complete(self, request: Any, /) -> Any:
        """Pass the request on."""
        return self.llm.complete(request)


def _placed(llm: LLM | None) -> ConnectedLLM | None:
    if llm is None or isinstance(llm, ConnectedLLM):
        return llm
    return _Placed(llm, ModelEndpoint(provider="script", model=type(llm).__name__))


def _by_currency(costs: Sequence[Money]) -> tuple[Money, ...]:
    total: dict[str, Decimal] = {}
    for cost in costs:
        total[cost.currency] = total.get(cost.currency, Decimal(0)) + cost.amount
    return tuple(Money(amount, currency) for currency, amount in total.items())


def as_runnable(
    step: Step[T], llm: ConnectedLLM | None = None, *, residency: Residency = "any"
) -> "Runnable[Case | str, T]":
    """Make a LangChain ``Runnable`` of *step*: a `Case`, or a text, goes in, the step's result comes out.

    Calls of *llm* are retried and replayed as in a script: one Runnable pays an equal case once.
    """
    from langchain_core.runnables import RunnableLambda

    stack = WrapperStack(llm=llm, log=MemoryCallLog(), residency=residency)
    identity = earlier_fingerprint(step)  # a call is named by its request too, which holds the prompt

    def run(given: Case | str) -> Any:
        case = given if isinstance(given, Case) else Case.of(given)
        version = ",".join(d.sha256 for d in case.documents)
        scope = Scope(recipe="", item=case.id, version=version, step=step.name, fingerprint=identity)
        return step(case, stack.bind(scope))

    return RunnableLambda(run, name=step.name)
