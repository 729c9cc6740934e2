"""What durable work costs beside nothing: CPU an item of three steps without a model.

``python benchmarks/overhead.py [--peers FOLDER]``: each peer runs in a process of its own, the rounds
interleaved. An item comes in, three functions make a small value of it, each value is durable, and the item
ends. A peer that is not installed is named and not measured. FOLDER holds the peers and what they need;
smeflow's own process does not see it. ``pip install --target FOLDER langgraph langgraph-checkpoint-sqlite
dbos`` makes it.
``--quick`` is one small round, ``--profile`` tells where smeflow's own time goes. ``--postgres`` lets all of
them keep their state in a PostgreSQL that is started here, each in a database of its own, and tells the
server's CPU too; FOLDER then needs langgraph-checkpoint-postgres.
"""

import argparse
import cProfile
import json
import os
import pstats
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

PEERS = {"smeflow": "smeflow", "langgraph": "langgraph.checkpoint.*", "dbos": "dbos"}
DATABASE = "OVERHEAD_DATABASE"
"""Names the variable with the address of a database in PostgreSQL; without it each uses a file."""
GOAL = 1.0
"""Milliseconds of CPU an item."""
WARM_UP = 50


def smeflow(folder: Path) -> Callable[[int, int], None]:
    """Give a whole run over so many rows: taken in, worked, ended, every write on the disk."""
    from smeflow import LLM, Case, step
    from smeflow.core.plan import Entry
    from smeflow.documents.document import ROW
    from smeflow.engine.run import run_recipe
    from smeflow.fleet.worker import run_shared
    from smeflow.kinds.sources import Arrival
    from smeflow.ledger.postgres_connection import LedgerUrl, SharedLedger
    from smeflow.llm.interface import NoModel
    from smeflow.llm.router import ModelSet
    from smeflow.recipe.load import Recipe
    from smeflow.recipe.workspace import WorkspaceSettings

    @step
    def first(case: Case, _: LLM) -> int:
        """Read a number."""
        return int(case.id) + 1

    @step
    def second(case: Case, _: LLM) -> dict[str, int]:
        """Make a record of it."""
        return {"n": int(case.id), "twice": 2 * int(case.id)}

    @step
    def third(case: Case, _: LLM) -> str:
        """Say it."""
        return f"number {case.id}"

    class Rows:
        """So many rows of a table."""

        name, complete = "rows", False

        def __init__(self, start: int, end: int) -> None:
            self.numbers = range(start, end)

        def cases(self):
            for n in self.numbers:
                yield Arrival(
                    key=str(n), version=str(n), name=str(n), media_type=ROW, data=b'{"n": "%d"}' % n
                )

    def work(start: int, end: int) -> None:
        recipe = Recipe(
            name="overhead",
            path=folder / "overhead.yaml",
            text_hash="",
            residency="any",
            source=Rows(start, end),
            steps=tuple(Entry(step=made) for made in (first, second, third)),
        )
        settings, state = WorkspaceSettings(root=folder), folder / ".smeflow"
        if DATABASE in os.environ:
            shared = SharedLedger(url=LedgerUrl.parse(os.environ[DATABASE]))
            summary = run_shared(recipe, settings, shared, state, ModelSet.of(NoModel()), workers=8)
        else:
            summary = run_recipe(recipe, settings, state=state, llm=NoModel())
        assert summary.done == end, summary

    return work


def langgraph(folder: Path) -> Callable[[int, int], None]:
    """Give a graph of three nodes with the checkpointer of the database, a thread for each item."""
    from typing import TypedDict

    from langgraph.graph import END, START, StateGraph

    class State(TypedDict, total=False):
        number: int
        first: int
        second: dict[str, int]
        third: str

    graph = StateGraph(State)
    graph.add_node("one", lambda state: {"first": state["number"] + 1})
    graph.add_node("two", lambda state: {"second": {"n": state["number"], "twice": 2 * state["number"]}})
    graph.add_node("three", lambda state: {"third": f"number {state['number']}"})
    for before, after in ((START, "one"), ("one", "two"), ("two", "three"), ("three", END)):
        graph.add_edge(before, after)
    app = graph.compile(checkpointer=_checkpointer(folder))

    def work(start: int, end: int) -> None:
        for n in range(start, end):
            app.invoke({"number": n}, {"configurable": {"thread_id": str(n)}})

    return work


def _checkpointer(folder: Path) -> object:
    """Make what LangGraph keeps its state in, connected as its own ``from_conn_string`` does."""
    if DATABASE not in os.environ:
        from langgraph.checkpoint.sqlite import SqliteSaver

        return SqliteSaver(sqlite3.connect(folder / "graph.db", check_same_thread=False))
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import dict_row

    saver = PostgresSaver(
        Connection.connect(os.environ[DATABASE], autocommit=True, prepare_threshold=0, row_factory=dict_row)
    )
    saver.setup()
    return saver


def dbos(folder: Path) -> Callable[[int, int], None]:
    """Give a workflow of three steps."""
    from dbos import DBOS

    database = os.environ.get(DATABASE, f"sqlite:///{folder / 'dbos.db'}")
    DBOS(config={"name": "overhead", "system_database_url": database})
    first = DBOS.step()(lambda n: n + 1)
    second = DBOS.step()(lambda n: {"n": n, "twice": 2 * n})
    third = DBOS.step()(lambda n: f"number {n}")

    @DBOS.workflow()
    def item(n: int) -> str:
        first(n)
        second(n)
        return third(n)

    DBOS.launch()

    def work(start: int, end: int) -> None:
        for n in range(start, end):
            item(n)

    return work


MAKERS = {"smeflow": smeflow, "langgraph": langgraph, "dbos": dbos}


def surroundings(peer: str, peers: Path | None) -> dict[str, str]:
    """Give the environment a peer's process runs in: *peers* is on the path of those who come from there."""
    if peers is None or peer == "smeflow":
        return dict(os.environ)
    path = [str(peers.resolve()), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def installed(peer: str, peers: Path | None, *, postgres: bool = False) -> str | None:
    """Give the version of a peer; None where it, or what it keeps its state with, cannot be imported."""
    module = PEERS[peer].replace("*", "postgres" if postgres else "sqlite")
    look = f"import {module}, importlib.metadata as m; print(m.version({peer!r}))"
    done = subprocess.run(
        [sys.executable, "-c", look],
        env=surroundings(peer, peers),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None


def cpu_seconds() -> float:
    """Give the CPU this process has taken, of user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(peer: str, n: int, *, profile: bool = False) -> float:
    """Give the milliseconds of CPU an item takes, in this process."""
    with tempfile.TemporaryDirectory(prefix="smeflow-bench-") as folder:
        work = MAKERS[peer](Path(folder))
        work(0, WARM_UP)
        watched = cProfile.Profile()
        before = cpu_seconds()
        if profile:
            watched.enable()
        work(WARM_UP, WARM_UP + n)
        if profile:
            watched.disable()
            pstats.Stats(watched).sort_stats("tottime").print_stats(40)
        return (cpu_seconds() - before) * 1000 / n


def in_own_process(peer: str, n: int, peers: Path | None, database: str = "") -> float:
    """Measure one peer once, in a process of its own."""
    command = [sys.executable, __file__, "--peer", peer, "--items", str(n)]
    env = surroundings(peer, peers) | ({DATABASE: database} if database else {})
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{peer}: {ended.stderr.strip()[-800:]}")
    return float(json.loads(ended.stdout.splitlines()[-1])["cpu_ms"])


def side_by_side(n: int, rounds: int, peers: Path | None) -> None:
    """Print CPU an item for every peer, the rounds interleaved."""
    versions = {peer: installed(peer, peers) for peer in PEERS}
    measured: dict[str, list[float]] = {peer: [] for peer, version in versions.items() if version}
    for _ in range(rounds):
        for peer, figures in measured.items():
            figures.append(in_own_process(peer, n, peers))
    print(f"{n} items of three steps without a model, {rounds} rounds; every value on the disk")
    for peer, version in versions.items():
        if peer not in measured:
            print(f"  {peer:22}not installed, not measured")
            continue
        figures, name = measured[peer], f"{peer} {version}"
        goal = f"  (goal {GOAL})" if peer == "smeflow" else ""
        print(f"  {name:22}{statistics.median(figures):7.2f} ms CPU an item, best {min(figures):.2f}{goal}")


def on_postgres(n: int, rounds: int, peers: Path | None) -> None:
    """Print CPU an item for every peer and for its server, the rounds interleaved."""
    import psycopg
    from fleet import cpu_of_server
    from support.postgres import postgres_server

    versions = {peer: installed(peer, peers, postgres=True) for peer in PEERS}
    measured: dict[str, list[tuple[float, float]]] = {peer: [] for peer, found in versions.items() if found}
    with postgres_server(fsync="on") as server:
        for nth in range(rounds):
            for peer, figures in measured.items():
                name = f"{peer}{nth}"
                with psycopg.connect(server.url, autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {name}")
                before = cpu_of_server(server)
                own = in_own_process(peer, n, peers, server.url.removesuffix("postgres") + name)
                figures.append((own, (cpu_of_server(server) - before) * 1000 / (n + WARM_UP)))
    print(f"{n} items of three steps without a model, {rounds} rounds; PostgreSQL with fsync")
    for peer, figures in measured.items():
        own, base = (statistics.median(each) for each in zip(*figures, strict=True))
        print(f"  {peer} {versions[peer]:12}{own:7.2f} ms CPU an item, {base:.2f} of PostgreSQL")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--profile", action="store_true")
    arguments.add_argument("--peer", choices=PEERS)
    arguments.add_argument("--peers", type=Path)
    arguments.add_argument("--postgres", action="store_true")
    arguments.add_argument("--items", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    if asked.profile:
        measure("smeflow", asked.items, profile=True)
    elif asked.peer:
        print(json.dumps({"peer": asked.peer, "cpu_ms": measure(asked.peer, asked.items)}))
    elif asked.postgres:
        on_postgres(asked.items, asked.rounds, asked.peers)
    else:
        side_by_side(*((300, 1) if asked.quick else (asked.items, asked.rounds)), asked.peers)
