"""The lines of an invoice."""

from decimal import Decimal
from typing import Annotated

from smeflow.records.base import UNTOLD, Amount, Day, Identifier, Record, Text
from smeflow.records.deal import PrecedingInvoice
from smeflow.records.money import AllowanceCharge
from smeflow.records.party import Party


class ItemAttribute(Record):
    """A property of what is sold (BG-32)."""

    name: str | None = None
    """BT-160."""
    value: str | None = None
    """BT-161."""
    code: Text = None
    """EXT-FR-FE-159."""
    measure: Amount = None
    """EXT-FR-FE-160: the value as a number."""
    unit: Text = None
    """EXT-FR-FE-161: of the measure."""


class Classification(Record):
    """What kind of thing is sold (BT-158)."""

    code: str | None = None
    """BT-158."""
    list: Text = None
    """BT-158-1: UNTDID 7143; ``STI`` is CPV."""
    version: Text = None
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
    vat_category: Text = None
    """BT-151."""
    note: Text = None
    """BT-127: several notes stand one below the other."""
    description: Text = None
    """BT-154."""
    object: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-128: a meter or subscription; its scheme is of UNTDID 1153."""
    order_line: Text = None
    """BT-132: the line of the buyer's order."""
    order_reference: Text = None
    """EXT-FR-FE-135: the buyer's order of this line."""
    sales_order: Text = None
    """EXT-FR-FE-144."""
    despatch_advice: Text = None
    """EXT-FR-FE-140."""
    accounting_reference: Text = None
    """BT-133."""
    period_start: Day = None
    """BT-134."""
    period_end: Day = None
    """BT-135."""
    allowances: Annotated[tuple[AllowanceCharge, ...], UNTOLD] = ()
    """BG-27."""
    charges: Annotated[tuple[AllowanceCharge, ...], UNTOLD] = ()
    """BG-28."""
    price_discount: Amount = None
    """BT-147: already taken off the net price."""
    gross_price: Amount = None
    """BT-148."""
    price_quantity: Amount = None
    """BT-149: how many units the price is for; 1 where it is not told."""
    price_unit: Text = None
    """BT-150."""
    seller_item_id: Text = None
    """BT-155."""
    buyer_item_id: Text = None
    """BT-156."""
    standard_item_id: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-157: ``0160`` is GTIN."""
    classifications: Annotated[tuple[Classification, ...], UNTOLD] = ()
    """BT-158."""
    origin_country: Text = None
    """BT-159."""
    attributes: Annotated[tuple[ItemAttribute, ...], UNTOLD] = ()
    """BG-32."""
    exemption: Text = None
    """EXT-FR-FE-178: why no VAT is charged on this line."""
    exemption_code: Text = None
    """EXT-FR-FE-179."""
    delivery_date: Day = None
    """EXT-FR-FE-158."""
    deliver_to: Annotated[Party, UNTOLD] = Party()
    """EXT-FR-FE-BG-10."""
    preceding_invoice: Annotated[PrecedingInvoice, UNTOLD] = PrecedingInvoice()
    """EXT-FR-FE-136 to 138."""
    parent: Text = None
    """EXT-FR-FE-162: the line this one belongs to."""
    subtype: Text = None
    """EXT-FR-FE-163: ``DETAIL``, ``GROUP`` or ``INFORMATION``; only details count in sums."""
    gross: Amount = None
    """EXT-FR-FE-184: with VAT."""
