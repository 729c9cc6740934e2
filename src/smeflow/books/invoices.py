"""The invoices a ledger holds, each as the record that stands, and the months they are of."""

import calendar
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from smeflow._text import sha256
from smeflow.engine.cases import kind_of_value
from smeflow.i18n import say
from smeflow.invoices.claims import bare_invoice_number, same_invoice
from smeflow.invoices.record import Invoice
from smeflow.kinds.record_kind import record_word
from smeflow.ledger.history import BookedRow
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow

WAITS_FOR_BOOKS = "books"
"""The kind of reason an item waits for a bookkeeper with."""


@dataclass(frozen=True, kw_only=True)
class LedgerInvoice:
    """An item that holds an invoice."""

    item: ItemRow
    step: str
    """The step that gave it."""
    record: Invoice
    hash: str
    """Of the value."""

    @property
    def month(self) -> str | None:
        """The month it is dated in, ``2026-10``; None where its day is not known."""
        return f"{self.record.issue_date:%Y-%m}" if self.record.issue_date else None


def finished(item: ItemRow) -> bool:
    """Tell whether an item is done, or waits for nothing but the books."""
    return item.state == "done" or (item.state == "review" and item.reason.kind == WAITS_FOR_BOOKS)


def undecided(item: ItemRow) -> bool:
    """Tell whether an item waits for a person, for another reason than the books."""
    return item.state == "review" and item.reason.kind != WAITS_FOR_BOOKS and bool(item.reason.phrases)


def invoices_in(
    ledger: Ledger, wanted: Callable[[ItemRow], bool] = finished, *, recipe: str = ""
) -> Iterator[LedgerInvoice]:
    """Go through the items *wanted* that hold an invoice, of *recipe* or of all."""
    for name in [recipe] if recipe else ledger.recipes():
        for item in filter(wanted, ledger.items(name)):
            for step in item.outcome:
                stored = ledger.value(item, step)
                value = json.loads(stored[0]) if stored is not None else None
                record = invoice_of(value, kind_of_value(ledger, item, step, value).record)
                if stored is not None and record is not None:
                    yield LedgerInvoice(item=item, step=step, record=record, hash=stored[1])
                    break


def invoice_of(value: Any, kind: str) -> Invoice | None:
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


def days_of(period: str) -> tuple[date, date]:
    """Give the first and the last day of a month such as ``2026-10``.

    Raises:
        ValueError: *period* is no month.
    """
    if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", period):
        raise ValueError(say("{period} is no month; write it as 2026-10", period=period))
    year, month = map(int, period.split("-"))
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def month_before(period: str, by: int = 1) -> str:
    """Give the month *by* months before *period*; after it where *by* is negative."""
    year, month = map(int, period.split("-"))
    counted = year * 12 + month - 1 - by
    return f"{counted // 12:04d}-{counted % 12 + 1:02d}"


@dataclass(frozen=True, kw_only=True)
class BookedPaper:
    """An invoice that is booked, or is in this batch."""

    item: ItemRow
    version: str
    """Of the item, when it was booked."""
    record: Invoice
    row: BookedRow | None = None
    """Its entry; None where it leaves only now."""


class BookedPapers:
    """The invoices that are booked, found by supplier and number whatever item they came as."""

    def __init__(self, ledger: Ledger, standing: Iterable[BookedRow]) -> None:
        self._ledger = ledger
        self._rows: dict[str, list[BookedRow]] = {}
        self._new: dict[str, list[BookedPaper]] = {}
        for row in standing:
            number = bare_invoice_number(json.loads(row.entry)["reference"])
            self._rows.setdefault(number, []).append(row)

    def add(self, paper: BookedPaper) -> None:
        """Note what this batch takes."""
        self._new.setdefault(bare_invoice_number(paper.record.number), []).append(paper)

    def of(self, item: ItemRow, record: Invoice) -> BookedPaper | None:
        """Find the same invoice as another item, the same bytes first; None where there is none."""
        number = bare_invoice_number(record.number)
        rows = [row for row in self._rows.get(number, ()) if row.item != item.id]
        papers = [
            *self._new.get(number, ()),
            *(paper for row in rows if (paper := read_paper(self._ledger, row))),
        ]
        same = [paper for paper in papers if paper.item.id != item.id and same_invoice(paper.record, record)]
        return min(same, key=lambda paper: paper.version != item.version, default=None)


def read_paper(ledger: Ledger, row: BookedRow) -> BookedPaper | None:
    """Read the invoice an entry was made of."""
    item = ledger.item(None, row.item)
    if item is None:
        return None
    results = [(r.value, r.version) for r in ledger.results(item) if r.hash == row.hash]
    reviews = [(r.after, r.version) for r in ledger.reviews(item) if r.after]
    typed = [(value, version) for value, version in reviews if sha256(value) == row.hash]
    for value, version in (*results, *typed):
        record = invoice_of(json.loads(value), record_word(Invoice))
        if record is not None:
            return BookedPaper(item=item, version=version, record=record, row=row)
    return None
