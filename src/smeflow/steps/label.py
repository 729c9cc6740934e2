"""What a `Triage` step finds, and the rules and examples it is told."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from smeflow._paths import resolve
from smeflow.i18n import Phrase, say
from smeflow.steps.base import Result
from smeflow.steps.shown import label_html


class Label(Result):
    """One of a closed list of labels, or None where that is not sure enough."""

    label: str | None = None
    confidence: float | None = None
    """None until it was fitted on labelled cases."""
    scores: dict[str, float] = Field(default_factory=dict)
    """How well each label fits, 0 to 1, as the reader that decided sees it. No probability."""
    quote: str | None = None
    """The words that decided, as they stand in the document."""
    document: str | None = None
    page: int | None = None
    reader: str | None = None
    """Who decided: ``rules``, ``examples``, ``words``, ``model`` or ``person``."""
    problems: tuple[Phrase, ...] = ()
    doubts: tuple[Phrase, ...] = ()
    """What speaks against the label: a case with any goes to a person."""
    wanted_model: bool = False
    accepted_by: str | None = None

    def _repr_html_(self) -> str:
        scores = sorted(self.scores.items(), key=lambda item: -item[1])[:5]
        shown = ", ".join(f"{escape(label)} {score:.2f}" for label, score in scores)
        doubts = "".join(f"<li>{escape(str(d))}</li>" for d in self.doubts)
        head = label_html(self.label, self.quote, self.reader)
        return f"{head}<small>{shown}</small>" + (f"<ul>{doubts}</ul>" if doubts else "")


class LabelRule(Result):
    """Give a label when every condition that is written holds: each is met by any one of its words."""

    model_config = ConfigDict(populate_by_name=True)

    label: str
    subject: tuple[str, ...] = ()
    """Words in the subject line, or in the document's name where there is no subject."""
    sender: tuple[str, ...] = Field(default=(), alias="from")
    """Words in the sender's name or address."""
    text: tuple[str, ...] = ()
    """Words anywhere in the text."""
    attachment: tuple[str, ...] = ()
    """The end of an attachment's name, such as ``.pdf``, or words in it."""

    @field_validator("subject", "sender", "text", "attachment", mode="before")
    @classmethod
    def _one_or_more(cls, words: object) -> object:
        return (words,) if isinstance(words, str) else words


class Example(Result):
    """A text that is known to belong under a label."""

    label: str
    text: str
    subject: str = ""


def read_examples(path: Path) -> tuple[Example, ...]:
    """Read examples from JSON lines (``{"label", "text", "subject"}``) or CSV with these columns.

    A key ``body`` counts as ``text``; other keys are left aside.

    Raises:
        ValueError: A line is no example; the message names the line.
    """
    found = []
    for number, row in _rows(path):
        text = row.get("text") or row.get("body") or ""
        label = row.get("label")
        if not isinstance(label, str) or not isinstance(text, str) or not label:
            raise ValueError(
                say("{file}, line {line}: an example needs a label and a text", file=path.name, line=number)
            )
        found.append(Example(label=label, text=text, subject=str(row.get("subject") or "")))
    return tuple(found)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(say("{file} is no text in UTF-8", file=path.name)) from error
    if path.suffix.lower() == ".csv":
        yield from enumerate(csv.DictReader(content.splitlines()), start=2)
        return
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                why = say("{file}, line {line}: this is no JSON", file=path.name, line=number)
                raise ValueError(why) from error
            yield number, row if isinstance(row, dict) else {}


def examples_of(written: object, context: Mapping[str, Any] | None) -> object:
    """Read examples where a path is written; leave a list of examples as it is.

    *context* is what a recipe gives: from there a path may not lead out of its folders.
    """
    if not isinstance(written, str | Path):
        return written
    path = resolve(str(written), context)
    if not path.is_file():
        raise ValueError(say("there is no file {path}", path=path.as_posix()))
    return read_examples(path)


def unknown_labels(
    rules: Sequence[LabelRule], examples: Sequence[Example], labels: Mapping[str, str]
) -> list[str]:
    """Give the labels that rules or examples use and the list does not have."""
    used = dict.fromkeys([rule.label for rule in rules] + [example.label for example in examples])
    return [label for label in used if label not in labels]
