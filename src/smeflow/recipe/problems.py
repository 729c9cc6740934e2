"""Say in plain words what Pydantic found wrong, with the nearest word that would be right."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from smeflow.expressions.language import ExpressionError
from smeflow.i18n import Phrase, say

FoundProblem = tuple[tuple[str | int, ...], Phrase | ExpressionError, bool]
"""Where in the data, what is wrong, and whether it is the key (not the value) that is wrong."""


def nearest_word(word: str, among: Iterable[str]) -> str | None:
    """Give the one of *among* most like *word*, if any is like it."""
    words = [str(w) for w in among]
    lower = {w.lower(): w for w in words}
    matches = get_close_matches(word.lower(), lower, 1, 0.6)
    return lower[matches[0]] if matches else None


def with_suggestion(template: Phrase, word: str, among: Sequence[str]) -> Phrase:
    """Add to a sentence what was probably meant, or else what there is."""
    near = nearest_word(word, among)
    if near:
        return say("{what}; did you mean {near}?", what=template, near=near)
    if among and len(among) <= 15:
        return say("{what}; there are: {names}", what=template, names=", ".join(sorted(among)))
    return template


def problems_of(error: ValidationError, kind: type[BaseModel]) -> list[FoundProblem]:
    """List what is wrong with the data *kind* was to be made of, without its values: one may be a secret."""
    problems: list[FoundProblem] = []
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        is_key = detail["type"] in {"extra_forbidden", "missing"}
        if path[-1:] == ("[key]",):  # a mapping whose keys are a closed list
            expected = str((detail.get("ctx") or {}).get("expected", ""))
            problem = say("unknown key {key}", key=path[-2])
            problems.append((path[:-1], with_suggestion(problem, str(path[-2]), _words(expected)), True))
            continue
        cause = (detail.get("ctx") or {}).get("error")
        phrase = cause if isinstance(cause, ExpressionError) else _phrase(detail["type"], path, detail, kind)
        problems.append((path, phrase, is_key))
    return problems


def _phrase(
    kind: str, path: tuple[str | int, ...], detail: Mapping[str, Any], model: type[BaseModel]
) -> Phrase:
    key = str(path[-1]) if path else ""
    context = detail.get("ctx") or {}
    if kind == "extra_forbidden":
        return with_suggestion(say("unknown key {key}", key=key), key, keys_at(model, path[:-1]))
    if kind == "missing":
        return say("{key} is missing", key=key)
    if kind in {"literal_error", "enum"}:
        words = _words(str(context.get("expected", "")))
        given = detail.get("input")
        near = nearest_word(given, words) if isinstance(given, str) else None
        phrase = say("{key} must be one of {wanted}", key=_last_key(path), wanted=", ".join(words))
        return say("{what}; did you mean {near}?", what=phrase, near=near) if near else phrase
    if kind == "value_error":
        cause = context.get("error")
        said = cause.args[0] if isinstance(cause, Exception) and cause.args else detail.get("msg", "")
        return said if isinstance(said, Phrase) else say("{text}", text=str(said))
    if kind in _TYPES:
        return say("{key} must be {kind}", key=_last_key(path), kind=_TYPES[kind])
    if kind == "too_short" and path == ("steps",):
        return say("a recipe needs at least one step, such as extract: invoice")
    if kind in _LIMITS:
        limit = context.get("min_length", context.get("max_length", next(iter(context.values()), "")))
        return say(
            "{key} must be {kind}", key=_last_key(path), kind=Phrase(_LIMITS[kind].template, {"limit": limit})
        )
    return say("{key}: {text}", key=_last_key(path), text=str(detail.get("msg", "")))


def _last_key(path: Sequence[str | int]) -> str:
    return str(next((part for part in reversed(path) if isinstance(part, str)), ""))


def keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """List the keys that are possible at *path* inside *model*, as far as its fields tell."""
    reached: Any = model
    for part in path:
        if isinstance(part, str) and isinstance(reached, type) and issubclass(reached, BaseModel):
            field = reached.model_fields.get(part)
            reached = _model_in(field.annotation) if field else None
    if isinstance(reached, type) and issubclass(reached, BaseModel):
        return [info.alias or name for name, info in reached.model_fields.items() if _is_key(name, info)]
    return []


def _is_key(name: str, info: FieldInfo) -> bool:
    return name != "name" and not (info.exclude and info.repr is False)


def _words(expected: str) -> list[str]:
    return expected.replace("'", "").replace(" or ", ", ").split(", ")


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for a in get_args(annotation) if (m := _model_in(a)) is not None), None)


_TEXT, _NUMBER, _WHOLE = say("text (put it in quotes)"), say("a number"), say("a whole number")
_TYPES: Mapping[str, Phrase] = {
    "string_type": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": say("true or false"),
    "bool_parsing": say("true or false"),
    "list_type": say("a list: put it in brackets, [ ]"),
    "tuple_type": say("a list: put it in brackets, [ ]"),
    "dict_type": say("keys with values"),
    "model_type": say("keys with values"),
    "model_attributes_type": say("keys with values"),
    "date_parsing": say("a date, such as 2026-01-31"),
    "date_from_datetime_parsing": say("a date, such as 2026-01-31"),
    "string_pattern_mismatch": say("a short word of letters, digits and _"),
}
_LIMITS: Mapping[str, Phrase] = {
    "greater_than": say("more than {limit}"),
    "greater_than_equal": say("at least {limit}"),
    "less_than": say("less than {limit}"),
    "less_than_equal": say("at most {limit}"),
    "too_short": say("longer: at least {limit}"),
    "too_long": say("shorter: at most {limit}"),
}
