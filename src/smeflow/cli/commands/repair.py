"""``smeflow repair``: save what is whole of a damaged ledger, and tell what is not."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from smeflow.cli.arguments import Json, State
from smeflow.cli.commands.audit import known_heads
from smeflow.cli.commands.ledger import require_file
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import LEFT_TO_DO, UsageProblem
from smeflow.i18n import Phrase, say
from smeflow.review.choosing import state_folder

if TYPE_CHECKING:
    from smeflow.ledger.mend import RepairReport

NAMED = 20
"""So many items are named; of others their number."""


def repair(ctx: typer.Context, state: State = None, json: Json = False) -> None:
    """Save all whole rows of a damaged ledger into a new one, and keep the damaged file aside."""
    from smeflow.ledger.repair import repair_ledger

    screen: Screen = ctx.obj
    require_file(state)
    folder = state_folder(state, Path.cwd())
    if not folder.is_dir():
        raise UsageProblem(
            say(
                "There is no ledger in {folder}. Run a recipe first, or name the folder with --state.",
                folder=folder,
            )
        )
    report = repair_ledger(folder, heads=known_heads(folder.parent, [], []))
    if json:
        screen.json(
            {
                "aside": str(report.aside) if report.aside else None,
                "saved": report.saved,
                "lost": report.lost,
                "unreadable_pages": report.unreadable_pages,
                "lost_items": report.lost_items,
                "asked_again": report.asked_again,
                "held": report.held,
                "documents": report.documents,
                "findings": [screen.text(finding) for finding in report.findings],
                "audit": report.head,
            }
        )
    elif report.aside is None:
        screen.print(say("The ledger in {folder} is whole; nothing was changed.", folder=folder))
    else:
        _tell(screen, report)
    if not report.whole:
        raise typer.Exit(LEFT_TO_DO)


def _tell(screen: Screen, report: "RepairReport") -> None:
    columns = [
        ScreenColumn(heading=say("table")),
        ScreenColumn(heading=say("saved"), right=True),
        ScreenColumn(heading=say("lost"), right=True),
    ]
    tables = sorted({*report.saved, *report.lost})
    rows = [
        (table or "?", str(report.saved.get(table, 0)), str(report.lost.get(table, 0))) for table in tables
    ]
    screen.print(screen.table(columns, rows))
    screen.print(say("The damaged ledger is kept as {file}.", file=report.aside))
    for phrase in _losses(report):
        screen.note(phrase, style="yellow")
    for finding in report.findings:
        screen.note(f"✗ {screen.text(finding)}", style="red")
    if report.whole:
        screen.print(say("Nothing was lost."))
    screen.print(say("head: {head}", head=report.head))


def _losses(report: "RepairReport") -> list[Phrase]:
    """Say what was lost, and what becomes of it."""
    told = []
    if report.unreadable_pages:
        told.append(
            say(
                "{n} pages could not be read: what stood in them may be lost without a trace.",
                n=report.unreadable_pages,
            )
        )
    if report.lost_items:
        told.append(
            say(
                "Items that are lost: {numbers}. When their source gives them again they are new, are asked "
                "and paid again, and wait for a person where they claim what the lost one did.",
                numbers=_listed([str(number) for number in report.lost_items]),
            )
        )
    if report.asked_again:
        told.append(
            say(
                "Opened again, since answers or decisions of theirs are lost: {names}. The next run asks "
                "and pays again for the answers that are not here.",
                names=_listed(report.asked_again),
            )
        )
    if report.held:
        told.append(
            say(
                "They wait for a person, since what was booked, sent or moved for them is lost: {names}.",
                names=_listed(report.held),
            )
        )
    if report.documents:
        told.append(
            say(
                "Their documents are lost: {names}. Put them into the source again.",
                names=_listed(report.documents),
            )
        )
    return told


def _listed(names: "tuple[str, ...] | list[str]") -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" … (+{more})" if more > 0 else "")
