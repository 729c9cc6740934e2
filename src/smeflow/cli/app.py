"""Put the commands together, run the one asked for, and end with one code."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from smeflow import __version__
from smeflow.cli.arguments import LOG_JSON, language_for, require_spoken
from smeflow.cli.commands.audit import audit
from smeflow.cli.commands.backup import backup, restore
from smeflow.cli.commands.check import check, schema
from smeflow.cli.commands.close import close
from smeflow.cli.commands.demo import demo
from smeflow.cli.commands.desk import desk
from smeflow.cli.commands.doctor import doctor
from smeflow.cli.commands.draft import draft
from smeflow.cli.commands.einvoice import einvoice
from smeflow.cli.commands.evaluate import evaluate
from smeflow.cli.commands.expected import recipe_test
from smeflow.cli.commands.extract import extract
from smeflow.cli.commands.facts import facts
from smeflow.cli.commands.govern import govern
from smeflow.cli.commands.init import init
from smeflow.cli.commands.learn import learn
from smeflow.cli.commands.ledger import ledger
from smeflow.cli.commands.mailbox import mailbox
from smeflow.cli.commands.mcp import mcp
from smeflow.cli.commands.model import model
from smeflow.cli.commands.month import books
from smeflow.cli.commands.repair import repair
from smeflow.cli.commands.rerun import rerun
from smeflow.cli.commands.review import review
from smeflow.cli.commands.run import run
from smeflow.cli.commands.service import service
from smeflow.cli.commands.show import show
from smeflow.cli.commands.status import status
from smeflow.cli.commands.triage import triage
from smeflow.cli.commands.undo import undo
from smeflow.cli.commands.verify import verify
from smeflow.cli.commands.watch import watch
from smeflow.cli.commands.work import work
from smeflow.cli.console import Screen
from smeflow.cli.exits import INTERRUPTED, OK, TERMINATED, ProcessEnded, language_first, tell_error
from smeflow.i18n import Language, french_templates

START, WORK, TRY, MORE = "Start", "Work with recipes", "Try a step on files", "More"
Command: TypeAlias = tuple[str, str, Callable[..., Any] | typer.Typer]
COMMANDS: tuple[Command, ...] = (
    ("demo", START, demo),
    ("init", START, init),
    ("doctor", START, doctor),
    ("model", START, model),
    ("check", WORK, check),
    ("run", WORK, run),
    ("watch", WORK, watch),
    ("service", WORK, service),
    ("work", WORK, work),
    ("status", WORK, status),
    ("show", WORK, show),
    ("review", WORK, review),
    ("desk", WORK, desk),
    ("rerun", WORK, rerun),
    ("evaluate", WORK, evaluate),
    ("test", WORK, recipe_test),
    ("learn", WORK, learn),
    ("undo", WORK, undo),
    ("mailbox", WORK, mailbox),
    ("close", WORK, close),
    ("books", WORK, books),
    ("audit", WORK, audit),
    ("govern", WORK, govern),
    ("ledger", WORK, ledger),
    ("backup", WORK, backup),
    ("restore", WORK, restore),
    ("repair", WORK, repair),
    ("extract", TRY, extract),
    ("verify", TRY, verify),
    ("triage", TRY, triage),
    ("draft", TRY, draft),
    ("facts", TRY, facts),
    ("einvoice", TRY, einvoice),
    ("mcp", MORE, mcp),
    ("schema", MORE, schema),
)
"""Name, the panel of ``--help`` it stands in, and what it does."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code. Never raises, but for what must end the process."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == [
        "--version"
    ]:  # what installers and bug reports ask, told without loading what parses values
        print(f"smeflow {__version__}")
        return OK
    here = Path.cwd()
    language = language_for(arguments, here, os.environ)
    screen = Screen(language=language, log_json=LOG_JSON in arguments)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _on_signal)
        signal.signal(signal.SIGINT, _on_signal)
    try:
        arguments = language_first(arguments)
        code = build_commands(screen.language, _named(arguments)).main(
            args=arguments, prog_name="smeflow", standalone_mode=False, obj=screen
        )
    except SystemExit as error:  # Typer's way out when the reader of our output left
        return error.code if isinstance(error.code, int) else OK
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the interpreter closes it
        return OK
    except BaseException as error:  # noqa: BLE001 - the last place before the person; `tell` sorts them
        return tell_error(error, screen, here / ".smeflow")
    return code if isinstance(code, int) else OK


def _named(arguments: Sequence[str]) -> Sequence[Command]:
    """Give the command that *arguments* start with, alone, else all: to build two dozen takes a while."""
    rest = arguments[2:] if arguments[:1] == ["--lang"] else arguments
    return [command for command in COMMANDS if rest[:1] == [command[0]]] or COMMANDS


def build_commands(language: Language, commands: Sequence[Command] = COMMANDS) -> Any:
    """Build *commands* with their help in *language*."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None if not sys.stdout.isatty() else "rich")
    app.callback(invoke_without_command=True)(_smeflow)
    for name, panel, command in commands:
        heading = _translated(language, panel)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=heading)
        else:
            app.command(name, rich_help_panel=heading)(command)
    built = typer.main.get_command(app)
    _translate(built, language)
    return built


def _smeflow(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
    lang: Annotated[
        str, typer.Option("--lang", help="en or fr; else the language of the firm in smeflow.toml.")
    ] = "",
) -> None:
    """Turn a small firm's office work into tested, durable workflows."""
    require_spoken(lang)
    if version:
        print(f"smeflow {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def _on_signal(signum: int, frame: object) -> None:
    raise ProcessEnded(INTERRUPTED if signum == signal.SIGINT else TERMINATED)


def _translate(command: Any, language: Language) -> None:
    """Put the help of *command* and all below it in *language*; in lists its first sentence stands for it."""
    command.help = _translated(language, command.help)
    command.short_help = (command.help or "").partition(". ")[0].rstrip(".")
    for parameter in command.params:
        if getattr(parameter, "help", None):  # foreign: arguments of click may have none
            parameter.help = _translated(language, parameter.help)
    for below in getattr(command, "commands", {}).values():  # foreign: groups of click alone have them
        _translate(below, language)


def _translated(language: Language, text: str | None) -> str | None:
    return french_templates().get(text, text) if text and language == "fr" else text
