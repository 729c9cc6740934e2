"""Say what stands in the terms a rule speaks of, when the rule itself only points at the whole invoice."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache

from smeflow.records import Invoice, Record

_TERM = re.compile(r"\bBT-\d+(?:-\d+)?\b")
_MOST = 6


@cache
def _places() -> Mapping[str, tuple[str, ...]]:
    """Find each term's field by the number in its docstring."""
    found: dict[str, tuple[str, ...]] = {}
    for path, said in _described(Invoice, ()):
        told = said.partition(":")[0]
        for term in _TERM.findall(told):
            found.setdefault(term, path)
    for role, numbers in _PARTY.items():
        found |= {f"BT-{number}": (role, field) for field, number in numbers.items()}
    return found


def _described(kind: type[Record], before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, info in kind.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Record):
            if not before and name not in _PARTY:
                yield from _described(inner, (name,))
        else:
            yield (*before, name), info.description or ""


_SELLER = {"name": 27, "trading_name": 28, "legal_id": 30, "vat_id": 31, "tax_number": 32, "legal_form": 33,
           "street": 35, "city": 37, "zip": 38, "region": 39, "country": 40}  # fmt: skip
_BUYER = {"name": 44, "trading_name": 45, "legal_id": 47, "vat_id": 48, "street": 50, "city": 52, "zip": 53,
          "region": 54, "country": 55}  # fmt: skip
_PARTY: Mapping[str, Mapping[str, int]] = {
    "seller_details": _SELLER,
    "buyer_details": _BUYER,
    "payee": {"name": 59, "legal_id": 61},
    "tax_representative": {"name": 62, "vat_id": 63, "country": 69},
}


def values_told(record: Invoice, said: str) -> str:
    """Give the values of the terms named in *said*: ``BT-9=2026-08-01, BT-2=2026-08-15``."""
    told = []
    for term in dict.fromkeys(_TERM.findall(said)):
        path = _places().get(term)
        value: object = record
        for name in path or ():
            value = getattr(value, name, None)
        if path and isinstance(value, str | Decimal | date):
            told.append(f"{term}={value}")
    return ", ".join(told[:_MOST])
