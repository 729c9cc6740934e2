"""Amounts beside the totals: allowances and charges, VAT by rate, and how to pay."""

from decimal import Decimal
from typing import Annotated

from smeflow.records.base import UNTOLD, Amount, Day, Record, Text


class AllowanceCharge(Record):
    """An allowance or a charge on the whole (BG-20, BG-21) or on a line (BG-27, BG-28)."""

    amount: Decimal | None = None
    """BT-92, BT-99, BT-136, BT-141: without VAT; positive in both."""
    base: Amount = None
    """BT-93, BT-100, BT-137, BT-142: what the percentage is of."""
    percent: Amount = None
    """BT-94, BT-101, BT-138, BT-143."""
    reason: Text = None
    """BT-97, BT-104, BT-139, BT-144."""
    reason_code: Text = None
    """BT-98, BT-140: UNTDID 5189; BT-105, BT-145: UNTDID 7161."""
    vat_category: Text = None
    """BT-95, BT-102: on the whole only."""
    vat_rate: Amount = None
    """BT-96, BT-103: per cent; on the whole only."""


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
    """BT-120: why no VAT is charged; the code of BT-121 where there is no text."""
    exemption_code: Text = None
    """BT-121: VATEX code; the ``Natura`` of a FatturaPA."""


class VatAccounting(Record):
    """When VAT falls due, and its total in the currency the seller accounts for it in."""

    currency: Text = None
    """BT-6: ISO 4217, where it is not the invoice's."""
    total: Amount = None
    """BT-111: total VAT in that currency."""
    date: Day = None
    """BT-7: the day VAT falls due."""
    date_code: Text = None
    """BT-8: what makes it fall due, in the code of the syntax: 5, 29, 72 (CII); 3, 35, 432 (UBL)."""


class PaymentMeans(Record):
    """One way to pay (BG-16 to BG-19)."""

    code: Text = None
    """BT-81: UNTDID 4461; 30 and 58 are transfers, 59 a SEPA direct debit, 48 a card."""
    name: Text = None
    """BT-82."""
    account: Text = None
    """BT-84: the IBAN, without spaces, or a national account number."""
    account_name: Text = None
    """BT-85."""
    bic: Text = None
    """BT-86."""
    card: Text = None
    """BT-87: the last digits of the card that paid."""
    card_holder: Text = None
    """BT-88."""
    debited_account: Text = None
    """BT-91: the account a direct debit is drawn from."""


class Payment(Record):
    """How it is paid (BG-16). ``iban``, ``bic`` and ``payment_terms`` stand beside it, on the invoice."""

    reference: Text = None
    """BT-83: what the transfer must bear."""
    means: Annotated[tuple[PaymentMeans, ...], UNTOLD] = ()
    """BG-16: in the order of the file."""
    mandate: Text = None
    """BT-89: the mandate of a direct debit."""
    creditor_id: Text = None
    """BT-90: the creditor identifier of a direct debit."""
