"""Values of a person in the place of what was found."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import BaseModel

from smeflow.core.step import step
from smeflow.engine.own_steps import Choice
from smeflow.kinds.steps import FieldReading
from smeflow.records import Invoice
from smeflow.review.corrections import InvalidCorrection, correct_result, split_by_step
from smeflow.steps import Draft, Extract, Rule, Triage
from smeflow.triage.labels import Label
from smeflow.writing.drafts import Drafted

INVOICE = Extract(name="invoice", into=Invoice)
FIELDS = Extract(name="found", fields={"total": "money", "due": "date?", "kind": ("a", "b")})


def invoice(**values):
    """Make what the step would have found."""
    fields = {
        name: FieldReading(value=str(value), quote=str(value), reader="layout")
        for name, value in values.items()
    }
    return INVOICE.returns(record=Invoice(**values), fields=fields, doubts=(), reader="layout")


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1234.50", "1234.50"), ("1 234,50", "1234.50"), ("1.234,50 €", "1234.50"), ("-3", "-3")],
)
def test_amounts_are_read_as_people_write_them(typed, value):
    """Comma or point, with or without thousands and currency."""
    found = correct_result(INVOICE, invoice(number="1"), {"total_net": typed}, "Ada")
    assert found.record.total_net == Decimal(value)


@pytest.mark.parametrize("typed", ["2026-11-03", "03/11/2026", "3 novembre 2026", "3.11.2026"])
def test_dates_are_read_day_first(typed):
    """As in Europe."""
    found = correct_result(INVOICE, invoice(number="1"), {"issue_date": typed}, "Ada")
    assert found.record.issue_date == date(2026, 11, 3)


def test_a_right_correction_closes_the_sums_and_carries_the_persons_name():
    """The checks run again on the new values, and the evidence is a person."""
    before = invoice(number="1", total_net=Decimal(100), total_vat=Decimal(20), total_gross=Decimal(130))
    found = correct_result(INVOICE, before, {"total_gross": "120"}, "Ada")
    assert {c.name: c.passed for c in found.checks}["net+vat=gross"] is True
    assert found.fields["total_gross"].reader == "person"
    assert found.fields["number"].reader == "layout"
    assert (found.proven, found.accepted_by, found.doubts, found.problems) == (True, "Ada", (), ())


def test_what_still_fails_stays_visible_beside_the_name():
    """A person may insist; nobody is told that the sums are right."""
    before = invoice(number="1", total_net=Decimal(100), total_vat=Decimal(20), total_gross=Decimal(120))
    found = correct_result(INVOICE, before, {"total_gross": "130"}, "Ada")
    assert any("accepted by Ada" in str(problem) for problem in found.problems)
    assert False in {c.passed for c in found.checks}


def test_an_empty_text_takes_a_value_away():
    """What stands there wrongly is not known any more, and not guessed."""
    found = correct_result(INVOICE, invoice(number="1", iban="X"), {"iban": ""}, "Ada")
    assert found.record.iban is None


def test_values_can_be_given_where_nothing_was_found():
    """A file nobody could read becomes a record by hand."""
    found = correct_result(INVOICE, None, {"number": "7"}, "Ada")
    assert (found.record.number, found.reader) == ("7", "person")


def test_fields_of_a_recipe_keep_their_kinds():
    """A closed list stays closed."""
    found = correct_result(FIELDS, None, {"total": "12,00", "kind": "b"}, "Ada")
    assert (found.record.total, found.record.kind) == (Decimal("12.00"), "b")
    with pytest.raises(InvalidCorrection, match="kind"):
        correct_result(FIELDS, None, {"kind": "c"}, "Ada")


def test_a_label_comes_from_the_list():
    """A person cannot invent one either."""
    triage = Triage(name="kind", labels={"a": "", "b": ""})
    assert correct_result(triage, Label(label="a", doubts=()), {"label": "b"}, "Ada").label == "b"
    with pytest.raises(InvalidCorrection, match="a, b"):
        correct_result(triage, Label(), {"label": "c"}, "Ada")


def test_drafts_rules_and_plain_values_can_be_corrected():
    """Each kind of result in its own words; what a function gave in its own type."""
    drafted = correct_result(
        Draft(name="d", template="x"), Drafted(subject="s", text="t"), {"text": "new"}, "Ada"
    )
    assert (drafted.subject, drafted.text, drafted.accepted_by) == ("s", "new", "Ada")
    rule = Rule(name="r", choose=(Choice(when="x", value="y"),))
    assert correct_result(rule, None, {"value": "high"}, "Ada").value == "high"

    @step
    def days(case, llm) -> int:
        return 1

    assert correct_result(days, 1, {"value": "3"}, "Ada") == 3
    with pytest.raises(InvalidCorrection, match="three"):
        correct_result(days, 1, {"value": "three"}, "Ada")


@pytest.mark.parametrize(
    ("changes", "name", "fields"),
    [
        ({"total_net": "1"}, "invoice", {"total_net": "1"}),
        ({"kind.label": "a"}, "kind", {"label": "a"}),
        ({"invoice.record.number": "1"}, "invoice", {"number": "1"}),
    ],
)
def test_the_steps_name_may_stand_before_the_field(changes, name, fields):
    """Without it the step that waits is meant."""
    steps = {"invoice": INVOICE, "kind": Triage(name="kind", labels=("a", "b"))}
    assert split_by_step(changes, steps, "invoice") == (name, fields)


def test_one_decision_is_about_one_step():
    """Else it could not be told which result a person saw."""
    with pytest.raises(InvalidCorrection):
        split_by_step({"kind.label": "a", "number": "1"}, {"invoice": INVOICE, "kind": INVOICE}, "invoice")


def test_a_record_of_ones_own_can_be_corrected():
    """Any Pydantic model of plain fields."""

    class Delivery(BaseModel):
        number: str
        pieces: int
        whole: bool = False

    mine = Extract(name="delivery", into=Delivery)
    found = correct_result(mine, None, {"number": "D-1", "pieces": "12", "whole": "oui"}, "Ada")
    assert (found.record.number, found.record.pieces, found.record.whole) == ("D-1", 12, True)
