"""A step of a file beside the recipe, from the command line."""

import json
from pathlib import Path

import pytest

STEPS = '''
from decimal import Decimal
from pydantic import BaseModel
from smeflow import LLM, Case, step


class Ticket(BaseModel):
    machine: str
    price: Decimal | None = None


@step
def ticket(case: Case, llm: LLM, *, factor: int = 1) -> Ticket:
    """Read a ticket."""
    words = case.text.split()
    return Ticket(machine=words[0], price=Decimal(words[1]) * factor)
'''
RECIPE = """recipe: tickets
llm: none
source: {folder: inbox}
steps:
  - ticket: t
    factor: 2
    review: t.price > 5
sinks:
  - {table: out.csv, rows: t}
"""


def test_from_the_command_line(smeflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Shown, corrected by field, in the table, measured against what people decided and against a file."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "smeflow.toml": 'steps = ["steps.py"]',
        "steps.py": STEPS,
        "recipe.yaml": RECIPE,
    }.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("inbox").mkdir()
    for name, text in {"a": "press 1", "b": "lathe 4"}.items():
        Path(f"inbox/{name}.txt").write_text(text, encoding="utf-8")
    assert smeflow("run", ".").code == 0
    shown = smeflow("show", "b")
    assert "lathe" in shown.out
    assert "8" in shown.out
    refused = smeflow("review", "correct", "b", "--set", "prize=3", "--by", "Ada")
    assert refused.code == 2
    assert "Choose from: machine, price" in refused.err
    assert smeflow("review", "correct", "b", "--set", "t.price=3,50", "--by", "Ada").code == 0
    assert smeflow("run", ".").code == 0
    assert Path("out.csv").read_text("utf-8").splitlines()[1:] == ["press,2", "lathe,3.50"]
    told = json.loads(smeflow("evaluate", ".", "--json").out)
    assert told["step"] == "t"
    assert [(w["field"], w["expected"], w["found"]) for w in told["wrong"]] == [("price", "3.50", "8")]
    Path("truth.jsonl").write_text(
        '{"file": "a.txt", "machine": "press", "price": 2}\n{"file": "b.txt", "machine": "saw"}\n', "utf-8"
    )
    told = json.loads(smeflow("evaluate", ".", "--expected", "truth.jsonl", "--step", "t", "--json").out)
    assert told["fields_right"]["count"] == 2
    assert [(w["field"], w["expected"], w["found"]) for w in told["wrong"]] == [("machine", "saw", "lathe")]


def test_approved_items_are_what_a_changed_recipe_is_tested_against(smeflow, tmp_path, monkeypatch):
    """Written from the ledger; what changes is told field by field, and nothing of the firm's is touched."""
    monkeypatch.chdir(tmp_path)
    files = {"smeflow.toml": 'steps = ["steps.py"]', "steps.py": STEPS, "recipe.yaml": RECIPE}
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("inbox").mkdir()
    for name, text in {"a": "press 1", "b": "lathe 4", "c": "saw 5"}.items():
        Path(f"inbox/{name}.txt").write_text(text, encoding="utf-8")
    none = smeflow("test", ".")
    assert none.code == 2
    assert "smeflow test --write" in " ".join(none.err.split())
    smeflow("run", ".")
    smeflow("review", "approve", "b", "--by", "Ada")
    smeflow("review", "correct", "c", "--set", "price=3", "--by", "Ada")
    smeflow("run", ".")
    assert "1 approved items" in smeflow("test", ".", "--write").err
    (line,) = Path("expected.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["results"] == {"t": {"machine": "lathe", "price": "8"}}
    before = sorted(path for path in Path(".smeflow").rglob("*") if path.is_file())
    right = smeflow("test", ".")
    assert right.code == 0
    assert "1 of 1 documents" in right.out
    Path("recipe.yaml").write_text(RECIPE.replace("factor: 2", "factor: 3"), encoding="utf-8")
    wrong = smeflow("test", ".", "--json")
    assert wrong.code == 1
    ((difference,),) = [check["differences"] for check in json.loads(wrong.out)]
    assert (difference["name"], difference["expected"], difference["found"]) == ("t.price", "8", "12")
    assert sorted(path for path in Path(".smeflow").rglob("*") if path.is_file()) == before
    Path("expected.jsonl").write_text("{}\n", encoding="utf-8")
    assert smeflow("test", ".").code == 2


def test_an_editor_completes_the_keys_of_the_firms_own_steps(smeflow, tmp_path, monkeypatch):
    """The schema made in the firm's folder knows the function's keyword arguments, and what it is for."""
    monkeypatch.chdir(tmp_path)
    Path("smeflow.toml").write_text('steps = ["steps.py"]', encoding="utf-8")
    Path("steps.py").write_text(STEPS, encoding="utf-8")
    told = json.loads(smeflow("schema").out)
    (own,) = [kind for kind in told["properties"]["steps"]["items"]["anyOf"] if kind.get("title") == "ticket"]
    assert own["properties"]["ticket"]["description"] == "Read a ticket."
    assert own["properties"]["factor"]["type"] == "integer"
    assert "review" in own["properties"]
