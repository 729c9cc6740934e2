"""Give again what this step was once answered.

After a crash a step runs from its start, and pays nothing twice.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from smeflow.calls import CallLog, Scope
from smeflow.llm.base import LLM, Reply, Request


@dataclass(frozen=True, kw_only=True)
class Journaled:
    """An LLM that first looks whether this very call has a settled reply.

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
