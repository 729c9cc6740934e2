"""The same invoices read by others: `python benchmarks/invoices_peers.py DATA_DIR`, or `make bench-invoices`.

Pages are PDFs without their XML; e-invoices are XML and PDFs with XML. One invoice counts once (the mean of
its renderings), and issuers weigh the same. ``--peers PYTHON`` is an interpreter that has invoice2data and
factur-x, such as that of an environment of its own; by default this one. A peer that is not installed is told
as such. ``--model NAME`` also asks a model alone and smeflow with it.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pages import FIELDS, chosen, means, same, truth_of

from smeflow import Case, connect
from smeflow.documents.read import read
from smeflow.errors import SmeflowError
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract
from smeflow.values.dates import find_dates

ROWS = Path(__file__).parent / "peer_rows.py"
AMOUNT = r"(-?\d{1,3}(?:[ .,\u202f\u00a0']?\d{3})*[.,]\d{2})"
RULES = {
    "number": r"(?:facture|invoice|rechnung|factuur)\D{0,20}?[ .:#°]*([A-Z0-9][\w/-]*\d[\w/-]*)",
    "total_net": r"(?:total ht|net total|netto|subtotal|total net)\D{0,20}" + AMOUNT,
    "total_vat": r"(?:total tva|tva|vat|mwst|ust)[^\n]*?" + AMOUNT + r"\D*$",
    "total_gross": r"(?:total ttc|grand total|brutto|total due|net à payer|gesamtbetrag)\D{0,20}" + AMOUNT,
}
VALID = (None, "acceptation", "avertissement")
CURRENCIES = {"€": "EUR", "EUR": "EUR", "£": "GBP", "$": "USD", "USD": "USD"}


def plain_regex(path: Path) -> dict:
    """Read a page as an afternoon's script does: pdftotext, a few patterns, the first line as the seller."""
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=False)
    text = done.stdout.decode(errors="replace")
    found = {}
    for field, pattern in RULES.items():
        match = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
        found[field] = match[1] if match else None
    days = list(find_dates(text))
    found["issue_date"] = days[0].value if days else None
    found["currency"] = next((code for sign, code in CURRENCIES.items() if sign in text), None)
    found["seller"] = next((line.strip() for line in text.splitlines() if line.strip()), None)
    return found


def value_of(field: str, value):
    """Give a peer's value as smeflow writes it."""
    if value is None or value == "":
        return None
    if field.startswith("total_"):
        text = re.sub(r"[^\d.,-]", "", str(value))
        whole, mark, cents = text.rpartition("," if text.rfind(",") > text.rfind(".") else ".")
        try:
            return Decimal(re.sub(r"[.,]", "", whole) + ("." if mark else "") + cents)
        except InvalidOperation:
            return None
    if field == "issue_date":
        text = str(value)[:10]
        return f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"\d{8}", text) else text
    return str(value)


def by_peer(python: str, name: str, paths: list[Path]) -> dict[str, dict] | None:
    """Ask a peer in a process of its own; None where it is not installed."""
    done = subprocess.run(
        [python, ROWS, name], input="\n".join(map(str, paths)), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return None
    return dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))


def by_smeflow(llm, readers, path: Path) -> dict:
    """Read with smeflow; whether it calls the record proven goes along."""
    step = Extract(name="invoice", into="Invoice", readers=readers)
    found = step(Case.of(read(path)), llm)
    names = (*RULES, "seller", "issue_date", "currency")
    return {**{name: getattr(found.record, name) for name in names}, "proven": found.proven}


def scored(item, found: dict | None, *, page: bool) -> dict:
    """Compare what was found with the truth: of a page what it prints, of data what they say."""
    said = {field: item["truth"][key] for field, key in FIELDS.items() if item["truth"].get(key) is not None}
    truth, found = truth_of(item) if page else said, found or {}
    values = {field: value_of(field, found.get(field)) for field in truth}
    marks = [value is not None and same(field, value, truth[field]) for field, value in values.items()]
    return {"fields": sum(marks) / max(1, len(marks)), "exact": float(all(marks)),
            "silent": float(found.get("proven", bool(found)) and not all(marks)),
            "proven": float(found.get("proven", bool(found)))}  # fmt: skip


def table(title, who: dict, items, path_of, *, page: bool) -> None:
    """Print one line a reader."""
    print(f"\n{title}: {len(items)} files")
    print(f"{'':<28} {'fields':>7} {'exact':>7} {'passed unseen and wrong':>24} {'s a file':>9}")
    for name, reader in who.items():
        begun = time.perf_counter()
        rows = reader([path_of(item) for item in items])
        if rows is None:
            print(f"{name:<28} not installed")
            continue
        spent = (time.perf_counter() - begun) / max(1, len(items))
        results = [(item, scored(item, rows.get(str(path_of(item))), page=page)) for item in items]
        fields, exact = means(results, "fields", "exact")
        silent, passed = sum(r["silent"] for _, r in results), sum(r["proven"] for _, r in results)
        print(f"{name:<28} {fields:6.1f} % {exact:5.1f} % {silent:12.0f} of {passed:<8.0f} {spent:9.2f}")


def each(read_one):
    """Make a reader of many files of a reader of one; a file it cannot read gives nothing."""

    def many(paths):
        rows = {}
        for path in paths:
            try:
                rows[str(path)] = read_one(path)
            except SmeflowError:
                rows[str(path)] = {}
        return rows

    return many


def ours(model: str | None, readers: tuple[str, ...]) -> dict:
    """Give smeflow without a model and, where one is named, the model alone and smeflow with it."""
    rows = {"smeflow, no model": each(lambda path: by_smeflow(NoModel(), readers, path))}
    if model:
        llm = connect(model)
        rows["the model alone"] = each(lambda path: by_smeflow(llm, ("model",), path))
        rows["smeflow with the model"] = each(lambda path: by_smeflow(llm, (*readers, "model"), path))
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", default=sys.executable, help="an interpreter that has the peers")
    parser.add_argument("--model", help="a model, such as mistral/mistral-small-latest")
    parser.add_argument("--most", type=int, default=10_000, help="at most so many files of a kind")
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    pages = list(chosen(items, "invoice_pdf", None))[: options.most]
    with_xml = [i for i in pages if i.get("has_embedded_xml")]
    xml = [
        i for i in chosen(items, "einvoice_xml", None) if i["truth"] and i.get("upstream_validity") in VALID
    ]
    data = [{**i, "issuer_group": i["truth"].get("supplier")} for i in (*xml, *with_xml)][: options.most]
    script = each(plain_regex) if shutil.which("pdftotext") else lambda _: None
    table(
        "pages",
        {
            "pdftotext + regex": script,
            "invoice2data": lambda paths: by_peer(options.peers, "invoice2data", paths),
            **ours(options.model, ("layout",)),
        },
        pages,
        lambda i: options.data / (i.get("file_without_xml") or i["file"]),
        page=True,
    )
    table(
        "e-invoices (XML, PDF with XML)",
        {
            "factur-x alone": lambda paths: by_peer(options.peers, "facturx", paths),
            **ours(None, ("exact", "layout")),
        },
        data,
        lambda i: options.data / i["file"],
        page=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
