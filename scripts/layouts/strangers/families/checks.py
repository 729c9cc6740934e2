"""Tests the check digits that a truth claims to have."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import identifiers as ids


def luhn_ok(text: str) -> bool:
    """Whether the last digit is the Luhn digit."""
    return ids.luhn(text[:-1]) == text


def de_ok(text: str) -> bool:
    """ISO 7064, mod 11, 10."""
    product = 10
    for digit in text[:8]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(text[8])


def ie_ok(text: str) -> bool:
    """The check letter of the new Irish form."""
    return ids.IE_LETTERS[(ids.weighted(text[:7], range(8, 1, -1)) + 72) % 23] == text[7]


def es_ok(text: str) -> bool:
    """A person's letter, or a firm's digit."""
    if text[0].isdigit():
        return ids.ES_LETTERS[int(text[:8]) % 23] == text[8]
    total = sum(int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(text[1:8]))
    return -total % 10 == int(text[8])


def at_ok(text: str) -> bool:
    """The Austrian digit."""
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(text[1:8]))
    return (10 - (total + 4) % 10) % 10 == int(text[8])


def pt_ok(text: str) -> bool:
    """The Portuguese digit."""
    check = -ids.weighted(text[:8], range(9, 1, -1)) % 11
    return int(text[8]) == (0 if check > 9 else check)


VAT_CHECKS: dict[str, Callable[[str], bool]] = {
    "FR": lambda t: ids.fr_vat(t[2:])[2:] == t and luhn_ok(t[2:]),
    "DE": de_ok,
    "AT": at_ok,
    "CHE": lambda t: -ids.weighted(t[:8], (5, 4, 3, 2, 7, 6, 5, 4)) % 11 == int(t[8]),
    "BE": lambda t: 97 - int(t[:8]) % 97 == int(t[8:]),
    "NL": lambda t: ids.weighted(t[:8], range(9, 1, -1)) % 11 == int(t[8]),
    "IT": luhn_ok,
    "ES": es_ok,
    "PT": pt_ok,
    "PL": lambda t: ids.weighted(t[:9], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(t[9]),
    "GB": lambda t: (ids.weighted(t[:7], range(8, 1, -1)) + int(t[7:9])) % 97 == 0,
    "IE": ie_ok,
}


def vat_ok(text: str) -> bool:
    """Whether a VAT number's check digits are right; numbers without a country are tried by their shape."""
    for prefix in ("CHE", *(key for key in VAT_CHECKS if key != "CHE")):
        if text.startswith(prefix):
            return VAT_CHECKS[prefix](text[len(prefix) :])
    if re.fullmatch(r"\d{11}", text):
        return luhn_ok(text)
    if re.fullmatch(r"\d{10}", text):
        return VAT_CHECKS["PL"](text)
    if re.fullmatch(r"[A-Z]\d{8}|\d{8}[A-Z]", text):
        return es_ok(text)
    return pt_ok(text)


def iban_ok(text: str) -> bool:
    """Whether mod 97 is one."""
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def bad_identifiers(truth: Mapping[str, Any]) -> list[str]:
    """The identifiers of the seller and the account whose check fails."""
    seller, bad = truth.get("seller", {}), []
    if "vat_id" in seller and not vat_ok(seller["vat_id"]):
        bad.append(seller["vat_id"])
    legal = seller.get("legal_id", "")
    if re.fullmatch(r"\d{14}", legal) and not luhn_ok(legal):
        bad.append(legal)
    if "iban" in truth and not iban_ok(truth["iban"]):
        bad.append(truth["iban"])
    return bad
