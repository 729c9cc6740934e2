"""A model as one reader among others: it may only choose among what stands in the documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, create_model

from smeflow.documents.base import Document
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.llm.base import LLM
from smeflow.readers.base import Finding, Reading
from smeflow.steps.fields import FieldSpec
from smeflow.steps.kinds import find, take
from smeflow.steps.prompts import framed, question

if TYPE_CHECKING:
    from smeflow.llm.ask import Answer

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

    columns: dict[str, Any] = {}
    for field, spec in specs.items():
        kind: Any = Literal[spec.choices] if spec.choices else str
        about = spec.about or ABOUT.get(spec.kind, "as printed")
        columns[key_of(field)] = (kind | None, Field(..., description=about))
    shape: type[BaseModel] = create_model(f"Printed_{name}", **columns)
    return Answer.of(shape)


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
    max_characters: int,
    max_output_tokens: int,
) -> Said:
    """Ask a model for every field and keep what the documents bear out."""
    from smeflow.llm.ask import ask

    shown = framed(documents, max_characters)
    task = PROMPT.format(what=instructions).strip()
    try:
        asked = ask(llm, question(task, shown), answer, max_output_tokens=max_output_tokens)
    except LLMRejected as error:
        if error.reason == "no_model":
            return Said(nobody=True)
        if error.reason == "too_long":
            return Said(failed=error.phrase)
        raise
    except (AnswerInvalid, LLMRefused) as error:
        return Said(failed=error.phrase)
    said = _grounded(asked.value, specs, documents)
    if shown.cut:
        cut = say("The model was shown only the beginning and the end of the text.")
        return Said(reading=said.reading, dropped=said.dropped, problems=(cut,))
    return said


def _grounded(value: BaseModel, specs: Mapping[str, FieldSpec], documents: tuple[Document, ...]) -> Said:
    findings: dict[str, Finding] = {}
    dropped: list[Phrase] = []
    for field, spec in specs.items():
        printed = getattr(value, key_of(field))
        if printed is None or not printed.strip():
            continue
        taken = take(printed, spec)
        if taken is None:
            dropped.append(say("{field}: {value} is no {kind}; it was left out.",
                               field=field, value=printed[:80], kind=spec.kind))  # fmt: skip
            continue
        quote = find(taken, printed, spec, documents)
        if quote is None and spec.kind != "choice":
            dropped.append(say("{field}: {value} is nowhere in the document; it was left out.",
                               field=field, value=printed[:80]))  # fmt: skip
            continue
        findings[field] = Finding(value=taken, quote=quote)
    return Said(reading=Reading(reader="model", findings=findings), dropped=tuple(dropped))
