"""How many e-invoices are read right: `python benchmarks/einvoices.py DATA_DIR [--all]`.

DATA_DIR holds a ``manifest.json`` whose items name a file and its truth. Every value the truth knows counts:
number, dates, code, profile, parties with identifiers and address, totals, IBAN, VAT by rate and lines. Files
that are invalid on purpose are counted apart. `einvoice_terms.py` compares all terms with another reader.
"""

import argparse
import json
import re
import sys
import time
from decimal import Decimal
from pathlib import Path

from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.invoices.xml.read import read_einvoice

FIELDS = {
    "number": "number",
    "issue_date": "date",
    "due_date": "due_date",
    "delivery_date": "delivery_date",
    "seller": "supplier",
    "buyer": "customer",
    "currency": "currency",
    "control.type_code": "type_code",
    "control.profile": "profile",
    **{
        name: name
        for name in ("total_net", "total_vat", "total_gross", "amount_due", "prepaid", "total_lines", "iban")
    },
    **{name: name for name in ("total_charges", "total_allowances", "order_reference")},
}
VALUES = [0]
DETAILS = ("name", "trading_name", "vat_id", "legal_id", "tax_number", "street", "zip", "city", "country")
LINE = {"id": "id", "name": "name", "quantity": "quantity", "unit": "unit", "vat_rate": "vat_rate",
        "unit_price": "unit_price_net", "net": "line_net"}  # fmt: skip
RATE = ("category", "rate", "base", "amount")


def same(found, wanted) -> bool:
    """Compare a value read with its truth."""
    if re.fullmatch(r"\d{6}", str(wanted)):
        return True  # a month where a day should be: no date to compare with
    if isinstance(found, Decimal):
        return abs(found - Decimal(str(wanted))) < Decimal("0.005")
    return "".join(str(found).split()) == "".join(str(wanted).split())


def at(record, path):
    """Follow a dotted path."""
    for name in path.split("."):
        record = getattr(record, name)
    return record


def matched(record, lines):
    """Put the lines read beside those of the truth, or by number and name where some only group others."""
    if not record.grouping_lines:
        return list(zip(record.lines, lines, strict=False))
    rest = [*record.lines, *record.grouping_lines]
    pairs = []
    for told in lines:
        row = next((r for r in rest if (r.id, r.name) == (told.get("id"), told.get("name"))), None)
        row = row or next((r for r in rest if r.id == told.get("id")), None)
        if row is not None:
            rest.remove(row)
            pairs.append((row, told))
    return pairs


def faults(record, truth) -> list[str]:
    """Name the fields that are not as they should be."""
    pairs = [(field, at(record, field), truth[key]) for field, key in FIELDS.items() if key in truth]
    for role, key in (("seller_details", "supplier_details"), ("buyer_details", "customer_details")):
        details, told = getattr(record, role), truth.get(key, {})
        pairs += [(f"{role}.{n}", getattr(details, n), told[n]) for n in DETAILS if n in told]
        if "global_id" in told:
            mine = next((i.id for i in details.ids if i.id == told["global_id"]), None)
            pairs.append((f"{role}.ids", mine, told["global_id"]))
    lines, rates = truth.get("lines", []), truth.get("vat_breakdown", [])
    if lines:
        pairs.append(("lines", len(record.lines) + len(record.grouping_lines), len(lines)))
    if rates:
        pairs.append(("vat", len(record.vat), len(rates)))
    for row, told in matched(record, lines):
        pairs += [(f"line {row.id} {n}", getattr(row, n), told[k]) for n, k in LINE.items() if k in told]
    for row, told in zip(record.vat, rates, strict=False):
        pairs += [(f"vat {n}", getattr(row, n), told[n]) for n in RATE if n in told]
    VALUES[0] += len(pairs)
    return [
        f"{name}: {found} instead of {wanted}" for name, found, wanted in pairs if not same(found, wanted)
    ]


def contradictions(data: Path, items) -> None:
    """Count the PDFs whose page says something else than their data, and how many of them are told."""
    from smeflow.core.case import Case
    from smeflow.llm.interface import NoModel
    from smeflow.records import Invoice
    from smeflow.steps import Extract

    step = Extract(name="invoice", into=Invoice, readers=("exact", "layout"))
    counts = {True: [0, 0], False: [0, 0]}
    for item in items:
        told = step(Case.of(read(data / item["file"])), NoModel())
        differs = "printed_truth" in item or not item["printed_check"].get("total_gross", True)
        flagged = any(c.name == "page_agrees" and c.passed is False for c in told.checks)
        counts[differs][0] += flagged
        counts[differs][1] += 1
    print(f"page and data contradict each other: told {counts[True][0]} of {counts[True][1]}")
    print(f"they agree as far as is known: told {counts[False][0]} of {counts[False][1]} as contradicting")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--all", action="store_true", help="list files that are invalid on purpose too")
    parser.add_argument("--pages", action="store_true", help="compare the data of PDFs with their pages too")
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    wanted = [i for i in items if i["kind"] == "einvoice_xml" or i.get("has_embedded_xml")]
    counts = {True: [0, 0], False: [0, 0]}
    begun = time.perf_counter()
    for item in wanted:
        truth = item["truth"]
        invalid = "defect" in item or str(item.get("upstream_validity") or "").startswith(
            ("rejet", "upstream")
        )
        valid = truth is not None and truth.get("bodies", 1) == 1 and not invalid
        try:
            reading = read_einvoice([read(options.data / item["file"])])
        except DocumentError as error:
            reading, wrong = None, [str(error)]
        if reading is not None and reading.record is not None:
            wrong = faults(reading.record, truth) if truth else ["read, and should not have been"]
        elif reading is not None or truth is None:
            wrong = [str(problem) for problem in (reading.problems if reading else ())] if truth else []
        counts[valid][0] += not wrong
        counts[valid][1] += 1
        if wrong and (valid or options.all):
            print(f"{item['file']}: {'; '.join(wrong)}")
    if options.pages:
        contradictions(
            options.data, [i for i in wanted if i["kind"] == "invoice_pdf" and "printed_check" in i]
        )
    right, total = counts[True]
    print(f"valid files: {right} of {total} right in every field; {VALUES[0]} values compared in all files")
    print(f"invalid on purpose: {counts[False][0]} of {counts[False][1]} read or refused as their truth says")
    print(f"{1000 * (time.perf_counter() - begun) / len(wanted):.1f} ms a file, opening included")
    return 0 if right == total else 1


if __name__ == "__main__":
    sys.exit(main())
