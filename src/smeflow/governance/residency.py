"""Refuse to send data where the recipe does not allow it, before the first byte."""

import re
from dataclasses import dataclass

from smeflow.errors import LLMRejected
from smeflow.i18n import say
from smeflow.llm.base import LLM, Place, Reply, Request
from smeflow.llm.providers import Residency, allowed_in

_LINE = re.compile(r":\d+$")


def refusal(place: Place, residency: Residency, source: str = "") -> LLMRejected | None:
    """Say why *place* may not be asked; None where it may. What is unknown counts as outside.

    *source* names the line that sets the residency, e.g. ``recipe.yaml:4``, or the file to write one in.
    """
    if allowed_in(place, residency):
        return None
    told = {
        "model": place.model,
        "provider": place.provider,
        "residency": residency,
        "source": source or "residency:",
    }
    if source and _LINE.search(source) is None:
        phrase = say(
            "{model} at {provider} is not asked: data may not go there (residency: {residency}, since "
            "nothing else is written). Choose a model that runs within it, or add the line residency: any "
            "to {source}.",
            **told,
        )
        return LLMRejected(phrase, reason="residency")
    if place.region == "unknown":
        phrase = say(
            "{model} at {provider} is not asked: nobody knows where it runs, and {source} says "
            "residency: {residency}. Choose a model that runs there, or change that line to residency: any.",
            **told,
        )
    else:
        phrase = say(
            "{model} at {provider} is not asked: it runs outside of what {source} allows "
            "(residency: {residency}). Choose a model that runs there, or change that line.",
            **told,
        )
    return LLMRejected(phrase, reason="residency")


@dataclass(frozen=True, kw_only=True)
class Resident:
    """An LLM that sends nothing to a place where the data may not go."""

    inner: LLM
    refused: LLMRejected | None
    """What `refusal` says of the place; worked out once, since a place does not move."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* if its place is allowed."""
        if self.refused is not None:
            raise LLMRejected(self.refused.phrase, reason=self.refused.reason)
        return self.inner.complete(request)
