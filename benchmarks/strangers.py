"""How well drawn invoices of unknown layouts are read without a model: `python benchmarks/strangers.py DIR`.

DIR is what ``make_layouts`` made: a ``manifest.jsonl`` beside its files. The step `Extract` is measured as a
recipe uses it; a truth that the page does not print is not scored. Families of layouts weigh the same.
``--medium scan`` or ``photo`` reads pictures. ``--all`` names every file that is not exact, ``--why`` each
that is not proven, ``--lines`` counts their lines.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path

from pages import cpu_seconds, mean, same, upper_bound

from smeflow import Case
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

REQUIRED = ("number", "issue_date", "seller", "currency", "total_net", "total_vat", "total_gross")
BESIDES = ("due_date", "delivery_date", "buyer", "amount_due", "prepaid", "iban", "preceding_invoice")


def truth_of(row) -> dict:
    """Give what the page prints, by field."""
    truth = {name: row["truth"][name] for name in (*REQUIRED, *BESIDES) if row["truth"].get(name) is not None}
    truth |= {name: value.get("name") for name, value in truth.items() if isinstance(value, dict)}
    return {name: value for name, value in truth.items() if value is not None}


def equal(field, found, wanted) -> bool:
    """Compare a value read with its truth; a number with and without the sign before it."""
    if field in {"seller", "buyer"}:
        return same("seller", found, wanted)
    if field in {"number", "preceding_invoice"}:
        return str(found).lstrip("# ") == str(wanted).lstrip("# ")
    if field == "iban":
        return str(found) == str(wanted).replace(" ", "")
    return same(field, found, Decimal(wanted) if isinstance(found, Decimal) else wanted)


def lines_read(row, record) -> Counter:
    """Count the lines of a document: printed, read with the right net, and with quantity and price too.

    Lines whose prices hold the tax print no net: they are counted apart, right with name and quantity.
    """
    counts, left = Counter(), list(record.lines) if record else []
    for line in row["truth"].get("lines") or ():
        wanted = {
            "net": line.get("net"),
            "quantity": line.get("quantity"),
            "unit_price": line.get("unit_price_net"),
        }
        taxed = wanted["net"] is None
        alike = [found for found in left if _is_line(found, line, wanted["net"])]
        whole = [
            f for f in alike if all(v is None or _same_number(getattr(f, n), v) for n, v in wanted.items())
        ]
        if taxed:
            counts.update(taxed=1, taxed_right=bool(whole))
        else:
            counts.update(printed=1, net=bool(alike), whole=bool(whole))
        if alike:
            left.remove((whole or alike)[0])
    counts["more"] = len(left)
    return counts


def _is_line(found, line, net) -> bool:
    """Tell whether a line that was read is this one: by its net, or by its name where it has none."""
    if net is not None:
        return _same_number(found.net, net)
    return found.gross is not None and _letters(line["name"]) in _letters(found.name or "")


def _letters(text) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _same_number(found, wanted) -> bool:
    return found is not None and abs(abs(found) - abs(Decimal(wanted))) < Decimal("0.005")


def _is_owed(row, record) -> bool:
    """Tell whether what is due, which is not printed, is the whole total, and nothing was paid of it."""
    truth = row["truth"]
    return truth.get("prepaid") is None and equal("amount_due", record.amount_due, truth.get("total_gross"))


def score(directory, row) -> dict:
    """Read one document and compare."""
    begun = time.process_time()
    try:
        document = read(directory / row["file"])
        found = Extract(name="invoice", into="Invoice", readers=("layout",))(
            Case(id=row["id"], documents=(document,)), NoModel()
        )
        pages = len(document.pages)
    except DocumentError:
        found, pages = None, 0
    truth = truth_of(row)
    marks, wrong = {}, []
    for field, wanted in truth.items():
        value = getattr(found.record, field) if found else None
        marks[field] = None if value is None else equal(field, value, wanted)
        if marks[field] is not True and field in REQUIRED:
            wrong.append(
                f"{field}: {value} instead of {wanted}" if value is not None else f"no {field} ({wanted})"
            )
    invented = [
        n for n in (*REQUIRED, *BESIDES) if found and n not in truth and getattr(found.record, n) is not None
    ]
    reckoned = [n for n in invented if found and found.fields[n].note is not None]
    required = [marks[field] for field in REQUIRED if field in marks]
    return {
        "fields": sum(mark is True for mark in required) / max(1, len(required)),
        "exact": float(all(mark is True for mark in required)),
        "proven": float(found is not None and found.proven),
        "marks": marks,
        "wrong": wrong,
        "lies": any(mark is False for mark in required),
        "invented": [n for n in invented if n in BESIDES and n not in reckoned],
        "reckoned": {n: _is_owed(row, found.record) for n in reckoned if n == "amount_due"},
        "why": [str(p) for p in (*found.doubts, *found.problems)] if found else ["not read"],
        "failed": [c.name for c in found.checks if c.passed is False] if found else ["not read"],
        "lines": lines_read(row, found.record if found else None),
        "pages": pages,
        "seconds": time.process_time() - begun,
    }


def lines_told(rows, results) -> None:
    """Print how many lines are right, and the worst families."""
    families = defaultdict(Counter)
    for row, result in zip(rows, results, strict=True):
        families[row["family"]].update(result["lines"])
    total = sum(families.values(), Counter())
    rates = {f: c["net"] / c["printed"] for f, c in families.items() if c["printed"]}
    worst = ", ".join(f"{f} {100 * rate:.0f}" for f, rate in sorted(rates.items(), key=lambda r: r[1])[:6])
    net, whole = (100 * total[name] / max(1, total["printed"]) for name in ("net", "whole"))
    print(f"lines: {total['printed']} printed; net right {net:.1f} %, quantity and price too {whole:.1f} %; "
          f"{total['more']} that are none; worst {worst}")  # fmt: skip
    if total["taxed"]:
        right = 100 * total["taxed_right"] / total["taxed"]
        print(f"lines with tax: {total['taxed']} printed; name and quantity right {right:.1f} %")


def told(rows, results, *, every, why) -> int:
    """Print what was measured; gives how many are proven and wrong."""
    families = defaultdict(list)
    for row, result in zip(rows, results, strict=True):
        families[row["family"]].append(result)
        silent = result["proven"] and result["lies"]
        if silent or (every and not result["exact"]):
            print(f"  {row['file']}: {'PROVEN AND WRONG: ' if silent else ''}{'; '.join(result['wrong'])}")
        if why and not result["proven"]:
            print(f"  {row['file']}: not proven: {' | '.join(result['why'])[:400]}")
    for name in ("fields", "exact", "proven"):
        rates = {family: mean([r[name] for r in of]) for family, of in families.items()}
        worst = ", ".join(
            f"{family} {100 * rate:.0f}" for family, rate in sorted(rates.items(), key=lambda r: r[1])[:4]
        )
        print(f"{name}: {100 * mean(list(rates.values())):.1f} % by family; worst {worst}")
    proven = [r for r in results if r["proven"]]
    lies = sum(r["lies"] for r in proven)
    valid = [r["proven"] for row, r in zip(rows, results, strict=True) if row.get("identifiers_valid")]
    print(f"{len(results)} files, proven {len(proven)}, of these wrong {lies} (at most "
          f"{100 * upper_bound(lies, len(proven)):.2f} %, at 95 %); with valid identifiers proven "
          f"{100 * mean(valid or [0]):.1f} %")  # fmt: skip
    for name in (*REQUIRED, *BESIDES):
        marks = [r["marks"][name] for r in results if name in r["marks"]]
        if marks:
            invented = sum(name in r["invented"] for r in results)
            right = 100 * marks.count(True) / len(marks)
            more = f"; read where none is printed {invented}" if name in BESIDES else ""
            told = [r["reckoned"][name] for r in results if name in r.get("reckoned", {})]
            more += f", reckoned {len(told)}, of these wrong {told.count(False)}" if told else ""
            print(f"  {name:<18} {right:5.1f} % of {len(marks)}, wrong {marks.count(False)}{more}")
    print(
        "  not proven for:",
        dict(Counter(n for r in results if not r["proven"] for n in set(r["failed"])).most_common(8)),
    )
    return lies


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--all", action="store_true", help="name every file that is not exact")
    parser.add_argument("--why", action="store_true", help="say of every file that is not proven why")
    parser.add_argument("--lines", action="store_true", help="count the lines that are read right")
    parser.add_argument("--medium", default="pdf")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--most", type=int, default=1_000_000, help="read so many files at most")
    options = parser.parse_args()
    listed = (options.directory / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, listed) if row.get("medium", "pdf") == options.medium][
        : options.most
    ]
    begun = cpu_seconds()
    with ProcessPoolExecutor(options.jobs) as pool:
        results = list(pool.map(partial(score, options.directory), rows, chunksize=4))
    lies = told(rows, results, every=options.all, why=options.why)
    if options.lines:
        lines_told(rows, results)
    pages = max(1, sum(r["pages"] for r in results))
    each = sum(r["seconds"] for r in results) / pages
    print(f"  {pages} pages, {each:.3f} s CPU each; {cpu_seconds() - begun:.1f} s here")
    print(f"largest: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MB, pid {os.getpid()}")
    return 1 if lies else 0


if __name__ == "__main__":
    sys.exit(main())
