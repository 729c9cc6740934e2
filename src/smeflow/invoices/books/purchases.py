"""The purchase ledger of a month: a line an invoice, with the signs an accountant adds up.

A credit note is negative in every amount. Each rate of VAT has two columns, what it is charged on and the
VAT; each currency a sheet of its own, since a sum over two currencies is none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, field_validator

from smeflow.expressions.language import Expression
from smeflow.files.output import put_whole_file
from smeflow.i18n import Language, Phrase, say
from smeflow.invoices.books.entries import net_and_vat_by_rate, signed
from smeflow.invoices.claims import registered_number
from smeflow.invoices.record import INVOICE_KINDS, Invoice
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext, RecipePath
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory
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
    """Write the ledger of *period* (of all months where it is empty) as a workbook.

    Equal purchases give equal bytes, in whatever order.
    """

    def words(phrase: Phrase) -> str:
        return phrase.render(language)

    currencies = sorted({purchase.record.currency or "?" for purchase in purchases}) or [""]
    title = f"{words(say('Purchase ledger'))} {period}".strip()
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
        line += [_cents(amount) for amount in by_rate[rate]] if rate in by_rate else [None, None]
    totals = (record.total_net, record.total_vat, record.total_gross)
    line += [_cents(signed(record, amount)) if amount is not None else None for amount in totals]
    return [*line, record.due_date]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


class PurchaseLedger(BaseModel):
    """The purchase ledger as an accountant adds it up: ``purchases: out/purchases.xlsx``.

    A credit note is negative, each rate of VAT has its columns, and the sheet prints across with totals.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    purchases: RecipePath
    """The file: ``.xlsx``, relative to the recipe."""
    rows: ExpressionText
    """The invoice: ``invoice.record``. What is none has no line."""
    _path: Path = PrivateAttr()
    _name: str = PrivateAttr()
    _language: Language = PrivateAttr(default="en")
    _rows: Expression = PrivateAttr()

    @field_validator("purchases")
    @classmethod
    def _is_xlsx(cls, purchases: str) -> str:
        if Path(purchases).suffix.lower() != ".xlsx":
            raise ValueError(say("a purchase ledger is an .xlsx file, not {name}", name=purchases))
        return purchases

    def model_post_init(self, context: Any, /) -> None:
        """Find the file and compile what is shown."""
        recipe = RecipeContext.of(context)
        self._path, self._name = recipe.path(self.purchases).resolve(), recipe.shown(self.purchases)
        self._language, self._rows = recipe.language, recipe.compile(self.rows)

    @property
    def name(self) -> str:
        """The file as the recipe names it."""
        return self._name

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write the ledger, unless it says the same already."""
        records = ((item, self._rows(item.case)) for item in items)
        purchases = [
            Purchase(record=record, file=item.name) for item, record in records if isinstance(record, Invoice)
        ]
        data = purchase_ledger(purchases, "", "", self._language)
        return put_whole_file(self._path, data, memory, f"purchases {self._name}", rows=len(purchases))
