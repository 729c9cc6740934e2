"""What the ledger tells of itself: plain values, one a table row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from smeflow.i18n import Phrase
from smeflow.money import Money

State = Literal["done", "review", "failed", "skipped", "open"]
STATES: tuple[State, ...] = ("done", "review", "failed", "skipped", "open")
CallState = Literal["reserved", "answered", "broken", "recalled"]
"""``recalled``: an equal request's reply was used, nothing was asked."""
Action = Literal["approve", "correct", "reject", "again", "split", "note", "undo"]
"""``undo`` takes back the decision before it; ``note`` decides nothing."""
NANO = Decimal(1_000_000_000)


def columns_of(kind: type[Any], row: Mapping[str, Any], *, read: tuple[str, ...]) -> dict[str, Any]:
    """Give what *kind* takes from a table's row as it stands: all but what must be *read* first."""
    return {name: row[name] for name in kind.__slots__ if name not in read}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an item is where it is."""

    kind: str = ""
    """For an open item ``new``, ``batch``, ``rate``, ``outage``, ``budget`` or ``interrupted``; for others a
    short word such as ``duplicate``, ``gone``, ``document``, ``step``, ``wants_model`` or ``answer``."""
    step: str = ""
    """The step it happened at."""
    phrases: tuple[Phrase, ...] = ()
    """For a person."""

    def __str__(self) -> str:
        return "; ".join(str(p) for p in self.phrases)


NO_REASON = Reason()
"""Nothing is to be said of it: it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item: a file, a mail, a row, a period, or a part of one."""

    id: int
    recipe: str
    source: str
    key: str
    version: str
    name: str
    media_type: str
    blob: str
    """SHA-256 of its bytes; ask `Ledger.data` for them."""
    fields: Mapping[str, str]
    state: State
    reason: Reason
    due_at: datetime | None
    lease: int
    """A counter raised at each claim; who holds an older one writes nothing any more."""
    takes: Mapping[str, int]
    """Per step, how many times somebody asked for it again."""
    parent: int | None
    part: str
    parts: int | None
    seq: int
    nth: int
    plan: str
    """The fingerprints it was finished with, in one hash."""
    outcome: Mapping[str, Any]
    """Per step where its value stands: ``r12`` a result, ``d3`` a decision, a phrase why it was skipped."""
    wanted: bool
    """A step wanted a model and had none."""
    tries: int
    """How many times in a row the provider could not answer for it."""
    salt: str
    created_at: datetime
    ended_at: datetime | None
    row: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """As it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """What one step gave for one version of an item. Never changed, only added."""

    id: int
    item: int
    version: str
    step: str
    fingerprint: str
    input: str
    take: int
    value: str
    """JSON."""
    hash: str
    wanted: bool
    lookups: str
    """JSON: each look-up in what the firm knows and the hash of its answer."""
    smeflow: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultKind:
    """Of which kind a result is, and the step that gave it. Results of one fingerprint are of one kind."""

    step: str
    """What ledgers know the kind of step by: ``smeflow.steps.triage.Triage``."""
    result: str
    """What they know the kind of result by: ``label``; empty for a type without a name."""
    record: str = ""
    """Which kind of record an extraction holds, or is like: its word in `RECORDS`; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPicture:
    """A picture that was sent to a model; its bytes are not kept."""

    sha256: str
    media_type: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One attempt at a call."""

    id: int
    key: str
    attempt: int
    item: int
    version: str
    step: str
    fingerprint: str
    take: int
    run: int
    request: str
    """JSON."""
    provider: str
    model: str
    worst: Money | None
    state: CallState
    reply: str | None
    """JSON."""
    error: str
    answered_by: str
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    estimated: bool
    cost: Money | None
    at: datetime
    ended_at: datetime | None

    @property
    def pictures(self) -> tuple[SentPicture, ...]:
        """The pictures that were sent with the words."""
        return pictures_in(self.request)


def pictures_in(request: str) -> tuple[SentPicture, ...]:
    """Give the pictures that a call's request, as it is written, was sent with."""
    messages = json.loads(request).get("messages", ())
    return tuple(SentPicture(**image) for message in messages for image in message.get("images", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One decision of a person."""

    id: int
    item: int
    version: str
    step: str
    result_hash: str
    action: Action
    person: str
    before: str | None
    """The value as JSON."""
    after: str | None
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One time a sink wrote something."""

    id: int
    recipe: str
    sink: str
    path: str
    sha256: str
    key: str
    state: Literal["begun", "done"]
    rows: int
    corrects: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of a recipe."""

    id: int
    recipe: str
    text_hash: str
    plan: str
    llm: str
    purse: str
    smeflow: str
    pid: int
    started_at: datetime
    ended_at: datetime | None
    stopped: str | None
    summary: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many items are in each state. They always add up to `items`."""

    done: int = 0
    review: int = 0
    failed: int = 0
    skipped: int = 0
    open: int = 0

    @property
    def items(self) -> int:
        """All of them."""
        return self.done + self.review + self.failed + self.skipped + self.open


class PresentCost(NamedTuple):
    """What the answer of one step for one item took that stands now."""

    item: int
    step: str
    fingerprint: str
    calls: int
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What calls cost, in the currency of the budget."""

    calls: int
    cost: Money
    items: int
    """How many items had calls."""


def call_of(row: Mapping[str, Any]) -> CallRow:
    """Make a call of its row and that of its end."""
    cost = row["end_cost"]
    state: CallState = row["end_state"] or "reserved"
    return CallRow(
        **{name: row[name] for name in _AS_IS},
        worst=Money(Decimal(row["worst"]), row["currency"]) if row["worst"] is not None else None,
        state=state,
        reply=row["end_reply"],
        error=row["end_error"] or "",
        answered_by=row["end_model"] or "",
        input_tokens=row["end_input_tokens"] or 0,
        output_tokens=row["end_output_tokens"] or 0,
        cached_input_tokens=row["end_cached_tokens"] or 0,
        estimated=bool(row["end_estimated"]),
        cost=Money(Decimal(cost), row["end_currency"]) if cost is not None else None,
        at=datetime.fromisoformat(row["at"]),
        ended_at=datetime.fromisoformat(row["end_at"]) if row["end_at"] else None,
    )


_AS_IS = (
    *("id", "key", "attempt", "item", "version", "step", "fingerprint", "take", "run", "request", "provider"),
    "model",
)


def nanos_to_money(nanos: int, currency: str) -> Money:
    """Give billionths as money."""
    return Money((Decimal(nanos) / NANO).quantize(Decimal("0.000001")), currency)
