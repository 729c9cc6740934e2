"""Replies as the ledger keeps them, and the way back from a request to what once answered it."""

import json
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from smeflow._text import canonical_json
from smeflow.ledger.store import LedgerStore
from smeflow.llm.interface import FinishReason, Reply, Usage
from smeflow.money import Money

RECENT_REPLIES = 200
"""So many recalled replies are kept in memory."""
RequestKey = tuple[str, str, str]
"""A request's hash, the provider and the model."""


def reply_json(reply: Reply) -> str:
    """Write a reply."""
    told: dict[str, Any] = {
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
        told["probabilities"] = dict(reply.probabilities)
    return canonical_json(told)


def reply_of(text: str) -> Reply:
    """Read a reply back. It costs nothing now: its usage and cost were counted when it was paid."""
    told = json.loads(text)
    tokens = told["usage"]
    return Reply(
        text=told["text"],
        model=told["model"],
        usage=Usage(
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            cached_input_tokens=tokens[2],
            estimated=tokens[3],
        ),
        finish_reason=cast("FinishReason", told["finish"]),
        id=told["id"],
        cost=Money(Decimal(0), told["cost"][1]) if told["cost"] else None,
        probabilities=told.get("probabilities"),
        replayed=True,
    )


def recalled_json(reply: Reply) -> str:
    """Write a reply that was used once more, for nothing."""
    return reply_json(replace(reply, usage=Usage(), cost=None))


def find_recalled(store: LedgerStore, asked: RequestKey) -> Reply | None:
    """Find what the same model answered to an equal request of any item."""
    found = store.first("recall", request_hash=asked[0], provider=asked[1], model=asked[2])
    return reply_of(found[0]) if found else None


class Recalls:
    """Knows which requests were ever answered, so that the many new ones cost no look-up. Safe to share.

    What another process asks meanwhile is not seen: that loses a saving, nothing else.
    """

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._answered = {_short(row[0]) for row in store.tuples("answered")}
        self._recent: dict[RequestKey, Reply] = {}
        self._written: dict[int, tuple[Reply, str]] = {}
        self._lock = threading.Lock()

    def add(self, request_hash: str) -> None:
        """Note that a request was answered."""
        with self._lock:
            self._answered.add(_short(request_hash))

    def find(self, asked: RequestKey) -> Reply | None:
        """Give the reply the same model gave to an equal request."""
        with self._lock:
            if _short(asked[0]) not in self._answered:
                return None
            known = self._recent.get(asked)
        if known is not None:
            return known
        found = find_recalled(self._store, asked)
        if found is not None:
            with self._lock:
                if len(self._recent) >= RECENT_REPLIES:
                    self._recent.clear()
                    self._written.clear()
                self._recent[asked] = found
        return found

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
