"""``smeflow demo``: run the bundled recipes on the bundled documents, without a model and then with one."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import load_recipe, open_ledger, recipe_files
from smeflow.cli.commands.desk import can_open_desk, open_desk
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.cli.results import RecipeOutcome, tell_act
from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.kinds.field_names import field_name
from smeflow.review.choosing import WORKSPACE_FILE, state_folder

if TYPE_CHECKING:
    from smeflow.cli.commands.demo_model import Rationed
    from smeflow.cli.console import ProgressNote
    from smeflow.cli.exits import StopRequest
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow
    from smeflow.llm.interface import ConnectedLLM


def bundled_recipes() -> Path:
    """Give the folder of the bundled recipes: in the installed package, else in the clone it runs from."""
    import smeflow

    package = Path(smeflow.__file__).parent
    for place in (package / "_bundled" / "recipes", package.parents[1] / "recipes"):
        if place.is_dir():
            return place
    raise UsageProblem(
        say("The bundled recipes are missing. Install smeflow again: pip install --force-reinstall smeflow")
    )


SECONDS = 420.0
"""How long the model is asked, from the act's beginning; what is under way then is ended."""
AT_LEAST_SECONDS = 20.0
"""What a question has that is asked just before the end."""
QUESTIONS = {"Printed": 6, "Sorted": 8, "Written": 2, "Repaired": 2}
"""How many questions of a kind it is asked at most: six documents, eight mails, the prose of two reports."""


@dataclass(frozen=True, kw_only=True)
class ItemSnapshot:
    """One item that wanted a model, before or after."""

    recipe: str
    name: str
    state: str
    why: str
    results: dict[str, Any]
    kinds: dict[str, str]
    """Of which kind each result is."""


def limit_model(llm: "ConnectedLLM") -> "Rationed":
    """Have the model end in time."""
    from smeflow.cli.commands.demo_model import Rationed

    return Rationed(inner=llm, seconds=SECONDS, at_least_seconds=AT_LEAST_SECONDS, questions=QUESTIONS)


def recipes_in_order(recipes: list[Path], before: "dict[tuple[str, str], ItemSnapshot]") -> list[Path]:
    """Give the recipes that left something for a model: documents first, then mails, then prose."""
    from smeflow.extract.step import Extract
    from smeflow.triage.step import Triage

    left = {recipe for recipe, _ in before}
    ranked: list[tuple[int, Path]] = []
    for file in recipes:
        try:
            recipe = load_recipe(file)
        except SmeflowError:  # it needs an extra that is not there, and was left out of the first act too
            continue
        steps = [entry.step for entry in recipe.entries]
        kinds = enumerate((Extract, Triage))
        rank = next((n for n, kind in kinds if any(isinstance(step, kind) for step in steps)), 2)
        ranked += [(rank, file)] if recipe.name in left else []
    return [file for _, file in sorted(ranked, key=lambda pair: pair[0])]


def items_wanting_model(screen: Screen, recipes: list[Path]) -> dict[tuple[str, str], ItemSnapshot]:
    """Give the items that wanted a model, as they stand now."""
    wanting: dict[tuple[str, str], ItemSnapshot] = {}
    if recipes:
        with open_ledger(None, recipes[0]) as ledger:
            for row in ledger.items():
                if row.wanted:
                    wanting[row.recipe, row.key] = snapshot(screen, ledger, row)
    return wanting


def snapshot(screen: Screen, ledger: "Ledger", row: "ItemRow") -> ItemSnapshot:
    """Note an item as it stands."""
    from smeflow.cli.commands.show import current, kinds_of
    from smeflow.cli.results import why

    results = current(ledger, row)
    return ItemSnapshot(
        recipe=row.recipe,
        name=row.name or row.key,
        state=row.state,
        why=why(screen, row, ledger),
        results=results,
        kinds=kinds_of(ledger, row, results),
    )


def tell_changes(
    screen: Screen, recipes: list[Path], before: dict[tuple[str, str], ItemSnapshot], llm: Any, began: float
) -> None:
    """Print, for each item the model was asked about, what its word added."""
    columns = [
        ScreenColumn(heading=say("item"), style="cyan", ratio=2),
        ScreenColumn(heading=say("before"), wrap=False),
        ScreenColumn(heading=say("now"), wrap=False),
        ScreenColumn(heading=say("what the model added"), ratio=3),
    ]
    with open_ledger(None, recipes[0]) as ledger:
        rows = {(row.recipe, row.key): row for row in ledger.items()}
        after = {key: snapshot(screen, ledger, rows[key]) for key in before if key in rows}
    cells = [
        (
            item.name,
            screen.state(item.state),
            screen.state(after[key].state),
            what_was_added(screen, item, after[key]),
        )
        for key, item in before.items()
        if key in after
    ]
    screen.print(screen.table(columns, cells))
    seconds = screen.number(Decimal(f"{time.monotonic() - began:.0f}"))
    left = max(llm.left_out, len(before) - len(llm.items))  # recipes it had no time for asked nothing
    screen.print()
    screen.print(
        say("{n} questions in {seconds} s; {left} were left out.",
            n=llm.asked, seconds=seconds, left=left)
    )  # fmt: skip
    screen.print(say("Nothing is proven by the model's word alone: what it filled in waits for a person."))


def what_was_added(screen: Screen, before: ItemSnapshot, after: ItemSnapshot) -> str:
    """Say in a few words what is there now and was not."""
    added: list[str] = []
    for step, value in after.results.items():
        of_kind = _ADDITIONS.get(after.kinds[step])
        if of_kind is not None and value != before.results.get(step):
            added += of_kind(screen, before.results.get(step) or {}, value)
    return "; ".join(added) or screen.text(say("nothing"))


def _added_label(_: Screen, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [str(now["label"])] if now["label"] and now["label"] != before.get("label") else []


def _added_fields(screen: Screen, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    known = before.get("fields") or {}
    return [
        f"{screen.text(field_name(name))}: {reading['value']}"
        for name, reading in now["fields"].items()
        if reading["reader"] == "model" and name not in known
    ]


def _added_text(_: Screen, __: dict[str, Any], now: dict[str, Any]) -> list[str]:
    text = " ".join(str(now["text"]).split())
    if now["reader"] != "model" or not text:
        return []
    return [f"« {text[:160]}… »" if len(text) > 160 else f"« {text} »"]


_ADDITIONS: Mapping[str, Callable[[Screen, dict[str, Any], dict[str, Any]], list[str]]] = {
    "label": _added_label,
    "extraction": _added_fields,
    "draft": _added_text,
}
"""What a model's word may have added to a result, by the name of its kind."""


MODEL_VARIABLE = "SMEFLOW_MODEL"
"""Names another model for the second act than the one inside smeflow; ``none`` leaves the act out."""


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Where the recipes are copied to and the outputs are written.")
    ] = Path("demo-out"),
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the desk on the firm's month at the end.")
    ] = False,
) -> None:
    """Turn real invoices, mails and sales into tables and a report: without a key, then with a model."""
    screen: Screen = ctx.obj
    recipes = copy_recipes(screen, folder)
    month = folder / month_folder(screen)
    screen.print(say("First act: the readers alone, no key and no model."), style="bold")
    _first_act(screen, say("The month of a small firm"), [r for r in recipes if r.parent == month])
    others = [recipe for recipe in recipes if recipe.parent != month]
    _first_act(screen, say("Documents, mails and tables of many others"), others)
    model = os.environ.get(MODEL_VARIABLE, "local")
    if model != "none":
        second_act(screen, others, model, state_folder(None, folder))
    _what_next(screen, folder, month)
    if not no_open and can_open_desk():
        screen.print()
        open_desk(screen, month, None, "")


def month_folder(screen: Screen) -> str:
    """Name the folder of the small firm whose month is told: one that speaks the reader's language."""
    return f"month-{screen.language}"


def _first_act(screen: Screen, heading: Phrase, recipes: list[Path]) -> None:
    started = time.monotonic()
    screen.print()
    screen.print(heading, style="bold")
    screen.print()
    ran, stopped_by = run_act(screen, recipes, "none")
    tell_act(screen, ran, time.monotonic() - started)
    _end_if_stopped(screen, stopped_by)


def second_act(screen: Screen, recipes: list[Path], name: str, folder: Path) -> None:
    """Run the same recipes with a model, on what was left for one; what the first act gave stays."""
    from smeflow.cli.commands.demo_model import act_progress
    from smeflow.cli.models import connect_for_demo
    from smeflow.engine.models import closing_model

    screen.print()
    screen.print(say("Second act: a model is asked about what is left."), style="bold")
    screen.print()
    before = items_wanting_model(screen, recipes)
    llm = connect_for_demo(screen, name, folder) if before else None
    if llm is None:
        return
    began, asked = time.monotonic(), limit_model(llm)
    screen.print(say("Asking {model} about {n} items; this takes minutes.",
                     model=f"{llm.place.provider}/{llm.place.model}", n=len(before)))  # fmt: skip
    screen.print()
    with ExitStack() as ending:
        ending.enter_context(closing_model(llm))
        asked.begin()
        stopped_by = run_act(
            screen, recipes_in_order(recipes, before), name, asked, act_progress(asked, len(before))
        )[1]
        if stopped_by:  # the process ends now, and what it keeps running ends with it
            ending.pop_all()
    tell_changes(screen, recipes, before, asked, began)
    _end_if_stopped(screen, stopped_by)


def _end_if_stopped(screen: Screen, stopped_by: int) -> None:
    if stopped_by:
        screen.note(say("Stopped. Nothing is lost: run the same command again to go on."))
        raise typer.Exit(stopped_by)


def copy_recipes(screen: Screen, folder: Path) -> list[Path]:
    """Copy the bundled recipes and documents to *folder*, a firm's folder of its own; give the recipes."""
    source = bundled_recipes()
    month = month_folder(screen)
    others = [path.name for path in source.glob("month-*") if path.name != month]
    left_out = shutil.ignore_patterns("out", ".smeflow", "__pycache__", *others)
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=left_out)
    if screen.language == "fr":
        for recipe in folder.glob("*/recipe.fr.yaml"):
            recipe.replace(recipe.with_name("recipe.yaml"))
    if not (
        folder / WORKSPACE_FILE
    ).exists():  # else the ledger of a firm around it would get the demo's items
        locale = "fr-FR" if screen.language == "fr" else "en-GB"
        tables = 'suppliers = "supplier-mail/suppliers.csv"\ncustomers = "customer-requests/customers.csv"\n'
        text = f'[company]\nlocale = "{locale}"\n\n[tables]\n{tables}'
        (folder / WORKSPACE_FILE).write_text(text, encoding="utf-8")
    folders = sorted(
        (p for p in folder.iterdir() if p.is_dir() and any(p.glob("*.yaml"))),
        key=lambda p: (p.name != month, p.name),
    )
    recipes = recipe_files([*folders, *([folder] if any(folder.glob("*.yaml")) else [])])
    return sorted(recipes, key=_of_a_ledger)


def _of_a_ledger(recipe: Path) -> bool:
    """Tell whether a recipe is about what another one did, and so comes after it."""
    return "{ledger:" in recipe.read_text(encoding="utf-8")


def run_act(
    screen: Screen,
    recipes: list[Path],
    llm: str,
    model: "Rationed | None" = None,
    watching: "ProgressNote | None" = None,
) -> tuple[list[RecipeOutcome], int]:
    """Run each recipe once with the model called *llm*, or with *model* while it has time.

    Also gives the code of a signal that stopped it, else 0.
    """
    from smeflow.cli.exits import stop_on_signals

    with stop_on_signals() as stop:
        return _run_recipes(screen, recipes, llm, model, watching, stop)


def _run_recipes(
    screen: Screen,
    recipes: list[Path],
    llm: str,
    model: "Rationed | None",
    watching: "ProgressNote | None",
    stop: "StopRequest",
) -> tuple[list[RecipeOutcome], int]:
    from smeflow.cli.results import why
    from smeflow.cli.running import run_recipe_file

    done = []
    left_out: list[str] = []
    for recipe in recipes:
        if stop.code is not None or (model is not None and model.seconds_left <= 0):
            break
        if name := _without_extras(recipe):
            left_out.append(name)
            continue
        loaded, summary, _ = run_recipe_file(
            screen, recipe, llm=llm, model=model, stop=stop, watching=watching
        )
        stop.tell()
        with open_ledger(None, recipe) as ledger:
            rows = list(ledger.items(loaded.name))
            written = [ledger.last_delivery(loaded.name, sink.name) for sink in loaded.sinks]
            done.append(
                RecipeOutcome(
                    name=loaded.name,
                    folder=recipe.parent,
                    summary=summary,
                    left=tuple((row, why(screen, row, ledger)) for row in rows if row.state != "done"),
                    without=sum(row.wanted and row.state == "done" for row in rows),
                    outputs=tuple(
                        (delivery.path, delivery.rows) for delivery in written if delivery is not None
                    ),
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
    from smeflow.reports.sink import ReportPages

    loaded = load(recipe)
    wants = any(isinstance(sink, ReportPages) for sink in loaded.sinks)
    return loaded.name if wants and not all(map(find_spec, _FOR_REPORTS)) else ""


def _what_next(screen: Screen, folder: Path, month: Path) -> None:
    lines: list[tuple[Phrase, str]] = [
        (say("Open the desk on the firm's month"), f"cd {month} && smeflow desk"),
        (say("See what waits for you"), f"cd {folder} && smeflow review"),
        (say("See one item with its quotes"), f"cd {folder} && smeflow show 1 --html page.html"),
        (say("Start with your own"), "smeflow init"),
        (say("With another model"), f"{MODEL_VARIABLE}=NAME smeflow demo"),
    ]
    screen.print()
    for word, command in lines:
        screen.fact(word, command)
