"""``smeflow ledger``: take a ledger from a file into PostgreSQL, and back."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.arguments import State
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say
from smeflow.review.choosing import state_folder

ledger = typer.Typer(help="Move the ledger from a file into PostgreSQL, or back.")


@ledger.callback()
def ledger_commands() -> None:
    """Move the ledger from a file into PostgreSQL, or back."""


@ledger.command()
def move(
    ctx: typer.Context,
    into: Annotated[
        str,
        typer.Option(
            "--into", metavar="postgres|file", help="Where the ledger is to be.", show_default=False
        ),
    ],
    state: State = None,
) -> None:
    """Copy all that was paid, decided and delivered; nothing is asked again afterwards."""
    from smeflow.engine.context import RecipeLock
    from smeflow.fleet.lead import Lead
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.move import copy_ledger
    from smeflow.recipe.workspace import WorkspaceSettings

    screen: Screen = ctx.obj
    if into not in ("postgres", "file"):
        raise UsageProblem(say("--into {written}: choose from {known}", written=into, known="postgres, file"))
    settings, folder = WorkspaceSettings.find(Path.cwd()), state_folder(state, Path.cwd())
    if settings.ledger is None:
        raise UsageProblem(
            say(
                "Name the ledger in PostgreSQL in smeflow.toml first: [ledger] url = {address}",
                address='"${SMEFLOW_LEDGER}"',
            )
        )
    url, seconds = settings.ledger.url, settings.ledger.stalled_seconds
    into_server = into == "postgres"
    with ExitStack() as ending:
        file = ending.enter_context(Ledger.open(folder, create=not into_server))
        server = ending.enter_context(Ledger.open(folder, create=into_server, url=url))
        source, target = (file, server) if into_server else (server, file)
        for recipe in source.recipes():  # nobody runs it meanwhile
            ending.enter_context(RecipeLock(folder, recipe))
            if not into_server:
                ending.enter_context(Lead(server.store, recipe, seconds).waited_for())
        moved = copy_ledger(source.store, target.store)
    screen.print(say("{n} rows were copied; the audit chain ends with {head} in both.", n=moved.rows,
                     head=str(moved.head)))  # fmt: skip
    if into_server:
        aside = _put_aside(folder)
        screen.note(say("The file is kept as {file}. From now on the ledger is in {name}.", file=aside,
                        name=url.shown))  # fmt: skip
    else:
        screen.note(say("Now take [ledger] out of smeflow.toml. What is in {name} stays there as it was.",
                        name=url.shown))  # fmt: skip


def _put_aside(folder: Path) -> Path:
    """Give the moved file another name, so that nobody goes on with it by mistake."""
    from smeflow.ledger.opening import LEDGER_FILE, SEAL_FILE

    nth = 1
    while (aside := folder / f"ledger.moved-{nth}.db").exists():
        nth += 1
    (folder / LEDGER_FILE).replace(aside)
    for left in (SEAL_FILE, f"{LEDGER_FILE}-wal", f"{LEDGER_FILE}-shm"):
        (folder / left).unlink(missing_ok=True)
    return aside
