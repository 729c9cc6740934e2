"""Judge what was read: put readings together, check them, and decide whether the record is proven.

When a record counts as proven is the truth table of ``docs/proof.md``, and nothing else: `is_proven`. Why one
is not stands in its `ProofEvidence` and, for people, in the doubts of the extraction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from pydantic import BaseModel

from smeflow.documents.document import Document, Quote
from smeflow.extract.field_values import (
    MergedField,
    MergedReadings,
    canonical_text,
    merge_readings,
    nested,
    sentence_value,
    typed_value,
)
from smeflow.extract.fields import CURRENCY, FieldsRecord
from smeflow.extract.grounding import ground
from smeflow.extract.model_reader import ModelReading
from smeflow.extract.papers import PaperReadings
from smeflow.extract.result import BrokenLaw, Extraction, R, record_and_laws
from smeflow.i18n import Phrase, say
from smeflow.kinds.field_names import list_fields
from smeflow.kinds.record_kind import FieldSpec, Firm, Judgement, RecordKind
from smeflow.kinds.records import Check, Reading
from smeflow.kinds.steps import FieldReading, RivalReading
from smeflow.values.identifiers import ibans_on

ProofBasis = Literal["exact", "page", "fields"]
"""Structured data; the values on a page, with amounts that must add up; fields without sums."""


@dataclass(frozen=True, kw_only=True)
class ProofEvidence:
    """What speaks for a record. Each is a fact the code has established, never a model's word."""

    basis: ProofBasis
    complete: bool
    """Every required field has a value."""
    quoted: bool
    """Every required value stands in the documents: a place on a page, or an XPath."""
    closed: bool | None
    """Net and VAT make gross. None: an amount was missing, so it could not be reckoned."""
    failed: bool
    """A check of arithmetic or of an identifier failed."""
    contradicted: bool
    """Two readers, or the data and the visible page, say different things."""
    by_rules: bool
    """Every required field was read by a reader that is no model, or by two readers alike."""
    several: bool
    """The documents hold more than one record."""


def is_proven(evidence: ProofEvidence) -> bool:
    """Tell whether the record is proven. A model alone never proves anything."""
    e = evidence
    if not (e.complete and e.quoted and e.by_rules) or e.failed or e.contradicted or e.several:
        return False
    return e.closed is True if e.basis == "page" else True


AGREEING = "readers_agree"
"""The check that fails where two readers say different things."""
LAW = "law"
"""The check that fails where a rule of the record's own class does not hold."""


@dataclass(frozen=True, kw_only=True)
class ExtractionTask:
    """What is looked for."""

    kind: RecordKind
    record_type: type[BaseModel]
    specs: Mapping[str, FieldSpec]
    wanted: tuple[str, ...]
    firm: Firm | None = None
    """Whose post it is."""


@dataclass(frozen=True, kw_only=True)
class JudgedRecord:
    """A record with everything that was checked of it."""

    record: BaseModel
    merged: MergedReadings
    checks: tuple[Check, ...]
    judgement: Judgement
    accounts: tuple[str, ...] = ()
    """The bank accounts on the page."""
    currencies: tuple[str, ...] = ()
    """What stands beside the amounts of fields a recipe wrote."""
    laws: tuple[BrokenLaw, ...] = ()
    """The rules of the record's own class that it breaks."""
    exact: frozenset[str] = frozenset()
    """The readers whose values are a file's own data."""

    @property
    def absent(self) -> tuple[str, ...]:
        """What is wanted and was not found."""
        return self.judgement.absent

    @property
    def questionable(self) -> tuple[str, ...]:
        """What breaks a rule of the record's own class and may have been read wrongly, without the values."""
        return _questionable(self.laws)

    @property
    def complete_and_closed(self) -> bool:
        """Whether all that is wanted was found, and it adds up."""
        return not self.absent and (not self.judgement.sums or self.judgement.closed is True)


@dataclass
class Judge:
    """Judges what was read, the same reading once: its verdict goes with it to whoever asks."""

    task: ExtractionTask
    _last: tuple[PaperReadings, Reading | None, JudgedRecord] | None = None

    def of(self, papers: PaperReadings, model: Reading | None = None) -> JudgedRecord:
        """Give what was checked of the readings of *papers*, and of what a *model* read besides."""
        if self._last is None or self._last[0] is not papers or self._last[1] is not model:
            self._last = (papers, model, _judge(self.task, papers, model))
        return self._last[2]

    def objections(self, papers: PaperReadings, model: Reading) -> tuple[str, ...]:
        """Give what the record's own class says against the values once a *model*'s are among them."""
        readings = [*papers.readings, model]
        values = _values(self.task, merge_readings(readings, self.task.specs, self.task.kind))
        return _questionable(record_and_laws(self.task.record_type, values)[1])


def _questionable(laws: Sequence[BrokenLaw]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(law.said for law in laws if not law.is_gap))


def _values(task: ExtractionTask, merged: MergedReadings) -> dict[str, Any]:
    """Give the values as the record's own class takes them."""
    typed = {name: typed_value(field.value, task.specs.get(name)) for name, field in merged.fields.items()}
    return nested(typed)


def _judge(task: ExtractionTask, papers: PaperReadings, model: Reading | None) -> JudgedRecord:
    """Put the readers' values together and check them."""
    readings = [*papers.readings, *([model] if model else [])]
    accounts = ibans_on(papers.documents)
    merged = _without_guessed_account(merge_readings(readings, task.specs, task.kind), accounts)
    values = nested({name: field.value for name, field in merged.fields.items()})
    currencies = _currencies(task, merged)
    typed = _values(task, merged)
    if len(currencies) == 1:
        values[CURRENCY] = typed[CURRENCY] = currencies[0]
    record, laws = record_and_laws(task.record_type, typed)
    judgement = task.kind.judge(record, task.wanted, task.firm, values)
    decided = task.kind.proof.ignored_in_exact_data if papers.exact else frozenset()
    checks = (check for reading in papers.readings for check in reading.checks)
    reader_checks = [check for check in checks if check.name not in decided]
    return JudgedRecord(
        record=record,
        merged=merged,
        checks=(
            *judgement.checks,
            *reader_checks,
            *papers.checks,
            *merged.checks,
            *_law_checks(task, judgement, laws, typed),
        ),
        laws=laws,
        judgement=judgement,
        accounts=accounts,
        currencies=currencies,
        exact=frozenset(reading.reader for reading in papers.readings if reading.exact),
    )


def _law_checks(
    task: ExtractionTask, judgement: Judgement, laws: Sequence[BrokenLaw], values: Mapping[str, Any]
) -> tuple[Check, ...]:
    """Give the rules of the record's own class that do not hold, and say where they could not be checked."""
    checks = [
        Check(name=LAW, passed=False, detail=_told(task, law, values), fields=(law.field,) * bool(law.field))
        for law in laws
    ]
    incomplete = any(
        info.is_required() and values.get(name) is None
        for name, info in task.record_type.model_fields.items()
    )
    if incomplete and not judgement.absent and task.record_type.__pydantic_decorators__.model_validators:
        checks.append(
            Check(name=LAW, passed=None, detail=say("The record is too incomplete for its own rules."))
        )
    return tuple(checks)


def _told(task: ExtractionTask, law: BrokenLaw, values: Mapping[str, Any]) -> Phrase:
    if not law.field:
        return say("The record breaks a rule of its own: {reason}.", reason=law.reason)
    named = task.kind.named(law.field) if law.path == law.field else law.path
    return say(
        "{field}: {value} breaks a rule of the record: {reason}.",
        field=named,
        value=sentence_value(values[law.field]),
        reason=law.reason,
    )


def _currencies(task: ExtractionTask, merged: MergedReadings) -> tuple[str, ...]:
    """List the currencies printed beside amounts, where the record has room for one and no reader gave it."""
    if CURRENCY in task.specs or not issubclass(task.record_type, FieldsRecord):
        return ()
    money = [field for name, field in merged.fields.items() if task.specs[name].kind == "money"]
    return tuple(dict.fromkeys(field.currency for field in money if field.currency))


def _several_currencies(judged: JudgedRecord) -> list[Phrase]:
    if len(judged.currencies) < 2:
        return []
    return [say("The amounts are in several currencies: {found}.", found=", ".join(judged.currencies))]


def _without_guessed_account(merged: MergedReadings, accounts: tuple[str, ...]) -> MergedReadings:
    """Take no account from a model where the page shows several: money would go there."""
    iban = merged.fields.get("iban")
    if iban is None or iban.reader != "model" or len(accounts) < 2:
        return merged
    return replace(merged, fields={name: value for name, value in merged.fields.items() if name != "iban"})


def make_extraction(
    returns: type[Extraction[R]], judge: Judge, papers: PaperReadings, model: ModelReading
) -> Extraction[R]:
    """Make the result: the record, its evidence, its proof and what speaks against it."""
    task, judged = judge.task, judge.of(papers, model.reading)
    kind = task.kind
    fields = judged.merged.fields
    failed = [check for check in judged.checks if check.passed is False]
    missing = [name for name in judged.absent if name not in {law.field for law in judged.laws}]
    no_doubts = kind.proof.stops_proof_only | kind.proof.only_told
    serious = [check for check in failed if check.name not in no_doubts]
    doubts = [
        *([kind.several(papers.several)] if papers.several > 1 else []),
        *papers.unread,
        *_doubtful_account(judged),
        *_several_currencies(judged),
        *_by_model_alone(kind, judged, model.reading),
        *(check.detail or say("{name} does not hold.", name=check.name) for check in serious),
        *([say("Missing: {fields}.", fields=list_fields(missing, kind.words))] if missing else []),
        *model.dropped,
        *([model.failed] if model.failed else []),
    ]
    minor = [check.detail for check in failed if check not in serious and check.detail]
    unchecked = {LAW, *_rules(kind)}
    not_run = [c.detail for c in judged.checks if c.passed is None and c.name in unchecked and c.detail]
    problems = [*papers.problems, *model.problems, *minor, *not_run]
    return returns(
        record=cast("R", judged.record),
        fields=_with_rivals(_field_readings(fields, judged.checks, papers.documents), papers.readings),
        proven=is_proven(_evidence(task, papers, judged, model)),
        reader=_main_reader(fields, task.wanted),
        checks=judged.checks,
        problems=without_repeats(problems),
        doubts=without_repeats(doubts),
        wanted_model=model.no_model,
        several=papers.several,
    )


def _evidence(
    task: ExtractionTask, papers: PaperReadings, judged: JudgedRecord, model: ModelReading
) -> ProofEvidence:
    fields = judged.merged.fields
    required = [fields[name] for name in task.wanted if name in fields]
    failed = {check.name for check in judged.checks if check.passed is False}
    unchecked = {LAW, *_rules(task.kind)}
    failed |= {c.name for c in judged.checks if c.passed is None and c.name in unchecked}
    rules = task.kind.proof
    contradictions = rules.contradictions | {AGREEING}
    harmless = rules.only_told | (rules.ignored_in_exact_data if papers.exact else frozenset())
    all_exact = papers.exact and all(value.reader in judged.exact for value in required)
    basis: ProofBasis = "exact" if all_exact else "page" if judged.judgement.sums else "fields"
    return ProofEvidence(
        basis=basis,
        complete=not judged.absent and bool(task.wanted),
        quoted=all(value.quote is not None for value in required),
        closed=judged.judgement.closed,
        failed=bool(failed - contradictions - harmless),
        contradicted=bool(failed & contradictions or model.dropped or _doubtful_account(judged)),
        by_rules=not set(task.wanted).intersection(_by_model(judged, model.reading)),
        several=papers.several > 1,
    )


def _rules(kind: RecordKind) -> tuple[str, ...]:
    """Name the checks a recipe asks for: one that did not run stops the proof as much as one that failed."""
    return kind.rules.names if kind.rules else ()


def _doubtful_account(judged: JudgedRecord) -> list[Phrase]:
    """Say when the page shows several accounts and the file's own data do not decide between them."""
    iban = judged.merged.fields.get("iban")
    if len(judged.accounts) < 2 or (iban and iban.reader in judged.exact):
        return []
    ibans = ", ".join(judged.accounts)
    return [say("{n} accounts are on the page: {ibans}.", n=len(judged.accounts), ibans=ibans)]


def _by_model(judged: JudgedRecord, model: Reading | None) -> list[str]:
    """Name what nobody but a model read, and no law of the page upholds."""
    upheld = model.upheld if model else ()
    fields = judged.merged.fields.items()
    return [name for name, field in fields if field.reader == "model" and name not in upheld]


def _by_model_alone(kind: RecordKind, judged: JudgedRecord, model: Reading | None) -> list[Phrase]:
    """Name what decides who is paid and how much, where nobody but a model read it."""
    alone = [name for name in kind.proof.guarded if name in _by_model(judged, model)]
    return [say("Only a model read: {fields}.", fields=list_fields(alone, kind.words))] if alone else []


def _field_readings(
    fields: Mapping[str, MergedField], checks: Sequence[Check], documents: Sequence[Document]
) -> dict[str, FieldReading]:
    return {name: _field_reading(name, value, checks) for name, value in _leaves(fields, documents)}


def _with_rivals(fields: Mapping[str, FieldReading], readings: Sequence[Reading]) -> dict[str, FieldReading]:
    """Add what else each field could have been; a field that was left open is told with its rivals alone."""
    told = dict(fields)
    for reading in readings:
        for name, rivals in reading.rivals.items():
            field = told.get(name, FieldReading(reader=reading.reader))
            others = {r.value: r for r in field.rivals}
            for rival in rivals:
                text = canonical_text(rival.value)
                if text is not None and text != field.value and text not in others:
                    others[text] = RivalReading.of(text, rival)
            told[name] = field.model_copy(update={"rivals": tuple(others.values())})
    return told


def _leaves(
    fields: Mapping[str, MergedField], documents: Sequence[Document]
) -> list[tuple[str, MergedField]]:
    """Take parties apart into fields with a dot, each with a quote of its own."""
    leaves: list[tuple[str, MergedField]] = []
    for name, value in fields.items():
        if isinstance(value.value, BaseModel):
            leaves += [
                (f"{name}.{k}", replace(value, value=v, quote=_own_quote(k, v, value, documents)))
                for k, v in _leaves_of_group(value.value)
            ]
        else:
            leaves.append((name, value))
    return leaves


def _leaves_of_group(record: BaseModel) -> Iterator[tuple[str, object]]:
    """Give the values of a group and of the groups in it; lists stand in the record alone."""
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, BaseModel):
            yield from ((f"{name}.{inner}", leaf) for inner, leaf in _leaves_of_group(value))
        elif value is not None and not isinstance(value, tuple | list):
            yield name, value


def _own_quote(name: str, value: object, party: MergedField, documents: Sequence[Document]) -> Quote | None:
    """Quote one detail of a party: out of its data where it stands there, else from where it is printed."""
    if name == "name" or party.quote is None:
        return party.quote
    if party.quote.path is not None:
        return replace(party.quote, text=str(value))
    return ground(str(value), "identifier" if name.endswith(("_id", "number")) else "text", documents)


def _field_reading(name: str, value: MergedField, checks: Sequence[Check]) -> FieldReading:
    names = {name, name.partition(".")[0]}
    own_checks = {c.name: c.passed for c in checks if c.passed is not None and names & set(c.fields)}
    reading = FieldReading.of(canonical_text(value.value), value.quote, value.reader, value.currency)
    checked = {"quoted": value.quote is not None, **own_checks}
    return reading.model_copy(update={"checks": checked, "note": value.note})


def _main_reader(fields: Mapping[str, MergedField], wanted: Sequence[str]) -> str | None:
    readers = [fields[name].reader for name in wanted if name in fields] or [
        v.reader for v in fields.values()
    ]
    return max(dict.fromkeys(readers), key=readers.count, default=None)


def without_repeats(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Say each thing once."""
    return tuple({str(phrase): phrase for phrase in phrases}.values())
