"""Several models for one question."""

import json

import pytest
from pydantic import BaseModel

from smeflow.errors import AnswerInvalid, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.interface import Message, Reply, Request
from smeflow.llm.router import Agreeing, Fallback
from smeflow.llm.testing import Scripted


class Found(BaseModel):
    number: str | None
    total: str | None


AWAY = LLMUnavailable(say("away"), sent=False)
REQUEST = Request(messages=(Message("user", "Hi"),))
PROMPT, ANSWER = Prompt("Copy.", "R-1"), AnswerForm.of(Found)


def rejected(reason):
    return LLMRejected(say("no"), reason=reason)


@pytest.mark.parametrize("error", [AWAY, rejected("key"), rejected("quota"), rejected("model")])
def test_the_next_one_is_asked_where_one_is_away_or_rejects_us(error):
    """A fallback needs nobody to look."""
    first, second = Scripted([error]), Scripted(["there"])
    assert Fallback(models=[first, second]).complete(REQUEST).text == "there"


@pytest.mark.parametrize("reason", ["residency", "request"])
def test_what_is_refused_for_its_place_or_form_is_refused(reason):
    """No fallback leads around a rule."""
    second = Scripted(["there"])
    with pytest.raises(LLMRejected):
        Fallback(models=[Scripted([rejected(reason)]), second]).complete(REQUEST)
    assert second.requests == []


def test_the_last_ones_failure_is_told():
    """When all are away, that is what is said."""
    with pytest.raises(LLMUnavailable):
        Fallback(models=[Scripted([AWAY]), Scripted([AWAY])]).complete(REQUEST)


def test_the_cheaper_answer_stands_and_the_dearer_is_asked_only_when_it_is_of_no_use():
    """An answer that breaks the schema goes to the next model, with what was wrong."""
    cheap = Scripted(['{"number": "R-1", "total": "5"}'])
    dear = Scripted(['{"number": "R-2", "total": null}'])
    assert ask(Fallback(models=[cheap, dear]), PROMPT, ANSWER).value.number == "R-1"
    assert dear.requests == []
    broken = Scripted(['{"number": 5}'])
    assert ask(Fallback(models=[broken, dear]), PROMPT, ANSWER).value.number == "R-2"
    assert "cannot be used" in dear.requests[0].messages[-1].content


def test_an_answer_the_model_itself_finds_unlikely_goes_to_the_next():
    """Where likelihood is told, it decides who is asked, never what is true."""
    unsure = Scripted([Reply(text="a", model="m", probabilities={"number": 0.1, "total": 0.9})])
    chain = Fallback(models=[unsure, Scripted(["b"])], least_probability=0.2)
    assert chain.complete(REQUEST).text == "b"
    sure = Scripted([Reply(text="a", model="m", probabilities={"number": 0.5})])
    assert Fallback(models=[sure, Scripted([])], least_probability=0.2).complete(REQUEST).text == "a"


def test_what_two_do_not_agree_on_is_left_out():
    """Spelling does not count; a value they differ on becomes null, and a person is asked."""
    one = Scripted([json.dumps({"number": "R-1  a", "total": "5.00"})])
    two = Scripted([json.dumps({"number": "r-1 A", "total": "6.00"})])
    got = ask(Agreeing(models=[one, two]), PROMPT, ANSWER)
    assert got.value == Found(number="R-1  a", total=None)
    assert got.reply.usage.input_tokens == 0


def test_where_nothing_can_be_left_out_a_difference_is_told():
    """A text has no null."""
    agreeing = Agreeing(models=[Scripted(["yes"]), Scripted(["no"])])
    with pytest.raises(AnswerInvalid, match="do not agree"):
        agreeing.complete(REQUEST)
    assert Agreeing(models=[Scripted(["Yes."]), Scripted(["yes."])]).complete(REQUEST).text == "Yes."


def test_an_answer_out_of_form_is_asked_for_again():
    """One that is no JSON is not compared."""
    good = json.dumps({"number": "R-1", "total": None})
    agreeing = Agreeing(models=[Scripted(["sorry", good]), Scripted([good, good])])
    got = ask(agreeing, PROMPT, ANSWER)
    assert got.tries == 2
    assert got.value.number == "R-1"
