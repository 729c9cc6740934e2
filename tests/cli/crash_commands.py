"""Run a command once for every durable step, killed just there, and once more to the end.

Called by ``test_crashes.py`` as ``crash_commands.py FOLDER COMMAND...``: FOLDER is a firm's, copied for each
kill. Prints a line of JSON for each: what the second attempt ended with, and what stands in the folder then.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import smeflow.books.archive
import smeflow.engine.run
import smeflow.review.decisions  # noqa: F401 - loaded once, before the children are made
from smeflow.cli.app import main


def in_child(folder, command, crash_at):
    """Run *command* in *folder*; give the exit code, or minus the signal."""
    pid = os.fork()
    if pid == 0:
        os.environ["SMEFLOW_CRASH_AT"] = str(crash_at)
        os.chdir(folder)
        said = StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = main(command)
        (folder / "said.txt").write_text(said.getvalue(), encoding="utf-8")
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def standing(folder):
    """Tell what the ledger and the folder hold."""
    with closing(sqlite3.connect(folder / ".smeflow" / "ledger.db")) as ledger:
        counts = {
            table: ledger.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("items", "results", "reviews", "batches", "booked")
        }
        states = dict(ledger.execute("SELECT name, state FROM items"))
    files = {
        f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8")
        for place in ("books", "out")
        for f in sorted((folder / place).glob("*"))
        if f.name != "audit.jsonl"
    }
    papers = {
        f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
        for place in ("inbox", "archive")
        for f in sorted((folder / place).rglob("*"))
        if f.is_file()
    }
    return {"counts": counts, "states": states, "files": files, "papers": papers}


def crash_everywhere(root, command):
    """Kill *command* at each of its steps, run it again, and print what came of it."""
    at = 0
    while True:
        at += 1
        folder = root.with_name(f"{root.name}-{at}")
        shutil.copytree(root, folder)
        killed = in_child(folder, command, at)
        again = in_child(folder, command, 0)
        verified = in_child(folder, ["audit", "verify"], 0)
        line = {"at": at, "killed": killed, "again": again, "verified": verified, **standing(folder)}
        print(json.dumps(line), flush=True)  # noqa: T201 - what the test reads
        shutil.rmtree(folder)
        if killed >= 0:
            return


if __name__ == "__main__":
    crash_everywhere(Path(sys.argv[1]), sys.argv[2:])
