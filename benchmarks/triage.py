"""How often sorting without a model is sure, and how often it is then wrong.

``python benchmarks/triage.py`` sorts the bundled mails by the bundled examples. ``--labelled FILE…`` takes
files of JSON lines ``{"label", "text" or "body", "subject"}`` instead, learns from 60 % of each and sorts the
rest, five times.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smeflow import Case, read
from smeflow.documents.base import text_document
from smeflow.llm.none import NoModel
from smeflow.steps import Example, Triage

BUNDLED = Path(__file__).parents[1] / "recipes" / "mail-triage"
THRESHOLDS = (0.7, 0.8, 0.9)
Task = tuple[Triage, list[tuple[Case, str]]]


def main() -> None:
    """Print a line for each set and threshold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, nargs="*", default=[])
    files = parser.parse_args().labelled
    for threshold in THRESHOLDS:
        for name, tasks in _sets(files, threshold):
            _tell(name, threshold, tasks)


def _sets(files: list[Path], threshold: float) -> Iterator[tuple[str, list[Task]]]:
    if not files:
        yield "bundled mails", [_bundled(threshold)]
    for file in files:
        rows = _lines(file)
        yield file.stem, [_split(rows, seed, threshold) for seed in range(5)]


def _bundled(threshold: float) -> Task:
    truths = _lines(BUNDLED / "labelled.jsonl")
    labels = sorted({row["label"] for row in truths})
    step = Triage(name="kind", labels=labels, examples=BUNDLED / "examples.jsonl", threshold=threshold)
    return step, [(Case.of(read(BUNDLED / row["file"])), row["label"]) for row in truths]


def _split(rows: list[dict[str, Any]], seed: int, threshold: float) -> Task:
    shuffled = random.Random(seed).sample(rows, len(rows))
    known, rest = shuffled[: len(rows) * 6 // 10], shuffled[len(rows) * 6 // 10 :]
    labels = sorted({row["label"] for row in rows})
    examples = tuple(Example(label=r["label"], text=_text(r), subject=r.get("subject", "")) for r in known)
    step = Triage(name="kind", labels=labels, examples=examples, threshold=threshold)
    return step, [(_case(row), row["label"]) for row in rest]


def _case(row: dict[str, Any]) -> Case:
    return Case.of(text_document(_text(row), fields={"subject": row.get("subject", "")}))


def _text(row: dict[str, Any]) -> str:
    return str(row.get("text") or row.get("body") or "")


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _tell(name: str, threshold: float, tasks: list[Task]) -> None:
    told = [(step(case, NoModel()).label, truth) for step, cases in tasks for case, truth in cases]
    sure = [(label, truth) for label, truth in told if label is not None]
    wrong = sum(label != truth for label, truth in sure)
    covered = len(sure) / len(told)
    print(f"{name}: threshold {threshold}: {covered:.0%} of {len(told)} labelled, {wrong} of them wrong")


if __name__ == "__main__":
    main()
