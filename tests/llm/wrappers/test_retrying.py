"""Waiting: how long, how often, together, and not for ever."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from smeflow.errors import AnswerLater, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.interface import Message, Reply, Request
from smeflow.llm.wrappers.patience import CircuitBreaker, Patience
from smeflow.llm.wrappers.retry import Retrying, RetryRule, RetryState

REQUEST = Request(messages=(Message("user", "Hi"),), timeout_seconds=5)
DOWN = LLMUnavailable(say("down"), kind="outage", sent=False)
BROKEN = LLMUnavailable(say("broken"), kind="broken", sent=True)


def rate(seconds: float | None) -> LLMUnavailable:
    return LLMUnavailable(say("slower"), kind="rate", retry_after_seconds=seconds, sent=False)


@dataclass
class Model:
    """Raises what it is given, then answers."""

    faults: list[Exception] = field(default_factory=list)
    calls: int = 0

    def complete(self, request: Request, /) -> Reply:
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)
        return Reply(text="ok", model="m")


@dataclass
class Slept(CircuitBreaker):
    """A breaker whose time passes only by sleeping."""

    naps: list[float] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.monotonic = lambda: self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def retrying(
    model: Model, breaker: CircuitBreaker, random: Callable[[], float] = lambda: 0.0, **patience: float
) -> Retrying:
    rule = RetryRule(
        patience=Patience(**patience),  # type: ignore[arg-type]
        breaker=breaker,
        random=random,
        clock=lambda: datetime(2026, 11, 1, tzinfo=UTC),
    )
    return Retrying(inner=model, rule=rule, state=RetryState())


@pytest.mark.parametrize("seconds", [0.0, 1.0, 17.5, 119.0])
@pytest.mark.parametrize("luck", [0.0, 0.5, 0.999])
def test_no_wait_is_shorter_than_was_asked_for(seconds, luck):
    """Chance only lengthens it."""
    slept = Slept(failures=99)
    retrying(Model([rate(seconds)]), slept, lambda: luck).complete(REQUEST)
    assert slept.naps[0] >= seconds
    assert slept.naps[0] <= seconds + 0.1


def test_waits_grow_and_stop_growing():
    """Doubling, with chance, up to a limit."""
    slept = Slept(failures=99)
    retrying(Model([rate(None)] * 9), slept, lambda: 1.0).complete(REQUEST)
    assert slept.naps == [1, 2, 4, 8, 16, 30, 30, 30, 30]


@pytest.mark.parametrize("seconds", [121.0, 86_400.0])
def test_a_long_wait_is_not_slept(seconds):
    """The item is put aside until then."""
    slept = Slept()
    with pytest.raises(AnswerLater) as caught:
        retrying(Model([rate(seconds)]), slept).complete(REQUEST)
    assert slept.naps == []
    assert (caught.value.due_at - datetime(2026, 11, 1, tzinfo=UTC)).total_seconds() == seconds
    assert isinstance(caught.value.__cause__, LLMUnavailable)


def test_all_waits_together_have_an_end():
    """A provider that says "one second more" for ever is left for later."""
    slept = Slept(failures=9999)
    with pytest.raises(AnswerLater):
        retrying(Model([rate(60.0)] * 999), slept, waiting_seconds=600).complete(REQUEST)
    assert sum(slept.naps) <= 600


def test_attempts_that_may_be_paid_are_few_and_counted_over_the_turn():
    """Two questions of one step call share them."""
    model, slept = Model([BROKEN] * 3), Slept(failures=99)
    llm = retrying(model, slept)
    llm.complete(REQUEST)
    model.faults = [BROKEN] * 9
    with pytest.raises(LLMUnavailable):
        llm.complete(REQUEST)
    assert model.calls == 6
    with pytest.raises(LLMUnavailable):
        llm.complete(REQUEST)
    assert model.calls == 6


def test_a_step_may_ask_any_number_of_questions():
    """An answer that is taken is no attempt in vain; one that is asked for again is."""
    model = Model([])
    llm = retrying(model, Slept(failures=99))
    for _ in range(20):
        llm.complete(REQUEST)
    for again in range(1, 5):
        llm.complete(replace(REQUEST, again=again))
    with pytest.raises(LLMUnavailable, match="no usable answer"):
        llm.complete(replace(REQUEST, again=5))
    assert model.calls == 24


def test_attempts_that_cost_nothing_are_not_counted():
    """They end with the time for waiting."""
    model = Model([rate(0.1)] * 50)
    retrying(model, Slept(failures=99)).complete(REQUEST)
    assert model.calls == 51


def test_a_replayed_reply_counts_as_no_attempt():
    """What a cache gives was paid by somebody else."""

    class Cache:
        def complete(self, request: Request, /) -> Reply:
            return Reply(text="ok", model="m", replayed=True)

    llm = Retrying(inner=Cache())
    for _ in range(9):
        llm.complete(REQUEST)
    assert llm.state.paid == 0


@pytest.mark.slow
def test_calls_pause_while_the_provider_is_down_and_go_on_when_it_is_back():
    """At most one call each thread had in flight and one a probe go out; all go on at once afterwards."""
    up, calls, lock = threading.Event(), [0], threading.Lock()

    class Provider:
        def complete(self, request: Request, /) -> Reply:
            with lock:
                calls[0] += 1
            if not up.is_set():
                raise DOWN
            return Reply(text="ok", model="m")

    breaker = CircuitBreaker(probe_seconds=0.1)
    rule = RetryRule(breaker=breaker, patience=Patience(first_wait_seconds=0.1))
    done: list[float] = []

    def work() -> None:
        Retrying(inner=Provider(), rule=rule).complete(REQUEST)
        done.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    assert not done
    assert calls[0] <= 8 + 1.0 / 0.1 + 1
    up.set()
    back = time.monotonic()
    for thread in threads:
        thread.join(5)
    assert len(done) == 8
    assert max(done) - back < 3
    assert back - began >= 1.0


def test_a_rejected_key_stops_every_thread():
    """No call goes out after the first that told us so."""
    model, breaker = Model([LLMRejected(say("no"), reason="key")]), CircuitBreaker()
    with pytest.raises(LLMRejected):
        retrying(model, breaker).complete(REQUEST)
    with pytest.raises(LLMRejected) as caught:
        retrying(model, breaker).complete(REQUEST)
    assert caught.value.reason == "key"
    assert model.calls == 1


def test_a_request_that_is_refused_stops_nobody_else():
    """It concerns one item."""
    model, breaker = Model([LLMRejected(say("no"), reason="request")]), CircuitBreaker()
    with pytest.raises(LLMRejected):
        retrying(model, breaker).complete(REQUEST)
    assert retrying(model, breaker).complete(REQUEST).text == "ok"


def test_stopping_ends_every_wait():
    """Within a moment, as an item that is taken up again later."""
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(AnswerLater):
        retrying(Model([rate(60.0)]), CircuitBreaker(stop=stop)).complete(REQUEST)
    assert time.monotonic() - began < 20  # the wait would take sixty
    with pytest.raises(AnswerLater):
        retrying(Model([DOWN] * 99), CircuitBreaker(stop=stop, failures=1)).complete(REQUEST)


GONE = LLMUnavailable(say("nobody there"), kind="outage", sent=False, reached=False)


class Passing(Slept):
    """Time passes while somebody waits for the next probe: a quarter of a second at each look."""

    def look(self) -> float:
        self.now += 0.25
        return self.now

    def __post_init__(self) -> None:
        super().__post_init__()
        self.monotonic = self.look


def test_a_server_that_was_never_there_is_told_within_seconds():
    """A wrong address: after five seconds it is put off, and whoever asks next waits for nothing.

    One question a second looks whether somebody is there now.
    """
    breaker = Passing()
    model = Model([GONE] * 1000)

    def ask() -> AnswerLater:
        with pytest.raises(AnswerLater) as caught:
            retrying(model, breaker).complete(REQUEST)
        return caught.value

    later = ask()
    assert later.ticket == "absent"
    assert "nobody there" in str(later.phrase)
    assert breaker.now <= 15  # five, and what the looks themselves took
    asked, began = model.calls, breaker.now
    assert [ask().ticket for _ in range(20)] == ["absent"] * 20
    assert model.calls - asked <= breaker.now - began + 1
    model.faults = []
    breaker.now += 1
    assert retrying(model, breaker).complete(REQUEST).text == "ok"
    assert not breaker.absent


def test_a_server_that_was_there_is_waited_for():
    """It restarts, or the line is down for a while: that is no wrong address."""
    breaker = Slept()
    model = Model()
    retrying(model, breaker).complete(REQUEST)
    model.faults = [GONE] * 2
    breaker.now += 100
    assert retrying(model, breaker).complete(REQUEST).text == "ok"
    assert not breaker.absent


def leaving(model: Model, breaker: CircuitBreaker) -> Retrying:
    """Ask a model that has another behind it."""
    return retrying(model, breaker, cooldown_seconds=30.0, waiting_seconds=10.0, longest_wait_seconds=5.0)


def went_past(model: Model, breaker: CircuitBreaker) -> bool:
    """Tell whether the question was left to another model at once."""
    asked = model.calls
    with pytest.raises(AnswerLater):
        leaving(model, breaker).complete(REQUEST)
    return model.calls == asked


def test_a_provider_with_another_behind_it_is_left_alone_after_three_failures():
    """Nobody waits for it; after the cooldown one question looks for it, and an answer opens it to all."""
    model, breaker = Model([DOWN] * 4), Slept()
    assert not went_past(model, breaker)
    assert (model.calls, breaker.cooling) == (3, True)
    waited = breaker.now
    assert all(went_past(model, breaker) for _ in range(500))
    assert (breaker.now, breaker.passed_by, breaker.cooldowns) == (waited, 500, 1)
    breaker.now += 30
    assert not went_past(model, breaker)  # the one that looks: it is still away
    breaker.now += 59  # and is left alone for twice as long
    assert went_past(model, breaker)
    breaker.now += 1
    assert leaving(model, breaker).complete(REQUEST).text == "ok"
    assert not breaker.cooling
    assert leaving(model, breaker).complete(REQUEST).text == "ok"


def test_while_one_question_looks_for_a_provider_the_others_go_past_it():
    """Half open: a single probe, however many ask at once."""
    breaker = Slept()
    breaker.let_cool(30)
    breaker.now = 30
    assert breaker.seconds_to_cool(5) == 0
    assert breaker.seconds_to_cool(5) == 5
    breaker.now = 35  # it never told how that ended: another may look
    assert breaker.seconds_to_cool(5) == 0


def test_a_provider_is_left_alone_as_long_as_it_asks():
    """A long Retry-After is kept for everybody, and no attempt is made before."""
    model, breaker = Model([rate(90.0)]), Slept()
    assert not went_past(model, breaker)
    assert model.calls == 1
    breaker.now += 89
    assert went_past(model, breaker)
    breaker.now += 1
    assert leaving(model, breaker).complete(REQUEST).text == "ok"


def test_failures_far_apart_are_not_in_a_row():
    """Three in three hours say nothing of a provider."""
    breaker = Slept()
    for _ in range(3):
        breaker.failed(DOWN)
        breaker.now += 3600
    assert not breaker.open


def test_without_another_model_behind_it_nobody_goes_past_a_provider():
    """It is waited for, as ever."""
    model, breaker = Model([DOWN] * 5), Slept(failures=9)
    assert retrying(model, breaker).complete(REQUEST).text == "ok"
    assert (breaker.cooling, breaker.passed_by) == (False, 0)
