"""Wrappers that keep accounts with the call log.

Replayed after a crash (Journaled), answered before (Cached), within the budget (Budgeted).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from smeflow.errors import LLMError, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.call_log import CallLog, Scope
from smeflow.llm.interface import LLM, ModelEndpoint, Reply, Request
from smeflow.money import Money


@dataclass(frozen=True, kw_only=True)
class Journaled:
    """An LLM that first looks for a settled reply to this very call.

    A call is named by its scope, its request, and which of the equal requests of this step call it is; so
    repeated questions are replayed one by one, re-asks included. Make one for each step call.
    """

    inner: Callable[[str], LLM]
    """Gives the LLM that asks, for a call's name."""
    log: CallLog
    scope: Scope
    _asked: dict[str, int] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* from the journal, else ask."""
        with self._lock:
            nth = self._asked.get(request.hash, 0)
            self._asked[request.hash] = nth + 1
        key = self.scope.key(request, nth)
        known = self.log.find(key)
        return known if known is not None else self.inner(key).complete(request)


@dataclass(frozen=True, kw_only=True)
class Cached:
    """An LLM that asks only what was never asked.

    A useless answer is not given again: asking the same once more raises ``request.again``, which is part of
    what is compared.
    """

    inner: LLM
    recall: Callable[[Request], Reply | None]
    """Gives the reply to an equal request, marked ``replayed``."""
    keep: Callable[[Request, Reply], None] | None = None
    """Called with each recalled reply, to write it down for whoever asks now."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* from memory, else ask."""
        known = self.recall(request)
        if known is None:
            return self.inner.complete(request)
        if self.keep is not None:
            self.keep(request, known)
        return known


_DIGITS = b"0123456789"
_PER_IMAGE = 3_000  # no provider we know counts more for one within its own limits
_PER_MESSAGE = 16  # what the form of a conversation adds

SCRIPT_BUDGET = "budget="
"""Where a script writes its limit: it has no ``smeflow.toml`` to write a price in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingLimits:
    """What may be spent. The log of the calls keeps the sums; None is no limit."""

    item: Money | None = None
    run: Money | None = None
    month: Money | None = None
    source: str = "smeflow.toml"
    """Where they are written, for messages."""

    @property
    def any(self) -> bool:
        """Tell whether there is a limit at all."""
        return any(limit is not None for limit in (self.item, self.run, self.month))


def price_refusal(place: ModelEndpoint, limits: SpendingLimits | None) -> LLMRejected | None:
    """Say why a model without a price cannot be used under a budget; None where it can."""
    if place.price is not None or limits is None or not limits.any:
        return None
    if limits.source == SCRIPT_BUDGET:
        phrase = say(
            "The price of {model} at {provider} is not known, and {source} sets a budget. Give it, by the "
            'name "{provider}/{model}", with connect(…, prices=…), or take the budget away.',
            model=place.model,
            provider=place.provider,
            source=limits.source,
        )
        return LLMRejected(phrase, reason="model")
    phrase = say(
        "The price of {model} at {provider} is not known, and {source} sets a budget. "
        'Write its price in smeflow.toml ([prices."{provider}/{model}"]), or take the budget away.',
        model=place.model,
        provider=place.provider,
        source=limits.source,
    )
    return LLMRejected(phrase, reason="model")


def worst_case_cost(place: ModelEndpoint, request: Request) -> Money | None:
    """Compute the most one attempt can cost; None where no price is known."""
    if place.price is None:
        return None
    return place.price.of(token_upper_bound(request), request.max_output_tokens)


def token_upper_bound(request: Request) -> int:
    """Count no fewer tokens than a request has: one for each digit, one for two other bytes.

    Tokenizers of today make fewer of every text we measured; some split numbers into digits.
    """
    text = "".join(m.content for m in request.messages).encode("utf-8", "replace")
    other_bytes = len(text.translate(None, _DIGITS))
    schema = len(request.schema.json) // 2 if request.schema else 0
    images = _PER_IMAGE * request.pictures
    words = (len(text) - other_bytes) + (other_bytes + 1) // 2
    return words + schema + images + _PER_MESSAGE * len(request.messages)


@dataclass(frozen=True, kw_only=True)
class Budgeted:
    """An LLM whose every attempt is reserved before it is sent and settled before its answer is used."""

    inner: LLM
    log: CallLog
    place: ModelEndpoint
    key: str
    """Names the call in the log."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* and write down what it cost.

        Raises:
            BudgetSpent: Less than the worst case is left; nothing is sent.
        """
        ticket = self.log.reserve(self.key, request, self.place, worst_case_cost(self.place, request))
        try:
            reply = self.inner.complete(request)
        except LLMError as error:
            self.log.settle(ticket, error)
            raise
        except BaseException as error:
            # A fault of ours or a Ctrl-C: it may have been sent, so it counts as sent.
            phrase = say("The call was given up ({what}).", what=type(error).__name__)
            self.log.settle(ticket, LLMUnavailable(phrase, kind="broken", sent=True))
            raise
        self.log.settle(ticket, reply)
        return reply
