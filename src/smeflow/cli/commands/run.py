"""``smeflow run``: take every item of a recipe as far as it can go."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.arguments import (
    HERE,
    Json,
    LogJson,
    RecipeFile,
    Settings,
    State,
    Yes,
    load_recipe,
    open_ledger,
    state_folder,
)
from smeflow.cli.commands.rerun import BY_NAME, agree_to_redo
from smeflow.cli.console import STATE_WORDS, Screen, plain_decimal
from smeflow.cli.exits import FULL, UsageProblem, code_of
from smeflow.cli.running import (
    exit_code,
    run_recipe_file,
    summary_json,
    tell_notes,
    tell_summary,
    write_waiting_csv,
    written_report,
)
from smeflow.errors import SmeflowError
from smeflow.i18n import say

FAILURES = ("review", "failed")
REDO = ("changed", "stale", "failed", "all")


Llm = Annotated[
    str, typer.Option("--llm", metavar="NAME", help="Another model than the recipe says; none asks no model.")
]
Redo = Annotated[
    str,
    typer.Option(
        "--redo",
        metavar="WHICH",
        help="Also redo finished items: changed (by an older recipe), stale, failed or all.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=512, help="How many items at once; else what the recipe says."),
]
Waiting = Annotated[
    Path | None,
    typer.Option(
        "--waiting", metavar="FILE", help="Write what waits for a person as CSV: id, state, reason."
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE", help="Write how the run went as a page (.html) or for programs (.json)."
    ),
]
FailOn = Annotated[
    list[str],
    typer.Option("--fail-on", metavar="STATE", help="End with 1 when an item is in review or failed."),
]
AcceptLoss = Annotated[
    bool, typer.Option("--accept-loss", help="Let a source that lost much take its items away.")
]


def run(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    llm: Llm = "",
    redo: Redo = "",
    workers: Workers = None,
    waiting: Waiting = None,
    report: Report = None,
    fail_on: FailOn = [],  # noqa: B006 - Typer copies it
    accept_loss: AcceptLoss = False,
    yes: Yes = False,
    log_json: LogJson = False,
    json: Json = False,
) -> None:
    """Run a recipe. Stop it at any moment: the next run goes on where it was, and pays nothing twice."""
    screen: Screen = ctx.obj
    unknown = [name for name in fail_on if name not in FAILURES]
    if unknown:
        raise UsageProblem(say("--fail-on {name}: choose review or failed", name=unknown[0]))
    if redo and redo not in REDO:
        raise UsageProblem(say("--redo {name}: choose from {known}", name=redo, known=", ".join(REDO)))
    if redo in BY_NAME and not json and not _may_redo(screen, recipe, state, settings, redo, ask=not yes):
        raise typer.Exit
    with (
        _full_disk_told(screen, recipe, state, settings, json=json),
        written_report(screen, report) as observers,
    ):
        loaded, summary, stopped_by = run_recipe_file(
            screen, recipe, state=state, settings=settings, llm=llm, redo=redo or None,
            workers=workers, yes=yes, accept_loss=accept_loss, observers=observers,
        )  # fmt: skip
    if waiting is not None:
        write_waiting_csv(screen, state_folder(state, recipe), loaded.name, waiting)
    if json:
        tell_notes(screen, summary)
        screen.json(summary_json(summary))
    else:
        tell_summary(screen, loaded, summary)
    raise typer.Exit(stopped_by or exit_code(summary, fail_on))


def _may_redo(
    screen: Screen, file: Path, state: Path | None, settings: list[str], redo: str, *, ask: bool
) -> bool:

    recipe = load_recipe(file, settings)
    return not state_folder(state, file).is_dir() or agree_to_redo(screen, recipe, state, redo, ask=ask)


@contextmanager
def _full_disk_told(
    screen: Screen, file: Path, state: Path | None, settings: list[str], *, json: bool
) -> Iterator[None]:
    """Let a run whose disk is full end with its line of JSON all the same."""
    try:
        yield
    except Exception as error:
        if json and code_of(error) == FULL:
            with suppress(OSError, SmeflowError):
                screen.json(_counts(file, state, settings))
        raise


def _counts(file: Path, state: Path | None, settings: list[str]) -> dict[str, object]:
    """Give the promised line from the ledger where the run could not end: its disk is full."""
    recipe = load_recipe(file, settings)
    with open_ledger(state, file) as ledger:
        counts = ledger.counts(recipe.name)
        spent = ledger.cost_of_run(ledger.runs(recipe.name)[-1])
    states = {name: getattr(counts, name) for name in STATE_WORDS}
    return {"items": counts.items, **states, "calls": spent.calls, "cost": plain_decimal(spent.cost.amount)}
