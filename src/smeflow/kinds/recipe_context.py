"""What a recipe tells the sources, steps and sinks made of it, through Pydantic's validation context."""

import warnings
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ValidationInfo

from smeflow.expressions.language import Expression, parse_expression
from smeflow.i18n import Language, Phrase, say

LedgerQuery = Callable[[str, tuple[object, ...]], list[tuple[Any, ...]]]
"""Gives the rows of a query over a ledger; its parameters are written ``?``."""


def _now() -> datetime:
    return datetime.now(UTC)


def _never_refused(name: str) -> None:
    """Let a script, which could read it itself, name any variable."""


@dataclass(frozen=True, kw_only=True)
class RecipeContext:
    """What a kind may ask of the recipe that names it: ``RecipeContext.of(info.context)`` in a validator.

    A kind made by a script has no recipe. There a path is relative to the working folder and its author has
    chosen it; an expression may read any step.
    """

    folder: Path | None = None
    """Where the recipe lies; None without one."""
    roots: tuple[Path, ...] = ()
    """The folders its paths may lead to; the recipe's own, unless told."""
    home: Path | None = None
    """Where the workspace lies."""
    locale: str = "en"
    language: Language = "en"
    timezone: str | None = None
    """Paris, unless told."""
    currency: str = "EUR"
    compile: Callable[[str], Expression] = parse_expression
    """Parse an expression that may read the steps made so far; raises `ExpressionError`, a `ValueError`."""
    type_of: Callable[[str], Any] | None = None
    """Give the type of what an expression gives, None where it is not known."""
    source: object = None
    """Where the cases come from; known to sinks."""
    reviewed: Collection[str] | None = None
    """The steps before that ask a person to look."""
    variable_refused: Callable[[str], Phrase | None] = _never_refused
    """Say why this recipe may not read a variable of the environment; None where it may."""
    clock: Callable[[], datetime] = _now
    shared_ledger: Callable[[], AbstractContextManager[LedgerQuery]] | None = None
    """Read the workspace's ledger as it stands at one moment, where it is in PostgreSQL, not a file."""

    @classmethod
    def of(cls, context: object) -> "RecipeContext":
        """Give the context Pydantic hands on, or the one of a script."""
        return context if isinstance(context, cls) else cls()

    def get(self, name: str, default: Any = None) -> Any:
        """Give a value by name, as when the context was a dictionary; until the next release."""
        warnings.warn(
            f"the context is a RecipeContext: write RecipeContext.of(context).{name}",
            DeprecationWarning,
            stacklevel=2,
        )
        return vars(self).get(name, default)

    @property
    def is_recipe(self) -> bool:
        """Whether there is a recipe at all."""
        return self.folder is not None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone days are counted in."""
        return ZoneInfo(self.timezone or "Europe/Paris")

    def path(self, written: str) -> Path:
        """Find the file or folder a recipe names, relative to the recipe's folder.

        Raises:
            ValueError: It leads out of every allowed folder; its argument is the phrase for a person.
        """
        if self.folder is None:
            return Path(written)
        if "\0" in written or not written.strip():
            raise ValueError(say("a path is missing"))
        path = (self.folder / written).resolve()
        roots = [root.resolve() for root in self.roots or (self.folder,)]
        if not any(path.is_relative_to(root) for root in roots):
            phrase = say(
                "{path} leads out of the recipe's folder; name its folder in smeflow.toml: folders = [...]",
                path=written,
            )
            raise ValueError(phrase)
        return path

    def shown(self, written: str) -> str:
        """Name a file as a recipe would: relative to its folder where it lies inside, with ``/``."""
        if self.folder is None:
            return written
        path, folder = self.path(written), self.folder.resolve()
        return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _leads_inside(written: str, info: ValidationInfo) -> str:
    RecipeContext.of(info.context).path(written)
    return written


def _compiles(written: str, info: ValidationInfo) -> str:
    RecipeContext.of(info.context).compile(written)
    return written


RecipePath = Annotated[str, AfterValidator(_leads_inside)]
"""A path relative to the recipe; one that leads out of its folders is reported at its line."""
ExpressionText = Annotated[str, AfterValidator(_compiles)]
"""An expression as a recipe writes it; a mistake in it is reported at its line."""
