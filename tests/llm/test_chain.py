"""Several models for one question."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from smeflow.errors import AnswerInvalid, AnswerLater, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.call_log import MemoryCallLog, Scope
from smeflow.llm.interface import ImageLimits, Message, MessageImage, ModelEndpoint, Reply, Request
from smeflow.llm.local.llama import LocalLLM
from smeflow.llm.local.models import ModelStore, StoredModel
from smeflow.llm.router import Agreeing, Fallback, ModelRouter, ModelSet
from smeflow.llm.testing import Scripted
from smeflow.llm.wrappers.stack import WrapperStack


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


def test_a_question_that_waits_for_a_batch_is_asked_of_nobody_else():
    """It is on its way: the next model would be paid for the same."""
    waits = AnswerLater(say("later"), due_at=datetime(2026, 11, 30, tzinfo=UTC), ticket="batch")
    second = Scripted(["there"])
    with pytest.raises(AnswerLater):
        Fallback(models=[Scripted([waits]), second]).complete(REQUEST)
    assert second.requests == []


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


def pictured():
    pictures = (MessageImage.of("image/png", b"one"), MessageImage.of("image/png", b"two"))
    return Request(messages=(Message("user", "What is it?", pictures),))


def scripted(model, lines, *, sees=False):
    limits = ImageLimits(side=1000, bytes=1_000_000) if sees else None
    return Scripted(lines, place=ModelEndpoint(provider="scripted", model=model, region="local", sees=limits))


def bound(*models, agree=1):
    router = ModelRouter(
        ModelSet(models=models, agree=agree), lambda llm: WrapperStack(llm=llm, log=MemoryCallLog())
    )
    return router.bind(Scope(recipe="r", item="i", version="v", step="s", fingerprint="f"))


def test_a_blind_model_stands_in_with_the_text_alone_and_the_reply_says_so():
    """The step looked whether the first one sees; what the next was not shown is told."""
    sees, blind = scripted("keen", [rejected("quota")], sees=True), scripted("blind", ["a bill"])
    got = bound(sees, blind).complete(pictured())
    assert [len(llm.requests[0].messages[0].images) for llm in (sees, blind)] == [2, 0]
    (note,) = got.notes
    assert str(note).startswith("blind sees no pictures and was shown the text alone: 2 pictures")
    plain = bound(scripted("keen", [rejected("quota")], sees=True), scripted("blind", ["a bill"]))
    assert plain.complete(REQUEST).notes == ()


def test_of_two_that_agree_the_note_of_either_is_kept():
    """What one of them was not shown is part of the answer of both."""
    both = bound(scripted("keen", ["a bill"], sees=True), scripted("blind", ["A bill"]), agree=2)
    assert [str(note).partition(" ")[0] for note in both.complete(pictured()).notes] == ["blind"]


def test_a_model_of_this_machine_refuses_pictures_before_it_is_started(tmp_path):
    """The message names the model and what to do."""
    stored = StoredModel(name="small", title="Small", licence="", bytes=1, sha256="0" * 64, source="")
    with pytest.raises(LLMRejected, match="small at local sees none: nothing was sent") as raised:
        LocalLLM(stored=stored, store=ModelStore(tmp_path)).complete(pictured())
    assert raised.value.reason == "request"
