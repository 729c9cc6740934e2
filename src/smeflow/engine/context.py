"""What a run works with, set up once and shared by its threads.

Steps, models, budget, look-ups, and its brake.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, Self

from smeflow._system import lock, unlock
from smeflow._text import hash_of, sha256
from smeflow.core.case import Known, Step
from smeflow.core.events import NOBODY, RunEvents
from smeflow.core.fingerprints import earlier_fingerprint, fingerprint
from smeflow.core.plan import Entry
from smeflow.documents.read import DocumentCache
from smeflow.engine.cases import ResultCodec, kind_of_step
from smeflow.engine.lookups import KnownWithEdits, KnownWithSuppliers
from smeflow.errors import LedgerBusy, SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.ledger.budget import Budget, calls_under_way
from smeflow.ledger.deferred import deferred_calls
from smeflow.ledger.history import begin_run
from smeflow.ledger.replies import Recalls
from smeflow.ledger.rows import NANO, ResultKind, RunRow
from smeflow.ledger.store import LedgerStore
from smeflow.llm.call_log import CallLog, MemoryCallLog, Scope
from smeflow.llm.interface import LLM, ConnectedLLM
from smeflow.llm.router import ModelRouter, ModelSet
from smeflow.llm.wrappers.accounting import SpendingLimits
from smeflow.llm.wrappers.patience import CircuitBreaker
from smeflow.llm.wrappers.stack import StepModel, WrapperStack
from smeflow.money import Money
from smeflow.recipe.keys import WhenOver
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import Budgets, WorkspaceSettings

if TYPE_CHECKING:
    from smeflow.llm.batch import BatchService

HaltReason = Literal["interrupted", "key", "quota", "model", "residency", "budget", "full", "broken"]


class RunHalted(BaseException):
    """The run is ending: no step may ask anything more. No `Exception`, so that no step swallows it."""


@dataclass
class RunHalt:
    """A run's brake. The first reason stays."""

    why: HaltReason | None = None
    phrase: Phrase | None = None
    error: SmeflowError | OSError | None = None
    """What is raised once everything is written down, if the run cannot tell its end otherwise."""
    away: Phrase | None = None
    """What was never there, so that items were put off."""
    waits: Phrase | None = None
    """Which budget items wait for, while the run goes on."""
    event: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(
        self, why: HaltReason, phrase: Phrase | None = None, error: SmeflowError | OSError | None = None
    ) -> None:
        """Stop the run."""
        with self._lock:
            if self.why is None:
                self.why, self.phrase, self.error = why, phrase, error
        self.event.set()


class RecipeLock:
    """Held while a runner takes items on. Reading and deciding need no lock."""

    def __init__(self, folder: Path, recipe: str) -> None:
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in recipe)[:60] + "-" + sha256(recipe)[:8]
        self.folder, self.recipe = folder / "locks", recipe
        self._path, self._pid_path = self.folder / f"{name}.lock", self.folder / f"{name}.pid"
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            LedgerBusy: Another process holds it; the message names its number.
        """
        for folder in (self.folder.parent, self.folder):  # the mode holds for the last one made alone
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = self._path.open("ab")
        self._path.chmod(0o600)
        try:
            lock(self._file)
        except OSError:
            self._file.close()
            self._file = None
            raise self._busy() from None
        # The number is for the message alone, and in its own file: Windows lets nobody read a locked one.
        with contextlib.suppress(OSError):
            self._pid_path.write_text(str(os.getpid()), encoding="ascii")
            self._pid_path.chmod(0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back. The files stay: taking them away would let two processes lock two files."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._pid_path.unlink()
            unlock(self._file)
            self._file.close()
            self._file = None

    def _busy(self) -> LedgerBusy:
        pid: int | None = None
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._pid_path.read_text(encoding="ascii"))
        who = say("process {pid}", pid=pid) if pid is not None else say("another process")
        phrase = say(
            "The recipe {recipe} is being run by {who}. Wait until it ends, or stop it, and run again.",
            recipe=self.recipe,
            who=who,
        )
        return LedgerBusy(phrase, pid=pid)


PlaceKey = tuple[str, str, str]
"""A provider, its model, and its address."""
BindModel = Callable[[CallLog, Scope], StepModel]
"""Puts recording, budget, retries and the rest around the run's model, in the one safe order."""


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What items are worked on with."""

    store: LedgerStore
    recipe: str
    entries: tuple[Entry, ...]
    bind: BindModel
    has_model: bool
    llm: str
    """The recipe's ``llm:`` as written: part of what a step would do."""
    known: Known
    budget: Budget
    run: RunRow
    split: str | None
    smeflow: str
    private: tuple[str, ...] = ()
    """Fields of an item whose values no model sees."""
    halt: RunHalt = field(default_factory=RunHalt)
    codec: ResultCodec = field(default_factory=ResultCodec)
    parsed: DocumentCache = field(default_factory=DocumentCache)
    """Reads documents, each once."""
    recalls: Recalls | None = None
    meter: "RunMeter" = field(default_factory=lambda: RunMeter())  # noqa: PLW0108 - defined below
    prints: Mapping[str, str] = field(default_factory=dict)
    """The fingerprint of each step."""
    earlier: Mapping[str, str] = field(default_factory=dict)
    """What older ledgers know each step by: their results stand."""
    events: RunEvents = NOBODY
    """Told what happens."""
    over: WhenOver = "stop"
    """What becomes of an item whose question the budget does not allow."""
    batches: Mapping[PlaceKey, "BatchService"] = field(default_factory=dict)
    """Who takes batches, where the recipe allows hours."""
    notices: Callable[[], list[Phrase]] = list
    """Tells what a person should know of how the models were asked."""
    away: Callable[[], bool] = lambda: False
    """Tells whether a model server was never there so far."""
    kinds: dict[str, ResultKind] = field(default_factory=dict)
    """Of which kind the results of each step are, as far as it was asked."""

    def kind_of(self, step: Step[Any]) -> ResultKind:
        """Give of which kind the results of *step* are, found out once a run."""
        kind = self.kinds.get(step.name)
        if kind is None:
            kind = self.kinds[step.name] = kind_of_step(step)
        return kind

    @cached_property
    def plan(self) -> str:
        """Identify what the plan would do, step for step."""
        return plan_hash(self.prints)

    @property
    def plans(self) -> frozenset[str]:
        """The hashes of plans that would do the same: this one, and what older ledgers call it."""
        return frozenset((self.plan, plan_hash(self.earlier)))

    def stands(self, step: str, print_: str) -> bool:
        """Tell whether results under the fingerprint *print_* are those of *step* as it is now."""
        return print_ in (self.prints.get(step, print_), self.earlier.get(step))


def batch_services(store: LedgerStore, recipe: Recipe, models: ModelSet) -> dict[PlaceKey, "BatchService"]:
    """Give those of the models that take batches; none where the recipe allows no hours and nothing waits."""
    if recipe.hours is None and not deferred_calls(store, recipe.name):
        return {}
    from smeflow.llm.batch import BatchService

    services = {_place_key(model): BatchService.of(model, recipe.hours or 24) for model in models.every}
    return {key: service for key, service in services.items() if service is not None}


def _place_key(model: ConnectedLLM) -> PlaceKey:
    return model.place.provider, model.place.model, model.place.base_url


def _batching(
    service: "BatchService | None", store: LedgerStore, recipe: Recipe
) -> Callable[[LLM, CallLog, str], LLM] | None:
    """Give what keeps the questions to a model for a batch; None where it takes none."""
    if service is None:
        return None
    from smeflow.llm.batch import LOOK_AGAIN_MINUTES, Batched

    model, keeps = service.model, recipe.hours is not None

    def later() -> datetime:
        return store.clock() + timedelta(minutes=LOOK_AGAIN_MINUTES)

    return lambda direct, log, key: Batched(
        direct=direct, model=model, log=log, key=key, later=later, keeps=keeps
    )


def fingerprints_of(entries: tuple[Entry, ...], llm: str) -> dict[str, str]:
    """Give each step's fingerprint, in order."""
    return {entry.step.name: fingerprint(entry.step, _models_as_written(entry, llm)) for entry in entries}


def earlier_fingerprints_of(entries: tuple[Entry, ...], llm: str) -> dict[str, str]:
    """Give what older ledgers know each step by, in order."""
    return {
        entry.step.name: earlier_fingerprint(entry.step, _models_as_written(entry, llm)) for entry in entries
    }


def _models_as_written(entry: Entry, llm: str) -> str:
    """Give the models of a step as written, and how many of them must agree."""
    return f"{entry.llm or llm} agree {entry.agree}" if entry.agree > 1 else entry.llm or llm


def plan_hash(prints: Mapping[str, str]) -> str:
    """Identify a plan by its steps' fingerprints."""
    return hash_of(list(prints.items()))


def spending_limits(recipe: Recipe) -> SpendingLimits:
    """Give the recipe's limits, for who refuses what has no price."""
    budget = recipe.budget
    source = recipe.name if recipe.path == Path() else str(recipe.path)  # one made in code has no file
    return SpendingLimits(item=budget.item, run=budget.run, month=budget.month, source=source)


def set_up_run(
    store: LedgerStore,
    recipe: Recipe,
    workspace: WorkspaceSettings,
    llm: ConnectedLLM | ModelSet | None,
    halt: RunHalt,
    smeflow: str,
    *,
    run: RunRow | None = None,
) -> RunContext:
    """Set up the context of *run*; without one, write down that a run begins."""
    from smeflow.llm.interface import NoModel

    models = ModelSet.of(llm)
    services = batch_services(store, recipe, models)

    def make_stack(model: ConnectedLLM | None) -> WrapperStack:
        return WrapperStack(
            llm=model,
            log=MemoryCallLog(),
            residency=recipe.residency,
            residency_source=recipe.residency_mark,
            redact=recipe.redact,
            limits=spending_limits(recipe),
            breaker=CircuitBreaker(stop=halt.event),
            batched=_batching(services.get(_place_key(model)), store, recipe) if model is not None else None,
        )

    crew = ModelRouter(models, make_stack, cheaper=recipe.budget.over == "cheaper")
    has_model = any(not isinstance(model, NoModel) for model in models.every)
    prints = fingerprints_of(recipe.entries, recipe.llm)
    run = run or begin_run(
        store, recipe=recipe.name, text_hash=recipe.text_hash, plan=plan_hash(prints),
        llm=models.name if has_model else "none", smeflow=smeflow, pid=os.getpid(),
    )  # fmt: skip
    return RunContext(
        store=store,
        recipe=recipe.name,
        entries=recipe.entries,
        bind=lambda log, scope: crew.bind(scope, log=log),
        has_model=has_model,
        llm=recipe.llm,
        known=KnownWithSuppliers(KnownWithEdits(workspace.known(), store, recipe.name), store),
        budget=budget_in_one_currency(recipe.budget, workspace),
        run=run,
        split=recipe.split,
        smeflow=smeflow,
        private=recipe.private,
        halt=halt,
        meter=RunMeter(
            stop=halt.event, elsewhere=lambda: calls_under_way(store, run) if store.database.shared else 0
        ),
        over=recipe.budget.over,
        batches=services,
        notices=crew.notices,
        away=crew.away,
        recalls=Recalls(store) if has_model else None,
        prints=prints,
        earlier=earlier_fingerprints_of(recipe.entries, recipe.llm),
    )


def budget_in_one_currency(limits: Budgets, workspace: WorkspaceSettings) -> Budget:
    """Put the limits into the one currency sums are kept in.

    Raises:
        BudgetSpent: No exchange rate is known for a limit's currency.
    """
    plain = Budget(currency=workspace.rates.currency, convert=workspace.rates.convert)

    def limit(money: Money | None) -> Decimal | None:
        return None if money is None else Decimal(plain.nanos(money)) / NANO

    return replace(plain, item=limit(limits.item), run=limit(limits.run), month=limit(limits.month))


@dataclass
class RunMeter:
    """Counts what was asked and paid in this run."""

    stop: threading.Event | None = None
    """Set it, and nobody waits for calls that are under way."""
    elsewhere: Callable[[], int] = lambda: 0
    """Counts the calls that are under way, those of other machines too; 0 where there are none."""
    calls: int = 0
    nanos: int = 0
    under_way: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def settled(self) -> int:
        """How many calls were settled."""
        return self.calls

    def begin(self) -> None:
        """Note a call that is being reserved."""
        with self._changed:
            self.under_way += 1

    def withdraw(self) -> None:
        """Note that it was not reserved."""
        with self._changed:
            self.under_way -= 1
            self._changed.notify_all()

    def note(self, nanos: int) -> None:
        """Note one settled call."""
        with self._changed:
            self.calls += 1
            self.nanos += nanos
            self.under_way -= 1
            self._changed.notify_all()

    def wait(self, settled: int) -> bool:
        """Wait for one more settled call than *settled*; False where none is under way, or the run ends."""
        with self._changed:
            while self.calls == settled and self.under_way > 0:
                if self.stop is not None and self.stop.is_set():
                    return False
                self._changed.wait(0.5)  # wakes to look whether to stop
            if self.calls != settled:
                return True
        return self.elsewhere() > 0 and not (self.stop is not None and self.stop.wait(0.2))

    def add(self, calls: int, nanos: int) -> None:
        """Count what other machines asked and paid in this run."""
        with self._changed:
            self.calls += calls
            self.nanos += nanos
