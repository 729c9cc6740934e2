"""Every benchmark that needs nothing but this checkout, one after the other: ``make bench``.

``--quick`` (``make bench-quick``) runs each in its smallest form and asks two things: that it ends well, and
that the figures which do not hang on the machine (ratios, shares, the same bytes) are not absurd.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
NEED_NOTHING = ("imports.py", "step_path.py", "run_many.py", "ledger.py", "einvoice_hostile.py")


@dataclass(frozen=True)
class QuickForm:
    """A benchmark's smallest form: *figure* finds a number in what it prints, or two whose ratio counts."""

    command: str
    figure: str
    most: float
    least: float = 0.0

    def run(self) -> str | None:
        """Run it; tell what is wrong with it."""
        name, *arguments = self.command.split()
        done = subprocess.run(
            [sys.executable, HERE / name, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        print(done.stdout, end="", flush=True)
        if done.returncode:
            return f"ended with {done.returncode}: {done.stderr.strip()[-800:]}"
        found = re.findall(self.figure, done.stdout)
        if not found:
            return f"prints no figure like {self.figure!r}"
        for numbers in found:
            first, *others = (float(n) for n in ((numbers,) if isinstance(numbers, str) else numbers))
            value = first / others[0] if others else first
            if not self.least <= value <= self.most:
                return f"{value:.2f} is not between {self.least} and {self.most}"
        return None


QUICK = (
    QuickForm("imports.py --quick", r"import smeflow .* ([\d.]+) x import pydantic", 1.3),
    QuickForm("step_path.py --quick", r"smeflow/\w+ ([\d.]+)", 1.0),
    QuickForm("run_many.py --quick", r"ratio ([\d.]+) \(goal", 2.0),
    QuickForm(
        "langchain_path.py --quick",
        r"LangChain ([\d.]+) ms CPU a call, through smeflow ([\d.]+)",
        3.0,
        least=0.3,
    ),
    QuickForm("six_tasks.py --quick", r"smeflow +(\d+) right", 9, least=9),
    QuickForm("overhead.py --quick", r"smeflow \S+ +([\d.]+) ms CPU", 20.0),
    QuickForm("soak.py --curve 200", r"items: +([\d.]+) ms CPU", 50.0),
    QuickForm("ledger.py 50", r"([\d.]+) ms CPU with a ledger, ([\d.]+) without", 20.0),
    QuickForm("report_pages.py", r"pages, (\d+) charts", 8, least=8),
    QuickForm("report_prose.py --reports 2", r"kinds: (\d+) on a page", 0),
    QuickForm("residency.py", r"refused, (\d+) connections", 0),
    QuickForm("conformance.py", r"(\d+) of (\d+)  ", 1.0, least=1.0),
)


def run_quick() -> int:
    """Run the smallest form of each; tell which are wrong."""
    wrong = {}
    for form in QUICK:
        print(f"\n== {form.command}", flush=True)
        if problem := form.run():
            wrong[form.command] = problem
    for command, problem in wrong.items():
        print(f"\n{command}: {problem}")
    return 1 if wrong else 0


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--quick", action="store_true")
    chosen, others = reader.parse_known_args()
    if chosen.quick:
        sys.exit(run_quick())
    for name in NEED_NOTHING:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, HERE / name, *others], check=True)
