"""The invoice of EN 16931. BT and BG numbers are the standard's, EXT-FR-FE those of EXTENDED-CTC-FR.

Every field may be None: a value that is not known is never guessed. Amounts are `Decimal` in ``currency``.
What an office looks at stands flat on the invoice; the rest is in groups, and a group that says nothing is
not written.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from smeflow.records.base import UNTOLD, Record, Text
from smeflow.records.deal import Agents, Delivery, PrecedingInvoice, References, SupportingDocument
from smeflow.records.lines import InvoiceLine
from smeflow.records.money import AllowanceCharge, Payment, VatAccounting, VatBreakdown
from smeflow.records.party import Party

InvoiceKind = Literal["invoice", "credit_note", "corrected", "prepayment", "self_billed"]
"""BT-3 in words: 380, 381, 384, 386, 389."""


class Control(Record):
    """What the file says of itself (BG-2), and its kind in the code of the standard."""

    process: Text = None
    """BT-23: the business process; in France the frame of invoicing, such as ``S1``."""
    profile: Text = None
    """BT-24: which specification it claims to follow."""
    type_code: Text = None
    """BT-3: UNTDID 1001; ``kind`` says it in words."""


class Invoice(Record):
    """An invoice or credit note (EN 16931). A credit note's totals are positive, as the standard has them."""

    record_id: ClassVar[str] = "Invoice#669409cede4f"

    number: str | None = None
    """BT-1."""
    issue_date: date | None = None
    """BT-2."""
    due_date: date | None = None
    """BT-9."""
    kind: InvoiceKind | None = None
    """BT-3."""
    seller: str | None = None
    """BT-27: the seller's name; the rest in ``seller_details``."""
    buyer: str | None = None
    """BT-44: the buyer's name; the rest in ``buyer_details``."""
    currency: str | None = None
    """BT-5: ISO 4217."""
    total_net: Decimal | None = None
    """BT-109: without VAT."""
    total_vat: Decimal | None = None
    """BT-110."""
    total_gross: Decimal | None = None
    """BT-112: with VAT."""
    prepaid: Decimal | None = None
    """BT-113."""
    rounding: Decimal | None = None
    """BT-114."""
    amount_due: Decimal | None = None
    """BT-115: what is left to pay."""
    total_lines: Decimal | None = None
    """BT-106: sum of the lines' net amounts."""
    total_allowances: Decimal | None = None
    """BT-107."""
    total_charges: Decimal | None = None
    """BT-108."""
    iban: str | None = None
    """BT-84: without spaces."""
    bic: str | None = None
    """BT-86."""
    order_reference: str | None = None
    """BT-13."""
    preceding_invoice: str | None = None
    """BT-25: what a credit note or a corrected invoice refers to; all are in ``preceding_invoices``."""
    payment_terms: str | None = None
    """BT-20."""
    delivery_date: date | None = None
    """BT-72."""
    seller_details: Party = Party()
    """BG-4."""
    buyer_details: Party = Party()
    """BG-7."""
    vat: tuple[VatBreakdown, ...] = ()
    """BG-23."""
    lines: tuple[InvoiceLine, ...] = ()
    """BG-25."""
    notes: tuple[str, ...] = ()
    """BT-22."""
    note_codes: Annotated[tuple[str | None, ...], UNTOLD] = ()
    """BT-21: the subject of each of ``notes``, in their order; ``PMD``, ``PMT`` and ``AAB`` are France's."""
    control: Annotated[Control, UNTOLD] = Control()
    """BG-2."""
    vat_accounting: Annotated[VatAccounting, UNTOLD] = VatAccounting()
    """BT-6, BT-7, BT-8, BT-111."""
    references: Annotated[References, UNTOLD] = References()
    """BT-10 to BT-19."""
    preceding_invoices: Annotated[tuple[PrecedingInvoice, ...], UNTOLD] = ()
    """BG-3: all of them; the first is ``preceding_invoice``."""
    payee: Annotated[Party, UNTOLD] = Party()
    """BG-10: who gets the money, where it is not the seller."""
    tax_representative: Annotated[Party, UNTOLD] = Party()
    """BG-11."""
    delivery: Annotated[Delivery, UNTOLD] = Delivery()
    """BG-13, BG-14."""
    payment: Annotated[Payment, UNTOLD] = Payment()
    """BG-16."""
    allowances: Annotated[tuple[AllowanceCharge, ...], UNTOLD] = ()
    """BG-20."""
    charges: Annotated[tuple[AllowanceCharge, ...], UNTOLD] = ()
    """BG-21."""
    documents: Annotated[tuple[SupportingDocument, ...], UNTOLD] = ()
    """BG-24."""
    agents: Annotated[Agents, UNTOLD] = Agents()
    """EXT-FR-FE-BG-01 to 05."""
    grouping_lines: Annotated[tuple[InvoiceLine, ...], UNTOLD] = ()
    """Lines that only group others or inform (EXT-FR-FE-163): they count in no sum."""

    @property
    def days_to_pay(self) -> int | None:
        """Days from issue to due date; None where one is not known."""
        return (self.due_date - self.issue_date).days if self.due_date and self.issue_date else None


REQUIRED = ("number", "issue_date", "seller", "currency", "total_net", "total_vat", "total_gross")
"""What an invoice must have before it can be proven."""
