"""The event loop behind the synchronous API: many callers, one thread, and an end."""

import gc
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from smeflow.errors import LLMUnavailable
from smeflow.llm.wire import AioWire

HEADERS = {"content-type": "application/json"}


def post(wire, provider, seconds=5.0):
    return wire.post(f"{provider.url}/chat/completions", HEADERS, b'{"messages": []}', seconds)


def carriers():
    return {t for t in threading.enumerate() if t.name == "smeflow-wire"}


@pytest.mark.slow
def test_many_callers_share_one_loop(provider):
    """Each gets its own answer, and one thread carries them all."""
    gc.collect()  # the wires of earlier tests end with them
    before = carriers()
    wire = AioWire()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: post(wire, provider), range(200)))
    assert [a.status for a in answers] == [200] * 200
    assert len(provider.seen) == 200
    assert len(carriers() - before) == 1
    wire.close()
    assert carriers() <= before


def test_closing_ends_what_is_under_way_and_a_later_call_begins_anew(provider):
    """Nobody waits for an answer that will not come."""
    wire = AioWire()
    provider.script = ["hang"]
    threading.Timer(0.3, wire.close).start()
    began = time.monotonic()
    with pytest.raises(LLMUnavailable) as caught:
        post(wire, provider, 30.0)
    assert time.monotonic() - began < 3.5  # the provider hangs for four
    assert caught.value.sent
    assert post(wire, provider).status == 200


def test_a_limit_is_kept_to_the_byte(tmp_path, provider):
    """At the limit the answer is whole; one byte more, and it is too long."""
    length = len(post(AioWire(), provider).body)
    assert not post(AioWire(max_bytes=length), provider).too_long
    cut = post(AioWire(max_bytes=length - 1), provider)
    assert cut.too_long
    assert len(cut.body) == length - 1
    provider.script = ["gzip", "gzip"]
    assert not post(AioWire(max_bytes=length), provider).too_long
    assert post(AioWire(max_bytes=length - 1), provider).too_long


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(provider, monkeypatch):
    """What stays here needs no way out."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(AioWire(), provider).status == 200


@pytest.mark.slow
def test_a_program_ends_without_a_word(provider):
    """Connections left open at the end of a script leave no warning behind."""
    script = (
        "from smeflow.llm.connect import connect\n"
        "from smeflow.llm.interface import Message, Request\n"
        f"llm = connect('m@{provider.url}')\n"
        "print(llm.complete(Request(messages=(Message('user', 'Hi'),))).model)\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "m-2026\n", "")
