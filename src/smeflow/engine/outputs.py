"""What goes out: tables and files kept up to date with the ledger, and deliveries made once."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from smeflow._text import hash_of, sha256
from smeflow.core.case import Case, Known, Step
from smeflow.core.events import NOBODY, RunEvents
from smeflow.documents.read import DocumentCache
from smeflow.engine.cases import ResultCodec, document_of, has_headers, stored_document, values_of
from smeflow.errors import DocumentError, SinkError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Effect
from smeflow.kinds.sinks import (
    ActingSink,
    AttachmentSink,
    DeliveringSink,
    DeliveryAnswer,
    HoldingSink,
    Parcel,
    Put,
    RetractingSink,
    Sink,
    SinkItem,
)
from smeflow.ledger.finish import ASIDE, results_of
from smeflow.ledger.history import LedgerSinkMemory, last_delivery, record_delivery
from smeflow.ledger.items import change_count, item_of
from smeflow.ledger.mail import EffectLog, EffectRow, slot_of
from smeflow.ledger.reviews import reviews_of, standing_decisions
from smeflow.ledger.rows import DeliveryRow, ItemRow
from smeflow.ledger.store import LedgerStore
from smeflow.mail.effects import FinishedItems, apply_effects

KIND = "webhook"
IRREVOCABLE = frozenset((KIND, "send"))
RETRACTS, TOLD = "retracts", "told"
"""What stands beside an effect: that it takes the one before it back; that a person knows it cannot be."""
BATCH_SIZE, CONCURRENCY, ATTEMPTS = 50, 8, 6
FIRST_WAIT_SECONDS, MOST_WAIT_SECONDS = 0.25, 60.0
GIVE_UP_AFTER = 5
"""After so many deliveries in a row that nobody took, the others wait for the next run."""


@dataclass(frozen=True)
class _Delivery:
    item: ItemRow
    parcel: Parcel
    corrects: str
    row: EffectRow


def deliver_items(
    store: LedgerStore,
    sink: DeliveringSink,
    finished: FinishedItems,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> list[Phrase]:
    """Deliver every finished item once; what nobody takes is tried again by the next run, under the same id.

    Raises:
        SinkError: Some were not taken, or none may be sent; the others are delivered and kept.
    """
    effects = EffectLog(store, finished.recipe, sink.name)
    delivered, refused, refusals_in_a_row = 0, [], 0
    for jobs in _batches_of_jobs(effects, sink, finished):
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            answers = list(pool.map(lambda job: _attempt(store, sink, job, pause), jobs))
        done = [(job, answer) for job, answer in zip(jobs, answers, strict=True) if answer.took]
        effects.write([_as_done(job, answer) for job, answer in done])
        settled = [job.item for job, _ in done if job.item.state == "done"]
        effects.settle(settled, finished.run, acting=True, decided={})
        delivered += len(done)
        refused += [answer for answer in answers if not answer.took]
        refusals_in_a_row = 0 if done else refusals_in_a_row + len(answers)
        if refusals_in_a_row >= GIVE_UP_AFTER:
            break
    if refused:
        raise SinkError(
            say(
                "{to}: {n} deliveries were not taken: {why}. The next run tries them again.",
                to=sink.name,
                n=len(refused),
                why=_why(refused[-1]),
            )
        )
    return [say("{n} delivered to {to}.", n=delivered, to=sink.name)] if delivered else []


def _batches_of_jobs(
    effects: EffectLog, sink: DeliveringSink, finished: FinishedItems
) -> Iterator[list[_Delivery]]:
    """Give what is to be delivered: first what takes back what was rejected since, then what is new."""
    if isinstance(sink, RetractingSink):
        rejected = effects.of_rejected()
        withdrawals = (_retraction(sink, item, effects.of(item.id)) for item in rejected)
        jobs = iter([job for job in withdrawals if job is not None])
        while withdrawn := list(islice(jobs, BATCH_SIZE)):
            effects.write(job.row for job in withdrawn if not job.row.id)
            yield withdrawn
    unsettled = iter(effects.unsettled(acting=True))
    while batch := list(islice(unsettled, BATCH_SIZE)):
        yield _prepare(effects, sink, finished, batch)


def _prepare(
    effects: EffectLog, sink: DeliveringSink, finished: FinishedItems, items: Sequence[ItemRow]
) -> list[_Delivery]:
    """Note down what is about to be delivered; what was already, or is not wanted, is settled."""
    jobs: list[_Delivery] = []
    settled: list[ItemRow] = []
    for item, parcel in _parcels(sink, finished, items):
        before = effects.of(item.id)
        job = _delivery(item, parcel, before) if parcel else None
        if parcel is None and isinstance(sink, RetractingSink):
            job = _retraction(sink, item, before)
        if job is None:
            settled.append(item)
        else:
            jobs.append(replace(job, row=replace(job.row, run=job.row.run or finished.run)))
    effects.write(job.row for job in jobs if not job.row.id)
    effects.settle(settled, finished.run, acting=True, decided={})
    return jobs


def _delivery(item: ItemRow, parcel: Parcel, before: Mapping[str, EffectRow]) -> _Delivery | None:
    """Give what is to be delivered; None where it was already and stands."""
    last = max((row.id for row in before.values() if row.effect.kind == KIND), default=0)
    again, first = 1, parcel
    while (old := before.get(slot_of(Effect(kind=KIND, target=parcel.id)))) and old.id < last:
        again += 1  # it was told something else since, and leaves out an id that it has
        parcel = replace(first, id=f"{first.id}_{again}")
    if old is not None and old.state == "done":
        return None
    sent = [row for row in before.values() if row.effect.kind == KIND and row.state == "done"]
    corrects = str(sent[-1].effect.target) if sent and not sent[-1].detail.get(RETRACTS) else ""
    return _as_begun(item, parcel, old, {"to": parcel.to, "corrects": corrects})


def _retraction(sink: RetractingSink, item: ItemRow, before: Mapping[str, EffectRow]) -> _Delivery | None:
    """Give what takes back what was delivered of *item*; None where nothing of it stands."""
    held = _held_by_receiver(before)
    if not held:
        return None
    whole = SinkItem(
        recipe=item.recipe, key=item.key, name=item.name, version=item.version, case=Case(id=item.key),
        finished_at=item.ended_at,
    )  # fmt: skip
    delivered = held[0]
    parcel = sink.retraction(whole, delivered)
    old = before.get(slot_of(Effect(kind=KIND, target=parcel.id)))
    return _as_begun(item, parcel, old, {"to": parcel.to, "corrects": delivered, RETRACTS: True})


def _held_by_receiver(before: Mapping[str, EffectRow]) -> list[str]:
    """Give what a receiver may have: the last delivery it took, and what it was sent since, unanswered."""
    rows = [row for row in before.values() if row.effect.kind == KIND]
    told = [row for row in rows if not row.detail.get(RETRACTS)]
    since = max((row.id for row in told if row.state == "done"), default=0)
    taken_back = {row.detail["corrects"] for row in rows if row.detail.get(RETRACTS) and row.state == "done"}
    return [id_ for row in told if row.id >= since and (id_ := str(row.effect.target)) not in taken_back]


def _as_begun(item: ItemRow, parcel: Parcel, old: EffectRow | None, detail: Mapping[str, Any]) -> _Delivery:
    effect = Effect(kind=KIND, target=parcel.id)
    row = old or EffectRow(item=item.id, effect=effect, state="begun", detail=detail)
    return _Delivery(item, parcel, str(row.detail.get("corrects", "")), row)


def told_of_rejected(store: LedgerStore, sink: ActingSink | DeliveringSink, recipe: str) -> list[SinkError]:
    """Tell once what was sent and is rejected since, where the sink has no way to take it back."""
    if isinstance(sink, RetractingSink):
        return []
    effects = EffectLog(store, recipe, sink.name)
    names: list[str] = []
    for item in effects.of_rejected():
        holders = {item.id, item.parent or item.id}  # what is done with a part is done with its mail
        rows = [row for holder in sorted(holders) for row in effects.of(holder).values()]
        standing = [row for row in rows if row.state == "done" and not row.detail.get(TOLD)]
        sent = [row for row in standing if row.effect.kind in IRREVOCABLE]
        names += [item.name] if sent else []
        effects.write([replace(row, detail={**row.detail, TOLD: True}) for row in sent])
    if not names:
        return []
    return [
        SinkError(
            say(
                "{to}: {names} went out and was rejected since. That cannot be taken back from here: tell "
                "whoever got it.",
                to=sink.name,
                names=", ".join(names),
            )
        )
    ]


def _parcels(
    sink: DeliveringSink, finished: FinishedItems, items: Sequence[ItemRow]
) -> Iterator[tuple[ItemRow, Parcel | None]]:
    for item in items:
        try:
            yield item, sink.parcel(finished.whole(item))
        except DocumentError:
            continue


def _attempt(
    store: LedgerStore, sink: DeliveringSink, job: _Delivery, pause: Callable[[float], None]
) -> DeliveryAnswer:
    """Try until it is taken, refused for good, or the tries are used up."""
    wait = FIRST_WAIT_SECONDS
    for left in range(ATTEMPTS - 1, -1, -1):
        answer = sink.deliver(job.parcel, job.corrects, int(store.clock().timestamp()))
        delay = max(wait, answer.wait_seconds or 0.0)
        if answer.took or answer.final or not left or delay > MOST_WAIT_SECONDS:
            break
        pause(delay)
        wait *= 2
    return answer


def _as_done(job: _Delivery, answer: DeliveryAnswer) -> EffectRow:
    return replace(job.row, state="done", detail={**job.row.detail, "status": answer.status})


def _why(answer: DeliveryAnswer) -> str:
    return f"{answer.status} {answer.reason}".strip() if answer.status else answer.reason


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The sinks of one recipe."""

    store: LedgerStore
    recipe: str
    steps: tuple[Step[Any], ...]
    sinks: tuple[Sink | ActingSink | DeliveringSink, ...]
    meaning: str
    """Identifies what decides the sinks' content besides the items: the recipe's text, smeflow's version."""
    root: Path
    known: Known
    source: str = ""
    """What the recipe's source calls itself: whose mail it is."""
    run: int = 0
    acting: bool = True
    """Whether the source was gone through, so that it is known where each mail lies."""
    codec: ResultCodec = field(default_factory=ResultCodec)
    parsed: DocumentCache = field(default_factory=DocumentCache)
    """Reads documents; the run's, which has parsed them already."""
    events: RunEvents = NOBODY
    """Told of each sink that was brought up to date."""

    def put(self) -> tuple[list[Phrase], list[SinkError]]:
        """Put all finished items into every sink; give what people should know, and what went wrong.

        One sink that cannot be written does not keep the others from it.
        """
        memory = LedgerSinkMemory(self.store, self.recipe)
        notes: list[Phrase] = []
        errors: list[SinkError] = []
        for number, sink in enumerate(self.sinks, 1):
            began, before = time.monotonic(), len(errors)
            try:
                if isinstance(sink, ActingSink):
                    notes.extend(apply_effects(self.store, sink, self, self.source) if self.acting else ())
                elif isinstance(sink, DeliveringSink):
                    notes.extend(deliver_items(self.store, sink, self))
                else:
                    notes.extend(self._put(sink, memory))
                if isinstance(sink, ActingSink | DeliveringSink):
                    errors.extend(told_of_rejected(self.store, sink, self.recipe))
            except SinkError as error:
                errors.append(error)
            last = None if isinstance(sink, ActingSink | DeliveringSink) else self._last(sink)
            self.events.tell(
                "delivery.ended",
                sink=number,
                kind=type(sink).__name__,
                rows=last.rows if last else None,
                failed=len(errors) > before,
                seconds=round(time.monotonic() - began, 4),
            )
        return notes, errors

    def _last(self, sink: Sink) -> DeliveryRow | None:
        return last_delivery(self.store, self.recipe, sink.name) if self.events.observers else None

    def _put(self, sink: Sink, memory: LedgerSinkMemory) -> Iterable[Phrase]:
        mark = f"\nput {sink.name}"  # a name no sink uses for itself
        state = hash_of([change_count(self.store, self.recipe), self.meaning])
        if memory.get(mark, "").split(" ")[:1] == [state] and self._untouched(memory[mark]):
            return ()
        waiting = self._held() if isinstance(sink, HoldingSink) and sink.keeps_held else ()
        aside = self._aside() if isinstance(sink, AttachmentSink) and sink.takes_aside else ()
        put = sink.put(chain(self.items(), waiting, aside), memory)
        last = last_delivery(self.store, self.recipe, sink.name)
        if put.changed or last is None or last.sha256 != put.sha256:
            self._note(sink, put)
        if not put.notes and Path(put.path).is_file():
            memory[mark] = f"{state} {_file_hash(Path(put.path))} {put.path}"
        return put.notes

    def _note(self, sink: Sink, put: Put) -> None:
        record_delivery(
            self.store,
            recipe=self.recipe,
            sink=sink.name,
            path=put.path,
            sha256=put.sha256,
            key=hash_of([self.recipe, sink.name, put.sha256]),
            rows=put.rows,
        )

    def _untouched(self, mark: str) -> bool:
        """Tell whether the file is as it was left. A folder of files is always looked through by its sink."""
        _, content, path = mark.split(" ", 2)
        file = Path(path)
        return file.is_file() and _file_hash(file) == content

    def items(self) -> Iterator[SinkItem]:
        """Go through the finished items in the order they came in; what was split has no row of its own."""
        parents: dict[int, ItemRow] = {}
        with self.store.snapshot() as now:
            values = groupby(now.rows("values of recipe", recipe=self.recipe), key=itemgetter("item"))
            following = next(values, None)
            for row in now.rows("items in state", recipe=self.recipe, state="done"):
                item = item_of(row)
                results: dict[int, str] = {}
                if following is not None and following[0] == item.id:
                    results = {result["id"]: result["value"] for result in following[1]}
                    following = next(values, None)
                if item.parts is not None:  # what was split has no row of its own
                    parents[item.id] = item
                    continue
                finished = self._finished(item, self._stored_case(item), results)
                parent = parents.get(item.parent) if item.parent is not None else None
                yield replace(finished, **_as_part_of(parent)) if parent else finished

    def _stored_case(self, item: ItemRow) -> Case:
        document = stored_document(self.store, item, self.parsed)
        return Case(id=item.key, documents=(document,), known=self.known)

    def _aside(self) -> Iterator[SinkItem]:
        """Go through what came with the parts of finished mails and is none of them."""
        for row in self.store.read("items in state", recipe=self.recipe, state="skipped"):
            item = item_of(row)
            if item.reason.kind == ASIDE and item.parent is not None:
                parent = item_of(self.store.read("get items", id_=item.parent)[0])
                if parent.state == "done":
                    yield replace(self._item(item, self._stored_case(item)), **_as_part_of(parent))

    def _held(self) -> Iterator[SinkItem]:
        """Go through the items that wait, for sinks that keep what was put for them when they were done."""
        for state in ("review", "open"):
            for row in self.store.read("items in state", recipe=self.recipe, state=state):
                item = item_of(row)
                yield replace(self._item(item, Case(id=item.key, known=self.known)), held=True)

    def whole(self, item: ItemRow) -> SinkItem:
        """Give one finished item with its documents read again: for what is done once."""
        case = Case.of(document_of(self.store, item, self.parsed.read), id=item.key, known=self.known)
        return replace(self._finished(item, case), approved=approvals_of(self.store, item))

    def _finished(self, item: ItemRow, case: Case, results: Mapping[int, str] | None = None) -> SinkItem:
        """Give an item with the values it was finished with in its *case*."""
        for name, value in values_of(self.store, item, self.steps, self.codec, results).items():
            case = case.with_result(name, value)
        return replace(self._item(item, case), finished_at=item.ended_at)

    def _item(self, item: ItemRow, case: Case) -> SinkItem:
        return SinkItem(recipe=self.recipe, key=item.key, name=item.name, version=item.version, case=case)


def _as_part_of(parent: ItemRow) -> dict[str, Any]:
    return {"parent": parent.key, "attached": has_headers(parent.media_type)}


def approvals_of(store: LedgerStore, item: ItemRow) -> dict[str, str]:
    """Give the steps whose result, as the item was finished with it, a person let pass or gave."""
    hashes = {f"r{result.id}": result.hash for result in results_of(store, item.id)}
    decisions = standing_decisions(reviews_of(store, item.id), item.version)
    return {
        step: decision.person
        for step, decision in decisions.items()
        if (decision.action == "approve" and hashes.get(str(item.outcome.get(step))) == decision.result_hash)
        or (decision.action == "correct" and item.outcome.get(step) == f"d{decision.id}")
    }


def _file_hash(path: Path) -> str:
    return sha256(path.read_bytes())
