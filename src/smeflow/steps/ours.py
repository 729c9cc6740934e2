"""Compare an invoice with what the firm says of itself: nobody pays himself."""

import re

from smeflow._text import folded
from smeflow.i18n import say
from smeflow.readers.base import Check
from smeflow.record_kinds import Firm
from smeflow.records import Invoice


def check_ours(record: Invoice, firm: Firm | None) -> tuple[Check, ...]:
    """Check that the invoice is to the firm, not its own, and asks to pay to another's account.

    What the firm has not said of itself is not checked: ``passed`` is None.
    """
    return _account(record, firm), _sender(record, firm), _receiver(record, firm)


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


def _receiver(record: Invoice, firm: Firm | None) -> Check:
    known = firm is not None and (firm.names or firm.siren or firm.vat_ids)
    if firm is None or not known or not (record.buyer or record.buyer_details.vat_id):
        return Check(name="to_us", passed=None, fields=("buyer",))
    party = record.buyer_details
    numbers = {_bare(number) for number in (party.vat_id, party.legal_id) if number}
    own = {_bare(number) for number in own_ids(firm)}
    ours = bool(numbers & own) or bool(firm.siren and any(firm.siren in number for number in numbers))
    ours = ours or any(_alike(record.buyer or "", name) for name in firm.names)
    if not ours and not (own and numbers) and not (firm.names and record.buyer):
        return Check(name="to_us", passed=None, fields=("buyer",))  # a name says nothing against a number
    to = record.buyer or party.vat_id or ""
    detail = None if ours else say("It is addressed to {buyer}, not to us.", buyer=to)
    return Check(name="to_us", passed=ours, detail=detail, fields=("buyer",))


def _alike(printed: str, name: str) -> bool:
    """Tell whether a printed name is the firm's, with more or less around it: a legal form, a person."""
    one, other = (" ".join(_WORD.findall(folded(each))) for each in (printed, name))
    return bool(one and other) and (f" {one} " in f" {other} " or f" {other} " in f" {one} ")


_WORD = re.compile(r"[^\W_]+")


def own_ids(firm: Firm) -> tuple[str, ...]:
    """Give the numbers the firm is registered under."""
    return (*firm.vat_ids, *((firm.siren,) if firm.siren else ()))


def _bare(number: str) -> str:
    return re.sub(r"\W", "", number).upper()
