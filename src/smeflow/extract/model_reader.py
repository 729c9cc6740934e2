"""A model as one reader among others: it may only choose among what stands in the documents.

A long document is shown in parts of whole pages; a model that sees is shown pictures of them, no larger
than its provider takes.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import BaseModel

from smeflow.documents.document import Document, Quote
from smeflow.documents.show import page_png
from smeflow.errors import AnswerInvalid, DocumentError, LLMRefused, LLMRejected
from smeflow.extract.field_values import (
    ParsedField,
    bare_value,
    ground_field,
    parse_field,
    same_value,
    sentence_value,
    typed_value,
)
from smeflow.extract.fields import key_of
from smeflow.i18n import Phrase, say
from smeflow.kinds.field_names import FIELDS, list_fields
from smeflow.kinds.record_kind import FieldSpec
from smeflow.kinds.records import Finding, Reading
from smeflow.llm.interface import LLM, ImageLimits, Message, MessageImage, ModelEndpoint
from smeflow.writing.prompts import frame_documents, prompt_messages, with_framed_list

if TYPE_CHECKING:
    from smeflow.llm.ask import AnswerForm

UNSURE = 0.5
"""A value with a token the model found less likely than this is named as unsure."""
PROMPT = (
    "You copy values out of office documents. For each field give the text exactly as it is printed, without "
    "correcting, converting or adding up anything; give null for a field that is not there. {what}"
)

BROKEN_RULES = "What was read without a model breaks these rules of the record; read it with care:"
CHOICES = (
    "For these fields several values are printed, listed with the words beside each. Give the one that the "
    "document means, as it is printed there; another printed value, or null, where none of them is right:"
)
"""Asked with the question where something required is not proven; no other question has it."""


@dataclass(frozen=True, kw_only=True)
class ModelReading:
    """What a model's answer came to."""

    reading: Reading | None = None
    dropped: tuple[Phrase, ...] = ()
    """Values that are nowhere in the documents, or are none of their kind: left out."""
    problems: tuple[Phrase, ...] = ()
    failed: Phrase | None = None
    """The model was asked and gave nothing that can be used."""
    no_model: bool = False
    """There is no model."""


def read_by_model(
    documents: tuple[Document, ...],
    specs: Mapping[str, FieldSpec],
    llm: LLM,
    answer: "AnswerForm[Any]",
    *,
    instructions: str = "",
    examples: str = "",
    words: Mapping[str, Phrase] = FIELDS,
    max_characters: int,
    max_output_tokens: int,
    pages_shown: int = 0,
    questionable: Sequence[str] = (),
    choices: Sequence[str] = (),
    objections: Callable[[Reading], Sequence[str]] | None = None,
) -> ModelReading:
    """Ask a model for every field and keep what the documents bear out; a long text is read part by part.

    What is *questionable* of what others read is told with the question, and so are the *choices* of each
    field that is open; the *objections* to an answer are told once, and the next answer counts.

    *examples* are values of earlier documents of the same kind that a person approved; *words* are what
    people call the fields.
    """
    parts: list[ModelReading] = []
    for part in split_by_pages(documents, max_characters):
        framed = frame_documents(part, max_characters, examples=examples)
        messages = prompt_messages(PROMPT.format(what=instructions).strip(), framed)
        if pages_shown:
            messages = _with_pages(messages, part, llm, pages_shown)
        if questionable:
            messages = with_framed_list(messages, BROKEN_RULES, "rules", questionable, framed.key)
        if choices:
            messages = with_framed_list(messages, CHOICES, "choices", choices, framed.key)
        parts.append(
            _read_part(part, messages, specs, llm, answer, framed.cut, max_output_tokens, words, objections)
        )
        if parts[-1].no_model or parts[-1].failed:
            return parts[-1]
    if len(parts) == 1:
        return parts[0]
    reading, left_open = join_readings([part.reading for part in parts if part.reading], specs)
    return ModelReading(
        reading=reading,
        dropped=(*(phrase for part in parts for phrase in part.dropped), *left_open),
        problems=tuple(phrase for part in parts for phrase in part.problems),
    )


def _read_part(  # noqa: PLR0917 - what one question is made of
    documents: tuple[Document, ...],
    messages: tuple[Message, ...],
    specs: Mapping[str, FieldSpec],
    llm: LLM,
    answer: "AnswerForm[Any]",
    cut: bool,  # noqa: FBT001 - told by the framing
    max_output_tokens: int,
    words: Mapping[str, Phrase],
    objections: Callable[[Reading], Sequence[str]] | None,
) -> ModelReading:
    from smeflow.llm.ask import ask

    first: list[ModelReading] = []

    def object_once(value: BaseModel) -> Sequence[str]:
        if first or objections is None:
            return ()
        first.append(_grounded(value, specs, documents))
        return objections(first[0].reading) if first[0].reading else ()

    try:
        checked = ask(llm, messages, answer, check=object_once, max_output_tokens=max_output_tokens)
    except LLMRejected as error:
        if error.reason == "no_model":
            return ModelReading(no_model=True)
        if error.reason == "too_long":
            return ModelReading(failed=error.phrase)
        raise
    except (AnswerInvalid, LLMRefused) as error:
        if first:  # it has answered, and had nothing better to say
            return replace(first[0], problems=(error.phrase,))
        return ModelReading(failed=error.phrase)
    reading = _grounded(checked.value, specs, documents)
    problems = (*checked.reply.notes, *_unsure(checked.reply.probabilities or {}, reading, words))
    if cut:
        problems += (say("The model was shown only the beginning and the end of the text."),)
    return replace(reading, problems=problems)


def _with_pages(
    messages: tuple[Message, ...], documents: tuple[Document, ...], llm: LLM, limit: int
) -> tuple[Message, ...]:
    """Show a model that sees the pages beside their text, which is what its values are held against."""
    sight = sight_of_model(llm)
    if sight is None:
        return messages
    *earlier, last = messages
    return (*earlier, replace(last, images=page_pictures(documents, sight, limit)))


def _unsure(
    probabilities: Mapping[str, float], model: ModelReading, words: Mapping[str, Phrase]
) -> tuple[Phrase, ...]:
    """Name the values the model itself found unlikely; what it found likely may be wrong all the same."""
    findings = model.reading.findings if model.reading else {}
    unsure = [name for name in findings if probabilities.get(key_of(name), 1.0) < UNSURE]
    return (say("The model was not sure of: {fields}.", fields=list_fields(unsure, words)),) if unsure else ()


def _grounded(
    value: BaseModel, specs: Mapping[str, FieldSpec], documents: tuple[Document, ...]
) -> ModelReading:
    kept = _AnswerFilter(documents)
    findings = {}
    for field, spec in specs.items():
        grounded = kept.keep(field, getattr(value, key_of(field)), spec)
        if grounded is not None:
            findings[field] = Finding(value=grounded, quote=kept.quotes.get(field))
    return ModelReading(reading=Reading(reader="model", findings=findings), dropped=tuple(kept.dropped))


@dataclass
class _AnswerFilter:
    """Keep of an answer what stands in the documents."""

    documents: tuple[Document, ...]
    dropped: list[Phrase] = dataclass_field(default_factory=list)
    quotes: dict[str, Quote] = dataclass_field(default_factory=dict)
    """Where each kept field stands; of a list or a record the place of its first value."""

    def keep(self, name: str, answer: Any, spec: FieldSpec) -> Any:
        """Give what can be kept of *answer*: a value, a list or a mapping; None where nothing can."""
        if answer is None:
            return None
        if spec.many:
            kept = [self._keep_inner(name, value, spec.member) for value in answer]
            return [value for value in kept if value is not None] or None
        if spec.kind == "dict" and spec.key and spec.item:
            keys = [self._keep_inner(name, pair.key, spec.key) for pair in answer]
            values = [self._keep_inner(name, pair.value, spec.item, str(pair.key)) for pair in answer]
            return self._without_rivals(name, list(zip(keys, values, strict=True))) or None
        if spec.kind == "union":
            alternative = _alternative_answered(answer, spec)
            if alternative is not None:
                return typed_value(bare_value(self.keep(name, answer, alternative)), alternative)
        if spec.fields:
            inner = {
                n: self._keep_inner(name, getattr(answer, key_of(n)), s, n) for n, s in spec.fields.items()
            }
            return {n: value for n, value in inner.items() if value is not None} or None
        return self._value(name, answer, spec)

    def _keep_inner(self, name: str, answer: Any, spec: FieldSpec, inner: str = "") -> Any:
        path = f"{name}.{inner}" if inner else name
        kept = self.keep(path, answer, spec)
        if path in self.quotes:
            self.quotes.setdefault(name, self.quotes[path])
        return bare_value(kept)

    def _without_rivals(self, name: str, pairs: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
        """Make a mapping of pairs; where a key stands twice with two values neither is taken."""
        kept: dict[Any, Any] = {}
        rivals = {key for key, value in pairs for k, v in pairs if k == key and v != value}
        for key, value in pairs:
            if key in rivals:
                listed = ", ".join(str(sentence_value(v)) for k, v in pairs if k == key)
                place = f"{name}.{key}"
                self.dropped.append(
                    say("{field}: several values stand beside it: {values}.", field=place, values=listed)
                )
            elif key is not None and value is not None:
                kept[key] = value
        return kept

    def _value(self, name: str, printed: str | bool, spec: FieldSpec) -> ParsedField | None:  # noqa: FBT001 - an answer
        if isinstance(printed, bool):
            return ParsedField(printed)
        if not printed.strip():
            return None
        shown = printed[:80]
        parsed = parse_field(printed, spec)
        if parsed is None:
            kind = spec.kind
            self.dropped.append(
                say("{field}: {value} is no {kind}; it was left out.", field=name, value=shown, kind=kind)
            )
            return None
        quote = ground_field(parsed, printed, spec, self.documents)
        if quote is None and spec.kind != "choice":
            self.dropped.append(
                say("{field}: {value} is nowhere in the document; it was left out.", field=name, value=shown)
            )
            return None
        if quote is not None:
            self.quotes.setdefault(name, quote)
        return parsed


def _alternative_answered(answer: Any, spec: FieldSpec) -> FieldSpec | None:
    """Tell which of several kinds an answer is of that is no plain text: a truth, a list or a record."""
    for number, alternative in enumerate(spec.alternatives):
        is_list = alternative.many or alternative.kind == "dict"
        if isinstance(answer, BaseModel):
            fits = alternative.fields and not is_list and type(answer).__name__.endswith(f"_{number}")
        elif isinstance(answer, list):
            fits = is_list
        else:
            fits = isinstance(answer, bool) and alternative.kind == "boolean"
        if fits:
            return alternative
    return None


def split_by_pages(documents: tuple[Document, ...], limit: int) -> list[tuple[Document, ...]]:
    """Cut documents into parts of whole pages that a model can be shown; short ones stay one part."""
    if sum(len(document.text) for document in documents) <= limit:
        return [documents]
    parts: list[list[Document]] = []
    room = 0
    for document in documents:
        for page in document.pages:
            if not page.text.strip():
                continue
            if not parts or len(page.text) > room:
                parts.append([])
                room = limit
            room -= len(page.text)
            current = parts[-1]
            if current and current[-1].sha256 == document.sha256 and current[-1].name == document.name:
                current[-1] = replace(current[-1], pages=(*current[-1].pages, page))
            else:
                current.append(replace(document, pages=(page,), parts=()))
    return [tuple(part) for part in parts] or [documents]


def join_readings(
    readings: Sequence[Reading], specs: Mapping[str, FieldSpec]
) -> tuple[Reading, list[Phrase]]:
    """Put together what was read part by part.

    Lists follow one another; an amount is taken from the last part that has it, for totals stand at the end.
    Of any other field two different values leave it open; the phrases say so.
    """
    findings: dict[str, Finding] = {}
    left_open: list[Phrase] = []
    for field, spec in specs.items():
        matches = [reading.findings[field] for reading in readings if field in reading.findings]
        if not matches:
            continue
        values = [bare_value(finding.value) for finding in matches]
        joined = {k: v for pairs in values for k, v in pairs.items()} if spec.kind == "dict" else {}
        if spec.many:
            findings[field] = replace(matches[0], value=[row for rows in values for row in rows])
        elif spec.kind == "dict" and all(joined[k] == v for pairs in values for k, v in pairs.items()):
            findings[field] = replace(matches[0], value=joined)
        elif spec.kind in ("money", "number"):
            findings[field] = matches[-1]
        elif all(same_value(values[0], other, spec.kind) for other in values[1:]):
            findings[field] = matches[0]
        else:
            listed = ", ".join(dict.fromkeys(str(sentence_value(value)) for value in values))
            left_open.append(
                say("{field}: the pages say different things: {values}.", field=field, values=listed)
            )
    return Reading(reader="model", findings=findings), left_open


MOST_DPI, LEAST_DPI = 200, 20


@runtime_checkable
class PlacedModel(Protocol):
    """A model that says where it runs, and so what images it takes."""

    @property
    def place(self) -> ModelEndpoint | None:
        """Where the request goes."""
        ...


def sight_of_model(llm: LLM) -> ImageLimits | None:
    """Tell how large an image *llm* takes; None where it sees none, or does not say."""
    return llm.place.sees if isinstance(llm, PlacedModel) and llm.place is not None else None


def page_pictures(documents: Sequence[Document], sight: ImageLimits, limit: int) -> tuple[MessageImage, ...]:
    """Draw the first *limit* pages of the documents that have pages; what cannot be drawn is left out."""
    drawn = (_draw_page(document, page, sight) for document, page in _pages(documents))
    return tuple(islice((MessageImage.of("image/png", data) for data in drawn if data is not None), limit))


def _pages(documents: Sequence[Document]) -> Iterator[tuple[Document, int]]:
    for document in documents:
        if document.media_type == "application/pdf" or document.media_type.startswith("image/"):
            for page in document.pages:
                yield document, page.number


def _draw_page(document: Document, number: int, sight: ImageLimits) -> bytes | None:
    page = document.pages[number - 1]
    longest = max(page.width, page.height)
    dpi = min(MOST_DPI, int(sight.side * 72 / longest)) if longest else MOST_DPI
    while dpi >= LEAST_DPI:
        try:
            data = _scaled_within(page_png(document, number, dpi), sight.side)
        except DocumentError:
            return None
        if data is None:
            return None
        if len(data) <= sight.bytes:
            return data
        dpi = int(dpi * 0.7)
    return None


def _scaled_within(data: bytes, side: int) -> bytes | None:
    """Scale a PNG whose longest side is longer than *side*; None where what scales is not installed."""
    width, height = struct.unpack(">II", data[16:24])
    if max(width, height) <= side:
        return data
    from io import BytesIO

    try:
        from PIL import Image
    except ImportError:
        return None
    with Image.open(BytesIO(data)) as image:
        image.thumbnail((side, side))
        out = BytesIO()
        image.save(out, "PNG", optimize=True)
        return out.getvalue()
