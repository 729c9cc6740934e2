"""``smeflow demo``: run the bundled recipes on the bundled documents, without a model and then with one."""

import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.language import MARK
from smeflow.cli.places import state_folder
from smeflow.cli.screen import STATES, Column, Screen
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.cli.progress import Watching
    from smeflow.cli.sparing import Sparing
    from smeflow.cli.stopping import Stop
    from smeflow.ledger.rows import ItemRow
    from smeflow.runner.runner import Summary

MODEL = "SMEFLOW_MODEL"
"""Names another model for the second act than the one inside smeflow; ``none`` leaves the act out."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of one recipe."""

    name: str
    folder: Path
    summary: "Summary"
    left: "tuple[tuple[ItemRow, str], ...]"
    """What is not done, and why."""
    without: int
    """How many are done that would have been better with a model."""
    outputs: tuple[tuple[str, int], ...]
    """Each path that was written, and how many rows or files it has."""


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Where the recipes are copied to and the outputs are written.")
    ] = Path("demo-out"),
) -> None:
    """Turn real invoices, mails and sales into tables and a report: without a key, then with a model."""
    screen: Screen = ctx.obj
    started = time.monotonic()
    screen.print(say("First act: the readers alone, no key and no model."), style="bold")
    screen.print()
    recipes = copied(screen, folder)
    ran, stopped_by = act(screen, recipes, "none")
    tell(screen, ran, time.monotonic() - started)
    _ended(screen, stopped_by)
    model = os.environ.get(MODEL, "local")
    if model != "none":
        second_act(screen, recipes, model, state_folder(None, folder))
    _what_next(screen, folder)


def second_act(screen: Screen, recipes: list[Path], name: str, folder: Path) -> None:
    """Run the same recipes with a model, on what was left for one; what the first act gave stays."""
    from smeflow.cli.models import closing_model
    from smeflow.cli.second_act import in_order, model_for, sparing, tell_changes, wanted, watched

    screen.print()
    screen.print(say("Second act: a model is asked about what is left."), style="bold")
    screen.print()
    before = wanted(screen, recipes)
    llm = model_for(screen, name, folder) if before else None
    if llm is None:
        return
    began, asked = time.monotonic(), sparing(llm)
    screen.print(say("Asking {model} about {n} items; this takes minutes.",
                     model=f"{llm.place.provider}/{llm.place.model}", n=len(before)))  # fmt: skip
    screen.print()
    with ExitStack() as ending:
        ending.enter_context(closing_model(llm))
        asked.begin()
        stopped_by = act(screen, in_order(recipes, before), name, asked, watched(asked, len(before)))[1]
        if stopped_by:  # the process ends now, and what it keeps running ends with it
            ending.pop_all()
    tell_changes(screen, recipes, before, asked, began)
    _ended(screen, stopped_by)


def _ended(screen: Screen, stopped_by: int) -> None:
    if stopped_by:
        screen.note(say("Stopped. Nothing is lost: run the same command again to go on."))
        raise typer.Exit(stopped_by)


def copied(screen: Screen, folder: Path) -> list[Path]:
    """Copy the bundled recipes and documents to *folder*, a firm's folder of its own; give the recipes."""
    from smeflow.cli.bundled import bundled_recipes
    from smeflow.cli.check import recipe_files

    source = bundled_recipes()
    shutil.copytree(
        source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("out", ".smeflow", "__pycache__")
    )
    if not (folder / MARK).exists():  # else the ledger of a firm around it would get the demo's items
        locale = "fr-FR" if screen.language == "fr" else "en-GB"
        tables = 'suppliers = "supplier-mail/suppliers.csv"\ncustomers = "customer-requests/customers.csv"\n'
        text = f'[company]\nlocale = "{locale}"\n\n[tables]\n{tables}'
        (folder / MARK).write_text(text, encoding="utf-8")
    folders = sorted(p for p in folder.iterdir() if p.is_dir() and any(p.glob("*.yaml")))
    found = recipe_files([*folders, *([folder] if any(folder.glob("*.yaml")) else [])])
    return sorted(found, key=_of_a_ledger)


def _of_a_ledger(recipe: Path) -> bool:
    """Tell whether a recipe is about what another one did, and so comes after it."""
    return "{ledger:" in recipe.read_text(encoding="utf-8")


def act(
    screen: Screen,
    recipes: list[Path],
    llm: str,
    model: "Sparing | None" = None,
    watching: "Watching | None" = None,
) -> tuple[list[Ran], int]:
    """Run each recipe once with the model called *llm*, or with *model* while it has time.

    Also gives the code of a signal that stopped it, else 0.
    """
    from smeflow.cli.stopping import stopping

    with stopping() as stop:
        return _acted(screen, recipes, llm, model, watching, stop)


def _acted(
    screen: Screen,
    recipes: list[Path],
    llm: str,
    model: "Sparing | None",
    watching: "Watching | None",
    stop: "Stop",
) -> tuple[list[Ran], int]:
    from smeflow.cli.places import open_ledger
    from smeflow.cli.running import run_one
    from smeflow.cli.status import why

    done = []
    left_out: list[str] = []
    for recipe in recipes:
        if stop.code is not None or (model is not None and model.seconds_left <= 0):
            break
        if name := _without_extras(recipe):
            left_out.append(name)
            continue
        made, summary, _ = run_one(screen, recipe, llm=llm, model=model, stop=stop, watching=watching)
        stop.tell()
        with open_ledger(None, recipe) as ledger:
            rows = list(ledger.items(made.name))
            written = [ledger.last_delivery(made.name, sink.name) for sink in made.sinks]
            done.append(
                Ran(
                    name=made.name,
                    folder=recipe.parent,
                    summary=summary,
                    left=tuple((row, why(screen, row, ledger)) for row in rows if row.state != "done"),
                    without=sum(row.wanted and row.state == "done" for row in rows),
                    outputs=tuple((one.path, one.rows) for one in written if one is not None),
                )
            )
    if left_out:
        names = ", ".join(left_out)
        what = say('Left out: {names}. To have them: pip install "smeflow[report,charts]"', names=names)
        screen.print(what, style="yellow")
        screen.print()
    stop.tell()
    return done, stop.code or 0


_FOR_REPORTS = ("duckdb", "jinja2", "typst", "docx", "altair", "vl_convert")


def _without_extras(recipe: Path) -> str:
    """Name a recipe that draws up reports where what that takes is not installed; empty for any other."""
    from smeflow.recipe.load import load
    from smeflow.sinks.report import ReportPages

    made = load(recipe)
    wants = any(isinstance(sink, ReportPages) for sink in made.sinks)
    return made.name if wants and not all(map(find_spec, _FOR_REPORTS)) else ""


def tell(screen: Screen, ran: list[Ran], seconds: float) -> None:
    """Print what came of an act: counts, what is not done and why, where the outputs lie."""
    from rich.text import Text

    columns = [
        Column(heading=say("recipe"), style="bold"),
        Column(heading=say("items"), right=True, wrap=False),
        *(Column(heading=word, right=True, wrap=False) for word, _, _ in STATES.values()),
    ]
    rows = [
        (
            r.name,
            r.summary.items,
            *(_count(getattr(r.summary, s), style) for s, (_, style, _) in STATES.items()),
        )
        for r in ran
    ]
    screen.print(screen.table(columns, rows))
    left = [one for r in ran for one in r.left]
    if left:
        screen.print()
        screen.print(_left_table(screen, left))
    wanted = [row for row, _ in left if row.wanted]
    without = sum(r.without for r in ran)
    if wanted or without:
        screen.print()
        screen.print(
            say(
                "{n} items wanted a model and had none: {left} wait (marked *), {done} are done without.",
                n=len(wanted) + without,
                left=len(wanted),
                done=without,
            ),
            style="cyan",
        )
    screen.print()
    screen.print(
        say("Written in {seconds} s:", seconds=screen.number(Decimal(f"{seconds:.1f}"))), style="bold"
    )
    for path, number in (output for r in ran for output in r.outputs):
        line = Text("  → ", style="green").append(_shortened(path), style="default")
        screen.print(line.append(f"  ({number})", style="bright_black"))


def _left_table(screen: Screen, rows: "list[tuple[ItemRow, str]]") -> object:
    columns = [
        Column(heading=say("item"), style="cyan", ratio=2),
        Column(heading=say("state"), wrap=False),
        Column(heading=say("why"), ratio=3),
    ]
    cells = [
        (f"{row.name or row.key}{' *' if row.wanted else ''}", screen.state(row.state), said)
        for row, said in rows
    ]
    return screen.table(columns, cells)


def _shortened(path: str) -> str:
    """Give a path as seen from here."""
    place = Path(path)
    return str(place.relative_to(Path.cwd())) if place.is_relative_to(Path.cwd()) else path


def _count(number: int, style: str) -> object:
    from rich.text import Text

    return Text(str(number), style=style if number else "bright_black")


def _what_next(screen: Screen, folder: Path) -> None:
    lines: list[tuple[Phrase, str]] = [
        (say("See what waits for you"), f"cd {folder} && smeflow review"),
        (say("See one item with its quotes"), f"cd {folder} && smeflow show 1 --html page.html"),
        (say("Start with your own"), "smeflow init"),
        (say("With another model"), f"{MODEL}=NAME smeflow demo"),
    ]
    screen.print()
    for word, command in lines:
        screen.fact(word, command)
