"""Does a long day cost more at its end than at its beginning: in CPU, memory, handles, bytes?

``python benchmarks/soak.py [--minutes 15] [--rate 20] [--every 60]``: one process works like ``watch``. Every
so many seconds it takes in what came since, RATE items a second, and takes each through three steps, one of
which asks a model. CPU an item, memory, open handles and the size of the write-ahead file are looked at all
the while, and the audit chain is verified at the end.

``--curve 1000 10000 30000 100000``: one run over so many items for each number, in a process of its own, then
a second one in which nothing changed, with a table as the sink: CPU, bytes on the disk and memory, an item.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.documents.document import ROW
from smeflow.engine.run import run_recipe
from smeflow.kinds.sources import Arrival, make_arrival
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.verify import verify_audit
from smeflow.llm.interface import LLM, Message, ModelEndpoint, Reply, Request, Usage
from smeflow.llm.prices import FREE
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.tables.table_file import TableFile

MOST_MEMORY_GROWTH = 0.05
MOST_CPU_MS = 2.0
MOST_WAL_BYTES = 16_000_000
COLUMNS = {"id": "fields.id", "kind": "kind", "size": "size", "large": "large"}


@dataclass
class Rows:
    """The rows from one number to another."""

    start: int
    end: int
    complete: bool = False
    name: str = "rows"

    def cases(self) -> Iterator[Arrival]:
        """Make them."""
        for n in range(self.start, self.end):
            data = json.dumps(
                {"id": str(n), "text": f"Order {n}: {n % 89} boxes of article A-{n * 7}"}
            ).encode()
            yield make_arrival(str(n), f"row {n}", ROW, data)


class Clerk:
    """A model that says the same at once and keeps nothing: what grows here is smeflow's."""

    place = ModelEndpoint(provider="scripted", model="clerk", region="local", price=FREE)

    def complete(self, _request: Request, /) -> Reply:
        """Answer."""
        usage = Usage(input_tokens=20, output_tokens=3)
        return Reply(text="an order", model="clerk", usage=usage, cost=FREE.of(20, 3))


@step
def kind(case: Case, llm: LLM) -> str:
    """Ask what it is."""
    return llm.complete(Request(messages=(Message("user", f"What is this? {case.text}"),))).text


@step
def size(case: Case, _: LLM) -> int:
    """Count its letters."""
    return len(case.text)


@step
def large(case: Case, _: LLM) -> bool:
    """Say whether they are many."""
    return case[size] > 34


def recipe(folder: Path, source: Rows, *, sink: bool) -> Recipe:
    """Make the recipe."""
    return Recipe(
        name="soak",
        path=folder / "soak.yaml",
        text_hash="soak",
        residency="any",
        source=source,
        sinks=(TableFile(table=str(folder / "out.csv"), columns=COLUMNS),) if sink else (),
        steps=tuple(Entry(step=each) for each in (kind, size, large)),
    )


def run_rows(folder: Path, source: Rows, *, sink: bool) -> int:
    """Run once; give how many items are done in all."""
    made = recipe(folder, source, sink=sink)
    return run_recipe(made, WorkspaceSettings(root=folder), state=folder / ".smeflow", llm=Clerk()).done


def memory_bytes() -> int:
    """Give what this process holds in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """Give the most it ever held."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def folder_bytes(folder: Path) -> int:
    """Give what lies in *folder*, blobs and all."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@dataclass
class Watched:
    """What is looked at twice a second, whatever the run does just then."""

    wal: Path
    wal_bytes: int = 0
    handles: list[int] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look until told to stop."""
        while not self.stop.wait(0.5):
            self.handles.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
            if self.wal.exists():
                self.wal_bytes = max(self.wal_bytes, self.wal.stat().st_size)


def soak(folder: Path, *, seconds: float, rate: float, every: float) -> bool:
    """Work for so long; print a line for each tenth of the time, and the verdict."""
    watched = Watched(folder / ".smeflow" / "ledger.db-wal")
    thread = threading.Thread(target=watched.watch, daemon=True)
    thread.start()
    began, done, tenth = time.monotonic(), 0, 0
    lines: list[tuple[int, float, int]] = []
    cpu, cpu_done = time.process_time(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        due = int(elapsed * rate)
        if due > done:
            assert run_rows(folder, Rows(done, due), sink=False) == due, "an item is not done"
            done = due
        if elapsed >= (tenth + 1) * seconds / 10:
            tenth += 1
            now = time.process_time()
            spent = (now - cpu) * 1000 / max(1, done - cpu_done)
            lines.append((done, spent, memory_bytes()))
            print(f"{done:8} items {spent:6.2f} ms CPU each, {memory_bytes() / 1e6:6.1f} MB", flush=True)
            cpu, cpu_done = now, done
        time.sleep(max(0.0, every - (time.monotonic() - began - elapsed)))
    watched.stop.set()
    thread.join()
    with Ledger.open(folder / ".smeflow") as ledger:
        problems = verify_audit(ledger.store).findings
    return _judge(lines, watched, broken=len(problems), calls=done)


def _judge(lines: list[tuple[int, float, int]], watched: Watched, *, broken: int, calls: int) -> bool:
    first, last = lines[0][2], lines[-1][2]
    growth = last / first - 1
    third = len(watched.handles) // 3
    handles = max(watched.handles[third : 2 * third]), max(watched.handles[2 * third :])
    dearest = max(spent for _, spent, _ in lines[1:])
    print(
        f"{calls} items, {dearest:.2f} ms CPU at most (goal {MOST_CPU_MS}); memory {growth:+.1%} after the "
        f"first tenth (goal {MOST_MEMORY_GROWTH:+.0%}); handles {handles[0]} in the second third, "
        f"{handles[1]} in the last; write-ahead file {watched.wal_bytes / 1e6:.1f} MB at most; "
        f"{broken} problems of the audit chain"
    )
    return (
        dearest <= MOST_CPU_MS
        and growth <= MOST_MEMORY_GROWTH
        and handles[1] <= handles[0]
        and watched.wal_bytes <= MOST_WAL_BYTES
        and not broken
    )


def measure(n: int) -> dict[str, float]:
    """Run over *n* items, then again; give what an item cost."""
    with tempfile.TemporaryDirectory(prefix="smeflow-bench-") as made:
        folder = Path(made)
        run_rows(folder / "warm", Rows(0, 50, complete=True), sink=False)
        began = time.process_time()
        assert run_rows(folder, Rows(0, n, complete=True), sink=True) == n
        first = time.process_time()
        assert run_rows(folder, Rows(0, n, complete=True), sink=True) == n
        again = time.process_time()
        return {
            "n": n,
            "cpu_ms": (first - began) * 1000 / n,
            "again_ms": (again - first) * 1000 / n,
            "bytes": folder_bytes(folder / ".smeflow") / n,
            "peak_mb": peak_bytes() / 1e6,
        }


def curve(numbers: list[int]) -> bool:
    """Print what an item costs in runs of each size; whether the largest costs what the others do."""
    found = []
    for n in numbers:
        command = [sys.executable, __file__, "--measure", str(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout.splitlines()[-1])
        found.append(figures)
        print(
            f"{n:8} items: {figures['cpu_ms']:5.2f} ms CPU and {figures['bytes']:6.0f} bytes an item, "
            f"{figures['again_ms']:6.3f} ms when nothing changed, {figures['peak_mb']:.0f} MB at most",
            flush=True,
        )
    cheapest = min(figures["cpu_ms"] for figures in found)
    return bool(found[-1]["cpu_ms"] <= 1.25 * cheapest and found[-1]["bytes"] <= 1.1 * found[0]["bytes"])


def main() -> int:
    """Soak, or draw the curve."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--minutes", type=float, default=15)
    reader.add_argument("--rate", type=float, default=20)
    reader.add_argument("--every", type=float, default=60, help="as `watch` looks, if nobody says else")
    reader.add_argument("--curve", type=int, nargs="+")
    reader.add_argument("--measure", type=int)
    asked = reader.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
        return 0
    if asked.curve:
        return int(not curve(asked.curve))
    with tempfile.TemporaryDirectory(prefix="smeflow-bench-") as made:
        whole = soak(Path(made), seconds=asked.minutes * 60, rate=asked.rate, every=asked.every)
    return int(not whole)


if __name__ == "__main__":
    sys.exit(main())
