"""Write ``docs/kinds.md``: every source and sink with all its keys, from the classes that read them.

Usage: ``python scripts/write_kinds.py``. A test compares the page with what this gives.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue

from smeflow.kinds import registry
from smeflow.recipe.schema import recipe_schema

PAGE = Path(__file__).resolve().parent.parent / "docs" / "kinds.md"
HEAD = """# Sources and sinks: all keys

Written by `scripts/write_kinds.py` from the classes that read the keys; a test compares the two. The first
key is the kind's own word. A path is relative to the recipe and stays in the firm's folder. How they are
used:
[recipes](recipes.md), [mailboxes](mailboxes.md), [reports](reports.md); kinds of your own:
[extending](extending.md).
"""


def page() -> str:
    """Give the whole page."""
    definitions: dict[str, Any] = recipe_schema()["$defs"]
    parts = [HEAD]
    nested: dict[str, None] = {}
    families: tuple[tuple[registry.Family, str], ...] = (("sources", "Sources"), ("sinks", "Sinks"))
    for family, title in families:
        parts.append(f"## {title}\n")
        words = registry.SOURCES if family == "sources" else registry.SINKS
        parts += [_kind(word, registry.load_kind(family, word), nested) for word in words]
    done: set[str] = set()
    parts.append("## What stands inside\n")
    while left := [name for name in nested if name not in done]:
        for name in left:
            done.add(name)
            about = _first(definitions[name].get("description", ""))
            parts.append(f"### {name}\n\n{about}\n\n{_table(definitions[name], nested)}")
    return "\n".join(parts)


def _kind(word: str, kind: type[BaseModel], nested: dict[str, None]) -> str:
    schema = kind.model_json_schema(by_alias=True)
    hidden = {name for name, info in kind.model_fields.items() if info.exclude and info.repr is False}
    shown = {key: each for key, each in schema["properties"].items() if key not in hidden}
    first = {word: shown.pop(word)} if word in shown else {}
    schema = {**schema, "properties": {**first, **shown}}
    return f"### `{word}`\n\n{_first(kind.__doc__ or '')}\n\n{_table(schema, nested)}"


def _table(schema: JsonSchemaValue, nested: dict[str, None]) -> str:
    if "properties" not in schema:
        return f"One of {_form(schema, nested)}.\n"
    rows = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    needed = schema.get("required", [])
    for key, each in schema["properties"].items():
        default = "needed" if key in needed else _default(each)
        meaning = _text(each.get("description", ""))
        rows.append(f"| `{key}` | {_form(each, nested)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _default(schema: JsonSchemaValue) -> str:
    value = schema.get("default")
    if value in (None, [], {}, ""):
        return ""
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return f"`{', '.join(map(str, value))}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`".replace("\t", "\\t")


def _form(schema: JsonSchemaValue, nested: dict[str, None]) -> str:
    """Say in a few words what a value looks like."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        nested[name] = None
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " or ".join(f"`{value}`".replace("\t", "\\t") for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    for way in ("anyOf", "oneOf", "allOf"):
        if way in schema:
            forms = [_form(each, nested) for each in schema[way] if each.get("type") != "null"]
            return " or ".join(dict.fromkeys(form for form in forms if form))
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_form(schema.get('items', {}), nested) or 'values'}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return (
            f"names with {_form(inner, nested) or 'values'}"
            if isinstance(inner, dict)
            else "keys with values"
        )
    return {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "`true` or `false`",
    }.get(str(kind), "")


def _first(text: str) -> str:
    return _text(text.strip().partition("\n\n")[0])


def _text(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
