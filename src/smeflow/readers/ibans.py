"""Find the bank accounts a document shows, however they are printed."""

import re
from collections.abc import Iterator

from smeflow._iban import IBAN_LENGTHS, check_digits_ok
from smeflow.documents.base import Document
from smeflow.readers.identifiers import iban_ok

_IBAN_START = re.compile(r"\b[A-Z]{2}\d{2}(?=[\s.\-]?[A-Z0-9])")
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
        if length and check_digits_ok(number) and iban_ok(number):
            yield number
