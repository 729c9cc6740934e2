"""Fields written in a recipe, read by labels and by a model that may be wrong."""

from decimal import Decimal
from enum import Enum

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from smeflow.core.case import Case
from smeflow.core.fingerprints import fingerprint
from smeflow.documents.document import text_document
from smeflow.errors import LLMRefused, LLMUnavailable
from smeflow.expressions.language import parse_expression
from smeflow.i18n import say
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract

TEXT = "ITEM-00012\nNumber: R-12\nSupplier: Firma 12 GmbH\nCategory: service\nTotal: 12.05 EUR\n"
RIGHT = {
    "number": "R-12",
    "supplier": "Firma 12 GmbH",
    "category": "service",
    "total": "12.05 EUR",
    "due": None,
}
FIELDS = {
    "number": "text",
    "supplier": "text",
    "category": ["goods", "service"],
    "total": "money",
    "due": "date?",
}


def order(**more):
    return Extract(name="order", fields=FIELDS, **more)


def case(text=TEXT):
    return Case.of(text_document(text))


class Order(BaseModel):
    number: str
    total: Decimal

    @property
    def large(self) -> bool:
        return self.total > 10


def test_labelled_lines_are_read_and_proven_without_any_model():
    """What stands beside its label needs no model, and none is asked."""
    model = Scripted([])
    found = order()(case(), model)
    assert found.record.model_dump() == {**RIGHT, "total": Decimal("12.05"), "currency": "EUR"}
    assert (found.proven, found.doubts, found.reader, len(model.requests)) == (True, (), "labels", 0)
    assert found.fields["total"].quote == "12.05 EUR"
    assert found.fields["total"].currency == "EUR"


def test_a_model_that_agrees_leaves_the_proof_alone():
    """With ask="always" the model is a second reader; agreeing, it changes nothing."""
    found = order(ask="always")(case(), Scripted([RIGHT]))
    assert found.proven
    assert found.fields["number"].checks["readers_agree"] is True


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        (
            {"number": "Firma 12 GmbH", "supplier": "R-12"},
            "number: labels reads R-12, model reads Firma 12 GmbH.",
        ),
        ({"total": "20.26 EUR"}, "total: 20.26 EUR is nowhere in the document; it was left out."),
        (
            {"supplier": "Zephyr Holdings"},
            "supplier: Zephyr Holdings is nowhere in the document; it was left out.",
        ),
        ({"category": "goods"}, "category: labels reads service, model reads goods."),
        ({"due": "soon"}, "due: soon is no date; it was left out."),
    ],
)
def test_a_model_that_is_wrong_is_caught(change, doubt):
    """Swapped, invented and contradicted values go to a person, and the labelled value stays."""
    found = order(ask="always")(case(), Scripted([{**RIGHT, **change}]))
    assert doubt in [str(d) for d in found.doubts]
    assert not found.proven
    assert found.record.number == "R-12"
    assert found.record.total == Decimal("12.05")


def test_a_model_alone_proves_nothing_but_is_quoted():
    """Values only a model found are kept when they are printed, with their quote, unproven."""
    found = order(readers=("model",))(case(), Scripted([RIGHT]))
    assert found.record.total == Decimal("12.05")
    assert found.fields["total"].reader == "model"
    assert found.fields["total"].quote == "12.05 EUR"
    assert (found.proven, found.doubts) == (False, ())


def test_what_is_missing_without_a_model_is_told_and_marked():
    """A model would have helped: the result says so and counts as missing once there is one."""
    found = order()(case("Number: R-12\nfrom Firma 12 GmbH, service, 12.05 EUR"), NoModel())
    assert found.record.number == "R-12"
    assert found.record.total is None
    assert found.wanted_model
    assert [str(d) for d in found.doubts] == ["Missing: supplier, category, total."]


def test_the_model_is_asked_only_for_what_is_left():
    """With ask="left" a gap in what is wanted costs one call; a gap in what is optional costs none."""
    model = Scripted([RIGHT])
    found = order()(case("Number: R-12\nfrom Firma 12 GmbH, service\nTotal: 12.05 EUR"), model)
    assert len(model.requests) == 1
    assert found.fields["number"].reader == "labels"
    assert found.fields["supplier"].reader == "model"
    assert not found.proven


def test_a_refusing_model_leaves_what_the_readers_found():
    """A refusal is a doubt, not a lost result."""
    refused = LLMRefused(say("The model declined to answer: {said}", said="no"))
    found = order(ask="always")(case(), Scripted([refused]))
    assert found.record.number == "R-12"
    assert "declined" in str(found.doubts[0])


def test_an_outage_is_not_swallowed():
    """Only the runner knows when to try again."""
    with pytest.raises(LLMUnavailable):
        order(ask="always")(case(), Scripted([LLMUnavailable(say("The provider is away."))]))


def test_nothing_is_invented_from_nothing():
    """A document without text gives an empty record and says why; no model is asked."""
    model = Scripted([])
    found = order()(case("  \n"), model)
    assert set(found.record.model_dump().values()) == {None}
    assert [str(d) for d in found.doubts] == ["There is no text in the documents."]
    assert model.requests == []


def test_the_prompt_frames_the_text_as_data_and_is_always_the_same():
    """The frame comes from the text itself, so that a replay asks the same; the text stands unchanged."""
    models = [Scripted([RIGHT]), Scripted([RIGHT])]
    for model in models:
        order(ask="always")(case(), model)
    one, two = (model.requests[0] for model in models)
    assert one.hash == two.hash
    system, user = one.messages
    assert TEXT.strip() in user.content
    key = user.content.split("<<<")[1].split()[0]
    assert f"{key}>>>" in user.content
    assert key in system.content
    assert TEXT.split(maxsplit=1)[0] not in system.content


@pytest.mark.slow
def test_a_long_text_is_cut_in_the_middle_and_told():
    """Of a long document a model sees the beginning and the end."""
    filler = "\n".join(f"line {n} of nothing" for n in range(3000))
    model = Scripted([RIGHT])
    text = f"Number R-12 by Firma 12 GmbH\n{filler}\nservice, 12.05 EUR"
    found = order(max_characters=2000)(case(text), model)
    user = model.requests[0].messages[1].content
    assert len(user) < 2200
    assert "Firma 12 GmbH" in user
    assert "12.05 EUR" in user
    assert "only the beginning and the end" in str(found.problems)


def test_a_model_of_ones_own_is_filled_and_comes_back_from_json():
    """A Pydantic class is the record's type; a gap is None even where the class wants a value."""
    step = Extract(name="order", into=Order)
    full = step(Case.of(text_document("Number: 7\nTotal: 12.50")), NoModel())
    assert isinstance(full.record, Order)
    assert full.record.large
    gap = step(Case.of(text_document("Number: 7")), NoModel())
    assert isinstance(gap.record, Order)
    assert gap.record.total is None
    assert not gap.proven
    adapter = TypeAdapter(step.returns)
    for found in (full, gap):
        back = adapter.validate_json(adapter.dump_json(found))
        assert type(back.record) is Order
        assert back.model_dump(mode="json") == found.model_dump(mode="json")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"fields": {"a": "monney"}}, "monney is no kind of field"),
        ({}, "give either into or fields"),
        ({"into": "Invoise"}, "Invoise is no record"),
        ({"fields": {"a": "text"}, "required": ("b",)}, "required names fields that are not there: b"),
        ({"fields": {"a": "text"}, "reader": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_in_the_fields_is_told_when_the_step_is_made(wrong, says):
    """Nothing runs with a step that cannot work."""
    with pytest.raises(ValidationError, match=says):
        Extract(name="x", **wrong)


def test_the_fingerprint_follows_fields_and_the_record_type():
    """Other fields, another class or other instructions: other results."""
    prints = {
        fingerprint(order()),
        fingerprint(order(instructions="Dates are American.")),
        fingerprint(Extract(name="order", fields={**FIELDS, "due": "date"})),
        fingerprint(Extract(name="order", into=Order)),
    }
    assert len(prints) == 4
    assert fingerprint(order()) == fingerprint(order())


def test_hostile_values_stay_plain_text_in_html():
    """What a document says is shown, never run."""
    bad = "<script>alert(1)</script>"
    found = order()(case(TEXT.replace("R-12", bad)), NoModel())
    assert found.record.number == bad
    assert bad not in found._repr_html_()


class Unit(Enum):
    PIECE = "piece"
    HOUR = "hour"


class Item(BaseModel):
    name: str
    amount: Decimal
    unit: Unit | None = None


class Basket(BaseModel):
    number: str
    items: list[Item]
    buyer: Item | None = None


def test_lists_and_records_inside_a_record_are_grounded_value_by_value():
    """Of a list of lines each value must stand in the document; what does not is left out and told."""
    step = Extract(name="basket", into=Basket)
    text = "Number: B-7\n2 lamps, 40.00 EUR, per piece\nrepair, 55.50 EUR\n"
    lines = [
        {"name": "lamps", "amount": "40.00 EUR", "unit": "piece"},
        {"name": "repair", "amount": "55.50 EUR", "unit": None},
    ]
    found = step(case(text), Scripted([{"number": "B-7", "items": lines, "buyer": None}]))
    assert found.record == Basket(
        number="B-7",
        items=[
            Item(name="lamps", amount=Decimal("40.00"), unit=Unit.PIECE),
            Item(name="repair", amount="55.50"),
        ],
    )
    assert found.fields["items"].quote
    adapter = TypeAdapter(step.returns)
    assert adapter.validate_json(adapter.dump_json(found)).record == found.record
    lies = [{**lines[0], "amount": "90.00 EUR"}, lines[1]]
    forged = step(case(text), Scripted([{"number": "B-7", "items": lies, "buyer": None}]))
    assert "items.amount: 90.00 EUR is nowhere in the document; it was left out." in map(str, forged.doubts)
    assert not forged.proven


def test_amounts_keep_the_currency_that_is_printed_beside_them():
    """Dollars are not euros: a condition in the firm's currency does not decide on them."""
    step = Extract(name="order", fields={"total": "money"})
    for text, currency, verdict in (
        ("Total: 600 USD", "USD", None),
        ("Total: 600,00 EUR", "EUR", True),
        ("Total: 600,00", None, True),
    ):
        case = Case.of(text_document(text, name="a.txt"))
        found = step(case, NoModel())
        assert found.record.currency == currency
        condition = parse_expression("order.record.total > 500")
        assert condition.decides(case.with_result("order", found)) is verdict


def test_amounts_in_several_currencies_go_to_a_person():
    """A record has one currency; which amount is in which nobody may guess."""
    step = Extract(name="order", fields={"total": "money", "deposit": "money"})
    found = step(Case.of(text_document("Total: 600 USD\nDeposit: 10,00 EUR", name="a.txt")), NoModel())
    assert found.record.currency is None
    assert any("USD, EUR" in str(doubt) for doubt in found.doubts)
