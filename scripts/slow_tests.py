"""Write down which tests are slow, `python scripts/slow_tests.py [SECONDS]`: `make test-fast` leaves them.

Runs the tests that bear no mark, on one core, and lists in ``tests/slow_tests.txt`` each function of which a
call with its fixtures took longer than SECONDS (0.04). Run it on an idle machine.
"""

import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
LIST = TESTS / "slow_tests.txt"
_TIMED = re.compile(r"([\d.]+)s (?:call|setup|teardown) +(tests/\S+?)(?:\[.*)?$")


def slow_tests(report: str, seconds: float) -> list[str]:
    """Read what ``--durations=0`` printed: the functions that took longer, in order."""
    timed = (match for line in report.splitlines() if (match := _TIMED.match(line)))
    return sorted({match[2] for match in timed if float(match[1]) > seconds})


def main() -> None:
    """Run, and write the list."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.04
    LIST.write_text("", encoding="utf-8")  # else the slow ones would not be run
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "--durations=0", "--durations-min=0.01",
               "-m", "not slow and not requires_program"]  # fmt: skip
    run = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)
    names = slow_tests(run.stdout, seconds)
    LIST.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} functions above {seconds} s; pytest ended with {run.returncode}")


if __name__ == "__main__":
    main()
