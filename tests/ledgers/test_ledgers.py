"""What a firm has from an older version goes on: nothing is asked, paid, changed or said that is new.

The archives were made by ``scripts/old_ledgers.py`` at the version its docstring names, those of schemas 1
and 2 by the last version of each; they are never renewed. No model server is there, and an
attempt to reach the provider fails the test.
"""

import io
import json
import lzma
import shutil
import sqlite3
import tarfile
import zipfile
from contextlib import closing
from difflib import unified_diff
from pathlib import Path

import pytest

HERE = Path(__file__).parent

RECIPES = (
    *("supplier-mail", "supplier-invoices-from-mail", "mail-triage", "mailbox-triage", "customer-requests"),
    *("monthly-sales", "receivables", "inbox-week"),
)
REPORTS = {"monthly-sales", "receivables", "inbox-week"}
MARKS = [
    pytest.mark.slow,
    pytest.mark.requires_module("duckdb"),
    pytest.mark.requires_module("typst"),
]
EACH = pytest.mark.parametrize(
    ("firm", "name"),
    [pytest.param(name, name, id=name, marks=MARKS if name in REPORTS else []) for name in RECIPES],
    indirect=["firm"],
)
PAID = (
    "SELECT count(*), sum(nanos), (SELECT count(*) FROM reviews), (SELECT count(*) FROM results) FROM calls"
)


def unpacked(files):
    """Take a workbook or a text document for what it holds: each build of zlib packs a little differently."""

    def parts(name, data):
        if not name.endswith((".xlsx", ".docx")):
            return data
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return {inner: packed.read(inner) for inner in packed.namelist()}

    return {name: parts(name, data) for name, data in files.items()}


@pytest.mark.slow
@EACH
def test_a_run_asks_nothing_pays_nothing_and_says_nothing_new(firm, name):
    """Its screen is what the older version's was, and the outputs are the same bytes."""
    before, paid = firm.files(), firm.rows(PAID)
    assert firm.smeflow(f"run {name}") == firm.kept("run.txt")
    summary = firm.smeflow(f"run {name} --json").splitlines()[-1]
    assert '"calls": 0, "cost": "0"' in summary
    assert '"open": 0' in summary
    assert firm.rows(PAID) == paid
    assert unpacked(firm.files()) == unpacked(before)
    assert firm.smeflow(f"rerun {name} --dry-run") == "Nothing to redo.\n"


@EACH
def test_outputs_that_are_lost_are_written_again_the_same(firm, name):
    """They are made of what the ledger holds, by the present code."""
    before = firm.files()
    for folder in firm.folder.glob("*/out"):
        shutil.rmtree(folder)
    for recipe in firm.rows("SELECT DISTINCT recipe FROM items ORDER BY min(id) OVER (PARTITION BY recipe)"):
        firm.smeflow(f"run {recipe[0]}")
    for file in firm.folder.glob("books/HA-*"):
        file.unlink()
    firm.smeflow("books write")
    assert unpacked(firm.files()) == unpacked(before)


@EACH
def test_opening_adds_the_names_of_kinds_and_touches_no_row(firm, name):
    """Schema 4 has one table more; results from before are of no named kind, and say so.

    The file as the older version left it is kept.
    """
    before = firm.tables()
    meta = before["meta"]
    finished = firm.rows("SELECT max(item) FROM results")[0][0]
    shown = json.loads(firm.smeflow(f"show {finished} --json"))
    after = firm.tables()
    assert (before.pop("meta")[0][:2], after.pop("meta")[0][:2]) == (("schema", "3"), ("schema", "4"))
    assert after == {**before, "kinds": []}
    (kept,) = (firm.folder / ".smeflow").glob("ledger.schema-3.*.db")
    assert firm.tables(kept.name) == {**before, "meta": meta}
    assert set(shown["kinds"].values()) == {None}
    assert firm.audit_broken_at() is None


@pytest.mark.parametrize(("firm", "schema"), [("schema-1", 1), ("schema-2", 2)], indirect=["firm"])
def test_a_ledger_of_every_schema_since_the_first_goes_on(firm, schema):
    """Its rows stay, its outputs and books are the same bytes, what it tells is told in the same words.

    Each archive was made by the last version that wrote its schema.
    """
    before, files, meta = firm.tables(), firm.files(), firm.rows("SELECT * FROM meta")
    assert meta[0][:2] == ("schema", str(schema))
    assert firm.smeflow("status --all") == firm.kept("status.txt")
    after = firm.tables()
    assert after.pop("meta")[0][:2] == ("schema", "4")
    assert {name: rows for name, rows in after.items() if rows} == {
        name: rows for name, rows in before.items() if rows and name != "meta"
    }
    (kept,) = (firm.folder / ".smeflow").glob(f"ledger.schema-{schema}.*.db")
    assert firm.tables(kept.name) == before
    told = firm.smeflow("run --json").splitlines()[-1]
    assert '"open": 0, "calls": 0, "cost": "0"' in told
    shutil.rmtree(firm.folder / "out")
    firm.smeflow("run")
    assert firm.files() == files
    assert firm.audit_broken_at() is None


@pytest.mark.slow
@EACH
def test_what_the_ledger_tells_is_told_as_before(firm, name):
    """Counts balance, the audit holds, and each item is shown in words that an older version wrote."""
    assert firm.smeflow("status --all") == firm.kept("status.txt")
    assert firm.smeflow("--lang fr status --all") == firm.kept("etat.txt")
    items = [row[0] for row in firm.rows("SELECT id FROM items ORDER BY id")]
    shown = [firm.smeflow(f"--lang fr show {item}") for item in items]
    gone, new = changed_words(firm.kept("show.txt"), "\n".join(shown))
    assert new <= gone  # what Factur-X writes of its own invoice into a PDF is told as hidden no more
    assert not gone or "métadonnées" in gone
    assert firm.audit_broken_at() is None


def changed_words(before, after):
    """Give the words of the lines that are gone, and of those that are new."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    texts = (" ".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
    return tuple(set(text.replace("─", " ").split()) for text in texts)


ASKING = [pytest.param(name, name, id=name, marks=MARKS) for name in sorted(REPORTS)]
ASKING += [pytest.param("supplier-mail", "supplier-mail", id="supplier-mail")]


@pytest.mark.slow
@pytest.mark.parametrize(("firm", "name"), ASKING, indirect=["firm"])
def test_an_item_that_is_redone_is_asked_about_in_the_same_words(firm, name, provider):
    """Prompt, data and the form of the answer: each question of before has the hash it had.

    Asked besides is only what no older version asked: about papers where nothing is missing and something is
    not proven.
    """
    of_recipe = (
        f"SELECT DISTINCT request_hash FROM calls JOIN items ON items.id = item WHERE recipe = '{name}'"
    )
    asked, last = firm.rows(of_recipe), firm.rows("SELECT max(id) FROM calls")[0][0]
    firm.smeflow(f"run {name} --redo all --yes")
    again = firm.rows(f"{of_recipe} AND calls.id > {last}")
    assert set(asked) <= set(again)
    assert len(again) == len(asked) or name not in REPORTS


def test_the_archives_hold_what_a_firm_has(tmp_path):
    """Approvals, corrections, rejections, paid calls and a batch of books are among them."""
    actions, paid, batches = set(), 0, 0
    for name in RECIPES:
        with lzma.open(HERE / f"{name}.tar.xz") as packed, tarfile.open(fileobj=packed) as archive:
            archive.extract(".smeflow/ledger.db", tmp_path / name, filter="data")
        with closing(sqlite3.connect(tmp_path / name / ".smeflow" / "ledger.db")) as ledger:
            actions |= {row[0] for row in ledger.execute("SELECT action FROM reviews")}
            paid += ledger.execute("SELECT count(*) FROM ends WHERE nanos > 0").fetchone()[0]
            batches += ledger.execute("SELECT count(*) FROM batches").fetchone()[0]
    assert actions == {"approve", "correct", "reject", "again"}
    assert (paid, batches) == (21, 1)
