"""The JSON of an answer: the strict schema that is asked for, and the repair of what came instead.

Nothing is guessed: what can be read in two ways is refused.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from smeflow._text import strip_invisible
from smeflow.i18n import Phrase, say

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\r?\n(.*?)```", re.DOTALL)
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_MAX_CANDIDATES = 50


class AmbiguousJson(ValueError):
    """The text is JSON, and contradicts itself or holds a number that is none."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase


def load_json(text: str) -> Any:
    """Read *text* as JSON.

    Raises:
        AmbiguousJson: A name stands twice with two values, or a number is not finite.
        ValueError: It is no JSON.
    """
    decoder = _CAREFUL if _ENDLESS.search(text) else _DECODER
    try:
        return decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        for name, value in pairs:
            if names[name] != value or type(names[name]) is not type(value):
                raise AmbiguousJson(say('"{name}" stands twice with two values', name=name))
    return names


def _not_finite(text: str) -> Any:
    raise AmbiguousJson(say("{text} is no number", text=text))


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # 1e999 is read as infinity
        raise AmbiguousJson(say("a number has no end"))
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_not_finite)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_not_finite, parse_float=_finite)
_ENDLESS = re.compile(r"\d[eE]\+?\d{3}")  # it may be such a number, or an invoice called 7E2026: look closer


def json_candidates(text: str) -> Iterator[str]:
    """Give the texts that may be the JSON meant, the likeliest first: without thoughts, fences and prose."""
    text = _THOUGHT.sub("", strip_invisible(text)).strip()
    yield text
    yield without_trailing_commas(text)
    for fenced in _FENCE.findall(text):
        yield fenced.strip()
        yield without_trailing_commas(fenced.strip())
    yield from _embedded(text)


def _embedded(text: str) -> Iterator[str]:
    """Give each JSON object that stands in prose, outermost ones only."""
    position = 0
    for _ in range(_MAX_CANDIDATES):
        position = text.find("{", position)
        if position < 0:
            return
        try:
            _, end = _DECODER.raw_decode(text, position)
        except AmbiguousJson:
            raise
        except (ValueError, RecursionError):
            position += 1
            continue
        yield text[position:end]
        position = end


def without_trailing_commas(text: str) -> str:
    """Drop commas before a closing bracket, outside strings."""
    return _STRING_OR_COMMA.sub(lambda m: "" if m[0] == "," else m[0], text)


def plain_numbers(
    value: Any, selected: Callable[[tuple[str | int, ...]], bool], path: tuple[str | int, ...] = ()
) -> Any:
    """Write numbers given as text in a country's way (``1.234,56``) plainly, where *selected* and clear.

    ``1,234`` may be a thousand or a decimal: it stays as it is, and is refused later.
    """
    if isinstance(value, dict):
        return {k: plain_numbers(v, selected, (*path, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [plain_numbers(v, selected, (*path, i)) for i, v in enumerate(value)]
    if isinstance(value, str) and selected(path):
        return _plain(value)
    return value


_THOUSANDS = {
    ",": re.compile(r"[-+]?\d{1,3}(?:[.   ']\d{3})*,\d{1,2}"),
    ".": re.compile(r"[-+]?\d{1,3}(?:[,   ']\d{3})*\.\d{1,2}"),
}


def _plain(text: str) -> str:
    bare = text.strip()
    for mark, form in _THOUSANDS.items():
        if form.fullmatch(bare) or re.fullmatch(rf"[-+]?\d+{re.escape(mark)}\d{{1,2}}", bare):
            whole, _, cents = bare.rpartition(mark)
            return re.sub(r"[.,   ']", "", whole) + "." + cents
    return text


MissingNames = Callable[[Any, str], list[str]]
"""Lists the names that a value leaves out, each with its path."""
_KEPT = frozenset(
    {"$ref", "type", "enum", "const", "description", "format", "minimum", "maximum", "exclusiveMinimum"}
    | {"exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)  # fmt: skip
_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def strict_schema(model: type[BaseModel] | TypeAdapter[Any]) -> dict[str, Any]:
    """Give the schema of a Pydantic model or adapter in the form that strict providers take.

    Every object names all its properties, requires them and allows no other; a decimal is a number; defaults,
    titles and patterns with look-arounds are left out (Pydantic still checks them).

    Raises:
        TypeError: A field holds free keys, which a strict schema cannot express.
    """
    schema = model.json_schema() if isinstance(model, TypeAdapter) else model.model_json_schema()
    parts = {name: _strict(part, name) for name, part in schema.get("$defs", {}).items()}
    root = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else _strict(schema, "")
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


def missing_names(schema: Mapping[str, Any]) -> MissingNames:
    """Compile a check that lists the names an answer leaves out, at any depth.

    Pydantic would fill them with defaults, and what the model forgot must not look like what is absent.
    """
    definitions = schema.get("$defs", {})
    return lambda value, path: list(_missing(value, schema, definitions, path))


def _missing(value: Any, part: Mapping[str, Any], definitions: Mapping[str, Any], path: str) -> Iterator[str]:
    if "$ref" in part:
        part = definitions.get(part["$ref"].rpartition("/")[2], {})
    if "anyOf" in part:
        objects = [c for c in part["anyOf"] if c.get("$ref") or c.get("type") in {"object", "array"}]
        if len(objects) == 1:
            yield from _missing(value, objects[0], definitions, path)
    elif isinstance(value, list) and part.get("type") == "array":
        for number, item in enumerate(value):
            yield from _missing(item, part["items"], definitions, f"{path}[{number}]")
    elif isinstance(value, dict) and part.get("type") == "object":
        properties = part["properties"]
        yield from (f"{path}.{name}".lstrip(".") for name in sorted(properties.keys() - value.keys()))
        for name, inner in properties.items():
            if isinstance(value.get(name), dict | list):
                yield from _missing(value[name], inner, definitions, f"{path}.{name}".lstrip("."))
