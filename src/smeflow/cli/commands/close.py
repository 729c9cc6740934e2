"""``smeflow close``: how a month stands, and what it lacks."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Json, State, open_ledger
from smeflow.cli.commands.books import firm_of
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import LEFT_TO_DO, usage_checked

if TYPE_CHECKING:
    from smeflow.books.close import MonthClose


def close(
    ctx: typer.Context,
    month: Annotated[
        str, typer.Argument(metavar="MONTH", help="The month, such as 2026-10.", show_default=False)
    ],
    state: State = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it as a page of Markdown (.md) too.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell what a month lacks: who has not written, what waits, what is not booked, what is due."""
    from smeflow.books.close import close_markdown, close_month
    from smeflow.books.dossier import cell_words

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        closed = usage_checked(lambda: close_month(ledger, firm_of(ledger), month))
    if out is not None:
        page = close_markdown(closed, screen.language, lambda cell: cell_words(cell, screen.language))
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    if json:
        screen.json(_close_as_json(screen, closed))
    else:
        _show_close(screen, closed)
        if out is not None:
            screen.print(f"  → {out}", style="green")
    if closed.left_to_do:
        raise typer.Exit(LEFT_TO_DO)


def _show_close(screen: Screen, closed: "MonthClose") -> None:
    from smeflow.books.close import close_sections, summary_phrase
    from smeflow.books.dossier import cell_words

    for section in close_sections(closed):
        screen.print(section.title, style="bold")
        if not section.rows:
            screen.print(f"  {screen.text(section.nothing)}", style="green")
        else:
            cells_of = enumerate(zip(*section.rows, strict=True))
            amounts = [n for n, cells in cells_of if any(isinstance(cell, Decimal) for cell in cells)]
            columns = [
                ScreenColumn(heading=heading, right=n in amounts, wrap=n not in amounts)
                for n, heading in enumerate(section.headings)
            ]
            rows = [[cell_words(cell, screen.language) for cell in row] for row in section.rows]
            screen.print(screen.table(columns, rows))
        screen.print()
    screen.print(summary_phrase(closed), style="yellow" if closed.left_to_do else "green")


def _close_as_json(screen: Screen, closed: "MonthClose") -> dict[str, Any]:
    return {
        "period": closed.period,
        "left_to_do": closed.left_to_do,
        "missing": [
            {
                "supplier": each.name,
                "months": each.months,
                "last": str(each.last.issue_date),
                "number": each.last.number,
                "usual": str(each.usual),
            }
            for each in closed.missing
        ],
        "waiting": [
            {"id": each.item.id, "item": each.item.key, "why": screen.text(each.why)}
            for each in closed.waiting
        ],
        "open": closed.open_items,
        "bookable": len(closed.unbooked.entries),
        "left_out": [
            {"id": each.item.id, "item": each.item.key, "why": screen.text(each.why)}
            for each in closed.unbooked.left_out
        ],
        "due": [
            {
                "id": each.item.id,
                "day": str(each.record.due_date),
                "supplier": each.record.seller,
                "number": each.record.number,
            }
            for each in closed.due
        ],
        "invoices": len(closed.purchases),
        "total": str(closed.total),
        "rates": [
            {
                "rate": None if each.rate is None else str(each.rate),
                "net": str(each.net),
                "vat": str(each.vat),
            }
            for each in closed.rates
        ],
    }
