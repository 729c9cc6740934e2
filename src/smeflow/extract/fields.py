"""The fields a recipe or a Pydantic model asks for, how a model is asked for them, and their record's id."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import reduce
from operator import or_
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Union, cast, get_args, get_origin

from pydantic import (
    AwareDatetime,
    BaseModel,
    Field,
    FutureDate,
    FutureDatetime,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    RootModel,
    create_model,
)

from smeflow._text import hash_of
from smeflow.i18n import say
from smeflow.kinds.record_kind import FieldSpec
from smeflow.kinds.records import Record

if TYPE_CHECKING:
    from smeflow.llm.ask import AnswerForm

CURRENCY = "currency"
"""The field that says in what the amounts of a record are."""
FieldText = str | tuple[str, ...]
"""A kind such as ``money``, ``money?`` where it may be missing; or a closed list of choices."""
TYPES: Mapping[str, Any] = {
    "text": str,
    "money": Decimal,
    "number": Decimal,
    "date": date,
    "identifier": str,
    "iban": str,
    "email": str,
    "phone": str,
    "choice": str,
}


PLAIN_TYPES: Mapping[object, FieldSpec] = {
    str: FieldSpec(kind="text"),
    Decimal: FieldSpec(kind="money"),
    int: FieldSpec(kind="number", whole=True, python=int),
    float: FieldSpec(kind="number", python=float),
    bool: FieldSpec(kind="boolean"),
    date: FieldSpec(kind="date"),
    datetime: FieldSpec(kind="datetime"),
    **dict.fromkeys((PastDate, FutureDate), FieldSpec(kind="date")),
    **dict.fromkeys((AwareDatetime, NaiveDatetime, PastDatetime, FutureDatetime), FieldSpec(kind="datetime")),
}
"""What a class's own types are read as."""
CONTAINERS: Mapping[object, type] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    Sequence: list,
    AbstractSet: set,
}
"""What may hold many values, and what the values are put into."""
ABOUT: Mapping[str, str] = {
    "money": "an amount with its currency, as printed",
    "number": "a number, as printed",
    "date": "a date, as printed",
    "datetime": "a date with its time, as printed",
    "boolean": "whether it is so; null where the documents do not say",
    "dict": "pairs of a key and a value, as printed",
    "iban": "an IBAN, as printed",
    "currency": "the currency's code or sign, as printed",
    "identifier": "an identifier, as printed",
}
"""What a model is told of a field that says nothing of itself."""
SUPPORTED = (
    "str, bool, int, float, Decimal, date, datetime, Literal, Enum, unions, dict, list, tuple, set, "
    "and Pydantic models of these"
)


class FieldsRecord(Record):
    """A record whose fields were written in a recipe or given as ``fields=``.

    With a field of money it has a ``currency`` too, which is what stands beside its amounts on the page.
    """

    bare_amounts = True

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


def spec_of(written: FieldText) -> FieldSpec:
    """Read ``money``, ``date?`` or a list of choices.

    Raises:
        ValueError: There is no such kind.
    """
    if not isinstance(written, str):
        return FieldSpec(kind="choice", choices=tuple(written))
    kind, optional = (written[:-1], True) if written.endswith("?") else (written, False)
    if kind not in TYPES or kind == "choice":
        kinds = ", ".join(k for k in TYPES if k != "choice")
        raise ValueError(
            say(
                "{kind} is no kind of field; use one of {kinds}, or a list of choices",
                kind=written,
                kinds=kinds,
            )
        )
    return FieldSpec(kind=kind, optional=optional)


def specs_of_model(
    kind: type[BaseModel],
    *,
    only: Collection[str] | None = None,
    where: str = "",
    within: tuple[type, ...] = (),
    read_elsewhere: bool = False,
) -> dict[str, FieldSpec]:
    """Derive what to look for from a Pydantic model: every field of it, or *only* some.

    With *read_elsewhere* a field of an unknown type is left to the record's own readers. *where* and *within*
    say in which field and which models the model stands.

    Raises:
        ValueError: A field cannot be read from documents; the phrase names it, its type and what to do.
    """
    specs = {}
    for name, info in kind.model_fields.items():
        if only is not None and name not in only:
            continue
        path = f"{where}.{name}" if where else name
        try:
            spec = _spec_of_type(info.annotation, path, (*within, kind))
        except ValueError:
            if read_elsewhere:
                continue
            raise
        optional = not info.is_required() or spec.optional
        specs[name] = spec.model_copy(update={"optional": optional, "about": info.description or ""})
    return specs


def _spec_of_type(annotation: Any, path: str, within: tuple[type, ...]) -> FieldSpec:
    annotation = _unwrapped(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, Hashable) and annotation in PLAIN_TYPES:
        return PLAIN_TYPES[annotation]
    if origin is Literal:
        return _spec_of_literal(arguments)
    if origin in (Union, UnionType):
        return _spec_of_union(arguments, path, within)
    if (origin or annotation) in (dict, Mapping):
        key, item = arguments or (str, str)
        key_spec = _spec_of_type(key, path, within)
        if not key_spec.plain or key_spec.optional:
            raise _unsupported(path, annotation)
        return FieldSpec(kind="dict", key=key_spec, item=_spec_of_type(item, path, within))
    if (origin or annotation) in CONTAINERS:
        return _spec_of_container(annotation, path, within)
    if isinstance(annotation, type) and issubclass(annotation, Enum) and len(annotation):
        return _spec_of_enum(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation.model_fields:
        return _spec_of_record(annotation, path, within)
    raise _unsupported(path, annotation)


def _unwrapped(annotation: Any) -> Any:
    """Take off what is said about a type, and the names that were given to it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":  # of typing or of typing_extensions
            annotation = annotation.__value__
        else:
            return annotation


def _spec_of_literal(values: tuple[Any, ...]) -> FieldSpec:
    given = [value for value in values if value is not None]
    choices = tuple(str(value.value if isinstance(value, Enum) else value) for value in given)
    names = {v.name: str(v.value) for v in given if isinstance(v, Enum)}
    return FieldSpec(
        kind="choice", choices=choices, names=names, python=tuple(given), optional=len(given) < len(values)
    )


def _spec_of_enum(kind: type[Enum]) -> FieldSpec:
    return FieldSpec(
        kind="choice",
        choices=tuple(str(member.value) for member in kind),
        names={name: str(member.value) for name, member in kind.__members__.items()},
        by_name=not all(isinstance(member.value, str) for member in kind),
        python=tuple(kind),
    )


_ORDER = ("boolean", "choice", "datetime", "date", "number", "money")
"""Which of several kinds is tried first: what little text is, before what much is."""


def _spec_of_union(arguments: tuple[Any, ...], path: str, within: tuple[type, ...]) -> FieldSpec:
    optional = type(None) in arguments
    specs = [_spec_of_type(a, path, within) for a in arguments if a is not type(None)]
    optional = optional or any(spec.optional for spec in specs)
    if len(specs) == 1:
        return specs[0].model_copy(update={"optional": optional})
    ordered = sorted(specs, key=lambda s: (_ORDER.index(s.kind) if s.kind in _ORDER else 9, not s.whole))
    return FieldSpec(kind="union", alternatives=tuple(ordered), optional=optional)


def _spec_of_container(annotation: Any, path: str, within: tuple[type, ...]) -> FieldSpec:
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation) or (str,)
    container = CONTAINERS[origin]
    if annotation == tuple[()]:
        raise _unsupported(path, annotation)
    members = [_spec_of_type(a, path, within) for a in arguments if a is not Ellipsis]
    if any(member != members[0] for member in members):
        places = {f"item_{number}": member for number, member in enumerate(members, 1)}
        return FieldSpec(kind="tuple", fields=places)
    update = {"many": True, "container": container, "optional": False}
    if members[0].many:
        return FieldSpec(kind="list", item=members[0]).model_copy(update=update)
    return members[0].model_copy(update=update)


def _spec_of_record(kind: type[BaseModel], path: str, within: tuple[type, ...]) -> FieldSpec:
    if kind in within:
        raise ValueError(
            say(
                "{field} is of type {type}, which holds itself, so that its end cannot be told. Write a "
                "model for each level that is to be read.",
                field=path,
                type=kind.__name__,
            )
        )
    if issubclass(kind, RootModel):
        return _spec_of_type(kind.model_fields["root"].annotation, path, (*within, kind))
    return FieldSpec(kind="record", fields=specs_of_model(kind, where=path, within=within))


def _unsupported(path: str, annotation: Any) -> ValueError:
    return ValueError(
        say(
            "{field} is of type {type}, which cannot be read from a document. Supported are {supported}. "
            "Give it one of these, or make it a property, a ClassVar or a private attribute.",
            field=path,
            type=_type_name(annotation),
            supported=SUPPORTED,
        )
    )


def refuse_without_fields(kind: type[BaseModel]) -> None:
    """Refuse a model that is one value and has no fields.

    Raises:
        ValueError: It is one.
    """
    if issubclass(kind, RootModel):
        phrase = say("{name} has no fields; give a model that has it as one", name=kind.__name__)
        raise ValueError(phrase)  # noqa: TRY004 - told to the person who wrote it, as any other mistake


def refuse_unanswerable(
    kind: type[BaseModel], specs: Mapping[str, FieldSpec], readers: Collection[str]
) -> None:
    """Refuse a field of *kind* that none of the *readers* can answer: it would be missing in every record.

    Raises:
        ValueError: There is one; the phrase names it and its type.
    """
    for name, spec in specs.items():
        beside_a_label = spec.plain and "layout" in readers
        if not beside_a_label and "model" not in readers:
            raise _only_by_model(name, kind)


def _only_by_model(path: str, kind: type[BaseModel]) -> ValueError:
    """Say that nobody who is allowed to read can answer a field of *kind*."""
    return ValueError(
        say(
            "{field} is of type {type}: none of the readers of this step can answer it. Add model to readers "
            "(or layout, for a value beside a label), or leave the field out of the model.",
            field=path,
            type=_type_name(kind.model_fields[path].annotation),
        )
    )


def _type_name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def record_type(name: str, specs: Mapping[str, FieldSpec]) -> type[FieldsRecord]:
    """Make the record type of fields written in a recipe; every field may be None."""
    columns: dict[str, Any] = {field: (_annotation(spec), None) for field, spec in specs.items()}
    if CURRENCY not in columns and any(spec.kind == "money" for spec in specs.values()):
        columns[CURRENCY] = (str | None, None)
    title = "".join(part.capitalize() for part in name.split("_")) or "Fields"
    return cast("type[FieldsRecord]", create_model(title, __base__=FieldsRecord, **columns))


def _annotation(spec: FieldSpec) -> object:
    return (Literal[spec.choices] if spec.choices else TYPES[spec.kind]) | None


def answer_shape(name: str, specs: Mapping[str, FieldSpec]) -> "AnswerForm[Any]":
    """Make the shape of the answer: every field as printed, or null."""
    from smeflow.llm.ask import AnswerForm

    return AnswerForm.of(_shape(f"Printed_{name}", specs))


def _shape(name: str, specs: Mapping[str, FieldSpec]) -> type[BaseModel]:
    columns: dict[str, Any] = {}
    for field, spec in specs.items():
        key = key_of(field)
        about = spec.about or ABOUT.get(spec.kind, "as printed")
        columns[key] = (_kind_of_answer(f"{name}_{key}", spec) | None, Field(..., description=about))
    shape: type[BaseModel] = create_model(name, **columns)
    return shape


def _kind_of_answer(name: str, spec: FieldSpec) -> Any:
    """Give the type of one field's answer; free keys become pairs, which every provider takes."""
    if spec.many:
        inner = _kind_of_answer(name, spec.member)
        return list[inner]  # type: ignore[valid-type]  # the type is made at run time
    if spec.kind == "dict":
        parts = {"key": spec.key or PLAIN_TYPES[str], "value": spec.item or PLAIN_TYPES[str]}
        columns: dict[str, Any] = {
            part: (_kind_of_answer(f"{name}_{part}", of_part), Field(..., description="as printed"))
            for part, of_part in parts.items()
        }
        pair: Any = create_model(f"{name}_pair", **columns)
        return list[pair]
    if spec.kind == "union":
        return reduce(or_, (_kind_of_answer(f"{name}_{n}", a) for n, a in enumerate(spec.alternatives)))
    if spec.kind == "boolean":
        return bool
    if spec.choices:
        named = tuple(name for name in spec.names if name not in spec.choices) if spec.by_name else ()
        choices = spec.choices + named
        return Literal[choices]
    return _shape(name, spec.fields) if spec.fields else str


def key_of(field: str) -> str:
    """Name a field in the answer; a field inside another is written with an underline."""
    return field.replace(".", "_")


_PATTERN_OF_DECIMALS = "^(?!^[-+.]*$)[+-]?0*"


def record_id(kind: type[BaseModel]) -> str:
    """Give a type's own ``record_id``, else its name and a hash of its schema.

    An inherited one does not count: a subclass is another record. The hash follows the class's fields, their
    types and what is said of them, and is the same under every version of Pydantic.
    """
    own_id = vars(kind).get("record_id")
    return str(own_id) if own_id else f"{kind.__qualname__}#{hash_of(_stable(kind.model_json_schema()))[:12]}"


def _stable(schema: Any) -> Any:
    """Leave the pattern of decimals out, which some versions of Pydantic write and others do not."""
    if isinstance(schema, Mapping):
        pattern = schema.get("pattern")
        drops = isinstance(pattern, str) and pattern.startswith(_PATTERN_OF_DECIMALS)
        return {k: _stable(v) for k, v in schema.items() if not (drops and k == "pattern")}
    return [_stable(v) for v in schema] if isinstance(schema, list) else schema
