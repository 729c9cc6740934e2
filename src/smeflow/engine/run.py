"""Run a recipe, one runner at a time.

Take in what its source has, work on all that is open, bring its sinks up to date.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from smeflow import __version__
from smeflow._text import hash_of
from smeflow.core.events import EVENTS, EventValue, RunEvents, RunObserver
from smeflow.core.fingerprints import unseen_by_fingerprint
from smeflow.documents.document import ROW
from smeflow.engine.batches import collect_batches, submit_batches
from smeflow.engine.context import HaltReason, RecipeLock, RunContext, RunHalt, set_up_run
from smeflow.engine.outputs import Projection
from smeflow.engine.pool import Crew, ItemPool, RunProgress
from smeflow.engine.redo import look_again_at_firm, outdated_notice, refuse_new_name, reopen_finished
from smeflow.engine.telemetry import telemetry
from smeflow.errors import SinkError, SmeflowError, SourceError
from smeflow.i18n import Phrase, phrase_to_json, say
from smeflow.kinds.sources import (
    Arrival,
    IntakeSource,
    RemarkingSource,
    ResumableSource,
    SelectiveSource,
    UnreadableArrival,
    path_of,
)
from smeflow.ledger import history
from smeflow.ledger.audit import kept_head
from smeflow.ledger.history import LedgerSinkMemory
from smeflow.ledger.intake import Incoming, Intake, IntakeCounts
from smeflow.ledger.items import count_items
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.mail import LedgerMailIndex
from smeflow.ledger.opening import mended_notice
from smeflow.ledger.rows import STATES, Counts, nanos_to_money
from smeflow.ledger.store import LedgerStore, utc_now
from smeflow.llm.interface import ConnectedLLM
from smeflow.llm.router import ModelSet
from smeflow.money import Money
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings

LEFT_OUT_NAMED = 100
"""Of so many files that are left out a run keeps the names; of the others their number."""


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """How a run ended. The five states add up to ``items``."""

    items: int
    done: int
    review: int
    failed: int
    skipped: int
    open: int
    calls: int
    """Attempts made in this run."""
    cost: Money
    notes: tuple[Phrase, ...] = ()
    stopped: HaltReason | None = None
    """Why it ended early; None where everything that can be done now is done."""
    seconds: float = 0.0
    failures: tuple[SmeflowError, ...] = ()
    """A source that went away and outputs that could not be written; everything else is done and kept."""
    worked: int = 0
    """Items that were brought to an end, or to a person, in this run."""
    spared: int | None = None
    """Those of them for which no model was asked; None where there was none to ask."""
    saved: Money | None = None
    """What they would have cost, each as much as an item that needed a model; None where none did."""
    left_out: tuple[str, ...] = ()
    """What lies in the source and is no item, since the recipe does not ask for it."""
    models: tuple[Phrase, ...] = ()
    """Which models were left alone or were over the budget, and who answered; in the notes too."""
    audit: str = ""
    """The head of the audit chain at the end, ``NUMBER:HASH``: kept elsewhere, it shows later changes."""

    def _repr_html_(self) -> str:
        names = ("items", *STATES)
        heads = "".join(f"<th>{name}</th>" for name in names)
        cells = "".join(f"<td>{getattr(self, name)}</td>" for name in names)
        return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


def run_recipe(
    recipe: Recipe,
    workspace: WorkspaceSettings,
    *,
    state: Path,
    llm: ConnectedLLM | ModelSet | None = None,
    on_progress: Callable[[RunProgress], None] | None = None,
    redo: str | None = None,
    workers: int = 8,
    accept_loss: bool = False,
    stop: threading.Event | None = None,
    observers: Sequence[RunObserver] = (),
    clock: Callable[[], datetime] = utc_now,
) -> RunSummary:
    """Run *recipe* once, keeping everything in the ledger in *state*.

    *redo*: ``changed`` also takes finished items that an older recipe made, ``stale`` those whose look-ups
    would be answered otherwise today, ``failed`` the failed ones, ``all`` every one. *accept_loss* lets a
    source that mirrors something lose many items at once, and a recipe under a new name send all once more.
    *stop*, once set, ends the run within seconds; the next one goes on. *observers* are told of each event;
    see `core.events`.

    Raises:
        LedgerBusy: Another process runs this recipe.
        LedgerDamaged: The ledger is not what was written; nothing was asked.
        SourceError: The source cannot be read, or much of it is gone, or the recipe was given another name,
            which *accept_loss* does not allow.
        SinkError: A target cannot be written; everything else is done and kept.
        OSError: The disk is full.
    """
    summary = run_to_end(
        recipe, workspace, state=state, llm=llm, on_progress=on_progress, redo=redo, workers=workers,
        accept_loss=accept_loss, stop=stop, observers=observers, clock=clock,
    )  # fmt: skip
    if summary.failures:
        raise summary.failures[0]
    return summary


def run_to_end(
    recipe: Recipe,
    workspace: WorkspaceSettings,
    *,
    state: Path | str,
    llm: ConnectedLLM | ModelSet | None = None,
    on_progress: Callable[[RunProgress], None] | None = None,
    redo: str | None = None,
    workers: int = 8,
    accept_loss: bool = False,
    stop: threading.Event | None = None,
    observers: Sequence[RunObserver] = (),
    clock: Callable[[], datetime] = utc_now,
) -> RunSummary:
    """Run like `run_recipe`, and tell what could not be read or written at the end in the summary."""
    state = Path(state)
    with (
        RecipeLock(state, recipe.name),
        Ledger.open(state, currency=workspace.rates.currency, clock=clock) as ledger,
    ):
        everybody = (*observers, *telemetry())
        run = RecipeRun(
            ledger.store, recipe, workspace, llm, stop or threading.Event(), workers, observers=everybody
        )
        return run.to_the_end(redo, on_progress, accept_loss=accept_loss)


def _with_head(
    summary: RunSummary, store: LedgerStore, workspace: WorkspaceSettings, recipe: str
) -> RunSummary:
    """Tell the head of the audit chain, and keep it where the workspace says."""
    head, problem = kept_head(store, workspace.audit_heads, store.now(), f"run {recipe}")
    return replace(summary, audit=str(head), notes=(*summary.notes, *([problem] if problem else [])))


class RecipeRun:
    """One run, from the source to the sinks."""

    def __init__(
        self,
        store: LedgerStore,
        recipe: Recipe,
        workspace: WorkspaceSettings,
        llm: ConnectedLLM | ModelSet | None,
        stop: threading.Event,
        workers: int,
        *,
        observers: Sequence[RunObserver],
        crew: Callable[[RunContext, int], Crew] = ItemPool,
    ) -> None:
        self.store, self.recipe, self.stop, self.workers = store, recipe, stop, workers
        self.workspace = workspace
        self.began = time.monotonic()
        self.halt = RunHalt()
        self.notes: list[Phrase] = [mended_notice(store.folder)] if store.mended else []
        self.notes += [why for entry in recipe.entries for why in unseen_by_fingerprint(entry.step)]
        self.unreached: SourceError | None = None
        self.unreadable: list[SourceError] = []
        self.taken, self.worked = IntakeCounts(), 0
        context = set_up_run(store, recipe, workspace, llm, self.halt, __version__)
        events = RunEvents(observers, recipe.name, context.run.id, store.clock)
        self.context = replace(context, events=events)
        self.projection = Projection(
            store=store,
            recipe=recipe.name,
            steps=tuple(entry.step for entry in recipe.entries),
            sinks=recipe.sinks,
            meaning=hash_of([recipe.text_hash, __version__]),
            root=workspace.root,
            known=self.context.known,
            source=recipe.source.name,
            run=self.context.run.id,
            codec=self.context.codec,
            parsed=self.context.parsed,
            events=self.context.events,
        )

        self.crew = crew(self.context, workers)

    def to_the_end(
        self, redo: str | None, on_progress: Callable[[RunProgress], None] | None, *, accept_loss: bool
    ) -> RunSummary:
        """Do all of it, and tell the observers and the file of heads how it ended."""
        try:
            summary = self.go(redo, on_progress, accept_loss=accept_loss)
            summary = _with_head(summary, self.store, self.workspace, self.recipe.name)
        except BaseException as error:
            self.tell_end(None, error)
            raise
        self.tell_end(summary)
        return summary

    def go(
        self, redo: str | None, on_progress: Callable[[RunProgress], None] | None, *, accept_loss: bool
    ) -> RunSummary:
        """Do all of it."""
        self.context.events.tell("run.begun", model=self.context.run.llm, smeflow=__version__)
        if not accept_loss:
            refuse_new_name(self.context, self.recipe, self.workspace.root)
        self.crew.settle()
        self.notes.extend(collect_batches(self.context))
        self.take_in(accept_loss=accept_loss)
        reopen_finished(self.context, redo)
        company = self.workspace.company
        self.notes.extend(filter(None, [look_again_at_firm(self.context, self.recipe, company, redo)]))
        self.crew.work(self.stop, on_progress)
        self.notes.extend(() if self.stop.is_set() else submit_batches(self.context))
        self.worked = sum(count for state, count in self.crew.ended.items() if state != "open")
        if isinstance(self.recipe.source, RemarkingSource):
            self.notes.extend(self.recipe.source.remarks)
        self.notes.extend(filter(None, [outdated_notice(self.context)]))
        errors = self._deliver()
        summary = self._summary()
        history.end_run(self.store, self.context.run, stopped=summary.stopped, summary=_summary_json(summary))
        if self.halt.error is not None:
            raise self.halt.error
        unread = [*([self.unreached] if self.unreached else []), *self.unreadable]
        return replace(summary, failures=(*unread, *errors))

    def tell_end(self, summary: RunSummary | None, error: BaseException | None = None) -> None:
        """Tell the observers how the run ended."""
        told: dict[str, EventValue] = dict.fromkeys(EVENTS["run.ended"])
        told |= {"stopped": self.halt.why, "error": type(error).__name__ if error else None}
        if summary is not None:
            told |= {name: value for name, value in vars(summary).items() if name in told}
            told |= {"cost": str(summary.cost.amount), "currency": summary.cost.currency}
            told["problems"] = len(summary.failures)
        self.context.events.tell("run.ended", **told)
        self.context.events.flush()

    def take_in(self, *, accept_loss: bool) -> None:
        """Write down what the source has now; *accept_loss* is that of `run_recipe`."""
        source = self.recipe.source
        self._look_at_mount(accept_loss=accept_loss)
        intake = Intake(self.store, self.recipe.name, source.name)
        self.taken = intake.taken
        if not isinstance(source, ResumableSource):
            keep = isinstance(source, IntakeSource) and source.keeps_items
            intake.take(self.arrivals(), complete=source.complete, keep=keep, accept_loss=accept_loss)
            self.unreadable = [_stays(name, why) for name, why in self.taken.unreadable]
            return
        try:
            for batch in source.batches(LedgerMailIndex(self.store, self.recipe.name, source.name)):
                intake.take(_incoming(batch.arrivals), complete=False)
                batch.settle()
                if self.stop.is_set():
                    return
        except SourceError as error:  # a server that is away keeps nobody from what came in before
            self.unreached = error

    def arrivals(self) -> Iterator[Incoming]:
        """Go through what the source has now."""
        return _incoming(self.recipe.source.cases())

    def _look_at_mount(self, *, accept_loss: bool) -> None:
        """Refuse an empty folder where a share was mounted when it was last looked into.

        Raises:
            SourceError: The share is not mounted.
        """
        path = path_of(self.recipe.source)
        if path is None or not path.is_dir():
            return
        memory = LedgerSinkMemory(self.store, self.recipe.name)
        mark = f"\nmount {self.recipe.source.name}"  # a name no sink uses for itself
        whole = path.resolve()
        places = [str(place) for place in (whole, *whole.parents)]
        before, now = memory.get(mark, ""), next(filter(os.path.ismount, places), "")
        vanished = before in places and before != now and not os.path.ismount(before)
        if vanished and not accept_loss and not any(whole.iterdir()):
            raise SourceError(
                say(
                    "{share} is not mounted, and {path} is empty. Mount it again; if it is to be empty, "
                    "say so: smeflow run {recipe} --accept-loss",
                    share=before,
                    path=path,
                    recipe=self.recipe.name,
                )
            )
        now = "" if now == places[-1] else now  # what lies on the root lies on no share
        if now != before:
            memory[mark] = now

    def _deliver(self) -> list[SinkError]:
        """Write the outputs; not on a full disk, and not when somebody waits for the process to end."""
        if self.halt.why in ("full", "broken") or self.stop.is_set():
            return []
        notes, errors = replace(self.projection, acting=self.unreached is None).put()
        self.notes.extend(notes)
        return errors

    def _summary(self) -> RunSummary:
        now: Counts = count_items(self.store, self.recipe.name)
        source, models = self.recipe.source, self.context.notices()
        reasons = (self.halt.away, self.halt.phrase, self.halt.waits)
        self.notes[:0] = [*(why for why in reasons if why is not None), *models]
        meter, currency = self.context.meter, self.context.budget.currency
        asked = self.store.read("asked in run", run=self.context.run.id)[0]["items"]
        spared = max(0, self.worked - asked) if self.context.has_model else None
        return RunSummary(
            items=now.items,
            **asdict(now),
            calls=meter.calls,
            cost=nanos_to_money(meter.nanos, currency),
            notes=tuple(self.notes),
            models=tuple(models),
            stopped=self.halt.why,
            seconds=round(time.monotonic() - self.began, 3),
            worked=self.worked,
            left_out=source.left_out if isinstance(source, SelectiveSource) else (),
            spared=spared,
            saved=nanos_to_money(meter.nanos * (spared or 0) // asked, currency) if asked else None,
        )


def _stays(name: str, why: Phrase) -> SourceError:
    return SourceError(
        say("{name}: {why}. What was taken in of it before stays as it was.", name=name, why=why)
    )


def left_out_counted(names: Sequence[str]) -> dict[str, object]:
    """Give how many there are, and the first of them by name."""
    return {"count": len(names), "names": list(names[:LEFT_OUT_NAMED])}


def _summary_json(summary: RunSummary) -> str:
    fields = asdict(replace(summary, notes=(), failures=(), models=()))
    del fields["audit"]  # its own entry comes after it
    fields["models"] = [phrase_to_json(phrase) for phrase in summary.models]
    fields["left_out"] = left_out_counted(summary.left_out)
    fields |= {"cost": str(summary.cost), "saved": summary.saved and str(summary.saved)}
    return json.dumps(fields | {"notes": [str(note) for note in summary.notes]})


def _incoming(arrivals: Iterator[Arrival | UnreadableArrival]) -> Iterator[Incoming]:
    for arrival in arrivals:
        yield _as_refused(arrival) if isinstance(arrival, UnreadableArrival) else _as_incoming(arrival)


def _as_incoming(arrival: Arrival) -> Incoming:
    return Incoming(
        key=arrival.key,
        version=arrival.version,
        name=arrival.name,
        media_type=arrival.media_type,
        data=arrival.data,
        fields=arrival.fields,
        unique=arrival.media_type == ROW,
    )


def _as_refused(arrival: UnreadableArrival) -> Incoming:
    key = arrival.key
    return Incoming(key=key, version="", name=key, media_type="", data=b"", refused=arrival.phrase)
