"""Compute a value from earlier results, without any model."""

from collections.abc import Callable
from html import escape
from typing import ClassVar, Self

from pydantic import Field, model_validator

from smeflow.i18n import Phrase, say
from smeflow.llm.base import LLM
from smeflow.step import Case
from smeflow.steps.base import Family, Result

Scalar = str | bool | int | float | None


class Ruled(Result):
    """The value a rule gave."""

    value: Scalar = None
    because: str = ""
    """The condition that held, as it was written."""
    doubts: tuple[Phrase, ...] = ()

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(str(self.value))}</b> <small>{escape(self.because)}</small></p>"


class Choice(Result):
    """One line of a rule: when this holds, that is the value."""

    when: str
    """A condition in the recipe's language, or any text where `test` is given."""
    value: Scalar
    test: Callable[[Case], bool | None] | None = Field(default=None, exclude=True, repr=False)
    """The condition as a function; a recipe compiles it from ``when``. It gives None where it cannot decide."""


class Rule(Family):
    """Choose a value by conditions: the first that holds decides.

    In a recipe::

        - rule: priority
          choose:
            - {when: invoice.record.total_gross > 5000, value: high}
            - {when: invoice.record.days_to_pay < 7, value: high}
          otherwise: normal
    """

    revision: ClassVar[int] = 1

    choose: tuple[Choice, ...] = Field(min_length=1)
    otherwise: Scalar = None
    """The value where no condition holds."""

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if any(not choice.when.strip() for choice in self.choose):
            raise ValueError("each choice needs a condition")
        return self

    @property
    def returns(self) -> type[Ruled]:
        """`Ruled`."""
        return Ruled

    def compiled(self, compile_text: Callable[[str], Callable[[Case], bool | None]]) -> "Rule":
        """Give the same rule with its conditions made into functions."""
        choose = tuple(
            c if c.test else c.model_copy(update={"test": compile_text(c.when)}) for c in self.choose
        )
        return self.model_copy(update={"choose": choose})

    def __call__(self, case: Case, llm: LLM, /) -> Ruled:
        """Go through the conditions in order; one that cannot be decided stops here and says so."""
        for choice in self.choose:
            verdict = _ask(choice, case)
            if verdict is None:
                doubt = say("rule {name}: cannot decide {condition}", name=self.name, condition=choice.when)
                return Ruled(because=choice.when, doubts=(doubt,))
            if verdict:
                return Ruled(value=choice.value, because=choice.when)
        return Ruled(value=self.otherwise, because="otherwise")


def _ask(choice: Choice, case: Case) -> bool | None:
    if choice.test is None:
        raise TypeError(f"the condition {choice.when!r} is text: give test=, or let a recipe compile it")
    return choice.test(case)
