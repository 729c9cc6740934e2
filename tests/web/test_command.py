"""``smeflow desk`` from outside: the address it prints lets in, signals end it, mistakes are told."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar

import pytest

pytestmark = [
    pytest.mark.slow,
    *(pytest.mark.requires_module(name) for name in ("starlette", "uvicorn", "python_multipart")),
]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/open\?token=(\S+)")


@contextmanager
def start(folder, *arguments):
    """Start the command; it does not outlive the test."""
    command = [sys.executable, "-m", "smeflow.cli", *arguments]
    environ = {**os.environ, "SMEFLOW_PERSON": "Ada", "PYTHONUNBUFFERED": "1", "COLUMNS": "60"}
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_address(process):
    for line in process.stdout:
        if match := ADDRESS.fullmatch(line.strip()):
            return match
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize("command", [("desk", "--no-browser", "--port", "0"), ("desk", ".", "--no-browser")])
def test_the_address_lets_a_browser_in_until_the_desk_is_stopped(firm, command):
    """It is printed whole on one line, however narrow the screen; Ctrl-C ends the desk in a moment."""
    with start(firm.root, *command) as process:
        match = read_address(process)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(match[0], timeout=30) as answer:
            page = answer.read().decode()
        assert "NETPRESSE" in page
        assert "You are Ada" in page
        assert len(match[2]) * 6 >= 192
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Traceback" not in out + err


def test_only_this_machine_is_listened_to(firm):
    """The port is bound to loopback, not to every address of the machine."""
    from smeflow.web.app import open_port

    listening = open_port(0)
    assert listening.getsockname()[0] == "127.0.0.1"
    listening.close()


def test_a_port_that_is_taken_is_told(firm):
    """The message says which and what to do; in French to the French."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with start(firm.root, "--lang", "fr", "desk", "--no-browser", "--port", port) as process:
            _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"Le port {port} ne peut pas servir" in " ".join(err.split())


def test_what_is_no_folder_is_told(firm):
    """A desk is of a firm's folder."""
    with start(firm.root, "desk", "recipe.yaml", "--no-browser") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "recipe.yaml is no folder" in " ".join(err.split())
