"""What may leave the machine: requests to allowed regions only, personal data only as placeholders."""

import hashlib
import re
from dataclasses import dataclass, replace

from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.llm.interface import LLM, Message, ModelEndpoint, Reply, Request
from smeflow.llm.personal_data import Placeholders
from smeflow.llm.providers import Residency, allowed_in

_LINE = re.compile(r":\d+$")


def residency_refusal(place: ModelEndpoint, residency: Residency, source: str = "") -> LLMRejected | None:
    """Say why *place* may not be asked; None where it may. What is unknown counts as outside.

    *source* names the line that sets the residency, e.g. ``recipe.yaml:4``, or the file to write one in.
    """
    if allowed_in(place, residency):
        return None
    data = {"model": place.model, "provider": place.provider, "residency": residency, "source": source}
    if not source:
        phrase = say(
            "{model} at {provider} is not asked: data may go only where residency={residency} allows, and it "
            "does not run there as far as is known. Choose another model, say under [regions] in "
            'smeflow.toml where {provider} computes, or give residency="any".',
            **data,
        )
    elif _LINE.search(source) is None:
        phrase = say(
            "{model} at {provider} is not asked: data may not go there (residency: {residency}, since "
            "nothing else is written). Choose a model that runs within it, or add the line residency: any "
            "to {source}.",
            **data,
        )
    elif place.region == "unknown":
        phrase = say(
            "{model} at {provider} is not asked: nobody knows where it runs, and {source} says "
            "residency: {residency}. Choose a model that runs there, or change that line to residency: any.",
            **data,
        )
    else:
        phrase = say(
            "{model} at {provider} is not asked: it runs outside of what {source} allows "
            "(residency: {residency}). Choose a model that runs there, or change that line.",
            **data,
        )
    return LLMRejected(phrase, reason="residency")


@dataclass(frozen=True, kw_only=True)
class Resident:
    """An LLM that sends nothing to a place where the data may not go."""

    inner: LLM
    refused: LLMRejected | None
    """What `residency_refusal` says of the place; worked out once, since a place does not move."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* if its place is allowed."""
        if self.refused is not None:
            raise LLMRejected(self.refused.phrase, reason=self.refused.reason)
        return self.inner.complete(request)


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """An LLM that never sees what the patterns find. Treat what it sees as less personal, not as anonymous.

    Masked is what has one of these forms and, where it has check digits, right ones: mail addresses
    (``EMAIL``), bank accounts (``IBAN``), French social security numbers (``INSEE``), payment cards
    (``CARD``), SIRET numbers (``SIRET``), and telephone numbers that are French, begin with ``+``, or stand
    behind ``Tel`` or ``Fax`` (``PHONE``).

    Not masked: names of people and firms, streets and towns, dates of birth, SIREN and VAT numbers, numbers
    of customers, contracts, passports and number plates, national numbers of other countries, accounts that
    are no IBAN, health and whatever else is said in words, and all of these where letters were read wrongly.
    Pictures cannot be masked: none is shown, and the reply's notes say so.
    """

    inner: LLM
    salt: str
    """The item's own, so that the same text gives the same request again after a crash."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* without its personal data, and put the data back."""
        vault = Placeholders(hashlib.sha256(self.salt.encode()).hexdigest())
        hidden = tuple(Message(m.role, vault.hide(m.content)) for m in request.messages)
        reply = self.inner.complete(replace(request, messages=hidden))
        return replace(reply, text=vault.show(reply.text), notes=(*reply.notes, *_left_out(request)))


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """An LLM that never sees the values of an item's private fields, wherever in its documents they stand.

    A part of a value (the family name alone) is another text and passes. Pictures are not shown.
    """

    inner: LLM
    values: tuple[str, ...]
    salt: str
    """The item's own, as in `Redacted`."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* without the values, and put them back."""
        vault = Placeholders(hashlib.sha256(f"private\n{self.salt}".encode()).hexdigest())
        hidden = tuple(Message(m.role, vault.hide_values(m.content, self.values)) for m in request.messages)
        reply = self.inner.complete(replace(request, messages=hidden))
        return replace(reply, text=vault.show(reply.text), notes=(*reply.notes, *_left_out(request)))


def _left_out(request: Request) -> tuple[Phrase, ...]:
    if not request.pictures:
        return ()
    return (
        say(
            "The model was shown the text alone, since personal data is masked (redact): {n} pictures of "
            "pages were left out.",
            n=request.pictures,
        ),
    )
