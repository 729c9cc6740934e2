"""The files that came with each mail, under a path made of its results: also the inbox of another recipe."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow.documents.saved import files_with
from smeflow.errors import DocumentError
from smeflow.expression import Expression, parse
from smeflow.sinks.base import Put, SinkItem, SinkMemory
from smeflow.sinks.target import Target, put_files


class Attachments(BaseModel):
    """The files that came with the mails: ``attachments: out/{kind.label}/{name}``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True
    )

    attachments: str
    """The path of each file; ``{name}``, ``{stem}`` and ``{suffix}`` are the file's, ``{key}`` the mail's."""
    match: tuple[str, ...] = Field(default=("*",), min_length=1)
    """Which files: ``*.pdf``. Case does not count."""
    when: str | None = None
    """Only mails for which this holds."""
    _target: Target = PrivateAttr()
    _when: Expression | None = PrivateAttr(default=None)

    @field_validator("attachments")
    @classmethod
    def _usable(cls, attachments: str, info: ValidationInfo) -> str:
        Target.of(attachments, info.context)
        return attachments

    @field_validator("match", mode="before")
    @classmethod
    def _list(cls, match: object) -> object:
        return (match,) if isinstance(match, str) else match

    @field_validator("when", mode="before")
    @classmethod
    def _is_expression(cls, written: object, info: ValidationInfo) -> object:
        written = str(written).lower() if isinstance(written, bool) else written
        if isinstance(written, str):
            _compiled(written, info.context)
        return written

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder and compile the condition."""
        self._target = Target.of(self.attachments, context)
        self._when = _compiled(self.when, context) if self.when is not None else None

    @property
    def name(self) -> str:
        """The path as the recipe names it."""
        return self._target.name

    @property
    def path(self) -> Path:
        """The folder the files lie in."""
        return self._target.base

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write the files, byte for byte."""
        return put_files(self._target, self._files(items), memory, "attachments")

    def _files(self, items: Iterable[SinkItem]) -> Iterator[tuple[SinkItem, bytes]]:
        patterns = [pattern.casefold() for pattern in self.match]
        for item in items:
            if self._when is not None and self._when.decides(item.case) is not True:
                continue
            for number, file in enumerate(_files_of(item), 1):
                if any(fnmatchcase(file.name.casefold(), pattern) for pattern in patterns):
                    yield replace(item, name=file.name, key=f"{item.key}/{number}"), file.data


def _files_of(item: SinkItem) -> Iterable[Any]:
    try:
        return files_with(item.case.documents[0].data, item.name) if item.case.documents else ()
    except DocumentError:  # told on the item when it was read
        return ()


def _compiled(text: str, context: Any) -> Expression:
    expression: Expression = (context or {}).get("compile", parse)(text)
    return expression
