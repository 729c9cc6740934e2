"""What ``import smeflow`` costs beside ``import pydantic``: ``python benchmarks/imports.py``."""

import resource
import statistics
import subprocess
import sys

ROUNDS = 3 if "--quick" in sys.argv else 11


def cpu_seconds(code: str) -> float:
    """Give the CPU seconds of a fresh interpreter that runs *code*."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    # smeflow imports a name when it is first used: the second line is what a program pays that uses all.
    lines = ("pass", "import pydantic", "import smeflow", "from smeflow import *")
    rounds = [[cpu_seconds(line) for line in lines] for _ in range(ROUNDS)]
    pydantic = statistics.median(r[1] - r[0] for r in rounds)
    for i in (2, 3):
        seconds = statistics.median(r[i] - r[0] for r in rounds)
        ratio = statistics.median((r[i] - r[0]) / (r[1] - r[0]) for r in rounds)
        told = f"{seconds:.3f} s CPU (goal 0.3), {ratio:.2f} x import pydantic (goal 1.3)"
        print(f"{lines[i]:22}{told} at {pydantic:.3f} s")
