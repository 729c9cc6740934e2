"""Amounts as a person writes them in a recipe or in smeflow.toml: ``5 EUR``, ``20 €``, ``none``."""

import re
from decimal import Decimal

from smeflow.i18n import say
from smeflow.money import Money

_AMOUNT = re.compile(r"\s*(\d{1,12}(?:[.,]\d{1,6})?)\s*(€|\$|£|[A-Za-z]{3})?\s*")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
UNLIMITED = ("none", "no limit", "aucune", "aucun")


def money_of(written: object, currency: str = "EUR") -> Money | None:
    """Read an amount; a bare number is in *currency*, ``none`` is no limit (None).

    Raises:
        ValueError: It is no amount; its argument is the phrase for a person.
    """
    if isinstance(written, Money):
        return written
    text = str(written).strip()
    if text.lower() in UNLIMITED:
        return None
    match = _AMOUNT.fullmatch(text) if not isinstance(written, bool) else None
    if match is None:
        raise ValueError(say("write an amount with its currency, such as 5 EUR, or none"))
    sign = match[2] or currency
    return Money(Decimal(match[1].replace(",", ".")), _SIGNS.get(sign, sign.upper()))
