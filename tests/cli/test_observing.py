"""What a run tells to other programs, and what it never tells."""

import json
from datetime import datetime

import pytest

from smeflow.core.events import EVENTS

pytestmark = pytest.mark.slow
RECIPE = """\
recipe: letters
llm: {model}
budget: {{month: none}}
residency: any
source: {{table: letters.csv, key: id}}
steps:
  - extract: letter
    fields: {{number: text}}
    readers: [model]
    ask: always
sinks:
  - {{table: out/letters.csv, rows: letter.record}}
"""
PRIVATE = ("Zacharias", "Whitmoor", "LETTER-", "letters.csv", "sk-very-secret")
COMMON = {"event", "at", "recipe", "run"}


@pytest.fixture
def letters(tmp_path, provider, monkeypatch):
    """Make a table of two letters with personal data, and a recipe that asks a model on loopback."""
    (tmp_path / "letters.csv").write_text(
        "id,text\n" + "".join(f"LETTER-{n},From Zacharias Whitmoor. Number: A-{n}\n" for n in (1, 2))
    )
    (tmp_path / "recipe.yaml").write_text(RECIPE.format(model=provider.name))
    monkeypatch.setenv("SMEFLOW_LLM_KEY", "sk-very-secret")
    provider.text = '{"number": "A-1"}'
    return provider


def events(told):
    """Read standard error, which holds lines of JSON alone."""
    return [json.loads(line) for line in told.err.splitlines()]


def test_a_run_tells_events_as_lines_of_json_and_nothing_personal(smeflow, letters):
    """Each has its documented fields; items are told by number, and nothing of what they hold."""
    told = smeflow("run", "--log-json", "--json", "--yes")
    assert told.code == 0, told.err
    lines = events(told)
    assert [line["event"] for line in lines][:1] == ["run.begun"]
    assert [line["event"] for line in lines][-2:] == ["delivery.ended", "run.ended"]
    for line in lines:
        assert set(line) == COMMON | set(EVENTS[line["event"]])
        assert datetime.fromisoformat(line["at"]).tzinfo is not None
        assert (line["recipe"], line["run"]) == ("letters", 1)
    assert not [word for word in PRIVATE if word in told.err]
    calls = [line for line in lines if line["event"] == "call.ended"]
    assert len(calls) == letters.asked == 2
    assert {call["item"] for call in calls} == {1, 2}
    expected = {"step": "letter", "attempt": 1, "again": 0, "model": "test", "answered_by": "test"}
    expected |= {"state": "answered", "fault": None, "input_tokens": 100, "output_tokens": 10}
    assert expected.items() <= calls[0].items()
    ended = json.loads(told.out)
    assert lines[-1]["audit"] == ended["audit"]
    assert lines[-1]["done"] == ended["done"]
    states = [line["state"] for line in lines if line["event"] == "item.ended"]
    assert sorted(states) == ["done", "review"]  # the second letter's number stands nowhere in it


def test_faults_are_told_by_their_kind(smeflow, letters, monkeypatch):
    """A key that is refused stops the run; neither the key nor what the provider said of it is told."""
    letters.status = 401
    told = smeflow("run", "--log-json", "--yes")
    assert told.code == 5
    lines = events(told)
    assert {line["fault"] for line in lines if line["event"] == "call.ended"} == {"rejected key"}
    assert (lines[-1]["event"], lines[-1]["stopped"]) == ("run.ended", "key")
    assert not [word for word in PRIVATE if word in told.err]


@pytest.mark.parametrize("key", ["right", "wrong"])
def test_a_run_writes_its_report_however_it_ends(smeflow, letters, tmp_path, key):
    """As a page in the firm's language, or as JSON; nothing personal in either."""
    letters.status = 200 if key == "right" else 401
    told = smeflow("--lang", "fr", "run", "--yes", "--report", "told/run.html", "--json")
    assert told.code == (0 if key == "right" else 5)
    page = (tmp_path / "told" / "run.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert ("refuse la clé" in page) == (key == "wrong")
    assert json.loads(told.out.splitlines()[-1])["audit"] in page
    smeflow("run", "--yes", "--redo", "all", "--report", "run.json")
    report = json.loads((tmp_path / "run.json").read_text())
    assert (report["recipe"], report["run"]) == ("letters", 2)
    assert not [word for word in PRIVATE if word in page + json.dumps(report)]
    assert smeflow("run", "--report", "run.pdf").code == 2


def test_a_command_that_fails_says_so_in_a_line(smeflow, letters, tmp_path):
    """The exit code and the kind of the error; its sentence may name files."""
    (tmp_path / "recipe.yaml").write_text("recipe: 7\n")
    told = smeflow("run", "--log-json")
    assert told.code == 2
    (line,) = events(told)
    assert (line["event"], line["code"], line["error"]) == ("command.failed", 2, "RecipeError")
    assert smeflow("watch", "nowhere", "--log-json").code == 2


def test_every_event_stands_on_the_page(root):
    """Other programs rely on the names: docs/operations.md has each with all its fields."""
    page = (root / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, fields in EVENTS.items():
        assert [field for field in fields if f"`{field}`" not in rows[name]] == [], name


def test_waits_for_a_provider_are_told_in_log_and_report(smeflow, letters, tmp_path):
    """How long each question waited and why; what waits no longer here is put off, and says for how long."""
    letters.failing = 4
    told = smeflow("run", "--log-json", "--report", "run.json", "--yes")
    assert told.code == 0, told.err
    waits = [line for line in events(told) if line["event"] == "wait.ended"]
    assert {(w["fault"], w["model"], w["step"], w["put_off"]) for w in waits} == {
        ("outage", "test", "letter", None)
    }
    assert {w["item"] for w in waits} == {1, 2}
    (reported,) = json.loads((tmp_path / "run.json").read_text())["waits"]
    assert (reported["fault"], reported["times"], reported["put_off"]) == ("outage", len(waits), 0)
    assert reported["seconds"] == pytest.approx(sum(w["seconds"] for w in waits), abs=0.01)
    assert max(w["seconds"] for w in waits) == reported["longest"]


def test_who_was_never_there_is_told_as_put_off(smeflow, letters, tmp_path):
    """Nobody waits for it long, and the report says that the questions wait for the next run."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace(letters.name, "test@http://127.0.0.1:1/v1"))
    told = smeflow("run", "--log-json", "--report", "run.json", "--yes")
    off = [line for line in events(told) if line["event"] == "wait.ended" and line["put_off"] is not None]
    assert {line["item"] for line in off} == {1, 2}
    assert {line["fault"] for line in off} == {"absent"}
    assert {line["put_off"] for line in off} == {0}
    reported = {w["fault"]: w for w in json.loads((tmp_path / "run.json").read_text())["waits"]}
    assert reported["absent"]["put_off"] == 2


def test_the_report_of_a_run_is_made_again_afterwards(smeflow, letters, tmp_path):
    """The same counts, calls, tokens and cost by model and step, of the last run or of another."""
    letters.failing = 4
    assert smeflow("run", "--yes", "--report", "run.json").code == 0
    smeflow("run", "--yes")
    assert smeflow("status", "--report", "again.json", "--run", "1").code == 0
    first, again = (json.loads((tmp_path / name).read_text()) for name in ("run.json", "again.json"))
    same = (
        "recipe",
        "run",
        "items",
        "done",
        "review",
        "calls",
        "worked",
        "steps",
        "models",
        "rate_per_minute",
    )
    assert [again[key] for key in same] == [first[key] for key in same]
    ways = {
        name: sum(f["times"] for f in report["faults"])
        for name, report in (("first", first), ("again", again))
    }
    assert ways == {"first": 4, "again": 4}
    assert {f["outcome"] for f in again["faults"]} == {"retried"}
    assert smeflow("status", "letters", "--report", "last.html").code == 0
    page = (tmp_path / "last.html").read_text(encoding="utf-8")
    assert "letters, run 2" in page
    assert not [word for word in PRIVATE if word in page]
    assert smeflow("status", "--report", "x.html", "--run", "9").code == 2
    assert smeflow("status", "--report", "x.pdf").code == 2
