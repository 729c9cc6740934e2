"""Are the rules told apart as their makers say: `python benchmarks/einvoice_rules.py DATA_DIR`.

DATA_DIR holds a ``manifest.json``. Its items of the kind ``einvoice_rules`` are the unit tests of EN 16931:
pieces of invoices and the rule that must hold or must not. Its items with a ``defect`` are invoices with one
fault each, and the rules it breaks; of those meant to be accepted no check may fail.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from lxml import etree

from smeflow.documents.read import read
from smeflow.invoices.xml.rules import SCHEMATRON, shared_rule_workers
from smeflow.invoices.xml.validate import check_einvoice

RULE = re.compile(r"\b[A-Z]{2,}-[A-Z0-9_-]*\d[A-Z0-9_-]*\b")


def fired(root) -> set[str]:
    """Give the rules a piece of an invoice breaks."""
    syntax = "CII" if root.tag.endswith("CrossIndustryInvoice") else "UBL"
    rules = {"en16931": {"file": SCHEMATRON[syntax, "en16931"], "only": []}}
    reply, _ = shared_rule_workers().ask(
        {"job": "check", "schemas": {}, "rules": rules}, [etree.tostring(root)], seconds=300
    )
    result = reply["results"]["en16931"]
    return {finding["rule"] for finding in result["findings"]} if "findings" in result else {str(result)}


def rules(data: Path, items) -> bool:
    """Measure the unit tests."""
    counts: Counter = Counter()
    for item in items:
        tests = etree.parse(data / item["file"]).getroot().findall("{*}test")
        for test, told in zip(tests, item["truth"]["tests"], strict=True):
            (piece,) = [
                child for child in test if child.tag is not etree.Comment and "assert" not in child.tag
            ]
            broken = fired(piece)
            expected = [*told.get("error", []), *told.get("warning", [])]
            right = all(r in broken for r in expected) and not any(
                r in broken for r in told.get("success", [])
            )
            counts["right"] += right
            counts["broken" if expected else "held"] += 1
            if not right:
                print(f"{item['file']}: {told}: broken are {sorted(broken)[:12]}")
    total = counts["broken"] + counts["held"]
    print(f"unit tests: {counts['right']} of {total} in {len(items)} files ({counts['broken']} with a fault)")
    return counts["right"] == total


def defects(data: Path, items) -> bool:
    """Measure the invoices with one fault each."""
    right = 0
    for item in items:
        defect = item["defect"]
        report = check_einvoice(read(data / item["file"]))
        broken = [finding.rule for finding in report.findings]
        named = set(RULE.findall(defect["assertions_declenchees"]))
        verdict = {"rejet": report.valid is False, "acceptation": report.valid is True}.get(
            defect["attendu"], bool(broken)
        )
        good = verdict and named <= set(broken)
        right += good
        if not good:
            print(f"{defect['ref']} ({defect['attendu']}, {sorted(named)}): {report.valid}, {broken}")
    print(f"deliberate faults: {right} of {len(items)} told apart, with the rules that are named")
    return right == len(items)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    begun = time.perf_counter()
    faulty = [i for i in items if "defect" in i]
    good = defects(options.data, faulty)
    print(f"{(time.perf_counter() - begun) / max(len(faulty), 1):.2f} s a file, reading included")
    good &= rules(options.data, [i for i in items if i["kind"] == "einvoice_rules"])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
