"""What belongs to a month's end under ``smeflow books``.

A look before a batch, the suppliers' accounts, the purchase ledger, the accountant's dossier and the archive.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import By, Json, RecipeName, State, find_recipe, open_ledger, person_name
from smeflow.cli.commands.books import BOOKS, Out, books, firm_of
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem, usage_checked
from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.books.archive import FiledDocument, Filing
    from smeflow.books.export import Preview
    from smeflow.books.suppliers import SupplierProposal
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow

__all__ = ["books"]
"""The group with what is registered here."""

Period = Annotated[str, typer.Option("--period", metavar="MONTH", help="The month, such as 2026-10.")]
Form = Annotated[
    str,
    typer.Option("--format", metavar="NAME", help="How it is written: fec, datev, sage, or your own."),
]


@books.command()
def preview(
    ctx: typer.Context,
    period: Period,
    recipe: RecipeName = "",
    out: Out = BOOKS,
    separator: Annotated[
        str, typer.Option("--separator", metavar="WORD", help="What stands between the columns: tab or pipe.")
    ] = "",
    form: Form = "fec",
    state: State = None,
    json: Json = False,
) -> None:
    """Show the entries an export would book, and what it would leave out. Nothing is changed."""
    from smeflow.books.export import preview_batch

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        looked = usage_checked(
            lambda: preview_batch(
                ledger,
                firm_of(ledger),
                period=period,
                recipe=recipe,
                separator=separator,
                form=form,
                folder=out,
            )
        )
    if json:
        screen.json(_preview_as_json(screen, looked))
        return
    _show_preview(screen, looked)
    for omitted in (*looked.known, *looked.left_out):
        screen.print(f"  ? {omitted.item.name}: {screen.text(omitted.why)}", style="yellow")
    screen.print(
        say("Nothing was booked. Book it with: smeflow books export --period {period}", period=period)
    )


def _show_preview(screen: Screen, looked: "Preview") -> None:
    from decimal import Decimal

    totals: dict[tuple[str, str], Decimal] = {}
    columns = [
        ScreenColumn(heading=say("entry"), wrap=False),
        ScreenColumn(heading=say("account"), wrap=False),
        ScreenColumn(heading=say("label")),
        ScreenColumn(heading=say("debit"), right=True, wrap=False),
        ScreenColumn(heading=say("credit"), right=True, wrap=False),
    ]
    rows: list[Sequence[object]] = []
    for each in looked.entries:
        for n, posting in enumerate(each.entry.postings):
            account = " ".join(filter(None, (posting.account, posting.aux)))
            label = posting.name if n else each.entry.label
            sides = (screen.amount(side, "") if side else "" for side in (posting.debit, posting.credit))
            rows.append((str(each.number) if not n else "", account, label, *sides))
            key = (posting.account, posting.name)
            totals[key] = totals.get(key, Decimal(0)) + posting.debit - posting.credit
    if not rows:
        screen.print(say("Nothing to book."), style="green" if not looked.left_out else "yellow")
        return
    screen.print(screen.table(columns, rows))
    screen.print()
    balances = [
        (account, name, *(screen.amount(side, "") if side > 0 else "" for side in (balance, -balance)))
        for (account, name), balance in sorted(totals.items())
        if balance
    ]
    screen.print(screen.table(columns[1:], balances, title=say("Balance of each account")))


def _preview_as_json(screen: Screen, looked: "Preview") -> dict[str, Any]:
    return {
        "entries": [
            {
                "number": each.number,
                "item": item,
                "label": each.entry.label,
                "postings": [
                    {"account": p.account, "aux": p.aux, "debit": str(p.debit), "credit": str(p.credit)}
                    for p in each.entry.postings
                ],
            }
            for each, item in zip(looked.entries, looked.items, strict=True)
        ],
        "reversals": looked.reversals,
        "left_out": [
            {"id": each.item.id, "item": each.item.key, "why": screen.text(each.why)}
            for each in looked.left_out
        ],
    }


@books.command()
def suppliers(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Only suppliers whose name has this.", show_default=False)
    ] = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="Write what is proposed into the table of suppliers.")
    ] = False,
    expense: Annotated[
        str, typer.Option("--expense", metavar="ACCOUNT", help="What its invoices are booked on.")
    ] = "",
    aux: Annotated[str, typer.Option("--aux", metavar="ACCOUNT", help="The supplier's own account.")] = "",
    history: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FEC", help="Propose what an accounting program booked: its FEC of a year."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List those in the table too.")] = False,
    state: State = None,
    by: By = "",
    json: Json = False,
) -> None:
    """List suppliers without accounts with those proposed for them; approve them with --accept."""
    from smeflow.books.suppliers import (
        SupplierHistory,
        keep_suppliers,
        propose_suppliers,
        with_accounts,
    )

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        firm = firm_of(ledger)
        known = usage_checked(partial(SupplierHistory.from_fec, history)) if history else None
        proposals = [
            each
            for each in propose_suppliers(ledger, firm, known)
            if name.casefold() in each.name.casefold() and (every or not each.in_table or expense or aux)
        ]
        if expense or aux:
            if len(proposals) != 1:
                raise UsageProblem(
                    say("{n} suppliers have “{name}” in their name; name one", n=len(proposals), name=name)
                )
            proposals = [with_accounts(proposals[0], aux=aux, expense=expense)]
            accept = True
        taken = [each for each in proposals if each.complete and not (each.in_table and not (expense or aux))]
        file = keep_suppliers(ledger, firm, taken, person_name(by)) if accept and taken else None
        if json:
            for each in proposals:
                screen.json(_proposal_as_json(screen, each, kept=file is not None and each in taken))
            return
        _show_suppliers(screen, proposals)
        if file is not None:
            screen.print(say("Written into the table: {n}", n=len(taken)), style="green")
            screen.print(f"  → {file}", style="green")
        elif taken:
            screen.print(say("Write them into the table with: smeflow books suppliers --accept"))


def _show_suppliers(screen: Screen, proposals: "Sequence[SupplierProposal]") -> None:
    if not proposals:
        screen.print(say("Every supplier has its accounts."), style="green")
        return
    columns = [
        ScreenColumn(heading=say("supplier"), style="bold"),
        ScreenColumn(heading=say("invoices"), right=True, wrap=False),
        ScreenColumn(heading=say("total with VAT"), right=True, wrap=False),
        ScreenColumn(heading=say("its own account"), wrap=False),
        ScreenColumn(heading=say("account"), wrap=False),
        ScreenColumn(heading=say("why")),
    ]
    rows = [
        (
            each.name,
            str(each.invoices),
            screen.amount(each.total, ""),
            each.aux.account or "?",
            each.expense.account or "?",
            each.expense.why or say("nothing tells: --expense ACCOUNT"),
        )
        for each in proposals
    ]
    screen.print(screen.table(columns, rows))


def _proposal_as_json(screen: Screen, each: "SupplierProposal", *, kept: bool) -> dict[str, Any]:
    return {
        "name": each.name,
        "vat_id": each.vat_id,
        "legal_id": each.legal_id,
        "invoices": each.invoices,
        "total": str(each.total),
        "aux_account": each.aux.account,
        "expense_account": each.expense.account,
        "why": screen.text(each.expense.why),
        "in_table": each.in_table,
        "written": kept,
    }


@books.command("ledger")
def purchase_ledger(ctx: typer.Context, period: Period, out: Out = BOOKS, state: State = None) -> None:
    """Write the purchase ledger of a month as a workbook: credit notes negative, VAT by rate, totals."""
    from smeflow.books.close import month_purchases
    from smeflow.books.invoices import days_of
    from smeflow.invoices.books.purchases import purchase_ledger as write_ledger

    screen: Screen = ctx.obj
    usage_checked(lambda: days_of(period))
    with open_ledger(state, Path.cwd()) as ledger:
        firm = firm_of(ledger)
        purchases = month_purchases(ledger, firm, period)
        data = write_ledger(purchases, period, next(iter(firm.company.names), ""), screen.language)
        name = say("purchases-{period}.xlsx", period=period).render(screen.language)
        _put_whole(screen, ledger, out / name, data, rows=len(purchases))


@books.command()
def dossier(ctx: typer.Context, period: Period, out: Out = BOOKS, state: State = None) -> None:
    """Put a booked month into one ZIP for the accountant: entries, documents, lists, corrections."""
    from smeflow.books.dossier import make_dossier

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        data = usage_checked(lambda: make_dossier(ledger, firm_of(ledger), period, screen.language))
        name = say("dossier-{period}.zip", period=period).render(screen.language)
        _put_whole(screen, ledger, out / name, data, rows=0)


def _put_whole(screen: Screen, ledger: "Ledger", file: Path, data: bytes, *, rows: int) -> None:
    """Write a file; one that was changed by hand stays, and the new one goes beside it."""
    from smeflow.files.output import put_whole_file
    from smeflow.ledger.history import LedgerSinkMemory

    memory = LedgerSinkMemory(ledger.store, "\nbooks month")
    put = put_whole_file(file.resolve(), data, memory, str(file.resolve()), rows=rows)
    for note in put.notes:
        screen.note(note, style="yellow")
    screen.print(f"  → {file.with_name(Path(put.path).name)}", style="green")


@books.command()
def archive(
    ctx: typer.Context,
    period: Annotated[
        str, typer.Option("--period", metavar="MONTH", help="The month, such as 2026-10.")
    ] = "",
    move: Annotated[
        bool, typer.Option("--move", help="Take the files out of their folder once their copies lie there.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Put back what was moved, and take the copies away.")
    ] = False,
    find: Annotated[
        str, typer.Option("--find", metavar="WORDS", help="Tell where documents are filed.")
    ] = "",
    state: State = None,
    json: Json = False,
) -> None:
    """File the documents of a month by rule: archive/2026/10/supplier number.pdf. --undo takes it back."""
    from smeflow.books.archive import file_documents, filed_documents, find_filed, undo_filing

    screen: Screen = ctx.obj
    if not period and not find:
        raise UsageProblem(say("Name the month with --period 2026-10, or --find what you look for."))
    with open_ledger(state, Path.cwd()) as ledger:
        firm = firm_of(ledger)
        if find:
            found = [each for each, _ in find_filed(ledger, find)]
            _show_filed(screen, found, json=json)
            return
        if undo:
            filing = undo_filing(ledger, firm, period)
            done = say("Documents put back: {n}", n=len(filing.filed))
        else:
            folders = _inboxes(ledger, state)
            original_of = partial(_original_of, folders) if move else None
            filing = usage_checked(
                lambda: file_documents(
                    ledger,
                    firm,
                    period,
                    original_of=original_of,
                    inboxes=[folder for folder, _ in folders.values()],
                )
            )
            done = say("Documents filed: {n}", n=len(filed_documents(ledger, period)))
        _show_filing(screen, filing, done, json=json)


def _inboxes(ledger: "Ledger", state: Path | None) -> Mapping[str, tuple[Path, bool]]:
    """Give the folder each recipe reads, and whether what is taken out of it stays in the ledger."""
    from smeflow.files.folder import Folder

    folders: dict[str, tuple[Path, bool]] = {}
    for name in ledger.recipes():
        try:
            source = find_recipe(name, state, None).source
        except SmeflowError:
            continue  # its recipe is gone or broken: its files are left alone
        if isinstance(source, Folder):
            folders[name] = (source.path, source.keeps_items)
    return folders


def _original_of(folders: Mapping[str, tuple[Path, bool]], item: "ItemRow") -> Path | None:
    folder, keeps = folders.get(item.recipe, (None, False))
    return folder / item.key if folder is not None and keeps else None


def _show_filing(screen: Screen, filing: "Filing", done: Phrase, *, json: bool) -> None:
    _show_filed(screen, filing.filed, json=json)
    for note in filing.notes:
        screen.note(note, style="yellow")
    if not json:
        screen.print(done, style="green")


def _show_filed(screen: Screen, filed: "Sequence[FiledDocument]", *, json: bool) -> None:
    for each in filed:
        if json:
            screen.json({"id": each.item, "path": each.path, "taken_from": each.taken_from or None})
        else:
            came = f"  ← {each.taken_from}" if each.taken_from else ""
            screen.print(f"  {each.item}  {each.path}{came}")
