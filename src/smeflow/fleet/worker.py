"""A worker: it takes items of a shared ledger on, and leads a recipe where nobody else does.

Whichever worker sees first that a recipe is due leads that one run: it reads the source, hands the items out
to all workers and writes the outputs. When it dies another takes over, and the run goes on from the ledger.
"""

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from smeflow import __version__
from smeflow.core.events import RunEvents, RunObserver
from smeflow.engine.context import RunContext, RunHalt, fingerprints_of, plan_hash, set_up_run
from smeflow.engine.item import process_item
from smeflow.engine.pool import RunProgress
from smeflow.engine.run import RecipeRun, RunSummary
from smeflow.engine.telemetry import telemetry
from smeflow.errors import LedgerError
from smeflow.fleet.crew import QueueCrew, tell_halt
from smeflow.fleet.lead import Lead, forget_worker, show_worker
from smeflow.fleet.limits import Throttle, throttled
from smeflow.fleet.queue import ItemJob, JobQueue
from smeflow.i18n import Phrase, say
from smeflow.ledger.history import run_of
from smeflow.ledger.items import claim_handed, give_back
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.postgres_connection import SharedLedger
from smeflow.ledger.rows import ItemRow, RunRow
from smeflow.ledger.store import LedgerStore
from smeflow.llm.interface import NoModel
from smeflow.llm.router import ModelSet
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings

GLANCE_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class WorkerRecipe:
    """A recipe as one worker has it."""

    recipe: Recipe
    settings: WorkspaceSettings
    models: ModelSet


@dataclass
class FleetWorker:
    """One process of many. Use it in a ``with`` block."""

    ledger: Ledger
    shared: SharedLedger
    recipes: Mapping[str, WorkerRecipe]
    threads: int
    observers: Sequence[RunObserver] = ()
    gives_back: bool = True
    problem: Phrase | None = None
    """Why this worker can take nothing on: it has another recipe, or another version."""
    refused: threading.Event = field(default_factory=threading.Event)
    """Set with `problem`."""
    _contexts: dict[str, RunContext] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ending: ExitStack = field(default_factory=ExitStack)
    _queue: JobQueue | None = None
    _leads: dict[str, Lead] = field(default_factory=dict)
    _in_hand: dict[int, int] = field(default_factory=dict)
    """The lease of each item that was claimed here and has no end yet."""
    _told: set[int] = field(default_factory=set)
    """The runs whose leader knows why this worker cannot go on with them."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _since: str = ""
    _mark: str = field(default_factory=lambda: secrets.token_hex(2))

    def __enter__(self) -> Self:
        """Begin to take items on."""
        self._since = self.store.now()
        self._show()
        self._ending.callback(forget_worker, self.store, self.name)
        signs = threading.Thread(target=self._keep_showing, name="signs", daemon=True)
        signs.start()
        self._ending.callback(signs.join)
        self._ending.callback(self._ended.set)
        queue = JobQueue(
            self.shared.url,
            recipes=list(self.recipes),
            threads=self.threads,
            stalled_seconds=self.shared.stalled_seconds,
            work=self._work,
        )
        throttles = {
            name: Throttle(self.shared.url, name, limit) for name, limit in self.shared.limits.items()
        }
        for throttle in throttles.values():
            self._ending.callback(throttle.close)
        self.recipes = {
            name: replace(own, models=throttled(own.models, throttles)) for name, own in self.recipes.items()
        }
        self._queue = self._ending.enter_context(queue)
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is in hand end; what does not is given back by others."""
        for context in list(self._contexts.values()):
            context.halt.now("interrupted")
        self._ending.close()
        with self._lock:
            left = sorted(self._in_hand.items())
        for number, lease in left:
            give_back(self.store, number, lease)

    @property
    def store(self) -> LedgerStore:
        """The ledger's rows."""
        return self.ledger.store

    @property
    def name(self) -> str:
        """What this worker is called in `smeflow status`."""
        return f"{socket.gethostname()}:{os.getpid()}-{self._mark}"

    def _show(self) -> None:
        show_worker(
            self.store, self.name, smeflow=__version__, threads=self.threads,
            recipes=list(self.recipes), since=self._since,
        )  # fmt: skip

    def _keep_showing(self) -> None:
        """Show now and then that this worker is there, and tell its observers what happened."""
        shown = time.monotonic()
        while not self._ended.wait(GLANCE_SECONDS):
            for context in list(self._contexts.values()):
                context.events.flush()
            if time.monotonic() - shown > self.shared.stalled_seconds / 3:
                shown = time.monotonic()
                with contextlib.suppress(LedgerError, OSError):  # a server that is away is tried again
                    self._show()

    def lead(
        self,
        name: str,
        lead: Lead,
        *,
        stop: threading.Event,
        on_progress: Callable[[RunProgress], None] | None = None,
        redo: str | None = None,
        accept_loss: bool = False,
    ) -> RunSummary:
        """Run the recipe called *name* once, with all workers; *lead* is held."""
        mine, queue = self.recipes[name], self._queue
        assert queue is not None  # noqa: S101 - it is used in a `with` block

        def crew(context: RunContext, _: int) -> QueueCrew:
            self._contexts[name] = context
            return QueueCrew(context, queue, lead, gives_back=self.gives_back)

        run = RecipeRun(
            self.store, mine.recipe, mine.settings, mine.models, stop, self.threads,
            observers=(*self.observers, *telemetry()), crew=crew,
        )  # fmt: skip
        return run.to_the_end(redo, on_progress, accept_loss=accept_loss)

    def lead_if_due(self, name: str, every: float, stop: threading.Event) -> RunSummary | None:
        """Run a recipe whose time has come, if nobody else does."""
        if not self._is_due(name, every):
            return None
        lead = self._leads.setdefault(name, Lead(self.store, name, self.shared.stalled_seconds))
        if not lead.take():
            return None
        with lead.kept():
            return self.lead(name, lead, stop=stop) if self._is_due(name, every) else None

    def _is_due(self, name: str, every: float) -> bool:
        """Tell by the ledger, so that many workers run a recipe once."""
        rows, recipe = self.store.read("last run", recipe=name), self.recipes[name].recipe
        if not rows:
            return recipe.schedule is None or self._schedule_missed(name, datetime.fromisoformat(self._since))
        run = run_of(rows[0])
        if run.ended_at is None or run.stopped == "interrupted":
            return True
        if recipe.schedule is not None:
            return self._schedule_missed(name, run.started_at)
        return self.store.clock() >= run.ended_at + timedelta(seconds=every)

    def _schedule_missed(self, name: str, since: datetime) -> bool:
        recipe = self.recipes[name].recipe
        assert recipe.schedule is not None  # noqa: S101 - asked before
        return self.store.clock() >= recipe.schedule.after(since, recipe.timezone)

    def _work(self, job: ItemJob) -> None:
        """Take on those items of a job that are still what it was made for."""
        if self.refused.is_set():
            return
        context = self._context(job)
        if context is None:
            return
        try:
            if not context.halt.event.is_set():
                self._take_on(context, claim_handed(self.store, job.leases))
        except (LedgerError, OSError) as error:  # away for too long, or full: the run ends and says so
            context.halt.now("broken", error=error)
        if context.halt.event.is_set() and context.halt.why != "interrupted":
            with contextlib.suppress(LedgerError, OSError):  # whoever leads finds it so too
                self._tell_halt(context)

    def _take_on(self, context: RunContext, items: Sequence[ItemRow]) -> None:
        """Take claimed items as far as they go; the end of each is durable before this returns."""
        with self._lock:
            self._in_hand.update({item.id: item.lease for item in items})
        begun = 0
        for item in items:
            if context.halt.event.is_set():
                break
            begun += 1
            process_item(context, item)
        self.store.flush()
        for item in items[begun:]:
            give_back(self.store, item.id, item.lease)
        with self._lock:
            for item in items:
                self._in_hand.pop(item.id, None)

    def _tell_halt(self, context: RunContext) -> None:
        """Tell whoever leads the run, once, why it cannot go on here."""
        with self._lock:
            if context.run.id in self._told:
                return
            tell_halt(context)
            self._told.add(context.run.id)

    def _context(self, job: ItemJob) -> RunContext | None:
        with self._lock:
            context = self._contexts.get(job.recipe)
            if context is not None and context.run.id >= job.run:
                return context
            run = run_of(self.store.read("get runs", id_=job.run)[0])
            mine = self.recipes[job.recipe]
            self.problem = _difference(mine, run)
            if self.problem is not None:
                self.refused.set()
                return None
            halt = RunHalt()
            context = set_up_run(
                self.store, mine.recipe, mine.settings, mine.models, halt, __version__, run=run
            )
            events = RunEvents((*self.observers, *telemetry()), job.recipe, run.id, self.store.clock)
            self._contexts[job.recipe] = context = replace(context, events=events)
            return context


def _difference(mine: WorkerRecipe, run: RunRow) -> Phrase | None:
    """Say why this worker may not take items of *run* on."""
    name = mine.recipe.name
    if run.smeflow != __version__:
        return say(
            "The recipe {recipe} is run by smeflow {other}, and this worker is {own}. Give all workers "
            "one version.",
            recipe=name,
            other=run.smeflow,
            own=__version__,
        )
    if run.plan != plan_hash(fingerprints_of(mine.recipe.entries, mine.recipe.llm)):
        return say(
            "The recipe {recipe} is another one here than where it is led. Give all workers the same files.",
            recipe=name,
        )
    has_model = any(not isinstance(model, NoModel) for model in mine.models.every)
    llm = mine.models.name if has_model else "none"
    if llm != run.llm:
        return say(
            "The run of {recipe} asks {other}, and this worker would ask {own}. Give all workers the "
            "same keys.",
            recipe=name,
            other=run.llm,
            own=llm,
        )
    return None


def run_shared(
    recipe: Recipe,
    settings: WorkspaceSettings,
    shared: SharedLedger,
    state: Path,
    llm: ModelSet,
    *,
    workers: int,
    stop: threading.Event | None = None,
    on_progress: Callable[[RunProgress], None] | None = None,
    redo: str | None = None,
    accept_loss: bool = False,
    observers: Sequence[RunObserver] = (),
) -> RunSummary:
    """Lead one run of *recipe* on a shared ledger, and take items on here too.

    Raises:
        LedgerBusy: Another process leads it.
    """
    mine = {recipe.name: WorkerRecipe(recipe=recipe, settings=settings, models=llm)}
    with (
        Ledger.open(state, currency=settings.rates.currency, url=shared.url) as ledger,
        Lead(ledger.store, recipe.name, shared.stalled_seconds).waited_for() as lead,
        FleetWorker(ledger, shared, mine, workers, observers) as worker,
    ):
        return worker.lead(
            recipe.name, lead, stop=stop or threading.Event(), on_progress=on_progress, redo=redo,
            accept_loss=accept_loss,
        )  # fmt: skip


def serve(
    worker: FleetWorker,
    stop: threading.Event,
    *,
    every: float,
    leads: bool,
    tell: Callable[[str, RunSummary | Exception], None],
) -> None:
    """Take items on until told to stop, and lead what is due where *leads* says so.

    Raises:
        LedgerError: This worker differs from those it would work with.
    """
    failed: dict[str, datetime] = {}
    while not stop.wait(GLANCE_SECONDS):
        if worker.problem is not None:
            raise LedgerError(worker.problem)
        for name in worker.recipes if leads else ():
            if stop.is_set() or (name in failed and worker.store.clock() < failed[name]):
                continue
            try:
                summary = worker.lead_if_due(name, every, stop)
            except Exception as error:  # noqa: BLE001 - whatever ends this recipe's run, the others go on
                failed[name] = worker.store.clock() + timedelta(seconds=every)
                tell(name, error)
                continue
            if summary is not None:
                tell(name, summary)
