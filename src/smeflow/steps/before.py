"""What the firm knows of a document's sender: its list of suppliers, and what a person approved before."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from smeflow._text import canonical_json
from smeflow.readers.base import Reading, Suppliers
from smeflow.step import Known
from smeflow.steps.invoice_claims import SUPPLIERS

APPROVED = "approved invoices"
"""What people approved: ``name``, ``vat_id``, ``legal_id``, and ``printed``, the values as printed."""
MOST_EXAMPLES = 3


def suppliers_of(known: Known) -> Suppliers:
    """Look suppliers up in the firm's table, which grows with every invoice a person approves."""

    def named(column: str, value: str, /) -> str | None:
        names = {row.get("name", "") for row in known.rows(SUPPLIERS, **{column: value})} - {""}
        return min(names) if names else None

    return named


def examples_for(known: Known, readings: Sequence[Reading]) -> str:
    """Give how earlier invoices of the same supplier were read, as a person approved them; else nothing."""
    for reading in readings:
        party = getattr(reading.findings.get("seller_details"), "value", None)
        seller = getattr(reading.findings.get("seller"), "value", None)
        keys: Mapping[str, str | None] = {
            "vat_id": getattr(party, "vat_id", None),
            "legal_id": getattr(party, "legal_id", None),
            "name": seller if isinstance(seller, str) else None,
        }
        for column, value in keys.items():
            found = known.rows(APPROVED, **{column: value}) if value else ()
            if found:
                return "\n".join(_shown(row) for row in found[-MOST_EXAMPLES:])
    return ""


def _shown(row: Mapping[str, str]) -> str:
    printed = json.loads(row.get("printed") or "{}")
    return "; ".join(f"{field}: {text}" for field, text in printed.items())


def learned(value: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Give what an approved result, as written down, says of its supplier; None where it is no invoice."""
    record = value.get("record")
    if not isinstance(record, dict) or not record.get("seller") or "total_gross" not in record:
        return None
    party = record.get("seller_details") or {}
    fields = (value.get("fields") or {}).items()
    printed = {name: one["quote"] for name, one in fields if isinstance(one, dict) and one.get("quote")}
    return {
        "name": record["seller"],
        "vat_id": party.get("vat_id") or "",
        "legal_id": party.get("legal_id") or "",
        "printed": canonical_json(printed),
    }
