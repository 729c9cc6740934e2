"""Several `smeflow work` on one PostgreSQL, and a model that fails on purpose and keeps its own account."""

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from smeflow.ledger.ledger import Ledger
from smeflow.ledger.postgres_connection import LedgerUrl

SRC = Path(__file__).resolve().parents[2] / "src"
RECIPE = """\
recipe: fleet
llm: oracle@{address}
residency: any
workers: 4
source: {{table: in.csv, key: id}}
steps:
  - extract: x
    fields: {{number: text, total: number}}
    readers: [model]
    ask: always
sinks:
  - {{table: out.csv, columns: {{id: fields.id, number: x.record.number}}, rows: x.record}}
"""
FAULTS = ("500", "429", "reset", "empty")


@dataclass
class Oracle:
    """Answers with what stands in the text; *faults* of its answers fail, at most three times an item."""

    faults: float = 0.0
    seconds: float = 0.01
    asked: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    """Answers that a client could use, by item."""
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: int = 0
    most_under_way: int = 0
    server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def fault(self, item: str, nth: int) -> str:
        draw = int(hashlib.sha256(f"{item} {nth}".encode()).hexdigest()[:8], 16) / 2**32
        return FAULTS[nth % len(FAULTS)] if nth < 3 and draw < self.faults else ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"])).decode()
        match = re.search(r"ITEM-\d+", body)
        assert match is not None
        item = match.group()
        with self.lock:
            nth, self.asked[item] = self.asked[item], self.asked[item] + 1
            self.times.append(time.monotonic())
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            time.sleep(self.seconds)
            self._send(handler, item, self.fault(item, nth))
        except OSError:
            pass  # killed while it waited
        finally:
            with self.lock:
                self.under_way -= 1

    def _send(self, handler: BaseHTTPRequestHandler, item: str, fault: str) -> None:
        if fault == "reset":
            handler.connection.close()
            return
        status = int(fault) if fault.isdigit() else 200
        n = int(item.removeprefix("ITEM-"))
        text = "" if fault == "empty" else json.dumps({"number": f"R-{n}", "total": f"{n}.50"})
        message = {"role": "assistant", "content": text}
        answer: dict[str, Any] = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "oracle",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000},
        }
        data = json.dumps(answer if status == 200 else {"error": {"message": "no"}}).encode()
        if status == 200 and not fault:
            with self.lock:
                self.paid[item] += 1
        handler.send_response(status)
        if status == 429:
            handler.send_header("retry-after-ms", "20")
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


@contextmanager
def serving(oracle: Oracle) -> Iterator[Oracle]:
    """Serve *oracle* on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes; the second must not wait for an answer

        def do_POST(self) -> None:
            oracle.answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A worker was killed."""

    oracle.server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=oracle.server.serve_forever, daemon=True).start()
    try:
        yield oracle
    finally:
        oracle.server.shutdown()
        oracle.server.server_close()


@dataclass
class Fleet:
    """A workspace whose ledger is at *url*, and the workers on it."""

    root: Path
    url: str
    oracle: Oracle
    items: int
    stalled_seconds: float = 2.0
    settings: str = ""
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "smeflow.toml").write_text(
            f'{self.settings}\n[ledger]\nurl = "${{SMEFLOW_LEDGER}}"\n'
            f"stalled_seconds = {self.stalled_seconds}\n"
        )
        (self.root / "r.yaml").write_text(RECIPE.format(address=self.oracle.address))
        with (self.root / "in.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "text"])
            rows.writerows(
                [f"ITEM-{n:05d}", f"ITEM-{n:05d} Invoice R-{n} total {n}.50"] for n in range(self.items)
            )

    def start(
        self, name: str, *options: str, threads: int = 4, program: str = "", alone: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a worker, or *alone* another command; what it tells stands in ``NAME.log``."""
        code = program or "import sys; from smeflow.cli import main; sys.exit(main())"
        work = ("work", "r.yaml", "--threads", str(threads), "--every", "5", "--log-json")
        arguments = options if alone else (*work, *options)
        log = (self.root / f"{name}.log").open("ab")
        environ = {**os.environ, "SMEFLOW_LEDGER": self.url, "PYTHONPATH": str(SRC), "OPENAI_API_KEY": "x"}
        self.workers[name] = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], cwd=self.root, stdout=log, stderr=log, env=environ
        )
        return self.workers[name]

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        self.workers[name].send_signal(how)

    def ledger(self) -> Ledger:
        return Ledger.open(self.root / "looking", create=True, url=LedgerUrl.parse(self.url))

    def done(self) -> int:
        with self.ledger() as ledger:
            return ledger.counts("fleet").done

    def ended(self) -> bool:
        """Whether every item is done and a run has ended since."""
        with self.ledger() as ledger:
            counts, runs = ledger.counts("fleet"), ledger.runs("fleet")
            return counts.done == self.items and bool(runs) and runs[-1].ended_at is not None

    def wait(self, until: Callable[[], bool], seconds: float) -> float:
        """Wait for *until*; give how long it took."""
        began = time.monotonic()
        while not until():
            if time.monotonic() - began > seconds:
                logs = "\n".join(f"{p.name}: {p.read_text()[-1500:]}" for p in self.root.glob("*.log"))
                raise TimeoutError(f"not within {seconds} s; {self.done()} of {self.items} done\n{logs}")
            time.sleep(0.1)
        return time.monotonic() - began

    def shares(self) -> Counter[str]:
        """Count the items that each worker brought to an end."""
        shares: Counter[str] = Counter()
        for file in self.root.glob("*.log"):
            for line in file.read_text(errors="replace").splitlines():
                if '"item.ended"' in line and '"done"' in line:
                    shares[file.stem] += 1
        return shares

    def outputs(self) -> list[str]:
        """Give the ids in the output, sorted."""
        with (self.root / "out.csv").open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, delimiter=";" if ";" in file.readline() else ","))
        return sorted(row[0] for row in rows)

    def stop(self) -> None:
        """Stop every worker, also one that stands still."""
        for process in self.workers.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.workers.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
