"""What a run would do, before it does anything: items, calls, tokens, cost, and what leaves the machine.

The source is gone through with a copy of the ledger, so that nothing is written to the real one, and no model
is asked. What the calls will take is told from the recipe's own settled calls. Where there are too few, some
items are walked through the plan with a model that answers nothing, and their questions are counted.
"""

import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from smeflow.core.plan import Entry
from smeflow.documents.document import ROW
from smeflow.engine.context import spending_limits
from smeflow.engine.item import process_item
from smeflow.engine.redo import reopen_finished
from smeflow.engine.run import RecipeRun
from smeflow.engine.usages import (
    Question,
    Span,
    Usages,
    estimate,
    most_unknown,
    predicted,
    unanswering,
)
from smeflow.errors import LLMRejected
from smeflow.extract.step import Extract
from smeflow.i18n import Phrase
from smeflow.kinds import registry
from smeflow.kinds.sinks import ActingSink, DeliveringSink, Sink
from smeflow.kinds.steps import PromptedStep
from smeflow.ledger.intake import Incoming
from smeflow.ledger.items import claim_item, item_of
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import LEDGER_FILE
from smeflow.ledger.rows import NANO, ItemRow, nanos_to_money
from smeflow.ledger.store import LedgerStore, blob_path
from smeflow.llm.interface import ConnectedLLM, ModelEndpoint, NoModel
from smeflow.llm.router import ModelSet
from smeflow.llm.wrappers.accounting import price_refusal
from smeflow.llm.wrappers.privacy import residency_refusal
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.triage.step import Triage

LEAST_HISTORY = 3
"""From so many finished items on, the recipe's own calls are the measure."""
SAMPLED_ITEMS = 8
"""So many items are walked through the plan where there is no history."""
SAMPLE_SECONDS = 20.0
"""No further item is walked after that."""
ItemUsage = tuple[int, int, int, Decimal]
"""Calls, tokens sent, tokens answered, cost."""
KEPT_BYTES = 64_000_000
"""What comes in is kept up to this size, for the sample; of the rest only that it is there."""


@dataclass(frozen=True, kw_only=True)
class ModelDestination:
    """A provider that would be asked, and so gets texts of the documents."""

    place: ModelEndpoint
    refused: Phrase | None = None
    """Why the recipe does not let it be asked: the run would stop there."""

    @property
    def leaves(self) -> bool:
        """Whether anything leaves this machine."""
        return self.place.region != "local"


@dataclass(frozen=True, kw_only=True)
class SinkPlan:
    """What a sink would do once items are finished."""

    kind: str
    """Its word in the recipe."""
    does: Literal["writes", "sends", "acts", "lists"]
    to: str
    account: str = ""
    """The mailbox it acts in."""


@dataclass(frozen=True, kw_only=True)
class RunForecast:
    """What a run would do."""

    recipe: str
    new: int
    changed: int
    redone: int
    waiting: int
    """Open since an earlier run."""
    gone: int
    duplicates: int
    unreadable: int
    basis: Literal["calls", "sample", "none"]
    """Where the figures come from: the recipe's settled calls, a sample of items, or nothing is asked."""
    basis_items: int
    """How many items they come from."""
    usages: Usages
    currency: str
    run_limit: Decimal | None
    month_left: Decimal | None
    models: tuple[ModelDestination, ...]
    sinks: tuple[SinkPlan, ...]
    notes: tuple[Phrase, ...] = ()

    @property
    def items(self) -> int:
        """How many items would be worked on."""
        return self.new + self.changed + self.redone + self.waiting

    @property
    def limit(self) -> Decimal | None:
        """The most this run may spend; None without a limit."""
        limits = [limit for limit in (self.run_limit, self.month_left) if limit is not None]
        return min(limits, default=None)


def forecast_run(
    recipe: Recipe,
    workspace: WorkspaceSettings,
    *,
    state: Path,
    llm: ConnectedLLM | ModelSet | None = None,
    redo: str | None = None,
    accept_loss: bool = False,
) -> RunForecast:
    """Tell what `run_recipe` would do with the same arguments. Asks no model and writes nothing to *state*.

    Raises:
        LedgerDamaged: The ledger is not what was written.
        SourceError: The source cannot be read, or a run would refuse what is gone from it.
    """
    models = ModelSet.of(llm)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="smeflow-")))
        _copy_ledger(state, folder)
        ledger = ending.enter_context(Ledger.open(folder, currency=workspace.rates.currency))
        asked: list[Question] = []
        run = _Rehearsal(
            ledger.store, recipe, workspace, unanswering(models, asked), threading.Event(), 1, observers=()
        )
        return _Forecaster(run, ledger, Path(state), models, redo, asked).forecast(accept_loss=accept_loss)


def _copy_ledger(state: Path, folder: Path) -> None:
    """Copy the ledger as it stands now, also while a run writes to it; blobs stay where they are."""
    file = Path(state) / LEDGER_FILE
    if not file.is_file():
        return
    copy = folder / LEDGER_FILE
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.execute("PRAGMA query_only = ON")
        source.backup(target)


class _Rehearsal(RecipeRun):
    """A run that keeps the bytes of some of what comes in, and only counts the rest."""

    kept_bytes = 0

    def arrivals(self) -> Iterator[Incoming]:
        """Go through what the source has now."""
        for arrival in super().arrivals():
            self.kept_bytes += len(arrival.data)
            yield arrival if self.kept_bytes <= KEPT_BYTES else replace(arrival, data=b"")


class _Forecaster:
    """One forecast on its way."""

    def __init__(
        self,
        run: RecipeRun,
        ledger: Ledger,
        state: Path,
        models: ModelSet,
        redo: str | None,
        asked: list[Question],
    ) -> None:
        self.run, self.ledger, self.state, self.models, self.redo = run, ledger, state, models, redo
        self.asked = asked
        self.places = [model.place for model in models.every if not isinstance(model, NoModel)]
        self.store: LedgerStore = ledger.store
        self.budget = run.context.budget
        unlimited = replace(self.budget, item=None, run=None, month=None)
        self.context = replace(run.context, budget=unlimited)

    def forecast(self, *, accept_loss: bool) -> RunForecast:
        recipe = self.run.recipe
        past = self._past() if self.context.has_model else []
        known, before, failed = self._numbers(), self._open(), self.ledger.counts(recipe.name).failed
        self.run.take_in(accept_loss=accept_loss)
        taken, incoming = self.run.taken, self._open()
        refused = self.ledger.counts(recipe.name).failed - failed
        new = sum(number not in known for number in incoming)
        waiting = sum(n in before and before[n].version == item.version for n, item in incoming.items())
        reopen_finished(self.context, self.redo)
        items = self._open()
        fresh = [item for number, item in items.items() if number in incoming]
        redone = [item for number, item in items.items() if number not in incoming]
        basis, basis_items, usages = self._usages(fresh, redone, past)
        month, spent = self.budget.month, self.ledger.spent_in_month().cost.amount
        return RunForecast(
            recipe=recipe.name,
            new=new,
            changed=len(fresh) - new - waiting,
            redone=len(redone),
            waiting=waiting,
            gone=taken.gone,
            duplicates=taken.duplicates,
            unreadable=max(0, refused) + len(taken.unreadable),
            basis=basis,
            basis_items=basis_items,
            usages=usages,
            currency=self.budget.currency,
            run_limit=self.budget.run,
            month_left=None if month is None else max(Decimal(0), month - spent),
            models=tuple(_destination(recipe, place) for place in self.places),
            sinks=tuple(_sink_plan(sink) for sink in recipe.sinks),
            notes=tuple(self.run.notes),
        )

    def _numbers(self) -> set[int]:
        return {row[0] for row in self.store.tuples("known", recipe=self.run.recipe.name)}

    def _open(self) -> dict[int, ItemRow]:
        rows = self.store.read("items in state", recipe=self.run.recipe.name, state="open")
        return {row["id"]: item_of(row) for row in rows}

    def _usages(
        self, fresh: Sequence[ItemRow], redone: Sequence[ItemRow], past: Sequence[ItemUsage]
    ) -> tuple[Literal["calls", "sample", "none"], int, Usages]:
        if not self.context.has_model:
            return "none", 0, Usages()
        known, anew = self._redone(redone)
        count = len(fresh) + anew
        if len(past) >= LEAST_HISTORY:
            return "calls", len(past), known + self._like_past(past, count)
        if not count:
            return ("calls" if redone else "none"), len(redone), known
        sampled = self._sampled(fresh or redone)
        if not sampled:
            each = self._unreached(len(_prompted(self.run.recipe.entries)))
            return "sample", 0, known + each.times(count)
        total = sum(sampled[1:], start=sampled[0])
        return "sample", len(sampled), known + total.times(Decimal(count) / len(sampled))

    def _sampled(self, items: Sequence[ItemRow]) -> list[Usages]:
        """Walk some items, as long as there is time: slow steps make a smaller sample."""
        sampled: list[Usages] = []
        began = time.monotonic()
        for item in _spread(self._readable(items)):
            if sampled and time.monotonic() - began > SAMPLE_SECONDS:
                break
            sampled.append(self._walked(item))
        return sampled

    def _redone(self, redone: Sequence[ItemRow]) -> tuple[Usages, int]:
        """Give what redoing takes of those that have calls of their own; and how many have none."""
        standing: dict[int, list[tuple[int, Decimal]]] = {}
        for answer in self.ledger.present_costs(self.run.recipe.name):
            again = self.redo in ("all", "stale", "failed")
            differs = not self.context.stands(answer.step, answer.fingerprint)
            standing.setdefault(answer.item, [])
            standing[answer.item] += [(answer.calls, answer.cost)] if again or differs else []
        own = [pair for item in redone for pair in standing.get(item.id, ())]
        calls, cost = sum(calls for calls, _ in own), sum((amount for _, amount in own), Decimal(0))
        without = sum(item.id not in standing for item in redone)
        return Usages(calls=Span.of(calls, calls, calls), cost=Span.of(cost, cost, cost)), without

    def _past(self) -> list[ItemUsage]:
        """Give calls, tokens and cost of each item that was finished; empty where no model was ever asked."""
        rows = self.store.tuples("usages of recipe", recipe=self.run.recipe.name)
        if not rows:
            return []
        used: dict[int, ItemUsage] = {}
        first = self.places[0]
        for number, provider, model, calls, sent, received, nanos in rows:
            cost = Decimal(nanos) / NANO
            if (provider, model) != (first.provider, first.model):
                cost = self._cost(first, sent, received)
            before = used.get(number, (0, 0, 0, Decimal(0)))
            used[number] = (before[0] + calls, before[1] + sent, before[2] + received, before[3] + cost)
        ended = [r[0] for r in self.store.tuples("known", recipe=self.run.recipe.name)
                 if r[3] in ("done", "review")]  # fmt: skip
        nothing = (0, 0, 0, Decimal(0))
        return [used.get(number, nothing) for number in dict.fromkeys((*ended, *used))]

    def _like_past(self, past: Sequence[ItemUsage], count: int) -> Usages:
        calls, sent, received, cost = ([Decimal(row[n]) for row in past] for n in range(4))
        return Usages(
            calls=predicted(calls, count, whole=True),
            input_tokens=predicted(sent, count, whole=True),
            output_tokens=predicted(received, count, whole=True),
            cost=predicted(cost, count),
        )

    def _readable(self, items: Sequence[ItemRow]) -> list[ItemRow]:
        """Give the items whose bytes were kept, here or in the folder of the ledger itself."""
        stored = {item.id: self.store.first("get blobs", sha256_=item.blob) for item in items}
        return [
            item
            for item in items
            if (row := stored[item.id]) and (row[1] or item.media_type == ROW)
            and (row[2] is not None or any(blob_path(f, item.blob).is_file() for f in self._folders))
        ]  # fmt: skip

    @property
    def _folders(self) -> tuple[Path, Path]:
        return self.store.folder, self.state

    def _walked(self, item: ItemRow) -> Usages:
        """Walk an item, and what it is split into, through the plan; count what is asked."""
        here, there = (blob_path(folder, item.blob) for folder in self._folders)
        if there.is_file() and not here.exists():
            here.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(there, here)
        total, pending = Usages(), [item.id]
        while pending:
            claimed = claim_item(self.store, pending.pop())
            if claimed is None:
                continue
            self.asked.clear()
            process_item(self.context, claimed)
            self.store.flush()
            rows = self.store.read("children", parent=claimed.id)
            pending += [row["id"] for row in rows]
            if not rows:
                total += self._of_questions(claimed)
        return total

    def _of_questions(self, item: ItemRow) -> Usages:
        questions = {question.request.hash: question for question in self.asked}
        total = sum((estimate(question, self._cost) for question in questions.values()), Usages())
        stands = item_of(self.store.read("get items", id_=item.id)[0]).outcome
        left = [name for name in _prompted(self.run.recipe.entries) if name not in stands]
        return total + self._unreached(len(left))

    def _unreached(self, steps: int) -> Usages:
        return most_unknown(self.places[0], self._cost).times(steps)

    def _cost(self, place: ModelEndpoint, sent: int, received: int) -> Decimal:
        price = place.price
        nanos = self.budget.nanos(price.of(sent, received)) if price is not None else 0
        return nanos_to_money(nanos, self.budget.currency).amount


def _spread(items: Sequence[ItemRow]) -> list[ItemRow]:
    """Choose the items to walk, evenly from first to last."""
    if len(items) <= SAMPLED_ITEMS:
        return list(items)
    return [items[n * len(items) // SAMPLED_ITEMS] for n in range(SAMPLED_ITEMS)]


def _prompted(entries: Sequence[Entry]) -> list[str]:
    """Name the steps that may ask a model."""
    return [
        entry.step.name
        for entry in entries
        if isinstance(entry.step, Triage | Extract)
        or (isinstance(entry.step, PromptedStep) and entry.step.instructions)
    ]


def _destination(recipe: Recipe, place: ModelEndpoint) -> ModelDestination:
    refusal: LLMRejected | None = residency_refusal(place, recipe.residency, recipe.residency_mark)
    refusal = refusal or price_refusal(place, spending_limits(recipe))
    return ModelDestination(place=place, refused=refusal.phrase if refusal is not None else None)


def _sink_plan(sink: Sink | ActingSink | DeliveringSink) -> SinkPlan:
    words: Mapping[str, str] = {path: word for word, path in registry.SINKS.items()}
    kind = words.get(f"{type(sink).__module__}:{type(sink).__qualname__}", type(sink).__name__)
    if isinstance(sink, ActingSink):
        account = sink.account.address if sink.account is not None else ""
        return SinkPlan(kind=kind, does="acts" if sink.acting else "lists", to=sink.name, account=account)
    does: Literal["sends", "writes"] = "sends" if isinstance(sink, DeliveringSink) else "writes"
    return SinkPlan(kind=kind, does=does, to=sink.name)
