from decimal import Decimal

import pytest

from smeflow.invoices.checks import check_sums
from smeflow.records import Invoice, InvoiceLine, VatBreakdown

D = Decimal
RIGHT = Invoice(
    total_lines=D("320.00"),
    total_allowances=D("20.00"),
    total_net=D("300.00"),
    total_vat=D("45.00"),
    total_gross=D("345.00"),
    prepaid=D("45.00"),
    amount_due=D("300.00"),
    vat=(
        VatBreakdown(rate=D(20), base=D("150.00"), amount=D("30.00")),
        VatBreakdown(rate=D(10), base=D("150.00"), amount=D("15.00")),
    ),
    lines=(InvoiceLine(net=D("170.00")), InvoiceLine(net=D("150.00"))),
)


def outcome(record):
    return {check.name: check.passed for check in check_sums(record)}


def test_an_invoice_that_adds_up_passes_every_check():
    """Lines, allowances, rates, totals and what is due."""
    assert set(outcome(RIGHT).values()) == {True}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"total_gross": D("346.00")}, "net+vat=gross"),
        ({"total_vat": D("45.01")}, "rates=vat"),
        ({"vat": (VatBreakdown(rate=D(20), base=D("300.00"), amount=D("45.00")),)}, "base*rate=vat"),
        ({"vat": (VatBreakdown(rate=D(15), base=D("299.00"), amount=D("45.00")),)}, "bases=net"),
        ({"lines": (InvoiceLine(net=D("319.99")),)}, "lines=total_lines"),
        ({"total_allowances": D("0.00")}, "lines=net"),
        ({"amount_due": D("345.00")}, "gross-prepaid=due"),
    ],
)
def test_each_fault_fails_its_check_and_says_the_amounts(change, name):
    """The sentence holds the figures a person compares."""
    checks = {check.name: check for check in check_sums(RIGHT.model_copy(update=change))}
    assert checks[name].passed is False
    assert checks[name].detail is not None


def test_a_check_without_its_amounts_is_not_run():
    """Never told as passed."""
    assert set(outcome(Invoice()).values()) == {None}


def test_a_cent_decides():
    """Totals are compared exactly."""
    assert outcome(RIGHT.model_copy(update={"total_gross": D("345.01")}))["net+vat=gross"] is False
