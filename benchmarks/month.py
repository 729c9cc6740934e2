"""A year of a small firm: 600 invoices, closed, booked, handed over and filed month by month.

Usage: ``python benchmarks/month.py [--months N] [--invoices N]``. The ledger is copied back from a copy once,
as after a broken disk. Prints what each step took, and ends with 1 where an invoice was lost, doubled or
booked twice, or a closed month is not byte-identical when it is written again.
"""

import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.firm_month import PurchaseInvoice, write_firm

from smeflow.cli.app import main

SUPPLIERS = (
    ("EDF", "552081317"),
    ("Orange SA", "380129866"),
    ("Ardoises du Trégor", "404833048"),
    ("Restaurant Le Goëland", "443061841"),
    ("Rénovation Kerbrat SARL", "732829320"),
)
COPIED_BACK = 6
"""In this month the ledger of its beginning comes back after the export."""


def invoices_of(month: int, count: int) -> list[PurchaseInvoice]:
    """Make the invoices of a month: every tenth is a credit note, the last supplier charges no VAT."""
    papers = []
    for n in range(count):
        name, siren = SUPPLIERS[n % len(SUPPLIERS)]
        papers.append(
            PurchaseInvoice(
                seller=name,
                number=f"{name[:2].upper()}{month:02d}{n:03d}",
                day=f"2026-{month:02d}-{n % 28 + 1:02d}",
                net=f"{10 + n * 7 % 900}.{month:02d}",
                siren=siren,
                category="AE" if name.startswith("Rénovation") else "S",
                kind="381" if n % 10 == 9 else "380",
            )
        )
    return papers


class Year:
    """The firm's folder, what each step took, and what was wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []

    def do(self, step: str, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command; give what it printed."""
        out, began = io.StringIO(), time.perf_counter()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = main(list(arguments))
        self.seconds[step].append(time.perf_counter() - began)
        if code not in codes:
            self.wrong.append(f"{' '.join(arguments)} ended with {code}: {out.getvalue()[-300:]}")
        return out.getvalue()

    def month(self, month: int, count: int) -> None:
        """Live through one month."""
        period = f"2026-{month:02d}"
        for paper in invoices_of(month, count):
            (self.folder / "inbox" / f"{paper.number}.xml").write_bytes(paper.cii())
        self.do("run", "run")
        self.do("suppliers", "books", "suppliers", "--accept")
        for name in ("kerbrat", "ardoises") if month == 1 else ():
            self.do("suppliers", "books", "suppliers", name, "--expense", "611000")
        aside = self.folder / "aside"
        if month == COPIED_BACK:
            shutil.copytree(self.folder / ".smeflow", aside)
        self.do("close", "close", period, codes=(0, 1))
        self.do("preview", "books", "preview", "--period", period)
        self.do("export", "books", "export", "--period", period)
        if month == COPIED_BACK:
            shutil.rmtree(self.folder / ".smeflow")
            aside.rename(self.folder / ".smeflow")
            self.do("export again", "books", "export", "--period", period)
        else:
            self.do("dossier", "books", "dossier", "--period", period)
        self.do("archive", "books", "archive", "--period", period, "--move")


def booked(folder: Path) -> Counter[str]:
    """Count the invoices in all files of the books, each entry once."""
    found: Counter[str] = Counter()
    numbers: list[str] = []
    for file in sorted((folder / "books").glob("HA-*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines()[1:]:
            cells = line.split("\t")
            if cells[4] == "401000":
                found[cells[8]] += 1
                numbers.append(cells[2])
    if len(numbers) != len(set(numbers)):
        found["a number used twice"] += 2
    return found


def check(year: Year, months: int, count: int) -> None:
    """Look for what was lost, doubled or changed."""
    wanted = Counter(paper.number for month in range(1, months + 1) for paper in invoices_of(month, count))
    if booked(year.folder) != wanted:
        year.wrong.append(f"booked: {(booked(year.folder) - wanted) or (wanted - booked(year.folder))}")
    filed = list((year.folder / "archive").rglob("*.xml"))
    left = list((year.folder / "inbox").iterdir())
    if len(filed) != sum(wanted.values()) or left:
        year.wrong.append(f"{len(filed)} filed, {len(left)} left in the inbox")
    files = {
        file: file.read_bytes()
        for file in (year.folder / "books").iterdir()
        if file.suffix in (".txt", ".zip")
    }
    for month in range(1, months + 1):
        if month != COPIED_BACK:
            year.do("dossier again", "books", "dossier", "--period", f"2026-{month:02d}")
    year.do("write again", "books", "write")
    changed = [file.name for file, data in files.items() if file.read_bytes() != data]
    if changed:
        year.wrong.append(f"not the same when written again: {', '.join(changed)}")
    year.do("undo", "books", "archive", "--period", "2026-01", "--undo")
    back = {paper.cii() for paper in invoices_of(1, count)}
    if {file.read_bytes() for file in (year.folder / "inbox").iterdir()} != back:
        year.wrong.append("January did not come back to the inbox as it was")


def bench() -> int:
    """Live through the year; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--invoices", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        year = Year(Path(name) / "firm")
        write_firm(year.folder, [])
        os.environ["SMEFLOW_PERSON"] = "Anne"
        with contextlib.chdir(year.folder):
            for month in range(1, asked.months + 1):
                year.month(month, asked.invoices)
            check(year, asked.months, asked.invoices)
    print(f"{asked.months} months of {asked.invoices} invoices")
    for step, seconds in year.seconds.items():
        print(f"{step:14} first {seconds[0]:6.2f} s  last {seconds[-1]:6.2f} s  most {max(seconds):6.2f} s")
    print("nothing lost, doubled or changed" if not year.wrong else "\n".join(year.wrong))
    return bool(year.wrong)


if __name__ == "__main__":
    raise SystemExit(bench())
