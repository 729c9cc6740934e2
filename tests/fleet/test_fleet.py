"""Who leads, who works, and what becomes of a dead worker's items, in one process and so quickly."""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from support.fleet import Fleet, Oracle, serving

from smeflow.engine.models import models_of_recipe
from smeflow.errors import SourceError
from smeflow.fleet.lead import Lead, speed_of, workers_of
from smeflow.fleet.queue import TASK, ItemJob, JobQueue, job_arguments, make_queue_tables
from smeflow.fleet.worker import FleetWorker, WorkerRecipe, _difference, run_shared
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.ledger.history import begin_run, end_run
from smeflow.ledger.intake import Intake
from smeflow.ledger.items import claim_handed
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.move import copy_ledger
from smeflow.ledger.postgres_connection import LedgerUrl, SharedLedger, one_moment
from smeflow.tables.book import TableBook
from smeflow.tables.ledger_items import LedgerTable
from smeflow.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.requires_module("procrastinate")]


REPORT = """\
recipe: week
source: {period: all, tables: {items: {ledger: fleet}}}
steps:
  - {report: report, title: Items, facts: {names: {top: name, by: x_record_total, n: 6}}}
sinks:
  - {report: "out/{key}", formats: [md]}
"""


@pytest.fixture
def oracle():
    with serving(Oracle(seconds=0.0)) as serves:
        yield serves


@pytest.fixture
def shared(address: str) -> SharedLedger:
    return SharedLedger(url=LedgerUrl.parse(address), stalled_seconds=1.0)


@pytest.fixture
def mine(tmp_path: Path, address: str, oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> WorkerRecipe:
    """A recipe of six items."""
    monkeypatch.setenv("SMEFLOW_LEDGER", address)
    fleet = Fleet(tmp_path, address, oracle, 6)
    workspace = Workspace(fleet.root)
    recipe = workspace.load("r.yaml")
    models, _ = models_of_recipe(recipe, "")
    return WorkerRecipe(recipe=recipe, settings=workspace.settings, models=models)


def _run(mine: WorkerRecipe, shared: SharedLedger, **options):
    state = mine.settings.root / ".smeflow"
    return run_shared(mine.recipe, mine.settings, shared, state, mine.models, workers=2, **options)


def _take_and_die(ledger: Ledger, shared: SharedLedger, mine: WorkerRecipe) -> list[int]:
    """Let a worker take a job of two items, and never be heard of again."""
    from procrastinate import App, PsycopgConnector

    name = mine.recipe.name
    run = begin_run(ledger.store, recipe=name, text_hash="", plan="", llm="", smeflow="", pid=1)
    source = mine.recipe.source
    from smeflow.engine.run import _incoming

    Intake(ledger.store, name, source.name).take(_incoming(source.cases()), complete=True)
    taken = {item.id: item.lease for item in list(ledger.items(name))[:2]}
    make_queue_tables(shared.url)

    async def fetch() -> None:
        options = {"options": f"-c search_path={shared.url.schema}"}
        app = App(connector=PsycopgConnector(conninfo=shared.url.address, kwargs=options))

        @app.task(name=TASK)
        def nothing(items: list[list[int]], run: int) -> None:
            """Stand for what workers do."""

        async with app.open_async():
            job = ItemJob(name, taken, run.id)
            await app.configure_task(TASK, queue=name).defer_async(**job_arguments(job))
            number = await app.job_manager.register_worker()
            assert await app.job_manager.fetch_job([name], number) is not None

    asyncio.run(fetch())
    assert [item.id for item in claim_handed(ledger.store, taken)] == list(taken)
    assert claim_handed(ledger.store, taken) == []  # a job that is there twice costs nothing
    end_run(ledger.store, run, stopped=None, summary="{}")
    return list(taken)


def test_a_dead_workers_items_are_given_back(
    tmp_path: Path, mine: WorkerRecipe, shared: SharedLedger, oracle: Oracle
):
    """Within the time after which it counts as dead and a tick; what it would still write is refused."""
    with Ledger.open(tmp_path / "look", url=shared.url) as ledger:
        dead = _take_and_die(ledger, shared, mine)
        began = time.monotonic()
        summary = _run(mine, shared)
        assert (summary.done, summary.open, summary.calls) == (6, 0, 6)
        assert time.monotonic() - began < 15
        for number in dead:
            item = ledger.item(mine.recipe.name, number)
            assert item is not None
            assert item.lease == 3  # the dead one's claim, the giving back, and the claim of who did it


@pytest.mark.parametrize("work", [(0.0, 60, 8), (0.6, 6, 1)])
def test_quick_items_share_a_job_and_slow_ones_do_not(
    mine: WorkerRecipe, shared: SharedLedger, oracle: Oracle, monkeypatch, work: tuple[float, int, int]
):
    """So that neither what a job costs nor a thread that is busy holds the others up."""
    oracle.seconds, items, most = work
    handed: list[ItemJob] = []
    add = JobQueue.add

    def noted(queue: JobQueue, jobs: Sequence[ItemJob]) -> None:
        handed.extend(jobs)
        add(queue, jobs)

    monkeypatch.setattr(JobQueue, "add", noted)
    Fleet(mine.settings.root, str(shared.url), oracle, items)
    assert _run(mine, shared).done == items
    sizes = [len(job.leases) for job in handed]
    assert sum(sizes) == items
    assert max(sizes) <= most
    assert (max(sizes) > 1) == (most > 1)
    assert sum(oracle.asked.values()) == items


def test_with_the_giving_back_off_it_stays_where_it_is(
    tmp_path: Path, mine: WorkerRecipe, shared: SharedLedger
):
    """So the test above can fail."""
    name = mine.recipe.name
    with Ledger.open(tmp_path / "look", url=shared.url) as ledger:
        dead = _take_and_die(ledger, shared, mine)
        stop = threading.Event()
        threading.Timer(4, stop.set).start()
        with (
            Lead(ledger.store, name, 1.0).waited_for() as lead,
            FleetWorker(ledger, shared, {name: mine}, 2, gives_back=False) as worker,
        ):
            summary = worker.lead(name, lead, stop=stop)
        assert (summary.done, summary.open, summary.stopped) == (4, 2, "interrupted")
        assert {item.id for item in ledger.items(name) if item.state == "open"} == set(dead)


def test_moving_a_ledger_pays_nothing_again(
    tmp_path: Path, mine: WorkerRecipe, shared: SharedLedger, oracle: Oracle
):
    """From the file to PostgreSQL and back: no call, and outputs byte for byte, made anew too."""
    root = mine.settings.root
    alone = Workspace(root, state=root / ".file")
    assert alone.run("r.yaml").done == 6
    asked, output = sum(oracle.asked.values()), (root / "out.csv").read_bytes()
    with (
        Ledger.open(root / ".file") as file,
        Ledger.open(tmp_path / "look", url=shared.url) as server,
    ):
        copy_ledger(file.store, server.store)
    for again in range(2):
        if again:
            (root / "out.csv").unlink()
        summary = _run(mine, shared)
        assert (summary.done, summary.calls) == (6, 0)
        assert (root / "out.csv").read_bytes() == output
    with Ledger.open(tmp_path / "look", url=shared.url) as server, Ledger.open(root / ".back") as back:
        copy_ledger(server.store, back.store)
    (root / "out.csv").unlink()
    assert Workspace(root, state=root / ".back").run("r.yaml").calls == 0
    assert (root / "out.csv").read_bytes() == output
    assert sum(oracle.asked.values()) == asked


def test_a_report_reads_the_shared_ledger(tmp_path: Path, mine: WorkerRecipe, shared: SharedLedger):
    """A table ``ledger:`` has the same rows there as in the file they came from; none is an error."""
    root = mine.settings.root
    assert Workspace(root, state=root / ".smeflow").run("r.yaml").done == 6

    def rows(opened: object) -> list[tuple[object, ...]]:
        context = RecipeContext(folder=root, home=root, shared_ledger=opened)
        table = LedgerTable.model_validate({"ledger": "fleet"}, context=context)
        with TableBook() as book:
            table.load_into(book, "items")
            return book.con.execute("SELECT * FROM items").fetchall()

    with pytest.raises(SourceError, match="no ledger"):
        rows(partial(one_moment, shared.url))
    with Ledger.open(root / ".smeflow") as file, Ledger.open(tmp_path / "look", url=shared.url) as server:
        copy_ledger(file.store, server.store)
    from_file = rows(None)
    assert len(from_file) == 6
    assert any("R-3" in row for row in from_file)
    assert rows(partial(one_moment, shared.url)) == from_file
    (root / "week.yaml").write_text(REPORT)
    assert Workspace(root).run("week.yaml").done == 1
    (page,) = (root / "out").rglob("*.md")
    assert "5.50 (30.6%)" in page.read_text()
    assert "postgres: fleet" in page.read_text()


def test_a_recipe_is_led_once_however_many_workers(tmp_path: Path, mine: WorkerRecipe, shared: SharedLedger):
    """What is due is known from the ledger; another asks, and finds it done."""
    name, patient = mine.recipe.name, replace(shared, stalled_seconds=20.0)
    outcomes: list[object] = []
    with Ledger.open(tmp_path / "look", url=shared.url) as ledger:

        def work() -> None:
            with (
                Ledger.open(tmp_path / "look", url=shared.url) as own,
                FleetWorker(own, patient, {name: mine}, 1) as worker,
            ):
                for _ in range(5):
                    outcomes.append(worker.lead_if_due(name, 600, threading.Event()))
                    assert worker.name in [row.name for row in workers_of(ledger.store)]

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [outcome is not None for outcome in outcomes].count(True) == 1
        assert len(ledger.runs(name)) == 1
        assert workers_of(ledger.store) == []
        assert speed_of(ledger.store, name).oldest is None


def test_a_lead_that_stands_still_is_taken_over_and_lost(tmp_path: Path, shared: SharedLedger, monkeypatch):
    """By the watcher's own clock; who lost it is told at its next beat, and gives nothing back."""
    monkeypatch.setattr("smeflow.fleet.lead._is_dead", lambda _: False)
    with Ledger.open(tmp_path, url=shared.url) as ledger:
        first, second = (Lead(ledger.store, "r", 0.5) for _ in range(2))
        assert first.take()
        assert not second.take()
        time.sleep(0.3)
        assert first.beat()
        assert not second.take()  # it was seen alive since
        time.sleep(0.6)
        assert second.take()
        assert not first.beat()
        first.release()
        assert second.beat()
        second.release()
        assert first.take()
        with first.kept():
            for _ in range(3):  # reading a source takes long: nobody takes it over meanwhile
                time.sleep(0.4)
                assert not second.take()
        assert second.take()


def test_a_worker_that_differs_says_how(mine: WorkerRecipe, tmp_path: Path, shared: SharedLedger):
    """Another version, another recipe, another model: each is one sentence, and nothing is taken on."""
    _run(mine, shared)
    with Ledger.open(tmp_path / "look", url=shared.url) as ledger:
        (run,) = ledger.runs(mine.recipe.name)
    assert _difference(mine, run) is None
    assert "one version" in str(_difference(mine, replace(run, smeflow="9.9")))
    assert "same files" in str(_difference(mine, replace(run, plan="other")))
    assert "same keys" in str(_difference(mine, replace(run, llm="none")))
