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
from smeflow.documents.document import MAIL, ROW, Document, is_message
from smeflow.documents.file import MSG
from smeflow.documents.mail import headers_of
from smeflow.documents.read import DocumentCache
from smeflow.engine.cases import ResultCodec, document_of, values_of
from smeflow.errors import DocumentError, SinkError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Effect
from smeflow.kinds.sinks import (
    ActingSink,
    DeliveringSink,
    DeliveryAnswer,
    HoldingSink,
    Parcel,
    Put,
    Sink,
    SinkItem,
)
from smeflow.ledger.finish import results_of
from smeflow.ledger.history import LedgerSinkMemory, last_delivery, record_delivery
from smeflow.ledger.items import change_count, item_of
from smeflow.ledger.mail import EffectLog, EffectRow, slot_of
from smeflow.ledger.reviews import reviews_of, standing_decisions
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import LedgerStore, blob_data
from smeflow.mail.effects import FinishedItems, apply_effects

KIND = "webhook"
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
    unsettled = iter(effects.unsettled(acting=True))
    while batch := list(islice(unsettled, BATCH_SIZE)):
        jobs = _prepare(effects, sink, finished, batch)
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            answers = list(pool.map(lambda job: _attempt(store, sink, job, pause), jobs))
        done = [(job, answer) for job, answer in zip(jobs, answers, strict=True) if answer.took]
        effects.write([_as_done(job, answer) for job, answer in done])
        _settle(effects, finished, [job.item for job, _ in done])
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


def _prepare(
    effects: EffectLog, sink: DeliveringSink, finished: FinishedItems, items: Sequence[ItemRow]
) -> list[_Delivery]:
    """Note down what is about to be delivered; what was already, or is not wanted, is settled."""
    jobs: list[_Delivery] = []
    settled: list[ItemRow] = []
    for item, parcel in _parcels(sink, finished, items):
        before = effects.of(item.id)
        effect = Effect(kind=KIND, target=parcel.id) if parcel else None
        old = before.get(slot_of(effect)) if effect else None
        if parcel is None or effect is None or (old is not None and old.state == "done"):
            settled.append(item)
            continue
        sent = [row for row in before.values() if row.effect.kind == KIND and row.state == "done"]
        corrects = str(sent[-1].effect.target) if sent else ""
        detail = {"to": parcel.to, "corrects": corrects}
        row = old or EffectRow(item=item.id, effect=effect, state="begun", run=finished.run, detail=detail)
        jobs.append(_Delivery(item, parcel, str(row.detail.get("corrects", "")), row))
    effects.write(job.row for job in jobs if not job.row.id)
    _settle(effects, finished, settled)
    return jobs


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


def _settle(effects: EffectLog, finished: FinishedItems, items: Sequence[ItemRow]) -> None:
    effects.settle(items, finished.run, acting=True, decided={})


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

    def put(self) -> tuple[list[Phrase], list[SinkError]]:
        """Put all finished items into every sink; give what people should know, and what went wrong.

        One sink that cannot be written does not keep the others from it.
        """
        memory = LedgerSinkMemory(self.store, self.recipe)
        notes: list[Phrase] = []
        errors: list[SinkError] = []
        for sink in self.sinks:
            try:
                if isinstance(sink, ActingSink):
                    notes.extend(apply_effects(self.store, sink, self, self.source) if self.acting else ())
                elif isinstance(sink, DeliveringSink):
                    notes.extend(deliver_items(self.store, sink, self))
                else:
                    notes.extend(self._put(sink, memory))
            except SinkError as error:
                errors.append(error)
        return notes, errors

    def _put(self, sink: Sink, memory: LedgerSinkMemory) -> Iterable[Phrase]:
        mark = f"\nput {sink.name}"  # a name no sink uses for itself
        state = hash_of([change_count(self.store, self.recipe), self.meaning])
        if memory.get(mark, "").split(" ")[:1] == [state] and self._untouched(memory[mark]):
            return ()
        waiting = self._held() if isinstance(sink, HoldingSink) and sink.keeps_held else ()
        put = sink.put(chain(self.items(), waiting), memory)
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
        names: dict[int, str] = {}
        with self.store.snapshot() as now:
            values = groupby(now.rows("values of recipe", recipe=self.recipe), key=itemgetter("item"))
            following = next(values, None)
            for row in now.rows("items in state", recipe=self.recipe, state="done"):
                item = item_of(row)
                results: dict[int, str] = {}
                if following is not None and following[0] == item.id:
                    results = {result["id"]: result["value"] for result in following[1]}
                    following = next(values, None)
                names[item.id] = item.key
                if item.parts is None:  # what was split has no row of its own
                    case = Case(id=item.key, documents=(self._document(item),), known=self.known)
                    finished = self._finished(item, case, results)
                    yield replace(
                        finished, parent=names.get(item.parent) if item.parent is not None else None
                    )

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

    def _document(self, item: ItemRow) -> Document:
        """Give the document as bytes, name and fields. A row is read whole, a file's pages are not."""
        if item.media_type == ROW:
            return document_of(self.store, item)
        fields = _LazyHeaders(self.store, item, self.parsed) if _has_headers(item.media_type) else item.fields
        document = StoredDocument(name=item.name, media_type=item.media_type, fields=fields, sha256=item.blob)
        document.__dict__.pop("data")
        document.__dict__["_fetch"] = lambda: blob_data(self.store, item.blob)
        return document


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


def _has_headers(media_type: str) -> bool:
    return is_message(media_type) or media_type == MSG


_TEXT_FIELDS = ("language", "body")
"""What the headers alone do not say."""


class _LazyHeaders(Mapping[str, str]):
    """The fields of a message, read from its kept bytes when the first of them is asked for."""

    def __init__(self, store: LedgerStore, item: ItemRow, parsed: DocumentCache) -> None:
        self._store, self._item, self._parsed = store, item, parsed
        self._found: Mapping[str, str] | None = None

    def _fields(self) -> Mapping[str, str]:
        if self._found is None:
            data = blob_data(self._store, self._item.blob)
            plain = self._item.media_type == MAIL
            read = headers_of(data) if plain else self._whole()
            self._found = {**read, **self._item.fields}
        return self._found

    def __getitem__(self, name: str) -> str:
        fields = self._fields()
        if name in _TEXT_FIELDS and name not in fields:
            fields = self._found = {**self._whole(), **fields}
        return fields[name]

    def _whole(self) -> Mapping[str, str]:
        return document_of(self._store, self._item, self._parsed.read).fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields())

    def __len__(self) -> int:
        return len(self._fields())


class _FetchedBytes:
    """Gives a document's bytes when they are asked for, and keeps none."""

    def __get__(self, document: Any, _owner: type) -> bytes:
        return b"" if document is None else bytes(document.__dict__["_fetch"]())


class StoredDocument(Document):
    """A document whose bytes stay in the ledger until they are wanted."""

    data = _FetchedBytes()


def _file_hash(path: Path) -> str:
    return sha256(path.read_bytes())
