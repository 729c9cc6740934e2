"""``smeflow mcp``: let an agent read, prove, look up and suggest, over the Model Context Protocol."""

import json
import sys
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
    if sys.stdin.isatty():
        _tell_a_person(screen, run)
    screen.note(say("Serving {folder} to agents on standard input and output.", folder=Path.cwd()))
    server.run("stdio")


def _tell_a_person(screen: Screen, run: list[str]) -> None:
    """Say to someone at a terminal that agents' programs start this, and what to write there."""
    arguments = ["mcp", *(word for recipe in run for word in ("--run", recipe))]
    server = {"command": "smeflow", "args": arguments, "cwd": str(Path.cwd())}
    screen.note(say("The program of an agent starts this command; its settings take:"))
    screen.note(json.dumps({"mcpServers": {"smeflow": server}}, ensure_ascii=False, indent=2))
    screen.note(say("It waits for such a program here; Ctrl-C ends it."))
