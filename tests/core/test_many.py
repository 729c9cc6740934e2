"""Many cases at once: in order or as they end, bounded, cancelled, and told how far they are."""

import io
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from smeflow import LLM, BudgetSpent, Case, LLMUnavailable, ask, run_many, step
from smeflow.core.many import ProgressLine
from smeflow.errors import StepFailed
from smeflow.i18n import say
from smeflow.llm.call_log import CallUsage
from smeflow.llm.interface import Reply
from smeflow.llm.testing import Scripted


@step
def number(case: Case, llm: LLM) -> int:
    return ask(llm, case.text, into=int)


@step
def doubled(case: Case, llm: LLM) -> int:
    return 2 * ask(llm, f"again {case.text}", into=int)


def cases(n: int) -> list[Case]:
    return [Case.of(str(k), id=f"case {k}") for k in range(n)]


def echo(seconds: float = 0.0):
    """Answer with the number that is asked for; the first cases take the longest."""
    under_way, most = [0], [0]
    lock = threading.Lock()

    def answer(request):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        asked = int(request.messages[-1].content.split()[-1])
        time.sleep(seconds * (1.5 if asked == 0 else 1))
        with lock:
            under_way[0] -= 1
        return f'{{"answer": {asked}}}'

    model = Scripted([answer], for_ever=True)
    return model, most


def test_results_come_in_the_order_of_the_cases():
    """However they end; looking at one waits for it."""
    model, most = echo(0.05)
    batch = run_many([number], cases(20), model, limit=5)
    assert [done[number] for done in batch] == list(range(20))
    assert most[0] == 5
    assert (len(batch), batch[3][number], batch[-1][number]) == (20, 3, 19)
    assert [done[number] for done in batch[1:3]] == [1, 2]
    assert batch.usage.calls == 20
    assert batch.failed == []
    assert "20 of 20 cases, 0 failed; 20 calls" in repr(batch)


@pytest.mark.slow
def test_results_come_as_they_end():
    """The slow one last."""
    model, _ = echo(0.2)
    told: list[int] = []
    batch = run_many([number], cases(4), model, on_done=lambda done: told.append(done[number]))
    ended = [done[number] for done in batch.as_completed()]
    assert ended[-1] == 0
    assert sorted(ended) == [0, 1, 2, 3]
    assert told == ended


def test_a_case_that_fails_stops_no_other():
    """Its error is raised where its result is asked for."""

    @step
    def halved(case: Case, llm: LLM) -> int:
        return int(case.text) // (int(case.text) - 2)

    batch = run_many([halved], cases(4)).wait()
    assert [done.case.id for done in batch.failed] == ["case 2"]
    with pytest.raises(StepFailed, match="ZeroDivisionError"):
        batch[2][halved]
    assert batch[3][halved] == 3


def test_nothing_is_asked_after_a_cancel():
    """Calls under way are settled and counted; the rest says that it was cancelled."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def waits(request):
        begun.release()
        go_on.wait(5)
        return '{"answer": 1}'

    model = Scripted([waits], for_ever=True)
    batch = run_many([number, doubled], cases(50), model, limit=4)
    for _ in range(4):
        assert begun.acquire(timeout=5)
    batch.cancel()
    asked = len(model.requests)
    go_on.set()
    batch.wait()
    assert len(model.requests) == asked == 4
    assert batch.usage.calls == 4
    assert batch.usage.output_tokens > 0
    assert all(isinstance(done.error, CancelledError) for done in batch)
    assert [done[number] for done in batch if done.usage.calls] == [1] * 4
    assert "cancelled" in repr(batch)


@pytest.mark.slow
def test_waits_for_another_try_end_with_a_cancel():
    """Who waits to ask again does not ask again."""

    def away(_request):
        raise LLMUnavailable(say("The server is away."), kind="outage", sent=False)

    batch = run_many([number], cases(10), Scripted([away], for_ever=True), patience=60)
    time.sleep(0.2)
    began = time.monotonic()
    batch.cancel()
    batch.wait()
    assert time.monotonic() - began < 20
    assert all(isinstance(done.error, CancelledError) for done in batch)


SCRIPT = """
import os, time
from smeflow import Case, ask, run_many, step, LLM
from smeflow.llm.testing import Scripted

@step
def number(case: Case, llm: LLM) -> int:
    return ask(llm, case.text, into=int)

def answer(request):
    os.write(1, b"asked\\n")
    time.sleep(1)
    return '{"answer": 1}'

batch = run_many([number], [Case.of(str(n)) for n in range(500)], Scripted([answer], for_ever=True), limit=4)
try:
    for done in batch:
        pass
except KeyboardInterrupt:
    batch.wait()
    print("told", batch.usage.calls, flush=True)
"""


@pytest.mark.slow
def test_a_ctrl_c_ends_a_batch():
    """Whoever waits stops it: nothing more is asked, and what was under way is counted."""
    child = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    assert [child.stdout.readline() for _ in range(4)] == ["asked\n"] * 4
    child.send_signal(signal.SIGINT)
    assert child.stdout.read() == "told 4\n"
    assert child.wait(30) == 0


def test_an_error_in_the_block_cancels_what_is_left():
    """``with`` leaves nothing running behind."""
    model, _ = echo(0.05)
    with pytest.raises(KeyError), run_many([number], cases(100), model, limit=2):
        raise KeyError
    assert len(model.requests) < 20


def test_an_error_of_on_done_ends_the_batch_and_is_raised():
    """Nobody goes on paying for results that cannot be kept."""
    model, _ = echo(0.02)

    def full(_done):
        raise OSError("the disk is full")

    batch = run_many([number], cases(100), model, limit=2, on_done=full)
    with pytest.raises(OSError, match="full"):
        batch.wait()
    time.sleep(0.1)
    assert len(model.requests) < 10


@pytest.mark.slow
def test_a_provider_that_goes_away_ends_the_batch_within_patience():
    """The others do not wait as long again, and each says why."""

    def away(_request):
        raise LLMUnavailable(say("The server is away."), kind="outage", sent=False)

    began = time.monotonic()
    batch = run_many([number], cases(200), Scripted([away], for_ever=True), limit=8, patience=1).wait()
    assert time.monotonic() - began < 15  # 200 cases, 8 at once: 25 s if each waited by itself
    assert len(batch.failed) == 200
    assert all(isinstance(done.error, LLMUnavailable) for done in batch)


def test_one_budget_holds_for_all_of_them():
    """Threads that ask at once do not overdraw it together."""
    from decimal import Decimal

    from smeflow.llm.interface import ModelEndpoint, Price, Usage

    price = Price(
        input_per_million=Decimal(0), output_per_million=Decimal(1000), currency="USD", as_of="2026"
    )
    place = ModelEndpoint(provider="p", model="m", price=price)
    reply = Reply(text='{"answer": 1}', model="m", usage=Usage(output_tokens=1000), cost=price.of(0, 1000))
    model = Scripted([lambda _: time.sleep(0.02) or reply], for_ever=True, place=place)
    batch = run_many([number], cases(40), model, limit=16, budget="10.5 USD").wait()
    (cost,) = batch.usage.cost
    assert Decimal(8) <= cost.amount <= Decimal("10.5")
    assert all(isinstance(done.error, BudgetSpent) for done in batch.failed)
    assert len(model.requests) == batch.usage.calls


def test_no_cases_are_no_work():
    """An empty list is an empty batch."""
    batch = run_many([number], [], progress=True)
    assert list(batch) == []
    assert list(batch.as_completed()) == []
    assert batch.wait().usage.calls == 0


def test_one_line_says_how_far_it_is():
    """Written over itself, with an end at the end."""
    stream, now = io.StringIO(), [0.0]
    line = ProgressLine(4, stream, clock=lambda: now[0])
    for ended in range(1, 5):
        now[0] += 1
        line.show(ended, 0, CallUsage(calls=ended))
    shown = stream.getvalue().split("\r")[1:]
    assert shown[0].startswith("1 of 4 cases, 0 failed, 1.0 a second, 3 s left; 1 calls")
    assert shown[-1].endswith("\n")


def test_progress_is_shown_where_somebody_looks(monkeypatch):
    """Not in a file or a pipe."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, is_shown in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr("sys.stderr", stream)
        model, _ = echo()
        run_many([number], cases(3), model).wait()
        assert ("3 of 3 cases" in stream.getvalue()) == is_shown
