"""Kinds of a user's own package: found, checked against their contract, described, and run."""

import re
import tomllib
from pathlib import Path

import pytest

from smeflow.errors import RecipeError
from smeflow.kinds.lookup import entry_points_of
from smeflow.recipe.load import load
from smeflow.recipe.schema import recipe_schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending.md"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a module with entry points, as a package would."""

    def install(name, code, groups):
        site = tmp_path / f"site-{name}"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"[{g}]\n" + "\n".join(f"{k} = {v}" for k, v in each.items()) for g, each in groups.items()]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        (site / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.syspath_prepend(str(site))
        entry_points_of.cache_clear()

    yield install
    entry_points_of.cache_clear()


def _block(kind, heading="## In a package of yours"):
    text = PAGE.read_text("utf-8").partition(f"{heading}\n")[2]
    return re.search(rf"^```{kind}[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.slow
def test_the_file_beside_the_recipe_runs(tmp_path, monkeypatch):
    """Its steps, the line of smeflow.toml and its recipe, as they stand."""
    from smeflow.cli.app import main

    heading = "## A step in a file beside the recipe"
    names = {"steps.py": "python", "smeflow.toml": "toml", "recipe.yaml": "yaml"}
    for name, kind in names.items():
        (tmp_path / name).write_text(_block(kind, heading), encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.txt").write_text("The lathe is broken", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "recipe.yaml"]) == 0
    assert main(["run", "recipe.yaml"]) == 0
    assert main(["review", "correct", "a", "--set", "t.machine=saw", "--set", "price=3", "--by", "A"]) == 0
    assert main(["run", "recipe.yaml"]) == 0
    assert (tmp_path / "tickets.csv").read_text("utf-8").splitlines()[1:] == ["saw,3"]


@pytest.mark.slow
def test_the_example_of_the_page_runs(installed, tmp_path, monkeypatch, capsys):
    """Its module, its entry points and its recipe, as they stand."""
    from smeflow.cli.app import main

    installed("firm_kinds", _block("python"), tomllib.loads(_block("toml"))["project"]["entry-points"])
    (tmp_path / "recipe.yaml").write_text(_block("yaml"), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("Ticket number: 7\n\nUrgent: the press stands.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "recipe.yaml"]) == 0
    assert main(["run", "recipe.yaml"]) == 0
    assert (tmp_path / "tally.txt").read_text("utf-8") == "note 1\nnote 2\n"
    assert "is_urgent" in (main(["show", "2"]), capsys.readouterr().out)[1]


BAD = """
class Nameless:
    def __init__(self, inbox2): ...
    complete = True
    def cases(self): return iter(())
class Putless:
    def __init__(self, hole): ...
    name = "hole"
class Angry:
    def __init__(self, angry): raise RuntimeError("not today")
def bare(case, llm): return 1
"""
GROUPS = {
    "smeflow.sources": {"inbox2": "bad_kinds:Nameless"},
    "smeflow.sinks": {"hole": "bad_kinds:Putless", "angry": "bad_kinds:Angry", "gone": "bad_kinds:Gone"},
    "smeflow.steps": {"bare": "bad_kinds:bare"},
}


def test_what_does_not_keep_its_contract_is_told_by_check(installed, tmp_path):
    """Before a run: a source without a name, a sink without put, a function that is no step."""
    installed("bad_kinds", BAD, GROUPS)
    (tmp_path / "recipe.yaml").write_text(
        "recipe: r\nsource: {inbox2: x}\nsteps:\n  - bare: a\nsinks:\n  - {hole: x}\n  - {angry: x}\n"
    )
    with pytest.raises(RecipeError) as caught:
        load(tmp_path / "recipe.yaml", environ={})
    told = [f"{p.line}: {p.phrase}" for p in caught.value.problems]
    assert told == [
        "2: inbox2 lacks name: it is no source",
        "4: bare is no step: put @step in front of the function",
        "6: hole lacks put: it is no sink",
        "7: not today",
    ]


def test_a_broken_kind_is_left_out_of_the_schema(installed):
    """The others are described, and what was left out is told."""
    installed("bad_kinds", BAD, GROUPS)
    left_out = []
    schema = recipe_schema(left_out)
    words = {next(iter(each["properties"])) for each in schema["properties"]["sinks"]["items"]["anyOf"]}
    assert {"table", "hole"} <= words
    assert "gone" not in words
    assert ["gone (bad_kinds:Gone) cannot be loaded" in str(each) for each in left_out] == [True]
