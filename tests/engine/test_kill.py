import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="kills a process as only Unix can"),
]
ITEMS, WORKERS = 200, 4
CRASHES = Path(__file__).with_name("crash_everywhere.py")
RECIPE = """\
recipe: killed
llm: oracle@{address}
source: {{table: in.csv, key: id}}
steps:
  - extract: x
    fields: {{number: text, total: number}}
    readers: [model]
    ask: always
sinks:
  - {{table: out.csv, columns: {{id: fields.id}}, rows: x.record}}
"""
RUN = """
import sys
from pathlib import Path
from smeflow.llm.connect import connect
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.engine.run import run_recipe
recipe = load(Path("r.yaml"), settings={}, environ={})
summary = run_recipe(
    recipe, WorkspaceSettings.find(Path(".")), state=Path(".smeflow"), llm=connect(recipe.llm), workers=4
)
print(summary.done, summary.open)
"""


class Oracle(BaseHTTPRequestHandler):
    """Answers with what stands in the text, after a moment; counts who was asked for."""

    asked: ClassVar[Counter[str]] = Counter()
    lock = threading.Lock()
    seconds: ClassVar[float] = 0.01
    """How long an answer takes."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        number = re.search(r"ITEM-\d+", body)
        assert number is not None
        with self.lock:
            self.asked[number.group()] += 1
        time.sleep(self.seconds)
        n = int(number.group().removeprefix("ITEM-"))
        text = json.dumps({"number": f"R-{n}", "total": f"{n}.50"})
        answer = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "oracle",
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
                ],
                "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
            }
        ).encode()
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            return  # killed while it waited

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def oracle():
    Oracle.asked = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Oracle)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_killed_three_times_nothing_is_lost_doubled_or_wrong(tmp_path: Path, oracle: str):
    """After ``kill -9`` at any moment, at most the calls in flight are paid again."""
    with (tmp_path / "in.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows(
            [f"ITEM-{n:05d}", f"ITEM-{n:05d} Number: R-{n} Total: {n}.50"] for n in range(1, ITEMS + 1)
        )
    (tmp_path / "r.yaml").write_text(RECIPE.format(address=oracle))
    rng, kills = random.Random(11), 0
    for _ in range(3):
        before = sum(Oracle.asked.values())
        process = subprocess.Popen(
            [sys.executable, "-c", RUN], cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        enough = before + rng.randrange(15, 50)
        while sum(Oracle.asked.values()) < enough and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert kills == 3
    assert done.stdout.split() == [str(ITEMS), "0"]
    with (tmp_path / "out.csv").open(newline="") as file:
        found = {row.pop("id"): tuple(row.values()) for row in csv.DictReader(file)}
    assert {key: (number, float(total)) for key, (number, total) in found.items()} == {
        f"ITEM-{n:05d}": (f"R-{n}", n + 0.5) for n in range(1, ITEMS + 1)
    }
    extra = sum(Oracle.asked.values()) - ITEMS
    assert 0 <= extra <= kills * WORKERS
    assert max(Oracle.asked.values()) <= 1 + kills


@pytest.mark.parametrize(
    ("how", "least"),
    [
        pytest.param((), 20, id="one worker"),
        pytest.param(("--workers", "8", "--items", "12", "--every", "3"), 10, id="eight workers"),
        pytest.param(("--workers", "8", "--items", "6", "--before", "17", "--every", "3"), 3, id="recovery"),
    ],
)
def test_a_crash_at_every_durable_step_loses_and_doubles_nothing(tmp_path: Path, how, least):
    """Just before and after everything written: one rerun ends it, what was in flight alone is paid again.

    With eight workers, and in the run that goes on after a kill, each third step; ``benchmarks/crashes.py``
    takes every one.
    """
    done = subprocess.run(
        [sys.executable, str(CRASHES), str(tmp_path), *how],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > least


def test_a_backup_made_while_a_run_writes_goes_on_from_there(
    tmp_path: Path, oracle: str, monkeypatch: pytest.MonkeyPatch
):
    """Put back elsewhere, it asks only what was not answered by then, and ends with the same rows."""
    with (tmp_path / "in.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows([f"ITEM-{n}", f"ITEM-{n} Number: R-{n} Total: {n}.50"] for n in range(1, ITEMS + 1))
    (tmp_path / "r.yaml").write_text(RECIPE.format(address=oracle))
    backup = [sys.executable, "-m", "smeflow.cli", "backup", "--to", "kept"]
    process = subprocess.Popen([sys.executable, "-c", RUN], cwd=tmp_path, stdout=subprocess.DEVNULL)
    while sum(Oracle.asked.values()) < ITEMS // 4 and process.poll() is None:
        time.sleep(0.002)
    monkeypatch.setattr(
        Oracle, "seconds", 0.5
    )  # the run outlasts the backup, however long that takes to start
    subprocess.run(backup, cwd=tmp_path, check=True, timeout=120, stdout=subprocess.DEVNULL)
    monkeypatch.setattr(Oracle, "seconds", 0.01)
    assert process.poll() is None, "the run was over before the backup was made"
    assert process.wait(120) == 0
    assert sum(Oracle.asked.values()) == ITEMS
    (made,) = (tmp_path / "kept").glob("*.tar")
    there = tmp_path / "there"
    there.mkdir()
    for name in ("in.csv", "r.yaml"):
        (there / name).write_bytes((tmp_path / name).read_bytes())
    restore = [sys.executable, "-m", "smeflow.cli", "restore", str(made)]
    subprocess.run(restore, cwd=there, check=True, timeout=120, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=there, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == [str(ITEMS), "0"]
    assert 0 < sum(Oracle.asked.values()) - ITEMS <= ITEMS * 3 // 4 + WORKERS
    assert (there / "out.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
