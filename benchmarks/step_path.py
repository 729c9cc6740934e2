"""What a call costs in CPU beside its peers, measured in one run: ``python benchmarks/step_path.py``.

Rounds are interleaved and every ratio is the median of the rounds' own ratios, since machines are noisy.
A peer that is not installed is left out and named. ``--quick`` is one small round.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
MODULES = {
    "openai_parse": "openai",
    "langchain": "langchain_openai",
    "pydantic_ai": "pydantic_ai",
    "smeflow": "smeflow",
}
GOALS = {"openai_parse": 0.30, "langchain": 0.20, "pydantic_ai": 0.15}


@contextmanager
def provider(latency_ms: int):
    """Start the loopback provider; give its address."""
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "port"
        server = subprocess.Popen([sys.executable, HERE / "provider.py", port, str(latency_ms)])
        try:
            while not (port.exists() and port.read_text()):
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port.read_text()}/v1"
        finally:
            server.kill()
            server.wait()


def measure(peer: str, url: str, n: int, in_flight: int, *, one_core: bool = False) -> dict[str, float]:
    """Measure one peer once, in a process of its own."""
    command = [
        *(["taskset", "-c", "0"] if one_core else []),
        sys.executable,
        HERE / "peers.py",
        peer,
        url,
        str(n),
        str(in_flight),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{peer}: {ended.stderr.strip()[-800:]}")
    return json.loads(ended.stdout.splitlines()[-1])


def beside_peers(n: int, rounds: int) -> None:
    """Print CPU a call at 64 in flight for every peer, and smeflow's ratio to each."""
    peers = [p for p, module in MODULES.items() if importlib.util.find_spec(module)]
    found: dict[str, list[dict[str, float]]] = {p: [] for p in peers}
    with provider(0) as url:
        for k in range(rounds):
            for peer in peers[:: 1 if k % 2 == 0 else -1]:
                found[peer].append(measure(peer, url, n, 64))
    print(
        f"{n} calls at 64 in flight, {rounds} rounds; smeflow: the whole durable run, every write on the disk"
    )
    for peer in peers:
        cpu = statistics.median(r["cpu_ms"] for r in found[peer])
        memory = max(r["peak_mb"] for r in found[peer])
        ratio = statistics.median(
            a["cpu_ms"] / b["cpu_ms"] for a, b in zip(found["smeflow"], found[peer], strict=True)
        )
        goal = f"  smeflow/{peer} {ratio:.2f} (goal {GOALS[peer]:.2f})" if peer in GOALS else ""
        print(f"  {peer:14}{cpu:7.2f} ms CPU a call  {memory:5.0f} MB{goal}")
    for peer in MODULES.keys() - set(peers):
        print(f"  {peer:14}not installed, not measured")


def many_in_flight(n: int) -> None:
    """Print what 512 in flight cost on one core, beside 64."""
    with provider(200) as url:
        few, many = (measure("smeflow", url, n, c, one_core=True) for c in (64, 512))
    print(f"one core, 200 ms latency, 512 in flight: {many['per_second']:.0f} answers/s (goal 350), "
          f"{many['cpu_ms']:.2f} ms CPU a call, {many['cpu_ms'] / few['cpu_ms']:.2f} x that at 64 (1.5); "
          f"{few['peak_mb']:.0f} MB at 64")  # fmt: skip


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    beside_peers(200 if quick else 500, 1 if quick else 5)
    many_in_flight(1024 if quick else 2048)
