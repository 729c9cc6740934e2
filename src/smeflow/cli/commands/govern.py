"""``smeflow govern``: the register of what is really run, for whoever answers for it."""

from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.arguments import State, open_ledger
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say


def govern(
    ctx: typer.Context,
    out: Annotated[
        list[Path],
        typer.Option(
            "--out", metavar="FILE", help="Write it as a page (.md) or a workbook (.xlsx); may be repeated."
        ),
    ] = [],  # noqa: B006 - Typer copies it
    state: State = None,
) -> None:
    """Write the register of what is run: recipe, purpose, data, models, region, and when a person looks."""
    from smeflow.engine.register import make_register, register_markdown, register_workbook

    screen: Screen = ctx.obj
    for file in out:
        if file.suffix.lower() not in (".md", ".xlsx"):
            raise UsageProblem(say("--out {file}: name it .md or .xlsx.", file=file))
    with open_ledger(state, Path.cwd()) as ledger:
        register = make_register(ledger, ledger.store.folder.parent, ledger.store.clock().astimezone().date())
    if not out:
        print(register_markdown(register, screen.language), end="")
    for file in out:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix.lower() == ".md":
            file.write_text(register_markdown(register, screen.language), encoding="utf-8")
        else:
            file.write_bytes(register_workbook(register, screen.language))
        screen.note(f"→ {file}", style="green")
