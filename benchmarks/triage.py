"""How well mails are sorted without a model, beside usual classifiers on the same splits.

``python benchmarks/triage.py DATA_DIR`` splits each labelled set of third-party mails and questions again
and again, one part in five for the test, learns from all that is left, from ten and from three a label, and
prints accuracy, macro-F1 and what is labelled alone. ``--strange`` sorts what belongs under none of the
labels, ``--speed`` measures mails a second and memory, ``--fit FILE`` fits the curves that ship.
"""

import argparse
import json
import os
import random
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from smeflow import Case
from smeflow.documents.document import text_document
from smeflow.llm.interface import NoModel
from smeflow.steps import Example, Triage
from smeflow.triage.learning import MIDDLE, SMALLEST_LEAD, embedder, has_embeddings
from smeflow.triage.likeness import compared_example

SIZES = (None, 10, 3)
VIEWS = ("letters", "embeddings") if has_embeddings() else ("letters",)
NONE = {"out_of_scope", "oos"}


@dataclass(frozen=True)
class Row:
    """A labelled mail or question."""

    label: str
    text: str
    subject: str = ""

    @property
    def whole(self) -> str:
        """Subject and text."""
        return f"{self.subject}\n{self.text}".strip()


@dataclass
class Score:
    """What one way of sorting came to over all splits."""

    hits: list[bool] = field(default_factory=list)
    f1: list[float] = field(default_factory=list)
    sure: list[bool] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)

    def add(self, truth: Sequence[str], found: Sequence[str]) -> None:
        """Add one split."""
        self.hits += [a == b for a, b in zip(truth, found, strict=True)]
        self.f1.append(f1_score(truth, found, average="macro", labels=sorted(set(truth)), zero_division=0))

    @property
    def told(self) -> str:
        """Accuracy and macro-F1."""
        return f"{np.mean(self.hits):.1%} / {np.mean(self.f1):.3f}"

    @property
    def alone(self) -> str:
        """How many were labelled without a person, and how many of these were right."""
        if not any(self.sure):
            return "0 %"
        hits, sure = np.array(self.hits), np.array(self.sure)
        return f"{sure.mean():.0%}, {hits[sure].mean():.1%} right"

    @property
    def best_coverage(self) -> float:
        """The most that could be labelled with 98 % right, had the threshold been known."""
        order = np.argsort(-np.array(self.confidence), kind="stable")
        right = np.cumsum(np.array(self.hits)[order]) / np.arange(1, len(order) + 1)
        return float((np.flatnonzero(right >= 0.98).max() + 1) / len(order)) if (right >= 0.98).any() else 0.0


def sets(data: Path) -> dict[str, list[Row]]:
    """Read the labelled sets."""
    folder = data / "emails" / "labelled"
    lines = {file.stem: _lines(file) for file in folder.glob("*.jsonl")}
    clinc = lines["clinc150_business_train_sample"]
    return {
        "French office mail": _rows(lines["friday2_email_classification_fr"]),
        "domains": [Row(label=row["domain"], text=row["text"]) for row in clinc],
        "intents, out of scope among them": _rows(clinc),
        "77 intents": _rows(lines["banking77_train_sample"]),
    }


def _rows(lines: list[dict[str, Any]]) -> list[Row]:
    return [Row(r["label"], r.get("text") or r.get("body") or "", r.get("subject", "")) for r in lines]


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def splits(rows: list[Row], size: int | None, repeats: int) -> Iterator[tuple[list[Row], list[Row]]]:
    """Give what teaches and what is tested: of every label a fifth, or one of two."""
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_label[row.label].append(row)
    for seed in range(repeats):
        known: list[Row] = []
        tested: list[Row] = []
        for label in sorted(by_label):
            some = random.Random(f"{seed} {label}").sample(by_label[label], len(by_label[label]))
            part = max(1, round(len(some) / 5))
            tested += some[:part]
            known += some[part:][:size]
        yield known, tested


def step_of(known: list[Row], labels: list[str], view: str, **more: Any) -> Triage:
    """Make the step that learned *known*."""
    examples = tuple(Example(label=r.label, text=r.text, subject=r.subject) for r in known)
    return Triage(name="kind", labels=labels, examples=examples, likeness=view, **more)


def case_of(row: Row) -> Case:
    """Make a mail."""
    return Case.of(text_document(row.text, media_type="message/rfc822", fields={"subject": row.subject}))


def by_words(known: list[Row], tested: list[Row]) -> list[str]:
    """TF-IDF of words and pairs of words, and logistic regression."""
    shape = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    learned = LogisticRegression(C=10, max_iter=500)
    learned.fit(shape.fit_transform([r.whole for r in known]), [r.label for r in known])
    return list(learned.predict(shape.transform([r.whole for r in tested])))


@cache
def _point(text: str) -> Any:
    return embedder().embed([text])[0]


def by_centroid(known: list[Row], tested: list[Row]) -> list[str]:
    """The label whose examples' mean embedding is nearest."""
    labels = sorted({r.label for r in known})
    means = np.array([np.mean([_point(r.whole) for r in known if r.label == one], axis=0) for one in labels])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return [labels[int(np.argmax(means @ _point(r.whole)))] for r in tested]


def by_points(known: list[Row], tested: list[Row]) -> list[str]:
    """Logistic regression on embeddings."""
    learned = LogisticRegression(C=10, max_iter=500)
    learned.fit(np.array([_point(r.whole) for r in known]) * 5, [r.label for r in known])
    return list(learned.predict(np.array([_point(r.whole) for r in tested]) * 5))


def compare(rows: list[Row], size: int | None, repeats: int) -> dict[str, Score]:
    """Sort by every way on the same splits."""
    scores: dict[str, Score] = defaultdict(Score)
    labels = sorted({row.label for row in rows})
    baselines = {"words": by_words}
    baselines |= {"centroid": by_centroid, "points": by_points} if has_embeddings() else {}
    for known, tested in splits(rows, size, repeats):
        truth = [row.label for row in tested]
        for name, way in baselines.items():
            scores[name].add(truth, way(known, tested))
        for view in VIEWS:
            step = step_of(known, labels, view)
            found = [step(case_of(row), NoModel()) for row in tested]
            score = scores[view]
            score.add(truth, [one.label or one.suggestion or "" for one in found])
            score.sure += [one.label is not None for one in found]
            score.confidence += [one.confidence or 0.0 for one in found]
    return scores


def main_table(data: Path, repeats: int) -> None:
    """Print the comparison as Markdown."""
    print(
        "accuracy / macro-F1; labelled alone at the default threshold (98 % right), and how many were right\n"
    )
    print(
        "| set | examples a label | TF-IDF + LR | nearest centroid | LR on embeddings | letters | embeddings "
        "| letters alone | embeddings alone | best possible at 98 % |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, rows in sets(data).items():
        most = max(sum(r.label == one for r in rows) for one in {r.label for r in rows})
        for size in SIZES:
            if size and size >= most:
                continue
            s = compare(rows, size, repeats)
            cells = [s[way].told if way in s else "–" for way in ("words", "centroid", "points", *VIEWS)]
            cells += [s[view].alone for view in VIEWS] + [f"{s[VIEWS[-1]].best_coverage:.0%}"]
            print(f"| {name} | {size or 'all'} | " + " | ".join(cells) + " |", flush=True)


def strange(data: Path, repeats: int) -> None:
    """Sort what belongs under none of the labels, and tell how much of it is labelled all the same."""
    all_ = sets(data)
    outside = [row for row in all_["intents, out of scope among them"] if row.label in NONE]
    print("| learned from | by | strangers labelled alone | told as unlike | own mails told as unlike |")
    print("|---|---|---|---|---|")
    for name in ("French office mail", "domains", "77 intents"):
        rows = [row for row in all_[name] if row.label not in NONE]
        labels = sorted({row.label for row in rows})
        for view in VIEWS:
            alone, unlike, own = [], [], []
            for known, tested in splits(rows, None, repeats):
                step = step_of(known, labels, view)
                found = [step(case_of(row), NoModel()) for row in outside]
                alone += [one.label is not None for one in found]
                unlike += [_unlike(one) for one in found]
                own += [_unlike(step(case_of(row), NoModel())) for row in tested]
            print(
                f"| {name} | {view} | {np.mean(alone):.1%} | {np.mean(unlike):.0%} | {np.mean(own):.1%} |",
                flush=True,
            )


def _unlike(found: Any) -> bool:
    return any("unlike every example" in str(doubt) for doubt in found.doubts)


def speed(data: Path, mails: int) -> None:
    """Measure mails a second of one core's time, and memory on the way."""
    rows = sets(data)["French office mail"]
    texts = [line["email"] for line in _lines(data / "emails" / "labelled" / "bipia_email_qa_train.jsonl")]
    mixed = [row.whole for row in rows] + texts
    print(f"mails of {int(np.mean([len(t) for t in mixed]))} characters on average")
    rules = [
        {"label": "newsletter", "text": ["se désabonner", "unsubscribe"]},
        {"label": "spam", "from": ".xyz"},
    ]
    labels = sorted({row.label for row in rows})
    for view, many in zip(VIEWS, (mails, min(mails, 120)), strict=False):
        started = time.process_time()
        step = step_of(rows, labels, view, rules=rules)
        step(case_of(rows[0]), NoModel())
        print(f"{view}: learned from {len(rows)} examples in {time.process_time() - started:.2f} s of CPU")
        started, marks = time.process_time(), []
        for n in range(many):
            step(case_of(Row(label="", text=f"{mixed[n % len(mixed)]} {n}", subject=f"Mail {n}")), NoModel())
            if n % max(1, many // 10) == 0:
                marks.append(_memory())
        rate = many / (time.process_time() - started)
        print(f"{view}: {rate:.0f} mails a second of CPU; memory in MB on the way: {marks}", flush=True)


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def fit(data: Path, file: Path, repeats: int) -> None:
    """Fit the curves of confidence: the chance of being right at each lead, all sets and sizes alike."""
    curves = {}
    for view in ("embeddings", "letters"):
        leads, hits, weights = [], [], []
        for rows in sets(data).values():
            labels = sorted({row.label for row in rows})
            for size in (None, 3):
                found = [
                    (
                        step.taught.compare(
                            compared_example(
                                Example(label="x", text=r.text, subject=r.subject), senders=False
                            )
                        ),
                        r,
                    )
                    for known, tested in splits(rows, size, repeats)
                    for step in (step_of(known, labels, view),)
                    for r in tested
                ]
                leads += [np.log(max(one.lead, SMALLEST_LEAD)) - MIDDLE for one, _ in found]
                hits += [one.best == row.label for one, row in found]
                weights += [100 / len(found)] * len(found)
        learned = LogisticRegression(C=100).fit(np.array(leads)[:, None], hits, sample_weight=weights)
        level, slope = float(learned.intercept_[0]), float(learned.coef_[0, 0])
        curves[view] = {"level": round(level, 3), "slope": round(slope, 3), "cases": len(leads)}
    file.write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")
    print(f"{file}: {curves}")


def main() -> None:
    """Run what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=os.environ.get("DATA_DIR"))
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--strange", action="store_true")
    parser.add_argument("--speed", type=int, metavar="MAILS", default=0)
    parser.add_argument("--fit", type=Path, metavar="FILE")
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("name the folder of third-party data, or set DATA_DIR")
    warnings.simplefilter("ignore")
    if asked.fit:
        fit(asked.data, asked.fit, asked.repeats)
    elif asked.speed:
        speed(asked.data, asked.speed)
    elif asked.strange:
        strange(asked.data, asked.repeats)
    else:
        main_table(asked.data, asked.repeats)


if __name__ == "__main__":
    main()
