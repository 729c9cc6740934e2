"""Run a small recipe once for every durable step, killed just there, and once more to the end.

``crash_everywhere.py FOLDER [--workers 1] [--items 3] [--before K] [--every 1]``. With ``--before`` the run
that is killed everywhere is the one that goes on after a kill at K. Prints how many places there were. Called
by ``test_kill.py``, and by ``benchmarks/crashes.py``.
"""

import argparse
import json
import os
import shutil
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import smeflow.documents.read
import smeflow.engine.cases  # noqa: F401 - loaded once, before the children are made
from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.documents.document import ROW
from smeflow.engine.run import run_recipe
from smeflow.kinds.sources import Arrival, make_arrival
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.tables.table_file import TableFile


@dataclass
class Rows:
    count: int
    name: str = "things"
    complete: bool = True

    def cases(self) -> Iterator[Arrival]:
        for n in range(self.count):
            data = json.dumps({"id": str(n), "text": f"text {n}" + "x" * 20000}).encode()
            yield make_arrival(str(n), f"row {n}", ROW, data)


@step
def kind(case: Case, llm: LLM) -> str:
    return llm.complete(Request(messages=(Message("user", case.text),))).text


@step
def size(case: Case, llm: LLM) -> int:
    return len(case[kind])


def go(folder: Path, items: int, workers: int) -> None:
    os.chdir(folder)
    paid = os.open("paid", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def answer(request: Request) -> str:
        number = request.messages[0].content.split()[1].rstrip("x")
        os.write(paid, f"{number}\n".encode())
        return f"answer {number}"

    columns = {"id": "fields.id", "kind": "kind", "size": "size"}
    recipe = Recipe(
        name="r",
        path=folder / "r.yaml",
        text_hash="t",
        source=Rows(items),
        sinks=(TableFile(table=str(folder / "out.csv"), columns=columns),),
        steps=(Entry(step=kind), Entry(step=size)),
    )
    model = Scripted([answer], for_ever=True)
    run_recipe(recipe, WorkspaceSettings.find(folder), state=folder / ".smeflow", llm=model, workers=workers)


def in_child(folder: Path, crash_at: int, items: int, workers: int) -> int:
    pid = os.fork()
    if pid == 0:
        os.environ["SMEFLOW_CRASH_AT"] = str(crash_at)
        try:
            go(folder, items, workers)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent asks for the code
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(root: Path, *, workers: int, items: int, before: int, every: int) -> int:
    k, whole = 1 - every, ""
    while True:
        k += every
        folder = root / str(k)
        folder.mkdir(parents=True)
        kills = 0
        if before:
            kills += in_child(folder, before, items, workers) == -9
        code, again = in_child(folder, k, items, workers), in_child(folder, 0, items, workers)
        kills += code == -9
        paid, out = (folder / "paid").read_text().split(), (folder / "out.csv").read_text()
        whole = whole or out
        assert again == 0, (k, again)
        assert out == whole, (k, out)  # nothing lost, doubled or wrong
        assert set(paid) == {str(n) for n in range(items)}, (k, paid)
        assert len(paid) <= items + kills * workers, (k, paid)  # only what was in flight is paid again
        shutil.rmtree(folder)
        if code == 0:
            break
        assert code == -9, (k, code)
    assert [line.split(",")[:2] for line in whole.splitlines()[1:]] == [
        [str(n), f"answer {n}"] for n in range(items)
    ]
    return (k - 1) // every


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("folder", type=Path)
    for name, value in (("workers", 1), ("items", 3), ("before", 0), ("every", 1)):
        reader.add_argument(f"--{name}", type=int, default=value)
    asked = vars(reader.parse_args())
    print(main(asked.pop("folder"), **asked))  # noqa: T201 - what the test reads
