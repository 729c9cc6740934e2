"""Replies as the ledger keeps them, and the way back from a request to what once answered it."""

import json
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from smeflow._text import canonical_json
from smeflow.core.events import EventValue
from smeflow.errors import LLMError, LLMRejected, LLMUnavailable
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row
from smeflow.llm.interface import FinishReason, Reply, Usage
from smeflow.money import Money

RECENT_REPLIES = 200
"""So many recalled replies are kept in memory."""
LOOKED_UP = 2000
"""So many requests are looked up one by one; a run that asks more reads once what was ever answered."""
RequestKey = tuple[str, str, str]
"""A request's hash, the provider and the model."""


def reply_json(reply: Reply) -> str:
    """Write a reply."""
    fields: dict[str, Any] = {
        "text": reply.text,
        "model": reply.model,
        "usage": [
            reply.usage.input_tokens,
            reply.usage.output_tokens,
            reply.usage.cached_input_tokens,
            reply.usage.estimated,
        ],
        "finish": reply.finish_reason,
        "id": reply.id,
        "cost": [str(reply.cost.amount), reply.cost.currency] if reply.cost else None,
    }
    if reply.probabilities:
        fields["probabilities"] = dict(reply.probabilities)
    return canonical_json(fields)


def reply_of(text: str) -> Reply:
    """Read a reply back. It costs nothing now: its usage and cost were counted when it was paid."""
    fields = json.loads(text)
    tokens = fields["usage"]
    return Reply(
        text=fields["text"],
        model=fields["model"],
        usage=Usage(
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            cached_input_tokens=tokens[2],
            estimated=tokens[3],
        ),
        finish_reason=cast("FinishReason", fields["finish"]),
        id=fields["id"],
        cost=Money(Decimal(0), fields["cost"][1]) if fields["cost"] else None,
        probabilities=fields.get("probabilities"),
        replayed=True,
    )


def recalled_json(reply: Reply) -> str:
    """Write a reply that was used once more, for nothing."""
    return reply_json(replace(reply, usage=Usage(), cost=None))


def find_recalled(store: LedgerStore, key: RequestKey) -> Reply | None:
    """Find what the same model answered to an equal request of any item."""
    row = store.first("recall", request_hash=key[0], provider=key[1], model=key[2])
    return reply_of(row[0]) if row else None


class Recalls:
    """Knows which requests were ever answered, so that the many new ones of a long run cost no look-up.

    A short run costs what it asks, however much was answered before. Safe to share. What another process asks
    meanwhile may not be seen: that loses a saving, nothing else.
    """

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._answered: set[int] | None = None
        self._asked = 0
        self._recent: dict[RequestKey, Reply] = {}
        self._written: dict[int, tuple[Reply, str]] = {}
        self._lock = threading.Lock()

    def add(self, request_hash: str) -> None:
        """Note that a request was answered."""
        with self._lock:
            if self._answered is not None:
                self._answered.add(_short(request_hash))

    def find(self, key: RequestKey) -> Reply | None:
        """Give the reply the same model gave to an equal request."""
        with self._lock:
            self._asked += 1
            if self._answered is None and self._asked > LOOKED_UP:
                self._answered = {_short(row[0]) for row in self._store.tuples("answered")}
            if self._answered is not None and _short(key[0]) not in self._answered:
                return None
            known = self._recent.get(key)
        if known is not None:
            return known
        reply = find_recalled(self._store, key)
        if reply is not None:
            with self._lock:
                if len(self._recent) >= RECENT_REPLIES:
                    self._recent.clear()
                    self._written.clear()
                self._recent[key] = reply
        return reply

    def written(self, reply: Reply) -> str:
        """Write a reply that was recalled; the same one again costs nothing."""
        known = self._written.get(id(reply))
        if known is None or known[0] is not reply:
            known = reply, recalled_json(reply)
            with self._lock:
                self._written[id(reply)] = known
        return known[1]


def _short(request_hash: str) -> int:
    """Take 60 bits of a hash: two that share them cost a look-up."""
    return int(request_hash[:15], 16)


def call_fields(call: Row, end: Reply | LLMError | None, row: Row) -> dict[str, EventValue]:
    """Give what may be told of a call by the *row* of its end; *end* is None for a recalled reply."""
    fault = _fault(end) if isinstance(end, LLMError) else None
    return {
        "attempt": call["attempt"],
        "provider": call["provider"],
        "model": call["model"],
        "answered_by": row["model"],
        "state": "recalled" if end is None else "failed" if fault else "answered",
        "fault": fault,
        "retry_after": end.retry_after_seconds if isinstance(end, LLMUnavailable) else None,
        **{name: row[name] for name in ("input_tokens", "output_tokens", "cached_tokens")},
        "estimated": bool(row["estimated"]),
        "cost": row["cost"],
        "currency": row["currency"],
    }


def _fault(end: LLMError) -> str:
    """Name the kind of a fault, without a word of what was sent or answered."""
    if isinstance(end, LLMUnavailable):
        return end.kind
    return f"rejected {end.reason}" if isinstance(end, LLMRejected) else type(end).__name__
