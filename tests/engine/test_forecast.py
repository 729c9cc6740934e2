"""What a run would do, told before it: nothing is asked, written or sent, and what comes lies in the span."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.engine.forecast import LEAST_HISTORY, forecast_run
from smeflow.engine.usages import predicted
from smeflow.errors import SourceError
from smeflow.llm.interface import LLM, Message, ModelEndpoint, Price, Reply, Request, Usage
from smeflow.llm.router import ModelSet
from smeflow.llm.testing import Scripted
from smeflow.money import Money
from smeflow.recipe.workspace import Budgets, WorkspaceSettings

PRICE = Price(
    input_per_million=Decimal(100), output_per_million=Decimal(400), currency="EUR", as_of="2026-11-01"
)
PLACE = ModelEndpoint(provider="far", model="m", region="eu", price=PRICE, base_url="https://far.example/v1")


@dataclass(frozen=True)
class Asks:
    """A step that asks a model one thing, if the case has words enough."""

    name: str = "told"
    returns: Any = str
    kind_id: str = "tests.asks"

    def __call__(self, case: Case, llm: LLM) -> str:
        text = case.documents[0].text
        if "plain" in text:
            return text
        return llm.complete(Request(messages=(Message("user", text),), max_output_tokens=200)).text


def answering(tokens: int = 40) -> Scripted:
    def answer(request: Request) -> Reply:
        size = sum(len(m.content) for m in request.messages) // 4 + 1
        usage = Usage(input_tokens=size, output_tokens=tokens)
        return Reply(text="yes", model="m", usage=usage, cost=PRICE.of(size, tokens))

    return Scripted([answer], for_ever=True, place=PLACE)


def forecast(office, llm=None, **more):
    return forecast_run(
        office.recipe(),
        WorkspaceSettings.find(office.folder),
        state=office.folder / ".smeflow",
        llm=llm,
        **more,
    )


def contents(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def lies_in(value, span):
    return span.low <= value <= span.high


def test_a_forecast_without_history_asks_nothing_and_makes_no_ledger(office):
    """The first forecast counts the questions of a sample; the run that follows stays within."""
    office.plan(Asks())
    office.source.here = {f"k{n}": f"some words {n} " * (5 + n) for n in range(20)}
    llm = answering()
    told = forecast(office, llm)
    assert llm.requests == []
    assert not (office.folder / ".smeflow").exists()
    assert (told.items, told.new, told.basis, told.basis_items) == (20, 20, "sample", 8)
    summary = office.run(llm)
    assert lies_in(summary.calls, told.usages.calls)
    assert told.usages.calls.expected == 20
    assert lies_in(summary.cost.amount, told.usages.cost)
    assert (told.run_limit, told.month_left) == (5, 20)


def test_the_recipes_own_calls_are_the_measure_and_the_ledger_stays_as_it_was(office):
    """New, changed and waiting items are told apart; not a byte of the ledger's folder changes."""
    office.plan(Asks())
    office.source.here = {f"k{n}": f"words {n} " * 30 for n in range(LEAST_HISTORY)} | {"p": "plain"}
    office.run(answering())
    before = contents(office.folder)
    office.source.here |= {"k0": "other words " * 30, "new": "fresh words " * 30, "p2": "plain, too"}
    llm = answering()
    told = forecast(office, llm)
    assert contents(office.folder) == before
    assert llm.requests == []
    assert not any("could read" in str(note) for note in told.notes)  # the copy is nobody else's
    assert (told.new, told.changed, told.redone, told.waiting) == (2, 1, 0, 0)
    assert (told.basis, told.basis_items) == ("calls", LEAST_HISTORY + 1)
    summary = office.run(llm)
    assert summary.calls == 2
    assert lies_in(2, told.usages.calls)
    assert lies_in(summary.cost.amount, told.usages.cost)
    assert told.usages.cost.expected > 0


def test_what_is_to_be_redone_costs_what_its_answers_cost(office):
    """Only with the word for it, and never what stands."""
    office.plan(Asks())
    office.source.here = {f"k{n}": f"words {n} " * 30 for n in range(4)}
    cost = office.run(answering()).cost.amount
    assert forecast(office, answering()).items == 0
    told = forecast(office, answering(), redo="all")
    assert (told.redone, told.usages.calls.expected, told.usages.cost.expected) == (4, 4, cost)


def test_items_that_were_left_open_are_told_as_waiting(office):
    """The budget ended the run before them; what it leaves is told too."""
    office.plan(Asks())
    office.source.here = {f"k{n}": f"words {n} " * 30 for n in range(3)}
    office.settings["budget"] = Budgets(run=Money(Decimal("0.00001"), "EUR"), month=None)
    assert office.run(answering()).open == 3
    told = forecast(office, answering())
    assert (told.new, told.waiting, told.limit) == (0, 3, Decimal("0.00001"))


def test_no_model_is_no_call(office):
    """Nothing leaves the machine, and nothing costs."""
    office.plan(Asks())
    office.source.here = {"a": "words"}
    told = forecast(office)
    assert (told.basis, told.models, told.usages.calls.high) == ("none", (), 0)


def test_where_texts_go_and_why_they_may_not_is_told(office):
    """A provider outside of the residency is told with the reason; one on this machine gets no text away."""
    office.plan(Asks())
    office.source.here = {"a": "words"}
    outside = Scripted(["x"], place=ModelEndpoint(provider="out", model="m", region="outside", price=PRICE))
    told = forecast(office, ModelSet(models=(answering(), outside, Scripted(["x"]))))
    assert [(m.place.provider, m.leaves, m.refused is None) for m in told.models] == [
        ("far", True, True),
        ("out", True, False),
        ("scripted", False, True),
    ]


def test_a_second_opinion_counts_twice(office):
    """Two that must agree are both asked; a chain asks its first one."""
    office.plan(Entry(step=Asks()))
    office.source.here = {"a": "words"}
    pair = ModelSet(models=(answering(), answering()), agree=2)
    assert forecast(office, pair).usages.calls.expected == 2
    chain = ModelSet(models=(answering(), answering()))
    assert forecast(office, chain).usages.calls.expected == 1


def test_a_source_that_lost_much_is_refused_as_a_run_would(office):
    """The forecast says what the run would say."""
    office.plan(Asks())
    office.source.here = {f"k{n}": "plain" + str(n) for n in range(20)}
    office.run()
    office.source.here = {"k0": "plain0"}
    with pytest.raises(SourceError, match="accept-loss"):
        forecast(office)
    assert forecast(office, accept_loss=True).gone == 19


def test_a_prediction_is_wider_the_less_is_known():
    """Two standard deviations: of the sum, and of the mean it is told from."""
    few = predicted([Decimal(1), Decimal(3)], 100)
    many = predicted([Decimal(1), Decimal(3)] * 50, 100)
    assert few.expected == many.expected == 200
    assert few.high - few.low > many.high - many.low
    assert many.low < 200 < many.high
