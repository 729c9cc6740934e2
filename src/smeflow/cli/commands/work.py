"""``smeflow work``: one of many workers on a ledger in PostgreSQL."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import LogJson, Settings, load_recipe, person_name, recipe_files
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem, stop_on_signals
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.engine.run import RunSummary
    from smeflow.fleet.worker import WorkerRecipe
    from smeflow.workspace import Workspace


def work(
    ctx: typer.Context,
    recipes: Annotated[
        list[Path] | None, typer.Argument(help="Recipes, or folders of recipes; else those of this folder.")
    ] = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    threads: Annotated[
        int, typer.Option("--threads", min=1, max=256, help="How many items are worked on here at once.")
    ] = 8,
    every: Annotated[
        float,
        typer.Option(
            "--every", min=0.1, metavar="SECONDS", help="How often to look into folders and tables."
        ),
    ] = 60.0,
    llm: Annotated[
        str,
        typer.Option("--llm", metavar="NAME", help="Another model than the recipe says; none asks no model."),
    ] = "",
    items_only: Annotated[
        bool,
        typer.Option("--items-only", help="Only work on items: sources and outputs are on other machines."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to each provider that is asked.")] = False,
    log_json: LogJson = False,
) -> None:
    """Work with others on the ledger that smeflow.toml names, until stopped. Start as many as you like."""
    from smeflow.fleet.worker import FleetWorker, serve
    from smeflow.ledger.ledger import Ledger
    from smeflow.workspace import Workspace

    screen: Screen = ctx.obj
    files = recipe_files(recipes or [Path()])
    workspace = Workspace(files[0])
    shared = workspace.shared
    if shared is None:
        raise UsageProblem(
            say(
                "The ledger of {folder} is a file, which one machine works on: smeflow watch. For several, "
                "name a ledger in PostgreSQL in smeflow.toml: [ledger] url = {address}",
                folder=workspace.root,
                address='"${SMEFLOW_LEDGER}"',
            )
        )
    with ExitStack() as ending:
        own = _with_models(ending, workspace, files, settings, llm, yes=yes)
        stop = ending.enter_context(stop_on_signals())
        currency = workspace.settings.rates.currency
        ledger = ending.enter_context(Ledger.open(workspace.state, currency=currency, url=shared.url))
        observers = [screen.log] if screen.log_json else []
        worker = ending.enter_context(FleetWorker(ledger, shared, own, threads, observers))
        where = {"recipes": ", ".join(own), "name": shared.url.shown}
        _log(screen, say("{worker} works on {recipes} in {name}", worker=worker.name, **where))

        def tell(name: str, outcome: "RunSummary | Exception") -> None:
            _tell(screen, name, outcome)

        serve(worker, stop.event, every=every, leads=not items_only, tell=tell)
    raise typer.Exit(stop.code or 0)


def _with_models(
    ending: ExitStack,
    workspace: "Workspace",
    files: list[Path],
    settings: list[str],
    llm: str,
    *,
    yes: bool,
) -> "dict[str, WorkerRecipe]":
    """Read the recipes and connect their models, which stay open until *ending*."""
    from smeflow.engine.models import closing_model, models_of_recipe, require_consent
    from smeflow.fleet.worker import WorkerRecipe

    own: dict[str, WorkerRecipe] = {}
    for file in files:
        recipe = load_recipe(file, settings)
        models, _ = models_of_recipe(recipe, llm)
        ending.enter_context(closing_model(models))
        require_consent(models.every, workspace.state, lambda: person_name(""), lambda _: yes)
        own[recipe.name] = WorkerRecipe(recipe=recipe, settings=workspace.settings, models=models)
    return own


def _tell(screen: Screen, name: str, outcome: "RunSummary | Exception") -> None:
    """Say one line for a run that found something, or could not go on."""
    from smeflow.cli.running import tell_notes
    from smeflow.engine.watch import failure_phrase

    if isinstance(outcome, Exception):
        _log(screen, f"{name}: {screen.text(failure_phrase(outcome))}")
        return
    if outcome.worked or outcome.notes or outcome.failures:
        line = say(
            "{recipe}: {worked} worked on; {done} done, {review} for review, {failed} failed, {open} open",
            recipe=name,
            worked=outcome.worked,
            done=outcome.done,
            review=outcome.review,
            failed=outcome.failed,
            open=outcome.open,
        )
        _log(screen, line)
        tell_notes(screen, outcome)


def _log(screen: Screen, what: object) -> None:
    screen.note(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {screen.text(what)}")
