"""The `triage` step: rules, likeness to examples, then a model that is asked for a label of a closed list."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, ValidationInfo, create_model, field_validator, model_validator

from smeflow._text import folded
from smeflow.core.case import Case
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.steps import StepFamily, is_no_model
from smeflow.llm.interface import LLM
from smeflow.triage.deadlines import find_deadlines
from smeflow.triage.details import date_written, read_details
from smeflow.triage.labels import (
    Example,
    Label,
    LabelRule,
    load_examples,
    read_examples,
    read_rules,
    rules_file,
    unknown_labels,
)
from smeflow.triage.likeness import (
    LearnedLabels,
    Likeness,
    LikenessMode,
    TrainingText,
    compared_text,
    learn_examples,
)
from smeflow.triage.words import CaseText, LabelTerm, WordScores, label_terms, quote_of, weigh_words
from smeflow.writing.prompts import FramedText, excerpt, frame_documents, prompt_messages

if TYPE_CHECKING:
    from smeflow.llm.ask import AnswerForm
    from smeflow.llm.interface import Message

PROMPT = (
    "You sort the post of an office. Say under which one of these labels the text below belongs:\n{labels}\n"
    "Give label, or null where none fits or you are not sure; and quote, the few words of the text that "
    "decide, copied exactly."
)
SEVERAL = (
    "You sort the post of an office. Say under which of these labels the text below belongs, one or "
    "several:\n{labels}\nGive labels, the surest first, or none where none fits or you are not sure; and "
    "quote, the few words of the text that decide, copied exactly."
)
DETAILS = (
    "Give also urgency (high, normal, low, or null where the text says nothing of it); deadline, the words "
    "that say until when something is asked for, copied exactly; and asked, the sentence that says what is "
    "asked of us, copied exactly. What the text does not say is null."
)
EXAMPLES_SHOWN, EXAMPLES_A_LABEL, EXAMPLE_CHARACTERS = 4, 2, 400
"""How many approved examples are shown, how many of one label, and how many characters of each."""
_LEARNING_LOCK = RLock()
CLEAR_CONFIDENCE = 0.8
"""From this confidence on, examples that say otherwise make a model's label doubtful."""
LIKELY_ENOUGH = 0.9
"""A label the model finds less likely than this, where it tells, is looked at by a person."""


def answer_shape(labels: Sequence[str], *, many: bool, details: bool) -> "AnswerForm[Any]":
    """Say what a model must answer."""
    from smeflow.llm.ask import AnswerForm

    label: Any = Literal[tuple(labels)]
    fields: dict[str, Any] = {"labels": (list[label], ...)} if many else {"label": (label | None, ...)}
    fields["quote"] = (str | None, ...)
    if details:
        urgency: Any = Literal["high", "normal", "low"]
        fields |= {
            "urgency": (urgency | None, ...),
            "deadline": (str | None, ...),
            "asked": (str | None, ...),
        }
    shape: type[BaseModel] = create_model("Sorted", **fields)
    return AnswerForm.of(shape)


def label_question(
    case: Case,
    labels: Mapping[str, str],
    nearest: Sequence[TrainingText],
    instructions: str,
    *,
    room: int,
    many: bool,
    details: bool,
) -> "tuple[Message, ...]":
    """Put the question into messages; *instructions* are what the recipe says of these cases."""
    lines = [f"- {label}: {about}" if about else f"- {label}" for label, about in labels.items()]
    question = (SEVERAL if many else PROMPT).format(labels="\n".join(lines))
    task = "\n".join(filter(None, (question, DETAILS if details else "", instructions)))
    framed = frame_documents(case.documents, room)
    examples = "\n".join(_shown_examples(framed.key, nearest))
    text = f"{examples}\n\n{framed.text}" if examples else framed.text
    return prompt_messages(task, FramedText(key=framed.key, text=text, cut=framed.cut))


def _shown_examples(key: str, nearest: Sequence[TrainingText]) -> Iterator[str]:
    """Show approved examples as what they are: other people's text, framed like the rest."""
    counts: Counter[frozenset[str]] = Counter()
    shown = 0
    for lesson in nearest:
        counts[lesson.of] += 1
        if lesson.of and counts[lesson.of] <= EXAMPLES_A_LABEL and shown < EXAMPLES_SHOWN:
            shown += 1
            text = excerpt(lesson.text.short, EXAMPLE_CHARACTERS)
            yield f"<<<{key} approved example of {', '.join(sorted(lesson.of))}\n{text}\n{key}>>>"


def quoted_details(answer: Mapping[str, Any], case: Case, pieces: CaseText) -> dict[str, Any]:
    """Take of a model's answer what stands in the text, as fields of a `Label`."""
    details: dict[str, Any] = {}
    if answer.get("urgency"):
        details["urgency"] = answer["urgency"]
    sentence = quote_of(answer.get("asked") or "", pieces.everything)
    if sentence:
        details["asked"] = (sentence,)
    words = quote_of(answer.get("deadline") or "", pieces.everything)
    if words:
        written = date_written(case.documents[0] if case.documents else None)
        deadlines = find_deadlines(f"before {words}", written) or find_deadlines(words, written)
        if deadlines:
            details["due"] = deadlines[0].day
    return details


class Triage(StepFamily):
    """Sort a case under a label, or say that it is not sure."""

    kind_id: ClassVar[str] = "smeflow.steps.triage.Triage"
    revision: ClassVar[int] = 2
    prompt: ClassVar[str] = PROMPT

    labels: dict[str, str]
    """Each label with what it means, in a few words. A list of labels will do."""
    rules: tuple[LabelRule, ...] = ()
    """Asked first, in order; the first that holds decides."""
    learned: str = ""
    """The file in which `smeflow learn` keeps what people corrected; it need not exist yet."""
    examples: tuple[Example, ...] = Field(default=(), repr=False, validate_default=True)
    """Texts whose label is known: a list, or the paths of ``.jsonl`` or ``.csv`` files."""
    many: bool = False
    """A case may have several labels."""
    threshold: float = Field(default=0.98, ge=0, le=1)
    """What share of the labels given without a model or a person must be right, by the examples' own word."""
    likeness: LikenessMode = "auto"
    """How examples are compared: ``letters`` alone, or ``embeddings`` too (extra ``embed``); ``auto`` takes
    embeddings where they are installed."""
    owners: dict[str, str] = Field(default_factory=dict)
    """Who should have what is under each label."""
    details: bool = False
    """Let the model also say urgency, deadline and what is asked; what it cannot quote is left out."""
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
        recipe = RecipeContext.of(info.context)
        loaded = load_examples(examples, recipe)
        path = recipe.path(info.data["learned"]) if info.data.get("learned") else None
        if path and path.is_file() and isinstance(loaded, tuple | list):
            return (*loaded, *read_examples(path))
        return loaded

    @model_validator(mode="before")
    @classmethod
    def _with_accepted_rules(cls, given: object, info: ValidationInfo) -> object:
        """Put the rules people accepted behind those that are written."""
        learned = given.get("learned") if isinstance(given, dict) else None
        if not isinstance(given, dict) or not isinstance(learned, str) or not learned:
            return given
        try:
            path = RecipeContext.of(info.context).path(learned)
        except ValueError:  # it leads out of the workspace, which is told where the examples are read
            return given
        accepted, _ = read_rules(rules_file(path))
        written = given.get("rules") or ()
        if not accepted or not isinstance(written, list | tuple):
            return given
        return {**given, "rules": [*written, *accepted]}

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if len(self.labels) < 2:
            raise ValueError(say("give at least two labels"))
        unknown = unknown_labels(self.rules, self.examples, self.labels)
        if unknown:
            names = ", ".join(unknown)
            raise ValueError(
                say(
                    "rules or examples use labels that are not in the list: {names}; there are: {known}",
                    names=names,
                    known=", ".join(self.labels),
                )
            )
        return self

    @property
    def returns(self) -> type[Label]:
        """`Label`."""
        return Label

    @property
    def taught(self) -> LearnedLabels:
        """What labels and examples taught; learned once, however many threads ask."""
        with _LEARNING_LOCK:
            return self._taught

    @cached_property
    def _taught(self) -> LearnedLabels:
        return learn_examples(
            self.labels, self.examples, right=self.threshold, by=self.likeness, many=self.many
        )

    @cached_property
    def _senders(self) -> bool:
        return any(example.sender for example in self.examples)

    @cached_property
    def terms(self) -> dict[str, tuple[LabelTerm, ...]]:
        """The words each label is known by."""
        return label_terms(self.labels)

    @cached_property
    def answer(self) -> "AnswerForm[Any]":
        """What a model must answer: one of the labels or null."""
        return answer_shape(tuple(self.labels), many=self.many, details=self.details)

    def __call__(self, case: Case, llm: LLM, /) -> Label:
        """Sort the case; where nobody is sure, the label is None and a person is asked."""
        label = with_place(self._sorted(case, llm), case)
        known = dict(label)  # the fields by name; what the model or a rule said is kept
        details = {name: value for name, value in read_details(case).items() if not known[name]}
        labels = label.labels or ((label.label,) if label.label else ())
        owner = label.owner or self.owners.get(label.label or "")
        return label.model_copy(update={**details, "labels": labels, "owner": owner})

    def _sorted(self, case: Case, llm: LLM) -> Label:
        pieces = CaseText.of(case)
        by_rule = self._by_rule(pieces)
        if by_rule:
            return by_rule
        if not pieces.folded:
            return Label(doubts=(say("There is no text to sort by."),))
        words = weigh_words(pieces, self.terms)
        if words.best and not self.examples:
            scores = _rounded(words.scores)
            return Label(label=words.best, scores=scores, quote=words.quote, reader="words")
        likeness = self.taught.compare(compared_text(pieces, senders=self._senders))
        by_likeness = self._by_likeness(words, likeness)
        return by_likeness or self._by_model(case, llm, pieces, words, likeness)

    def _by_rule(self, pieces: CaseText) -> Label | None:
        matches = [(rule, quote) for rule in self.rules if (quote := match_rule(rule, pieces)) is not None]
        if not matches:
            return None
        first, quote = matches[0]
        labels = tuple(dict.fromkeys(rule.label for rule, _ in matches)) if self.many else (first.label,)
        return Label(
            label=first.label,
            labels=labels,
            scores=dict.fromkeys(labels, 1.0),
            quote=quote or None,
            reader="rules",
            owner=first.owner or None,
        )

    def _by_likeness(self, words: WordScores, likeness: Likeness) -> Label | None:
        """Take what the examples bear out; where they are too few to say, what every office knows."""
        scores = _rounded(likeness.scores)
        if likeness.sure and likeness.best:
            quote = words.quote if words.leader == likeness.best else None
            return Label(
                label=likeness.best,
                labels=likeness.several,
                confidence=likeness.confidence,
                scores=scores,
                quote=quote,
                reader="examples",
            )
        if self.taught.sure.enough is None and words.best and likeness.best == words.best:
            return Label(label=words.best, scores=scores, quote=words.quote, reader="words")
        return None

    def _by_model(
        self, case: Case, llm: LLM, pieces: CaseText, words: WordScores, likeness: Likeness
    ) -> Label:
        from smeflow.llm.ask import ask

        scores = _rounded(likeness.scores)
        unsure = Label(suggestion=likeness.best, confidence=likeness.confidence, scores=scores)
        nearest = [self.taught.lessons[number] for number in likeness.nearest]
        messages = label_question(
            case,
            self.labels,
            nearest,
            self.instructions,
            room=self.max_characters,
            many=self.many,
            details=self.details,
        )
        try:
            asked = ask(llm, messages, self.answer)
        except LLMRejected as error:
            if not is_no_model(error):
                raise
            return unsure.model_copy(update={"doubts": (likeness.why_unsure(words),), "wanted_model": True})
        except (AnswerInvalid, LLMRefused) as error:
            return unsure.model_copy(update={"doubts": (error.phrase,)})
        answer, probabilities = dict(asked.value), asked.reply.probabilities or {}
        given = answer["labels"] if self.many else filter(None, [answer["label"]])
        labels = tuple(dict.fromkeys(given))
        update = {"scores": scores, "reader": "model", **quoted_details(answer, case, pieces)}
        if not labels:
            update |= {"doubts": (say("The model finds no label that fits."),)}
            return Label(suggestion=likeness.best).model_copy(update=update)
        quote = quote_of(answer["quote"] or "", pieces.everything)
        doubts: tuple[Phrase, ...] = () if self.many else _contradictions(labels[0], words, likeness)
        if answer["quote"] and not quote:
            doubts += (
                say("What the model quotes stands nowhere in the text: {quote}", quote=answer["quote"][:80]),
            )
        if probabilities.get("label", 1.0) < LIKELY_ENOUGH:
            percent = round(100 * probabilities["label"])
            doubts += (say("The model finds {label} likely at {n} % only.", label=labels[0], n=percent),)
        return Label(label=labels[0], labels=labels, quote=quote, doubts=doubts).model_copy(update=update)


def with_place(label: Label, case: Case) -> Label:
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


def match_rule(rule: LabelRule, pieces: CaseText) -> str | None:
    """Give the words that make *rule* hold, or None where it does not."""
    quotes = []
    places = ((rule.subject, pieces.subject), (rule.sender, pieces.sender), (rule.text, pieces.everything))
    for words, text in places:
        if words:
            match = next((word for word in words if folded(word) in folded(text)), None)
            if match is None:
                return None
            quotes.append(quote_of(match, text) or "")
    if rule.attachment:
        names = (name for name, _ in pieces.attachments)
        name = next((n for n in names if any(folded(word) in folded(n) for word in rule.attachment)), None)
        if name is None:
            return None
        quotes.append(name)
    return next(filter(None, quotes), "") if quotes else None


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {label: round(score, 4) for label, score in scores.items()}


def _contradictions(label: str, words: WordScores, likeness: Likeness) -> tuple[Phrase, ...]:
    """Doubt a model that contradicts clear words or clear examples, unless the other takes its side."""
    if words.best not in {None, label} and likeness.best != label:
        return (say("The model says {one}, the words say {two}.", one=label, two=words.best),)
    clear = likeness.sure or (likeness.confidence or 0) >= CLEAR_CONFIDENCE
    if clear and likeness.best not in {None, label} and words.best != label:
        return (say("The model says {one}, the examples say {two}.", one=label, two=likeness.best),)
    return ()
