"""``smeflow learn``: what people corrected becomes examples, some of it tests, and nothing that does harm."""

import json

import pytest

from smeflow.ledger.ledger import Ledger
from smeflow.recipe.load import load
from smeflow.review.decisions import relabel

RECIPE = """\
recipe: sorted
llm: none
source: {folder: inbox/}
steps:
  - triage: kind
    labels: [garden, boats]
    likeness: letters
    learned: kind.learned.jsonl
    examples: examples.jsonl
sinks:
  - {lines: out.jsonl, value: kind.label}
"""
WORDS = {
    "garden": "Les roses et les tulipes du jardin fleurissent au printemps, la pelouse est tondue",
    "boats": "Le voilier quitte le port à marée haute avec son équipage et sa grand-voile",
}
EXTRA = [
    "ce matin",
    "demain soir",
    "avec Paul",
    "sans bruit",
    "encore une fois",
    "pour la fête",
    "au soleil",
    "vite",
]


@pytest.fixture
def sorted_mail(smeflow, tmp_path, monkeypatch):
    """Run a recipe over sixteen texts without knowing anything."""
    (tmp_path / "inbox").mkdir()
    for label, text in WORDS.items():
        for n, more in enumerate(EXTRA):
            (tmp_path / "inbox" / f"{label}-{n}.txt").write_text(f"{text} {more}.", "utf-8")
    (tmp_path / "smeflow.toml").write_text("", "utf-8")
    (tmp_path / "examples.jsonl").write_text("", "utf-8")
    (tmp_path / "sorted.yaml").write_text(RECIPE, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert smeflow("run", "sorted.yaml").code == 0
    return tmp_path


def correct(folder, label_of):
    """Give every item the label a person would."""
    steps = {entry.step.name: entry.step for entry in load(folder / "sorted.yaml").entries}
    with Ledger.open(folder / ".smeflow", create=False) as ledger:
        return [
            relabel(ledger, item, steps, "kind", label_of(item.name), "Anne")
            for item in ledger.items("sorted")
        ]


@pytest.mark.slow
def test_corrections_become_examples_and_some_measure(smeflow, sorted_mail):
    """A quarter or so is kept apart; the next run knows the rest; learning twice changes nothing."""
    assert all(correct(sorted_mail, lambda name: name.split("-")[0]))
    assert smeflow("run", "sorted.yaml").code == 0
    assert correct(sorted_mail, lambda name: name.split("-")[0]) == [None] * 16
    told = smeflow("learn", "sorted.yaml", "--json")
    (found,) = told.lines
    assert told.code == 0
    assert len(found["taken"]) + len(found["tests"]) == 16
    assert found["taken"]
    assert found["tests"]
    assert found["after"]["right"] == found["after"]["of"] == len(found["tests"])
    lines = [
        json.loads(line) for line in (sorted_mail / "kind.learned.jsonl").read_text("utf-8").splitlines()
    ]
    apart = {line["id"] for line in lines if line.get("use") == "test"}
    assert apart == set(found["tests"])
    step = load(sorted_mail / "sorted.yaml").entries[0].step
    assert len(step.examples) == len(found["taken"])
    again = smeflow("learn", "sorted.yaml", "--json").lines[0]
    assert (again["taken"], again["tests"], again["known"]) == ([], [], 16)


@pytest.mark.slow
def test_what_makes_the_result_worse_is_not_taken_up(smeflow, sorted_mail):
    """Where a person mixes the labels up, the examples there were come out wrong: told, and not written."""
    rows = [{"label": label, "text": f"{text} {more} !"} for label, text in WORDS.items() for more in EXTRA]
    (sorted_mail / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    swapped = {"garden": "boats", "boats": "garden"}
    correct(sorted_mail, lambda name: swapped[name.split("-")[0]])
    told = smeflow("learn", "sorted.yaml")
    assert told.code == 0
    assert "would be worse" in " ".join(f"{told.out} {told.err}".split())
    found = smeflow("learn", "sorted.yaml", "--json", "--dry-run").lines[0]
    assert found["refused"]
    assert found["after"]["right"] >= found["before"]["right"]


def test_a_dry_run_writes_nothing(smeflow, sorted_mail):
    """It measures only."""
    correct(sorted_mail, lambda name: name.split("-")[0])
    assert smeflow("learn", "sorted.yaml", "--dry-run").code == 0
    assert not (sorted_mail / "kind.learned.jsonl").exists()


def test_a_step_without_a_place_to_learn_says_which_line_is_missing(smeflow, sorted_mail):
    """The message gives the line."""
    text = RECIPE.replace("    learned: kind.learned.jsonl\n", "")
    (sorted_mail / "sorted.yaml").write_text(text, "utf-8")
    told = smeflow("learn", "sorted.yaml")
    assert told.code == 2
    assert "learned: kind.learned.jsonl" in told.err
