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


MAILS = {
    "a": ("Comptoir <factures@comptoir.example>", "Facture 12"),
    "b": ("Comptoir <factures@comptoir.example>", "Votre relevé"),
    "c": ("Zoe <zoe@one.example>", "Demande de devis pour une serre"),
    "d": ("Luc <luc@two.example>", "RE: demande de devis 44"),
    "e": ("Ann <ann@three.example>", "Bonjour"),
    "f": ("Ann <ann@three.example>", "Encore bonjour"),
}


@pytest.fixture
def moved_mail(smeflow, tmp_path, monkeypatch):
    """Run a recipe over six mails, and move them as a person does."""
    (tmp_path / "inbox").mkdir()
    for name, (sender, subject) in MAILS.items():
        head = (
            f"From: {sender}\nTo: us@firm.example\nSubject: {subject}\nDate: Mon, 2 Nov 2026 09:00:00 +0100\n"
        )
        (tmp_path / "inbox" / f"{name}.eml").write_text(f"{head}\nVoir plus bas.\n", "utf-8")
    (tmp_path / "smeflow.toml").write_text("", "utf-8")
    (tmp_path / "examples.jsonl").write_text("", "utf-8")
    (tmp_path / "sorted.yaml").write_text(RECIPE, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert smeflow("run", "sorted.yaml").code == 0
    labels = {"a": "garden", "b": "garden", "c": "boats", "d": "boats", "e": "garden", "f": "boats"}
    correct(tmp_path, lambda name: labels[name.removesuffix(".eml")])
    assert smeflow("run", "sorted.yaml").code == 0
    return tmp_path


def test_what_a_person_moved_twice_is_proposed_as_a_rule(smeflow, moved_mail):
    """By its sender, or by the words subjects share; not where the person decided both ways."""
    rules = [each["rule"] for each in smeflow("learn", "sorted.yaml", "--json").lines[0]["rules"]]
    assert rules == [
        {"label": "garden", "from": ["factures@comptoir.example"]},
        {"label": "boats", "subject": ["demande de devis"]},
    ]
    assert "2 rules are proposed" in smeflow("status").err


def test_an_accepted_rule_sorts_and_a_refused_one_is_not_proposed_again(smeflow, moved_mail):
    """One command, and no line of YAML is touched; who accepted is kept."""
    before = (moved_mail / "sorted.yaml").read_bytes()
    told = smeflow("learn", "sorted.yaml", "--accept", "1", "--refuse", "2")
    assert told.code == 0, told.err
    assert (moved_mail / "sorted.yaml").read_bytes() == before
    step = load(moved_mail / "sorted.yaml").entries[0].step
    assert [(rule.label, rule.sender) for rule in step.rules] == [("garden", ("factures@comptoir.example",))]
    accepted, refused = (moved_mail / "kind.learned.rules.jsonl").read_text("utf-8").splitlines()
    assert json.loads(accepted)["by"] == "Ada"
    assert "refused" in json.loads(refused)
    assert "rules" not in smeflow("learn", "sorted.yaml", "--json").lines[0]
    assert "proposed" not in smeflow("status").err
    (moved_mail / "inbox" / "g.eml").write_text(
        "From: factures@comptoir.example\nTo: us@firm.example\nSubject: Rappel\n\nBonjour.\n", "utf-8"
    )
    smeflow("run", "sorted.yaml")
    (shown,) = smeflow("show", "g.eml", "--json").lines
    label = shown["results"]["kind"]
    assert (label["label"], label["reader"], shown["state"]) == ("garden", "rules", "done")


@pytest.mark.parametrize("asked", [("--accept", "3"), ("--refuse", "0"), ("--accept", "1", "--refuse", "1")])
def test_a_number_that_is_no_proposal_is_told(smeflow, moved_mail, asked):
    """Nothing is written then."""
    told = smeflow("learn", "sorted.yaml", *asked)
    assert told.code == 2
    assert "2 are proposed" in told.err
    assert not (moved_mail / "kind.learned.rules.jsonl").exists()


def test_a_broken_file_of_rules_is_named_with_its_line(smeflow, moved_mail):
    """Somebody edited it by hand."""
    (moved_mail / "kind.learned.rules.jsonl").write_text('{"rule": {"subject": "x"}}\n', "utf-8")
    told = smeflow("check", "sorted.yaml")
    assert told.code == 2
    assert "kind.learned.rules.jsonl, line 1" in told.err + told.out
