"""Sinks that put originals into folders: whole documents, or the attachments of mails."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow.documents.document import DECORATION, MAIL, Document
from smeflow.documents.file import File, media_type_of
from smeflow.documents.mail import read_mail
from smeflow.documents.tnef import TNEF_MAGIC, read_tnef
from smeflow.errors import DocumentError
from smeflow.expressions.language import Expression
from smeflow.files.output import TargetPath, put_files
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory


class Copies(BaseModel):
    """Copies of the originals: ``copy: sorted/{kind.label}/{name}``. The originals stay where they are."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True
    )

    copy_to: str = Field(alias="copy")
    """The path of each copy; ``{name}``, ``{stem}``, ``{key}`` or ``{step.field}`` are filled in."""
    _target: TargetPath = PrivateAttr()

    @field_validator("copy_to")
    @classmethod
    def _usable(cls, copy_to: str, info: ValidationInfo) -> str:
        TargetPath.of(copy_to, RecipeContext.of(info.context))
        return copy_to

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder."""
        self._target = TargetPath.of(self.copy_to, RecipeContext.of(context))

    @property
    def name(self) -> str:
        """The path as the recipe names it."""
        return self._target.name

    @property
    def path(self) -> Path:
        """The folder the copies lie in."""
        return self._target.base

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write the copies, byte for byte; an item without a document has none."""
        found = [(item, item.case.documents[0].data) for item in items if item.case.documents]
        return put_files(self._target, found, memory, "copy")


def attached_files(data: bytes, name: str = "mail") -> tuple[Document, ...]:
    """Give each file of a mail with name and bytes; none where the bytes are no mail.

    What only decorates the mail is left out, and what Outlook wrapped is taken out of its wrapping.

    Raises:
        LimitExceeded: It has too many parts, or they are nested too deep.
    """
    if media_type_of(data, name) != MAIL:
        return ()
    file = File(name=name, media_type=MAIL, data=data, read_part=_unread)
    return tuple(part for part in read_mail(file).parts if part.data and not part.fields.get(DECORATION))


def _unread(part: File) -> Document:
    return read_tnef(part) if part.data.startswith(TNEF_MAGIC) else part.document()


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
    _target: TargetPath = PrivateAttr()
    _when: Expression | None = PrivateAttr(default=None)

    @field_validator("attachments")
    @classmethod
    def _usable(cls, attachments: str, info: ValidationInfo) -> str:
        TargetPath.of(attachments, RecipeContext.of(info.context))
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
            RecipeContext.of(info.context).compile(written)
        return written

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder and compile the condition."""
        self._target = TargetPath.of(self.attachments, RecipeContext.of(context))
        self._when = RecipeContext.of(context).compile(self.when) if self.when is not None else None

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
        return attached_files(item.case.documents[0].data, item.name) if item.case.documents else ()
    except DocumentError:  # told on the item when it was read
        return ()
