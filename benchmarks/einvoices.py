"""How many e-invoices are read right: `python benchmarks/einvoices.py DATA_DIR [--all]`.

DATA_DIR holds a ``manifest.json`` whose items name a file and its truth. Counted are number, dates, seller,
buyer, all totals and the IBAN of every valid file; files that are invalid on purpose are counted apart.
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
from smeflow.readers.einvoice import read_einvoice

FIELDS = {
    "number": "number",
    "issue_date": "date",
    "due_date": "due_date",
    "delivery_date": "delivery_date",
    "seller": "supplier",
    "buyer": "customer",
    "currency": "currency",
    **{
        name: name
        for name in ("total_net", "total_vat", "total_gross", "amount_due", "prepaid", "total_lines", "iban")
    },
}


def same(found, wanted) -> bool:
    """Compare a value read with its truth."""
    if re.fullmatch(r"\d{6}", str(wanted)):
        return True  # a month where a day should be: no date to compare with
    if isinstance(found, Decimal):
        return abs(found - Decimal(str(wanted))) < Decimal("0.005")
    return "".join(str(found).split()) == "".join(str(wanted).split())


def faults(record, truth) -> list[str]:
    """Name the fields that are not as they should be."""
    return [
        f"{field}: {getattr(record, field)} instead of {truth[key]}"
        for field, key in FIELDS.items()
        if key in truth and not same(getattr(record, field), truth[key])
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--all", action="store_true", help="list files that are invalid on purpose too")
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
    right, total = counts[True]
    print(f"valid files: {right} of {total} right in every field")
    print(f"invalid on purpose: {counts[False][0]} of {counts[False][1]} read or refused as their truth says")
    print(f"{1000 * (time.perf_counter() - begun) / len(wanted):.1f} ms a file, opening included")
    return 0 if right == total else 1


if __name__ == "__main__":
    sys.exit(main())
