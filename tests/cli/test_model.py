"""Commands with a model that answers, refuses or costs too much."""

import json
import time
from dataclasses import replace

import pytest

from smeflow.llm import router

CANARY = "canary-key-5f3759df"


@pytest.fixture
def rows(tmp_path):
    """Make a recipe over three rows that only a model can read."""
    lines = "".join(f'{n},"Delivery {n} for Martin, please"\n' for n in (1, 2, 3))
    (tmp_path / "in.csv").write_text("id,text\n" + lines, encoding="utf-8")
    (tmp_path / "smeflow.toml").write_text("", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        "recipe: rows\nllm: none\nsource: {table: in.csv, key: id}\n"
        "steps:\n  - extract: found\n    fields: {customer: text}\n    readers: [model]\n"
        "sinks:\n  - {table: out.csv, rows: found.record}\n",
        encoding="utf-8",
    )
    return tmp_path


def test_extract_counts_the_calls_of_a_model_that_was_named(smeflow, provider, tmp_path):
    """The line says how many questions were asked; local models cost nothing."""
    letter = tmp_path / "letter.txt"
    letter.write_text("We owe you something, and nothing here says how much.", encoding="utf-8")
    told = smeflow("extract", letter, "--llm", provider.name, "--jsonl")
    (line,) = told.lines
    assert told.code == 0
    assert line["calls"] == provider.asked > 0
    assert line["cost"] == "0"


@pytest.mark.slow
def test_a_key_that_is_rejected_ends_with_five_and_is_told_nowhere(smeflow, provider, rows, monkeypatch):
    """What to do is said; the key is in no output and in no file."""
    monkeypatch.setenv("SMEFLOW_LLM_KEY", CANARY)
    provider.status = 401
    told = smeflow("run", ".", "--llm", provider.name, "--json")
    assert told.code == 5
    assert told.lines[-1]["open"] == 3
    assert told.lines[-1]["failed"] == 0
    assert "key" in told.err
    assert CANARY not in told.out + told.err
    kept = b"".join(file.read_bytes() for file in rows.rglob("*") if file.is_file())
    assert CANARY.encode() not in kept


@pytest.mark.slow
def test_the_run_goes_on_once_the_key_is_right(smeflow, provider, rows):
    """Nothing was marked failed for good, and nothing is asked twice."""
    provider.status = 401
    smeflow("run", ".", "--llm", provider.name)
    provider.status, provider.asked = 200, 0
    provider.text = json.dumps({"customer": {"value": "Martin", "quote": "Martin"}})
    told = smeflow("run", ".", "--llm", provider.name, "--json")
    assert told.lines[-1]["open"] == 0
    assert told.lines[-1]["calls"] == provider.asked


@pytest.mark.slow
def test_a_triage_line_names_the_label_the_model_chose(smeflow, provider, tmp_path):
    """The model is asked where words and rules do not decide."""
    (tmp_path / "labels.yaml").write_text("{delivery: goods arrive, other: the rest}", encoding="utf-8")
    (tmp_path / "a.txt").write_text("The parcel is at your door.", encoding="utf-8")
    provider.text = json.dumps({"label": "delivery", "quote": "at your door"})
    told = smeflow("triage", "a.txt", "--labels", "labels.yaml", "--llm", provider.name, "--jsonl")
    (line,) = told.lines
    assert provider.asked == 1
    assert (line["label"], line["quote"]) == ("delivery", "at your door")


@pytest.mark.slow
def test_a_spent_budget_ends_with_six_and_asks_nothing(smeflow, provider, rows):
    """The first call could cost more than is left: no call is made, and the next run goes on with more."""
    address = provider.name.partition("@")[2].removeprefix("http://").partition("/")[0].partition(":")[0]
    price = (
        f'[prices."{address}/{provider.name.partition("@")[0]}"]\ninput_per_million = 40\n'
        "output_per_million = 90\nas_of = 2026-11-01\n"
    )
    toml = rows / "smeflow.toml"
    toml.write_text('[budgets]\nrun = "0.01 EUR"\n' + price, "utf-8")
    told = smeflow("run", ".", "--llm", provider.name, "--json")
    assert told.code == 6
    assert (told.lines[-1]["open"], told.lines[-1]["failed"], provider.asked) == (3, 0, 0)
    assert "0.01 EUR" in told.err
    assert smeflow("status", "--json").lines[-1]["waiting_for_budget"] > 0
    toml.write_text('[budgets]\nrun = "5 EUR"\n' + price, "utf-8")
    provider.text = json.dumps({"customer": {"value": "Martin", "quote": "Martin"}})
    assert smeflow("run", ".", "--llm", provider.name, "--json").lines[-1]["open"] == 0


@pytest.mark.slow
def test_many_items_do_not_each_wait_for_a_provider_that_is_away(
    smeflow, tmp_path, provider, other_provider, monkeypatch
):
    """It is left alone until it is back; the other one of the chain answers, and the run says so."""
    monkeypatch.setattr(
        router,
        "QUICK_PATIENCE",
        replace(router.QUICK_PATIENCE, cooldown_seconds=1.0, first_wait_seconds=0.05),
    )
    other = other_provider
    provider.text = other.text = json.dumps({"colour": "red"})
    provider.status = 503
    rows = [json.dumps({"id": str(n), "text": f"Number {n} is red."}) for n in range(60)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows[:40]) + "\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        f"recipe: r\nllm: [{provider.name}, {other.name.replace('test@', 'spare@')}]\n"
        "source: {lines: a.jsonl}\nsteps:\n  - {extract: found, fields: {colour: text}}\n",
        encoding="utf-8",
    )
    began = time.monotonic()
    told = smeflow("run", "recipe.yaml")
    seconds = time.monotonic() - began
    assert "40 items" in told.out
    assert "was left alone for a while" in told.err
    assert other.asked == 40
    assert "was left alone for a while" in smeflow("status").err
    assert provider.asked <= 12 + seconds / 1.0  # eight workers' first attempts, and one a cooldown
    provider.status, before = 200, provider.asked
    (tmp_path / "a.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    smeflow("run", "recipe.yaml")
    assert (provider.asked - before, other.asked) == (20, 40)
