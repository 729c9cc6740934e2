"""What an invoice is made of: parties, references, deliveries, allowances, VAT by rate, how to pay."""

from decimal import Decimal
from typing import Annotated

from smeflow.kinds.records import UNTOLD, Identifier, OptionalAmount, OptionalDay, OptionalText, Record


class Party(Record):
    """A seller (BG-4), buyer (BG-7), payee (BG-10), tax representative (BG-11) or consignee (BG-13)."""

    name: str | None = None
    """BT-27, BT-44, BT-59, BT-62, BT-70: the registered name."""
    trading_name: str | None = None
    """BT-28, BT-45."""
    vat_id: str | None = None
    """BT-31, BT-48, BT-63: with its country prefix, without spaces."""
    legal_id: str | None = None
    """BT-30, BT-47, BT-61: SIREN or SIRET in France, the register number elsewhere."""
    tax_number: str | None = None
    """BT-32: a tax registration that is no VAT identifier (the German Steuernummer)."""
    street: str | None = None
    """BT-35, BT-50, BT-64, BT-75."""
    zip: str | None = None
    """BT-38, BT-53, BT-67, BT-78."""
    city: str | None = None
    """BT-37, BT-52, BT-66, BT-77."""
    country: str | None = None
    """BT-40, BT-55, BT-69, BT-80: ISO 3166-1, two letters."""
    email: str | None = None
    """BT-43, BT-58: the contact's."""
    phone: str | None = None
    """BT-42, BT-57: the contact's."""
    ids: Annotated[tuple[Identifier, ...], UNTOLD] = ()
    """BT-29, BT-46, BT-60, BT-71: other identifiers (GLN, SIRET, customer number), each with its scheme."""
    legal_scheme: OptionalText = None
    """BT-30-1, BT-47-1, BT-61-1: the register ``legal_id`` is of; ``0002`` is SIREN."""
    legal_form: OptionalText = None
    """BT-33: legal form, capital and other things the law wants told."""
    endpoint: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-34, BT-49: the electronic address invoices are sent to, with its scheme (``0225`` in France)."""
    street2: OptionalText = None
    """BT-36, BT-51, BT-65, BT-76."""
    street3: OptionalText = None
    """BT-162, BT-163, BT-164, BT-165."""
    region: OptionalText = None
    """BT-39, BT-54, BT-68, BT-79."""
    contact: OptionalText = None
    """BT-41, BT-56: a person or a department."""


class References(Record):
    """Numbers an invoice refers to. The buyer's order (BT-13) is ``order_reference`` on the invoice."""

    buyer: OptionalText = None
    """BT-10: what the buyer wants to see; the service code of a French authority, the German Leitweg-ID."""
    project: OptionalText = None
    """BT-11."""
    project_name: OptionalText = None
    """BT-11-0: CII only."""
    contract: OptionalText = None
    """BT-12."""
    contract_kind: OptionalText = None
    """EXT-FR-FE-01."""
    contract_date: OptionalDay = None
    """EXT-FR-FE-199."""
    order_date: OptionalDay = None
    """EXT-FR-FE-197: the day of the buyer's order."""
    sales_order: OptionalText = None
    """BT-14."""
    receiving_advice: OptionalText = None
    """BT-15."""
    despatch_advice: OptionalText = None
    """BT-16."""
    despatch_date: OptionalDay = None
    """EXT-FR-FE-198."""
    tender: OptionalText = None
    """BT-17: call for tenders or lot."""
    object: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-18: what is invoiced: a subscription, a meter; its scheme is of UNTDID 1153."""
    accounting: OptionalText = None
    """BT-19: where the buyer books it."""


class PrecedingInvoice(Record):
    """An invoice that is corrected, credited or preceded by a prepayment (BG-3)."""

    number: str | None = None
    """BT-25."""
    date: OptionalDay = None
    """BT-26."""
    type_code: OptionalText = None
    """EXT-FR-FE-02: UNTDID 1001."""


class Delivery(Record):
    """Where and when it was delivered (BG-13, BG-14). The day (BT-72) is ``delivery_date``."""

    to: Annotated[Party, UNTOLD] = Party()
    """BT-70, BT-71 and the address BG-15."""
    period_start: OptionalDay = None
    """BT-73."""
    period_end: OptionalDay = None
    """BT-74."""
    incoterms: OptionalText = None
    """EXT-FR-FE-185."""
    incoterms_place: OptionalText = None
    """EXT-FR-FE-186."""


class SupportingDocument(Record):
    """A paper that goes with the invoice (BG-24). Its bytes are a part of the document, not of the record."""

    reference: str | None = None
    """BT-122."""
    description: OptionalText = None
    """BT-123."""
    location: OptionalText = None
    """BT-124: its address; nothing is ever loaded from there."""
    file_name: OptionalText = None
    """BT-125-2: the name of the file inside the invoice."""
    media_type: OptionalText = None
    """BT-125-1."""


class Agents(Record):
    """Those who act for others in EXTENDED-CTC-FR."""

    buyer_agent: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-01."""
    payer: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-02: who pays, where it is not the buyer."""
    sales_agent: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-03."""
    invoicee: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-04: to whom the invoice is addressed, where it is not the buyer."""
    invoicer: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-05: who issues the invoice, where it is not the seller."""


class AllowanceCharge(Record):
    """An allowance or a charge on the whole (BG-20, BG-21) or on a line (BG-27, BG-28)."""

    amount: Decimal | None = None
    """BT-92, BT-99, BT-136, BT-141: without VAT; positive in both."""
    base: OptionalAmount = None
    """BT-93, BT-100, BT-137, BT-142: what the percentage is of."""
    percent: OptionalAmount = None
    """BT-94, BT-101, BT-138, BT-143."""
    reason: OptionalText = None
    """BT-97, BT-104, BT-139, BT-144."""
    reason_code: OptionalText = None
    """BT-98, BT-140: UNTDID 5189; BT-105, BT-145: UNTDID 7161."""
    vat_category: OptionalText = None
    """BT-95, BT-102: on the whole only."""
    vat_rate: OptionalAmount = None
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
    exemption_code: OptionalText = None
    """BT-121: VATEX code; the ``Natura`` of a FatturaPA."""


class VatAccounting(Record):
    """When VAT falls due, and its total in the currency the seller accounts for it in."""

    currency: OptionalText = None
    """BT-6: ISO 4217, where it is not the invoice's."""
    total: OptionalAmount = None
    """BT-111: total VAT in that currency."""
    date: OptionalDay = None
    """BT-7: the day VAT falls due."""
    date_code: OptionalText = None
    """BT-8: what makes it fall due, in the code of the syntax: 5, 29, 72 (CII); 3, 35, 432 (UBL)."""


class PaymentMeans(Record):
    """One way to pay (BG-16 to BG-19)."""

    code: OptionalText = None
    """BT-81: UNTDID 4461; 30 and 58 are transfers, 59 a SEPA direct debit, 48 a card."""
    name: OptionalText = None
    """BT-82."""
    account: OptionalText = None
    """BT-84: the IBAN, without spaces, or a national account number."""
    account_name: OptionalText = None
    """BT-85."""
    bic: OptionalText = None
    """BT-86."""
    card: OptionalText = None
    """BT-87: the last digits of the card that paid."""
    card_holder: OptionalText = None
    """BT-88."""
    debited_account: OptionalText = None
    """BT-91: the account a direct debit is drawn from."""


class Payment(Record):
    """How it is paid (BG-16). ``iban``, ``bic`` and ``payment_terms`` stand beside it, on the invoice."""

    reference: OptionalText = None
    """BT-83: what the transfer must bear."""
    means: Annotated[tuple[PaymentMeans, ...], UNTOLD] = ()
    """BG-16: in the order of the file."""
    mandate: OptionalText = None
    """BT-89: the mandate of a direct debit."""
    creditor_id: OptionalText = None
    """BT-90: the creditor identifier of a direct debit."""
