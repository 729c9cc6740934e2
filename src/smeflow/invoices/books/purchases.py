"""The purchase ledger of a month: a line an invoice, with the signs an accountant adds up.

A credit note is negative in every amount. Each rate of VAT has two columns, what it is charged on and the
VAT; each currency a sheet of its own, since a sum over two currencies is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from smeflow.i18n import Language, Phrase, say
from smeflow.invoices.books.entries import net_and_vat_by_rate, signed
from smeflow.invoices.claims import registered_number
from smeflow.invoices.record import INVOICE_KINDS, Invoice
from smeflow.tables.table_file import Sheet, workbook_bytes
from smeflow.values.cells import Cell


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """An invoice as a line of the ledger."""

    record: Invoice
    file: str
    """What it came as."""
    entry: str = ""
    """The number of its entry in the journal; empty while it is not booked."""
    account: str = ""
    """What it is booked on."""


@dataclass(frozen=True, kw_only=True)
class RateSum:
    """What was charged at one rate of VAT, and the VAT; credit notes are taken off."""

    rate: Decimal | None
    """Per cent; None where the invoices do not say it."""
    net: Decimal
    vat: Decimal


_HEADINGS = (
    *(say("issue date"), say("number"), say("supplier"), say("SIREN"), say("VAT id"), say("kind")),
    *(say("file"), say("entry"), say("account")),
)


def sums_by_rate(records: Sequence[Invoice]) -> list[RateSum]:
    """Add up what was charged at each rate, the highest first; what names no rate stands last."""
    sums: dict[Decimal | None, tuple[Decimal, Decimal]] = {}
    for record in records:
        for rate, (net, vat) in net_and_vat_by_rate(record).items():
            before = sums.get(rate, (Decimal(0), Decimal(0)))
            sums[rate] = (before[0] + net, before[1] + vat)
    ordered = sorted(sums, key=lambda rate: (rate is None, -(rate or Decimal(0))))
    return [RateSum(rate=rate, net=sums[rate][0], vat=sums[rate][1]) for rate in ordered]


def purchase_ledger(purchases: Sequence[Purchase], period: str, firm: str, language: Language) -> bytes:
    """Write the ledger of *period* as a workbook; equal purchases give equal bytes, in whatever order."""

    def words(phrase: Phrase) -> str:
        return phrase.render(language)

    currencies = sorted({purchase.record.currency or "?" for purchase in purchases}) or [""]
    title = words(say("Purchase ledger {period}", period=period))
    sheets = []
    for currency in currencies:
        own = [purchase for purchase in purchases if (purchase.record.currency or "?") == currency]
        own.sort(key=_order)
        rates = [each.rate for each in sums_by_rate([purchase.record for purchase in own])]
        header = [words(heading) for heading in _HEADINGS]
        for rate in rates:
            named = rate_name(rate).render(language)
            header += [f"{words(say('net'))} {named}", f"{words(say('VAT'))} {named}"]
        header += [words(say("total without VAT")), words(say("VAT")), words(say("total with VAT"))]
        header.append(words(say("due date")))
        amounts = range(len(_HEADINGS), len(header) - 1)
        sheets.append(
            Sheet(
                name=currency,
                header=header,
                lines=[_line(purchase, rates, language) for purchase in own],
                totals=list(amounts),
                total=words(say("total")),
                print_title=" · ".join(part for part in (firm, title, currency) if part),
            )
        )
    return workbook_bytes(sheets, language)


def rate_name(rate: Decimal | None) -> Phrase:
    """Name a rate: ``20 %``."""
    if rate is None:
        return say("rate not told")
    return say("{rate} %", rate=Decimal(f"{rate.normalize():f}"))


def _order(purchase: Purchase) -> tuple[str, str, str, str]:
    record = purchase.record
    return (str(record.issue_date or ""), record.seller or "", record.number or "", purchase.file)


def _line(purchase: Purchase, rates: Sequence[Decimal | None], language: Language) -> list[Cell]:
    record, by_rate = purchase.record, net_and_vat_by_rate(purchase.record)
    number = registered_number(record.seller_details)
    line: list[Cell] = [
        record.issue_date,
        record.number,
        record.seller,
        number.removeprefix("siren ") if number.startswith("siren ") else None,
        record.seller_details.vat_id,
        INVOICE_KINDS[record.kind].render(language) if record.kind else None,
        *(purchase.file, purchase.entry or None, purchase.account or None),
    ]
    for rate in rates:
        line += by_rate.get(rate, (None, None))
    totals = (record.total_net, record.total_vat, record.total_gross)
    line += [_cents(signed(record, amount)) if amount is not None else None for amount in totals]
    return [*line, record.due_date]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
