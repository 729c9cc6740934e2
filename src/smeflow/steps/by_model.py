"""A model as one reader among others: it may only choose among what stands in the documents."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, create_model

from smeflow.documents.base import Document, Quote
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.field_names import FIELDS, listed
from smeflow.i18n import Phrase, say
from smeflow.llm.base import LLM, Message
from smeflow.readers.base import Finding, Reading
from smeflow.record_kinds import FieldSpec
from smeflow.steps.by_parts import joined, parts_of
from smeflow.steps.kinds import Taken, find, take
from smeflow.steps.prompts import framed, question
from smeflow.steps.sight import pictures_of, sight_of

if TYPE_CHECKING:
    from smeflow.llm.ask import Answer

UNSURE = 0.5
"""A value with a token the model found less likely than this is named as unsure."""
PROMPT = (
    "You copy values out of office documents. For each field give the text exactly as it is printed, without "
    "correcting, converting or adding up anything; give null for a field that is not there. {what}"
)
ABOUT: Mapping[str, str] = {
    "money": "an amount with its currency, as printed",
    "number": "a number, as printed",
    "date": "a date, as printed",
    "iban": "an IBAN, as printed",
    "currency": "the currency's code or sign, as printed",
    "identifier": "an identifier, as printed",
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a model's answer came to."""

    reading: Reading | None = None
    dropped: tuple[Phrase, ...] = ()
    """Values that are nowhere in the documents, or are none of their kind: left out."""
    problems: tuple[Phrase, ...] = ()
    failed: Phrase | None = None
    """The model was asked and gave nothing that can be used."""
    nobody: bool = False
    """There is no model."""


def answer_for(name: str, specs: Mapping[str, FieldSpec]) -> "Answer[Any]":
    """Make the shape of the answer: every field as printed, or null."""
    from smeflow.llm.ask import Answer

    return Answer.of(_shape(f"Printed_{name}", specs))


def _shape(name: str, specs: Mapping[str, FieldSpec]) -> type[BaseModel]:
    columns: dict[str, Any] = {}
    for field, spec in specs.items():
        key = key_of(field)
        inner: Any = Literal[spec.choices] if spec.choices else str
        inner = _shape(f"{name}_{key}", spec.fields) if spec.fields else inner
        kind: Any = list[inner] if spec.many else inner
        about = spec.about or ABOUT.get(spec.kind, "as printed")
        columns[key] = (kind | None, Field(..., description=about))
    shape: type[BaseModel] = create_model(name, **columns)
    return shape


def key_of(field: str) -> str:
    """Name a field in the answer; a field inside another is written with an underline."""
    return field.replace(".", "_")


def read_by_model(
    documents: tuple[Document, ...],
    specs: Mapping[str, FieldSpec],
    llm: LLM,
    answer: "Answer[Any]",
    *,
    instructions: str = "",
    examples: str = "",
    words: Mapping[str, Phrase] = FIELDS,
    max_characters: int,
    max_output_tokens: int,
    pages_shown: int = 0,
) -> Said:
    """Ask a model for every field and keep what the documents bear out; a long text is read part by part.

    *examples* are values of earlier documents of the same kind that a person approved; *words* are what
    people call the fields.
    """
    said: list[Said] = []
    for part in parts_of(documents, max_characters):
        shown = framed(part, max_characters, examples=examples)
        asking = question(PROMPT.format(what=instructions).strip(), shown)
        if pages_shown:
            asking = _with_pages(asking, part, llm, pages_shown)
        said.append(_ask_about(part, asking, specs, llm, answer, shown.cut, max_output_tokens, words))
        if said[-1].nobody or said[-1].failed:
            return said[-1]
    if len(said) == 1:
        return said[0]
    reading, left_open = joined([one.reading for one in said if one.reading], specs)
    return Said(
        reading=reading,
        dropped=(*(phrase for one in said for phrase in one.dropped), *left_open),
        problems=tuple(phrase for one in said for phrase in one.problems),
    )


def _ask_about(  # noqa: PLR0917 - what one question is made of
    documents: tuple[Document, ...],
    asking: tuple[Message, ...],
    specs: Mapping[str, FieldSpec],
    llm: LLM,
    answer: "Answer[Any]",
    cut: bool,  # noqa: FBT001 - told by the framing
    max_output_tokens: int,
    words: Mapping[str, Phrase],
) -> Said:
    from smeflow.llm.ask import ask

    try:
        asked = ask(llm, asking, answer, max_output_tokens=max_output_tokens)
    except LLMRejected as error:
        if error.reason == "no_model":
            return Said(nobody=True)
        if error.reason == "too_long":
            return Said(failed=error.phrase)
        raise
    except (AnswerInvalid, LLMRefused) as error:
        return Said(failed=error.phrase)
    said = _grounded(asked.value, specs, documents)
    problems = (*asked.reply.notes, *_unsure(asked.reply.probabilities or {}, said, words))
    if cut:
        problems += (say("The model was shown only the beginning and the end of the text."),)
    return replace(said, problems=problems)


def _with_pages(
    messages: tuple[Message, ...], documents: tuple[Document, ...], llm: LLM, most: int
) -> tuple[Message, ...]:
    """Show a model that sees the pages beside their text, which is what its values are held against."""
    sight = sight_of(llm)
    if sight is None:
        return messages
    *before, last = messages
    return (*before, replace(last, images=pictures_of(documents, sight, most)))


def _unsure(told: Mapping[str, float], said: Said, words: Mapping[str, Phrase]) -> tuple[Phrase, ...]:
    """Name the values the model itself found unlikely; what it found likely may be wrong all the same."""
    kept = said.reading.findings if said.reading else {}
    low = [name for name in kept if told.get(key_of(name), 1.0) < UNSURE]
    return (say("The model was not sure of: {fields}.", fields=listed(low, words)),) if low else ()


def _grounded(value: BaseModel, specs: Mapping[str, FieldSpec], documents: tuple[Document, ...]) -> Said:
    sieve = _Sieve(documents)
    findings = {}
    for field, spec in specs.items():
        kept = sieve.keep(field, getattr(value, key_of(field)), spec)
        if kept is not None:
            findings[field] = Finding(value=kept, quote=sieve.quotes.get(field))
    return Said(reading=Reading(reader="model", findings=findings), dropped=tuple(sieve.dropped))


@dataclass
class _Sieve:
    """Keep of an answer what stands in the documents."""

    documents: tuple[Document, ...]
    dropped: list[Phrase] = dataclass_field(default_factory=list)
    quotes: dict[str, Quote] = dataclass_field(default_factory=dict)
    """Where each kept field stands; of a list or a record the place of its first value."""

    def keep(self, name: str, told: Any, spec: FieldSpec) -> Any:
        """Give what can be kept of *told*: a value, a list or a mapping; None where nothing can."""
        if told is None:
            return None
        if spec.many:
            each = spec.model_copy(update={"many": False})
            kept = [self._bare(name, one, each) for one in told]
            return [one for one in kept if one is not None] or None
        if spec.fields:
            inner = {n: self._bare(name, getattr(told, key_of(n)), s, n) for n, s in spec.fields.items()}
            return {n: one for n, one in inner.items() if one is not None} or None
        return self._value(name, told, spec)

    def _bare(self, name: str, told: Any, spec: FieldSpec, inner: str = "") -> Any:
        kept = self.keep(f"{name}.{inner}" if inner else name, told, spec)
        if inner and name not in self.quotes and f"{name}.{inner}" in self.quotes:
            self.quotes[name] = self.quotes[f"{name}.{inner}"]
        return kept.value if isinstance(kept, Taken) else kept

    def _value(self, name: str, printed: str, spec: FieldSpec) -> Taken | None:
        if not printed.strip():
            return None
        shown = printed[:80]
        taken = take(printed, spec)
        if taken is None:
            kind = spec.kind
            self.dropped.append(
                say("{field}: {value} is no {kind}; it was left out.", field=name, value=shown, kind=kind)
            )
            return None
        quote = find(taken, printed, spec, self.documents)
        if quote is None and spec.kind != "choice":
            self.dropped.append(
                say("{field}: {value} is nowhere in the document; it was left out.", field=name, value=shown)
            )
            return None
        if quote is not None:
            self.quotes.setdefault(name, quote)
        return taken
