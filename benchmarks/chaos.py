"""Put `smeflow run` before a chaos kit: a server that fails on purpose and keeps its own account.

``python benchmarks/chaos.py --kit CHAOS.PY [--n 2000] [--seeds 20] [--out FILE] SCENARIO...`` runs the kit's
scenarios (``all`` of them, a name, or ``-NAME`` to leave one out) once for each seed and sums up. The kit is
one file, no part of this checkout: ``make chaos CHAOS_KIT=…`` says where it lies.

The kit starts a runner by its command line. ``python benchmarks/chaos.py INPUT OUTPUT REVIEW STATE BASE_URL
RECIPE [run options]`` is that: INPUT is a CSV of ``id,text``, RECIPE the kit's JSON (model, prompt, comment).
The YAML is written beside RECIPE, and this process becomes `smeflow`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

YAML = """\
recipe: chaos
# {comment}
llm: {model}@{url}
residency: any
source: {{table: {input}, key: id}}
steps:
  - extract: x
    fields: {{number: text, total: number, category: [invoice, order, complaint, other], supplier: text}}
    readers: [model]
    ask: always
    instructions: {prompt}
sinks:
  - table: {output}
    columns:
      {{id: fields.id, number: x.record.number, total: x.record.total, category: x.record.category,
       supplier: x.record.supplier}}
"""
HOOK = """\
  - webhook: {url}
    allow: [127.0.0.1]
    sign: false
    fields: {{id: fields.id, number: x.record.number}}
"""
RUNNER = {
    "run": [
        *(sys.executable, __file__),
        *("{input}", "{output}", "{review}", "{state}", "{base_url}", "{recipe}"),
    ],
    "db_glob": "{state}/*.db",
    "concurrency": 8,
    "codes": {"busy": [3], "damaged": [4], "halt": [5], "full": [28], "sigint": [130], "sigterm": [143]},
    "webhook_args": ["--webhook", "{sink}"],
    "redo_args": ["--redo", "changed", "--yes"],
}
"""How the kit starts smeflow, and what its exit codes mean."""
SUMMED = ("lost", "duplicated", "wrong", "foreign", "both", "extra_paid_beyond_faults", "kills")
NO_KIT = """\
There is no chaos kit at {kit}, so its scenarios were not run. Name the file that holds it:
  make chaos CHAOS_KIT=/path/to/chaos.py
benchmarks/crashes.py and benchmarks/histories.py need none."""


def become_run(arguments: list[str]) -> None:
    """Write the recipe and become the run."""
    source, output, review, state, url, recipe_json, *options = arguments
    recipe, folder = json.loads(Path(recipe_json).read_text()), Path(recipe_json).parent
    text = YAML.format(
        comment=recipe.get("comment", ""),
        model=recipe["model"],
        url=url,
        input=os.path.relpath(source, folder),
        output=os.path.relpath(output, folder),
        prompt=json.dumps(recipe["prompt"]),
    )
    if "--webhook" in options:
        at = options.index("--webhook")
        text += HOOK.format(url=options[at + 1])
        del options[at : at + 2]
    path = folder / "chaos.yaml"
    if not path.exists() or path.read_text() != text:
        (folder / "chaos.new").write_text(text)
        (folder / "chaos.new").replace(path)
    smeflow = str(Path(sys.executable).with_name("smeflow"))
    os.execv(smeflow, [smeflow, "run", str(path), "--state", state, "--json", "--waiting", review, *options])


def scenarios(kit: Path, chosen: list[str]) -> list[str]:
    """Give the names that are meant by *chosen*."""
    listed = subprocess.run([sys.executable, kit, "--list"], capture_output=True, text=True, check=True)
    every = [line.split()[0] for line in listed.stdout.splitlines()]
    left_out = {name[1:] for name in chosen if name.startswith("-")}
    names = [name for name in chosen if not name.startswith("-")]
    return [name for name in (every if names in ([], ["all"]) else names) if name not in left_out]


def startup_seconds(work: Path) -> float:
    """Measure how long a run takes that has one row and asks nothing: a kill before that kills nothing."""
    folder = work / "startup"
    folder.mkdir(exist_ok=True)
    (folder / "in.csv").write_text("id,text\n1,one\n")
    (folder / "one.yaml").write_text(
        "recipe: one\nllm: none\nsource: {table: in.csv, key: id}\n"
        "steps: [{extract: x, fields: {number: text}, readers: [layout]}]\n"
    )
    smeflow = str(Path(sys.executable).with_name("smeflow"))
    began = time.monotonic()
    subprocess.run([smeflow, "run", "one.yaml"], cwd=folder, capture_output=True, check=False)
    return time.monotonic() - began


def run_scenario(kit: Path, name: str, *, seed: int, n: int, work: Path) -> dict[str, object]:
    """Run one scenario once; give the kit's figures."""
    adapter = {**RUNNER, "startup_s": round(startup_seconds(work), 2)}
    (work / "adapter.json").write_text(json.dumps(adapter))
    found = work / "found.json"
    found.unlink(missing_ok=True)
    command = [sys.executable, kit, name, "--n", str(n), "--adapter", work / "adapter.json", "--json", found]
    done = subprocess.run(
        [*command, "--work", work / "kit"],
        env={**os.environ, "CHAOS_SEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    if not found.exists():
        return {"fail": [done.stderr.strip()[-400:]]}
    figures: dict[str, object] = json.loads(found.read_text())[name]
    return figures


def run_kit(kit: Path, names: list[str], *, seeds: range, n: int, out: Path | None) -> int:
    """Run each scenario with each seed; print a line for each, and what they come to."""
    outcomes: dict[str, list[dict[str, object]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="smeflow-chaos-") as folder:
        for seed in seeds:
            for name in names:
                figures = run_scenario(kit, name, seed=seed, n=n, work=Path(folder))
                outcomes[name].append(figures)
                verdict = "skipped" if "skipped" in figures else "FAIL" if figures.get("fail") else "pass"
                print(f"{verdict:8}{name:18} seed {seed:3}  {figures.get('fail') or ''}", flush=True)
                if out is not None:
                    with out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"scenario": name, "seed": seed, "n": n, **figures}) + "\n")
    for name, each in outcomes.items():
        sums = {key: sum(int(str(figures.get(key) or 0)) for figures in each) for key in SUMMED}
        passed = sum(not figures.get("fail") and "skipped" not in figures for figures in each)
        counted = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in sums.items())
        print(f"{name:18} {passed} of {len(each)} pass; {counted}")
    return int(any(figures.get("fail") for each in outcomes.values() for figures in each))


def main() -> int:
    """Run the kit, or be the runner it starts."""
    if len(sys.argv) > 6 and not sys.argv[1].startswith("-"):
        become_run(sys.argv[1:])
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--kit", type=Path, default=Path("CHAOS.PY"))
    reader.add_argument("--n", type=int, default=2000)
    reader.add_argument("--seeds", type=int, default=1)
    reader.add_argument("--first-seed", type=int, default=1)
    reader.add_argument("--out", type=Path)
    asked, names = reader.parse_known_args()
    if not asked.kit.is_file():
        print(NO_KIT.format(kit=asked.kit))
        return 0
    kit = asked.kit.resolve()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    return run_kit(kit, scenarios(kit, names), seeds=seeds, n=asked.n, out=asked.out)


if __name__ == "__main__":
    sys.exit(main())
