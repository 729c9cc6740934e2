"""``smeflow evaluate`` on a recipe that ran."""

import json
import shutil

import pytest

RECIPE = """\
recipe: bought
llm: none
source: {folder: inbox/}
steps:
  - extract: invoice
    into: Invoice
    review: not invoice.proven
sinks:
  - {table: out.csv, rows: invoice.record}
"""


@pytest.fixture
def bought(smeflow, inbox, tmp_path, monkeypatch):
    """Run a recipe over two real e-invoices; give its folder."""
    (tmp_path / "inbox").mkdir()
    for name in ("au-bon-moulin-F124212.xml", "lieferant-471113.xml"):
        shutil.copy(inbox / name, tmp_path / "inbox" / name)
    shutil.copy(inbox.parent / "suppliers.csv", tmp_path)
    (tmp_path / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n', "utf-8")
    (tmp_path / "bought.yaml").write_text(RECIPE, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert smeflow("run", "bought.yaml").code == 0
    return tmp_path


def truth(folder, **changed):
    """Write what is true of the two, and of one the recipe never saw."""
    lines = [
        {"file": "au-bon-moulin-F124212.xml", "record": {"number": "F124212"} | changed},
        {"file": "lieferant-471113.xml", "record": {"number": "471113"}},
        {"file": "never-seen.pdf", "record": {"number": "1"}},
    ]
    path = folder / "truth.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


def test_a_silent_error_is_counted_and_shown(smeflow, bought):
    """One of two passed without a person and is wrong: that is what nobody would have seen."""
    told = smeflow("evaluate", "bought.yaml", "--expected", truth(bought, total_gross="1.00"), "--json")
    (found,) = told.lines
    assert told.code == 0
    assert (found["cases"], found["unmatched"]) == (2, ["never-seen.pdf"])
    assert (found["exact"]["count"], found["exact"]["total"]) == (1, 2)
    assert (found["silent_errors"]["count"], found["proven_wrong"]["count"]) == (1, 1)
    (wrong,) = found["wrong"]
    assert (wrong["case"], wrong["field"]) == ("au-bon-moulin-F124212.xml", "total_gross")
    assert (wrong["expected"], wrong["found"]) == ("1.00", "308.03")


def test_too_few_labels_promise_nothing(smeflow, bought):
    """Two right cases are no proof of 1 %: it says how many it takes."""
    told = smeflow("evaluate", "bought.yaml", "--expected", truth(bought), "--max-error", "0.01")
    assert told.code == 0
    assert "299" in told.out
    assert "review:" not in told.out


def test_too_few_labels_fit_no_file(smeflow, bought):
    """Nothing is written, and the number it takes is told."""
    told = smeflow("evaluate", "bought.yaml", "--expected", truth(bought), "--fit", "own.json")
    assert told.code == 2
    assert "30" in told.err
    assert not (bought / "own.json").exists()


def test_the_picture_says_in_words_what_it_shows(smeflow, bought):
    """A screen reader gets the title; the file needs nothing from outside."""
    path = truth(bought)
    told = smeflow("--lang", "fr", "evaluate", "bought.yaml", "--expected", path, "--picture", "p.svg")
    drawn = (bought / "p.svg").read_text("utf-8")
    assert told.code == 0
    assert "<title>Ce que 2 cas étiquetés" in drawn
    assert "href" not in drawn


def test_without_a_truth_what_people_decided_counts(smeflow, bought):
    """Nobody decided yet, so there is nothing to measure, and it says what to do."""
    told = smeflow("evaluate", "bought.yaml")
    assert told.code == 2
    assert "--expected" in told.err


@pytest.mark.parametrize("text", ['{"a', '["x"]', '{"record": {}}'])
def test_a_mistake_in_the_truth_names_its_line(smeflow, bought, text):
    """The line is told, never a traceback."""
    (bought / "bad.jsonl").write_text("\n" + text, "utf-8")
    told = smeflow("evaluate", "bought.yaml", "--expected", "bad.jsonl")
    assert told.code == 2
    assert "bad.jsonl:2" in told.err
