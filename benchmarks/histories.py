"""Four processes on one ledger, killed again and again: is what each of them saw one history?

``python benchmarks/histories.py [--seeds 5] [--seconds 60]``: one runs a recipe of invoices over a folder
that fills up, two decide what waits (and one of them exports the books), one reads. Each is killed with
signal 9 at random moments and started again. The model's server and the receiver of deliveries fail on
purpose, and keep their own account. At the end come a run and an export, and `anomalies.py` looks at it all.
"""

import argparse
import contextlib
import csv
import hashlib
import io
import json
import multiprocessing
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, ClassVar

from anomalies import Booking, Decision, Delivery, Entry, History, Read, anomalies

HERE = Path(__file__).resolve().parent
INVOICE = HERE.parent / "recipes" / "supplier-mail" / "inbox" / "lieferant-471113.xml"
MONTH = "2018-06"
WORKERS = 8
RECIPE = """\
recipe: purchases
llm: clerk@{url}/v1
residency: any
source: {{folder: inbox/}}
steps:
  - extract: memo
    fields: {{reference: text}}
    readers: [model]
    ask: always
  - {{extract: invoice, into: Invoice}}
sinks:
  - {{table: out/purchases.csv, columns: {{number: invoice.record.number, total: invoice.record.total_gross,
      reference: memo.record.reference}}}}
  - webhook: {url}/hook
    allow: [127.0.0.1]
    sign: false
    fields: {{number: invoice.record.number, reference: memo.record.reference}}
"""
SETTINGS = """\
[tables]
suppliers = "suppliers.csv"
[budgets]
month = "900 EUR"
run = "900 EUR"
[prices."{host}/clerk"]
input_per_million = 0.4
output_per_million = 0.8
as_of = 2026-11-01
"""
SUPPLIERS = "name,aux_account,expense_account,iban\nLieferant GmbH,F0LIEF,606300,DE02120300000000202051\n"
ROLES = ("run", "decide Ada", "decide Bo", "read")


def invoice(n: int) -> bytes:
    """Write the *n*-th invoice; each third has day and amount of the one before it, so that it waits."""
    of = n - 1 if n % 3 == 0 else n
    text = re.sub(r"<!--.*?-->", "", INVOICE.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = text.replace("471113", f"N-{n:05d}").replace("20180613", f"201806{1 + of % 28:02d}")
    for old, new in (("4.0000", f"{2 * of}.0000"), ("22.00", f"{11 * of}.00")):
        text = text.replace(old, new)
    tax = f"{77 * of // 100}.{77 * of % 100:02d}"
    total = f"{1177 * of // 100}.{1177 * of % 100:02d}"
    return text.replace(">1.54<", f">{tax}<").replace("23.54", total).encode()


class World(BaseHTTPRequestHandler):
    """The model's server and the receiver of deliveries. Both fail in one of five calls."""

    chance = random.Random(0)
    paid: ClassVar[Counter[int]] = Counter()
    lost = 0
    """Answers that were paid and never came."""
    deliveries: ClassVar[list[tuple[str, dict[str, Any]]]] = []
    lock = threading.Lock()

    def do_POST(self) -> None:
        """Answer, or not."""
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.lock:
            fault = self.chance.random()
        if self.path.endswith("/hook"):
            self._take(body.decode(), fault)
        else:
            self._answer(body.decode(), fault)

    def _take(self, body: str, fault: float) -> None:
        if fault < 0.1:
            self._send(503, b"")
            return
        with self.lock:
            self.deliveries.append((self.headers["Idempotency-Key"] or "", json.loads(body)))
        if fault < 0.2:  # it was taken, and nobody is told
            self.close_connection = True
            self.connection.close()
            return
        self._send(200, b"{}")

    def _answer(self, body: str, fault: float) -> None:
        if fault < 0.1:
            self._send(503, b"")
            return
        number = re.search(r"N-(\d{5})", body)
        assert number is not None, body[:500]
        with self.lock:
            self.paid[int(number.group(1))] += 1
        time.sleep(0.01)
        if fault < 0.2:  # it is paid, and the answer is lost
            with self.lock:
                World.lost += 1
            self.close_connection = True
            self.connection.close()
            return
        told = json.dumps({"reference": number.group()})
        message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": told}}
        usage = {"prompt_tokens": 2000, "completion_tokens": 20, "total_tokens": 2020}
        whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "clerk", "usage": usage}
        self._send(200, json.dumps({**whole, "choices": [message]}).encode())

    def _send(self, status: int, body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Diary:
    """What one process writes down, a line for each event: it is there when the process is killed."""

    def __init__(self, role: str) -> None:
        self.file = os.open(f"diary-{role.replace(' ', '-')}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def write(self, **event: object) -> None:
        """Write one event."""
        os.write(self.file, json.dumps({"t": time.monotonic_ns(), **event}).encode() + b"\n")


def command(*words: str) -> int:
    """Run a command of smeflow in this process, what it prints thrown away."""
    from smeflow.cli.app import main

    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        return main(list(words))


def decide(diary: Diary, person: str, chance: random.Random) -> None:
    """Make decisions of all kinds on what waits, and now and then on what is done; sometimes export."""
    from smeflow.errors import SmeflowError
    from smeflow.ledger.ledger import Ledger
    from smeflow.recipe.load import load
    from smeflow.review import decisions

    steps = {entry.step.name: entry.step for entry in load(Path("recipe.yaml")).entries}
    with Ledger.open(Path(".smeflow"), create=False) as ledger:
        while True:
            time.sleep(chance.uniform(0, 0.1))
            if person == "Bo" and chance.random() < 0.1:
                command("books", "export", "--period", MONTH, "--by", person)
                continue
            waiting = decisions.waiting_items(ledger, "purchases")
            items = waiting if chance.random() < 0.85 else list(ledger.items("purchases", "done"))
            if not items:
                continue
            item = chance.choice(items)
            time.sleep(chance.uniform(0, 0.05))  # what was seen may be old by now
            op = f"{person}-{time.monotonic_ns()}"
            kinds = ("approve", "approve", "approve", "correct", "again", "reject")
            action = chance.choice(kinds if item.state == "review" else ("correct", "reject", "again"))
            diary.write(op=op, action=action, item=item.id, phase="begin")
            try:
                if action == "approve":
                    decisions.approve(ledger, item, person, op)
                elif action == "correct":
                    decisions.correct(ledger, item, steps, {"memo.reference": f"C {op}"}, person, op)
                elif action == "again":
                    decisions.ask_again(ledger, item, person, op)
                else:
                    decisions.reject(ledger, item, person, op)
            except SmeflowError as error:
                diary.write(op=op, phase="refused", why=str(error)[:200])
            else:
                diary.write(op=op, phase="made")


LOOK = """\
SELECT coalesce(sum(coalesce(ends.nanos, calls.nanos)), 0) FROM calls LEFT JOIN ends ON ends.call = calls.id
"""


def read(diary: Diary, chance: random.Random) -> None:
    """Look at everything at one moment, again and again, with SQL of its own."""
    connection = sqlite3.connect("file:.smeflow/ledger.db?mode=ro", uri=True, isolation_level=None)
    while True:
        time.sleep(chance.uniform(0.05, 0.3))
        began = time.monotonic_ns()
        connection.execute("BEGIN")
        head = connection.execute("SELECT max(n) FROM audit").fetchone()[0] or 0
        states = connection.execute("SELECT id, state FROM items").fetchall()
        spent = connection.execute("SELECT coalesce(sum(nanos), 0) FROM spent WHERE purse LIKE 'month %'")
        money = spent.fetchone()[0], connection.execute(LOOK).fetchone()[0]
        connection.execute("COMMIT")
        diary.write(phase="read", began=began, head=head, states=states, spent=money[0], of_calls=money[1])


def play(role: str, folder: Path, seed: int) -> None:
    """Be one of the four until killed."""
    os.chdir(folder)
    os.environ["SMEFLOW_PERSON"] = role
    os.dup2(os.open("errors.txt", os.O_CREAT | os.O_APPEND | os.O_WRONLY), 2)
    diary, chance = Diary(role), random.Random(seed)
    name, _, person = role.partition(" ")
    if name == "run":
        while True:
            command("run", "recipe.yaml", "--json")
            time.sleep(0.1)
    if name == "read":
        read(diary, chance)
    decide(diary, person, chance)


FORKS = multiprocessing.get_context("forkserver")
"""Its server has read what all of them need, so that one that was killed is soon back at work."""
FORKS.set_forkserver_preload(
    ["smeflow.cli.running", "smeflow.engine.run", "smeflow.review.decisions", "smeflow.books"]
)


def start(role: str, folder: Path, seed: int) -> ForkServerProcess:
    """Start one of the four."""
    process = FORKS.Process(target=play, args=(role, folder, seed), name=role)
    process.start()
    return process


def disturb(folder: Path, seconds: float, chance: random.Random) -> Counter[str]:
    """Let the four work for so long, put invoices in, kill at random; give how often each was killed."""
    for n in range(1, 31):
        (folder / "inbox" / f"{n:05d}.xml").write_bytes(invoice(n))
    smeflow(folder, "run", "recipe.yaml")
    processes = {role: start(role, folder, chance.randrange(10**6)) for role in ROLES}
    ends, kills = time.monotonic() + seconds, Counter[str]()
    next_kill = time.monotonic() + 2
    while time.monotonic() < ends:
        n += 1
        new = folder / "inbox" / f".{n}.tmp"
        new.write_bytes(invoice(n))
        new.rename(folder / "inbox" / f"{n:05d}.xml")
        time.sleep(chance.uniform(0.1, 0.5))
        for role, process in processes.items():
            if not process.is_alive():  # it ended by itself: what it wrote is looked at afterwards
                kills[f"{role}, by itself"] += 1
                processes[role] = start(role, folder, chance.randrange(10**6))
        if time.monotonic() >= next_kill:
            role = chance.choice(ROLES)
            processes[role].kill()
            processes[role].join()
            kills[role] += 1
            processes[role] = start(role, folder, chance.randrange(10**6))
            next_kill = time.monotonic() + chance.uniform(1.5, 4.5)
    for process in processes.values():
        process.kill()
        process.join()
    kills["run"] += 1
    return kills


def gather(folder: Path, kills: Counter[str]) -> History:
    """Put together what the diaries, the ledger, the files and the servers say."""
    events: list[dict[str, Any]] = []
    for diary in folder.glob("diary-*"):
        lines = diary.read_bytes().split(b"\n")[:-1]
        events += [json.loads(line) for line in lines]
    ends = {e["op"]: e for e in events if e["phase"] in ("made", "refused")}
    decided = [
        Decision(op=e["op"], action=e["action"], item=e["item"], began=e["t"],
                 ended=ends[e["op"]]["t"] if e["op"] in ends else None,
                 made=e["op"] in ends and ends[e["op"]]["phase"] == "made")
        for e in events if e["phase"] == "begin"
    ]  # fmt: skip
    reads = [
        Read(began=e["began"], ended=e["t"], head=e["head"], states=dict(e["states"]),
             spent=e["spent"], of_calls=e["of_calls"])
        for e in events if e["phase"] == "read"
    ]  # fmt: skip
    connection = sqlite3.connect(folder / ".smeflow" / "ledger.db")
    connection.row_factory = sqlite3.Row
    items = {row["key"]: row["id"] for row in connection.execute("SELECT id, key FROM items")}
    states = {row["id"]: row["state"] for row in connection.execute("SELECT id, state FROM items")}
    entries = [
        Entry(n=row["n"], at=row["at"], kind=row["kind"], item=row["item"])
        for row in connection.execute("SELECT n, at, kind, item FROM audit ORDER BY n")
    ]
    covered = {entry.kind: entry.n for entry in entries}
    reviews = list(connection.execute("SELECT * FROM reviews ORDER BY id"))
    notes = Counter(row["note"] for row in reviews)
    values = {number: f"N-{int(key[:5]):05d}" for key, number in items.items()}
    for row in reviews:
        if row["step"] == "memo":
            corrected = f"C {row['note']}" if row["action"] == "correct" else None
            values[row["item"]] = corrected or f"N-{int(_key_of(items, row['item'])[:5]):05d}"
    booked = Counter((row["item"], row["reversal"]) for row in connection.execute("SELECT * FROM booked"))
    blobs = [row["blob"] for row in connection.execute("SELECT blob FROM batches ORDER BY id")]
    files = sorted((folder / "books").glob("HA-*.txt"))
    written = {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return History(
        entries=entries,
        decisions=decided,
        reads=reads,
        states=states,
        rows={row["note"]: covered[f"row reviews {row['id']}"] for row in reviews},
        repeated_rows=[note for note, count in notes.items() if count > 1],
        deliveries=[_delivery(key, body, items) for key, body in World.deliveries],
        values=values,
        bookings=[Booking(item=item, entries=booked[item, 0], reversals=booked[item, 1]) for item in states],
        booked_numbers=_booked_numbers(files),
        unwritten_batches=[blob for blob in blobs if blob not in written],
        table=_rows_of(folder / "out" / "purchases.csv", items),
        paid={items[f"{n:05d}.xml"]: count for n, count in World.paid.items()},
        may_repeat=kills["run"] * WORKERS + World.lost,
    )


def _key_of(items: dict[str, int], number: int) -> str:
    return next(key for key, item in items.items() if item == number)


def _delivery(key: str, body: dict[str, Any], items: dict[str, int]) -> Delivery:
    content = {name: value for name, value in body.items() if name != "timestamp"}
    retracts = body["type"] == "item.retracted"
    shows = "" if retracts else str(body["data"]["results"]["reference"])
    item = items[body["data"]["key"]]
    return Delivery(
        key=key, content=json.dumps(content, sort_keys=True), item=item, retracts=retracts, shows=shows
    )


def _booked_numbers(files: list[Path]) -> list[int]:
    numbers = {
        int(line.split("\t")[2].removeprefix("HA"))
        for file in files
        for line in file.read_text(encoding="utf-8-sig").splitlines()[1:]
    }
    return sorted(numbers)


def _rows_of(table: Path, items: dict[str, int]) -> list[tuple[int, str]]:
    with table.open(newline="", encoding="utf-8-sig") as file:
        return [
            (items[f"{row['number'].removeprefix('N-')}.xml"], row["reference"])
            for row in csv.DictReader(file)
        ]


def smeflow(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command undisturbed."""
    command_line = [sys.executable, "-m", "smeflow.cli", *words]
    return subprocess.run(command_line, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def settle(folder: Path) -> None:
    """Run and export to the end; again, since an export holds back what cannot be booked."""
    for _ in range(3):
        smeflow(folder, "run", "recipe.yaml")
        smeflow(folder, "books", "export", "--period", MONTH, "--by", "end")
    smeflow(folder, "run", "recipe.yaml")


def verify(folder: Path) -> list[str]:
    """Let smeflow itself look through the chain, against every head that was kept."""
    done = smeflow(folder, "audit", "verify", "--heads", "books/audit.jsonl")
    return [] if done.returncode == 0 else [f"audit verify: {(done.stdout + done.stderr).strip()[:400]}"]


def one_history(folder: Path, seed: int, seconds: float) -> list[str]:
    """Let it happen once; print what there was, and give the anomalies."""
    chance = random.Random(seed)
    World.chance, World.paid, World.lost, World.deliveries = random.Random(seed), Counter(), 0, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), World)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    for name in ("inbox", "out", "books"):
        (folder / name).mkdir(parents=True)
    (folder / "recipe.yaml").write_text(RECIPE.format(url=url), encoding="utf-8")
    (folder / "smeflow.toml").write_text(SETTINGS.format(host="127.0.0.1"), encoding="utf-8")
    (folder / "suppliers.csv").write_text(SUPPLIERS, encoding="utf-8")
    kills = disturb(folder, seconds, chance)
    settle(folder)
    history = gather(folder, kills)
    server.shutdown()
    server.server_close()
    wrong = [*anomalies(history), *verify(folder)]
    made = sum(decision.made for decision in history.decisions)
    print(
        f"seed {seed}: {len(history.states)} items {dict(Counter(history.states.values()))}, "
        f"{len(history.decisions)} decisions ({made} made), {len(history.reads)} reads, "
        f"{len(history.deliveries)} deliveries, {len(history.unwritten_batches)} batches unwritten of "
        f"{len(list((folder / 'books').glob('HA-*.txt')))}, {sum(history.paid.values())} answers paid, "
        f"killed {dict(kills)}: {len(wrong)} anomalies",
        flush=True,
    )
    for sentence in wrong[:20]:
        print(f"  {sentence}", flush=True)
    return wrong


def main() -> int:
    """Let as many histories happen as there are seeds."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seeds", type=int, default=5)
    reader.add_argument("--first-seed", type=int, default=1)
    reader.add_argument("--seconds", type=float, default=60)
    reader.add_argument("--keep", type=Path, help="where the folders stay, to be looked at")
    asked = reader.parse_args()
    found = 0
    with tempfile.TemporaryDirectory(prefix="smeflow-history-") as made:
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            found += len(one_history((asked.keep or Path(made)) / str(seed), seed, asked.seconds))
    print(f"{asked.seeds} histories of {asked.seconds:.0f} s: {found} anomalies")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
