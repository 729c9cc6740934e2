"""Deliver finished items to another program: noted before it is tried, and tried until it is taken."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from smeflow.errors import DocumentError, SinkError
from smeflow.i18n import Phrase, say
from smeflow.ledger.effects import EffectRow, Effects, slot_of
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import Store
from smeflow.mailboxes.base import Effect
from smeflow.runner.finished import Finished
from smeflow.sinks.base import Delivered, Delivering, Parcel

KIND = "webhook"
TOGETHER, AT_ONCE, TRIES = 50, 8, 6
FIRST_WAIT_SECONDS, MOST_WAIT_SECONDS = 0.25, 60.0
GIVE_UP = 5
"""After so many deliveries in a row that nobody took, the others wait for the next run."""


@dataclass(frozen=True)
class _Job:
    item: ItemRow
    parcel: Parcel
    corrects: str
    row: EffectRow


def deliver(
    store: Store, sink: Delivering, finished: Finished, *, pause: Callable[[float], None] = time.sleep
) -> list[Phrase]:
    """Deliver every finished item once; what nobody takes is tried again by the next run, under the same id.

    Raises:
        SinkError: Some were not taken, or none may be sent; the others are delivered and kept.
    """
    effects = Effects(store, finished.recipe, sink.name)
    taken, refused, row_of_refusals = 0, [], 0
    going = iter(effects.unsettled(acting=True))
    while some := list(islice(going, TOGETHER)):
        jobs = _prepared(effects, sink, finished, some)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda job: _tried(store, sink, job, pause), jobs))
        done = [(job, said) for job, said in zip(jobs, answers, strict=True) if said.took]
        effects.write([_ended(job, said) for job, said in done])
        _settle(effects, finished, [job.item for job, _ in done])
        taken += len(done)
        refused += [said for said in answers if not said.took]
        row_of_refusals = 0 if done else row_of_refusals + len(answers)
        if row_of_refusals >= GIVE_UP:
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
    return [say("{n} delivered to {to}.", n=taken, to=sink.name)] if taken else []


def _prepared(effects: Effects, sink: Delivering, finished: Finished, items: Sequence[ItemRow]) -> list[_Job]:
    """Note down what is about to be delivered; what was already, or is not wanted, is settled."""
    jobs: list[_Job] = []
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
        jobs.append(_Job(item, parcel, str(row.detail.get("corrects", "")), row))
    effects.write(job.row for job in jobs if not job.row.id)
    _settle(effects, finished, settled)
    return jobs


def _parcels(
    sink: Delivering, finished: Finished, items: Sequence[ItemRow]
) -> Iterator[tuple[ItemRow, Parcel | None]]:
    for item in items:
        try:
            yield item, sink.parcel(finished.whole(item))
        except DocumentError:
            continue


def _tried(store: Store, sink: Delivering, job: _Job, pause: Callable[[float], None]) -> Delivered:
    """Try until it is taken, refused for good, or the tries are used up."""
    wait = FIRST_WAIT_SECONDS
    for left in range(TRIES - 1, -1, -1):
        said = sink.deliver(job.parcel, job.corrects, int(store.clock().timestamp()))
        asked = max(wait, said.wait_seconds or 0.0)
        if said.took or said.final or not left or asked > MOST_WAIT_SECONDS:
            break
        pause(asked)
        wait *= 2
    return said


def _ended(job: _Job, said: Delivered) -> EffectRow:
    return replace(job.row, state="done", detail={**job.row.detail, "status": said.status})


def _settle(effects: Effects, finished: Finished, items: Sequence[ItemRow]) -> None:
    effects.settle(items, finished.run, acting=True, told={})


def _why(said: Delivered) -> str:
    return f"{said.status} {said.reason}".strip() if said.status else said.reason
