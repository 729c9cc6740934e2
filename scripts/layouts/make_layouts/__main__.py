"""Draw documents of families of layouts: files, and a manifest of what they say.

    python scripts/make_layouts.py --families MODULE_OR_DIR --n 200 --seed 1 --out DIR [--which TRAIN] [--only NAME]
                           [--scan] [--photo] [--png] [--jobs 2]

Document n draws family ``n % len(families)`` with ``random.Random(f"{seed}:{n}")``.
"""

import argparse
import json
import multiprocessing
import sys
import time
from pathlib import Path

from make_layouts.run import work


def main() -> None:
    """Read the options, share the numbers among the jobs, write the manifest in order."""
    parser = argparse.ArgumentParser(prog="make_layouts", description="Draw documents of families.")
    parser.add_argument("--families", required=True, help="a module, or a folder of modules")
    parser.add_argument("--which", default="FAMILIES", help="the dict of the module: FAMILIES, TRAIN, TUNE")
    parser.add_argument("--only", nargs="*", default=[], help="these families alone")
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scan", action="store_true", help="also a scanned PDF of each")
    parser.add_argument("--photo", action="store_true", help="also a photograph of each page")
    parser.add_argument("--png", action="store_true", help="also a small picture of each page, to look at")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    shares = [list(range(start, options.n, options.jobs)) for start in range(options.jobs)]
    tasks = [(options, share) for share in shares if share]
    if len(tasks) == 1:
        parts = [work(tasks[0])]
    else:
        with multiprocessing.get_context("spawn").Pool(len(tasks)) as pool:
            parts = pool.map(work, tasks)
    rows = sorted((entry for part in parts for entry in part), key=lambda entry: entry[0])
    with (options.out / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for _, group in rows:
            for row in group:
                manifest.write(json.dumps(row, ensure_ascii=False) + "\n")
    spent = time.monotonic() - begun
    sys.stdout.write(f"{len(rows)} documents in {spent:.1f} s, {len(rows) / spent:.1f} a second\n")


if __name__ == "__main__":
    main()
