"""The model of a machine that has none."""

from dataclasses import dataclass
from decimal import Decimal

from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.llm.base import Place, Price, Reply, Request

NOWHERE = Place(
    provider="none",
    model="none",
    region="local",
    price=Price(input_per_million=Decimal(0), output_per_million=Decimal(0), currency="EUR", as_of=""),
)


@dataclass(frozen=True, kw_only=True)
class NoModel:
    """Answer nothing: the readers work alone, and steps mark what they wanted a model for."""

    why: Phrase | None = None
    place: Place = NOWHERE

    def complete(self, request: Request, /) -> Reply:
        """Say that there is no model.

        Raises:
            LLMRejected: Always, with reason ``no_model``.
        """
        phrase = self.why or say(
            "There is no model to ask. Write one at llm:, or start a local model server."
        )
        raise LLMRejected(phrase, reason="no_model")
