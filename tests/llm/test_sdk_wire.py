"""The openai SDK's own client as the wire, met by respx."""

import json
from decimal import Decimal

import httpx
import openai
import pytest
from support.asked_papers import BASE, GOOD, KEY, Paper, asked

from smeflow.errors import LLMError, LLMRejected
from smeflow.llm.connect import connect
from smeflow.llm.error_mapping import OPENAI_ERRORS, error_from_library
from smeflow.llm.interface import ConnectedLLM
from smeflow.llm.wire import SdkWire

RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-5-mini-2026",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": json.dumps(GOOD)}]}],
    "usage": {"input_tokens": 1000, "output_tokens": 100},
}


def by_sdk() -> ConnectedLLM:
    client = openai.AsyncOpenAI(api_key=KEY)
    return connect("openai/gpt-5-mini", key=KEY, environ={}, wire=SdkWire(client=client))


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
