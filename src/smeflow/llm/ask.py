"""A Pydantic model in, a checked value out.

What can be repaired without a call is repaired; the rest is asked again, a bounded number of times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from smeflow._text import strip_invisible
from smeflow.errors import AnswerInvalid, LLMRefused, LLMUnavailable
from smeflow.i18n import Phrase, say
from smeflow.llm.answer_json import (
    AmbiguousJson,
    MissingNames,
    json_candidates,
    load_json,
    missing_names,
    plain_numbers,
    schema_name,
    schema_text,
    strict_schema,
)
from smeflow.llm.interface import LLM, AnswerSchema, Message, Reply, Request

T = TypeVar("T")
MAX_TRIES = 5
"""Answers that are looked at for one question; each may have been paid."""
MAX_CORRECTIONS = 2
"""How many of them are asked for by telling what was wrong."""
_MOST_ROOM = 4
"""How many times the first limit an answer may have that was cut; cut there too, it is not paid again."""
_CHARACTERS_PER_TOKEN = 64
"""Far more than any language needs: an answer longer than that is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The instructions for a model, and what to apply them to."""

    system: str
    user: str

    @property
    def messages(self) -> tuple[Message, ...]:
        """Give the messages of a request."""
        return (Message("system", self.system), Message("user", self.user))


@dataclass(frozen=True, eq=False)
class AnswerForm(Generic[T]):
    """The form of an answer: its schema and its validator, built once and shared by all requests."""

    schema: AnswerSchema
    adapter: TypeAdapter[T]
    missing: MissingNames = field(repr=False)

    @classmethod
    def of(cls, model: type[T], *, name: str | None = None) -> "AnswerForm[T]":
        """Make the answer's form of a Pydantic model; do it once, not for each request.

        Raises:
            TypeError: A field of the model has free keys.
        """
        adapter = TypeAdapter(model)
        schema = strict_schema(adapter)
        if schema.get("type") != "object":
            raise TypeError(f"{model!r} is no model with named fields")
        text = schema_text(schema)
        return cls(AnswerSchema(schema_name(name or model.__name__), text), adapter, missing_names(schema))

    def read(self, text: str) -> T:
        """Read an answer, repairing what wraps it.

        Raises:
            UnreadableAnswer: It is no JSON, or says two things at once.
            UnfitAnswer: It is JSON and does not follow the schema.
        """
        if not text.isascii():
            text = strip_invisible(text)
        try:
            value = load_json(text)
        except AmbiguousJson as error:
            raise UnreadableAnswer(error.phrase) from None
        except ValueError:
            return self._read_embedded(text)
        return self._fit(value, text)

    def _read_embedded(self, text: str) -> T:
        """Accept what remains without its wrapping, if there is just one reading of it."""
        readings: dict[str, T] = {}
        unfit: UnfitAnswer | None = None
        for candidate in json_candidates(text):
            if candidate in readings:
                continue
            try:
                value = load_json(candidate)
                if isinstance(value, dict):
                    readings[candidate] = self._fit(value, candidate)
            except AmbiguousJson as error:
                raise UnreadableAnswer(error.phrase) from None
            except UnfitAnswer as error:
                # one that begins elsewhere is only a part of what is broken
                outermost = text.partition("{")[2].startswith(candidate[1:])
                unfit = unfit or (error if outermost else None)
            except ValueError:
                continue
        values = list(readings.values())
        if values and all(v == values[0] for v in values):
            return values[0]
        if values:
            raise UnreadableAnswer(say("it holds more than one answer"))
        raise unfit or UnreadableAnswer(say("it is no JSON"))

    def _fit(self, value: Any, text: str) -> T:
        missing = self.missing(value, "")
        if missing:
            raise UnfitAnswer([say('"{name}" is missing', name=name) for name in missing])
        try:
            return self.adapter.validate_json(text, extra="ignore")
        except ValidationError as error:
            numbers = {e["loc"] for e in error.errors() if e["type"] in _NUMBER_ERRORS}
            if numbers:
                return self._with_plain_numbers(value, numbers, error)
            raise UnfitAnswer(_problems(error)) from None

    def _with_plain_numbers(self, value: Any, where: set[tuple[int | str, ...]], error: ValidationError) -> T:
        plain = plain_numbers(value, lambda path: any(loc[: len(path)] == path for loc in where))
        try:
            return self.adapter.validate_json(schema_text(plain), extra="ignore")
        except ValidationError:
            raise UnfitAnswer(_problems(error)) from None


_NUMBER_ERRORS = frozenset({"decimal_parsing", "decimal_type", "float_parsing", "int_parsing"})


class UnreadableAnswer(ValueError):
    """Asking the same again may well help: there is nothing to tell the model."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.problems = (phrase,)


class UnfitAnswer(ValueError):
    """The answer is readable and breaks the schema; telling how may help."""

    def __init__(self, problems: Sequence[Phrase]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class CheckedAnswer(Generic[T]):
    """A checked value and the reply it stands in."""

    value: T
    reply: Reply
    tries: int
    """How many replies were looked at, this one included."""


def ask(
    llm: LLM,
    prompt: Prompt | Sequence[Message],
    answer: AnswerForm[T],
    *,
    check: Callable[[T], Sequence[str]] | None = None,
    max_output_tokens: int = 2048,
    timeout_seconds: float = 120.0,
) -> CheckedAnswer[T]:
    """Ask until an answer fits: at most `MAX_TRIES` times, `MAX_CORRECTIONS` of them with the problems told.

    *check* gives the problems of a value that follows the schema; none, and it is accepted. What is asked
    depends on nothing but the arguments and the replies, so that a replay asks the same.

    Raises:
        LLMRefused: The model declined twice, or a filter stood in the way twice.
        AnswerInvalid: No answer fitted; the last one and its problems are in the error.
        LLMError: See `LLM`.
        TypeError: *llm* is the name of a model.
    """
    if isinstance(llm, str):
        raise TypeError(f"{llm!r} is the name of a model: give connect({llm!r}), or run([…], case, {llm!r})")
    messages = prompt.messages if isinstance(prompt, Prompt) else tuple(prompt)
    request = Request(
        messages=messages,
        schema=answer.schema,
        max_output_tokens=max_output_tokens,
        timeout_seconds=timeout_seconds,
    )
    turn = _Turn(request)
    while True:
        try:
            reply = llm.complete(turn.request)
        except LLMUnavailable as error:
            if turn.last is None:
                raise
            raise turn.invalid() from error
        turn.tries += 1
        try:
            value = _checked(reply, answer, turn.request)
            problems = check(value) if check else ()
            if problems:
                raise UnfitAnswer([Phrase("{problem}", {"problem": p}) for p in problems])
            return CheckedAnswer(value=value, reply=reply, tries=turn.tries)
        except (UnreadableAnswer, UnfitAnswer) as fault:
            turn.next_after(reply, fault)


class _Declined(UnreadableAnswer):
    """The model, or a filter, will not answer."""


class _CutShort(UnreadableAnswer):
    """The answer reached its limit."""


def _checked(reply: Reply, answer: AnswerForm[T], request: Request) -> T:
    if reply.finish_reason in {"refusal", "content_filter"}:
        raise _Declined(say("the model declined, or a filter stopped it"))
    if reply.finish_reason == "length":
        raise _CutShort(say("it was cut at the limit of its length"))
    if not reply.text.strip():
        raise UnreadableAnswer(say("it is empty"))
    if len(reply.text) > request.max_output_tokens * _CHARACTERS_PER_TOKEN:
        raise UnreadableAnswer(say("it is far longer than was asked for"))
    return answer.read(reply.text)


class _Turn:
    """What has been answered so far, and what to ask next."""

    def __init__(self, request: Request) -> None:
        self.first = self.request = request
        self.tries = self.corrections = self.declined = self.repeated = 0
        self.last: tuple[Reply, tuple[Phrase, ...]] | None = None

    def next_after(self, reply: Reply, fault: UnreadableAnswer | UnfitAnswer) -> None:
        """Set the next request, or give up.

        Raises:
            LLMRefused: Declined for the second time.
            AnswerInvalid: The tries are used up, or it was cut with all the room there is.
        """
        self.last = (reply, fault.problems)
        if isinstance(fault, _Declined):
            self.declined += 1
            if self.declined > 1:
                raise _refused(reply)
        most_room = self.first.max_output_tokens * _MOST_ROOM
        still_cut = isinstance(fault, _CutShort) and self.request.max_output_tokens >= most_room
        if self.tries >= MAX_TRIES or still_cut:
            raise self.invalid()
        if isinstance(fault, UnfitAnswer) and self.corrections < MAX_CORRECTIONS:
            self.corrections += 1
            messages = (*self.first.messages, *_correction_messages(reply, fault.problems))
            self.request = replace(self.request, messages=messages, again=self.tries)
            return
        # The same question once more. A little warmth, since the same words would get the same answer.
        self.repeated += 1
        longer = 2 if isinstance(fault, _CutShort) else 1
        self.request = replace(
            self.first,
            again=self.tries,
            temperature=min(1.0, self.first.temperature + 0.2 * self.repeated),
            max_output_tokens=min(self.request.max_output_tokens * longer, most_room),
        )

    def invalid(self) -> AnswerInvalid:
        """Say that no answer fitted."""
        reply, problems = self.last or (None, ())
        phrase = say(
            "The model gave no usable answer in {tries} tries: {problem}.",
            tries=self.tries,
            problem=problems[0] if problems else "-",
        )
        listed = [str(p) for p in problems]
        return AnswerInvalid(phrase, reply=reply.text[:4000] if reply else "", problems=listed)


def _refused(reply: Reply) -> LLMRefused:
    if reply.finish_reason == "content_filter":
        return LLMRefused(say("The provider's filter stopped the answer."))
    text = " ".join(strip_invisible(reply.text).split())[:200]
    return LLMRefused(say("The model declined to answer: {said}", said=text or "-"))


def _correction_messages(reply: Reply, problems: Sequence[Phrase]) -> tuple[Message, Message]:
    listed = "\n".join(f"- {p}" for p in problems[:20])
    correction = f"That answer cannot be used:\n{listed}\nGive the whole answer again, as JSON of the schema."
    return Message("assistant", reply.text[:8000]), Message("user", correction)


def _problems(error: ValidationError) -> list[Phrase]:
    return [_problem(e) for e in error.errors(include_url=False, include_input=False)]


def _problem(error: ErrorDetails) -> Phrase:
    """Say what is wrong, without the shape of a label and its value: it will stand in a prompt."""
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error["loc"]).lstrip(".")
    if error["type"] in {"literal_error", "enum"}:
        return say('"{name}" is none of the values the schema lists', name=where)
    return say('at "{name}", {said}', name=where or "-", said=error["msg"])
