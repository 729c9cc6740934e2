"""What `extract` gives: a record, its fields with their places, and how a notebook shows it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import UnionType
from typing import Any, ClassVar, Generic, Self, TypeVar, Union, cast, get_args, get_origin

from pydantic import (
    BaseModel,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    field_serializer,
    field_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import to_json

from smeflow.core.case import Known
from smeflow.core.claims import Claim
from smeflow.documents.document import Document, Quote
from smeflow.extract.field_values import retyped
from smeflow.extract.fields import specs_of_model
from smeflow.extract.shown import ExtractionView, extraction_html
from smeflow.i18n import Phrase
from smeflow.kinds.field_names import FIELDS
from smeflow.kinds.record_kind import FieldSpec, kind_of
from smeflow.kinds.records import Check
from smeflow.kinds.steps import FieldReading, StepResult, on_one_screen

R = TypeVar("R", bound=BaseModel)


class Extraction(StepResult, Generic[R]):
    """A record and its evidence."""

    result_id: ClassVar[str] = "extraction"

    record: R
    """What was read. A field that is not known is None, also where the record's type would demand a value."""
    fields: dict[str, FieldReading] = Field(default_factory=dict)
    """The evidence, by field name; a field inside a field is written with a dot."""
    proven: bool = False
    """The truth table in ``docs/proof.md`` holds. One model alone never proves anything."""
    reader: str | None = None
    """Who read most: ``einvoice``, ``layout``, ``labels``, ``model`` or ``person``."""
    confidence: float | None = None
    """None until it was fitted on labelled cases."""
    checks: tuple[Check, ...] = ()
    problems: tuple[Phrase, ...] = ()
    """What a person should know; does not stop anything by itself."""
    doubts: tuple[Phrase, ...] = ()
    """What speaks against the result: a case with any goes to a person."""
    wanted_model: bool = False
    """A model would have helped, and there was none."""
    several: int = 1
    """How many records of this kind the documents hold."""
    accepted_by: str | None = None
    """The person who gave or confirmed values."""

    @field_validator("record", mode="wrap")
    @classmethod
    def _keep_gaps(cls, value: object, handler: ModelWrapValidatorHandler[R]) -> R:
        """Read a record back that had gaps when it was written."""
        kind = cls.model_fields["record"].annotation
        if isinstance(kind, type) and isinstance(value, kind):
            return cast("R", value)  # a record with gaps would not pass its own class's validators
        if isinstance(value, Mapping) and isinstance(kind, type):
            ambiguous = _ambiguous_fields(cast("type[BaseModel]", kind))
            value = {name: retyped(inner, ambiguous.get(name)) for name, inner in value.items()}
        try:
            return handler(value)
        except Exception:  # a class's own validator may raise anything where there are gaps
            if not isinstance(value, Mapping) or not isinstance(kind, type):
                raise
            return with_gaps(cast("type[R]", kind), value)

    @field_serializer("record", when_used="json")
    def _write(self, record: R) -> dict[str, Any]:
        # gaps are None where the type says they cannot be
        return cast("dict[str, Any]", _steady(record, record.model_dump(mode="json", warnings=False)))

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """What it was read from, where that is at hand; never written down with it."""
        return ()

    def shown_on(self, documents: Iterable[Document]) -> Self:
        """Give the same extraction, which shows its quotes on the pages of *documents*."""
        shown = self.model_copy()
        shown.__dict__["documents"] = tuple(documents)  # no field: it is neither compared nor written down
        return shown

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Every place a value was read from."""
        return tuple(place for reading in self.fields.values() if (place := reading.place))

    def claims(self, known: Known, /) -> Iterator[Claim]:
        """Say what must be compared with other items, as the kind of the record has it."""
        claims = kind_of(type(self.record)).claims
        if claims is not None:
            yield from claims(self.record, known)

    def settled(self) -> bool:
        """Tell whether it may be acted on unseen: it is proven, or a person gave or confirmed it."""
        return self.proven or bool(self.accepted_by)

    @property
    def missing(self) -> tuple[str, ...]:
        """The record's own fields that hold no value, in order."""
        return tuple(name for name in type(self.record).model_fields if getattr(self.record, name) is None)

    def in_brief(self) -> str:
        """Say it in one line."""
        known = [f"{name}={reading.value}" for name, reading in self.fields.items() if reading.value]
        return f"{self._title()}: {', '.join(known) or 'nothing was found'}"

    def __repr__(self) -> str:
        lines = [_line(name, reading) for name, reading in self.fields.items()]
        lines += [f"missing: {', '.join(self.missing)}"] if self.missing else []
        return on_one_screen(self._title(), lines, (*self.doubts, *self.problems))

    __str__ = __repr__

    def _title(self) -> str:
        proof = (
            f"accepted by {self.accepted_by}"
            if self.accepted_by
            else "proven"
            if self.proven
            else "not proven"
        )
        return f"{type(self.record).__name__}, {proof}"

    def _repr_html_(self) -> str:
        kind = kind_of(type(self.record))
        view = ExtractionView(
            fields=self.fields,
            proven=self.proven,
            accepted_by=self.accepted_by,
            checks=[(check.name, check.passed) for check in self.checks],
            remarks=(*self.doubts, *self.problems),
            words=kind.words or FIELDS,
            check_words=kind.check_words,
        )
        return extraction_html(view) + self._pages()

    def _pages(self) -> str:
        """Show the documents the values stand in, each value marked on its page."""
        from smeflow.documents.show import document_html  # draws pages: only when something is shown

        quoted = {quote.document for quote in self.quotes}
        shown = dict.fromkeys(d for outer in self.documents for d in outer.walk() if d.name in quoted)
        return "".join(document_html(document, self.quotes) for document in shown)


def _line(name: str, reading: FieldReading) -> str:
    place = ", ".join(
        part for part in (reading.reader, f"page {reading.page}" if reading.page else None) if part
    )
    quote = f' "{reading.quote}"' if reading.quote else ""
    return f"{name}: {reading.value if reading.value is not None else '-'}{quote} ({place or 'unknown'})"


def record_type_in(returns: Any) -> type[BaseModel] | None:
    """Give the record's type where a step returns an `Extraction` of one; None for any other result."""
    members = get_args(returns) if get_origin(returns) in (Union, UnionType) else (returns,)
    for member in members:
        if isinstance(member, type) and issubclass(member, Extraction):
            record = member.model_fields["record"].annotation
            return record if isinstance(record, type) and issubclass(record, BaseModel) else None
    return None


@lru_cache(maxsize=64)
def _ambiguous_fields(kind: type[BaseModel]) -> Mapping[str, FieldSpec]:
    """Give the fields that hold a union or a literal: JSON tells no day, amount or member from text."""
    specs = specs_of_model(kind, read_elsewhere=True)
    return {name: spec for name, spec in specs.items() if _is_ambiguous(spec)}


def _is_ambiguous(spec: FieldSpec) -> bool:
    inner = (*spec.fields.values(), *([spec.item] if spec.item else []))
    return spec.kind in ("union", "choice") or any(map(_is_ambiguous, inner))


@dataclass(frozen=True, kw_only=True)
class BrokenLaw:
    """A rule of the record's own class that what was read does not keep: a constraint or a validator."""

    field: str
    """Empty where the rule is about several fields."""
    path: str
    """The field, or what inside it: ``items.2.amount``."""
    reason: str
    """What the class says of it, in its own words."""
    is_gap: bool = False
    """Something inside the value is missing."""

    @property
    def said(self) -> str:
        """Say it without the value."""
        return f"{self.path}: {self.reason}" if self.path else self.reason


def with_gaps(kind: type[R], values: Mapping[str, Any]) -> R:
    """Make a record of what is known; the rest is its default or None, even where the type demands a value.

    A value that does not fit its field is left out: this never raises.
    """
    try:
        return kind.model_validate(values, by_alias=False, by_name=True)
    except Exception:  # noqa: BLE001 - a class's own validator may raise anything
        return _of_what_fits(kind, values)


def record_and_laws(kind: type[R], values: Mapping[str, Any]) -> tuple[R, tuple[BrokenLaw, ...]]:
    """Make a record as `with_gaps` does, and say which of its own rules the values break."""
    try:
        return kind.model_validate(values, by_alias=False, by_name=True), ()
    except ValidationError as error:
        laws = _broken_laws(error, values)
    except Exception as error:  # noqa: BLE001 - a user's own validator may raise anything
        laws = (BrokenLaw(field="", path="", reason=f"{type(error).__name__}: {error}"),)
    broken = {law.field for law in laws}
    return _of_what_fits(kind, {name: value for name, value in values.items() if name not in broken}), laws


def _of_what_fits(kind: type[R], values: Mapping[str, Any]) -> R:
    known: dict[str, Any] = {}
    for name, info in kind.model_fields.items():
        known[name] = (
            None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
        )
        if values.get(name) is None:
            continue
        try:
            known[name] = _fitted(info.rebuild_annotation(), values[name])
        except Exception:  # noqa: BLE001, S112 - a type's own validator may raise anything; the gap shows it
            continue
    return kind.model_construct(**known)


def _fitted(annotation: Any, value: Any) -> Any:
    adapter = TypeAdapter(annotation)
    try:
        return adapter.validate_python(value, by_alias=False, by_name=True)
    except ValidationError:  # a strict model takes the text of a date only where it knows it for JSON
        return adapter.validate_json(to_json(value), by_alias=False, by_name=True)


def _broken_laws(error: ValidationError, values: Mapping[str, Any]) -> tuple[BrokenLaw, ...]:
    laws: dict[tuple[str, str], BrokenLaw] = {}
    for fault in error.errors(include_url=False):
        field = str(fault["loc"][0]) if fault["loc"] else ""
        if field and values.get(field) is None:  # it is missing, which is told as such
            continue
        reason = str(fault.get("ctx", {}).get("error") or fault["msg"]).strip().rstrip(".")
        path = ".".join(str(part) for part in fault["loc"])
        is_gap = fault["type"] == "missing" or fault["input"] is None
        laws[path, reason] = BrokenLaw(field=field, path=path, reason=reason[:200], is_gap=is_gap)
    return tuple(laws.values())


def _steady(value: Any, written: Any) -> Any:
    """Put the members of sets into one order, however often a record is written."""
    if isinstance(value, BaseModel):
        if isinstance(value, RootModel) or not isinstance(written, dict):
            return _steady(value.root, written) if isinstance(value, RootModel) else written
        return {k: _steady(value.__dict__.get(k), inner) for k, inner in written.items()}
    if isinstance(value, set | frozenset) and isinstance(written, list):
        return sorted(written, key=lambda member: json.dumps(member, sort_keys=True))
    if isinstance(value, list | tuple) and isinstance(written, list):
        return [_steady(inner, member) for inner, member in zip(value, written, strict=False)]
    if isinstance(value, dict) and isinstance(written, dict):
        pairs = zip(value.values(), written.items(), strict=False)
        return {key: _steady(inner, member) for inner, (key, member) in pairs}
    return written
