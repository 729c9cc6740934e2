"""Values a person types, put into a result in the place of what was found, with the checks run again."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel, TypeAdapter, ValidationError, create_model

from smeflow.engine.own_steps import Ruled
from smeflow.extract.field_values import parse_field, typed_value
from smeflow.extract.fields import specs_of_model
from smeflow.extract.result import Extraction, with_gaps
from smeflow.extract.step import Extract
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import Firm, kind_of
from smeflow.kinds.records import Check
from smeflow.kinds.steps import FieldReading
from smeflow.reports.sections import UnsupportedEdit, apply_edits, numbered_paragraphs
from smeflow.triage.deadlines import Urgency
from smeflow.triage.labels import Label
from smeflow.triage.step import Triage
from smeflow.values.amounts import parse_amount
from smeflow.values.dates import parse_date
from smeflow.writing.drafts import Drafted
from smeflow.writing.report import Report

if TYPE_CHECKING:
    from smeflow.core.case import Step

PERSON = "person"


class InvalidCorrection(ValueError):
    """What a person typed does not fit; the phrase says why."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


def split_by_step(
    changes: Mapping[str, str], steps: "Mapping[str, Step[Any]]", default: str
) -> tuple[str, dict[str, str]]:
    """Take the step's name off the fields; all changes of one decision are about one step.

    Raises:
        InvalidCorrection: They are about several, or about none there is.
    """
    names, fields = set(), {}
    for written, text in changes.items():
        first, dot, rest = written.partition(".")
        name, field = (first, rest) if dot and first in steps else (default, written)
        names.add(name)
        fields[field.removeprefix("record.")] = text
    if len(names) != 1:
        raise InvalidCorrection(
            say("Correct one step at a time; these are about {names}.", names=", ".join(sorted(names)))
        )
    name = names.pop()
    if name not in steps:
        raise InvalidCorrection(say("There is no step {name}. Write STEP.FIELD=VALUE.", name=name or "?"))
    return name, fields


def correct_result(step: "Step[Any]", value: object, fields: Mapping[str, str], person: str) -> object:
    """Give the result of *step* with the values of *fields* in it, accepted by *person*.

    *value* is what the step found; None where it found nothing.

    Raises:
        InvalidCorrection: A value does not fit its field, or results of this kind cannot be corrected.
    """
    generic = getattr(step.returns, "__pydantic_generic_metadata__", {})  # foreign: what Pydantic keeps
    returns = generic.get("origin") or step.returns
    for kind, change in CORRECTORS:
        if isinstance(returns, type) and issubclass(returns, kind):
            return change(step, value, fields, person)
    return correct_own_result(step.returns, value, fields)


def _extraction(step: Any, value: Any, fields: Mapping[str, str], person: str) -> Extraction[Any]:
    kind: type[BaseModel] = type(value.record) if value is not None else step.record_type
    typed = {name: _parse_typed(kind, name, text) for name, text in fields.items()}
    before = value.record.model_dump(warnings=False) if value is not None else {}
    record = with_gaps(kind, {**before, **typed})
    firm = step.constants.get("company") if isinstance(step, Extract) else None
    checks = _checks(record, value, frozenset(typed), firm)
    readings = dict(value.fields) if value is not None else {}
    for name, new in typed.items():
        about = {c.name: c.passed for c in checks if name in c.fields}
        readings[name] = FieldReading(value=_as_text(new), reader=PERSON, checks=about)
    return Extraction[kind](  # type: ignore[valid-type]  # the record's type is known only now
        record=record,
        fields=readings,
        proven=True,
        reader=value.reader if value is not None else PERSON,
        confidence=value.confidence if value is not None else None,
        checks=checks,
        problems=tuple(_accepted(check, person) for check in checks if check.passed is False),
        several=value.several if value is not None else 1,
        accepted_by=person,
    )


def _checks(record: BaseModel, value: Any, changed: frozenset[str], firm: Firm | None) -> tuple[Check, ...]:
    """Run the kind's checks again; of the others keep those that are not about a changed field."""
    kind = kind_of(type(record))
    rerun = tuple(kind.checks(record, firm)) if kind.checks else ()
    names = {check.name for check in rerun}
    old = value.checks if value is not None else ()
    return (*rerun, *(c for c in old if c.name not in names and not changed.intersection(c.fields)))


def _accepted(check: Check, person: str) -> Phrase:
    return say("accepted by {person}: {what}", person=person, what=check.detail or check.name)


def _label(step: Any, value: Any, fields: Mapping[str, str], person: str) -> Label:
    """Put labels and what else a person gives into what was found; several labels have a comma between."""
    changes = _require_fields(fields, ("label", "urgency", "due", "owner"))
    before = value if value is not None else Label()
    triage = step if isinstance(step, Triage) else None
    known = triage.labels if triage else {}
    written = changes.pop("label", None)
    labels = tuple(label.strip() for label in written.split(",")) if written else before.labels
    for label in labels if written else ():
        if known and label not in known:
            raise InvalidCorrection(
                say("{label} is no label here. Choose from: {known}", label=label, known=", ".join(known))
            )
    if len(labels) > 1 and triage and not triage.many:
        raise InvalidCorrection(say("One label only: this step does not give several (many: true would)."))
    update = {name: _parse_typed(Label, name, text) for name, text in changes.items()}
    if written:
        owner = triage.owners.get(labels[0]) if triage else None
        update = {"label": labels[0], "labels": labels, "quote": None, "owner": owner, **update}
    if update.get("urgency") not in {None, *get_args(Urgency)}:
        raise InvalidCorrection(say("Urgency is one of: {known}", known=", ".join(get_args(Urgency))))
    settled = {"reader": PERSON, "accepted_by": person, "confidence": None, "suggestion": None}
    return before.model_copy(update={**update, **settled, "doubts": (), "wanted_model": False})


def _draft(step: Any, value: Any, fields: Mapping[str, str], person: str) -> Drafted:
    changes = _require_fields(fields, ("subject", "text"))
    before = value if value is not None else Drafted()
    return before.model_copy(
        update={
            **changes,
            "reader": PERSON,
            "accepted_by": person,
            "doubts": (),
            "marked": (),
            "wanted_model": False,
        }
    )


def _ruled(step: Any, value: Any, fields: Mapping[str, str], person: str) -> Ruled:
    return Ruled(value=_require_fields(fields, ("value",))["value"], because=PERSON, accepted_by=person)


def _report(step: Any, value: Any, fields: Mapping[str, str], person: str) -> Report:
    if value is None:
        raise InvalidCorrection(say("There is no report yet that could be changed."))
    about = step.references(value.facts, value.period)
    try:
        return apply_edits(value, dict(fields), about, person, tuple(step.glossary))
    except UnsupportedEdit as error:
        raise InvalidCorrection(error.phrase) from error
    except KeyError as error:
        known = ", ".join(("title", "subtitle", *numbered_paragraphs(value)))
        what = say("There is no field {name}. Choose from: {known}", name=error.args[0], known=known)
        raise InvalidCorrection(what) from error


CORRECTORS: tuple[tuple[type[Any], Callable[[Any, Any, Mapping[str, str], str], object]], ...] = (
    (Extraction, _extraction),
    (Label, _label),
    (Drafted, _draft),
    (Ruled, _ruled),
    (Report, _report),
)
"""Kind of result, and how a person's values get into it; a new kind is a row here."""


def _require_fields(fields: Mapping[str, str], known: tuple[str, ...]) -> dict[str, str]:
    for name in fields:
        if name not in known:
            raise InvalidCorrection(
                say("There is no field {name}. Choose from: {known}", name=name, known=", ".join(known))
            )
    return dict(fields)


def _parse_typed(kind: type[BaseModel], name: str, text: str) -> Any:
    """Read what a person typed as the field's type; amounts and dates in any usual form."""
    if name not in kind.model_fields:
        raise InvalidCorrection(
            say(
                "There is no field {name}. Choose from: {known}",
                name=name,
                known=", ".join(kind.model_fields),
            )
        )
    if not text.strip():
        return None
    annotation = kind.model_fields[name].rebuild_annotation()
    try:
        return TypeAdapter(annotation).validate_python(text.strip())
    except ValidationError as error:
        kinds = {annotation, *get_args(annotation)}
        if Decimal in kinds and (amount := parse_amount(text)) is not None:
            return amount.value
        if date in kinds and (day := parse_date(text)) is not None:
            return day
        spec = specs_of_model(kind, only=(name,), read_elsewhere=True).get(name)
        if spec is not None and spec.plain and (parsed := parse_field(text, spec)) is not None:
            return typed_value(parsed.value, spec)
        raise _does_not_fit(name, text, error) from error


def correct_own_result(returns: Any, value: object, fields: Mapping[str, str]) -> object:
    """Put values into a result of any other type: into its fields, by their names with dots, or in its place.

    ``lines.2.price`` is a field of the second line, ``lines.3`` behind the last of two is a new one.
    """
    changed, parts = value, tuple(parts_of(returns))
    for name, text in fields.items():
        if not parts:
            _require_fields({name: text}, ("value",))
        path = name.split(".") if parts else []
        changed = _with_part(changed, returns, path, text, name)
    try:
        return TypeAdapter(returns).validate_python(changed, by_name=True, by_alias=False)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or next(iter(fields))
        raise _does_not_fit(place, str(error.errors()[0]["input"]), error) from error


def _with_part(value: Any, kind: Any, path: Sequence[str], text: str, name: str) -> Any:
    """Give *value*, of the type *kind*, with *text* at *path*: plain data where something changed."""
    if not path:
        return _parse_as(kind, name, text)
    first, rest = path[0], path[1:]
    parts = parts_of(kind)
    if parts:
        if first not in parts:
            known = ", ".join(parts)
            raise InvalidCorrection(
                say("There is no field {name}. Choose from: {known}", name=name, known=known)
            )
        now = dict(vars(value) if not isinstance(value, Mapping | None) else value or {})
        return {**now, first: _with_part(now.get(first), parts[first], rest, text, name)}
    inner = get_args(next((m for m in members_of(kind) if get_origin(m) in CONTAINERS), None))
    if inner and isinstance(value, Mapping | None) and len(inner) == 2 and inner[1] is not Ellipsis:
        now = dict(value or {})
        return {**now, first: _with_part(now.get(first), inner[1], rest, text, name)}
    listed = list(value or ())
    if not inner or not first.isdecimal() or not 1 <= int(first) <= len(listed) + 1:
        raise InvalidCorrection(
            say("There is no field {name}. Choose from: {known}", name=name, known=f"1-{len(listed) + 1}")
        )
    before = listed[int(first) - 1] if int(first) <= len(listed) else None
    listed[int(first) - 1 : int(first)] = [_with_part(before, inner[0], rest, text, name)]
    return tuple(listed) if isinstance(value, tuple) else listed


CONTAINERS = (list, tuple, set, frozenset, dict, Mapping, Sequence)


def members_of(kind: Any) -> tuple[Any, ...]:
    """Give the types *kind* is a choice of: ``A | None`` is A or nothing."""
    if get_origin(kind) is Annotated:
        return members_of(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return tuple(inner for member in get_args(kind) for inner in members_of(member))
    return (kind,)


def parts_of(kind: Any) -> dict[str, Any]:
    """Give the fields of a type by name, with their types; none of a plain value, a list or a mapping."""
    for member in members_of(kind):
        plain = get_origin(member) or member
        if not isinstance(plain, type):
            continue
        if issubclass(plain, BaseModel):
            return {name: info.rebuild_annotation() for name, info in member.model_fields.items()}
        if is_dataclass(plain) or "__required_keys__" in vars(plain):  # a typed dictionary's mark
            return get_type_hints(plain, include_extras=True)
    return {}


def _parse_as(kind: Any, name: str, text: str) -> Any:
    """Read what a person typed as a value of the type *kind*; lists and groups as JSON, or with commas."""
    adapter = TypeAdapter(kind)
    for read in (adapter.validate_json, lambda each: adapter.validate_python(each.split(","))):
        if any((get_origin(m) or m) in CONTAINERS for m in members_of(kind)) or parts_of(kind):
            with suppress(ValidationError):
                return read(text)
    try:
        return _parse_typed(create_model(name, value=(kind, None)), "value", text)
    except InvalidCorrection as error:
        raise InvalidCorrection(Phrase(error.phrase.template, {**error.phrase.data, "name": name})) from error


def _does_not_fit(name: str, text: str, error: ValidationError) -> InvalidCorrection:
    return InvalidCorrection(
        say("{name}: {text} does not fit: {why}", name=name, text=text, why=error.errors()[0]["msg"])
    )


def _as_text(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)
