"""Hold what was found against what is true of each case, by a file or by review: a score for each field."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from smeflow._text import folded
from smeflow.core.case import Step
from smeflow.engine.own_steps import untag_value
from smeflow.extract.confidence import field_signals, record_signals
from smeflow.extract.result import Extraction
from smeflow.i18n import say
from smeflow.kinds.record_kind import kind_of
from smeflow.kinds.steps import result_id
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.reviews import standing_decisions
from smeflow.ledger.rows import ItemRow
from smeflow.triage.labels import Label

Verdict = Literal["right", "wrong", "missing", "invented"]
"""``missing``: there is a value and none was found. ``invented``: one was found and there is none."""


@dataclass(frozen=True, kw_only=True)
class FieldScore:
    """One field of one case."""

    name: str
    verdict: Verdict
    expected: str
    found: str
    reader: str = ""
    confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CaseScore:
    """One case: an invoice, a mail."""

    name: str
    fields: tuple[FieldScore, ...]
    accepted: bool
    """It would have passed without a person."""
    proven: bool = False
    confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    """What to tell apart: supplier, reader, language."""

    @property
    def exact(self) -> bool:
        """Whether every field is right."""
        return all(field.verdict == "right" for field in self.fields)

    @property
    def rank(self) -> float:
        """How sure the machine is: its confidence; where none was fitted, whether it is proven."""
        return self.confidence if self.confidence is not None else float(self.proven)


CASE_KEYS = ("file", "id", "key", "name")
"""What may name a case in a line of truth: an item's key, its name, or the end of its path."""
TRUTH_GROUPS = ("supplier", "language", "reader")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is true of one case."""

    name: str
    values: Mapping[str, Any]
    """A record's fields by name (inner ones with a dot), or ``label``."""
    kind: Literal["extraction", "label"] = "extraction"
    """Of which kind the results are that it speaks of."""
    groups: Mapping[str, str] = field(default_factory=dict)


def read_truth(path: Path) -> list[Truth]:
    """Read lines of ``{"file": …, "record": {…}}`` or ``{"id": …, "label": …}``, or a folder of such files.

    Raises:
        ValueError: A line is not JSON or names no case; the phrase says which.
    """
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        return [_parse_truth(file.read_text("utf-8"), file.name, file.stem) for file in files]
    lines = path.read_text("utf-8-sig").splitlines()
    return [_parse_truth(line, f"{path.name}:{n}") for n, line in enumerate(lines, 1) if line.strip()]


def _parse_truth(text: str, where: str, stem: str = "") -> Truth:
    try:
        line = json.loads(text)
    except json.JSONDecodeError:
        line = None
    if not isinstance(line, dict):  # told to the person who wrote it, as any other mistake in the file
        raise ValueError(say("{place}: this is no JSON object", place=where))  # noqa: TRY004
    name = next((str(line[key]) for key in CASE_KEYS if line.get(key) is not None and "record" in line), "")
    name = name or next((str(line[key]) for key in CASE_KEYS[:3] if isinstance(line.get(key), str)), stem)
    if not name:
        raise ValueError(say("{place}: no file, id or key says which case is meant", place=where))
    groups = {group: str(line[group]) for group in TRUTH_GROUPS if isinstance(line.get(group), str)}
    if "label" in line:
        return Truth(name=name, kind="label", values={"label": line["label"]}, groups=groups)
    return Truth(name=name, values=flatten(line.get("record") or _rest(line)), groups=groups)


def _rest(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in (*CASE_KEYS[:3], *TRUTH_GROUPS)}


def flatten(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Name inner fields with a dot; lists stay whole."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value
    return flat


def truth_from_review(ledger: Ledger, item: ItemRow, step: Step[Any]) -> Truth | None:
    """Give what a person made of an item: the value they gave or approved; None where nobody looked."""
    value = decided_value(ledger, item, step.name)
    kind = result_id(step.returns)
    if value is None:
        return None
    if kind == Label.result_id:
        return Truth(name=item.key, kind="label", values={"label": value["label"]})
    if kind == Extraction.result_id:
        return Truth(name=item.key, values=flatten(value["record"]))
    return Truth(name=item.key, values=plain_values(value))


ABOUT_RESULTS = frozenset(
    (
        "doubts",
        "problems",
        "accepted_by",
        "because",
        "reader",
        "wanted_model",
        "marked",
        "facts",
        "confidence",
    )
)
"""What a result says of how it came about: no value anybody measures."""


def plain_values(value: Any) -> dict[str, Any]:
    """Name the values of a result that is neither a record nor a label; one without fields is ``value``."""
    if not isinstance(value, Mapping):
        return {"value": value}
    kept = {name: untag_value(each) for name, each in value.items() if name not in ABOUT_RESULTS}
    return flatten(kept)


def decided_value(ledger: Ledger, item: ItemRow, step: str) -> Any:
    """Give the result of *step* that a person gave or approved last; None where nobody did."""
    review = standing_decisions(ledger.reviews(item), item.version).get(step)
    if review is None or review.action not in {"approve", "correct"}:
        return None
    text = review.after if review.action == "correct" else review.before
    return json.loads(text) if text else None


def match_items(truths: list[Truth], items: list[ItemRow]) -> Iterator[tuple[Truth, ItemRow | None]]:
    """Find the item of each truth, by key first, then by name, then by the end of its path."""
    keys = {item.key: item for item in items}
    names = {item.name: item for item in items}
    for truth in truths:
        base, stem = Path(truth.name).name, truth.name
        stems = [i for i in items if Path(i.name).stem == stem or i.key.endswith(f"/{base}")]
        match = keys.get(truth.name) or names.get(truth.name) or names.get(base)
        yield truth, match or (stems[0] if len(stems) == 1 else None)


def score_item(ledger: Ledger, item: ItemRow, step: Step[Any], truth: Truth) -> CaseScore | None:
    """Score what *step* itself found on *item*, before any person; None where it found nothing to score."""
    results = [r for r in ledger.results(item) if r.step == step.name and r.version == item.version]
    if not results:
        return None
    result = TypeAdapter(step.returns).validate_json(results[-1].value)
    untouched = item.state == "done" and not any(r.step == step.name for r in ledger.reviews(item))
    if isinstance(result, Extraction):
        return score_record(item.key, result, truth, accepted=untouched)
    if isinstance(result, Label):
        return score_label(item.key, result, truth, accepted=untouched) if truth.kind == "label" else None
    return score_values(item.key, json.loads(results[-1].value), truth, accepted=untouched)


def score_values(name: str, result: Any, truth: Truth, *, accepted: bool) -> CaseScore:
    """Score a result of any other kind: only the values the truth speaks of."""
    doubts = result.get("doubts") if isinstance(result, Mapping) else None
    fields = compare_values(plain_values(result), truth.values)
    return CaseScore(name=name, fields=fields, accepted=accepted, proven=not doubts, groups=truth.groups)


def compare_values(values: Mapping[str, Any], expected: Mapping[str, Any]) -> tuple[FieldScore, ...]:
    """Compare *values* by name with what is *expected*; a name that is not among them is left out."""
    return tuple(
        FieldScore(
            name=path,
            verdict=_verdict(wanted, values.get(path)),
            expected=_shown(wanted),
            found=_shown(values.get(path)),
        )
        for path, wanted in expected.items()
        if path in values or path.partition(".")[0] in values
    )


def values_of_result(result: Any) -> dict[str, Any]:
    """Name the values of a result: those of a record, a label with what stands beside it, any other's."""
    data = TypeAdapter(type(result)).dump_python(result, mode="json", warnings=False)
    return flatten(data["record"]) if isinstance(result, Extraction) else plain_values(data)


def score_record(name: str, extraction: Extraction[Any], truth: Truth, *, accepted: bool) -> CaseScore:
    """Score a record: only the fields the truth speaks of."""
    values = flatten(json.loads(extraction.model_dump_json(include={"record"}))["record"])
    fields = []
    for path, expected in truth.values.items():
        if path not in values and path.partition(".")[0] not in type(extraction.record).model_fields:
            continue
        reading = extraction.fields.get(path)
        fields.append(
            FieldScore(
                name=path,
                verdict=_verdict(expected, values.get(path)),
                expected=_shown(expected),
                found=_shown(values.get(path)),
                reader=(reading.reader or "") if reading else "",
                confidence=reading.confidence if reading else None,
                signals=field_signals(path, reading, extraction) if reading else {},
            )
        )
    return CaseScore(
        name=name,
        fields=tuple(fields),
        accepted=accepted,
        proven=extraction.proven,
        confidence=extraction.confidence,
        signals=record_signals(extraction),
        groups={**_groups(extraction, values), "reader": extraction.reader or "–", **truth.groups},
    )


def score_label(name: str, label: Label, truth: Truth, *, accepted: bool) -> CaseScore:
    """Score a label; the confidence of a mere suggestion is not one of a label."""
    confidence = label.confidence if label.label is not None else None
    expected = truth.values.get("label")
    score = FieldScore(
        name=str(expected),
        verdict=_verdict(expected, label.label),
        expected=_shown(expected),
        found=_shown(label.label),
        reader=label.reader or "",
        confidence=confidence,
    )
    return CaseScore(
        name=name,
        fields=(score,),
        accepted=accepted and label.label is not None,
        proven=label.label is not None and not label.doubts,
        confidence=confidence,
        groups={"reader": label.reader or "–", **truth.groups},
    )


def _groups(extraction: Extraction[Any], values: Mapping[str, Any]) -> dict[str, str]:
    """Give what the record is counted with: by supplier, where its kind has one."""
    by = kind_of(type(extraction.record)).groups
    return {word: str(values.get(name) or "?") for word, name in by.items()}


def _verdict(expected: Any, found: Any) -> Verdict:
    if _empty(expected):
        return "right" if _empty(found) else "invented"
    if _empty(found):
        return "missing"
    return "right" if same_content(expected, found) else "wrong"


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def same_content(expected: Any, found: Any) -> bool:
    """Compare as people do: amounts by value, text without case, accents and doubled spaces."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same_content, expected, found))
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
