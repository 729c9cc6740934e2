"""The invoice of EN 16931 and its lines.

BT and BG numbers are the standard's, EXT-FR-FE those of EXTENDED-CTC-FR.

Every field may be None: a value that is not known is never guessed. Amounts are `Decimal` in ``currency``.
What an office looks at stands flat on the invoice; the rest is in groups, and a group that says nothing is
not written.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from smeflow.i18n import Phrase, say
from smeflow.invoices.record_parts import (
    Agents,
    AllowanceCharge,
    Delivery,
    Party,
    Payment,
    PrecedingInvoice,
    References,
    SupportingDocument,
    VatAccounting,
    VatBreakdown,
)
from smeflow.kinds.records import UNTOLD, Identifier, OptionalAmount, OptionalDay, OptionalText, Record


class ItemAttribute(Record):
    """A property of what is sold (BG-32)."""

    name: str | None = None
    """BT-160."""
    value: str | None = None
    """BT-161."""
    code: OptionalText = None
    """EXT-FR-FE-159."""
    measure: OptionalAmount = None
    """EXT-FR-FE-160: the value as a number."""
    unit: OptionalText = None
    """EXT-FR-FE-161: of the measure."""


class Classification(Record):
    """What kind of thing is sold (BT-158)."""

    code: str | None = None
    """BT-158."""
    list: OptionalText = None
    """BT-158-1: UNTDID 7143; ``STI`` is CPV."""
    version: OptionalText = None
    """BT-158-2."""


class InvoiceLine(Record):
    """One line (BG-25)."""

    id: str | None = None
    """BT-126."""
    name: str | None = None
    """BT-153."""
    quantity: Decimal | None = None
    """BT-129."""
    unit: str | None = None
    """BT-130: UN/ECE recommendation 20 code, or as printed."""
    unit_price: Decimal | None = None
    """BT-146: net."""
    net: Decimal | None = None
    """BT-131."""
    vat_rate: Decimal | None = None
    """BT-152: per cent."""
    vat_category: OptionalText = None
    """BT-151."""
    note: OptionalText = None
    """BT-127: several notes stand one below the other."""
    description: OptionalText = None
    """BT-154."""
    object: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-128: a meter or subscription; its scheme is of UNTDID 1153."""
    order_line: OptionalText = None
    """BT-132: the line of the buyer's order."""
    order_reference: OptionalText = None
    """EXT-FR-FE-135: the buyer's order of this line."""
    sales_order: OptionalText = None
    """EXT-FR-FE-144."""
    despatch_advice: OptionalText = None
    """EXT-FR-FE-140."""
    accounting_reference: OptionalText = None
    """BT-133."""
    period_start: OptionalDay = None
    """BT-134."""
    period_end: OptionalDay = None
    """BT-135."""
    allowances: Annotated[tuple[AllowanceCharge, ...], UNTOLD] = ()
    """BG-27."""
    charges: Annotated[tuple[AllowanceCharge, ...], UNTOLD] = ()
    """BG-28."""
    price_discount: OptionalAmount = None
    """BT-147: already taken off the net price."""
    gross_price: OptionalAmount = None
    """BT-148."""
    price_quantity: OptionalAmount = None
    """BT-149: how many units the price is for; 1 where it is not told."""
    price_unit: OptionalText = None
    """BT-150."""
    seller_item_id: OptionalText = None
    """BT-155."""
    buyer_item_id: OptionalText = None
    """BT-156."""
    standard_item_id: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-157: ``0160`` is GTIN."""
    classifications: Annotated[tuple[Classification, ...], UNTOLD] = ()
    """BT-158."""
    origin_country: OptionalText = None
    """BT-159."""
    attributes: Annotated[tuple[ItemAttribute, ...], UNTOLD] = ()
    """BG-32."""
    exemption: OptionalText = None
    """EXT-FR-FE-178: why no VAT is charged on this line."""
    exemption_code: OptionalText = None
    """EXT-FR-FE-179."""
    delivery_date: OptionalDay = None
    """EXT-FR-FE-158."""
    deliver_to: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-10."""
    preceding_invoice: Annotated[PrecedingInvoice, UNTOLD] = PrecedingInvoice()
    """EXT-FR-FE-136 to 138."""
    parent: OptionalText = None
    """EXT-FR-FE-162: the line this one belongs to."""
    subtype: OptionalText = None
    """EXT-FR-FE-163: ``DETAIL``, ``GROUP`` or ``INFORMATION``; only details count in sums."""
    gross: OptionalAmount = None
    """EXT-FR-FE-184: with VAT."""


InvoiceKind = Literal["invoice", "credit_note", "corrected", "prepayment", "self_billed"]
"""BT-3 in words: 380, 381, 384, 386, 389."""
CORRECTING_KINDS: frozenset[str] = frozenset({"credit_note", "corrected"})
"""Those that name an invoice before them."""
INVOICE_KINDS: Mapping[str, Phrase] = {
    "invoice": say("invoice"),
    "credit_note": say("credit note"),
    "corrected": say("corrected invoice"),
    "prepayment": say("prepayment invoice"),
    "self_billed": say("self-billed invoice"),
}
"""What people call them."""


class Control(Record):
    """What the file says of itself (BG-2), and its kind in the code of the standard."""

    process: OptionalText = None
    """BT-23: the business process; in France the frame of invoicing, such as ``S1``."""
    profile: OptionalText = None
    """BT-24: which specification it claims to follow."""
    type_code: OptionalText = None
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
