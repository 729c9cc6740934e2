"""Count how often what is proven is wrong, by kind of document: `python benchmarks/proven.py DIR [DIR …]`.

A DIR holds a ``manifest.json`` of real documents or a ``manifest.jsonl`` of drawn ones with their pictures.
Every document is read as a recipe reads it, without a model. What is counted is written into
``src/smeflow/extract/proven.json``, which ``smeflow doctor`` tells with the exact bound at 95 %.
"""

import json
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pages
import strangers

from smeflow import Case
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

OUT = Path(__file__).parent.parent / "src" / "smeflow" / "extract" / "proven.json"
MEDIA = {"pdf": "drawn", "scan": "scan", "photo": "photo"}
REAL = {"invoice_pdf": "pdf", "einvoice_xml": "einvoice"}


def papers(folder: Path):
    """Give kind, group, file and truth of each document of a folder."""
    if (folder / "manifest.jsonl").exists():
        for row in map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()):
            kind = MEDIA[row.get("medium", "pdf")]
            yield kind, row["family"], folder / row["file"], strangers.truth_of(row)
        return
    seen = set()
    for item in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["items"]:
        key = item["kind"], item.get("document_key", item["id"])
        if item["kind"] in REAL and item.get("truth") and key not in seen:
            seen.add(key)
            file = folder / (item.get("file_without_xml") or item["file"])
            yield (
                REAL[item["kind"]],
                str(item.get("issuer_group") or item["truth"].get("supplier")),
                file,
                pages.truth_of(item),
            )


def main(folders: list[Path]) -> None:
    """Count, print and write."""
    step = Extract(name="invoice", into="Invoice", readers=("exact", "layout"), ocr="tesseract")
    groups, counts = defaultdict(set), defaultdict(lambda: {"documents": 0, "proven": 0, "wrong": 0})
    for kind, group, file, truth in (paper for folder in folders for paper in papers(folder)):
        try:
            found = step(Case(id=file.stem, documents=(read(file),)), NoModel())
        except DocumentError:
            continue
        printed = [name for name in strangers.REQUIRED if truth.get(name) is not None]
        values = {name: getattr(found.record, name) for name in printed}
        wrong = [n for n, v in values.items() if v is not None and not strangers.equal(n, v, truth[n])]
        groups[kind].add(group)
        counts[kind]["documents"] += 1
        counts[kind]["proven"] += found.proven
        counts[kind]["wrong"] += bool(found.proven and wrong)
        if found.proven and wrong:
            print(f"  {file.name}: PROVEN AND WRONG: {', '.join(f'{n} {values[n]}' for n in wrong)}")
    write({kind: {**counted, "groups": len(groups[kind])} for kind, counted in counts.items()})


def write(kinds: dict[str, dict[str, int]]) -> None:
    """Write what was counted."""
    for kind, counted in kinds.items():
        bound = 100 * pages.upper_bound(counted["wrong"], counted["proven"])
        print(f"{kind}: {counted}, wrong at most {bound:.2f} % of the proven")
    written = {"measured": datetime.now(UTC).date().isoformat(), "kinds": kinds}
    OUT.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
