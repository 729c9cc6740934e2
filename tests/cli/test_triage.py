"""``smeflow triage`` on real mails."""

import json

import pytest

LABELS = {
    "medical": "health",
    "finance": "money",
    "personal": "private",
    "thesis": "students",
    "professional": "work",
    "spam": "junk",
    "legal": "law",
    "newsletter": "news",
}


@pytest.fixture
def labels(tmp_path):
    """Write the labels the bundled mails carry; JSON is YAML too."""
    file = tmp_path / "labels.yaml"
    file.write_text(json.dumps(LABELS), encoding="utf-8")
    return file


@pytest.mark.slow
def test_a_mail_is_called_by_its_file_and_a_line_by_its_id(smeflow, recipes, labels, tmp_path):
    """Both have the promised keys."""
    lines = tmp_path / "mails.jsonl"
    lines.write_text(
        json.dumps({"id": "m7", "subject": "Facture", "text": "À payer"}) + "\n", encoding="utf-8"
    )
    mail = recipes / "mail-triage" / "inbox" / "mail-01.eml"
    told = smeflow("triage", mail, lines, "--labels", labels, "--jsonl")
    rest = {"label", "confidence", "scores", "quote", "problems"}
    assert told.code == 0
    assert [set(line) for line in told.lines] == [{"file"} | rest, {"id"} | rest]
    assert told.lines[1]["id"] == "m7"


@pytest.mark.slow
def test_examples_teach_the_labels(smeflow, recipes, labels):
    """A text that is an example finds its own label again, or says that it is not sure: never another one."""
    examples = recipes / "mail-triage" / "examples.jsonl"
    wanted = [json.loads(line) for line in examples.read_text(encoding="utf-8").splitlines()]
    told = smeflow("triage", examples, "--labels", labels, "--examples", examples, "--jsonl")
    found = {line["id"]: line["label"] for line in told.lines}
    right = [one["id"] for one in wanted if found[one["id"]] == one["label"]]
    unsure = [name for name, label in found.items() if label is None]
    assert len(right) >= len(wanted) / 3
    assert len(right) + len(unsure) == len(wanted)


@pytest.mark.parametrize("text", ["invoice\n", "[]\n", "a: [\n"])
def test_a_file_without_labels_is_a_usage_error(smeflow, tmp_path, text):
    """The message names the file."""
    (tmp_path / "labels.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "a.txt").write_text("hello", encoding="utf-8")
    told = smeflow("triage", "a.txt", "--labels", "labels.yaml")
    assert told.code == 2
    assert "labels.yaml" in told.err


@pytest.mark.slow
def test_a_broken_line_is_named(smeflow, tmp_path, labels):
    """File and line number, so that it can be found; the other lines are sorted."""
    (tmp_path / "mails.jsonl").write_text('{"id": 1, "text": "a"}\n{broken\n', encoding="utf-8")
    told = smeflow("triage", "mails.jsonl", "--labels", labels)
    assert told.code == 0
    assert "mails.jsonl:2" in told.out


def test_details_tell_what_a_mail_asks(smeflow, tmp_path):
    """With the labels' file may come rules and owners, as in a recipe."""
    step = {
        "labels": ["orders", "rest"],
        "rules": [{"label": "orders", "text": "commande"}],
        "owners": {"orders": "Anne"},
    }
    (tmp_path / "labels.yaml").write_text(json.dumps(step), encoding="utf-8")
    mail = {
        "id": 1,
        "subject": "Urgent",
        "date": "2026-02-11",
        "text": "Commande n° C-77 : merci de livrer avant le 20/02.",
    }
    (tmp_path / "mails.jsonl").write_text(json.dumps(mail) + "\n", encoding="utf-8")
    (line,) = smeflow(
        "triage", tmp_path / "mails.jsonl", "--labels", tmp_path / "labels.yaml", "--details", "--jsonl"
    ).lines
    assert (line["label"], line["labels"], line["owner"]) == ("orders", ["orders"], "Anne")
    assert (line["urgency"], line["due"]) == ("high", "2026-02-20")
    assert line["asked"] == ["Commande n° C-77 : merci de livrer avant le 20/02."]
    assert [(one["kind"], one["value"]) for one in line["references"]] == [("order", "C-77")]


def test_an_unsure_mail_has_scores_and_a_suggestion(smeflow, tmp_path, labels):
    """Nothing is given as sure that is not; what is likeliest is told all the same."""
    (tmp_path / "mail.txt").write_text("Quelques mots sans rapport.", encoding="utf-8")
    (line,) = smeflow(
        "triage", tmp_path / "mail.txt", "--labels", labels, "--likeness", "letters", "--details", "--jsonl"
    ).lines
    assert line["label"] is None
    assert line["suggestion"] in LABELS
    assert set(line["scores"]) == set(LABELS)
    assert line["problems"]


def test_an_unknown_field_beside_the_labels_is_named(smeflow, tmp_path):
    """The file is the part of a recipe, and checked as one."""
    (tmp_path / "labels.yaml").write_text("labels: [a, b]\nrule: []\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("hello", encoding="utf-8")
    told = smeflow("triage", "a.txt", "--labels", "labels.yaml")
    assert told.code == 2
    assert "rule" in told.err


@pytest.mark.slow
def test_a_bad_line_is_a_line_with_problems_and_never_a_stop(smeflow, labels, tmp_path):
    """The good lines are sorted, the bad ones say what they lack and where."""
    lines = tmp_path / "mails.jsonl"
    good = [json.dumps({"id": n, "subject": "Facture", "text": "À payer"}) for n in ("a", "b")]
    lines.write_text("\n".join([good[0], "{not json", '{"id": "x"}', good[1]]) + "\n", encoding="utf-8")
    told = smeflow("triage", lines, tmp_path / "gone.jsonl", "--labels", labels, "--jsonl")
    assert told.code == 0
    assert [line.get("id") for line in told.lines] == ["a", "2", "x", "b", None]
    assert "mails.jsonl:2: this is no JSON" in told.lines[1]["problems"][0]
    assert "a line looks like" in told.lines[2]["problems"][0]
    assert "does not exist" in told.lines[4]["problems"][0]


@pytest.mark.slow
def test_each_mail_of_an_archive_is_a_line(smeflow, tmp_path, labels):
    """By its number in the file; an archive without a mail says so."""
    mail = "From a@x.fr Mon Nov 23 08:00:00 2026\nFrom: a@x.fr\nSubject: {0}\n\nText {0}.\n\n"
    (tmp_path / "old.mbox").write_text(mail.format("one") + mail.format("two"), encoding="utf-8")
    (tmp_path / "none.mbox").write_text("nothing\n", encoding="utf-8")
    told = smeflow("triage", "old.mbox", "none.mbox", "gone.mbox", "--labels", labels, "--jsonl")
    assert told.code == 0
    assert [line["file"] for line in told.lines] == ["old.mbox#1", "old.mbox#2", "none.mbox", "gone.mbox"]
    assert not any("no text" in said for line in told.lines[:2] for said in line["problems"])
    assert all(line["problems"] for line in told.lines[2:])
