"""Results of a user's own steps: every field can be corrected, as deep as it lies."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, model_validator
from typing_extensions import TypedDict

from smeflow import step
from smeflow.review.corrections import InvalidCorrection, correct_result


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Address(BaseModel):
    city: str | None = None
    zip: Annotated[str, Field(pattern=r"^\d{5}$")] | None = None


class Line(BaseModel):
    article: str
    price: Decimal | None = None


@dataclass
class Weight:
    kilos: float
    exact: bool = False


class Ticket(BaseModel):
    number: str
    level: Level = Level.LOW
    kind: Literal["repair", "order"] = "repair"
    due: date | None = None
    price: Annotated[Decimal, Field(ge=0)] | None = None
    urgent: bool = False
    count: int | None = None
    tags: tuple[str, ...] = ()
    address: Address = Address()
    other: Address | None = None
    lines: tuple[Line, ...] = ()
    weight: Weight | None = None
    notes: dict[str, int] = {}

    @model_validator(mode="after")
    def _priced(self) -> "Ticket":
        if self.kind == "order" and self.price is None:
            raise ValueError("an order has a price")
        return self


class Plain(TypedDict):
    name: str
    size: int


BEFORE = Ticket(number="T-1", lines=(Line(article="belt", price=Decimal(5)), Line(article="screw")))


def returning(kind: object) -> object:
    """Make a step that returns *kind*."""

    def own(case, llm):
        return None

    own.__annotations__["return"] = kind
    return step(own)


RIGHT = {
    "text": ({"number": "T-2"}, {"number": "T-2"}),
    "an amount as printed": ({"price": "1.234,50"}, {"price": Decimal("1234.50")}),
    "a day as printed": ({"due": "3 novembre 2026"}, {"due": date(2026, 11, 3)}),
    "yes in French": ({"urgent": "oui"}, {"urgent": True}),
    "an enum by its name": ({"level": "HIGH"}, {"level": Level.HIGH}),
    "an enum by its value": ({"level": "high"}, {"level": Level.HIGH}),
    "nothing": ({"due": ""}, {"due": None}),
    "a list with commas": ({"tags": "a,b"}, {"tags": ("a", "b")}),
    "a list as JSON": ({"tags": '["a, b"]'}, {"tags": ("a, b",)}),
    "inside a group": ({"address.city": "Lyon"}, {"address": Address(city="Lyon")}),
    "inside a group that is not there": ({"other.zip": "69001"}, {"other": Address(zip="69001")}),
    "inside a line": (
        {"lines.2.price": "7,50"},
        {"lines": (BEFORE.lines[0], Line(article="screw", price=Decimal("7.50")))},
    ),
    "a new line": ({"lines.3.article": "nut"}, {"lines": (*BEFORE.lines, Line(article="nut"))}),
    "a group as JSON": ({"weight": '{"kilos": 2}'}, {"weight": Weight(2.0)}),
    "a mapping": ({"notes.seen": "3"}, {"notes": {"seen": 3}}),
    "two that only fit together": (
        {"kind": "order", "price": "5"},
        {"kind": "order", "price": Decimal(5)},
    ),
}


@pytest.mark.parametrize(("changes", "after"), RIGHT.values(), ids=RIGHT.keys())
def test_every_field_of_an_own_result_takes_what_a_person_types(changes, after):
    """As deep as it lies, in the forms people write."""
    assert correct_result(returning(Ticket), BEFORE, changes, "Ada") == BEFORE.model_copy(update=after)


WRONG = {
    "no such field": ({"numbr": "1"}, "There is no field numbr. Choose from: number, level, kind"),
    "no such inner field": ({"address.town": "1"}, "There is no field address.town. Choose from: city, zip"),
    "no such line": ({"lines.9.price": "1"}, "There is no field lines.9.price. Choose from: 1-3"),
    "no day": ({"due": "soon"}, "due: soon does not fit"),
    "a law of the field": ({"price": "-1"}, "price: -1 does not fit"),
    "a pattern": ({"address.zip": "1"}, "address.zip: 1 does not fit"),
    "a law of the whole": ({"kind": "order"}, "an order has a price"),
    "a new line that lacks something": ({"lines.3.price": "1"}, "lines.2.article"),
}


@pytest.mark.parametrize(("changes", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_is_refused_with_the_field(changes, why):
    """The name as it was typed, and the reason."""
    with pytest.raises(InvalidCorrection, match=why):
        correct_result(returning(Ticket), BEFORE, changes, "Ada")


def test_a_failed_step_is_given_its_whole_result():
    """Where the step found nothing, the person gives what is required."""
    own = returning(Ticket)
    assert correct_result(own, None, {"number": "T-9"}, "Ada") == Ticket(number="T-9")
    with pytest.raises(InvalidCorrection, match="number"):
        correct_result(own, None, {"price": "3"}, "Ada")


def test_results_of_other_types():
    """A typed dictionary, a dataclass, a list, a number, nothing."""
    assert correct_result(returning(Plain), {"name": "a", "size": 1}, {"size": "2"}, "A") == {
        "name": "a",
        "size": 2,
    }
    assert correct_result(returning(Weight), Weight(1.0), {"exact": "non"}, "A") == Weight(1.0)
    assert correct_result(returning(list[int]), [1], {"value": "[2, 3]"}, "A") == [2, 3]
    assert correct_result(returning(Ticket | None), BEFORE, {"count": "4"}, "A") == BEFORE.model_copy(
        update={"count": 4}
    )
    assert correct_result(returning(Decimal), Decimal(1), {"value": "1 250,00"}, "A") == Decimal(1250)
    with pytest.raises(InvalidCorrection, match="Choose from: value"):
        correct_result(returning(int), 1, {"number": "2"}, "A")
