import threading
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from smeflow.core.case import Case
from smeflow.core.events import RunEvent
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.engine.run import RecipeLock
from smeflow.errors import AnswerLater, LedgerBusy, LLMRejected, LLMUnavailable, SinkError
from smeflow.i18n import say
from smeflow.llm.interface import LLM, Message, ModelEndpoint, Price, Reply, Request
from smeflow.llm.router import ModelSet
from smeflow.llm.testing import Scripted
from smeflow.llm.wrappers.patience import CircuitBreaker
from smeflow.money import Money
from smeflow.recipe.workspace import Budgets
from smeflow.steps import Extract
from smeflow.tables.table_file import TableFile


def ask(case: Case, llm: LLM, question: str = "What is it?") -> str:
    return llm.complete(Request(messages=(Message("user", f"{question} {case.text}"),))).text


@step
def kind(case: Case, llm: LLM) -> str:
    return ask(case, llm)


@step
def size(case: Case, llm: LLM) -> int:
    return len(case.text)


@step
def amount(case: Case, llm: LLM) -> Decimal:
    return Decimal(case[size]) / 4


def hello() -> Scripted:
    return Scripted(["hello"], for_ever=True)


def texts(n: int) -> dict[str, str]:
    return {f"{i}": f"text {i}" for i in range(n)}


def test_every_item_is_worked_on_and_the_counts_add_up(office):
    """Items, states, calls and values are as they should be."""
    office.source.here = texts(30)
    office.plan(kind, size, amount)
    model, told = hello(), []
    summary = office.run(model, on_progress=told.append)
    assert (summary.items, summary.done, summary.calls, summary.stopped) == (30, 30, 30, None)
    assert summary.done + summary.review + summary.failed + summary.skipped + summary.open == summary.items
    assert len(model.requests) == 30
    assert office.values("3")["kind"] == "hello"
    assert Decimal(office.values("3")["amount"]) * 4 == office.values("3")["size"]
    assert (told[-1].ended, told[-1].items) == (30, 30)


def test_a_second_run_asks_nothing(office):
    """Nothing changed, nothing asked, no item touched."""
    office.source.here = texts(10)
    office.plan(kind, size)
    office.run(hello())
    model = hello()
    summary = office.run(model)
    assert (summary.done, summary.calls, len(model.requests)) == (10, 0, 0)


def test_equal_texts_are_asked_once(office):
    """An equal request to the same model is answered from the ledger."""
    office.source.here = {"1": "same", "2": "same"}

    @step
    def fixed(case: Case, llm: LLM) -> str:
        return llm.complete(Request(messages=(Message("user", "the same question"),))).text

    office.plan(fixed)
    model = hello()
    office.run(model, workers=1)
    assert len(model.requests) == 1
    assert office.values("2") == {"fixed": "hello"}


def test_finished_items_keep_their_answers_when_the_prompt_changes(office):
    """New items get the new prompt, old ones are told, and ``--redo changed`` takes exactly those."""
    office.source.here = texts(3)
    office.plan(kind)
    office.run(hello())

    @step(name="kind")
    def kind_again(case: Case, llm: LLM) -> str:
        return ask(case, llm, "What is it really?")

    office.plan(kind_again)
    office.source.here["new"] = "new text"
    model = Scripted(["new answer"], for_ever=True)
    summary = office.run(model)
    assert len(model.requests) == 1
    assert [str(n) for n in summary.notes] == [
        (
            "3 finished items keep what an older recipe gave; redoing them makes up to 3 calls "
            "and costs about 0.000000 EUR. Redo them with: --redo changed"
        )
    ]
    assert office.values("1") == {"kind": "hello"}
    summary = office.run(model, redo="changed")
    assert len(model.requests) == 4
    assert (summary.done, summary.notes) == (4, ())
    assert office.values("1") == {"kind": "new answer"}
    with office.ledger() as ledger:
        assert [r.value for r in ledger.results(office.item("1"))] == ['"hello"', '"new answer"']


def test_redoing_asks_only_for_the_step_that_changed(office):
    """The other steps keep their results."""
    office.source.here = texts(2)

    @step
    def other(case: Case, llm: LLM) -> str:
        return ask(case, llm, "Other?")

    office.plan(other, kind)
    office.run(hello())

    @step(name="kind")
    def kind_again(case: Case, llm: LLM) -> str:
        return ask(case, llm, "What is it really?")

    office.plan(other, kind_again)
    model = hello()
    office.run(model, redo="changed")
    assert len(model.requests) == 2


def test_redo_all_asks_everything_again(office):
    """Old replies are not replayed for what somebody asks again."""
    office.source.here = texts(2)
    office.plan(kind)
    office.run(hello())
    model = Scripted(["other"], for_ever=True)
    office.run(model, redo="all")
    assert len(model.requests) == 2
    assert office.values("0") == {"kind": "other"}


@dataclass(frozen=True)
class Guess:
    text: str
    wanted_model: bool = False


@step
def guess(case: Case, llm: LLM) -> Guess:
    try:
        return Guess(ask(case, llm))
    except LLMRejected:
        return Guess("?", wanted_model=True)


def test_what_wanted_a_model_is_asked_once_there_is_one(office):
    """Without a model the readers' result stands; with one the step runs again, with no one asking."""
    office.source.here = texts(3)
    office.plan(guess)
    assert office.run(None).done == 3
    assert office.item("1").wanted
    assert office.run(None).calls == 0
    model = hello()
    summary = office.run(model)
    assert (summary.done, len(model.requests)) == (3, 3)
    assert office.values("1") == {"guess": {"text": "hello", "wanted_model": False}}
    assert not office.item("1").wanted


def test_a_step_that_needs_a_model_waits_for_one(office):
    """Without a model the item goes to review and says so; with one it goes on."""
    office.source.here = texts(2)
    office.plan(kind)
    assert office.run(None).review == 2
    assert office.item("1").reason.kind == "wants_model"
    assert office.run(hello()).done == 2


def test_a_step_that_raises_fails_its_item_alone(office):
    """The reason names file and line of the user's code; the others are done."""
    office.source.here = texts(3)

    @step
    def picky(case: Case, llm: LLM) -> int:
        if "text 1" in case.text:
            raise ValueError("no such colour")
        return 1

    office.plan(picky)
    summary = office.run(None)
    assert (summary.done, summary.failed) == (2, 1)
    said = str(office.item("1").reason)
    assert "ValueError: no such colour" in said
    assert f"{Path(__file__).name}:" in said
    assert "Traceback" not in said


def test_a_repaired_step_is_run_on_what_it_failed(office):
    """A failure is no answer to keep: the next run with other code tries again."""
    office.source.here = texts(2)

    @step
    def fragile(case: Case, llm: LLM) -> int:
        raise ValueError

    office.plan(fragile)
    assert office.run(None).failed == 2
    assert office.run(None).failed == 2

    @step(name="fragile")
    def repaired(case: Case, llm: LLM) -> int:
        return 1

    office.plan(repaired)
    assert office.run(None).done == 2


def test_an_unreadable_document_fails_with_its_reason(office):
    """A person can replace the file; the run goes on."""
    office.source.media_type = "application/pdf"
    office.source.here = {"a.pdf": "%PDF-1.7 cut", "b.pdf": "not a pdf"}
    office.plan(size)
    summary = office.run(None)
    assert summary.failed + summary.done == 2
    assert office.item("a.pdf").state == "failed"
    assert office.item("a.pdf").reason.kind == "document"


def test_a_rejected_key_stops_the_run_and_fails_nothing(office):
    """Items stay open; once the key is right, the next run does them."""
    office.source.here = texts(20)
    office.plan(kind)
    model = Scripted([LLMRejected(say("the key is wrong"), reason="key")], for_ever=True)
    summary = office.run(model, workers=4)
    assert (summary.stopped, summary.open, summary.failed) == ("key", 20, 0)
    assert len(model.requests) <= 4
    assert "the key is wrong" in str(summary.notes[0])
    assert office.run(hello()).done == 20


PRICED = ModelEndpoint(
    provider="p",
    model="m",
    region="local",
    price=Price(
        input_per_million=Decimal(0), output_per_million=Decimal(1000), currency="EUR", as_of="2026-11-01"
    ),
)


def test_the_budget_stops_the_run_before_it_is_overdrawn(office):
    """Each call may cost 2.048 EUR and the run 5: two are made, the rest stays open and says why."""
    office.source.here = texts(6)
    office.plan(kind)
    reply = Reply(text="x", model="m", cost=Money(Decimal(2), "EUR"))
    model = Scripted([reply], for_ever=True, place=PRICED)
    summary = office.run(model, workers=2)
    assert (summary.stopped, summary.done, summary.open) == ("budget", 2, 4)
    assert summary.cost == Money(Decimal("4.000000"), "EUR")
    assert "The budget of one run is 5 EUR" in str(summary.notes[0])


@pytest.mark.parametrize("workers", [1, 8])
def test_a_budget_waits_for_what_is_under_way(office, workers):
    """Eight worst cases of 2.048 EUR are more than the 5 of the run; each call costs 0.07: all are made."""
    office.source.here = texts(20)
    office.plan(kind)

    def answer(_request: Request) -> Reply:
        time.sleep(0.02)
        return Reply(text="x", model="m", cost=Money(Decimal("0.07"), "EUR"))

    summary = office.run(Scripted([answer], for_ever=True, place=PRICED), workers=workers)
    assert (summary.stopped, summary.done, summary.open) == (None, 20, 0)
    assert summary.cost == Money(Decimal("1.400000"), "EUR")


def test_a_budget_that_is_spent_ends_the_run_with_eight_workers_too(office):
    """Whoever waits for calls under way goes on, or stops, with the last of them."""
    office.source.here = texts(20)
    office.plan(kind)
    reply = Reply(text="x", model="m", cost=Money(Decimal("1.5"), "EUR"))
    summary = office.run(Scripted([reply], for_ever=True, place=PRICED), workers=8)
    assert (summary.stopped, summary.done) == ("budget", 2)
    assert summary.cost == Money(Decimal("3.000000"), "EUR")


def test_past_the_budget_items_may_wait_while_the_others_go_on(office):
    """Over: wait leaves them open and says so; what asks nothing is finished, and the next run takes them."""
    office.source.here = texts(6) | {"free": "nothing to ask"}
    office.settings["budget"] = Budgets(run=Money(Decimal(5), "EUR"), over="wait")
    office.plan(Entry(step=kind, when=lambda case: "nothing" not in case.text))
    reply = Reply(text="x", model="m", cost=Money(Decimal(2), "EUR"))
    summary = office.run(Scripted([reply], for_ever=True, place=PRICED), workers=2)
    assert (summary.stopped, summary.done, summary.open) == (None, 3, 4)
    assert "The budget of one run is 5 EUR" in str(summary.notes[0])
    waiting = [key for key in office.source.here if office.item(key).reason.kind == "budget"]
    assert len(waiting) == 4
    assert office.run(Scripted([reply], for_ever=True, place=PRICED)).done == 5


def test_past_the_budget_the_cheaper_model_of_the_chain_is_asked(office):
    """Over: cheaper never asks a dearer one; where none fits, the run stops as ever."""
    office.source.here = texts(6)
    office.settings["budget"] = Budgets(run=Money(Decimal(5), "EUR"), over="cheaper")
    office.plan(kind)
    dear = Scripted([Reply(text="x", model="m", cost=Money(Decimal(2), "EUR"))], for_ever=True, place=PRICED)
    dearer_price = replace(PRICED.price, output_per_million=Decimal(2000))
    dearer = Scripted(["y"], for_ever=True, place=replace(PRICED, model="l", price=dearer_price, region="eu"))
    small_price = replace(PRICED.price, output_per_million=Decimal(1))
    small = Scripted(["z"], for_ever=True, place=replace(PRICED, model="s", price=small_price, region="eu"))
    summary = office.run(ModelSet(models=(dear, dearer, small)), workers=1)
    assert (summary.stopped, summary.done) == (None, 6)
    assert (len(dear.requests), dearer.requests, len(small.requests)) == (2, [], 4)
    assert "4 questions to p/m were over the budget; p/s answered them." in map(str, summary.notes)
    office.source.here |= {f"more {key}": f"more {text}" for key, text in texts(3).items()}
    office.settings["budget"] = Budgets(run=Money(Decimal("0.0001"), "EUR"), over="cheaper")
    assert office.run(ModelSet(models=(dear, small)), workers=1).stopped == "budget"


def test_the_budget_of_one_item_gives_it_to_a_person(office):
    """One expensive item does not stop the others."""
    office.source.here = texts(2)
    office.settings["budget"] = Budgets(item=Money(Decimal(1), "EUR"))
    office.plan(kind)
    model = Scripted([Reply(text="x", model="m")], for_ever=True, place=PRICED)
    summary = office.run(model)
    assert (summary.stopped, summary.review) == (None, 2)


@pytest.mark.slow
def test_a_server_that_was_never_there_ends_the_run_within_seconds(office):
    """It is told, the items stay open until later, and few questions were put to nobody."""
    office.source.here = texts(30)
    office.plan(kind)
    gone = LLMUnavailable(say("nobody there"), kind="outage", sent=False, reached=False)
    model, began = Scripted([gone], for_ever=True), time.monotonic()
    summary = office.run(model, workers=8)
    assert time.monotonic() - began < 20
    assert (summary.done, summary.open, summary.stopped) == (0, 30, None)
    assert "nobody there" in str(summary.notes[0])
    assert len(model.requests) <= 8 * 3 + 10
    there = Scripted([Reply(text="fine", model="m")], for_ever=True)
    assert office.run(there, workers=8).done == 30  # the next run asks at once


def test_a_server_that_comes_while_a_run_lasts_is_asked_what_was_put_off(office, monkeypatch):
    """What was put off for a server that was not there is done by the same run, once it answers."""
    impatient = partial(CircuitBreaker, absent_seconds=0.2, probe_seconds=0.05)
    monkeypatch.setattr("smeflow.engine.context.CircuitBreaker", impatient)
    office.source.here = texts(9)
    left, there = threading.Event(), threading.Event()

    @step(version=1)
    def letter(case: Case, llm: LLM) -> str:
        if "text 8" in case.documents[0].text:
            assert left.wait(20)
            there.set()
            time.sleep(0.1)
        return llm.complete(Request(messages=(Message("user", case.documents[0].text),))).text

    def answer(request: Request) -> str:
        if there.is_set():
            return "fine"
        raise LLMUnavailable(say("nobody there"), kind="outage", sent=False, reached=False)

    def watch(event: RunEvent) -> None:
        if event.name == "wait.ended" and event.fields["fault"] == "absent":
            left.set()

    office.plan(letter)
    summary = office.run(Scripted([answer], for_ever=True), workers=3, observers=[watch])
    assert (summary.done, summary.open, summary.notes) == (9, 0, ())


def test_the_value_of_a_private_field_never_leaves(office):
    """Not where another part of the item says it again; the answer has it back."""
    office.source.here = {"1": "Anna  Martin"}
    office.settings["private"] = ("TEXT",)

    @step(version=1)
    def told(case: Case, llm: LLM) -> str:
        words = f"{case.documents[0].text} wrote; anna martin asks, Martinez does not."
        return llm.complete(Request(messages=(Message("user", words),))).text

    def answer(request: Request) -> str:
        return request.messages[0].content

    office.plan(told)
    model = Scripted([answer], for_ever=True)
    assert office.run(model).done == 1
    sent = model.requests[0].messages[0].content
    assert "artin " not in sent
    assert "Martinez" in sent
    assert "anna martin asks" in office.values("1")["told"]


@pytest.mark.slow
def test_a_poison_item_goes_to_a_person(office):
    """What the provider never answers is parked with its reason; the others are done."""
    office.source.here = texts(4)

    def answer(request: Request) -> str:
        if "text 2" in request.messages[0].content:
            raise LLMUnavailable(say("the answer broke"), kind="broken", sent=True, retry_after_seconds=0)
        return "fine"

    office.plan(kind)
    model = Scripted([answer], for_ever=True)
    summary = office.run(model)
    assert (summary.done, summary.review) == (3, 1)
    assert office.item("2").reason.kind == "provider"
    assert len(model.requests) == 3 + 5


def test_an_answer_that_comes_later_parks_the_item(office):
    """The item stays open until its answer is due; the same step is run again then."""
    from datetime import UTC, datetime, timedelta

    office.source.here = texts(1)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    due = now + timedelta(hours=5)

    @step
    def slow(case: Case, llm: LLM) -> str:
        if office.settings.get("there"):
            return "there"
        raise AnswerLater(say("in five hours"), due_at=due, ticket="batch 7")

    office.plan(slow)
    summary = office.run(None, clock=lambda: now)
    assert (summary.open, summary.stopped) == (1, None)
    assert office.item("0").due_at == due
    assert office.item("0").reason.kind == "batch"
    office.settings = {"there": True}
    recipe = office.recipe
    office.recipe = lambda: (office.settings.clear(), recipe(), office.settings.update(there=True))[1]
    assert office.run(None, clock=lambda: now + timedelta(hours=1)).open == 1
    assert office.run(None, clock=lambda: now - timedelta(days=1)).done == 1, "a clock set back parks nothing"


@pytest.mark.slow
def test_a_short_wait_is_waited_for(office):
    """An item put off for a second is done in the same run."""
    from datetime import UTC, datetime, timedelta

    office.source.here = texts(1)
    began = time.monotonic()

    @step
    def soon(case: Case, llm: LLM) -> str:
        if time.monotonic() - began > 0.5:
            return "there"
        raise AnswerLater(say("soon"), due_at=datetime.now(UTC) + timedelta(seconds=0.6))

    office.plan(soon)
    assert office.run(None).done == 1


def test_stop_ends_the_run_and_loses_nothing(office):
    """Calls under way end, nothing new begins, the next run does the rest and asks nothing twice."""
    office.source.here = texts(40)
    stop = threading.Event()

    def answer(request: Request) -> str:
        time.sleep(0.02)
        if len(first.requests) >= 10:
            stop.set()
        return "fine"

    office.plan(kind)
    first = Scripted([answer], for_ever=True)
    summary = office.run(first, stop=stop, workers=4)
    assert summary.stopped == "interrupted"
    assert 0 < summary.done < 40
    assert summary.done == len(first.requests)
    second = hello()
    assert office.run(second).done == 40
    assert len(first.requests) + len(second.requests) == 40


@pytest.mark.slow
def test_a_call_that_hangs_does_not_keep_a_stopped_run(office):
    """After a few seconds the call is given up; its item stays open and its late answer changes nothing."""
    office.source.here = texts(1)
    stop, hang = threading.Event(), threading.Event()

    def answer(request: Request) -> str:
        stop.set()
        hang.wait(20)
        return "late"

    office.plan(kind)
    began = time.monotonic()
    summary = office.run(Scripted([answer], for_ever=True), stop=stop)
    assert time.monotonic() - began < 15  # the answer would take twenty
    hang.set()
    assert (summary.stopped, summary.open) == ("interrupted", 1)
    assert office.item("0").reason.kind == "interrupted"


def test_a_second_runner_is_refused_with_the_first_ones_number(office):
    """The lock is the operating system's; the number is for the message."""
    import os

    office.source.here = texts(1)
    office.plan(size)
    with RecipeLock(office.folder / ".smeflow", "r"), pytest.raises(LedgerBusy) as caught:
        office.run(None)
    assert caught.value.pid == os.getpid()
    assert str(os.getpid()) in str(caught.value)
    assert office.run(None).done == 1


def test_review_holds_later_steps_and_sinks(office):
    """A person must look first: nothing later runs, nothing is delivered."""
    office.source.here = texts(2)
    office.plan(Entry(step=size, review=lambda case: "text 1" in case.text, review_text="text 1"), amount)
    office.sinks = (_table(office.folder, "size"),)
    summary = office.run(None)
    assert (summary.done, summary.review) == (1, 1)
    assert str(office.item("1").reason) == "review is asked for: text 1"
    assert "amount" not in office.values("1")
    assert len((office.folder / "out.csv").read_text().splitlines()) == 2


def _table(folder: Path, value: str) -> TableFile:
    return TableFile(table=str(folder / "out.csv"), columns={"id": "fields.id", "value": value})


def test_outputs_come_back_byte_for_byte(office):
    """Outputs are projections of the ledger: delete one and it is made again, with nothing asked."""
    office.source.here = texts(12)
    office.plan(kind)
    office.sinks = (_table(office.folder, "kind"),)
    office.run(hello())
    out = office.folder / "out.csv"
    first = out.read_bytes()
    out.unlink()
    model = hello()
    office.run(model)
    assert out.read_bytes() == first
    assert not model.requests


def test_an_unchanged_output_is_not_even_rendered(office):
    """When neither the items nor the recipe changed and the file is as it was left, nothing is done."""
    office.source.here = texts(2)
    office.plan(size)
    sink = _Counting(_table(office.folder, "size"))
    office.sinks = (sink,)
    office.run(None)
    office.run(None)
    assert sink.puts == 1
    office.settings["text_hash"] = "another"
    office.run(None)
    assert sink.puts == 2
    office.source.here["new"] = "new"
    office.run(None)
    assert sink.puts == 3


@dataclass
class _Counting:
    sink: TableFile
    puts: int = 0

    @property
    def name(self) -> str:
        return self.sink.name

    def put(self, items, memory):
        self.puts += 1
        return self.sink.put(items, memory)


def test_a_file_changed_by_hand_is_not_overwritten(office):
    """The new one is put beside it and the run says so."""
    office.source.here = texts(1)
    office.plan(size)
    office.sinks = (_table(office.folder, "size"),)
    office.run(None)
    out = office.folder / "out.csv"
    out.write_text("mine")
    office.source.here["new"] = "new"
    summary = office.run(None)
    assert out.read_text() == "mine"
    assert len(summary.notes) == 1
    assert office.run(None).notes


def test_rows_that_left_the_source_leave_the_table(office):
    """They are marked, not lost."""
    office.source.here = texts(3)
    office.plan(size)
    office.sinks = (_table(office.folder, "size"),)
    office.run(None)
    del office.source.here["1"]
    summary = office.run(None)
    assert (summary.done, summary.skipped) == (2, 1)
    assert [line.split(",")[0] for line in (office.folder / "out.csv").read_text().split()] == [
        "id",
        "0",
        "2",
    ]


def test_a_sink_that_cannot_be_written_loses_nothing(office):
    """Everything else is done and kept; the error names the path; the next run delivers."""
    office.source.here = texts(2)
    office.plan(kind)
    office.sinks = (_table(office.folder, "kind"),)
    (office.folder / "out.csv").mkdir()
    with pytest.raises(SinkError, match=r"out\.csv"):
        office.run(hello())
    assert office.item("1").state == "done"
    (office.folder / "out.csv").rmdir()
    model = hello()
    assert office.run(model).done == 2
    assert not model.requests
    assert (office.folder / "out.csv").exists()


def test_a_mail_is_split_into_its_attachments(office):
    """Each attachment becomes an item of its own; the mail is done and has no row."""
    office.source.media_type = "message/rfc822"
    office.source.here = {
        "m.eml": (
            "From: a@example.org\nTo: b@example.org\nSubject: two\nMIME-Version: 1.0\n"
            'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nhello\n'
            '--x\nContent-Type: text/csv\nContent-Disposition: attachment; filename="1.csv"\n\na,b\n1,2\n'
            '--x\nContent-Type: text/csv\nContent-Disposition: attachment; filename="2.csv"\n\n'
            "a,b\n3,4\n--x--\n"
        )
    }
    office.settings["split"] = "attachments"
    office.plan(size)
    lines = _Keys()
    office.sinks = (lines,)
    summary = office.run(None)
    assert (summary.items, summary.done) == (3, 3)
    assert lines.seen == [("m.eml/1.csv", "m.eml"), ("m.eml/2.csv", "m.eml")]


@dataclass
class _Keys:
    name: str = "keys"
    seen: list = None

    def put(self, items, memory):
        from smeflow.kinds.sinks import Put

        self.seen = [(i.key, i.parent) for i in items]
        return Put(path="-", rows=len(self.seen), sha256="", changed=True)


def test_a_table_fetches_no_bytes_it_does_not_show(office, monkeypatch):
    """Sinks get the documents' bytes only when they ask for them."""
    office.source.media_type = "text/plain"
    office.source.here = {"a.txt": "one", "b.txt": "two"}
    office.plan(size)
    seen = _Documents()
    office.sinks = (seen,)
    office.run(None)
    assert seen.data == [b"one", b"two"]
    assert all("data" not in vars(d) for d in seen.documents)


@dataclass
class _Documents:
    name: str = "documents"
    documents: tuple = ()
    data: list = None

    def put(self, items, memory):
        from smeflow.kinds.sinks import Put

        self.documents = tuple(i.case.documents[0] for i in items)
        self.data = [d.data for d in self.documents]
        return Put(path="-", rows=0, sha256="", changed=True)


def test_two_recipes_share_a_ledger_at_the_same_time(office):
    """Each has its own lock and items; their writes wait for each other and none is lost."""
    office.source.here = texts(40)
    office.plan(kind, size)
    ended = []

    def one(name: str) -> None:
        from dataclasses import replace

        from smeflow.engine.run import run_recipe
        from smeflow.recipe.workspace import WorkspaceSettings

        recipe = replace(office.recipe(), name=name)
        state = office.folder / ".smeflow"
        ended.append(run_recipe(recipe, WorkspaceSettings.find(office.folder), state=state, llm=hello()).done)

    threads = [threading.Thread(target=one, args=(name,)) for name in ("x", "y", "z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [40, 40, 40]
    with office.ledger() as ledger:
        assert ledger.counts().done == 120
        assert ledger.audit_broken_at() is None


def test_a_person_may_decide_while_the_recipe_runs(office):
    """An item approved in the middle of a run is finished by the same run."""
    office.source.here = texts(30)
    office.plan(Entry(step=size, review=lambda case: case.id == "0", review_text="first"), amount)
    office.run(None)
    assert office.item("0").state == "review"
    office.source.here |= {f"new {n}": "more" for n in range(30)}
    decided = threading.Event()

    def answer(request: Request) -> str:
        if not decided.is_set():
            decided.set()
            with office.ledger() as ledger:
                item = ledger.item("r", "0")
                ledger.record_decision(
                    item,
                    action="approve",
                    person="Anne",
                    step="size",
                    result_hash=ledger.value(item, "size")[1],
                )
        time.sleep(0.005)
        return "fine"

    office.plan(Entry(step=size, review=lambda case: case.id == "0", review_text="first"), amount, kind)
    summary = office.run(Scripted([answer], for_ever=True), workers=2)
    assert (summary.done, summary.review) == (60, 0)


def test_a_run_tells_how_many_items_never_needed_the_model(office):
    """What the readers alone finished is counted, and what it saved at the mean of the others."""

    @step
    def asks_for_long(case: Case, llm: LLM) -> str:
        """Ask only where the text is long."""
        return ask(case, llm) if "long" in case.text else "short"

    office.source.here = {"a": "a", "b": "b", "c": "c long text"}
    office.plan(asks_for_long)
    reply = Reply(text="x", model="m", cost=Money(Decimal(2), "EUR"))
    summary = office.run(Scripted([reply], for_ever=True, place=PRICED))
    assert (summary.worked, summary.calls, summary.spared) == (3, 1, 2)
    assert summary.saved == Money(Decimal("4.000000"), "EUR")
    office.source.here = {"d": "d"}
    assert office.run(None).spared is None


def test_what_a_model_read_for_another_firm_is_read_again_when_somebody_agrees_to_the_price(office):
    """What was paid for is not paid again in passing, and the price is told until then."""
    settings = office.folder / "smeflow.toml"
    settings.write_text('[company]\nnames = ["Roux"]\n', encoding="utf-8")
    office.source.media_type, office.source.here = "text/plain", {"a": "Number: R-12\n"}
    office.plan(Extract(name="order", fields={"number": "text"}, ask="always"))
    model = Scripted([{"number": "R-12"}], for_ever=True)
    assert office.run(model).calls == 1
    settings.write_text('[company]\nnames = ["Roux", "Roux & Fils"]\n', encoding="utf-8")
    for _ in range(2):
        told = office.run(model)
        assert told.calls == 0
        assert any("up to 1 calls" in str(note) and "--redo firm" in str(note) for note in told.notes)
    assert office.run(model, redo="firm").done == 1
    with office.ledger() as ledger:
        assert len(ledger.results(office.item("a"))) == 2
    assert not any("--redo firm" in str(note) for note in office.run(model).notes)
