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
