"""Records shaped like EN 16931, the European e-invoice. BT and BG numbers are the standard's.

Every field may be None: a value that is not known is never guessed. Amounts are `Decimal` in ``currency``.
"""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

InvoiceKind = Literal["invoice", "credit_note", "corrected", "prepayment", "self_billed"]
"""BT-3 in words: 380, 381, 384, 386, 389."""


class Record(BaseModel):
    """A frozen record; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Party(Record):
    """A seller (BG-4), a buyer (BG-7) or a payee (BG-10)."""

    name: str | None = None
    """BT-27, BT-44: the registered name."""
    trading_name: str | None = None
    """BT-28, BT-45."""
    vat_id: str | None = None
    """BT-31, BT-48: with its country prefix, without spaces."""
    legal_id: str | None = None
    """BT-30, BT-47: SIREN or SIRET in France, the register number elsewhere."""
    tax_number: str | None = None
    """BT-32: a tax registration that is no VAT identifier (the German Steuernummer)."""
    street: str | None = None
    """BT-35, BT-50."""
    zip: str | None = None
    """BT-38, BT-53."""
    city: str | None = None
    """BT-37, BT-52."""
    country: str | None = None
    """BT-40, BT-55: ISO 3166-1, two letters."""
    email: str | None = None
    """BT-43, BT-58."""
    phone: str | None = None
    """BT-42, BT-57."""


class VatBreakdown(Record):
    """One rate of VAT (BG-23)."""

    category: str | None = None
    """BT-118: S, Z, E, AE, K, G, O, L or M."""
    rate: Decimal | None = None
    """BT-119: per cent."""
    base: Decimal | None = None
    """BT-116."""
    amount: Decimal | None = None
    """BT-117."""
    exemption: str | None = None
    """BT-120, BT-121: why no VAT is charged."""


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


class Invoice(Record):
    """An invoice or credit note (EN 16931). A credit note's totals are positive, as the standard has them."""

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
    """BT-25: what a credit note or a corrected invoice refers to."""
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

    @property
    def days_to_pay(self) -> int | None:
        """Days from issue to due date; None where one is not known."""
        return (self.due_date - self.issue_date).days if self.due_date and self.issue_date else None


REQUIRED = ("number", "issue_date", "seller", "currency", "total_net", "total_vat", "total_gross")
"""What an invoice must have before it can be proven."""
RECORDS: dict[str, type[Record]] = {"Invoice": Invoice}
"""What ``into:`` may name in a recipe; entry points add to it."""
