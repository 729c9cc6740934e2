"""A copy of each item's original under a path made of its results: a sorted inbox."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow.sinks.base import Put, SinkItem, SinkMemory
from smeflow.sinks.target import Target, put_files


class Copies(BaseModel):
    """Copies of the originals: ``copy: sorted/{kind.label}/{name}``. The originals stay where they are."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True
    )

    copy_to: str = Field(alias="copy")
    """The path of each copy; ``{name}``, ``{stem}``, ``{key}`` or ``{step.field}`` are filled in."""
    _target: Target = PrivateAttr()

    @field_validator("copy_to")
    @classmethod
    def _usable(cls, copy_to: str, info: ValidationInfo) -> str:
        Target.of(copy_to, info.context)
        return copy_to

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder."""
        self._target = Target.of(self.copy_to, context)

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
