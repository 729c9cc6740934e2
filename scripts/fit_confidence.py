"""Fit the probabilities that ship with smeflow: ``python scripts/fit_confidence.py DATA_DIR``.

DATA_DIR holds third-party documents with a ``manifest.json`` of their truth. Every rendering of an invoice
weighs the same; how well the probabilities fit is told on issuers that were left out. Writes
``src/smeflow/extract/confidence.json``.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smeflow.core.case import Case
from smeflow.core.run import run
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.evaluate.evaluation import fit_calibration
from smeflow.evaluate.scoring import CaseScore, Truth, score_record
from smeflow.extract.step import Extract
from smeflow.invoices.page.names import name_key
from smeflow.records import Invoice

FIELDS = {
    "number": "number",
    "issue_date": "date",
    "seller": "supplier",
    "currency": "currency",
    "total_net": "total_net",
    "total_vat": "total_vat",
    "total_gross": "total_gross",
}
KINDS = ("invoice_pdf", "invoice_image", "receipt_scan", "einvoice_xml")
OUT = Path(__file__).parent.parent / "src" / "smeflow" / "steps" / "confidence.json"
FOLDS = 5


def scored(folder: Path) -> Iterator[tuple[CaseScore, str]]:
    """Read every document and score it; give its issuer as well."""
    step = Extract(name="invoice", into=Invoice, readers=("exact", "layout"))
    for item in json.loads((folder / "manifest.json").read_text())["items"]:
        if item["kind"] not in KINDS or not item.get("truth"):
            continue
        truth = {**item["truth"], **(item.get("printed_truth") or {})}
        values = {ours: truth[theirs] for ours, theirs in FIELDS.items() if truth.get(theirs) is not None}
        file = folder / (item.get("file_without_xml") or item["file"])
        try:
            found = run([step], Case.of(read(file)))[step]
        except DocumentError:
            continue
        if name_key(found.record.seller or "") == name_key(str(values.get("seller", ""))):
            values["seller"] = found.record.seller  # with or without its legal form
        told = Truth(name=item["id"], values=_unsigned(values))
        made = score_record(item["id"], found, told, accepted=True)
        yield made, str(truth.get("supplier") or item["id"])


def _unsigned(values: dict[str, Any]) -> dict[str, Any]:
    """Take the sign off amounts: a credit note's totals are positive in a record."""
    return {k: str(v).lstrip("-") if k.startswith("total") else v for k, v in values.items()}


def main(folder: Path) -> None:
    """Fit, tell how well it fits elsewhere, and write."""
    rows = list(scored(folder))
    fields: list[tuple[float, bool]] = []
    records: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        made = fit_calibration([case for case, issuer in rows if _fold(issuer) != fold])
        for case in (case for case, issuer in rows if _fold(issuer) == fold):
            records.append((made.records.probability(case.signals), case.exact))
            read_ = (one for one in case.fields if one.signals)
            fields += [(made.fields.probability(one.signals), one.verdict == "right") for one in read_]
    print(f"{len(rows)} documents; on issuers left out:")
    _tell("fields", fields)
    _tell("records", records)
    made = fit_calibration([case for case, _ in rows])
    OUT.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _tell(what: str, told: list[tuple[float, bool]]) -> None:
    """Print how far probabilities and truth are apart, beside always telling the mean."""
    brier = sum((likely - right) ** 2 for likely, right in told) / len(told)
    mean = sum(right for _, right in told) / len(told)
    dull = mean * (1 - mean)
    print(f"  {len(told)} {what}, {mean:.1%} right: Brier {brier:.4f}, always the mean {dull:.4f}")


def _fold(issuer: str) -> int:
    return int(hashlib.sha256(issuer.lower().encode()).hexdigest(), 16) % FOLDS


if __name__ == "__main__":
    main(Path(sys.argv[1]))
