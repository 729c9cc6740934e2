"""Into the books: accounting entries of finished invoices, in closed, numbered batches."""

import calendar
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from typing import Any

from pydantic import TypeAdapter, ValidationError

from smeflow.documents.show import page_png
from smeflow.engine.cases import document_of, kind_of_value
from smeflow.errors import DocumentError
from smeflow.i18n import Language, Phrase, say
from smeflow.invoices.books.entries import SupplierAccounts, make_entry
from smeflow.invoices.books.journal import (
    DEFAULT_FORMAT,
    Journal,
    JournalEntry,
    NotBookable,
    NumberedEntry,
    find_format,
)
from smeflow.invoices.claims import supplier_rows
from smeflow.invoices.record import Invoice
from smeflow.kinds.record_kind import record_word
from smeflow.ledger.between import BatchRow, BookedRow, NewEntry, batches_of, booked_in, close_batch
from smeflow.ledger.items import finish_held_items, hold_for_person
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import blob_data
from smeflow.recipe.workspace import Workspace

_ENTRY_ADAPTER = TypeAdapter(JournalEntry)
WAITS_FOR_BOOKS = "books"
"""The kind of reason an item waits for a bookkeeper with."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An invoice that was not booked: it cannot be yet, or waits in review for another reason."""

    item: ItemRow
    why: Phrase


@dataclass(frozen=True, kw_only=True)
class Export:
    """What an export did."""

    batch: BatchRow | None
    """None where there was nothing to book."""
    entries: int = 0
    reversals: int = 0
    left_out: tuple[LeftOut, ...] = ()


def export_batch(
    ledger: Ledger,
    workspace: Workspace,
    *,
    period: str,
    person: str,
    recipe: str = "",
    separator: str = "",
    form: str = DEFAULT_FORMAT,
) -> Export:
    """Close a batch of what is finished, dated in *period* (``2026-10``) and not booked yet.

    What was booked and has changed since leaves as a reversal and a new entry. What cannot be booked waits in
    review, and goes on by itself with the export after what it lacks was added.

    Raises:
        ValueError: *period* is no month, or there is no such format or separator.
        LedgerError: Somebody else exported meanwhile.
    """
    books, written_as = workspace.books, find_format(form)
    between_columns = written_as.separator(separator)
    booked = booked_in(ledger.store, books.journal)
    chosen = _choose_entries(ledger, workspace, period, recipe, booked)
    finish_held_items(ledger.store, [item for item in chosen.bookable if item.state == "review"])
    left_out = (*chosen.left_out, *_still_in_review(ledger, period, recipe))
    if not chosen.entries:
        return Export(batch=None, left_out=left_out)

    def write(first: int) -> bytes:
        numbered = [
            NumberedEntry(number=n, entry=entry) for n, (_, entry) in enumerate(chosen.entries, first)
        ]
        return written_as.write(
            numbered, Journal(code=books.journal, name=books.journal_name), between_columns
        )

    batch = close_batch(
        ledger.store,
        journal=books.journal,
        period=period,
        person=person,
        entries=[new for new, _ in chosen.entries],
        after=booked[-1].id if booked else 0,
        write=write,
        ending=written_as.ending,
    )
    reversals = sum(new.reversal for new, _ in chosen.entries)
    entries = len(chosen.entries) - reversals
    return Export(batch=batch, entries=entries, reversals=reversals, left_out=left_out)


@dataclass
class _BatchContent:
    """What an export takes and what it leaves."""

    entries: list[tuple[NewEntry, JournalEntry]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    bookable: list[ItemRow] = field(default_factory=list)

    def add(self, item: int, digest: str, entry: JournalEntry, *, reversal: bool = False) -> None:
        written = _ENTRY_ADAPTER.dump_json(entry).decode()
        self.entries.append((NewEntry(item=item, hash=digest, reversal=reversal, entry=written), entry))


def _choose_entries(
    ledger: Ledger, workspace: Workspace, period: str, recipe: str, booked: list[BookedRow]
) -> _BatchContent:
    """Choose what is new, dated in the period, and what has changed since it left."""
    chosen, standing, last_day = _BatchContent(), _standing_entries(booked), _last_day(period)
    for item, step, record, digest in _records_of(ledger, recipe, _finished):
        before = standing.pop(item.id, None)
        if before is not None and before.hash == digest:
            continue
        if before is None and _month(record) != period:
            continue
        try:
            entry = _entry(record, workspace)
        except NotBookable as error:
            hold_for_person(ledger.store, item, kind=WAITS_FOR_BOOKS, step=step, phrase=error.phrase)
            chosen.left_out.append(LeftOut(item=item, why=error.phrase))
            continue
        chosen.bookable.append(item)
        if before is not None:
            back = _reversal_of(before, last_day)
            chosen.add(item.id, before.hash, back, reversal=True)
            entry = replace(entry, day=max(back.day, entry.day))  # both in one month, that of the first stays
        chosen.add(item.id, digest, entry)
    for rejected in _rejected_since(ledger, standing):
        chosen.add(rejected.item, rejected.hash, _reversal_of(rejected, last_day), reversal=True)
    return chosen


def batch_file(ledger: Ledger, batch: BatchRow) -> bytes:
    """Give a batch's file as it left, byte for byte."""
    return blob_data(ledger.store, batch.blob)


def batch_file_name(ledger: Ledger, batch: BatchRow) -> str:
    """Name a batch's file: journal, period and the batch's number in the journal."""
    numbers = [row.id for row in batches_of(ledger.store, batch.journal)]
    return f"{batch.journal}-{batch.period}-{numbers.index(batch.id) + 1:04d}{batch.ending}"


def _month(record: Invoice) -> str | None:
    return f"{record.issue_date:%Y-%m}" if record.issue_date else None


def _last_day(period: str) -> date:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise ValueError(say("{period} is no month; write it as 2026-10", period=period))
    year, month = map(int, period.split("-"))
    return date(year, month, calendar.monthrange(year, month)[1])


def _standing_entries(booked: list[BookedRow]) -> dict[int, BookedRow]:
    """Give the entry that stands for each item: the last one that was not taken back."""
    standing: dict[int, BookedRow] = {}
    for row in booked:
        if row.reversal:
            standing.pop(row.item, None)
        else:
            standing[row.item] = row
    return standing


def _finished(item: ItemRow) -> bool:
    return item.state == "done" or (item.state == "review" and item.reason.kind == WAITS_FOR_BOOKS)


def _undecided(item: ItemRow) -> bool:
    return item.state == "review" and item.reason.kind != WAITS_FOR_BOOKS and bool(item.reason.phrases)


def _records_of(
    ledger: Ledger, recipe: str, wanted: Callable[[ItemRow], bool]
) -> Iterator[tuple[ItemRow, str, Invoice, str]]:
    """Go through the items *wanted* that hold an invoice: its step, the invoice, and the value's hash."""
    for name in [recipe] if recipe else ledger.recipes():
        for item in filter(wanted, ledger.items(name)):
            for step in item.outcome:
                stored = ledger.value(item, step)
                value = json.loads(stored[0]) if stored is not None else None
                record = _invoice_in(value, kind_of_value(ledger, item, step, value).record)
                if stored is not None and record is not None:
                    yield item, step, record, stored[1]
                    break


def _invoice_in(value: Any, kind: str) -> Invoice | None:
    """Give the invoice of a result as it is written down; of a quote, an order or a reminder nothing.

    Whoever approved it: what calls itself something else is none, and neither is another *kind* of record.
    """
    if kind != record_word(Invoice):
        return None
    fields = value["record"]
    try:
        record = Invoice.model_validate(fields)
    except ValidationError:
        return None
    checks = value.get("checks", ())
    refused = any(check["name"] == "is_invoice" and check["passed"] is False for check in checks)
    return None if refused and record.kind is None else record


def _still_in_review(ledger: Ledger, period: str, recipe: str) -> Iterator[LeftOut]:
    """Give what a person has yet to decide of the period, or of no day that is known."""
    for item, _, record, _ in _records_of(ledger, recipe, _undecided):
        if _month(record) in (None, period):
            yield LeftOut(item=item, why=item.reason.phrases[0])


def _entry(record: Invoice, workspace: Workspace) -> JournalEntry:
    known, company = workspace.known(), workspace.company
    rows = supplier_rows(record, known)
    supplier = SupplierAccounts.of(rows[0] if rows else {}, workspace.books, record.seller or "?")
    country = next((vat[:2] for vat in company.vat_ids), "FR")
    return make_entry(record, supplier, workspace.books, currency=company.currency, country=country)


def _rejected_since(ledger: Ledger, standing: dict[int, BookedRow]) -> Iterator[BookedRow]:
    """Give the entries of items that were rejected since."""
    for item_id, row in standing.items():
        item = ledger.item(None, item_id)
        if item is not None and item.state == "skipped" and item.reason.kind == "rejected":
            yield row


def _reversal_of(before: BookedRow, day: date) -> JournalEntry:
    entry = _ENTRY_ADAPTER.validate_json(before.entry)
    return entry.reversed_on(max(day, entry.day), f"Extourne {entry.label}")


MOST_PICTURES = 200
_STYLE = "body{font-family:sans-serif}td,th{padding:.3em 1em;text-align:left;vertical-align:top}"


def left_out_files(
    ledger: Ledger, left_out: Sequence[LeftOut], period: str, language: Language
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


def _first_page(ledger: Ledger, omitted: LeftOut) -> bytes | None:
    """Draw the first page; None where the item is no document of pages."""
    try:
        document = document_of(ledger.store, omitted.item)
        pages = [d for d in document.walk() if d.media_type == "application/pdf" or "image/" in d.media_type]
        return page_png(pages[0], pages[0].pages[0].number if pages[0].pages else 1) if pages else None
    except DocumentError:
        return None
