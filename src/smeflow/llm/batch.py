"""Questions that may wait for hours: handed in as a file, answered at half price when the provider has time.

Two interfaces: that of OpenAI (``/batches``) and that of Mistral (``/batch/jobs``). Both take a file of JSON
lines, name each question by ``custom_id``, and may be asked for a batch by a name of our own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from smeflow.errors import AnswerLater, LLMError
from smeflow.i18n import say
from smeflow.llm.call_log import CallLog
from smeflow.llm.error_mapping import error_from_library
from smeflow.llm.interface import LLM, ModelEndpoint, Reply, Request
from smeflow.llm.openai_compatible import OpenAICompatible
from smeflow.llm.wire import HttpResponse
from smeflow.llm.wrappers.accounting import worst_case_cost
from smeflow.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from openai import OpenAI

HALF = Decimal("0.5")
LOOK_AGAIN_MINUTES = 15
"""When an item that waits for a batch is tried again."""
BatchState = Literal["waiting", "done", "over"]
"""``over``: it came to nothing; what it did answer is there all the same."""
_OPENAI_STATES: Mapping[str, BatchState] = {
    "completed": "done", "failed": "over", "expired": "over", "cancelled": "over",
}  # fmt: skip
_MISTRAL_STATES: Mapping[str, BatchState] = {
    "SUCCESS": "done", "FAILED": "over", "TIMEOUT_EXCEEDED": "over", "CANCELLED": "over",
}  # fmt: skip


def at_half_price(place: ModelEndpoint) -> ModelEndpoint:
    """Give *place* as batches are billed."""
    price = place.price
    if price is None:
        return place
    halved = replace(
        price,
        input_per_million=price.input_per_million * HALF,
        output_per_million=price.output_per_million * HALF,
    )
    return replace(place, price=halved)


@dataclass(frozen=True, kw_only=True)
class BatchStatus:
    """How far a batch is, and the files its answers lie in."""

    state: BatchState
    files: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    """The files the questions lie in."""


@dataclass(frozen=True, kw_only=True)
class BatchedAnswer:
    """What came of one question of a batch."""

    key: str
    response: HttpResponse


@dataclass(frozen=True)
class BatchService:
    """The batches of one provider's model. Where it cannot be asked, each method raises `LLMError`."""

    model: OpenAICompatible
    hours: int

    @classmethod
    def of(cls, llm: object, hours: int) -> "BatchService | None":
        """Give the service behind *llm*; None where there is none."""
        from smeflow.llm.providers import PROVIDERS

        if not isinstance(llm, OpenAICompatible):
            return None
        known = {row.known_as for row in PROVIDERS.values() if "batch" in row.can}
        return cls(llm, hours) if llm.place.provider in known else None

    @property
    def _is_mistral(self) -> bool:
        return self.model.place.provider == "mistral_ai"

    def create(self, name: str, bodies: Mapping[str, str]) -> str:
        """Hand the *bodies* in by key, under a *name* of our own; give the batch's id."""
        path = f"/v1{self.model.dialect.path}"
        lines = [
            {"custom_id": key, "body": json.loads(body)}
            | ({} if self._is_mistral else {"method": "POST", "url": path})
            for key, body in bodies.items()
        ]
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        with self._client() as client:
            file = client.files.create(file=(f"{name}.jsonl", data), purpose="batch")
            order: dict[str, Any] = {"endpoint": path, "metadata": {"smeflow": name}}
            if self._is_mistral:
                order |= {"input_files": [file.id], "timeout_hours": self.hours}
                order["model"] = self.model.place.model
            else:
                order |= {"input_file_id": file.id, "completion_window": "24h"}
            jobs = "/batch/jobs" if self._is_mistral else "/batches"
            made: Any = client.post(jobs, body=order, cast_to=object)
            return str(made["id"])

    def find(self, name: str) -> str | None:
        """Look for the batch with that *name*: a crash came between handing it in and writing that down."""
        with self._client() as client:
            path = "/batch/jobs?page_size=100" if self._is_mistral else "/batches?limit=100"
            listed: Any = client.get(path, cast_to=object)
            jobs: Sequence[Mapping[str, Any]] = listed.get("data") or ()
            named = (job for job in jobs if (job.get("metadata") or {}).get("smeflow") == name)
            return next((str(job["id"]) for job in named), None)

    def status(self, batch: str) -> BatchStatus:
        """Ask how far a batch is."""
        with self._client() as client:
            if self._is_mistral:
                job: Any = client.get(f"/batch/jobs/{batch}", cast_to=object)
                state = _MISTRAL_STATES.get(job["status"], "waiting")
                files, sent = (job.get("output_file"), job.get("error_file")), job.get("input_files") or ()
            else:
                job = client.get(f"/batches/{batch}", cast_to=object)
                state = _OPENAI_STATES.get(job["status"], "waiting")
                files = (job.get("output_file_id"), job.get("error_file_id"))
                sent = (job.get("input_file_id"),)
            told, asked = (tuple(str(file) for file in each if file) for each in (files, sent))
            return BatchStatus(state=state, files=told, sent=asked)

    def answers(self, file: str) -> Iterator[BatchedAnswer]:
        """Read the answers in a file; a line that is none is left out."""
        with self._client() as client:
            data = client.files.content(file).content
        for line in data.splitlines():
            try:
                each = json.loads(line)
                response = each.get("response") or {}
                body = json.dumps(response.get("body") or {"error": each.get("error") or {}}).encode()
                status = int(response.get("status_code") or 500)
                yield BatchedAnswer(key=str(each["custom_id"]), response=HttpResponse(status, {}, body))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

    def forget(self, files: Sequence[str]) -> None:
        """Have the provider delete *files*: what was read is not left lying there."""
        with self._client() as client:
            for file in files:
                client.files.delete(file)

    def _client(self) -> "_Client":
        return _Client(self.model)


class _Client:
    """The SDK's client for a block; its errors become ours."""

    def __init__(self, model: OpenAICompatible) -> None:
        self._model = model

    def __enter__(self) -> "OpenAI":
        from openai import OpenAI

        model = self._model
        key = model.key or "none"
        # No retries of the SDK's own: a batch whose answer was lost is looked for, not made again.
        self._open = OpenAI(base_url=model.place.base_url, api_key=key, max_retries=0, timeout=60)
        return self._open

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from openai import OpenAIError

        self._open.close()
        if isinstance(error, OpenAIError):
            place = self._model.place
            raise error_from_library(error, provider=place.provider, model=place.model) from error


@runtime_checkable
class DeferringLog(Protocol):
    """A `CallLog` that keeps a question until a batch takes it along."""

    def deferral(self, key: str) -> Literal["", "waits", "direct"]:
        """Tell whether the question waits; ``direct``: no batch answered it, ask it as any other."""
        ...

    def defer(self, key: str, request: Request, place: ModelEndpoint, worst: Money | None, body: str) -> None:
        """Write the question down and set its worst cost aside; durable before this returns.

        Raises:
            BudgetSpent: Too little is left.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Batched:
    """An LLM that keeps each question for a batch; its answer is found in the journal once it has come.

    A question asked again, or one with pictures, is asked directly.
    """

    direct: LLM
    model: OpenAICompatible
    log: CallLog
    key: str
    later: "Callable[[], datetime]"
    """Gives when to look again."""
    keeps: bool = True
    """Whether questions that are new wait too, or only those that do already."""

    def complete(self, request: Request, /) -> Reply:
        """Keep the question, or ask it where no batch may.

        Raises:
            AnswerLater: It waits.
        """
        log = self.log
        if request.again or request.pictures or not isinstance(log, DeferringLog):
            return self.direct.complete(request)
        standing = log.deferral(self.key)
        if standing == "direct" or not (standing or self.keeps):
            return self.direct.complete(request)
        if not standing:
            place = at_half_price(self.model.place)
            body = self.model.request_body(request)
            log.defer(self.key, request, place, worst_case_cost(place, request), body)
        phrase = say("The question waits for a batch of {provider}.", provider=self.model.place.provider)
        raise AnswerLater(phrase, due_at=self.later(), ticket="batch")


def reply_in(model: OpenAICompatible, request: Request, response: HttpResponse) -> Reply | LLMError:
    """Read what a batch gave for *request*; what it cost is half."""
    try:
        reply = model.read(request, response)
    except LLMError as error:
        return error
    return replace(reply, cost=at_half_price(model.place).cost_of(reply.usage))
