"""The ledger as a `CallLog`: every attempt is written before it is sent, every answer before it is used."""

import json
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any, Protocol

from smeflow._text import canonical_json, sha256
from smeflow.core.events import NOBODY, EventValue, RunEvents
from smeflow.errors import BudgetSpent, LLMError, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.ledger.audit import add_audit_entry, know_salt
from smeflow.ledger.budget import Budget, Purse, adjust_spent, spend
from smeflow.ledger.items import LeaseLost
from smeflow.ledger.replies import Recalls, call_fields, find_recalled, recalled_json, reply_json, reply_of
from smeflow.ledger.rows import ItemRow, pictures_in
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row, Transaction
from smeflow.llm.call_log import Scope, Ticket
from smeflow.llm.interface import Message, ModelEndpoint, Reply, Request
from smeflow.money import Money


class CallMeter(Protocol):
    """Counts calls as they are reserved and settled, all those of a run."""

    @property
    def settled(self) -> int:
        """How many were settled."""
        ...

    def begin(self) -> None:
        """Note a call that is being reserved."""
        ...

    def withdraw(self) -> None:
        """Note that it was not reserved."""
        ...

    def wait(self, settled: int) -> bool:
        """Wait for one more than *settled*; False where none is under way, or the run ends."""
        ...

    def note(self, nanos: int) -> None:
        """Note one settled call and what it cost."""
        ...


@dataclass(frozen=True, kw_only=True)
class LedgerCallLog:
    """The calls of one step of one claimed item. Implements `CallLog`."""

    store: LedgerStore
    item: ItemRow
    scope: Scope
    run: int
    purse: str
    """Names the run's budget; a run that goes on after a crash goes on with the same one."""
    budget: Budget
    meter: "CallMeter | None" = None
    """Told of each settled call and its cost, for the progress line."""
    _under_way: dict[tuple[str, int], Row] = field(default_factory=dict, repr=False)
    recalls: Recalls | None = None
    """Spares looking for what was never asked; one for all logs of a run."""
    events: RunEvents = NOBODY
    """Told how each attempt ended."""
    _sent: dict[tuple[str, int], tuple[float, int]] = field(default_factory=dict, repr=False)
    """When each attempt was sent, and which asking again it is."""

    def find(self, key: str) -> Reply | None:
        """Give the reply settled under *key*, marked ``replayed``."""
        if self.item.lease == 1:
            return None  # nobody held this item before, so nothing was ever asked for it
        row = self.store.first("reply", key=key)
        return reply_of(row[0]) if row else None

    def recall(self, request: Request, place: ModelEndpoint) -> Reply | None:
        """Give a reply the same model gave to an equal request of any item.

        What somebody asked for again is asked again.
        """
        if self.scope.take:
            return None
        name = (request.hash, place.provider, place.model)
        if self.recalls is not None:
            return self.recalls.find(name)
        return find_recalled(self.store, name)

    def reserve(
        self,
        key: str,
        request: Request,
        place: ModelEndpoint,
        worst: Money | None,
        *,
        beside: Callable[[Transaction, Row], None] | None = None,
    ) -> Ticket:
        """Write the attempt down and set its worst cost aside; durable before this returns.

        *beside* writes more about it in the same transaction.

        Where too little is left because calls under way have their worst cost set aside, this waits for them:
        they mostly cost far less.

        Raises:
            BudgetSpent: Too little is left for the item, the run or the month.
        """
        nanos = self.budget.nanos(worst)
        asked = _request_json(request, pictures=place.sees is not None)

        def job(transaction: Transaction) -> Row:
            row = transaction.first("lease of item", id_=self.item.id)
            if row is None or row[0] != self.item.lease:
                raise LeaseLost(self.item.id)
            know_salt(transaction, self.item.id, self.item.salt)
            month = f"{self.store.clock():%Y-%m}"
            if nanos:
                spend(transaction, self._purses(month), nanos, self.budget.currency)
            call = self._row(
                key=key,
                attempt=self._attempt(transaction, key),
                request_hash=request.hash,
                asked=asked,
                place=place,
                worst=worst,
                nanos=nanos,
                month=month,
                at=self.store.now(),
            )
            call["id"] = transaction.add("calls", call)
            if beside is not None:
                beside(transaction, call)
            return call

        call = self._reserved(job)
        self._under_way[key, call["attempt"]] = call
        self._sent[key, call["attempt"]] = (time.monotonic(), request.again)
        return Ticket(key=key, attempt=call["attempt"], worst=worst)

    def _reserved(self, job: Callable[[Transaction], Row]) -> Row:
        meter = self.meter
        while meter is not None:
            settled = meter.settled
            meter.begin()
            try:
                return self.store.write(job)
            except BudgetSpent as error:
                meter.withdraw()
                if error.whose == "item" or not meter.wait(settled):
                    raise
            except BaseException:
                meter.withdraw()
                raise
        return self.store.write(job)

    def keep(self, key: str, request: Request, place: ModelEndpoint, reply: Reply) -> None:
        """Write down that *reply* was recalled and used here; durable a moment later, since it cost nothing.

        The request's words stand with the first call that had them.
        """
        written = recalled_json(reply) if self.recalls is None else self.recalls.written(reply)
        at = self.store.now()

        def job(transaction: Transaction) -> None:
            call = self._row(
                key=key,
                attempt=1 if self.item.lease == 1 else self._attempt(transaction, key),
                request_hash=request.hash,
                asked="{}",
                place=place,
                worst=None,
                nanos=0,
                month=at[:7],
                at=at,
            )
            number = transaction.add("calls", call)
            end = _NOTHING | {"call": number, "request_hash": request.hash, "at": at}
            transaction.add("ends", end | {"state": "recalled", "reply": written, "model": reply.model})

        self.store.write_later(job, lambda _: None)
        call = {"attempt": 1, "provider": place.provider, "model": place.model}
        self._tell(call, None, _NOTHING | {"model": reply.model}, (time.monotonic(), request.again))

    def _attempt(self, transaction: Transaction, key: str) -> int:
        """Count the attempts under *key*, this one included."""
        row = transaction.first("attempts", key=key)
        return int(row[0]) + 1 if row else 1

    def settle(self, ticket: Ticket, end: Reply | LLMError) -> None:
        """Write down how the attempt ended and what it cost; durable before this returns.

        This asks for no lease: what was paid is true whoever holds the item now.
        """
        call = self._under_way.pop((ticket.key, ticket.attempt))

        ended: list[Row] = []

        def job(transaction: Transaction) -> int:
            row = _end(call, end, self.budget, self.store.now())
            ended[:] = [row]
            know_salt(transaction, self.item.id, self.item.salt, call=call["id"])
            transaction.add("ends", row)
            _give_back(transaction, call, row, self._purses(call["month"]))
            outcome = [row["state"], row["model"], row["cost"], sha256(row["reply"] or row["error"] or "")]
            outcome += [picture.sha256 for picture in pictures_in(call["request"])]
            salt = self.item.salt
            add_audit_entry(
                transaction,
                at=row["at"],
                kind="call",
                item=self.item.id,
                salt=salt,
                payload=[call["step"], *outcome],
            )
            return int(row["nanos"])

        nanos = self.store.write(job)
        if self.meter is not None:
            self.meter.note(nanos)
        if self.recalls is not None and isinstance(end, Reply):
            self.recalls.add(call["request_hash"])
        self._tell(call, end, ended[0], self._sent.pop((ticket.key, ticket.attempt)))

    def _tell(self, call: Row, end: Reply | LLMError | None, row: Row, sent: tuple[float, int]) -> None:
        """Tell the observers how an attempt ended; *end* is None for a reply that was recalled."""
        began, again = sent
        fields = call_fields(call, end, row)
        seconds = round(time.monotonic() - began, 4)
        self.events.tell(
            "call.ended", item=self.item.id, step=self.scope.step, again=again, seconds=seconds, **fields
        )

    def waited(self, place: ModelEndpoint, **told: EventValue) -> None:
        """Tell the observers of a wait; see `WaitLog`."""
        item, step = self.item.id, self.scope.step
        asked = {"provider": place.provider, "model": place.model}
        self.events.tell("wait.ended", item=item, step=step, **asked, **told)

    def resume(self, call: Row) -> None:
        """Let an attempt that another run reserved be settled here."""
        self._under_way[call["key"], call["attempt"]] = call
        self._sent[call["key"], call["attempt"]] = (time.monotonic(), 0)

    def _purses(self, month: str) -> tuple[Purse, ...]:
        budget = self.budget
        shared = (
            Purse(name=self.purse, whose="run", limit=budget.run, words=say("of one run")),
            Purse(
                name=f"month {month}",
                whose="month",
                limit=budget.month,
                words=say("of the month {month}", month=month),
            ),
        )
        if budget.item is None:
            return shared
        of_item = Purse(
            name=f"item {self.item.id}", whose="item", limit=budget.item, words=say("of one item")
        )
        return (of_item, *shared)

    def _row(
        self,
        *,
        key: str,
        attempt: int,
        request_hash: str,
        asked: str,
        place: ModelEndpoint,
        worst: Money | None,
        nanos: int,
        month: str,
        at: str,
    ) -> Row:
        return {
            "key": key,
            "attempt": attempt,
            "item": self.item.id,
            "version": self.scope.version,
            "step": self.scope.step,
            "fingerprint": self.scope.fingerprint,
            "take": self.scope.take,
            "run": self.run,
            "request_hash": request_hash,
            "request": asked,
            "provider": place.provider,
            "model": place.model,
            "worst": str(worst.amount) if worst else None,
            "currency": worst.currency if worst else None,
            "nanos": nanos,
            "month": month,
            "at": at,
        }


def _request_json(request: Request, *, pictures: bool) -> str:
    """Write what is sent; *pictures*: the model sees, so they are sent too and stand here by their hash."""
    return canonical_json(
        {
            "messages": [_message(m, pictures=pictures) for m in request.messages],
            "schema": request.schema.name if request.schema else None,
            "max_output_tokens": request.max_output_tokens,
            "temperature": request.temperature,
            "again": request.again,
        }
    )


def _message(message: Message, *, pictures: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if pictures and message.images:
        body["images"] = [
            {"sha256": image.sha256, "media_type": image.media_type, "size": len(image.data)}
            for image in message.images
        ]
    return body


_NOTHING: Row = {
    "reply": None,
    "error": None,
    "model": "",
    "input_tokens": 0,
    "output_tokens": 0,
    "cached_tokens": 0,
    "estimated": 0,
    "cost": None,
    "currency": None,
    "nanos": 0,
}


def _end(call: Row, end: Reply | LLMError, budget: Budget, at: str) -> Row:
    """Make the row of an attempt's end. One that broke after it was sent costs what was set aside."""
    row = _NOTHING | {"call": call["id"], "request_hash": call["request_hash"], "at": at}
    if isinstance(end, Reply):
        usage = end.usage
        return row | {
            "state": "answered",
            "reply": reply_json(end),
            "model": end.model,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_tokens": usage.cached_input_tokens,
            "estimated": int(usage.estimated),
            "cost": str(end.cost.amount) if end.cost else None,
            "currency": end.cost.currency if end.cost else None,
            "nanos": budget.nanos(end.cost),
        }
    row |= {"state": "broken", "error": f"{type(end).__name__}: {end}"}
    if may_be_paid(end):
        row |= {"estimated": 1, "cost": call["worst"], "currency": call["currency"], "nanos": call["nanos"]}
    return row


def may_be_paid(end: LLMError) -> bool:
    """Tell whether an attempt that ended so may have been processed, and so billed.

    A rejection and a rate limit are answered before any work; anything else that was sent may have cost.
    """
    if isinstance(end, LLMUnavailable):
        return end.sent and end.kind != "rate"
    return not isinstance(end, LLMRejected)


def _give_back(transaction: Transaction, call: Row, end: Row, purses: tuple[Purse, ...]) -> None:
    for purse in purses:
        adjust_spent(transaction, purse.name, end["nanos"] - call["nanos"])


def settle_lost_calls(store: LedgerStore, recipe: str, items: Container[int] | None = None) -> int:
    """End the attempts a crash left under way: each may have been answered, and costs what was set aside.

    Only the holder of the recipe's run may do this; *items*: of these alone, since others are in good hands.
    Gives how many there were.
    """

    def job(transaction: Transaction) -> int:
        rows = transaction.rows("unended", recipe=recipe)
        unended = [call for call in rows if items is None or call["item"] in items]
        lost = [call for call in unended if not _is_deferred(transaction, recipe, call)]
        for call in lost:
            error = LLMUnavailable(say("the process ended during the call"), kind="outage", sent=True)
            transaction.add("ends", _end(call, error, Budget(), store.now()))
        return len(lost)

    return store.write(job)


def deferred_name(recipe: str, key: str) -> str:
    """Give the name under which `memory` keeps that a call waits for a batch."""
    return f"{recipe}\n\nbatched {key}"


def _is_deferred(transaction: Transaction, recipe: str, call: Row) -> bool:
    row = transaction.first("get memory", name_=deferred_name(recipe, call["key"]))
    return row is not None and json.loads(row[1])["call"] == call["id"]
