"""Check an e-invoice: schema, profile, rules of EN 16931 and of France, the PDF around it, its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smeflow.documents.base import Document
from smeflow.documents.workers import WorkerEnded
from smeflow.einvoices.base import ASKED, Name, Report, RuleCheck, RuleFinding
from smeflow.einvoices.child import SECONDS, shared_rule_workers
from smeflow.einvoices.files import CII_SYNTAX, FR_CTC, RULES, schema_of
from smeflow.einvoices.levels import Level, level_of
from smeflow.einvoices.terms import values_told
from smeflow.errors import MissingExtra
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Reading
from smeflow.readers.einvoice import read_einvoice
from smeflow.records import Invoice

if TYPE_CHECKING:
    from smeflow.readers.base import Check

PDF = "application/pdf"
_GUIDELINE = "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
STRICT: tuple[Name, ...] = ("xsd", "profile", "en16931", "pdf", "numbers")
"""What is always asked for by default; France's rules where both parties are French."""


@dataclass(frozen=True)
class _Target:
    """One e-invoice and what is known of it."""

    document: Document
    around: Document | None
    """The PDF it lies in."""
    syntax: str
    root: str
    level: Level
    profile: str
    record: Invoice | None
    reading: Reading | None


def check_einvoice(document: Document, checks: Sequence[Name] | None = None) -> Report | None:
    """Check the e-invoice that *document* is or holds; None where there is none.

    *checks* says which; left out, all that the file can be held to. A check that was asked for and could not
    run is told as not run, with the reason.
    """
    target = _target(document)
    if target is None:
        return None
    french: tuple[Name, ...] = ("fr-ctc",) if _is_french(target) else ()
    asked: tuple[Name, ...] = tuple(checks) if checks is not None else (*STRICT, *french)
    ran = _run(target, asked)
    order: tuple[Name, ...] = ("xml", *ASKED)
    done = tuple(ran[name] for name in order if name in ran)
    return Report(
        file=document.name,
        syntax=target.syntax,
        profile=target.profile,
        level=target.level.name,
        checks=done,
    )


def _target(document: Document) -> _Target | None:
    from smeflow.readers.einvoice import einvoice_files

    found = next(iter(einvoice_files([document])), None)
    if found is None:
        return None
    inner, syntax, root = found
    reading = read_einvoice([inner])
    record = reading.record if reading else None
    profile = record.control.profile or "" if record else ""
    around = document if document.media_type == PDF and inner is not document else None
    return _Target(
        document=inner,
        around=around,
        syntax=syntax,
        root=root,
        level=level_of(profile, syntax),
        profile=profile,
        record=record,
        reading=reading,
    )


def _is_french(target: _Target) -> bool:
    if target.level.name == "extended-ctc-fr":
        return True
    record = target.record
    sides = (record.seller_details, record.buyer_details) if record else ()
    return bool(sides) and all((side.country or (side.vat_id or "")[:2]) == "FR" for side in sides)


def _run(target: _Target, asked: Sequence[Name]) -> dict[Name, RuleCheck]:
    if not target.syntax:  # no XML of an invoice: what stops the reader is all there is to say
        told = target.reading.problems if target.reading else ()
        findings = tuple(
            RuleFinding(check="xml", rule="xml", severity="error", text=problem) for problem in told
        )
        rest: dict[Name, RuleCheck] = {name: _not_run(name, say("The XML cannot be read.")) for name in asked}
        return {"xml": RuleCheck(name="xml", ran=True, findings=findings), **rest}
    ran: dict[Name, RuleCheck] = {}
    ran |= _by_rules(target, asked)
    if "profile" in asked:
        finding = target.level.finding
        ran["profile"] = RuleCheck(name="profile", ran=True, findings=(finding,) if finding else ())
    if "pdf" in asked and target.around is not None:
        ran["pdf"] = _container(target, target.around)
    if "numbers" in asked:
        ran["numbers"] = RuleCheck(name="numbers", ran=True, findings=tuple(_numbers(target)))
    return ran


def _by_rules(target: _Target, asked: Sequence[Name]) -> dict[Name, RuleCheck]:
    """Run schema and rules in the child, in one go."""
    ready: dict[Name, RuleCheck] = {}
    schemas: dict[str, str] = {}
    rules: dict[str, dict[str, Any]] = {}
    level = target.level.name
    if "xsd" in asked:
        schema = schema_of(target.syntax, target.root, "*" if target.level.full_schema else level)
        if schema:
            schemas["xsd"] = schema
        else:
            ready["xsd"] = _not_run("xsd", say("No schema of {syntax} is bundled.", syntax=target.syntax))
    both: tuple[Name, ...] = ("en16931", "fr-ctc")
    for name in both:
        if name not in asked:
            continue
        file = RULES.get((target.syntax, level)) if name == "en16931" else FR_CTC.get(target.syntax)
        if file is None:
            ready[name] = _not_run(name, say("No rules for {syntax} are bundled.", syntax=target.syntax))
        elif name == "fr-ctc" and level == "minimum":
            ready[name] = _not_run(name, say("France's rules are not made for the profile MINIMUM."))
        else:
            rules[name] = {"file": file, "only": []}
    if "en16931" in rules and target.syntax == "CII" and level in ("basicwl", "basic", "en16931"):
        rules["cii"] = {"file": CII_SYNTAX, "only": ["CII-DT-"]}
    if not schemas and not rules:
        return ready
    return ready | _asked(target, schemas, rules)


def _asked(
    target: _Target, schemas: dict[str, str], rules: dict[str, dict[str, Any]]
) -> dict[Name, RuleCheck]:
    names: list[Name] = [name for name in ASKED if name in schemas or name in rules]
    try:
        reply, _ = shared_rule_workers().ask(
            {"job": "check", "schemas": schemas, "rules": rules}, [target.document.data], seconds=SECONDS
        )
    except WorkerEnded as error:
        why = (
            say("It took longer than {seconds} seconds.", seconds=int(SECONDS))
            if error.timed_out
            else say("The program that checks broke down on this file.")
        )
        return {name: _not_run(name, why) for name in names}
    if "error" in reply:
        return {name: _not_run(name, say("It was stopped: {why}.", why=reply["error"])) for name in names}
    results = reply["results"]
    return {name: _result(target, name, schemas.get(name) or rules[name]["file"], results) for name in names}


def _result(target: _Target, name: Name, file: str, results: dict[str, Any]) -> RuleCheck:
    result = results[name]
    found = list(result.get("findings", []))
    if name == "en16931":
        found += results.get("cii", {}).get("findings", [])
        if target.level.full_schema:  # the profile is judged by itself
            found = [one for one in found if not one["path"].endswith(_GUIDELINE)]
    why: Phrase | None = None
    if "missing" in result:
        why = MissingExtra(package=result["missing"], extra="einvoice").phrase
    elif result.get("error") == "too large":
        why = say("The invoice is too large for the rules.")
    elif "error" in result:
        why = say("The rules were stopped by a value they cannot read: {why}.", why=result["error"])
    return RuleCheck(
        name=name,
        ran=why is None,
        why=why,
        rules=file,
        findings=tuple(_finding(target, name, one) for one in found),
    )


def _finding(target: _Target, name: Name, told: dict[str, Any]) -> RuleFinding:
    """Say the values of the terms the rule names, where it points at more than one of them."""
    finding = RuleFinding(check=name, **told)
    if target.record is None or name == "xsd" or "=" not in finding.value:
        return finding
    said = f"{finding.rule} {finding.text}".replace("_", " ")
    inside = "[" in finding.path  # one of several lines or rates: its own values say more
    return (
        finding if inside or "BT-" not in said else replace(finding, value=values_told(target.record, said))
    )


def _container(target: _Target, pdf: Document) -> RuleCheck:
    head = {"job": "container", "level": target.level.name, "syntax": target.syntax}
    try:
        reply, _ = shared_rule_workers().ask(head, [pdf.data], seconds=SECONDS)
    except WorkerEnded:
        return _not_run("pdf", say("The program that checks broke down on this file."))
    if "error" in reply:
        return _not_run("pdf", say("It was stopped: {why}.", why=reply["error"]))
    found = (RuleFinding(check="pdf", **{**one, "text": Phrase(**one["text"])}) for one in reply["findings"])
    return RuleCheck(name="pdf", ran=True, findings=tuple(found))


def _numbers(target: _Target) -> Iterator[RuleFinding]:
    """Check what no rule of the standard does: check digits, and values that could not be read."""
    from smeflow.readers.identifiers import check_identifiers

    own: Sequence[Check] = target.reading.checks if target.reading else ()
    checks = (
        *(check_identifiers(target.record) if target.record else ()),
        *(check for check in own if check.name == "namespace"),
    )
    for check in checks:
        if check.passed is False and check.detail is not None:
            yield RuleFinding(check="numbers", rule=check.name, severity="warning", text=check.detail)
    for problem in target.reading.problems if target.reading else ():
        yield RuleFinding(check="numbers", rule="value", severity="warning", text=problem)


def _not_run(name: Name, why: Phrase) -> RuleCheck:
    return RuleCheck(name=name, ran=False, why=why)
