"""Run a small recipe once for every durable step, killed just there, and once more to the end.

Prints how many places there were. Called by ``test_kill.py`` as ``crash_everywhere.py FOLDER``.
"""

import json
import os
import sys
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
class Three:
    name: str = "things"
    complete: bool = True

    def cases(self) -> Iterator[Arrival]:
        for n in range(3):
            data = json.dumps({"id": str(n), "text": f"text {n}" + "x" * 20000}).encode()
            yield make_arrival(str(n), f"row {n}", ROW, data)


@step
def kind(case: Case, llm: LLM) -> str:
    return llm.complete(Request(messages=(Message("user", case.text),))).text


@step
def size(case: Case, llm: LLM) -> int:
    return len(case[kind])


def go(folder: Path) -> None:
    os.chdir(folder)
    paid = os.open("paid", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def answer(request: Request) -> str:
        os.write(paid, request.messages[0].content.split()[1][:1].encode())
        return "answer"

    columns = {"id": "fields.id", "kind": "kind", "size": "size"}
    recipe = Recipe(
        name="r",
        path=folder / "r.yaml",
        text_hash="t",
        source=Three(),
        sinks=(TableFile(table=str(folder / "out.csv"), columns=columns),),
        steps=(Entry(step=kind), Entry(step=size)),
    )
    model = Scripted([answer], for_ever=True)
    run_recipe(recipe, WorkspaceSettings.find(folder), state=folder / ".smeflow", llm=model, workers=1)


def in_child(folder: Path, crash_at: int) -> int:
    pid = os.fork()
    if pid == 0:
        os.environ["SMEFLOW_CRASH_AT"] = str(crash_at)
        try:
            go(folder)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent asks for the code
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(root: Path) -> int:
    k, whole = 0, ""
    while True:
        k += 1
        folder = root / str(k)
        folder.mkdir()
        code, again = in_child(folder, k), in_child(folder, 0)
        paid, out = (folder / "paid").read_text(), (folder / "out.csv").read_text()
        whole = whole or out
        assert again == 0, (k, again)
        assert out == whole, (k, out)
        assert set(paid) == {"0", "1", "2"}, (k, paid)
        assert len(paid) <= 4, (k, paid)
        if code == 0:
            break
        assert code == -9, (k, code)
    assert len(whole.splitlines()) == 4
    return k - 1


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))  # noqa: T201 - what the test reads
