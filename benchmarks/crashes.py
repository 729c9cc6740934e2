"""A kill at every durable step: of a run, of the run that goes on after it, of commands, of a migration.

``python benchmarks/crashes.py [--sample N]``: after each kill the same is done once more, and then nothing
may be lost, doubled or wrong, and only what was in flight paid again. Runs have one worker and eight; the run
that goes on is killed everywhere behind a first kill; commands are the export of the books, approving,
rejecting, correcting, and the run behind a decision; the migration is killed at each of its statements, of
ledgers of every older schema. ``--sample N`` takes each N-th place of the runs.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "tests" / "engine" / "crash_everywhere.py"
COMMANDS = ROOT / "tests" / "cli" / "crash_commands.py"
INBOX = ROOT / "recipes" / "supplier-mail" / "inbox"
LEDGERS = ROOT / "tests" / "ledgers"
WAITING = "bei-spiel-RE-20171118-506.xml"
RECIPE = """\
recipe: purchases
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice, review: invoice.record.total_gross > 9999}]
sinks: [{table: out/purchases.csv, rows: invoice.record}]
"""
DECISIONS = {
    "approve": ["review", "approve", WAITING, "--note", "seen on paper"],
    "reject": ["review", "reject", WAITING, "--reason", "paid by card"],
    "correct": ["review", "correct", WAITING, "--set", "order_reference=O-1", "--note", "from the order"],
}
MIGRATE = """
import os, signal, sys
from pathlib import Path
from smeflow.ledger import opening
left = [int(sys.argv[2])]
def step(_):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
path = Path(sys.argv[1]) / "ledger.db"
connection = opening.open_connection(path, create=False)
connection.set_trace_callback(step)
opening.prepare_schema(connection, path)
"""


class Anomaly(Exception):
    """Something was lost, doubled, wrong, or never came to its end."""


def python(*words: str | Path, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run this Python."""
    env = {**os.environ, "SMEFLOW_PERSON": "Ada"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def runs(folder: Path, *, workers: int, items: int, every: int, before: int = 0) -> int:
    """Kill a run everywhere; give how many places there were."""
    where = folder / f"{workers}-{before}"
    numbers = {"--workers": workers, "--items": items, "--every": every, "--before": before}
    words = [text for name, value in numbers.items() for text in (name, str(value))]
    done = python(RUNS, where, *words)
    if done.returncode:
        raise Anomaly(f"a run of {workers} workers: {done.stderr.strip()[-400:]}")
    return int(done.stdout)


def firm(folder: Path) -> Path:
    """Make a firm with an invoice that is done and one that waits."""
    (folder / "inbox").mkdir(parents=True)
    for name in ("lieferant-471113.xml", WAITING):
        shutil.copy(INBOX / name, folder / "inbox")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    suppliers = "name,aux_account,expense_account,iban\nLieferant GmbH,F0LIEF,606300,DE02120300000000202051\n"
    (folder / "suppliers.csv").write_text(suppliers, encoding="utf-8")
    (folder / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n', encoding="utf-8")
    command(folder, "run")
    return folder


def command(folder: Path, *words: str) -> None:
    """Run a command of smeflow that ends well."""
    done = python("-m", "smeflow.cli", *words, folder=folder)
    if done.returncode:
        raise Anomaly(f"{' '.join(words)}: {done.returncode} {done.stderr.strip()[-400:]}")


def commands(folder: Path, *words: str) -> int:
    """Kill a command everywhere; the firm must stand as it does where nothing was killed."""
    done = python(COMMANDS, folder, *words, folder=folder)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or not lines or lines[-1]["killed"] != 0:
        raise Anomaly(f"{' '.join(words)} did not end well: {lines[-1:]} {done.stderr.strip()[-400:]}")
    for line in lines:
        whole = (line["states"], line["files"], line["verified"])
        if whole != (lines[-1]["states"], lines[-1]["files"], 0):
            raise Anomaly(f"{' '.join(words)}, killed at {line['at']}: {line}")
        if line["counts"]["batches"] > 1 or line["counts"]["reviews"] > 2:
            raise Anomaly(f"{' '.join(words)}, killed at {line['at']}, was done twice: {line['counts']}")
    return len(lines) - 1


def decision(folder: Path, words: list[str]) -> int:
    """Kill a decision."""
    return commands(firm(folder), *words)


def after_decision(folder: Path, words: list[str]) -> int:
    """Kill the run that goes on from a decision."""
    command(firm(folder), *words)
    return commands(folder, "run")


def rows(ledger: Path) -> dict[str, list[tuple[object, ...]]]:
    """Read every row of every table but those that say which schema it is."""
    with closing(sqlite3.connect(ledger)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
            for name in tables
            if name not in ("meta", "memory")
        }


def migration(folder: Path, archive: Path) -> int:
    """Kill bringing an older ledger up to date at each statement; every row must be there after the next."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (state,) = {file.parent for file in folder.rglob("ledger.db")}
    before, at = rows(state / "ledger.db"), 0
    while True:
        at += 1
        copy = folder / f"killed-{at}"
        shutil.copytree(state, copy)
        killed = python("-c", MIGRATE, copy, str(at)).returncode
        again = python("-c", MIGRATE, copy, "0")
        if again.returncode:
            raise Anomaly(f"{archive.name}, killed at statement {at}: {again.stderr.strip()[-400:]}")
        now = rows(copy / "ledger.db")
        lost = [name for name, kept in before.items() if now.get(name) != kept]
        if lost:
            raise Anomaly(f"{archive.name}, killed at statement {at}: other rows in {lost}")
        shutil.rmtree(copy)
        if killed == 0:
            return at - 1


def main() -> int:
    """Kill everything everywhere."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--sample", type=int, default=1, metavar="N")
    every = reader.parse_args().sample
    with tempfile.TemporaryDirectory(prefix="smeflow-crashes-") as made:
        folder = Path(made)
        work: dict[str, Callable[[], int]] = {
            "a run, one worker": lambda: runs(folder, workers=1, items=3, every=every),
            "a run, eight workers": lambda: runs(folder, workers=8, items=16, every=every),
        }
        for before in range(2, 40, 4 * every):
            name = f"the run after a kill at {before}"
            work[name] = partial(runs, folder, workers=8, items=6, every=every, before=before)
        export = ("books", "export", "--period", "2018-06")
        work["books export"] = lambda: commands(firm(folder / "export"), *export)
        for name, words in DECISIONS.items():
            work[f"review {name}"] = partial(decision, folder / name, words)
            work[f"the run after {name}"] = partial(after_decision, folder / f"after-{name}", words)
        for archive in sorted(LEDGERS.glob("schema-*.tar.xz")):
            work[f"migration of {archive.name[:8]}"] = partial(migration, folder / archive.name, archive)
        return _do(work)


def _do(work: dict[str, Callable[[], int]]) -> int:
    wrong = places = 0
    for name, kill_everywhere in work.items():
        began = time.monotonic()
        try:
            count = kill_everywhere()
        except Anomaly as anomaly:
            wrong += 1
            print(f"{name}: {anomaly}", flush=True)
        else:
            places += count
            print(f"{name:28}{count:4} kills, {time.monotonic() - began:4.0f} s, nothing wrong", flush=True)
    print(f"{places} kills, {wrong} anomalies")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
