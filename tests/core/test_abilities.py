"""What a result can do is known by its type where the type decides, and asked of the value elsewhere."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, ConfigDict

from smeflow.core.step import DoubtingResult, doubts_of, has_ability, wants_model
from smeflow.i18n import Phrase, say


class Field(BaseModel):
    """Has doubts as a field."""

    doubts: tuple[Phrase, ...] = ()


class Without(BaseModel):
    """Has none."""

    text: str = ""


class Open(BaseModel):
    """May have anything."""

    model_config = ConfigDict(extra="allow")


class Computed:
    """Has doubts as a property."""

    @property
    def doubts(self):
        """Give one."""
        return (say("no"),)


@dataclass
class Plain:
    """May be given any attribute."""

    text: str = ""


def given_doubts():
    value = Plain()
    value.doubts = ()
    return value


VALUES = [
    *(1, "text", None, {}, [], (1,), Field(), Without(), Open(), Open(doubts=()), Computed(), Plain()),
    *(given_doubts(), SimpleNamespace(), SimpleNamespace(doubts=())),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_an_ability_is_what_isinstance_says(value):
    """Whichever value of a type comes first."""
    for each in (value, *reversed(VALUES)):
        assert has_ability(each, DoubtingResult, "doubts") == isinstance(each, DoubtingResult)


def test_doubts_are_read_from_wherever_they_stand():
    """From a field, a property, or an attribute of this one value."""
    assert [len(doubts_of(value)) for value in (Computed(), Field(doubts=(say("a"), say("b"))), 7)] == [
        1,
        2,
        0,
    ]
    assert wants_model(SimpleNamespace(wanted_model=True))
    assert not wants_model("text")
