"""Several models for one question: in order until one's answer is of use, or two that must agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from smeflow.errors import AnswerLater, LLMRejected, LLMUnavailable, SmeflowError
from smeflow.llm.base import LLM, Reply, Request

PASSED_ON = frozenset({"key", "quota", "model", "too_long", "no_model"})
"""What the next model may do better. What is refused for its place or its form is refused."""


@dataclass(frozen=True, kw_only=True)
class Chain:
    """An LLM that asks the next one where one is away, rejects us, or answered nothing of use.

    The cheaper one goes first: its answer stands when it can be used. A question asked again (``again``),
    since the answer did not fit, goes to the next; so does one whose answer the model itself found unlikely.
    """

    models: Sequence[LLM]
    least_probability: float = 0.0
    """An answer with a value less likely than this is asked of the next one; 0: nothing is looked at."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        first = min(request.again, len(self.models) - 1)
        for place, model in enumerate(self.models[first:], first):
            last = place == len(self.models) - 1
            try:
                reply = model.complete(request)
            except (LLMUnavailable, AnswerLater, LLMRejected) as error:
                if last or not _passes(error):
                    raise
                continue
            if last or not self._unlikely(reply):
                return reply
        raise AssertionError  # the last one returns or raises

    def _unlikely(self, reply: Reply) -> bool:
        told = reply.probabilities
        return bool(told) and min(told.values()) < self.least_probability if told else False


def _passes(error: SmeflowError) -> bool:
    return not isinstance(error, LLMRejected) or error.reason in PASSED_ON
