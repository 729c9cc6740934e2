"""How many fixed sentences are false: ``python benchmarks/report_truth.py [--tables 1000] [--from 0]``.

Each table is drawn with ties, gaps, rates and more names than are told, its newest month said in English or
French by the patterns, each picture by its sentence; all of it is read by `tests/support/report_truth.py`,
which knows only the rows.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.report_truth import Reading, draw_report


def main() -> int:
    """Draw, read and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    given = parser.parse_args()
    counts = Counter[str]()
    for seed in range(given.first, given.first + given.tables):
        drawn = draw_report(seed, "fr-FR" if seed % 2 else "en-GB")
        reading = Reading(drawn)
        wrong = reading.false_sentences()
        counts["sentences"] += len(drawn.sentences) + len(drawn.pictures)
        counts["claims"] += reading.read
        counts["false"] += len(wrong)
        for each in wrong:
            print(f"{seed}: {each}")
    print(
        f"{given.tables} tables, {counts['sentences']} sentences, {counts['claims']} claims read: "
        f"{counts['false']} false"
    )
    return int(counts["false"] > 0)


if __name__ == "__main__":
    sys.exit(main())
