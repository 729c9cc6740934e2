"""``smeflow mcp``: let an agent read, prove, look up and suggest, over the Model Context Protocol."""

from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.arguments import State
from smeflow.cli.console import Screen
from smeflow.i18n import say


def mcp(
    ctx: typer.Context,
    run: Annotated[
        list[str],
        typer.Option(
            "--run", metavar="RECIPE", help="A recipe an agent may run; may be given several times."
        ),
    ] = [],  # noqa: B006 - Typer copies it
    state: State = None,
) -> None:
    """Serve this folder to agents on standard input and output; a person decides and sends, never they."""
    from smeflow.agents import AgentDesk, make_server
    from smeflow.workspace import Workspace

    screen: Screen = ctx.obj
    server = make_server(AgentDesk(Workspace(Path.cwd(), state=state), run))
    screen.note(say("Serving {folder} to agents on standard input and output.", folder=Path.cwd()))
    server.run("stdio")
