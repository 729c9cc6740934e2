"""``smeflow rerun``: take finished items again; first tell how many, what changed and what they cost."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import (
    HERE,
    Json,
    OtherLlm,
    RecipeFile,
    Settings,
    State,
    find_item,
    load_recipe,
    open_ledger,
)
from smeflow.cli.console import STATE_WORDS, Screen, plain_decimal
from smeflow.cli.running import exit_code, run_recipe_file, summary_json, tell_notes, tell_summary
from smeflow.i18n import say

if TYPE_CHECKING:
    from pathlib import Path

    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow
    from smeflow.recipe.load import Recipe

ENDED = ("done", "review", "failed")
BY_NAME = ("changed", "failed", "all")
"""What the runner opens again by itself."""


def rerun(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    where: Annotated[
        str,
        typer.Option(
            "--where",
            metavar="WHICH",
            help="changed (made by an older recipe), done, review, failed, all or an item.",
        ),
    ] = "changed",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what it would take and cost.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")] = False,
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    llm: OtherLlm = "",
    json: Json = False,
) -> None:
    """Redo finished items. Cost and number first; a person's decisions stay."""
    screen: Screen = ctx.obj
    loaded = load_recipe(recipe, settings)
    with open_ledger(state, recipe) as ledger:
        rows = chosen_items(ledger, loaded, where)
        expected = forecast(ledger, loaded, rows, where)
        if json and dry_run:
            screen.json(expected)
        elif not json:
            tell_forecast(screen, expected)
        if dry_run or not rows or not (yes or json or person_is_sure(screen)):
            raise typer.Exit
        if where not in BY_NAME:
            ledger.reopen([row.id for row in rows], again=[entry.step.name for entry in loaded.entries])
    redo = where if where in BY_NAME else None
    loaded, summary, stopped_by = run_recipe_file(
        screen, recipe, state=state, settings=settings, llm=llm, redo=redo, yes=yes
    )
    if json:
        tell_notes(screen, summary)
        screen.json(summary_json(summary))
    else:
        tell_summary(screen, loaded, summary)
    raise typer.Exit(stopped_by or exit_code(summary, ()))


def chosen_items(ledger: "Ledger", recipe: "Recipe", where: str) -> "list[ItemRow]":
    """Give the ended items that *where* means."""
    from smeflow.engine.context import earlier_fingerprints_of, fingerprints_of, plan_hash

    ended = [row for row in ledger.items(recipe.name) if row.state in ENDED]
    if where == "changed":
        prints = (of(recipe.entries, recipe.llm) for of in (fingerprints_of, earlier_fingerprints_of))
        now = {plan_hash(each) for each in prints}
        finished = [row for row in ended if row.state != "failed" and row.parts is None]
        return [row for row in finished if row.plan not in now]
    if where == "all":
        return ended
    if where in STATE_WORDS:
        return [row for row in ended if row.state == where]
    return [find_item(ledger, where, recipe.name)]


def forecast(
    ledger: "Ledger", recipe: "Recipe", rows: "list[ItemRow]", where: str = "changed"
) -> dict[str, Any]:
    """Tell how many items are meant, which steps would do something else, and about what redoing costs.

    The estimate is what the answers that stand now took, of those steps that would be asked again.
    """
    from decimal import Decimal

    from smeflow.engine.context import earlier_fingerprints_of, fingerprints_of

    prints = fingerprints_of(recipe.entries, recipe.llm)
    earlier = earlier_fingerprints_of(recipe.entries, recipe.llm)

    def stands(step: str, print_: str) -> bool:
        return print_ in (prints.get(step), earlier.get(step))

    differing: dict[str, int] = {}
    meant = {row.id for row in rows}
    present = [
        cost for cost in ledger.present_costs(recipe.name) if cost.item in meant and cost.step in prints
    ]
    if where == "changed":
        present = [cost for cost in present if not stands(cost.step, cost.fingerprint)]
    for row in rows:
        older = {r.step for r in ledger.results(row) if not stands(r.step, r.fingerprint)}
        current = {r.step for r in ledger.results(row) if stands(r.step, r.fingerprint)}
        for step in older - current:
            differing[step] = differing.get(step, 0) + 1
    return {
        "items": len(rows),
        "steps": differing,
        "calls": sum(cost.calls for cost in present),
        "cost": plain_decimal(sum((cost.cost for cost in present), Decimal(0))),
        "currency": ledger.currency,
        "keys": [row.key for row in rows],
    }


def tell_forecast(screen: Screen, expected: dict[str, Any]) -> None:
    """Say what redoing would take, before anything is paid."""
    from decimal import Decimal

    if not expected["items"]:
        screen.print(say("Nothing to redo."), style="green")
        return
    cost = screen.amount(Decimal(expected["cost"]), expected["currency"])
    screen.print(
        say(
            "{n} items; redoing them makes about {calls} calls and costs about {cost}.",
            n=expected["items"],
            calls=expected["calls"],
            cost=cost,
        ),
        style="bold",
    )
    for step, number in expected["steps"].items():
        screen.print(say("  step {step} is another one now for {n} of them", step=step, n=number))
    for key in expected["keys"][:10]:
        screen.print(f"  • {key}", style="bright_black")
    if expected["items"] > 10:
        screen.print("  …", style="bright_black")


def agree_to_redo(screen: Screen, recipe: "Recipe", state: "Path | None", redo: str, *, ask: bool) -> bool:
    """Before a run redoes finished items, tell number and cost; where it costs, ask. False: it may not."""
    with open_ledger(state, recipe.path) as ledger:
        rows = chosen_items(ledger, recipe, redo)
        expected = forecast(ledger, recipe, rows, redo)
    if not rows or not expected["calls"]:
        return True
    tell_forecast(screen, expected)
    return not ask or person_is_sure(screen)


def person_is_sure(screen: Screen) -> bool:
    """Ask a person; where nobody can be asked, the answer is no."""
    if not sys.stdin.isatty():
        screen.note(say("Nothing was redone. Say --yes to go on."))
        return False
    return bool(typer.confirm(screen.text(say("Redo them?")), err=True))
