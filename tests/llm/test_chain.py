"""Several models for one question."""

import json
import threading

import pytest
from pydantic import BaseModel

from smeflow.errors import AnswerInvalid, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.agreeing import Agreeing
from smeflow.llm.ask import Answer, Prompt, ask
from smeflow.llm.base import Message, Reply, Request
from smeflow.llm.chain import Chain
from smeflow.llm.scripted import Scripted
from smeflow.llm.sparing import Sparing


class Found(BaseModel):
    number: str | None
    total: str | None


AWAY = LLMUnavailable(say("away"), sent=False)
REQUEST = Request(messages=(Message("user", "Hi"),))
PROMPT, ANSWER = Prompt("Copy.", "R-1"), Answer.of(Found)


def rejected(reason):
    return LLMRejected(say("no"), reason=reason)


@pytest.mark.parametrize("error", [AWAY, rejected("key"), rejected("quota"), rejected("model")])
def test_the_next_one_is_asked_where_one_is_away_or_rejects_us(error):
    """A fallback needs nobody to look."""
    first, second = Scripted([error]), Scripted(["there"])
    assert Chain(models=[first, second]).complete(REQUEST).text == "there"


@pytest.mark.parametrize("reason", ["residency", "request"])
def test_what_is_refused_for_its_place_or_form_is_refused(reason):
    """No fallback leads around a rule."""
    second = Scripted(["there"])
    with pytest.raises(LLMRejected):
        Chain(models=[Scripted([rejected(reason)]), second]).complete(REQUEST)
    assert second.requests == []


def test_the_last_ones_failure_is_told():
    """When all are away, that is what is said."""
    with pytest.raises(LLMUnavailable):
        Chain(models=[Scripted([AWAY]), Scripted([AWAY])]).complete(REQUEST)


def test_the_cheaper_answer_stands_and_the_dearer_is_asked_only_when_it_is_of_no_use():
    """An answer that breaks the schema goes to the next model, with what was wrong."""
    cheap = Scripted(['{"number": "R-1", "total": "5"}'])
    dear = Scripted(['{"number": "R-2", "total": null}'])
    assert ask(Chain(models=[cheap, dear]), PROMPT, ANSWER).value.number == "R-1"
    assert dear.requests == []
    broken = Scripted(['{"number": 5}'])
    assert ask(Chain(models=[broken, dear]), PROMPT, ANSWER).value.number == "R-2"
    assert "cannot be used" in dear.requests[0].messages[-1].content


def test_an_answer_the_model_itself_finds_unlikely_goes_to_the_next():
    """Where likelihood is told, it decides who is asked, never what is true."""
    unsure = Scripted([Reply(text="a", model="m", probabilities={"number": 0.1, "total": 0.9})])
    chain = Chain(models=[unsure, Scripted(["b"])], least_probability=0.2)
    assert chain.complete(REQUEST).text == "b"
    sure = Scripted([Reply(text="a", model="m", probabilities={"number": 0.5})])
    assert Chain(models=[sure, Scripted([])], least_probability=0.2).complete(REQUEST).text == "a"


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


def test_a_sparing_model_is_used_up():
    """After so many questions of a kind, or so long, it is as if there were none."""
    now = iter([0.0, 1.0, 2.0, 3.0, 50.0])
    sparing = Sparing(
        inner=Scripted(["a"], for_ever=True), seconds=10, questions={"Found": 1}, clock=lambda: next(now)
    )
    kind = Request(messages=(Message("user", "Hi"),), schema=ANSWER.schema)
    said = []
    for request in (kind, kind, REQUEST, Request(messages=REQUEST.messages, again=2), REQUEST):
        try:
            said.append(sparing.complete(request).text)
        except LLMRejected as error:
            said.append(error.reason)
    assert said == ["a", "no_model", "a", "no_model", "no_model"]
    assert (sparing.asked, sparing.left_out) == (2, 2)


class Silent(Scripted):
    """Answers nothing until it is closed."""

    def __init__(self):
        super().__init__(["a"], for_ever=True)
        self.closed = threading.Event()

    def complete(self, request, /):
        """Wait."""
        self.closed.wait(120)
        return super().complete(request)

    def close(self):
        """End."""
        self.closed.set()


def test_a_question_under_way_is_ended_when_the_time_is_over():
    """However long the answer takes; what computed it is ended, and nothing more is asked."""
    silent = Silent()
    sparing = Sparing(inner=silent, seconds=0.2, at_least_seconds=0.1)
    sparing.begin()
    with pytest.raises(LLMUnavailable, match="time for questions"):
        sparing.complete(REQUEST)
    assert silent.closed.is_set()
    assert sparing.seconds_left <= 0
    with pytest.raises(LLMRejected):
        sparing.complete(REQUEST)
    assert (sparing.asked, sparing.left_out, sparing.under_way) == (1, 1, "")
