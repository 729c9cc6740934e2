"""What must hold in one invoice: its sums, dates and check digits, who it is to, and what must be read twice.

The sums follow EN 16931's rules BR-CO-10 to BR-CO-17; check digits are python-stdnum's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from smeflow._text import folded
from smeflow.i18n import Phrase, say
from smeflow.invoices.record import Invoice
from smeflow.invoices.record_parts import Party
from smeflow.kinds.field_names import list_fields
from smeflow.kinds.record_kind import Firm
from smeflow.kinds.records import Check, FieldKind, Reading
from smeflow.values.identifiers import bic_ok, iban_ok, siren_ok, siret_ok, vat_ok

CENT = Decimal("0.01")
ZERO = Decimal(0)
HALF_UNIT = Decimal("0.50")
WITHOUT_CENTS = frozenset({"HUF", "JPY", "KRW", "ISK", "XOF", "XAF", "XPF", "CLP"})
"""Currencies in which tax is charged in whole units."""
CHECK_WORDS: Mapping[str, Phrase] = {
    "net+vat=gross": say("net and VAT make the total"),
    "rates=vat": say("the rates make the VAT"),
    "base*rate=vat": say("VAT by its rate"),
    "bases=net": say("the rates' bases make the net"),
    "lines=total_lines": say("the lines make their sum"),
    "lines=net": say("the lines make the net"),
    "gross-prepaid=due": say("what was paid before is taken off"),
    "due>=issue": say("due after it was issued"),
    "iban": say("IBAN is right"),
    "bic": say("BIC is right"),
    "seller_vat_id": say("seller's VAT id is right"),
    "seller_vat_key": say("key of the seller's VAT id"),
    "seller_siren": say("seller's SIREN is right"),
    "seller_siret": say("seller's SIRET is right"),
    "seller_vat_id=siren": say("seller's VAT id and SIREN agree"),
    "buyer_vat_id": say("buyer's VAT id is right"),
    "buyer_vat_key": say("key of the buyer's VAT id"),
    "buyer_siren": say("buyer's SIREN is right"),
    "buyer_siret": say("buyer's SIRET is right"),
    "buyer_vat_id=siren": say("buyer's VAT id and SIREN agree"),
    "not_our_account": say("not our own account"),
    "not_from_us": say("not our own invoice"),
    "to_us": say("addressed to us"),
    "copies_agree": say("its copies agree"),
    "namespace": say("names of the standard"),
    "recognised": say("a second reading confirms it"),
    "firm_named": say("who we are is known"),
    "one_line": say("seller in one line"),
    "seller_told": say("seller told"),
    "unique": say("nothing else could be meant"),
    "tied": say("something says what it is"),
    "is_invoice": say("an invoice"),
    "is_receipt": say("a receipt"),
    "paid-change=total": say("paid less change makes the total"),
    "lines=total": say("the lines make the total"),
    "exemption": say("reason for no VAT"),
    "other_tax": say("the tax is VAT"),
    "page_agrees": say("page and data agree"),
}
"""What people call the checks of an invoice, wherever they are made."""
BUYER_CHECKS = frozenset(
    {"buyer_vat_id", "buyer_vat_key", "buyer_siren", "buyer_siret", "buyer_vat_id=siren"}
)
"""What a file's own data say of the buyer cannot be misread, and says nothing of who is paid."""
_SELLER_CHECKS = frozenset(
    {"seller_vat_id", "seller_vat_key", "seller_siren", "seller_siret", "seller_vat_id=siren"}
)
STOPS_PROOF_ONLY = BUYER_CHECKS | _SELLER_CHECKS | {"bic", "namespace", "tied", "firm_named"}
"""Checks whose failure stops the proof but is no doubt by itself: no money goes astray."""


def run_checks(record: Invoice) -> tuple[Check, ...]:
    """Run every check of sums, dates and identifiers."""
    return (*check_sums(record), _due_after_issue(record), *check_identifiers(record))


def verdict(name: str, fields: Iterable[str], *, passed: bool, failure: Phrase) -> Check:
    """Make a check that ran; *failure* says why where it did not pass."""
    return Check(name=name, passed=passed, detail=None if passed else failure, fields=tuple(fields))


def same_amount(first: Decimal, second: Decimal, tolerance: Decimal = ZERO) -> bool:
    """Compare two amounts to the cent."""
    return abs(first.quantize(CENT) - second.quantize(CENT)) <= tolerance


def check_sums(record: Invoice) -> tuple[Check, ...]:
    """Run every check of amounts; one whose amounts are missing is marked as not run (``passed`` None)."""
    r, line_sum = record, _sum(line.net for line in record.lines)
    gross = _sum((r.total_net, r.total_vat))
    vat = _sum(rate.amount for rate in r.vat)
    bases = _sum(rate.base for rate in r.vat)
    lines = r.total_lines if r.total_lines is not None else line_sum
    net = None if lines is None else lines - (r.total_allowances or ZERO) + (r.total_charges or ZERO)
    due = None if r.total_gross is None else r.total_gross - (r.prepaid or ZERO) + (r.rounding or ZERO)
    return (
        _sum_check(  # BR-CO-15
            "net+vat=gross", ("total_net", "total_vat", "total_gross"), gross, r.total_gross,
            say("Net {net} and VAT {vat} make {sum}, but the total is {gross}.",
                net=r.total_net, vat=r.total_vat, sum=gross, gross=r.total_gross),
        ),
        _sum_check(  # BR-CO-14
            "rates=vat", ("vat", "total_vat"), vat, r.total_vat,
            say("The VAT of all rates makes {sum}, but total VAT is {vat}.", sum=vat, vat=r.total_vat),
        ),
        _rates(r),
        _sum_check(  # BR-S-08 and its sisters, in sum
            "bases=net", ("vat", "total_net"), bases, r.total_net,
            say("The VAT bases make {sum}, but net is {net}.", sum=bases, net=r.total_net), tolerance=CENT,
        ),
        _sum_check(  # BR-CO-10
            "lines=total_lines", ("lines", "total_lines"), line_sum, r.total_lines,
            say("The lines make {sum}, but their stated sum is {lines}.", sum=line_sum, lines=r.total_lines),
        ),
        _sum_check(  # BR-CO-13
            "lines=net", ("total_lines", "total_allowances", "total_charges", "total_net"), net, r.total_net,
            say("Lines, allowances and charges make {sum}, but net is {net}.", sum=net, net=r.total_net),
        ),
        _sum_check(  # BR-CO-16
            "gross-prepaid=due", ("total_gross", "prepaid", "rounding", "amount_due"), due, r.amount_due,
            say("The total less what was paid makes {sum}, but {due} is due.", sum=due, due=r.amount_due),
        ),
    )  # fmt: skip


def _sum_check(
    name: str,
    fields: tuple[str, ...],
    expected: Decimal | None,
    stated: Decimal | None,
    failure: Phrase,
    *,
    tolerance: Decimal = ZERO,
) -> Check:
    if expected is None or stated is None:
        return _amount_missing(name, fields)
    return verdict(name, fields, passed=same_amount(expected, stated, tolerance), failure=failure)


def _amount_missing(name: str, fields: tuple[str, ...]) -> Check:
    return Check(
        name=name, passed=None, detail=say("Not run: an amount it needs is not there."), fields=fields
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    amounts = list(values)
    return None if not amounts or None in amounts else sum((a for a in amounts if a is not None), ZERO)


def _rates(r: Invoice) -> Check:
    """BR-CO-17: base times rate, give or take what rounding line by line may add."""
    name, fields = "base*rate=vat", ("vat",)
    tolerance = CENT * max(2, len(r.lines)) + (HALF_UNIT if r.currency in WITHOUT_CENTS else ZERO)
    ran = False
    for rate in r.vat:
        if rate.base is None or rate.rate is None or rate.amount is None:
            continue
        ran = True
        expected = round(rate.base * rate.rate / 100, 2)
        if not same_amount(expected, rate.amount, tolerance):
            detail = say("{rate} % of {base} is {expected}, but {amount} is charged.",
                         rate=rate.rate, base=rate.base, expected=expected, amount=rate.amount)  # fmt: skip
            return Check(name=name, passed=False, detail=detail, fields=fields)
    return Check(name=name, passed=True, fields=fields) if ran else _amount_missing(name, fields)


def sums_close(record: Invoice, checks: Sequence[Check]) -> bool | None:
    """Tell whether net and VAT make gross; without any VAT, whether net is gross."""
    if record.total_vat is None and record.total_net is not None:
        return record.total_net == record.total_gross if record.total_gross is not None else None
    return next((check.passed for check in checks if check.name == "net+vat=gross"), None)


def missing_fields(record: Invoice, wanted: Sequence[str]) -> tuple[str, ...]:
    """Name what is wanted and not there. VAT may be missing where net is gross: there is none."""
    without_vat = record.total_net is not None and record.total_net == record.total_gross
    return tuple(
        name for name in wanted if getattr(record, name) is None and not (name == "total_vat" and without_vat)
    )


def _due_after_issue(record: Invoice) -> Check:
    fields = ("issue_date", "due_date")
    if record.issue_date is None or record.due_date is None:
        return Check(name="due>=issue", passed=None, fields=fields)
    failure = say("It is due on {due}, before its own date {issued}.",
                  due=record.due_date.isoformat(), issued=record.issue_date.isoformat())  # fmt: skip
    return verdict("due>=issue", fields, passed=record.due_date >= record.issue_date, failure=failure)


def check_own_firm(record: Invoice, firm: Firm | None) -> tuple[Check, ...]:
    """Check that the invoice is to the firm, not its own, and asks to pay to another's account.

    What the firm has not said of itself is not checked: ``passed`` is None.
    """
    checks = _not_our_account(record, firm), _not_from_us(record, firm), _to_us(record, firm)
    return (*checks, _firm_left_open()) if firm is not None and firm.left_open else checks


def _firm_left_open() -> Check:
    """Stop the proof where nobody can tell whether an invoice is to us: ``names = []``."""
    failure = say("smeflow.toml does not say who we are: write our names there, names = […].")
    return verdict("firm_named", ("seller", "buyer"), passed=False, failure=failure)


def _not_our_account(record: Invoice, firm: Firm | None) -> Check:
    fields = ("iban",)
    if firm is None or not firm.ibans or record.iban is None:
        return Check(name="not_our_account", passed=None, fields=fields)
    ours = bare_number(record.iban) in map(bare_number, firm.ibans)
    failure = say("It asks to pay to an account of our own: {iban}.", iban=record.iban)
    return verdict("not_our_account", fields, passed=not ours, failure=failure)


def _not_from_us(record: Invoice, firm: Firm | None) -> Check:
    party, fields = record.seller_details, ("seller",)
    if firm is None or not _is_described(firm) or not (record.seller or party.vat_id):
        return Check(name="not_from_us", passed=None, fields=fields)
    numbers = _party_numbers(party)
    by_number = bool(numbers & _firm_numbers(firm)) or any(n[:9] == firm.siren for n in numbers)
    ours = by_number or folded(record.seller or "") in map(folded, firm.names)
    failure = say("The seller is our own firm: {seller}.", seller=record.seller or "")
    return verdict("not_from_us", fields, passed=not ours, failure=failure)


def _to_us(record: Invoice, firm: Firm | None) -> Check:
    party, fields = record.buyer_details, ("buyer",)
    if firm is None or not _is_described(firm) or not (record.buyer or party.vat_id):
        return Check(name="to_us", passed=None, fields=fields)
    numbers, known = _party_numbers(party), _firm_numbers(firm)
    by_number = bool(numbers & known) or bool(firm.siren and any(firm.siren in number for number in numbers))
    ours = by_number or any(_same_name(record.buyer or "", name) for name in firm.names)
    if not ours and not (known and numbers) and not (firm.names and record.buyer):
        return Check(name="to_us", passed=None, fields=fields)  # a name says nothing against a number
    failure = say("It is addressed to {buyer}, not to us.", buyer=record.buyer or party.vat_id or "")
    return verdict("to_us", fields, passed=ours, failure=failure)


def _is_described(firm: Firm) -> bool:
    return bool(firm.names or firm.siren or firm.vat_ids)


def _party_numbers(party: Party) -> set[str]:
    return {bare_number(number) for number in (party.vat_id, party.legal_id) if number}


def _firm_numbers(firm: Firm) -> set[str]:
    return set(map(bare_number, own_numbers(firm)))


def own_numbers(firm: Firm) -> tuple[str, ...]:
    """Give the numbers the firm is registered under."""
    return (*firm.vat_ids, *((firm.siren,) if firm.siren else ()))


def bare_number(number: str | None) -> str:
    """Give a number without spaces and punctuation, in capitals."""
    return re.sub(r"\W", "", number or "").upper()


_WORD = re.compile(r"[^\W_]+")


def _same_name(printed: str, name: str) -> bool:
    """Tell whether a printed name is the firm's, with more or less around it: a legal form, a person."""
    return either_contains(*(" ".join(_WORD.findall(folded(text))) for text in (printed, name)))


def either_contains(first: str, second: str) -> bool:
    """Tell whether one of two names holds the other, word by word."""
    return bool(first and second) and (f" {first} " in f" {second} " or f" {second} " in f" {first} ")


def check_identifiers(record: Invoice) -> tuple[Check, ...]:
    """Check the IBAN, the BIC and both parties' VAT and French company numbers, as far as they are there.

    A number of a country whose rule is not known gives a check that did not run.
    """
    checks: list[Check] = []
    if record.iban:
        is_iban = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{6,30}", record.iban)  # else a national account number
        checks.append(
            _digits_check("iban", record.iban, "iban", ok=iban_ok(record.iban) if is_iban else None)
        )
    if record.bic:
        failure = say(
            "{number} is no BIC: that has 8 or 11 characters, with a country in the middle.",
            number=record.bic,
        )
        checks.append(verdict("bic", ["bic"], passed=bic_ok(record.bic), failure=failure))
    for role, party in (("seller", record.seller_details), ("buyer", record.buyer_details)):
        checks += _check_party(role, party)
    return tuple(checks)


def _check_party(role: str, party: Party) -> Iterator[Check]:
    field = f"{role}_details"
    vat, legal = party.vat_id or "", re.sub(r"\W", "", party.legal_id or "")
    if vat:
        ok = vat_ok(vat)
        yield _digits_check(f"{role}_vat_id", vat, field, ok=ok)
        if ok is False and re.fullmatch(r"FR\d{11}", vat):
            yield from _vat_key(role, vat, field)
    french = party.country == "FR" or vat.startswith("FR")
    if french and legal.isdigit() and len(legal) in (9, 14):
        name, ok = ("siren", siren_ok(legal)) if len(legal) == 9 else ("siret", siret_ok(legal))
        yield _digits_check(f"{role}_{name}", legal, field, ok=ok)
        if vat.startswith("FR"):
            failure = say(
                "VAT number {vat} and company number {legal} are of two companies.", vat=vat, legal=legal
            )
            yield verdict(f"{role}_vat_id=siren", [field], passed=vat[4:] == legal[:9], failure=failure)


def _vat_key(role: str, number: str, field: str) -> Iterator[Check]:
    """Say what the two digits in front of the SIREN should be, whatever the SIREN's own digit says."""
    key = (12 + 3 * (int(number[4:]) % 97)) % 97
    if int(number[2:4]) != key:
        detail = say("The key of {number} should be {key}.", number=number, key=f"{key:02d}")
        yield Check(name=f"{role}_vat_key", passed=False, detail=detail, fields=(field,))


def _digits_check(name: str, number: str, field: str, *, ok: bool | None) -> Check:
    if ok is None:
        detail = say("Not run: no rule is known for {number}.", number=number)
        return Check(name=name, passed=None, detail=detail, fields=(field,))
    failure = say("{number} is mistyped: its check digits are wrong.", number=number)
    return verdict(name, [field], passed=ok, failure=failure)


def is_refused(page: Reading) -> bool:
    """Tell whether a page calls itself something that is no invoice."""
    return any(check.name == "is_invoice" and check.passed is False for check in page.checks)


GROSS = "total_gross"
READ_TWICE: Mapping[str, FieldKind] = {
    "number": "identifier",
    "issue_date": "date",
    "seller": "text",
    GROSS: "money",
}
"""What no arithmetic would catch if it were misread; the total only where no VAT is charged, since one amount
stands for all three."""
DERIVED = frozenset({"vat", "lines", "seller_details", "buyer_details"})
"""What hangs together and is taken from one look only."""


def recognition_check(unconfirmed: Sequence[str]) -> Check:
    """Make the check: it holds when nothing is left that was recognised once and confirmed by nothing."""
    if not unconfirmed:
        return Check(name="recognised", passed=True)
    detail = say(
        "The page is a picture; recognised once and confirmed by nothing: {fields}.",
        fields=list_fields(unconfirmed),
    )
    return Check(name="recognised", passed=False, detail=detail, fields=tuple(unconfirmed))
