"""A till receipt: its record, and what must hold of it.

A receipt has no number that anybody needs, and often neither net nor VAT. What proves it is that something
besides its label makes the total: cash less change, net and VAT at a printed rate, or the lines above.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import (
    CENT,
    HALF_UNIT,
    WITHOUT_CENTS,
    ZERO,
    same_amount,
    verdict,
)
from smeflow.invoices.record_parts import Party, VatBreakdown
from smeflow.kinds.record_kind import Firm
from smeflow.kinds.records import UNTOLD, Check, FieldKind, OptionalAmount, OptionalText, Record

PaymentWay = Literal["cash", "card", "cheque", "transfer", "wallet"]
"""How a receipt was paid."""
PAYMENT_WAYS: Mapping[str, Phrase] = {
    "cash": say("cash"),
    "card": say("card"),
    "cheque": say("cheque"),
    "transfer": say("bank transfer"),
    "wallet": say("payment service"),
}
"""What people call them."""


class ReceiptLine(Record):
    """One line of what was sold, as the till prints it."""

    name: str | None = None
    """What was sold."""
    amount: Decimal | None = None
    """With VAT, as till prices are; an allowance has a minus."""


class Receipt(Record):
    """A till receipt, or any paper that says that something was paid on the spot."""

    record_id: ClassVar[str] = "Receipt#1"

    seller: str | None = None
    """Who sold; the rest in ``seller_details``."""
    issue_date: date | None = None
    """The day of the sale."""
    sale_time: OptionalText = None
    """The hour of the sale, ``HH:MM`` of 24 hours."""
    currency: str | None = None
    """ISO 4217."""
    total_gross: Decimal | None = None
    """What was paid, VAT included and rounded as the till rounds."""
    total_net: OptionalAmount = None
    """Without VAT, where it is printed."""
    total_vat: OptionalAmount = None
    """The VAT in the total, where it is printed."""
    rounding: OptionalAmount = None
    """What the till added (or took off, below zero) for want of small coins."""
    amount_paid: OptionalAmount = None
    """What was handed over."""
    change_given: OptionalAmount = None
    """What was given back."""
    payment_means: Annotated[PaymentWay | None, UNTOLD] = None
    """How it was paid, where it was one way."""
    card_last4: OptionalText = None
    """The last four digits of the card's number."""
    vat: Annotated[tuple[VatBreakdown, ...], UNTOLD] = ()
    """By rate, where it is printed."""
    lines: Annotated[tuple[ReceiptLine, ...], UNTOLD] = ()
    """What was sold, where all of it was read: the lines make the total."""
    seller_details: Annotated[Party, UNTOLD] = Party()
    """The seller's identifiers."""


READ_TWICE: Mapping[str, FieldKind] = {"seller": "text", "issue_date": "date", "total_gross": "money"}
"""What a recogniser may misread and nothing else would tell; the total only where nothing makes it."""
_LAWS = ("paid-change=total", "net+vat=gross", "lines=total")


def check_receipt(record: Receipt, _firm: Firm | None = None) -> tuple[Check, ...]:
    """Run the checks of amounts; one whose amounts are not printed is marked as not run."""
    return _paid(record), _net_and_vat(record), _rates(record), _lines(record)


def _not_run(name: str, *fields: str) -> Check:
    return Check(
        name=name, passed=None, detail=say("Not run: an amount it needs is not there."), fields=fields
    )


def _totals(record: Receipt) -> tuple[Decimal, ...]:
    """Give the total, and what it was before the till rounded it."""
    total = record.total_gross
    if total is None:
        return ()
    return (total,) if record.rounding is None else (total, total - record.rounding)


def _paid(r: Receipt) -> Check:
    fields = ("total_gross", "amount_paid", "change_given")
    if (
        r.total_gross is None
        or r.amount_paid is None
        or (r.change_given is None and abs(r.amount_paid) > abs(r.total_gross))
    ):
        return _not_run("paid-change=total", *fields)
    kept = abs(r.amount_paid) - abs(r.change_given or ZERO)
    failure = say(
        "{paid} was handed over and {change} given back, but the total is {total}.",
        paid=r.amount_paid,
        change=r.change_given or ZERO,
        total=r.total_gross,
    )
    return verdict("paid-change=total", fields, passed=kept == abs(r.total_gross), failure=failure)


def _net_and_vat(r: Receipt) -> Check:
    """Check that net and VAT make the total; without a net, that the VAT is in the total at its rate."""
    name, fields = "net+vat=gross", ("total_net", "total_vat", "total_gross")
    totals = _totals(r)
    if not totals or r.total_vat is None:
        return _not_run(name, *fields)
    if r.total_net is not None:
        together = r.total_net + r.total_vat
        failure = say(
            "Net {net} and VAT {vat} make {sum}, but the total is {gross}.",
            net=r.total_net,
            vat=r.total_vat,
            sum=together,
            gross=r.total_gross,
        )
        passed = any(same_amount(together, total) for total in totals)
        return verdict(name, fields, passed=passed, failure=failure)
    if len(r.vat) != 1 or r.vat[0].rate is None:
        return _not_run(name, *fields)
    rate = r.vat[0].rate
    failure = say("{rate} % in {gross} is not {vat}.", rate=rate, gross=r.total_gross, vat=r.total_vat)
    tolerance = HALF_UNIT if r.currency in WITHOUT_CENTS else CENT
    passed = any(same_amount(t * rate / (100 + rate), r.total_vat, tolerance) for t in totals)
    return verdict(name, fields, passed=passed, failure=failure)


def _rates(r: Receipt) -> Check:
    """Base times rate is VAT, give or take a cent that the till rounds line by line."""
    name = "base*rate=vat"
    tolerance = CENT * max(2, len(r.lines)) + (HALF_UNIT if r.currency in WITHOUT_CENTS else ZERO)
    complete = [rate for rate in r.vat if None not in (rate.base, rate.rate, rate.amount)]
    for rate in complete:
        base, percent, amount = rate.base or ZERO, rate.rate or ZERO, rate.amount or ZERO
        expected = round(base * percent / 100, 2)
        if not same_amount(expected, amount, tolerance):
            detail = say(
                "{rate} % of {base} is {expected}, but {amount} is charged.",
                rate=percent,
                base=base,
                expected=expected,
                amount=amount,
            )
            return Check(name=name, passed=False, detail=detail, fields=("vat",))
    return Check(name=name, passed=True, fields=("vat",)) if complete else _not_run(name, "vat")


def _lines(r: Receipt) -> Check:
    totals = _totals(r)
    amounts = [line.amount for line in r.lines]
    if not totals or not amounts or None in amounts:
        return _not_run("lines=total", "lines", "total_gross")
    together = sum((amount for amount in amounts if amount is not None), ZERO)
    failure = say("The lines make {sum}, but the total is {total}.", sum=together, total=r.total_gross)
    return verdict("lines=total", ["lines", "total_gross"], passed=together in totals, failure=failure)


def total_upheld(_record: Receipt, checks: Sequence[Check]) -> bool | None:
    """Tell whether something besides its label makes the total; None where nothing could be added up."""
    verdicts = {check.passed for check in checks if check.name in _LAWS}
    return False if False in verdicts else True if True in verdicts else None
