import json
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from smeflow.errors import BudgetSpent, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.ledger import history, items, replies
from smeflow.ledger.budget import Budget
from smeflow.ledger.calls import LedgerCallLog, settle_lost_calls
from smeflow.ledger.items import LeaseLost
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow, RunRow, SentPicture
from smeflow.ledger.verify import first_broken_entry, verify_audit
from smeflow.llm.call_log import Scope
from smeflow.llm.interface import ImageLimits, Message, MessageImage, ModelEndpoint, Reply, Request, Usage
from smeflow.money import Money

PLACE = ModelEndpoint(provider="mistral_ai", model="small", region="eu")
EURO = Money(Decimal(1), "EUR")


def _request(text: str = "What is it?") -> Request:
    return Request(messages=(Message("user", text),))


def _reply(cost: str = "0.25") -> Reply:
    return Reply(
        text='{"label": "été"}',
        model="small-2",
        usage=Usage(input_tokens=10, output_tokens=3),
        id="x-1",
        cost=Money(Decimal(cost), "EUR"),
    )


@pytest.fixture
def item(ledger: Ledger, take: Callable[..., object]) -> ItemRow:
    take({"a.txt": b"one", "b.txt": b"two"})
    return items.claim_items(ledger.store, "r", 2)[0]


def _log(ledger: Ledger, item: ItemRow, run: RunRow, budget: Budget | None = None) -> LedgerCallLog:
    scope = Scope(recipe="r", item=item.key, version=item.version, step="kind", fingerprint="f")
    budget = budget or Budget()
    return LedgerCallLog(
        store=ledger.store, item=item, scope=scope, run=run.id, purse=run.purse, budget=budget
    )


def test_a_settled_reply_is_found_again_after_a_restart(ledger: Ledger, item: ItemRow, run: RunRow):
    """A reply is written before it is used; whoever holds the item next replays it, at no cost."""
    log = _log(ledger, item, run)
    log.settle(log.reserve("k", _request(), PLACE, EURO), _reply())
    again = items.claim_item(ledger.store, item.id)
    assert again is not None
    found = _log(ledger, again, run).find("k")
    assert found == replace(_reply("0"), replayed=True)
    assert _log(ledger, again, run).find("another") is None


def test_an_equal_request_of_another_item_is_recalled(ledger: Ledger, item: ItemRow, run: RunRow):
    """Only the same model's reply to the same request; what somebody asks again is asked again."""
    log = _log(ledger, item, run)
    log.settle(log.reserve("k", _request(), PLACE, EURO), _reply())
    found = log.recall(_request(), PLACE)
    assert found is not None
    assert (found.text, found.replayed) == ('{"label": "été"}', True)
    assert log.recall(_request("Another?"), PLACE) is None
    assert log.recall(_request(), replace(PLACE, model="large")) is None
    assert replace(log, scope=replace(log.scope, take=1)).recall(_request(), PLACE) is None


@pytest.mark.parametrize("looked_up", [0, 3, 2000])
def test_a_reply_is_recalled_whether_it_is_looked_up_or_known(
    ledger: Ledger, item: ItemRow, run: RunRow, monkeypatch: pytest.MonkeyPatch, looked_up: int
):
    """A short run looks up each request, a long one reads once what was answered: both find the same."""
    monkeypatch.setattr(replies, "LOOKED_UP", looked_up)
    log = _log(ledger, item, run)
    log.settle(log.reserve("before", _request("asked before"), PLACE, EURO), _reply())
    log = replace(log, recalls=replies.Recalls(ledger.store))
    for n in range(6):
        text = f"asked in this run, {n}"
        assert log.recall(_request(text), PLACE) is None
        log.settle(log.reserve(text, _request(text), PLACE, EURO), _reply())
        assert log.recall(_request(text), PLACE) is not None
        assert log.recall(_request("asked before"), PLACE) is not None
        assert log.recall(_request(text), replace(PLACE, model="large")) is None


def test_a_broken_attempt_is_never_replayed_and_costs_what_was_set_aside(
    ledger: Ledger, item: ItemRow, run: RunRow
):
    """An attempt that broke after it was sent may be billed; one that was refused at the door is not."""
    log = _log(ledger, item, run)
    down = LLMUnavailable(say("no answer"), kind="broken", sent=True)
    log.settle(log.reserve("k", _request(), PLACE, EURO), down)
    log.settle(log.reserve("k", _request(), PLACE, EURO), LLMUnavailable(say("busy"), kind="rate"))
    log.settle(log.reserve("k", _request(), PLACE, EURO), LLMRejected(say("no key"), reason="key"))
    assert log.recall(_request(), PLACE) is None
    first, second, third = ledger.calls(item)
    assert [c.attempt for c in (first, second, third)] == [1, 2, 3]
    assert (first.state, first.cost, first.estimated) == ("broken", EURO, True)
    assert (second.cost, third.cost) == (None, None)
    assert "LLMRejected: no key" in third.error
    assert ledger.spent_in_month().cost.amount == 1


def test_a_reservation_gives_back_what_was_not_used(ledger: Ledger, item: ItemRow, run: RunRow):
    """The worst case is set aside before sending; afterwards only the real cost counts."""
    log = _log(ledger, item, run)
    ticket = log.reserve("k", _request(), PLACE, EURO)
    assert ledger.spent_in_month("2026-11").cost.amount == 1
    log.settle(ticket, _reply("0.25"))
    assert ledger.spent_in_month("2026-11").cost.amount == Decimal("0.25")
    assert ledger.cost("r").cost == Money(Decimal("0.250000"), "EUR")
    assert ledger.cost_of_item(item).calls == 1
    assert ledger.cost_of_run(run).cost.amount == Decimal("0.25")


@pytest.mark.parametrize(("whose", "limits"), [
    ("item", {"item": Decimal(2), "run": None, "month": None}),
    ("run", {"item": None, "run": Decimal(2), "month": None}),
    ("month", {"item": None, "run": None, "month": Decimal(2)}),
])  # fmt: skip
def test_a_budget_is_never_overdrawn(ledger: Ledger, item: ItemRow, run: RunRow, whose: str, limits: dict):
    """The worst case must fit into what is left; nothing is written when it does not."""
    log = _log(ledger, item, run, Budget(**limits))
    for _ in range(2):
        log.reserve("k", _request(), PLACE, EURO)
    with pytest.raises(BudgetSpent) as caught:
        log.reserve("k", _request(), PLACE, Money(Decimal("0.001"), "EUR"))
    assert (caught.value.whose, caught.value.limit, caught.value.spent) == (whose, 2, 2)
    assert len(ledger.calls(item)) == 2


def test_what_counts_as_spent_is_held_against_the_calls(ledger: Ledger, item: ItemRow, run: RunRow):
    """Settled, refused and under way: the sums are those of the calls, and whoever changes one is found."""
    log = _log(ledger, item, run)
    log.settle(log.reserve("a", _request(), PLACE, EURO), _reply())
    log.settle(log.reserve("b", _request(), PLACE, EURO), LLMRejected(say("no"), reason="key"))
    log.reserve("c", _request(), PLACE, EURO)
    assert not verify_audit(ledger.store).findings
    settle_lost_calls(ledger.store, "r")
    assert not verify_audit(ledger.store).findings
    ledger.store.write(lambda transaction: transaction.put("spent", {"purse": run.purse, "nanos": 7}))
    assert [str(each) for each in verify_audit(ledger.store).findings] == [
        f"what counts as spent by {run.purse} is not what its calls cost"
    ]


def test_many_threads_do_not_overdraw_a_budget(ledger: Ledger, item: ItemRow, run: RunRow):
    """Reservations that come at once are looked at one after another."""
    log, got, refused = _log(ledger, item, run, Budget(run=Decimal(5))), [], []

    def one(n: int) -> None:
        try:
            got.append(log.reserve(f"k{n}", _request(), PLACE, EURO))
        except BudgetSpent as error:
            refused.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (5, 7)


def test_a_run_after_a_crash_spends_from_the_same_budget(ledger: Ledger, item: ItemRow, run: RunRow):
    """Killing a run again and again does not raise what it may spend."""
    _log(ledger, item, run).reserve("k", _request(), PLACE, EURO)
    again = history.begin_run(ledger.store, recipe="r", text_hash="t", plan="p", llm="m", smeflow="0", pid=2)
    assert again.purse == run.purse
    history.end_run(ledger.store, again, stopped=None, summary="{}")
    third = history.begin_run(ledger.store, recipe="r", text_hash="t", plan="p", llm="m", smeflow="0", pid=3)
    assert third.purse != run.purse


def test_an_attempt_left_by_a_crash_costs_what_was_set_aside(ledger: Ledger, item: ItemRow, run: RunRow):
    """It may have been answered and billed."""
    _log(ledger, item, run).reserve("k", _request(), PLACE, EURO)
    assert ledger.calls(item)[0].state == "reserved"
    assert settle_lost_calls(ledger.store, "r") == 1
    (call,) = ledger.calls(item)
    assert (call.state, call.cost, call.estimated) == ("broken", EURO, True)
    assert ledger.spent_in_month("2026-11").cost.amount == 1


def test_other_currencies_count_by_the_rate(ledger: Ledger, item: ItemRow, run: RunRow):
    """A price in dollars is set aside in euros; without a rate nothing is sent."""
    dollars = Money(Decimal(2), "USD")
    budget = Budget(
        convert=lambda m: Money(m.amount * Decimal("0.9"), "EUR") if m.currency == "USD" else None
    )
    log = _log(ledger, item, run, budget)
    log.reserve("k", _request(), PLACE, dollars)
    assert ledger.spent_in_month("2026-11").cost.amount == Decimal("1.8")
    with pytest.raises(BudgetSpent, match="No exchange rate from JPY"):
        log.reserve("k", _request(), PLACE, Money(Decimal(2), "JPY"))


def test_who_lost_the_item_asks_nothing_more(ledger: Ledger, item: ItemRow, run: RunRow):
    """A stale holder may still write down what it paid, and starts nothing new."""
    log = _log(ledger, item, run)
    ticket = log.reserve("k", _request(), PLACE, EURO)
    items.abandon_items(ledger.store, [item.id])
    with pytest.raises(LeaseLost):
        log.reserve("k2", _request(), PLACE, EURO)
    log.settle(ticket, _reply())
    assert ledger.calls(item)[0].state == "answered"


def test_pictures_that_are_sent_stand_in_the_ledger_by_their_hash(ledger: Ledger, item: ItemRow, run: RunRow):
    """What is written of a call is all that left the machine; a model that sees nothing gets none."""
    picture = MessageImage.of("image/png", b"a page")
    request = Request(messages=(Message("system", "Read."), Message("user", "This?", (picture,))))
    log = _log(ledger, item, run)
    seeing = replace(PLACE, sees=ImageLimits(side=100, bytes=1000))
    for key, place in (("sees", seeing), ("blind", PLACE)):
        log.settle(log.reserve(key, request, place, EURO), _reply())
    sees, blind = ledger.calls(item)
    assert sees.pictures == (SentPicture(sha256=picture.sha256, media_type="image/png", size=6),)
    assert blind.pictures == ()
    assert json.loads(blind.request)["messages"] == [
        {"role": "system", "content": "Read."},
        {"role": "user", "content": "This?"},
    ]
    assert first_broken_entry(ledger.store) is None
