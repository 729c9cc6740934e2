"""``smeflow extract``.

Read records out of files; and how any step is tried on files, without a ledger, so that none stops the
others.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Files, Jsonl, Llm, StepInput, Workers, Yes, why_unusable
from smeflow.cli.console import Screen
from smeflow.cli.exits import LEFT_TO_DO, REJECTED, UsageProblem, code_of
from smeflow.cli.results import field_columns, field_rows
from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.core.case import Case, Step
    from smeflow.llm.interface import LLM


@dataclass(frozen=True, kw_only=True)
class TriedStep:
    """What came of one input."""

    input: StepInput
    value: Any = None
    """The step's result; None where it could not be had."""
    case: "Case | None" = None
    problems: tuple[Phrase | str, ...] = ()
    calls: int = 0
    cost: str = "0"
    """A decimal string, in the provider's currency; several are named, with a plus between them."""
    seconds: float = 0.0


def try_step(
    step: "Step[Any]",
    inputs: Sequence[StepInput],
    llm: "LLM | None",
    workers: int,
    before: "Sequence[Step[Any]]" = (),
) -> Iterator[TriedStep]:
    """Run the steps *before*, then *step*, on every input; several at once, results in the inputs' order.

    Raises:
        LLMRejected: The provider rejects every call (key, quota): going on would help nobody.
    """
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        yield from pool.map(lambda each: _try_one([*before, step], each, llm), inputs)


def _try_one(steps: "list[Step[Any]]", step_input: StepInput, llm: "LLM | None") -> TriedStep:
    from smeflow.core.case import Skipped
    from smeflow.core.run import run

    started, calls, cost = time.perf_counter(), 0, "0"
    value, case = None, None
    problems: tuple[Phrase | str, ...] = ()
    try:
        case = step_input.case()
        done = run(steps, case, llm)
        value, case, calls = done.case.results.get(steps[-1].name), done.case, done.calls
        cost = str(done.cost[0].amount) if len(done.cost) == 1 else " + ".join(map(str, done.cost)) or "0"
        value = None if isinstance(value, Skipped) else value
    except (SmeflowError, OSError) as error:
        if code_of(error) == REJECTED:
            raise
        problems = (why_unusable(error, step_input.name),)
    return TriedStep(
        input=step_input,
        value=value,
        case=case,
        problems=problems,
        calls=calls,
        cost=cost,
        seconds=round(time.perf_counter() - started, 3),
    )


SHOWN = ("value", "quote", "page", "box", "reader", "confidence", "checks")


def extract(
    ctx: typer.Context,
    files: Files,
    into: Annotated[
        str, typer.Option("--into", metavar="RECORD", help="What to read: Invoice or Receipt.")
    ] = "Invoice",
    jsonl: Jsonl = False,
    llm: Llm = "none",
    workers: Workers = 4,
    yes: Yes = False,
) -> None:
    """Read records out of files, each value with its quote; a file that cannot be read stops nothing."""
    from smeflow.cli.arguments import files_as_inputs
    from smeflow.cli.models import model_named
    from smeflow.extract.step import Extract

    screen: Screen = ctx.obj
    kind = record_named(into)
    step = Extract(name=into.lower(), into=kind)
    any_read = False
    for attempt in try_step(
        step, files_as_inputs(files), model_named(llm, screen, Path.cwd(), yes=yes), workers
    ):
        if jsonl:
            screen.json(as_line(attempt, kind, screen))
        else:
            _show(attempt, kind, screen)
        any_read = any_read or not attempt.problems
    if not any_read:
        raise typer.Exit(LEFT_TO_DO)  # else a script goes on with nothing


def record_named(name: str) -> type[Any]:
    """Find a record's type by its name."""
    from smeflow.kinds.record_kind import RECORDS, find_record_kind

    if name not in RECORDS.names():
        known = ", ".join(sorted(RECORDS.names()))
        raise UsageProblem(
            say("--into {name}: there is no such record. Choose from: {known}", name=name, known=known)
        )
    return find_record_kind(name).record


def as_line(attempt: "TriedStep", kind: type[Any], screen: Screen) -> dict[str, Any]:
    """Give the line of JSON for one file; amounts are decimal strings and dates ISO."""
    extraction = attempt.value
    plain = extraction.model_dump(mode="json") if extraction is not None else {}
    own = (*extraction.doubts, *extraction.problems) if extraction is not None else ()
    remarks = [*own, *attempt.problems]
    return {
        "file": attempt.input.name,
        "record": plain.get("record") or kind().model_dump(mode="json"),
        "fields": {
            name: {key: reading[key] for key in SHOWN} for name, reading in plain.get("fields", {}).items()
        },
        "proven": bool(plain.get("proven", False)),
        "confidence": plain.get("confidence"),
        "problems": list(dict.fromkeys(screen.text(p) for p in remarks)),
        "reader": plain.get("reader"),
        "calls": attempt.calls,
        "cost": attempt.cost,
        "seconds": attempt.seconds,
    }


def _show(attempt: "TriedStep", kind: type[Any], screen: Screen) -> None:
    from rich.text import Text

    extraction = attempt.value
    head = Text(Path(attempt.input.name).name, style="bold")
    if extraction is not None:
        proven = say("proven") if extraction.proven else say("not proven")
        head.append("  ").append(screen.text(proven), style="green" if extraction.proven else "yellow")
    screen.print(head)
    if extraction is not None and extraction.fields:
        plain = extraction.model_dump(mode="json")["fields"]
        screen.print(screen.table(field_columns(), field_rows(screen, plain)))
    for problem in as_line(attempt, kind, screen)["problems"]:
        screen.print(f"  • {problem}", style="yellow")
    screen.print()
