"""What comes of each way in which a provider can fail, from the wire to the checked value."""

import time
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from smeflow.errors import AnswerInvalid, AnswerLater, LLMRefused, LLMRejected, LLMUnavailable, SmeflowError
from smeflow.llm.ask import AnswerForm, CheckedAnswer, Prompt, ask
from smeflow.llm.call_log import MemoryCallLog, Scope
from smeflow.llm.connect import connect
from smeflow.llm.dialects import RESPONSES
from smeflow.llm.openai_compatible import OpenAICompatible
from smeflow.llm.wrappers.patience import CircuitBreaker, Patience
from smeflow.llm.wrappers.stack import StepLLM, WrapperStack

KEY = "sk-CANARY-0123456789"


class Paper(BaseModel):
    number: str
    total: Decimal
    category: Literal["invoice", "order"]
    note: str | None = None


PAPER = AnswerForm.of(Paper)
QUICK = Patience(waiting_seconds=6, first_wait_seconds=0.02)
SCOPE = Scope(recipe="r", item="i", version="1", step="s", fingerprint="f")


def bound(provider: Any, log: MemoryCallLog, dialect: str = "chat", patience: Patience = QUICK) -> StepLLM:
    llm = connect(f"m@{provider.url}", key=KEY)
    if dialect == "responses":
        llm = OpenAICompatible(place=llm.place, dialect=RESPONSES, key=KEY)
    return WrapperStack(llm=llm, log=log, patience=patience, breaker=CircuitBreaker(probe_seconds=0.05)).bind(
        SCOPE
    )


def asked(
    provider: Any, log: MemoryCallLog, dialect: str = "chat", patience: Patience = QUICK
) -> CheckedAnswer[Paper]:
    llm = bound(provider, log, dialect, patience)
    return ask(llm, Prompt("Read it.", "A paper."), PAPER, timeout_seconds=1)


def is_right(got: CheckedAnswer[Paper]) -> bool:
    return got.value == Paper(number="R-1", total=Decimal("1234.56"), category="invoice", note=None)


ONCE_MORE = [
    "429ms", "429garbage", "429negative", "408", "409", "500", "502", "503", "504", "529", "reset",
    "reset headers",
    "reset mid", "short body", "not http", "cut json", "empty body", "html", "error200", "no choices",
    "null message",
    "not utf-8", "brotli", "list", "malformed", "duplicate", "nan", "endless", "empty", "null", "length",
    "missing", "wrong type", "wrong enum", "ambiguous", "two answers", "long", "huge", "bomb", "refusal",
    "content filter",
]  # fmt: skip
AT_ONCE = [
    "bom", "gzip", "no usage", "fenced", "prose", "think", "trailing comma", "bom inside", "same twice",
    "extra",
    "locale",
    "invisible",
]  # fmt: skip


@pytest.mark.parametrize("mode", ONCE_MORE)
def test_one_fault_costs_one_more_call_and_no_more(provider, mode):
    """A fault that passes is asked again once, and the second answer is taken."""
    provider.script = [mode]
    assert is_right(asked(provider, MemoryCallLog()))
    assert len(provider.seen) == 2


@pytest.mark.parametrize("mode", AT_ONCE)
def test_what_can_be_repaired_costs_no_call(provider, mode):
    """Fences, prose, thoughts, byte order marks and missing counts are no reason to pay again."""
    provider.script = [mode]
    assert is_right(asked(provider, MemoryCallLog()))
    assert len(provider.seen) == 1


@pytest.mark.parametrize("mode", ["refusal", "length", "content filter", "error200", "no choices", "empty"])
def test_openais_own_form_is_judged_alike(provider, mode):
    """The responses endpoint has other shapes for the same faults."""
    provider.script = [mode]
    assert is_right(asked(provider, MemoryCallLog(), "responses"))
    assert len(provider.seen) == 2
    assert all(s.body["store"] is False and s.path == "/v1/responses" for s in provider.seen)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("401", "key"), ("403", "key"), ("402", "quota"), ("quota", "quota"), ("quota200", "quota"),
        ("404", "model"),
        ("redirect", "model"), ("400", "request"), ("400ctx", "too_long"), ("413", "too_long"),
    ],
)  # fmt: skip
def test_what_will_never_be_answered_is_asked_once(provider, mode, reason):
    """A rejection is no fault that passes."""
    provider.script = [mode] * 5
    with pytest.raises(LLMRejected) as caught:
        asked(provider, MemoryCallLog())
    assert caught.value.reason == reason
    assert len(provider.seen) == 1


@pytest.mark.parametrize("mode", ["401", "403", "500", "reset", "redirect", "400", "html", "429huge"])
def test_the_key_stands_in_no_message(provider, mode):
    """Not even where the provider repeats it."""
    provider.script = [mode] * 500
    with pytest.raises(SmeflowError) as caught:
        asked(provider, MemoryCallLog(), patience=Patience(waiting_seconds=0.5, first_wait_seconds=0.02))
    told: BaseException | None = caught.value
    while told is not None:
        assert "CANARY" not in f"{told} {told!r} {vars(told)}"
        told = told.__cause__ or told.__context__
    assert "CANARY" not in repr(connect(f"m@{provider.url}", key=KEY))


def test_a_redirect_is_not_followed(provider):
    """The key goes to the server it is meant for, and to no other."""
    provider.script = ["redirect"]
    with pytest.raises(LLMRejected):
        asked(provider, MemoryCallLog())
    assert [s.path for s in provider.seen] == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    ("mode", "seconds"),
    [
        pytest.param("429", 1.0, marks=pytest.mark.slow),
        ("429ms", 0.3),
        pytest.param("429date", 2.0, marks=pytest.mark.slow),
    ],
)
def test_retry_after_is_never_too_early(provider, mode, seconds):
    """Seconds, milliseconds, and a date measured against the server's own clock."""
    provider.script = [mode]
    assert is_right(asked(provider, MemoryCallLog()))
    first, second = (s.at for s in provider.seen)
    assert seconds <= second - first < seconds + 10


def test_a_day_is_not_slept_through(provider):
    """A wait of a day parks the item until then."""
    provider.script = ["429huge"]
    began = time.monotonic()
    with pytest.raises(AnswerLater) as caught:
        asked(provider, MemoryCallLog())
    assert caught.value.ticket == "rate"
    assert 86_000 < (caught.value.due_at - MemoryCallLog().clock()).total_seconds() < 86_500
    assert time.monotonic() - began < 20


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["hang", "hang headers", "drip"])
def test_the_deadline_is_for_the_whole_answer(provider, mode):
    """One byte now and then keeps no connection alive for longer than was allowed."""
    provider.script = [mode]
    began = time.monotonic()
    assert is_right(asked(provider, MemoryCallLog()))
    assert 1.0 <= time.monotonic() - began < 3.5  # the provider hangs for four


@pytest.mark.parametrize(
    ("mode", "paid"),
    [("malformed", 5), ("wrong enum", 5), ("empty", 5), ("length", 3), ("duplicate", 5), ("huge", 3)],
)
def test_answers_of_no_use_are_paid_five_times_at_most(provider, mode, paid):
    """Then the item goes to a person, with what was wrong; two of them were told what was wrong at most.

    What is cut with once, twice and four times the room is not asked again.
    """
    provider.script = [mode] * 20
    with pytest.raises(AnswerInvalid) as caught:
        asked(provider, MemoryCallLog())
    assert caught.value.problems
    assert len(provider.seen) == paid
    assert sum(len(s.body["messages"]) > 2 for s in provider.seen) <= 2


@pytest.mark.parametrize("mode", ["refusal", "content filter"])
def test_a_refusal_is_asked_once_more(provider, mode):
    """And then believed."""
    provider.script = [mode] * 20
    with pytest.raises(LLMRefused):
        asked(provider, MemoryCallLog())
    assert len(provider.seen) == 2


def test_attempts_that_break_and_answers_that_fail_share_one_bound(provider):
    """Five paid attempts a step call, whatever went wrong with each."""
    provider.script = ["reset mid", "malformed", "cut json", "wrong enum", "empty body", "fenced"]
    with pytest.raises(AnswerInvalid):
        asked(provider, MemoryCallLog())
    assert len(provider.seen) == 5


@pytest.mark.slow
def test_a_hanging_provider_costs_three_deadlines(provider):
    """Not five: each is as long as a whole call may take."""
    provider.script = ["hang"] * 9
    with pytest.raises(LLMUnavailable):
        asked(provider, MemoryCallLog())
    assert len(provider.seen) == 3


@pytest.mark.slow
def test_an_outage_ends_in_a_later_answer_and_not_in_a_failure(provider):
    """What cost nothing is bounded by time; then the item is put aside."""
    provider.script = ["503"] * 500
    with pytest.raises(AnswerLater) as caught:
        asked(provider, MemoryCallLog(), patience=Patience(waiting_seconds=0.5, first_wait_seconds=0.02))
    assert caught.value.ticket == "outage"


def test_a_server_that_is_not_there_was_sent_nothing():
    """What cannot be reached was not paid."""
    llm = connect("m@http://127.0.0.1:9/v1")
    with pytest.raises(LLMUnavailable) as caught:
        ask(llm, Prompt("Read it.", "A paper."), PAPER)
    assert not caught.value.sent
    assert caught.value.kind == "outage"


def test_usage_and_cost_come_with_the_reply(provider):
    """Counted by the provider, or estimated and marked so."""
    log = MemoryCallLog()
    reply = asked(provider, log).reply
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cached_input_tokens) == (
        100,
        20,
        60,
    )
    assert reply.model == "m-2026"
    assert reply.cost is not None
    assert reply.cost.amount == 0
    provider.script = ["no usage"]
    estimated = asked(provider, MemoryCallLog()).reply.usage
    assert estimated.estimated
    assert 0 < estimated.output_tokens < 100


def test_a_server_that_takes_no_temperature_is_not_told_one_again(provider):
    """It learns from the first refusal, and no retry is counted."""
    provider.script = ["no temperature"]
    log = MemoryCallLog()
    llm = bound(provider, log)
    ask(llm, Prompt("Read it.", "A paper."), PAPER)
    ask(llm, Prompt("Read it.", "Another."), PAPER)
    assert ["temperature" in s.body for s in provider.seen] == [True, False, False]
    assert len(log.calls) == 2


def test_a_server_that_takes_no_schema_gets_it_in_words(provider):
    """And its answer is checked like any other."""
    provider.script = ["no schema"]
    assert is_right(asked(provider, MemoryCallLog()))
    second = provider.seen[1].body
    assert "response_format" not in second
    assert '"category"' in second["messages"][0]["content"]


def test_telling_the_problem_looks_like_no_document(provider):
    """A told problem holds no "label: value" line that the model could take for the document's."""
    provider.script = ["missing"]
    asked(provider, MemoryCallLog())
    told = provider.seen[1].body["messages"][-1]["content"]
    assert '"note" is missing' in told
    assert not any(":" in line.rstrip(":") for line in told.splitlines())
