"""Read a record out of documents: readers in order, a model for what is left, checks, and the proof."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from pydantic import BaseModel

from smeflow.documents.base import Document, Quote
from smeflow.field_names import listed
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Check, Reading
from smeflow.readers.grounding import ground
from smeflow.records import REQUIRED, Invoice
from smeflow.steps.base import FieldReading
from smeflow.steps.by_model import Said
from smeflow.steps.extraction import Extraction, R, with_gaps
from smeflow.steps.fields import CURRENCY, FieldSpec, FieldsRecord
from smeflow.steps.invoices import checks_of, closed, ibans_on, missing, nested, view
from smeflow.steps.kinds import written
from smeflow.steps.merge import Found, Merged, merge
from smeflow.steps.ours import Firm, check_ours
from smeflow.steps.places import Place
from smeflow.steps.proof import Basis, Evidence, proven
from smeflow.steps.rule_checks import RULES

CONTRADICTIONS = frozenset({"readers_agree", "page_agrees", "copies_agree"})
IDENTIFIERS = ("vat_id", "vat_key", "siren", "siret", "bic", "namespace", "vat_id=siren")
"""Checks whose failure stops the proof but is no doubt by itself: no money goes astray."""
MONEY = (*REQUIRED, "amount_due", "iban")
"""What of an invoice no model may decide alone."""
BUYERS = frozenset({"buyer_vat_id", "buyer_vat_key", "buyer_siren", "buyer_siret", "buyer_vat_id=siren"})
"""What a file's own data say of the buyer cannot be misread, and says nothing of who is paid."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is looked for."""

    record_type: type[BaseModel]
    specs: Mapping[str, FieldSpec]
    wanted: tuple[str, ...]
    firm: Firm | None = None
    """Whose post it is."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A record with everything that was checked of it."""

    record: BaseModel
    merged: Merged
    checks: tuple[Check, ...]
    absent: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    """The bank accounts on the page."""
    sums: Invoice | None = None
    """The record seen as an invoice, where it has sums."""
    currencies: tuple[str, ...] = ()
    """What stands beside the amounts of fields a recipe wrote."""


def judge(task: Task, place: Place, said: Said) -> Judged:
    """Put the readers' values together and check them."""
    readings = [*place.readings, *([said.reading] if said.reading else [])]
    accounts = ibans_on(place.documents)
    merged = _without_guessed_account(merge(readings, task.specs), accounts)
    values = nested({name: found.value for name, found in merged.found.items()})
    currencies = _currencies(task, merged)
    if len(currencies) == 1:
        values[CURRENCY] = currencies[0]
    record = with_gaps(task.record_type, values)
    sums = record if isinstance(record, Invoice) else view(values)
    checked = checks_of(sums) if sums else ()
    if isinstance(record, Invoice):
        checked = (*checked, *check_ours(record, task.firm))
    given = [check for reading in place.readings for check in _own_checks(reading)]
    absent = (
        missing(record, task.wanted)
        if isinstance(record, Invoice)
        else tuple(name for name in task.wanted if getattr(record, name, None) is None)
    )
    checks = (*checked, *given, *place.checks, *merged.checks)
    return Judged(
        record=record,
        merged=merged,
        checks=checks,
        absent=absent,
        sums=sums,
        accounts=accounts,
        currencies=currencies,
    )


def _currencies(task: Task, merged: Merged) -> tuple[str, ...]:
    """List the currencies printed beside amounts, where the record has room for one and no reader gave it."""
    if CURRENCY in task.specs or not issubclass(task.record_type, FieldsRecord):
        return ()
    money = [found for name, found in merged.found.items() if task.specs[name].kind == "money"]
    return tuple(dict.fromkeys(found.currency for found in money if found.currency))


def _several_currencies(judged: Judged) -> list[Phrase]:
    if len(judged.currencies) < 2:
        return []
    return [say("The amounts are in several currencies: {found}.", found=", ".join(judged.currencies))]


def _own_checks(reading: Reading) -> list[Check]:
    """Give what only the reader can check, such as whether it is an invoice at all; the rest is run anew."""
    if not isinstance(reading.record, Invoice):
        return list(reading.checks)
    anew = {check.name for check in checks_of(reading.record)}
    return [check for check in reading.checks if check.name not in anew]


def _without_guessed_account(merged: Merged, accounts: tuple[str, ...]) -> Merged:
    """Take no account from a model where the page shows several: money would go there."""
    iban = merged.found.get("iban")
    if iban is None or iban.reader != "model" or len(accounts) < 2:
        return merged
    return replace(merged, found={name: value for name, value in merged.found.items() if name != "iban"})


def lacks(task: Task, place: Place) -> bool:
    """Tell whether the readers without a model left something that is wanted."""
    return bool(judge(task, place, Said()).absent)


def is_whole(task: Task, place: Place) -> bool:
    """Tell whether the readers without a model found all that is wanted, and it adds up."""
    judged = judge(task, place, Said())
    adds_up = judged.sums is None or closed(judged.sums, judged.checks) is True
    return not judged.absent and adds_up


def extraction(kind: type[Extraction[R]], task: Task, place: Place, said: Said) -> Extraction[R]:
    """Make the result: the record, its evidence, its proof and what speaks against it."""
    judged = judge(task, place, said)
    found = judged.merged.found
    failed = [check for check in judged.checks if check.passed is False]
    grave = [check for check in failed if not check.name.endswith(IDENTIFIERS)]
    doubts = [
        *_several(place),
        *place.unread,
        *_doubtful_account(judged),
        *_several_currencies(judged),
        *_by_model_alone(judged),
        *(check.detail or say("{name} does not hold.", name=check.name) for check in grave),
        *([say("Missing: {fields}.", fields=_listed(task, judged.absent))] if judged.absent else []),
        *said.dropped,
        *([said.failed] if said.failed else []),
    ]
    slight = [check.detail for check in failed if check not in grave and check.detail]
    unrun = [c.detail for c in judged.checks if c.passed is None and c.name in RULES and c.detail]
    problems = [*place.problems, *said.problems, *slight, *unrun]
    return kind(
        record=cast("R", judged.record),
        fields=_fields(found, judged.checks, place.documents),
        proven=proven(_evidence(task, place, judged, said)),
        reader=_main_reader(found, task.wanted),
        checks=judged.checks,
        problems=once(problems),
        doubts=once(doubts),
        wanted_model=said.nobody,
        several=place.several,
    )


def _evidence(task: Task, place: Place, judged: Judged, said: Said) -> Evidence:
    found = judged.merged.found
    required = [found[name] for name in task.wanted if name in found]
    failed = {check.name for check in judged.checks if check.passed is False}
    failed |= {check.name for check in judged.checks if check.passed is None and check.name in RULES}
    all_exact = place.exact and all(value.reader == "einvoice" for value in required)
    basis: Basis = "exact" if all_exact else "page" if judged.sums else "fields"
    return Evidence(
        basis=basis,
        complete=not judged.absent and bool(task.wanted),
        quoted=all(value.quote is not None for value in required),
        closed=closed(judged.sums, judged.checks) if judged.sums else None,
        failed=bool(failed - CONTRADICTIONS - (BUYERS if place.exact else frozenset())),
        contradicted=bool(failed & CONTRADICTIONS or said.dropped or _doubtful_account(judged)),
        by_rules=all(value.reader != "model" for value in required),
        several=place.several > 1,
    )


def _several(place: Place) -> list[Phrase]:
    return [say("The documents hold {n} invoices.", n=place.several)] if place.several > 1 else []


def _doubtful_account(judged: Judged) -> list[Phrase]:
    """Say when the page shows several accounts and the file's own data do not decide between them."""
    iban = judged.merged.found.get("iban")
    if len(judged.accounts) < 2 or (iban and iban.reader == "einvoice"):
        return []
    return [
        say(
            "{n} accounts are on the page: {ibans}.", n=len(judged.accounts), ibans=", ".join(judged.accounts)
        )
    ]


def _by_model_alone(judged: Judged) -> list[Phrase]:
    """Name what decides who is paid and how much, where nobody but a model read it."""
    if not isinstance(judged.record, Invoice):
        return []
    found = judged.merged.found
    alone = [name for name in MONEY if name in found and found[name].reader == "model"]
    return [say("Only a model read: {fields}.", fields=listed(alone, office=True))] if alone else []


def _listed(task: Task, fields: Sequence[str]) -> Phrase | str:
    return listed(fields, office=issubclass(task.record_type, Invoice))


def _fields(
    found: Mapping[str, Found], checks: Sequence[Check], documents: Sequence[Document]
) -> dict[str, FieldReading]:
    return {name: _reading(name, value, checks) for name, value in _leaves(found, documents)}


def _leaves(found: Mapping[str, Found], documents: Sequence[Document]) -> list[tuple[str, Found]]:
    """Take parties apart into fields with a dot, each with a quote of its own."""
    leaves: list[tuple[str, Found]] = []
    for name, value in found.items():
        if isinstance(value.value, BaseModel):
            leaves += [
                (f"{name}.{k}", replace(value, value=v, quote=_own_quote(k, v, value, documents)))
                for k, v in _flat(value.value)
            ]
        else:
            leaves.append((name, value))
    return leaves


def _flat(record: BaseModel) -> Iterator[tuple[str, object]]:
    """Give the values of a group and of the groups in it; lists stand in the record alone."""
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, BaseModel):
            yield from ((f"{name}.{inner}", found) for inner, found in _flat(value))
        elif value is not None and not isinstance(value, tuple | list):
            yield name, value


def _own_quote(name: str, value: object, party: Found, documents: Sequence[Document]) -> Quote | None:
    """Quote one detail of a party: out of its data where it stands there, else from where it is printed."""
    if name == "name" or party.quote is None:
        return party.quote
    if party.quote.path is not None:
        return replace(party.quote, text=str(value))
    return ground(str(value), "identifier" if name.endswith(("_id", "number")) else "text", documents)


def _reading(name: str, value: Found, checks: Sequence[Check]) -> FieldReading:
    names = {name, name.partition(".")[0]}
    own = {c.name: c.passed for c in checks if c.passed is not None and names & set(c.fields)}
    reading = FieldReading.of(written(value.value), value.quote, value.reader, value.currency)
    checked = {"quoted": value.quote is not None, **own}
    return reading.model_copy(update={"checks": checked, "note": value.note})


def _main_reader(found: Mapping[str, Found], wanted: Sequence[str]) -> str | None:
    readers = [found[name].reader for name in wanted if name in found] or [v.reader for v in found.values()]
    return max(dict.fromkeys(readers), key=readers.count, default=None)


def once(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Say each thing once."""
    return tuple({str(phrase): phrase for phrase in phrases}.values())
