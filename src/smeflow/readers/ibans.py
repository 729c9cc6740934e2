"""Find the bank accounts a document shows, however they are printed."""

import re
from collections.abc import Iterator

from smeflow.documents.base import Document
from smeflow.readers.identifiers import iban_ok

_IBAN_START = re.compile(r"\b[A-Z]{2}\d{2}(?=[\s.\-]?[A-Z0-9])")
_LENGTHS = (
    "AD24 AE23 AL28 AT20 BA20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 DZ26 EE20 ES24 FI18 FO18 FR27 GB22 GE22 "
    "GI23 GL18 GR27 HR21 HU28 IE22 IL23 IS26 IT27 LB28 LI21 LT20 LU20 LV21 MA28 MC27 MD24 ME22 MK19 MT31 "
    "NL18 NO15 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26 UA29 VA22 XK20"
)
IBAN_LENGTHS = {code[:2]: int(code[2:]) for code in _LENGTHS.split()}
"""How many characters an IBAN has, by country; accounts elsewhere are not searched for."""
SEARCHED = 500_000
"""Characters of a document that are searched for accounts."""


def ibans_on(documents: tuple[Document, ...]) -> tuple[str, ...]:
    """Give the bank accounts a page shows, in order: a second one is what a forged line looks like."""
    found = {
        number: None for document in documents for number in _accounts_in(document.text[:SEARCHED].upper())
    }
    return tuple(found)


def _accounts_in(text: str) -> Iterator[str]:
    """Find right IBANs in text in capitals, however they are grouped, whatever stands before or behind."""
    for start in _IBAN_START.finditer(text):
        length = IBAN_LENGTHS.get(start.group()[:2], 0)
        number = "".join(filter(str.isalnum, text[start.start() : start.start() + 2 * length]))[:length]
        if length and _mod97(number) == 1 and iban_ok(number):
            yield number


def _mod97(number: str) -> int | None:
    """Reckon an IBAN's check; None where it holds anything but capitals and digits."""
    if not (number.isascii() and number.isalnum()):
        return None
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97
