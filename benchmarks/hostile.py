"""Is every hostile file read, or refused with its reason, in 5 s and 300 MB: `python benchmarks/hostile.py`.

The files are those of `tests/support/hostile.py`. Each is read in a process of its own whose children count
too; the process must end well. The processor's time is judged, since other work on the machine is no fault of
the file; the clock's is told beside it.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.hostile import CORPUS, Hostile  # noqa: E402

SECONDS, MEGABYTES = 5.0, 300
CHILD = """
import json, resource, sys
from pathlib import Path
from smeflow.documents.pool import shared_pool
from smeflow.documents.read import read
from smeflow.errors import SmeflowError
path = Path(sys.argv[1])
told = []
try:
    if sys.argv[2] == "tables":
        from smeflow.tables.rows import read_table
        read_table(path)
    else:
        told = [str(p) for each in read(path).walk() for p in each.problems]
    end = "read"
except SmeflowError as error:
    end, told = "refused", [str(error)]
shared_pool().close()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({"end": end, "told": told[:3], "seconds": sum(u.ru_utime + u.ru_stime for u in used),
                  "megabytes": max(u.ru_maxrss for u in used) // 1024}))
"""


def measured(path: Path, craft: str) -> dict[str, object]:
    """Read one file in a process of its own."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), craft],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        return {
            "end": f"BROKE DOWN ({done.returncode})",
            "told": [done.stderr[-300:]],
            "seconds": 0,
            "megabytes": 0,
        }
    return {**json.loads(done.stdout), "clock": time.monotonic() - began}


def is_well(hostile: Hostile, result: dict[str, object]) -> bool:
    """Judge what became of a file."""
    fates = ("read", "refused") if hostile.fate == "either" else (hostile.fate,)
    return (
        result["end"] in fates
        and float(str(result["seconds"])) <= SECONDS
        and int(str(result["megabytes"])) <= MEGABYTES
        and (result["end"] == "read" or bool(result["told"]))
    )


def make(folder: Path, wanted: list[str]) -> None:
    """Write the files, and what is to become of each."""
    fates = {}
    for craft in CORPUS:
        (folder / craft.__name__).mkdir()
        for each in craft():
            if not wanted or each.name in wanted:
                (folder / craft.__name__ / each.name).write_bytes(each.data)
                fates[f"{craft.__name__}/{each.name}"] = each.fate
    (folder / "fates.json").write_text(json.dumps(fates))


def main() -> int:
    """Measure and print."""
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), sys.argv[3:])
        return 0
    good, fates, began = 0, {}, time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # in a process of its own: a child is charged with the memory of its parent
        subprocess.run([sys.executable, __file__, "--make", name, *sys.argv[1:]], check=True)
        fates = json.loads((folder / "fates.json").read_text())
        for place, fate in fates.items():
            result = measured(folder / place, place.partition("/")[0])
            well = is_well(Hostile(place, b"", fate), result)
            good += well
            figures = f"{result['seconds']:.1f} s, {result['megabytes']} MB"
            clock = f"{result.get('clock', 0):.1f} s by the clock"
            told = " ".join(result["told"])[:110]
            mark = "ok " if well else "BAD"
            print(f"{mark} {place}: {result['end']} ({fate}), {figures}, {clock}; {told}", flush=True)
    bounds = f"{SECONDS:.0f} s and {MEGABYTES} MB; {time.monotonic() - began:.0f} s in all"
    print(f"{good} of {len(fates)} as they should be, in {bounds}")
    return 0 if good == len(fates) else 1


if __name__ == "__main__":
    sys.exit(main())
