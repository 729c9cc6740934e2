"""Into the books: accounting entries of finished invoices, in closed, numbered batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from smeflow.books.invoices import (
    WAITS_FOR_BOOKS,
    BookedPaper,
    BookedPapers,
    LedgerInvoice,
    days_of,
    invoices_in,
    read_paper,
    undecided,
)
from smeflow.books.supplier_table import supplier_tables
from smeflow.i18n import Phrase, say
from smeflow.invoices.books.entries import SupplierAccounts, make_entry
from smeflow.invoices.books.journal import (
    DEFAULT_FORMAT,
    BooksFormat,
    BooksOnDisk,
    Journal,
    JournalEntry,
    NotBookable,
    NumberedEntry,
    find_format,
)
from smeflow.invoices.claims import (
    compared_facts,
    identities,
    identity_keys,
    supplier_rows,
)
from smeflow.invoices.record import Invoice
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
    next_entry_number,
)
from smeflow.ledger.items import finish_held_items, hold_for_person
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import blob_data
from smeflow.recipe.known_tables import KnownTables
from smeflow.recipe.workspace import WorkspaceSettings

ENTRY_ADAPTER = TypeAdapter(JournalEntry)


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


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an export would book now. Nothing is held, numbered or written for it."""

    entries: tuple[NumberedEntry, ...]
    """With the numbers they would get; what takes an entry back among them."""
    items: tuple[int, ...]
    """The item of each entry."""
    reversals: int
    data: bytes
    """The file as it would be; empty where there is nothing to book."""
    left_out: tuple[LeftOut, ...]
    known: tuple[LeftOut, ...]


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
        ValueError: *period* is no month, there is no such format or separator, or it cannot write an entry.
        LedgerError: Somebody else exported meanwhile.
    """
    chosen = _BatchContent(ledger, workspace, period, BatchForm.find(workspace, form, separator), folder)
    chosen.choose(list(invoices_in(ledger, recipe=recipe)), hold=True)
    left_out = (*chosen.left_out, *_still_in_review(ledger, period, recipe))
    if not chosen.entries:
        return Export(batch=None, left_out=left_out, known=tuple(chosen.known))
    chosen.file(1)  # what the format cannot write is told before anything is numbered
    batch = close_batch(
        ledger.store,
        journal=workspace.books.journal,
        period=period,
        person=person,
        entries=[new for new, _ in chosen.entries],
        after=chosen.booked[-1].id if chosen.booked else 0,
        write=chosen.file,
        ending=chosen.form.written_as.ending,
        last_elsewhere=chosen.on_disk.last,
        nth_elsewhere=chosen.on_disk.nth,
    )
    reversals = chosen.reversals
    entries = len(chosen.entries) - reversals
    return Export(
        batch=batch, entries=entries, reversals=reversals, left_out=left_out, known=tuple(chosen.known)
    )


def preview_batch(
    ledger: Ledger,
    workspace: WorkspaceSettings,
    *,
    period: str,
    recipe: str = "",
    separator: str = "",
    form: str = DEFAULT_FORMAT,
    folder: Path | None = None,
) -> Preview:
    """Give what `export_batch` would book and leave out, and change nothing.

    Raises:
        ValueError: *period* is no month, there is no such format or separator, or it cannot write an entry.
    """
    chosen = _BatchContent(ledger, workspace, period, BatchForm.find(workspace, form, separator), folder)
    chosen.choose(list(invoices_in(ledger, recipe=recipe)), hold=False)
    first = next_entry_number(ledger.store, workspace.books.journal, chosen.on_disk.last)
    return Preview(
        entries=tuple(chosen.numbered(first)),
        items=tuple(new.item for new, _ in chosen.entries),
        reversals=chosen.reversals,
        data=chosen.file(first) if chosen.entries else b"",
        left_out=(*chosen.left_out, *_still_in_review(ledger, period, recipe)),
        known=tuple(chosen.known),
    )


@dataclass(frozen=True, kw_only=True)
class BatchForm:
    """How a batch is written: the format, the journal, and what stands between columns."""

    written_as: BooksFormat
    journal: Journal
    separator: str

    @classmethod
    def find(cls, workspace: WorkspaceSettings, form: str, separator: str = "") -> "BatchForm":
        """Find the format called *form* with the firm's settings for it.

        Raises:
            ValueError: There is no such format or separator.
        """
        written_as = find_format(form)
        journal = Journal(
            code=workspace.books.journal,
            name=workspace.books.journal_name,
            currency=workspace.company.currency,
            year_start=workspace.company.fiscal_year_start,
            options=workspace.books.formats.get(form, {}),
        )
        return cls(written_as=written_as, journal=journal, separator=written_as.separator(separator))

    def write(self, entries: Sequence[NumberedEntry]) -> bytes:
        """Write *entries*.

        Raises:
            ValueError: The format cannot write one; the phrase says which and why.
        """
        return self.written_as.write(entries, self.journal, self.separator)


class _BatchContent:
    """What an export takes and what it leaves."""

    def __init__(
        self,
        ledger: Ledger,
        workspace: WorkspaceSettings,
        period: str,
        form: BatchForm,
        folder: Path | None,
    ) -> None:
        self._ledger, self._workspace, self._period, self.form = ledger, workspace, period, form
        self._last_day = days_of(period)[1]
        self._suppliers = supplier_tables(workspace)
        store, journal = ledger.store, workspace.books.journal
        batches, lost = batches_of(store, journal), lost_batches(store, journal)
        self.booked = booked_in(store, journal)
        known, numbers = (
            {each.blob for each in batches},
            [range(each.first, each.last + 1) for each in batches],
        )
        self.on_disk = BooksOnDisk.read(folder, form.written_as, form.journal, known, numbers, lost=lost)
        self.entries: list[tuple[NewEntry, JournalEntry]] = []
        self.left_out: list[LeftOut] = []
        self.known: list[LeftOut] = []
        self._bookable: list[ItemRow] = []
        self._holds = False

    @property
    def reversals(self) -> int:
        """How many entries take an earlier one back."""
        return sum(new.reversal for new, _ in self.entries)

    def numbered(self, first: int) -> list[NumberedEntry]:
        """Number the entries from *first*."""
        return [NumberedEntry(number=n, entry=entry) for n, (_, entry) in enumerate(self.entries, first)]

    def file(self, first: int) -> bytes:
        """Write the entries, numbered from *first*."""
        return self.form.write(self.numbered(first))

    def choose(self, invoices: list[LedgerInvoice], *, hold: bool) -> None:
        """Choose what is new, dated in the period, and what has changed since it left.

        Where *hold* says so, what cannot be booked is held for a person, and what can be is let go.
        """
        self._holds, standing = hold, standing_entries(self.booked)
        changed = {
            each.item.id
            for each in invoices
            if each.item.id in standing and standing[each.item.id].hash != each.hash
        }
        rejected = list(_rejected_since(self._ledger, standing))
        outdated = changed | {row.item for row in rejected}
        papers = BookedPapers(self._ledger, [row for row in standing.values() if row.item not in outdated])
        # What has changed comes first: copies are held against what it is now.
        for each in sorted(invoices, key=lambda each: each.item.id not in changed):
            item, record = each.item, each.record
            before, twin = standing.get(item.id), papers.of(item, record)
            if before is not None and before.hash == each.hash:
                continue
            if before is None and twin is not None and twin.row is not None and twin.item.state == "skipped":
                if compared_facts(twin.record) == compared_facts(record):
                    continue  # moved, or away for a while: its entry stands
                before, twin = twin.row, None
            if before is None and each.month != self._period:
                continue
            if twin is not None and not self._stands_beside(each, twin, before):
                continue
            if self._book(each, before):
                papers.add(BookedPaper(item=item, version=item.version, record=record))
        for row in rejected:
            self._take_back(row)
        if hold:
            waiting = [item for item in self._bookable if item.state == "review"]
            finish_held_items(self._ledger.store, waiting)

    def _stands_beside(self, each: LedgerInvoice, twin: BookedPaper, before: BookedRow | None) -> bool:
        """Tell whether an invoice is booked although *twin*, booked as another item, goes by its name."""
        item, step, record = each.item, each.step, each.record
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

    def _book(self, each: LedgerInvoice, before: BookedRow | None) -> bool:
        item, step, record = each.item, each.step, each.record
        try:
            entry = _entry(record, self._workspace, self._suppliers)
        except NotBookable as error:
            self._hold(item, step, error.phrase)
            return False
        objection = self.on_disk.objection(entry) if before is None else None
        if objection is not None:
            why, equal = objection
            if equal:
                self.known.append(LeftOut(item=item, why=why))
            else:
                self._hold(item, step, why)
            return False
        self._bookable.append(item)
        if before is not None:
            back = self._take_back(before)
            entry = replace(entry, day=max(back.day, entry.day))  # both in one month, that of the first stays
        self._add(item.id, each.hash, entry)
        return True

    def _hold(self, item: ItemRow, step: str, why: Phrase) -> None:
        if self._holds:
            hold_for_person(self._ledger.store, item, kind=WAITS_FOR_BOOKS, step=step, phrase=why)
        self.left_out.append(LeftOut(item=item, why=why))

    def _take_back(self, before: BookedRow) -> JournalEntry:
        back = _reversal_of(before, self._last_day)
        self._add(before.item, before.hash, back, reversal=True)
        return back

    def _add(self, item: int, digest: str, entry: JournalEntry, *, reversal: bool = False) -> None:
        written = ENTRY_ADAPTER.dump_json(entry).decode()
        self.entries.append((NewEntry(item=item, hash=digest, reversal=reversal, entry=written), entry))


def batch_file(ledger: Ledger, batch: BatchRow) -> bytes:
    """Give a batch's file as it left, byte for byte."""
    return blob_data(ledger.store, batch.blob)


def batch_file_name(batch: BatchRow) -> str:
    """Name a batch's file: journal, period and the batch's number in the journal."""
    return name_of_batch(batch.journal, batch.period, batch.nth, batch.ending)


def standing_entries(booked: list[BookedRow]) -> dict[int, BookedRow]:
    """Give the entry that stands for each item: the last one that was not taken back."""
    standing: dict[int, BookedRow] = {}
    for row in booked:
        if row.reversal:
            standing.pop(row.item, None)
        else:
            standing[row.item] = row
    return standing


def _still_in_review(ledger: Ledger, period: str, recipe: str) -> Iterator[LeftOut]:
    """Give what a person has yet to decide of the period, or of no day that is known."""
    for each in invoices_in(ledger, undecided, recipe=recipe):
        if each.month in (None, period):
            yield LeftOut(item=each.item, why=each.item.reason.phrases[0])


def _entry(record: Invoice, workspace: WorkspaceSettings, suppliers: KnownTables) -> JournalEntry:
    rows, company = supplier_rows(record, suppliers), workspace.company
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
        elif (paper := read_paper(ledger, row)) is not None:
            record = paper.record
            keys = [key for name in identities(record) for key in identity_keys(record, name)]
            if rejected_elsewhere(ledger.store, item_id, keys, compared_facts(record)):
                yield row


def _reversal_of(before: BookedRow, day: date) -> JournalEntry:
    entry = ENTRY_ADAPTER.validate_json(before.entry)
    return entry.reversed_on(max(day, entry.day), f"Extourne {entry.label}")
