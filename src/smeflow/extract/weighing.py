"""Hold what a model read against the page: what it is asked about, and which of two values goes first.

What the page's reader proves stays, whatever a model says. Where it proves nothing, the laws of the page
decide between its value and the model's; where they do not, both are shown and a person chooses.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from smeflow._text import folded
from smeflow.extract.field_values import bare_value, canonical_text
from smeflow.extract.papers import PaperReadings
from smeflow.i18n import Phrase, say
from smeflow.kinds.field_names import field_name
from smeflow.kinds.record_kind import ProofRules, RecordKind
from smeflow.kinds.records import Check, FieldRival, Finding, Reading

TIED = "tied"
"""The check that something ties a value to its field."""
HESITANT = frozenset({"unique", "seller_told", "one_line"})
"""Checks that fail where the page's reader is not sure which of several readings is meant."""


def unproven_fields(
    papers: PaperReadings, checks: Sequence[Check], kind: RecordKind, wanted: Sequence[str]
) -> tuple[str, ...]:
    """Name what is wanted and was read, but is not proven: a check of it failed. A file's own data are."""
    rules = kind.rules.names if kind.rules else ()
    told = {*rules, *kind.proof.only_told}
    failed = {n for check in checks if check.passed is False and check.name not in told for n in check.fields}
    return () if papers.exact else tuple(name for name in wanted if name in failed)


def printed_choices(papers: PaperReadings, fields: Collection[str]) -> list[str]:
    """Give a line for each field that is open: the values it could have, each as it is printed."""
    lines = []
    for name in fields:
        printed: dict[str, str] = {}
        for reading in papers.readings:
            own = reading.findings.get(name)
            if own is not None and own.quote is not None:
                printed.setdefault(_one_line(own.quote.text), "")
            for rival in reading.rivals.get(name, ()):
                if rival.quote is not None:
                    beside = f" (beside: {_one_line(rival.label)})" if rival.label else ""
                    printed.setdefault(_one_line(rival.quote.text), beside)
        if printed:
            lines.append(f"{name}: " + " | ".join(f"{text}{beside}" for text, beside in printed.items()))
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())


def weigh_model(papers: PaperReadings, model: Reading, rules: ProofRules) -> tuple[PaperReadings, Reading]:
    """Hold a model's values against the page where the page's reader proves nothing.

    A grounded value of the model goes before an unproven one, but where only the latter is tied to its field
    or makes the sums close. The page is judged again with what goes first: what its laws uphold then is
    upheld, whoever read it. The model's word itself proves nothing; where it says the same as the page's
    reader, that is no doubt any more, and not proven either.
    """
    page = papers.readings[0] if len(papers.readings) == 1 else None
    if page is None or papers.exact or page.judged_with is None:
        return papers, model
    model = _with_signs_of(page, model)
    page = _without_settled_doubts(page, model, rules)
    first = _contested(page, model, rules)
    if not first or page.judged_with is None:
        return replace(papers, readings=(page,)), model
    again = _without_settled_doubts(page.judged_with(first), model, rules, first)
    lost = _lost(page, again, first, rules)
    first = {name: finding for name, finding in first.items() if name not in lost}
    again = _without_settled_doubts(page.judged_with(first), model, rules, first) if lost else again
    kept = {name: f for name, f in again.findings.items() if name not in first or name in page.findings}
    own = {name: page.findings[name] for name in first if name in page.findings}
    rivals = {name: _with_rival(again, name, finding, first) for name, finding in own.items()}
    rivals |= {name: _with_rival(again, name, model.findings[name], first) for name in lost}
    judged = replace(again, findings={**kept, **own}, rivals={**again.rivals, **rivals})
    ranked = replace(model, outranks=frozenset(first), upheld=again.upheld & first.keys())
    return replace(papers, readings=(judged,)), ranked


def _with_signs_of(page: Reading, model: Reading) -> Reading:
    """Take the page's sign where both read the same amount: a credit note may print it with a minus."""
    findings = dict(model.findings)
    for name, finding in model.findings.items():
        own = page.findings.get(name)
        amount = bare_value(finding.value)
        if own is not None and isinstance(amount, Decimal) and own.value == -amount:
            findings[name] = replace(finding, value=own.value)
    return replace(model, findings=findings)


def _contested(page: Reading, model: Reading, rules: ProofRules) -> dict[str, Finding]:
    """Give the model's values of what the page leaves out, or reads otherwise and does not prove."""
    failed = _failed_checks(page)
    differ = {
        name
        for name in rules.guarded
        if name in model.findings
        and (name not in page.findings or _bare(page.findings[name]) != _bare(model.findings[name]))
    }
    contested = {name for name in differ if name not in page.findings or name in failed}
    if contested.intersection(rules.sums):  # sums are one value
        contested |= differ.intersection(rules.sums)
    return {name: _untyped(model.findings[name]) for name in rules.guarded if name in contested}


def _lost(page: Reading, again: Reading, first: Mapping[str, Finding], rules: ProofRules) -> frozenset[str]:
    """Name where the page's own value is tied to its field, or makes the sums, and the model's is not."""
    lost = {name for name in first if name in page.tied and name not in again.tied}
    sums = first.keys() & set(rules.sums)
    if sums and _closes(page, rules.sums) and not _closes(again, rules.sums):
        return frozenset(lost | sums)
    return frozenset(lost if not lost.intersection(rules.sums) else lost | sums)


def _without_settled_doubts(
    page: Reading, model: Reading, rules: ProofRules, first: Collection[str] = ()
) -> Reading:
    """Let two readers that say the same settle what else a value could be, where no rival is tied as it is.

    Two that agree may err alike: the value stays unproven, as one that nothing ties to its field.
    """
    agreed = {
        name
        for name in rules.guarded
        if name in page.findings and name in model.findings and name not in first
        if _bare(page.findings[name]) == _bare(model.findings[name])
    }
    checks = tuple(
        replace(check, name=TIED, detail=_read_alike(check.fields[0], page))
        if check.name in HESITANT and check.passed is False and _settles(page, check.fields, agreed)
        else check
        for check in page.checks
    )
    return replace(page, checks=checks)


def _settles(page: Reading, fields: Sequence[str], agreed: Collection[str]) -> bool:
    """Tell whether no rival is tied to the field, and the value itself is or no rival is open."""
    if len(fields) != 1 or fields[0] not in agreed or page.judged_with is None:
        return False
    name = fields[0]
    rivals = page.rivals.get(name, ())
    if any(rival.why is None for rival in rivals) and name not in page.tied:
        return False
    return not any(
        name in page.judged_with({name: Finding(value=rival.value, quote=rival.quote)}).tied
        for rival in rivals
    )


def _read_alike(name: str, page: Reading) -> Phrase:
    return say(
        "{field}: a model reads {value} as well; nothing proves it.",
        field=field_name(name),
        value=bare_value(page.findings[name].value),
    )


def _closes(reading: Reading, sums: Sequence[str]) -> bool:
    if not all(name in reading.findings for name in sums):
        return False
    *parts, whole = (reading.findings[name].value for name in sums)
    return bool(sum(parts) == whole)


def _failed_checks(reading: Reading) -> dict[str, set[str]]:
    failed: dict[str, set[str]] = {}
    for check in reading.checks:
        for name in check.fields if check.passed is False else ():
            failed.setdefault(name, set()).add(check.name)
    return failed


def _with_rival(
    again: Reading, name: str, finding: Finding, first: Collection[str]
) -> tuple[FieldRival, ...]:
    """Put the value that did not go first among the rivals: open, unless the first is upheld."""
    upheld = name in first and name in again.upheld
    why = say("It was read without a model, and nothing proves it.") if upheld else None
    value = bare_value(finding.value)
    others = tuple(r for r in again.rivals.get(name, ()) if canonical_text(r.value) != canonical_text(value))
    return (FieldRival(value=value, quote=finding.quote, why=why), *others)


def _untyped(finding: Finding) -> Finding:
    return replace(finding, value=bare_value(finding.value))


def _bare(finding: Finding) -> object:
    value = bare_value(finding.value)
    return abs(value) if isinstance(value, Decimal) else folded(str(value))
