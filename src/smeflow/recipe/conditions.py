"""Check what a condition reads against the steps before it.

Names, fields as far as types tell, and labels that are never given.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from smeflow.expressions.language import RESERVED, Expression, ExpressionError, NameRead, parse_expression
from smeflow.i18n import Phrase, say
from smeflow.recipe.problems import with_suggestion

UNKNOWN_TYPE = object()
"""The type of a value nothing is known about."""


def checked_expression(
    text: str, before: Mapping[str, Any], later: frozenset[str], constants: Mapping[str, Any], currency: str
) -> Expression:
    """Parse *text* and check that it reads only results of the steps *before* (name -> type of the result).

    Raises:
        ExpressionError: With the place in the text.
    """
    expression = parse_expression(text, constants=constants, currency=currency)
    check_reads(expression, before, later, constants)
    return expression


def check_reads(
    expression: Expression, before: Mapping[str, Any], later: frozenset[str], constants: Mapping[str, Any]
) -> None:
    """Check what a parsed expression reads.

    Raises:
        ExpressionError: The first name or field that is not there, with its place in the text.
    """
    for read in expression.reads:
        phrase = _problem_of_read(read, before, later, constants)
        if phrase is not None:
            raise ExpressionError(phrase, read.offset)


def _problem_of_read(
    read: NameRead, before: Mapping[str, Any], later: frozenset[str], constants: Mapping[str, Any]
) -> Phrase | None:
    name = read.path[0]
    if name in constants:
        return _problem_of_field(read.path, type(constants[name]))
    if name in before:
        return _problem_of_field(read.path, before[name])
    if name == "case":
        known = {"id", "text", "documents"}
        return (
            _no_field(read.path[:1], read.path[1], known)
            if len(read.path) > 1 and read.path[1] not in known
            else None
        )
    if name in RESERVED:
        return None
    if name in later:
        return say("{name} is a later step; a condition can read only earlier ones", name=name)
    return with_suggestion(say("there is no step {name}", name=name), name, [*before, "fields", *constants])


def _problem_of_field(path: tuple[str, ...], annotation: Any) -> Phrase | None:
    for n, part in enumerate(path[1:], 1):
        members = members_of(annotation)
        if members is None:
            return None
        if part not in members:
            return _no_field(path[:n], part, set(members))
        annotation = members[part]
    return None


def type_at(path: tuple[str, ...], before: Mapping[str, Any]) -> Any:
    """Tell the type of ``("invoice", "record")`` from the types of steps, or `UNKNOWN_TYPE`."""
    annotation = before.get(path[0], UNKNOWN_TYPE)
    for part in path[1:]:
        annotation = (members_of(annotation) or {}).get(part, UNKNOWN_TYPE)
    return _without_none(annotation)


def _no_field(path: tuple[str, ...], part: str, members: set[str]) -> Phrase:
    return with_suggestion(
        say("{path} has no field {part}", path=".".join(path), part=part), part, sorted(members)
    )


def members_of(annotation: Any) -> dict[str, Any] | None:
    """List the fields and properties of a type with their types; None where nothing is known of it."""
    annotation = _without_none(annotation)
    origin = get_origin(annotation) or annotation
    if not isinstance(origin, type):
        return None
    if issubclass(origin, BaseModel):
        members: dict[str, Any] = {name: info.annotation for name, info in origin.model_fields.items()}
    elif is_dataclass(origin):
        members = {f.name: _hints(origin).get(f.name, UNKNOWN_TYPE) for f in fields(origin)}
    elif origin in {str, int, float, bool}:
        return {}
    else:
        return None
    for base in origin.__mro__:
        if base not in {BaseModel, object} and not base.__module__.startswith("pydantic"):
            for name, member in vars(base).items():
                if isinstance(member, property) and not name.startswith("_"):
                    members.setdefault(name, _hints(member.fget).get("return", UNKNOWN_TYPE))
    parameters = getattr(origin, "__parameters__", ())  # foreign: of a class of typing, pydantic or a user
    arguments = dict(zip(parameters, get_args(annotation), strict=False))
    return {
        name: arguments.get(hint, hint) if isinstance(hint, TypeVar) else hint
        for name, hint in members.items()
    }


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, UnionType}:
        alternatives = [each for each in get_args(annotation) if each is not type(None)]
        return alternatives[0] if len(alternatives) == 1 else UNKNOWN_TYPE
    return annotation


def _hints(of: Any) -> dict[str, Any]:
    try:
        return get_type_hints(of)
    except (NameError, TypeError, AttributeError):  # names that exist for type checkers alone
        return {}


def check_labels(text: str, labels: Mapping[str, tuple[str, ...]]) -> None:
    """Check the words that are compared with a step's label; *text* was parsed already.

    Raises:
        ExpressionError: One is none of the step's labels, with its place in the text.
    """
    flat = text.replace("\n", " ").replace("\r", " ")
    body = flat.strip()
    for node in ast.walk(ast.parse(body, mode="eval")):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        step = next((name for side in sides if (name := _labelled_step(side)) in labels), None)
        for word in _compared_words(sides) if step else ():
            if word.value not in labels[step or ""]:
                problem = say("{step} has no label {label}", step=step, label=str(word.value))
                offset = len(flat) - len(flat.lstrip())
                offset += len(body.encode()[: word.col_offset].decode(errors="ignore"))
                raise ExpressionError(with_suggestion(problem, str(word.value), labels[step or ""]), offset)


def _labelled_step(side: ast.expr) -> str:
    """Give the step whose label a side of a comparison is."""
    if (
        isinstance(side, ast.Attribute)
        and side.attr in {"label", "labels"}
        and isinstance(side.value, ast.Name)
    ):
        return side.value.id
    return ""


def _compared_words(sides: list[ast.expr]) -> Iterator[ast.Constant]:
    for side in sides:
        for member in side.elts if isinstance(side, ast.List | ast.Tuple | ast.Set) else [side]:
            if isinstance(member, ast.Constant) and isinstance(member.value, str):
                yield member
