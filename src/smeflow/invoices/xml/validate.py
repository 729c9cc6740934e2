"""Check an e-invoice: schema, profile, rules of EN 16931 and of France, the PDF around it, its numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from smeflow.documents.document import Document
from smeflow.documents.workers import WorkerEnded
from smeflow.errors import MissingExtra
from smeflow.extract.papers import without_messages
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import check_identifiers
from smeflow.invoices.record import Invoice
from smeflow.invoices.xml.read import einvoice_files, read_einvoice
from smeflow.invoices.xml.rules import (
    ASKED_CHECKS,
    CHECK_SECONDS,
    CII_SYNTAX,
    FR_CTC,
    SCHEMATRON,
    CheckName,
    EInvoiceReport,
    RuleCheck,
    RuleFinding,
    RuleLevel,
    level_of,
    schema_of,
    shared_rule_workers,
    standard_rule,
)
from smeflow.kinds.records import Check, Reading, Record

PDF = "application/pdf"
_GUIDELINE = "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
DEFAULT_CHECKS: tuple[CheckName, ...] = ("xsd", "profile", "en16931", "pdf", "numbers")
"""What is always asked for by default; France's rules where both parties are French."""


@dataclass(frozen=True)
class _EInvoice:
    """One e-invoice and what is known of it."""

    document: Document
    container: Document | None
    """The PDF it lies in."""
    syntax: str
    root: str
    level: RuleLevel
    profile: str
    reading: Reading | None

    @property
    def record(self) -> Invoice | None:
        return self.reading.record if self.reading else None

    @property
    def problems(self) -> Sequence[Phrase]:
        return self.reading.problems if self.reading else ()


def check_einvoice(document: Document, checks: Sequence[CheckName] | None = None) -> EInvoiceReport | None:
    """Check the e-invoice that *document* is or holds; None where there is none.

    *checks* says which; left out, all that the file can be held to. A check that was asked for and could not
    run is listed as not run, with the reason.
    """
    target = _find_einvoice(document)
    if target is None:
        return None
    french: tuple[CheckName, ...] = ("fr-ctc",) if _is_french(target) else ()
    asked: tuple[CheckName, ...] = tuple(checks) if checks is not None else (*DEFAULT_CHECKS, *french)
    ran = _run(target, asked)
    order: tuple[CheckName, ...] = ("xml", *ASKED_CHECKS)
    return EInvoiceReport(
        file=document.name,
        syntax=target.syntax,
        profile=target.profile,
        level=target.level.name,
        checks=tuple(ran[name] for name in order if name in ran),
    )


def _find_einvoice(document: Document) -> _EInvoice | None:
    first = next(einvoice_files([document]), None)
    if first is None:
        return None
    inner, syntax, root = first
    reading = read_einvoice([inner])
    profile = reading.record.control.profile or "" if reading and reading.record else ""
    return _EInvoice(
        document=inner,
        container=document if document.media_type == PDF and inner is not document else None,
        syntax=syntax,
        root=root,
        level=level_of(profile, syntax),
        profile=profile,
        reading=reading,
    )


def _is_french(target: _EInvoice) -> bool:
    if target.level.name == "extended-ctc-fr":
        return True
    record = target.record
    sides = (record.seller_details, record.buyer_details) if record else ()
    return bool(sides) and all((side.country or (side.vat_id or "")[:2]) == "FR" for side in sides)


def _run(target: _EInvoice, asked: Sequence[CheckName]) -> dict[CheckName, RuleCheck]:
    if not target.syntax:  # no XML of an invoice: what stops the reader is all there is to say
        findings = tuple(
            RuleFinding(check="xml", rule="xml", severity="error", text=text) for text in target.problems
        )
        unread: dict[CheckName, RuleCheck] = {
            name: _not_run(name, say("The XML cannot be read.")) for name in asked
        }
        return {"xml": RuleCheck(name="xml", ran=True, findings=findings), **unread}
    ran = _by_rules(target, asked)
    if "profile" in asked:
        finding = target.level.finding
        ran["profile"] = RuleCheck(name="profile", ran=True, findings=(finding,) if finding else ())
    if "pdf" in asked and target.container is not None:
        ran["pdf"] = _container(target, target.container)
    if "numbers" in asked:
        ran["numbers"] = RuleCheck(name="numbers", ran=True, findings=tuple(_numbers(target)))
    return ran


def _by_rules(target: _EInvoice, asked: Sequence[CheckName]) -> dict[CheckName, RuleCheck]:
    """Run schema and rules in the child, in one go."""
    results: dict[CheckName, RuleCheck] = {}
    schemas: dict[str, str] = {}
    rules: dict[str, dict[str, Any]] = {}
    level = target.level.name
    if "xsd" in asked:
        schema = schema_of(target.syntax, target.root, "*" if target.level.full_schema else level)
        if schema:
            schemas["xsd"] = schema
        else:
            results["xsd"] = _not_run("xsd", say("No schema of {syntax} is bundled.", syntax=target.syntax))
    names: tuple[CheckName, ...] = ("en16931", "fr-ctc")
    for name in names:
        if name not in asked:
            continue
        file = SCHEMATRON.get((target.syntax, level)) if name == "en16931" else FR_CTC.get(target.syntax)
        if file is None:
            results[name] = _not_run(name, say("No rules for {syntax} are bundled.", syntax=target.syntax))
        elif name == "fr-ctc" and level == "minimum":
            results[name] = _not_run(name, say("France's rules are not made for the profile MINIMUM."))
        else:
            rules[name] = {"file": file, "only": []}
    if "en16931" in rules and target.syntax == "CII" and level in ("basicwl", "basic", "en16931"):
        rules["cii"] = {"file": CII_SYNTAX, "only": ["CII-DT-"]}
    if not schemas and not rules:
        return results
    return results | _ask_workers(target, schemas, rules)


def _ask_workers(
    target: _EInvoice, schemas: dict[str, str], rules: dict[str, dict[str, Any]]
) -> dict[CheckName, RuleCheck]:
    names: list[CheckName] = [name for name in ASKED_CHECKS if name in schemas or name in rules]
    reply = _ask({"job": "check", "schemas": schemas, "rules": rules}, target.document.data)
    if isinstance(reply, Phrase):
        return {name: _not_run(name, reply) for name in names}
    results = reply["results"]
    return {
        name: _rule_check(target, name, schemas.get(name) or rules[name]["file"], results) for name in names
    }


def _ask(head: dict[str, Any], data: bytes) -> dict[str, Any] | Phrase:
    """Give what the child answers, or why it does not."""
    try:
        reply, _ = shared_rule_workers().ask(head, [data], seconds=CHECK_SECONDS)
    except WorkerEnded as error:
        if error.timed_out:
            return say("It took longer than {seconds} seconds.", seconds=int(CHECK_SECONDS))
        return say("The program that checks broke down on this file.")
    return say("It was stopped: {why}.", why=reply["error"]) if "error" in reply else reply


def _rule_check(target: _EInvoice, name: CheckName, file: str, results: dict[str, Any]) -> RuleCheck:
    result = results[name]
    findings = list(result.get("findings", []))
    if name == "en16931":
        findings += results.get("cii", {}).get("findings", [])
        if target.level.full_schema:  # the profile is judged by itself
            findings = [finding for finding in findings if not finding["path"].endswith(_GUIDELINE)]
        findings = [_lowered(finding, target.level) for finding in findings]
    reason: Phrase | None = None
    if "missing" in result:
        reason = MissingExtra(package=result["missing"], extra="einvoice").phrase
    elif result.get("error") == "too large":
        reason = say("The invoice is too large for the rules.")
    elif "error" in result:
        reason = say("The rules were stopped by a value they cannot read: {why}.", why=result["error"])
    return RuleCheck(
        name=name,
        ran=reason is None,
        why=reason,
        rules=file,
        findings=tuple(_finding(target, name, finding) for finding in findings),
    )


def _lowered(fields: dict[str, Any], level: RuleLevel) -> dict[str, Any]:
    """Tell as a warning what the validator of the invoice's own profile does not reject."""
    rule = standard_rule(fields["rule"], fields["text"], fields["path"])
    return {**fields, "severity": "warning"} if rule in level.told_only else fields


def _finding(target: _EInvoice, name: CheckName, fields: dict[str, Any]) -> RuleFinding:
    """Say the values of the terms the rule names, where it points at more than one of them."""
    finding = RuleFinding(check=name, **fields)
    if target.record is None or name == "xsd" or "=" not in finding.value:
        return finding
    rule = f"{finding.rule} {finding.text}".replace("_", " ")
    if "[" in finding.path or "BT-" not in rule:  # of several lines or rates its own values say more
        return finding
    return replace(finding, value=values_of_terms(target.record, rule))


def _container(target: _EInvoice, pdf: Document) -> RuleCheck:
    reply = _ask({"job": "container", "level": target.level.name, "syntax": target.syntax}, pdf.data)
    if isinstance(reply, Phrase):
        return _not_run("pdf", reply)
    findings = tuple(
        RuleFinding(check="pdf", **{**fields, "text": Phrase(**fields["text"])})
        for fields in reply["findings"]
    )
    return RuleCheck(name="pdf", ran=True, findings=findings)


def _numbers(target: _EInvoice) -> Iterator[RuleFinding]:
    """Check what no rule of the standard does: check digits, and values that could not be read."""
    checks = [*check_identifiers(target.record)] if target.record else []
    checks += (
        [check for check in target.reading.checks if check.name == "namespace"] if target.reading else []
    )
    for check in checks:
        if check.passed is False and check.detail is not None:
            yield RuleFinding(check="numbers", rule=check.name, severity="warning", text=check.detail)
    for problem in target.problems:
        yield RuleFinding(check="numbers", rule="value", severity="warning", text=problem)


def _not_run(name: CheckName, reason: Phrase) -> RuleCheck:
    return RuleCheck(name=name, ran=False, why=reason)


_RULES_LISTED = 3


def rule_checks(documents: Sequence[Document], wanted: Sequence[str]) -> Iterator[Check]:
    """Check the first e-invoice among *documents* by the rules that are wanted; none where there is none."""
    asked = tuple(name for name in ASKED_CHECKS if name in wanted)
    for document in without_messages(documents) if wanted else ():
        report = check_einvoice(document, asked)
        if report is not None:
            for ran in report.checks:
                yield Check(name=ran.name, passed=ran.passed, detail=_check_detail(ran))
            return


def _check_detail(ran: RuleCheck) -> Phrase | None:
    errors = [finding for finding in ran.findings if finding.severity == "error"]
    if errors:
        first, *others = errors
        text = say("{check}: {rule}: {text}", check=ran.name, rule=first.rule, text=first.text)
        if first.value:
            text = say("{said} There stands: {value}.", said=text, value=first.value)
        rules = ", ".join(finding.rule for finding in others[:_RULES_LISTED])
        return say("{said} Also: {rules}.", said=text, rules=rules) if rules else text
    if ran.passed is None:
        return say("{check} was not run: {why}", check=ran.name, why=ran.why or "–")
    return None


_TERM = re.compile(r"\bBT-\d+(?:-\d+)?\b")
_MOST_TERMS = 6


def values_of_terms(record: Invoice, rule: str) -> str:
    """Give the values of the terms a rule names: ``BT-9=2026-08-01, BT-2=2026-08-15``."""
    values = []
    for term in dict.fromkeys(_TERM.findall(rule)):
        path = _paths_of_terms().get(term)
        value: object = record
        for name in path or ():
            value = getattr(value, name, None)
        if path and isinstance(value, str | Decimal | date):
            values.append(f"{term}={value}")
    return ", ".join(values[:_MOST_TERMS])


@cache
def _paths_of_terms() -> Mapping[str, tuple[str, ...]]:
    """Find each term's field by the number in its docstring."""
    paths: dict[str, tuple[str, ...]] = {}
    for path, docstring in _described(Invoice, ()):
        for term in _TERM.findall(docstring.partition(":")[0]):
            paths.setdefault(term, path)
    for role, numbers in _PARTY.items():
        paths |= {f"BT-{number}": (role, field) for field, number in numbers.items()}
    return paths


def _described(kind: type[Record], before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, info in kind.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Record):
            if not before and name not in _PARTY:
                yield from _described(inner, (name,))
        else:
            yield (*before, name), info.description or ""


_SELLER = {"name": 27, "trading_name": 28, "legal_id": 30, "vat_id": 31, "tax_number": 32, "legal_form": 33,
           "street": 35, "city": 37, "zip": 38, "region": 39, "country": 40}  # fmt: skip
_BUYER = {"name": 44, "trading_name": 45, "legal_id": 47, "vat_id": 48, "street": 50, "city": 52, "zip": 53,
          "region": 54, "country": 55}  # fmt: skip
_PARTY: Mapping[str, Mapping[str, int]] = {
    "seller_details": _SELLER,
    "buyer_details": _BUYER,
    "payee": {"name": 59, "legal_id": 61},
    "tax_representative": {"name": 62, "vat_id": 63, "country": 69},
}
