"""``smeflow books``: finished invoices as entries to import, in closed, numbered batches."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import By, Json, State, open_ledger, person_name
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem, usage_checked
from smeflow.i18n import Language, Phrase, say

if TYPE_CHECKING:
    from smeflow.books import Export, LeftOut
    from smeflow.ledger.history import BatchRow
    from smeflow.ledger.ledger import Ledger
    from smeflow.recipe.workspace import WorkspaceSettings

books = typer.Typer(help="Book finished invoices: draft entries to import, in closed, numbered batches.")
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")]
BOOKS = Path("books")
AUDIT_FILE = "audit.jsonl"
"""In the folder of books: the head of the audit chain at each export."""


@books.command()
def export(
    ctx: typer.Context,
    period: Annotated[str, typer.Option("--period", metavar="MONTH", help="The month, such as 2026-10.")],
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="NAME", help="Only this recipe's invoices.")
    ] = "",
    out: Out = BOOKS,
    separator: Annotated[
        str, typer.Option("--separator", metavar="WORD", help="What stands between the columns: tab or pipe.")
    ] = "",
    form: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="How it is written: fec, datev, sage, or your own."),
    ] = "fec",
    state: State = None,
    by: By = "",
    json: Json = False,
) -> None:
    """Close a batch of what is finished and not booked yet. A batch is never changed."""
    from smeflow.books import export_batch as close_batch
    from smeflow.ledger.audit import audit_head, keep_head

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        try:
            batch_export = close_batch(
                ledger,
                firm_of(ledger),
                period=period,
                person=person_name(by),
                recipe=recipe,
                separator=separator,
                form=form,
                folder=out,
            )
        except ValueError as error:
            raise UsageProblem(error.args[0]) from error
        path = None
        for batch in _unwritten(ledger):
            file = _put(ledger, batch, out)
            keep_head(out / AUDIT_FILE, audit_head(ledger.store), ledger.store.now(), f"books {file}")
            if batch_export.batch is not None and batch.id == batch_export.batch.id:
                path = file
            else:
                screen.note(
                    say("{file} was not written by the export that closed it; it is now.", file=file),
                    style="yellow",
                )
        stale = (
            out / f"review-{period}.html"
        ).exists()  # of an earlier export: what left since is no more on it
        listed = (
            _put_list(ledger, batch_export, period, out, screen) if batch_export.left_out or stale else None
        )
        if json:
            screen.json(_as_json(screen, batch_export, path))
        else:
            _tell(screen, batch_export, path)
            if listed and batch_export.left_out:
                screen.print(f"  → {listed}", style="yellow")


@books.command("list")
def list_batches(ctx: typer.Context, state: State = None, json: Json = False) -> None:
    """List the batches that left."""
    from rich.table import Table

    from smeflow.books import batch_file_name
    from smeflow.ledger.history import batches_of

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        rows = batches_of(ledger.store, firm_of(ledger).books.journal)
        if json:
            for row in rows:
                screen.json({**_batch(row), "file": batch_file_name(row)})
            return
        if not rows:
            screen.print(
                say("Nothing was booked yet. Book a month with: smeflow books export --period 2026-10")
            )
            return
        heads = (say("file"), say("period"), say("entries"), say("by"), say("at"))
        table = Table(*map(screen.text, heads), box=None, pad_edge=False)
        for row in rows:
            name, count = batch_file_name(row), str(row.last - row.first + 1)
            table.add_row(name, row.period, count, row.person, f"{row.at:%Y-%m-%d %H:%M}")
        screen.print(table)


@books.command()
def write(
    ctx: typer.Context,
    out: Out = BOOKS,
    form: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="In another format, for a program that wants it."),
    ] = "",
    state: State = None,
) -> None:
    """Write the files of all batches again, byte for byte as they left."""
    from smeflow.ledger.history import batches_of

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        for row in batches_of(ledger.store, firm_of(ledger).books.journal):
            file = _put_in_form(ledger, row, out, form) if form else _put(ledger, row, out)
            screen.print(f"  → {file}")


def _put_in_form(ledger: "Ledger", batch: "BatchRow", out: Path, form: str) -> Path:
    """Write a batch's entries in another format; the batch and its own file stay as they are."""
    from smeflow.books.dossier import batch_in_form
    from smeflow.books.export import BatchForm
    from smeflow.files.output import put_whole_file
    from smeflow.ledger.history import LedgerSinkMemory

    found = usage_checked(lambda: BatchForm.find(firm_of(ledger), form))
    name, data = usage_checked(lambda: batch_in_form(ledger, found, batch))
    file = (out / name).resolve()
    put = put_whole_file(file, data, LedgerSinkMemory(ledger.store, "\nbooks month"), str(file), rows=0)
    return out / Path(put.path).name


def firm_of(ledger: "Ledger") -> "WorkspaceSettings":
    """Give the settings of the firm a ledger is of."""
    from smeflow.recipe.workspace import WorkspaceSettings

    return WorkspaceSettings.find(ledger.store.folder.parent)


def _unwritten(ledger: "Ledger") -> "list[BatchRow]":
    """Give the batches whose file was never written: the new one, and one whose export was cut off."""
    from smeflow.books import batch_file_name
    from smeflow.ledger.history import LedgerSinkMemory, batches_of

    memory = LedgerSinkMemory(ledger.store, "\nbooks")
    beside = re.compile(r"\+\d+$")  # behind the name of a file that stands there from elsewhere
    written = {(beside.sub("", Path(key).name), memory[key]) for key in memory}
    batches = batches_of(ledger.store, firm_of(ledger).books.journal)
    return [batch for batch in batches if (batch_file_name(batch), batch.blob) not in written]


def _put(ledger: "Ledger", batch: "BatchRow", out: Path) -> Path:
    """Write a batch's file; one that was changed by hand stays, and the right one goes beside it."""
    from smeflow.books import batch_file, batch_file_name
    from smeflow.files.output import open_folder, put_file
    from smeflow.ledger.history import LedgerSinkMemory

    folder, name = out.resolve(), batch_file_name(batch)
    with open_folder(folder) as spot:
        written = put_file(
            spot,
            name,
            batch_file(ledger, batch),
            LedgerSinkMemory(ledger.store, "\nbooks"),
            str(folder / name),
        )
    return out / written.name


def _put_list(ledger: "Ledger", batch_export: "Export", period: str, out: Path, screen: Screen) -> Path:
    """Write the list of what was left out, each with its first page."""
    from smeflow.files.output import open_folder, put_file
    from smeflow.ledger.history import LedgerSinkMemory

    folder, last = out.resolve(), out
    with open_folder(folder) as spot:
        for name, data in left_out_files(ledger, batch_export.left_out, period, screen.language):
            written = put_file(
                spot, name, data, LedgerSinkMemory(ledger.store, "\nbooks review"), str(folder / name)
            )
            last = out / written.name
    return last


def _batch(row: "BatchRow") -> dict[str, Any]:
    return {
        "journal": row.journal,
        "period": row.period,
        "first": row.first,
        "last": row.last,
        "by": row.person,
        "at": row.at.isoformat(),
    }


def _as_json(screen: Screen, batch_export: "Export", path: Path | None) -> dict[str, Any]:
    return {
        "file": str(path) if path else None,
        "batch": _batch(batch_export.batch) if batch_export.batch else None,
        "entries": batch_export.entries,
        "reversals": batch_export.reversals,
        "left_out": [
            {"id": omitted.item.id, "item": omitted.item.key, "why": screen.text(omitted.why)}
            for omitted in batch_export.left_out
        ],
        "booked_already": [
            {"id": known.item.id, "item": known.item.key, "why": screen.text(known.why)}
            for known in batch_export.known
        ],
    }


def _tell(screen: Screen, batch_export: "Export", path: Path | None) -> None:
    if path is None:
        screen.print(say("Nothing to book."), style="green" if not batch_export.left_out else "yellow")
    else:
        what = say(
            "{n} entries, {back} taken back. Drafts to import and validate; not the legal FEC.",
            n=batch_export.entries,
            back=batch_export.reversals,
        )
        screen.print(f"  → {path}", style="green")
        screen.print(what)
    for known in batch_export.known:
        screen.print(f"  = {known.item.name}: {screen.text(known.why)}", style="bright_black")
    for omitted in batch_export.left_out:
        screen.print(f"  ? {omitted.item.name}: {screen.text(omitted.why)}", style="yellow")
    if batch_export.left_out:
        screen.print(say("They wait in review: smeflow review"), style="bright_black")


MOST_PICTURES = 200
_STYLE = "body{font-family:sans-serif}td,th{padding:.3em 1em;text-align:left;vertical-align:top}"


def left_out_files(
    ledger: "Ledger", left_out: "Sequence[LeftOut]", period: str, language: Language
) -> Iterator[tuple[str, bytes]]:
    """Give the files of the list by name: a picture an invoice, then the page that links them."""

    def words(phrase: Phrase) -> str:
        return escape(phrase.render(language))

    rows = []
    for number, omitted in enumerate(left_out):
        file, name = f"review-{period}-{omitted.item.id}.png", escape(omitted.item.name)
        picture = _first_page(ledger, omitted) if number < MOST_PICTURES else None
        if picture is not None:
            yield file, picture
            name = f'<a href="{file}">{name}</a>'
        rows.append(f"<tr><td>{omitted.item.id}</td><td>{name}</td><td>{words(omitted.why)}</td></tr>")
    title = words(say("Left out of the books of {period}", period=period))
    headings = "".join(f"<th>{words(heading)}</th>" for heading in _HEADINGS)
    nothing_left = f"<p>{words(say('Everything that is finished was booked.'))}</p>"
    table = f"<table><tr>{headings}</tr>{''.join(rows)}</table>" if rows else nothing_left
    page = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{table}</html>\n"
    )
    yield f"review-{period}.html", page.encode()


_HEADINGS = (say("number"), say("invoice"), say("why"))


def _first_page(ledger: "Ledger", omitted: "LeftOut") -> bytes | None:
    """Draw the first page; None where the item is no document of pages."""
    from smeflow.documents.show import page_png
    from smeflow.engine.cases import document_of
    from smeflow.errors import DocumentError

    try:
        document = document_of(ledger.store, omitted.item)
        pages = [d for d in document.walk() if d.media_type == "application/pdf" or "image/" in d.media_type]
        return page_png(pages[0], pages[0].pages[0].number if pages[0].pages else 1) if pages else None
    except DocumentError:
        return None
