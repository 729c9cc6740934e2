"""What several workers on one PostgreSQL do: faults, kills, throughput, and CPU an item.

``python benchmarks/fleet.py [chaos] [speed] [cpu] [--items N]``. PostgreSQL is started here, with fsync on.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.fleet import Fleet, Oracle, serving
from support.postgres import PostgresServer, postgres_server


def cpu_seconds(pid: int) -> float:
    """Give what a process and those it started and saw end have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / 100


def cpu_of_server(server: PostgresServer) -> float:
    """Give what the server and its backends have used; those that ended count with the server."""
    assert server.process is not None
    top = server.process.pid
    children = [p for p in Path("/proc").glob("[0-9]*") if _parent(p) == top]
    return cpu_seconds(top) + sum(cpu_seconds(int(p.name)) for p in children)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def chaos(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """Three workers at 20 % faults: one killed at a quarter, one standing still past its lease and woken."""
    with serving(Oracle(faults=0.2, seconds=0.05)) as oracle:
        fleet = Fleet(folder, server.ledger("chaos"), oracle, items, stalled_seconds=10)
        try:
            began = time.monotonic()
            for name in "abc":
                fleet.start(name, threads=8)
            fleet.wait(lambda: fleet.done() >= items // 4, 1800)
            fleet.kill("a")
            fleet.start("d", threads=8)
            fleet.kill("b", signal.SIGSTOP)
            time.sleep(15)
            fleet.kill("b", signal.SIGCONT)
            fleet.wait(fleet.ended, 3600)
            seconds = time.monotonic() - began
        finally:
            fleet.stop()
        outputs = fleet.outputs()
        with fleet.ledger() as ledger:
            whole = ledger.audit_broken_at() is None
        return {
            "items": items,
            "lost": items - len(set(outputs)),
            "doubled": len(outputs) - len(set(outputs)),
            "paid again": sum(oracle.paid.values()) - items,
            "shares": dict(fleet.shares()),
            "chain whole": whole,
            "seconds": round(seconds),
        }


def speed(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """Items a second with 1, 2 and 4 workers, four at once each, on work that waits 200 ms."""
    rates = {str(count): _rate(server, folder / str(count), items, count) for count in (1, 2, 4)}
    return {"items a second": rates}


def _rate(server: PostgresServer, folder: Path, items: int, workers: int) -> float:
    with serving(Oracle(seconds=0.2)) as oracle:
        fleet = Fleet(folder, server.ledger(f"speed{workers}"), oracle, items, stalled_seconds=30)
        try:
            for n in range(workers):
                fleet.start(f"w{n}", threads=4)
            fleet.wait(lambda: fleet.done() >= items // 5, 600)
            first, began = fleet.done(), time.monotonic()
            fleet.wait(lambda: fleet.done() >= items * 9 // 10, 1200)
            return round((fleet.done() - first) / (time.monotonic() - began), 1)
        finally:
            fleet.stop()


def cpu(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """CPU of one worker and of PostgreSQL an item, the worker's start left out."""
    with serving(Oracle(seconds=0.0)) as oracle:
        fleet = Fleet(folder, server.ledger("cpu"), oracle, items, stalled_seconds=30)
        try:
            worker = fleet.start("w", threads=4)
            fleet.wait(lambda: fleet.done() >= items // 5, 600)
            first, own, base = fleet.done(), cpu_seconds(worker.pid), cpu_of_server(server)
            fleet.wait(lambda: fleet.done() >= items * 9 // 10, 1200)
            done = fleet.done() - first
            own, base = cpu_seconds(worker.pid) - own, cpu_of_server(server) - base
        finally:
            fleet.stop()
        with fleet.ledger() as ledger:
            row = (
                ledger.store.database.connect()
                .execute(  # type: ignore[attr-defined]  # PostgreSQL's
                    "SELECT pg_database_size(current_database())"
                )
                .fetchone()
            )
        return {
            "items": done,
            "worker ms an item": round(own / done * 1000, 2),
            "PostgreSQL ms an item": round(base / done * 1000, 2),
            "database bytes": row[0],
        }


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["chaos", "speed", "cpu"])
    parser.add_argument("--items", type=int, default=400)
    arguments = parser.parse_args()
    for name in arguments.what:
        with ExitStack() as ending:
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
            server = ending.enter_context(postgres_server(fsync="on"))
            measured = {"chaos": chaos, "speed": speed, "cpu": cpu}[name](
                server, folder / "w", arguments.items
            )
            print(json.dumps({name: measured}), flush=True)


if __name__ == "__main__":
    main()
