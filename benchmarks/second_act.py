"""Run the demo with its second act: time, memory, and what the model added.

``python benchmarks/second_act.py``: the model must be there already (``smeflow model get``). It needs a
quiet machine: beside other work it is many times slower.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path


def child_of(pid: int) -> int | None:
    """Find the process the model runs in."""
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(one.read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"smeflow.llm.local.child" in (one.parent / "cmdline").read_bytes():
                return int(one.parent.name)
        except (OSError, ValueError):
            continue
    return None


def cpu_seconds(pid: int) -> float:
    """Give the CPU a process has used: what a loaded machine changes least."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """Give the most memory a process has had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    """Run the demo once and print what it cost and what it told."""
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "smeflow.cli", "demo"], cwd=folder, text=True,
                                   stdout=subprocess.PIPE, env={**os.environ, "COLUMNS": "120"})  # fmt: skip
        told: list[tuple[float, str]] = []
        reader = threading.Thread(target=lambda: told.extend((time.monotonic(), x) for x in process.stdout))
        reader.start()
        most = used = 0.0
        while process.poll() is None:
            found = child_of(process.pid)
            if found is not None:
                with contextlib.suppress(OSError):
                    most = max(most, peak_mb(found))
                    used = max(used, cpu_seconds(found))
            time.sleep(0.5)
        reader.join()
    at = next((moment for moment, line in told if line.startswith("Second act")), time.monotonic())
    print(f"first act {at - began:.0f} s, second act {told[-1][0] - at:.0f} s, exit {process.returncode}; "
          f"the model's process took {used:.0f} s of CPU and at most {most:.0f} MB; load before and after: "
          f"{load[0]:.1f}, {os.getloadavg()[0]:.1f}")  # fmt: skip
    print("".join(line for moment, line in told if moment >= at))


if __name__ == "__main__":
    main()
