"""What a script controls of a run: how long it waits, what it may cost, and how it goes on after a person."""

import asyncio
import inspect
import pydoc
import socket
import threading
import time
from decimal import Decimal

import pytest
from pydantic import BaseModel

from smeflow import (
    LLM,
    BudgetSpent,
    Case,
    Entry,
    LLMUnavailable,
    MemoryCallLog,
    Price,
    StepFailed,
    arun,
    ask,
    connect,
    run,
    step,
)
from smeflow.errors import LLMRejected
from smeflow.i18n import say
from smeflow.llm.interface import ModelEndpoint, Reply, Usage
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract, Rule

PRICE = Price(input_per_million=Decimal(1), output_per_million=Decimal(1000), currency="USD", as_of="2026")
PLACE = ModelEndpoint(provider="openai", model="m", price=PRICE)


class City(BaseModel):
    name: str
    people: int


@step
def city(case: Case, llm: LLM) -> City:
    return ask(llm, case.text, into=City)


@step
def is_large(case: Case, llm: LLM) -> bool:
    return case[city].people > 100_000


LYON = '{"name": "Lyon", "people": 520000}'
CASE = Case.of("Which city?")


def nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"m@http://127.0.0.1:{server.getsockname()[1]}/v1"


def away(_request):
    raise LLMUnavailable(say("The server is away."), kind="outage", sent=False)


@pytest.mark.slow
def test_a_provider_that_is_away_is_told_within_patience():
    """A script does not wait in silence, and the error says how to wait longer."""
    began = time.monotonic()
    with pytest.raises(LLMUnavailable, match=r"127\.0\.0\.1.*patience=SECONDS") as caught:
        run([city], CASE, nobody_listens(), patience=1.5)
    assert time.monotonic() - began < 10  # without patience= it is 20, in a recipe 600
    assert str(caught.value).count("It was waited for") == 1


@pytest.mark.slow
def test_a_provider_that_went_away_is_told_within_patience():
    """One that was reached and answers with outages is waited for as long as was said, and no longer."""
    began = time.monotonic()
    with pytest.raises(LLMUnavailable, match="The server is away"):
        ask(Scripted([away], for_ever=True), "Who?", into=str, patience=1)
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_attempts_that_fail_slowly_count_as_waiting():
    """What a failing attempt takes is time that somebody waited."""

    def slow(_request):
        time.sleep(0.6)
        raise LLMUnavailable(say("It broke."), kind="broken", sent=False)

    model = Scripted([slow], for_ever=True)
    with pytest.raises(LLMUnavailable):
        ask(model, "Who?", into=str, patience=1)
    assert 1 <= len(model.requests) <= 2


def test_no_patience_is_one_attempt():
    """patience=0 asks once."""
    model = Scripted([away], for_ever=True)
    with pytest.raises(LLMUnavailable):
        ask(model, "Who?", into=str, patience=0)
    assert len(model.requests) == 1


def test_a_wait_longer_than_patience_is_told_with_its_length():
    """Who asks for an hour gets an error now, and the error has the hour."""
    error = LLMUnavailable(say("Too fast."), kind="rate", retry_after_seconds=3600, sent=False)
    with pytest.raises(LLMUnavailable) as caught:
        run([city], CASE, Scripted([error]))
    assert (caught.value.kind, caught.value.retry_after_seconds) == ("rate", 3600)


@pytest.mark.slow
def test_a_short_outage_is_waited_for():
    """Within patience nothing is told at all."""
    assert ask(Scripted([away, '{"answer": "Ada"}']), "Who?", into=str, patience=5) == "Ada"


def test_a_budget_stops_before_the_call():
    """The worst case is held against it; nothing is sent."""
    model = Scripted([LYON], place=PLACE)
    with pytest.raises(BudgetSpent, match=r"budget of 0\.01 USD.*larger budget="):
        run([city], CASE, model, budget="0.01 USD")
    assert model.requests == []


def test_usage_adds_up_over_steps_and_decisions():
    """Tokens and money of all attempts, those that broke after they were sent included."""
    broken = LLMUnavailable(say("It broke."), kind="broken", sent=True)
    reply = Reply(text=LYON, model="m", usage=Usage(input_tokens=30, output_tokens=10), cost=PRICE.of(30, 10))
    done = run([city, is_large], CASE, Scripted([broken, reply], place=PLACE), budget="10 USD")
    assert (done.usage.calls, done.usage.input_tokens, done.usage.output_tokens) == (2, 30, 10)
    assert done.usage.estimated
    (cost,) = done.cost
    assert cost.currency == "USD"
    assert cost.amount > PRICE.of(30, 10).amount
    assert "2 calls, 30 + 10 tokens" in repr(done)


def anybody(case: Case) -> bool:
    """Let a person look at each one."""
    return True


def test_a_condition_that_is_a_function_is_told_by_its_name():
    """Whoever must look reads what asked for it, also where it was never written as text."""
    held = run([Entry(step=city, review=anybody)], CASE, Scripted([LYON]))
    assert str(held.held) == "city: review is asked for: anybody"


def test_a_held_case_goes_on_when_it_is_approved():
    """In memory as in the ledger: an approval is not asked again, and later steps run."""
    plan = [Entry(step=city, review=lambda _: True, review_text="always"), Entry(step=is_large)]
    model = Scripted([LYON])
    held = run(plan, CASE, model)
    assert str(held.held) == "city: review is asked for: always"
    assert held.get(is_large) is None
    done = held.approve(city)
    assert (done.held, done[is_large], done.accepted) == (None, True, {"city"})
    assert (len(model.requests), done.calls) == (1, 1)


def test_accepted_steps_are_not_held_again():
    """A case that comes back from elsewhere with a person's word."""
    plan = [Entry(step=city, review=lambda _: True, review_text="always"), is_large]
    case = run(plan, CASE, Scripted([LYON])).case
    assert run(plan, case, accepted=[city])[is_large] is True
    assert run(plan, case, accepted=["city"]).held is None


def test_a_corrected_value_runs_later_steps_again():
    """What stands before it stays; a whole value or a field by its name."""
    model = Scripted([LYON])
    done = run([city, is_large], CASE, model)
    small = done.correct(city, City(name="Lyons", people=900))
    assert (small[city].name, small[is_large]) == ("Lyons", False)
    assert small.correct(is_large, True)[is_large] is True
    assert done[is_large] is True
    assert len(model.requests) == 1


@pytest.mark.slow
def test_fields_of_an_extraction_are_corrected_with_its_checks():
    """The same rules as in review: typed, checked, and accepted by the person."""
    order = Extract(name="order", fields={"number": "text", "total": "money"})
    held = run([order, Rule(name="large", value="order.record.total > 100")], Case.of("no figures here"))
    assert held.held is not None
    done = held.correct(order, number="A-7", total="120,50", person="Ada")
    assert (done[order].record.number, done[order].record.total) == ("A-7", Decimal("120.50"))
    assert done[order].accepted_by == "Ada"


def test_an_undecided_step_needs_an_answer():
    """A condition that cannot be decided is a question to a person: yes or no."""
    plan = [Entry(step=city, when=lambda _: None, when_text="total > 5")]
    held = run(plan, CASE, Scripted([LYON]))
    with pytest.raises(ValueError, match="wanted=True"):
        held.approve(city)
    assert held.approve(city, wanted=True)[city].name == "Lyon"
    with pytest.raises(LookupError, match="a person left it out"):
        held.approve(city, wanted=False)[city]


def test_arun_holds_up_nobody():
    """Many at once beside the event loop, each with its own result."""
    together = threading.Barrier(8)

    def slowly(_request):
        together.wait(10)  # ends only where all eight are under way at once
        return LYON

    async def several():
        model = Scripted([slowly], for_ever=True)
        cases = [Case.of(f"Which city? {n}") for n in range(8)]
        return await asyncio.gather(*(arun([city], case, model) for case in cases))

    assert [done[city].name for done in asyncio.run(several())] == ["Lyon"] * 8


@pytest.mark.slow
def test_a_cancelled_arun_asks_nothing_more():
    """The call under way is settled; the next question of the case is never sent."""
    asked, go_on = threading.Event(), threading.Event()

    def waits(_request):
        asked.set()
        go_on.wait(5)
        return LYON

    @step
    def other(case: Case, llm: LLM) -> City:
        return ask(llm, "And the next?", into=City)

    model, log = Scripted([waits], for_ever=True), MemoryCallLog()

    async def cancelled():
        task = asyncio.create_task(arun([city, other], CASE, model, log))
        await asyncio.to_thread(asked.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()

    asyncio.run(cancelled())
    time.sleep(0.2)
    assert len(model.requests) == 1
    assert [type(end) for _, _, end in log.calls] == [Reply]


@pytest.mark.slow
def test_a_chat_model_of_langchain_and_a_name_are_models_too(monkeypatch):
    """Whatever takes a model takes its name, or LangChain's."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    assert ask(FakeListChatModel(responses=[LYON]), "Which?", into=City).people == 520_000
    assert run([city], CASE, FakeListChatModel(responses=[LYON]))[city].name == "Lyon"
    monkeypatch.setenv("MISTRAL_API_KEY", "")
    with pytest.raises(LLMRejected, match="MISTRAL_API_KEY"):
        run([city], CASE, "mistral/m")
    with pytest.raises(LLMRejected) as caught:
        ask("none", "Which?", into=City)
    assert caught.value.reason == "no_model"


def test_connect_shows_nothing_of_the_environment(monkeypatch):
    """Neither its help, its signature, what it gives, nor its errors."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    model = connect("openai/gpt-5-mini")
    own = connect("openai/gpt-5-mini", key="sk-canary-0123456789", environ={"A": "sk-canary-0123456789"})
    with pytest.raises(LLMRejected) as caught:
        connect("opnai/x")
    shown = [
        pydoc.render_doc(connect),
        str(inspect.signature(connect)),
        repr(connect),
        repr(model),
        repr(own),
    ]
    shown += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    assert "canary" not in "".join(shown)


@pytest.mark.slow
def test_results_are_shown_on_one_screen():
    """A case with a long text, many fields and doubts still fits, and doubts read as sentences."""
    fields = {f"field_{n}": "text" for n in range(60)}
    done = run([Extract(name="order", fields=fields)], Case.of("word " * 50_000))
    for shown in (repr(done), repr(done.case), repr(done.case.documents[0]), repr(done.held)):
        lines = shown.splitlines()
        assert len(lines) <= 30
        assert all(len(line) <= 200 for line in lines)
    assert "Phrase(" not in repr(done)
    order = next(iter(done.case.results.values()))
    assert len(repr(order).splitlines()) <= 30
    assert repr(say("The file {path} is empty.", path="a.pdf")) == "'The file a.pdf is empty.'"


def test_a_step_that_gives_the_wrong_type_is_named():
    """The annotation is a promise to the steps after it."""

    @step
    def due(case: Case, llm: LLM) -> bool:
        return case.text and None

    with pytest.raises(StepFailed, match="says -> bool and gave NoneType"):
        run([due], CASE)


def test_a_script_gives_the_price_that_no_list_has():
    """Under a budget a model without a price is refused, and a script reads no ``smeflow.toml``."""
    with pytest.raises(LLMRejected, match=r"by the name \"127\.0\.0\.1/m\", with connect\(…, prices=…\)"):
        ask(Unpriced(), "Who?", into=str, budget="1 USD")
    assert connect("m@http://192.0.2.1/v1", prices={"192.0.2.1/m": PRICE}).place.price == PRICE


class Unpriced(Scripted):
    """A model of which nobody knows what it costs."""

    def __init__(self) -> None:
        super().__init__([])
        self.place = ModelEndpoint(provider="127.0.0.1", model="m")
