"""A file for each item: its results as JSON, or a text such as a draft."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, PrivateAttr, field_validator, model_validator

from smeflow.core.case import Skipped
from smeflow.expressions.language import Expression
from smeflow.files.sink import FileSink, TargetText
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.values.cells import cell_of, text_of

TEXTS = (".md", ".txt")


class Files(FileSink):
    """A file for each item: ``files: out/{stem}.json``, or ``files: out/{stem}.md`` with ``value: draft``."""

    place: ClassVar[str] = "files"

    files: TargetText
    """The path of each file; ``{name}``, ``{stem}``, ``{key}`` or ``{step.field}`` are filled in."""
    value: ExpressionText | None = None
    """What is written: an expression. In JSON all results, unless told."""
    _value: Expression | None = PrivateAttr(default=None)

    @field_validator("files")
    @classmethod
    def _is_json_or_text(cls, files: str) -> str:
        if not files.lower().endswith((".json", *TEXTS)):
            name = Path(files).name
            raise ValueError(say("a file of results ends with .json, .md or .txt, not {name}", name=name))
        return files

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.value is None and self.files.lower().endswith(TEXTS):
            raise ValueError(say("say which text is written: value: draft.text"))
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder and compile what is written."""
        super().model_post_init(context)
        self._value = RecipeContext.of(context).compile(self.value) if self.value else None

    def files_of(self, items: Iterable[SinkItem], /) -> Iterator[tuple[SinkItem, bytes]]:
        """Give the files; an item whose value is missing has none."""
        for item in items:
            data = self._bytes(item)
            if data is not None:
                yield item, data

    def _bytes(self, item: SinkItem) -> bytes | None:
        value = self._value(item.case) if self._value else dict(item.case.results)
        if value is None:
            return None
        if self.files.lower().endswith(TEXTS):
            text = getattr(value, "text", None)  # foreign: a result of the user's own may have a text
            subject = getattr(value, "subject", "")  # foreign: or a subject
            heading = f"# {subject}\n\n" if subject and self.files.lower().endswith(".md") else ""
            body = text if isinstance(text, str) else text_of(cell_of(value))
            return (heading + body.rstrip() + "\n").encode("utf-8", "replace")
        return (json.dumps(to_json_value(value), ensure_ascii=False, indent=2) + "\n").encode(
            "utf-8", "replace"
        )


OMIT_NONE = "omit none"
"""Stands in the metadata of a field that came later: where it says nothing, a value is written as before."""


def to_json_value(value: object) -> Any:
    """Turn a result into what JSON can hold: amounts as text, days as ISO dates, sentences in English."""
    if value is None or isinstance(value, Skipped):
        return None
    if isinstance(value, BaseModel):
        return {name: to_json_value(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): to_json_value(member) for key, member in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [to_json_value(member) for member in value]
    if is_dataclass(value) and not isinstance(value, type | Phrase):
        members = ((f, getattr(value, f.name)) for f in fields(value))
        return {
            f.name: to_json_value(member)
            for f, member in members
            if member is not None or OMIT_NONE not in f.metadata
        }
    return _scalar(value)


def _scalar(value: object) -> str | bool | int | float | None:
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124
    if isinstance(value, str | bool | int):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
