"""Give an answer again that an equal request once got."""

from collections.abc import Callable
from dataclasses import dataclass

from smeflow.llm.base import LLM, Reply, Request


@dataclass(frozen=True, kw_only=True)
class Cached:
    """An LLM that asks only what was never asked.

    What was of no use is not given again: asking the same once more raises ``request.again``, which counts.
    """

    inner: LLM
    recall: Callable[[Request], Reply | None]
    """Gives the reply to an equal request, marked ``replayed``."""
    keep: Callable[[Request, Reply], None] | None = None
    """Told of each reply that was recalled, to write it down for whoever asks now."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* from memory, else ask."""
        known = self.recall(request)
        if known is None:
            return self.inner.complete(request)
        if self.keep is not None:
            self.keep(request, known)
        return known
