"""The openai SDK's own client as the wire, and LangChain's, met by respx."""

import json
from decimal import Decimal
from typing import Any, Literal

import httpx
import openai
import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_openai import ChatOpenAI
from langsmith.utils import get_env_var, tracing_is_enabled
from pydantic import BaseModel, Field

from smeflow.errors import LLMError, LLMRejected, LLMUnavailable
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.call_log import MemoryCallLog, Scope
from smeflow.llm.connect import connect
from smeflow.llm.error_mapping import OPENAI_ERRORS, error_from_library
from smeflow.llm.interface import ConnectedLLM, Message, Request
from smeflow.llm.langchain import LangChainLLM
from smeflow.llm.wire import SdkWire
from smeflow.llm.wrappers.retry import Patience
from smeflow.llm.wrappers.stack import Policy

BASE = "https://api.openai.com/v1"
GOOD = {"number": "R-1", "total": 12.5, "category": "invoice"}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-5-mini-2026",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": json.dumps(GOOD)}]}],
    "usage": {"input_tokens": 1000, "output_tokens": 100},
}
COMPLETION = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": json.dumps(GOOD)}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
}
KEY = "sk-CANARY-0123456789"
SCOPE = Scope(recipe="r", item="i", version="1", step="s", fingerprint="f")


class Paper(BaseModel):
    number: str
    total: Decimal
    category: Literal["invoice", "order"]


def asked(llm: ConnectedLLM) -> Any:
    policy = Policy(
        llm=llm, log=MemoryCallLog(), patience=Patience(waiting_seconds=5, first_wait_seconds=0.01)
    )
    return ask(policy.bind(SCOPE), Prompt("Read it.", "A paper."), AnswerForm.of(Paper), timeout_seconds=5)


def by_sdk() -> ConnectedLLM:
    client = openai.AsyncOpenAI(api_key=KEY)
    return connect("openai/gpt-5-mini", key=KEY, environ={}, wire=SdkWire(client=client))


def by_langchain() -> LangChainLLM:
    return LangChainLLM(ChatOpenAI(model="gpt-4o-mini", api_key=KEY, max_retries=5))  # type: ignore[arg-type]


def test_a_429_and_then_an_answer_through_the_sdk(httpx2_mock):
    """The SDK's own retries are off: each request is one of ours."""
    route = httpx2_mock.post(f"{BASE}/responses").mock(
        side_effect=[
            httpx.Response(429, json={}, headers={"retry-after-ms": "1"}),
            httpx.Response(200, json=RESPONSE),
        ]
    )
    got = asked(by_sdk())
    assert got.value == Paper(number="R-1", total=Decimal("12.5"), category="invoice")
    assert got.reply.cost is not None
    assert got.reply.cost.amount == Decimal("0.00045")
    assert route.call_count == 2
    sent = json.loads(route.calls.last.request.content)
    assert sent["store"] is False
    assert sent["text"]["format"]["strict"] is True
    assert route.calls.last.request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [(401, {}, "key"), (404, {}, "model"), (429, {"error": {"code": "insufficient_quota"}}, "quota")],
)
def test_a_rejection_through_the_sdk_is_judged_alike(httpx2_mock, status, body, reason):
    """The same errors, whoever carried the bytes."""
    httpx2_mock.post(f"{BASE}/responses").mock(return_value=httpx.Response(status, json=body))
    with pytest.raises(LLMRejected) as caught:
        asked(by_sdk())
    assert caught.value.reason == reason
    assert "CANARY" not in str(caught.value)


def test_a_connection_that_fails_in_the_sdk_is_asked_again(httpx2_mock):
    """Its transport's errors become ours."""
    httpx2_mock.post(f"{BASE}/responses").mock(
        side_effect=[httpx.ConnectError("no"), httpx.ReadError("cut"), httpx.Response(200, json=RESPONSE)]
    )
    assert asked(by_sdk()).value.number == "R-1"


def test_langchain_gives_a_checked_value_with_usage(httpx2_mock):
    """Structured output, usage and price come through LangChain."""
    route = httpx2_mock.post(f"{BASE}/chat/completions").mock(
        return_value=httpx.Response(200, json=COMPLETION)
    )
    got = asked(by_langchain())
    assert got.value.total == Decimal("12.5")
    assert (got.reply.usage.input_tokens, got.reply.usage.output_tokens) == (1000, 100)
    assert got.reply.cost is not None
    assert got.reply.cost.currency == "USD"
    sent = json.loads(route.calls.last.request.content)
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["max_completion_tokens"] == 2048


def test_langchains_own_retries_are_off(httpx2_mock):
    """However many the caller had set, retries have one owner."""
    route = httpx2_mock.post(f"{BASE}/chat/completions").mock(return_value=httpx.Response(503, json={}))
    with pytest.raises(LLMUnavailable):
        by_langchain().complete(Request(messages=(Message("user", "Hi"),)))
    assert route.call_count == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "upstream"}},
        {**COMPLETION, "choices": []},
        {**COMPLETION, "choices": None},
        "<html>",
    ],
)
def test_langchain_stumbling_over_a_broken_answer_is_asked_again(httpx2_mock, body):
    """A library's TypeError over a bad answer is an answer of no use, not a mistake of ours."""
    httpx2_mock.post(f"{BASE}/chat/completions").mock(
        side_effect=[httpx.Response(200, json=body), httpx.Response(200, json=COMPLETION)]
    )
    assert asked(by_langchain()).value.number == "R-1"


class Spy(FakeListChatModel):
    """A model that notes whether its call would be traced."""

    traced: list[object] = Field(default_factory=list)

    def _call(self, *args: Any, **kwargs: Any) -> str:
        self.traced.append(tracing_is_enabled())
        return super()._call(*args, **kwargs)


def test_langchain_with_every_tracing_variable_set_sends_no_trace(monkeypatch):
    """Tracing is off inside our calls, whatever the environment says outside of them."""
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_CANARY")
    get_env_var.cache_clear()
    spy = Spy(responses=[json.dumps(GOOD)])
    assert tracing_is_enabled()
    got = asked(LangChainLLM(spy))
    get_env_var.cache_clear()
    assert got.value.number == "R-1"
    assert spy.traced == [False]


def test_a_langchain_model_that_takes_no_schema_gets_it_in_words():
    """And it is of an unknown place, which no residency but "any" allows."""
    seen: list[Any] = []

    class Listener(FakeListChatModel):
        def _call(self, messages: Any, *args: Any, **kwargs: Any) -> str:
            seen.extend(messages)
            return super()._call(messages, *args, **kwargs)

    llm = LangChainLLM(Listener(responses=[json.dumps(GOOD)]))
    assert asked(llm).value.number == "R-1"
    assert '"category"' in seen[0].content
    assert llm.place.region == "unknown"


def every_sdk_error() -> list[type[BaseException]]:
    found = {e for e in vars(openai._exceptions).values() if isinstance(e, type) and issubclass(e, Exception)}
    return sorted(found | subclasses(openai.OpenAIError), key=lambda e: e.__name__)


def subclasses(kind: type[BaseException]) -> set[type[BaseException]]:
    return {kind}.union(*(subclasses(k) for k in kind.__subclasses__() if k.__module__.startswith("openai")))


@pytest.mark.parametrize("kind", every_sdk_error(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_sdk_becomes_one_of_ours(kind):
    """A class that a new SDK brings must be given a meaning here."""
    assert kind.__name__ in OPENAI_ERRORS
    made = kind.__new__(kind)
    made.args = ("it happened",)
    made.status_code = 503  # type: ignore[attr-defined]
    if OPENAI_ERRORS[kind.__name__] != "by status":
        del made.status_code  # type: ignore[attr-defined]
    assert isinstance(error_from_library(made, provider="openai", model="m"), LLMError)
