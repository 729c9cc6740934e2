"""Company numbers, VAT numbers and bank accounts: finding them and their check digits."""

import re
from collections.abc import Iterator

from smeflow._iban import IBAN_LENGTHS, check_digits_ok
from smeflow.documents.document import Document

_EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
EU = frozenset(_EU.split(" "))


def iban_ok(number: str) -> bool:
    """Tell whether an IBAN has its country's length and valid check digits."""
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


_IBAN_START = re.compile(r"\b[A-Z]{2}\d{2}(?=[\s.\-]?[A-Z0-9])")
SEARCHED = 500_000
"""Characters of a document that are searched for accounts."""


def ibans_on(documents: tuple[Document, ...]) -> tuple[str, ...]:
    """Give the bank accounts a page shows, in order: a second one is what a forged line looks like."""
    texts = (document.text[:SEARCHED].upper() for document in documents)
    return tuple(dict.fromkeys(number for text in texts for number in _accounts_in(text)))


def _accounts_in(text: str) -> Iterator[str]:
    """Find valid IBANs in upper-case text, however they are grouped and whatever stands around them."""
    for start in _IBAN_START.finditer(text):
        length = IBAN_LENGTHS.get(start.group()[:2], 0)
        number = "".join(filter(str.isalnum, text[start.start() : start.start() + 2 * length]))[:length]
        if length and check_digits_ok(number) and iban_ok(number):
            yield number
