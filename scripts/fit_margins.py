"""Fit the margins by which a field's value must be ahead to be unique, and print them for ``choices.py``.

    python scripts/fit_margins.py DIR...

DIR is what ``make_layouts`` drew of families that no weight has seen. A field's margin is the smallest with
which none of its wrong values is proven, plus `ROOM`; the exact upper bound of what is wrong is told.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import strangers  # noqa: E402 - it stands in another folder
from pages import upper_bound  # noqa: E402

from smeflow.invoices.page import read as page_reader  # noqa: E402
from smeflow.invoices.page import settled  # noqa: E402
from smeflow.invoices.page.choices import MARGINS, Choices, FieldChoice  # noqa: E402

ROOM = 0.25
"""Added to what the tuning documents ask for."""
STEPS = [step / 20 for step in range(280)]


def measured(directory: Path, row: dict[str, Any]) -> dict[str, Any]:
    """Read a document without asking for any margin, and keep the margins."""
    kept: list[Choices | None] = []
    choose = page_reader.choose

    def keeping(*args: Any, **kwargs: Any) -> Choices:
        kept.append(choose(*args, **kwargs))
        return kept[-1]

    settled.MARGINS = {}
    page_reader.choose = keeping
    try:
        result = strangers.score(directory, row)
    finally:
        page_reader.choose = choose
    fields = kept[0].fields if kept and kept[0] else {}
    margins = {_group(name, fields[name]): fields[name].margin for name in MARGINS if name in fields}
    wrong = {
        _group(name, fields[name])
        for name in MARGINS
        if result["marks"].get(name) is False and name in fields
    }
    lies = result["proven"] and result["lies"]
    return {"id": row["id"], "proven": result["proven"], "lies": lies, "wrong": wrong, "margins": margins}


def _group(name: str, choice: FieldChoice) -> str:
    """Fit margins apart for what is tied to its field and what is not; sums tie amounts."""
    tied = choice.tied or name not in {"number", "issue_date", "seller"}
    return name if tied else f"{name} untied"


def fit(documents: list[dict[str, Any]]) -> dict[str, float]:
    """Raise, step by step, the margin that keeps out a wrong value at the cost of the fewest right ones."""
    groups = [*MARGINS, *(f"{name} untied" for name in ("number", "issue_date", "seller"))]
    margins = dict.fromkeys(groups, 0.0)

    def proven() -> list[dict[str, Any]]:
        return [
            d
            for d in documents
            if d["proven"] and all(d["margins"].get(n, 9e9) > m for n, m in margins.items())
        ]

    while lies := [d for d in proven() if d["wrong"]]:
        options = []
        for name in groups:
            for lie in lies:
                level = lie["margins"].get(name, 9e9)
                if name in lie["wrong"]:
                    gone = [d for d in proven() if d["margins"].get(name, 9e9) <= level]
                    right = sum(not d["wrong"] for d in gone)
                    options.append((right / (len(gone) - right), right, name, level))
        if not options:
            break
        _, _, name, level = min(options)
        margins[name] = level
    return {name: round(level + ROOM, 2) for name, level in margins.items()}


def main() -> int:
    """Measure, fit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directories", type=Path, nargs="+")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="write what was measured")
    options = parser.parse_args()
    documents: list[dict[str, Any]] = []
    for directory in options.directories:
        rows = map(json.loads, (directory / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
        drawn = [row for row in rows if row.get("medium", "pdf") == "pdf"]
        with ProcessPoolExecutor(options.jobs) as pool:
            documents += pool.map(partial(measured, directory), drawn, chunksize=8)
    if options.keep:
        options.keep.write_text(json.dumps(documents, default=sorted), encoding="utf-8")
    before = [d for d in documents if d["proven"]]
    lies = sum(bool(d["wrong"]) for d in before)
    print(f"{len(documents)} documents, proven without margins {len(before)}, wrong {lies}")
    margins = fit(documents)
    for name, margin in margins.items():
        print(f'    "{name}": {margin},')
    after = [d for d in before if all(d["margins"].get(n, 9e9) >= m for n, m in margins.items())]
    lies = sum(bool(d["wrong"]) for d in after)
    print(f"proven {len(after)}, wrong {lies}, at most {100 * upper_bound(lies, len(after)):.2f} % at 95 %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
