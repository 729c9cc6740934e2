"""Write a text from facts: a plain template, or prose by a model whose every figure is checked."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from smeflow.llm.base import LLM
from smeflow.step import Case
from smeflow.steps.base import Family
from smeflow.steps.drafted import Drafted, FactFrom


class Draft(Family):
    """Write a text. With ``instructions`` a model writes it; ``template`` stands in where there is none."""

    revision: ClassVar[int] = 1

    template: str = ""
    """Plain text with facts in braces: ``Dear {customer}``. Names only, never code; ``{{`` is a brace."""
    subject: str = ""
    """The subject line, with facts in braces."""
    instructions: str = ""
    """What a model should write; without it no model is asked."""
    facts: dict[str, FactFrom] = Field(default_factory=dict)
    """What the text may use, by name."""
    locale: str = "en"
    """How numbers and dates are written, and the language of the text: ``fr-FR``, ``en-GB``."""
    max_output_tokens: int = Field(default=1_500, ge=100)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.template and not self.instructions:
            raise ValueError("give a template, or instructions for a model, or both")
        return self

    @property
    def returns(self) -> type[Drafted]:
        """`Drafted`."""
        return Drafted

    def __call__(self, case: Case, llm: LLM, /) -> Drafted:
        """Write the text."""
        raise NotImplementedError
