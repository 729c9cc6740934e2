"""``smeflow desk``: the page on which people look at what waits, and decide."""

import os
import re
import shlex
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
    start_file: Annotated[
        bool,
        typer.Option(
            "--start-file", help="Write a file into the folder that opens its desk by a double click."
        ),
    ] = False,
) -> None:
    """Open the desk in this machine's browser: what came in, what waits, and each item beside its page."""
    if watch and no_run:
        raise UsageProblem(say("--watch and --no-run cannot both be."))
    if start_file:
        _write_start_file(ctx.obj, folder)
        return
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

    _require_folder(folder)
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


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageProblem(say("{path} is no folder. Name the one with smeflow.toml.", path=folder))


def _write_start_file(screen: Screen, folder: Path) -> None:
    """Write the start file of this system; one that is there is written anew, since Python may have moved."""
    _require_folder(folder)
    name, text = start_file(folder.resolve(), sys.executable, sys.platform)
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    path.chmod(0o755)
    screen.print(say("A double click on {path} opens the desk.", path=path))


def start_file(folder: Path, python: str, platform: str) -> tuple[str, str]:
    """Give the name and the text of a file that opens the desk of *folder* by a double click.

    The window stays open when the desk ends with a mistake, so that its reason can be read. The files for
    Windows and macOS open the desk of the folder they lie in, wherever it is moved to; that of Linux names
    its folder, for the format has no word for its own place.
    """
    if platform == "win32":
        command = f'"{python.replace("%", "%%")}" -m smeflow.cli desk "%~dp0."'
        return "smeflow.bat", f"@echo off\r\nchcp 65001 >nul\r\n{command}\r\nif errorlevel 1 pause\r\n"
    stay = "|| { echo; read -r _; }"
    if platform == "darwin":
        command = f'{shlex.quote(python)} -m smeflow.cli desk "$(dirname "$0")"'
        return "smeflow.command", f"#!/bin/sh\n{command} {stay}\n"
    command = f"{shlex.quote(python)} -m smeflow.cli desk {shlex.quote(str(folder))} {stay}"
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        f"Name=smeflow: {_desktop_text(folder.name)}",
        f"Exec=sh -c {_desktop_argument(command)}",
        "Terminal=true",
        "Categories=Office;",
    )
    return "smeflow.desktop", "\n".join(lines) + "\n"


def _desktop_text(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _desktop_argument(text: str) -> str:
    """Quote an argument of ``Exec=`` as the Desktop Entry Specification asks."""
    quoted = re.sub(r'(["`$\\])', r"\\\1", text).replace("%", "%%")
    return _desktop_text(f'"{quoted}"')
