"""Hand a step to people who build with LangChain."""

from typing import TYPE_CHECKING, Any, TypeVar

from smeflow.calls import MemoryCallLog, Scope
from smeflow.governance.policy import Policy
from smeflow.llm.base import Connected
from smeflow.llm.providers import Residency
from smeflow.step import Case, Step, fingerprint

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

T = TypeVar("T")


def as_runnable(
    step: Step[T], llm: Connected | None = None, *, residency: Residency = "any"
) -> "Runnable[Case | str, T]":
    """Make a LangChain ``Runnable`` of *step*: a `Case`, or a text, goes in, the step's result comes out.

    Calls of *llm* are retried and replayed as in a script: one Runnable pays an equal case once.
    """
    from langchain_core.runnables import RunnableLambda

    policy = Policy(llm=llm, log=MemoryCallLog(), residency=residency)
    printed = fingerprint(step)

    def run(given: Case | str) -> Any:
        case = given if isinstance(given, Case) else Case.of(given)
        version = ",".join(d.sha256 for d in case.documents)
        scope = Scope(recipe="", item=case.id, version=version, step=step.name, fingerprint=printed)
        return step(case, policy.bind(scope))

    return RunnableLambda(run, name=step.name)
