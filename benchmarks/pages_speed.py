"""How fast pages are read without a model: `python benchmarks/pages_speed.py DATA_DIR [--sizes 100 1000]`.

The PDFs of DATA_DIR are read again and again, as bytes under new names; CPU of this process and its workers
counts, so pages a CPU second are pages a second on one core. Then pictures, with the second recogniser for
what no arithmetic confirms.
"""

import argparse
import itertools
import json
import os
import resource
import sys
import time
from pathlib import Path

from pages import chosen

from smeflow import Case
from smeflow.documents.read import read
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

TICK = os.sysconf("SC_CLK_TCK")


def workers() -> list[int]:
    """Give the processes this one has started and that are alive."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def cpu() -> float:
    """Give the CPU seconds of this process and of all its workers, ended ones included."""
    spent = sum(
        getattr(resource.getrusage(who), kind)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for kind in ("ru_utime", "ru_stime")
    )
    for pid in workers():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICK
    return spent


def memory() -> tuple[int, int]:
    """Give the peak of this process and of its largest worker, in MB."""
    peaks = [0]
    for pid in workers():
        status = Path(f"/proc/{pid}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, max(peaks)


def run(title: str, files: list[Path], count: int, **step) -> None:
    """Read *count* documents and print what they cost."""
    reader = Extract(name="invoice", into="Invoice", readers=("layout",), **step)
    begun, wall, pages = cpu(), time.perf_counter(), 0
    for number, path in zip(range(count), itertools.cycle(files), strict=False):
        document = read(path.read_bytes(), name=f"{number}-{path.name}")
        reader(Case(id=str(number), documents=(document,)), NoModel())
        pages += len(document.pages)
    spent, wall = cpu() - begun, time.perf_counter() - wall
    here, worker = memory()
    print(
        f"{title}: {count} documents, {pages} pages, {pages / spent:.1f} pages a CPU second "
        f"({spent / pages:.3f} s a page), {wall:.0f} s, {here} MB here, {worker} MB in a worker",
        flush=True,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 300, 1000])
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    texts = [
        options.data / (i.get("file_without_xml") or i["file"]) for i in chosen(items, "invoice_pdf", None)
    ]
    run("warm-up", texts, 10)
    for size in options.sizes:
        run("text pages", texts, size)
    pictures = [options.data / i["file"] for i in chosen(items, "invoice_image", None)]
    run("pictures, one recogniser", pictures, len(pictures), ocr="tesseract")
    run("pictures, the second for three lines", pictures[:2], 2)  # its models are loaded
    run("pictures, the second for three lines", pictures, len(pictures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
