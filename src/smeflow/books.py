"""Into the books: accounting entries of finished invoices, in closed, numbered batches."""

import calendar
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from smeflow._text import sha256
from smeflow.engine.cases import kind_of_value
from smeflow.i18n import Phrase, say
from smeflow.invoices.books.entries import SupplierAccounts, make_entry
from smeflow.invoices.books.journal import (
    DEFAULT_FORMAT,
    BooksOnDisk,
    Journal,
    JournalEntry,
    NotBookable,
    NumberedEntry,
    find_format,
)
from smeflow.invoices.claims import (
    bare_invoice_number,
    compared_facts,
    identities,
    identity_keys,
    same_invoice,
    supplier_rows,
)
from smeflow.invoices.record import Invoice
from smeflow.kinds.record_kind import record_word
from smeflow.ledger.between import rejected_elsewhere, settled_beside, with_both_shown
from smeflow.ledger.history import (
    BatchRow,
    BookedRow,
    NewEntry,
    batches_of,
    booked_in,
    close_batch,
    lost_batches,
    name_of_batch,
)
from smeflow.ledger.items import finish_held_items, hold_for_person
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import blob_data
from smeflow.recipe.workspace import WorkspaceSettings

_ENTRY_ADAPTER = TypeAdapter(JournalEntry)
_Finished = tuple[ItemRow, str, Invoice, str]
"""An item that holds an invoice, the step that gave it, the invoice, and the hash of the value."""
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
    known: tuple[LeftOut, ...] = ()
    """What is booked already: as another item, or in a file that another ledger wrote."""


def export_batch(
    ledger: Ledger,
    workspace: WorkspaceSettings,
    *,
    period: str,
    person: str,
    recipe: str = "",
    separator: str = "",
    form: str = DEFAULT_FORMAT,
    folder: Path | None = None,
) -> Export:
    """Close a batch of what is finished, dated in *period* (``2026-10``) and not booked yet.

    What was booked and has changed since leaves as a reversal and a new entry. What cannot be booked waits in
    review, and goes on by itself with the export after what it lacks was added. An invoice is booked once,
    however many items it came as. *folder* is where batches are written: what stands in files there that this
    ledger does not know (it was restored from a backup) is not booked again, nor are their numbers used; what
    left of the ledger that the backup took the place of is not booked again wherever its files are.

    Raises:
        ValueError: *period* is no month, or there is no such format or separator.
        LedgerError: Somebody else exported meanwhile.
    """
    books, written_as = workspace.books, find_format(form)
    between_columns = written_as.separator(separator)
    journal = Journal(code=books.journal, name=books.journal_name)
    booked, batches = booked_in(ledger.store, books.journal), batches_of(ledger.store, books.journal)
    known, numbers = {each.blob for each in batches}, [range(each.first, each.last + 1) for each in batches]
    lost = lost_batches(ledger.store, books.journal)
    on_disk = BooksOnDisk.read(folder, written_as, journal, known, numbers, lost=lost)
    chosen = _BatchContent(ledger, workspace, period, on_disk)
    chosen.choose(list(_records_of(ledger, recipe, _finished)), _standing_entries(booked))
    finish_held_items(ledger.store, [item for item in chosen.bookable if item.state == "review"])
    left_out = (*chosen.left_out, *_still_in_review(ledger, period, recipe))
    if not chosen.entries:
        return Export(batch=None, left_out=left_out, known=tuple(chosen.known))

    def write(first: int) -> bytes:
        numbered = [
            NumberedEntry(number=n, entry=entry) for n, (_, entry) in enumerate(chosen.entries, first)
        ]
        return written_as.write(numbered, journal, between_columns)

    batch = close_batch(
        ledger.store,
        journal=books.journal,
        period=period,
        person=person,
        entries=[new for new, _ in chosen.entries],
        after=booked[-1].id if booked else 0,
        write=write,
        ending=written_as.ending,
        last_elsewhere=on_disk.last,
        nth_elsewhere=on_disk.nth,
    )
    reversals = sum(new.reversal for new, _ in chosen.entries)
    entries = len(chosen.entries) - reversals
    return Export(
        batch=batch, entries=entries, reversals=reversals, left_out=left_out, known=tuple(chosen.known)
    )


class _BatchContent:
    """What an export takes and what it leaves."""

    def __init__(
        self, ledger: Ledger, workspace: WorkspaceSettings, period: str, on_disk: BooksOnDisk
    ) -> None:
        self._ledger, self._workspace, self._period, self._on_disk = ledger, workspace, period, on_disk
        self._last_day = _last_day(period)
        self.entries: list[tuple[NewEntry, JournalEntry]] = []
        self.left_out: list[LeftOut] = []
        self.known: list[LeftOut] = []
        self.bookable: list[ItemRow] = []

    def choose(self, finished: list[_Finished], standing: dict[int, BookedRow]) -> None:
        """Choose what is new, dated in the period, and what has changed since it left."""
        changed = {i.id for i, _, _, digest in finished if i.id in standing and standing[i.id].hash != digest}
        rejected = list(_rejected_since(self._ledger, standing))
        outdated = changed | {row.item for row in rejected}
        papers = _BookedPapers(self._ledger, [row for row in standing.values() if row.item not in outdated])
        # What has changed comes first: copies are held against what it is now.
        for each in sorted(finished, key=lambda each: each[0].id not in changed):
            item, _, record, digest = each
            before, twin = standing.get(item.id), papers.of(item, record)
            if before is not None and before.hash == digest:
                continue
            if before is None and twin is not None and twin.row is not None and twin.item.state == "skipped":
                if compared_facts(twin.record) == compared_facts(record):
                    continue  # moved, or away for a while: its entry stands
                before, twin = twin.row, None
            if before is None and _month(record) != self._period:
                continue
            if twin is not None and not self._stands_beside(each, twin, before):
                continue
            if self._book(each, before):
                papers.add(_Paper(item=item, version=item.version, record=record))
        for row in rejected:
            self._take_back(row)

    def _stands_beside(self, each: _Finished, twin: "_Paper", before: BookedRow | None) -> bool:
        """Tell whether an invoice is booked although *twin*, booked as another item, goes by its name."""
        item, step, record, _ = each
        equal = compared_facts(twin.record) == compared_facts(record)
        if twin.version == item.version and equal:
            self.known.append(LeftOut(item=item, why=say("booked already as {name}", name=twin.item.name)))
            if before is not None:
                self._take_back(before)
            return False
        if twin.version != item.version and settled_beside(self._ledger.store, item.id, twin.item.id):
            return True
        what = say("invoice {number} of {seller}", number=record.number or "", seller=record.seller or "?")
        there, here = compared_facts(twin.record), compared_facts(record)
        why = say("{what} is there already: {name}", what=what, name=twin.item.name)
        self._hold(item, step, with_both_shown(why, there, here))
        return False

    def _book(self, each: _Finished, before: BookedRow | None) -> bool:
        item, step, record, digest = each
        try:
            entry = _entry(record, self._workspace)
        except NotBookable as error:
            self._hold(item, step, error.phrase)
            return False
        objection = self._on_disk.objection(entry) if before is None else None
        if objection is not None:
            why, equal = objection
            if equal:
                self.known.append(LeftOut(item=item, why=why))
            else:
                self._hold(item, step, why)
            return False
        self.bookable.append(item)
        if before is not None:
            back = self._take_back(before)
            entry = replace(entry, day=max(back.day, entry.day))  # both in one month, that of the first stays
        self._add(item.id, digest, entry)
        return True

    def _hold(self, item: ItemRow, step: str, why: Phrase) -> None:
        hold_for_person(self._ledger.store, item, kind=WAITS_FOR_BOOKS, step=step, phrase=why)
        self.left_out.append(LeftOut(item=item, why=why))

    def _take_back(self, before: BookedRow) -> JournalEntry:
        back = _reversal_of(before, self._last_day)
        self._add(before.item, before.hash, back, reversal=True)
        return back

    def _add(self, item: int, digest: str, entry: JournalEntry, *, reversal: bool = False) -> None:
        written = _ENTRY_ADAPTER.dump_json(entry).decode()
        self.entries.append((NewEntry(item=item, hash=digest, reversal=reversal, entry=written), entry))


@dataclass(frozen=True, kw_only=True)
class _Paper:
    """An invoice that is booked, or is in this batch."""

    item: ItemRow
    version: str
    """Of the item, when it was booked."""
    record: Invoice
    row: BookedRow | None = None
    """Its entry; None where it leaves only now."""


class _BookedPapers:
    """The invoices that are booked, found by supplier and number whatever item they came as."""

    def __init__(self, ledger: Ledger, standing: Iterable[BookedRow]) -> None:
        self._ledger = ledger
        self._rows: dict[str, list[BookedRow]] = {}
        self._new: dict[str, list[_Paper]] = {}
        for row in standing:
            number = bare_invoice_number(json.loads(row.entry)["reference"])
            self._rows.setdefault(number, []).append(row)

    def add(self, paper: _Paper) -> None:
        """Note what this batch takes."""
        self._new.setdefault(bare_invoice_number(paper.record.number), []).append(paper)

    def of(self, item: ItemRow, record: Invoice) -> _Paper | None:
        """Find the same invoice as another item, the same bytes first; None where there is none."""
        number = bare_invoice_number(record.number)
        rows = [row for row in self._rows.get(number, ()) if row.item != item.id]
        papers = [
            *self._new.get(number, ()),
            *(paper for row in rows if (paper := _read_paper(self._ledger, row))),
        ]
        same = [paper for paper in papers if paper.item.id != item.id and same_invoice(paper.record, record)]
        return min(same, key=lambda paper: paper.version != item.version, default=None)


def _read_paper(ledger: Ledger, row: BookedRow) -> _Paper | None:
    """Read the invoice an entry was made of."""
    item = ledger.item(None, row.item)
    if item is None:
        return None
    results = [(r.value, r.version) for r in ledger.results(item) if r.hash == row.hash]
    reviews = [(r.after, r.version) for r in ledger.reviews(item) if r.after]
    typed = [(value, version) for value, version in reviews if sha256(value) == row.hash]
    for value, version in (*results, *typed):
        record = _invoice_in(json.loads(value), record_word(Invoice))
        if record is not None:
            return _Paper(item=item, version=version, record=record, row=row)
    return None


def batch_file(ledger: Ledger, batch: BatchRow) -> bytes:
    """Give a batch's file as it left, byte for byte."""
    return blob_data(ledger.store, batch.blob)


def batch_file_name(batch: BatchRow) -> str:
    """Name a batch's file: journal, period and the batch's number in the journal."""
    return name_of_batch(batch.journal, batch.period, batch.nth, batch.ending)


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


def _records_of(ledger: Ledger, recipe: str, wanted: Callable[[ItemRow], bool]) -> Iterator[_Finished]:
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


def _entry(record: Invoice, workspace: WorkspaceSettings) -> JournalEntry:
    known, company = workspace.known(), workspace.company
    rows = supplier_rows(record, known)
    supplier = SupplierAccounts.of(rows[0] if rows else {}, workspace.books, record.seller or "?")
    country = next((vat[:2] for vat in company.vat_ids), "FR")
    return make_entry(record, supplier, workspace.books, currency=company.currency, country=country)


def _rejected_since(ledger: Ledger, standing: dict[int, BookedRow]) -> Iterator[BookedRow]:
    """Give the entries of what was rejected since, be it as the item that came back in another place."""
    for item_id, row in standing.items():
        item = ledger.item(None, item_id)
        if item is None or item.state != "skipped":
            continue
        if item.reason.kind == "rejected":
            yield row
        elif (paper := _read_paper(ledger, row)) is not None:
            record = paper.record
            keys = [key for name in identities(record) for key in identity_keys(record, name)]
            if rejected_elsewhere(ledger.store, item_id, keys, compared_facts(record)):
                yield row


def _reversal_of(before: BookedRow, day: date) -> JournalEntry:
    entry = _ENTRY_ADAPTER.validate_json(before.entry)
    return entry.reversed_on(max(day, entry.day), f"Extourne {entry.label}")
