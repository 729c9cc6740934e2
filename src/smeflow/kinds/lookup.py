"""Words and what they mean: ours in a table of strings, other people's as entry points of their packages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from smeflow.i18n import Phrase, say


class KindError(Exception):
    """A user's own kind cannot be loaded. Told as a problem of the recipe; it never reaches a user bare."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase


@cache
def entry_points_of(family: str) -> Mapping[str, EntryPoint]:
    """Find the entry points of installed packages; once a process, since looking takes a while."""
    return {entry.name: entry for entry in entry_points(group=f"smeflow.{family}")}


@dataclass(frozen=True)
class KindTable:
    """The words of one family, such as ``records``: each is loaded when it is asked for."""

    family: str
    ours: Mapping[str, str]
    """``module:ATTRIBUTE``, by word."""

    def names(self) -> tuple[str, ...]:
        """List the words, ours first."""
        return (*self.ours, *(name for name in sorted(entry_points_of(self.family)) if name not in self.ours))

    def find(self, name: str) -> Any:
        """Load what *name* means. Ours cannot be replaced by an entry point of the same name.

        Raises:
            KeyError: There is no such word.
            KindError: A user's package broke while it was imported.
        """
        if name in self.ours:
            module, _, attribute = self.ours[name].partition(":")
            return getattr(import_module(module), attribute)
        entry = entry_points_of(self.family)[name]
        try:
            return entry.load()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            phrase = say(
                "{name} ({place}) cannot be loaded: {reason}", name=name, place=entry.value, reason=reason
            )
            raise KindError(phrase) from error


@dataclass(frozen=True)
class OneOf:
    """Stands in ``Annotated[str, OneOf(words)]`` for a `Literal` whose words packages may add to."""

    words: Callable[[], Sequence[str]]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse any other word as a `Literal` does."""
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """List the words for editors."""
        return {"enum": list(self.words()), "type": "string"}

    def _known(self, word: str) -> str:
        words = [repr(each) for each in self.words()]
        if repr(word) in words:
            return word
        *before, last = words
        expected = f"{', '.join(before)} or {last}" if before else last
        raise PydanticKnownError("literal_error", {"expected": expected})
