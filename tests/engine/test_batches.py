"""Questions that may wait: handed in once, paid at half the price once, whatever happens in between."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from smeflow.core.case import Case
from smeflow.core.step import step
from smeflow.engine import batches
from smeflow.ledger.ledger import Ledger
from smeflow.llm.dialects import CHAT, RESPONSES
from smeflow.llm.interface import LLM, Message, ModelEndpoint, Price, Request
from smeflow.llm.openai_compatible import OpenAICompatible
from smeflow.money import Money
from smeflow.recipe.workspace import Budgets

PRICE = Price(
    input_per_million=Decimal(1000), output_per_million=Decimal(1000), currency="EUR", as_of="2026-11-01"
)


@step
def kind(case: Case, llm: LLM) -> str:
    return llm.complete(Request(messages=(Message("user", case.text),), max_output_tokens=100)).text


class Batcher(ThreadingHTTPServer):
    """A provider with both interfaces for batches: answers once it is told to, and can break off."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.jobs, self.orders, self.direct = {}, {}, [], 0
        self.ready, self.silent, self.state, self.left_out = False, False, "", 0
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def answer_file(self, job):
        lines = [json.loads(line) for line in self.files[job["file"]].splitlines()]
        told = []
        for line in lines[self.left_out :]:
            body = answer(line["body"])
            told.append(
                json.dumps({"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}})
            )
        self.files["out-" + job["id"]] = "\n".join(told)
        return "out-" + job["id"]


def answer(body):
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "input_tokens": 10, "output_tokens": 10}
    if "messages" in body:
        text = "about " + body["messages"][0]["content"][:20]
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"id": "1", "model": "m", "choices": [choice], "usage": usage}
    part = {"type": "output_text", "text": "about it", "annotations": []}
    message = {"type": "message", "role": "assistant", "status": "completed", "id": "m", "content": [part]}
    return {"id": "1", "model": "m", "status": "completed", "output": [message], "usage": usage}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        server = self.server
        if self.path == "/v1/files":
            name = f"file-{len(server.files)}"
            server.files[name] = re.search(rb'\r\n\r\n(\{"custom_id.*?\n)\r\n--', raw, re.DOTALL)[1].decode()
            return self.told({"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "f",
                              "purpose": "batch", "status": "processed"})  # fmt: skip
        order = json.loads(raw)
        if self.path in ("/v1/batches", "/v1/batch/jobs"):
            server.orders.append(order)
            identity = f"job-{len(server.jobs)}"
            file = order.get("input_file_id") or order["input_files"][0]
            server.jobs[identity] = {"id": identity, "file": file, "metadata": order["metadata"]}
            if server.silent:
                self.connection.close()
                return None
            return self.told(self.shown(server.jobs[identity]))
        server.direct += 1
        return self.told(answer(order))

    def do_GET(self):
        server, path = self.server, self.path.partition("?")[0]
        if path in ("/v1/batches", "/v1/batch/jobs"):
            return self.told({"data": [self.shown(job) for job in reversed(server.jobs.values())]})
        if path.endswith("/content"):
            return self.told(server.files[path.split("/")[-2]])
        if path.rpartition("/")[2] not in server.jobs:
            return self.told({"error": {"message": "no such batch"}}, 404)
        return self.told(self.shown(server.jobs[path.rpartition("/")[2]]))

    def do_DELETE(self):
        del self.server.files[self.path.rpartition("/")[2]]
        self.told({"id": "f", "object": "file", "deleted": True})

    def shown(self, job):
        mistral = "/batch/jobs" in self.path
        done = ("SUCCESS" if mistral else "completed") if self.server.ready else "RUNNING"
        file = (
            self.server.answer_file(job) if self.server.ready and job["file"] in self.server.files else None
        )
        sent = {"input_files": [job["file"]]} if mistral else {"input_file_id": job["file"]}
        return sent | {"id": job["id"], "metadata": job["metadata"], "status": self.server.state or done,
                "output_file" if mistral else "output_file_id": file}  # fmt: skip

    def told(self, body, status=200):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def batcher():
    server = Batcher()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Days:
    """A clock that a test moves on."""

    def __init__(self):
        self.now = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


def model(batcher, provider="mistral_ai", dialect=CHAT):
    place = ModelEndpoint(provider=provider, model="m", region="local", base_url=batcher.url, price=PRICE)
    return OpenAICompatible(place=place, dialect=dialect, key="k")


@pytest.fixture
def waiting(office):
    """Three items whose questions may wait."""
    office.plan(kind)
    office.source.here = {f"{n}": f"text {n}" for n in range(3)}
    office.settings["hours"] = 24
    days = Days()

    def run(llm, hours=0):
        days.now += timedelta(hours=hours)
        return office.run(llm, clock=days)

    return office, run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provider", "dialect"), [("mistral_ai", CHAT), ("openai", RESPONSES), ("openai", CHAT)]
)
def test_questions_wait_for_a_batch_and_cost_half(waiting, batcher, provider, dialect):
    """One file, no question asked at once; the next run has the answers, and a third does nothing."""
    _, run = waiting
    llm = model(batcher, provider, dialect)
    first = run(llm)
    assert (first.open, first.cost.amount, batcher.direct, len(batcher.orders)) == (3, 0, 0, 1)
    assert "3 questions were handed to" in str(first.notes[-1])
    assert run(llm, hours=1).open == 3  # not yet
    batcher.ready = True
    last = run(llm, hours=20)
    assert (last.done, last.open, last.calls) == (3, 0, 3)
    assert last.cost == Money(Decimal("0.030000"), "EUR")  # 3 x 20 tokens at half of 1000 a million
    assert (batcher.direct, len(batcher.orders)) == (0, 1)
    assert batcher.files == {}  # nothing is left lying there
    again = run(llm, hours=1)
    assert (again.done, again.calls, len(batcher.orders)) == (3, 0, 1)


@pytest.mark.slow
def test_a_batch_whose_id_was_lost_is_found_again_by_its_name(waiting, batcher):
    """It was made, and the answer to that never came: no second one is made."""
    _, run = waiting
    llm = model(batcher)
    batcher.silent = True
    run(llm)
    assert len(batcher.orders) == 1
    batcher.silent, batcher.ready = False, True
    last = run(llm, hours=20)
    assert (last.done, len(batcher.orders), batcher.direct) == (3, 1, 0)


@pytest.mark.slow
def test_a_batch_that_was_never_handed_in_goes_with_the_next(waiting, batcher, monkeypatch):
    """A crash came before: the questions are kept, and so is what is set aside for them."""
    _, run = waiting
    llm = model(batcher)

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("smeflow.llm.batch.BatchService.create", crash)
    with pytest.raises(KeyboardInterrupt):
        run(llm)
    monkeypatch.undo()
    assert batcher.orders == []
    assert run(llm, hours=1).open == 3
    assert len(batcher.orders) == 1
    batcher.ready = True
    assert run(llm, hours=20).done == 3
    assert len(batcher.orders) == 1


@pytest.mark.slow
def test_a_crash_while_answers_are_read_settles_none_twice(waiting, batcher, monkeypatch):
    """What was settled before is not paid again."""
    _, run = waiting
    llm = model(batcher)
    run(llm)
    batcher.ready = True
    real, settled = batches.settle_deferred, []

    def settle(*given, **more):
        if len(settled) == 2:
            raise KeyboardInterrupt
        settled.append(1)
        real(*given, **more)

    monkeypatch.setattr(batches, "settle_deferred", settle)
    with pytest.raises(KeyboardInterrupt):
        run(llm, hours=20)
    monkeypatch.undo()
    last = run(llm, hours=1)
    assert (last.done, last.calls, batcher.direct) == (3, 1, 0)


@pytest.mark.slow
def test_what_a_batch_does_not_answer_is_asked_directly(waiting, batcher):
    """Its money comes back, and the question is asked as any other at the full price."""
    office, run = waiting
    llm = model(batcher)
    run(llm)
    batcher.ready, batcher.left_out = True, 1
    last = run(llm, hours=20)
    assert (last.done, batcher.direct, len(batcher.orders)) == (3, 1, 1)
    with office.ledger() as ledger:
        assert ledger.spent_in_month("2026-11").cost == Money(Decimal("0.040000"), "EUR")


@pytest.mark.slow
def test_what_is_set_aside_for_a_batch_counts_against_the_budget(waiting, batcher):
    """Worst cases at half the price: two of three fit."""
    office, run = waiting
    office.settings["budget"] = Budgets(run=Money(Decimal("0.14"), "EUR"), over="wait")
    summary = run(model(batcher))
    (order,) = batcher.orders
    assert len(batcher.files[order["input_files"][0]].splitlines()) == 2
    assert summary.open == 3


@pytest.mark.slow
def test_what_waits_is_waited_for_when_the_recipe_allows_no_hours_any_more(waiting, batcher):
    """It is not paid twice; what is new is asked at once."""
    office, run = waiting
    llm = model(batcher)
    run(llm)
    office.settings["hours"] = None
    office.source.here["new"] = "another text"
    summary = run(llm, hours=1)
    assert (summary.done, summary.open, batcher.direct) == (1, 3, 1)
    batcher.ready = True
    assert (run(llm, hours=20).done, batcher.direct, len(batcher.orders)) == (4, 1, 1)


@pytest.mark.slow
def test_questions_of_a_batch_that_is_no_more_are_asked_directly(waiting, batcher):
    """The provider has forgotten it: nobody waits for ever."""
    _, run = waiting
    llm = model(batcher)
    run(llm)
    batcher.jobs.clear()
    last = run(llm, hours=20)
    assert (last.done, batcher.direct) == (3, 3)


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]) / "tests")]
import pytest
from tests.engine.conftest import Office
from tests.engine.test_batches import kind, model
class Where:
    url = sys.argv[3]
office = Office(Path(sys.argv[2]))
office.plan(kind)
office.source.here = {f"{n}": f"text {n}" for n in range(3)}
office.settings["hours"] = 24
hour = int(sys.argv[4])
office.run(model(Where), workers=1, clock=lambda: datetime(2026, 11, 10, hour, tzinfo=UTC))
"""


@pytest.mark.slow
@pytest.mark.parametrize("crash", [7, 13])
def test_killed_at_a_durable_step_nothing_is_handed_in_or_paid_twice(tmp_path, batcher, crash):
    """A real process and signal 9, while it hands in and again while it reads."""

    def run(hour, crash_at=0):
        root = Path(__file__).parents[2]
        environ = {**os.environ, "SMEFLOW_CRASH_AT": str(crash_at)}
        given = [sys.executable, "-c", CHILD, str(root), str(tmp_path), batcher.url, str(hour)]
        return subprocess.run(given, env=environ, check=False, timeout=120, capture_output=True)

    assert run(8, crash).returncode == -signal.SIGKILL
    run(9)
    assert len(batcher.orders) == 1
    batcher.ready = True
    run(18, crash)
    ended = run(20)
    assert ended.returncode == 0, ended.stderr
    assert (len(batcher.orders), batcher.direct) == (1, 0)
    with Ledger.open(tmp_path / ".smeflow", create=False) as ledger:
        assert ledger.counts("r").done == 3
        spent = ledger.cost("r")
    assert (spent.calls, spent.cost) == (3, Money(Decimal("0.030000"), "EUR"))
