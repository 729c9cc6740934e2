"""Is every hostile file read, or refused with its reason, in 5 s and 300 MB: `python benchmarks/hostile.py`.

The files are those of `tests/support/hostile.py` and `hostile_classes.py`. Each is read in a process of its
own whose children count too; the process must end well, must not have tried to reach a network, and what a
file hides must not be in the text. The processor's time is judged, since other work is no fault of
the file; the clock's is told beside it. Names of crafts (``hidden recipes``) or files measure these alone.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.hostile import CORPUS, Hostile  # noqa: E402
from support.hostile_classes import CLASSES  # noqa: E402

BLOCK = ROOT / "tests" / "network_block"
SECONDS, MEGABYTES = 5.0, 300
CHILD = """
import json, resource, sys
from pathlib import Path
from smeflow.documents.pool import shared_pool
from smeflow.documents.read import read
from smeflow.errors import SmeflowError
path = Path(sys.argv[1])
told, text = [], ""
try:
    if sys.argv[2] in ("tables", "sheets"):
        from smeflow.tables.rows import read_table
        read_table(path)
    elif sys.argv[2] == "recipes":
        from smeflow.recipe.load import load
        load(path)
    else:
        documents = list(read(path).walk())
        told = [str(p) for each in documents for p in each.problems]
        text = chr(10).join(each.text for each in documents)
    end = "read"
except SmeflowError as error:
    end, told = "refused", [str(error)]
shared_pool().close()
hides, shows, tells = sys.argv[3:6]
faults = [word for word, bad in (("shows what it hides", hides and hides in text),
          ("does not show what is seen", shows and end == "read" and shows not in text),
          ("does not say why", tells and not any(tells in each for each in told))) if bad]
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({"end": end, "told": told[:3], "faults": faults,
                  "seconds": sum(u.ru_utime + u.ru_stime for u in used),
                  "megabytes": max(u.ru_maxrss for u in used) // 1024}))
"""


def measured(path: Path, hostile: Hostile) -> dict[str, object]:
    """Read one file in a process of its own, which is kept from the network."""
    began = time.monotonic()
    attempts = path.with_name("attempts")
    attempts.unlink(missing_ok=True)
    places = os.pathsep.join(filter(None, (str(BLOCK), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, path, path.parent.name, hostile.hides, hostile.shows, hostile.tells],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": places, "SMEFLOW_TEST_NETWORK_ATTEMPTS": str(attempts)},
    )
    if done.returncode:
        return {
            "end": f"BROKE DOWN ({done.returncode})",
            "told": [done.stderr[-300:]],
            "faults": [],
            "seconds": 0,
            "megabytes": 0,
        }
    result = {**json.loads(done.stdout), "clock": time.monotonic() - began}
    if attempts.exists():
        result["faults"].append(f"tried to reach: {attempts.read_text()}")
    return result


def is_well(hostile: Hostile, result: dict[str, object]) -> bool:
    """Judge what became of a file."""
    fates = ("read", "refused") if hostile.fate == "either" else (hostile.fate,)
    return (
        result["end"] in fates
        and not result["faults"]
        and float(str(result["seconds"])) <= SECONDS
        and int(str(result["megabytes"])) <= MEGABYTES
        and (result["end"] == "read" or bool(result["told"]))
    )


def make(folder: Path, wanted: list[str]) -> None:
    """Write the files, and what is to become of each."""
    fates = {}
    crafts = {craft.__name__ for craft in (*CORPUS, *CLASSES)}
    for craft in (*CORPUS, *CLASSES):
        (folder / craft.__name__).mkdir()
        listed = craft() if craft.__name__ in wanted or crafts.isdisjoint(wanted) else ()
        for each in listed:
            if not wanted or not {each.name, craft.__name__}.isdisjoint(wanted):
                (folder / craft.__name__ / each.name).write_bytes(each.data)
                fates[f"{craft.__name__}/{each.name}"] = {**asdict(each), "data": ""}
    (folder / "fates.json").write_text(json.dumps(fates))


def main() -> int:
    """Measure and print."""
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), sys.argv[3:])
        return 0
    good, every, began = Counter[str](), Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # in a process of its own: a child is charged with the memory of its parent
        subprocess.run([sys.executable, __file__, "--make", name, *sys.argv[1:]], check=True)
        fates = json.loads((folder / "fates.json").read_text())
        for place, fate in fates.items():
            hostile = Hostile(**fate)
            result = measured(folder / place, hostile)
            well, craft = is_well(hostile, result), place.partition("/")[0]
            every[craft] += 1
            good[craft] += well
            figures = f"{result['seconds']:.1f} s, {result['megabytes']} MB"
            clock = f"{result.get('clock', 0):.1f} s by the clock"
            told = " ".join([*result["faults"], *result["told"]])[:150]
            mark = "ok " if well else "BAD"
            print(f"{mark} {place}: {result['end']} ({hostile.fate}), {figures}, {clock}; {told}", flush=True)
    print(", ".join(f"{craft} {good[craft]} of {count}" for craft, count in every.items()))
    bounds = f"{SECONDS:.0f} s and {MEGABYTES} MB; {time.monotonic() - began:.0f} s in all"
    print(f"{good.total()} of {every.total()} as they should be, in {bounds}")
    return 0 if good == every else 1


if __name__ == "__main__":
    sys.exit(main())
