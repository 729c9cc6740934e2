"""Read a value of a wanted kind from the text it is printed as."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from smeflow._text import folded
from smeflow.readers.amounts import DecimalMark, parse_amount
from smeflow.readers.dates import parse_date
from smeflow.readers.identifiers import iban_ok

FieldKind = Literal["text", "money", "number", "date", "identifier", "iban", "email", "phone", "choice"]
Value = str | Decimal | date

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-/]{5,}\d")


def parse_value(
    text: str,
    kind: FieldKind,
    *,
    choices: Sequence[str] = (),
    decimal: DecimalMark | None = None,
    day_first: bool = True,
) -> Value | None:
    """Read *text* as a value of *kind*; None when it is none.

    ``money`` and ``number`` are `Decimal`, ``date`` is `date`, all else text: an identifier and an IBAN
    without spaces, a choice as it is written in *choices*.
    """
    text = text.strip()
    match kind:
        case "money" | "number":
            amount = parse_amount(text.removesuffix("%") if kind == "number" else text, decimal=decimal)
            return amount.value if amount else None
        case "date":
            return parse_date(text, day_first)
        case "choice":
            return next((choice for choice in choices if folded(choice) == folded(text)), None)
        case "iban":
            number = re.sub(r"\s", "", text).upper()
            return number if iban_ok(number) else None
        case "identifier":
            return re.sub(r"\s", "", text).strip(".,;:") or None
        case "email":
            return text if _EMAIL.fullmatch(text) else None
        case "phone":
            return text if _PHONE.fullmatch(text) else None
        case "text":
            return text or None
