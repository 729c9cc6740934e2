"""Put what was chosen in the place of what the rules found, and reckon again what hangs on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from smeflow._text import folded
from smeflow.i18n import say
from smeflow.invoices.checks import ZERO
from smeflow.invoices.page.choices import MARGINS, Choice, Choices
from smeflow.invoices.page.features import FIELDS, key_of
from smeflow.invoices.page.particulars import assign_numbers
from smeflow.invoices.page.parties import PageParty, Parties
from smeflow.invoices.page.vat_and_payment import breakdown, find_exemptions, rate_rows, row_stretches
from smeflow.invoices.page.view import PageView
from smeflow.kinds.records import Check, Finding

OPEN = 0.1
"""A value that is no further ahead is left out: another may as well be it."""
SURE = 1.0
"""A seller that is no further ahead gives way to the one the rules found; it is not proven."""
SUMS = ("total_net", "total_vat", "total_gross")
_FROM_SUMS = ("vat", "lines", "total_lines", "total_allowances", "total_charges")
"""What was reckoned from the sums and falls with them."""
_CORRECTING = frozenset({"credit_note", "corrected"})


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What is read in the end, and what of it may be something else."""

    findings: dict[str, Finding]
    closed: bool
    """Net, VAT and gross are there and add up."""
    changed_sums: bool
    """The sums are not those the rules found."""
    checks: tuple[Check, ...]


def settle(view: PageView, by_rules: Mapping[str, Finding], choices: Choices) -> Settled:
    """Take the chosen values.

    What the rules reckoned, with a note that says so, stays where nothing is printed.
    """
    findings = dict(by_rules)
    kind = findings["kind"].value if "kind" in findings else None
    laid_out = "total_net" in findings and findings["total_net"].note is not None
    for name, choice in choices.fields.items():
        rule = by_rules.get(name)
        if _stays(name, rule, choice) or (laid_out and FIELDS[name] == "amounts"):
            continue
        findings.pop(name, None)
        fits = name != "preceding_invoice" or kind in _CORRECTING
        if choice.value is not None and choice.margin >= OPEN and fits:
            findings[name] = Finding(value=_value(choice, credit=kind == "credit_note"), quote=choice.quote)
    if not laid_out:
        _without_vat(view, findings)
        _summed_vat(view, findings)
    net, tax, gross = (findings[name].value if name in findings else None for name in SUMS)
    before = tuple(by_rules[name].value if name in by_rules else None for name in SUMS)
    closed = None not in (net, tax, gross) and bool(net + tax == gross)  # type: ignore[operator]  # none is None
    changed = (net, tax, gross) != before
    if changed:
        for name in _FROM_SUMS:
            findings.pop(name, None)
        rows = rate_rows(view, credit=kind == "credit_note")
        vat = breakdown(view, rows, (net, tax, gross)) if closed else ()  # type: ignore[arg-type]  # none is None
        if vat:
            findings["vat"] = Finding(value=vat)
    return Settled(
        findings=findings, closed=closed, changed_sums=changed, checks=_checks(findings, by_rules, choices)
    )


def _stays(name: str, rule: Finding | None, choice: Choice) -> bool:
    """Tell whether the rules' value stays: it is chosen too, reckoned, or a known supplier's."""
    if rule is None:
        return False
    if key_of(name, rule.value) == choice.key:
        return name != "seller" or rule.value == choice.value
    if name == "seller" and choice.margin < SURE:
        return True
    if rule.note is None and rule.quote is not None:
        return False
    return choice.value is None or name == "seller"


def _value(choice: Choice, *, credit: bool) -> object:
    """Give the value as the record has it: an amount with its sign, but not where all is a credit."""
    candidate = choice.candidate
    if candidate and candidate.amount and not credit:
        return candidate.amount.amount
    return choice.value


def _without_vat(view: PageView, findings: dict[str, Finding]) -> None:
    """Where a mention says why no VAT is charged, and net and gross are one amount, VAT is nothing."""
    net, gross = findings.get("total_net"), findings.get("total_gross")
    mentions = find_exemptions(view) if "total_vat" not in findings and (net or gross) else ()
    if not mentions or (net and gross and net.value != gross.value):
        return
    one = net or gross
    if one is None:
        return
    findings.setdefault("total_net", replace(one))
    findings.setdefault("total_gross", replace(one))
    note = say("No VAT is charged, as this mention says.")
    findings["total_vat"] = Finding(value=ZERO, quote=mentions[0].quote, note=note)


def _summed_vat(view: PageView, findings: dict[str, Finding]) -> None:
    """Where VAT is printed rate by rate alone, it is their sum, if that lies between net and gross."""
    if "total_vat" in findings or not {"total_net", "total_gross"} <= findings.keys():
        return
    wanted = findings["total_gross"].value - findings["total_net"].value
    for part in row_stretches(rate_rows(view, credit=True)):
        if sum((row.amount for row in part), ZERO) == wanted:
            spots = view.amounts_by_line.get((part[0].page, part[0].line), ())
            spot = next((s for s in spots if abs(s.value.amount) == part[0].amount), None)
            note = say("The sum of the VAT at each rate.")
            quote = view.quote(spot) if spot else None
            findings["total_vat"] = Finding(value=wanted, quote=quote, note=note)
            return


_PAID_BEFORE = re.compile(
    r"acompte|avance|advance|deposit|prepaid|already paid|amount paid|deja (?:paye|regle|verse)|anzahlung|"
    r"abschlag|vorauszahlung|bereits (?:ge|be)zahlt|reeds betaald|voorschot|aanbetaling|acconto|anticipo|"
    r"residual|solde|reste|balance|remaining|restbetrag|offene[rn]? betrag|retenue|retencion|ritenuta"
)


def due_in_full(view: PageView, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Give the whole total as what is due, where that is not printed and nothing was paid before."""
    if "amount_due" in findings or _PAID_BEFORE.search(folded(view.text)):
        return {}
    note = say("No payment on account is mentioned, so the whole total is due.")
    return {"amount_due": replace(findings["total_gross"], note=note)}


def _checks(
    findings: Mapping[str, Finding], by_rules: Mapping[str, Finding], choices: Choices
) -> tuple[Check, ...]:
    """Keep the checks of the fields whose value was chosen, not reckoned by a rule."""
    return tuple(
        check
        for check in choices.checks(MARGINS)
        if all(name in findings and findings[name].note is None for name in check.fields)
    )


def chosen_parties(
    view: PageView,
    rules: Parties,
    findings: Mapping[str, Finding],
    choices: Choices,
    own_ids: tuple[str, ...],
) -> Parties:
    """Give seller and buyer as chosen, with the identifiers that are theirs."""
    seller, buyer = (_party(findings.get(role), getattr(rules, role)) for role in ("seller", "buyer"))
    place = choices.fields["buyer"].candidate
    at = (place.page, place.start) if place and buyer else None
    mine, theirs = assign_numbers(view, at, own_ids)
    return Parties(seller=seller, buyer=buyer, seller_ids=mine, buyer_ids=theirs)


def _party(finding: Finding | None, rule: PageParty | None) -> PageParty | None:
    if finding is None or finding.quote is None:
        return None
    if rule and rule.name == finding.value:
        return rule
    return PageParty(name=finding.value, quote=finding.quote, note=finding.note)
