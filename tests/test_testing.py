"""What users test their recipes and steps with."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from smeflow import LLM, Case, Recipe, step
from smeflow.extract.result import Extraction
from smeflow.files.folder import Folder
from smeflow.i18n import say
from smeflow.kinds.records import Check
from smeflow.kinds.steps import FieldReading, RivalReading
from smeflow.records import Invoice
from smeflow.testing import Recorded, Scripted, case_from, differences, proven, run_recipe

pytest_plugins = ["pytester"]
RECIPE = """recipe: supplier-mail
llm: mistral/mistral-small-latest
source: {folder: inbox}
steps:
  - extract: invoice
    into: Invoice
    review: not invoice.proven
sinks:
  - {table: out.csv, rows: invoice.record}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "smeflow.toml").write_text('audit_heads = "heads.txt"\n', encoding="utf-8")
    return tmp_path / "recipe.yaml"


@pytest.fixture
def invoice_xml(root: Path) -> Path:
    return root / "recipes" / "supplier-mail" / "inbox" / "bluem-20150483.xml"


def test_a_recipe_is_run_on_documents_and_nothing_is_left_behind(recipe, invoice_xml):
    """No ledger, no output and no model: whatever the recipe names."""
    outcome = run_recipe(recipe, [invoice_xml])
    item = outcome[invoice_xml.name]
    assert (outcome.summary.items, item.state) == (1, "review")  # its account was never seen
    proven(item.results["invoice"], currency="EUR")
    assert sorted(path.name for path in recipe.parent.iterdir()) == ["recipe.yaml", "smeflow.toml"]
    with pytest.raises(LookupError, match=f"there are: {invoice_xml.name}"):
        outcome["gone.xml"]


@step
def length(case: Case, llm: LLM) -> int:
    """Count the letters."""
    return len(case.text)


def test_documents_may_be_texts_bytes_files_and_folders(tmp_path):
    """Whatever a test has at hand."""
    (tmp_path / "a.txt").write_text("one", encoding="utf-8")
    plan = Recipe(name="r", source=Folder(folder="nowhere"), steps=[length])
    given = {"b.txt": "three", "c.txt": b"12", "d.txt": tmp_path / "a.txt"}
    assert [item[length] for item in run_recipe(plan, given).items] == [5, 2, 3]
    assert run_recipe(plan, tmp_path)["a.txt"][length] == 3
    assert case_from(tmp_path / "a.txt").text == "one"


def test_differences_are_told_field_by_field():
    """By value, not by how it is written; a field that is not there is told too."""

    class Ticket(BaseModel):
        machine: str
        price: Decimal
        lines: tuple[int, ...] = ()

    ticket = Ticket(machine="Presse", price=Decimal("2.50"))
    assert differences({"machine": "presse", "price": "2.5"}, ticket) == ()
    assert [str(each) for each in differences({"price": 3, "prize": 1, "lines": [1]}, ticket)] == [
        "price: expected 3, found 2.50",
        "lines: expected [1], found –",
        "prize: expected 1, found – (it has: machine, price, lines)",
    ]


def test_what_is_not_proven_fails_with_what_is_known_of_it():
    """The quote, the rivals and the failed checks stand in the message."""
    reading = FieldReading(
        value="12.00",
        quote="Total 12,00",
        rivals=(RivalReading(value="10.00", why=say("no label of its own")),),
    )
    result = Extraction[Invoice](
        record=Invoice(number="F-1", total_gross=Decimal(12)),
        fields={"total_gross": reading},
        proven=False,
        checks=(Check(name="sums", passed=False, detail=say("10.00 + 2.40 is not 12.00")),),
    )
    with pytest.raises(AssertionError) as caught:
        proven(result, number="F-2", total_gross="12.4")
    message = str(caught.value)
    assert "number: expected F-2, found F-1" in message
    assert 'total_gross: expected 12.4, found 12 ("Total 12,00", 10.00: no label of its own)' in message
    assert "it is not proven" in message
    assert "sums: 10.00 + 2.40 is not 12.00" in message
    with pytest.raises(TypeError, match="Extract step"):
        proven("text")


GUARDED = """
import socket
from contextlib import suppress
from smeflow.testing import no_network

with no_network():
    socket.getaddrinfo("127.0.0.1", 80)
    socket.getaddrinfo("localhost", 80)
try:
    with no_network(), suppress(PermissionError):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("203.0.113.7", 80))
except PermissionError as error:
    print(error)
with suppress(OSError):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 80))
    print("open again")
"""


@pytest.mark.slow
def test_a_guarded_block_may_not_leave_the_machine(root):
    """Loopback stays open; an attempt that is swallowed fails at the end of the block."""
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        [sys.executable, "-c", GUARDED], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines() == [
        "a test may not leave this machine: socket.connect 203.0.113.7",
        "open again",
    ]


PLUGIN_TEST = """
import socket
import pytest
from smeflow.llm.interface import Message, Request

def test_it(recorded, monkeypatch):
    from smeflow.testing import Scripted
    monkeypatch.setattr("smeflow.llm.connect.connect", lambda name: Scripted([f"said by {name}"]))
    llm = recorded("any/model")
    request = Request(messages=(Message("user", "Hello from ada@firm.example"),))
    assert llm.complete(request).text == "said by any/model"

def test_closed(no_network):
    socket.create_connection(("203.0.113.7", 80))
"""


@pytest.mark.slow
def test_the_plugin_records_once_and_replays(pytester, monkeypatch, root):
    """Without a recording nobody is asked; with one nobody needs to be."""
    monkeypatch.setenv("PYTHONPATH", str(root / "src"))
    pytester.makepyfile(test_mine=PLUGIN_TEST)
    plugin = ("-p", "smeflow.pytest_plugin", "-p", "no:cacheprovider")
    sealed = pytester.runpytest_subprocess(*plugin, "-k", "test_it")
    sealed.assert_outcomes(failed=1)
    sealed.stdout.fnmatch_lines(["*not in the recording*"])
    pytester.runpytest_subprocess(*plugin, "-k", "test_it", "--smeflow-record").assert_outcomes(passed=1)
    (file,) = (pytester.path / "recordings").iterdir()
    assert file.name == "test_mine-test_it.jsonl"
    assert "ada@firm" not in file.read_text("utf-8")
    pytester.runpytest_subprocess(*plugin, "-k", "test_it").assert_outcomes(passed=1)
    closed = pytester.runpytest_subprocess(*plugin, "-k", "test_closed")
    assert closed.parseoutcomes().keys() & {"failed", "errors"}
    closed.stdout.fnmatch_lines(["*leave this machine*"])


def test_the_door_gives_the_models():
    """They are imported when they are used."""
    assert Scripted(["a"]).place.provider == "scripted"
    assert Recorded(None, Path("none.jsonl")).sealed is False
