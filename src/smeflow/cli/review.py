"""``smeflow review``: see what waits for a person, and decide."""

import csv
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.exits import UsageProblem
from smeflow.cli.options import By, Item, Json, RecipeName, State
from smeflow.cli.places import find_item, open_ledger
from smeflow.cli.screen import Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow

PERSON = "SMEFLOW_PERSON"
ANSWERS = {"yes": True, "no": False}
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, in your words; it is kept.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV: id, item, recipe, state, step, reason.")]
review = typer.Typer(
    help="See what waits for a person, and approve, correct or reject it.", rich_markup_mode=None
)


@review.callback(invoke_without_command=True)
def _go_through(ctx: typer.Context, recipe: RecipeName = "", state: State = None, by: By = "") -> None:
    """See what waits for a person, and approve, correct or reject it."""
    if ctx.invoked_subcommand is not None:
        return
    screen: Screen = ctx.obj
    if not sys.stdin.isatty():
        _list(screen, recipe, state)
        return
    from smeflow.cli.reviewing import go_through

    with open_ledger(state, Path.cwd()) as ledger:
        go_through(screen, ledger, recipe, person_name(by))


@review.command("list")
def list_waiting(
    ctx: typer.Context, recipe: RecipeName = "", state: State = None, as_csv: Csv = False, json: Json = False
) -> None:
    """List what waits for a person, with the reason."""
    _list(ctx.obj, recipe, state, as_csv=as_csv, as_json=json)


@review.command()
def approve(
    ctx: typer.Context,
    item: Item,
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
    note: Note = "",
    answer: Annotated[
        str,
        typer.Option(
            "--answer",
            metavar="yes|no",
            help="For a step whose condition cannot be decided: take it, or leave it out.",
        ),
    ] = "",
) -> None:
    """Accept what was found, as it is."""
    from smeflow.review.decide import approve as decide

    screen: Screen = ctx.obj
    if answer not in ("", *ANSWERS):
        raise UsageProblem(say("--answer {written}: write yes or no", written=answer))
    with open_ledger(state, Path.cwd()) as ledger:
        row = find_item(ledger, item, recipe)
        decide(ledger, row, person_name(by), note, wanted=ANSWERS.get(answer))
        _decided(screen, ledger, row)


@review.command()
def correct(
    ctx: typer.Context,
    item: Item,
    changes: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A new value: total_net=12.00; empty for none.",
            show_default=False,
        ),
    ],
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
    note: Note = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="RECIPE", help="The recipe's file, where it is not found by itself."),
    ] = None,
) -> None:
    """Give right values; the checks run again and later steps follow."""
    from smeflow.cli.places import steps_of
    from smeflow.review.corrections import Unfit
    from smeflow.review.decide import correct as decide

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        row = find_item(ledger, item, recipe)
        steps = steps_of(row.recipe, state, file)
        try:
            decide(ledger, row, steps, dict(map(_change, changes)), person_name(by), note)
        except Unfit as error:
            raise UsageProblem(error.phrase) from error
        _decided(screen, ledger, row)


@review.command()
def reject(
    ctx: typer.Context,
    item: Item,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.", show_default=False)
    ],
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
) -> None:
    """Put the item aside: it goes into no table."""
    from smeflow.review.decide import reject as decide

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        row = find_item(ledger, item, recipe)
        decide(ledger, row, person_name(by), reason)
        _decided(screen, ledger, row)


@review.command("again")
def ask_again(
    ctx: typer.Context, item: Item, recipe: RecipeName = "", state: State = None, by: By = "", note: Note = ""
) -> None:
    """Ask the model once more at the next run; this may cost."""
    from smeflow.review.decide import ask_again as decide

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        row = find_item(ledger, item, recipe)
        decide(ledger, row, person_name(by), note)
        _decided(screen, ledger, row)


def person_name(by: str) -> str:
    """Give the name a decision is kept under."""
    import getpass

    if name := by or os.environ.get(PERSON, ""):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise UsageProblem(
            say("Who decides? Give a name with --by or in {variable}.", variable=PERSON)
        ) from error


def _change(written: str) -> tuple[str, str]:
    field, mark, value = written.partition("=")
    if not mark or not field.strip():
        raise UsageProblem(
            say("--set {written}: write FIELD=VALUE, such as total_net=12.00", written=written)
        )
    return field.strip(), value.strip()


def _list(
    screen: Screen, recipe: str, state: Path | None, *, as_csv: bool = False, as_json: bool = False
) -> None:
    from smeflow.cli.show import current
    from smeflow.cli.status import list_items
    from smeflow.review.waiting import waiting

    with open_ledger(state, Path.cwd()) as ledger:
        rows = waiting(ledger, recipe)
        if as_json:
            for row in rows:
                screen.json({**_line(screen, ledger, row), "results": current(ledger, row)})
        elif as_csv:
            write_csv(screen, ledger, rows)
        elif rows:
            list_items(screen, ledger, rows, most=None)
            screen.print()
            hint = say(
                "Look with: smeflow show NO.   Decide with: smeflow review approve, correct or reject NO."
            )
            screen.print(hint, style="bright_black")
        else:
            screen.print(say("Nothing waits for a person."), style="green")


def write_csv(screen: Screen, ledger: "Ledger", rows: "list[ItemRow]") -> None:
    """Print waiting items as CSV."""
    names = ["id", "item", "recipe", "state", "step", "reason"]
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_line(screen, ledger, row) for row in rows)


def _line(screen: Screen, ledger: "Ledger", row: "ItemRow") -> dict[str, object]:
    from smeflow.cli.status import why

    return {
        "id": row.id,
        "item": row.key,
        "recipe": row.recipe,
        "state": row.state,
        "step": row.reason.step,
        "reason": why(screen, row, ledger),
    }


def _decided(screen: Screen, ledger: "Ledger", before: "ItemRow") -> None:
    from rich.text import Text

    row = ledger.item(before.recipe, before.id) or before
    screen.print(Text(f"{row.id}  {row.name or row.key}  ").append_text(screen.state(row.state)))
    if row.state == "open":
        screen.print(say("The next run goes on with it: smeflow run"), style="bright_black")
