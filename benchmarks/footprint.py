"""What the core installs, and which of it a task loads: ``python benchmarks/footprint.py``.

The packages are those of ``requirements/core.lock.hash`` that are installed here; MB are the files they
recorded, compiled code of Python left out. Each task runs in a fresh interpreter and tells which packages it
imported and how much memory it had in the end. The provider is one on loopback; a PDF is read in a child
process, whose packages do not count here.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAPER = "recipes/supplier-mail/inbox/netpresse-2022089083.pdf"
XML = "recipes/supplier-mail/inbox/lieferant-471113.xml"
EXTRACT = """
from smeflow import Case, read, run
from smeflow.records import Invoice
from smeflow.steps import Extract
invoice = Extract(name="invoice", into=Invoice)
run([invoice], Case.of(read({file!r})))
"""
ASK = """
import sys
sys.path.insert(0, "tests")
from support.docs_model import docs_provider
from smeflow import ask
with docs_provider() as url:
    assert ask(f"m@{url}", "Which city has the two towers?", into=dict)
"""
TASKS = {
    "import smeflow": "import smeflow",
    "smeflow --version": "import smeflow.cli.app",
    "an invoice from XML": EXTRACT.format(file=XML),
    "an invoice from a PDF": EXTRACT.format(file=PAPER),
    "a question to a model": ASK.replace("into=dict", "into=Answer").replace(
        "from smeflow import ask",
        "from pydantic import BaseModel\nfrom smeflow import ask\n"
        "class Answer(BaseModel):\n    name: str\n    people: int",
    ),
    "a model of LangChain": "from langchain_core.language_models import FakeListChatModel as Fake\n"
    "from smeflow import ask\nask(Fake(responses=['{\"answer\": \"x\"}']), 'x', into=str)",
    "a recipe run": f"from smeflow.testing import run_recipe\nrun_recipe('recipes/supplier-mail', [{XML!r}])",
    "a recipe checked": "from smeflow import Recipe\nRecipe.load('recipes/mail-triage/recipe.yaml')",
}
REPORT = """
import json, resource, sys
print(json.dumps([sorted({name.partition(".")[0] for name in sys.modules}),
                  resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


def canonical(name: str) -> str:
    """Give a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def core() -> dict[str, float]:
    """Give the MB of each package of the core that is installed."""
    lock = (ROOT / "requirements" / "core.lock.hash").read_text(encoding="utf-8")
    found: dict[str, float] = {}
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE):
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system, or another Python
        sizes = (Path(file.locate()) for file in files if file.suffix != ".pyc")
        found[canonical(name)] = sum(path.stat().st_size for path in sizes if path.exists()) / 1e6
    return found


def loaded(code: str) -> tuple[set[str], int]:
    """Run *code* afresh; give the distributions it imported and its memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT], capture_output=True, text=True, check=True, cwd=ROOT
    )
    modules, memory = json.loads(done.stdout.splitlines()[-1])
    homes = importlib.metadata.packages_distributions()
    return {canonical(home) for m in modules for home in homes.get(m, ())}, memory


if __name__ == "__main__":
    sizes = core()
    print(f"{len(sizes)} packages, {sum(sizes.values()):.0f} MB")
    ever: set[str] = set()
    for task, code in TASKS.items():
        packages, memory = loaded(code)
        used = packages & sizes.keys()
        ever |= used
        total = sum(mb for name, mb in sizes.items() if name in used)
        told = f"{len(used):3} packages of {total:5.0f} MB, {memory:4} MB of memory"
        print(f"{task:24}{told}: {' '.join(sorted(used))}")
    never = {name: mb for name, mb in sizes.items() if name not in ever}
    largest = sorted(never.items(), key=lambda pair: -pair[1])
    print(f"none of these loads {len(never)} of {sum(never.values()):.0f} MB:")
    print("  " + ", ".join(f"{name} {mb:.1f}" for name, mb in largest))
    print(
        "largest: " + ", ".join(f"{n} {mb:.1f}" for n, mb in sorted(sizes.items(), key=lambda p: -p[1])[:14])
    )
