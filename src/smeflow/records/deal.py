"""What an invoice refers to: orders, earlier invoices, papers, deliveries, and those who act for others."""

from typing import Annotated

from smeflow.records.base import UNTOLD, Day, Identifier, Record, Text
from smeflow.records.party import Party


class References(Record):
    """Numbers an invoice refers to. The buyer's order (BT-13) is ``order_reference`` on the invoice."""

    buyer: Text = None
    """BT-10: what the buyer wants to see; the service code of a French authority, the German Leitweg-ID."""
    project: Text = None
    """BT-11."""
    project_name: Text = None
    """BT-11-0: CII only."""
    contract: Text = None
    """BT-12."""
    contract_kind: Text = None
    """EXT-FR-FE-01."""
    contract_date: Day = None
    """EXT-FR-FE-199."""
    order_date: Day = None
    """EXT-FR-FE-197: the day of the buyer's order."""
    sales_order: Text = None
    """BT-14."""
    receiving_advice: Text = None
    """BT-15."""
    despatch_advice: Text = None
    """BT-16."""
    despatch_date: Day = None
    """EXT-FR-FE-198."""
    tender: Text = None
    """BT-17: call for tenders or lot."""
    object: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-18: what is invoiced: a subscription, a meter; its scheme is of UNTDID 1153."""
    accounting: Text = None
    """BT-19: where the buyer books it."""


class PrecedingInvoice(Record):
    """An invoice that is corrected, credited or preceded by a prepayment (BG-3)."""

    number: str | None = None
    """BT-25."""
    date: Day = None
    """BT-26."""
    type_code: Text = None
    """EXT-FR-FE-02: UNTDID 1001."""


class Delivery(Record):
    """Where and when it was delivered (BG-13, BG-14). The day (BT-72) is ``delivery_date``."""

    to: Annotated[Party, UNTOLD] = Party()
    """BT-70, BT-71 and the address BG-15."""
    period_start: Day = None
    """BT-73."""
    period_end: Day = None
    """BT-74."""
    incoterms: Text = None
    """EXT-FR-FE-185."""
    incoterms_place: Text = None
    """EXT-FR-FE-186."""


class SupportingDocument(Record):
    """A paper that goes with the invoice (BG-24). Its bytes are a part of the document, not of the record."""

    reference: str | None = None
    """BT-122."""
    description: Text = None
    """BT-123."""
    location: Text = None
    """BT-124: its address; nothing is ever loaded from there."""
    file_name: Text = None
    """BT-125-2: the name of the file inside the invoice."""
    media_type: Text = None
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
