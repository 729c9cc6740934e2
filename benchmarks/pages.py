"""How well pages are read without a model: `python benchmarks/pages.py DATA_DIR [--all]`.

DATA_DIR holds a ``manifest.json``. PDFs are read without their embedded XML; a truth that the page does not
print is not scored. An invoice that comes in several renderings counts once (the mean of them), and issuers
weigh the same. "Proven" means: every required field found and quoted, the arithmetic closed, no check failed,
one invoice.
"""

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.readers.layout import read_invoice
from smeflow.readers.layout.names import name_key
from smeflow.records import REQUIRED

FIELDS = {
    "number": "number",
    "issue_date": "date",
    "seller": "supplier",
    "currency": "currency",
    "total_net": "total_net",
    "total_vat": "total_vat",
    "total_gross": "total_gross",
}
KINDS = {"invoice_pdf": "text pages", "invoice_image": "pictures of pages", "receipt_scan": "receipts"}


def same(field, found, wanted) -> bool:
    """Compare a value read with its truth; names without their legal form, amounts without the sign."""
    if field == "seller":
        return name_key(found) == name_key(str(wanted))
    if isinstance(found, Decimal):
        return abs(abs(found) - abs(Decimal(str(wanted)))) < Decimal("0.005")
    return str(found) == str(wanted)


def proven(reading) -> bool:
    """Tell whether a reading would be called proven."""
    checks = {check.name: check.passed for check in reading.checks}
    complete = all(getattr(reading.record, name) is not None for name in REQUIRED)
    quoted = all(reading.findings[name].quote for name in REQUIRED) if complete else False
    failed = any(passed is False for passed in checks.values())
    return complete and quoted and not failed and checks.get("net+vat=gross") is True and reading.several == 1


def upper_bound(wrong: int, total: int) -> float:
    """Clopper-Pearson's upper bound of a rate at 95 %, one-sided, by bisection."""
    low, high = wrong / total if total else 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        tail = sum(math.comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(wrong + 1))
        low, high = (rate, high) if tail > 0.05 else (low, rate)
    return high


def score(item, path) -> dict:
    """Read one document and compare."""
    printed = item.get("printed_truth")
    truth = {**item["truth"], **(printed or {})}
    shown = {} if printed else item.get("printed_check", {})
    try:
        reading = read_invoice([read(path)])
    except DocumentError as error:
        print(f"{path.name}: {error}")
        reading = None
    right, wrong, missing = [], [], []
    for field, key in FIELDS.items():
        if key not in truth or shown.get(key) is False:
            continue
        found = getattr(reading.record, field) if reading else None
        if found is None:
            missing.append(field)
        elif same(field, found, truth[key]):
            right.append(field)
        else:
            wrong.append(f"{field}: {found} instead of {truth[key]}")
    return {
        "fields": len(right) / max(1, len(right) + len(wrong) + len(missing)),
        "exact": float(not wrong and not missing),
        "proven": float(reading is not None and proven(reading)),
        "wrong": wrong,
        "missing": missing,
    }


def mean_by_issuer(results) -> tuple[float, float, float]:
    """Average renderings of one invoice, then invoices of one issuer, then issuers."""
    issuers = defaultdict(lambda: defaultdict(list))
    for item, result in results:
        issuers[item.get("issuer_group")][item.get("document_key", item["id"])].append(result)
    means = []
    for documents in issuers.values():
        rows = [
            [sum(r[k] for r in rs) / len(rs) for k in ("fields", "exact", "proven")]
            for rs in documents.values()
        ]
        means.append([sum(column) / len(rows) for column in zip(*rows, strict=True)])
    return tuple(100 * sum(column) / len(means) for column in zip(*means, strict=True))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--all", action="store_true", help="name every file that is not exact")
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    silent = 0
    for kind, title in KINDS.items():
        begun = time.process_time()
        results = []
        for item in (i for i in items if i["kind"] == kind):
            result = score(item, options.data / (item.get("file_without_xml") or item["file"]))
            results.append((item, result))
            if (options.all and not result["exact"]) or (result["proven"] and result["wrong"]):
                mark = "PROVEN AND WRONG: " if result["proven"] and result["wrong"] else ""
                found = "; ".join([*result["wrong"], *(f"no {name}" for name in result["missing"])])
                print(f"  {item['file']}: {mark}{found}")
        if not results:
            continue
        fields, exact, share = mean_by_issuer(results)
        sure = [r for _, r in results if r["proven"]]
        false = sum(1 for r in sure if r["wrong"])
        silent += false
        counted = f"fields {fields:.1f} %, exact {exact:.1f} %, proven {share:.1f} %"
        print(f"{title}: {len(results)} files; by issuer: {counted}")
        exact_files, bound = sum(r["exact"] for _, r in results), 100 * upper_bound(false, len(sure))
        print(
            f"  by file: exact {exact_files:.0f}, proven {len(sure)}, of these wrong {false} (at most "
            f"{bound:.1f} %, at 95 %); {time.process_time() - begun:.1f} s CPU in this process"
        )
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
