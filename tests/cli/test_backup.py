"""``smeflow backup`` and ``smeflow restore``: what a firm does once a day, and once in ten years."""

import json
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
RECIPE = """\
recipe: purchases
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice, review: invoice.record.total_gross > 9999}]
sinks: [{table: out/purchases.csv, rows: invoice.record}]
"""
EXPORT = ("books", "export", "--period", "2018-06", "--json")


@pytest.fixture
def firm(smeflow, tmp_path, inbox):
    """Make a firm whose ledger holds one invoice that needs nobody."""
    (tmp_path / "inbox").mkdir()
    shutil.copy(inbox / "lieferant-471113.xml", tmp_path / "inbox")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "suppliers.csv").write_text(
        "name,aux_account,expense_account,iban\nLieferant GmbH,F0LIEF,606300,DE02120300000000202051\n",
        encoding="utf-8",
    )
    (tmp_path / "smeflow.toml").write_text(
        'audit_heads = "heads.jsonl"\n[tables]\nsuppliers = "suppliers.csv"\n', encoding="utf-8"
    )
    smeflow("run")
    return tmp_path


def live_on(smeflow, firm, inbox):
    """Let a day pass: two more invoices, two decisions, a batch of the books."""
    for name in ("bei-spiel-RE-20171118-506.xml", "my-supplier-018304.xml"):
        shutil.copy(inbox / name, firm / "inbox")
    smeflow("run")
    smeflow("review", "reject", "bei-spiel-RE-20171118-506.xml", "--reason", "paid by card")
    smeflow("review", "approve", "my-supplier-018304.xml", "--note", "seen on paper")
    smeflow("run")
    assert json.loads(smeflow(*EXPORT).out)["entries"] == 1


def next_one(firm, number="471114", day="20180620"):
    """Let another invoice of the same supplier arrive."""
    text = (firm / "inbox" / "lieferant-471113.xml").read_text(encoding="utf-8")
    text = text.replace(">471113</ram:ID>", f">{number}</ram:ID>").replace(">20180613<", f">{day}<")
    (firm / "inbox" / f"{number}.xml").write_text(text, encoding="utf-8")


def test_what_left_is_not_booked_again_however_often_a_backup_is_put_back(smeflow, firm):
    """Neither is a file's name used twice, although every file was moved away."""
    file = json.loads(smeflow("backup", "--to", "kept", "--json").out)["file"]
    names = []
    for number in ("471114", "471115"):
        next_one(firm, number, f"201806{number[-2:]}")
        smeflow("run")
        names.append(json.loads(smeflow(*EXPORT).out)["file"])
        shutil.rmtree(firm / "books")
        assert smeflow("restore", file, "--accept-loss").code == 0
    smeflow("run")
    made = json.loads(smeflow(*EXPORT).out)
    assert (made["entries"], len(made["booked_already"])) == (0, 3)
    next_one(firm, "471116", "20180616")
    smeflow("run")
    made = json.loads(smeflow(*EXPORT).out)
    assert (made["entries"], made["batch"]["first"]) == (1, 4)
    assert made["file"] not in names
    assert smeflow("audit", "verify").code == 0


def test_a_restore_tells_what_must_be_done_again_and_the_numbers_go_on(smeflow, firm, inbox, root):
    """Items, decisions and batches since the backup are told in French too; outputs come right again."""
    file = json.loads(smeflow("backup", "--to", "kept", "--json").out)["file"]
    live_on(smeflow, firm, inbox)
    refused = smeflow("restore", file)
    assert refused.code == 1
    assert "2 decisions, 1 batches of the books" in refused.err.replace("\n", " ")
    told = smeflow("--lang", "fr", "restore", file, "--accept-loss")
    words = told.out.replace("\n", " ")
    assert told.code == 0
    assert "2 décisions humaines sont à reprendre" in words
    assert "HA 2018-06 1–1" in words
    assert "HA-2018-06-0001.txt" in words
    assert "heads.jsonl connaît" in words
    assert smeflow("run").code == 0
    assert [f.name for f in (firm / "out").iterdir()] == ["purchases.csv"]
    shutil.rmtree(firm / "books")  # moved away: the ledger itself remembers that number 1 was used
    again = json.loads(smeflow(*EXPORT).out)
    assert (again["entries"], [each["item"] for each in again["booked_already"]]) == (
        0,
        ["lieferant-471113.xml"],
    )
    next_one(firm)
    smeflow("run")
    again = json.loads(smeflow(*EXPORT).out)
    assert (again["entries"], again["batch"]["first"]) == (1, 2)
    assert again["file"].endswith("HA-2018-06-0002.txt")
    assert smeflow("audit", "verify").code == 0
    (firm / "chain.jsonl").write_text(smeflow("audit", "export").out)
    alone = [sys.executable, str(root / "scripts" / "verify_audit.py"), "chain.jsonl", "heads.jsonl"]
    assert subprocess.run(alone, check=False, capture_output=True).returncode == 0


def test_without_the_other_ledger_the_files_tell(smeflow, firm, inbox):
    """The disk is gone: heads that runs kept and the folder of books say that there was more."""
    file = json.loads(smeflow("backup", "--to", "kept/monday.tar", "--json").out)["file"]
    live_on(smeflow, firm, inbox)
    shutil.rmtree(firm / ".smeflow")
    told = json.loads(smeflow("restore", file, "--json").out)
    elsewhere = " ".join(told["told_elsewhere"])
    assert (told["aside"], told["again"]["items"]) == (None, [])
    assert "since the backup the chain came to entry" in elsewhere
    assert "HA-2018-06-0001.txt" in elsewhere
    assert "purchases.csv was written since the backup" in elsewhere
    smeflow("run")
    assert json.loads(smeflow(*EXPORT).out)["entries"] == 0
    assert smeflow("audit", "verify").code == 0


def test_the_head_is_kept_beside_the_backup(smeflow, firm):
    """It verifies the ledger it was made of, and the screen says where the file lies."""
    told = smeflow("backup", "--to", "kept/monday.tar")
    assert told.code == 0
    assert "kept/monday.tar" in told.out
    assert "read again and verified" in told.out
    assert smeflow("audit", "verify", "--heads", "kept/monday.tar.head").code == 0
    assert smeflow("restore", "kept/monday.tar").out.count("nothing that the backup does not") == 1
    assert smeflow("backup", "--state", "nowhere").code == 1
    assert smeflow("restore", "nothing.tar").code == 2
