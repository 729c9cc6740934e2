"""Steps and plans in the hands of people who build with LangChain: parts of a chain, tools of an agent."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, create_model
from pydantic_core import to_jsonable_python

from smeflow._text import shortened
from smeflow.core.case import Case, Skipped, Step
from smeflow.core.plan import Entry
from smeflow.core.run import CaseRun, Done, MemoryRun
from smeflow.core.step import FunctionStep
from smeflow.llm.interface import LLM
from smeflow.llm.providers import Residency

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.runnables import Runnable
    from langchain_core.tools import StructuredTool

T = TypeVar("T")
HELD = "held"
"""The key of a plan's result under which stands why a person must look; a step cannot be called so there."""
_MOST_DESCRIBED = 900
"""Providers refuse tools whose description is longer than about a thousand characters."""


@overload
def as_runnable(
    step: Step[T], llm: "LLM | str | BaseChatModel | None" = None, *, residency: Residency = "any"
) -> "Runnable[Case | str, T]": ...
@overload
def as_runnable(
    step: Sequence[Step[Any] | Entry],
    llm: "LLM | str | BaseChatModel | None" = None,
    *,
    residency: Residency = "any",
) -> "Runnable[Case | str, dict[str, Any]]": ...
def as_runnable(
    step: Step[Any] | Sequence[Step[Any] | Entry],
    llm: "LLM | str | BaseChatModel | None" = None,
    *,
    residency: Residency = "any",
) -> "Runnable[Case | str, Any]":
    """Make a LangChain ``Runnable`` of *step*, or of a whole plan: a `Case`, or a text, goes in.

    Of a step its result comes out. Of a plan (a list of steps) a dict comes out: each step's result under the
    step's name, None where it was skipped or not reached, and under ``held`` the sentences that say why a
    person must look, none where the plan is through. Both know the schemas of what goes in and comes out.

    Calls of *llm* are retried and replayed as in a script: one Runnable pays an equal case once.
    """
    from langchain_core.runnables import RunnableLambda

    if isinstance(step, Sequence):
        setup = _plan(step, llm, residency)
        whole: Runnable[Any, Any] = RunnableLambda(lambda given: _results(_run(setup, given)), name="plan")
        return whole.with_types(input_type=str, output_type=cast("Any", _results_schema(setup)))
    setup = MemoryRun.of([step], llm, residency=residency)

    def run_step(given: Case | str) -> Any:
        return CaseRun(setup, _case(given)).value_of(setup.entries[0])

    single: Runnable[Any, Any] = RunnableLambda(run_step, name=step.name)
    return single.with_types(input_type=str, output_type=_with_schema(step.returns))


class _Given(BaseModel):
    """What an agent gives."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(description="The whole text to work on, word for word.")


def as_tool(
    step: Step[Any] | Sequence[Step[Any] | Entry],
    llm: "LLM | str | BaseChatModel | None" = None,
    *,
    name: str | None = None,
    description: str | None = None,
    residency: Residency = "any",
) -> "StructuredTool":
    """Make a tool for agents of LangChain and LangGraph: a text goes in, what the steps found comes out.

    The agent reads the results as JSON, with why a person must look under ``held``; the program finds the
    whole `Done` in the message's ``artifact``. The tool opens no file and sends nothing but the steps' own
    questions to *llm*. A step that fails raises, as in `run`.

    *name* is the step's own unless given, and must be given for several; *description* is its docstring.
    """
    from langchain_core.tools import StructuredTool

    steps = step if isinstance(step, Sequence) else [step]
    setup = _plan(steps, llm, residency)
    if name is None and len(setup.entries) != 1:
        raise ValueError('a tool of several steps needs a name: as_tool([…], llm, name="read_invoice")')

    def work(text: str) -> tuple[str, Done]:
        done = _run(setup, text)
        return _json(_results(done)), done

    return StructuredTool.from_function(
        work,
        name=name or setup.entries[0].step.name,
        description=description or " ".join(_about(entry.step) for entry in setup.entries),
        args_schema=_Given,
        response_format="content_and_artifact",
    )


def _plan(
    steps: Sequence[Step[Any] | Entry], llm: "LLM | str | BaseChatModel | None", residency: Residency
) -> MemoryRun:
    setup = MemoryRun.of(steps, llm, residency=residency)
    if any(entry.step.name == HELD for entry in setup.entries):
        raise ValueError(f"a step called {HELD!r} has no place beside the reasons under {HELD!r}: rename it")
    return setup


def _case(given: Case | str) -> Case:
    return given if isinstance(given, Case) else Case.of(given)


def _run(setup: MemoryRun, given: Case | str) -> Done:
    return CaseRun(setup, _case(given)).to_the_end()


def _results(done: Done) -> dict[str, Any]:
    entries = done.setup.entries if done.setup else ()
    found = {entry.step.name: done.case.results.get(entry.step.name) for entry in entries}
    results = {name: None if isinstance(value, Skipped) else value for name, value in found.items()}
    return {**results, HELD: [str(why) for why in done.held.reasons] if done.held else []}


def _results_schema(setup: MemoryRun) -> type[BaseModel]:
    fields: dict[str, Any] = {
        entry.step.name: (_with_schema(entry.step.returns) | None, None) for entry in setup.entries
    }
    fields[HELD] = (
        list[str],
        Field(default=[], description="Why a person must look; empty where nobody need."),
    )
    return create_model("PlanResults", **fields)


def _with_schema(returns: Any) -> Any:
    """Give the type of a result where JSON schema can say it, else any value."""
    try:
        TypeAdapter(returns).json_schema(mode="serialization")
    except PydanticUserError:
        return Any
    return returns


def _about(step: Step[Any]) -> str:
    told = step.function.__doc__ if isinstance(step, FunctionStep) else type(step).__doc__
    return shortened(" ".join((told or step.name).partition("\n\n")[0].split()), _MOST_DESCRIBED)


def _json(results: dict[str, Any]) -> str:
    from json import dumps

    plain = to_jsonable_python(results, fallback=lambda value: shortened(str(value), 200))
    return dumps(plain, ensure_ascii=False)
