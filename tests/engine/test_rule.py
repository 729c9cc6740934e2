"""Rules: values by conditions, without a model."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from smeflow.core.case import Case
from smeflow.core.fingerprints import fingerprint
from smeflow.engine.own_steps import Ruled
from smeflow.llm.interface import NoModel
from smeflow.money import Money
from smeflow.records import Invoice
from smeflow.steps import Extract, Rule

INVOICE = Extract(name="invoice", into=Invoice)


def case(**values):
    return Case(id="x").with_result("invoice", INVOICE.returns(record=Invoice(currency="EUR", **values)))


def priority(**more):
    large = {"when": "invoice.record.total_gross > 5000", "value": "high"}
    soon = {"when": "invoice.record.days_to_pay < 7", "value": "high"}
    return Rule(name="priority", choose=(large, soon), otherwise="normal", **more)


def test_the_first_condition_that_holds_decides():
    """Conditions are asked in order, and the one that held is told."""
    found = priority()(case(total_gross=Decimal(6000)), NoModel())
    assert (found.value, found.because) == ("high", "invoice.record.total_gross > 5000")


def test_what_cannot_be_decided_goes_to_a_person():
    """A missing value is neither true nor false: the rule stops there and doubts."""
    found = priority()(case(), NoModel())
    assert found.value is None
    assert [str(d) for d in found.doubts] == [
        "rule priority: cannot decide invoice.record.total_gross > 5000"
    ]


def test_otherwise_is_the_value_where_nothing_holds():
    """The last word has the fallback."""
    dates = {"issue_date": "2026-01-01", "due_date": "2026-02-01"}
    assert priority()(case(total_gross=Decimal(10), **dates), NoModel()).value == "normal"


def test_an_expression_computes_an_amount_that_survives_json():
    """Types come back: an amount of money is one again."""
    rule = Rule(name="discount", value="invoice.record.total_net * 0.02")
    found = rule(case(total_net=Decimal("150.00")), NoModel())
    assert found.value == Money(Decimal("3.0000"), "EUR")
    adapter = TypeAdapter(Ruled)
    assert adapter.validate_json(adapter.dump_json(found)) == found


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "__import__('os')"},
        {"value": "invoice.__class__"},
        {"choose": [{"when": "nonsense(3)", "value": 1}]},
        {"value": "1", "choose": [{"when": "true", "value": 1}]},
        {},
    ],
)
def test_a_condition_that_is_none_is_refused_when_the_rule_is_made(wrong):
    """Conditions are data in a small language, never code."""
    with pytest.raises(ValidationError):
        Rule(name="x", **wrong)


def test_constants_are_no_part_of_the_fingerprint():
    """The firm's own data may change without making old results incomparable."""
    assert fingerprint(priority()) == fingerprint(priority(constants={"company": {"name": "A"}}))
