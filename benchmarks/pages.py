"""How well pages are read without a model: `python benchmarks/pages.py DATA_DIR [--half dev] [--raster]`.

DATA_DIR holds a ``manifest.json``. PDFs are read without their embedded XML; a truth that the page does not
print is not scored. An invoice that comes in several renderings counts once (the mean of them), and issuers
weigh the same. What is measured is the step `Extract` as a recipe uses it, "proven" included; receipts are
read into `Receipt`.

``--half`` takes one half of the issuers, by the hash of their names: rules are made on ``dev``, and ``check``
only tells whether they hold. ``--raster`` draws each PDF once (150 dots an inch, grey, askew, JPEG) and reads
the picture. ``--all`` names every file that is not exact, ``--why`` every one that is not proven.
"""

import argparse
import hashlib
import io
import json
import math
import os
import re
import resource
import sys
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from smeflow import Case
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.invoices.page.names import name_key
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

FIELDS = {
    "number": "number",
    "issue_date": "date",
    "seller": "supplier",
    "currency": "currency",
    "total_net": "total_net",
    "total_vat": "total_vat",
    "total_gross": "total_gross",
}
RECEIPT = ("seller", "issue_date", "total_gross")
KINDS = {"invoice_pdf": "text pages", "invoice_image": "pictures of pages", "receipt_scan": "receipts"}
ASKEW, DPI, QUALITY = 1.2, 150, 70


def same(field, found, wanted) -> bool:
    """Compare a value read with its truth; names without their legal form, amounts without the sign."""
    if field == "seller":
        bare = [re.sub(r"[\W_]", "", name_key(str(name))) for name in (found, wanted)]
        return bare[0] == bare[1]
    if isinstance(found, Decimal) and wanted is not None:
        return abs(abs(found) - abs(Decimal(str(wanted)))) < Decimal("0.005")
    return str(found) == str(wanted)


def upper_bound(wrong: int, total: int) -> float:
    """Clopper-Pearson's upper bound of a rate at 95 %, one-sided, by bisection."""
    low, high = wrong / total if total else 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        tail = sum(math.comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(wrong + 1))
        low, high = (rate, high) if tail > 0.05 else (low, rate)
    return high


def truth_of(item) -> dict:
    """Give what the page prints, by field; what is not printed is not there."""
    printed = item.get("printed_truth")
    truth = {**item["truth"], **(printed or {})}
    shown = {} if printed else item.get("printed_check", {})
    receipt = item["kind"] == "receipt_scan"
    return {
        field: truth[key]
        for field, key in FIELDS.items()
        if key in truth and shown.get(key) is not False and (field in RECEIPT or not receipt)
    }


def score(item, document) -> dict:
    """Read one document and compare."""
    found = None
    if document is not None:
        into = "Receipt" if item["kind"] == "receipt_scan" else "Invoice"
        found = Extract(name="paper", into=into, readers=("layout",))(
            Case(id=item["id"], documents=(document,)), NoModel()
        )
    marks, wrong = {}, []
    for field, wanted in truth_of(item).items():
        value = getattr(found.record, field) if found else None
        marks[field] = None if value is None else same(field, value, wanted)
        if marks[field] is False:
            wrong.append(f"{field}: {value} instead of {wanted}")
    right = sum(mark is True for mark in marks.values())
    return {
        "fields": right / max(1, len(marks)),
        "exact": float(right == len(marks)),
        "proven": float(found is not None and found.proven),
        "marks": marks,
        "wrong": wrong,
        "missing": [field for field, mark in marks.items() if mark is None],
        "why": [str(p) for p in (*found.doubts, *found.problems)] if found else ["not read"],
    }


def means(results, *names) -> list[float]:
    """Average renderings of one invoice, then invoices of one issuer, then issuers; per cent."""
    issuers = defaultdict(lambda: defaultdict(list))
    for item, result in results:
        issuers[item.get("issuer_group")][item.get("document_key", item["id"])].append(result)
    rows = []
    for documents in issuers.values():
        each = [[mean([r[k] for r in rs]) for k in names] for rs in documents.values()]
        rows.append([mean(column) for column in zip(*each, strict=True)])
    return [100 * mean(column) for column in zip(*rows, strict=True)]


def mean(values) -> float:
    """Average."""
    return sum(values) / len(values)


def half_of(item) -> str:
    """Give an issuer's half."""
    digest = hashlib.sha256(str(item.get("issuer_group")).encode()).digest()
    return "dev" if digest[0] % 2 else "check"


def opened(path, *, raster=False):
    """Read a file, or a picture of its pages; None where it cannot be read."""
    try:
        return read(drawn(path), name=path.stem + ".tiff") if raster else read(path)
    except DocumentError as error:
        print(f"{path.name}: {error}")
        return None


def drawn(path) -> bytes:
    """Draw a PDF's pages as a scanner would give them: grey, a little askew, compressed."""
    import pypdfium2
    from PIL import Image

    pages = []
    pdf = pypdfium2.PdfDocument(path)
    for sheet in pdf:
        grey = sheet.render(scale=DPI / 72).to_pil().convert("L")
        turned = grey.rotate(ASKEW, resample=Image.Resampling.BICUBIC, fillcolor=255, expand=True)
        packed = io.BytesIO()
        turned.save(packed, "JPEG", quality=QUALITY)
        pages.append(Image.open(packed).convert("L"))
    pdf.close()
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], dpi=(DPI, DPI), compression="tiff_lzw")
    return out.getvalue()


def cpu_seconds() -> float:
    """CPU of this process and of the children that ended."""
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip


def told(title, results, *, every, why) -> int:
    """Print one table; gives how many are proven and wrong."""
    for item, result in results:
        silent = result["proven"] and result["wrong"]
        if (every and not result["exact"]) or silent:
            found = "; ".join([*result["wrong"], *(f"no {name}" for name in result["missing"])])
            print(f"  {item['file']}: {'PROVEN AND WRONG: ' if silent else ''}{found}")
        if why and not result["proven"]:
            print(f"  {item['file']}: not proven: {' | '.join(result['why'])[:400]}")
    fields, exact, proven = means(results, "fields", "exact", "proven")
    sure = [r for _, r in results if r["proven"]]
    false = sum(1 for r in sure if r["wrong"])
    print(f"{title}: {len(results)} files; by issuer: fields {fields:.1f} %, exact {exact:.1f} %, "
          f"proven {proven:.1f} %")  # fmt: skip
    exact_files, bound = sum(r["exact"] for _, r in results), 100 * upper_bound(false, len(sure))
    print(f"  by file: exact {exact_files:.0f}, proven {len(sure)}, of these wrong {false} "
          f"(at most {bound:.1f} %, at 95 %)")  # fmt: skip
    for field in FIELDS:
        scored = [(i, {"right": float(r["marks"][field] is True)}) for i, r in results if field in r["marks"]]
        if scored:
            print(f"  {field:<12} {means(scored, 'right')[0]:5.1f} % of {len(scored)} files")
    return false


def chosen(items, kind, half, *, once=False):
    """Give a kind's items, of one half of the issuers where one is asked for."""
    seen = set()
    for item in items:
        key = item.get("document_key", item["id"])
        if item["kind"] == kind and half in (None, half_of(item)) and not (once and key in seen):
            seen.add(key)
            yield item


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--all", action="store_true", help="name every file that is not exact")
    parser.add_argument("--why", action="store_true", help="say of every file that is not proven why")
    parser.add_argument("--half", choices=("dev", "check"))
    parser.add_argument("--only", choices=tuple(KINDS))
    parser.add_argument("--raster", action="store_true", help="read pictures of the PDFs instead")
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    silent = 0
    for kind, title in KINDS.items():
        if (options.only and kind != options.only) or (options.raster and kind != "invoice_pdf"):
            continue
        begun, pages, results = cpu_seconds(), 0, []
        wall = time.perf_counter()
        for item in chosen(items, kind, options.half, once=options.raster):
            path = options.data / (item.get("file_without_xml") or item["file"])
            document = opened(path, raster=options.raster)
            pages += len(document.pages) if document else 0
            results.append((item, score(item, document)))
        if results:
            silent += told(title, results, every=options.all, why=options.why)
            wall = time.perf_counter() - wall
            here = cpu_seconds() - begun
            print(f"  {pages} pages, {wall / pages:.3f} s each ({here:.1f} s CPU here, the workers' apart)")
    print(f"largest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB here, pid {os.getpid()}")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
