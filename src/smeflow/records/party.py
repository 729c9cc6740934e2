"""Who takes part in an invoice."""

from typing import Annotated

from smeflow.records.base import UNTOLD, Identifier, Record, Text


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
    legal_scheme: Text = None
    """BT-30-1, BT-47-1, BT-61-1: the register ``legal_id`` is of; ``0002`` is SIREN."""
    legal_form: Text = None
    """BT-33: legal form, capital and other things the law wants told."""
    endpoint: Annotated[Identifier, UNTOLD] = Identifier()
    """BT-34, BT-49: the electronic address invoices are sent to, with its scheme (``0225`` in France)."""
    street2: Text = None
    """BT-36, BT-51, BT-65, BT-76."""
    street3: Text = None
    """BT-162, BT-163, BT-164, BT-165."""
    region: Text = None
    """BT-39, BT-54, BT-68, BT-79."""
    contact: Text = None
    """BT-41, BT-56: a person or a department."""
