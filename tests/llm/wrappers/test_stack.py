"""Who pays for a call, who knows about it, and what is never sent."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from smeflow.errors import BudgetSpent, LLMError, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.call_log import MemoryCallLog, Scope, Ticket
from smeflow.llm.interface import Message, MessageImage, ModelEndpoint, Price, Region, Reply, Request, Usage
from smeflow.llm.testing import Scripted, ScriptLine
from smeflow.llm.wrappers.accounting import SpendingLimits, token_upper_bound, worst_case_cost
from smeflow.llm.wrappers.patience import CircuitBreaker, Patience
from smeflow.llm.wrappers.stack import WrapperStack
from smeflow.money import Money

SCOPE = Scope(recipe="r", item="i", version="1", step="s", fingerprint="f")
PRICE = Price(
    input_per_million=Decimal(1), output_per_million=Decimal(10), currency="EUR", as_of="2026-11-01"
)
BROKEN = LLMUnavailable(say("broken"), kind="broken", sent=True)


def place(region: Region = "eu", price: Price | None = PRICE) -> ModelEndpoint:
    return ModelEndpoint(provider="p", model="m", region=region, price=price)


def request(text: str = "Hi", **more: Any) -> Request:
    return Request(messages=(Message("user", text),), **more)


def reply(text: str = "ok", tokens: int = 100) -> Reply:
    return Reply(text=text, model="m", usage=Usage(input_tokens=tokens), cost=PRICE.of(tokens, 0))


def stack(llm: Scripted | None, log: Any = None, **more: Any) -> WrapperStack:
    patience = Patience(first_wait_seconds=0.001, waiting_seconds=2)
    return WrapperStack(
        llm=llm,
        log=log or MemoryCallLog(),
        patience=patience,
        breaker=CircuitBreaker(probe_seconds=0.001),
        **more,
    )


@dataclass
class Watching(MemoryCallLog):
    """A log that notes the order of what happens."""

    told: list[str] = field(default_factory=list)
    left: Decimal = Decimal(100)

    def reserve(self, key: str, request: Request, place: ModelEndpoint, worst: Money | None) -> Ticket:
        if worst is not None and worst.amount > self.left:
            raise BudgetSpent(say("spent"), limit=Decimal(100), spent=self.left, currency="EUR")
        self.told.append(f"reserve {worst.amount if worst else None}")
        return super().reserve(key, request, place, worst)

    def settle(self, ticket: Ticket, end: Reply | LLMError) -> None:
        self.told.append(f"settle {type(end).__name__}")
        super().settle(ticket, end)


def test_every_attempt_is_reserved_before_and_settled_after():
    """Those that break too: an attempt may have been paid."""
    log = Watching()
    llm = Scripted([BROKEN, reply()], place=place())
    stack(llm, log).bind(SCOPE).complete(request(max_output_tokens=1000))
    assert [line.split()[0] for line in log.told] == ["reserve", "settle", "reserve", "settle"]
    assert log.told[1] == "settle LLMUnavailable"
    assert log.told[3] == "settle Reply"
    assert Decimal(log.told[0].split()[1]) > PRICE.of(0, 1000).amount


def test_a_fault_of_ours_is_settled_as_sent():
    """Whatever was raised, no reservation stays open."""
    log = Watching()

    def fault(request: Request) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stack(Scripted([fault], place=place()), log).bind(SCOPE).complete(request())
    assert log.told[-1] == "settle LLMUnavailable"
    end = log.calls[0][2]
    assert isinstance(end, LLMUnavailable)
    assert end.sent


def test_nothing_is_sent_when_too_little_is_left():
    """The worst case decides, before the first byte."""
    llm = Scripted([reply()], place=place())
    with pytest.raises(BudgetSpent):
        stack(llm, Watching(left=Decimal("0.000001"))).bind(SCOPE).complete(request())
    assert llm.requests == []


def test_the_worst_case_is_never_less_than_what_is_paid():
    """Input by a bound on its tokens, output by the limit that every request sets."""
    long = request("Total: 1234567890 EUR, 12.5 %. " * 50, max_output_tokens=10)
    worst = worst_case_cost(place(), long)
    assert worst is not None
    assert worst.amount >= PRICE.of(token_upper_bound(long), 10).amount
    assert token_upper_bound(long) > len("Total: 1234567890 EUR, 12.5 %. " * 50) / 2
    assert worst_case_cost(place(price=None), long) is None


def test_what_has_no_price_is_refused_under_a_budget_and_only_there():
    """The message says which line to write."""
    llm = Scripted([reply(), reply()], place=place(price=None))
    limits = SpendingLimits(run=Money(Decimal(5), "EUR"), source="smeflow.toml:12")
    with pytest.raises(LLMRejected, match=r"smeflow\.toml:12.*\[prices\."):
        stack(llm, limits=limits).bind(SCOPE).complete(request())
    assert llm.requests == []
    assert stack(llm, limits=SpendingLimits()).bind(SCOPE).complete(request()).text == "ok"


@pytest.mark.parametrize(
    ("region", "residency", "sent"),
    [
        ("local", "local", True), ("eu", "local", False), ("outside", "local", False),
        ("unknown", "local", False),
        ("local", "eu", True), ("eu", "eu", True), ("outside", "eu", False), ("unknown", "eu", False),
        ("outside", "any", True), ("unknown", "any", True),
    ],
)  # fmt: skip
def test_data_goes_only_where_the_recipe_lets_it(region, residency, sent):
    """What is unknown counts as outside, and the message names the line that changes it."""
    llm = Scripted([reply()], place=place(region))
    bound = stack(llm, residency=residency, residency_source="mail.yaml:4").bind(SCOPE)
    if sent:
        bound.complete(request())
    else:
        with pytest.raises(LLMRejected, match=r"mail\.yaml:4") as caught:
            bound.complete(request())
        assert caught.value.reason == "residency"
    assert len(llm.requests) == sent


def test_a_step_that_runs_again_pays_nothing_again():
    """Its questions are replayed one by one: the same twice is two answers, in their order."""
    llm, log = Scripted([reply("1"), reply("2"), reply("3")], place=place()), MemoryCallLog()
    first = stack(llm, log).bind(SCOPE)
    said = [first.complete(request("a")).text, first.complete(request("b")).text]
    again = stack(llm, log).bind(SCOPE)
    replayed = [again.complete(request("a")), again.complete(request("b"))]
    assert [r.text for r in replayed] == said
    assert all(r.replayed for r in replayed)
    assert again.calls == 0
    assert again.cost is None
    assert again.complete(request("c")).text == "3"


def test_re_asks_are_replayed_too():
    """A crash after the second of three tries pays only the third."""

    class Colour(BaseModel):
        name: str

    lines: list[ScriptLine] = ["no", '{"nam": 1}', '{"name": "red"}']
    log = MemoryCallLog()
    crashed = Scripted(lines[:2], place=place())
    with pytest.raises(LookupError):
        ask(stack(crashed, log).bind(SCOPE), Prompt("s", "u"), AnswerForm.of(Colour))
    resumed = Scripted(lines[2:], place=place())
    got = ask(stack(resumed, log).bind(SCOPE), Prompt("s", "u"), AnswerForm.of(Colour))
    assert (got.value.name, got.tries, len(resumed.requests)) == ("red", 3, 1)


def test_an_equal_request_of_another_item_is_not_paid_again():
    """It is recalled, and written down for the item that asked now, costing nothing."""
    llm, log = Scripted([reply("1"), reply("2")], place=place()), Watching()
    stack(llm, log).bind(SCOPE).complete(request())
    other = stack(llm, log).bind(replace(SCOPE, item="j"))
    got = other.complete(request())
    assert (got.text, got.replayed, other.calls) == ("1", True, 0)
    assert log.told[-2:] == ["reserve 0", "settle Reply"]
    assert log.find(replace(SCOPE, item="j").key(request(), 0)) is not None
    assert log.cost == reply().cost.amount  # type: ignore[union-attr]


def test_what_a_person_asks_for_again_is_asked_again():
    """`take` rises, and neither the journal nor the cache answers."""
    llm, log = Scripted([reply("1"), reply("2")], place=place()), MemoryCallLog()
    stack(llm, log).bind(SCOPE).complete(request())
    assert stack(llm, log).bind(replace(SCOPE, take=1)).complete(request()).text == "2"


def test_a_bound_llm_knows_its_calls_and_their_cost():
    """Of this step call alone."""
    llm = Scripted([reply("1"), reply("2"), reply("3")], place=place())
    made = stack(llm)
    bound = made.bind(SCOPE)
    bound.complete(request("a"))
    bound.complete(request("b"))
    made.bind(replace(SCOPE, item="j")).complete(request("c"))
    assert bound.calls == 2
    assert bound.cost == PRICE.of(200, 0)


def test_without_a_model_a_step_is_told_so_and_marked():
    """The readers work alone; the runner lists what wanted a model."""
    bound = stack(None).bind(SCOPE)
    assert not bound.wanted_model
    with pytest.raises(LLMRejected) as caught:
        bound.complete(request())
    assert caught.value.reason == "no_model"
    assert bound.wanted_model


def test_personal_data_stays_here_and_comes_back():
    """The model, the journal and a replay see placeholders; the step sees the values."""
    text = "Write to anna.martin@example.fr or +33 6 12 34 56 78, IBAN FR76 3000 6000 0112 3456 7890 189."
    llm, log = Scripted([lambda r: r.messages[0].content], place=place()), MemoryCallLog()
    got = stack(llm, log, redact=True).bind(SCOPE).complete(request(text))
    assert got.text == text
    sent = llm.requests[0].messages[0].content
    assert not any(part in sent for part in ("anna", "example.fr", "12 34 56", "FR76", "7890"))
    replayed = stack(Scripted([], place=place()), log, redact=True).bind(SCOPE).complete(request(text))
    assert replayed.text == text
    kept = [end for _, _, end in log.calls if isinstance(end, Reply)]
    assert "anna" not in kept[0].text


def test_no_picture_leaves_when_personal_data_is_masked_and_the_reply_says_so():
    """A picture cannot be masked; what is left out is told, on a replay too."""
    pictures = (MessageImage.of("image/png", b"one"), MessageImage.of("image/png", b"two"))
    asked = Request(messages=(Message("user", "What is it?", pictures),))
    log = MemoryCallLog()
    for llm in (Scripted(["a bill"], place=place()), Scripted([], place=place())):
        got = stack(llm, log, redact=True).bind(SCOPE).complete(asked)
        (note,) = got.notes
        assert str(note).endswith("personal data is masked (redact): 2 pictures of pages were left out.")
        assert not any(message.images for sent in llm.requests for message in sent.messages)
    plain = stack(Scripted(["a bill"], place=place()), redact=True).bind(SCOPE).complete(request())
    assert plain.notes == ()
