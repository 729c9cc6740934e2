"""Values of fields: made of text, compared, and merged where several readers gave one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel

from smeflow._text import canonical_json, folded
from smeflow.documents.document import Document, Quote
from smeflow.extract.grounding import ground
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import FieldSpec, RecordKind
from smeflow.kinds.records import Check, FieldKind, Reading, parse_truth
from smeflow.values.amounts import SYMBOLS, parse_amount
from smeflow.values.dates import parse_date, parse_datetime

CENT = Decimal("0.01")
CURRENCIES: Mapping[str, str] = {
    **{symbol.upper(): code for symbol, code in SYMBOLS.items()},
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "EURO": "EUR",
    "EUROS": "EUR",
}
"""What a model may give for a currency, in capitals."""


@dataclass(frozen=True, slots=True)
class ParsedField:
    """A value made of text."""

    value: Any
    currency: str | None = None


def parse_field(text: str, spec: FieldSpec) -> ParsedField | None:
    """Make a value of *text*; None where it is none of this kind."""
    text = " ".join(text.split())
    return _PARSERS.get(spec.kind, _text)(text, spec) if text else None


def _text(text: str, _spec: FieldSpec) -> ParsedField | None:
    return ParsedField(text)


def _joined(text: str, _spec: FieldSpec) -> ParsedField | None:
    return ParsedField("".join(text.split()).upper())


def _choice(text: str, spec: FieldSpec) -> ParsedField | None:
    choice = next(
        (choice for word, choice in choice_words(spec).items() if text == word),
        next((choice for word, choice in choice_words(spec).items() if folded(word) == folded(text)), None),
    )
    return ParsedField(choice) if choice else None


def choice_words(spec: FieldSpec) -> dict[str, str]:
    """Give every way to write a choice: itself, its name, and its name with spaces; each with the choice."""
    spaced = {name.replace("_", " "): choice for name, choice in spec.names.items()}
    return {**spaced, **spec.names, **{choice: choice for choice in spec.choices}}


def _truth(text: str, _spec: FieldSpec) -> ParsedField | None:
    truth = parse_truth(text)
    return None if truth is None else ParsedField(truth)


def _moment(text: str, _spec: FieldSpec) -> ParsedField | None:
    moment = parse_datetime(text)
    return ParsedField(moment) if moment else None


def _union(text: str, spec: FieldSpec) -> ParsedField | None:
    alternative = alternative_of(text, spec)
    parsed = parse_field(text, alternative) if alternative else None
    return ParsedField(typed_value(parsed.value, alternative), parsed.currency) if parsed else None


def alternative_of(text: str, spec: FieldSpec) -> FieldSpec | None:
    """Tell which of several kinds *text* is: the first that takes all of it and loses nothing of it."""
    takes_text = any(alternative.kind == "text" for alternative in spec.alternatives)
    for alternative in (a for a in spec.alternatives if a.plain):
        parsed = parse_field(text, alternative)
        if parsed is None:
            continue
        value = parsed.value
        loses = (
            (alternative.whole and value != value.to_integral_value())
            or (alternative.kind == "number" and parsed.currency and takes_text)
            or (isinstance(value, Decimal) and takes_text and re.match(r"\D*0\d", text))
            or (alternative.kind == "boolean" and len(text) < 2)
        )
        if not loses:
            return alternative
    return None


def _currency(text: str, _spec: FieldSpec) -> ParsedField | None:
    code = CURRENCIES.get(text.upper(), text.upper())
    return ParsedField(code) if len(code) == 3 and code.isalpha() else None


def _amount(text: str, _spec: FieldSpec) -> ParsedField | None:
    amount = parse_amount(text)
    return ParsedField(amount.value, amount.currency) if amount else None


def _date(text: str, _spec: FieldSpec) -> ParsedField | None:
    try:
        return ParsedField(date.fromisoformat(text[:10]))
    except ValueError:
        day = parse_date(text)
        return ParsedField(day) if day else None


_PARSERS = {
    "choice": _choice,
    "currency": _currency,
    "money": _amount,
    "number": _amount,
    "date": _date,
    "datetime": _moment,
    "boolean": _truth,
    "union": _union,
    "iban": _joined,
}
"""What is of no kind here is taken as printed."""


def typed_value(value: Any, spec: FieldSpec | None) -> Any:
    """Make a value of its field's own class: an ``int``, an enum's member, a set; what is neither stays."""
    if spec is None or value is None:
        return value
    if spec.many and isinstance(value, list | tuple):
        members = [typed_value(member, spec.member) for member in value]
        return _held(members, spec.container)
    if isinstance(value, Mapping):
        if spec.item is not None:
            return {typed_value(k, spec.key): typed_value(v, spec.item) for k, v in value.items()}
        typed = {name: typed_value(inner, spec.fields.get(name)) for name, inner in value.items()}
        return tuple(typed.get(name) for name in spec.fields) if spec.kind == "tuple" else typed
    if spec.kind == "choice" and isinstance(value, str) and spec.python:
        return next((v for v in spec.python if _written(v) == value), value)
    if isinstance(value, Decimal) and spec.python is float:
        return float(value)
    if isinstance(value, Decimal) and spec.whole and value == value.to_integral_value():
        return int(value)
    return value


def retyped(value: Any, spec: FieldSpec | None) -> Any:
    """Give what was JSON, where days and amounts are text, its type in a union or literal again."""
    if spec is None:
        return value
    if spec.kind == "union" and not spec.many and isinstance(value, str):
        parsed = _union(value, spec)
        return value if parsed is None else parsed.value
    if spec.kind == "choice" and not spec.many:
        return typed_value(value, spec)
    if spec.many and isinstance(value, list):
        return [retyped(member, spec.member) for member in value]
    if isinstance(value, list):
        return [retyped(inner, s) for inner, s in zip(value, spec.fields.values(), strict=False)] or value
    if isinstance(value, Mapping):
        return {k: retyped(inner, spec.item or spec.fields.get(k)) for k, inner in value.items()}
    return value


def _written(choice: Any) -> str:
    return str(choice.value if isinstance(choice, Enum) else choice)


def _held(members: list[Any], container: Any) -> Any:
    try:
        return container(members) if container else members
    except TypeError:  # a set takes no member that may change; Pydantic makes frozen ones of them
        return members


def ground_field(
    parsed: ParsedField, printed: str, spec: FieldSpec, documents: tuple[Document, ...]
) -> Quote | None:
    """Find where a value stands, as it was printed or in another form of it."""
    if spec.kind == "currency":
        symbols = [s for s, code in CURRENCIES.items() if code == parsed.value]
        quotes = (ground(word, "text", documents) for word in (parsed.value, *symbols))
        return next((quote for quote in quotes if quote), None)
    if spec.kind == "union":
        alternative = alternative_of(printed, spec)
        parsed_as = parse_field(printed, alternative) if alternative else None
        return ground_field(parsed_as, printed, alternative, documents) if alternative and parsed_as else None
    kind = cast("FieldKind", "text" if spec.kind in ("choice", "email", "phone") else spec.kind)
    return ground(parsed.value, kind, documents) or ground(printed, kind, documents)


def canonical_text(value: Any) -> str | None:
    """Write a value in one form: ``1234.50``, ``2026-11-23``, ``true``."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple | list | Mapping):
        return canonical_json(_plain(value))
    if isinstance(value, set | frozenset):
        return canonical_json(sorted(_plain(tuple(value)), key=canonical_json))
    if isinstance(value, Enum):
        return canonical_text(value.value)
    return value.isoformat() if isinstance(value, date) else str(value)


def sentence_value(value: Any) -> object:
    """Give a value for a sentence: amounts and dates stay what they are, for the reader's own form."""
    return value if isinstance(value, Decimal | date) else canonical_text(value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {canonical_text(key): _plain(inner) for key, inner in value.items()}
    return [_plain(member) for member in value] if isinstance(value, tuple | list) else canonical_text(value)


def same_value(first: Any, second: Any, kind: str) -> bool:
    """Tell whether two readers mean the same value."""
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return abs(first - second) < CENT
    if isinstance(first, date) or isinstance(second, date):
        return bool(first == second)
    if kind in ("boolean", "union", "list", "dict", "tuple"):
        return canonical_text(first) == canonical_text(second)
    left, right = folded(str(first)), folded(str(second))
    if kind in ("identifier", "iban", "number"):
        return _bare(left) == _bare(right)
    if kind in ("choice", "currency"):
        return left == right
    return _alike(left, right)


def _bare(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _alike(left: str, right: str) -> bool:
    """Names agree when one holds the other or when they share at least half of their words."""
    a, b = set(left.split()), set(right.split())
    if not a or not b:
        return False
    return left in right or right in left or len(a & b) * 2 >= min(len(a), len(b)) + 1


@dataclass(frozen=True, kw_only=True)
class MergedField:
    """One field's value, who read it and who else read the same."""

    value: Any
    quote: Quote | None
    reader: str
    currency: str | None = None
    confirmed_by: tuple[str, ...] = ()
    note: Phrase | None = None


@dataclass(frozen=True, kw_only=True)
class MergedReadings:
    """All fields of all readers."""

    fields: Mapping[str, MergedField] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    """``readers_agree``, one for each field that two readers read."""

    @property
    def against(self) -> tuple[Check, ...]:
        """The fields on which readers contradict each other."""
        return tuple(check for check in self.checks if check.passed is False)


def merge_readings(
    readings: Sequence[Reading], specs: Mapping[str, FieldSpec], kind: RecordKind
) -> MergedReadings:
    """Take each field from the first reading that has it, and compare the later ones with it.

    A later reading comes first in the fields where it outranks the others; what it has upheld there is not
    contradicted by what nothing proves.
    """
    fields: dict[str, MergedField] = {}
    checks: list[Check] = []
    for name in dict.fromkeys(name for reading in readings for name in reading.findings):
        spec = specs.get(name, FieldSpec(kind="text"))
        ranked = sorted((r for r in readings if name in r.findings), key=lambda r: name not in r.outranks)
        (reader, first), *rest = ((reading.reader, reading.findings[name]) for reading in ranked)
        is_upheld = name in ranked[0].outranks & ranked[0].upheld
        others = [(other, bare_value(finding.value)) for other, finding in rest if not is_upheld]
        value = bare_value(first.value)
        currency = first.value.currency if isinstance(first.value, ParsedField) else None
        if spec.kind == "money" and currency is None and first.quote:
            amount = parse_amount(first.quote.text)
            currency = amount.currency if amount else None
        agreeing = [other for other, other_value in others if same_value(value, other_value, spec.kind)]
        fields[name] = MergedField(
            value=value,
            quote=first.quote,
            reader=reader,
            currency=currency,
            confirmed_by=tuple(agreeing),
            note=first.note,
        )
        checks += [_disagreement(kind, name, reader, value, other, other_value)
                   for other, other_value in others if other not in agreeing]  # fmt: skip
        if agreeing and len(agreeing) == len(others):
            checks.append(Check(name="readers_agree", passed=True, fields=(name,)))
    return MergedReadings(fields=fields, checks=tuple(checks))


def _disagreement(
    kind: RecordKind, name: str, reader: str, value: Any, other: str, other_value: Any
) -> Check:
    detail = say(
        "{field}: {reader} reads {value}, {other} reads {other_value}.",
        field=kind.named(name),
        reader=reader,
        value=sentence_value(value),
        other=other,
        other_value=sentence_value(other_value),
    )
    return Check(name="readers_agree", passed=False, detail=detail, fields=(name,))


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``seller_details.vat_id`` inside ``seller_details``."""
    fields: dict[str, Any] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        group = fields.get(outer)
        if not dot:
            fields[name] = value
        elif not isinstance(group, BaseModel):
            fields[outer] = {**(group or {}), inner: value}
        elif getattr(group, inner) is None:
            fields[outer] = group.model_copy(update={inner: value})
    return fields


def bare_value(value: Any) -> Any:
    """Give a value without its currency."""
    return value.value if isinstance(value, ParsedField) else value
