"""Put what readers found together: the first that has a value gives it, the others confirm or contradict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from smeflow.documents.base import Quote
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Check, Reading
from smeflow.record_kinds import FieldSpec, RecordKind
from smeflow.steps.kinds import same, told


@dataclass(frozen=True, kw_only=True)
class Found:
    """One field's value, who read it and who else read the same."""

    value: Any
    quote: Quote | None
    reader: str
    currency: str | None = None
    confirmed_by: tuple[str, ...] = ()
    note: Phrase | None = None


@dataclass(frozen=True, kw_only=True)
class Merged:
    """All fields of all readers."""

    found: Mapping[str, Found] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    """``readers_agree``, one for each field that two readers read."""

    @property
    def against(self) -> tuple[Check, ...]:
        """The fields on which readers contradict each other."""
        return tuple(check for check in self.checks if check.passed is False)


def merge(readings: Sequence[Reading], specs: Mapping[str, FieldSpec], kind: RecordKind) -> Merged:
    """Take each field from the first reading that has it, and compare the later ones with it."""
    found: dict[str, Found] = {}
    checks: list[Check] = []
    for name in dict.fromkeys(name for reading in readings for name in reading.findings):
        spec = specs.get(name, FieldSpec(kind="text"))
        having = [
            (reading.reader, reading.findings[name]) for reading in readings if name in reading.findings
        ]
        (reader, first), others = having[0], having[1:]
        value, currency = _plain(first.value)
        if spec.kind == "money" and currency is None and first.quote:
            currency = _printed_currency(first.quote.text)
        agreeing = [who for who, other in others if same(value, _plain(other.value)[0], spec.kind)]
        found[name] = Found(
            value=value,
            quote=first.quote,
            reader=reader,
            currency=currency,
            confirmed_by=tuple(agreeing),
            note=first.note,
        )
        checks += [_disagreement(kind, name, reader, value, who, _plain(other.value)[0])
                   for who, other in others if who not in agreeing]  # fmt: skip
        if agreeing and len(agreeing) == len(others):
            checks.append(Check(name="readers_agree", passed=True, fields=(name,)))
    return Merged(found=found, checks=tuple(checks))


def _disagreement(
    kind: RecordKind, name: str, reader: str, value: Any, other: str, other_value: Any
) -> Check:
    detail = say(
        "{field}: {reader} reads {value}, {other} reads {other_value}.",
        field=kind.named(name),
        reader=reader,
        value=told(value),
        other=other,
        other_value=told(other_value),
    )
    return Check(name="readers_agree", passed=False, detail=detail, fields=(name,))


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``seller_details.vat_id`` inside ``seller_details``."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if not dot:
            made[name] = value
        elif isinstance(made.get(outer), BaseModel):
            if getattr(made[outer], inner) is None:
                made[outer] = made[outer].model_copy(update={inner: value})
        else:
            made[outer] = {**made.get(outer, {}), inner: value}
    return made


def _plain(value: Any) -> tuple[Any, str | None]:
    """Take an amount apart from its currency."""
    currency = getattr(value, "currency", None)
    return (value.value, currency) if hasattr(value, "value") else (value, None)


def _printed_currency(text: str) -> str | None:
    from smeflow.readers.amounts import parse_amount

    found = parse_amount(text)
    return found.currency if found else None
