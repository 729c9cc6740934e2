"""The demo's model is asked only so much."""

import threading

import pytest
from pydantic import BaseModel

from smeflow.cli.commands.demo_model import Rationed
from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.llm.ask import AnswerForm
from smeflow.llm.interface import Message, Request
from smeflow.llm.testing import Scripted


class Found(BaseModel):
    """An answer."""

    number: str | None


ANSWER = AnswerForm.of(Found)
REQUEST = Request(messages=(Message("user", "Hi"),))


def test_a_sparing_model_is_used_up():
    """After so many questions of a kind, or so long, it is as if there were none."""
    now = iter([0.0, 1.0, 2.0, 3.0, 50.0])
    sparing = Rationed(
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
    sparing = Rationed(inner=silent, seconds=0.2, at_least_seconds=0.1)
    sparing.begin()
    with pytest.raises(LLMUnavailable, match="time for questions"):
        sparing.complete(REQUEST)
    assert silent.closed.is_set()
    assert sparing.seconds_left <= 0
    with pytest.raises(LLMRejected):
        sparing.complete(REQUEST)
    assert (sparing.asked, sparing.left_out, sparing.under_way) == (1, 1, "")
