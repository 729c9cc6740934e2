"""What the accountant gets of a month, in one ZIP: entries, papers, ledger, and what people corrected.

Names and times in it do not depend on when it is made: the same month gives the same bytes.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from smeflow._system import safe_path_part
from smeflow._text import sha256
from smeflow.books.close import close_markdown, close_month, entry_numbers, month_purchases
from smeflow.books.export import ENTRY_ADAPTER, BatchForm, batch_file, batch_file_name
from smeflow.documents.document import is_message
from smeflow.engine.cases import document_of
from smeflow.errors import DocumentError
from smeflow.i18n import Language, Phrase, localized, say
from smeflow.invoices.books.journal import JournalEntry, NumberedEntry
from smeflow.invoices.books.purchases import purchase_ledger
from smeflow.kinds.field_names import FIELDS
from smeflow.ledger.history import BatchRow, BookedRow, batches_of, booked_in, name_of_batch
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow, ReviewRow
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.values.cells import Cell, csv_cell, csv_form

_STAMP = (2000, 1, 1, 0, 0, 0)
"""A fixed day, so that the file does not tell when it was made."""
ENTRIES, PAPERS = say("entries"), say("documents")


@dataclass(frozen=True, kw_only=True)
class BookedDocument:
    """An entry of the month with the paper it was made from."""

    number: str
    entry: JournalEntry
    row: BookedRow
    item: ItemRow
    name: str
    """Of the paper in the dossier: the entry's number, supplier and invoice number."""
    data: bytes


def document_file(ledger: Ledger, item: ItemRow) -> tuple[bytes, str]:
    """Give the bytes an item came in as, and the ending of its name; of a mail with one file, that file."""
    data = ledger.data(item)
    if is_message(item.media_type) and item.parent is None:
        try:
            parts = [part for part in document_of(ledger.store, item).parts if part.data]
        except DocumentError:
            parts = []
        files = [part for part in parts if "." in part.name and not part.media_type.startswith("text/")]
        if len(files) == 1:
            return files[0].data, _ending(files[0].name)
    return data, _ending(item.name)


def _ending(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    return f".{ending.lower()}" if dot and ending.isalnum() and len(ending) <= 5 else ""


def booked_documents(ledger: Ledger, workspace: WorkspaceSettings, period: str) -> Iterator[BookedDocument]:
    """Go through the entries of the batches of *period* in their order."""
    journal = workspace.books.journal
    batches = {batch.id for batch in batches_of(ledger.store, journal) if batch.period == period}
    numbers = entry_numbers(ledger, journal)
    for row in booked_in(ledger.store, journal):
        item = ledger.item(None, row.item) if row.batch in batches else None
        if item is None:
            continue
        entry, number = ENTRY_ADAPTER.validate_json(row.entry), numbers[row.id]
        data, ending = document_file(ledger, item)
        name = safe_path_part(f"{number} {entry.label}{ending}")
        yield BookedDocument(number=number, entry=entry, row=row, item=item, name=name, data=data)


def batch_in_form(ledger: Ledger, form: BatchForm, batch: BatchRow) -> tuple[str, bytes]:
    """Write a batch that left in another format; give the file's name and bytes. The batch stays as it is.

    Raises:
        ValueError: The format cannot write an entry; the phrase says which and why.
    """
    rows = [row for row in booked_in(ledger.store, batch.journal) if row.batch == batch.id]
    entries = [
        NumberedEntry(number=number, entry=ENTRY_ADAPTER.validate_json(row.entry))
        for number, row in enumerate(rows, batch.first)
    ]
    name = name_of_batch(batch.journal, batch.period, batch.nth, form.written_as.ending)
    return name, form.write(entries)


def make_dossier(ledger: Ledger, workspace: WorkspaceSettings, period: str, language: Language) -> bytes:
    """Make the dossier of *period*.

    Raises:
        ValueError: *period* is no month, or nothing of it is booked.
    """
    month = close_month(ledger, workspace, period)
    documents = list(booked_documents(ledger, workspace, period))
    if not documents:
        raise ValueError(
            say(
                "nothing of {period} is booked: smeflow books export --period {period} comes first",
                period=period,
            )
        )
    french = language == "fr"
    firm = next(iter(workspace.company.names), "")
    files: dict[str, bytes] = {}
    for batch in batches_of(ledger.store, workspace.books.journal):
        if batch.period == period:
            name = f"{ENTRIES.render(language)}/{batch_file_name(batch)}"
            files[name] = batch_file(ledger, batch)
    papers = PAPERS.render(language)
    files.update({f"{papers}/{each.name}": each.data for each in documents})
    words = {name: phrase.render(language) for name, phrase in _FILES.items()}
    purchases = month_purchases(ledger, workspace, period)
    files[f"{words['purchases']}.xlsx"] = purchase_ledger(purchases, period, firm, language)
    files[f"{words['list']}.csv"] = _csv(
        _LIST, [_listed(ledger, each, papers) for each in documents], language, french=french
    )
    corrections = [line for each in documents for line in _corrections(ledger, each, language)]
    files[f"{words['corrections']}.csv"] = _csv(_CORRECTED, corrections, language, french=french)
    page = close_markdown(month, language, lambda cell: cell_words(cell, language))
    files[f"{words['close']}.md"] = page.encode()
    return _zip(files)


_FILES = {
    "purchases": say("purchase ledger"),
    "list": say("list"),
    "corrections": say("corrections"),
    "close": say("close"),
}
_LIST = (
    *(say("entry"), say("day"), say("supplier"), say("number"), say("to pay"), say("takes back")),
    *(say("file"), say("came as"), say("SHA-256"), say("approved by")),
)
_CORRECTED = (
    *(say("entry"), say("came as"), say("field"), say("before"), say("after")),
    *(say("by"), say("at"), say("note")),
)


def cell_words(cell: object, language: Language) -> str:
    """Write a cell of the close in a page: amounts with cents, days as they are written there."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return str(localized(cell.quantize(Decimal("0.01")), language))
    return cell.render(language) if isinstance(cell, Phrase) else str(localized(cell, language))


def _listed(ledger: Ledger, each: BookedDocument, papers: str) -> list[Cell]:
    owing = [posting for posting in each.entry.postings if posting.aux]
    owed = sum((posting.credit - posting.debit for posting in owing), Decimal(0))
    approved = [review.person for review in ledger.reviews(each.item) if review.action == "approve"]
    return [
        *(each.number, each.entry.day, owing[0].aux_name if owing else "", each.entry.reference, owed),
        *("x" if each.row.reversal else "", f"{papers}/{each.name}", each.item.key, sha256(each.data)),
        ", ".join(dict.fromkeys(approved)),
    ]


def _corrections(ledger: Ledger, each: BookedDocument, language: Language) -> Iterator[list[Cell]]:
    """Give what people changed of an invoice, a line a field."""
    if each.row.reversal:
        return
    for review in ledger.reviews(each.item):
        if review.action == "correct":
            for name, before, after in changed_fields(review):
                title = FIELDS[name].render(language) if name in FIELDS else name
                moment = f"{review.at:%Y-%m-%d %H:%M}"
                yield [each.number, each.item.key, title, before, after, review.person, moment, review.note]


def changed_fields(review: ReviewRow) -> Iterator[tuple[str, str, str]]:
    """Give each field a correction changed, as it was and as it is."""
    before, after = (_plain(json.loads(text or "null")) for text in (review.before, review.after))
    for name in dict.fromkeys((*before, *after)):
        if before.get(name, "") != after.get(name, ""):
            yield name, before.get(name, ""), after.get(name, "")


def _plain(value: Any) -> dict[str, str]:
    record = value.get("record") if isinstance(value, Mapping) else None
    return dict(_flat(record, "")) if isinstance(record, Mapping) else {}


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for n, inner in enumerate(value, 1):
            yield from _flat(inner, f"{name}.{n}")
    elif value is not None:
        yield name, str(value)


def _csv(
    heads: Sequence[Phrase], lines: Sequence[Sequence[Cell]], language: Language, *, french: bool
) -> bytes:
    form = csv_form(None, None, french=french)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=form.separator, lineterminator="\r\n")
    writer.writerow([csv_cell(head.render(language)) for head in heads])
    writer.writerows([csv_cell(cell, form.decimal) for cell in line] for line in lines)
    return form.mark + buffer.getvalue().encode("utf-8", "replace")


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr, entry.create_system = 0o644 << 16, 3  # the same on every system
            archive.writestr(entry, files[name])
    return buffer.getvalue()
