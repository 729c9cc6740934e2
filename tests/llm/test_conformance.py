"""One suite for every provider of the table: its own form and header, on a server of this machine."""

import contextlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

import pytest
from pydantic import BaseModel

from smeflow.errors import LLMRefused, LLMRejected, LLMUnavailable
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.connect import connect
from smeflow.llm.interface import Message, MessageImage, Region, Request
from smeflow.llm.langchain import LangChainLLM
from smeflow.llm.providers import PROVIDERS, Ability
from smeflow.llm.wire import AioWire

AZURE = "https://firm.openai.azure.com/openai/v1"
KEYS = {row.key_variable: "sk-CANARY-0123456789" for row in PROVIDERS.values() if row.key_variable}
KEYS["AZURE_OPENAI_BASE_URL"] = AZURE
ROWS = list(PROVIDERS)


class Invoice(BaseModel):
    number: str
    total: Decimal
    category: Literal["invoice", "other"]
    note: str | None


@dataclass
class Rerouted(AioWire):
    """Leads what is meant for a provider's own address to a server of this machine."""

    own: str = ""
    here: str = ""

    def post(self, url, headers, body, timeout_seconds):
        assert url.startswith(self.own)
        return super().post(self.here + url.removeprefix(self.own), headers, body, timeout_seconds)


def reached(name, provider):
    row = PROVIDERS[name]
    own = row.base_url or AZURE
    return connect(f"{name}/some-model", environ=KEYS, wire=Rerouted(own=own, here=provider.url))


def asked(llm):
    return ask(llm, Prompt("Copy values.", "Invoice R-1 of 1234.56"), AnswerForm.of(Invoice))


def question():
    return Request(messages=(Message("user", "Hi"),), max_output_tokens=50)


@pytest.mark.parametrize("name", ROWS)
def test_structured_output_and_usage(name, provider):
    """The answer follows the schema; tokens are the provider's own count."""
    llm = reached(name, provider)
    got = asked(llm)
    llm.close()
    assert got.value.total == Decimal("1234.56")
    assert got.tries == 1
    assert (got.reply.usage.input_tokens, got.reply.usage.output_tokens) == (100, 20)
    assert got.reply.usage.cached_input_tokens == 60


@pytest.mark.parametrize("name", ROWS)
def test_each_is_spoken_to_in_its_own_form(name, provider):
    """The key where the row says, no parameter it is known not to take, never two system messages."""
    row, llm = PROVIDERS[name], reached(name, provider)
    asked(llm)
    llm.close()
    (seen,) = provider.seen
    body = seen.body
    bearer = f"Bearer {KEYS[row.key_variable]}" if row.key_variable else None
    if row.key_header == "authorization":
        assert seen.headers.get("authorization") == bearer
    else:
        assert seen.headers[row.key_header] == KEYS[row.key_variable]
        assert "authorization" not in seen.headers
    assert seen.path == ("/v1/responses" if row.dialect.name == "responses" else "/v1/chat/completions")
    assert body.get("store", False) is False
    assert ("max_tokens" in body) == (row.dialect.name == "chat" and "max_tokens" not in row.dropped)
    assert ("response_format" in body or "text" in body) == ("schema" not in row.dropped)
    assert ("logprobs" in body) == ("log_probabilities" in row.can)
    messages = body.get("messages") or body["input"]
    assert [m["role"] for m in messages] == ["system", "user"]
    if "schema" in row.dropped:
        assert '"properties"' in messages[0]["content"]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(
    ("mode", "kind", "reason"),
    [
        ("429", LLMUnavailable, "rate"), ("500", LLMUnavailable, "outage"),
        ("cut json", LLMUnavailable, "broken"),
        ("short body", LLMUnavailable, "broken"), ("html", LLMUnavailable, "broken"),
        ("no choices", LLMUnavailable, "broken"), ("401", LLMRejected, "key"),
        ("quota", LLMRejected, "quota"), ("400ctx", LLMRejected, "too_long"),
        ("404", LLMRejected, "model"), ("redirect", LLMRejected, "model"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_told_apart(name, mode, kind, reason, provider):
    """A limit, an outage, a cut body, a key, a quota; and never the key in what is told."""
    provider.script = [mode]
    llm = reached(name, provider)
    with pytest.raises(kind) as caught:
        llm.complete(question())
    llm.close()
    assert getattr(caught.value, "kind", None) == reason or getattr(caught.value, "reason", None) == reason
    if PROVIDERS[name].key_variable:
        assert "CANARY" not in str(caught.value)
    assert len(provider.seen) == 1
    if mode == "429":
        assert caught.value.retry_after_seconds == 1


@pytest.mark.parametrize("name", ROWS)
def test_a_refusal_and_a_limit_of_length_are_no_answers(name, provider):
    """What was declined twice is given up; what was cut is asked for again with more room."""
    llm = reached(name, provider)
    provider.script = ["refusal", "refusal"]
    with pytest.raises(LLMRefused):
        asked(llm)
    provider.script = ["length", "no usage"]
    got = asked(llm)
    llm.close()
    assert got.tries == 2
    assert got.reply.usage.estimated


@pytest.mark.parametrize("name", ROWS)
def test_images_reach_those_that_see_and_others_refuse_them(name, provider):
    """Each in the form its dialect has for it; nothing is sent to a model that would see only half."""
    llm = reached(name, provider)
    picture = MessageImage.of("image/png", b"\x89PNG")
    asked = Request(messages=(Message("user", "What is it?", (picture,)),))
    sees = "images" in PROVIDERS[name].can
    assert (llm.place.sees is not None) == sees
    with contextlib.nullcontext() if sees else pytest.raises(LLMRejected, match="shows 1 pictures"):
        llm.complete(asked)
    llm.close()
    shown = [json.dumps(seen.body.get("messages") or seen.body["input"]) for seen in provider.seen]
    assert ["data:image/png;base64,iVBORw==" in text for text in shown] == ([True] if sees else [])


def test_a_row_has_no_word_but_those_that_are_read():
    """The rows stand in a data file, where no type checker looks."""
    for row in PROVIDERS.values():
        assert row.region in get_args(Region)
        assert row.kind in {"remote", "server"}
        assert row.can <= set(get_args(Ability))
        assert row.dropped <= {"temperature", "max_tokens", "schema"}


def test_a_row_says_where_data_is_processed_and_when_that_was_looked_up():
    """What nobody has verified says so, and no row claims the Union without a word of where."""
    for row in PROVIDERS.values():
        assert row.processed
        if row.region == "eu":
            assert row.stated_at.startswith("https://")
        if row.looked_up:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.looked_up)
        elif row.kind == "remote":
            assert re.search(r"not verified|were not read", row.processed)


BROKEN = ["cut json", "no choices", "null message"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["good", "fenced", "length", "refusal", *BROKEN])
def test_langchains_way_gives_the_same_or_fails(mode, provider):
    """Its own parser is not asked: the reply is judged by our code, and what breaks in it is unavailable."""
    from langchain.chat_models import init_chat_model

    provider.script = [mode] * 2
    model = init_chat_model("some-model", model_provider="openai", base_url=provider.url, api_key="sk-x",
                            use_responses_api=False)  # fmt: skip
    llm = LangChainLLM(model)
    if mode in BROKEN:
        with pytest.raises(LLMUnavailable):
            llm.complete(question())
    elif mode == "refusal":
        with pytest.raises(LLMRefused):
            asked(llm)
    else:
        provider.script = [mode]
        assert asked(llm).value.number == "R-1"
