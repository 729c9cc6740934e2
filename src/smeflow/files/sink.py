"""What sinks share that put a file for each item into a folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PrivateAttr, ValidationInfo

from smeflow.files.output import TargetPath, put_files
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory


def _is_target(written: str, info: ValidationInfo) -> str:
    TargetPath.of(written, RecipeContext.of(info.context))
    return written


TargetText = Annotated[str, AfterValidator(_is_target)]
"""The path of each file as a recipe writes it: ``out/{kind.label}/{name}``."""


class FileSink(BaseModel):
    """A sink whose field named `place` says where the file of each item goes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    place: ClassVar[str]
    """The field that holds the path."""
    _target: TargetPath = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder."""
        self._target = TargetPath.of(getattr(self, self.place), RecipeContext.of(context))

    @property
    def name(self) -> str:
        """The path as the recipe names it."""
        return self._target.name

    @property
    def path(self) -> Path:
        """The folder the files lie in."""
        return self._target.base

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write the files; the memory knows them by the sink's key in recipes."""
        word = type(self).model_fields[self.place].alias or self.place
        return put_files(self._target, self.files_of(items), memory, word)

    def files_of(self, items: Iterable[SinkItem], /) -> Iterable[tuple[SinkItem, bytes]]:
        """Give the bytes of each file, with the item that names it."""
        raise NotImplementedError
