"""A command that is killed at any durable step is run again, and ends as if nothing had happened."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="kills a process as only Unix can"),
]
SCRIPT = Path(__file__).with_name("crash_commands.py")
RECIPE = """\
recipe: purchases
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice, review: invoice.record.total_gross > 9999}]
sinks: [{table: out/purchases.csv, rows: invoice.record}]
"""


@pytest.fixture
def firm(smeflow, tmp_path, inbox):
    """Make a firm with one finished invoice and one that waits."""
    folder = tmp_path / "firm"
    (folder / "inbox").mkdir(parents=True)
    for name in ("lieferant-471113.xml", "bei-spiel-RE-20171118-506.xml"):
        shutil.copy(inbox / name, folder / "inbox")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "suppliers.csv").write_text(
        "name,aux_account,expense_account,iban\nLieferant GmbH,F0LIEF,606300,DE02120300000000202051\n",
        encoding="utf-8",
    )
    (folder / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n', encoding="utf-8")
    os.chdir(folder)
    smeflow("run")
    return folder


def crashes(firm, *command):
    """Kill *command* everywhere; give what came of each, the last one not killed."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(firm), *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["killed"] for line in lines[:-1]} == {-9}
    assert [line["at"] for line in lines if line["verified"] != 0] == []
    return lines


def test_an_export_leaves_one_batch_with_its_file(firm):
    """Never a number twice, never a batch without its file."""
    lines = crashes(firm, "books", "export", "--period", "2018-06")
    whole = lines[-1]
    assert next(iter(whole["files"])) == "books/HA-2018-06-0001.txt"
    assert len(lines) > 3
    for line in lines:
        assert line["again"] == 0, line
        assert (line["counts"]["batches"], line["counts"]["booked"]) == (1, 1), line
        assert line["files"] == whole["files"], line["at"]


@pytest.mark.parametrize(
    "decision",
    [
        ("approve", "--note", "seen on paper"),
        ("reject", "--reason", "paid by card"),
        ("correct", "--set", "order_reference=O-1", "--note", "seen on paper"),
    ],
    ids=lambda words: words[0],
)
def test_a_decision_is_made_once(firm, decision):
    """It stands or it does not; to make it again changes nothing that stands."""
    name = "bei-spiel-RE-20171118-506.xml"
    lines = crashes(firm, "review", decision[0], name, *decision[1:])
    assert len(lines) > 1
    assert lines[-1]["killed"] == 0
    for line in lines:
        assert line["states"] == lines[-1]["states"], line["at"]
        assert line["counts"]["items"] == 2
        assert line["counts"]["reviews"] <= 2


def test_a_run_after_a_decision_ends_with_the_same_rows(firm, smeflow):
    """Recovery is a run like any other: killed at each step, the next one ends it."""
    smeflow("review", "approve", "bei-spiel-RE-20171118-506.xml", "--note", "seen on paper")
    lines = crashes(firm, "run")
    for line in lines:
        assert line["again"] == 0, line
        assert line["files"] == lines[-1]["files"], line["at"]
        assert set(line["states"].values()) == {"done"}, line["at"]


def test_a_paper_that_is_moved_into_the_archive_is_always_somewhere(firm):
    """Killed at each step of the ledger, the same command ends it; nothing is left in two places."""
    lines = crashes(firm, "books", "archive", "--period", "2018-06", "--move")
    filed = ["inbox/bei-spiel-RE-20171118-506.xml", "archive/2018/06/Lieferant GmbH 471113.xml"]
    assert list(lines[-1]["papers"]) == filed
    assert len(lines) > 3
    assert [line["at"] for line in lines if line["again"] or line["papers"] != lines[-1]["papers"]] == []
