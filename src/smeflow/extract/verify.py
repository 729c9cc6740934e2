"""Prove a record that somebody else extracted: each value's place, its rivals, and whether it is proven.

The record is treated as a model's answer is: its word proves nothing. The readers without a model read the
document, what the record says is held against what they found, and the laws of the page decide.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, SerializeAsAny

from smeflow._text import folded
from smeflow.core.case import Case
from smeflow.documents.document import Document, Quote
from smeflow.documents.read import read
from smeflow.errors import SmeflowError
from smeflow.extract.field_values import canonical_text, ground_field, parse_field, same_value, sentence_value
from smeflow.extract.grounding import ground
from smeflow.extract.model_reader import ModelReading
from smeflow.extract.other_records import fields_of_values, plain_record, single_values
from smeflow.extract.papers import PaperReadings
from smeflow.extract.proof import Judge
from smeflow.extract.result import Extraction
from smeflow.extract.step import Extract
from smeflow.i18n import Phrase, say
from smeflow.kinds.field_names import list_fields
from smeflow.kinds.record_kind import FieldSpec, RecordKind, find_record_kind, kind_of, record_kinds
from smeflow.kinds.records import Finding, Reading
from smeflow.kinds.steps import FieldReading
from smeflow.llm.interface import LLM, NoModel

Verdict = Literal["proven", "agrees", "printed", "differs", "absent", "unchecked"]
"""``proven``: nothing else on the page could be it. ``agrees``: the readers without a model read the same,
and nothing proves it. ``printed``: it stands in the document, and nothing says that it is this field.
``differs``: they read another value for the field. ``absent``: it stands nowhere. ``unchecked``: it is no
value that a document prints, such as a yes or no, or the document has no text."""

VERDICTS: Mapping[Verdict, tuple[str, Phrase]] = {
    "proven": ("✓", say("proven")),
    "agrees": ("=", say("read alike, not proven")),
    "printed": ("·", say("printed, not proven")),
    "differs": ("✗", say("read otherwise")),
    "absent": ("✗", say("nowhere in the document")),
    "unchecked": ("?", say("not checked")),
}
"""The sign and the words of each verdict."""


class VerifiedField(BaseModel):
    """One value of the record, and what the document says of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    value: str
    """The value of the record, in one form: ``1234.50``, ``2026-11-23``."""
    verdict: Verdict
    field: str | None = None
    """The field of our record that it was held against; None where it is none of them."""
    reading: FieldReading
    """Where the value stands, and what else the field could have been."""
    instead: str | None = None
    """What the readers without a model read for the field, where that differs."""
    reason: Phrase | None = None
    """Why it is not proven."""

    def __str__(self) -> str:
        sign, words = VERDICTS[self.verdict]
        told = f"{words}: {self.reason}" if self.reason else str(words)
        return f"{sign} {self.value}  ({told})"


class Verification(BaseModel):
    """What a document says of a record."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    proven: bool
    """All that the kind of record demands is given and proven, and nothing given differs or is absent."""
    fields: dict[str, VerifiedField]
    """By the record's own names; what stands inside others has a dot, members of lists their place."""
    missing: tuple[str, ...] = ()
    """Our names of what a record of its kind must have, and this one has not."""
    extraction: SerializeAsAny[InstanceOf[Extraction[Any]]] | None = Field(default=None, repr=False)
    """What the readers without a model made of the document; None where the record is of no kind of ours."""

    def with_verdict(self, *verdicts: Verdict) -> tuple[str, ...]:
        """Name the fields whose verdict is one of *verdicts*."""
        return tuple(name for name, field in self.fields.items() if field.verdict in verdicts)

    def __str__(self) -> str:
        width = max(map(len, self.fields), default=0)
        head = str(say("proven") if self.proven else say("not proven"))
        rows = [f"{name:{width}}  {field}" for name, field in self.fields.items()]
        missing = [str(say("Missing: {fields}.", fields=list_fields(self.missing)))]
        return "\n".join([head, *rows, *(missing if self.missing else [])])

    def _repr_html_(self) -> str:
        from smeflow.extract.shown import pairs_html

        return pairs_html((name, str(field)) for name, field in self.fields.items())


class _Held(Extract[Any]):
    """Reads a document as `Extract` does, with the values of a record in the place of a model's answer."""

    given: Reading | None = Field(default=None, exclude=True, repr=False)

    def _needs_model(self, papers: PaperReadings, judge: Judge) -> bool:
        return self.given is not None

    def _ask_model(self, papers: PaperReadings, llm: LLM, known: Any, judge: Judge) -> ModelReading:
        return ModelReading(reading=self.given)


def verify(
    record: BaseModel | Mapping[str, Any],
    document: Document | str | Path | bytes,
    *,
    into: str | type[BaseModel] | None = None,
    names: Mapping[str, str] | None = None,
    company: Any = None,
) -> Verification:
    """Hold *record*, whoever extracted it, against the *document* it was extracted from.

    *record* is a mapping, as JSON gives it, or a Pydantic model. Its fields are found by their names in many
    programs and languages; *names* says of any other which of ours it is (``{"Beleg": "number"}``). *into*
    is the kind of record (``"Invoice"``, or a Pydantic model); by default it is seen from the names.
    *company* is the firm whose post it is, as ``[company]`` in ``smeflow.toml``. No model is asked.

    A field that is none of ours is looked up in the document and is never proven.

    Raises:
        UnreadableDocument: The document cannot be read.
        SmeflowError: The record is no mapping and no model, holds nothing, or *names* or *into* is wrong.
    """
    read_document = document if isinstance(document, Document) else read(document)
    case = Case.of(read_document)
    values = dict(single_values(plain_record(record)))
    if not values:
        raise SmeflowError(
            say("The record holds no value; give a mapping or a Pydantic model with values in it.")
        )
    kind = _kind_of_record(record, values, into, names or {})
    if kind is None:
        fields = {path: _looked_up(path, value, case.documents) for path, value in values.items()}
        return Verification(proven=False, fields=fields)
    step = _Held(name="verified", into=kind.record, constants={"company": company})
    return _Verifier(step, case, fields_of_values(values, kind, step.specs, names or {}), values).result()


class _Verifier:
    def __init__(self, step: _Held, case: Case, fields: Mapping[str, str], values: Mapping[str, Any]) -> None:
        self.step, self.case, self.fields, self.values = step, case, fields, values
        self.documents = case.documents
        self.given: dict[str, Finding] = {}
        for path, name in fields.items():
            spec = step.specs.get(name)
            parsed = parse_field(_as_text(values[path]), spec) if spec else None
            if spec is None or parsed is None:
                continue
            quote = ground_field(parsed, _as_text(values[path]), spec, self.documents)
            if quote is not None:
                self.given[name] = Finding(value=parsed, quote=quote)
        self.alone: Extraction[Any] = step(case, NoModel())
        self.together = self.alone
        if not self.alone.proven and self.given:
            reading = Reading(reader="model", findings=self.given)
            self.together = step.model_copy(update={"given": reading})(case, NoModel())

    def result(self) -> Verification:
        verified = {path: self._verified(path) for path in self.values}
        wanted = self.step.wanted
        given = {field.field for field in verified.values()}
        missing = tuple(name for name in wanted if name not in given)
        sound = all(field.verdict not in ("differs", "absent") for field in verified.values())
        required = [field for field in verified.values() if field.field in wanted]
        proven = not missing and sound and bool(required) and all(f.verdict == "proven" for f in required)
        return Verification(proven=proven, fields=verified, missing=missing, extraction=self.alone)

    def _verified(self, path: str) -> VerifiedField:
        name, value = self.fields.get(path, path), self.values[path]
        text = _as_text(value)
        read_alone = self.alone.fields.get(name)
        spec = self.step.specs.get(name)
        if spec is None and (read_alone is None or read_alone.value is None):
            return _looked_up(path, value, self.documents)
        finding = self.given.get(name)
        parsed = parse_field(text, spec) if spec else None
        shown = canonical_text(parsed.value if parsed else None) or text
        quote = finding.quote if finding else ground(value, _guessed_kind(value), self.documents)
        reading = FieldReading.of(shown, quote, "record")
        if read_alone is not None:
            checks = {**read_alone.checks, "quoted": quote is not None}
            reading = reading.model_copy(update={"rivals": read_alone.rivals, "checks": checks})
        verdict, reason, instead = self._verdict(name, text, finding is not None or quote is not None)
        return VerifiedField(
            value=shown, verdict=verdict, field=name, reading=reading, instead=instead, reason=reason
        )

    def _verdict(
        self,
        name: str,
        text: str,
        is_printed: bool,  # noqa: FBT001 - a fact of the value
    ) -> tuple[Verdict, Phrase | None, str | None]:
        alone, together = self.alone.fields.get(name), self.together.fields.get(name)
        own = alone.value if alone else None
        if self._is_same(name, text, own):
            if not self._is_same(name, text, own, to_the_letter=True):
                return "agrees", say("Read as {value}.", value=own), None
            covered = name in self.step.wanted or (alone is not None and alone.reader == "einvoice")
            if self.alone.proven and covered:
                return "proven", None, None
            if self.together.proven and name in self.step.wanted:
                return "proven", None, None
            return "agrees", self._why_unproven(name), None
        read_together = together.value if together else None
        if (
            self.together.proven
            and name in self.step.wanted
            and self._is_same(name, text, read_together, to_the_letter=True)
        ):
            return "proven", None, None
        if own is not None:
            spec = self.step.specs.get(name)
            typed = parse_field(own, spec) if spec else None
            value = sentence_value(typed.value) if typed else own
            reason = (
                say("The document proves {value}.", value=value)
                if self.alone.proven and name in self.step.wanted
                else say("Read as {value}, which is not proven either.", value=value)
            )
            return ("differs" if is_printed else "absent"), reason, own
        return ("printed" if is_printed else "absent"), None, None

    def _why_unproven(self, name: str) -> Phrase | None:
        failed = (c for c in self.together.checks if c.passed is False and name in c.fields and c.detail)
        return next((check.detail for check in failed), None)

    def _is_same(self, name: str, given: str, own: str | None, *, to_the_letter: bool = False) -> bool:
        """Tell whether both are the same value; of names also where one has words the other leaves out."""
        spec = self.step.specs.get(name)
        if own is None:
            return False
        if spec is None:
            return folded(given) == folded(own)
        first, second = parse_field(given, spec), parse_field(own, spec)
        if first is None or second is None:
            return False
        if not to_the_letter or isinstance(first.value, Decimal | date) or spec.kind != "text":
            return same_value(first.value, second.value, spec.kind)
        same = self.step.kind.same_text
        return same(given, own) if same else _letters(given) == _letters(own)


def _looked_up(path: str, value: Any, documents: Sequence[Document]) -> VerifiedField:
    """Find a value that is of no field of ours; it is never proven."""
    text = _as_text(value)
    if isinstance(value, bool) or not any(document.text.strip() for document in documents):
        return VerifiedField(value=text, verdict="unchecked", reading=FieldReading(value=text))
    quote = ground(value, _guessed_kind(value), documents) or _as_printed(value, documents)
    verdict: Verdict = "printed" if quote else "absent"
    return VerifiedField(value=text, verdict=verdict, reading=FieldReading.of(text, quote, "record"))


def _as_printed(value: Any, documents: Sequence[Document]) -> Quote | None:
    """Find text that may be an amount or a day in another form than the page's."""
    if not isinstance(value, str):
        return None
    for kind in ("date", "money"):
        parsed = parse_field(value, FieldSpec(kind=kind)) if re.search(r"\d", value) else None
        quote = ground(parsed.value, kind, documents) if parsed else None
        if quote is not None:
            return quote
    return None


def _guessed_kind(value: Any) -> Any:
    if isinstance(value, Decimal | int | float):
        return "money"
    return "date" if isinstance(value, date) else "text"


def _kind_of_record(
    record: object, values: Mapping[str, Any], into: str | type[BaseModel] | None, names: Mapping[str, str]
) -> RecordKind | None:
    if isinstance(into, str):
        return find_record_kind(into)
    if into is not None:
        return kind_of(into)
    if isinstance(record, BaseModel):
        own = kind_of(type(record))
        return own.like or own
    rows = [row for row in record_kinds() if row.also_called or row.asked]
    mapped = ((fields_of_values(values, row, row.asked or {}, names), row) for row in rows)
    counted = [(len(set(fields.values())), row) for fields, row in mapped]
    most, row = max(counted, key=lambda pair: pair[0], default=(0, None))
    return row if most else None


def _as_text(value: Any) -> str:
    if isinstance(value, float):
        return canonical_text(Decimal(str(value))) or ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return canonical_text(value) or ""


def _letters(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum())
