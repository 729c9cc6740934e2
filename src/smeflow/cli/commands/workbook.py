"""``smeflow review export`` and ``import``: decide in a spreadsheet."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.arguments import By, RecipeName, State, open_ledger, person_name, steps_of_recipe
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.errors import MissingExtra, SinkError, UnreadableDocument, os_error_reason
from smeflow.i18n import say

OutFile = Annotated[
    Path, typer.Argument(metavar="FILE.xlsx", help="Where the workbook is written.", show_default=False)
]
InFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The workbook with your decisions: .xlsx, or .ods saved from it.",
        show_default=False,
    ),
]


def export_workbook(ctx: typer.Context, file: OutFile, recipe: RecipeName = "", state: State = None) -> None:
    """Write what waits into a spreadsheet: each value, its place on the page, a column to put it right."""
    from functools import cache

    from smeflow.cli.results import why
    from smeflow.review.decisions import waiting_items
    from smeflow.review.workbook import waiting_workbook

    screen: Screen = ctx.obj
    if file.suffix.lower() != ".xlsx":
        raise UsageProblem(say("{file}: a workbook is written as .xlsx. Name it so.", file=file))
    with open_ledger(state, Path.cwd()) as ledger:
        rows = waiting_items(ledger, recipe)
        if not rows:
            screen.print(say("Nothing waits for a person."), style="green")
            return
        pictures = find_spec("PIL") is not None
        if not pictures:
            screen.note(MissingExtra(package="pillow", extra="ocr").phrase, style="yellow")
        data = waiting_workbook(
            ledger,
            rows,
            cache(lambda name: steps_of_recipe(name, state, None)),
            lambda row: why(screen, row, ledger),
            screen.language,
            pictures=pictures,
        )
    _write_new(file, data)
    screen.note(
        say(
            "{n} documents to decide on. Fill in, save, then: {next}",
            n=len(rows),
            next=f"smeflow review import {file}",
        )
    )
    screen.note(f"→ {file}", style="green")


def _write_new(file: Path, data: bytes) -> None:
    """Write a file that is not there yet: an older one may hold decisions nobody has taken up."""
    try:
        with file.open("xb") as stream:
            stream.write(data)
    except FileExistsError as error:
        raise UsageProblem(
            say(
                "{file} is there already and may hold decisions: take them up with smeflow review import, "
                "delete it, or name another file.",
                file=file,
            )
        ) from error
    except OSError as error:
        raise SinkError(
            say("{path} cannot be written: {why}.", path=str(file), why=os_error_reason(error))
        ) from error


def import_workbook(ctx: typer.Context, file: InFile, state: State = None, by: By = "") -> None:
    """Take up decisions from a workbook; cells that do not fit or are out of date are named."""
    from functools import cache

    from smeflow.review.workbook_decisions import Refused, apply_workbook

    screen: Screen = ctx.obj
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableDocument(
            say("{path} cannot be opened: {why}.", path=str(file), why=os_error_reason(error))
        ) from error
    taken = refused = 0
    with open_ledger(state, Path.cwd()) as ledger:
        steps_of = cache(lambda name: steps_of_recipe(name, state, None))
        for each in apply_workbook(ledger, data, file.name, steps_of, person_name(by)):
            if isinstance(each, Refused):
                refused += 1
                screen.note(say("{cell}: {why}", cell=each.cell, why=each.why), style="red")
            else:
                taken += 1
                name = each.row.name or each.row.key
                screen.print(
                    say("{id}  {name}: {decision}", id=each.row.id, name=name, decision=each.decision)
                )
    if not taken and not refused:
        screen.print(say("Nothing was changed in {file}, so nothing was decided.", file=file.name))
        return
    screen.print(say("{n} taken, {m} refused.", n=taken, m=refused))
    if taken:
        screen.print(say("The next run goes on with it: smeflow run"), style="bright_black")
    if refused:
        screen.note(say("Write the workbook anew for those that are refused: smeflow review export"))
        raise typer.Exit(1)
