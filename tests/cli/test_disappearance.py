"""What vanishes from a source: filed letters stay, a table that shrinks is asked about."""

import os
import shutil
import subprocess
import sys
import time

import pytest

TABLE = "recipe: r\nllm: none\nsource: {table: rows.csv, key: id}\nsteps:\n  - {rule: x, value: 'true'}\n"
OUTPUT = "sinks:\n  - {table: out.csv, columns: {id: fields.id}}\n"


def _rows(folder, numbers):
    lines = "".join(f"{n},text {n}\n" for n in numbers)
    (folder / "rows.csv").write_text("id,text\n" + lines, encoding="utf-8")


@pytest.fixture
def table(tmp_path):
    """A folder with a table of twenty rows as a source, and a table of them as a sink."""
    (tmp_path / "recipe.yaml").write_text(TABLE + OUTPUT, encoding="utf-8")
    _rows(tmp_path, range(20))
    return tmp_path


def test_files_moved_to_an_archive_stay_in_the_table(smeflow, workspace):
    """A folder is an intake: who files the letters that were read loses none of them."""
    first = smeflow("run", "--json").lines[-1]
    before = (workspace / "out" / "purchases.csv").read_bytes()
    (workspace / "archive").mkdir()
    for file in list((workspace / "inbox").iterdir()):
        file.rename(workspace / "archive" / file.name)
    told = smeflow("run", "--json")
    assert told.code == 0
    states = ("items", "done", "review", "failed", "skipped", "open")
    assert [told.lines[-1][state] for state in states] == [first[state] for state in states]
    assert (workspace / "out" / "purchases.csv").read_bytes() == before


def test_a_folder_declared_a_mirror_takes_rows_away(smeflow, workspace):
    """Who wants the table to say what lies there now declares it."""
    smeflow("run")
    shutil.rmtree(workspace / "inbox")
    (workspace / "inbox").mkdir()
    told = smeflow("run", "--set", "source.mirror=true", "--json")
    assert (told.code, told.lines[-1]["done"], told.lines[-1]["skipped"]) == (0, 0, 4)


def test_a_folder_that_is_not_there_is_an_error(smeflow, workspace):
    """Nothing is taken away for it."""
    smeflow("run")
    before = (workspace / "out" / "purchases.csv").read_bytes()
    (workspace / "inbox").rename(workspace / "elsewhere")
    told = smeflow("run", "--json")
    assert told.code == 1
    assert "is not there" in told.err.replace("\n", " ")
    assert (workspace / "out" / "purchases.csv").read_bytes() == before


def test_a_share_that_is_not_mounted_is_an_error(smeflow, workspace, monkeypatch):
    """Its empty mount point is no empty inbox."""
    mounted = {str(workspace / "inbox"), "/"}
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)
    assert smeflow("run").code == 0
    mounted.discard(str(workspace / "inbox"))
    (workspace / "inbox").rename(workspace / "share")
    (workspace / "inbox").mkdir()
    told = smeflow("run")
    assert told.code == 1
    assert "not mounted" in told.err.replace("\n", " ")
    assert smeflow("run", "--accept-loss").code == smeflow("run").code == 0


def test_a_finished_file_that_cannot_be_read_now_stays_and_is_told(smeflow, workspace):
    """A share that hiccups takes no row out of the table."""
    smeflow("run")
    before = (workspace / "out" / "purchases.csv").read_bytes()
    paid = workspace / "inbox" / "my-supplier-018304.xml"
    paid.unlink()
    paid.symlink_to("/etc/hostname")
    told = smeflow("run", "--json")
    assert (told.code, told.lines[-1]["done"]) == (1, 1)
    assert "my-supplier-018304.xml" in told.err.replace("\n", " ")
    assert (workspace / "out" / "purchases.csv").read_bytes() == before


def test_a_new_scan_under_an_archived_name_takes_the_old_ones_place_nowhere(smeflow, workspace):
    """Scanners use their names again: the invoice that was filed away stays beside the new one."""
    smeflow("run")
    paid = workspace / "inbox" / "my-supplier-018304.xml"
    text = paid.read_text(encoding="utf-8")
    paid.rename(workspace / "archived.xml")
    smeflow("run")
    paid.write_text(text.replace("018304", "018305"), encoding="utf-8")
    told = smeflow("run", "--json")
    assert told.lines[-1]["items"] == 5
    table = (workspace / "out" / "purchases.csv").read_text(encoding="utf-8")
    assert "018304" in table
    again = smeflow("run", "--json").lines[-1]
    assert again["items"] == 5


def test_a_table_that_loses_many_rows_stops_and_asks(smeflow, table):
    """An export that was cut short takes nothing away until a person says so."""
    smeflow("run")
    before = (table / "out.csv").read_bytes()
    _rows(table, [*range(14), 99])
    told = smeflow("run", "--json")
    assert told.code == 1
    assert "--accept-loss" in told.err.replace("\n", " ")
    assert "6 of 20" in told.err.replace("\n", " ")
    assert (table / "out.csv").read_bytes() == before
    (counts,) = smeflow("status", "--json").lines
    assert (counts["items"], counts["done"], counts["skipped"]) == (20, 20, 0)
    told = smeflow("run", "--lang", "fr")
    assert "--accept-loss" in told.err
    assert "lignes" in told.err or "éléments" in told.err
    told = smeflow("run", "--accept-loss", "--json")
    assert (told.code, told.lines[-1]["done"], told.lines[-1]["skipped"]) == (0, 15, 6)
    assert len((table / "out.csv").read_text().splitlines()) == 16


@pytest.mark.skipif(os.name == "nt", reason="sends a signal as only Unix can")
def test_a_watch_waits_for_a_person_and_tells(smeflow, table):
    """It goes on watching, takes nothing away, and goes on by itself once somebody let the rows go."""
    smeflow("run")
    before = (table / "out.csv").read_bytes()
    _rows(table, range(10))
    command = [sys.executable, "-m", "smeflow.cli", "watch", "recipe.yaml", "--every", "1"]
    with (table / "watch.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=table, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while "--accept-loss" not in (table / "watch.log").read_text(encoding="utf-8"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert (table / "out.csv").read_bytes() == before
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(20)
    assert smeflow("run", "--accept-loss").code == 0


def test_a_few_rows_may_go(smeflow, table):
    """Up to five, or up to a tenth, is a table being kept up."""
    smeflow("run")
    _rows(table, range(15))
    assert smeflow("run", "--json").lines[-1]["skipped"] == 5


def test_rows_known_by_their_content_may_be_edited(smeflow, table):
    """Without a key an edited row is another item: as many came as went."""
    text = (TABLE + OUTPUT).replace(", key: id", "")
    (table / "recipe.yaml").write_text(text, encoding="utf-8")
    smeflow("run")
    _rows(table, range(100, 120))
    told = smeflow("run", "--json")
    assert (told.code, told.lines[-1]["done"], told.lines[-1]["skipped"]) == (0, 20, 20)
    _rows(table, range(100, 110))
    assert smeflow("run").code == 1


def test_a_quote_that_swallows_rows_is_an_error_with_its_line(smeflow, table):
    """Rows are not lost in one cell of another."""
    smeflow("run")
    before = (table / "out.csv").read_bytes()
    rows = (table / "rows.csv").read_text(encoding="utf-8").replace("text 3\n", '"text 3\n')
    (table / "rows.csv").write_text(rows, encoding="utf-8")
    told = smeflow("run")
    assert told.code == 1
    assert "line 5" in told.err.replace("\n", " ")
    assert (table / "out.csv").read_bytes() == before


def test_files_the_recipe_does_not_ask_for_are_counted_and_named(smeflow, workspace):
    """Who drops an offer as .docx into the inbox learns that nobody reads it."""
    for name in ("offer.docx", "list.xlsx"):
        (workspace / "inbox" / name).write_bytes(b"PK")
    expected = {"count": 2, "names": ["list.xlsx", "offer.docx"]}
    told = smeflow("run", "--json")
    assert (told.code, told.lines[-1]["items"]) == (0, 4)
    assert told.lines[-1]["left_out"] == expected
    assert "list.xlsx, offer.docx" in told.err.replace("\n", " ")
    assert [line["left_out"] for line in smeflow("status", "--json").lines] == [expected]
    assert "2 files are left out" in smeflow("status").err.replace("\n", " ")
