"""LangChain's models as ours, met by respx; it takes a second to load, so that only tests import it."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from support.asked_papers import BASE, COMPLETION, GOOD, KEY, asked

from smeflow.errors import LLMUnavailable
from smeflow.llm.interface import Message, Request
from smeflow.llm.langchain import LangChainLLM

pytestmark = pytest.mark.slow


def by_langchain() -> LangChainLLM:
    from langchain_openai import ChatOpenAI

    return LangChainLLM(ChatOpenAI(model="gpt-4o-mini", api_key=KEY, max_retries=5))  # type: ignore[arg-type]


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


def test_langchain_with_every_tracing_variable_set_sends_no_trace(monkeypatch):
    """Tracing is off inside our calls, whatever the environment says outside of them."""
    from langchain_core.language_models import FakeListChatModel
    from langsmith.utils import get_env_var, tracing_is_enabled

    traced: list[object] = []

    class Spy(FakeListChatModel):
        def _call(self, *args: Any, **kwargs: Any) -> str:
            traced.append(tracing_is_enabled())
            return super()._call(*args, **kwargs)

    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_CANARY")
    get_env_var.cache_clear()
    assert tracing_is_enabled()
    got = asked(LangChainLLM(Spy(responses=[json.dumps(GOOD)])))
    get_env_var.cache_clear()
    assert got.value.number == "R-1"
    assert traced == [False]


def test_a_langchain_model_that_takes_no_schema_gets_it_in_words():
    """And it is of an unknown place, which no residency but "any" allows."""
    from langchain_core.language_models import FakeListChatModel

    seen: list[Any] = []

    class Listener(FakeListChatModel):
        def _call(self, messages: Any, *args: Any, **kwargs: Any) -> str:
            seen.extend(messages)
            return super()._call(messages, *args, **kwargs)

    llm = LangChainLLM(Listener(responses=[json.dumps(GOOD)]))
    assert asked(llm).value.number == "R-1"
    assert '"category"' in seen[0].content
    assert llm.place.region == "unknown"
