"""Which rates of VAT are legal in a country on a day.

The file beside this one names its sources and what none of them confirms.
"""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from itertools import pairwise

_LATER = date(9999, 1, 1)


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[tuple[date, tuple[Decimal, ...]], ...]]:
    text = (resources.files("smeflow.invoices.page") / "vat_rates.json").read_text(encoding="utf-8")
    return {
        country: tuple(
            (date.fromisoformat(day), tuple(Decimal(rate) for rate in rates.split(" ")))
            for day, rates in rows
        )
        for country, rows in json.loads(text)["rates"].items()
    }


def legal_rates(countries: Iterable[str], days: Iterable[date]) -> frozenset[Decimal] | None:
    """Give the rates in force in any of *countries* on any of *days*; None where one is not known."""
    found: set[Decimal] = set()
    days = list(days)
    for country in countries:
        rows = _table().get({"EL": "GR", "XI": "GB"}.get(country, country))
        if rows is None or not days or min(days) < rows[0][0]:
            return None
        for (first, rates), (after, _) in pairwise((*rows, (_LATER, ()))):
            if any(first <= day < after for day in days):
                found |= set(rates)
    return frozenset(found) or None
