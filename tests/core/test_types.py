"""What a type checker knows of results, without any plugin."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SNIPPET = """
from decimal import Decimal
from typing import Any, assert_type

from pydantic import BaseModel

from smeflow import LLM, Case, run, step
from smeflow.records import Invoice
from smeflow.steps import Draft, Drafted, Extract, Extraction, Label, Rule, Ruled, Triage


class Order(BaseModel):
    total: Decimal


kind = Triage(name="kind", labels={"invoice": "asks us to pay", "other": "the rest"})
invoice = Extract(name="invoice", into=Invoice)
named = Extract(name="named", into="Invoice")
order = Extract(name="order", into=Order)
fields = Extract(name="fields", fields={"number": "text", "category": ["a", "b"]})


@step
def counted(case: Case, llm: LLM) -> int:
    return len(case.text)


@step
def judged(case: Case, llm: LLM) -> Order:
    assert_type(case[counted], int)
    return Order(total=Decimal(case[counted]))


rule = Rule(name="rule", value="1 + 1")
draft = Draft(name="draft", template="hello")
done = run([kind, invoice, order, counted, judged], Case.of("hello"))
assert_type(done[kind], Label)
assert_type(done[invoice], Extraction[Invoice])
assert_type(done[named], Extraction[Any])
assert_type(done[invoice].record.total_gross, Decimal | None)
assert_type(done[order].record.total, Decimal)
assert_type(done[rule], Ruled)
assert_type(done[draft], Drafted)
assert_type(done[counted], int)
assert_type(done[judged].total, Decimal)
assert_type(done.get(judged), Order | None)
assert_type(done.get(kind), Label | None)
number: str = done[fields].record.number
"""


@pytest.mark.requires_module("mypy")
def test_a_result_has_its_steps_type(tmp_path):
    """The step is the typed key: mypy knows the record behind it."""
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.requires_module("mypy")
def test_the_examples_of_the_pages_pass_the_type_checker(tmp_path):
    """Whoever copies a block that runs gets no complaint, in either language."""
    fence = re.compile(r"^(<!-- no-run -->\n)?```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    pages = [ROOT / "README.md", ROOT / "README.fr.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for n, (left_out, code) in enumerate(fence.findall(page.read_text(encoding="utf-8"))):
            if not left_out:
                (tmp_path / f"{page.stem.replace('.', '_').replace('-', '_')}_{n}.py").write_text(
                    code, encoding="utf-8"
                )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    files = sorted(map(str, tmp_path.glob("*.py")))
    assert len(files) > 40
    done = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
