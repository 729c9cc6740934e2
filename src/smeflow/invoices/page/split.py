"""Find where a new invoice begins in a PDF that holds several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from smeflow._text import folded
from smeflow.documents.document import Document, PageRange, select_pages
from smeflow.invoices.checks import is_refused, run_checks, sums_close
from smeflow.invoices.page.read import read_invoice
from smeflow.invoices.record import Invoice
from smeflow.kinds.records import Reading

MOST_PAGES = 120
"""A longer file is a book or an archive; a person cuts it."""
_PAGE_OF = re.compile(
    r"\b(?:page|seite|blatt|pagina|pag\.?|bladzijde|p\.)\s*(?:n°\s*)?(\d{1,3})\s*(?:/|of|sur|de|von|van|di)\s*(\d{1,3})\b"
)


@dataclass(frozen=True, slots=True)
class _BundlePage:
    """A page, and what it says by itself."""

    page: int
    record: Invoice
    foreign: bool
    """It calls itself something that is no invoice."""
    counted: tuple[int, int] | None
    """``page 2 of 3``"""
    recognised: bool


def find_invoices(document: Document) -> tuple[PageRange, ...]:
    """Give the pages of each invoice in *document*; nothing where it is one, or where that is not sure.

    Sure means: every stretch begins with a number of its own, counts its pages right where it counts them,
    shows one seller and one total, and either its totals add up or its pages say that they belong together.
    A file with data inside is never cut.
    """
    if document.media_type != "application/pdf" or document.parts or document.problems:
        return ()
    if not 2 <= len(document.pages) <= MOST_PAGES:
        return ()
    groups = _groups([_bundle_page(document, page.number) for page in document.pages])
    if groups is None or len(groups) < 2 or not all(map(_complete, groups)):
        return ()
    ranges = tuple(PageRange(group[0].page, group[-1].page) for group in groups)
    singles = [_single_invoice(read_invoice([select_pages(document, pages)])) for pages in ranges]
    invoices = [invoice for invoice in singles if invoice is not None]
    numbers = {folded(invoice.number or "") for invoice in invoices}
    if len(invoices) < len(groups) or len(numbers) < len(invoices):
        return ()
    recognised = any(page.recognised for group in groups for page in group)
    if recognised and len({invoice.total_gross for invoice in invoices}) < len(invoices):
        return ()  # a misread number would make two of one
    return ranges if all(map(_one_invoice, groups, invoices)) else ()


def _bundle_page(document: Document, number: int) -> _BundlePage:
    alone = select_pages(document, PageRange(number, number))
    reading = read_invoice([alone])
    record = reading.record if reading and isinstance(reading.record, Invoice) else Invoice()
    counts = {(int(index), int(total)) for index, total in _PAGE_OF.findall(folded(alone.text))}
    return _BundlePage(
        page=number,
        record=record,
        foreign=reading is not None and is_refused(reading),
        counted=next(iter(counts)) if len(counts) == 1 else None,
        recognised=any(page.origin == "ocr" for page in alone.pages),
    )


def _groups(pages: Sequence[_BundlePage]) -> list[list[_BundlePage]] | None:
    """Put pages together; None where a page says it is no invoice or the first one does not begin any."""
    groups: list[list[_BundlePage]] = []
    for page in pages:
        if page.foreign:
            return None
        if _begins(page, groups[-1] if groups else []):
            groups.append([page])
        elif groups:
            groups[-1].append(page)
        else:
            return None
    return groups


def _begins(page: _BundlePage, before: Sequence[_BundlePage]) -> bool:
    """Tell whether a page begins an invoice: it counts from 1, or bears another number than those before."""
    if page.counted and page.counted[0] <= page.counted[1]:
        return page.counted[0] == 1
    number = page.record.number
    return number is not None and number not in {earlier.record.number for earlier in before}


def _complete(group: Sequence[_BundlePage]) -> bool:
    """Tell whether pages that count themselves are all there, in their order."""
    return all(page.counted in (None, (n, len(group))) for n, page in enumerate(group, 1))


def _single_invoice(reading: Reading | None) -> Invoice | None:
    """Give the invoice some pages hold, where they hold one, with a number and a total."""
    if (
        reading is None
        or reading.several > 1
        or is_refused(reading)
        or not isinstance(reading.record, Invoice)
    ):
        return None
    record = reading.record
    return record if record.number and record.total_gross is not None else None


def _one_invoice(group: Sequence[_BundlePage], invoice: Invoice) -> bool:
    """Tell whether no page of a group looks like an invoice of its own."""
    records = [page.record for page in group]
    numbers = {record.number for record in records if record.number}
    totals = {record.total_gross for record in records if _sums_close(record)}
    vat_ids = {record.seller_details.vat_id for record in records} - {None}
    legal_ids = {record.seller_details.legal_id for record in records} - {None}
    consistent = numbers <= {invoice.number} and totals <= {invoice.total_gross}
    one_seller = len(vat_ids) < 2 and len(legal_ids) < 2
    return consistent and one_seller and (_sums_close(invoice) or _belong_together(group, invoice))


def _sums_close(record: Invoice) -> bool:
    return bool(sums_close(record, run_checks(record)))


def _belong_together(group: Sequence[_BundlePage], invoice: Invoice) -> bool:
    """Tell whether the pages themselves say that they are one: each counts, or several bear its number."""
    numbered = len(group) > 1 and all(page.record.number == invoice.number for page in group)
    return numbered or all(page.counted for page in group)
