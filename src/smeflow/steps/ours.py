"""Compare an invoice with what the firm says of itself: nobody pays himself."""

import re
from typing import Protocol

from smeflow._text import folded
from smeflow.i18n import say
from smeflow.readers.base import Check
from smeflow.records import Invoice


class Firm(Protocol):
    """What is known of the firm whose post this is; each may be empty."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its names, as they are printed on invoices."""
        ...

    @property
    def siren(self) -> str | None:
        """Its French company number."""
        ...

    @property
    def vat_ids(self) -> tuple[str, ...]:
        """Its VAT identifiers."""
        ...

    @property
    def ibans(self) -> tuple[str, ...]:
        """Its own accounts."""
        ...


def check_ours(record: Invoice, firm: Firm | None) -> tuple[Check, ...]:
    """Check that the invoice is not the firm's own and asks to pay to another's account.

    What the firm has not said of itself is not checked: ``passed`` is None.
    """
    return _account(record, firm), _sender(record, firm)


def _account(record: Invoice, firm: Firm | None) -> Check:
    if firm is None or not firm.ibans or record.iban is None:
        return Check(name="not_our_account", passed=None, fields=("iban",))
    ours = _bare(record.iban) in {_bare(iban) for iban in firm.ibans}
    detail = say("It asks to pay to an account of our own: {iban}.", iban=record.iban) if ours else None
    return Check(name="not_our_account", passed=not ours, detail=detail, fields=("iban",))


def _sender(record: Invoice, firm: Firm | None) -> Check:
    known = firm is not None and (firm.names or firm.siren or firm.vat_ids)
    if firm is None or not known or not (record.seller or record.seller_details.vat_id):
        return Check(name="not_from_us", passed=None, fields=("seller",))
    party = record.seller_details
    numbers = {_bare(number) for number in (party.vat_id, party.legal_id) if number}
    own = {_bare(number) for number in own_ids(firm)}
    by_number = bool(numbers & own) or bool(firm.siren and any(n[:9] == firm.siren for n in numbers))
    ours = by_number or folded(record.seller or "") in {folded(name) for name in firm.names}
    detail = say("The seller is our own firm: {seller}.", seller=record.seller or "") if ours else None
    return Check(name="not_from_us", passed=not ours, detail=detail, fields=("seller",))


def own_ids(firm: Firm) -> tuple[str, ...]:
    """Give the numbers the firm is registered under."""
    return (*firm.vat_ids, *((firm.siren,) if firm.siren else ()))


def _bare(number: str) -> str:
    return re.sub(r"\W", "", number).upper()
