"""Sentences for people, in English and French.

A sentence is written once, in English, where it is used: ``say("The file {path} is empty.", path=path)``.
Its French twin stands in ``i18n_fr/*.json``. Nothing is looked up until it is shown, so that an error
raised deep inside the library is told in the language of the person who reads it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence: an English template and the data in it."""

    template: str
    data: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.render("en")

    def render(self, language: Language) -> str:
        """Give the sentence in *language*; English stands in for what has no translation."""
        template = self.template if language == "en" else french().get(self.template, self.template)
        parts = {k: v.render(language) if isinstance(v, Phrase) else v for k, v in self.data.items()}
        return template.format(**parts) if parts else template.replace("{{", "{").replace("}}", "}")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> "CoreSchema":
        """Let results hold sentences: in JSON one is ``{"template": …, "data": {…}}``."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            phrase_of,
            json_schema_input_schema=core_schema.dict_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(plain_of, when_used="json"),
        )


def plain_of(value: object) -> object:
    """Put a sentence, or a value in one, in the form JSON has for it."""
    if isinstance(value, Phrase):
        return {"template": value.template, "data": {k: plain_of(v) for k, v in value.data.items()}}
    return value if isinstance(value, int | float | bool) else str(value)


def phrase_of(value: object) -> Phrase:
    """Make the sentence again that `plain_of` took apart."""
    if isinstance(value, Phrase):
        return value
    if not isinstance(value, Mapping) or set(value) != {"template", "data"}:
        raise ValueError("a sentence is a template and its data")
    data = {k: phrase_of(v) if isinstance(v, Mapping) else v for k, v in value["data"].items()}
    return Phrase(str(value["template"]), data)


def say(template: str, /, **data: object) -> Phrase:
    """Make a sentence from a literal English *template*; a test checks that each has its French twin."""
    return Phrase(template, data)


@cache
def french() -> Mapping[str, str]:
    """Read the French templates of every package, keyed by the English ones."""
    found: dict[str, str] = {}
    for file in sorted(resources.files("smeflow.i18n_fr").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json"):
            found.update(json.loads(file.read_text(encoding="utf-8")))
    return found


def language_of(locale: str) -> Language:
    """Choose the language of a locale such as ``fr-FR``; English for all we do not speak."""
    return "fr" if locale.lower().startswith("fr") else "en"
