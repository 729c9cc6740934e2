"""Ask a model for a label: with the labels, and the approved examples nearest to the text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, create_model

from smeflow.step import Case
from smeflow.steps.asking import written_on
from smeflow.steps.details.deadlines import deadlines
from smeflow.steps.likeness import Lesson
from smeflow.steps.pieces import Pieces, quote_of
from smeflow.steps.prompts import Framed, excerpt, framed, question

if TYPE_CHECKING:
    from smeflow.llm.ask import Answer
    from smeflow.llm.base import Message

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
SHOTS, SHOTS_A_LABEL, SHOT = 4, 2, 400
"""How many approved examples are shown, how many of one label, and how many characters of each."""


def answer_of(labels: Sequence[str], *, many: bool, details: bool) -> "Answer[Any]":
    """Say what a model must answer."""
    from smeflow.llm.ask import Answer

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
    return Answer.of(shape)


def asked_of_model(
    case: Case,
    labels: Mapping[str, str],
    nearest: Sequence[Lesson],
    told: str,
    *,
    room: int,
    many: bool,
    details: bool,
) -> "tuple[Message, ...]":
    """Put the question into messages; *told* is what the recipe says of these cases."""
    lines = [f"- {label}: {about}" if about else f"- {label}" for label, about in labels.items()]
    parts = [(SEVERAL if many else PROMPT).format(labels="\n".join(lines)), DETAILS if details else "", told]
    shown = framed(case.documents, room)
    shots = "\n".join(_shots(shown.key, nearest))
    text = f"{shots}\n\n{shown.text}" if shots else shown.text
    return question("\n".join(filter(None, parts)), Framed(key=shown.key, text=text, cut=shown.cut))


def _shots(key: str, nearest: Sequence[Lesson]) -> Iterator[str]:
    """Show approved examples as what they are: other people's text, framed like the rest."""
    counted: dict[frozenset[str], int] = {}
    shown = 0
    for lesson in nearest:
        counted[lesson.of] = counted.get(lesson.of, 0) + 1
        if lesson.of and counted[lesson.of] <= SHOTS_A_LABEL and shown < SHOTS:
            shown += 1
            text = excerpt(lesson.text.short, SHOT)
            yield f"<<<{key} approved example of {', '.join(sorted(lesson.of))}\n{text}\n{key}>>>"


def quoted_details(value: Any, case: Case, pieces: Pieces) -> dict[str, Any]:
    """Take of a model's answer what stands in the text, as fields of a `Label`."""
    found: dict[str, Any] = {}
    if getattr(value, "urgency", None):
        found["urgency"] = value.urgency
    sentence = quote_of(getattr(value, "asked", None) or "", pieces.everything)
    if sentence:
        found["asked"] = (sentence,)
    words = quote_of(getattr(value, "deadline", None) or "", pieces.everything)
    written = written_on(case.documents[0] if case.documents else None)
    days = (
        [one.day for one in deadlines(f"before {words}", written) or deadlines(words, written)]
        if words
        else []
    )
    if days:
        found["due"] = days[0]
    return found
