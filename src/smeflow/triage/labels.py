"""What a `Triage` step gives, and the rules and examples it is given."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from pydantic import AliasChoices, ConfigDict, Field, ValidationError, field_validator

from smeflow.errors import SourceError
from smeflow.extract.shown import label_html
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.steps import FieldReading, StepResult, on_one_screen
from smeflow.triage.deadlines import Urgency

TEST_USE = "test"
"""What a line's ``use`` says when it measures and does not teach."""


class QuotedReference(StepResult):
    """A number that names something, quoted where it stands."""

    kind: str
    value: str
    quote: str
    document: str | None = None
    page: int | None = None


class Label(StepResult):
    """One of a closed list of labels, or None where that is not sure enough."""

    result_id: ClassVar[str] = "label"

    label: str | None = None
    labels: tuple[str, ...] = ()
    """All of them, the surest first, where a case may have several; else the one."""
    suggestion: str | None = None
    """What is likeliest where no label is sure: for a person to start from, never acted upon."""
    confidence: float | None = None
    """The chance that the label (or the suggestion) is right, fitted on examples sorted as if unknown."""
    scores: dict[str, float] = Field(default_factory=dict)
    """How well each label fits, 0 to 1, as the reader that decided sees it. No probability."""
    quote: str | None = None
    """The words that decided, as they stand in the document."""
    document: str | None = None
    page: int | None = None
    reader: str | None = None
    """Who decided: ``rules``, ``examples``, ``words``, ``model`` or ``person``."""
    urgency: Urgency | None = None
    """How urgent the text makes itself: ``high``, ``normal`` or ``low``."""
    due: date | None = None
    """The earliest day something is asked for by."""
    asked: tuple[str, ...] = ()
    """The sentences that ask for something, as they stand in the text."""
    owner: str | None = None
    """Who should have it: from the step's ``owners`` or a rule, never from the text."""
    attention: str | None = None
    """Whom the text names as its reader ("à l'attention de …"): data, no address."""
    references: tuple[QuotedReference, ...] = ()
    numbers: dict[str, str] = Field(default_factory=dict)
    """The first reference of each kind: ``invoice``, ``order``, ``customer``, ``quote``, ``delivery``,
    ``contract``, ``credit_note``, ``file``."""
    fields: dict[str, FieldReading] = Field(default_factory=dict)
    """Where urgency, due day and attention were read."""
    problems: tuple[Phrase, ...] = ()
    doubts: tuple[Phrase, ...] = ()
    """What speaks against the label: a case with any goes to a person."""
    wanted_model: bool = False
    accepted_by: str | None = None

    def settled(self) -> bool:
        """Tell whether it may be acted on unseen: the firm's own rules gave it, or a person did."""
        return bool(self.accepted_by) or (self.label is not None and self.reader in ("rules", "person"))

    def in_brief(self) -> str:
        """Say it in one line."""
        if self.label is None:
            return f"no label is sure; likeliest {self.suggestion}" if self.suggestion else "no label"
        quote = f', "{self.quote}"' if self.quote else ""
        return f"{', '.join(self.labels) or self.label} ({self.reader or 'unknown'}{quote})"

    def __repr__(self) -> str:
        shown = {
            "confidence": self.confidence,
            "urgency": self.urgency,
            "due": self.due,
            "owner": self.owner,
            "attention": self.attention,
            **self.numbers,
        }
        lines = [f"{name}: {value}" for name, value in shown.items() if value is not None]
        lines += [f'asked: "{sentence}"' for sentence in self.asked]
        return on_one_screen(self.in_brief(), lines, (*self.doubts, *self.problems))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        scores = sorted(self.scores.items(), key=lambda item: -item[1])[:5]
        shown = ", ".join(f"{escape(label)} {score:.2f}" for label, score in scores)
        doubts = "".join(f"<li>{escape(str(d))}</li>" for d in self.doubts)
        head = label_html(self.label, self.quote, self.reader)
        return f"{head}<small>{shown}</small>" + (f"<ul>{doubts}</ul>" if doubts else "")


class LabelRule(StepResult):
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
    owner: str = ""
    """Who should have what this rule finds."""

    def in_words(self) -> Phrase:
        """Say when the rule holds, and what it gives."""
        if self.sender and not self.subject:
            return say("from {sender} → {label}", sender=", ".join(self.sender), label=self.label)
        words = ", ".join(self.subject or self.text or self.attachment)
        return say("“{words}” in the subject → {label}", words=words, label=self.label)

    @field_validator("subject", "sender", "text", "attachment", mode="before")
    @classmethod
    def _one_or_more(cls, words: object) -> object:
        return (words,) if isinstance(words, str) else words


class Example(StepResult):
    """A text that is known to belong under a label, or under several."""

    label: str
    text: str
    subject: str = ""
    sender: str = Field(default="", validation_alias=AliasChoices("from", "sender"))
    labels: tuple[str, ...] = ()
    """All its labels, where a case may have several."""

    @property
    def of(self) -> tuple[str, ...]:
        """Every label it belongs under."""
        return self.labels or (self.label,)


def read_examples(path: Path) -> tuple[Example, ...]:
    """Read examples from JSON lines (``{"label", "text", "subject", "from"}``) or CSV with these columns.

    A key ``body`` counts as ``text``, and ``labels`` may give several (a list; in CSV with ``|`` between);
    other keys are left aside, and so are lines kept apart for tests (``"use": "test"``).

    Raises:
        ValueError: A line is no example; the message names the line.
    """
    examples = []
    for number, row in rows_of_examples(path):
        if row.get("use") == TEST_USE:
            continue
        text = row.get("text") or row.get("body") or ""
        labels = _labels_of(row)
        label = row.get("label") or next(iter(labels), None)
        if not isinstance(label, str) or not isinstance(text, str) or not label:
            raise ValueError(
                say("{file}, line {line}: an example needs a label and a text", file=path.name, line=number)
            )
        subject, sender = (str(row.get(name) or "") for name in ("subject", "from"))
        examples.append(Example(label=label, text=text, subject=subject, sender=sender, labels=labels))
    return tuple(examples)


def _labels_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    labels = row.get("labels") or ()
    listed = labels.split("|") if isinstance(labels, str) else labels
    return tuple(label for each in listed if (label := str(each).strip()))


def rows_of_examples(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the lines of a file of examples, each with its number.

    Raises:
        ValueError: A line cannot be read; the message names it.
    """
    if path.suffix.lower() == ".csv":
        from smeflow.tables.rows import read_table

        try:
            yield from read_table(path).rows()
        except SourceError as error:
            raise ValueError(error.phrase) from None
        return
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(say("{file} is no text in UTF-8", file=path.name)) from error
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                why = say("{file}, line {line}: this is no JSON", file=path.name, line=number)
                raise ValueError(why) from error
            yield number, row if isinstance(row, dict) else {}


def load_examples(written: object, recipe: RecipeContext) -> object:
    """Read examples where a path or a list of paths is written; leave a list of examples as it is.

    A path may not lead out of the folders of *recipe*.
    """
    if (
        isinstance(written, list | tuple)
        and written
        and all(isinstance(path, str | Path) for path in written)
    ):
        return tuple(example for path in written for example in _read_at(path, recipe))
    return _read_at(written, recipe) if isinstance(written, str | Path) else written


def _read_at(written: str | Path, recipe: RecipeContext) -> tuple[Example, ...]:
    path = recipe.path(str(written))
    if not path.is_file():
        raise ValueError(say("there is no file {path}", path=path.as_posix()))
    return read_examples(path)


def unknown_labels(
    rules: Sequence[LabelRule], examples: Sequence[Example], labels: Mapping[str, str]
) -> list[str]:
    """Give the labels that rules or examples use and the list does not have."""
    used = [rule.label for rule in rules] + [label for example in examples for label in example.of]
    return [label for label in dict.fromkeys(used) if label not in labels]


def rules_file(learned: Path) -> Path:
    """Give the file beside *learned* that holds the rules people accepted, and those they refused."""
    return learned.with_suffix(".rules.jsonl")


def read_rules(file: Path) -> tuple[tuple[LabelRule, ...], tuple[LabelRule, ...]]:
    """Read the rules people accepted, and those they refused; none where there is no file.

    Raises:
        ValueError: A line is no rule; the message names the line.
    """
    kept: dict[str, list[LabelRule]] = {"rule": [], "refused": []}
    for number, row in rows_of_examples(file) if file.is_file() else ():
        for word, rules in kept.items():
            if word in row:
                try:
                    rules.append(LabelRule.model_validate(row[word]))
                except ValidationError as error:
                    raise ValueError(
                        say("{file}, line {line}: this is no rule", file=file.name, line=number)
                    ) from error
    return tuple(kept["rule"]), tuple(kept["refused"])


def add_rule(file: Path, rule: LabelRule, *, person: str, at: datetime, refused: bool = False) -> None:
    """Write down that *person* accepted a rule, or refused it."""
    words = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    line = {"refused" if refused else "rule": words, "by": person, "at": at.isoformat(timespec="seconds")}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
