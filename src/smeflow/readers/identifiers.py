"""Check digits of the identifiers on an invoice, by python-stdnum."""

import re
from collections.abc import Iterator

from smeflow.i18n import say
from smeflow.readers.base import Check
from smeflow.records import Invoice, Party

_EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
EU = frozenset(_EU.split(" "))


def check_identifiers(record: Invoice) -> tuple[Check, ...]:
    """Check the IBAN, the BIC and both parties' VAT and French company numbers, as far as they are there.

    A number of a country whose rule is not known gives a check that did not run.
    """
    checks: list[Check] = []
    if record.iban:
        written = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{6,30}", record.iban)  # else a national account number
        checks.append(_check("iban", record.iban, "iban", ok=iban_ok(record.iban) if written else None))
    if record.bic:
        checks.append(_bic(record.bic))
    for role, party in (("seller", record.seller_details), ("buyer", record.buyer_details)):
        checks += _party(role, party)
    return tuple(checks)


def _party(role: str, party: Party) -> Iterator[Check]:
    field = f"{role}_details"
    if party.vat_id:
        right = vat_ok(party.vat_id)
        yield _check(f"{role}_vat_id", party.vat_id, field, ok=right)
        if right is False and re.fullmatch(r"FR\d{11}", party.vat_id):
            yield from _vat_key(role, party.vat_id, field)
    legal = re.sub(r"\W", "", party.legal_id or "")
    french = party.country == "FR" or (party.vat_id or "").startswith("FR")
    if french and legal.isdigit() and len(legal) in (9, 14):
        name = "siren" if len(legal) == 9 else "siret"
        ok = siren_ok(legal) if name == "siren" else siret_ok(legal)
        yield _check(f"{role}_{name}", legal, field, ok=ok)
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


def _check(name: str, number: str, field: str, *, ok: bool | None) -> Check:
    details = {
        True: None,
        False: say("{number} is mistyped: its check digits are wrong.", number=number),
        None: say("Not run: no rule is known for {number}.", number=number),
    }
    return Check(name=name, passed=ok, detail=details[ok], fields=(field,))


def iban_ok(number: str) -> bool:
    """Tell whether an IBAN has its country's length and right check digits."""
    from stdnum import iban

    return bool(iban.is_valid(number, check_country=False))


def bic_ok(number: str) -> bool:
    """Tell whether a BIC has the right form; it has no check digit."""
    from stdnum import bic

    return bool(bic.is_valid(number))


def siren_ok(number: str) -> bool:
    """Tell whether a SIREN's check digit is right."""
    from stdnum.fr import siren

    return bool(siren.is_valid(number))


def siret_ok(number: str) -> bool:
    """Tell whether a SIRET's check digit is right; La Poste's own rule included."""
    from stdnum.fr import siret

    return bool(siret.is_valid(number))


def vat_ok(number: str) -> bool | None:
    """Tell whether a VAT number with its prefix is right; None where the country's rule is not known."""
    number = re.sub(r"[\s.\-]", "", number).upper()
    if number.startswith("CHE"):
        from stdnum.ch import uid

        return bool(uid.is_valid(number[:12]))
    if number.startswith("GB"):
        from stdnum.gb import vat as gb

        return bool(gb.is_valid(number))
    if number[:2] not in EU:
        return None
    from stdnum.eu import vat

    return bool(vat.is_valid(number))
