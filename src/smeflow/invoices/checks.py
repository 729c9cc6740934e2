"""What must hold in one invoice.

Its sums, its check digits, its dates, who it is to; and what must be read twice.

The sums are checked in the spirit of EN 16931's rules BR-CO-10 to BR-CO-17, check digits by python-stdnum.
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
from smeflow.kinds.records import Check, FieldKind
from smeflow.values.identifiers import bic_ok, iban_ok, siren_ok, siret_ok, vat_ok

CENT = Decimal("0.01")
ZERO = Decimal(0)
HALF_UNIT = Decimal("0.50")
WITHOUT_CENTS = frozenset({"HUF", "JPY", "KRW", "ISK", "XOF", "XAF", "XPF", "CLP"})
"""Currencies in which tax is charged in whole units."""


def check_sums(record: Invoice) -> tuple[Check, ...]:
    """Run every check; one whose amounts are missing is told as not run (``passed`` None)."""
    return (
        _net_vat_gross(record),
        _rates_sum(record),
        _rates(record),
        _bases(record),
        _lines_sum(record),
        _lines_net(record),
        _amount_due(record),
    )


def same_amount(one: Decimal, other: Decimal, tolerance: Decimal = ZERO) -> bool:
    """Compare two amounts to the cent."""
    return abs(one.quantize(CENT) - other.quantize(CENT)) <= tolerance


def _sum_check(
    name: str,
    fields: tuple[str, ...],
    expected: Decimal | None = None,
    stated: Decimal | None = None,
    *,
    detail: Phrase | None = None,
    tolerance: Decimal = ZERO,
) -> Check:
    if expected is None or stated is None:
        return Check(
            name=name, passed=None, detail=say("Not run: an amount it needs is not there."), fields=fields
        )
    passed = same_amount(expected, stated, tolerance)
    return Check(name=name, passed=passed, detail=None if passed else detail, fields=fields)


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    amounts = list(values)
    return None if not amounts or None in amounts else sum((a for a in amounts if a is not None), ZERO)


def _net_vat_gross(r: Invoice) -> Check:
    """BR-CO-15."""
    expected = None if r.total_net is None or r.total_vat is None else r.total_net + r.total_vat
    detail = say("Net {net} and VAT {vat} make {sum}, but the total is {gross}.",
                 net=r.total_net, vat=r.total_vat, sum=expected, gross=r.total_gross)  # fmt: skip
    return _sum_check(
        "net+vat=gross", ("total_net", "total_vat", "total_gross"), expected, r.total_gross, detail=detail
    )


def _rates_sum(r: Invoice) -> Check:
    """BR-CO-14."""
    expected = _sum(rate.amount for rate in r.vat)
    detail = say("The VAT of all rates makes {sum}, but total VAT is {vat}.", sum=expected, vat=r.total_vat)
    return _sum_check("rates=vat", ("vat", "total_vat"), expected, r.total_vat, detail=detail)


def _rates(r: Invoice) -> Check:
    """BR-CO-17: base times rate, give or take what rounding line by line may add."""
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
            return Check(name="base*rate=vat", passed=False, detail=detail, fields=("vat",))
    return (
        Check(name="base*rate=vat", passed=True, fields=("vat",))
        if ran
        else _sum_check("base*rate=vat", ("vat",))
    )


def _bases(r: Invoice) -> Check:
    """BR-S-08 and its sisters, in sum."""
    expected = _sum(rate.base for rate in r.vat)
    detail = say("The VAT bases make {sum}, but net is {net}.", sum=expected, net=r.total_net)
    return _sum_check("bases=net", ("vat", "total_net"), expected, r.total_net, detail=detail, tolerance=CENT)


def _lines_sum(r: Invoice) -> Check:
    """BR-CO-10."""
    expected = _sum(line.net for line in r.lines)
    detail = say("The lines make {sum}, but their stated sum is {lines}.", sum=expected, lines=r.total_lines)
    return _sum_check("lines=total_lines", ("lines", "total_lines"), expected, r.total_lines, detail=detail)


def _lines_net(r: Invoice) -> Check:
    """BR-CO-13."""
    lines = r.total_lines if r.total_lines is not None else _sum(line.net for line in r.lines)
    expected = None if lines is None else lines - (r.total_allowances or ZERO) + (r.total_charges or ZERO)
    detail = say("Lines, allowances and charges make {sum}, but net is {net}.", sum=expected, net=r.total_net)
    fields = ("total_lines", "total_allowances", "total_charges", "total_net")
    return _sum_check("lines=net", fields, expected, r.total_net, detail=detail)


def _amount_due(r: Invoice) -> Check:
    """BR-CO-16."""
    expected = None if r.total_gross is None else r.total_gross - (r.prepaid or ZERO) + (r.rounding or ZERO)
    detail = say(
        "The total less what was paid makes {sum}, but {due} is due.", sum=expected, due=r.amount_due
    )
    fields = ("total_gross", "prepaid", "rounding", "amount_due")
    fields = ("total_gross", "prepaid", "rounding", "amount_due")
    return _sum_check("gross-prepaid=due", fields, expected, r.amount_due, detail=detail)


def check_own_firm(record: Invoice, firm: Firm | None) -> tuple[Check, ...]:
    """Check that the invoice is to the firm, not its own, and asks to pay to another's account.

    What the firm has not said of itself is not checked: ``passed`` is None.
    """
    return _not_our_account(record, firm), _not_from_us(record, firm), _to_us(record, firm)


def _not_our_account(record: Invoice, firm: Firm | None) -> Check:
    if firm is None or not firm.ibans or record.iban is None:
        return Check(name="not_our_account", passed=None, fields=("iban",))
    ours = _bare_number(record.iban) in {_bare_number(iban) for iban in firm.ibans}
    detail = say("It asks to pay to an account of our own: {iban}.", iban=record.iban) if ours else None
    return Check(name="not_our_account", passed=not ours, detail=detail, fields=("iban",))


def _not_from_us(record: Invoice, firm: Firm | None) -> Check:
    known = firm is not None and (firm.names or firm.siren or firm.vat_ids)
    if firm is None or not known or not (record.seller or record.seller_details.vat_id):
        return Check(name="not_from_us", passed=None, fields=("seller",))
    party = record.seller_details
    numbers = {_bare_number(number) for number in (party.vat_id, party.legal_id) if number}
    own = {_bare_number(number) for number in own_numbers(firm)}
    by_number = bool(numbers & own) or bool(firm.siren and any(n[:9] == firm.siren for n in numbers))
    ours = by_number or folded(record.seller or "") in {folded(name) for name in firm.names}
    detail = say("The seller is our own firm: {seller}.", seller=record.seller or "") if ours else None
    return Check(name="not_from_us", passed=not ours, detail=detail, fields=("seller",))


def _to_us(record: Invoice, firm: Firm | None) -> Check:
    known = firm is not None and (firm.names or firm.siren or firm.vat_ids)
    if firm is None or not known or not (record.buyer or record.buyer_details.vat_id):
        return Check(name="to_us", passed=None, fields=("buyer",))
    party = record.buyer_details
    numbers = {_bare_number(number) for number in (party.vat_id, party.legal_id) if number}
    own = {_bare_number(number) for number in own_numbers(firm)}
    ours = bool(numbers & own) or bool(firm.siren and any(firm.siren in number for number in numbers))
    ours = ours or any(_alike(record.buyer or "", name) for name in firm.names)
    if not ours and not (own and numbers) and not (firm.names and record.buyer):
        return Check(name="to_us", passed=None, fields=("buyer",))  # a name says nothing against a number
    to = record.buyer or party.vat_id or ""
    detail = None if ours else say("It is addressed to {buyer}, not to us.", buyer=to)
    return Check(name="to_us", passed=ours, detail=detail, fields=("buyer",))


def _alike(printed: str, name: str) -> bool:
    """Tell whether a printed name is the firm's, with more or less around it: a legal form, a person."""
    one, other = (" ".join(_WORD.findall(folded(each))) for each in (printed, name))
    return bool(one and other) and (f" {one} " in f" {other} " or f" {other} " in f" {one} ")


_WORD = re.compile(r"[^\W_]+")


def own_numbers(firm: Firm) -> tuple[str, ...]:
    """Give the numbers the firm is registered under."""
    return (*firm.vat_ids, *((firm.siren,) if firm.siren else ()))


def _bare_number(number: str) -> str:
    return re.sub(r"\W", "", number).upper()


UNCHECKED_FIELDS: Mapping[str, FieldKind] = {"number": "identifier", "issue_date": "date", "seller": "text"}
"""What no arithmetic would catch if it were misread."""
GROSS = "total_gross"
"""Nor would it catch this where no VAT is charged: one amount stands for all three."""
READ_TWICE: Mapping[str, FieldKind] = {**UNCHECKED_FIELDS, GROSS: "money"}
DERIVED = frozenset({"vat", "lines", "seller_details", "buyer_details"})
"""What hangs together and is taken from one look only."""


def recognition_check(alone: Sequence[str]) -> Check:
    """Make the check: it holds when nothing is left that was recognised once and confirmed by nothing."""
    if not alone:
        return Check(name="recognised", passed=True)
    detail = say(
        "The page is a picture; recognised once and confirmed by nothing: {fields}.",
        fields=list_fields(alone),
    )
    return Check(name="recognised", passed=False, detail=detail, fields=tuple(alone))


def check_identifiers(record: Invoice) -> tuple[Check, ...]:
    """Check the IBAN, the BIC and both parties' VAT and French company numbers, as far as they are there.

    A number of a country whose rule is not known gives a check that did not run.
    """
    checks: list[Check] = []
    if record.iban:
        written = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{6,30}", record.iban)  # else a national account number
        checks.append(
            _digits_check("iban", record.iban, "iban", ok=iban_ok(record.iban) if written else None)
        )
    if record.bic:
        checks.append(_bic(record.bic))
    for role, party in (("seller", record.seller_details), ("buyer", record.buyer_details)):
        checks += _party_numbers(role, party)
    return tuple(checks)


def _party_numbers(role: str, party: Party) -> Iterator[Check]:
    field = f"{role}_details"
    if party.vat_id:
        right = vat_ok(party.vat_id)
        yield _digits_check(f"{role}_vat_id", party.vat_id, field, ok=right)
        if right is False and re.fullmatch(r"FR\d{11}", party.vat_id):
            yield from _vat_key(role, party.vat_id, field)
    legal = re.sub(r"\W", "", party.legal_id or "")
    french = party.country == "FR" or (party.vat_id or "").startswith("FR")
    if french and legal.isdigit() and len(legal) in (9, 14):
        name = "siren" if len(legal) == 9 else "siret"
        ok = siren_ok(legal) if name == "siren" else siret_ok(legal)
        yield _digits_check(f"{role}_{name}", legal, field, ok=ok)
        if (party.vat_id or "").startswith("FR"):
            agree = (party.vat_id or "")[4:] == legal[:9]
            detail = say(
                "VAT number {vat} and company number {legal} are of two companies.",
                vat=party.vat_id,
                legal=legal,
            )
            yield Check(
                name=f"{role}_vat_id=siren", passed=agree, detail=None if agree else detail, fields=(field,)
            )


def _vat_key(role: str, number: str, field: str) -> Iterator[Check]:
    """Say what the two digits in front of the SIREN should be, whatever the SIREN's own digit says."""
    key = (12 + 3 * (int(number[4:]) % 97)) % 97
    if int(number[2:4]) != key:
        detail = say("The key of {number} should be {key}.", number=number, key=f"{key:02d}")
        yield Check(name=f"{role}_vat_key", passed=False, detail=detail, fields=(field,))


def _bic(number: str) -> Check:
    ok = bic_ok(number)
    detail = say(
        "{number} is no BIC: that has 8 or 11 characters, with a country in the middle.", number=number
    )
    return Check(name="bic", passed=ok, detail=None if ok else detail, fields=("bic",))


def _digits_check(name: str, number: str, field: str, *, ok: bool | None) -> Check:
    details = {
        True: None,
        False: say("{number} is mistyped: its check digits are wrong.", number=number),
        None: say("Not run: no rule is known for {number}.", number=number),
    }
    return Check(name=name, passed=ok, detail=details[ok], fields=(field,))


def run_checks(record: Invoice) -> tuple[Check, ...]:
    """Run every check of sums, dates and identifiers."""
    return (*check_sums(record), _due_after_issue(record), *check_identifiers(record))


def _due_after_issue(record: Invoice) -> Check:
    if record.issue_date is None or record.due_date is None:
        return Check(name="due>=issue", passed=None, fields=("issue_date", "due_date"))
    detail = say("It is due on {due}, before its own date {issued}.",
                 due=record.due_date.isoformat(), issued=record.issue_date.isoformat())  # fmt: skip
    passed = record.due_date >= record.issue_date
    return Check(
        name="due>=issue", passed=passed, detail=None if passed else detail, fields=("issue_date", "due_date")
    )


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
