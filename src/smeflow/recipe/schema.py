"""The JSON Schema of recipes: editors complete keys and underline mistakes with it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema

from smeflow.core.step import FunctionStep
from smeflow.i18n import Phrase, say
from smeflow.kinds import registry
from smeflow.kinds.lookup import KindError
from smeflow.kinds.record_kind import split_words
from smeflow.recipe.code_steps import parameters_of
from smeflow.recipe.keys import RecipeText

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_CONDITION = {
    "type": ["string", "boolean"],
    "description": "A condition over earlier steps, such as invoice.record.total_gross > 5000.",
}
_WHEN = {**_CONDITION, "description": 'Run the step only when this holds, such as kind.label == "invoice".'}
_REVIEW = {**_CONDITION, "description": "Let a person look when this holds, such as not invoice.proven."}

_MODELS = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "description": "The models this step asks; the next where one is away or of no use.",
}
_AGREE = {
    "type": "integer",
    "minimum": 1,
    "maximum": 3,
    "description": "How many of the models must say the same; what they differ on is left for a person.",
}
_STEP_KEYS: dict[str, Any] = {"when": _WHEN, "review": _REVIEW, "llm": _MODELS, "agree": _AGREE}


def recipe_schema(left_out: list[Phrase] | None = None, own_steps: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Make the schema of a recipe's file, with the kinds installed here and *own_steps* by their word.

    A kind of somebody's package that cannot be loaded or described is noted in *left_out*.
    """
    problems = [] if left_out is None else left_out
    schema = RecipeText.model_json_schema()
    definitions: dict[str, Any] = schema.pop("$defs", {})
    steps = _kinds("steps", definitions, problems, own_steps)
    split = {
        "type": "object",
        "properties": {"split": {"enum": list(split_words())}},
        "required": ["split"],
        "additionalProperties": False,
    }
    properties = schema["properties"]
    properties["steps"] = _documented(
        properties["steps"], {"type": "array", "minItems": 1, "items": {"anyOf": [*steps, split]}}
    )
    sources = _kinds("sources", definitions, problems)
    properties["source"] = _documented(properties["source"], {"anyOf": sources})
    sinks = _kinds("sinks", definitions, problems)
    properties["sinks"] = _documented(properties["sinks"], {"type": "array", "items": {"anyOf": sinks}})
    return {"$schema": SCHEMA, "title": "smeflow recipe", **schema, "$defs": definitions}


def _documented(before: Mapping[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {"description": before.get("description", ""), **after}


def _kinds(
    family: registry.Family,
    definitions: dict[str, Any],
    problems: list[Phrase],
    own: Mapping[str, Any] = {},
) -> list[dict[str, Any]]:
    schemas = []
    for word in (*registry.kind_names(family), *own):
        try:
            kind = own[word] if word in own else registry.load_kind(family, word)
            schemas.append(_kind(family, word, kind, definitions))
        except KindError as error:
            problems.append(error.phrase)
        except PydanticInvalidForJsonSchema as error:
            problems.append(say("{name} cannot be described: {reason}", name=word, reason=error.message))
    return schemas


def _kind(family: registry.Family, word: str, kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Describe one kind: its word with its name or path, and its own keys."""
    extra: dict[str, Any] = _STEP_KEYS if family == "steps" else {}
    about = (kind.function if isinstance(kind, FunctionStep) else kind).__doc__ or ""
    name = {"type": "string", "description": about.partition("\n")[0]}
    kind = parameters_of(kind.function) if isinstance(kind, FunctionStep) else kind
    properties: dict[str, Any] = {word: name}
    required = [word]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        main = "name" if family == "steps" else word
        schema = kind.model_json_schema(by_alias=True)
        own = {**schema.get("properties", {})}
        own.pop(main, None)
        hidden = {n for n, info in kind.model_fields.items() if info.exclude and info.repr is False}
        properties |= {key: _loosened(value) for key, value in own.items() if key not in hidden}
        required += [key for key in schema.get("required", []) if key not in {main, *hidden}]
        for title, definition in schema.get("$defs", {}).items():
            definitions.setdefault(title, _loosened(definition))
    return {
        "type": "object",
        "title": word,
        "properties": {**properties, **extra},
        "required": required,
        "additionalProperties": False,
    }


def _loosened(schema: Any) -> Any:
    """Allow what validators take besides: one word or a path for a list, a list of words for labels.

    A record that stands under a name of the person's own may be written short, as one text.
    """
    if not isinstance(schema, dict):
        return schema
    schema = {key: _loosened_part(key, value) for key, value in schema.items()}
    about = {key: value for key, value in schema.items() if key in {"description", "default", "title"}}
    rest = {key: value for key, value in schema.items() if key not in about}
    if schema.get("type") == "array":
        return {**about, "anyOf": [rest, {"type": "string"}]}
    values = schema.get("additionalProperties")
    if values == {"type": "string"}:
        return {**about, "anyOf": [rest, {"type": "array", "items": {"type": "string"}}]}
    if isinstance(values, dict) and "$ref" in values:
        return {**schema, "additionalProperties": {"anyOf": [values, {"type": "string"}]}}
    return schema


def _loosened_part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _loosened(each) for name, each in value.items()}
    return [_loosened(each) for each in value] if key == "anyOf" else value
