"""Compare what the machine found with what is true."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel, TypeAdapter

from smeflow._text import folded
from smeflow.evaluate.base import CaseScore, FieldScore, Verdict
from smeflow.evaluate.truth import Truth, flat
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.record_kinds import kind_of
from smeflow.step import Step
from smeflow.steps.confidence import field_signals, record_signals
from smeflow.steps.extraction import Extraction
from smeflow.steps.label import Label


def score(ledger: Ledger, item: ItemRow, step: Step[Any], truth: Truth) -> CaseScore | None:
    """Score what *step* itself found on *item*, before any person; None where it found nothing to score."""
    made = [r for r in ledger.results(item) if r.step == step.name and r.version == item.version]
    if not made:
        return None
    found = TypeAdapter(step.returns).validate_json(made[-1].value)
    untouched = item.state == "done" and not any(r.step == step.name for r in ledger.reviews(item))
    if isinstance(found, Extraction):
        return score_record(item.key, found, truth, accepted=untouched)
    if isinstance(found, Label) and "label" in truth.values:
        return score_label(item.key, found, truth, accepted=untouched)
    return None


def score_record(name: str, found: Extraction[Any], truth: Truth, *, accepted: bool) -> CaseScore:
    """Score a record: only the fields the truth speaks of."""
    values = flat(json.loads(found.model_dump_json(include={"record"}))["record"])
    fields = []
    for field, expected in truth.values.items():
        if field not in values and not _is_field(type(found.record), field):
            continue
        reading = found.fields.get(field)
        verdict = _verdict(expected, values.get(field))
        fields.append(
            FieldScore(
                name=field,
                verdict=verdict,
                expected=_shown(expected),
                found=_shown(values.get(field)),
                reader=(reading.reader or "") if reading else "",
                confidence=reading.confidence if reading else None,
                signals=field_signals(reading, found) if reading else {},
            )
        )
    return CaseScore(
        name=name,
        fields=tuple(fields),
        accepted=accepted,
        proven=found.proven,
        confidence=found.confidence,
        signals=record_signals(found),
        groups={**_groups(found, values), "reader": found.reader or "–", **truth.groups},
    )


def score_label(name: str, found: Label, truth: Truth, *, accepted: bool) -> CaseScore:
    """Score a label; the confidence of a mere suggestion is not one of a label."""
    confidence = found.confidence if found.label is not None else None
    expected = truth.values.get("label")
    one = FieldScore(
        name=str(expected),
        verdict=_verdict(expected, found.label),
        expected=_shown(expected),
        found=_shown(found.label),
        reader=found.reader or "",
        confidence=confidence,
    )
    return CaseScore(
        name=name,
        fields=(one,),
        accepted=accepted and found.label is not None,
        proven=found.label is not None and not found.doubts,
        confidence=confidence,
        groups={"reader": found.reader or "–", **truth.groups},
    )


def _groups(found: Extraction[Any], values: Mapping[str, Any]) -> dict[str, str]:
    """Give what the record is counted with: by supplier, where its kind has one."""
    by = kind_of(type(found.record)).groups
    return {word: str(values.get(name) or "?") for word, name in by.items()}


def _is_field(record: type[BaseModel], name: str) -> bool:
    return name.partition(".")[0] in record.model_fields


def _verdict(expected: Any, found: Any) -> Verdict:
    if _empty(expected):
        return "right" if _empty(found) else "invented"
    if _empty(found):
        return "missing"
    return "right" if same(expected, found) else "wrong"


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def same(expected: Any, found: Any) -> bool:
    """Compare as people do: amounts by value, text without case, accents and doubled spaces."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return all(_verdict(value, found.get(name)) == "right" for name, value in expected.items())
    first, second = _number(expected), _number(found)
    if first is not None and second is not None:
        return first == second
    return folded(str(expected)) == folded(str(found))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _shown(value: Any) -> str:
    return "" if _empty(value) else str(value)
