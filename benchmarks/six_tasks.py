"""Six tasks in four libraries, and what each does with twelve faults: ``python benchmarks/six_tasks.py``.

The tasks are the parts of ``six_tasks_in/LIBRARY.py``, each a whole script as a user of the library writes.
Told of each: lines of code, names of the library to know (imported, called as methods, given as keywords),
import statements, and the time of a fresh process, on the clock and of its processor, the median of
``--rounds``. The provider is on loopback and answers at once, in the batch after 0.5 s. A script that does
not print what it must is no result, and the whole run ends.

A library that cannot be imported is named and left out. ``--peers FOLDER`` looks for each in FOLDER/LIBRARY
first, where they do not disturb this environment or each other::

    pip install --target FOLDER/pydantic_ai "pydantic-ai-slim[openai]"
    pip install --target FOLDER/instructor instructor diskcache
    pip install --target FOLDER/langchain langchain langchain-openai langgraph-checkpoint-sqlite
    python -m compileall -q FOLDER

``--quick`` runs smeflow's own once, ``--json FILE`` keeps all that was measured.
"""

import argparse
import ast
import builtins
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from faulty_provider import FAULTS, NONE, Fault, FaultyProvider, faulty_provider

HERE = Path(__file__).parent
LIBRARIES = {
    "smeflow": "smeflow",
    "pydantic_ai": "pydantic-ai-slim",
    "instructor": "instructor",
    "langchain": "langchain",
}
"""The module, and the distribution that tells its version."""
MUST_PRINT = {
    "a typed question": "Lyon 522250",
    "a nested extraction": "Nova GmbH [(2, 'lathe'), (12, 'belt')]",
    "a step of one's own with a model": "heating today",
    "a batch of 500": "499 ['flat 77']",
    "a step of one's own in a durable recipe": "waiting ['cold.txt']\ndone ['heating', 'keys']",
    "a test of a step": "passed",
}
AGAIN = "waiting []\ndone ['heating', 'keys']"
"""What the durable task prints in a second process, which must ask nothing."""
BATCH, DURABLE = "a batch of 500", "a step of one's own in a durable recipe"
LATENCY_SECONDS = 0.5
LONGEST_SECONDS = 300
INBOX = {"cold.txt": "The heating is broken!", "lost.txt": "I lost a key."}
COMMON = {*sys.stdlib_module_names, "pydantic"}
"""Modules whose names count as known."""
KNOWN = {name for kind in (str, list, dict, set, Path, BaseException) for name in dir(kind)} | set(
    dir(builtins)
)


@dataclass(frozen=True)
class Code:
    """What a script asks of who writes and reads it."""

    lines: int
    names: tuple[str, ...]
    imports: int

    @classmethod
    def of(cls, script: str) -> "Code":
        """Count lines that are neither blank nor comments alone, the library's names, and imports of it."""
        tree = ast.parse(script)
        nodes = list(ast.walk(tree))
        lines = [line for line in script.splitlines() if line.strip() and not line.strip().startswith("#")]
        froms = [n for n in nodes if isinstance(n, ast.ImportFrom)]
        plain = [alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names]
        theirs = [n for n in froms if n.module.partition(".")[0] not in COMMON]
        common = {
            name for n in nodes if isinstance(n, ast.Import) for name in (a.name for a in n.names)
        } & COMMON
        common |= {alias.name for n in froms if n not in theirs for alias in n.names}
        names = {alias.name for n in theirs for alias in n.names} | {n for n in plain if n not in COMMON}
        for node in nodes:
            if isinstance(node, ast.Attribute) and not (
                isinstance(node.value, ast.Name) and node.value.id in common
            ):
                names.add(node.attr)
            elif isinstance(node, ast.Call) and not (
                isinstance(node.func, ast.Name) and node.func.id in common
            ):
                names |= {keyword.arg for keyword in node.keywords if keyword.arg}
        own = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
        own |= {n.target.id for n in nodes if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
        kept = names - own - KNOWN - common
        return cls(len(lines), tuple(sorted(kept)), len(theirs) + sum(n not in COMMON for n in plain))


def scripts(library: str) -> dict[str, str]:
    """Give the parts of a library's file by their titles."""
    text = (HERE / "six_tasks_in" / f"{library}.py").read_text(encoding="utf-8")
    parts = re.split(r"^# %% (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def surroundings(library: str, url: str, peers: Path | None) -> dict[str, str]:
    """Give the environment of a library's processes; *peers* is on the path of all but smeflow."""
    path = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    if peers is not None and library != "smeflow":
        path.insert(0, str((peers / library).resolve()))
    told = {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": url, "NO_PROXY": "127.0.0.1"}
    quiet = {"LANGSMITH_TRACING": "false", "SMEFLOW_PERSON": "Ada", "PYTHONPATH": os.pathsep.join(path)}
    return {**os.environ, **told, **quiet}


def version(library: str, environment: dict[str, str]) -> str | None:
    """Give the version of a library; None where it cannot be imported."""
    look = f"import {library}, importlib.metadata as m; print(m.version({LIBRARIES[library]!r}))"
    done = subprocess.run(
        [sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


@dataclass(frozen=True)
class Ran:
    """What a script did, in a process of its own."""

    printed: str
    error: str
    seconds: float
    cpu_seconds: float


def in_a_process(script: str, environment: dict[str, str], folder: Path) -> Ran:
    """Run a script afresh in *folder*."""
    file = folder / "script.py"
    file.write_text(script, encoding="utf-8")
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(
            [sys.executable, file],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Ran("", f"no end in {LONGEST_SECONDS} s", time.perf_counter() - began, 0.0)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    error = error_of(done.stderr) if done.returncode else ""
    return Ran(done.stdout.strip(), error, seconds, cpu_seconds)


def error_of(stderr: str) -> str:
    """Give the first line of the error a traceback ends with, without the module of its class."""
    after = stderr.rpartition("\n  File ")[2].splitlines()
    line = next((line for line in after[1:] if line and not line.startswith(" ")), stderr.strip()[-200:])
    kind, colon, message = line.partition(":")
    return kind.rpartition(".")[2] + colon + message


def do_task(title: str, script: str, environment: dict[str, str], provider: FaultyProvider) -> Ran:
    """Do one task in a folder of its own; end where it does not give what it must."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inbox").mkdir()
        for file, text in INBOX.items():
            (folder / "inbox" / file).write_text(text, encoding="utf-8")
        provider.begin(latency_seconds=LATENCY_SECONDS if title == BATCH else 0.0)
        ran = in_a_process(script, environment, folder)
        if ran.printed != MUST_PRINT[title]:
            raise SystemExit(f"{title}: {ran}")
        if title == DURABLE:
            provider.begin()
            again = in_a_process(script, environment, folder)
            if again.printed != AGAIN or provider.asked:
                raise SystemExit(f"{title}, again: {again}, asked {provider.asked} times")
    return ran


@dataclass(frozen=True)
class Outcome:
    """What a library made of a fault."""

    verdict: str
    """``right``, ``WRONG`` with the value it took, or ``error``."""
    told: str
    calls: int
    seconds: float

    def __str__(self) -> str:
        calls = f"{self.calls} call{'s' * (self.calls != 1)}"
        return f"{self.verdict}, {calls}, {self.seconds:.1f} s{': ' * bool(self.told)}{self.told}"


def outcome(script: str, environment: dict[str, str], provider: FaultyProvider, fault: Fault) -> Outcome:
    """Ask the question of the first task while the provider goes wrong."""
    provider.begin(fault)
    with tempfile.TemporaryDirectory() as folder:
        ran = in_a_process(script, environment, Path(folder))
    if not ran.printed:
        return Outcome("error", ran.error, provider.asked, ran.seconds)
    right = ran.printed == MUST_PRINT["a typed question"]
    return Outcome("right" if right else "WRONG", "" if right else ran.printed, provider.asked, ran.seconds)


def measure(rounds: int, peers: Path | None, libraries: list[str]) -> dict[str, dict[str, object]]:
    """Run everything for each library that is there, the rounds interleaved."""
    found: dict[str, dict[str, object]] = {}
    with faulty_provider() as provider:
        around = {name: surroundings(name, provider.url, peers) for name in libraries}
        versions = {name: version(name, around[name]) for name in libraries}
        runs: dict[tuple[str, str], list[Ran]] = {}
        for _ in range(rounds):
            for title in MUST_PRINT:
                for name in (n for n in libraries if versions[n]):
                    ran = do_task(title, scripts(name)[title], around[name], provider)
                    runs.setdefault((name, title), []).append(ran)
        for name in libraries:
            found[name] = {"version": versions[name]}
            if versions[name] is None:
                continue
            parts = scripts(name)
            found[name]["tasks"] = {
                title: {
                    **asdict(Code.of(parts[title])),
                    "seconds": statistics.median(ran.seconds for ran in runs[name, title]),
                    "cpu_seconds": statistics.median(ran.cpu_seconds for ran in runs[name, title]),
                }
                for title in MUST_PRINT
            }
            ask = partial(outcome, parts["fault"], around[name], provider)
            without = ask(NONE).seconds
            found[name]["faults"] = {key: ask(fault) for key, fault in FAULTS.items()}
            found[name]["without"] = without
    return found


def show(found: dict[str, dict[str, object]]) -> None:
    """Print the two tables."""
    there = {name: each for name, each in found.items() if each["version"]}
    for title in MUST_PRINT:
        print(f"\n{title}")
        for name, each in there.items():
            task = each["tasks"][title]
            print(
                f"  {name:12} {each['version']:8} {task['lines']:3} lines, {len(task['names']):2} names, "
                f"{task['imports']} imports, {task['seconds']:5.2f} s, "
                f"{task['cpu_seconds']:5.2f} s CPU"
            )
    print("\nall six")
    for name, each in there.items():
        tasks = each["tasks"].values()
        names = {word for task in tasks for word in task["names"]}
        print(
            f"  {name:12} {each['version']:8} {sum(t['lines'] for t in tasks):3} lines, "
            f"{len(names):2} names, "
            f"{sum(t['imports'] for t in tasks)} imports, {sum(t['seconds'] for t in tasks):5.2f} s, "
            f"{sum(t['cpu_seconds'] for t in tasks):5.2f} s CPU"
        )
    for key, fault in FAULTS.items():
        print(f"\n{fault.what}")
        for name, each in there.items():
            print(f"  {name:12} {str(each['faults'][key])[:150]}")
    print("\ntwelve faults")
    for name, each in there.items():
        verdicts = [told.verdict for told in each["faults"].values()]
        counts = ", ".join(f"{verdicts.count(word)} {word}" for word in ("right", "error", "WRONG"))
        calls = sum(told.calls for told in each["faults"].values())
        print(f"  {name:12} {counts}; {calls} calls; without a fault {each['without']:.1f} s")
    for name in found.keys() - there.keys():
        print(f"{name}: not installed, not measured")


if __name__ == "__main__":
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--peers", type=Path)
    reader.add_argument("--json", type=Path)
    reader.add_argument("--quick", action="store_true")
    chosen = reader.parse_args()
    measured = measure(
        1 if chosen.quick else chosen.rounds, chosen.peers, ["smeflow"] if chosen.quick else list(LIBRARIES)
    )
    show(measured)
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, default=asdict, indent=1), encoding="utf-8")
