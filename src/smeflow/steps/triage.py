"""Sort a case under one of a closed list of labels: rules first, then examples and words, then a model."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, ValidationInfo, create_model, field_validator, model_validator

from smeflow._text import folded
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.llm.base import LLM
from smeflow.step import Case
from smeflow.steps.base import Family, no_model
from smeflow.steps.label import Example, Label, LabelRule, examples_of, unknown_labels
from smeflow.steps.likeness import Examples, Likeness, learn
from smeflow.steps.office_words import Term, WordScores, terms_of, weigh
from smeflow.steps.pieces import Pieces, quote_of
from smeflow.steps.prompts import framed, question

if TYPE_CHECKING:
    from smeflow.llm.ask import Answer

PROMPT = (
    "You sort the post of an office. Say under which one of these labels the text below belongs:\n{labels}\n"
    "Give label, or null where none fits or you are not sure; and quote, the few words of the text that "
    "decide, copied exactly."
)


class Triage(Family):
    """Sort a case under a label, or say that it is not sure."""

    revision: ClassVar[int] = 1
    prompt: ClassVar[str] = PROMPT

    labels: dict[str, str]
    """Each label with what it means, in a few words. A list of labels will do."""
    rules: tuple[LabelRule, ...] = ()
    """Asked first, in order; the first that holds decides."""
    examples: tuple[Example, ...] = Field(default=(), repr=False)
    """Texts whose label is known: a list, or the path of a ``.jsonl`` or ``.csv`` file."""
    threshold: float = Field(default=0.9, ge=0, le=1)
    """How many of the examples, each sorted as if unknown, must come out right to be trusted alone."""
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
        return examples_of(examples, info.context)

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if len(self.labels) < 2:
            raise ValueError(say("give at least two labels"))
        unknown = unknown_labels(self.rules, self.examples, self.labels)
        if unknown:
            names = ", ".join(unknown)
            raise ValueError(
                say("rules or examples use labels that are not in the list: {names}", names=names)
            )
        return self

    @property
    def returns(self) -> type[Label]:
        """`Label`."""
        return Label

    @cached_property
    def learned(self) -> Examples:
        """What the examples taught."""
        pairs = [(e.label, f"{e.subject}\n{e.subject}\n{e.text}") for e in self.examples]
        return learn(pairs, self.threshold)

    @cached_property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The words each label is known by."""
        return terms_of(self.labels)

    @cached_property
    def answer(self) -> "Answer[Any]":
        """What a model must answer: one of the labels or null."""
        from smeflow.llm.ask import Answer

        labels: Any = Literal[tuple(self.labels)]
        shape: type[BaseModel] = create_model("Sorted", label=(labels | None, ...), quote=(str | None, ...))
        return Answer.of(shape)

    def __call__(self, case: Case, llm: LLM, /) -> Label:
        """Sort the case; where nobody is sure, the label is None and a person is asked."""
        return placed(self._sorted(case, llm), case)

    def _sorted(self, case: Case, llm: LLM) -> Label:
        pieces = Pieces.of(case)
        ruled = self._by_rule(pieces)
        if ruled:
            return ruled
        if not pieces.folded:
            return Label(doubts=(say("There is no text to sort by."),))
        words = weigh(pieces, self.terms)
        likeness = self.learned.compare(f"{pieces.subject}\n{pieces.everything}")
        found = self._by_likeness(words, likeness)
        return found or self._by_model(case, llm, pieces, words, likeness)

    def _by_rule(self, pieces: Pieces) -> Label | None:
        for rule in self.rules:
            quote = match(rule, pieces)
            if quote is not None:
                return Label(label=rule.label, scores={rule.label: 1.0}, quote=quote or None, reader="rules")
        return None

    def _by_likeness(self, words: WordScores, likeness: Likeness) -> Label | None:
        """Take what examples and words agree on, or the one that is sure where the other has no opinion."""
        scores = _rounded(likeness.scores or words.scores)
        if words.leader and words.leader == likeness.best and (words.best or likeness.agreed):
            return Label(label=words.leader, scores=scores, quote=words.quote, reader="examples")
        if likeness.best and not words.best and self.learned.trusted(likeness):
            return Label(label=likeness.best, scores=scores, reader="examples")
        if words.best and not self.examples:
            return Label(label=words.best, scores=scores, quote=words.quote, reader="words")
        return None

    def _by_model(self, case: Case, llm: LLM, pieces: Pieces, words: WordScores, likeness: Likeness) -> Label:
        from smeflow.llm.ask import ask

        scores = _rounded(likeness.scores or words.scores)
        shown = framed(case.documents, self.max_characters)
        lines = [f"- {label}: {about}" if about else f"- {label}" for label, about in self.labels.items()]
        task = PROMPT.format(labels="\n".join(lines))
        task = f"{task}\n{self.instructions}" if self.instructions else task
        try:
            value = ask(llm, question(task, shown), self.answer).value
        except LLMRejected as error:
            if not no_model(error):
                raise
            return Label(scores=scores, doubts=(_unsure(words, likeness),), wanted_model=True)
        except (AnswerInvalid, LLMRefused) as error:
            return Label(scores=scores, doubts=(error.phrase,))
        if value.label is None:
            return Label(scores=scores, reader="model", doubts=(say("The model finds no label that fits."),))
        quote = quote_of(value.quote or "", pieces.everything)
        doubts = _against(value.label, words, likeness)
        return Label(label=value.label, scores=scores, quote=quote, reader="model", doubts=doubts)


def placed(label: Label, case: Case) -> Label:
    """Say where the quote stands: the document and, unless it is in a header, the page."""
    if not label.quote:
        return label
    for document in case.documents:
        for page in document.pages:
            if label.quote in page.text:
                return label.model_copy(update={"document": document.name, "page": page.number})
        if any(label.quote in value for value in document.fields.values()):
            return label.model_copy(update={"document": document.name})
    return label


def match(rule: LabelRule, pieces: Pieces) -> str | None:
    """Give the words that make *rule* hold, or None where it does not."""
    subject, sender = pieces.subject, pieces.sender
    found = ""
    for wanted, text in ((rule.subject, subject), (rule.sender, sender), (rule.text, pieces.everything)):
        if wanted:
            hit = next((word for word in wanted if folded(word) in folded(text)), None)
            if hit is None:
                return None
            found = found or quote_of(hit, text) or ""
    if rule.attachment:
        names = [name for name, _ in pieces.attachments]
        hit = next((n for n in names if any(folded(word) in folded(n) for word in rule.attachment)), None)
        return None if hit is None else found or hit
    return found if rule.subject or rule.sender or rule.text else None


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {label: round(score, 4) for label, score in scores.items()}


def _unsure(words: WordScores, likeness: Likeness) -> Phrase:
    if words.best and likeness.best and words.best != likeness.best:
        return say("Its words say {one}, the examples say {two}.", one=words.best, two=likeness.best)
    if likeness.best:
        return say("No label is clear; the nearest is {label}.", label=likeness.best)
    return say("No label is clear.")


def _against(label: str, words: WordScores, likeness: Likeness) -> tuple[Phrase, ...]:
    """Doubt a model that contradicts clear words, unless the examples take its side."""
    if words.best in (None, label) or likeness.best == label:
        return ()
    return (say("The model says {one}, the words say {two}.", one=label, two=words.best),)
