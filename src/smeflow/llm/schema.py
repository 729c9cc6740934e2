"""Make the strict JSON Schema of a Pydantic model, and tell which names an answer leaves out."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Missing = Callable[[Any, str], list[str]]
"""Lists the names that a value leaves out, each with its path."""
_KEPT = frozenset(
    {"$ref", "type", "enum", "const", "description", "format", "minimum", "maximum", "exclusiveMinimum"}
    | {"exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)  # fmt: skip
_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def strict_schema(model: Any) -> dict[str, Any]:
    """Give the schema of a Pydantic model or adapter in the form that strict providers take.

    Every object names all its properties, requires them and allows no other; a decimal is a number; defaults,
    titles and patterns with look-arounds are left out (Pydantic still checks them).

    Raises:
        TypeError: A field holds free keys, which a strict schema cannot express.
    """
    made = model.model_json_schema() if hasattr(model, "model_json_schema") else model.json_schema()
    parts = {name: _strict(part, name) for name, part in made.get("$defs", {}).items()}
    root = parts[made["$ref"].rpartition("/")[2]] if "$ref" in made else _strict(made, "")
    return root | ({"$defs": parts} if parts else {})


def _strict(part: Mapping[str, Any], where: str) -> dict[str, Any]:
    choices = part.get("anyOf") or part.get("oneOf")
    kept = {k: v for k, v in part.items() if k in _KEPT}
    if choices is not None:
        kinds = _decimals_as_numbers([_strict(c, where) for c in choices])
        return kept | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
    if "allOf" in part and len(part["allOf"]) == 1:
        return kept | _strict(part["allOf"][0], where)
    if part.get("type") == "array":
        return kept | {"items": _strict(part.get("items", {"type": "string"}), f"{where}[]")}
    if part.get("type") == "object":
        return kept | _object(part, where)
    pattern = part.get("pattern")
    return kept | ({"pattern": pattern} if isinstance(pattern, str) and "(?" not in pattern else {})


def _object(part: Mapping[str, Any], where: str) -> dict[str, Any]:
    if "properties" not in part and part.get("additionalProperties") is not False:
        raise TypeError(
            f"{where or 'the model'} has free keys; give its fields names, or use a list of pairs"
        )
    names = part.get("properties", {})
    inner = {name: _strict(value, f"{where}.{name}".lstrip(".")) for name, value in names.items()}
    return {"properties": inner, "required": list(inner), "additionalProperties": False}


def _decimals_as_numbers(kinds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pydantic takes a decimal as a number or a patterned text; ask for the number alone."""
    if not any(k.get("type") == "number" for k in kinds):
        return kinds
    return [k for k in kinds if k.get("type") != "string" or k.get("enum") or k.get("format")]


def schema_name(text: str) -> str:
    """Make a name that providers take: at most 64 letters, digits, ``_`` and ``-``."""
    return _NAME.sub("_", text).strip("_")[:64] or "answer"


def schema_text(schema: Mapping[str, Any]) -> str:
    """Write a schema as JSON, once."""
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def missing_names(schema: Mapping[str, Any]) -> Missing:
    """Compile a check that lists the names an answer leaves out, at any depth.

    Pydantic would fill them with defaults, and what the model forgot must not look like what is absent.
    """
    made: dict[str, Missing] = {}
    return _check(schema, schema.get("$defs", {}), made)


def _check(part: Mapping[str, Any], definitions: Mapping[str, Any], made: dict[str, Missing]) -> Missing:
    reference = part.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        if name not in made:
            made[name] = _later(name, made)  # a model may hold itself
            made[name] = _check(definitions.get(name, {}), definitions, made)
        return made[name]
    if "anyOf" in part:
        objects = [c for c in part["anyOf"] if c.get("$ref") or c.get("type") in {"object", "array"}]
        return _check(objects[0], definitions, made) if len(objects) == 1 else _nothing
    if part.get("type") == "array":
        inner = _check(part["items"], definitions, made)
        return _nothing if inner is _nothing else _of_items(inner)
    if part.get("type") == "object":
        checks = {name: _check(value, definitions, made) for name, value in part["properties"].items()}
        deeper = {name: check for name, check in checks.items() if check is not _nothing}
        return _of_object(frozenset(checks), deeper)
    return _nothing


def _later(name: str, made: Mapping[str, Missing]) -> Missing:
    def check(value: Any, path: str) -> list[str]:
        return made[name](value, path)

    return check


def _nothing(value: Any, path: str) -> list[str]:
    return []


def _of_items(inner: Missing) -> Missing:
    def check(value: Any, path: str) -> list[str]:
        if not isinstance(value, list):
            return []
        return [name for i, item in enumerate(value) for name in inner(item, f"{path}[{i}]")]

    return check


def _of_object(names: frozenset[str], deeper: Mapping[str, Missing]) -> Missing:
    def check(value: Any, path: str) -> list[str]:
        if not isinstance(value, dict):
            return []
        found = [f"{path}.{name}".lstrip(".") for name in sorted(names - value.keys())]
        for name, inner in deeper.items():
            if name in value:
                found += inner(value[name], f"{path}.{name}".lstrip("."))
        return found

    return check
