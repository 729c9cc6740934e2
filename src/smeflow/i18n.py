"""Sentences for people, in English and French.

A sentence is written once, in English, where it is used: ``say("The file {path} is empty.", path=path)``.
Its French twin stands in ``i18n_fr/*.json``. Nothing is looked up until it is shown, so that an error
raised deep inside the library reaches each person in their own language.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

from smeflow.money import Money

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")
NO_BREAK = "\u202f"
"""The narrow space between thousands in French."""


@dataclass(frozen=True, slots=True, repr=False)
class Phrase:
    """One sentence: an English template and the data in it."""

    template: str
    data: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.render("en")

    def __repr__(self) -> str:
        return repr(self.render("en"))

    def render(self, language: Language) -> str:
        """Give the sentence in *language*; English stands in for what has no translation."""
        template = self.template if language == "en" else french_templates().get(self.template, self.template)
        parts = {name: localized(value, language) for name, value in self.data.items()}
        return template.format(**parts) if parts else template.replace("{{", "{").replace("}}", "}")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> "CoreSchema":
        """Let results hold sentences: in JSON one is ``{"template": …, "data": {…}}``."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            phrase_from_json,
            json_schema_input_schema=core_schema.dict_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(phrase_to_json, when_used="json"),
        )


def phrase_to_json(value: object) -> object:
    """Put a sentence, or a value in one, in the form JSON has for it."""
    if isinstance(value, Phrase):
        return {"template": value.template, "data": {k: phrase_to_json(v) for k, v in value.data.items()}}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"date": value.isoformat()}
    return value if isinstance(value, int | float | bool) else str(value)


def phrase_from_json(value: object) -> Phrase:
    """Restore the sentence that `phrase_to_json` wrote."""
    if isinstance(value, Phrase):
        return value
    if not isinstance(value, Mapping) or set(value) != {"template", "data"}:
        raise ValueError("a sentence is a template and its data")
    return Phrase(str(value["template"]), {k: _part_from_json(v) for k, v in value["data"].items()})


def _part_from_json(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"decimal"}:
        return Decimal(str(value["decimal"]))
    return date.fromisoformat(str(value["date"])) if set(value) == {"date"} else phrase_from_json(value)


def localized(value: object, language: Language) -> object:
    """Write a value in a sentence as its readers do: amounts and dates in their own form."""
    if isinstance(value, Phrase):
        return value.render(language)
    if language == "fr" and isinstance(value, Decimal | Money):
        number, unit = (value.amount, f" {value.currency}") if isinstance(value, Money) else (value, "")
        return f"{number:,f}".replace(",", NO_BREAK).replace(".", ",") + unit
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.strftime("%d/%m/%Y") if language == "fr" else value.isoformat()
    return value


def localized_text(value: str | None, language: Language) -> str:
    """Write a value that is kept as text, ``496.00`` or ``2026-01-31``, as its readers do.

    Amounts lose the zeros behind their cents; whatever is no amount and no day stays as it is.
    """
    if value is None:
        return ""
    if re.fullmatch(r"-?\d+\.\d+", value):
        amount = Decimal(value).normalize()
        exponent = amount.as_tuple().exponent
        places = max(2, -exponent) if isinstance(exponent, int) else 2
        return str(localized(round(amount, places), language))
    try:
        return str(localized(date.fromisoformat(value), language)) if len(value) == 10 else value
    except ValueError:
        return value


def say(template: str, /, **data: object) -> Phrase:
    """Make a sentence from a literal English *template*; a test checks that each has its French twin."""
    return Phrase(template, data)


@cache
def french_templates() -> Mapping[str, str]:
    """Read the French templates of every package, keyed by the English ones."""
    templates: dict[str, str] = {}
    for file in sorted(resources.files("smeflow.i18n_fr").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json"):
            templates.update(json.loads(file.read_text(encoding="utf-8")))
    return templates


def language_of(locale: str) -> Language:
    """Choose the language of a locale such as ``fr-FR``; English for every other."""
    return "fr" if locale.lower().startswith("fr") else "en"
