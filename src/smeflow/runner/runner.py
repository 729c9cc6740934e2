"""Run a recipe: take in what its source has, work on all that is open, bring its sinks up to date."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from smeflow import __version__
from smeflow._text import hash_of
from smeflow.errors import SinkError, SmeflowError, SourceError
from smeflow.governance.crew import Models
from smeflow.i18n import Phrase
from smeflow.ledger import runs
from smeflow.ledger.calls import amount, settle_lost
from smeflow.ledger.intake import Incoming, Intake
from smeflow.ledger.items import abandon, counts
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.places import Places
from smeflow.ledger.rows import Counts
from smeflow.ledger.store import Store, utc_now
from smeflow.llm.base import Connected
from smeflow.money import Money
from smeflow.recipe.base import Recipe
from smeflow.recipe.workspace import Workspace
from smeflow.runner.desk import Desk, desk_for
from smeflow.runner.feed import Feed
from smeflow.runner.halt import Halt, Why
from smeflow.runner.lock import RecipeLock
from smeflow.runner.older import older, reopen_for
from smeflow.runner.projection import Projection
from smeflow.runner.work import work
from smeflow.sources.base import ROW, Arrival, Continuing, Unreadable

PATIENCE_SECONDS = 3.0
"""How long calls under way may end by themselves when a run is told to stop."""
TELL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is."""

    ended: int
    items: int
    rate: float
    """Items a second."""
    cost: Money
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class Summary:
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
    stopped: Why | None = None
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

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<td>{getattr(self, n)}</td>" for n in ("items", "done", "review", "failed", "skipped", "open")
        )
        heads = "<th>items</th><th>done</th><th>review</th><th>failed</th><th>skipped</th><th>open</th>"
        return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


def run_recipe(
    recipe: Recipe,
    workspace: Workspace,
    *,
    state: Path,
    llm: Connected | Models | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    redo: str | None = None,
    workers: int = 8,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Summary:
    """Run *recipe* once, keeping everything in the ledger in *state*.

    *redo*: ``changed`` also takes finished items that an older recipe made, ``stale`` those whose look-ups
    would be answered otherwise today, ``failed`` the failed ones, ``all`` every one. *stop*, once set, ends
    the run within seconds; the next one goes on.

    Raises:
        LedgerBusy: Another process runs this recipe.
        LedgerDamaged: The ledger is not what was written; nothing was asked.
        SourceError: The source cannot be read.
        SinkError: A target cannot be written; everything else is done and kept.
        OSError: The disk is full.
    """
    summary = run_to_end(
        recipe, workspace, state=state, llm=llm, on_progress=on_progress, redo=redo, workers=workers,
        stop=stop, clock=clock,
    )  # fmt: skip
    if summary.failures:
        raise summary.failures[0]
    return summary


def run_to_end(
    recipe: Recipe,
    workspace: Workspace,
    *,
    state: Path | str,
    llm: Connected | Models | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    redo: str | None = None,
    workers: int = 8,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Summary:
    """Run like `run_recipe`, and tell what could not be read or written at the end in the summary."""
    state = Path(state)
    with (
        RecipeLock(state, recipe.name),
        Ledger.open(state, currency=workspace.rates.currency, clock=clock) as ledger,
    ):
        return _Run(ledger.store, recipe, workspace, llm, stop or threading.Event(), workers).go(
            redo, on_progress
        )


class _Run:
    """One run, from the source to the sinks."""

    def __init__(
        self,
        store: Store,
        recipe: Recipe,
        workspace: Workspace,
        llm: Connected | Models | None,
        stop: threading.Event,
        workers: int,
    ) -> None:
        self.store, self.recipe, self.stop, self.workers = store, recipe, stop, workers
        self.began = time.monotonic()
        self.halt = Halt()
        self.notes: list[Phrase] = []
        self.unreached: SourceError | None = None
        self.worked = 0
        self.desk = desk_for(store, recipe, workspace, llm, self.halt, __version__)
        self.projection = Projection(
            store=store,
            recipe=recipe.name,
            steps=tuple(entry.step for entry in recipe.entries),
            sinks=recipe.sinks,
            meaning=hash_of([recipe.text_hash, __version__]),
            root=workspace.root,
            known=self.desk.known,
            source=recipe.source.name,
            run=self.desk.run.id,
            codec=self.desk.codec,
            parsed=self.desk.parsed,
        )

    def go(self, redo: str | None, on_progress: Callable[[Progress], None] | None) -> Summary:
        settle_lost(self.store, self.recipe.name)
        self._take_in()
        reopen_for(self.desk, redo)
        crew = _Crew(self.desk, self.workers)
        crew.work(self.stop, on_progress)
        self.worked = sum(count for state, count in crew.feed.ended.items() if state != "open")
        self.notes.extend(getattr(self.recipe.source, "remarks", ()))
        told = older(self.desk)
        self.notes.extend([told] if told else [])
        errors = self._deliver()
        summary = self._summary()
        runs.end(self.store, self.desk.run, stopped=summary.stopped, summary=_as_json(summary))
        if self.halt.error is not None:
            raise self.halt.error
        return replace(summary, failures=(*([self.unreached] if self.unreached else []), *errors))

    def _take_in(self) -> None:
        source = self.recipe.source
        intake = Intake(self.store, self.recipe.name, source.name)
        if not isinstance(source, Continuing):
            intake.take(_incoming(source.cases()), complete=source.complete)
            return
        try:
            for batch in source.batches(Places(self.store, self.recipe.name, source.name)):
                intake.take(_incoming(batch.arrivals), complete=False)
                batch.settle()
                if self.stop.is_set():
                    return
        except SourceError as error:  # a server that is away keeps nobody from what came in before
            self.unreached = error

    def _deliver(self) -> list[SinkError]:
        """Write the outputs; not on a full disk, and not when somebody waits for the process to end."""
        if self.halt.why in ("full", "broken") or self.stop.is_set():
            return []
        notes, errors = replace(self.projection, acting=self.unreached is None).put()
        self.notes.extend(notes)
        return errors

    def _summary(self) -> Summary:
        now: Counts = counts(self.store, self.recipe.name)
        if self.halt.phrase is not None:
            self.notes.insert(0, self.halt.phrase)
        meter, currency = self.desk.meter, self.desk.budget.currency
        asked = self.store.read("asked in run", run=self.desk.run.id)[0]["items"]
        spared = max(0, self.worked - asked) if self.desk.has_model else None
        return Summary(
            items=now.items,
            **asdict(now),
            calls=meter.calls,
            cost=amount(meter.nanos, currency),
            notes=tuple(self.notes),
            stopped=self.halt.why,
            seconds=round(time.monotonic() - self.began, 3),
            worked=self.worked,
            spared=spared,
            saved=amount(meter.nanos * (spared or 0) // asked, currency) if asked else None,
        )


def _as_json(summary: Summary) -> str:
    told = asdict(replace(summary, notes=(), failures=()))
    saved = None if summary.saved is None else str(summary.saved)
    return json.dumps(
        told | {"cost": str(summary.cost), "saved": saved, "notes": [str(n) for n in summary.notes]}
    )


def _incoming(found: Iterator[Arrival | Unreadable]) -> Iterator[Incoming]:
    for one in found:
        yield _unreadable(one) if isinstance(one, Unreadable) else _arrived(one)


def _arrived(one: Arrival) -> Incoming:
    return Incoming(
        key=one.key,
        version=one.version,
        name=one.name,
        media_type=one.media_type,
        data=one.data,
        fields=one.fields,
        unique=one.media_type == ROW,
    )


def _unreadable(one: Unreadable) -> Incoming:
    return Incoming(key=one.key, version="", name=one.key, media_type="", data=b"", refused=one.phrase)


class _Crew:
    """The threads that work, and the one that watches them."""

    def __init__(self, desk: Desk, workers: int) -> None:
        self.desk = desk
        self.feed = Feed(desk.store, desk.recipe, desk.halt, together=max(8, 2 * workers))
        self.workers = workers
        self._errors: list[BaseException] = []

    def work(self, stop: threading.Event, on_progress: Callable[[Progress], None] | None) -> None:
        """Work on everything that is open, until it is done, put off, or the run ends."""
        total = counts(self.desk.store, self.desk.recipe)
        if not total.open:
            return
        threads = [
            threading.Thread(target=self._one, name=f"smeflow-{n}", daemon=True)
            for n in range(min(self.workers, max(total.open, 1) if self.desk.split is None else self.workers))
        ]
        for thread in threads:
            thread.start()
        self._watch(threads, stop, on_progress, total)
        self.desk.store.flush()
        if self._errors:
            raise self._errors[0]

    def _one(self) -> None:
        try:
            while (item := self.feed.take()) is not None:
                self.feed.done(item, work(self.desk, item))
        except BaseException as error:  # noqa: BLE001 - told to whoever started the run
            self._errors.append(error)
            self.desk.halt.now("broken", error=error if isinstance(error, SmeflowError | OSError) else None)
        finally:
            self.feed.wake()

    def _watch(
        self,
        threads: list[threading.Thread],
        stop: threading.Event,
        on_progress: Callable[[Progress], None] | None,
        total: Counts,
    ) -> None:
        began, deadline, told, flushed = time.monotonic(), None, 0.0, time.monotonic()
        while any(thread.is_alive() for thread in threads):
            if stop.is_set():
                self.desk.halt.now("interrupted")
            now = time.monotonic()
            if now - flushed >= TELL_SECONDS:
                flushed = now
                self.desk.store.flush()
            if self.desk.halt.event.is_set():
                self.feed.wake()
                deadline = deadline or now + PATIENCE_SECONDS
                if now >= deadline:
                    self._give_up()
                    return
            if on_progress is not None and now - told >= TELL_SECONDS:
                told = now
                on_progress(self._progress(total, now - began))
            next((t for t in threads if t.is_alive()), threads[0]).join(0.05)
        if on_progress is not None:
            on_progress(self._progress(total, time.monotonic() - began))

    def _give_up(self) -> None:
        """Leave the calls that do not end: their items stay open, and what they still write is refused."""
        with contextlib.suppress(SmeflowError, OSError):
            abandon(self.desk.store, self.feed.under_way)

    def _progress(self, total: Counts, seconds: float) -> Progress:
        ended = sum(count for state, count in self.feed.ended.items() if state != "open")
        rate = ended / seconds if seconds > 0 else 0.0
        left = max(0, total.open - ended)
        cost = amount(self.desk.meter.nanos, self.desk.budget.currency)
        return Progress(
            ended=total.items - left,
            items=total.items,
            rate=round(rate, 2),
            cost=cost,
            seconds_left=left / rate if rate else None,
        )
