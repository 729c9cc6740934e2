"""What questions to models take: of a question that stands, and predicted from those of the past."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import fmean, stdev

from smeflow.llm.ask import MAX_TRIES
from smeflow.llm.interface import ModelEndpoint, NoModel, Reply, Request
from smeflow.llm.prices import FREE
from smeflow.llm.router import ModelSet
from smeflow.llm.wrappers.accounting import token_upper_bound

USUAL_INPUT_TOKENS, USUAL_OUTPUT_TOKENS = 4_000, 1_500
"""What a question has at most that cannot be known yet: texts are cut before that."""
_BYTES_PER_TOKEN = 4
_LOW_OUTPUT_TOKENS = 20
_EXPECTED_OUTPUT_SHARE = 4
"""An answer is expected to take one part in so many of what it may."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A figure that is not known yet, with how low and how high it may turn out."""

    low: Decimal = Decimal(0)
    expected: Decimal = Decimal(0)
    high: Decimal = Decimal(0)

    def __add__(self, other: "Span") -> "Span":
        return Span(
            low=self.low + other.low, expected=self.expected + other.expected, high=self.high + other.high
        )

    def times(self, factor: Decimal | int) -> "Span":
        """Give the figure for *factor* as many."""
        return Span(low=self.low * factor, expected=self.expected * factor, high=self.high * factor)

    @classmethod
    def of(cls, low: Decimal | int, expected: Decimal | int, high: Decimal | int) -> "Span":
        """Make one of three figures."""
        return cls(low=Decimal(low), expected=Decimal(expected), high=Decimal(high))


@dataclass(frozen=True, kw_only=True)
class Usages:
    """What questions to models take; the cost in the budget's currency."""

    calls: Span = field(default_factory=Span)
    input_tokens: Span = field(default_factory=Span)
    output_tokens: Span = field(default_factory=Span)
    cost: Span = field(default_factory=Span)

    def __add__(self, other: "Usages") -> "Usages":
        return Usages(**{name: value + vars(other)[name] for name, value in vars(self).items()})

    def times(self, factor: Decimal | int) -> "Usages":
        """Give what *factor* as many take."""
        return Usages(**{name: value.times(factor) for name, value in vars(self).items()})


@dataclass(frozen=True)
class Question:
    """What would be asked, of which models in order, and how many of them must agree."""

    request: Request
    places: tuple[ModelEndpoint, ...]
    agree: int = 1


@dataclass(eq=False)
class _Unanswering:
    """A model that answers nothing and keeps what it was asked. It stands for a chain of models."""

    place: ModelEndpoint
    places: tuple[ModelEndpoint, ...]
    agree: int
    asked: list[Question]

    def complete(self, request: Request, /) -> Reply:
        """Keep the question."""
        self.asked.append(Question(request, self.places, self.agree))
        return NoModel().complete(request)


def unanswering(models: ModelSet, asked: list[Question]) -> ModelSet:
    """Put a model that answers nothing in the place of each chain; where it stands refuses no question."""

    def stand_in(chain: ModelSet) -> ModelSet:
        places = tuple(model.place for model in chain.models if not isinstance(model, NoModel))
        if not places:
            return ModelSet()
        place = replace(places[0], region="local", price=FREE)
        return ModelSet(models=(_Unanswering(place, places, chain.agree, asked),))

    own = {name: stand_in(chain) for name, chain in models.steps.items()}
    return replace(stand_in(models), steps=own)


CostOf = Callable[[ModelEndpoint, int, int], Decimal]
"""Gives what so many tokens sent and answered cost there, in the budget's currency."""


def estimate(question: Question, cost_of: CostOf) -> Usages:
    """Give what *question* takes: answered shortly, as is usual, and asked again and again at its worst."""
    request, asked = question.request, question.places[: question.agree]
    size = sum(len(message.content.encode("utf-8", "replace")) for message in request.messages)
    size += len(request.schema.json) if request.schema else 0
    most, longest = token_upper_bound(request), request.max_output_tokens
    usual = min(most, size // _BYTES_PER_TOKEN + 1)
    short = min(longest, _LOW_OUTPUT_TOKENS)
    answer = max(short, longest // _EXPECTED_OUTPUT_SHARE)
    low, expected = (sum((cost_of(p, usual, n) for p in asked), Decimal(0)) for n in (short, answer))
    worst = max(cost_of(place, most, longest) for place in question.places)
    n, times = len(asked), MAX_TRIES * len(asked)
    return Usages(
        calls=Span.of(n, n, times),
        input_tokens=Span.of(usual * n, usual * n, most * times),
        output_tokens=Span.of(short * n, answer * n, longest * times),
        cost=Span.of(low, expected, worst * times),
    )


def most_unknown(place: ModelEndpoint, cost_of: CostOf) -> Usages:
    """Give what a step takes that may ask, which only the answers before it decide."""
    return Usages(
        calls=Span.of(0, 0, 1),
        input_tokens=Span.of(0, 0, USUAL_INPUT_TOKENS),
        output_tokens=Span.of(0, 0, USUAL_OUTPUT_TOKENS),
        cost=Span.of(0, 0, cost_of(place, USUAL_INPUT_TOKENS, USUAL_OUTPUT_TOKENS)),
    )


def predicted(past: Sequence[Decimal], count: int, *, whole: bool = False) -> Span:
    """Predict the sum of *count* more of what was seen in the *past*.

    Two standard deviations of such a sum to both sides: of the sum itself, and of the mean it is told from.
    """
    values = [float(value) for value in past]
    mean, deviation = fmean(values), stdev(values) if len(values) > 1 else 0.0
    half = 2 * deviation * math.sqrt(count + count * count / len(values))
    low, expected, high = max(count * min(values), count * mean - half), count * mean, count * mean + half
    if whole:
        return Span.of(math.floor(low), round(expected), math.ceil(high))
    return Span.of(*(Decimal(f"{value:.9f}") for value in (low, expected, high)))
