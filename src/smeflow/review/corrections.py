"""Values a person types, put into a result in the place of what was found, with the checks run again."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

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
    try:
        return TypeAdapter(step.returns).validate_python(_require_fields(fields, ("value",))["value"])
    except ValidationError as error:
        raise _does_not_fit("value", str(fields["value"]), error) from error


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


def _does_not_fit(name: str, text: str, error: ValidationError) -> InvalidCorrection:
    return InvalidCorrection(
        say("{name}: {text} does not fit: {why}", name=name, text=text, why=error.errors()[0]["msg"])
    )


def _as_text(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)
