"""``smeflow desk``: the page on which people look at what waits, and decide."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from smeflow._optional import import_extra
from smeflow.cli.arguments import By, State, person_name
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.errors import os_error_reason
from smeflow.i18n import say

LOOK_SECONDS = 30.0
"""How often a watching desk looks into folders and tables."""
DESK_MODULES = ("starlette", "uvicorn", "jinja2", "python_multipart")
"""What the desk is made with: the extra ``web``."""


def desk(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="The firm's folder: the one with smeflow.toml.", show_default=False)
    ] = Path(),
    state: State = None,
    by: By = "",
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, metavar="PORT", help="Which port; else 8460, or one that is free."
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address; open no browser.")
    ] = False,
    no_run: Annotated[
        bool,
        typer.Option("--no-run", help="Run no recipe after a decision or a new file: smeflow watch does."),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Run the recipes too when mail comes, files change or their time is there."
        ),
    ] = False,
) -> None:
    """Open the desk in this machine's browser: what came in, what waits, and each item beside its page."""
    if watch and no_run:
        raise UsageProblem(say("--watch and --no-run cannot both be."))
    open_desk(ctx.obj, folder, state, by, port=port, browser=not no_browser, run=not no_run, watch=watch)


def can_open_desk() -> bool:
    """Tell whether a person sits at the terminal, and the desk is installed."""
    seated = sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")
    return seated and all(map(find_spec, DESK_MODULES))


def open_desk(
    screen: Screen,
    folder: Path,
    state: Path | None,
    by: str,
    *,
    port: int | None = None,
    browser: bool = True,
    run: bool = True,
    watch: bool = False,
) -> None:
    """Serve the desk of *folder* until stopped."""
    for module in DESK_MODULES:
        import_extra(module, "web")
    from smeflow.web.app import open_port, serve_desk
    from smeflow.web.desk import Desk
    from smeflow.workspace import Workspace

    if not folder.is_dir():
        raise UsageProblem(say("{path} is no folder. Name the one with smeflow.toml.", path=folder))
    desk = Desk(workspace=Workspace(folder, state=state), person=person_name(by), language=screen.language)
    try:
        listening = open_port(port)
    except OSError as error:
        raise UsageProblem(
            say(
                "Port {port} cannot be used: {why}. Choose another with --port, or leave it out.",
                port=port,
                why=os_error_reason(error),
            )
        ) from error

    def announce(address: str) -> None:
        screen.print(say("The desk is open. Only this machine can see it, and only by this address:"))
        screen.out.print(address, soft_wrap=True, markup=False)
        screen.note(say("Stop it with Ctrl-C; nothing is lost."), style="bright_black")

    every = LOOK_SECONDS if watch else None
    serve_desk(desk, listening, announce=announce, browser=browser, run=run, watch=every)
