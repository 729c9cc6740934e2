"""Values of fields: made of text, compared, and merged where several readers gave one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, cast

from pydantic import BaseModel

from smeflow._text import canonical_json, folded
from smeflow.documents.document import Document, Quote
from smeflow.extract.grounding import ground
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import FieldSpec, RecordKind
from smeflow.kinds.records import Check, FieldKind, Reading
from smeflow.values.amounts import parse_amount
from smeflow.values.dates import parse_date

CENT = Decimal("0.01")
CURRENCIES: Mapping[str, str] = {"€": "EUR", "$": "USD", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}


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
    choice = next((choice for choice in spec.choices if folded(choice) == folded(text)), None)
    return ParsedField(choice) if choice else None


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
    "iban": _joined,
}
"""What is of no kind here is taken as printed."""


def ground_field(
    parsed: ParsedField, printed: str, spec: FieldSpec, documents: tuple[Document, ...]
) -> Quote | None:
    """Find where a value stands, as it was printed or in another form of it."""
    if spec.kind == "currency":
        symbols = [s for s, code in CURRENCIES.items() if code == parsed.value]
        quotes = (ground(word, "text", documents) for word in (parsed.value, *symbols))
        return next((quote for quote in quotes if quote), None)
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
    return value.isoformat() if isinstance(value, date) else str(value)


def sentence_value(value: Any) -> object:
    """Give a value for a sentence: amounts and dates stay what they are, for the reader's own form."""
    return value if isinstance(value, Decimal | date) else canonical_text(value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(member) for member in value] if isinstance(value, tuple | list) else canonical_text(value)


def same_value(first: Any, second: Any, kind: str) -> bool:
    """Tell whether two readers mean the same value."""
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return abs(first - second) < CENT
    if isinstance(first, date) or isinstance(second, date):
        return bool(first == second)
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
    """Take each field from the first reading that has it, and compare the later ones with it."""
    fields: dict[str, MergedField] = {}
    checks: list[Check] = []
    for name in dict.fromkeys(name for reading in readings for name in reading.findings):
        spec = specs.get(name, FieldSpec(kind="text"))
        (reader, first), *rest = (
            (reading.reader, reading.findings[name]) for reading in readings if name in reading.findings
        )
        others = [(other, bare_value(finding.value)) for other, finding in rest]
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
