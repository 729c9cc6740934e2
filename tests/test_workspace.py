"""A firm's folder opened from Python: everything a person does at the command line, without printing."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from smeflow import LLM, Case, Entry, Recipe, Request, Workspace, step
from smeflow.errors import LedgerBusy, LedgerError, LLMRejected, RecipeError, SinkError
from smeflow.files.folder import Folder
from smeflow.llm.interface import Message, ModelEndpoint, Reply
from smeflow.llm.testing import Scripted


class Line(BaseModel):
    article: str
    price: Decimal | None = None


class Ticket(BaseModel):
    """What a customer asks."""

    machine: str | None = None
    price: Decimal | None = None
    urgent: bool = False
    lines: tuple[Line, ...] = ()


PROMPT = "Read the ticket: "


@step
def ticket(case: Case, llm: LLM) -> Ticket:
    """Ask the model."""
    reply = llm.complete(request(case.text))
    return Ticket.model_validate_json(reply.text)


def request(text: str) -> Request:
    return Request(messages=(Message(role="user", content=PROMPT + text),), max_output_tokens=100)


@step
def twice(case: Case, llm: LLM) -> Decimal:
    """Give twice the price."""
    return 2 * (case[ticket].price or Decimal(0))


def answer(request: Request) -> str:
    text = str(request.messages[-1].content)
    return json.dumps(
        {"machine": text.rsplit(maxsplit=1)[-1], "price": "12.50", "lines": [{"article": "belt"}]}
    )


@dataclass
class Slow:
    """Answers after a while, and counts what was asked."""

    seconds: float = 0.0
    asked: list[float] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    place: ModelEndpoint = Scripted([]).place

    def complete(self, request: Request, /) -> Reply:
        self.asked.append(time.monotonic())
        self.began.set()
        time.sleep(self.seconds)
        return Scripted([answer]).complete(request)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "inbox").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "inbox" / f"{name}.txt").write_text(f"Please mend {name}", encoding="utf-8")
    (tmp_path / "smeflow.toml").write_text("", encoding="utf-8")
    return Workspace(tmp_path)


@pytest.fixture
def recipe(workspace: Workspace) -> Recipe:
    return Recipe(
        name="tickets",
        source=Folder(folder=str(workspace.root / "inbox")),
        steps=[Entry(step=ticket, review_text='ticket.machine == "b"'), twice],
    )


@pytest.fixture
def model() -> Scripted:
    return Scripted([answer], for_ever=True)


def test_a_recipe_made_in_code_is_run_reviewed_and_exported(workspace, recipe, model, capfd):
    """Run, look, correct, run again, take the table: nothing is paid twice and nothing printed."""
    summary = workspace.run(recipe, llm=model)
    assert (summary.items, summary.done, summary.review, summary.calls) == (3, 2, 1, 3)
    (waiting,) = workspace.review(recipe)
    assert waiting.state == "review"
    assert waiting[ticket].machine == "b"
    assert [str(reason) for reason in waiting.reasons] == ['review is asked for: ticket.machine == "b"']
    after = workspace.correct(waiting, {"price": 7, "lines.1.price": "3,50"}, by="Ada")
    assert after.state == "open"
    assert workspace.run(recipe, llm=model).calls == 0
    item = workspace.item(waiting.id)
    assert item.state == "done"
    assert item[ticket] == Ticket(
        machine="b", price=Decimal(7), lines=(Line(article="belt", price=Decimal("3.50")),)
    )
    assert item[twice] == 14
    put = workspace.export(recipe, "out/tickets.csv", rows="ticket", columns={"Double": "twice"})
    assert put.rows == 3
    assert "b,7" in (workspace.root / "out" / "tickets.csv").read_text("utf-8")
    lines = workspace.export("tickets", "out/tickets.jsonl", rows="ticket.machine")
    assert lines.rows == 3
    assert workspace.export("tickets", "out/tickets.jsonl", rows="ticket.machine").changed is False
    assert len(model.requests) == 3
    assert capfd.readouterr() == ("", "")


def test_a_decision_on_what_was_not_seen_is_refused(workspace, recipe, model):
    """An item that was decided in between is another one."""
    workspace.run(recipe, llm=model)
    (seen,) = workspace.review()
    workspace.approve(seen.id, by="Ada")
    with pytest.raises(LedgerError, match="has changed since you saw it"):
        workspace.reject(seen, "twice", by="Bob")
    with pytest.raises(LedgerError, match="Ada: approved"):
        workspace.reject(seen.id, "twice", by="Bob")


def test_rejected_and_asked_again(workspace, recipe, model):
    """What is put aside goes into no table; what is asked again costs one more call."""
    workspace.run(recipe, llm=model)
    (waiting,) = workspace.review("tickets")
    assert workspace.ask_again(waiting, by="Ada").state == "open"
    assert workspace.run(recipe, llm=model).calls == 1
    (waiting,) = workspace.review("tickets")
    assert workspace.reject(waiting, "no machine of ours", by="Ada").state == "skipped"
    assert workspace.export(recipe, "t.csv", rows="ticket").rows == 2
    assert [item.state for item in workspace.items(recipe)] == ["done", "skipped", "done"]
    assert [item.name for item in workspace.items(recipe, state="skipped")] == ["b.txt"]


def test_errors_say_what_to_do(workspace, recipe, model):
    """A ledger that is not there, an item, a field, a column, a recipe."""
    with pytest.raises(LedgerError, match="run a recipe first"):
        workspace.items()
    workspace.run(recipe, llm=model)
    (waiting,) = workspace.review()
    with pytest.raises(LedgerError, match="no item 99"):
        workspace.item(99)
    with pytest.raises(LedgerError, match="Choose from: machine, price, urgent, lines"):
        workspace.correct(waiting, {"prize": "7"})
    with pytest.raises(LedgerError, match="price: seven does not fit"):
        workspace.correct(waiting, {"price": "seven"})
    with pytest.raises(SinkError, match="prize"):
        workspace.export(recipe, "t.csv", rows="ticket", columns={"A": "ticket.prize"})
    with pytest.raises(LedgerError, match="Load it first"):
        Workspace(workspace.root).export("tickets", "t.csv", rows="ticket")
    with pytest.raises(RecipeError, match="no such recipe"):
        workspace.run("gone.yaml")
    assert workspace.case(waiting).text == "Please mend b"


def test_a_recipe_without_its_code_shows_plain_values(workspace, recipe, model):
    """Another process that does not have the recipe sees what the ledger holds."""
    workspace.run(recipe, llm=model)
    assert workspace.items()[0].results["ticket"].machine == "a"
    assert Workspace(workspace.root).items()[0].results["ticket"]["machine"] == "a"


def test_a_provider_nobody_agreed_to_is_not_asked(workspace, monkeypatch):
    """The recipe names it; whoever runs it from Python says once that he agrees."""
    monkeypatch.setenv("MISTRAL_API_KEY", "key-of-a-test")
    (workspace.root / "recipe.yaml").write_text(
        "recipe: mails\nllm: mistral/mistral-small-latest\nsource: {folder: empty}\n"
        "steps: [{triage: kind, labels: {a: one, b: two}}]\n",
        encoding="utf-8",
    )
    (workspace.root / "empty").mkdir()
    with pytest.raises(LLMRejected, match="consent=True"):
        workspace.run("recipe.yaml")
    assert workspace.run("recipe.yaml", consent=True).items == 0
    assert workspace.run("recipe.yaml").items == 0
    assert workspace.run(workspace.load(), llm="none").items == 0


def test_what_smeflow_toml_says_holds_for_a_recipe_in_code(tmp_path):
    """Its budgets and residency, unless the code says otherwise."""
    (tmp_path / "smeflow.toml").write_text(
        'residency = "local"\nallow = ["mistral"]\n[budgets]\nrun = "2 EUR"\n', encoding="utf-8"
    )
    recipe = Recipe(name="r", source=Folder(folder=str(tmp_path)), steps=[ticket])
    within = recipe.within(Workspace(tmp_path).settings)
    assert (within.residency, within.allow, str(within.budget.run)) == ("local", ("mistral",), "2 EUR")


async def _ticks(until: asyncio.Event) -> int:
    count = 0
    while not until.is_set():
        await asyncio.sleep(0.01)
        count += 1
    return count


def test_a_run_leaves_the_event_loop_free(workspace, recipe):
    """While a run waits for the model, the loop serves others; progress is told in it."""
    told: list[threading.Thread] = []

    async def serve() -> int:
        ended = asyncio.Event()
        ticks = asyncio.create_task(_ticks(ended))
        summary = await workspace.arun(
            recipe, llm=Slow(0.3), workers=1, on_progress=lambda _: told.append(threading.current_thread())
        )
        ended.set()
        assert summary.items == 3
        return await ticks

    assert asyncio.run(serve()) > 20
    assert set(told) <= {threading.main_thread()}


def test_a_cancelled_run_settles_what_is_in_flight_and_the_next_goes_on(workspace, recipe):
    """No call starts after it, and the call under way is in the ledger when the task ends."""
    slow = Slow(0.4)

    async def cancel() -> float:
        job = asyncio.create_task(workspace.arun(recipe, llm=slow, workers=1))
        await asyncio.to_thread(slow.began.wait)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        return time.monotonic()

    ended = asyncio.run(cancel())
    assert len(slow.asked) == 1
    time.sleep(0.5)
    assert [at for at in slow.asked if at > ended] == []
    summary = workspace.run(recipe, llm=slow)
    assert summary.items == 3
    assert len(slow.asked) == 3


def test_two_threads_run_a_recipe_once(workspace, recipe):
    """A web server's second request is told that the recipe is being run; reading goes on meanwhile."""
    slow = Slow(0.3)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(workspace.run, recipe, llm=slow, workers=1)
        slow.began.wait()
        with pytest.raises(LedgerBusy):
            Workspace(workspace.root).run(recipe, llm=slow)
        assert len(workspace.items(recipe)) == 3
        assert first.result().items == 3
    assert len(slow.asked) == 3


def test_an_edited_prompt_asks_again_and_an_old_result_stands(workspace, recipe, monkeypatch, model):
    """A changed constant is another step; what is finished is redone when somebody asks for it."""
    workspace.run(recipe, llm=model)
    monkeypatch.setitem(globals(), "PROMPT", "Say what is broken: ")
    edited = Recipe(name=recipe.name, source=recipe.source, steps=recipe.steps)
    summary = workspace.run(edited, llm=model)
    assert summary.calls == 0
    assert "3 finished items keep what an older recipe gave" in " ".join(map(str, summary.notes))
    assert workspace.run(edited, llm=model, redo="changed").calls == 3


@pytest.fixture(autouse=True)
def _person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMEFLOW_PERSON", "Test")


class Own:
    """A model of a user's own: it has the verb and says nothing of itself."""

    def complete(self, request: Request, /) -> Reply:
        return Scripted([answer]).complete(request)


def langchain_model():
    from langchain_core.language_models import FakeListChatModel

    return FakeListChatModel(responses=['{"machine": "press", "price": "1"}'])


@pytest.mark.parametrize(
    ("make", "named"), [(Own, "script/Own"), (langchain_model, "fakelistchatmodel/FakeListChatModel")]
)
def test_a_model_of_any_make_is_asked_where_the_firm_says_it_computes(workspace, recipe, make, named):
    """An object with `complete`, a chat model of LangChain: who says nothing is outside and has no price."""
    recipe = replace(recipe, steps=[ticket])
    refused = workspace.run(recipe, llm=make())
    assert (refused.calls, refused.stopped) == (0, "residency")
    assert "[regions] in smeflow.toml" in str(refused.notes[0])
    anywhere = replace(recipe, residency="any")
    unpriced = workspace.run(anywhere, llm=make())
    assert (unpriced.calls, unpriced.stopped) == (0, "model")
    assert f'tickets sets a budget. Write its price in smeflow.toml ([prices."{named}"])' in str(
        unpriced.notes[0]
    )
    provider = named.partition("/")[0]
    price = "input_per_million = 1\noutput_per_million = 2\nas_of = 2026-11-30\n"
    toml = f'[regions]\n{provider} = "eu"\n\n[prices."{named}"]\n{price}'
    (workspace.root / "smeflow.toml").write_text(toml, encoding="utf-8")
    summary = Workspace(workspace.root).run(recipe, llm=make())
    assert (summary.done, summary.calls) == (3, 3)


def test_what_is_no_model_is_refused_before_anything_is_taken_in(workspace, recipe):
    """The message says what to write."""
    with pytest.raises(TypeError, match=r"the class Own is no model: write its name"):
        workspace.run(recipe, llm=Own)
    assert not workspace.state.exists()
