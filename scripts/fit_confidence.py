"""Fit the probabilities that ship with smeflow: ``python scripts/fit_confidence.py DIR [DIR …]``.

A DIR holds third-party documents with a ``manifest.json`` of their truth, or pages of ``make_layouts``.
How well the probabilities fit is told on issuers and families of layouts that were left out, whole. What does
not reach `GOAL` there is no probability: null is written, and nothing has a confidence. Writes
``src/smeflow/extract/confidence.json``.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
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
OUT = Path(__file__).parent.parent / "src" / "smeflow" / "extract" / "confidence.json"
FOLDS = 10


def scored(folder: Path) -> Iterator[tuple[CaseScore, str]]:
    """Read every document and score it; give its issuer, or the family of its layout, as well."""
    if (folder / "manifest.jsonl").exists():
        yield from drawn(folder)
        return
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


def drawn(folder: Path) -> Iterator[tuple[CaseScore, str]]:
    """Read the drawn pages of a folder."""
    step = Extract(name="invoice", into=Invoice, readers=("layout",), ocr="tesseract")
    for row in map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()):
        if row.get("medium", "pdf") != "pdf":
            continue
        bare = {n: v.get("name") if isinstance(v, dict) else v for n, v in row["truth"].items()}
        values = {name: bare[name] for name in FIELDS if bare.get(name) is not None}
        found = run([step], Case.of(read(folder / row["file"])))[step]
        if name_key(found.record.seller or "") == name_key(str(values.get("seller", ""))):
            values["seller"] = found.record.seller
        told = Truth(name=row["id"], values=_unsigned(values))
        yield score_record(row["id"], found, told, accepted=True), row["family"]


def _unsigned(values: dict[str, Any]) -> dict[str, Any]:
    """Take the sign off amounts: a credit note's totals are positive in a record."""
    return {k: str(v).lstrip("-") if k.startswith("total") else v for k, v in values.items()}


def main(folders: Sequence[Path]) -> None:
    """Fit, tell how well it fits elsewhere, and write."""
    write([row for folder in folders for row in scored(folder)])


def write(rows: Sequence[tuple[CaseScore, str]]) -> None:
    """Fit on all *rows*, each a case and its group; what misses the goal on groups left out is null."""
    told: dict[str, list[tuple[float, bool]]] = {"fields": [], "records": []}
    for fold in range(FOLDS):
        made = fit_calibration([case for case, group in rows if _fold(group) != fold])
        for case in (case for case, group in rows if _fold(group) == fold):
            if made.records and case.signals:
                told["records"].append((made.records.probability(case.signals), case.exact))
            read_ = (one for one in case.fields if one.signals)
            if made.fields:
                told["fields"] += [(made.fields.probability(o.signals), o.verdict == "right") for o in read_]
    groups = len({group for _, group in rows})
    print(f"{len(rows)} documents of {groups} issuers and families, each left out in turn ({FOLDS} folds):")
    missed = [what for what, pairs in told.items() if not _tell(what, pairs)]
    made = fit_calibration([case for case, _ in rows]).model_copy(update=dict.fromkeys(missed))
    OUT.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")


GOAL = (0.05, 0.25)
"""How far off a probability may be on the whole, and how much better than always telling the mean."""


def _tell(what: str, told: list[tuple[float, bool]]) -> bool:
    """Print how far probabilities and truth are apart, beside always telling the mean; is that the goal?"""
    brier = sum((likely - right) ** 2 for likely, right in told) / len(told)
    mean = sum(right for _, right in told) / len(told)
    dull = mean * (1 - mean)
    off, gain = _calibration_error(told), 1 - brier / dull
    print(f"  {len(told)} {what}, {mean:.1%} right: Brier {brier:.4f}, always the mean {dull:.4f} "
          f"({gain:.0%} better), off by {off:.3f}")  # fmt: skip
    return off <= GOAL[0] and gain >= GOAL[1]


def _calibration_error(told: list[tuple[float, bool]], bins: int = 10) -> float:
    """Average how far the mean told and the share right are apart, in bins of equal size."""
    ordered, n = sorted(told), len(told)
    parts = (ordered[k * n // bins : (k + 1) * n // bins] for k in range(bins))
    return sum(abs(sum(p for p, _ in part) - sum(right for _, right in part)) for part in parts) / n


def _fold(issuer: str) -> int:
    return int(hashlib.sha256(issuer.lower().encode()).hexdigest(), 16) % FOLDS


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
