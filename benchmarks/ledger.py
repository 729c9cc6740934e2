"""What the ledger and the runner cost: ``python benchmarks/ledger.py [N]``.

Prints CPU per item and per cached call in milliseconds, and the seconds of a run in which nothing changed,
the start of the process included. Other work on the machine shows in wall time, less in CPU time.
"""

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from smeflow.core.case import Case, Step
from smeflow.core.plan import Entry
from smeflow.core.run import run
from smeflow.core.step import step
from smeflow.documents.document import ROW
from smeflow.documents.read import read
from smeflow.engine.run import run_recipe
from smeflow.kinds.sources import Arrival, make_arrival
from smeflow.ledger.ledger import Ledger
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings

RECIPE = """\
recipe: rows
llm: none
source: {table: in.csv, key: id}
steps:
  - extract: x
    fields: {number: text, total: number}
    readers: [layout]
sinks:
  - {table: out.csv, columns: {id: fields.id}, rows: x.record}
"""


@dataclass(frozen=True)
class Rows:
    """So many rows."""

    count: int
    name: str = "rows"
    complete: bool = True

    def cases(self) -> Iterator[Arrival]:
        """Make the rows."""
        for n in range(self.count):
            data = json.dumps({"id": str(n), "text": f"Number: R-{n} Total: {n}.50"}).encode()
            yield make_arrival(str(n), f"row {n}", ROW, data)


@step
def first(case: Case, llm: LLM) -> str:
    """Take the beginning."""
    return case.text[:10]


@step
def second(case: Case, llm: LLM) -> int:
    """Count."""
    return len(case[first])


@step
def third(case: Case, llm: LLM) -> bool:
    """Compare."""
    return case[second] > 5


@step
def asked(case: Case, llm: LLM) -> str:
    """Ask what every case asks."""
    return llm.complete(Request(messages=(Message("user", "the same for all"),))).text


def cpu(work: Callable[[], object]) -> float:
    """Measure the CPU seconds of *work* in this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def recipe(folder: Path, count: int, *steps: Step[object]) -> Recipe:
    """Make a recipe of *steps* over so many rows."""
    entries = tuple(Entry(step=s) for s in steps)
    return Recipe(name="b", path=folder / "b.yaml", text_hash="t", source=Rows(count), steps=entries)


def durable(folder: Path, count: int, *steps: Step[object], workers: int = 8) -> float:
    """Run the recipe with a ledger; CPU milliseconds an item."""
    model = Scripted(["answer"], for_ever=True)
    made = recipe(folder, count, *steps)

    def work() -> None:
        run_recipe(
            made,
            WorkspaceSettings.find(folder),
            state=folder / f"state{len(steps)}",
            llm=model,
            workers=workers,
        )

    return cpu(work) / count * 1000


def cached(folder: Path, count: int, rounds: int = 7) -> float:
    """Compare a step that is answered from memory with one that asks nothing; the median of the rounds."""
    found = []
    for n in range(rounds):
        none = durable(folder / f"none{n}", count, first, second, workers=1)
        found.append(durable(folder / f"cached{n}", count, first, asked, workers=1) - none)
    return statistics.median(found)


def in_memory(count: int) -> float:
    """Read the same rows and run the same three steps without a ledger; CPU milliseconds an item."""

    def work() -> None:
        for one in Rows(count).cases():
            run([first, second, third], Case.of(read(one.data, name=one.name, media_type=ROW), id=one.key))

    return cpu(work) / count * 1000


def unchanged(folder: Path, count: int) -> tuple[float, float, float]:
    """Run a table of *count* rows twice by the command line; seconds of both runs, and to open the ledger."""
    with (folder / "in.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows([f"{n}", f"Number: R-{n}\nTotal: {n}.50"] for n in range(count))
    (folder / "rows.yaml").write_text(RECIPE, encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        "from smeflow.cli import main; main()",
        "run",
        str(folder / "rows.yaml"),
        "--json",
    ]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    between = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ended = time.perf_counter()
    Ledger.open(folder / ".smeflow").close()
    return between - began, ended - between, time.perf_counter() - ended


def main(count: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        run([first], Case.of("warm"))
        durable(folder / "warm", 20, first)
        bare = in_memory(count)
        three = durable(folder, count, first, second, third)
        print(f"an item of three steps: {three:.2f} ms CPU with a ledger, {bare:.2f} without")
        print(f"what the ledger costs an item: {three - bare:.2f} ms CPU")
        print(f"a cached answer with its record: {cached(folder, count):.2f} ms CPU")
        rows = 10_000 if count >= 1000 else 500
        once, again, opened = unchanged(folder, rows)
        print(
            f"{rows} rows: {once:.2f} s at first, {again:.2f} s when nothing changed, {opened:.2f} s to open"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
