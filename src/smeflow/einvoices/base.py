"""What a check of an e-invoice says: passed, failed with findings, or not run and why."""

from dataclasses import dataclass, field
from typing import Literal

from smeflow.i18n import Phrase

Name = Literal["xml", "xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers"]
Asked = Literal["xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers"]
Severity = Literal["error", "warning"]
ASKED: tuple[Asked, ...] = ("xsd", "profile", "en16931", "fr-ctc", "pdf", "numbers")
"""What may be asked for; ``xml`` is always looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """One rule that does not hold."""

    check: Name
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

    name: Name
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
class Report:
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
        every = [finding for check in self.checks for finding in check.findings]
        return tuple(sorted(every, key=lambda finding: finding.severity != "error"))
