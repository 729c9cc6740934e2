"""A kind of document as somebody's package adds it: one file with its record, reader, check and split."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from smeflow.core.case import Known
from smeflow.core.claims import Claim
from smeflow.documents.document import Document, PageRange, Quote
from smeflow.i18n import say
from smeflow.kinds.record_kind import Firm, ProofRules, ReaderContext, RecordKind, SplitRule
from smeflow.kinds.records import Check, Finding, Reading
from smeflow.records import Record

_TERM = re.compile(r"^(?P<name>Contract|Between us and|Begins|Ends|Per month): (?P<value>.+)$", re.MULTILINE)
_FIELDS = {
    "Contract": "reference",
    "Between us and": "partner",
    "Begins": "begins",
    "Ends": "ends",
    "Per month": "monthly",
}


class Contract(Record):
    """A contract with a partner."""

    reference: str | None = None
    partner: str | None = None
    begins: date | None = None
    ends: date | None = None
    monthly: Decimal | None = None


def read_contract(documents: tuple[Document, ...], _context: ReaderContext, /) -> Reading | None:
    """Read the terms at the beginning of lines."""
    findings: dict[str, Finding] = {}
    begun = 0
    for document in documents:
        for page in document.pages:
            for term in _TERM.finditer(page.text.replace("\r", "")):
                name, text = _FIELDS[term["name"]], term["value"].strip()
                begun += name == "reference"
                quote = Quote(text=text, document=document.name, page=page.number, start=term.start("value"))
                findings.setdefault(name, Finding(value=_value(name, text), quote=quote))
    return Reading(reader="contract", findings=findings, several=max(begun, 1)) if findings else None


def _value(name: str, text: str) -> object:
    if name in ("begins", "ends"):
        return date.fromisoformat(text)
    return Decimal(text) if name == "monthly" else text


def check_contract(record: Contract, _firm: Firm | None) -> Iterator[Check]:
    """A contract ends after it begins."""
    known = record.begins is not None and record.ends is not None
    passed = record.begins < record.ends if known else None
    detail = None if passed is not False else say("It ends on {day}, before it begins.", day=record.ends)
    yield Check(name="ends_after", passed=passed, detail=detail, fields=("begins", "ends"))
    rounds = record.monthly is None or record.monthly % 1 == 0
    odd = None if rounds else say("It costs {sum}: rarely are there cents.", sum=record.monthly)
    yield Check(name="whole_sum", passed=rounds, detail=odd, fields=("monthly",))


def contract_claims(record: Contract, _known: Known) -> Iterable[Claim]:
    """A contract is filed once."""
    if record.reference:
        about = say("contract {reference}", reference=record.reference)
        yield Claim(rule="sole", key=f"contract {record.reference}", about=about)


def find_contracts(document: Document) -> tuple[PageRange, ...]:
    """A new contract begins on the page that names one."""
    first = [page.number for page in document.pages if re.search(r"^Contract: ", page.text, re.MULTILINE)]
    if len(first) < 2:
        return ()
    ends = [*(number - 1 for number in first[1:]), document.pages[-1].number]
    return tuple(PageRange(begin, end) for begin, end in zip(first, ends, strict=True))


CONTRACT = RecordKind(
    record=Contract,
    readers={"layout": read_contract},
    checks=check_contract,
    claims=contract_claims,
    words={"reference": say("contract"), "partner": say("partner"), "ends": say("end")},
    check_words={"ends_after": say("ends after it begins"), "whole_sum": say("a sum without cents")},
    value_words={"partner": {"Ada Ltd": say("Ada and her firm")}},
    proof=ProofRules(only_told=frozenset({"whole_sum"})),
    required=("reference", "partner", "begins", "ends"),
    split=SplitRule(word="contracts", find=find_contracts),
)
