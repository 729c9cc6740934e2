"""``smeflow status``: how far every recipe is, and what waits."""

from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from smeflow.cli.arguments import Json, State, load_recipe, open_ledger
from smeflow.cli.console import STATE_WORDS, Screen, ScreenColumn, plain_decimal
from smeflow.cli.exits import UsageProblem
from smeflow.cli.results import LISTED_ITEMS, list_items
from smeflow.cli.running import left_out_phrase, require_report_name, write_report
from smeflow.errors import RecipeError
from smeflow.i18n import Phrase, phrase_from_json, say
from smeflow.review.choosing import is_called, recipe_file

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import State as StateName

WAITING_STATES = ("review", "failed", "open")


def status(
    ctx: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="Only this recipe: its name, its file or its folder.", show_default=False
        ),
    ] = "",
    state: State = None,
    where: Annotated[
        str, typer.Option("--where", metavar="STATE", help="List the items in this state.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="List all items.")] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write how the last run went, as run --report does."),
    ] = None,
    run: Annotated[
        int, typer.Option("--run", metavar="NUMBER", help="With --report: this run, not the last one.")
    ] = 0,
    json: Json = False,
) -> None:
    """Tell how many items are done, wait, failed, were left out or are open, and list what waits."""
    screen: Screen = ctx.obj
    if report is not None:
        require_report_name(report)
    wanted = cast(
        "tuple[StateName, ...]", tuple(STATE_WORDS) if every else (where,) if where else WAITING_STATES
    )
    if where and where not in STATE_WORDS:
        raise typer.BadParameter(
            screen.text(say("choose from: {states}", states=", ".join(STATE_WORDS))), param_hint="--where"
        )
    place = Path(recipe)  # this folder, where no recipe is named
    with open_ledger(state, place if place.exists() else Path.cwd()) as ledger:
        names = [name for name in ledger.recipes() if not recipe or _is_named(recipe, name)]
        if not names and place.is_dir():  # a folder of several recipes
            names = list(ledger.recipes())
        if report is not None:
            _report_again(screen, ledger, names, run, report)
            return
        if json:
            for name in names:
                screen.json(recipe_counts(ledger, name))
            return
        _counts(screen, [recipe_counts(ledger, name) for name in names])
        _tell_workers(screen, ledger, names)
        _tell_left_out(screen, ledger, names)
        for name in names:
            waiting = waiting_for_budget(ledger, name)
            told = [say("{n} items wait until the budget allows them.", n=waiting)] if waiting else []
            for what in (*told, *models_of_last_run(ledger, name)):
                screen.note(f"{name}: {screen.text(what)}", style="yellow")
            _tell_proposed_rules(screen, ledger, name)
        rows = [row for name in names for state_name in wanted for row in ledger.items(name, state_name)]
        list_items(screen, ledger, rows, most=None if every or where else LISTED_ITEMS)


def _tell_workers(screen: Screen, ledger: "Ledger", recipes: list[str]) -> None:
    """Tell who works on a shared ledger, how fast, and for how long the oldest open item has waited."""
    from smeflow.fleet.lead import speed_of, workers_of

    if not ledger.store.database.shared:
        return
    for worker in workers_of(ledger.store):
        told = say(
            "worker {name}: {threads} at once, smeflow {smeflow}, seen {seconds} s ago",
            name=worker.name,
            threads=worker.threads,
            smeflow=worker.smeflow,
            seconds=round((ledger.store.clock() - worker.seen).total_seconds()),
        )
        screen.print(f"  {screen.text(told)}", style="bright_black")
    for name in recipes:
        speed = speed_of(ledger.store, name)
        told = say("{recipe}: {n} items ended in the last minute", recipe=name, n=speed.ended)
        if speed.oldest is not None:
            waited = round((ledger.store.clock() - speed.oldest).total_seconds())
            told = say("{told}; the oldest open one came {seconds} s ago", told=told, seconds=waited)
        screen.print(f"  {screen.text(told)}", style="bright_black")


def _tell_proposed_rules(screen: Screen, ledger: "Ledger", name: str) -> None:
    """Tell how many rules corrections of labels suggest; nothing where there are none."""
    corrected = ledger.store.tuples("corrections of recipe", recipe=name)
    file = recipe_file(name, Path.cwd(), ledger.store.folder.parent) if corrected else None
    if file is None or "learned:" not in file.read_text(encoding="utf-8", errors="replace"):
        return
    from smeflow.evaluate.lessons import proposals_of

    try:
        proposed = sum(1 for _ in proposals_of(ledger, load_recipe(file)))
    except (RecipeError, ValueError):  # `smeflow check` and `smeflow learn` say what is wrong with them
        return
    if proposed:
        message = say(
            "{n} rules are proposed from what you moved: smeflow learn {file}", n=proposed, file=file.name
        )
        screen.note(f"{name}: {screen.text(message)}", style="cyan")


def _is_named(recipe: str, name: str) -> bool:
    """Tell whether *recipe*, a name, a file or a folder, is the recipe called *name*."""
    file = Path(recipe) / "recipe.yaml" if Path(recipe).is_dir() else Path(recipe)
    return name in (recipe, Path(recipe).stem) or (file.is_file() and is_called(file, name))


def _report_again(screen: Screen, ledger: "Ledger", recipes: list[str], number: int, file: Path) -> None:
    from smeflow.engine.run_report import report_of_run

    runs = [each for name in recipes for each in ledger.runs(name) if number in (0, each.id)]
    if not runs:
        raise UsageProblem(say("There is no such run. smeflow status names the recipes that ran."))
    write_report(screen, report_of_run(ledger, max(runs, key=lambda each: each.id)), file)
    screen.note(f"→ {file}", style="green")


def recipe_counts(ledger: "Ledger", recipe: str) -> dict[str, Any]:
    """Give the counts of a recipe and what its calls cost, as plain values."""
    counts, spent = ledger.counts(recipe), ledger.cost(recipe)
    left_out = left_out_of_last_run(ledger, recipe)
    return {
        "recipe": recipe,
        "items": counts.items,
        **{name: getattr(counts, name) for name in STATE_WORDS},
        "calls": spent.calls,
        "cost": plain_decimal(spent.cost.amount),
        "currency": spent.cost.currency,
        "left_out": left_out,
        "waiting_for_budget": waiting_for_budget(ledger, recipe),
    }


def waiting_for_budget(ledger: "Ledger", recipe: str) -> int:
    """Count the open items whose questions were over the budget."""
    return sum(row.reason.kind == "budget" for row in ledger.items(recipe, "open"))


def models_of_last_run(ledger: "Ledger", recipe: str) -> list[Phrase]:
    """Give what the last whole run had to say of its models."""
    summaries = [run.summary for run in ledger.runs(recipe) if run.summary]
    return [phrase_from_json(each) for each in loads(summaries[-1]).get("models", ())] if summaries else []


def left_out_of_last_run(ledger: "Ledger", recipe: str) -> dict[str, Any]:
    """Give how many files the last whole run left out, with the names of the first of them."""
    summaries = [run.summary for run in ledger.runs(recipe) if run.summary]
    left_out: dict[str, Any] | None = loads(summaries[-1]).get("left_out") if summaries else None
    return left_out or {"count": 0, "names": []}


def _tell_left_out(screen: Screen, ledger: "Ledger", recipes: list[str]) -> None:
    for recipe in recipes:
        left_out = left_out_of_last_run(ledger, recipe)
        if left_out["count"]:
            what = left_out_phrase(left_out["count"], left_out["names"])
            screen.note(f"{recipe}: {screen.text(what)}", style="yellow")


def _counts(screen: Screen, lines: list[dict[str, Any]]) -> None:
    from decimal import Decimal

    from rich.text import Text

    columns = [
        ScreenColumn(heading=say("recipe"), style="bold"),
        ScreenColumn(heading=say("items"), right=True, wrap=False),
        *(ScreenColumn(heading=word, right=True, wrap=False) for word, _, _ in STATE_WORDS.values()),
    ]
    asked = any(line["calls"] for line in lines)
    if asked:
        columns += [
            ScreenColumn(heading=word, right=True, wrap=False) for word in (say("calls"), say("cost"))
        ]
    rows = []
    for line in lines:
        cells = [
            Text(str(line[name]), style=style if line[name] else "bright_black")
            for name, (_, style, _) in STATE_WORDS.items()
        ]
        cost = screen.amount(Decimal(line["cost"]), line["currency"])
        rows.append([line["recipe"], line["items"], *cells, *([line["calls"], cost] if asked else [])])
    screen.print(screen.table(columns, rows))
