"""The fields a recipe or a Pydantic model asks for, and the stable id of their record."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel, create_model

from smeflow._text import hash_of
from smeflow.i18n import say
from smeflow.kinds.record_kind import FieldSpec
from smeflow.kinds.records import Record

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


PLAIN_TYPES: Mapping[object, str] = {
    str: "text",
    Decimal: "money",
    int: "number",
    float: "number",
    date: "date",
}
"""What a class's own types are read as."""


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


def specs_of_model(kind: type[BaseModel]) -> dict[str, FieldSpec]:
    """Derive what to look for from a Pydantic model; a field of an unknown type is left to its default."""
    specs = {}
    for name, info in kind.model_fields.items():
        spec = _spec_of_type(info.annotation)
        if spec:
            optional = not info.is_required() or spec.optional
            specs[name] = spec.model_copy(update={"optional": optional, "about": info.description or ""})
    return specs


def _spec_of_type(annotation: object) -> FieldSpec | None:
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return FieldSpec(kind="choice", choices=tuple(str(a) for a in arguments))
    if type(None) in arguments:
        alternatives = [a for a in arguments if a is not type(None)]
        spec = _spec_of_type(alternatives[0]) if len(alternatives) == 1 else None
        return spec.model_copy(update={"optional": True}) if spec else None
    if get_origin(annotation) in (list, tuple) and arguments:
        item_spec = _spec_of_type(arguments[0])
        return item_spec.model_copy(update={"many": True}) if item_spec and not item_spec.many else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return FieldSpec(kind="record", fields=specs_of_model(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return FieldSpec(kind="choice", choices=tuple(str(member.value) for member in annotation))
    return FieldSpec(kind=PLAIN_TYPES[annotation]) if annotation in PLAIN_TYPES else None


def record_type(name: str, specs: Mapping[str, FieldSpec]) -> type[FieldsRecord]:
    """Make the record type of fields written in a recipe; every field may be None."""
    columns: dict[str, Any] = {field: (_annotation(spec), None) for field, spec in specs.items()}
    if CURRENCY not in columns and any(spec.kind == "money" for spec in specs.values()):
        columns[CURRENCY] = (str | None, None)
    title = "".join(part.capitalize() for part in name.split("_")) or "Fields"
    return cast("type[FieldsRecord]", create_model(title, __base__=FieldsRecord, **columns))


def _annotation(spec: FieldSpec) -> object:
    return (Literal[spec.choices] if spec.choices else TYPES[spec.kind]) | None


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
