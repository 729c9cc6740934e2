"""What `extract` gives: a record, its fields with their places, and how a notebook shows it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape
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
from smeflow.i18n import Language, Phrase, localized_text, say
from smeflow.kinds.field_names import FIELDS, field_label, member_label, reader_word
from smeflow.kinds.record_kind import FieldSpec, kind_of, shown_value, word_for_check
from smeflow.kinds.records import Check
from smeflow.kinds.steps import FieldReading, RivalReading, StepResult

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


STYLE = (
    "<style>.sf{font:15px/1.45 system-ui,sans-serif;color:#1f2937}"
    ".sf table{border-collapse:collapse;width:100%;margin:.4em 0}"
    ".sf td,.sf th{text-align:left;padding:.3em .7em .3em 0;vertical-align:top}"
    ".sf td,.sf th{border-bottom:1px solid #e5e7eb}"
    ".sf th{font-weight:600;color:#6b7280;font-size:.85em}.sf td.k{color:#6b7280;white-space:nowrap}"
    ".sf td.v{font-weight:600;overflow-wrap:anywhere}.sf td.n,.sf th.n{text-align:right;white-space:nowrap}"
    ".sf td.w{color:#6b7280;font-size:.85em;white-space:nowrap}.sf table table{font-size:.9em}"
    ".sf mark{background:#fde68a;border-radius:2px;padding:0 .15em}"
    ".sf .b{display:inline-block;border-radius:1em;padding:.05em .7em;font-size:.9em;font-weight:600}"
    ".sf .ok{background:#dcfce7;color:#166534}.sf .no{background:#fee2e2;color:#991b1b}"
    ".sf .open{background:#fef3c7;color:#92400e}.sf .na{background:#f3f4f6;color:#4b5563}"
    ".sf .c{font-size:.8em;font-weight:400;margin:0 .3em .3em 0}"
    ".sf ul{color:#92400e;padding-left:1.2em}</style>"
)
_MARKS = {True: ("ok", "✓"), False: ("no", "✗"), None: ("na", "·")}


@dataclass(frozen=True, kw_only=True)
class ExtractionView:
    """What of an extraction a person looks at; the same from a result and from the ledger's JSON."""

    fields: Mapping[str, FieldReading]
    proven: bool = False
    accepted_by: str | None = None
    checks: Sequence[tuple[str, bool | None]] = ()
    remarks: Sequence[Phrase] = ()
    """Doubts and problems."""
    words: Mapping[str, Phrase] = field(default_factory=lambda: FIELDS)
    """What people call the fields, in the order they are shown."""
    check_words: Mapping[str, Phrase] = field(default_factory=dict)
    """What the record's kind calls its checks, where the kind is known."""


def extraction_html(view: ExtractionView, language: Language = "en") -> str:
    """Show an extraction, its fields in the order their kind has them."""
    order = list(view.words)
    rows = sorted(
        ((name, r) for name, r in view.fields.items() if r.value is not None or r.rivals),
        key=lambda row: order.index(row[0]) if row[0] in order else len(order),
    )
    headers = "".join(
        f"<th>{_text(word, language)}</th>"
        for word in (say("field"), say("value"), say("quote"), say("read by"))
    )
    body = "".join(_row(name, reading, view, language) for name, reading in rows)
    checks = "".join(
        _badge(passed, word_for_check(name, view.check_words), language) for name, passed in view.checks
    )
    notes = "".join(f"<li>{text}</li>" for text in dict.fromkeys(_text(p, language) for p in view.remarks))
    return (
        f'{STYLE}<div class="sf">{_verdict(view, language)}<table><tr>{headers}</tr>{body}</table>'
        f"<div>{checks}</div>{f'<ul>{notes}</ul>' if notes else ''}</div>"
    )


def _verdict(view: ExtractionView, language: Language) -> str:
    if view.accepted_by:
        return (
            f'<span class="b ok">{_text(say("accepted by {name}", name=view.accepted_by), language)}</span>'
        )
    kind, word = ("ok", say("proven")) if view.proven else ("open", say("not proven"))
    return f'<span class="b {kind}">{"✓" if view.proven else "?"} {_text(word, language)}</span>'


def _badge(passed: bool | None, label: Phrase | str, language: Language) -> str:  # noqa: FBT001 - a check's outcome, not a switch
    kind, mark = _MARKS[passed]
    return f'<span class="b c {kind}">{mark} {_text(label, language)}</span>'


def _row(name: str, reading: FieldReading, view: ExtractionView, language: Language) -> str:
    label = f'<td class="k">{_label(name, view.words, language)}</td>'
    members = _members(reading.value)
    if members:
        return f'<tr>{label}<td colspan="3">{_inner(members, language)}</td></tr>'
    reader = _text(reader_word(reading.reader) or "", language)
    page = (
        f", {_text(say('page {n}', n=reading.page), language)}" if reading.page and not reading.path else ""
    )
    quote = f"<mark>{escape(reading.quote)}</mark>" if reading.quote else ""
    failed = "".join(
        _badge(passed, word_for_check(check, view.check_words), language)
        for check, passed in reading.checks.items()
        if passed is False
    )
    value = f"{escape(shown_value(name, reading.value, language))} {failed}" if reading.value else ""
    value += "".join(_rival(name, rival, language) for rival in reading.rivals[:_RIVALS_SHOWN])
    return f'<tr>{label}<td class="v">{value}</td><td>{quote}</td><td class="w">{reader}{page}</td></tr>'


_RIVALS_SHOWN = 3


def _rival(name: str, rival: RivalReading, language: Language) -> str:
    """Show what else a field could have been; one that nothing speaks against stands out."""
    text = say("or {value}", value=shown_value(name, rival.value, language))
    why = f" ({_text(rival.why, language)})" if rival.why else ""
    words = f"{_text(text, language)}{why}"
    return f"<br><small>{words}</small>" if rival.why else f'<br><span class="b open">{words}</span>'


def _members(value: str | None) -> list[Mapping[str, Any]]:
    """Give the rows of a field that is a table itself: lines, rates of VAT."""
    if not value or not value.startswith("[{"):
        return []
    try:
        return [member for member in json.loads(value) if isinstance(member, dict)]
    except ValueError:
        return []


def _inner(members: Sequence[Mapping[str, Any]], language: Language) -> str:
    names = list(dict.fromkeys(name for member in members for name in member))
    css = {n: ' class="n"' if all(_is_number(member.get(n)) for member in members) else "" for n in names}
    headers = "".join(f"<th{css[n]}>{_text(member_label(n), language)}</th>" for n in names)
    rows = (
        "".join(f"<td{css[n]}>{escape(_plain(member.get(n), language))}</td>" for n in names)
        for member in members
    )
    return f"<table><tr>{headers}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None)


def _plain(value: object, language: Language) -> str:
    """Write what may be nested: words of one cell."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(
            _plain(member, language) for member in value.values() if member not in (None, "", [], {})
        )
    if isinstance(value, list):
        return "; ".join(_plain(member, language) for member in value)
    return localized_text(str(value), language)


def _label(name: str, words: Mapping[str, Phrase], language: Language) -> str:
    """Name a field; of a seller's or buyer's details both words."""
    labels = (words[name],) if name in words else field_label(name)
    return " – ".join(_text(word, language) for word in labels)


def _text(phrase: Phrase | str, language: Language) -> str:
    return escape(phrase.render(language) if isinstance(phrase, Phrase) else phrase)


def label_html(label: str | None, quote: str | None, reader: str | None, language: Language = "en") -> str:
    """Show a label, the words that decided and who read them."""
    kind = "ok" if label else "open"
    words = f" <mark>{escape(quote)}</mark>" if quote else ""
    read_by = _text(reader_word(reader) or "", language)
    badge = f'<span class="b {kind}">{escape(label or "–")}</span>'
    return f'{STYLE}<div class="sf">{badge}{words} <small>{read_by}</small></div>'


def pairs_html(rows: Iterable[tuple[str, object]]) -> str:
    """Show names and plain values, one under the other."""
    body = "".join(f'<tr><td class="k">{escape(k)}</td><td>{escape(str(v))}</td></tr>' for k, v in rows)
    return f'{STYLE}<div class="sf"><table>{body}</table></div>'
