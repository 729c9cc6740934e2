"""``smeflow review``.

See what waits for a person, and decide, one by one or item after item in the terminal.
"""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import By, Item, Json, RecipeName, State, find_item, open_ledger, person_name
from smeflow.cli.commands.desk import open_desk
from smeflow.cli.commands.workbook import export_workbook, import_workbook
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow

DECISIONS: tuple[tuple[str, Phrase], ...] = (
    ("a", say("approve")),
    ("c", say("correct a value")),
    ("r", say("reject")),
    ("g", say("ask again")),
    ("s", say("later")),
    ("q", say("end")),
)


def go_through(screen: Screen, ledger: "Ledger", recipe: str, person: str) -> None:
    """Show every waiting item and take a decision on it; each is written down at once."""
    from smeflow.cli.commands.show import show_item
    from smeflow.review.decisions import waiting_items

    rows = waiting_items(ledger, recipe)
    if not rows:
        screen.print(say("Nothing waits for a person."), style="green")
    for number, row in enumerate(rows, 1):
        screen.out.rule(f"{number}/{len(rows)}", style="bright_black")
        show_item(ledger, row, screen)
        screen.print()
        if not _ask_decision(screen, ledger, row, person):
            break


def _ask_decision(screen: Screen, ledger: "Ledger", row: "ItemRow", person: str) -> bool:
    """Ask what to do until something is done; False ends the review."""
    from smeflow.review.corrections import InvalidCorrection

    while True:
        screen.note("   ".join(f"[{key}] {screen.text(word)}" for key, word in DECISIONS))
        typed = str(typer.prompt("", default="s", prompt_suffix="> ", show_default=False, err=True))
        key = typed.strip().lower()[:1]
        try:
            if key in ("s", "q"):
                return key == "s"
            if _carry_out(screen, ledger, row, person, key):
                return True
        except (LedgerError, InvalidCorrection) as error:
            screen.note(error.phrase, style="red")
        except ValueError as error:
            screen.note(str(error), style="red")


def _carry_out(screen: Screen, ledger: "Ledger", row: "ItemRow", person: str, key: str) -> bool:
    """Write one decision down; False where the key means nothing."""
    from smeflow.cli.arguments import steps_of_recipe
    from smeflow.review.decisions import approve, ask_again, correct, has_doubted_account, needs_note, reject

    if key == "a":
        checked = _prompt(screen, say("How did you check it?")) if needs_note(ledger, row) else ""
        wanted = None
        if row.reason.kind == "undecided":
            question = screen.text(say("Is the step {step} wanted?", step=row.reason.step))
            wanted = typer.confirm(question, err=True)
        approve(ledger, row, person, checked, wanted=wanted)
    elif key == "r":
        reject(ledger, row, person, _prompt(screen, say("Why?")))
    elif key == "g":
        ask_again(ledger, row, person)
    elif key == "c":
        changes = _ask_changes(screen)
        if not changes:
            return False
        checked = _prompt(screen, say("How did you check it?")) if has_doubted_account(ledger, row) else ""
        correct(ledger, row, steps_of_recipe(row.recipe, ledger.store.folder, None), changes, person, checked)
    else:
        return False
    screen.note(say("Kept. The next run goes on with it."), style="green")
    return True


def _ask_changes(screen: Screen) -> dict[str, str]:
    changes: dict[str, str] = {}
    while written := _prompt(screen, say("FIELD=VALUE (empty: done)")):
        field, mark, value = written.partition("=")
        if mark and field.strip():
            changes[field.strip()] = value.strip()
    return changes


def _prompt(screen: Screen, what: Phrase) -> str:
    return str(typer.prompt(screen.text(what), default="", show_default=False, err=True)).strip()


CSV_COLUMNS = ("id", "item", "recipe", "state", "step", "reason")
ANSWERS = {"yes": True, "no": False}
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, in your words; it is kept.")]
HashOption = Annotated[
    str,
    typer.Option(
        "--hash",
        metavar="HASH",
        help="What you saw, as show --json has it: refused where it is another one now.",
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV: id, item, recipe, state, step, reason.")]
review = typer.Typer(
    help="See what waits for a person, and approve, correct or reject it.", rich_markup_mode=None
)
review.command("export")(export_workbook)
review.command("import")(import_workbook)


@review.callback(invoke_without_command=True)
def _go_through(
    ctx: typer.Context,
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
    web: Annotated[bool, typer.Option("--web", help="Look at it in the browser: smeflow desk.")] = False,
) -> None:
    """See what waits for a person, and approve, correct or reject it."""
    if ctx.invoked_subcommand is not None:
        return
    screen: Screen = ctx.obj
    if web:
        open_desk(screen, Path.cwd(), state, by)
        return
    if not sys.stdin.isatty():
        _list_waiting(screen, recipe, state)
        return

    with open_ledger(state, Path.cwd()) as ledger:
        go_through(screen, ledger, recipe, person_name(by))


@review.command("list")
def list_waiting(
    ctx: typer.Context,
    recipe: RecipeName = "",
    state: State = None,
    as_csv: AsCsv = False,
    json: Json = False,
) -> None:
    """List what waits for a person, with the reason."""
    _list_waiting(ctx.obj, recipe, state, as_csv=as_csv, as_json=json)


@review.command()
def approve(
    ctx: typer.Context,
    item: Item,
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
    note: NoteOption = "",
    answer: Annotated[
        str,
        typer.Option(
            "--answer",
            metavar="yes|no",
            help="For a step whose condition cannot be decided: take it, or leave it out.",
        ),
    ] = "",
    shown: HashOption = "",
) -> None:
    """Accept what was found, as it is."""
    from smeflow.review import decisions

    if answer not in ("", *ANSWERS):
        raise UsageProblem(say("--answer {written}: write yes or no", written=answer))
    wanted = ANSWERS.get(answer)
    with _deciding(ctx, item, recipe, state, by, shown, approving=True) as (ledger, row):
        decisions.approve(ledger, row, person_name(by), note, wanted=wanted)


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
    note: NoteOption = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="RECIPE", help="The recipe's file, where it is not found by itself."),
    ] = None,
    shown: HashOption = "",
) -> None:
    """Give right values; the checks run again and later steps follow."""
    from smeflow.cli.arguments import steps_of_recipe
    from smeflow.kinds.field_names import FIELDS, field_called, field_name
    from smeflow.review import decisions
    from smeflow.review.corrections import InvalidCorrection

    with _deciding(ctx, item, recipe, state, by, shown) as (ledger, row):
        steps = steps_of_recipe(row.recipe, state, file)
        try:
            values = dict(map(_parse_change, changes))
            decisions.correct(ledger, row, steps, values, person_name(by), note)
        except InvalidCorrection as error:
            raise UsageProblem(error.phrase) from error
        for written, value in values.items():
            ctx.obj.fact(field_name(field_called(written, FIELDS) or written), value, indent="  → ")


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
    shown: HashOption = "",
) -> None:
    """Put the item aside: it goes into no table."""
    from smeflow.review import decisions

    with _deciding(ctx, item, recipe, state, by, shown) as (ledger, row):
        decisions.reject(ledger, row, person_name(by), reason)


@review.command("again")
def ask_again(
    ctx: typer.Context,
    item: Item,
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
    note: NoteOption = "",
    shown: HashOption = "",
) -> None:
    """Ask the model once more at the next run; this may cost."""
    from smeflow.review import decisions

    with _deciding(ctx, item, recipe, state, by, shown) as (ledger, row):
        decisions.ask_again(ledger, row, person_name(by), note)


@review.command("undo")
def undo_decision(
    ctx: typer.Context,
    item: Item,
    recipe: RecipeName = "",
    state: State = None,
    by: By = "",
    note: NoteOption = "",
) -> None:
    """Take the last decision back; the next run goes on as if it had not been made."""
    from smeflow.ledger.reviews import take_back

    with _deciding(ctx, item, recipe, state, by, "", beside_others=True) as (ledger, row):
        take_back(ledger.store, row, person=person_name(by), note=note)


def _parse_change(written: str) -> tuple[str, str]:
    field, mark, value = written.partition("=")
    if not mark or not field.strip():
        raise UsageProblem(
            say("--set {written}: write FIELD=VALUE, such as total_net=12.00", written=written)
        )
    return field.strip(), value.strip()


def _list_waiting(
    screen: Screen, recipe: str, state: Path | None, *, as_csv: bool = False, as_json: bool = False
) -> None:
    from smeflow.cli.commands.show import current, remember_shown
    from smeflow.cli.results import list_items
    from smeflow.review.decisions import seen_now, waiting_items

    with open_ledger(state, Path.cwd()) as ledger:
        rows = waiting_items(ledger, recipe)
        if as_json:
            for row in rows:
                seen = seen_now(ledger, row).hash
                screen.json(
                    {**_waiting_row(screen, ledger, row), "hash": seen, "results": current(ledger, row)}
                )
                remember_shown(ledger, row)
        elif as_csv:
            writer = csv.DictWriter(sys.stdout, CSV_COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(_waiting_row(screen, ledger, row) for row in rows)
        elif rows:
            list_items(screen, ledger, rows, most=None)
            screen.print()
            hint = say(
                "Look with: smeflow show NO.   Decide with: smeflow review approve, correct or reject NO."
            )
            screen.print(hint, style="bright_black")
        else:
            screen.print(say("Nothing waits for a person."), style="green")


def _waiting_row(screen: Screen, ledger: "Ledger", row: "ItemRow") -> dict[str, object]:
    from smeflow.cli.results import why

    return {
        "id": row.id,
        "item": row.key,
        "recipe": row.recipe,
        "state": row.state,
        "step": row.reason.step,
        "reason": why(screen, row, ledger),
    }


@contextmanager
def _deciding(
    ctx: typer.Context,
    item: str,
    recipe: str,
    state: Path | None,
    by: str,
    shown: str,
    *,
    approving: bool = False,
    beside_others: bool = False,
) -> "Iterator[tuple[Ledger, ItemRow]]":
    """Find the item that is decided on, as the person saw it; once that is done, tell where it leaves it.

    Whoever was not shown it is shown what it is about, and when *approving* on a terminal confirms it.
    """
    from rich.text import Text

    from smeflow.ledger.history import stands_in_books
    from smeflow.review.decisions import forget_seen, require_unchanged

    screen: Screen = ctx.obj
    person, here = person_name(by), _name_here(by)
    with open_ledger(state, Path.cwd()) as ledger:
        before = find_item(ledger, item, recipe)
        if beside_others:
            _show_essentials(screen, ledger, before)
        elif require_unchanged(ledger, before, person, shown_to=here, digest=shown) is None:
            _show_essentials(screen, ledger, before)
            if approving and sys.stdin.isatty():
                typer.confirm(
                    screen.text(say("Is that what you approve?")), default=True, abort=True, err=True
                )
        yield ledger, before
        for name in (person, here):
            forget_seen(ledger, before, name)
        row = ledger.item(before.recipe, before.id) or before
        screen.print(Text(f"{row.id}  {row.name or row.key}  ").append_text(screen.state(row.state)))
        if row.state == "open":
            screen.print(say("The next run goes on with it: smeflow run"), style="bright_black")
        if not approving and stands_in_books(ledger.store, row.id):
            screen.note(say("It is in the books already: the next smeflow books export takes it back."))


def _name_here(by: str) -> str:
    """Give the name under which things were shown here."""
    try:
        return person_name("")
    except UsageProblem:
        return person_name(by)


def _show_essentials(screen: Screen, ledger: "Ledger", row: "ItemRow") -> None:
    """Tell what is decided on: the values that money and trust hang on."""
    from smeflow.kinds.field_names import field_name
    from smeflow.review.decisions import essentials

    for field, value in essentials(ledger, row).items():
        screen.fact(field_name(field), value, indent="  ")
