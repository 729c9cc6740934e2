"""``smeflow audit``: for whoever asks what was done, and whether that is all of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import Json, State, open_ledger
from smeflow.cli.commands.books import AUDIT_FILE, BOOKS
from smeflow.cli.console import Screen
from smeflow.cli.exits import DAMAGED, UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.ledger.audit import AuditHead

audit = typer.Typer(help="Verify that nothing in the ledger was changed, or give its chain out.")
HEADS_OF_BOOKS = BOOKS / AUDIT_FILE


@audit.command()
def verify(
    ctx: typer.Context,
    head: Annotated[
        list[str],
        typer.Option("--head", metavar="NUMBER:HASH", help="An entry as it was told by a run or an export."),
    ] = [],  # noqa: B006 - Typer copies it
    heads: Annotated[
        list[Path],
        typer.Option("--heads", metavar="FILE", help="A file of such entries, a line of JSON each."),
    ] = [],  # noqa: B006 - Typer copies it
    state: State = None,
    json: Json = False,
) -> None:
    """Follow the chain, compare it with heads kept elsewhere, and every row with its entry."""
    from smeflow.ledger.verify import verify_audit

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        known = known_heads(ledger.store.folder.parent, head, heads)
        report = verify_audit(ledger.store, known)
    if json:
        found = [screen.text(finding) for finding in report.findings]
        counts = {"rows": report.rows, "uncovered": report.uncovered, "heads": len(known)}
        counts |= {"lost": report.lost} if report.lost else {}
        screen.json({"audit": str(report.head), "findings": found, **counts})
    else:
        for finding in report.findings:
            screen.print(f"✗ {screen.text(finding)}", style="red")
        screen.print(
            say(
                "{entries} entries, {rows} rows and {heads} heads kept elsewhere were compared.",
                entries=report.head.number,
                rows=report.rows,
                heads=len(known),
            )
        )
        if report.uncovered:
            screen.note(
                say(
                    "{n} rows are from a version that did not cover rows: of these nothing can be said.",
                    n=report.uncovered,
                ),
                style="yellow",
            )
        if report.lost:
            screen.note(
                say("{n} rows and entries were lost to damage, as a repair wrote down.", n=report.lost),
                style="yellow",
            )
        if not known:
            screen.note(
                say(
                    "No head was kept elsewhere: entries cut off, and a chain written anew, cannot be "
                    "noticed. smeflow books export and run --json tell one; see --heads."
                ),
                style="yellow",
            )
        screen.print(say("head: {head}", head=str(report.head)))
    if report.findings:
        raise typer.Exit(DAMAGED)


@audit.command()
def export(ctx: typer.Context, state: State = None) -> None:
    """Print the chain, a line of JSON for each entry. It tells of nobody."""
    from smeflow.ledger.verify import exported_entries

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        for entry in exported_entries(ledger.store):
            screen.json(entry)


def known_heads(root: Path, written: list[str], files: list[Path]) -> "list[AuditHead]":
    """Read what is named, else the files in which runs and exports of the workspace in *root* keep heads."""
    from smeflow.errors import os_error_reason
    from smeflow.ledger.audit import AuditHead, kept_heads
    from smeflow.recipe.workspace import WorkspaceSettings

    usual = [root / HEADS_OF_BOOKS, WorkspaceSettings.find(root).audit_heads]
    asked = files or ([] if written else [file for file in usual if file is not None and file.is_file()])
    known = []
    try:
        known += [AuditHead.parse(text) for text in written]
        for file in asked:
            known += kept_heads(file)
    except OSError as error:
        raise UsageProblem(
            say("{file} cannot be read: {reason}.", file=error.filename, reason=os_error_reason(error))
        ) from error
    except ValueError as error:
        raise UsageProblem(error.args[0]) from error
    return known
