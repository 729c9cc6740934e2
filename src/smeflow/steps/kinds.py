"""Take text for what a field wants, write it in one form, and tell whether two values say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from smeflow._text import canonical_json, folded
from smeflow.documents.base import Document, Quote
from smeflow.record_kinds import FieldSpec

if TYPE_CHECKING:
    from smeflow.readers.values import FieldKind

CENT = Decimal("0.01")
CURRENCIES: Mapping[str, str] = {"€": "EUR", "$": "USD", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A value made of text."""

    value: Any
    currency: str | None = None


def take(text: str, spec: FieldSpec) -> Taken | None:
    """Make a value of *text*; None where it is none of this kind."""
    text = " ".join(text.split())
    return _TAKERS.get(spec.kind, _text)(text, spec) if text else None


def _text(text: str, _spec: FieldSpec) -> Taken | None:
    return Taken(text)


def _joined(text: str, _spec: FieldSpec) -> Taken | None:
    return Taken("".join(text.split()).upper())


def _choice(text: str, spec: FieldSpec) -> Taken | None:
    found = next((choice for choice in spec.choices if folded(choice) == folded(text)), None)
    return Taken(found) if found else None


def _currency(text: str, _spec: FieldSpec) -> Taken | None:
    code = CURRENCIES.get(text.upper(), text.upper())
    return Taken(code) if len(code) == 3 and code.isalpha() else None


def _amount(text: str, _spec: FieldSpec) -> Taken | None:
    from smeflow.readers.amounts import parse_amount

    found = parse_amount(text)
    return Taken(found.value, found.currency) if found else None


def _date(text: str, _spec: FieldSpec) -> Taken | None:
    from smeflow.readers.dates import parse_date

    try:
        return Taken(date.fromisoformat(text[:10]))
    except ValueError:
        found = parse_date(text)
        return Taken(found) if found else None


_TAKERS = {
    "choice": _choice,
    "currency": _currency,
    "money": _amount,
    "number": _amount,
    "date": _date,
    "iban": _joined,
    "email": _text,
    "phone": _text,
    "identifier": _text,
    "text": _text,
}


def find(taken: Taken, printed: str, spec: FieldSpec, documents: tuple[Document, ...]) -> Quote | None:
    """Find where a value stands, as it was printed or in another form of it."""
    from smeflow.readers.grounding import ground

    if spec.kind == "currency":
        symbols = [s for s, code in CURRENCIES.items() if code == taken.value]
        quotes = (ground(word, "text", documents) for word in (taken.value, *symbols))
        return next((quote for quote in quotes if quote), None)
    kind = cast("FieldKind", "text" if spec.kind in ("choice", "email", "phone") else spec.kind)
    return ground(taken.value, kind, documents) or ground(printed, kind, documents)


def written(value: Any) -> str | None:
    """Write a value in one form: ``1234.50``, ``2026-11-23``, ``true``."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple | list | Mapping):
        return canonical_json(_plain(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def told(value: Any) -> object:
    """Give a value for a sentence: amounts and dates stay what they are, for the reader's own form."""
    return value if isinstance(value, Decimal | date) else written(value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else written(value)


def same(one: Any, other: Any, kind: str) -> bool:
    """Tell whether two readers mean the same value."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) < CENT
    if isinstance(one, date) or isinstance(other, date):
        return bool(one == other)
    left, right = folded(str(one)), folded(str(other))
    if kind in ("identifier", "iban", "number"):
        return _bare(left) == _bare(right)
    if kind in ("choice", "currency"):
        return left == right
    return _alike(left, right)


def _bare(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _alike(left: str, right: str) -> bool:
    """Names agree when one holds the other or when they share at least half of their words."""
    a, b = set(left.split()), set(right.split())
    if not a or not b:
        return False
    return left in right or right in left or len(a & b) * 2 >= min(len(a), len(b)) + 1
