"""What a model adds where the page's reader is not sure: `python benchmarks/pages_model.py DATA_DIR`.

Without any server: a truthful persona gives what the page prints, a lying one the buyer for the seller, gross
for net, another printed number and the due date; both are asked only about what is left, as a recipe asks.
``--fault PATH`` starts a provider on loopback (the file given): its oracle, and the same made to lie (totals
that are nowhere, swapped values, inventions). ``--model NAME`` asks any other. ``--raster`` reads pictures.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pages import chosen, means, opened, same, truth_of

from smeflow import Case, connect
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract

STEP = Extract(name="invoice", into="Invoice", readers=("layout", "model"), ocr="tesseract")
KEYS = (
    *("number", "issue_date", "due_date", "seller", "seller_details_vat_id", "buyer", "currency"),
    *("total_net", "total_vat", "total_gross", "amount_due", "iban", "order_reference"),
)


def told(item) -> dict:
    """Give a truthful answer, amounts and dates as a person would copy them."""
    truth = {**item["truth"], **(item.get("printed_truth") or {})}
    said = dict.fromkeys(KEYS)
    said |= {
        "number": truth.get("number"),
        "issue_date": truth.get("date"),
        "currency": truth.get("currency"),
    }
    said |= {"seller": truth.get("supplier"), "buyer": truth.get("customer")}
    said |= {key: f"{truth[key]:.2f}" for key in ("total_net", "total_vat", "total_gross") if key in truth}
    return {key: None if value is None else str(value) for key, value in said.items()}


def lied(item, text: str) -> dict:
    """Give values of the page in the wrong places: what small models do."""
    said = told(item)
    other = [n for n in re.findall(r"[A-Z]{0,3}-?\d{4,9}", text) if n != said["number"]]
    return {**said, "seller": said["buyer"] or said["seller"], "buyer": said["seller"],
            "total_net": said["total_gross"], "number": other[0] if other else said["number"],
            "issue_date": item["truth"].get("due_date") or said["issue_date"]}  # fmt: skip


class Counting:
    """A model that counts what it is asked."""

    def __init__(self, llm) -> None:
        self.llm, self.calls = llm, 0

    def complete(self, request):
        """Ask."""
        self.calls += 1
        return self.llm.complete(request)


def measured(name, documents, model_for) -> None:
    """Read all documents with one persona and print a line."""
    results, calls, begun = [], 0, time.perf_counter()
    for item, document in documents:
        model = Counting(model_for(item, document))
        found = STEP(Case(id=item["id"], documents=(document,)), model)
        calls += model.calls
        truth = truth_of(item)
        values = {field: getattr(found.record, field) for field in truth}
        marks = [v is not None and same(field, v, truth[field]) for field, v in values.items()]
        wrong = any(v is not None and not same(f, v, truth[f]) for f, v in values.items())
        unseen = found.proven or not found.doubts
        results.append((item, {"fields": sum(marks) / len(marks), "exact": float(all(marks)),
                               "proven": float(found.proven), "silent": float(found.proven and wrong),
                               "passed": float(unseen and wrong)}))  # fmt: skip
    fields, exact, proven = means(results, "fields", "exact", "proven")
    silent, passed = (sum(r[k] for _, r in results) for k in ("silent", "passed"))
    spent = (time.perf_counter() - begun) / len(results)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{name:<27} fields {fields:5.1f} %  exact {exact:5.1f} %  proven {proven:5.1f} %  "
        f"proven and wrong {silent:.0f}  without doubt and wrong {passed:.0f}  "
        f"calls {calls / len(results):.2f}  {spent:.2f} s a document  {memory} MB",
        flush=True,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fault", type=Path, help="a provider for loopback with an oracle and faults")
    parser.add_argument("--model", help="any model, as in a recipe")
    parser.add_argument("--raster", action="store_true", help="read pictures of the PDFs, each invoice once")
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    documents = []
    for item in chosen(items, "invoice_pdf", None, once=options.raster):
        path = options.data / (item.get("file_without_xml") or item["file"])
        document = opened(path, raster=options.raster)
        if document is not None:
            documents.append((item, document))
    print(f"{len(documents)} documents; by issuer")
    measured("no model", documents, lambda *_: NoModel())
    measured("a truthful persona", documents, lambda item, _: Scripted([told(item)] * 3))
    measured("a lying persona", documents, lambda item, d: Scripted([lied(item, d.text)] * 3))
    if options.model:
        llm = connect(options.model)
        measured(options.model, documents, lambda *_: llm)
    if options.fault:
        with tempfile.TemporaryDirectory() as folder:
            port_file = Path(folder, "port")
            command = [
                sys.executable,
                options.fault,
                "serve",
                "--port-file",
                port_file,
                "--max-seconds",
                "1800",
            ]
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            while not (port_file.exists() and port_file.read_text().strip()):
                time.sleep(0.1)
            base = f"http://127.0.0.1:{port_file.read_text().strip()}/v1"
            for name in ("oracle", "oracle+wrong_total", "oracle+hallucinate", "oracle+swap"):
                llm = connect(f"{name}@{base}", key="none")
                measured(f"loopback {name}", documents, lambda *_, llm=llm: llm)
            server.terminate()
            server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
