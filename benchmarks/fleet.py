"""What several workers on one PostgreSQL do: faults, kills, limits, throughput, cost, and a ledger's move.

``python benchmarks/fleet.py [chaos] [stuck] [limits] [speed] [cpu] [flat] [move] [--items N]``. PostgreSQL is
started here, with fsync on.
"""

import argparse
import json
import os
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
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:  # it has ended, and counts with whoever started it
        return 0.0
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


NEVER_GIVES_BACK = """\
import sys
import smeflow.fleet.worker as worker
from smeflow.cli import main
made = worker.QueueCrew
worker.QueueCrew = lambda *given, **named: made(*given, **{**named, "gives_back": False})
sys.exit(main())
"""


def stuck(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """As `chaos`, one worker killed, with the giving back off: its items stay where they were."""
    with serving(Oracle(seconds=0.05)) as oracle:
        fleet = Fleet(folder, server.ledger("stuck"), oracle, items, stalled_seconds=2)
        try:
            for name in "abc":
                fleet.start(name, threads=8, program=NEVER_GIVES_BACK)
            fleet.wait(lambda: fleet.done() >= items // 4, 1800)
            fleet.kill("b")
            _until_still(fleet, 20)  # ten times as long as a dead worker is waited for
            done = fleet.done()
        finally:
            fleet.stop()
        return {"items": items, "done": done, "stuck": items - done}


PRICED = """\
[budgets]
run = "1000 EUR"
month = "{month} EUR"
[prices."127.0.0.1/oracle"]
input_per_million = 1
output_per_million = 1
as_of = 2026-11-01
"""
PRICE = 0.002
"""Of an answer of 1,000 and 1,000 tokens."""


def limits(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """A rate, and a month's budget for half the items, over three workers; five are killed one by one."""
    allowed, month = 20, PRICE * items / 2
    with serving(Oracle(faults=0.1, seconds=0.05)) as oracle:
        settings = PRICED.format(month=round(month, 3))
        fleet = Fleet(folder, server.ledger("limits"), oracle, items, stalled_seconds=2, settings=settings)
        with (folder / "smeflow.toml").open("a") as file:
            file.write(f'[ledger.limits."127.0.0.1"]\nper_second = {allowed}\n')
        try:
            for name in "abc":
                fleet.start(name, threads=4)
            for nth, name in enumerate("abcde"):
                fleet.wait(lambda least=items * (nth + 1) // 14: fleet.done() >= least, 600)
                fleet.kill(name)
                fleet.start("defgh"[nth], threads=4)
            _until_still(fleet, 20)
            done = fleet.done()
        finally:
            fleet.stop()
        times = sorted(oracle.times)
        return {
            "items": items,
            "calls": len(times),
            "calls allowed a second": allowed,
            "most in a sliding second": max(sum(t <= at < t + 1 for at in times) for t in times),
            "budget": round(month, 3),
            "paid": round(PRICE * sum(oracle.paid.values()), 3),
            "done": done,
            "paid again": sum(oracle.paid.values()) - len(oracle.paid),
        }


def _until_still(fleet: Fleet, seconds: float) -> None:
    """Wait until no item was done for so long."""
    done, since = fleet.done(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.5)
        if fleet.done() > done:
            done, since = fleet.done(), time.monotonic()


def flat(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """CPU an item and rate in each fifth of a long run of one worker, and what an item takes on the disk."""
    with serving(Oracle(seconds=0.0)) as oracle:
        fleet = Fleet(folder, server.ledger("flat"), oracle, items, stalled_seconds=30)
        fifths = []
        try:
            worker = fleet.start("w", threads=8)
            with fleet.ledger() as looking:

                def done() -> int:
                    return looking.counts("fleet").done

                fleet.wait(lambda: done() >= items // 50, 900)
                for nth in range(1, 6):
                    first, began = done(), time.monotonic()
                    own, base = cpu_seconds(worker.pid), cpu_of_server(server)
                    while done() < items * nth // 5 - (items // 50 if nth == 5 else 0):
                        time.sleep(1)
                    count, seconds = done() - first, time.monotonic() - began
                    fifths.append(
                        {
                            "worker ms": round((cpu_seconds(worker.pid) - own) * 1000 / count, 2),
                            "PostgreSQL ms": round((cpu_of_server(server) - base) * 1000 / count, 2),
                            "items a second": round(count / seconds, 1),
                            "load": round(os.getloadavg()[0], 1),
                        }
                    )
                    print(json.dumps(fifths[-1]), flush=True)
            fleet.wait(fleet.ended, 900)
        finally:
            fleet.stop()
        return {"items": items, "fifths": fifths, "bytes an item": _database_bytes(fleet) // items}


def _database_bytes(fleet: Fleet) -> int:
    import psycopg

    with psycopg.connect(fleet.url.partition("?")[0]) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])


def move(server: PostgresServer, folder: Path, items: int) -> dict[str, object]:
    """A ledger of finished items into PostgreSQL and back; a run in each place asks nothing."""
    with serving(Oracle(seconds=0.0)) as oracle:
        fleet = Fleet(folder, server.ledger("move"), oracle, items, settings='budgets = { run = "1000 EUR" }')
        shared = (folder / "smeflow.toml").read_text()
        (folder / "smeflow.toml").write_text("")
        told: dict[str, object] = {"items": items}

        def command(name: str, *words: str) -> None:
            began = time.monotonic()
            ended = fleet.start(name, *words, alone=True).wait()
            if ended:
                raise SystemExit(f"{name}: {(folder / f'{name}.log').read_text()[-800:]}")
            told[f"seconds of {name}"] = round(time.monotonic() - began, 1)

        command("first", "run", "r.yaml")
        asked, output = sum(oracle.asked.values()), (folder / "out.csv").read_bytes()
        (folder / "smeflow.toml").write_text(shared)
        command("there", "ledger", "move", "--into", "postgres")
        (folder / "out.csv").unlink()
        command("again", "run", "r.yaml")
        same = (folder / "out.csv").read_bytes() == output
        (folder / ".smeflow").rename(folder / ".before")
        command("back", "ledger", "move", "--into", "file")
        (folder / "smeflow.toml").write_text("")
        (folder / "out.csv").unlink()
        command("here", "run", "r.yaml")
        told["calls asked again"] = sum(oracle.asked.values()) - asked
        told["byte-identical"] = same and (folder / "out.csv").read_bytes() == output
        return told


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
            with (
                fleet.ledger() as looking
            ):  # one for all looks: to connect costs the server more than an item
                while (first := looking.counts("fleet").done) < items // 5:
                    time.sleep(0.5)
                own, base = cpu_seconds(worker.pid), cpu_of_server(server)
                while (done := looking.counts("fleet").done) < items * 9 // 10:
                    time.sleep(0.5)
                done -= first
                own, base = cpu_seconds(worker.pid) - own, cpu_of_server(server) - base
        finally:
            fleet.stop()
        return {
            "items": done,
            "worker ms an item": round(own / done * 1000, 2),
            "PostgreSQL ms an item": round(base / done * 1000, 2),
            "database bytes": _database_bytes(fleet),
        }


MEASURES = {each.__name__: each for each in (chaos, stuck, limits, speed, cpu, flat, move)}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=[*MEASURES])
    parser.add_argument("--items", type=int, default=400)
    arguments = parser.parse_args()
    for name in arguments.what:
        with ExitStack() as ending:
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
            server = ending.enter_context(postgres_server(fsync="on"))
            measured = MEASURES[name](server, folder / "w", arguments.items)
            print(json.dumps({name: measured, "load": os.getloadavg()[0]}), flush=True)


if __name__ == "__main__":
    main()
