"""Compute a value from earlier results, without any model."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from html import escape
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from smeflow.expression import Expression, parse
from smeflow.i18n import Phrase, say
from smeflow.llm.base import LLM
from smeflow.money import Money
from smeflow.step import Case
from smeflow.steps.base import Family, Result

Scalar = str | bool | int | float | None
Value = str | bool | int | Decimal | Money | date | None


def _tagged(value: Value) -> object:
    """Write a value so that its type comes back from JSON."""
    if isinstance(value, Money):
        return {"money": [str(value.amount), value.currency]}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def untagged(written: object) -> object:
    """Give the value again that a rule's result was written down with."""
    if not isinstance(written, Mapping):
        return written
    match dict(written):
        case {"money": [amount, currency]}:
            return Money(Decimal(amount), currency)
        case {"number": str(number)}:
            return Decimal(number)
        case {"date": str(day)}:
            return date.fromisoformat(day)
    return written


class Ruled(Result):
    """The value a rule gave; None where it could not be decided."""

    value: Annotated[Value, BeforeValidator(untagged), PlainSerializer(_tagged, when_used="json")] = None
    because: str = ""
    """The condition that held, as it was written."""
    doubts: tuple[Phrase, ...] = ()
    accepted_by: str | None = None

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(str(self.value))}</b> <small>{escape(self.because)}</small></p>"


class Choice(Result):
    """One line of a rule: when this holds, that is the value."""

    when: str
    """A condition, as in a recipe: ``invoice.record.total_gross > 5000``."""
    value: str | bool | int | float


class Rule(Family):
    """Choose a value by conditions, the first that holds decides; or compute it.

    In a recipe::

        - rule: priority
          choose:
            - {when: invoice.record.total_gross > 5000, value: high}
            - {when: invoice.record.days_to_pay < 7, value: high}
          otherwise: normal
        - rule: discount
          value: invoice.record.total_net * 0.02
    """

    kind_id: ClassVar[str] = "smeflow.steps.rule.Rule"
    revision: ClassVar[int] = 1

    choose: tuple[Choice, ...] = ()
    otherwise: Scalar = None
    """The value where no condition holds."""
    value: str | None = None
    """An expression that gives the value, instead of ``choose``."""
    constants: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """Names that conditions may use besides steps, such as ``company``."""
    currency: str = Field(default="EUR", exclude=True, repr=False)
    """What a bare number beside an amount of money is taken as."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.choose) == bool(self.value):
            raise ValueError(say("give either choose, with conditions, or value, with an expression"))
        if self.value and self.otherwise is not None:
            raise ValueError(say("otherwise belongs to choose"))
        _ = self.expressions  # a mistake in a condition is told when the rule is made
        return self

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """The conditions, or the one expression, ready to be asked."""
        texts = [self.value] if self.value else [choice.when for choice in self.choose]
        return tuple(parse(text, constants=self.constants, currency=self.currency) for text in texts)

    @property
    def returns(self) -> type[Ruled]:
        """`Ruled`."""
        return Ruled

    def __call__(self, case: Case, llm: LLM, /) -> Ruled:
        """Go through the conditions in order; one that cannot be decided stops here and says so."""
        if self.value:
            return self._computed(self.expressions[0], case)
        for choice, expression in zip(self.choose, self.expressions, strict=True):
            verdict = expression.decides(case)
            if verdict is None:
                return self._undecided(choice.when)
            if verdict:
                return Ruled(value=_exact(choice.value), because=choice.when)
        return Ruled(value=_exact(self.otherwise), because="otherwise")

    def _computed(self, expression: Expression, case: Case) -> Ruled:
        value = expression(case)
        if value is None or not isinstance(value, str | bool | int | Decimal | Money | date):
            return self._undecided(expression.text)
        return Ruled(value=value, because=expression.text)

    def _undecided(self, condition: str) -> Ruled:
        doubt = say("rule {name}: cannot decide {condition}", name=self.name, condition=condition)
        return Ruled(because=condition, doubts=(doubt,))


def _exact(value: Scalar) -> Value:
    return Decimal(repr(value)) if isinstance(value, float) else value
