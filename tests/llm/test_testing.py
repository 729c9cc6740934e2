"""Scripted, recorded and cached answers."""

import json
from dataclasses import replace

import pytest
from pydantic import BaseModel

from smeflow.errors import LLMRefused, LLMRejected
from smeflow.i18n import say
from smeflow.llm.interface import ImageLimits, Message, Reply, Request, Usage
from smeflow.llm.testing import Recorded, Scripted
from smeflow.llm.wrappers.accounting import Cached


def request(text: str = "Hi", again: int = 0) -> Request:
    return Request(messages=(Message("user", text),), again=again)


class Colour(BaseModel):
    name: str


def test_a_script_is_said_line_by_line():
    """Text, models, mappings, replies, functions and errors."""
    refused = LLMRefused(say("no"))
    llm = Scripted(
        [
            "a",
            Colour(name="red"),
            {"b": 1},
            Reply(text="c", model="m"),
            lambda r: r.messages[0].content,
            refused,
        ]
    )
    assert [llm.complete(request("x")).text for _ in range(5)] == [
        "a",
        '{"name":"red"}',
        '{"b": 1}',
        "c",
        "x",
    ]
    with pytest.raises(LLMRefused):
        llm.complete(request())
    with pytest.raises(LookupError, match="6 lines"):
        llm.complete(request())
    assert len(llm.requests) == 7


def test_the_last_line_may_be_said_for_ever():
    """For a model that always says the same."""
    llm = Scripted(["a", "b"], for_ever=True)
    assert [llm.complete(request()).text for _ in range(4)] == ["a", "b", "b", "b"]


def test_a_recording_answers_without_the_model(tmp_path):
    """In order for equal requests, with what was counted, and costing nothing."""
    path = tmp_path / "r.jsonl"
    said = Reply(text="é 1", model="m", usage=Usage(input_tokens=3, output_tokens=2), id="c-1")
    live = Recorded(Scripted([said, "2", "3"]), path)
    live.complete(request("a"))
    live.complete(request("b"))
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["messages"] == [
        {"role": "user", "content": "a"}
    ]
    sealed = Recorded(None, path)
    first = sealed.complete(request("a"))
    assert (first.text, first.usage, first.replayed) == ("é 1", said.usage, True)
    assert sealed.complete(request("b")).text == "2"
    with pytest.raises(LLMRejected, match="not in the recording"):
        sealed.complete(request("c"))


def test_a_sealed_recording_never_asks(tmp_path):
    """Even where there is a model."""
    llm = Scripted(["x"])
    with pytest.raises(LLMRejected):
        Recorded(llm, tmp_path / "none.jsonl", sealed=True).complete(request())
    assert llm.requests == []


def test_a_damaged_recording_names_the_line(tmp_path):
    """And says what to do."""
    path = tmp_path / "r.jsonl"
    path.write_text('{"request": "x"}\n', encoding="utf-8")
    with pytest.raises(LLMRejected, match="line 1"):
        Recorded(None, path)


def test_a_recording_holds_no_personal_data_and_answers_with_it(tmp_path, monkeypatch):
    """Mail addresses, accounts and keys are placeholders in the file, and whole again in the answer."""
    monkeypatch.setenv("MISTRAL_API_KEY", "key-0123456789")
    text = "ada@firm.example pays from FR76 3000 6000 0112 3456 7890 189, key-0123456789"
    said = '{"from": "ada@firm.example", "iban": "FR7630006000011234567890189"}'
    path = tmp_path / "deep" / "r.jsonl"
    assert Recorded(Scripted([said]), path).complete(request(text)).text == said
    kept = path.read_text(encoding="utf-8")
    assert not [word for word in ("ada@firm", "FR76", "key-0123456789") if word in kept]
    assert Recorded(None, path).complete(request(text)).text == said


def test_a_recording_of_a_model_that_sees_is_asked_as_one(tmp_path):
    """Whether pictures are shown is part of the question."""
    limits = ImageLimits(side=800, bytes=100_000)
    seeing = replace(Scripted([]).place, sees=limits)
    Recorded(Scripted(["a"], place=seeing), tmp_path / "r.jsonl").complete(request())
    assert Recorded(None, tmp_path / "r.jsonl").place.sees == limits
    assert Recorded(None, tmp_path / "none.jsonl").place.sees is None


def test_a_cache_asks_only_what_was_never_asked():
    """What is recalled is told to who keeps the record; asking again is another question."""
    known = {request("a").hash: Reply(text="known", model="m", replayed=True)}
    kept: list[str] = []
    llm = Cached(
        inner=Scripted(["asked"], for_ever=True),
        recall=lambda r: known.get(r.hash),
        keep=lambda _, reply: kept.append(reply.text),
    )
    assert [llm.complete(r).text for r in (request("a"), request("b"), request("a", again=1))] == [
        "known",
        "asked",
        "asked",
    ]
    assert kept == ["known"]
