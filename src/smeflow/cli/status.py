"""``smeflow status``: how far every recipe is, and what waits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from smeflow.cli.options import Json, State
from smeflow.cli.places import open_ledger
from smeflow.cli.screen import STATES, Column, Screen, plain
from smeflow.i18n import Language, say

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow
    from smeflow.ledger.rows import State as StateName

SHOWN = 20
WAITING = ("review", "failed", "open")


def status(
    ctx: typer.Context,
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="Only this recipe.", show_default=False)
    ] = "",
    state: State = None,
    where: Annotated[
        str, typer.Option("--where", metavar="STATE", help="List the items in this state.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="List all items.")] = False,
    json: Json = False,
) -> None:
    """Tell how many items are done, wait, failed, were left out or are open, and list what waits."""
    screen: Screen = ctx.obj
    wanted = cast("tuple[StateName, ...]", tuple(STATES) if every else (where,) if where else WAITING)
    if where and where not in STATES:
        raise typer.BadParameter(
            screen.text(say("choose from: {states}", states=", ".join(STATES))), param_hint="--where"
        )
    with open_ledger(state, Path.cwd()) as ledger:
        names = [
            name for name in ledger.recipes() if not recipe or name == Path(recipe).stem or name == recipe
        ]
        if json:
            for name in names:
                screen.json(summary(ledger, name))
            return
        _counts(screen, [summary(ledger, name) for name in names])
        rows = [row for name in names for one in wanted for row in ledger.items(name, one)]
        list_items(screen, ledger, rows, most=None if every or where else SHOWN)


def summary(ledger: "Ledger", recipe: str) -> dict[str, Any]:
    """Give the counts of a recipe and what its calls cost, as plain values."""
    counts, spent = ledger.counts(recipe), ledger.cost(recipe)
    return {
        "recipe": recipe,
        "items": counts.items,
        **{name: getattr(counts, name) for name in STATES},
        "calls": spent.calls,
        "cost": plain(spent.cost.amount),
        "currency": spent.cost.currency,
    }


def _counts(screen: Screen, lines: list[dict[str, Any]]) -> None:
    from decimal import Decimal

    from rich.text import Text

    columns = [
        Column(heading=say("recipe"), style="bold"),
        Column(heading=say("items"), right=True, wrap=False),
        *(Column(heading=word, right=True, wrap=False) for word, _, _ in STATES.values()),
    ]
    asked = any(line["calls"] for line in lines)
    if asked:
        columns += [Column(heading=word, right=True, wrap=False) for word in (say("calls"), say("cost"))]
    rows = []
    for line in lines:
        cells = [
            Text(str(line[name]), style=style if line[name] else "bright_black")
            for name, (_, style, _) in STATES.items()
        ]
        cost = screen.amount(Decimal(line["cost"]), line["currency"])
        rows.append([line["recipe"], line["items"], *cells, *([line["calls"], cost] if asked else [])])
    screen.print(screen.table(columns, rows))


def list_items(screen: Screen, ledger: "Ledger", rows: "list[ItemRow]", most: int | None = SHOWN) -> None:
    """List items with their state and why they are there; at most *most*."""
    if not rows:
        return
    columns = [
        Column(heading=say("no."), right=True, wrap=False, style="bright_black"),
        Column(heading=say("item"), style="cyan", ratio=2),
        Column(heading=say("state"), wrap=False),
        Column(heading=say("why"), ratio=3),
    ]
    cells = [(r.id, r.name or r.key, screen.state(r.state), why(screen, r, ledger)) for r in rows[:most]]
    screen.print()
    screen.print(screen.table(columns, cells))
    if most is not None and len(rows) > most:
        screen.print(
            say("… and {n} more. See them all with: smeflow status --all", n=len(rows) - most),
            style="bright_black",
        )


def why(screen: Screen, row: "ItemRow", ledger: "Ledger | None" = None) -> str:
    """Say why an item is where it is; with *ledger* what is wrong with it, not that it was asked for."""
    said = [screen.text(p) for p in row.reason.phrases]
    if row.reason.kind == "asked" and ledger is not None:
        said = _complaints(screen, row, ledger) or said
    told = joined(said, screen.language) or row.reason.kind
    if row.due_at is not None and row.state == "open":
        told += screen.text(say(" (due {at})", at=screen.text(row.due_at)))
    return told


def joined(sentences: list[str], language: Language = "en") -> str:
    """Put sentences in a row, each once."""
    told = ""
    semicolon = "\u00a0; " if language == "fr" else "; "
    for one in dict.fromkeys(sentences):
        told += (" " if told.endswith((".", "?")) else semicolon if told else "") + one
    return told


def _complaints(screen: Screen, row: "ItemRow", ledger: "Ledger") -> list[str]:
    """Give what the value that waits says against itself; nothing where it is proven."""
    import json

    from smeflow.cli.values import sentences

    found = ledger.value(row, row.reason.step)
    value = json.loads(found[0]) if found and found[0] else None
    if not isinstance(value, dict) or value.get("proven"):
        return []
    against = sentences({"doubts": value.get("doubts", ())}) or sentences(value)
    return [screen.text(p) for p in against][:3]
