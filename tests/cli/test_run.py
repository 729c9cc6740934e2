"""``smeflow run``, ``status`` and ``show`` on real invoices."""

import csv
import os
import signal
import subprocess
import sys
import time

import pytest

KEYS = ["items", "done", "review", "failed", "skipped", "open", "calls", "cost"]


def test_the_last_line_of_a_run_is_the_promised_summary(smeflow, workspace):
    """Two invoices are proven, one is in doubt, one cannot be read; the states add up."""
    told = smeflow("run", "recipe.yaml", "--json")
    summary = told.lines[-1]
    assert told.code == 0
    assert list(summary)[: len(KEYS)] == KEYS
    assert summary["items"] == 4 == sum(summary[k] for k in KEYS[1:6])
    assert (summary["done"], summary["failed"], summary["open"]) == (1, 1, 0)
    assert (summary["calls"], summary["cost"]) == (0, "0")


def test_a_second_run_changes_no_byte(smeflow, workspace):
    """Nothing new came in, so nothing is done again."""
    smeflow("run", "recipe.yaml")
    before = (workspace / "out" / "purchases.csv").read_bytes()
    told = smeflow("run", ".", "--json")
    assert told.code == 0
    assert (workspace / "out" / "purchases.csv").read_bytes() == before


@pytest.mark.parametrize(("state", "code"), [("review", 1), ("failed", 1)])
def test_items_for_a_person_fail_a_run_only_when_asked(smeflow, workspace, state, code):
    """A scheduler may want to hear of them; a person at the screen sees them anyway."""
    assert smeflow("run", "recipe.yaml", "--fail-on", state).code == code
    assert smeflow("run", "recipe.yaml").code == 0


def test_fail_on_knows_two_states_only(smeflow, workspace):
    """A word that means nothing is refused before anything runs."""
    assert smeflow("run", "recipe.yaml", "--fail-on", "open").code == 2
    assert not (workspace / ".smeflow").exists()


def test_settings_and_a_folder_for_the_ledger_can_be_given(smeflow, workspace):
    """The recipe stays as it is; the ledger lies where it was asked to."""
    (workspace / "other").mkdir()
    told = smeflow("run", "recipe.yaml", "--set", "source.folder=other", "--state", "ledger", "--json")
    assert told.lines[-1]["items"] == 0
    assert (workspace / "ledger").is_dir()
    assert not (workspace / ".smeflow").exists()


def test_what_waits_is_written_as_csv(smeflow, workspace):
    """Another program can take the list up: id, state, reason."""
    smeflow("run", "recipe.yaml", "--waiting", "waiting.csv")
    with (workspace / "waiting.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {r["id"]: r["state"] for r in rows} == {
        "cut-off.pdf": "failed",
        "lieferant-471113.xml": "review",
        "bei-spiel-RE-20171118-506.xml": "review",
    }
    assert "cut" in next(r["reason"] for r in rows if r["state"] == "failed")


def test_every_mistake_of_a_recipe_is_told_with_its_place_and_ends_with_two(smeflow, workspace):
    """Run and check tell the same, and run has started nothing."""
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    (workspace / "recipe.yaml").write_text(text.replace("extract:", "extrct:").replace("about:", "abuot:"))
    for command in ("run", "check"):
        told = smeflow(command, "recipe.yaml")
        assert told.code == 2
        assert "recipe.yaml:2:1:" in told.err
        assert "recipe.yaml:6:5:" in told.err
        assert "did you mean" in told.err
    assert not (workspace / ".smeflow").exists()


def test_a_recipe_that_is_not_there_is_a_usage_error(smeflow, tmp_path):
    """The message names it."""
    told = smeflow("run", "nowhere.yaml")
    assert told.code == 2
    assert "nowhere.yaml" in told.err


def test_a_damaged_ledger_ends_with_four_and_says_how_to_go_on(smeflow, workspace):
    """It is found before anything is asked or written."""
    smeflow("run", "recipe.yaml")
    (ledger,) = (workspace / ".smeflow").glob("*.db")
    ledger.write_bytes(b"garbage!" * 16 + ledger.read_bytes()[128:])
    told = smeflow("run", "recipe.yaml")
    assert told.code == 4
    assert str(ledger.name) in told.err


def test_status_counts_and_says_what_is_wrong_with_what_waits(smeflow, workspace):
    """Not that a review was asked for: what speaks against the value."""
    smeflow("run", "recipe.yaml")
    told = smeflow("status")
    assert "lieferant-471113.xml" in told.out
    assert "DE123456789" in told.out
    (line,) = smeflow("status", "--json").lines
    assert (line["recipe"], line["items"], line["done"], line["currency"]) == ("invoices", 4, 1, "EUR")


def test_status_before_any_run_says_what_to_do(smeflow, tmp_path):
    """A command that only reads makes no ledger."""
    told = smeflow("status")
    assert told.code == 2
    assert "Run a recipe first" in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_show_tells_values_quotes_checks_and_documents(smeflow, workspace):
    """By number, by key or by the name without its ending."""
    smeflow("run", "recipe.yaml")
    for asked in ("my-supplier-018304.xml", "my-supplier-018304"):
        told = smeflow("show", asked)
        assert told.code == 0
        assert "100.11" in told.out
        assert "net and VAT make the total" in told.out
    (everything,) = smeflow("show", "my-supplier-018304", "--json").lines
    assert everything["results"]["invoice"]["record"]["total_gross"] == "100.11"
    assert everything["state"] == "done"


def test_show_draws_a_page_that_needs_nothing_else(smeflow, workspace):
    """The HTML holds no script and no address."""
    smeflow("run", "recipe.yaml")
    told = smeflow("show", "my-supplier-018304", "--html", "page.html")
    page = (workspace / "page.html").read_text(encoding="utf-8")
    assert told.code == 0
    assert "100.11" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").partition("<pre")[0]


def test_an_item_that_is_not_there_is_a_usage_error(smeflow, workspace):
    """The message says how to see them all."""
    smeflow("run", "recipe.yaml")
    told = smeflow("show", "nothing")
    assert told.code == 2
    assert "smeflow status" in told.err


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_within_five_seconds_and_the_next_run_goes_on(workspace, asked, code):
    """While a model does not answer: the item stays open, and nothing is lost."""
    import socket

    silent = socket.create_server(("127.0.0.1", 0))
    address = f"MODEL@http://127.0.0.1:{silent.getsockname()[1]}/v1"
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    (workspace / "recipe.yaml").write_text(text.replace("into: Invoice", "into: Invoice\n    ask: always"))
    command = [sys.executable, "-m", "smeflow.cli", "run", "recipe.yaml", "--json"]
    started = subprocess.Popen(
        [*command, "--llm", address], cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    silent.settimeout(30)
    silent.accept()
    began = time.monotonic()
    os.kill(started.pid, asked)
    out, err = started.communicate(timeout=20)
    silent.close()
    assert started.returncode == code
    assert time.monotonic() - began < 5
    assert "Traceback" not in out + err
    after = subprocess.run(
        [*command, "--llm", "none"], cwd=workspace, capture_output=True, text=True, check=False
    )
    assert after.returncode == 0, after.stderr
    assert '"items": 4' in after.stdout
    assert '"open": 0' in after.stdout


def test_an_output_that_cannot_be_written_is_told_beside_the_counts(smeflow, workspace):
    """What was done is counted and kept, and the code says that something is left."""
    (workspace / "out").mkdir()
    (workspace / "out" / "purchases.csv").mkdir()
    told = smeflow("run", ".", "--json")
    assert told.code == 1
    assert told.lines[-1]["items"] > 0
    assert "purchases.csv" in told.err


def test_a_file_of_another_ledger_is_named_as_such(smeflow, workspace):
    """Two --state folders with one output: nobody is told that they changed it by hand."""
    smeflow("run", "--state", "one")
    (workspace / "inbox" / "my-supplier-018304.xml").unlink()
    told = smeflow("run", "--state", "two")
    assert "was not written from this ledger" in told.err.replace("\n", " ")


def test_rows_that_share_a_key_are_told(smeflow, tmp_path):
    """Both stay items; the run says which key it was."""
    (tmp_path / "rows.csv").write_text("id,text\n7,a\n8,b\n7,c\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        "recipe: r\nllm: none\nsource: {table: rows.csv, key: id}\nsteps:\n  - {rule: x, value: 'true'}\n"
    )
    told = smeflow("run", "--json")
    assert "rows have the same id: 7" in told.err.replace("\n", " ")
    assert told.lines[-1]["items"] == 3


def test_a_full_disk_ends_with_the_promised_line(smeflow, workspace, monkeypatch):
    """Exit code 28, and still one line of JSON whose states add up."""
    import errno

    from smeflow.engine import run

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device", "ledger")

    smeflow("run")
    monkeypatch.setattr(run, "reopen_finished", full)
    told = smeflow("run", "--json")
    assert told.code == 28
    summary = told.lines[-1]
    assert summary["items"] == sum(summary[s] for s in ("done", "review", "failed", "skipped", "open")) == 4


def test_a_dry_run_tells_what_would_happen_and_leaves_no_trace(smeflow, tmp_path, provider):
    """Items, calls and cost with their span, where texts go, what sinks would do; nothing is made."""
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "Some words."}\n', encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        f"recipe: r\nllm: {provider.name}\nsource: {{lines: a.jsonl}}\nsteps:\n"
        "  - {extract: found, fields: {colour: text}}\n"
        "sinks:\n  - {table: out.csv, rows: found.record}\n"
        "  - {webhook: 'https://example.com/hook?key=abc', sign: false}\n",
        encoding="utf-8",
    )
    told = smeflow("run", "recipe.yaml", "--dry-run", "--json")
    assert told.code == 0, told.err
    (line,) = told.lines
    assert (line["items"], line["new"], line["basis"]) == (1, 1, "sample")
    assert line["calls"] == {"low": "1", "expected": "1", "high": "5"}
    assert [(m["region"], m["leaves"]) for m in line["models"]] == [("local", False)]
    assert [(s["kind"], s["does"]) for s in line["sinks"]] == [("table", "writes"), ("webhook", "sends")]
    assert "abc" not in told.out
    words = smeflow("run", "recipe.yaml", "--dry-run")
    assert "1 new" in words.out
    assert "No text leaves this machine" in words.out
    assert "les textes" not in words.out
    french = smeflow("--lang", "fr", "run", "recipe.yaml", "--dry-run")
    assert "1 nouveaux" in french.out
    assert provider.asked == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "recipe.yaml"]
