"""Check that an invoice's amounts add up, in the spirit of EN 16931's rules BR-CO-10 to BR-CO-17."""

from collections.abc import Iterable
from decimal import Decimal

from smeflow.i18n import Phrase, say
from smeflow.readers.base import Check
from smeflow.records import Invoice

CENT = Decimal("0.01")
ZERO = Decimal(0)
HALF = Decimal("0.50")
WITHOUT_CENTS = frozenset({"HUF", "JPY", "KRW", "ISK", "XOF", "XAF", "XPF", "CLP"})
"""Currencies in which tax is charged in whole units."""


def check_invoice(record: Invoice) -> tuple[Check, ...]:
    """Run every check; one whose amounts are missing is told as not run (``passed`` None)."""
    return (
        _net_vat_gross(record),
        _rates_sum(record),
        _rates(record),
        _bases(record),
        _lines(record),
        _lines_net(record),
        _due(record),
    )


def same(one: Decimal, other: Decimal, tolerance: Decimal = ZERO) -> bool:
    """Compare two amounts to the cent."""
    return abs(one.quantize(CENT) - other.quantize(CENT)) <= tolerance


def _check(
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
    passed = same(expected, stated, tolerance)
    return Check(name=name, passed=passed, detail=None if passed else detail, fields=fields)


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    amounts = list(values)
    return None if not amounts or None in amounts else sum((a for a in amounts if a is not None), ZERO)


def _net_vat_gross(r: Invoice) -> Check:
    """BR-CO-15."""
    expected = None if r.total_net is None or r.total_vat is None else r.total_net + r.total_vat
    detail = say("Net {net} and VAT {vat} make {sum}, but the total is {gross}.",
                 net=r.total_net, vat=r.total_vat, sum=expected, gross=r.total_gross)  # fmt: skip
    return _check(
        "net+vat=gross", ("total_net", "total_vat", "total_gross"), expected, r.total_gross, detail=detail
    )


def _rates_sum(r: Invoice) -> Check:
    """BR-CO-14."""
    expected = _sum(rate.amount for rate in r.vat)
    detail = say("The VAT of all rates makes {sum}, but total VAT is {vat}.", sum=expected, vat=r.total_vat)
    return _check("rates=vat", ("vat", "total_vat"), expected, r.total_vat, detail=detail)


def _rates(r: Invoice) -> Check:
    """BR-CO-17: base times rate, give or take what rounding line by line may add."""
    tolerance = CENT * max(2, len(r.lines)) + (HALF if r.currency in WITHOUT_CENTS else ZERO)
    ran = False
    for rate in r.vat:
        if rate.base is None or rate.rate is None or rate.amount is None:
            continue
        ran = True
        expected = round(rate.base * rate.rate / 100, 2)
        if not same(expected, rate.amount, tolerance):
            detail = say("{rate} % of {base} is {expected}, but {amount} is charged.",
                         rate=rate.rate, base=rate.base, expected=expected, amount=rate.amount)  # fmt: skip
            return Check(name="base*rate=vat", passed=False, detail=detail, fields=("vat",))
    return (
        Check(name="base*rate=vat", passed=True, fields=("vat",))
        if ran
        else _check("base*rate=vat", ("vat",))
    )


def _bases(r: Invoice) -> Check:
    """BR-S-08 and its sisters, in sum."""
    expected = _sum(rate.base for rate in r.vat)
    detail = say("The VAT bases make {sum}, but net is {net}.", sum=expected, net=r.total_net)
    return _check("bases=net", ("vat", "total_net"), expected, r.total_net, detail=detail, tolerance=CENT)


def _lines(r: Invoice) -> Check:
    """BR-CO-10."""
    expected = _sum(line.net for line in r.lines)
    detail = say("The lines make {sum}, but their stated sum is {lines}.", sum=expected, lines=r.total_lines)
    return _check("lines=total_lines", ("lines", "total_lines"), expected, r.total_lines, detail=detail)


def _lines_net(r: Invoice) -> Check:
    """BR-CO-13."""
    lines = r.total_lines if r.total_lines is not None else _sum(line.net for line in r.lines)
    expected = None if lines is None else lines - (r.total_allowances or ZERO) + (r.total_charges or ZERO)
    detail = say("Lines, allowances and charges make {sum}, but net is {net}.", sum=expected, net=r.total_net)
    fields = ("total_lines", "total_allowances", "total_charges", "total_net")
    return _check("lines=net", fields, expected, r.total_net, detail=detail)


def _due(r: Invoice) -> Check:
    """BR-CO-16."""
    expected = None if r.total_gross is None else r.total_gross - (r.prepaid or ZERO) + (r.rounding or ZERO)
    detail = say(
        "The total less what was paid makes {sum}, but {due} is due.", sum=expected, due=r.amount_due
    )
    fields = ("total_gross", "prepaid", "rounding", "amount_due")
    fields = ("total_gross", "prepaid", "rounding", "amount_due")
    return _check("gross-prepaid=due", fields, expected, r.amount_due, detail=detail)
