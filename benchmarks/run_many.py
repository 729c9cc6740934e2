"""Many cases at once from Python: ``python benchmarks/run_many.py``.

Time, threads and memory of 500 cases at 500 ms and 64 at once; CPU a call beside the durable runner's, the
rounds interleaved; what is sent after a cancel; how soon a provider that is away is told. ``--quick`` is a
small round.
"""

import argparse
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from step_path import measure, provider
from task import SYSTEM, Invoice, text

N, LIMIT, LATENCY_MS = 500, 64, 500
GOALS = {"seconds": 5.0, "cpu": 1.2, "after": 0, "late": 1.0}


def asked_so_far(url: str) -> int:
    """Ask the provider how many questions have come."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/asked", timeout=5) as answer:
        return int(answer.read())


def a_step():
    """Give the step that asks once for a case, and a way to make cases."""
    from smeflow import LLM, Case, ask, step

    @step
    def invoice(case: Case, llm: LLM) -> Invoice:
        """Ask, check, give the record."""
        return ask(llm, case.text, into=Invoice, system=SYSTEM)

    return invoice, lambda n: [Case.of(text(k), id=str(k)) for k in range(n)]


def time_and_memory(url: str, n: int) -> dict[str, float]:
    """Run *n* cases; give seconds, the most threads and the most memory."""
    from smeflow import run_many

    invoice, cases = a_step()
    most = [0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            most[0] = max(most[0], threading.active_count())

    watcher = threading.Thread(target=watch)
    made = cases(n)
    run_many([invoice], made[:1], f"oracle@{url}", progress=False).wait()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    watcher.start()
    began = time.perf_counter()
    batch = run_many([invoice], made, f"oracle@{url}", limit=LIMIT, progress=False).wait()
    seconds = time.perf_counter() - began
    ended.set()
    assert not batch.failed, batch.failed[:1]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    threads = most[0] - 1  # the watcher is ours
    return {"seconds": seconds, "threads": threads, "mb": after / 1024, "more_mb": (after - before) / 1024}


def after_a_cancel(url: str, n: int) -> dict[str, float]:
    """Cancel in the middle; give what the provider got later, and whether all of it was told as paid."""
    from smeflow import run_many

    invoice, cases = a_step()
    run_many([invoice], cases(1), f"oracle@{url}", progress=False).wait()
    before = asked_so_far(url)
    batch = run_many([invoice], cases(n), f"oracle@{url}", limit=LIMIT, progress=False)
    while asked_so_far(url) - before <= LIMIT:  # the second wave has begun
        time.sleep(0.002)
    batch.cancel()
    time.sleep(0.05)  # what was on its way to the provider when it was cancelled
    at_cancel = asked_so_far(url)
    began = time.perf_counter()
    batch.wait()
    time.sleep(0.5)
    return {
        "sent": at_cancel - before,
        "after": asked_so_far(url) - at_cancel,
        "told": batch.usage.calls,
        "seconds": time.perf_counter() - began - 0.5,
    }


def away(patience: float) -> dict[str, float]:
    """Ask where nobody listens, and where the server dies meanwhile; seconds beyond *patience*."""
    from smeflow import Case, LLMUnavailable, run, run_many

    invoice, cases = a_step()
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"oracle@http://127.0.0.1:{server.getsockname()[1]}/v1"
    late = {}
    began = time.perf_counter()
    try:
        run([invoice], Case.of(text(1)), nobody, patience=patience)
    except LLMUnavailable:
        late["never there"] = time.perf_counter() - began - patience
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "port"
        server = subprocess.Popen([sys.executable, Path(__file__).parent / "provider.py", port, "200"])
        while not (port.exists() and port.read_text()):
            time.sleep(0.05)
        there = f"oracle@http://127.0.0.1:{port.read_text()}/v1"
        run([invoice], Case.of(text(1)), there)
        batch = run_many([invoice], cases(N), there, limit=LIMIT, patience=patience, progress=False)
        time.sleep(0.5)
        server.kill()
        server.wait()
        began = time.perf_counter()
        batch.wait()
        late["died under 500 cases"] = time.perf_counter() - began - patience
        assert all(isinstance(done.error, LLMUnavailable) for done in batch.failed)
        assert batch.failed
    return late


def in_own_process(what: str, *arguments: object) -> dict[str, float]:
    """Measure one thing in a process of its own."""
    command = [sys.executable, __file__, what, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{what}: {ended.stderr.strip()[-1500:]}")
    return json.loads(ended.stdout.splitlines()[-1])


def main(n: int, rounds: int, patience: float) -> None:
    """Print every figure beside its goal."""
    with provider(LATENCY_MS) as url:
        taken = in_own_process("time", url, n)
        print(f"{n} cases of {LATENCY_MS} ms, limit {LIMIT}: {taken['seconds']:.2f} s "
              f"(goal {GOALS['seconds']} for {N}), {taken['threads']:.0f} threads at most, "
              f"{taken['mb']:.0f} MB, {taken['more_mb']:.0f} MB of it for the batch")  # fmt: skip
        ended = in_own_process("cancel", url, n)
        print(f"cancelled after {ended['sent']:.0f} calls: {ended['after']:.0f} sent later (goal 0), "
              f"{ended['told']:.0f} told as paid, all settled after {ended['seconds']:.2f} s")  # fmt: skip
    measured: dict[str, list[float]] = {"run_many": [], "smeflow": []}
    with provider(0) as url:
        for _ in range(rounds):
            for peer, figures in measured.items():
                figures.append(measure(peer, url, n, LIMIT)["cpu_ms"])
    many, runner = (statistics.median(figures) for figures in measured.values())
    ratio = statistics.median(a / b for a, b in zip(*measured.values(), strict=True))
    print(f"CPU a call: {many:.2f} ms, the durable runner {runner:.2f} ms, ratio {ratio:.2f} "
          f"(goal {GOALS['cpu']}), {rounds} rounds")  # fmt: skip
    late = in_own_process("away", patience)
    for how, seconds in late.items():
        print(f"away, {how}: told {seconds:+.2f} s beside patience={patience:g} (goal +{GOALS['late']:g})")


PARTS = {
    "time": lambda url, n: time_and_memory(url, int(n)),
    "cancel": lambda url, n: after_a_cancel(url, int(n)),
    "away": lambda patience: away(float(patience)),
}


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in PARTS:
        sys.path.insert(0, str(Path(__file__).parent))
        print(json.dumps(PARTS[sys.argv[1]](*sys.argv[2:])), flush=True)
    else:
        arguments = argparse.ArgumentParser()
        arguments.add_argument("--quick", action="store_true")
        quick = arguments.parse_args().quick
        main(128 if quick else N, 1 if quick else 5, 2.0 if quick else 5.0)
