"""Sort a case under one of a closed list of labels: rules first, then examples and words, then a model."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from smeflow.llm.base import LLM
from smeflow.step import Case
from smeflow.steps.base import Family
from smeflow.steps.label import Example, Label, LabelRule, examples_of, unknown_labels


class Triage(Family):
    """Sort a case under a label, or say that it is not sure."""

    revision: ClassVar[int] = 1

    labels: dict[str, str]
    """Each label with what it means, in a few words. A list of labels will do."""
    rules: tuple[LabelRule, ...] = ()
    """Asked first, in order; the first that holds decides."""
    examples: tuple[Example, ...] = Field(default=(), repr=False)
    """Texts whose label is known: a list, or the path of a ``.jsonl`` or ``.csv`` file."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """How clearly one label must lead when examples or words decide; higher asks others more often."""
    instructions: str = ""
    """What a model should know about these cases."""
    max_characters: int = Field(default=6_000, ge=200)
    """How much text a model is given."""

    @field_validator("labels", mode="before")
    @classmethod
    def _described(cls, labels: object) -> object:
        if isinstance(labels, list | tuple):
            return dict.fromkeys(labels, "")
        if isinstance(labels, dict):
            return {label: "" if about is None else about for label, about in labels.items()}
        return labels

    @field_validator("examples", mode="before")
    @classmethod
    def _read(cls, examples: object, info: ValidationInfo) -> object:
        return examples_of(examples, Path((info.context or {}).get("folder", ".")))

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if len(self.labels) < 2:
            raise ValueError("give at least two labels")
        unknown = unknown_labels(self.rules, self.examples, self.labels)
        if unknown:
            raise ValueError(f"rules or examples use labels that are not in the list: {', '.join(unknown)}")
        return self

    @property
    def returns(self) -> type[Label]:
        """`Label`."""
        return Label

    def __call__(self, case: Case, llm: LLM, /) -> Label:
        """Sort the case."""
        raise NotImplementedError
