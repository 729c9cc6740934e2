"""The rules of e-invoices as checks of an extraction, where the step asks for them."""

from collections.abc import Iterator, Sequence

from smeflow.documents.base import Document
from smeflow.einvoices.base import ASKED, RuleCheck
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Check
from smeflow.steps.papers import without_mails

_TOLD = 3


def rule_checks(documents: Sequence[Document], wanted: Sequence[str]) -> Iterator[Check]:
    """Check the first e-invoice among *documents* by the rules that are wanted; none where there is none."""
    if not wanted:
        return
    from smeflow.einvoices.validate import check_einvoice

    asked = tuple(name for name in ASKED if name in wanted)
    for document in without_mails(documents):
        report = check_einvoice(document, asked)
        if report is not None:
            yield from (_check(one) for one in report.checks)
            return


def _check(one: RuleCheck) -> Check:
    return Check(name=one.name, passed=one.passed, detail=_detail(one))


def _detail(one: RuleCheck) -> Phrase | None:
    errors = [finding for finding in one.findings if finding.severity == "error"]
    if errors:
        first = errors[0]
        text = say("{check}: {rule}: {text}", check=one.name, rule=first.rule, text=first.text)
        if first.value:
            text = say("{said} There stands: {value}.", said=text, value=first.value)
        rest = [finding.rule for finding in errors[1 : 1 + _TOLD]]
        return say("{said} Also: {rules}.", said=text, rules=", ".join(rest)) if rest else text
    if one.passed is None:
        return say("{check} was not run: {why}", check=one.name, why=one.why or "–")
    return None
