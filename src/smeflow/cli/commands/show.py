"""``smeflow show``: everything known of one item."""

import contextlib
import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Item, Json, RecipeName, State, find_item, open_ledger, person_name
from smeflow.cli.console import Screen, ScreenColumn, plain_decimal
from smeflow.cli.exits import UsageProblem
from smeflow.cli.results import print_result
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import CallRow, ItemRow, ReviewRow


def show(
    ctx: typer.Context,
    item: Item,
    recipe: RecipeName = "",
    state: State = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the pages with the quotes marked on them."),
    ] = None,
    json: Json = False,
) -> None:
    """Tell all that is known of an item: documents, values with quotes, checks, calls, cost, decisions."""
    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        row = find_item(ledger, item, recipe)
        if html is not None:
            from smeflow.engine.cases import case_of
            from smeflow.notebook import case_page

            case, kinds = case_of(ledger, row), kinds_of(ledger, row, current(ledger, row))
            html.write_text(case_page(case, screen.language, kinds), encoding="utf-8")
            screen.note(say("The pages are in {path}.", path=html))
        elif json:
            screen.json(everything(ledger, row, screen))
        else:
            show_item(ledger, row, screen)
        remember_shown(ledger, row)


def remember_shown(ledger: "Ledger", row: "ItemRow") -> None:
    """Keep what was shown for whoever sits here: a decision is on that, and on nothing that came since."""
    from smeflow.review.decisions import remember_seen

    with contextlib.suppress(UsageProblem):  # a login without a name
        remember_seen(ledger, row, person_name(""))


def everything(ledger: "Ledger", row: "ItemRow", screen: Screen) -> dict[str, Any]:
    """Give all that is known of an item as plain values."""
    from smeflow.review.decisions import seen_now

    spent, results = ledger.cost_of_item(row), current(ledger, row)
    return {
        "id": row.id,
        "recipe": row.recipe,
        "key": row.key,
        "name": row.name,
        "media_type": row.media_type,
        "version": row.version,
        "hash": seen_now(ledger, row).hash,
        "state": row.state,
        "reasons": [screen.text(p) for p in row.reason.phrases],
        "results": results,
        "kinds": {step: _kind(ledger, row, step) for step in results},
        "calls": [_call(c) for c in ledger.calls(row)],
        "cost": plain_decimal(spent.cost.amount),
        "currency": spent.cost.currency,
        "reviews": [_review(r) for r in ledger.reviews(row)],
    }


def current(ledger: "Ledger", row: "ItemRow") -> dict[str, Any]:
    """Give the value of every step as it stands now, a person's before any machine's, as plain values."""
    ids = {result.step: result.id for result in reversed(ledger.results(row))}
    steps = sorted(row.outcome, key=lambda step: ids.get(step, 0))
    values = {step: ledger.value(row, step) for step in steps}
    return {step: json_module.loads(value[0]) for step, value in values.items() if value and value[0]}


def _kind(ledger: "Ledger", row: "ItemRow", step: str) -> dict[str, str] | None:
    """Give what kind of step and of result it is; None where an older smeflow did not write it down."""
    kind = ledger.kind(row, step)
    return {"step": kind.step, "result": kind.result} if kind is not None else None


def kinds_of(ledger: "Ledger", row: "ItemRow", values: dict[str, Any]) -> dict[str, str]:
    """Give of which kind each value is."""
    from smeflow.engine.cases import result_kind

    return {step: result_kind(ledger, row, step, value) for step, value in values.items()}


def _call(call: "CallRow") -> dict[str, Any]:
    return {
        "step": call.step,
        "attempt": call.attempt,
        "provider": call.provider,
        "model": call.answered_by or call.model,
        "state": call.state,
        "error": call.error,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "pictures": [
            {"sha256": picture.sha256, "media_type": picture.media_type, "size": picture.size}
            for picture in call.pictures
        ],
        "cost": plain_decimal(call.cost.amount) if call.cost else None,
        "currency": call.cost.currency if call.cost else None,
        "at": call.at.isoformat(),
    }


def _review(review: "ReviewRow") -> dict[str, Any]:
    return {
        "step": review.step,
        "action": review.action,
        "person": review.person,
        "note": review.note,
        "before": json_module.loads(review.before) if review.before else None,
        "after": json_module.loads(review.after) if review.after else None,
        "at": review.at.isoformat(),
    }


def show_item(ledger: "Ledger", row: "ItemRow", screen: Screen) -> None:
    """Print everything known of an item."""
    from rich.text import Text

    from smeflow.books.archive import filed_as
    from smeflow.cli.results import why

    head = Text(f"{row.id}  ", style="bright_black").append(row.name or row.key, style="bold")
    screen.print(head.append("  ").append_text(screen.state(row.state)))
    facts = [
        (say("recipe"), row.recipe),
        (say("key"), row.key),
        (say("why"), why(screen, row, ledger)),
        (say("version"), row.version[:12]),
        (say("came"), row.created_at),
        (say("ended"), row.ended_at),
        (say("filed as"), filed_as(ledger, row.id)),
    ]
    for word, value in facts:
        if value:
            screen.fact(word, value, indent="  ")
    _documents(ledger, row, screen)
    values = current(ledger, row)
    for step, kind in kinds_of(ledger, row, values).items():
        screen.print()
        screen.print(step, style="bold cyan")
        print_result(screen, values[step], kind)
    _calls(ledger, row, screen)
    _reviews(ledger, row, screen)


def _documents(ledger: "Ledger", row: "ItemRow", screen: Screen) -> None:
    from smeflow.engine.cases import case_of
    from smeflow.errors import DocumentError

    try:
        documents = case_of(ledger, row).documents
    except DocumentError as error:
        screen.print(f"  • {screen.text(error.phrase)}", style="red")
        return
    columns = [
        ScreenColumn(heading=say("document"), style="cyan"),
        ScreenColumn(heading=say("type"), style="bright_black", wrap=False),
        ScreenColumn(heading=say("pages"), right=True, wrap=False),
        ScreenColumn(heading=say("remarks")),
    ]
    rows = [
        (d.name, d.media_type, len(d.pages) or None, "; ".join(map(screen.text, d.problems)))
        for d in documents
    ]
    screen.print()
    screen.print(screen.table(columns, rows))


def _calls(ledger: "Ledger", row: "ItemRow", screen: Screen) -> None:
    calls = list(ledger.calls(row))
    if not calls:
        return
    columns = [
        ScreenColumn(heading=say("call"), style="cyan", wrap=False),
        ScreenColumn(heading=say("model")),
        ScreenColumn(heading=say("end"), wrap=False),
        ScreenColumn(heading=say("tokens in"), right=True, wrap=False),
        ScreenColumn(heading=say("tokens out"), right=True, wrap=False),
        ScreenColumn(heading=say("cost"), right=True, wrap=False),
    ]
    seen = any(c.pictures for c in calls)
    if seen:
        columns.insert(3, ScreenColumn(heading=say("pictures"), right=True, wrap=False))
    ends = {
        "reserved": say("not ended"),
        "answered": say("answered"),
        "broken": say("broken"),
        "recalled": say("as an equal call"),
    }
    rows = [
        (
            f"{c.step} {c.attempt}",
            f"{c.provider}/{c.answered_by or c.model}",
            ends[c.state],
            *([len(c.pictures) or None] if seen else []),
            c.input_tokens,
            c.output_tokens,
            screen.amount(c.cost.amount, c.cost.currency) if c.cost else None,
        )
        for c in calls
    ]
    screen.print()
    screen.print(screen.table(columns, rows))


def _reviews(ledger: "Ledger", row: "ItemRow", screen: Screen) -> None:
    from smeflow.ledger.reviews import ACTION_WORDS

    for review in ledger.reviews(row):
        line = say(
            "{at}: {step} {action} by {person}",
            at=screen.text(review.at),
            step=review.step,
            action=ACTION_WORDS[review.action],
            person=review.person,
        )
        screen.print(line, style="green")
        if review.note:
            screen.print(f"  {review.note}")
