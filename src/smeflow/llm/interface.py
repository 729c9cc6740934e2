"""What a model is to everything else: one verb, what goes in, what comes out, and where it runs.

A machine without a model has one too: `NoModel` answers nothing and says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal, Protocol, runtime_checkable

from smeflow._text import hash_of, sha256
from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.money import Money

MessageRole = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "content_filter", "refusal"]


@dataclass(frozen=True, slots=True)
class MessageImage:
    """An image a model is shown beside a text."""

    media_type: str
    data: bytes = field(repr=False)
    sha256: str = ""

    @classmethod
    def of(cls, media_type: str, data: bytes) -> "MessageImage":
        """Make one of an image's bytes."""
        return cls(media_type, data, sha256(data))


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation sent to a model."""

    role: MessageRole
    content: str
    images: tuple[MessageImage, ...] = ()
    """Only for models that see."""


@dataclass(frozen=True)
class AnswerSchema:
    """The JSON Schema a reply must follow, made once for a step and shared by all its requests."""

    name: str
    """Letters, digits, ``_`` and ``-``; at most 64."""
    json: str
    """The schema as JSON text, in the strict form providers ask for."""

    @cached_property
    def hash(self) -> str:
        """Identify the schema in a request's hash."""
        return hash_of([self.name, self.json])


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything that decides a reply. Two equal requests may be answered by one reply."""

    messages: tuple[Message, ...]
    schema: AnswerSchema | None = None
    max_output_tokens: int = 2048
    """The longest answer, in tokens; always set, since the worst case is reserved before sending."""
    temperature: float = 0.0
    timeout_seconds: float = 120.0
    """The longest one attempt may take from first byte sent to last byte read. Not part of the hash."""
    again: int = 0
    """0 at first; each repetition of the same question, asked since an answer was of no use, counts up.
    Never sent; it keeps a cache from giving the same bad answer again."""

    @property
    def pictures(self) -> int:
        """How many pictures it shows."""
        return sum(len(message.images) for message in self.messages)

    @property
    def text_alone(self) -> "Request":
        """The same question without its pictures."""
        return replace(self, messages=tuple(replace(message, images=()) for message in self.messages))

    @cached_property
    def hash(self) -> str:
        """Identify the request: messages, schema, limits and ``again``."""
        return hash_of(
            [
                [[m.role, m.content, *(i.sha256 for i in m.images)] for m in self.messages],
                self.schema.hash if self.schema else None,
                self.max_output_tokens,
                self.temperature,
                self.again,
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one reply as the provider counts them (``gen_ai.usage.*``)."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    """The part of ``input_tokens`` the provider had in its cache."""
    estimated: bool = False
    """The provider told nothing, and these are counted from the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer. What streams cannot be checked, so nothing streams."""

    text: str
    model: str
    """The model that answered (``gen_ai.response.model``); may differ from the one asked."""
    usage: Usage = Usage()
    finish_reason: FinishReason = "stop"
    id: str = ""
    """The provider's own identifier of the answer (``gen_ai.response.id``)."""
    cost: Money | None = None
    """What it cost, in the provider's currency; None where no price is known. 0 for a local model."""
    probabilities: Mapping[str, float] | None = None
    """For each named value of a JSON answer how likely the model found it, where it tells; proves nothing."""
    replayed: bool = False
    """It comes from the ledger or a cache: nothing was asked and nothing paid now."""
    notes: tuple[Phrase, ...] = ()
    """What a person should know of how the question was put: what of it the model was not shown."""


Region = Literal["local", "eu", "outside", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Money for one million tokens, from a table of a date."""

    input_per_million: Decimal
    output_per_million: Decimal
    currency: str
    as_of: str
    """The date of the price table (ISO)."""

    def of(self, input_tokens: int, output_tokens: int) -> Money:
        """Compute what that many tokens cost."""
        million = Decimal(1_000_000)
        amount = self.input_per_million * input_tokens + self.output_per_million * output_tokens
        return Money(amount / million, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """How large an image a model that sees is given."""

    side: int
    """The longest side, in pixels."""
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEndpoint:
    """Where a model runs and what it costs: known before the first byte is sent."""

    provider: str
    """``gen_ai.provider.name``, e.g. ``mistral_ai``."""
    model: str
    region: Region = "unknown"
    base_url: str = ""
    price: Price | None = None
    """None: no price is known; a budget refuses to use it."""
    sees: ImageLimits | None = None
    """None: it is shown no images."""

    def cost_of(self, usage: Usage) -> Money | None:
        """Compute what a reply cost; None where no price is known."""
        return self.price.of(usage.input_tokens, usage.output_tokens) if self.price else None

    def refuse_pictures(self, request: Request) -> None:
        """Refuse to show pictures to a model that sees none, before anything is sent.

        Raises:
            LLMRejected: *request* holds pictures, and without them it would be another question.
        """
        if self.sees is None and request.pictures:
            phrase = say(
                "The question shows {n} pictures, and {model} at {provider} sees none: nothing was sent. "
                "Name a model that sees at llm:, or let the step send its text alone where the model's "
                "place.sees is None.",
                n=request.pictures,
                model=self.model,
                provider=self.provider,
            )
            raise LLMRejected(phrase, reason="request")


class LLM(Protocol):
    """A model, or an LLM around an LLM."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*, whole.

        Raises:
            LLMUnavailable: Not this time; asking again may help.
            LLMRejected: This will never be answered as it is.
            LLMRefused: The model declined.
            BudgetSpent: The worst case is more than what is left.
            AnswerLater: Only inside a runner.
        """
        ...


@runtime_checkable
class ConnectedLLM(Protocol):
    """An LLM that knows its place: what `connect` gives."""

    @property
    def place(self) -> ModelEndpoint:
        """Where the request goes."""
        ...

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*, whole; see `LLM`."""
        ...


@dataclass(frozen=True)
class PlacedLLM:
    """A model of a user's own that does not say where it runs, and the place that stands for it."""

    llm: LLM
    place: ModelEndpoint

    def complete(self, request: Request, /) -> Reply:
        """Pass the request on."""
        return self.llm.complete(request)


@runtime_checkable
class Closable(Protocol):
    """A model, or its wire, that keeps something running until it is closed."""

    def close(self) -> None:
        """End it; the next question starts it again."""
        ...


NOWHERE = ModelEndpoint(
    provider="none",
    model="none",
    region="local",
    price=Price(input_per_million=Decimal(0), output_per_million=Decimal(0), currency="EUR", as_of=""),
)


@dataclass(frozen=True, kw_only=True)
class NoModel:
    """Answer nothing: the readers work alone, and steps mark what they wanted a model for."""

    why: Phrase | None = None
    place: ModelEndpoint = NOWHERE

    def complete(self, request: Request, /) -> Reply:
        """Say that there is no model.

        Raises:
            LLMRejected: Always, with reason ``no_model``.
        """
        phrase = self.why or say(
            "There is no model to ask. Write one at llm:, or start a local model server."
        )
        raise LLMRejected(phrase, reason="no_model")
