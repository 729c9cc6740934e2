"""Calls that wait for a batch: kept over runs, with their worst cost set aside, until an answer is settled.

They stand among the calls as every other; `memory` says beside them, by recipe, what waits in which batch.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from smeflow._text import canonical_json
from smeflow.errors import LLMError
from smeflow.ledger.budget import Budget
from smeflow.ledger.calls import CallMeter, LedgerCallLog, deferred_name
from smeflow.ledger.items import item_of
from smeflow.ledger.replies import Recalls
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row, Transaction
from smeflow.llm.call_log import Scope, Ticket
from smeflow.llm.interface import Message, ModelEndpoint, Reply, Request
from smeflow.money import Money

WAITS: Literal["waits"] = "waits"
DIRECT: Literal["direct"] = "direct"


@dataclass(frozen=True, kw_only=True)
class DeferredCall:
    """A question that waits."""

    key: str
    call: int
    purse: str
    provider: str
    model: str
    address: str
    body: str
    state: Literal["waits", "direct"] = WAITS
    batch: str = ""
    """Our name of the batch it went with; empty: none yet."""

    @property
    def place(self) -> tuple[str, str, str]:
        """Whom it is for."""
        return self.provider, self.model, self.address


@dataclass(frozen=True, kw_only=True)
class BatchJob:
    """A batch that was handed in, or was about to be."""

    name: str
    provider: str
    model: str
    address: str
    id: str = ""
    """The provider's; empty: a crash may have come before it was written down."""

    @property
    def place(self) -> tuple[str, str, str]:
        """Who has it."""
        return self.provider, self.model, self.address


class DeferringCallLog(LedgerCallLog):
    """The calls of one step of one item, of which some wait for a batch. Implements `DeferringLog`."""

    def deferral(self, key: str) -> Literal["", "waits", "direct"]:
        """Tell whether the question waits."""
        row = self.store.first("get memory", name_=deferred_name(self.scope.recipe, key))
        if row is None:
            return ""
        return DIRECT if json.loads(row[1])["state"] == DIRECT else WAITS

    def defer(self, key: str, request: Request, place: ModelEndpoint, worst: Money | None, body: str) -> None:
        """Write the question down for a batch, in one transaction with what is set aside for it."""

        def beside(transaction: Transaction, call: Row) -> None:
            kept = DeferredCall(
                key=key,
                call=call["id"],
                purse=self.purse,
                provider=place.provider,
                model=place.model,
                address=place.base_url,
                body=body,
            )
            _put(transaction, self.scope.recipe, kept)

        ticket = self.reserve(key, request, place, worst, beside=beside)
        self._under_way.pop((ticket.key, ticket.attempt))
        if self.meter is not None:
            self.meter.withdraw()


def _put(transaction: Transaction, recipe: str, call: DeferredCall) -> None:
    name = deferred_name(recipe, call.key)
    transaction.put("memory", {"name": name, "value": canonical_json(vars(call))})


def _job_name(recipe: str, name: str) -> str:
    return f"{recipe}\n\nbatch job {name}"


def deferred_calls(store: LedgerStore, recipe: str) -> list[DeferredCall]:
    """Give the questions of a recipe that a batch took along, or is to take, in the order of their keys."""
    return [DeferredCall(**value) for value in _values(store, deferred_name(recipe, ""))]


def batch_jobs(store: LedgerStore, recipe: str) -> list[BatchJob]:
    """Give the batches of a recipe whose answers were not read yet."""
    return [BatchJob(**value) for value in _values(store, _job_name(recipe, ""))]


def _values(store: LedgerStore, start: str) -> list[dict[str, Any]]:
    rows = store.tuples("all memory")
    return [json.loads(value) for name, value, *_ in sorted(rows) if name.startswith(start)]


def begin_batch(store: LedgerStore, recipe: str, job: BatchJob, calls: Iterable[DeferredCall]) -> None:
    """Write down which questions are about to be handed in, before they are."""

    def write(transaction: Transaction) -> None:
        transaction.put("memory", {"name": _job_name(recipe, job.name), "value": canonical_json(vars(job))})
        for call in calls:
            _put(transaction, recipe, replace(call, batch=job.name))

    store.write(write)


def end_batch(store: LedgerStore, recipe: str, job: BatchJob, again: Iterable[DeferredCall] = ()) -> None:
    """Forget a batch; the questions in *again* go with the next one."""

    def write(transaction: Transaction) -> None:
        transaction.drop("forget memory", name_=_job_name(recipe, job.name))
        for call in again:
            _put(transaction, recipe, replace(call, batch=""))

    store.write(write)


def settle_deferred(
    store: LedgerStore,
    recipe: str,
    call: DeferredCall,
    end: Reply | LLMError,
    *,
    budget: Budget,
    meter: CallMeter,
    recalls: Recalls | None,
) -> None:
    """Settle what a batch gave; where it is no answer, the question is asked directly from now on.

    What was settled before a crash is settled once.
    """
    if store.first("get ends", call_=call.call) is None:
        row = store.read("get calls", id_=call.call)[0]
        scope = Scope(
            recipe=recipe,
            item="",
            version=row["version"],
            step=row["step"],
            fingerprint=row["fingerprint"],
            take=row["take"],
        )
        item = item_of(store.read("get items", id_=row["item"])[0])
        log = LedgerCallLog(
            store=store, item=item, scope=scope, run=row["run"], purse=call.purse, budget=budget, meter=meter,
            recalls=recalls,
        )  # fmt: skip
        meter.begin()
        worst = Money(Decimal(row["worst"]), row["currency"]) if row["worst"] is not None else None
        log.resume(row)
        log.settle(Ticket(key=call.key, attempt=row["attempt"], worst=worst), end)

    def forget(transaction: Transaction) -> None:
        if isinstance(end, Reply):
            transaction.drop("forget memory", name_=deferred_name(recipe, call.key))
        else:
            _put(transaction, recipe, replace(call, state=DIRECT, body=""))

    store.write(forget)


def request_of(store: LedgerStore, call: DeferredCall) -> Request:
    """Give the question as it is written with its call, without its schema."""
    written: Mapping[str, object] = json.loads(store.read("get calls", id_=call.call)[0]["request"])
    messages = written["messages"]
    assert isinstance(messages, list)  # noqa: S101 - as `LedgerCallLog` writes it
    return Request(
        messages=tuple(Message(m["role"], m["content"]) for m in messages),
        max_output_tokens=int(str(written["max_output_tokens"])),
    )
