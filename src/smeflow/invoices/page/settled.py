"""Put what was chosen in the place of what the rules found, and reckon again what hangs on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smeflow.extract.grounding import spans_of_value
from smeflow.i18n import say
from smeflow.invoices.checks import GROSS, READ_TWICE, ZERO, recognition_check, verdict
from smeflow.invoices.page.choices import MARGINS, Choices, FieldChoice, not_unique
from smeflow.invoices.page.dates import due_by_terms
from smeflow.invoices.page.features import FIELDS, key_of
from smeflow.invoices.page.headings import reminds_of_another
from smeflow.invoices.page.labelled_amounts import fits_of_field
from smeflow.invoices.page.particulars import assign_numbers
from smeflow.invoices.page.parties import PageParty, Parties
from smeflow.invoices.page.vat_and_payment import (
    find_deductions,
    find_exemptions,
    is_of_another_paper,
    names_term,
    payment_between,
)
from smeflow.invoices.page.vat_by_rate import breakdown, rate_rows, row_stretches, taxed_parts, taxes_at_rates
from smeflow.invoices.page.view import PageView
from smeflow.invoices.record import CORRECTING_KINDS, Invoice
from smeflow.kinds.records import Check, Finding

ALONE = 3.0
"""So far ahead, twenty to one, must be a total that no label names and no other sums hold."""
OPEN = 0.1
"""A value that is no further ahead is left out: another may as well be it."""
SURE = 1.0
"""A value that is no further ahead, as the logarithm of odds, does not overrule what the rules found beside a
label, and is left out where nothing ties it to the field.
"""
FAR = 2.2
"""So far ahead, nine to one, must be what fills a field that the rules left open on purpose, or overrules
sums that add up: the rules saw another reading as good.
"""
SUMS = ("total_net", "total_vat", "total_gross")
FROM_SUMS = ("vat", "lines", "total_lines", "total_allowances", "total_charges")
"""What was reckoned from the sums and falls with them."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What is read in the end, and what of it may be something else."""

    findings: dict[str, Finding]
    closed: bool
    """Net, VAT and gross are there and add up."""
    changed_sums: bool
    """The sums are not those the rules found."""
    checks: tuple[Check, ...]


def _fits(
    view: PageView, name: str, choice: FieldChoice, findings: Mapping[str, Finding], *, gross: object
) -> bool:
    """Tell whether what was chosen can be what it was chosen for, beside what is known."""
    place = choice.candidate
    if name == "preceding_invoice":
        return "kind" in findings and findings["kind"].value in CORRECTING_KINDS
    if name == "due_date" and place and not choice.labelled:
        issued = findings["issue_date"].value if "issue_date" in findings else choice.value
        if not isinstance(choice.value, date) or not isinstance(issued, date) or choice.value < issued:
            return False
        return not reminds_of_another(view.pieces[place.page][place.piece].text)
    if name == "amount_due" and place and choice.value != gross:
        named = place.amount and abs(place.amount.amount) in _named_due(view)
        return bool(named) and not is_of_another_paper(view, place.page, place.line, place.start)
    return True


def settle(
    view: PageView,
    by_rules: Mapping[str, Finding],
    choices: Choices,
    left_open: frozenset[str] = frozenset(),
) -> Settled:
    """Take the chosen values, but not for what the rules left open on purpose, if they are not far ahead.

    What the rules found stays where nothing is chosen, and where the choice is hardly ahead of it.
    """
    findings = dict(by_rules)
    kind = findings["kind"].value if "kind" in findings else None
    laid_out = "total_net" in findings and findings["total_net"].note is not None
    kept = _kept_together(by_rules, choices)
    for name, choice in choices.fields.items():
        rule = by_rules.get(name)
        if name in kept or _stays(name, rule, choice) or (laid_out and FIELDS[name] == "amounts"):
            continue
        fits = _fits(view, name, choice, findings, gross=choices.value("total_gross"))
        if fits and _fills(name, choice, choices, left_open=name in left_open):
            findings[name] = Finding(
                value=_value(name, choice, credit=kind == "credit_note"), quote=choice.quote
            )
        else:
            findings.pop(name, None)
    _reckon_due_date(view, findings, by_rules)
    _without_misfit(findings, by_rules, choices)
    if not laid_out:
        _without_vat(view, findings)
        _summed_vat(view, findings)
    net, tax, gross = (findings[name].value if name in findings else None for name in SUMS)
    due = findings.get("amount_due")
    if due and "prepaid" not in findings and due.value in (net, tax) and due.value != gross is not None:
        del findings["amount_due"]  # "líquido" is a net in one country, and what is left to pay in another
    _reconcile_payment(view, findings, credit=kind == "credit_note")
    before = tuple(by_rules[name].value if name in by_rules else None for name in SUMS)
    closed = None not in (net, tax, gross) and bool(net + tax == gross)  # type: ignore[operator]  # none is None
    changed = (net, tax, gross) != before
    if changed:
        for name in FROM_SUMS:
            findings.pop(name, None)
        rows = rate_rows(view, credit=kind == "credit_note")
        values = net, tax, gross
        vat = breakdown(view, rows, values) or taxed_parts(view, values) if closed else ()  # type: ignore[arg-type]  # none is None
        if vat:
            findings["vat"] = Finding(value=vat)
    return Settled(
        findings=findings,
        closed=closed,
        changed_sums=changed,
        checks=_checks(findings, choices, closed=closed),
    )


def _reckon_due_date(view: PageView, findings: dict[str, Finding], by_rules: Mapping[str, Finding]) -> None:
    """Reckon the day due by the payment terms again, where they lead from another day than the rules took."""
    due, issued = findings.get("due_date"), findings.get("issue_date")
    before = by_rules.get("issue_date")
    if due is None or due.note is None or (issued and before and issued.value == before.value):
        return
    del findings["due_date"]
    if issued is not None and (day := due_by_terms(view, issued.value)):
        findings["due_date"] = Finding(value=day.value, quote=day.quote, note=day.note)


def _named_due(view: PageView) -> set[Decimal]:
    """Give the amounts beside a label of what is due: no other is taken for it."""
    return {abs(amount) for amount in fits_of_field(view, "amount_due", credit=True)}


def _stays(name: str, rule: Finding | None, choice: FieldChoice) -> bool:
    """Tell whether the rules' value stays: it is chosen too, reckoned, or a known supplier's."""
    if rule is None:
        return False
    if key_of(name, rule.value) == choice.key:
        return name != "seller" or rule.value == choice.value
    if choice.value is None:
        return True
    if rule.note is None and rule.quote is not None:
        labelled = choice.by_rules is not None and choice.by_rules.labelled
        if name == "due_date" and not choice.labelled and choice.by_rules is not None:
            return True  # the rules take no day for it but one with its label
        return choice.margin < SURE and (labelled or name == "seller")
    return name == "seller"


def _fills(name: str, choice: FieldChoice, choices: Choices, *, left_open: bool) -> bool:
    """Tell whether a choice is sure enough to be read.

    Of a day that can be read in two orders neither is. What is due must have its label, and so must a total
    without VAT that is the one with VAT: else one printed total would be both.
    """
    needed = FAR if left_open else OPEN if choice.tied else SURE
    if name in SUMS and not _closed(choices):
        needed = max(needed, SURE if choice.labelled else ALONE)
    if choice.value is None or choice.margin < needed:
        return False
    if left_open and name == "number" and choice.labelled and any(r.labelled for r in choice.rivals):
        return False  # two are called the number: neither is taken, however far ahead one is
    if choice.candidate and choice.candidate.reading != "sure":
        return False
    if name == "amount_due":
        return choice.labelled
    one_total = name == "total_net" and choice.value == choices.value("total_gross")
    return not one_total or choice.labelled or choices.value("total_vat") is not None


def _closed(choices: Choices) -> bool:
    """Tell whether the chosen sums add up."""
    net, tax, gross = (choices.value(name) for name in SUMS)
    return None not in (net, tax, gross) and net + tax == gross  # type: ignore[operator]  # none is None


def _kept_together(by_rules: Mapping[str, Finding], choices: Choices) -> frozenset[str]:
    """Give the fields that stay as the rules have them together.

    Sums that add up stay, unless others that add up too are far ahead; the number of a credit note and the
    one it corrects stay where both were found.
    """
    kept: set[str] = set()
    if {"number", "preceding_invoice"} <= by_rules.keys():
        kept |= {"number", "preceding_invoice"}
    if set(SUMS) <= by_rules.keys():
        net, tax, gross = (by_rules[name].value for name in SUMS)
        others = [c for name in SUMS if (c := choices.fields[name]).key != key_of(name, by_rules[name].value)]
        ahead = bool(others) and all(c.value is not None and c.margin >= FAR for c in others)
        if net + tax == gross and not ahead:
            kept |= set(SUMS)
            prepaid, due = (by_rules[n].value if n in by_rules else None for n in ("prepaid", "amount_due"))
            kept |= {"prepaid", "amount_due"} if prepaid and due == gross - prepaid else set()
    return frozenset(kept)


def _value(name: str, choice: FieldChoice, *, credit: bool) -> object:
    """Give the value as the record has it: an amount with its sign, but not where all is a credit."""
    candidate = choice.candidate
    if candidate and candidate.amount and not credit:
        amount = candidate.amount.amount
        return abs(amount) if name == "prepaid" else amount
    return choice.value


def _without_misfit(findings: dict[str, Finding], by_rules: Mapping[str, Finding], choices: Choices) -> None:
    """Leave out the one sum that was chosen without a label where it does not fit the two the rules found."""
    chosen = [name for name in SUMS if name in findings and name not in by_rules]
    if len(chosen) == 1 and set(SUMS) <= findings.keys() and not choices.fields[chosen[0]].labelled:
        net, tax, gross = (findings[name].value for name in SUMS)
        if net + tax != gross:
            del findings[chosen[0]]


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
    note = say("The sum of the VAT at each rate.")
    taxes = taxes_at_rates(view, findings["total_net"].value, findings["total_gross"].value)
    if taxes:
        findings["total_vat"] = Finding(value=wanted, quote=view.quote(taxes[0].spot), note=note)
        return
    for part in row_stretches(rate_rows(view, credit=True)):
        if sum((row.amount for row in part), ZERO) == wanted:
            spots = view.amounts_by_line.get((part[0].page, part[0].line), ())
            spot = next((s for s in spots if abs(s.value.amount) == part[0].amount), None)
            quote = view.quote(spot) if spot else None
            findings["total_vat"] = Finding(value=wanted, quote=quote, note=note)
            return


def due_in_full(view: PageView, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Give the whole total as what is due, where that is not printed and nothing is taken off it.

    Nothing is: no word for a payment or for what is left stands there, and no term with an amount.
    """
    if "amount_due" in findings or names_term("partly paid", view.text):
        return {}
    sums = {abs(findings[name].value) for name in SUMS}
    if any(abs(spot.value.amount) not in sums for spot in find_deductions(view)):
        return {}
    note = say("No payment on account is mentioned, so the whole total is due.")
    return {"amount_due": replace(findings["total_gross"], note=note)}


def _reconcile_payment(view: PageView, findings: dict[str, Finding], *, credit: bool) -> None:
    """Put between total and what is due what the page prints there, where the choice is not that."""
    if not {"total_gross", "amount_due"} <= findings.keys():
        return
    gross, due = findings["total_gross"].value, findings["amount_due"].value
    paid = findings["prepaid"].value if "prepaid" in findings else ZERO
    if gross <= due or gross - due == paid:
        return
    table = {abs(a): fit for a, fit in fits_of_field(view, "prepaid", credit=credit).items()}
    payment = payment_between(view, table, gross, due)
    if payment and payment.spot:
        quote = view.quote(payment.spot)
        findings["prepaid"] = Finding(value=payment.amount, quote=quote, note=payment.note)


def _checks(findings: Mapping[str, Finding], choices: Choices, *, closed: bool) -> tuple[Check, ...]:
    """Keep the checks of the fields whose value was chosen, not reckoned by a rule.

    Where another value was chosen than stands there, either may be it.
    """
    failed = {check.fields[0]: check for check in choices.checks(MARGINS, closed=closed)}
    for name in MARGINS:
        if name in findings and key_of(name, findings[name].value) != choices.fields[name].key:
            failed[name] = not_unique(name, choices.fields[name])
    return tuple(check for name, check in failed.items() if name in findings and findings[name].note is None)


def too_many(findings: Mapping[str, Finding]) -> Check:
    """Give the failed check of pages with more values than are looked through."""
    detail = say("The pages hold too many values to tell that no other is meant.")
    return Check(
        name="unique", passed=False, detail=detail, fields=tuple(n for n in MARGINS if n in findings)
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


def reason_for_no_vat(record: Invoice) -> list[Check]:
    """Check that an invoice without VAT says why: a legal rate of nothing has its mention."""
    if record.total_vat or not record.total_net or record.total_net != record.total_gross:
        return []
    explained = any(part.exemption or part.category == "Z" for part in record.vat)
    failure = say("No VAT is charged, and nothing on the page says why.")
    return [verdict("exemption", ["vat"], passed=explained, failure=failure)]


def another_tax(view: PageView, findings: Mapping[str, Finding]) -> list[Check]:
    """Check that what was read as VAT is no tax on insurance, which bears none (2006/112/EC, art. 135)."""
    if "total_vat" not in findings:
        return []
    amount = findings["total_vat"].value
    lines = (
        " ".join(piece.text for piece in pieces)
        for number, pieces in view.lines()
        if any(spot.value.amount == amount for spot in view.money_on(number, pieces[0].line))
    )
    if not amount or not any(names_term("insurance tax", line) for line in lines):
        return []
    failure = say("{amount} is a tax on insurance, and no VAT.", amount=amount)
    return [verdict("other_tax", ["total_vat"], passed=False, failure=failure)]


def confirmed_by_repetition(view: PageView, findings: Mapping[str, Finding]) -> Check:
    """Check that what was recognised from a picture, and adds up with nothing, stands there twice alike."""
    return recognition_check(
        [
            name
            for name, kind in READ_TWICE.items()
            if name in findings
            and (name != GROSS or _one_amount(findings))
            and sum(1 for _ in spans_of_value(findings[name].value, kind, view.text)) < 2
        ]
    )


def _one_amount(findings: Mapping[str, Finding]) -> bool:
    """Tell whether one amount stands for net and gross, and no lines add up to it."""
    net, gross = findings.get("total_net"), findings[GROSS]
    return "lines" not in findings and (net is None or net.value == gross.value)
