"""Batches of a run: at its beginning read what has come, at its end hand in what waits."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from smeflow.engine.context import RunContext
from smeflow.errors import LLMError, LLMRejected, LLMUnavailable
from smeflow.i18n import Phrase, say
from smeflow.ledger.deferred import (
    WAITS,
    BatchJob,
    DeferredCall,
    batch_jobs,
    begin_batch,
    deferred_calls,
    end_batch,
    request_of,
    settle_deferred,
)
from smeflow.llm.batch import BatchService, reply_in
from smeflow.llm.interface import Reply

MOST_QUESTIONS, MOST_BYTES = 10_000, 90_000_000
"""Of one file; what providers take is more."""


def collect_batches(context: RunContext) -> list[Phrase]:
    """Settle the answers that have come; give what went wrong. What has not come is waited for."""
    notes: list[Phrase] = []
    if not context.batches:
        return notes
    calls = deferred_calls(context.store, context.recipe)
    for job in batch_jobs(context.store, context.recipe):
        service = context.batches.get(job.place)
        if service is None:
            continue
        own = {call.key: call for call in calls if call.batch == job.name and call.state == WAITS}
        try:
            _collect(context, service, job, own)
        except LLMError as error:
            notes.append(error.phrase)
            if isinstance(error, LLMRejected) and error.reason in ("request", "model"):
                _give_up(context, job, own)  # the provider knows no such batch any more
    return notes


def _collect(context: RunContext, service: BatchService, job: BatchJob, own: dict[str, DeferredCall]) -> None:
    batch = job.id or service.find(job.name)
    if batch is None:  # it was never handed in
        end_batch(context.store, context.recipe, job, own.values())
        return
    status = service.status(batch)
    if status.state == "waiting":
        return
    for file in status.files:
        for answer in service.answers(file):
            call = own.pop(answer.key, None)
            if call is not None:
                request = request_of(context.store, call)
                _settle(context, call, reply_in(service.model, request, answer.response))
    _give_up(context, job, own)
    with suppress(LLMError):
        service.forget((*status.files, *status.sent))


def _give_up(context: RunContext, job: BatchJob, own: dict[str, DeferredCall]) -> None:
    """Let what a batch did not answer be asked directly, and forget the batch."""
    for call in own.values():
        phrase = say("The batch ended without an answer.")
        _settle(context, call, LLMUnavailable(phrase, kind="outage", sent=False))
    end_batch(context.store, context.recipe, job)


def _settle(context: RunContext, call: DeferredCall, end: Reply | LLMError) -> None:
    if isinstance(end, LLMUnavailable):
        end = LLMUnavailable(end.phrase, kind=end.kind, sent=False)  # a batch bills what it answered
    settle_deferred(
        context.store, context.recipe, call, end, budget=context.budget, meter=context.meter,
        recalls=context.recalls,
    )  # fmt: skip


def submit_batches(context: RunContext) -> list[Phrase]:
    """Hand in the questions that wait; give how many, and what went wrong.

    What goes with which batch is written down before: one whose id a crash kept from us is found again.
    """
    notes: list[Phrase] = []
    if not context.batches:
        return notes
    waiting = [c for c in deferred_calls(context.store, context.recipe) if c.state == WAITS and not c.batch]
    for place, service in context.batches.items():
        for part in _parts([call for call in waiting if call.place == place]):
            provider, model, address = place
            job = BatchJob(name=context.store.chance(), provider=provider, model=model, address=address)
            begin_batch(context.store, context.recipe, job, part)
            try:
                batch = service.create(job.name, {call.key: call.body for call in part})
            except LLMError as error:
                notes.append(error.phrase)
                continue
            handed_in = BatchJob(name=job.name, provider=provider, model=model, address=address, id=batch)
            begin_batch(context.store, context.recipe, handed_in, part)
            notes.append(
                say(
                    "{n} questions were handed to {provider} as a batch at half the price. Run again later.",
                    n=len(part),
                    provider=provider,
                )
            )
    return notes


def _parts(calls: Sequence[DeferredCall]) -> Iterator[list[DeferredCall]]:
    part: list[DeferredCall] = []
    size = 0
    for call in calls:
        if part and (len(part) >= MOST_QUESTIONS or size + len(call.body) * 2 > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(call)
        size += len(call.body) * 2
    if part:
        yield part
